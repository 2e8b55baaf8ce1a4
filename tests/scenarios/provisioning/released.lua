-- SPDX-License-Identifier: MIT
-- What a VF had is nobody's once it is taken back, and can be given to another.
local raw = require "lib.raw"

local m = machine { gpus = { { name = "gpu" } }, vms = { { name = "vm1" } } }
local gpu = m.gpu
local MiB, GGTT = 1 << 20, 0x800000
m.vm1:attach(gpu, 1)
local range = { ggtt_start = 256 * MiB, ggtt_size = 4 * MiB }

gpu:provision(1, range)
m.vm1:run(function()
  raw.open(m.vm1)
  expect_eq("the VF maps a page of its own", m.vm1:read64(GGTT + 256 * MiB // 4096 * 8) >> 12, 256)
end)
gpu:flr(1)
gpu:unprovision(1)
local left = 0
for page = 0, 4 * MiB // 4096 - 1, 64 do
  left = left + (gpu:read64(GGTT + (256 * MiB // 4096 + page) * 8) >> 2 & 0x3ff)
end
expect_eq("no entry is a VF's", left, 0)
expect_eq("the PF knows", gpu:config(1).ggtt_size, 0)
m.vm1:run(function()
  expect_eq("the GuC knows", raw.query(m.vm1, raw.GGTT_SIZE), nil)
  expect_failure("no driver binds", "ENODATA", function() m.vm1.vf:probe() end)
end)
gpu:provision(2, range)
expect_eq("another VF can have it", gpu:read64(GGTT + 256 * MiB // 4096 * 8) >> 2 & 0x3ff, 2)
expect_eq("without the address that was in it", gpu:read64(GGTT + 256 * MiB // 4096 * 8) >> 12, 0)
