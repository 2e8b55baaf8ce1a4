-- SPDX-License-Identifier: MIT
-- The mailbox answers in every state of a VF, and allows in each what belongs to it.
local raw = require "lib.raw"

local m = machine { gpus = { { name = "gpu" } }, vms = { { name = "vm1" } } }
local gpu, vm1 = m.gpu, m.vm1
vm1:attach(gpu, 1)

local UNPROVISIONED, STATE, NOT_REGISTERED = 0xd, 0xa, 0x304
local asked = {
  { "MATCH_VERSION", { raw.MATCH_VERSION, 0x00010200 } },
  { "QUERY", { raw.QUERY_KLV, raw.GGTT_SIZE } },
  { "HWCONFIG", { raw.HWCONFIG, 0, 0, 0 } },
  { "CONTROL_CTB", { raw.CONTROL_CTB, 1 } },
  { "VF_RESET", { raw.VF_RESET } },
}
local function expect_codes(state, ...)
  local codes = { ... }
  for gt = 0, 1 do
    vm1:run(function()
      for i, request in ipairs(asked) do
        expect_eq(state .. ", GT " .. gt .. ": " .. request[1],
                  raw.error(vm1:mailbox(request[2], gt)), codes[i])
      end
    end)
  end
end

expect_codes("unprovisioned", 0, 0, UNPROVISIONED, UNPROVISIONED, 0)
gpu:provision(1, { ggtt_size = 4 << 20 })
expect_codes("ready", 0, 0, 0, NOT_REGISTERED, 0)
gpu:pause(1)
expect_codes("paused", 0, 0, 0, NOT_REGISTERED, 0)
gpu:resume(1)
gpu:stop(1)
expect_codes("stopped", 0, 0, 0, STATE, STATE)
gpu:flr(1)
expect_codes("after a reset", 0, 0, 0, NOT_REGISTERED, 0)
gpu:unprovision(1)
expect_codes("unprovisioned again", 0, 0, UNPROVISIONED, UNPROVISIONED, 0)
