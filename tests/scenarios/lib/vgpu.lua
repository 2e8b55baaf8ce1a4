-- SPDX-License-Identifier: MIT
-- A guest with a vGPU that is going to move, and its twin that is not: work in queues of every
-- kind, tiled surfaces, fences, half a submission; and afterwards everything that must be the same
-- in both.
local surface = require "lib.surface"

local vgpu = {}

local QUEUES = {
  { "render", { space = "ggtt" } },
  { "render", { space = "tables" } },
  { "render", { space = "bound" } },
  { "video", { space = "tables" } },
  { "video", { space = "ggtt", record = true } },
  { "video", { space = "bound", record = true } },
}
local FENCES, APERTURE, BCS_ELSP = 0x100000, 0x78040, 0x22230
local HALF, SLOTS = 40, 64 -- result of the work that is submitted in two halves

local function submit(self, first, last)
  for number, queue in ipairs(self.queues) do
    for i = first, last do
      self.last[number] = self.pv:submit(queue,
        { work = self.work, add = { number, i }, store = { 20 + number, i } })
    end
  end
end

-- What stands when the guest moves.
function vgpu.open(vm, jobs, work)
  local self = { vm = vm, pv = vm.pv, jobs = jobs, work = work, queues = {}, last = {} }
  vm:run(function()
    vm.pv:start()
    for number, queue in ipairs(QUEUES) do
      self.queues[number] = vm.pv:queue(queue[1], queue[2])
    end
    self.half = vm.pv:queue("copy", { space = "tables" })
    local base = vm:read32(APERTURE)
    self.surfaces = {
      surface.open(vm, "x", 1024, 1, 0x11),
      surface.open(vm, "y", 256, 1, 0x22),
    }
    for number = #self.surfaces, 3 do -- end page, then start page and valid
      vm:write32(FENCES + 8 * number + 4, base + number * 0x10000 + 0xf000)
      vm:write32(FENCES + 8 * number, base + number * 0x10000 | 1)
    end
    submit(self, 1, jobs)
    vm.pv:prepare(self.half, { work = 1000, add = { HALF, 5 } })
    vm:write32(BCS_ELSP, 0)
    vm:write32(BCS_ELSP, 0)
  end, "100ms")
  return self
end

-- An actor that writes memory and sends messages until it is stopped.
function vgpu.busy(self)
  self.moving = true
  return self.vm:actor("busy", function()
    local n = 0
    while self.moving do
      self.vm:mem_write(0xc00000 + n % 16 * 4096, string.pack("<I4", n))
      self.pv:send(0)
      n = n + 1
    end
    expect("the guest did something meanwhile", n > 0, n)
  end)
end

-- What the guest does afterwards: more jobs, and the other half.
function vgpu.finish(self)
  local vm, pv = self.vm, self.pv
  local seen = { fences = {}, share = {} }
  vm:run(function()
    for _, each in ipairs(self.surfaces) do
      surface.check(each, "afterwards")
      surface.draw(each, 5, 0x33)
      surface.check(each, "drawn anew")
    end
    submit(self, self.jobs + 1, self.jobs + 2)
    local desc = pv:descriptor(self.half)
    vm:write32(BCS_ELSP, desc >> 32)
    vm:write32(BCS_ELSP, desc & 0xffffffff)
    for number, queue in ipairs(self.queues) do pv:wait(queue, self.last[number], "200ms") end
    pv:wait(self.half, 1, "200ms")
    expect_eq(vm.name .. ": the PV channel goes on", pv:send(0), 0)
    for number = 0, 3 do
      seen.fences[number] = vm:read64(FENCES + 8 * number)
      seen.share[number] = vm:read32(APERTURE + 4 * number)
    end
  end, "1s")
  for slot = 0, SLOTS - 1 do seen[slot] = pv:result(slot) end
  return seen
end

-- Everything that a guest can see is as the twin's.
function vgpu.expect_same(self, seen, twin)
  local differ = 0
  for slot = 0, SLOTS - 1 do differ = differ + (seen[slot] ~= twin[slot] and 1 or 0) end
  expect_eq("results that are not as the twin's", differ, 0)
  local total = (self.jobs + 2) * (self.jobs + 3) // 2
  for number = 1, #QUEUES do
    expect_eq("each job of queue " .. number .. " ran once", seen[number], total)
  end
  expect_eq("the submission in two halves ran once", seen[HALF], 5)
  for n = 0, 3 do
    expect_eq("fence " .. n .. " as the twin's", seen.fences[n], twin.fences[n])
    expect_eq("share as the twin's", seen.share[n], twin.share[n])
  end
end

-- The move, over one face. One round, so that work is still there when the device stops.
function vgpu.move(guest, from, to, face, bandwidth)
  local before = from:place()
  local busy = vgpu.busy(guest)
  local moved = vmm.migrate {
    vm = guest.vm, to = to, face = face, bandwidth = bandwidth, rounds = 1,
  }
  guest.moving = false
  busy:join()
  local after = to:place()
  say(("aperture 0x%x -> 0x%x, hidden 0x%x -> 0x%x"):format(before.host_aperture,
    after.host_aperture, before.host_hidden, after.host_hidden))
  say(("image %d bytes, RAM %d bytes in %d rounds, %d pages dirty, %d by the device"):format(
    moved.bytes, moved.ram_bytes, moved.rounds, moved.dirty_pages, moved.device_pages))
  say(("downtime %d ns of %d ns"):format(moved.downtime_ns, moved.total_ns))
  expect("pre-copy saw pages that were written meanwhile", moved.dirty_pages > 0)
  expect("some of them by the device", moved.device_pages > 0)
  expect_eq("no page was forgotten", moved.stale_pages, 0)
  expect("the aperture lies elsewhere", before.host_aperture ~= after.host_aperture)
  expect("the hidden part lies elsewhere", before.host_hidden ~= after.host_hidden)
  expect_eq("the guest's aperture stays", after.guest_aperture, before.guest_aperture)
  expect_eq("the guest's hidden part stays", after.guest_hidden, before.guest_hidden)
  return moved
end

return vgpu
