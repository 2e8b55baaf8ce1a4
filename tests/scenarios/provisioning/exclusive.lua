-- SPDX-License-Identifier: MIT
-- A GGTT range that another VF has cannot be given away, and a refusal changes nothing.
local m = machine { gpus = { { name = "gpu" } } }
local gpu = m.gpu
local MiB, PRESENT = 1 << 20, 1
local GGTT = 0x800000

gpu:provision(1, { ggtt_start = 256 * MiB, ggtt_size = 4 * MiB })
local function owner(address)
  return gpu:read64(GGTT + address // 4096 * 8) >> 2 & 0x3ff
end
expect_eq("the first entry is VF 1's", owner(256 * MiB), 1)
expect_eq("the last entry is VF 1's", owner(260 * MiB - 4096), 1)
expect_eq("the one before is not", owner(256 * MiB - 4096), 0)
expect_eq("the one behind is not", owner(260 * MiB), 0)

for name, start in pairs { below = 254, same = 256, within = 258 } do
  expect_failure("overlap, " .. name, "ENOSPC", gpu.provision, gpu, 2,
                 { ggtt_start = start * MiB, ggtt_size = 4 * MiB })
  expect_eq("VF 2 has nothing", gpu:config(2).ggtt_size, 0)
end
gpu:provision(2, { ggtt_start = 260 * MiB, ggtt_size = 4 * MiB })
expect_eq("side by side: VF 1's last", owner(260 * MiB - 4096), 1)
expect_eq("side by side: VF 2's first", owner(260 * MiB), 2)
expect_eq("entries are present", gpu:read64(GGTT + 260 * MiB // 4096 * 8) & PRESENT, PRESENT)
