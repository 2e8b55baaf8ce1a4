-- SPDX-License-Identifier: MIT
-- GPUs without local memory, and with another share of it, do not take a VF that has some; nor is
-- a stream taken of which a chunk was forged. The VF works on where it was, and nothing of it comes
-- to the target.
local MIB = 1 << 20
local m = machine {
  gpus = {
    { name = "src", vfs = 1, vram = 16 * MIB },
    { name = "none", vfs = 1 },
    { name = "more", vfs = 1, vram = 16 * MIB },
    { name = "dst", vfs = 1, vram = 16 * MIB },
  },
  vms = { { name = "vm1" } },
}
local vm1, vf = m.vm1, m.vm1.vf
local SHARE, OLD = 2 * MIB, 8 * MIB -- the first share lies behind the tables

m.src:provision(1, { ggtt_size = 8 * MIB, lmem_size = SHARE })
m.none:provision(1, { ggtt_size = 8 * MIB })
m.more:provision(1, { ggtt_size = 8 * MIB, lmem_size = 2 * SHARE })
m.dst:provision(1, { ggtt_size = 8 * MIB, lmem_size = SHARE })

vm1:attach(m.src, 1)
local queue
vm1:run(function()
  vf:probe()
  queue = vf:queue("copy")
  vm1:vram_write(MIB, "here")
end)

local function job_runs(name)
  local before
  vm1:run(function()
    before = vf:local_result(1)
    vf:wait(queue, vf:submit(queue, { ["local"] = true, add = { 1, 1 } }), "10ms")
    expect_eq(name .. ": the VF works on", vf:local_result(1), before + 1)
  end)
  expect_eq(name .. ": where it was", vf:recoveries(0), 0)
end

for _, gpu in ipairs { m.none, m.more } do
  expect_failure(gpu.name, gpu == m.none and "EINVAL" or "ENODATA", vmm.migrate,
                 { vm = vm1, to = { gpu, 1 } })
  job_runs(gpu.name)
end

-- The header of the second chunk of local memory: type 6, offset 1 MiB, size 1 MiB.
local CHUNK = string.pack("<I1I1I1I1I4I8I8", 1, 6, 0, 0, 0, MIB, MIB)
local function forged(offset, size)
  return function(stream)
    local at = stream:find(CHUNK, 1, true)
    return stream:sub(1, at - 1) .. string.pack("<I1I1I1I1I4I8I8", 1, 6, 0, 0, 0, offset, size) ..
           stream:sub(at + #CHUNK)
  end
end

local forgeries = {
  overlap = forged(MIB - 4096, MIB),
  gap = forged(MIB + 4096, MIB),
  beyond = forged(SHARE, MIB),
  doubled = forged(0, MIB),
  short = forged(MIB, 4096),
  huge = forged(MIB, -8),
  missing = function(stream)
    local at = stream:find(CHUNK, 1, true)
    return stream:sub(1, at - 1) .. stream:sub(at + #CHUNK + MIB)
  end,
}
for name, tamper in pairs(forgeries) do
  local ok = pcall(vmm.migrate, { vm = vm1, to = { m.dst, 1 }, tamper = tamper })
  expect(name .. " is refused", not ok)
  expect_eq(name .. ": nothing of it came to the target", m.dst:vram_read(OLD + MIB, 4), "\0\0\0\0")
  job_runs(name)
end

vmm.migrate { vm = vm1, to = { m.dst, 1 } }
vm1:run(function()
  wait_until(function() return not vf:recovering() end, "10ms")
  expect_eq("the good one moves", vm1:vram_read(MIB, 4), "here")
end)
expect_eq("not wedged", vf:wedged(), nil)
