-- SPDX-License-Identifier: MIT
-- The PV channel of mediated vGPUs: messages with fences, from the guest's ring through the trap
-- to the mediator and back, with the time of each part. Then what a ring can meet: its end at
-- every dword, no room, triggers that are lost or late, a fence that wraps, wrong descriptors.
local p = params {
  { "messages", "int", 20, "messages whose parts are timed", min = 1, max = 1000 },
}
local m = machine {
  gpus = {
    { name = "src", gts = 1, vfs = 0, vgpus = { types = { "8", "8", "8" } } },
    { name = "old", gts = 1, vfs = 0, vgpus = { types = { "8" }, one_per_trigger = true } },
  },
  vms = {
    { name = "vm1", pv = true },
    { name = "vm2", pv = { timeout = "50us" } },
    { name = "vm3", pv = { first_fence = 0xfffffffd } },
    { name = "vm4", pv = { timeout = "50us" } },
  },
}
local src = m.src
for number, vm in ipairs { m.vm1, m.vm2, m.vm3 } do
  vm:attach_vgpu(src:vgpu(number))
  vm:run(function() expect_eq(vm.name .. ": features", vm.pv:start(), 7) end)
end

m.vm4:attach_vgpu(m.old:vgpu(1))

local DEFAULT, BIND_GGTT = 0, 3
local NOTIFY, PV_CAPS, GGTT = 0x78818, 0x78860, 0x800000
local RING, LONGEST = 512, 32 -- dwords
local DESC, TAIL = 0x10, 0x1c -- in the shared page

local function dwords(count)
  local list = {}
  for n = 1, count do list[n] = n end
  return list
end

-- A message that takes so many dwords of the ring.
local function send(pv, count) return pv:send(DEFAULT, dwords(count - 2)) end

local function desc(vm)
  local names = { "addr", "size", "head", "tail", "fence", "status" }
  local seen = {}
  local bytes = vm:mem_read(vm.pv:page() + DESC, 24)
  for n, name in ipairs(names) do seen[name] = string.unpack("<I4", bytes, 4 * n - 3) end
  return seen
end

-- ---- the parts of a message -------------------------------------------------------------------

