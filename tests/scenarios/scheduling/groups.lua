-- SPDX-License-Identifier: MIT
-- Policies by which functions share engines: groups with quanta of their own, an engine of no
-- group, priorities, and a reset of engines between functions.
local m = machine {
  gpus = { { name = "gpu", gts = 1 } }, vms = { { name = "vm1" }, { name = "vm2" } },
}
local gpu = m.gpu
local queues = {}
for n, vm in ipairs { m.vm1, m.vm2 } do
  gpu:provision(n, { ggtt_size = 4 << 20 })
  vm:attach(gpu, n)
  vm:run(function()
    vm.vf:probe()
    queues[n] = { render = vm.vf:queue("render"), copy = vm.vf:queue("copy") }
  end)
end

-- Both VFs work on an engine; returns what share of its time VF 1 had, and how often it changed.
local function share(engine, time)
  local jobs = {}
  local busy = { 0, 0 }
  local runs = watch { kind = "job", engine = engine == "render" and "rcs0" or "bcs0" }
  local actors = {}
  local stop = now() + ns(time)
  for n, vm in ipairs { m.vm1, m.vm2 } do
    actors[n] = vm:actor(vm.name .. "." .. engine, function()
      local queue, last = queues[n][engine], {}
      repeat
        last[#last + 1] = vm.vf:submit(queue, { work = 50000, add = { n, 1 } })
        if #last > 2 then
          vm.vf:wait(queue, last[#last - 2], "50ms")
        end
      until now() > stop
      vm.vf:wait(queue, last[#last], "50ms")
      jobs[n] = #last
    end)
  end
  for _, actor in ipairs(actors) do
    actor:join()
  end
  local since, owner, changes = nil, nil, 0
  for _, event in ipairs(runs:events()) do
    if event.ev == "switch_in" then
      changes = changes + (owner and owner ~= event.fn and 1 or 0)
      since, owner = event.t_ns, event.fn
    elseif event.ev == "switch_out" and since and event.t_ns < stop then
      busy[event.fn] = busy[event.fn] + event.t_ns - since
    end
  end
  return busy[1] / (busy[1] + busy[2]), changes, runs
end

-- Render in a group with quanta of 3 ms and 1 ms, copy in one with 1 ms and 1 ms.
gpu:policies { groups = { { "render" }, { "copy" } } }
gpu:tune(1, { group_quantum_ms = { 3, 1 } })
gpu:tune(2, { group_quantum_ms = { 1, 1 } })
local part = share("render", "16ms")
expect("render: VF 1 has three quarters", part > 0.65 and part < 0.85, part)
part = share("copy", "8ms")
expect("copy: VF 1 has half", part > 0.4 and part < 0.6, part)

-- An engine that is in no group stands still until it is in one again.
gpu:policies { groups = { { "render" } } }
m.vm1:run(function()
  local vf, copy, render = m.vm1.vf, queues[1].copy, queues[1].render
  local fence = vf:submit(copy, { add = { 5, 1 } })
  vf:wait(render, vf:submit(render, { add = { 6, 1 } }))
  expect_failure("copy stands still", "ETIME", vf.wait, vf, copy, fence, "2ms")
  expect_eq("render does not", vf:result(6), 1)
end)
gpu:policies { groups = {} }
m.vm1:run(function() m.vm1.vf:wait(queues[1].copy, m.vm1.vf:submit(queues[1].copy, {})) end)
expect_eq("without groups it goes on", m.vm1.vf:result(5), 1)

-- The next slot is always that of the higher priority, as long as it has work.
gpu:tune(1, { exec_quantum_ms = 1, priority = 0 })
gpu:tune(2, { exec_quantum_ms = 1, priority = 2 })
part = share("render", "8ms")
expect("priority: VF 1 has little", part < 0.25, part)
gpu:policies { sched_if_idle = true } -- as in the public firmware: all priorities are equal then
part = share("render", "8ms")
expect("equal again: VF 1 has half", part > 0.4 and part < 0.6, part)

-- Engines are reset whenever another function follows.
local resets = watch { kind = "job", ev = "switch_reset", engine = "rcs0" }
gpu:policies { reset_after_vf_switch = true }
local _, changes = share("render", "8ms")
expect("a reset for each change of function", changes >= 4 and
       math.abs(resets:count() - changes) <= 1, changes .. ", " .. resets:count())
