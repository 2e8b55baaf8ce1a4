-- SPDX-License-Identifier: MIT
-- VFs come and go with PCI's SR-IOV capability: none at first, then two, none again, sixteen. Who
-- has no share by then gets a fair one, which goes with the VFs; what the administrator gave stays.
local raw = require "lib.raw"

params { { "time_limit", "time", "10s", "as PCI gives VFs a second to disappear" } }
local m = machine {
  gpus = { { name = "gpu", vfs = 16, enabled = false } },
  vms = { { name = "vm1" }, { name = "vm2" }, { name = "vm16" } },
}
local gpu = m.gpu
local MiB <const>, ONES <const> = 1 << 20, 0xffffffff

local function runs_a_job(vm, vf)
  vm:run(function()
    vm.vf:probe()
    local queue = vm.vf:queue("render")
    vm.vf:wait(queue, vm.vf:submit(queue, { add = { 1, 1 } }))
    expect_eq("a job of VF " .. vf, vm.vf:result(1), 1)
  end)
end

expect_eq("none at first", gpu:num_vfs(), 0)
expect_failure("none to attach", "ENODEV", m.vm1.attach, m.vm1, gpu, 1)
expect_failure("more than there can be", "ERANGE", gpu.enable_vfs, gpu, 17)
expect_failure("none is no number to enable", "ERANGE", gpu.enable_vfs, gpu, 0)
gpu:disable_vfs()
expect_eq("disabling none changes nothing", gpu:num_vfs(), 0)

for vf = 1, 15 do
  gpu:provision(vf, { ggtt_size = MiB })
end
gpu:enable_vfs(2)
expect_eq("two", gpu:num_vfs(), 2)
expect_failure("not twice", "EBUSY", gpu.enable_vfs, gpu, 3)
expect_failure("the last does not exist", "ENODEV", m.vm16.attach, m.vm16, gpu, 16)
m.vm1:attach(gpu, 1)
m.vm2:attach(gpu, 2)
runs_a_job(m.vm1, 1)
runs_a_job(m.vm2, 2)
m.vm2:run(function() m.vm2.vf:remove() end)

-- VF 1's driver still has its device when it disappears.
gpu:disable_vfs()
expect_eq("none again", gpu:num_vfs(), 0)
for vf = 1, 2 do
  expect_eq(("VF %d has its share"):format(vf), gpu:config(vf).ggtt_size, MiB)
  for gt = 0, 1 do
    expect_eq(("VF %d is reset on GT %d"):format(vf, gt), gpu:state(vf, gt), "READY")
  end
end
m.vm1:run(function()
  expect_eq("a register of no VF", m.vm1:read32(raw.MAILBOX), ONES)
end)

gpu:enable_vfs(16)
expect_eq("sixteen", gpu:num_vfs(), 16)
expect_eq("fair share of sixteen", gpu:config(16).ggtt_size, 128 * MiB)
m.vm16:attach(gpu, 16)
runs_a_job(m.vm16, 16)
m.vm16:run(function() m.vm16.vf:remove() end)
gpu:disable_vfs()
expect_eq("the fair share goes", gpu:config(16).ggtt_size, 0)
expect_eq("the administrator's stay", gpu:config(15).ggtt_size, MiB)
