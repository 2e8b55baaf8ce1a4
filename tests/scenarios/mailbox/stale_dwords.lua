-- SPDX-License-Identifier: MIT
-- What earlier messages left in the registers is no part of a shorter one, nor a request itself.
golden = "exact"
golden_signals = "*u_doorbell*"
local raw = require "lib.raw"

local m = machine { gpus = { { name = "gpu" } }, vms = { { name = "vm1" } } }
m.gpu:provision(1, { ggtt_size = 4 << 20 })
m.vm1:attach(m.gpu, 1)

local vm1 = m.vm1
m.vm1:run(function()
  local function litter()
    for n = 1, 3 do
      vm1:write32(raw.MAILBOX + 4 * n, 0xdead0000 + n)
    end
  end
  litter()
  expect_eq("one dword", vm1:mailbox({ raw.VF_RESET })[1], raw.SUCCESS)
  litter()
  expect_eq("two dwords", vm1:mailbox({ raw.MATCH_VERSION, 0x00010200 })[2], 0x00011b00)
  litter()
  expect_eq("a query", vm1:mailbox({ raw.QUERY_KLV, raw.GGTT_SIZE })[2], 4 << 20)

  local requests = watch { kind = "mmio_msg", fn = 1, ev = "request" }
  vm1:write32(raw.DOORBELL, 0)
  sleep("20us")
  expect_none("the GuC's own answer is not taken for a request", requests)
  vm1:write32(raw.MAILBOX, 0)
  vm1:write32(raw.DOORBELL, 0)
  sleep("20us")
  expect_none("nor are wiped registers", requests)
  expect_eq("they stay as they are", vm1:read32(raw.MAILBOX), 0)
end)
