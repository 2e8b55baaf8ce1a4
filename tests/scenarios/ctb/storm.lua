-- SPDX-License-Identifier: MIT
-- A VF that floods the GuC with requests and doorbells slows its neighbour down, but within bounds.
local raw = require "lib.raw"

local m = machine {
  gpus = { { name = "gpu", gts = 1 } }, vms = { { name = "calm" }, { name = "wild" } },
}
for vf, vm in ipairs { m.calm, m.wild } do
  m.gpu:provision(vf, { ggtt_size = 4 << 20 })
  vm:attach(m.gpu, vf)
end

local queue
local function job_ns()
  local took
  m.calm:run(function()
    local vf, start = m.calm.vf, now()
    for _ = 1, 10 do
      vf:wait(queue, vf:submit(queue, { work = 1000, add = { 1, 1 } }))
    end
    took = (now() - start) // 10
  end)
  return took
end

m.calm:run(function()
  m.calm.vf:probe()
  queue = m.calm.vf:queue("render")
end)
local alone = job_ns()

local ended = false
local floods = watch { kind = "h2g", fn = 2, ev = "taken" }
local storm = m.wild:actor("storm", function()
  local ring = raw.open(m.wild)
  while not ended do
    for _ = 1, 64 do
      ring:message(raw.EVENT, 0x7777)
    end
    ring:publish()
    for _ = 1, 20 do
      ring:ring()
    end
    ring:settle()
  end
end)
sleep("50us")
local flooded = job_ns()
ended = true
storm:join()
say(alone .. " ns a job alone, " .. flooded .. " ns in the storm")
expect("there was a storm", floods:count() > 300, floods:count())
expect("a job takes at most ten times as long", flooded < 10 * alone, flooded / alone)
expect_eq("each job ran once", m.calm.vf:result(1), 20)
