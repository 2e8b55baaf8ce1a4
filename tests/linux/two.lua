-- SPDX-License-Identifier: MIT
-- Two guests outside of the machine on two VFs of one GPU. One is killed; the other notices
-- nothing.
params {
  { "time_limit", "time", "3600s", "virtual time after which the run is given up" },
}
local m = machine {
  gpus = { { name = "src", gts = 2, vfs = 2 } },
  vms = { { name = "vm1", ram = 1 << 30 }, { name = "vm2", ram = 1 << 30 } },
}
local vms = { m.vm1, m.vm2 }
for vf, vm in ipairs(vms) do
  m.src:provision(vf, { ggtt_size = 32 << 20, contexts = 256, doorbells = 32 })
  vm:attach(m.src, vf)
end
for _, vm in ipairs(vms) do
  wait_until(function() return vm:outside() ~= "waiting" end, "600s", "1ms")
end
for _, vm in ipairs(vms) do
  wait_until(function() return vm:outside() == "gone" end, "3000s", "1ms")
end
