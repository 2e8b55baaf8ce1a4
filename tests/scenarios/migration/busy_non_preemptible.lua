-- SPDX-License-Identifier: MIT
-- A VF in work that cannot be left is paused only when that has ended; then it moves.
local work = require "lib.work"

local m = machine { gpus = { { name = "src" }, { name = "dst" } }, vms = { { name = "vm1" } } }
m.src:provision(1, { ggtt_size = 4 << 20 })
m.dst:provision(2, { ggtt_size = 4 << 20 })
m.vm1:attach(m.src, 1)

local WORK = 2000000 -- 2 ms
local load = work.open(m.vm1, { "render", "video" })
local start = now()
m.vm1:run(function()
  for slot, queue in ipairs(load.queues) do
    load.counts[slot] = 1
    load.last[slot] = load.vf:submit(queue, {
      work = WORK, preemptible = false, add = { slot, 1 }, store = { 100 + slot, 1 },
    })
  end
  sleep("500us")
end)
local preempted = watch { kind = "job", gpu = "src", fn = 1, ev = "preempt" }
local moved = vmm.migrate { vm = m.vm1, to = { m.dst, 2 } }
for _, event in ipairs(preempted:events()) do
  expect("no engine left before its work ended", event.t_ns >= start + WORK, event.t_ns - start)
end
expect("the pause waited for the work", moved.downtime_ns > WORK // 2, moved.downtime_ns)
load:finish("after the move")
expect_eq("one recovery", load.vf:recoveries(), 1)
