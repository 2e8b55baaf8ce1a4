-- SPDX-License-Identifier: MIT
-- A migration is cancelled after each of its steps; the guest goes on at its source with all its
-- jobs, and a second migration works. VF 1 moves by VFIO v2, VF 2 by the region of v1.
local work = require "lib.work"

params { { "vfio.v1", "bool", true, "VF 2 moves by the old face" } }

local m = machine {
  gpus = { { name = "src" }, { name = "dst" } },
  vms = { { name = "vm1" }, { name = "vm2" } },
}
local faces = { "v2", "v1" }
for number in ipairs(faces) do
  m.src:provision(number, { ggtt_size = 2 << 20 })
  m.dst:provision(number, { ggtt_size = 2 << 20 })
end

local steps = { "check", "setup", "round", "stop_vm", "stop_device", "last_ram", "device_data",
                "pci_config", "switch_over" }

for number, face in ipairs(faces) do
  local vm = m["vm" .. number]
  vm:attach(m.src, number)
  local load = work.open(vm, { "render", "copy" })

  local function migrate(cancel)
    return vmm.migrate { vm = vm, to = { m.dst, number }, face = face, bandwidth = 10000000000,
                         cancel = cancel }
  end

  for _, step in ipairs(steps) do
    local name = face .. ", " .. step
    load:submit(3, 20000)
    expect_failure(name .. ": cancelled", "ECANCELED", migrate, step)
    load:finish(name .. ": goes on")
    expect_eq(name .. ": the driver saw nothing", load.vf:recoveries(), 0)
  end
  load:submit(3, 20000)
  local result = migrate()
  expect_eq(face .. ": no stale page", result.stale_pages, 0)
  load:finish(face .. ": then it moves")
  wait_until(function() return load.vf:recoveries() == 1 and not load.vf:recovering() end, "10ms")
  say(face .. ": down for " .. result.downtime_ns .. " ns")
end
