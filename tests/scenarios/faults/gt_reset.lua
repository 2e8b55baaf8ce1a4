-- SPDX-License-Identifier: MIT
-- A GT is reset while jobs run and wait on it: its GuC forgets the VF, the VF and the PF shake
-- hands again, and every job that had not begun runs. Then the same while the VM moves.
local p = params {
  { "queues", "int", 4, "on each engine", min = 2, max = 8 },
  { "jobs", "int", 6, "in each queue", min = 1, max = 60 },
  { "work", "int", 20000, "of a job on its engine", unit = "cycles", min = 1000, max = 1000000 },
  { "delay", "time", "20us", "from the second reset to the migration" },
}

local m = machine {
  gpus = { { name = "src" }, { name = "dst" } },
  vms = { { name = "vm1" }, { name = "near" } },
}
local vm1 = m.vm1
local vf = vm1.vf
local share = { ggtt_size = 8 << 20 }
m.src:provision(1, share)
m.src:provision(2, share)
m.dst:provision(2, share)
m.dst:provision(1, share)
vm1:attach(m.src, 1)
m.near:attach(m.src, 2)

-- The other VF of the GPU notices nothing.
local over = false
local neighbour = m.near:actor("near", function()
  local jobs = 0
  m.near.vf:probe()
  local queue = m.near.vf:queue("render")
  repeat
    m.near.vf:wait(queue, m.near.vf:submit(queue, { work = 2000, add = { 1, 1 } }), "50ms")
    jobs = jobs + 1
    sleep("20us")
  until over
  expect_eq("neighbour: each job ran once", m.near.vf:result(1), jobs)
  expect_eq("neighbour: not wedged", m.near.vf:wedged(), nil)
end)

-- Queue n adds 1 to slot n for each job.
local engines = { "render", "copy", "video" }
local queues = {}

local function open()
  vm1:run(function()
    queues = {}
    for _, engine in ipairs(engines) do
      for _ = 1, p.queues do
        queues[#queues + 1] = { number = vf:queue(engine), engine = engine, slot = #queues + 1,
                                last = 0 }
      end
    end
  end)
end

local function submit()
  vm1:run(function()
    for _ = 1, p.jobs do
      for _, queue in ipairs(queues) do
        queue.before = queue.before or vf:result(queue.slot)
        queue.last = vf:submit(queue.number, { work = p.work, add = { queue.slot, 1 } })
      end
    end
  end)
end

-- Every queue ends: with all jobs done once, or failed, and then only one to an engine, the one
-- that ran.
local function finish(name)
  local failed = {}
  vm1:run(function()
    for _, queue in ipairs(queues) do
      local ok, failure = pcall(vf.wait, vf, queue.number, queue.last, "100ms")
      local ran = vf:result(queue.slot) - queue.before
      local where = name .. ": " .. queue.engine .. " queue " .. queue.number
      if ok then
        expect_eq(where .. ": each job ran once", ran, p.jobs)
      else
        failed[queue.engine] = (failed[queue.engine] or 0) + 1
        expect_eq(where .. ": failed", failure.errno, "EIO")
        expect(where .. ": none ran twice", ran <= p.jobs, ran)
      end
    end
  end)
  expect(name .. ": at most the queue that ran failed on render", (failed.render or 0) <= 1)
  expect(name .. ": at most the queue that ran failed on copy", (failed.copy or 0) <= 1)
  expect_eq(name .. ": none on the other GT", failed.video, nil)
  expect_eq(name .. ": not wedged", vf:wedged(), nil)
end

local function close()
  vm1:run(function()
    for _, queue in ipairs(queues) do
      vf:destroy(queue.number)
    end
  end)
end

local function wait_for_reset(count)
  wait_until(function() return vf:resets(0) == count end, "20ms")
end

vm1:run(function() vf:probe() end)

open()
submit()
wait_until(function() return vf:done(queues[1].number) >= 1 end, "10ms")
vf:reset(0)
wait_for_reset(1)
finish("reset")
close()

open()
submit()
wait_until(function() return vf:done(queues[1].number) >= 1 end, "10ms")
vf:reset(0)
sleep(p.delay)
vmm.migrate { vm = vm1, to = { m.dst, 1 } }
wait_for_reset(2)
wait_until(function() return not vf:recovering() end, "20ms")
expect_eq("reset and moved: the driver knows its new range", vf:ggtt_start(),
          m.dst:config(1).ggtt_start)
finish("reset and moved")
close()
expect_eq("the other GT was not reset", vf:resets(1), 0)
over = true
neighbour:join("100ms")
