-- SPDX-License-Identifier: MIT
-- Config space of a mediated vGPU: identity, sizes of its BARs, and the command register. While
-- memory is off nothing answers, neither registers nor aperture, and its neighbour's does; it moves
-- as it is, off or on; a reset turns it off.
local m = machine {
  gpus = {
    { name = "src", vfs = 0, vgpus = { types = { "8", "8" } } },
    { name = "dst", vfs = 0, vgpus = { types = { "8" }, aperture_reserved = 320 << 20 } },
  },
  vms = { { name = "vm1", pv = true }, { name = "near", pv = true } },
}
local vm, near, src = m.vm1, m.near, m.src:vgpu(1)
vm:attach_vgpu(src)
near:attach_vgpu(m.src:vgpu(2))

local COMMAND, BAR0, BAR2, MAGIC = 0x04, 0x10, 0x18, 0x4776544776544776
local MEMORY, MASTER = 2, 4
local refused = watch { kind = "peer_error", gpu = "src" }
local surface

vm:run(function()
  expect_eq("vendor and device", vm:config_read(0, 4), 0x19128086)
  expect_eq("a display controller", vm:config_read(10, 2), 0x0300)
  expect_eq("its firmware turned it on", vm:config_read(COMMAND, 2), MEMORY | MASTER)
  for bar, size in pairs { [BAR0] = 16 << 20, [BAR2] = 1 << 30 } do
    vm:config_write(bar, 4, 0xffffffff)
    expect_eq("size of a BAR", (~vm:config_read(bar, 4) | 0xf) & 0xffffffff, size - 1)
  end
  expect_failure("no such width", "EINVAL", vm.config_read, vm, 0, 3)
  vm.pv:start()
  surface = vm.pv:surface("x", 512, 1)
  vm:aperture_write(surface.addr, "here")
  expect_eq("its aperture", vm:aperture_read(surface.addr, 4), "here")
end)
near:run(function() near.pv:start() end)

local function expect_off(name)
  expect_eq(name .. ": no register answers", vm:read64(0x78000), -1)
  expect_eq(name .. ": nor the aperture", vm:aperture_read(surface.addr, 4), "\xff\xff\xff\xff")
  vm:aperture_write(surface.addr, "lost")
  vm:write32(0x78818, 9)
end

vm:run(function()
  vm:config_write(COMMAND, 2, MASTER)
  expect_off("memory off")
  expect("which is told", refused:wait("1us").what:find("memory is off"))
end)
near:run(function() expect_eq("its neighbour's is on", near.pv:send(0), 0) end)

-- It moves as it is.
vmm.migrate { vm = vm, to = m.dst:vgpu(1) }
vm:run(function()
  expect_off("moved")
  vm:config_write(COMMAND, 2, MEMORY | MASTER)
  expect_eq("registers answer again", vm:read64(0x78000), MAGIC)
  expect_eq("what was written meanwhile is lost", vm:aperture_read(surface.addr, 4), "here")
  expect_eq("the channel goes on", vm.pv:send(0), 0)
end)
vmm.migrate { vm = vm, to = src, face = "v1" }
vm:run(function()
  expect_eq("on, at home too", vm:aperture_read(surface.addr, 4), "here")
  expect_eq("and the channel", vm.pv:send(0), 0)
end)

src:reset()
src:start()
vm:run(function()
  expect_off("after a reset")
  expect_eq("BARs are where they were at first", vm:config_read(BAR2, 4), 0xc)
  vm:config_write(COMMAND, 2, MEMORY | MASTER)
  expect_eq("until it is turned on", vm.pv:start(), 7)
end)
