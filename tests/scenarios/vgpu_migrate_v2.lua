-- SPDX-License-Identifier: MIT
-- The same move as vgpu_migrate_v1's through VFIO's version 2, then home again, after migrations
-- that were given up at each step.
local vgpu = require "lib.vgpu"

local p = params {
  { "jobs", "int", 6, "jobs in each queue when it moves", min = 2, max = 100 },
  { "work", "int", 30000, "of a job on its engine", unit = "cycles", min = 0, max = 10000000 },
  { "bandwidth", "int", 2000000000, "of the link, bytes a second", min = 1000000 },
}
local ELSEWHERE = { types = { "8" }, aperture_reserved = 320 << 20, hidden_reserved = 1 << 30 }
local m = machine {
  gpus = {
    { name = "src", vfs = 0, vgpus = { types = { "8" } } },
    { name = "dst", vfs = 0, vgpus = ELSEWHERE },
    { name = "ref", vfs = 0, vgpus = { types = { "8" } } },
  },
  vms = { { name = "vm1", pv = true }, { name = "twin", pv = true } },
}
local src, dst = m.src:vgpu(1), m.dst:vgpu(1)
m.vm1:attach_vgpu(src)
m.twin:attach_vgpu(m.ref:vgpu(1))

local guest, twin = vgpu.open(m.vm1, p.jobs, p.work), vgpu.open(m.twin, p.jobs, p.work)
expect("work runs and work waits", src:queued() > 2)
vgpu.move(guest, src, dst, "v2", p.bandwidth)
vgpu.expect_same(guest, vgpu.finish(guest), vgpu.finish(twin))

-- On its way home it is given up after each step, with work that runs.
local STEPS = { "check", "setup", "round", "stop_vm", "stop_device", "last_ram", "device_data",
  "pci_config", "switch_over" }
local pv, queue = m.vm1.pv
m.vm1:run(function() queue = pv:queue("copy", { space = "tables" }) end)
for number, step in ipairs(STEPS) do
  local job = { work = p.work, add = { 50, 1 }, store = { 51, number } }
  local fence
  m.vm1:run(function() fence = pv:submit(queue, job) end)
  expect_failure("given up after " .. step, "ECANCELED", vmm.migrate,
    { vm = m.vm1, to = src, bandwidth = p.bandwidth, rounds = 3, cancel = step })
  m.vm1:run(function()
    pv:wait(queue, fence)
    expect_eq("the guest goes on", pv:send(0), 0)
  end)
end
expect_eq("each job ran once", pv:result(50), #STEPS)
expect_eq("the last one last", pv:result(51), #STEPS)

local home = vmm.migrate { vm = m.vm1, to = src }
say(("home again: downtime %d ns"):format(home.downtime_ns))
m.vm1:run(function() pv:wait(queue, pv:submit(queue, { work = p.work, add = { 52, 9 } })) end)
expect_eq("new work runs at home", pv:result(52), 9)
expect_eq("where the guest always believed to be", src:place().host_aperture,
  src:place().guest_aperture)
