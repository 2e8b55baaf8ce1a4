-- SPDX-License-Identifier: MIT
-- The GuC refuses what the PF asks of it for a VF, or says nothing: the PF tells so, knows that the
-- two may differ now, and a reset of the VF puts that right.
params { { "time_limit", "time", "10s", "as an event may take 1 s" } }
local m = machine { gpus = { { name = "gpu", gts = 1 } }, vms = { { name = "vm1" } } }
local gpu = m.gpu
gpu:provision(1, { ggtt_size = 4 << 20 })
m.vm1:attach(gpu, 1)

local REFUSED = { set = { type = 6, error = 0x10 } }

local function refuse(action, nth)
  gpu:inject({ kind = "g2h", fn = 0, action = action, nth = nth }, REFUSED)
end

local function case(name, verb, state)
  expect_failure(name .. " is refused", "EIO", verb, gpu, 1)
  expect_eq(name .. ": what the PF knows", gpu:state(1), state)
  gpu:flr(1)
  expect_eq(name .. ": after the reset", gpu:state(1), "READY")
  gpu:inject()
end

refuse("PF2GUC_VF_CONTROL")
case("pause", gpu.pause, "PAUSE_REJECTED")
gpu:pause(1)
refuse("PF2GUC_VF_CONTROL")
case("resume", gpu.resume, "RESUME_REJECTED")
refuse("PF2GUC_VF_CONTROL")
case("stop", gpu.stop, "STOP_REJECTED")
refuse("PF2GUC_VF_CONTROL")
case("the begin of a reset", gpu.flr, "FLR_REJECTED")
refuse("PF2GUC_VF_CONTROL", 2)
case("the end of a reset", gpu.flr, "FLR_REJECTED")
refuse("PF2GUC_SAVE_RESTORE_VF")
case("the size of a save", gpu.save, "SAVE_FAILED")
gpu:reset(1)
refuse("PF2GUC_SAVE_RESTORE_VF", 2)
case("a save", gpu.save, "SAVE_FAILED")

gpu:reset(1)
local stream = gpu:save(1)
gpu:reset(1)
refuse("PF2GUC_SAVE_RESTORE_VF")
expect_failure("a restore is refused", "EIO", gpu.load, gpu, 1, stream)
gpu:reset(1)
gpu:inject()

gpu:inject({ kind = "g2h", fn = 0, action = "GUC2PF_VF_STATE_NOTIFY" }, { drop = true })
local start = now()
expect_failure("a pause whose end is not told", "ETIMEDOUT", gpu.pause, gpu, 1)
expect("was waited for", now() - start > ns("500ms"), now() - start)
gpu:flr(1)
gpu:pause(1)
gpu:resume(1)
expect_eq("and all is well", gpu:state(1), "RESUMED")
