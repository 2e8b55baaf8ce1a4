-- SPDX-License-Identifier: MIT
-- While one VF is paused and resumed, its neighbour's work takes 0.8 to 1.5 times as long as else.
local m = machine {
  gpus = { { name = "gpu" } }, vms = { { name = "vm1" }, { name = "vm2" } },
}
local gpu, queues = m.gpu, {}
for vf, vm in ipairs { m.vm1, m.vm2 } do
  gpu:provision(vf, { ggtt_size = 4 << 20, exec_quantum_ms = 1 })
  vm:attach(gpu, vf)
  vm:run(function()
    vm.vf:probe()
    queues[vf] = vm.vf:queue("render")
  end)
end

local function neighbour()
  local took
  local actor = m.vm2:actor("neighbour", function()
    local vf, start = m.vm2.vf, now()
    for _ = 1, 50 do
      vf:wait(queues[2], vf:submit(queues[2], { work = 20000, add = { 1, 1 } }), "50ms")
    end
    took = now() - start
  end)
  return actor, function() return took end
end

local actor, alone = neighbour()
actor:join()
local disturbed
actor, disturbed = neighbour()
for _ = 1, 10 do
  m.vm1:run(function() m.vm1.vf:submit(queues[1], { work = 5000, add = { 1, 1 } }) end)
  gpu:pause(1)
  sleep("20us")
  expect("it is paused while the other works", gpu:state(1) == "PAUSED" or actor:ended())
  gpu:resume(1)
  sleep("20us")
end
actor:join()
local ratio = disturbed() / alone()
say(alone() .. " ns alone, " .. disturbed() .. " ns beside pauses")
expect("elapsed time within 0.8 to 1.5", ratio >= 0.8 and ratio <= 1.5, ratio)
expect_eq("each job ran once", m.vm2.vf:result(1), 100)
wait_until(function() return m.vm1.vf:result(1) == 10 end, "50ms")
