-- SPDX-License-Identifier: MIT
-- The PF resets a GT under its VFs: all configurations are told again, the PF's control state is
-- READY whatever a VF was doing, a save under way fails, and drivers that are reset go on.
local work = require "lib.work"
local p = params {
  { "time_limit", "time", "60s", "as drivers notice by their time-outs" },
  { "jobs", "int", 4, "in each queue", min = 1, max = 100 },
}
local m = machine {
  gpus = { { name = "gpu", vfs = 3 } }, vms = { { name = "vm1" }, { name = "vm2" } },
}
local gpu = m.gpu
local before = {}
for vf = 1, 3 do
  gpu:provision(vf, { ggtt_size = 4 << 20, exec_quantum_ms = vf })
  before[vf] = gpu:config(vf)
end
m.vm1:attach(gpu, 1)
m.vm2:attach(gpu, 2)
local loads = {}
for vf, vm in ipairs { m.vm1, m.vm2 } do
  loads[vf] = work.open(vm, { "render", "copy", "video" })
  loads[vf]:submit(p.jobs, 20000)
  loads[vf]:finish("before, VF " .. vf)
end
gpu:policies { sample_period_ms = 100 }
gpu:tune(3, { priority = 2, thresholds = { cat_err = 7 } })

-- One VF is paused, the next is being saved when the reset comes.
gpu:pause(3)
local result = "nothing"
local saver = actor("saver", function()
  local ok, failure = pcall(gpu.save, gpu, 2)
  result = ok and "success" or failure.errno
end)
wait_until(function() return gpu:state(2) == "SAVE_PROCESS_DATA" end, "10ms", 100)
local pushed = watch { kind = "h2g", gt = 0, fn = 0, ev = "taken", name = "PF2GUC_UPDATE_VF_CFG" }
local policies = watch { kind = "h2g", gt = 0, fn = 0, ev = "taken",
                         name = "PF2GUC_UPDATE_VGT_POLICY" }
gpu:reset_gt(0)
saver:join("25s")
expect_eq("the reader of the save gets an error", result, "EIO")
expect_eq("it was reset once", gpu:gt_resets(0), 1)
expect_eq("the other GT was not", gpu:gt_resets(1), 0)
expect_eq("the PF's own configuration and three VFs'", pushed:count(), 4)
expect_eq("and the policies were told again", policies:count(), 1)
for vf = 1, 3 do
  expect_eq("VF " .. vf .. " is READY on that GT", gpu:state(vf, 0), "READY")
  for field, value in pairs(before[vf]) do
    expect_eq("VF " .. vf .. ": same " .. field, gpu:config(vf)[field], value)
  end
end
for vf = 2, 3 do
  gpu:reset(vf) -- the two GTs do not agree any more: only a reset of the function helps
  expect_eq("VF " .. vf .. " is well", gpu:state(vf, 0) .. gpu:state(vf, 1), "READYREADY")
end

-- A driver that nobody told finds its channel silent, and is itself again after its own reset.
m.vm1:run(function() m.vm1.vf:reset(0) end)
wait_until(function() return m.vm1.vf:resets(0) == 1 end, "10s")
loads[1]:submit(p.jobs, 20000)
loads[1]:finish("after, VF 1")
m.vm2:run(function() m.vm2.vf:remove() end)
loads[2] = work.open(m.vm2, { "render", "copy", "video" })
loads[2]:submit(p.jobs, 20000)
loads[2]:finish("after, VF 2")
