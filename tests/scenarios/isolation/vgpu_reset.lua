-- SPDX-License-Identifier: MIT
-- A vGPU that is reset while its work runs: the work leaves its engines first, and nothing of it is
-- written afterwards, whether it would have ended or never. Its neighbour's work is not touched.
local m = machine {
  gpus = { { name = "src", vfs = 0, vgpus = { types = { "8", "8", "8" } } } },
  vms = { { name = "vm1", pv = true }, { name = "vm2", pv = true }, { name = "vm3", pv = true } },
}
local ENDS, NEVER = 300000, 500000000 -- cycles
local ENGINES = { "copy", "render", "video" }

-- Work for each engine: one that runs and one that waits.
local function submit(vm, cycles)
  local last = {}
  vm:run(function()
    vm.pv:start()
    for number, engine in ipairs(ENGINES) do
      local queue = vm.pv:queue(engine, { space = "tables" })
      for _ = 1, 2 do
        last[queue] = vm.pv:submit(queue, { work = cycles, add = { number, 7 } })
      end
    end
  end)
  return last
end

for number, vm in ipairs { m.vm1, m.vm2, m.vm3 } do vm:attach_vgpu(m.src:vgpu(number)) end
local neighbours = submit(m.vm3, ENDS)
for number, case in ipairs {
  { "work that would end", m.vm1, ENDS }, { "work that hangs", m.vm2, NEVER },
} do
  local name, vm, vgpu = case[1], case[2], m.src:vgpu(number)
  local runs = watch { kind = "job", fn = 56 + number, ev = "switch_in" }
  submit(vm, case[3])
  for _ = 1, #ENGINES do runs:wait("5ms") end
  sleep("50us")
  expect_eq(name .. ": is there", vgpu:queued(), #ENGINES)
  local begun = now()
  vgpu:reset()
  expect(name .. ": left at once", now() - begun < 100000, now() - begun)
  expect_eq(name .. ": no work is left", vgpu:queued(), 0)
  local before = {}
  for slot = 1, #ENGINES do before[slot] = vm.pv:result(slot) end
  vgpu:start()
  sleep("2ms")
  for slot = 1, #ENGINES do
    expect_eq(name .. ": nothing is written afterwards", vm.pv:result(slot), before[slot])
  end
end
m.vm3:run(function()
  for queue, fence in pairs(neighbours) do m.vm3.pv:wait(queue, fence) end
end)
for slot = 1, #ENGINES do expect_eq("the neighbour's work ran", m.vm3.pv:result(slot), 14) end
