-- SPDX-License-Identifier: MIT
-- A VF moves while it has nothing to do: with queues open, and before any was made.
local m = machine {
  gpus = { { name = "src" }, { name = "dst" } }, vms = { { name = "bare" }, { name = "open" } },
}
for vf, vm in ipairs { m.bare, m.open } do
  m.src:provision(vf, { ggtt_size = 4 << 20 })
  m.dst:provision(3 - vf, { ggtt_start = 256 + 16 * vf << 20, ggtt_size = 4 << 20 })
  vm:attach(m.src, vf)
  vm:run(function() vm.vf:probe() end)
end
local queues = {}
m.open:run(function()
  for slot, engine in ipairs { "render", "copy", "video" } do
    queues[slot] = m.open.vf:queue(engine)
    m.open.vf:wait(queues[slot], m.open.vf:submit(queues[slot], { add = { slot, 1 } }))
  end
end)
for vf, vm in ipairs { m.bare, m.open } do
  local before = vm.vf:ggtt_start()
  vmm.migrate { vm = vm, to = { m.dst, 3 - vf } }
  wait_until(function() return m.dst:recovered(3 - vf) and not vm.vf:recovering() end, "10ms")
  expect(vm.name .. ": its range lies elsewhere", vm.vf:ggtt_start() ~= before)
  expect_eq(vm.name .. ": as the PF says", vm.vf:ggtt_start(), m.dst:config(3 - vf).ggtt_start)
  expect_eq(vm.name .. ": one recovery on each GT", vm.vf:recoveries(0) + vm.vf:recoveries(1), 2)
end
m.open:run(function()
  for slot, queue in ipairs(queues) do
    m.open.vf:wait(queue, m.open.vf:submit(queue, { add = { slot, 1 } }))
    expect_eq("open: old queue " .. slot .. " works on", m.open.vf:result(slot), 2)
  end
end)
m.bare:run(function()
  local queue = m.bare.vf:queue("copy")
  m.bare.vf:wait(queue, m.bare.vf:submit(queue, { add = { 1, 1 } }))
  expect_eq("bare: a new queue works", m.bare.vf:result(1), 1)
end)