local points = {
  { "trap", watch { kind = "trap", fn = 57, ev = "exit" } },
  { "fetch", watch { kind = "pv", vgpu = 1, ev = "trap" } },
  { "execution", watch { kind = "pv", vgpu = 1, ev = "exec" } },
  { "fence write", watch { kind = "pv", vgpu = 1, ev = "done" } },
  { "return", watch { kind = "pv", vgpu = 0, ev = "seen" } },
}
local sent = watch { kind = "pv", vgpu = 0, ev = "sent" }
m.vm1:run(function()
  for _ = 1, p.messages do expect_eq("status", send(m.vm1.pv, 4), 0) end
end)
local before = sent:events()
expect_eq("each message was sent", #before, p.messages)
for _, point in ipairs(points) do
  local name, events, sum = point[1], point[2]:events(), 0
  expect_eq(name .. ": seen for each", #events, p.messages)
  for n = 1, #events do sum = sum + events[n].t_ns - before[n].t_ns end
  say(("%-12s %6d ns on average"):format(name, sum // #events))
  before = events
end
expect_order("order of a message's parts", sent, points[1][2], points[2][2], points[3][2],
  points[4][2], points[5][2])

-- ---- the end of the ring ----------------------------------------------------------------------

-- Sends what it takes until the tail is so many dwords before the end.
local function approach(vm, left)
  local at = desc(vm).tail // 4
  local away = (RING - left - at) % RING
  while away > 0 do
    local count = away
    if away > LONGEST then count = away - LONGEST < 2 and away - 2 or LONGEST end
    if count > LONGEST then count = LONGEST end
    if count == 1 then count, away = LONGEST, away + RING end
    send(vm.pv, count)
    away = away - count
  end
  expect_eq("dwords before the end", RING - desc(vm).tail // 4, left)
end

m.vm1:run(function()
  local place = src:vgpu(1):place().guest_aperture + (1 << 20)
  for left = 1, LONGEST - 1 do
    approach(m.vm1, left)
    expect_eq("message over the end", send(m.vm1.pv, LONGEST), 0)
  end
  for left = 1, 9 do
    local page = 0x100000 + left * 0x1000
    approach(m.vm1, left)
    m.vm1.pv:send(BIND_GGTT, { 1, 0, place + left * 0x1000, 0, page | 1, 0, 0, 0 })
    expect_eq("its payload is whole", m.vm1:read64(GGTT + (place // 4096 + left) * 8), page | 1)
  end
end, "200ms")

-- ---- lost triggers: time-out, full ring -------------------------------------------------------

m.vm2:run(function()
  local pv = m.vm2.pv
  src:vgpu(2):lose_triggers(1)
  expect_failure("a lost trigger is a time-out", "ETIMEDOUT", send, pv, LONGEST)
  local seen = desc(m.vm2)
  expect_eq("the message stays in the ring", seen.tail - seen.head, 4 * LONGEST)
  expect_eq("the next trigger serves both", send(pv, 2), 0)
  seen = desc(m.vm2)
  expect_eq("the ring is empty", seen.tail, seen.head)

  src:vgpu(2):lose_triggers(15)
  for _ = 1, 15 do expect_failure("nobody serves", "ETIMEDOUT", send, pv, LONGEST) end
  local fence = desc(m.vm2).fence
  expect_failure("the 16th longest message has no room", "ENOSPC", send, pv, LONGEST)
  expect_eq("and wrote nothing", (desc(m.vm2).tail - desc(m.vm2).head) % 2048, 15 * 4 * LONGEST)
  expect_eq("a short one has", send(pv, 2), 0)
  expect_eq("a fence is used up by each, sent or not", desc(m.vm2).fence, fence + 17)

  -- ---- late completion ------------------------------------------------------------------------

  src:vgpu(2):delay_triggers(1, "200us")
  expect_failure("a late trigger is a time-out too", "ETIMEDOUT", send, pv, 8)
  fence = desc(m.vm2).fence
  sleep("300us")
  expect_eq("it is done later", desc(m.vm2).fence, fence + 1)
  expect_eq("the next one is not mistaken for it", send(pv, 8), 0)
  src:vgpu(2):delay_triggers(1, "20us")
  expect_eq("one that is a little late is waited for", send(pv, 8), 0)
end, "200ms")

-- ---- fence ------------------------------------------------------------------------------------

m.vm3:run(function()
  for _, fence in ipairs { 0xfffffffd, 0xfffffffe, 0xffffffff, 1, 2 } do
    send(m.vm3.pv, 3)
    expect_eq("fence", desc(m.vm3).fence, fence)
  end

  -- ---- wrong messages and descriptors ---------------------------------------------------------

  expect_failure("an unknown command has failed", "EIO", m.vm3.pv.send, m.vm3.pv, 77)
  expect_eq("and says why", desc(m.vm3).status, 0xffffffea)
  expect_failure("somebody else's GGTT", "EIO", m.vm3.pv.send, m.vm3.pv, BIND_GGTT,
    { 1, 0, 0x1000, 0, 0x2001, 0, 0, 0 })
  local ring = m.vm3:mem_read(m.vm3.pv:page() + 0x800, 2048)
  m.vm3:mem_write(m.vm3.pv:page() + TAIL, string.pack("<I4", 2048))
  m.vm3:write32(NOTIFY, 9)
  expect_eq("a tail beyond the ring", desc(m.vm3).status, 0xffffffea)
  expect_eq("leaves the ring alone", m.vm3:mem_read(m.vm3.pv:page() + 0x800, 2048), ring)
  expect_eq("registers still answer", m.vm3:read32(PV_CAPS), 7)
end)

-- A host that serves one message a trigger, as it was first posted, never catches up.
m.vm4:run(function()
  local pv = m.vm4.pv
  pv:start()
  expect_eq("one for one is enough", send(pv, 4), 0)
  m.old:vgpu(1):lose_triggers(1)
  for late = 0, 3 do
    expect_failure("one trigger lost, and every later one a time-out", "ETIMEDOUT", send, pv, 4)
    expect_eq("a fence behind", desc(m.vm4).fence, 1 + late)
  end
end)
m.vm1:run(function() expect_eq("other vGPUs go on", send(m.vm1.pv, 2), 0) end)
