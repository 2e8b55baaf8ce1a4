-- SPDX-License-Identifier: MIT
-- A migration is given up at every packet of the stream; the VM runs on at its source each time.
local image = require "lib.image"
local work = require "lib.work"

local m = machine { gpus = { { name = "src" }, { name = "dst" } }, vms = { { name = "vm1" } } }
m.src:provision(1, { ggtt_size = 4 << 20 })
m.dst:provision(1, { ggtt_size = 4 << 20 })
m.vm1:attach(m.src, 1)
local load = work.open(m.vm1, { "render", "copy" })

-- Where the packets of a stream begin.
local function packets(stream)
  local starts, at = {}, 1
  image.map(stream, function(_, payload)
    starts[#starts + 1] = at
    at = at + 24 + #payload
    return payload
  end)
  return starts
end

local count, cut = 1, 0
while cut < count do
  cut = cut + 1
  load:submit(3, 20000)
  local moved = pcall(vmm.migrate, {
    vm = m.vm1, to = { m.dst, 1 },
    tamper = function(stream)
      local starts = packets(stream)
      count = #starts
      return stream:sub(1, starts[cut] - 1)
    end,
  })
  local name = "before packet " .. cut
  expect(name .. ": given up", not moved)
  expect_eq(name .. ": src runs", m.src:vfio(1), "RUNNING")
  load:finish(name)
  expect_eq(name .. ": the driver saw nothing", load.vf:recoveries(), 0)
end
expect("there were packets of each kind", count >= 6, count)
load:submit(3, 20000)
vmm.migrate { vm = m.vm1, to = { m.dst, 1 } }
load:finish("after all, it moves")
wait_until(function() return not load.vf:recovering() end, "10ms")
expect_eq("with one recovery", load.vf:recoveries(), 1)
