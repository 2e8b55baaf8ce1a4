-- SPDX-License-Identifier: MIT
-- The aperture of mediated vGPUs: two guests of one GPU with tiled surfaces, each through fences of
-- its own. One tries to reach the other's, by fences and by addresses; then it moves to a host
-- where its aperture lies elsewhere, and given up halfway stays where it was.
local surface = require "lib.surface"

local m = machine {
  gpus = {
    { name = "src", vfs = 0, vgpus = { types = { "8", "8" } } },
    { name = "dst", vfs = 0, vgpus = { types = { "8" }, aperture_reserved = 320 << 20 } },
  },
  vms = { { name = "vm1", pv = true }, { name = "vm2", pv = true } },
}
local FENCES = 0x100000
local src, other, dst = m.src:vgpu(1), m.src:vgpu(2), m.dst:vgpu(1)
local vm, neighbour = m.vm1, m.vm2
vm:attach_vgpu(src)
neighbour:attach_vgpu(other)

-- ---- lines and tiles -------------------------------------------------------------------------

local function open(guest, mark)
  local surfaces
  guest:run(function()
    guest.pv:start()
    surfaces = { surface.open(guest, "x", 1536, 2, mark), surface.open(guest, "y", 384, 1, mark) }
    for _, each in ipairs(surfaces) do surface.check(each, "at first") end
  end, "100ms")
  return surfaces
end

local function check(guest, surfaces, when)
  guest:run(function()
    for _, each in ipairs(surfaces) do surface.check(each, when) end
  end, "100ms")
end

local mine, theirs = open(vm, 1), open(neighbour, 2)
local base, size = src:place().host_aperture, 64 << 20
local moved = base - src:place().guest_aperture

-- The host's CPU sees the same place, and the fences that the mediator wrote for vGPU 1: 4 to 7.
expect_eq("the host reads the guest's lines",
  m.src:aperture_read(mine[1].addr + moved, 64), mine[1].lines:sub(1, 64))
local value = m.src:read64(FENCES + 8 * 4)
expect_eq("fence 4 is re-based", value & 0xfffff000, mine[1].addr + moved)
expect_eq("to the end of the surface", value >> 32 & 0xfffff000,
  mine[1].addr + moved + mine[1].size - 4096)

-- ---- what is not there ----------------------------------------------------------------------

local ONES = ("\xff"):rep(16)
local faults = watch { kind = "fault", gpu = "src", what = "no_aperture_page" }
local refused = watch { kind = "peer_error", what = "vgpu: access refused" }
vm:run(function()
  expect_eq("a page that is not bound reads as ones",
    vm:aperture_read(mine[1].addr + size - 8192, 16), ONES)
  vm:aperture_write(mine[1].addr + size - 8192, "lost")
end)
expect_eq("each access of it is told", faults:count(), 3)
vm:run(function()
  expect_eq("the neighbour's part reads as ones",
    vm:aperture_read(other:place().guest_aperture, 16), ONES)
  vm:aperture_write(theirs[1].addr, ("bad!"):rep(4))
  vm:aperture_write(0, ("bad!"):rep(4))
end)
expect_eq("each access beside the share traps and is refused", refused:count(), 6)
expect_eq("and none of them went on to the chip", faults:count(), 3)

-- ---- fences that reach out -----------------------------------------------------------------

local outside = watch { kind = "peer_error", what = "fence: outside of the aperture" }
local hidden = src:place().guest_hidden
local function fence(first, last)
  vm:write32(FENCES + 8 * 2, 0)
  vm:write32(FENCES + 8 * 2 + 4, last & 0xfffff000)
  vm:write32(FENCES + 8 * 2, first & 0xfffff000 | 3)
end
local start = src:place().guest_aperture
vm:run(function()
  fence(start, start + size)
  fence(start - 4096, start)
  fence(theirs[1].addr, theirs[1].addr)
  fence(start + size - 4096, hidden)
  fence(start + 8192, start + 4096)
  fence(0, 0xfffff000)
  expect_eq("each is refused", outside:count(), 6)
  vm:write32(FENCES + 8 * 4, start | 1)
  fence(start + size - 4096, start + size - 4096)
  expect_eq("the last page is the guest's", outside:count(), 6)
end)
check(vm, mine, "among wild fences")
check(neighbour, theirs, "beside wild fences")
vm:run(function() vm:write32(FENCES + 8 * 2, 0) end)

-- ---- a move ---------------------------------------------------------------------------------

for _, step in ipairs { "round", "device_data", "switch_over" } do
  expect_failure("given up after " .. step, "ECANCELED", vmm.migrate,
    { vm = vm, to = dst, bandwidth = 2000000000, rounds = 1, cancel = step })
  vm:run(function() surface.draw(mine[1], 3, 0x40) end)
  check(vm, mine, "after a move given up at " .. step)
end
vmm.migrate { vm = vm, to = dst, bandwidth = 2000000000, rounds = 1 }
local there = dst:place().host_aperture
expect("the aperture lies elsewhere", there ~= base)
expect_eq("fence 4 of the target is re-based", m.dst:read64(FENCES + 8 * 4) & 0xfffff000,
  mine[1].addr - start + there)
check(vm, mine, "after the move")
vm:run(function()
  surface.draw(mine[1], 7, 0x41)
  surface.draw(mine[2], 20, 0x42)
end)
check(vm, mine, "drawn anew")
check(neighbour, theirs, "of who stayed")
