-- SPDX-License-Identifier: MIT
-- A ring's doorbell is lost: the message waits for the next one, and then both are taken in order.
golden = "exact"
golden_signals = "*u_doorbell*"
local raw = require "lib.raw"

local m = machine { gpus = { { name = "gpu", gts = 1 } }, vms = { { name = "vm1" } } }
m.gpu:provision(1, { ggtt_size = 4 << 20 })
m.vm1:attach(m.gpu, 1)

m.vm1:run(function()
  local ring = raw.open(m.vm1)
  local taken = watch { kind = "h2g", fn = 1, ev = "taken" }
  m.gpu:drop_doorbells(1, 2)
  local first = ring:message(raw.REQUEST, 0x7777)
  ring:publish()
  ring:ring()
  sleep("100us")
  expect_eq("nobody told the GuC", taken:count(), 0)
  local second = ring:message(raw.REQUEST, 0x7777)
  ring:publish()
  expect_eq("the first one comes first", taken:wait("50us").fence, first)
  expect_eq("the second one follows", taken:wait("50us").fence, second)
  ring:settle()
  sleep("50us")

  m.gpu:delay_doorbells(1, 1, 20000)
  local rang = now()
  ring:message(raw.REQUEST, 0x7777)
  ring:publish()
  taken:wait("100us")
  expect("a late one comes late", now() - rang >= 20000 and now() - rang < 30000, now() - rang)
  expect_eq("each was taken once", taken:count(), 3)
end)
