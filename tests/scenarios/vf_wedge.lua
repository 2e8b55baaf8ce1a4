-- SPDX-License-Identifier: MIT
-- A target that gives the VF other resources than the source: the driver gives the device up.
local work = require "lib.work"
local image = require "lib.image"

local p = params {
  { "jobs", "int", 6, "jobs in each queue when a VM is migrated", min = 3, max = 100 },
  { "work", "int", 20000, "of a job on its engine", unit = "cycles", min = 5000, max = 1000000 },
}

-- Each case is a VM and changes one thing of what its VF has. A range of another size is already
-- refused by the loader and by the GuC; what a host without those checks would do is had by an
-- image that was made to fit. The last VM finds all as it was, but its driver has GuCs interrupt
-- by registers, with which no recovery is safe; the flow before ABI 1.27 does not ask for it.
local cases = {
  { vm = "ctx", field = "contexts", value = 32, reason = "number of contexts changed" },
  { vm = "db", field = "doorbells", value = 8, reason = "number of doorbells changed" },
  { vm = "ggtt", field = "ggtt_size", value = 1 << 20, reason = "GGTT size changed",
    forged = true },
  { vm = "irq", reason = "no memory-based interrupts", name = "no memirq" },
}

local m = machine {
  gpus = { { name = "src", vfs = 5 }, { name = "dst", vfs = 5 } },
  vms = { { name = "ctx" }, { name = "db" }, { name = "ggtt" }, { name = "irq", memirq = false },
          { name = "near" }, { name = "far" } },
}

local share = { ggtt_size = 2 << 20, contexts = 64, doorbells = 16 }
local over = false
local neighbours = {}
for vm, gpu in pairs { near = m.src, far = m.dst } do
  gpu:provision(5, share)
  m[vm]:attach(gpu, 5)
  neighbours[#neighbours + 1] = work.neighbour(m[vm], function() return over end)
end

-- Starts what will be waiting in the guest when the device is given up.
local function wait_in_guest(vm, load)
  local vf = vm.vf
  local waits = {
    { "a waiter", function() vf:wait(load.queues[1], load.last[1], "500ms") end },
    { "a waiter on the media GT", function() vf:wait(load.queues[3], load.last[3], "500ms") end },
    { "a new queue", function()
      wait_until(function() return vf:recovering() or vf:wedged() end, "100ms", 100)
      vf:queue("render")
    end },
  }
  local actors = {}
  for n, wait in ipairs(waits) do
    actors[n] = vm:actor(wait[1], function()
      expect_failure(vm.name .. ": " .. wait[1] .. " is released", "ECANCELED", wait[2])
    end)
  end
  return actors
end

local function forge(case)
  return function(stream)
    return image.resize_ggtt(stream, case.value)
  end
end

-- The VM moved, and its jobs go on.
local function recovers(vm, load, name)
  load:finish(name .. ", below ABI 1.27")
  expect_eq(name .. ": the driver goes on", vm.vf:wedged(), nil)
end

local function run(case, number)
  local vm, name = m[case.vm], case.name or case.field
  local vf, to = vm.vf, { m.dst, number }
  local other = { ggtt_size = share.ggtt_size, contexts = share.contexts,
                  doorbells = share.doorbells }
  if case.field then
    other[case.field] = case.value
  end
  m.src:provision(number, share)
  m.dst:provision(number, other)
  vm:attach(m.src, number)

  local load = work.open(vm, { "render", "copy", "video" })
  load:submit(p.jobs, p.work)
  if case.forged then
    expect_failure(name .. ": refused as it is", "EINVAL", vmm.migrate, { vm = vm, to = to })
    expect_eq(name .. ": then the VM runs on where it was", vf:wedged(), nil)
    load:finish(name .. ", not moved")
    load:submit(p.jobs, p.work)
  end
  if not case.field and vf:abi() < "1.27" then
    vmm.migrate { vm = vm, to = to }
    return recovers(vm, load, name)
  end
  local actors = wait_in_guest(vm, load)
  vmm.migrate { vm = vm, to = to, tamper = case.forged and forge(case) or nil }

  wait_until(function() return vf:wedged() end, "10ms")
  expect_eq(name .. ": the driver says why", vf:wedged(), case.reason)
  for _, actor in ipairs(actors) do
    actor:join("1ms")
  end
  vm:run(function()
    expect_failure(name .. ": no job is taken", "ECANCELED", vf.submit, vf, load.queues[1], {})
  end)
  -- The host sees that the device runs, and that its driver never came back.
  expect_eq(name .. ": the device runs", m.dst:vfio(number), "RUNNING")
  expect_eq(name .. ": the PF has not heard of a recovery", m.dst:recovered(number), false)
end

for number, case in ipairs(cases) do
  run(case, number)
end
over = true
for _, actor in ipairs(neighbours) do
  actor:join("100ms")
end

-- Bound again, the driver takes the device as it is now.
local vm = m.ctx
vm:run(function() vm.vf:remove() end)
local load = work.open(vm, { "render", "copy", "video" })
load:submit(p.jobs, p.work)
load:finish("bound again")
