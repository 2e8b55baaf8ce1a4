-- SPDX-License-Identifier: MIT
-- The VMM reads the state slower than the PF makes it, and the target applies it slower than it
-- comes: the PF's ring of five packets fills up, its worker waits, and is woken at each packet that
-- is taken or added. Nothing is lost, and nobody waits for a time-out.
local p = params {
  { "bandwidth", "int", 1000000000, "of the link", unit = "bytes/s", min = 1000000 },
}
local MIB = 1 << 20
local m = machine {
  gpus = { { name = "src", vfs = 1, vram = 16 * MIB }, { name = "dst", vfs = 1, vram = 16 * MIB } },
  vms = { { name = "vm1" } },
}
for _, gpu in ipairs { m.src, m.dst } do
  gpu:provision(1, { ggtt_size = 16 * MIB, lmem_size = 8 * MIB })
end
m.vm1:attach(m.src, 1)
m.vm1:run(function() m.vm1.vf:probe() end)
local full = watch { kind = "pf_state", gpu = "src", gt = 0, to = "SAVE_WAIT_DATA" }
local empty = watch { kind = "pf_state", gpu = "dst", gt = 0, to = "RESTORE_WAIT_DATA" }
local begin = now()
local result = vmm.migrate { vm = m.vm1, to = { m.dst, 1 }, bandwidth = p.bandwidth }
say(result.bytes .. " bytes in " .. now() - begin .. " ns")
expect("the saving PF waited for its reader", full:count() >= 1, full:count())
expect("the loading PF waited for its writer", empty:count() >= 1, empty:count())
expect("without a time-out", now() - begin < ns("900ms"), now() - begin)
m.vm1:run(function()
  local vf = m.vm1.vf
  local queue = vf:queue("render")
  vf:wait(queue, vf:submit(queue, { add = { 1, 1 } }))
  expect_eq("jobs run there", vf:result(1), 1)
end)
