-- SPDX-License-Identifier: MIT
-- A second migration hits the driver in its recovery from the first: its RESFIX_DONE is refused
-- with 0x107, and it recovers again.
local p = params {
  { "time_limit", "time", "3600s", "virtual time after which the run is given up" },
  { "jobs", "int", 100, "jobs before the first migration", min = 1, max = 100000 },
}
local m = machine {
  gpus = { { name = "src", gts = 2, vfs = 2 }, { name = "dst", gts = 2, vfs = 2 } },
  vms = { { name = "vm1", ram = 1 << 30 } },
}
local share = { ggtt_size = 32 << 20, contexts = 256, doorbells = 32 }
m.src:provision(1, share)
m.src:provision(2, share)
m.dst:provision(2, share)
m.dst:provision(1, share)
m.vm1:attach(m.src, 1)
local function is(state)
  return function() return m.vm1:outside() == state end
end
wait_until(is("here"), "600s", "1ms")

local jobs = watch { kind = "job", ev = "complete", gpu = "src" }
wait_until(function() return jobs:count() >= p.jobs end, "600s", "100us")
local started = watch { kind = "mmio_msg", ev = "reply", gpu = "dst", gt = 0,
                        name = "VF2GUC_RESFIX_START" }
vmm.migrate { vm = m.vm1, to = { m.dst, 1 } }
m.src:reset(1)
started:wait("5s")

local refused = watch { kind = "mmio_msg", ev = "reply", gpu = "src", fn = 1,
                        name = "VF2GUC_RESFIX_DONE", hxg = "e0000107" }
local done = watch { kind = "mmio_msg", ev = "reply", gpu = "src", fn = 1,
                     name = "VF2GUC_RESFIX_DONE", hxg = "f0000000" }
vmm.migrate { vm = m.vm1, to = { m.src, 1 } }
wait_until(function() return done:count() >= 2 end, "20s", "100us")
expect("RESFIX_DONE of the recovery that was hit is refused", refused:count() > 0, refused:count())
wait_until(is("gone"), "3000s", "1ms")
