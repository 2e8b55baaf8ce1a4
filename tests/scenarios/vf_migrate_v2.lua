-- SPDX-License-Identifier: MIT
-- A working VF moves over a link of finite bandwidth, through VFIO v2: RAM goes in rounds while its
-- guest and its engines write on, then both stop for the rest. As the real PF driver offers no
-- pre-copy of the device, this one does not either; --set vfio.vf_precopy=on is our extension.
local work = require "lib.work"

local p = params {
  { "bandwidth", "int", 1250000000, "of the link", unit = "bytes/s", min = 1000000,
    max = 1000000000000 },
  { "page", "int", 4096, "size of a page on the link", unit = "bytes", min = 4096,
    max = 1 << 20 },
  { "downtime", "time", "25us", "that the rest of RAM may take", min = "1ns", max = "1s" },
  { "jobs", "int", 12, "jobs in each queue when the migration begins", min = 1, max = 50 },
  { "work", "int", 20000, "of a job on its engine", unit = "cycles", min = 1000, max = 1000000 },
}

local m = machine {
  gpus = { { name = "src" }, { name = "dst" } },
  vms = { { name = "vm1" }, { name = "near" } },
}
local share = { ggtt_size = 4 << 20 }
m.src:provision(1, share)
m.src:provision(2, share)
m.dst:provision(2, share)
m.dst:provision(1, share)
m.vm1:attach(m.src, 1)
m.near:attach(m.src, 2)

local moved = false
local neighbour = work.neighbour(m.near, function() return moved end)
local load = work.open(m.vm1, { "render", "copy", "video" })
load:submit(p.jobs, p.work)

-- Words of the guest's own, far from what its driver uses, written on and on.
local own, stop, written = 15 << 20, false, 0
local writer = m.vm1:actor("writer", function()
  while not stop do
    written = written + 1
    m.vm1:mem_write(own + written % 16 * 4096, string.pack("<I4", written))
    sleep("5us")
  end
end)

local states = watch { kind = "vfio", dev = "src.vf1" }
local steps = watch { kind = "migration", vm = "vm1" }
local faults = watch { kind = "fault" }
local result = vmm.migrate {
  vm = m.vm1, to = { m.dst, 1 },
  bandwidth = p.bandwidth, page_size = p.page, downtime = p.downtime, keep = "vf1.stream",
}
stop = true
writer:join()
load:finish("moved")
wait_until(function() return not load.vf:recovering() end, "10ms")

say(string.format("%d rounds, %d pages (%d of zeroes), %d found dirty, %d bytes of RAM",
                  result.rounds, result.ram_pages, result.zero_pages, result.dirty_pages,
                  result.ram_bytes))
say(string.format("%d bytes of the device, %d ns in all, down for %d ns", result.bytes,
                  result.total_ns, result.downtime_ns))
expect("pre-copy saw dirty pages", result.dirty_pages > 0, result.dirty_pages)
expect("RAM went before the VM stopped", result.rounds >= 1, result.rounds)
expect_eq("no page of the target is stale", result.stale_pages, 0)
expect("the VM was down for a part of the time", result.downtime_ns < result.total_ns)
local words = 0
for slot = math.max(written - 15, 1), written do
  local word = string.unpack("<I4", m.vm1:mem_read(own + slot % 16 * 4096, 4))
  words = words + (word == slot and 1 or 0)
end
expect_eq("what the guest wrote last is there", words, math.min(16, written))
expect_none("nothing was written where nothing is", faults)

-- The states of the source, one after the other.
local path = {}
for _, event in ipairs(states:events()) do
  path[#path + 1] = event.to
end
path = table.concat(path, " ")
say("src.vf1: RUNNING " .. path)
local precopy = path:find("PRE_COPY", 1, true) ~= nil
expect_eq("pre-copy of the device", precopy, m.src:vfio_flags(1).precopy)
expect_eq("the way of the source", path, precopy and "PRE_COPY PRE_COPY_P2P STOP_COPY STOP"
                                                  or "RUNNING_P2P STOP STOP_COPY STOP")
local order = {}
for _, event in ipairs(steps:events()) do
  if order[#order] ~= event.step then
    order[#order + 1] = event.step
  end
end
expect_eq("the steps", table.concat(order, " "),
          "check setup round stop_vm stop_device last_ram device_data pci_config switch_over " ..
          "start done")

load:submit(p.jobs, p.work)
load:finish("new work at the target")
expect_eq("one recovery", load.vf:recoveries(), 1)
moved = true
neighbour:join("100ms")
