-- SPDX-License-Identifier: MIT
-- What GuCs of both GTs tell a VF of itself is what the PF gave it.
local raw = require "lib.raw"

local m = machine {
  gpus = { { name = "gpu" } }, vms = { { name = "vm1" }, { name = "vm2" } },
}
local given = {
  { ggtt_start = 256 << 20, ggtt_size = 4 << 20, contexts = 128, doorbells = 8 },
  { ggtt_start = 320 << 20, ggtt_size = 8 << 20, contexts = 256, doorbells = 16 },
}
local keys = {
  ggtt_start = raw.GGTT_START, ggtt_size = raw.GGTT_SIZE, contexts = raw.NUM_CONTEXTS,
  doorbells = raw.NUM_DOORBELLS,
}
for vf, vm in ipairs { m.vm1, m.vm2 } do
  vm:attach(m.gpu, vf)
  m.gpu:provision(vf, given[vf])
end
for vf, vm in ipairs { m.vm1, m.vm2 } do
  local config = m.gpu:config(vf)
  vm:run(function()
    for name, key in pairs(keys) do
      expect_eq("VF " .. vf .. ": the PF's " .. name, config[name], given[vf][name])
      for gt = 0, 1 do
        if gt == 0 or not name:find "ggtt" then
          expect_eq("VF " .. vf .. ": " .. name .. " by GuC " .. gt, raw.query(vm, key, gt),
                    given[vf][name])
        end
      end
    end
    vm.vf:probe()
    expect_eq("VF " .. vf .. ": its driver agrees", vm.vf:ggtt_start(), given[vf].ggtt_start)
  end)
end
