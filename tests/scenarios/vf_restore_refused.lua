-- SPDX-License-Identifier: MIT
-- Damaged, cut and foreign streams are refused; the VM runs on at src each time, and moves at last.
local m = machine {
  gpus = { { name = "src" }, { name = "dst" } },
  vms = { { name = "vm1" } },
}
local src, dst, vm1 = m.src, m.dst, m.vm1
local vf = vm1.vf
local share = { ggtt_size = 8 << 20 }

src:provision(1, share)
dst:provision(2, share)
dst:provision(1, share)
vm1:attach(src, 1)

local queue
local jobs = 0

-- Jobs are in flight whenever the VM is stopped.
local function submit(count)
  local fence
  for _ = 1, count do
    fence = vf:submit(queue, { work = 5000, add = { 1, 1 } })
    jobs = jobs + 1
  end
  return fence
end

vm1:run(function()
  vf:probe()
  queue = vf:queue("render")
end)

-- Byte `at` of the stream (from 1, or from its end when negative) with a bit turned.
local function flip(at)
  return function(stream)
    local place = at > 0 and at or #stream + 1 + at
    local byte = string.char(stream:byte(place) ~ 1)
    return stream:sub(1, place - 1) .. byte .. stream:sub(place + 1)
  end
end

-- Offsets: a packet is a header of 24 bytes and its payload; the first one is the descriptor.
local attempts = {
  { "an empty stream", function() return "" end },
  { "half a header", function(stream) return stream:sub(1, 12) end },
  { "a cut in the GuC's blob", function(stream) return stream:sub(1, 100) end },
  { "no trailer", function(stream) return stream:sub(1, -25) end },
  { "another version", flip(1) },
  { "another device", flip(24 + 5) },
  { "a damaged blob", flip(24 + 16 + 24 + 40) },
  { "a damaged trailer", flip(-1) },
}

local before = dst:config(1)
for _, attempt in ipairs(attempts) do
  local name, tamper = attempt[1], attempt[2]
  local fence
  vm1:run(function() fence = submit(4) end)
  local moved, failure = pcall(vmm.migrate, { vm = vm1, to = { dst, 1 }, tamper = tamper })
  expect(name .. " is refused", not moved, "success")
  if not moved then
    say(name .. ": " .. failure.errno)
  end
  expect_eq(name .. ": src runs", src:vfio(1), "RUNNING")
  expect_eq(name .. ": dst keeps its range", dst:config(1).ggtt_start, before.ggtt_start)
  vm1:run(function() vf:wait(queue, fence) end)
  expect_eq(name .. ": jobs end at src", vf:result(1), jobs)
  expect_eq(name .. ": the driver saw nothing", vf:recoveries(), 0)
end

local fence
vm1:run(function() fence = submit(4) end)
vmm.migrate { vm = vm1, to = { dst, 1 } }
vm1:run(function()
  vf:wait(queue, fence)
  wait_until(function() return not vf:recovering() end)
end)
expect_eq("jobs end at dst", vf:result(1), jobs)
expect_eq("one recovery", vf:recoveries(), 1)
