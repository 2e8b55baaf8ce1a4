-- SPDX-License-Identifier: MIT
-- A driver's own ring is damaged while jobs wait: it resets the GT, shakes hands again, and runs
-- them. Rings that are damaged again and again end in a wedged device, and everyone is told.
local raw = require "lib.raw"

local m = machine { gpus = { { name = "gpu" } }, vms = { { name = "vm1" }, { name = "vm2" } } }
local vf = m.vm1.vf
for n, vm in ipairs { m.vm1, m.vm2 } do
  m.gpu:provision(n, { ggtt_size = 4 << 20 })
  vm:attach(m.gpu, n)
end

-- Where the driver put its H2G descriptor of the main GT: it told the GuC, and RAM is behind it.
local told = watch { kind = "mmio_msg", gt = 0, fn = 1, ev = "request", action = raw.SELF_CFG }
m.vm1:run(function() vf:probe() end)
m.vm2:run(function() m.vm2.vf:probe() end)
local descriptor
for _, event in ipairs(told:events()) do
  local address = event.hxg:match("^00000508 09030002 (%x+)")
  descriptor = address and tonumber(address, 16) or descriptor
end

-- In the guest.
local function damage()
  local entry = m.vm1:read64(raw.GGTT + descriptor // 4096 * 8)
  m.vm1:mem_write((entry & 0xffffffffff000) + descriptor % 4096 + 8, "\1\0\0\0")
end

local handshakes = watch { kind = "h2g", ev = "taken", fn = 1, gt = 0, action = 0x5103 }
m.vm1:run(function()
  local queue = vf:queue("render")
  vf:wait(queue, vf:submit(queue, { add = { 1, 1 } }))
  damage()
  -- The message that tells of the next job finds it out, and is not lost.
  for _ = 1, 10 do
    vf:submit(queue, { work = 1000, add = { 1, 1 } })
  end
  vf:wait(queue, 11)
end)
expect_eq("each job ran once", vf:result(1), 11)
expect_eq("after one reset of the GT", vf:resets(0), 1)
expect_eq("of that one alone", vf:resets(1), 0)
expect_eq("with one handshake", handshakes:count(), 1)
expect_eq("not wedged", vf:wedged(), nil)

m.vm1:run(function()
  local queue = vf:queue("copy")
  local ok, failure
  for n = 1, 10 do
    damage()
    ok, failure = pcall(vf.submit, vf, queue, { add = { 2, 1 } })
    if ok then
      ok, failure = pcall(vf.wait, vf, queue, n, "20ms")
    end
    if not ok then
      break
    end
  end
  expect("in the end the driver gives up", not ok)
  expect_eq("and says so to those who wait", failure.errno, "ECANCELED")
end)
expect("the device is wedged", vf:wedged())
expect_eq("after a few resets", vf:resets(0), 4)
m.vm2:run(function()
  local queue = m.vm2.vf:queue("render")
  m.vm2.vf:wait(queue, m.vm2.vf:submit(queue, { add = { 1, 1 } }))
  expect_eq("the neighbour works", m.vm2.vf:result(1), 1)
end)
