-- SPDX-License-Identifier: MIT
-- All 63 VFs of a GPU at work at once on both GTs: each has its rings, and jobs on an engine of
-- either. One of them moves to another GPU meanwhile, and no other VF notices.
golden = "states"
local p = params {
  { "vfs", "int", 63, "at work", min = 2, max = 63 },
  { "jobs", "int", 3, "on each engine", min = 1, max = 100 },
}
local MOVES = 32 -- the VF that moves, if there are so many
local engines = { "render", "video" }

local vms = {}
for n = 1, p.vfs do
  vms[n] = { name = "vm" .. n, ram = 1 << 20 }
end
local m = machine {
  gpus = { { name = "src", vfs = p.vfs }, { name = "dst", vfs = 1 } }, vms = vms,
}
local share = { ggtt_size = 2 << 20, contexts = 16, doorbells = 4 }
m.dst:provision(1, share)
local loads, at_work = {}, 0
for n, vm in ipairs(vms) do
  m.src:provision(n, share)
  loads[n] = { vm = m[vm.name], queues = {}, last = {} }
  loads[n].vm:attach(m.src, n)
end

-- The first job is there until all VFs work.
local function live(load)
  local vf = load.vm.vf
  vf:probe()
  for slot, engine in ipairs(engines) do
    load.queues[slot] = vf:queue(engine)
    load.last[slot] = vf:submit(load.queues[slot], { work = 10000, add = { slot, 1 } })
  end
  at_work = at_work + 1
  wait_until(function() return at_work == p.vfs end, "1s")
  for _ = 2, p.jobs do
    for slot, queue in ipairs(load.queues) do
      load.last[slot] = vf:submit(queue, { work = 1000, add = { slot, 1 } })
    end
  end
  for slot, queue in ipairs(load.queues) do
    vf:wait(queue, load.last[slot], "100ms")
  end
end

local actors = {}
for n, load in ipairs(loads) do
  actors[n] = load.vm:actor(load.vm.name, function() live(load) end)
end
wait_until(function() return at_work == p.vfs end, "1s")
local moves = math.min(MOVES, p.vfs)
vmm.migrate { vm = loads[moves].vm, to = { m.dst, 1 } }
for _, actor in ipairs(actors) do
  actor:join()
end
wait_until(function() return m.dst:recovered(1) end, "10ms")

local once, fixed = 0, 0
for _, load in ipairs(loads) do
  for slot in ipairs(engines) do
    once = once + (load.vm.vf:result(slot) == p.jobs and 1 or 0)
  end
  fixed = fixed + load.vm.vf:recoveries(0) + load.vm.vf:recoveries(1)
end
expect_eq("each job of each VF ran once on each GT", once, p.vfs * #engines)
expect_eq("one VF recovered, on both GTs", fixed, 2)
