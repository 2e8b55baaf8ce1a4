-- SPDX-License-Identifier: MIT
-- A PF resets a GT at some moment of a migration: of the source or of the target, before, during or
-- after it. Whatever becomes of the migration, the VM's function can be reset and bound again, and
-- works; a second VM's can too. A sweep over `delay` visits every moment.
local work = require "lib.work"
local p = params {
  { "delay", "time", "40us", "from the begin of the migration to the reset" },
  { "host", "string", "dst", "whose GT: src or dst" },
  { "gt", "int", 0, "which GT", min = 0, max = 1 },
  { "time_limit", "time", "60s", "as drivers notice by their time-outs" },
}
local m = machine {
  gpus = { { name = "src" }, { name = "dst" } }, vms = { { name = "vm1" }, { name = "vm2" } },
}
m.src:provision(1, { ggtt_size = 2 << 20 })
m.dst:provision(2, { ggtt_size = 2 << 20 })
m.dst:provision(1, { ggtt_size = 2 << 20 })
m.vm1:attach(m.src, 1)
m.vm2:attach(m.dst, 2)
local load = work.open(m.vm1, { "render", "copy", "video" })
work.open(m.vm2, { "render", "copy", "video" })
load:submit(4, 20000)

local moved, failure = false, nil
local mover = actor("mover", function()
  moved, failure = pcall(vmm.migrate, { vm = m.vm1, to = { m.dst, 1 } })
end)
sleep(p.delay)
m[p.host]:reset_gt(p.gt)
mover:join("40s")
say(moved and "it moved" or "it did not move: " .. failure.errno)
expect_eq("the GT was reset once", m[p.host]:gt_resets(p.gt), 1)

-- The administrator puts right what is left of it.
local function revive(name, vm, gpu, fn)
  gpu:reset(fn)
  vm:run(function() vm.vf:remove() end, "20s")
  local again = work.open(vm, { "render", "copy", "video" })
  again:submit(3, 5000)
  again:finish(name)
end
local here = moved and m.dst or m.src
revive("vm1", m.vm1, here, 1)
revive("vm2", m.vm2, m.dst, 2)
if not moved then
  m.dst:reset(1)
end
for _, gpu in ipairs { m.src, m.dst } do
  for gt = 0, 1 do
    local state = gpu:state(1, gt)
    expect(gpu.name .. ": GT " .. gt .. " is well", state == "READY" or state == "RESUMED" or
           gpu == m.src and moved, state)
  end
end
