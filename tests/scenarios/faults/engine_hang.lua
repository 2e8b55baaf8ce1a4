-- SPDX-License-Identifier: MIT
-- Engines that hang. A job that neither ends nor can be left: the GuC resets the engine, the driver
-- loses that queue only, others go on. An engine that does not even obey the reset: the GuC tells
-- the PF, which resets the GT.
local work = require "lib.work"
local p = params {
  { "time_limit", "time", "60s", "as drivers notice by their time-outs" },
  { "timeout", "int", 300, "preemption time-out of the VFs", unit = "us", min = 10, max = 100000 },
}
local m = machine {
  gpus = { { name = "gpu", vfs = 2 } }, vms = { { name = "bad" }, { name = "good" } },
}
local gpu = m.gpu
local loads = {}
for vf, vm in ipairs { m.bad, m.good } do
  gpu:provision(vf, { ggtt_size = 4 << 20, exec_quantum_ms = 1, preempt_timeout_us = p.timeout })
  vm:attach(gpu, vf)
  loads[vf] = work.open(vm, { "render", "copy", "video" })
end
local resets = watch { kind = "job", ev = "reset", fn = 1, engine = "rcs0" }
local told = watch { kind = "g2h", fn = 1, ev = "sent", name = "CONTEXT_RESET_NOTIFICATION" }
local failures = watch { kind = "g2h", fn = 0, ev = "sent", name = "ENGINE_FAILURE_NOTIFICATION" }

-- A job that hangs, on a queue of its own, while the other VF wants the engine.
local function hang()
  local vf, queue, fence = m.bad.vf, nil, nil
  m.bad:run(function()
    queue = vf:queue("render")
    fence = vf:submit(queue, { work = 4000000000, preemptible = false, add = { 9, 1 } })
    sleep("50us")
  end)
  return queue, fence
end

local queue, fence = hang()
loads[2]:submit(3, 20000)
loads[2]:finish("hang: the other VF goes on")
m.bad:run(function()
  expect_failure("hang: the job fails", "EIO", m.bad.vf.wait, m.bad.vf, queue, fence, "20ms")
  m.bad.vf:destroy(queue)
end)
expect_eq("hang: the GuC reset the engine once", resets:count(), 1)
expect_eq("hang: and told the driver of its context", told:count(), 1)
expect_none("hang: no engine was lost", failures)
loads[1]:submit(3, 20000)
loads[1]:finish("hang: the VF's other queues go on")

-- One command is lost: the preemption. The reset helps.
gpu:deafen_engine("render", 1)
queue, fence = hang()
loads[2]:submit(3, 20000)
loads[2]:finish("deaf once: the other VF goes on")
m.bad:run(function() m.bad.vf:destroy(queue) end)
expect_eq("deaf once: one reset more", resets:count(), 2)

-- Preemption and reset are lost: the engine is. The PF resets the GT, which helps.
gpu:deafen_engine("render", 2)
queue, fence = hang()
m.good:run(function() m.good.vf:submit(loads[2].queues[1], { work = 100 }) end)
wait_until(function() return gpu:gt_resets(0) == 1 end, "100ms")
expect_eq("lost: the PF was told", failures:count(), 1)
expect_eq("lost: with the engine's class", failures:events()[1].hxg:sub(1, 17),
          "90001009 00000000")
expect_eq("lost: the media GT was not reset", gpu:gt_resets(1), 0)
for vf, vm in ipairs { m.bad, m.good } do
  vm:run(function() vm.vf:remove() end)
  loads[vf] = work.open(vm, { "render", "copy", "video" })
  loads[vf]:submit(3, 20000)
  loads[vf]:finish("lost: bound again, VF " .. vf)
end
expect_eq("the hung jobs never came to their end", m.bad.vf:result(9), 0)
