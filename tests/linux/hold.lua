-- SPDX-License-Identifier: MIT
-- Linux's own xe driver moves from GPU src to dst and back while every engine is in the middle of a
-- job that the guest lets go on only after the driver's recovery. So the same jobs are in flight on
-- a machine of any speed: a session of it can be replayed on another one.
local p = params {
  { "time_limit", "time", "3600s", "virtual time after which the run is given up" },
  { "moves", "int", 2, "migrations, there and back", min = 1, max = 20 },
}
local m = machine {
  gpus = { { name = "src", gts = 2, vfs = 2 }, { name = "dst", gts = 2, vfs = 2 } },
  vms = { { name = "vm1", ram = 1 << 30 } },
}
-- In the other order on dst: VF 1 gets another range there.
local share = { ggtt_size = 16 << 20, contexts = 256, doorbells = 32 }
m.src:provision(1, share)
m.src:provision(2, share)
m.dst:provision(2, share)
m.dst:provision(1, share)
expect("dst has another GGTT range", m.src:config(1).ggtt_start ~= m.dst:config(1).ggtt_start)
m.vm1:attach(m.src, 1)

local engines = { "rcs0", "bcs0", "ccs0", "vcs0", "vecs0" }
local counts = {}
for _, gpu in ipairs { "src", "dst" } do
  counts[gpu] = {}
  for _, engine in ipairs(engines) do
    counts[gpu][engine] = {
      begun = watch { kind = "job", ev = "switch_in", gpu = gpu, engine = engine },
      ended = watch { kind = "job", ev = "switch_out", gpu = gpu, engine = engine },
    }
  end
end
local function all_busy(gpu)
  for _, engine in ipairs(engines) do
    local count = counts[gpu][engine]
    if count.begun:count() == count.ended:count() then return false end
  end
  return true
end

wait_until(function() return m.vm1:outside() == "here" end, "600s", "1ms")
local from, to = m.src, m.dst
for move = 1, p.moves do
  wait_until(function() return all_busy(from.name) end, "600s", "100us")
  local fixed = {}
  for gt = 0, 1 do
    fixed[gt] = watch { kind = "mmio_msg", ev = "reply", gpu = to.name, gt = gt, fn = 1,
                        name = "VF2GUC_RESFIX_DONE", hxg = "f0000000" }
  end
  local free = watch { kind = "job", ev = "complete", gpu = to.name, fn = 1 }
  local moved = vmm.migrate { vm = m.vm1, to = { to, 1 } }
  say("move " .. move .. " to " .. to.name .. ": " .. moved.bytes .. " bytes, down for " ..
      moved.downtime_ns .. " ns")
  for gt = 0, 1 do
    expect("move " .. move .. ": RESFIX_DONE success on GT " .. gt,
           pcall(function() return fixed[gt]:wait("5s") end))
  end
  from:reset(1) -- the VF left behind is free again
  -- what was held goes on there, and ends
  wait_until(function() return free:count() > #engines end, "600s", "100us")
  from, to = to, from
end
wait_until(function() return m.vm1:outside() == "gone" end, "3000s", "1ms")
