-- SPDX-License-Identifier: MIT
-- The target's PF resets a GT while a VF is recovering on it: its GuC has forgotten the image, so
-- DONE is refused, START too, and the driver gives the device up. The VMM can see it; a VM that
-- comes later, and the one that binds anew, work.
local work = require "lib.work"
local p = params { { "time_limit", "time", "30s", "as drivers notice by their time-outs" } }
local m = machine {
  gpus = { { name = "src" }, { name = "dst" } }, vms = { { name = "vm1" }, { name = "vm2" } },
}
local loads = {}
for vf, vm in ipairs { m.vm1, m.vm2 } do
  m.src:provision(vf, { ggtt_size = 4 << 20 })
  vm:attach(m.src, vf)
  loads[vf] = work.open(vm, { "render", "copy", "video" })
  loads[vf]:submit(4, 20000)
end
m.dst:provision(2, { ggtt_size = 4 << 20 })
m.dst:provision(1, { ggtt_size = 4 << 20 })
local vf = m.vm1.vf

vf:hold("restart")
vmm.migrate { vm = m.vm1, to = { m.dst, 1 } }
wait_until(function() return vf:held() end, "10ms")
m.dst:reset_gt(0)
local done = watch { kind = "mmio_msg", gpu = "dst", gt = 0, ev = "reply",
                     name = "VF2GUC_RESFIX_DONE" }
vf:hold()
wait_until(function() return vf:wedged() end, "10ms")
expect_eq("the GuC knows no marker", done:events()[1].hxg, "e0000107")
expect_eq("nor anything to be recovered", vf:wedged(), "RESFIX_START refused")
expect_eq("the PF knows that the VF has not come back", m.dst:recovered(1), false)

vmm.migrate { vm = m.vm2, to = { m.dst, 2 } }
loads[2]:finish("the next VM")
m.vm1:run(function() vf:remove() end)
loads[1] = work.open(m.vm1, { "render", "copy", "video" })
loads[1]:submit(4, 20000)
loads[1]:finish("bound again")
