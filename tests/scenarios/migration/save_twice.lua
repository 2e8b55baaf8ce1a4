-- SPDX-License-Identifier: MIT
-- One stream can be loaded any number of times; each device that has it waits for a driver.
local m = machine {
  gpus = { { name = "src" }, { name = "dst" } }, vms = { { name = "vm1" } },
}
m.src:provision(1, { ggtt_size = 4 << 20 })
m.dst:provision(1, { ggtt_size = 4 << 20 })
m.dst:provision(2, { ggtt_size = 4 << 20 })
m.vm1:attach(m.src, 1)
local vf, queue = m.vm1.vf, nil
m.vm1:run(function()
  vf:probe()
  queue = vf:queue("render")
  vf:wait(queue, vf:submit(queue, { add = { 1, 1 } }))
end)

m.vm1:stop()
m.src:vfio(1, "STOP")
local stream = m.src:save(1)
m.src:vfio(1, "STOP")
local again = m.src:save(1)
expect("saved twice without work between, it is the same", stream == again)
local blocked = watch { kind = "vf_state", gpu = "dst", gt = 0, to = "VF_RESFIX_BLOCKED" }
for target = 1, 2 do
  m.dst:load(target, stream)
  m.dst:vfio(target, "RUNNING")
  expect_eq("target " .. target .. " runs", m.dst:vfio(target), "RUNNING")
  expect_eq("target " .. target .. " waits for its driver", m.dst:recovered(target), false)
end
expect_eq("both are held back for fixups", blocked:count(), 2)
m.dst:reset(1)
m.dst:load(1, stream)
expect_eq("loaded once more after a reset", m.dst:vfio(1), "STOP")

m.src:vfio(1, "RUNNING")
m.vm1:start()
m.vm1:run(function()
  vf:wait(queue, vf:submit(queue, { add = { 1, 1 } }))
end)
expect_eq("the source has gone on", vf:result(1), 2)
expect_eq("without a recovery", vf:recoveries(), 0)
