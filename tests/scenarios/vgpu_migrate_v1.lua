-- SPDX-License-Identifier: MIT
-- A mediated vGPU moves, through VFIO's region of version 1, to a host where its aperture and its
-- hidden memory lie elsewhere: with work that runs and work that waits, page tables, pages bound by
-- PV messages, fences, and two of the four dwords of a submission. Its twin does the same on a host
-- of its own and stays: every result of the two has to be the same. A host that does not bind pages
-- by PV refuses it.
local vgpu = require "lib.vgpu"

local p = params {
  { "jobs", "int", 6, "jobs in each queue when it moves", min = 2, max = 100 },
  { "work", "int", 30000, "of a job on its engine", unit = "cycles", min = 0, max = 10000000 },
  { "bandwidth", "int", 2000000000, "of the link, bytes a second", min = 1000000 },
}
local ELSEWHERE = { types = { "8" }, aperture_reserved = 320 << 20, hidden_reserved = 1 << 30 }
local m = machine {
  gpus = {
    { name = "src", vfs = 0, vgpus = { types = { "8" } } },
    { name = "dst", vfs = 0, vgpus = ELSEWHERE },
    { name = "plain", vfs = 0, vgpus = { types = { "8" }, caps = 6 } },
    { name = "ref", vfs = 0, vgpus = { types = { "8" } } },
  },
  vms = { { name = "vm1", pv = true }, { name = "twin", pv = true } },
}
local src, dst = m.src:vgpu(1), m.dst:vgpu(1)
m.vm1:attach_vgpu(src)
m.twin:attach_vgpu(m.ref:vgpu(1))

local guest, twin = vgpu.open(m.vm1, p.jobs, p.work), vgpu.open(m.twin, p.jobs, p.work)
expect("work runs and work waits", src:queued() > 2)
local moved = vgpu.move(guest, src, dst, "v1", p.bandwidth)
-- Its size without work, with five roots, two runs behind two of them, and the identity that
-- pre-copy sent before.
expect("work was in the image", moved.bytes > 5116596 + (5 + 4) * 40 + 536)
vgpu.expect_same(guest, vgpu.finish(guest), vgpu.finish(twin))

local errors = watch { kind = "peer_error", gpu = "plain" }
expect_failure("a host without PV_PPGTT", "EINVAL", vmm.migrate,
  { vm = m.vm1, to = m.plain:vgpu(1), face = "v1" })
expect("which says why", errors:wait("1us").what:find("pages bound by PV"))
m.vm1:run(function() expect_eq("the guest goes on", m.vm1.pv:send(0), 0) end)
