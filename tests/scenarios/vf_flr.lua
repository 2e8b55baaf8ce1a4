-- SPDX-License-Identifier: MIT
-- Function level resets: of one VF, of several at once, twice at once, and in the middle of other
-- things. What must be cleared is, what must stay stays, a neighbour notices nothing.
local work = require "lib.work"
local image = require "lib.image"

local p = params {
  { "jobs", "int", 6, "jobs in each queue when the first reset comes", min = 1, max = 100 },
  { "work", "int", 20000, "of a job on its engine", unit = "cycles", min = 0, max = 1000000 },
}

local m = machine {
  gpus = { { name = "src", vfs = 4 } },
  vms = { { name = "vm1" }, { name = "vm2" }, { name = "vm3" }, { name = "near" } },
}
local src = m.src
local vms = { m.vm1, m.vm2, m.vm3 }

local over = false
local loads, configs = {}, {}
for vf, vm in ipairs { m.vm1, m.vm2, m.vm3, m.near } do
  src:provision(vf, { ggtt_size = 2 << 20 })
  configs[vf] = src:config(vf)
  vm:attach(src, vf)
end
local neighbour = work.neighbour(m.near, function() return over end)

local function start(vf)
  loads[vf] = work.open(vms[vf], { "render", "copy", "video" })
  loads[vf]:submit(p.jobs, p.work)
end

local function is_ready(vf)
  return src:state(vf, 0) == "READY" and src:state(vf, 1) == "READY"
end

-- A reset that was asked for begins a little later.
local function wait_for_reset(vf)
  sleep("5us")
  wait_until(function() return is_ready(vf) end, "10ms")
end

local function seen(vf)
  local stream = src:save(vf)
  src:vfio(vf, "RUNNING")
  return image.count(stream)
end

local function expect_clear(name, vf)
  local left = seen(vf)
  for what, count in pairs(left) do
    expect_eq(name .. ": no " .. what .. " left", count, 0)
  end
  for field, value in pairs(configs[vf]) do
    expect_eq(name .. ": same " .. field, src:config(vf)[field], value)
  end
end

-- ---- one --------------------------------------------------------------------------------------

start(1)
local before = seen(1)
for what, count in pairs(before) do
  expect("there are " .. what .. " to clear", count > 0, count)
end
expect("jobs run and wait", loads[1]:left() > 0)
src:pci_flr(1)
wait_for_reset(1)
expect_clear("one", 1)

-- ---- all at once ------------------------------------------------------------------------------

start(2)
start(3)
for vf = 1, 3 do
  src:pci_flr(vf)
end
for vf = 1, 3 do
  wait_for_reset(vf)
  expect_clear("all at once, VF " .. vf, vf)
end

-- ---- two at once on one VF --------------------------------------------------------------------

local by_pf = actor("flr", function() src:flr(1) end)
src:pci_flr(1)
by_pf:join("10ms")
wait_for_reset(1)
expect_clear("by PCI and by the PF", 1)

-- The second comes at each step of the first, and at the end of it at close intervals: whether
-- the GuC sees it before or after FLR_FINISH, no VF may stay behind in a reset.
local function second_flr(state, delay)
  src:pci_flr(1)
  wait_until(function() return src:state(1) == state end, "10ms", 100)
  if delay > 0 then
    sleep(delay)
  end
  src:pci_flr(1)
  sleep("20us")
  wait_until(function() return is_ready(1) end, "10ms")
  src:pause(1) -- the GuC would refuse if it still were in a reset
  src:resume(1)
end

for _, state in ipairs { "FLR_SEND_START", "FLR_WAIT_GUC", "FLR_RESET_CONFIG",
                         "FLR_RESET_DATA", "FLR_RESET_MMIO" } do
  second_flr(state, 0)
end
for delay = 0, 4000, 250 do
  second_flr("FLR_SEND_FINISH", delay)
end
expect_clear("two at once", 1)

-- ---- while something else is going on ---------------------------------------------------------

src:pause(1)
src:pci_flr(1)
wait_for_reset(1)
expect_clear("while paused", 1)

-- Lets another actor do it, resets when the VF is in that state on the main GT, and tells what
-- the other one got.
local function reset_during(state, verb, ...)
  local arguments = table.pack(...)
  local result = "nothing"
  local other = actor("during " .. state, function()
    local ok, failure = pcall(verb, table.unpack(arguments))
    result = ok and "success" or failure.errno
  end)
  wait_until(function() return src:state(1) == state end, "10ms", 100)
  src:pci_flr(1)
  other:join("100ms")
  wait_for_reset(1)
  return result
end

-- Cancelled on the main GT, which had begun it; refused by the media GT, which resets already.
expect_eq("a pause fails", reset_during("PAUSE_WAIT_GUC", src.pause, src, 1), "EUCLEAN")
expect_clear("during a pause", 1)

local stream = src:save(1)
src:vfio(1, "RUNNING")
expect_eq("a save fails", reset_during("SAVE_PROCESS_DATA", src.save, src, 1), "EIO")
src:reset(1)
expect_clear("during a save", 1)
expect_eq("a load fails", reset_during("RESTORE_DATA_DONE", src.load, src, 1, stream), "EIO")
src:reset(1)
expect_clear("during a load", 1)

-- ---- announced --------------------------------------------------------------------------------

local reported = watch { kind = "g2h", gt = 0, fn = 0, ev = "taken",
                         hxg = "90005106 00000001 00000001" }
src:pci_reset(1)
expect("an announced reset is waited for", reported:count() == 1 and is_ready(1))
expect_clear("announced", 1)

-- ---- afterwards -------------------------------------------------------------------------------

over = true
neighbour:join("100ms")
local lost, asked
for vf = 1, 3 do
  local vm = vms[vf]
  vm:run(function() vm.vf:remove() end)
  if vf == 3 then
    -- The driver's first request finds a GuC that does not listen, and is wiped with the mailbox.
    lost = watch { kind = "mmio_msg", fn = 3, ev = "request" }
    src:pci_flr(vf)
    asked = now()
  end
  start(vf)
  loads[vf]:finish("bound again, VF " .. vf)
end
local waited = lost:events()[1].t_ns - asked
expect("a request that was wiped is made again after 50 ms", waited >= ns("50ms"), waited)
