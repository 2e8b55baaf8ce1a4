-- SPDX-License-Identifier: MIT
-- While a VF reads no answers the GuC takes no more of its requests, and loses none of both.
local raw = require "lib.raw"

local m = machine { gpus = { { name = "gpu", gts = 1 } }, vms = { { name = "vm1" } } }
m.gpu:provision(1, { ggtt_size = 4 << 20 })
m.vm1:attach(m.gpu, 1)

m.vm1:run(function()
  local ring = raw.open(m.vm1)
  local sent = watch { kind = "g2h", fn = 1, ev = "sent" }
  local room = (raw.G2H_SIZE - 1) // 2 -- answers of two dwords; one dword stays free
  local asked = 0
  while asked < room + 100 do
    ring:message(raw.REQUEST, 0x7777)
    asked = asked + 1
    ring:publish()
    sleep("2us")
  end
  sleep("100us")
  expect_eq("G2H is filled up to its last dword but one", sent:count(), room)
  expect("requests stay in their ring", ring:head() ~= ring.tail)
  expect_eq("nothing is broken", ring:status() | ring:g2h_status(), 0)

  ring:set_g2h_head(ring:g2h_tail())
  ring:ring()
  ring:settle()
  sleep("100us")
  expect_eq("every request has its answer", sent:count(), asked)
  expect_eq("still nothing is broken", ring:status() | ring:g2h_status(), 0)
end)
