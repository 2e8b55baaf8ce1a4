-- SPDX-License-Identifier: MIT
-- A running VF moves from GPU src to GPU dst, to another GGTT range; all its jobs end right.
local p = params {
  { "jobs", "int", 72, "jobs that VM 1 submits, over three engines", min = 3, max = 600 },
  { "work", "int", 20000, "of a job on its engine", unit = "cycles", min = 1000, max = 10000000 },
  { "neighbour.work", "int", 2000, "of a neighbour's job", unit = "cycles",
    min = 0, max = 1000000 },
}

local m = machine {
  gpus = {
    { name = "src", gts = 2, vfs = 2 },
    { name = "dst", gts = 2, vfs = 2 },
  },
  vms = { { name = "vm1" }, { name = "near" }, { name = "far" } },
}
local src, dst, vm1 = m.src, m.dst, m.vm1
local vf = vm1.vf

-- Provisioned in the other order, VF 1 gets another range on dst than on src.
local share = { ggtt_size = 16 << 20 }
src:provision(1, share)
src:provision(2, share)
dst:provision(2, share)
dst:provision(1, share)
expect("dst has another GGTT range for VF 1",
       src:config(1).ggtt_start ~= dst:config(1).ggtt_start)

vm1:attach(src, 1)
m.near:attach(src, 2)
m.far:attach(dst, 2)

-- A neighbour on each side works on from before to after.
local moved = false

local function neighbour(vm)
  return vm:actor(vm.name, function()
    local jobs, queues = 0, {}
    vm.vf:probe()
    queues = { vm.vf:queue("render"), vm.vf:queue("copy") }
    repeat
      local queue = queues[jobs % 2 + 1]
      local fence = vm.vf:submit(queue, { work = p["neighbour.work"], add = { 1, 1 } })
      jobs = jobs + 1
      vm.vf:wait(queue, fence, "50ms")
      sleep("10us")
    until moved
    expect_eq(vm.name .. ": each job ran once", vm.vf:result(1), jobs)
    expect_eq(vm.name .. ": not wedged", vm.vf:wedged(), nil)
    expect_eq(vm.name .. ": no recovery", vm.vf:recoveries(0) + vm.vf:recoveries(1), 0)
  end)
end

local neighbours = { neighbour(m.near), neighbour(m.far) }

-- Every job adds 1 to its engine's slot: a lost one and one done twice both show in the sum.
local engines = { "render", "copy", "video" }
local queues, last, counts = {}, {}, { 0, 0, 0 }
vm1:run(function()
  vf:probe()
  for slot, engine in ipairs(engines) do
    queues[slot] = vf:queue(engine)
  end
  for i = 1, p.jobs do
    local slot = i % #engines + 1
    counts[slot] = counts[slot] + 1
    last[slot] = vf:submit(queues[slot], {
      work = p.work, preemptible = i % 4 ~= 0,
      add = { slot, 1 }, store = { 100 + i, i },
    })
  end
end)

wait_until(function() return vf:done(queues[1]) >= 2 end, "10ms")
local done = 0
for slot = 1, #engines do
  done = done + vf:done(queues[slot])
end
expect("jobs run and wait when the VM is stopped", done < p.jobs - #engines, done)
say("migrating with " .. done .. " of " .. p.jobs .. " jobs done")

local moved_by = vmm.migrate { vm = vm1, to = { dst, 1 } }
say("moved " .. moved_by.bytes .. " bytes, down for " .. moved_by.downtime_ns .. " ns")

vm1:run(function()
  for slot, queue in ipairs(queues) do
    vf:wait(queue, last[slot], "100ms")
  end
  -- and new work runs on the new GPU
  vf:wait(queues[1], vf:submit(queues[1], { add = { 4, 5 } }), "10ms")
  -- a GT without unfinished jobs may recover last
  wait_until(function() return not vf:recovering() end, "10ms")
end)
moved = true

for slot, engine in ipairs(engines) do
  expect_eq(engine .. ": each job ran once", vf:result(slot), counts[slot])
end
local wrong = 0
for i = 1, p.jobs do
  wrong = wrong + (vf:result(100 + i) == i and 0 or 1)
end
expect_eq("every job left its value", wrong, 0)
expect_eq("new work runs on dst", vf:result(4), 5)
expect_eq("the driver knows its new range", vf:ggtt_start(), dst:config(1).ggtt_start)
expect_eq("not wedged", vf:wedged(), nil)
for gt = 0, vf:gts() - 1 do
  expect_eq("one recovery on GT " .. gt, vf:recoveries(gt), 1)
end
for _, actor in ipairs(neighbours) do
  actor:join("100ms")
end
