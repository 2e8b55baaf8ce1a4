-- SPDX-License-Identifier: MIT
-- A guest with a vGPU writes page tables that are in use. They are write-protected: each entry that
-- it writes traps, and the shadow that the engine walks has it at once, under the work that runs.
-- What is written in halves is absent until the next work; tables of a root that is gone are pages
-- like any other.
local p = params {
  { "work", "int", 40000, "of a batch before it uses what is mapped meanwhile", unit = "cycles",
    min = 20000, max = 10000000 },
}
local m = machine {
  gpus = { { name = "src", vfs = 0, vgpus = { types = { "8" } } } },
  vms = { { name = "vm1", pv = true } },
}
local vm, vgpu = m.vm1, m.src:vgpu(1)
vm:attach_vgpu(vgpu)

local NOTIFY, PDP, GGTT, RCS = 0x78818, 0x78838, 0x800000, 0x2000
local CONTEXT, RING, BATCH, RESULT, ROOT = 0x100000, 0x120000, 0x140000, 0x160000, 0x200000
local BATCH_VA, RESULT_VA = 0x10000000, 0x10001000
local LEAVES, SPARE = ROOT + 0x3000, ROOT + 0x4000
local TRAP = 2500 -- ns, as the machine has it
local share = vgpu:place().guest_aperture
local traps = watch { kind = "trap", fn = 57, ev = "table" }

local function pack(words)
  local parts = {}
  for n, value in ipairs(words) do parts[n] = string.pack("<I4", value & 0xffffffff) end
  return table.concat(parts)
end

local function entry(table_at, index, value)
  vm:mem_write(table_at + 8 * index, string.pack("<I8", value))
end

local function root(notification)
  for n = 0, 7 do vm:write32(PDP + 4 * n, n == 0 and ROOT or 0) end
  vm:write32(NOTIFY, notification)
end

local function prepare()
  vm:read32(0x78000)
  vm:write32(RCS + 0x29c, 0x80008000)
  local pages = { CONTEXT, CONTEXT + 0x1000, CONTEXT + 0x2000, CONTEXT + 0x3000, RING }
  for n, gpa in ipairs(pages) do vm:write64(GGTT + ((share >> 12) + n - 1) * 8, gpa | 1) end
  entry(ROOT, 0, ROOT + 0x1000 | 3)
  entry(ROOT + 0x1000, 0, ROOT + 0x2000 | 3)
  entry(ROOT + 0x2000, BATCH_VA >> 21, LEAVES | 3)
  entry(LEAVES, 0, BATCH | 3)
  root(4)
  vm:mem_write(RING, pack { 0x18800101, BATCH_VA, 0, 0 })
  local state = CONTEXT + 0x1000
  for at, value in pairs { [0x09] = share + 4 * 4096, [0x0b] = 1, [0x31] = 0, [0x33] = ROOT } do
    vm:mem_write(state + 4 * at, pack { value })
  end
end

-- Works, then stores a value at an address.
local function begin(addr, value)
  local image = CONTEXT + 0x1000
  vm:mem_write(image + 4 * 0x05, pack { 0 })
  vm:mem_write(image + 4 * 0x07, pack { 16 })
  vm:mem_write(BATCH, pack { 0x1e800100, p.work, 0x10000002, addr, addr >> 32, value, 0x05000000 })
  for _, dword in ipairs { 0, 0, 77, share | 0x119 } do vm:write32(RCS + 0x230, dword) end
  sleep("18us")
  expect("the work is under way", vgpu:queued() == 1)
end

local function finish()
  while vgpu:queued() > 0 do sleep("5us") end
end

local function word(addr) return string.unpack("<I4", vm:mem_read(addr, 4)) end

-- Time of a write of memory, as the guest sees it.
local function cost(write)
  local before = now()
  write()
  vm:read32(0x78000)
  local middle = now()
  vm:read32(0x78000)
  return (middle - before) - (now() - middle)
end

vm:run(function()
  prepare()
  expect_eq("before any work nothing is shadowed", traps:count(), 0)

  begin(RESULT_VA, 1)
  entry(LEAVES, 1, RESULT | 3)
  finish()
  expect_eq("a page that was mapped under the work", word(RESULT), 1)

  begin(RESULT_VA, 2)
  entry(LEAVES, 1, RESULT + 0x1000 | 3)
  finish()
  expect_eq("one that became another", word(RESULT + 0x1000), 2)
  expect_eq("and not the one before", word(RESULT), 1)

  begin(RESULT_VA + (1 << 21), 3)
  entry(SPARE, 1, RESULT + 0x2000 | 3)
  entry(ROOT + 0x2000, (BATCH_VA >> 21) + 1, SPARE | 3)
  finish()
  expect_eq("a table that was linked in under the work", word(RESULT + 0x2000), 3)
  expect_eq("each entry of a table in use trapped, others not", traps:count(), 3)

  -- ---- what a write costs ---------------------------------------------------------------------

  begin(RESULT_VA + (1 << 21), 4)
  finish()
  expect_eq("a write of no table costs nothing",
    cost(function() entry(RESULT, 0, 0) end), 0)
  expect_eq("one of a table is a trap", cost(function() entry(SPARE, 2, 0) end), TRAP)
  expect_eq("of three entries, three", cost(function()
    vm:mem_write(SPARE + 8 * 8, ("\0"):rep(24))
  end), 3 * TRAP)

  -- ---- halves ---------------------------------------------------------------------------------

  vm:mem_write(SPARE + 8, pack { RESULT + 0x3000 | 3 })
  vm:mem_write(SPARE + 12, pack { 0 })
  begin(RESULT_VA + (1 << 21), 5)
  finish()
  expect_eq("what was written in halves counts for the next work", word(RESULT + 0x3000), 5)

  -- ---- gone -----------------------------------------------------------------------------------

  root(5)
  local before = traps:count()
  entry(SPARE, 1, RESULT | 3)
  entry(ROOT, 0, 0)
  expect_eq("tables of a root that is gone are pages like any other", traps:count(), before)
  entry(ROOT, 0, ROOT + 0x1000 | 3)
  root(4)

  -- Under the work a half leaves nothing to walk to.
  local errors = watch { kind = "peer_error", gpu = "src" }
  begin(RESULT_VA + (1 << 21), 6)
  vm:mem_write(SPARE + 8, pack { RESULT | 3 })
  finish()
  expect("the work ends with a fault", errors:wait("1us").what:find("workload refused"))
  expect_eq("and wrote nowhere", word(RESULT), 0)
end, "100ms")
