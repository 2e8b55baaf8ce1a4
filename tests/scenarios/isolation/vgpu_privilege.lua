-- SPDX-License-Identifier: MIT
-- A guest with a vGPU rewrites a batch after the mediator looked at it and while it runs. The batch
-- lies in the context's own space, so the engine fetches the guest's own pages and does what they
-- say now, but without privilege: what names the GGTT, where the neighbour is, does nothing.
local p = params {
  { "tries", "int", 4, "batches that are rewritten", min = 1, max = 100 },
  { "work", "int", 40000, "of the batch before it comes to the part that is rewritten",
    unit = "cycles", min = 20000, max = 10000000 },
}
local m = machine {
  gpus = { { name = "src", vfs = 0, vgpus = { types = { "8", "8" } } } },
  vms = { { name = "bad", pv = true }, { name = "good", pv = true } },
}
local bad, good = m.bad, m.good
local mine, victim = m.src:vgpu(1), m.src:vgpu(2)
bad:attach_vgpu(mine)
good:attach_vgpu(victim)

local SLOT, VALUE = 7, 1234
good:run(function()
  good.pv:start()
  local queue = good.pv:queue("render")
  good.pv:wait(queue, good.pv:submit(queue, { add = { SLOT, VALUE } }))
end)
-- The neighbour's results are the first page of its share: where they really are.
local target = victim:place().host_aperture + 4 * SLOT

local NOTIFY, PDP, GGTT, RCS_ELSP = 0x78818, 0x78838, 0x800000, 0x2230
local CONTEXT, RING, BATCH, CALLED, RESULT, ROOT = 0x100000, 0x120000, 0x140000, 0x150000, 0x160000,
  0x200000
local BATCH_VA, RESULT_VA = 0x10000000, 0x10001000
local share = mine:place().guest_aperture
local LATER = 64 -- of the batch: its second line, which is fetched when the work is done

local function pack(words)
  local parts = {}
  for n, value in ipairs(words) do parts[n] = string.pack("<I4", value & 0xffffffff) end
  return table.concat(parts)
end

local function entry(table_at, index, value)
  bad:mem_write(table_at + 8 * index, string.pack("<I8", value))
end

local function prepare()
  bad:read32(0x78000)
  bad:write32(RCS_ELSP - 0x230 + 0x29c, 0x80008000)
  local pages = { CONTEXT, CONTEXT + 0x1000, CONTEXT + 0x2000, CONTEXT + 0x3000, RING, CALLED }
  for n, gpa in ipairs(pages) do bad:write64(GGTT + ((share >> 12) + n - 1) * 8, gpa | 1) end
  entry(ROOT, 0, ROOT + 0x1000 | 3)
  entry(ROOT + 0x1000, 0, ROOT + 0x2000 | 3)
  entry(ROOT + 0x2000, BATCH_VA >> 21, ROOT + 0x3000 | 3)
  entry(ROOT + 0x3000, 0, BATCH | 3)
  entry(ROOT + 0x3000, 1, RESULT | 3)
  for n = 0, 7 do bad:write32(PDP + 4 * n, n == 0 and ROOT or 0) end
  bad:write32(NOTIFY, 4)
  bad:mem_write(RING, pack { 0x18800101, BATCH_VA, 0, 0 })
  local state = CONTEXT + 0x1000
  for at, value in pairs { [0x09] = share + 4 * 4096, [0x0b] = 1, [0x31] = 0, [0x33] = ROOT } do
    bad:mem_write(state + 4 * at, pack { value })
  end
end

local function store(addr, value, ggtt) return { 0x10000002 | ggtt, addr, 0, value } end

local function join(...)
  local all = {}
  for _, words in ipairs { ... } do table.move(words, 1, #words, #all + 1, all) end
  return all
end

local END = { 0x05000000 }
local GGTT_BIT = 1 << 22
-- What the mediator sees, and what stands there a little later.
local shown = join(store(RESULT_VA, 1, 0), END)
local function hidden(try)
  return join(
    store(target, 666, GGTT_BIT),
    { 0x17c40702, target, 0, 666 },                    -- atomic
    { 0x13004002, target & ~7 | 4, 0, 666 },           -- flush that writes
    { 0x7a000004, 0x01004000, target & ~7, 0, 666, 0 }, -- and that of the render engine
    { 0x13204002, 0x800, 0, 666 },                     -- into the page of the host's context
    { 0x18c00001, mine:place().host_aperture + 5 * 4096, 0 }, -- a privileged batch, to come back
    store(RESULT_VA + 4, try, 0), END)
end

bad:run(function()
  prepare()
  bad:mem_write(CALLED, pack(join(store(target, 666, GGTT_BIT), END)))
  for try = 1, p.tries do
    local image = CONTEXT + 0x1000
    -- Its results go to another page each second time: tables that it wrote are shadowed anew.
    local result = RESULT + try // 2 % 2 * 0x1000
    if try % 2 == 0 then entry(ROOT + 0x3000, 1, result | 3) end
    bad:mem_write(image + 4 * 0x05, pack { 0 })
    bad:mem_write(image + 4 * 0x07, pack { 16 })
    bad:mem_write(BATCH, pack { 0x1e800100, p.work })
    bad:mem_write(BATCH + LATER, pack(shown))
    for _, value in ipairs { 0, 0, 77, share | 0x119 } do bad:write32(RCS_ELSP, value) end
    sleep("18us") -- it was looked at, and works
    expect("the work is under way", mine:queued() == 1)
    bad:mem_write(BATCH + LATER, pack(hidden(try)))
    while mine:queued() > 0 do sleep("5us") end
    local seen = bad:mem_read(result, 8)
    expect_eq("what it saw did not run", string.unpack("<I4", seen, 1), 0)
    expect_eq("what was put in its place did", string.unpack("<I4", seen, 5), try)
    expect_eq("the ring went on behind it", bad:mem_read(image + 4 * 0x05, 4), pack { 16 })
  end
end, "100ms")
expect_eq("the neighbour's page", good.pv:result(SLOT), VALUE)
good:run(function()
  local queue = good.pv:queue("render", { space = "tables" })
  good.pv:wait(queue, good.pv:submit(queue, { add = { SLOT, 1 } }))
  expect_eq("and its work", good.pv:result(SLOT), VALUE + 1)
end)
