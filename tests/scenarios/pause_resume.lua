-- SPDX-License-Identifier: MIT
-- A VF is paused in mid-work and resumed on the same GPU; its driver notices nothing.
local p = params {
  { "jobs", "int", 8, "jobs on each engine", min = 1, max = 100 },
  { "work", "int", 20000, "of a job on its engine", unit = "cycles", min = 0, max = 10000000 },
}

local m = machine {
  gpus = { { name = "src", gts = 2, vfs = 2 } },
  vms = { { name = "vm1" } },
}
local src, vm1 = m.src, m.vm1
local vf = vm1.vf

src:provision(1, { ggtt_size = 16 << 20 })
vm1:attach(src, 1)

local queues, last = {}, {}
vm1:run(function()
  vf:probe()
  for slot, engine in ipairs { "render", "copy", "video" } do
    queues[slot] = vf:queue(engine)
    for i = 1, p.jobs do
      local job = { work = p.work, add = { slot, 1 }, store = { 10 + slot, i } }
      last[slot] = vf:submit(queues[slot], job)
    end
  end
end, "100ms")

sleep("10us")
src:pause(1)
expect_eq("paused", src:state(1), "PAUSED")
local done = vf:done(queues[1])
expect("some jobs are left", done < p.jobs, done)
sleep("1ms")
expect_eq("nothing ran meanwhile", vf:done(queues[1]), done)
src:resume(1)

vm1:run(function()
  for slot, queue in ipairs(queues) do
    vf:wait(queue, last[slot], "100ms")
  end
end)
for slot = 1, #queues do
  expect_eq("each job of queue " .. slot .. " ran once", vf:result(slot), p.jobs)
  expect_eq("the last job of queue " .. slot .. " ran last", vf:result(10 + slot), p.jobs)
end
expect_eq("the driver saw no migration", vf:recoveries(), 0)
