-- SPDX-License-Identifier: MIT
-- A guest with a vGPU that does all it can think of: forged descriptors and headers, registers
-- and GGTT entries at random, contexts, rings, batches and page tables of noise. Its neighbour on
-- the same GPU works on and sees nothing of it.
local p = params {
  { "rounds", "int", 16, "lives of the hostile guest", min = 1, max = 100000 },
  { "time_limit", "time", "100s", "virtual time after which the run is given up" },
}
local m = machine {
  gpus = { { name = "src", vfs = 0, vgpus = { types = { "8", "8" } } } },
  vms = { { name = "bad", pv = true }, { name = "good", pv = true } },
}
local bad, good = m.bad, m.good
local vgpu = m.src:vgpu(1)
bad:attach_vgpu(vgpu)
good:attach_vgpu(m.src:vgpu(2))

local NOTIFY, CAPS, SHARED, PDP, GGTT = 0x78818, 0x78860, 0x78864, 0x78838, 0x800000
local ELSP = { 0x2230, 0x12230, 0x22230 }
local EDGES = { 0, 1, 4, 0x28, 0x7fc, 0x7ff, 0x800, 0x801, 0xfff, 0x1000, 0x7fffffff, 0x80000000,
  0xfffffffc, 0xffffffff }
local RAM = 16 << 20
local CONTEXT, RING, BATCH, PAGE = 0x100000, 0x120000, 0x140000, 0x160000

