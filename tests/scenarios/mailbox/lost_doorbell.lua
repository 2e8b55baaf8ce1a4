-- SPDX-License-Identifier: MIT
-- A mailbox request whose doorbell is lost waits in the registers; the driver's bind repeats it.
local raw = require "lib.raw"

local m = machine { gpus = { { name = "gpu" } }, vms = { { name = "vm1" } } }
local gpu, vm1 = m.gpu, m.vm1
gpu:provision(1, { ggtt_size = 4 << 20 })
vm1:attach(gpu, 1)

local rang = watch { kind = "doorbell", fn = 1 }
local lost = watch { kind = "fault", fn = 1, what = "doorbell_lost" }
vm1:run(function()
  gpu:drop_doorbells(1, 1)
  expect_failure("no answer without a doorbell", "ETIME", vm1.mailbox, vm1,
                 { raw.QUERY_KLV, raw.GGTT_SIZE }, 0, "100us")
  expect_none("the chip saw none", rang)
  expect_eq("it was lost", lost:count(), 1)
  expect_eq("the request is still there", vm1:read32(raw.MAILBOX), raw.QUERY_KLV)
  vm1:write32(raw.DOORBELL, 0)
  sleep("10us")
  expect_eq("rung again, it is answered", vm1:read32(raw.MAILBOX), raw.SUCCESS | 2)
  expect_eq("with the value", vm1:read32(raw.MAILBOX + 4), 4 << 20)

  gpu:drop_doorbells(1, 1)
  local start = now()
  vm1.vf:probe()
  expect_eq("the driver's first one is lost too", lost:count(), 2)
  expect("it waited 50 ms before it asked again", now() - start >= ns("50ms"), now() - start)
  expect_eq("and is bound", vm1.vf:gts(), 2)
end)
