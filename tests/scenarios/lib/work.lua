-- SPDX-License-Identifier: MIT
-- What the scenarios of races have in common: jobs of a VM whose sums tell whether each ran
-- once, and neighbours that must not notice anything.
local work = {}

-- Binds the driver and makes a queue on each engine of the list. Queue n adds up in slot n.
function work.open(vm, engines)
  local load = { vm = vm, vf = vm.vf, queues = {}, last = {}, counts = {} }
  vm:run(function()
    load.vf:probe()
    for slot, engine in ipairs(engines) do
      load.queues[slot] = load.vf:queue(engine)
      load.last[slot], load.counts[slot] = 0, 0
    end
  end)
  return setmetatable(load, { __index = work })
end

-- Puts jobs in all queues; some can be left in mid-work, some cannot.
function work:submit(jobs, cycles)
  self.vm:run(function()
    for i = 1, jobs do
      for slot, queue in ipairs(self.queues) do
        self.counts[slot] = self.counts[slot] + 1
        self.last[slot] = self.vf:submit(queue, {
          work = cycles, preemptible = i % 3 ~= 0,
          add = { slot, 1 }, store = { 100 + slot, self.counts[slot] },
        })
      end
    end
  end, "100ms")
end

-- Jobs that have not ended.
function work:left()
  local left = 0
  for slot, queue in ipairs(self.queues) do
    left = left + self.counts[slot] - self.vf:done(queue)
  end
  return left
end

-- Waits for all of them and states that each ran once and in order.
function work:finish(name)
  self.vm:run(function()
    for slot, queue in ipairs(self.queues) do
      self.vf:wait(queue, self.last[slot], "100ms")
    end
  end)
  local lost, late = 0, 0
  for slot, count in ipairs(self.counts) do
    lost = lost + math.abs(count - self.vf:result(slot))
    late = late + (self.vf:result(100 + slot) == count and 0 or 1)
  end
  expect_eq(name .. ": each job ran once", lost, 0)
  expect_eq(name .. ": the last job of each queue ran last", late, 0)
  expect_eq(name .. ": not wedged", self.vf:wedged(), nil)
end

-- Starts an actor that works in short jobs until `ended` says so, and then states that its VM
-- saw nothing of what happened around it.
function work.neighbour(vm, ended)
  return vm:actor(vm.name, function()
    local vf, jobs = vm.vf, 0
    vf:probe()
    local queues = { vf:queue("render"), vf:queue("copy") }
    repeat
      local queue = queues[jobs % 2 + 1]
      jobs = jobs + 1
      vf:wait(queue, vf:submit(queue, { work = 2000, add = { 1, 1 } }), "50ms")
      sleep("10us")
    until ended()
    expect_eq(vm.name .. ": each job ran once", vf:result(1), jobs)
    expect_eq(vm.name .. ": not wedged", vf:wedged(), nil)
    expect_eq(vm.name .. ": no recovery", vf:recoveries(0) + vf:recoveries(1), 0)
  end)
end

return work
