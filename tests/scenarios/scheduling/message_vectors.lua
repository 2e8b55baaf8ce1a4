-- SPDX-License-Identifier: MIT
-- A driver with MSI-X gives its contexts a vector: engines signal that one, GuCs vector 0, and both
-- do so after a migration too. A neighbour with one message gets all of it there.
local m = machine { gpus = { { name = "src", vfs = 2 }, { name = "dst" } },
                    vms = { { name = "many", msix = true }, { name = "one" } } }
m.src:provision(1, { ggtt_size = 8 << 20 })
m.src:provision(2, { ggtt_size = 8 << 20 })
m.dst:provision(1, { ggtt_start = 512 << 20, ggtt_size = 8 << 20 })
m.many:attach(m.src, 1)
m.one:attach(m.src, 2)
local classes = { "render", "copy", "compute", "video", "enhance" }
local function msis(gpu, fn, vector)
  return watch { kind = "irq", gpu = gpu, fn = fn, source = "msi" .. vector }
end
local many0, many1 = msis("src", 1, 0), msis("src", 1, 1)
local one0, one1 = msis("src", 2, 0), msis("src", 2, 1)
local moved1 = msis("dst", 1, 1)
local function work(vm, start)
  local slowest = 0
  for i, class in ipairs(classes) do
    local queue, begun = vm.vf:queue(class), now()
    vm.vf:wait(queue, vm.vf:submit(queue, { add = { i, 1 } }))
    slowest = math.max(slowest, now() - begun)
    expect_eq(class .. ", round " .. start, vm.vf:result(i), start)
  end
  return slowest
end
for _, vm in ipairs { m.many, m.one } do
  vm:run(function()
    vm.vf:probe()
    local slowest = work(vm, 1)
    -- An interrupt that nobody takes is found 100 ms later.
    expect("by interrupt", slowest < ns("10ms"), slowest)
  end)
end
expect_eq("its engines' vector", many1:count(), #classes)
expect("its GuCs' vector", many0:count() > 0)
expect_eq("the neighbour has no other vector", one1:count(), 0)
expect("but one", one0:count() > 0)
vmm.migrate { vm = m.many, to = { m.dst, 1 } }
wait_until(function() return m.dst:recovered(1) and not m.many.vf:recovering() end, "10ms")
m.many:run(function()
  expect("by interrupt", work(m.many, 2) < ns("10ms"))
end)
expect_eq("the same vector elsewhere", moved1:count(), #classes)
