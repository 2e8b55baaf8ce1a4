-- SPDX-License-Identifier: MIT
-- RESFIX_DONE of one migration reaches the GuC of the next: harmful below ABI 1.27, then not.
local work = require "lib.work"

local p = params {
  { "jobs", "int", 6, "jobs in each queue when a case begins", min = 3, max = 100 },
  { "work", "int", 20000, "of a job on its engine", unit = "cycles", min = 5000, max = 1000000 },
  { "old1.guc.abi", "version", "1.26", "VF ABI of the GuCs of old1" },
  { "old2.guc.abi", "version", "1.26", "VF ABI of the GuCs of old2" },
}

local m = machine {
  gpus = { { name = "old1" }, { name = "old2" }, { name = "new1" }, { name = "new2" } },
  vms = { { name = "race" }, { name = "safe" }, { name = "down" }, { name = "up" },
          { name = "near" } },
}

-- VF 1 of a machine lies where VF 2 lies on its neighbour: an address that was not fixed belongs
-- to somebody else.
local share = { ggtt_size = 2 << 20 }
for _, gpu in ipairs { m.old1, m.new1 } do
  gpu:provision(1, share)
  gpu:provision(2, share)
end
for _, gpu in ipairs { m.old2, m.new2 } do
  gpu:provision(2, share)
  gpu:provision(1, share)
end

local over = false
m.near:attach(m.old1, 2)
local neighbour = work.neighbour(m.near, function() return over end)

local function begin(vm, gpu, vf)
  vm:attach(gpu, vf)
  local load = work.open(vm, { "render", "copy", "video" })
  load:submit(p.jobs, p.work)
  wait_until(function() return load:left() < 3 * p.jobs end, "10ms")
  return load
end

-- Recovery from the first migration has looked for a newer one, seen none, and is about to say
-- that it is done. There and back again, while it is held.
local function there_and_back(vm, home, away)
  local load = begin(vm, home, 1)
  vm.vf:hold("sending")
  vmm.migrate { vm = vm, to = { away, 1 } }
  home:reset(1)
  wait_until(function() return vm.vf:held() end, "10ms")
  vmm.migrate { vm = vm, to = { home, 1 } }
  say(vm.name .. ": RESFIX_DONE goes out, to the GuC of another migration")
  vm.vf:hold()
  return load
end

local function jobs_lost(load)
  local lost = 0
  load.vm:run(function()
    for slot, queue in ipairs(load.queues) do
      local ok, failure = pcall(load.vf.wait, load.vf, queue, load.last[slot], "50ms")
      lost = lost + (not ok and failure.errno == "EIO" and 1 or 0)
    end
  end)
  return lost
end

-- Without a marker the second GuC takes DONE for an answer to itself and runs contexts that hold
-- addresses of the place before. The chip stops each of them at its first access.
local stale = watch { kind = "fault", what = "stale read" }
local load = there_and_back(m.race, m.old1, m.old2)
expect_eq("1.26: contexts that nobody fixed were run, and lost", jobs_lost(load), 3)
expect_eq("1.26: each by a fault at an address of old2", stale:count(), 3)
local range = m.old2:config(1)
for _, fault in ipairs(stale:events()) do
  local offset = fault.addr - range.ggtt_start
  expect("1.26: which says so", fault.gpu == "old1" and offset >= 0 and offset < range.ggtt_size)
end
wait_until(function() return not load.vf:recovering() end, "10ms")
expect_eq("1.26: the driver does not notice", load.vf:wedged(), nil)

-- With the marker it is refused, and the driver begins again.
load = there_and_back(m.safe, m.new1, m.new2)
load:finish("1.27")
wait_until(function() return not load.vf:recovering() end, "10ms")
expect_eq("1.27: one recovery came to its end", load.vf:recoveries(), 1)

-- A driver that relies on the marker cannot go to a GuC without; it runs on where it is.
load = begin(m.down, m.new1, 2)
m.old2:reset(1)
expect_failure("1.27 to 1.26 is refused", "EIO", vmm.migrate, { vm = m.down, to = { m.old2, 1 } })
expect_eq("1.27 to 1.26: the driver knows 1.27", m.down.vf:abi(), "1.27.0")
load:finish("1.27 to 1.26, refused")
expect_eq("1.27 to 1.26: nothing was recovered", m.down.vf:recoveries(), 0)
m.old2:reset(1)

-- The other way a driver keeps to what it agreed on with its first GuC.
load = begin(m.up, m.old2, 2)
vmm.migrate { vm = m.up, to = { m.new2, 2 } }
load:finish("1.26 to 1.27")
wait_until(function() return not load.vf:recovering() end, "10ms")
expect_eq("1.26 to 1.27: the driver knows 1.26", m.up.vf:abi(), "1.26.0")
expect_eq("1.26 to 1.27: one recovery", m.up.vf:recoveries(), 1)

expect_eq("nothing stale was touched after the first case", stale:count(), 3)
over = true
neighbour:join("100ms")