local function word()
  if math.random(3) == 1 then return math.random(0, 0xffffffff) end
  return EDGES[math.random(#EDGES)]
end

local function words(count, make)
  local list = {}
  for n = 1, count do list[n] = string.pack("<I4", make()) end
  return table.concat(list)
end

local share = vgpu:place().guest_aperture

-- Commands that an engine, or who reads for it, may take: well made, but with any address.
local function place()
  if math.random(16) == 1 then return word() end
  return share + math.random(0, 23) * 4096 + 4 * math.random(0, 1023)
end
local COMMANDS = {
  function() return { 0x10400002, place(), 0, word() } end,
  function() return { 0x10000002, place(), math.random(0, 1), word() } end,
  function() return { 0x17c40702, place(), 0, word() } end,
  function() return { 0x13004003, place() | 4, 0, word(), 0 } end,
  function() return { 0x13204003, word(), 0, word(), 0 } end,
  function() return { 0x7a000004, 0x01104000, place(), 0, word(), 0 } end,
  function() return { 0x0e40c003, math.random(0, 1), place(), 0, 0 } end,
  function() return { 0x12400002, 0x2358, place(), 0 } end,
  function() return { 0x11000001, 0x2600, word() } end,
  function() return { 0x1e800100, math.random(0, 5000) } end,
  function() return { 0x18800001, place() & ~3, 0 } end,
  function() return { 0x18800101, place() & ~3, 0 } end,
  function() return { 0x01000000 } end,
  function() return { 0x04000000 | math.random(0, 1) } end,
  function() return { 0x05000000 } end,
  function() return { word() } end,
}

-- Dwords of about so many commands; then whatever was there.
local function program(count)
  local parts = {}
  for n = 1, count do
    local kind = math.random(#COMMANDS * 4)
    for _, value in ipairs(COMMANDS[kind > #COMMANDS and math.random(6) or kind]()) do
      parts[#parts + 1] = string.pack("<I4", value & 0xffffffff)
    end
  end
  parts[#parts + 1] = string.pack("<I4", 0x05000000)
  return table.concat(parts)
end

-- ---- what it does ---------------------------------------------------------------------------

local function shake_hands()
  bad:write32(CAPS, 7)
  bad:write32(SHARED, PAGE)
  bad:write32(SHARED + 4, 0)
  bad:write32(NOTIFY, 8)
  bad:mem_write(PAGE + 0x10, string.pack("<I4I4I4I4I4I4", 0x800, 2048, 0, 0, 0, 0))
end

-- Entries for context, ring and batch, as a guest that knows how would make them.
local function map(at, gpa, pages)
  for n = 0, pages - 1 do
    bad:write64(GGTT + ((share >> 12) + at + n) * 8, gpa + n * 4096 | 1)
  end
end

local tricks = {
  function() -- descriptor
    bad:mem_write(PAGE + 0x10, words(6, word))
    bad:write32(NOTIFY, 9)
  end,
  function() -- messages
    local tail = 4 * math.random(0, 511)
    local head = 4 * math.random(0, 511)
    bad:mem_write(PAGE + 0x10, string.pack("<I4I4I4I4", 0x800, 2048, head, tail))
    bad:mem_write(PAGE + 0x800, words(512, function()
      return math.random(2) == 1 and word() or math.random(0, 7) << 16 | 0x100 | math.random(0, 31)
    end))
    bad:write32(NOTIFY, 9)
  end,
  function() bad:write32(SHARED, word()) bad:write32(NOTIFY, 8) end,
  function() bad:write32(4 * math.random(0, 0x1fffff), word()) end,
  function() bad:read32(4 * math.random(0, 0x3fffff)) end,
  function() bad:config_write(4 * math.random(0, 1023), 4, word() | 2) end,
  function() bad:write32(0x78000 + 4 * math.random(0, 1023), word()) end,
  function() bad:write32(ELSP[math.random(3)] - 0x230 + 4 * math.random(0, 255), word()) end,
  function() bad:write64(GGTT + 8 * math.random(0, 0xfffff), word() << math.random(0, 20) | 1) end,
  function() bad:write64(0x100000 + 8 * math.random(0, 31), word() | word() << 32) end,
  function() -- roots
    for n = 0, 7 do bad:write32(PDP + 4 * n, n % 2 == 0 and word() or 0) end
    bad:write32(NOTIFY, math.random(2, 5))
  end,
  function() -- page tables of noise, as a context's own
    bad:mem_write(0x200000, words(1024, function()
      return math.random(3) == 1 and 0 or 0x200000 + math.random(0, 3) * 4096 | math.random(0, 255)
    end))
    bad:write32(PDP, 0x200000)
    bad:write32(PDP + 4, 0)
    bad:write32(NOTIFY, 4)
  end,
}

-- A context that could be one: some of its dwords are noise, or none is.
local function submit()
  map(0, CONTEXT, 8)
  map(8, RING, 8)
  map(16, BATCH, 8)
  local ring = program(math.random(1, 6))
  bad:mem_write(RING, ring)
  for n = 0, 7 do bad:mem_write(BATCH + n * 4096, program(math.random(1, 6))) end
  local state = CONTEXT + 0x1000
  local image = { [0x05] = 0, [0x07] = #ring - 4, [0x09] = share + 8 * 4096,
    [0x0b] = 0x3001, [0x31] = 0, [0x33] = math.random(2) == 1 and 0x200000 or 0 }
  for at, value in pairs(image) do
    if math.random(30) == 1 then value = word() end
    bad:mem_write(state + 4 * at, string.pack("<I4", value))
  end
  local port = ELSP[math.random(#ELSP)]
  for _, value in ipairs { 0, 0, 77, share | 0x119 } do bad:write32(port, value) end
end

-- ---- the neighbour --------------------------------------------------------------------------

local done, rounds = false, 0
local neighbour = good:actor("neighbour", function()
  local pv = good.pv
  pv:start()
  local queues = {}
  for slot, engine in ipairs { "render", "copy", "video" } do
    queues[slot] = pv:queue(engine, { space = "tables" })
  end
  while not done do
    rounds = rounds + 1
    for slot, queue in ipairs(queues) do
      pv:wait(queue, pv:submit(queue, { work = 2000, add = { slot, 1 } }), "20s")
    end
    pv:send(0)
    sleep("200us")
  end
end)

for life = 1, p.rounds do
  vgpu:reset()
  vgpu:start()
  bad:run(function()
    bad:config_write(4, 2, 6) -- memory and bus master
    bad:read32(0x78000)
    for _, port in ipairs(ELSP) do bad:write32(port - 0x230 + 0x29c, 0x80008000) end
    shake_hands()
    for _ = 1, 12 do
      if life % 2 == 0 or math.random(4) == 1 then submit() end
      if life % 2 == 1 then tricks[math.random(#tricks)]() end
      sleep("20us")
    end
  end, "60s")
  sleep("100us")
end
done = true
neighbour:join("60s")
for slot = 1, 3 do
  expect_eq("each job of the neighbour ran once, engine " .. slot, good.pv:result(slot), rounds)
end
good:run(function() expect_eq("and its messages are done", good.pv:send(0), 0) end)
expect_eq("what it has is its own", bad:mem_read(RAM - 4096, 4096), ("\0"):rep(4096))
say(("%d rounds of the neighbour"):format(rounds))
