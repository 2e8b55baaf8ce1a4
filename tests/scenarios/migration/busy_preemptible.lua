-- SPDX-License-Identifier: MIT
-- A VF moves in the middle of long work that can be left; it begins again, and has its effect once.
local work = require "lib.work"

local m = machine { gpus = { { name = "src" }, { name = "dst" } }, vms = { { name = "vm1" } } }
m.src:provision(1, { ggtt_size = 4 << 20 })
m.dst:provision(2, { ggtt_size = 4 << 20 })
m.vm1:attach(m.src, 1)

local WORK = 2000000 -- 2 ms
local load = work.open(m.vm1, { "render", "video" })
local start
m.vm1:run(function()
  for slot, queue in ipairs(load.queues) do
    load.counts[slot] = 1
    load.last[slot] = load.vf:submit(queue, {
      work = WORK, preemptible = true, add = { slot, 1 }, store = { 100 + slot, 1 },
    })
  end
  start = now()
  sleep("500us")
end)
local preempted = watch { kind = "job", gpu = "src", fn = 1, ev = "preempt" }
local moved = vmm.migrate { vm = m.vm1, to = { m.dst, 2 } }
expect_eq("both engines left their work", preempted:count(), 2)
expect("the pause did not wait for the work", moved.downtime_ns < ns("1ms"), moved.downtime_ns)
expect_eq("none had ended", load:left(), 2)
load:finish("after the move")
local took
m.vm1:run(function() took = now() - start end)
expect("the work began again at the target", took >= WORK + ns("500us") and took < 2 * WORK, took)
