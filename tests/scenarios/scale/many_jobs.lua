-- SPDX-License-Identifier: MIT
-- A thousand jobs are in flight at once: each VF fills the rings of eight contexts on both GTs
-- before the first job has ended, and all of them end once and in order. `--set jobs=10000` makes
-- it ten VFs.
golden = "states"
local p = params {
  { "jobs", "int", 1000, "in flight, 1000 a VF", min = 1000, max = 63000 },
  { "time_limit", "time", "20s", "of all of it" },
}
local QUEUES, EACH = 8, 125 -- a ring has room for 127
local engines = { "render", "copy", "compute", "video", "enhance", "render", "copy", "video" }

local vms = {}
for n = 1, p.jobs // (QUEUES * EACH) do
  vms[n] = { name = "vm" .. n, ram = 4 << 20 }
end
local m = machine { gpus = { { name = "gpu", vfs = #vms } }, vms = vms }

-- The first job of each queue keeps its engine until all VFs have filled their rings.
local FIRST, OTHERS = 1000000 + 250000 * #vms, 100

local loads, full = {}, 0
for n, vm in ipairs(vms) do
  vm = m[vm.name]
  m.gpu:provision(n, { ggtt_size = 4 << 20 })
  vm:attach(m.gpu, n)
  loads[n] = { vm = vm, queues = {}, last = {} }
end

local function fill(load)
  local vf = load.vm.vf
  vf:probe()
  for slot, engine in ipairs(engines) do
    load.queues[slot] = vf:queue(engine)
  end
  for i = 1, EACH do
    for slot, queue in ipairs(load.queues) do
      load.last[slot] = vf:submit(queue, {
        work = i == 1 and FIRST or OTHERS, preemptible = i > 1,
        add = { slot, 1 }, store = { 100 + slot, i },
      })
    end
  end
  full = full + 1
end

local function in_flight()
  local left = 0
  for _, load in ipairs(loads) do
    for slot, queue in ipairs(load.queues) do
      left = left + load.last[slot] - load.vm.vf:done(queue)
    end
  end
  return left
end

local actors = {}
for n, load in ipairs(loads) do
  actors[n] = load.vm:actor(load.vm.name, function() fill(load) end)
end
wait_until(function() return full == #loads end, "1s")
local most = in_flight()
say(most .. " jobs in flight")
expect_eq("all of them at once", most, #loads * QUEUES * EACH)

for n, load in ipairs(loads) do
  load.vm:run(function()
    for slot, queue in ipairs(load.queues) do
      load.vm.vf:wait(queue, load.last[slot], "10s")
    end
  end, "10s")
  local once, in_order = 0, 0
  for slot = 1, QUEUES do
    once = once + (load.vm.vf:result(slot) == EACH and 1 or 0)
    in_order = in_order + (load.vm.vf:result(100 + slot) == EACH and 1 or 0)
  end
  expect_eq("VF " .. n .. ": each job ran once", once, QUEUES)
  expect_eq("VF " .. n .. ": the last ones ran last", in_order, QUEUES)
end
