-- SPDX-License-Identifier: MIT
-- QEMU's switchover-ack: the VM is not stopped before the target has said, on the return path, that
-- it has all initial data of the device. A target that says so late, never, or was not told of it;
-- a guest that does what the target refuses while pre-copy runs; a face without initial data.
local p = params {
  { "bandwidth", "int", 2000000000, "of the link, bytes a second", min = 1000000 },
  { "delay", "time", "500us", "of the target's answer", min = "1us", max = "50ms" },
  { "limit", "time", "1ms", "that an answer is waited for", min = "1us", max = "100ms" },
}
local m = machine {
  gpus = {
    { name = "src", vfs = 0, vgpus = { types = { "8" } } },
    { name = "dst", vfs = 0, vgpus = { types = { "8" }, aperture_reserved = 320 << 20 } },
    { name = "plain", vfs = 0, vgpus = { types = { "8" }, caps = 6 } },
  },
  vms = { { name = "vm1", pv = true } },
}
local vm, src, dst = m.vm1, m.src:vgpu(1), m.dst:vgpu(1)
vm:attach_vgpu(src)
vm:run(function()
  vm.pv:start()
  vm.pv:queue("render", { space = "ggtt" })
end)

-- The guest sends and writes all the while; whether its VM stood still shows.
local busy, sent = true, 0
local guest = vm:actor("busy", function()
  while busy do
    vm:mem_write(0xc00000 + sent % 16 * 4096, string.pack("<I4", sent))
    vm.pv:send(0)
    sent = sent + 1
  end
end)

local function move(to, more)
  local asked = {
    vm = vm, to = to, bandwidth = p.bandwidth, downtime = "4ms", switchover_ack = "on",
  }
  for name, value in pairs(more or {}) do asked[name] = value end
  return vmm.migrate(asked)
end

-- Steps and answers of the last migration.
local steps = watch { kind = "migration", vm = "vm1" }
local seen = 0
local function way()
  local list, events = {}, steps:events()
  for n = seen + 1, #events do
    local step = events[n].step
    if list[#list] ~= step then list[#list + 1] = step end
  end
  seen = #events
  return table.concat(list, " ")
end
local REST = "stop_vm stop_device last_ram device_data pci_config switch_over start done"

-- ---- never, not told, late --------------------------------------------------------------------

local before = sent
expect_failure("a target that never says so", "ETIMEDOUT", move, dst,
  { ack_delay = "never", ack_limit = p.limit })
expect("and the VM was not stopped", not way():find("stop_vm"))
expect("its guest went on all the while", sent > before, sent - before)
expect_failure("one that was not told of it", "EINVAL", move, dst, { switchover_ack = "source" })
expect("and the VM was not stopped", not way():find("stop_vm"))

local moved = move(dst, { ack_delay = p.delay, keep = "ack.link" })
expect_eq("said once", moved.acks, 1)
expect("the VM ran until then", moved.total_ns - moved.downtime_ns >= p.delay // 1000)
expect("pages went meanwhile", moved.rounds > 1, moved.rounds)
expect_eq("the way", way(), "check setup round init_data_sent round switchover_ack " .. REST)
expect_eq("the guest's pages are there", moved.stale_pages, 0)

-- ---- initial data anew ------------------------------------------------------------------------

busy = false
guest:join()
local errors = watch { kind = "peer_error", gpu = "plain" }
local function bind(step, round)
  if step == "round" and round == 1 then
    vm:run(function() vm.pv:queue("copy", { space = "bound" }) end)
  end
end
expect_failure("pages bound by PV while it moves", "EINVAL", move, m.plain:vgpu(1),
  { after = bind, ack_delay = p.delay })
expect("which the target refuses at once", errors:wait("1us").what:find("pages bound by PV"))
expect("with the VM running", not way():find("stop_vm"))

local again = move(src, {
  after = function(step, round)
    if step == "round" and round == 1 then
      vm:run(function() vm.pv:queue("copy", { space = "bound" }) end)
      vm:run(function() vm:write32(0x78808, 1) end) -- reserved: it is in failsafe from now on
    end
  end,
})
expect_eq("what is new is acknowledged anew", again.acks, 2)
expect_eq("the way", way(),
  "check setup round init_data_sent switchover_ack round init_data_sent switchover_ack " .. REST)

-- ---- nothing to wait for ----------------------------------------------------------------------

-- Version 1 does not tell them apart: it is said at set-up.
expect_eq("nothing to wait for", move(dst, { face = "v1" }).acks, 1)
expect_eq("without the capability nobody says so", move(src, { switchover_ack = "off" }).acks, 0)
