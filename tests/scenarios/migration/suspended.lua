-- SPDX-License-Identifier: MIT
-- A VF moves with queues suspended, on their way there, and on their way back: the answer of the
-- GuC to the request under way never comes, and recovery asks again.
local p = params { { "moves", "int", "4", "moves, back and forth" } }
local m = machine { gpus = { { name = "here" }, { name = "there" } }, vms = { { name = "vm1" } } }
m.here:provision(1, { ggtt_size = 2 << 20 })
m.there:provision(2, { ggtt_size = 2 << 20 }) -- so that VF 1 lies elsewhere
m.there:provision(1, { ggtt_size = 2 << 20 })
m.vm1:attach(m.here, 1)
local vf = m.vm1.vf
local off, on, asleep -- queues: being suspended, being resumed, suspended all the time
m.vm1:run(function()
  vf:probe()
  off, on, asleep = vf:queue("render"), vf:queue("render"), vf:queue("copy")
  for slot, queue in ipairs { off, on, asleep } do
    vf:wait(queue, vf:submit(queue, { add = { slot, 1 } }))
  end
  vf:suspend(on)
  vf:suspend(asleep)
  vf:submit(asleep, { add = { 3, 1 } })
end)

local home, away = m.here, m.there
local done = { kind = "g2h", fn = 1, action = "SCHED_CONTEXT_MODE_DONE", count = 2 }
for move = 1, p.moves do
  local last_on
  home:inject(done, { drop = true })
  local guest = m.vm1:actor("guest " .. move, function()
    vf:submit(off, { work = 100000, preemptible = true, add = { 1, 1 } })
    last_on = vf:submit(on, { add = { 2, 1 } })
    vf:resume(on)
    vf:suspend(off)
  end)
  sleep("20us")
  expect("the guest waits, move " .. move, not guest:ended())
  vmm.migrate { vm = m.vm1, to = { away, 1 } }
  home:inject()
  home:reset(1)
  home, away = away, home
  guest:join()
  m.vm1:run(function()
    vf:wait(on, last_on)
    sleep("500us")
    expect_eq("the sleeper has not run, move " .. move, vf:result(3), 1)
    vf:suspend(on)
    vf:resume(off)
    vf:wait(off, vf:submit(off, { add = { 1, 1 } }))
  end)
end
m.vm1:run(function()
  vf:resume(asleep)
  vf:wait(asleep, 2)
  expect_eq("jobs of the queue that was suspended ran once", vf:result(1), 1 + 2 * p.moves)
  expect_eq("those of the one that was resumed", vf:result(2), 1 + p.moves)
  expect_eq("and the one that slept through all moves", vf:result(3), 2)
  expect_eq("the driver reset nothing", vf:resets(), 0)
end)
