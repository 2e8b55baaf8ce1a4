-- SPDX-License-Identifier: MIT
-- vf_restore stretched to one second: what a migration mostly is, waiting.
local p = params {
  { "jobs", "int", 72, "jobs that the VM submits", min = 3, max = 600 },
  { "time_limit", "time", "2s", "virtual time after which the run is given up" },
}

local m = machine {
  gpus = {
    { name = "src", gts = 2, vfs = 2 },
    { name = "dst", gts = 2, vfs = 2 },
  },
  vms = { { name = "vm1" } },
}
local src, dst, vm1 = m.src, m.dst, m.vm1
local vf = vm1.vf
local engines = { "render", "copy", "video" }
local queues, last = {}, {}

src:provision(1, { ggtt_size = 16 << 20 })
dst:provision(2, { ggtt_size = 16 << 20 })
dst:provision(1, { ggtt_size = 16 << 20 })
vm1:attach(src, 1)

local function work()
  for i = 1, p.jobs do
    local slot = i % #engines + 1
    last[slot] = vf:submit(queues[slot], { work = 20000, add = { slot, 1 } })
  end
end

vm1:run(function()
  vf:probe()
  for slot, engine in ipairs(engines) do
    queues[slot] = vf:queue(engine)
  end
end)
sleep("250ms")
vm1:run(work)
-- the link takes its time, with the VM stopped
vmm.migrate { vm = vm1, to = { dst, 1 }, tamper = function() sleep("250ms") end }
sleep("240ms")
vm1:run(function()
  work()
  for slot = 1, #engines do
    vf:wait(queues[slot], last[slot], "100ms")
  end
end)
sleep("250ms")
for slot = 1, #engines do
  expect_eq("each job of " .. engines[slot] .. " ran once", vf:result(slot), 2 * p.jobs / #engines)
end
