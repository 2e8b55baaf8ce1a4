-- SPDX-License-Identifier: MIT
-- A ring filled up to its last dword but one while the GuC stands still is taken in order later.
local raw = require "lib.raw"

local m = machine { gpus = { { name = "gpu", gts = 1 } }, vms = { { name = "vm1" } } }
m.gpu:provision(1, { ggtt_size = 4 << 20 })
m.vm1:attach(m.gpu, 1)

m.vm1:run(function()
  local ring = raw.open(m.vm1)
  local taken = watch { kind = "h2g", fn = 1, ev = "taken" }
  local LEN = 3
  local count = (raw.H2G_SIZE - 1) // LEN
  m.gpu:stall_guc(0, ns("50us"))
  for i = 1, count do
    ring:message(raw.REQUEST, 0x7777, i)
  end
  ring:publish()
  sleep("40us")
  expect_eq("nothing is taken while the GuC stands still", taken:count(), 0)
  expect_eq("nor is HEAD moved", ring:head(), 0)
  ring:settle()
  expect_eq("then all are taken", taken:count(), count)
  local late = 0
  for i, event in ipairs(taken:events()) do
    late = late + (event.fence == i and event.pos == (i - 1) * LEN and 0 or 1)
  end
  expect_eq("in order", late, 0)
  expect_eq("nothing is broken", ring:status(), 0)
end)
