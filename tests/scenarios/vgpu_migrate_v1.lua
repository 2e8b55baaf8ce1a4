-- SPDX-License-Identifier: MIT
-- A mediated vGPU moves, through VFIO's region of version 1, to a host where its aperture and its
-- hidden memory lie elsewhere: with work that runs and work that waits, page tables, fences, and
-- two of the four dwords of a submission. Its twin does the same on a host of its own and stays:
-- every result of the two has to be the same.
local p = params {
  { "jobs", "int", 6, "jobs in each queue when it moves", min = 2, max = 100 },
  { "work", "int", 30000, "of a job on its engine", unit = "cycles", min = 0, max = 10000000 },
  { "bandwidth", "int", 2000000000, "of the link, bytes a second", min = 1000000 },
}
local ELSEWHERE = { types = { "8" }, aperture_reserved = 320 << 20, hidden_reserved = 1 << 30 }
local m = machine {
  gpus = {
    { name = "src", vfs = 0, vgpus = { types = { "8", "8" } } },
    { name = "dst", vfs = 0, vgpus = ELSEWHERE },
    { name = "ref", vfs = 0, vgpus = { types = { "8" } } },
  },
  vms = {
    { name = "vm1", pv = true },
    { name = "twin", pv = true },
    { name = "bound", pv = true },
  },
}
local src, dst = m.src:vgpu(1), m.dst:vgpu(1)
m.vm1:attach_vgpu(src)
m.twin:attach_vgpu(m.ref:vgpu(1))
m.bound:attach_vgpu(m.src:vgpu(2))

local QUEUES = {
  { "render", { space = "ggtt" } },
  { "render", { space = "tables" } },
  { "video", { space = "tables" } },
  { "video", { space = "ggtt", record = true } },
}
local FENCES, APERTURE, BCS_ELSP = 0x100000, 0x78040, 0x22230
local HALF, SLOTS = 40, 64 -- result of the work that is submitted in two halves

local function submit_all(guest, first, last)
  for number, queue in ipairs(guest.queues) do
    for i = first, last do
      guest.last[number] = guest.pv:submit(queue,
        { work = p.work, add = { number, i }, store = { 20 + number, i } })
    end
  end
end

-- What stands when the guest moves.
local function begin(vm)
  local guest = { vm = vm, pv = vm.pv, queues = {}, last = {} }
  vm:run(function()
    vm.pv:start()
    for number, queue in ipairs(QUEUES) do
      guest.queues[number] = vm.pv:queue(queue[1], queue[2])
    end
    guest.half = vm.pv:queue("copy", { space = "tables" })
    local base = vm:read32(APERTURE)
    for number = 0, 3 do -- end page, then start page and valid
      vm:write32(FENCES + 8 * number + 4, base + number * 0x10000 + 0xf000)
      vm:write32(FENCES + 8 * number, base + number * 0x10000 | 1)
    end
    submit_all(guest, 1, p.jobs)
    vm.pv:prepare(guest.half, { work = 1000, add = { HALF, 5 } })
    vm:write32(BCS_ELSP, 0)
    vm:write32(BCS_ELSP, 0)
  end, "100ms")
  return guest
end

-- What the guest does with it afterwards.
local function finish(guest)
  local vm, pv = guest.vm, guest.pv
  vm:run(function()
    submit_all(guest, p.jobs + 1, p.jobs + 2)
    local desc = pv:descriptor(guest.half)
    vm:write32(BCS_ELSP, desc >> 32)
    vm:write32(BCS_ELSP, desc & 0xffffffff)
    for number, queue in ipairs(guest.queues) do pv:wait(queue, guest.last[number], "200ms") end
    pv:wait(guest.half, 1, "200ms")
    expect_eq(vm.name .. ": the PV channel goes on", pv:send(0), 0)
    guest.seen = { fences = {}, share = {} }
    for number = 0, 3 do
      guest.seen.fences[number] = vm:read64(FENCES + 8 * number)
      guest.seen.share[number] = vm:read32(APERTURE + 4 * number)
    end
  end, "1s")
  for slot = 0, SLOTS - 1 do guest.seen[slot] = pv:result(slot) end
end

local guest, twin = begin(m.vm1), begin(m.twin)
expect("work runs and work waits", src:queued() > 2, src:queued())

-- The guest works on while its memory is copied.
local moving = true
local busy = m.vm1:actor("busy", function()
  local n = 0
  while moving do
    m.vm1:mem_write(0xc00000 + n % 16 * 4096, string.pack("<I4", n))
    m.vm1.pv:send(0)
    n = n + 1
  end
  expect("the guest did something meanwhile", n > 0, n)
end)

local before = src:place()
local moved = vmm.migrate { vm = m.vm1, to = dst, face = "v1", bandwidth = p.bandwidth }
moving = false
busy:join()
local after = dst:place()
say(("aperture 0x%x -> 0x%x, hidden 0x%x -> 0x%x"):format(before.host_aperture,
  after.host_aperture, before.host_hidden, after.host_hidden))
say(("image %d bytes, RAM %d bytes in %d rounds, %d pages dirty, %d by the device"):format(
  moved.bytes, moved.ram_bytes, moved.rounds, moved.dirty_pages, moved.device_pages))
say(("downtime %d ns of %d ns"):format(moved.downtime_ns, moved.total_ns))
expect("pre-copy saw pages that were written meanwhile", moved.dirty_pages > 0, moved.dirty_pages)
expect("some of them by the device", moved.device_pages > 0, moved.device_pages)
expect_eq("no page was forgotten", moved.stale_pages, 0)
expect("the aperture lies elsewhere", before.host_aperture ~= after.host_aperture)
expect("the hidden part lies elsewhere", before.host_hidden ~= after.host_hidden)
expect_eq("the guest's aperture stays", after.guest_aperture, before.guest_aperture)
expect_eq("the guest's hidden part stays", after.guest_hidden, before.guest_hidden)

finish(guest)
finish(twin)
for slot = 0, SLOTS - 1 do
  if guest.seen[slot] ~= twin.seen[slot] then
    expect_eq("result " .. slot .. " as the twin's", guest.seen[slot], twin.seen[slot])
  end
end
local total = (p.jobs + 2) * (p.jobs + 3) // 2
for number = 1, #QUEUES do
  expect_eq("each job of queue " .. number .. " ran once", guest.seen[number], total)
end
expect_eq("the submission in two halves ran once", guest.seen[HALF], 5)
for n = 0, 3 do
  expect_eq("fence " .. n .. " as the twin's", guest.seen.fences[n], twin.seen.fences[n])
  expect_eq("share as the twin's", guest.seen.share[n], twin.seen.share[n])
end

-- What no image carries stays where it is.
m.bound:run(function()
  m.bound.pv:start()
  local queue = m.bound.pv:queue("render", { space = "bound" })
  m.bound.pv:wait(queue, m.bound.pv:submit(queue, { add = { 1, 3 } }))
end)
expect_failure("pages bound by message do not move", "EBUSY", vmm.migrate,
  { vm = m.bound, to = src, face = "v1" })
m.bound:run(function()
  local queue = m.bound.pv:queue("render")
  m.bound.pv:wait(queue, m.bound.pv:submit(queue, { add = { 1, 4 } }))
  expect_eq("and go on", m.bound.pv:result(1), 7)
end)
