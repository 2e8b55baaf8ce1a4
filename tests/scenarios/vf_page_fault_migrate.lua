-- SPDX-License-Identifier: MIT
-- A VM moves while engines wait for pages: before its driver was told, while the driver brings the
-- page, and with the answer in the ring that the GuC has not read. The accesses are done again at
-- the target, fault there, and every job ends right; what the source's GuC asked is thrown away.
local p = params {
  { "pages", "int", 64, "that each queue has to be given, one by one", min = 2, max = 128 },
  { "delay", "time", "3us", "that the driver takes for a page" },
}
local MiB <const> = 1 << 20
local REPORT <const>, ANSWER <const> = 0x6002, 0x6003
local m = machine {
  gpus = { { name = "src", vfs = 2 }, { name = "dst", vfs = 2 } },
  vms = { { name = "vm" }, { name = "near" } },
}
local vm, near = m.vm, m.near
local vf = vm.vf

m.src:provision(1, { ggtt_start = 256 * MiB, ggtt_size = 8 * MiB })
m.src:provision(2, { ggtt_start = 320 * MiB, ggtt_size = 8 * MiB })
m.dst:provision(1, { ggtt_start = 512 * MiB, ggtt_size = 8 * MiB })
vm:attach(m.src, 1)
near:attach(m.src, 2)

-- The neighbour stays and has faults of its own all the time.
local moved = false
local neighbour = near:actor("near", function()
  local rounds = 0
  near.vf:probe()
  repeat
    local queue = near.vf:queue("copy", { pages = 8 })
    near.vf:wait(queue, near.vf:submit(queue, { touch = 0, add = { 1, 1 } }), "50ms")
    for page = 0, 7 do
      if near.vf:page(queue, page) ~= 1 then expect("near: page " .. page, false) end
    end
    near.vf:destroy(queue)
    rounds = rounds + 1
    sleep("400us")
  until moved
  expect("near: its faults were served", near.vf:page_faults().bound == 9 * rounds)
  expect_eq("near: not one was dropped", near.vf:page_faults().dropped, 0)
end)

vm:run(function()
  vf:probe()
  vf:page_delay(p.delay)
end)
local errors = watch { kind = "peer_error" }
local there, away = m.src, m.dst

-- Jobs on two engines, with faults of both under way; the VM moves when at() returns.
local function move(name, at)
  local queues, fences, before = {}, {}, vf:page_faults()

  vm:run(function()
    for i, engine in ipairs { "copy", "render" } do
      queues[i] = vf:queue(engine, { pages = p.pages })
      fences[i] = vf:submit(queues[i], { work = 1000, touch = 0, add = { 1, 1 } })
    end
  end)
  at()
  local done = vf:done(queues[1]) + vf:done(queues[2])
  local moves = vf:recoveries(0)
  vmm.migrate { vm = vm, to = { away, 1 } }
  expect_eq(name .. ": jobs that had ended before", done, 0)
  there:reset(1)
  there, away = away, there
  vm:run(function()
    for i = 1, 2 do vf:wait(queues[i], fences[i], "100ms") end
    wait_until(function() return not vf:recovering() end, "50ms")
    expect_eq(name .. ": recovered", vf:recoveries(0), moves + 1)
    for i = 1, 2 do
      local right = 0
      for page = 0, p.pages - 1 do
        right = right + (vf:page(queues[i], page) == 1 and 1 or 0)
      end
      expect_eq(("%s: queue %d: pages that are right"):format(name, i), right, p.pages)
      vf:destroy(queues[i])
    end
  end)
  local after = vf:page_faults()
  expect_eq(name .. ": each page was brought once", after.bound - before.bound, 2 * (p.pages + 1))
  expect_eq(name .. ": none was refused", after.refused, 0)
  expect_eq(name .. ": no reset", vf:resets(0), 0)
  expect_eq(name .. ": not wedged", vf:wedged(), nil)
  return after.dropped - before.dropped, after.taken - before.taken
end

local function report_sent()
  wait_event { kind = "g2h", gpu = there.name, fn = 1, action = REPORT, ev = "sent" }
end

-- Somewhere in the middle.
move("any moment", function() sleep("400us") end)

-- The driver was not told: the report is on its way for longer than the VM stays.
local held = watch { kind = "fault", what = "message_delayed", fn = 1 }
move("before the report", function()
  sleep("300us")
  there:inject({ kind = "g2h", fn = 1, action = REPORT, count = 2 }, { delay = "20ms" })
  sleep("100us")
end)
expect_eq("before the report: of both engines", held:count(), 2)

-- The driver is at it: what it finds in the end is for a GuC that it has left.
local dropped = move("before the answer", function()
  sleep("300us")
  vf:page_delay("500us")
  report_sent()
  sleep("100us")
  vf:page_delay(p.delay)
end)
expect("before the answer: it was thrown away", dropped >= 1, dropped)

-- The answers lie in the ring, and the GuC does not come to read them.
local answers = watch { kind = "h2g", fn = 1, action = ANSWER, ev = "sent" }
local taken = watch { kind = "h2g", fn = 1, action = ANSWER, ev = "taken" }
local unread
move("answer in the ring", function()
  sleep("300us")
  vf:page_delay("20us")
  report_sent()
  there:stall_guc(0, 100000)
  sleep("60us")
  vf:page_delay(p.delay)
  unread = answers:count() - taken:count()
end)
expect("answer in the ring: one was not read", unread >= 1, unread)

moved = true
neighbour:join("50ms")
expect_none("nobody broke a rule", errors)
