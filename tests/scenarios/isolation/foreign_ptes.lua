-- SPDX-License-Identifier: MIT
-- A VF reads 0 from GGTT entries that are not its own, cannot change them, nor give its own away.
local m = machine {
  gpus = { { name = "gpu" } }, vms = { { name = "vm1" }, { name = "vm2" } },
}
local gpu, MiB = m.gpu, 1 << 20
local start = { 256 * MiB, 260 * MiB }
for vf, vm in ipairs { m.vm1, m.vm2 } do
  gpu:provision(vf, { ggtt_start = start[vf], ggtt_size = 4 * MiB })
  vm:attach(gpu, vf)
end
local function entry(address)
  return 0x800000 + address // 4096 * 8
end
local foreign = {
  ["the PF's first"] = entry(1 * MiB), ["the one before"] = entry(start[1] - 4096),
  ["VF 2's first"] = entry(start[2]), ["VF 2's last"] = entry(start[2] + 4 * MiB - 4096),
  ["nobody's"] = entry(1024 * MiB), ["the last"] = 0x800000 + 0xfffff * 8,
}
m.vm2:run(function() m.vm2:write64(entry(start[2]), 0x123 << 12 | 1) end)
local before = {}
for name, offset in pairs(foreign) do
  before[name] = gpu:read64(offset)
end
m.vm1:run(function()
  for name, offset in pairs(foreign) do
    m.vm1:write64(offset, 0xabc << 12 | 1)
    m.vm1:write32(offset, 0xabc001)
    expect_eq(name .. " reads 0", m.vm1:read64(offset), 0)
  end
  m.vm1:write64(entry(start[1]), 0x456 << 12 | 2 << 2 | 1)
  expect_eq("its own entry hides whose it is", m.vm1:read64(entry(start[1])), 0x456 << 12 | 1)
end)
for name, offset in pairs(foreign) do
  expect_eq(name .. " is as it was", gpu:read64(offset), before[name])
end
expect_eq("the entry stays VF 1's", gpu:read64(entry(start[1])), 0x456 << 12 | 1 << 2 | 1)
expect_eq("VF 2 has what it wrote", gpu:read64(entry(start[2])), 0x123 << 12 | 2 << 2 | 1)
