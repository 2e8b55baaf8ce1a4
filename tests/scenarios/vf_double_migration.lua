-- SPDX-License-Identifier: MIT
-- A VM migrates again before it has recovered from its last migration, at each step of recovery.
local work = require "lib.work"

local p = params {
  { "case", "string", "all", "which case: its letter" },
  { "jobs", "int", 6, "jobs in each queue when a case begins", min = 1, max = 100 },
  { "work", "int", 20000, "of a job on its engine", unit = "cycles", min = 0, max = 1000000 },
}

local m = machine {
  gpus = { { name = "src" }, { name = "dst" }, { name = "third" } },
  vms = { { name = "vm1" }, { name = "near" }, { name = "far" } },
}
local vm1 = m.vm1
local vf = vm1.vf

-- VF 1 lies elsewhere on each GPU: what stands before it differs.
local share = { ggtt_size = 2 << 20 }
m.src:provision(1, share)
m.src:provision(2, share)
m.dst:provision(2, share)
m.dst:provision(1, share)
m.third:provision(2, { ggtt_size = 6 << 20 })
m.third:provision(1, share)

local over = false
m.near:attach(m.src, 2)
m.far:attach(m.dst, 2)
local neighbours = {}
for n, vm in ipairs { m.near, m.far } do
  neighbours[n] = work.neighbour(vm, function() return over end)
end

-- The VM comes back from dst to src, or goes on to the third GPU. `hold` is where recovery from
-- the first migration stands when the second begins; without it, the second begins as soon as
-- the driver has moved its GGTT and while it is at its contexts. `one`: recovery meets the second
-- GuC only, so that its RESFIX_DONE is taken.
local cases = {
  { name = "a", text = "before RESFIX_START", hold = "resfix_start", to = m.src, one = true },
  { name = "b", text = "during fixups", to = m.src },
  { name = "c", text = "before restart", hold = "restart", to = m.src },
  { name = "d", text = "before RESFIX_DONE", hold = "resfix_done", to = m.src },
  { name = "e", text = "before fixups, to a third GPU", hold = "fixups", to = m.third },
}

-- Several contexts make the fixups long enough to be met in the middle.
vm1:attach(m.src, 1)
local load = work.open(vm1, { "render", "copy", "video", "render", "copy", "render", "copy" })

local function wait_for_the_moment(case)
  if case.hold then
    wait_until(function() return vf:held() == case.hold end, "10ms")
  else
    local new_start = m.dst:config(1).ggtt_start
    wait_until(function() return vf:ggtt_start() == new_start end, "10ms", 100)
  end
end

-- Messages of the main GT's recovery: what it sent, or what it was answered.
local function watch_resfix(name, ev)
  return watch { kind = "mmio_msg", gt = 0, ev = ev, name = "VF2GUC_RESFIX_" .. name }
end

-- Below ABI 1.27 there is neither marker nor refusal.
local function expect_markers(name, case, starts, answers)
  if vf:abi() < "1.27" then
    expect_none(name .. ": no RESFIX_START", starts)
    return
  end
  local refusals, markers = 0, {}
  for _, answer in ipairs(answers:events()) do
    refusals = refusals + (answer.hxg == "e0000107" and 1 or 0)
  end
  for _, start in ipairs(starts:events()) do
    expect(name .. ": a new marker", not markers[start.hxg], start.hxg)
    markers[start.hxg] = true
  end
  expect_eq(name .. ": RESFIX_DONE of the first migration is refused", refusals,
            case.one and 0 or 1)
end

local function run(case)
  local name = case.name .. ", " .. case.text
  local recoveries = { vf:recoveries(0), vf:recoveries(1) }
  local jobs = #load.queues * p.jobs

  local starts, answers = watch_resfix("START", "request"), watch_resfix("DONE", "reply")

  load:submit(p.jobs, p.work)
  wait_until(function() return load:left() < jobs end, "10ms")
  expect(name .. ": jobs run and wait", load:left() > jobs / 2, load:left())
  if case.hold then
    vf:hold(case.hold)
  end
  vmm.migrate { vm = vm1, to = { m.dst, 1 } }
  m.src:reset(1) -- the VF left behind is free again
  wait_for_the_moment(case)
  say(name .. ": migrating again with " .. load:left() .. " jobs left")
  vmm.migrate { vm = vm1, to = { case.to, 1 } }
  m.dst:reset(1)
  vf:hold()
  load:finish(name)
  wait_until(function() return not vf:recovering() end, "10ms")
  expect_markers(name, case, starts, answers)
  for gt = 0, 1 do
    expect_eq(name .. ": one recovery on GT " .. gt, vf:recoveries(gt) - recoveries[gt + 1], 1)
  end
  expect_eq(name .. ": the driver knows where it is", vf:ggtt_start(),
            case.to:config(1).ggtt_start)
  expect_eq(name .. ": and runs there", case.to:vfio(1), "RUNNING")
end

for _, case in ipairs(cases) do
  if p.case == "all" or p.case == case.name then
    run(case)
  end
end
over = true
for _, actor in ipairs(neighbours) do
  actor:join("100ms")
end
