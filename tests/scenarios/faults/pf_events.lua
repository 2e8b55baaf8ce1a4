-- SPDX-License-Identifier: MIT
-- What the GuC tells the PF about a VF comes before its answer, late, twice, wrongly or not at all:
-- the PF's control machine ends each time in a state that says so, and gets out of it again.
local p = params { { "time_limit", "time", "60s", "as the PF waits for seconds" } }
local m = machine { gpus = { { name = "gpu" } }, vms = { { name = "vm1" } } }
local gpu = m.gpu
local vf = m.vm1.vf
gpu:provision(1, { ggtt_size = 4 << 20 })
m.vm1:attach(gpu, 1)
local queue
m.vm1:run(function()
  vf:probe()
  queue = vf:queue("render")
end)

local EVENT = { kind = "g2h", fn = 0, action = "GUC2PF_VF_STATE_NOTIFY" }
local ANSWER = { kind = "g2h", fn = 0, action = "PF2GUC_VF_CONTROL" }
local jobs = 0

local function runs(name)
  m.vm1:run(function()
    jobs = jobs + 1
    vf:wait(queue, vf:submit(queue, { add = { 1, 1 } }), "20ms")
  end)
  expect_eq(name .. ": jobs run", vf:result(1), jobs)
end

-- After an FLR the driver has to bind anew.
local function again(name, revive)
  revive()
  gpu:inject()
  for gt = 0, 1 do
    expect_eq(name .. ": READY on GT " .. gt, gpu:state(1, gt), "READY")
  end
  m.vm1:run(function()
    vf:remove()
    vf:probe()
    queue = vf:queue("render")
  end)
  jobs = 0
  runs(name)
end

-- ---- before its answer, or twice --------------------------------------------------------------

gpu:inject(ANSWER, { delay = "50us" })
gpu:pause(1)
expect_eq("PAUSE_DONE before the answer", gpu:state(1), "PAUSED")
gpu:resume(1)
runs("event first")

gpu:inject(EVENT, { twice = true })
expect_failure("PAUSE_DONE twice at once", "ECANCELED", gpu.pause, gpu, 1)
expect_eq("one GT is a mismatch", gpu:state(1, 0), "MISMATCH")
expect_eq("the other is paused", gpu:state(1, 1), "PAUSED")
again("twice, reset", function() gpu:reset(1) end)

gpu:inject(ANSWER, { delay = "50us" })
again("FLR_DONE before the answer", function() gpu:flr(1) end)

-- ---- late or never ----------------------------------------------------------------------------

gpu:inject(EVENT, { delay = "1500ms" })
expect_failure("PAUSE_DONE after 1.5 s", "ETIMEDOUT", gpu.pause, gpu, 1)
expect_eq("the pause goes on", gpu:state(1), "PAUSE_WAIT_GUC")
expect_failure("and is in progress", "EUCLEAN", gpu.pause, gpu, 1)
wait_until(function() return gpu:state(1) == "PAUSED" end, "1s")
gpu:resume(1)
runs("late event")

gpu:inject(EVENT, { drop = true })
expect_failure("no PAUSE_DONE", "ETIMEDOUT", gpu.pause, gpu, 1)
again("no PAUSE_DONE, reset", function() gpu:reset(1) end)

gpu:inject(EVENT, { set = { [1] = 63 } })
expect_failure("PAUSE_DONE of a VF that is not there", "ETIMEDOUT", gpu.pause, gpu, 1)
again("of another VF, reset", function() gpu:reset(1) end)

-- Here not even an FLR helps, since one is under way: the GT has to be reset.
gpu:inject(EVENT, { drop = true })
expect_failure("no FLR_DONE", "EUCLEAN", gpu.flr, gpu, 1)
expect_eq("one GT waits for it", gpu:state(1, 0), "FLR_WAIT_GUC")
expect_eq("the other for that one", gpu:state(1, 1), "FLR_SYNC")
again("no FLR_DONE, GT reset", function()
  gpu:reset_gt(0)
  wait_until(function() return gpu:state(1, 1) == "READY" end, "1ms")
end)

-- ---- wrong answers ----------------------------------------------------------------------------

gpu:inject(ANSWER, { set = { type = 6, error = 0x0a } })
expect_failure("PAUSE refused, and done", "EIO", gpu.pause, gpu, 1)
expect_eq("the PF believes the refusal", gpu:state(1), "PAUSE_REJECTED")
again("refused and done, reset", function() gpu:reset(1) end)

gpu:inject(ANSWER, { set = { data0 = 1 } })
expect_failure("PAUSE answered with what must be zero", "EIO", gpu.pause, gpu, 1)
again("must be zero, reset", function() gpu:reset(1) end)

-- An answer of no known type is no answer: the channel is broken, and the PF resets the GT.
gpu:inject(ANSWER, { set = { type = 4 } })
expect_failure("PAUSE answered with an unknown type", "ECANCELED", gpu.pause, gpu, 1)
wait_until(function() return gpu:gt_resets(0) == 2 end, "100ms")
again("unknown type", function() gpu:reset(1) end)
