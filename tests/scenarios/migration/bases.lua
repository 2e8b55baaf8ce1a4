-- SPDX-License-Identifier: MIT
-- The VF's GGTT range on the target lies where it was, a page higher, a page lower, across its old
-- place, at the bottom and at the very top of what a VF can have. Jobs run through all moves.
local work = require "lib.work"
local p = params {
  { "jobs", "int", 3, "in each queue before each move", min = 1, max = 50 },
  { "size", "int", 2 << 20, "of the VF's range", unit = "bytes", min = 1 << 20, max = 64 << 20 },
}
local m = machine {
  gpus = { { name = "a", vfs = 1 }, { name = "b", vfs = 1 } }, vms = { { name = "vm1" } },
}
local BOTTOM = 0x200000 + (64 << 20) -- firmware, and the PF's own
local TOP = 0xfee00000
local middle = 0x20000000
local moves = {
  { "the same place", middle },
  { "a page higher", middle + 4096 },
  { "a page lower", middle },
  { "half of its size higher", middle + p.size // 2 },
  { "half of its size lower", middle },
  { "to the bottom", BOTTOM },
  { "to the top", TOP - p.size },
  { "from the top", middle },
}

m.a:provision(1, { ggtt_start = middle, ggtt_size = p.size })
m.vm1:attach(m.a, 1)
local load = work.open(m.vm1, { "render", "copy", "video" })
local here, there = m.a, m.b
for n, move in ipairs(moves) do
  there:provision(1, { ggtt_start = move[2], ggtt_size = p.size })
  load:submit(p.jobs, 20000)
  vmm.migrate { vm = m.vm1, to = { there, 1 } }
  load:finish(move[1])
  wait_until(function() return not m.vm1.vf:recovering() end, "10ms")
  expect_eq(move[1] .. ": the driver knows it", m.vm1.vf:ggtt_start(), move[2])
  expect_eq(move[1] .. ": one recovery", m.vm1.vf:recoveries(), n)
  here:reset(1)
  here, there = there, here
end
expect_failure("beyond the top there is nothing", "EINVAL", there.provision, there, 1,
               { ggtt_start = TOP - p.size + 4096, ggtt_size = p.size })
