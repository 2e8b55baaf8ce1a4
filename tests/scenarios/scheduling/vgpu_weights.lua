-- SPDX-License-Identifier: MIT
-- Two guests with vGPUs of types 4 and 1 keep the render engine busy, each with all that it can
-- submit: their shares of its time are as the weights of their types, 4 to 16. When the heavier one
-- has nothing to do the other gets all of it, and when it comes back it is as before.
local p = params {
  { "time", "time", "10ms", "for each measurement" },
  { "work", "int", 30000, "of a job", unit = "cycles", min = 1000, max = 10000000 },
  { "within", "int", 5, "of the share by weight", unit = "percent", min = 1, max = 100 },
}
local m = machine {
  gpus = { { name = "src", gts = 1, vfs = 0, vgpus = { types = { "4", "1" } } } },
  vms = { { name = "light", pv = true }, { name = "heavy", pv = true } },
}
local WEIGHTS = { light = 4, heavy = 16 }
local FUNCTIONS = { light = 57, heavy = 58 }
local guests = { m.light, m.heavy }
for number, vm in ipairs(guests) do vm:attach_vgpu(m.src:vgpu(number)) end

local queues = {}

-- Works in two queues until it is told to stop, a job in each.
local function busy(vm)
  local state = { going = true, jobs = 0 }
  state.actor = vm:actor("busy", function()
    if queues[vm.name] == nil then
      vm.pv:start()
      queues[vm.name] = { vm.pv:queue("render"), vm.pv:queue("render", { space = "tables" }) }
    end
    local last = {}
    while state.going do
      for n, queue in ipairs(queues[vm.name]) do
        if last[n] then vm.pv:wait(queue, last[n], "1s") end
        last[n] = vm.pv:submit(queue, { work = p.work, add = { n, 1 } })
        state.jobs = state.jobs + 1
      end
    end
    for n, queue in ipairs(queues[vm.name]) do vm.pv:wait(queue, last[n], "1s") end
  end)
  return state
end

-- Time of the engine in the next stretch of time, by guest.
local function measure()
  local seen = {}
  for _, vm in ipairs(guests) do
    local fn = FUNCTIONS[vm.name]
    seen[vm.name] = {
      watch { kind = "job", fn = fn, ev = "switch_in" },
      watch { kind = "job", fn = fn, ev = "complete" },
    }
  end
  sleep(p.time)
  local used, all = {}, 0
  for name, pair in pairs(seen) do
    local begins, ends, sum = pair[1]:events(), pair[2]:events(), 0
    local skip = (ends[1] and begins[1] and ends[1].t_ns <= begins[1].t_ns) and 1 or 0
    for n, event in ipairs(begins) do
      local done = ends[n + skip]
      if done then sum = sum + done.t_ns - event.t_ns end
    end
    used[name], all = sum, all + sum
  end
  return used, all
end

local function expect_shares(what)
  local used, all = measure()
  for _, name in ipairs { "light", "heavy" } do
    local percent = used[name] * 100 / all
    local wanted = WEIGHTS[name] * 100 / (WEIGHTS.light + WEIGHTS.heavy)
    say(("%s: %s has %.2f %% of the engine's time, by weight %.2f %%"):format(what, name, percent,
      wanted))
    expect(what .. ": share of " .. name, math.abs(percent - wanted) * 100 <= wanted * p.within,
      percent)
  end
end

local light, heavy = busy(m.light), busy(m.heavy)
sleep("2ms")
expect_shares("both busy")
heavy.going = false
heavy.actor:join("1s")
local used, all = measure()
expect_eq("alone: heavy has nothing", used.heavy, 0)
expect("alone: light has nearly all", all > 0)
local jobs = light.jobs
heavy = busy(m.heavy)
sleep("2ms")
expect_shares("busy again")
expect("the light one went on", light.jobs > jobs)
light.going, heavy.going = false, false
light.actor:join("1s")
heavy.actor:join("1s")
