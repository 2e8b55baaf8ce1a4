-- SPDX-License-Identifier: MIT
-- A VF that is provisioned again with more or less has exactly that, also in its own eyes.
local raw = require "lib.raw"

local m = machine { gpus = { { name = "gpu" } }, vms = { { name = "vm1" } } }
local gpu, vm1 = m.gpu, m.vm1
vm1:attach(gpu, 1)
local MiB, GGTT = 1 << 20, 0x800000

local function owner(address)
  return gpu:read64(GGTT + address // 4096 * 8) >> 2 & 0x3ff
end
for _, size in ipairs { 8, 16, 4 } do
  gpu:provision(1, { ggtt_start = 256 * MiB, ggtt_size = size * MiB, contexts = 32 * size })
  local name = size .. " MiB: "
  expect_eq(name .. "last entry", owner((256 + size) * MiB - 4096), 1)
  expect_eq(name .. "entry behind", owner((256 + size) * MiB), 0)
  vm1:run(function()
    for gt = 0, 1 do
      expect_eq(name .. "GGTT that GuC " .. gt .. " tells", raw.query(vm1, raw.GGTT_SIZE, gt),
                size * MiB)
      expect_eq(name .. "contexts that GuC " .. gt .. " tells",
                raw.query(vm1, raw.NUM_CONTEXTS, gt), 32 * size)
    end
    vm1.vf:probe()
    local queue = vm1.vf:queue("render")
    vm1.vf:wait(queue, vm1.vf:submit(queue, { add = { 1, 1 } }))
    expect_eq(name .. "a job runs", vm1.vf:result(1), 1)
    vm1.vf:remove()
  end)
  gpu:unprovision(1)
end
