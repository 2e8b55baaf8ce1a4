-- SPDX-License-Identifier: MIT
-- The PV channel of a mediated vGPU: messages with fences, from the guest through the trap to the
-- mediator and back.
local m = machine {
  gpus = { { name = "src", vfs = 0, vgpus = { types = { "8" } } } },
  vms = { { name = "vm1", pv = true } },
}
local vgpu, vm1, pv = m.src:vgpu(1), m.vm1, m.vm1.pv

vm1:attach_vgpu(vgpu)
vm1:run(function()
  expect_eq("all features are agreed on", pv:start(), 7)
  expect_eq("a message is done", pv:send(0), 0)
end, "100ms")
