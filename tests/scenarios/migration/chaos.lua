-- SPDX-License-Identifier: MIT
-- Several VMs on three hosts of which each moves, is paused, and moves again before it has
-- recovered, all at once and as the seed says, while GuCs stand still and doorbells come twice.
-- Every job of every VM runs once and in order. Other seeds look further. Interrupts are left
-- alone: what a late one does is in faults/late_migrated.lua.
local work = require "lib.work"
local p = params {
  { "rounds", "int", 3, "of each VM", min = 1, max = 1000 },
  { "jobs", "int", 2, "in each queue and round", min = 1, max = 50 },
  { "work", "int", 8000, "of a job on its engine", unit = "cycles", min = 0, max = 1000000 },
  { "time_limit", "time", "20s", "of all of it" },
}
local m = machine {
  gpus = { { name = "a", vfs = 5 }, { name = "b", vfs = 5 }, { name = "c", vfs = 5 } },
  vms = { { name = "vm1" }, { name = "vm2" }, { name = "vm3" } },
}
local gpus = { m.a, m.b, m.c }
local taken = {}
for n, gpu in ipairs(gpus) do
  taken[n] = {}
  for vf = 1, 5 do
    -- VF v lies elsewhere on each GPU.
    gpu:provision((vf + n) % 5 + 1, { ggtt_size = 2 << 20 })
  end
end

local function take(except)
  local n, vf
  repeat
    n, vf = math.random(#gpus), math.random(5)
  until n ~= except and not taken[n][vf]
  taken[n][vf] = true
  return n, vf
end

local function disturb(gpu, vf)
  local what = math.random(3)
  if what == 1 then
    gpu:stall_guc(math.random(0, 1), math.random(1000, 200000))
  elseif what == 2 then
    gpu:repeat_doorbells(vf, math.random(3), math.random(100, 5000))
  end
end

-- One VM's life, seen from the host.
local function live(vm, n, vf)
  local driver = vm.vf
  local load = work.open(vm, { "render", "copy", "video", "render" })

  local function move()
    local to_n, to_vf = take(n)
    disturb(gpus[to_n], to_vf)
    vmm.migrate { vm = vm, to = { gpus[to_n], to_vf } }
    gpus[n]:reset(vf)
    taken[n][vf] = nil
    n, vf = to_n, to_vf
  end

  local rounds = {
    move,
    function()
      gpus[n]:pause(vf)
      sleep(math.random(20000))
      gpus[n]:resume(vf)
    end,
    function() -- again, at some step of the recovery from the first move
      local steps = { "resfix_start", "fixups", "restart", "resfix_done", "sending" }
      local step = steps[math.random(#steps)]
      driver:hold(step)
      move()
      wait_until(function() return driver:held() end, "100ms")
      move()
      driver:hold()
    end,
    function() -- again, at some time
      move()
      sleep(math.random(60000))
      move()
    end,
  }
  for round = 1, p.rounds do
    load:submit(p.jobs, p.work)
    sleep(math.random(50000))
    rounds[math.random(#rounds)]()
    load:finish(vm.name .. ", round " .. round)
    wait_until(function() return not driver:recovering() end, "100ms")
  end
end

local actors = {}
for n, vm in ipairs { m.vm1, m.vm2, m.vm3 } do
  local gpu, vf = take()
  vm:attach(gpus[gpu], vf)
  actors[n] = actor(vm.name .. ".host", function() live(vm, gpu, vf) end)
end
for _, actor in ipairs(actors) do
  actor:join("15s")
end
