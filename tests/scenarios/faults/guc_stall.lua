-- SPDX-License-Identifier: MIT
-- The GuC stands still for less than its clients wait: everything is late, nothing is lost.
local p = params { { "stall", "time", "20ms", "how long" } }
local m = machine { gpus = { { name = "gpu" } }, vms = { { name = "vm1" }, { name = "vm2" } } }
local queues, actors = {}, {}
for vf, vm in ipairs { m.vm1, m.vm2 } do
  m.gpu:provision(vf, { ggtt_size = 4 << 20 })
  vm:attach(m.gpu, vf)
  vm:run(function()
    vm.vf:probe()
    queues[vf] = { main = vm.vf:queue("render"), media = vm.vf:queue("video") }
  end)
end

local stalled = now()

m.gpu:stall_guc(0, p.stall)
for n, vm in ipairs { m.vm1, m.vm2 } do
  actors[n] = vm:actor(vm.name, function()
    local vf = vm.vf
    local main, media = queues[n].main, queues[n].media
    vf:wait(media, vf:submit(media, { add = { 2, 1 } }), "100ms")
    expect(vm.name .. ": the other GT does not wait", now() - stalled < p.stall // 2)
    local last
    for _ = 1, 100 do
      last = vf:submit(main, { work = 100, add = { 1, 1 } })
    end
    vf:wait(main, last, "200ms")
    expect_eq(vm.name .. ": each job ran once", vf:result(1), 100)
    expect_eq(vm.name .. ": not wedged", vf:wedged(), nil)
  end)
end
m.gpu:pause(1)
expect("pausing took as long as the GuC stood still", now() - stalled >= p.stall, now() - stalled)
m.gpu:resume(1)
for _, actor in ipairs(actors) do
  actor:join()
end
