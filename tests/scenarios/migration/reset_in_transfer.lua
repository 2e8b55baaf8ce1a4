-- SPDX-License-Identifier: MIT
-- The target is reset while it takes the state in: the migration fails, the VM runs on at its
-- source, and the next attempt works.
local work = require "lib.work"

local m = machine { gpus = { { name = "src" }, { name = "dst" } }, vms = { { name = "vm1" } } }
m.src:provision(1, { ggtt_size = 4 << 20 })
m.dst:provision(1, { ggtt_size = 4 << 20 })
m.vm1:attach(m.src, 1)
local load = work.open(m.vm1, { "render", "copy" })
load:submit(6, 20000)

local moved, failure
local begun = watch { kind = "vfio", dev = "src.vf1", to = "STOP_COPY" }
local saved = watch { kind = "vfio", dev = "src.vf1", from = "STOP_COPY" }
local wiped = watch { kind = "vf_state", gpu = "dst", vf = 1 }
local mover = actor("mover", function()
  moved, failure = pcall(vmm.migrate, { vm = m.vm1, to = { m.dst, 1 } })
end)

expect_eq("the save came first", (wait_any({ saved, mover }, "10ms")), 1)
wait_cycle(cycle() + 5000)
m.dst:pci_flr(1)
wait_all({ mover, wiped }, "20ms")
expect_order("save, then reset", begun, saved, wiped)
expect("the migration failed", not moved and failure.errno == "EIO", failure)
expect_eq("the source has the VM", m.src:vfio(1), "RUNNING")
load:finish("after the reset")
expect_eq("the driver saw nothing", load.vf:recoveries(), 0)

load:submit(6, 20000)
mover = actor("mover", function() vmm.migrate { vm = m.vm1, to = { m.dst, 1 } } end)
local step = wait_event({ kind = "recovery", gpu = "dst", vf = 1, step = "ended" }, "10ms")
expect("now it moves, and recovers", mover:ended(), step.t_ns)
load:finish("on the target")
