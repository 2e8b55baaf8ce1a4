-- SPDX-License-Identifier: MIT
-- Registers of the PF and of other VFs read 0 for a VF, and its writes to them are lost.
local m = machine {
  gpus = { { name = "gpu" } }, vms = { { name = "vm1" }, { name = "vm2" } },
}
local gpu = m.gpu
local STRIDE, MEDIA = 0x400, 0x380000
local SCRATCH, STATUS, GMD_ID, MSTR = 0xc180, 0xc000, 0xd8c, 0x190008
local FLAG = 0x190240
for vf, vm in ipairs { m.vm1, m.vm2 } do
  gpu:provision(vf, { ggtt_size = 4 << 20 })
  vm:attach(gpu, vf)
end

-- The PF sees them all.
gpu:write32(SCRATCH, 0x1111)
gpu:write32(SCRATCH + MEDIA, 0x2222)
expect_eq("the PF reads what it wrote", gpu:read32(SCRATCH), 0x1111)
expect("the PF sees the GuC's status", gpu:read32(STATUS) ~= 0)
m.vm2:run(function() m.vm2:write32(FLAG, 0x5a5a) end)
expect_eq("and a VF's mailbox through its view", gpu:read32(FLAG + 2 * STRIDE), 0x5a5a)

m.vm1:run(function()
  expect_eq("a VF is told that it is one", m.vm1:read32(0x1901f8) & 1, 1)
  local hidden = {
    status = STATUS, version = GMD_ID, scratch = SCRATCH, ["media scratch"] = SCRATCH + MEDIA,
    ["tile interrupt"] = MSTR, ["crystal clock"] = 0xd00,
    ["VF 1 by its view"] = FLAG + STRIDE, ["VF 2 by its view"] = FLAG + 2 * STRIDE,
    ["a hole"] = 0x100000,
  }
  for name, offset in pairs(hidden) do
    m.vm1:write32(offset, 0xffffffff)
    expect_eq(name .. " reads 0", m.vm1:read32(offset), 0)
  end
  m.vm1:write32(FLAG, 0x77)
  expect_eq("its own mailbox is its own", m.vm1:read32(FLAG), 0x77)
end)
expect_eq("scratch is as it was", gpu:read32(SCRATCH), 0x1111)
expect_eq("media scratch too", gpu:read32(SCRATCH + MEDIA), 0x2222)
expect_eq("VF 2's mailbox too", gpu:read32(FLAG + 2 * STRIDE), 0x5a5a)
expect_eq("the PF's own mailbox is not VF 1's", gpu:read32(FLAG) ~= 0x77, true)
expect_eq("a VF's write of all ones did not ring for VF 2", gpu:state(2), "READY")
