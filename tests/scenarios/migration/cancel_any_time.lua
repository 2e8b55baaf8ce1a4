-- SPDX-License-Identifier: MIT
-- A migration over a link is cancelled by another actor, a little later each time; the guest goes
-- on at its source with all its jobs, until a cancel comes too late.
local work = require "lib.work"

local p = params {
  { "step", "time", "47us", "between one try's time of cancelling and the next one's", min = "1ns",
    max = "1ms" },
}

local m = machine { gpus = { { name = "src" }, { name = "dst" } }, vms = { { name = "vm1" } } }
m.src:provision(1, { ggtt_size = 2 << 20 })
m.dst:provision(1, { ggtt_size = 2 << 20 })
m.vm1:attach(m.src, 1)
local load = work.open(m.vm1, { "render", "copy" })

expect_failure("nothing to cancel", "ESRCH", vmm.cancel, m.vm1)
local tries, moved = 0, false
while not moved do
  tries = tries + 1
  local over = false
  load:submit(3, 20000)
  local canceller = actor("canceller", function()
    sleep(tries * p.step)
    if not over then
      vmm.cancel(m.vm1)
      expect_failure("try " .. tries .. ": there is one at a time", "EALREADY", vmm.migrate,
                     { vm = m.vm1, to = { m.dst, 1 } })
    end
  end)
  local ok, failure = pcall(vmm.migrate, { vm = m.vm1, to = { m.dst, 1 }, bandwidth = 1000000000,
                                           downtime = "10us" })
  over, moved = true, ok
  expect("try " .. tries .. ": cancelled or too late", ok or failure.errno == "ECANCELED")
  load:finish("try " .. tries)
  wait_until(function() return load.vf:recoveries() == (moved and 1 or 0) end, "10ms")
  expect_eq("try " .. tries .. ": recoveries", load.vf:recoveries(), moved and 1 or 0)
  canceller:join()
end
say("moved at try " .. tries)
expect("some were cancelled", tries > 4, tries)
