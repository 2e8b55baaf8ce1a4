-- SPDX-License-Identifier: MIT
-- Cut, damaged and foreign streams are refused: the VF runs on at its source, and a good one works.
local m = machine {
  gpus = { { name = "src", gts = 2, vfs = 2 }, { name = "dst", gts = 2, vfs = 2 } },
  vms = { { name = "vm1" } },
}
local src, dst, vm1 = m.src, m.dst, m.vm1
local vf = vm1.vf

local share = { ggtt_size = 4 << 20 }
src:provision(1, share)
dst:provision(2, share)
dst:provision(1, share)
vm1:attach(src, 1)

local queue
local jobs = 0

local function work(count)
  vm1:run(function()
    local fence
    for _ = 1, count do
      fence = vf:submit(queue, { work = 3000, preemptible = true, add = { 1, 1 } })
    end
    jobs = jobs + count
    return fence
  end)
end

local function all_done()
  vm1:run(function()
    vf:wait(queue, jobs, "50ms")
  end)
  return vf:result(1) == jobs
end

vm1:run(function()
  vf:probe()
  queue = vf:queue("render")
end, "100ms")

-- Header: version, type, tile, gt, flags; the descriptor packet comes first, its device id at 28.
local function with_byte(stream, at, byte)
  return stream:sub(1, at) .. string.char(byte) .. stream:sub(at + 2)
end

local damages = {
  { "cut before the trailer", "ENODATA", function(s) return s:sub(1, #s - 24) end },
  { "cut in the middle", "ENODATA", function(s) return s:sub(1, #s // 2) end },
  { "empty", "ENODATA", function() return "" end },
  { "of a foreign device", "ENODEV",
    function(s) return with_byte(s, 28, s:byte(29) ~ 0xff) end },
  { "of a newer version", "EINVAL", function(s) return with_byte(s, 0, 2) end },
  { "with a damaged GuC image", "EIO", function(s)
      -- the first GuC packet follows the descriptor: its payload's byte 40
      local at = 24 + string.unpack("<I8", s, 17) + 24 + 40
      return with_byte(s, at, s:byte(at + 1) ~ 0x10)
    end },
}

for _, damage in ipairs(damages) do
  local what, errno, tamper = table.unpack(damage)
  work(6)
  sleep("4us")
  expect_failure("a stream " .. what .. " is refused", errno, vmm.migrate,
                 { vm = vm1, to = { dst, 1 }, tamper = tamper })
  expect_eq(what .. ": dst has nothing of it", dst:state(1), "READY")
  expect(what .. ": every job ended at src", all_done(), vf:result(1))
  expect_eq(what .. ": the driver saw no migration", vf:recoveries(), 0)
end

work(6)
vmm.migrate { vm = vm1, to = { dst, 1 } }
expect("a good stream moves it, every job ended", all_done(), vf:result(1))
expect_eq("after one recovery", vf:recoveries(0), 1)
expect_eq("not wedged", vf:wedged(), nil)
