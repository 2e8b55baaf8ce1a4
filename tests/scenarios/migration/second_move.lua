-- SPDX-License-Identifier: MIT
-- A VM moves on a while after its first move, in the middle of its driver's recovery. Below ABI
-- 1.27 there are moments at which jobs are lost; a sweep over `pause` finds them.
local work = require "lib.work"

local p = params {
  { "pause", "time", "5us", "from the end of the first move to the next one" },
  { "guc.abi", "version", "1.26", "VF ABI of the GuCs of all GPUs" },
}

local m = machine {
  gpus = { { name = "home", vfs = 2 }, { name = "away", vfs = 2 } },
  vms = { { name = "vm1" } },
}
local share = { ggtt_size = 2 << 20 }
m.home:provision(1, share)
m.away:provision(2, share) -- so that VF 1 lies elsewhere
m.away:provision(1, share)
m.vm1:attach(m.home, 1)

local load = work.open(m.vm1, { "render", "copy" })
load:submit(4, 20000)
sleep("10us")
vmm.migrate { vm = m.vm1, to = { m.away, 1 } }
m.home:reset(1)
sleep(p.pause)
vmm.migrate { vm = m.vm1, to = { m.home, 1 } }
load:finish("moved twice")
