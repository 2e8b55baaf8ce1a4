-- SPDX-License-Identifier: MIT
-- One GT's RESFIX_DONE does not carry the marker that its GuC has, the other's does: 0x107 on the
-- media GT alone, whose recovery is done once more with a new marker, while the main GT is through.
local work = require "lib.work"
local m = machine {
  gpus = { { name = "src" }, { name = "dst" } }, vms = { { name = "vm1" } },
}
local vf = m.vm1.vf
m.src:provision(1, { ggtt_size = 4 << 20 })
m.dst:provision(2, { ggtt_size = 8 << 20 })
m.dst:provision(1, { ggtt_size = 4 << 20 })
m.vm1:attach(m.src, 1)
local load = work.open(m.vm1, { "render", "copy", "video" })
load:submit(6, 20000)
m.dst:inject({ kind = "request", fn = 1, gt = 1, action = "VF2GUC_RESFIX_DONE" },
             { set = { [0] = 0x0fff5508 } })
local starts, answers = {}, {}
for gt = 0, 1 do
  starts[gt] = watch { kind = "mmio_msg", gt = gt, ev = "request", name = "VF2GUC_RESFIX_START" }
  answers[gt] = watch { kind = "mmio_msg", gt = gt, ev = "reply", name = "VF2GUC_RESFIX_DONE" }
end
vmm.migrate { vm = m.vm1, to = { m.dst, 1 } }
load:finish("after 0x107 on the media GT")
wait_until(function() return not vf:recovering() end, "10ms")
expect_eq("main GT: one START", starts[0]:count(), 1)
expect_eq("main GT: one DONE, accepted", answers[0]:events()[1].hxg, "f0000000")
local media = starts[1]:events()
expect_eq("media GT: two STARTs", #media, 2)
expect("media GT: with another marker", media[1].hxg ~= media[2].hxg, media[2].hxg)
expect_eq("media GT: first DONE refused", answers[1]:events()[1].hxg, "e0000107")
expect_eq("media GT: second one accepted", answers[1]:events()[2].hxg, "f0000000")
for gt = 0, 1 do
  expect_eq("GT " .. gt .. ": one recovery", vf:recoveries(gt), 1)
end
