-- SPDX-License-Identifier: MIT
-- Linux's own xe driver moves from GPU src to dst and back, to another GGTT range each time, while
-- its jobs are in flight on all engines.
local p = params {
  { "time_limit", "time", "3600s", "virtual time after which the run is given up" },
  { "moves", "int", 2, "migrations, there and back", min = 1, max = 20 },
  { "jobs", "int", 100, "jobs between two migrations", min = 1, max = 100000 },
  { "fault", "bool", false, "each begins as the driver is told of a page fault" },
}
local m = machine {
  gpus = { { name = "src", gts = 2, vfs = 2 }, { name = "dst", gts = 2, vfs = 2 } },
  vms = { { name = "vm1", ram = 1 << 30 } },
}
-- In the other order on dst: VF 1 gets another range there.
local share = { ggtt_size = 32 << 20, contexts = 256, doorbells = 32 }
m.src:provision(1, share)
m.src:provision(2, share)
m.dst:provision(2, share)
m.dst:provision(1, share)
expect("dst has another GGTT range", m.src:config(1).ggtt_start ~= m.dst:config(1).ggtt_start)
m.vm1:attach(m.src, 1)

local function is(state)
  return function() return m.vm1:outside() == state end
end
wait_until(is("here"), "600s", "1ms")
local from, to = m.src, m.dst
for move = 1, p.moves do
  local jobs = watch { kind = "job", ev = "complete", gpu = from.name }
  -- the first ones are the driver's own, while it starts
  wait_until(function() return jobs:count() >= p.jobs end, "600s", "100us")
  local fixed = {}
  for gt = 0, 1 do
    fixed[gt] = watch { kind = "mmio_msg", ev = "reply", gpu = to.name, gt = gt, fn = 1,
                        name = "VF2GUC_RESFIX_DONE" }
  end
  if p.fault then
    wait_event({ kind = "g2h", ev = "sent", gpu = from.name, action = 0x6002 }, "600s")
  end
  local moved = vmm.migrate { vm = m.vm1, to = { to, 1 } }
  say("move " .. move .. " to " .. to.name .. ": " .. moved.bytes .. " bytes, down for " ..
      moved.downtime_ns .. " ns")
  for gt = 0, 1 do
    expect("move " .. move .. ": GT " .. gt .. " says RESFIX_DONE",
           pcall(function() return fixed[gt]:wait("5s") end))
  end
  from:reset(1) -- the VF left behind is free again
  from, to = to, from
end
wait_until(is("gone"), "3000s", "1ms")
