-- SPDX-License-Identifier: MIT
-- VFs that are given nothing particular get equal shares: powers of two, aligned, apart, in bounds.
local m = machine { gpus = { { name = "seven", vfs = 7 }, { name = "many", vfs = 63 } } }
local WOPCM_TOP, GGTT_TOP, MiB = 1 << 20, 0xfee00000, 1 << 20

-- Contexts and doorbells among seven, GGTT among 63, where a share is small.
local shares = {}
for vf = 1, 7 do
  m.seven:provision(vf, { ggtt_size = 1 * MiB })
  shares[vf] = m.seven:config(vf)
end
local first = shares[1]
expect_eq("contexts are a power of two", first.contexts & first.contexts - 1, 0)
expect_eq("doorbells are a power of two", first.doorbells & first.doorbells - 1, 0)
expect("more would not fit", 14 * first.contexts > 65535 and 16 * first.doorbells > 255)
expect("something is left for the PF", 7 * first.doorbells < 256 and 7 * first.contexts < 65535)
for vf = 2, 7 do
  for _, resource in ipairs { "contexts", "doorbells", "exec_quantum_ms", "preempt_timeout_us" } do
    expect_eq("VF " .. vf .. " has as many " .. resource, shares[vf][resource], first[resource])
  end
end

local ranges = {}
for vf = 1, 2 do
  m.many:provision(vf)
  ranges[vf] = m.many:config(vf)
  local range = ranges[vf]
  expect_eq("VF " .. vf .. " of 63: 56 MiB of GGTT", range.ggtt_size, 56 * MiB)
  expect_eq("VF " .. vf .. ": whole pages", range.ggtt_start & 0xfff, 0)
  expect("VF " .. vf .. ": above WOPCM", range.ggtt_start >= WOPCM_TOP)
  expect("VF " .. vf .. ": below the top", range.ggtt_start + range.ggtt_size <= GGTT_TOP)
end
expect("the ranges are apart", math.abs(ranges[1].ggtt_start - ranges[2].ggtt_start) >= 56 * MiB)
