-- SPDX-License-Identifier: MIT
-- Zero dwords before, between and behind messages are skipped without an answer.
local raw = require "lib.raw"

local m = machine { gpus = { { name = "gpu", gts = 1 } }, vms = { { name = "vm1" } } }
m.gpu:provision(1, { ggtt_size = 4 << 20 })
m.vm1:attach(m.gpu, 1)

m.vm1:run(function()
  local ring = raw.open(m.vm1)
  local answers = watch { kind = "g2h", fn = 1, ev = "sent" }
  for _ = 1, 500 do
    ring:put(0)
  end
  ring:message(raw.REQUEST, 0x7777)
  ring:put(0, 0, 0)
  ring:message(raw.REQUEST, 0x7777, 5)
  ring:put(0)
  ring:publish()
  ring:settle()
  sleep("10us")
  expect_eq("two messages, two answers", answers:count(), 2)
  ring.tail = 0 -- the rest of the ring is zero
  ring:publish()
  ring:settle()
  sleep("10us")
  expect_eq("a ring of zeros gets no answer", answers:count(), 2)
  expect_eq("nothing is broken", ring:status(), 0)
end)
