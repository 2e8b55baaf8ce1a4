-- SPDX-License-Identifier: MIT
-- A VF for a guest outside of the machine: Linux and its own xe driver in QEMU.
params {
  { "time_limit", "time", "3600s", "virtual time after which the run is given up" },
}
local m = machine {
  gpus = { { name = "src", gts = 2, vfs = 2 } },
  vms = { { name = "vm1", ram = 1 << 30 } },
}
m.src:provision(1, { ggtt_size = 32 << 20, contexts = 256, doorbells = 32 })
m.vm1:attach(m.src, 1)
local function is(state)
  return function() return m.vm1:outside() == state end
end
wait_until(is("here"), "600s", "1ms")
say("the guest is here")
wait_until(is("gone"), "3000s", "1ms")
say("the guest is gone")
