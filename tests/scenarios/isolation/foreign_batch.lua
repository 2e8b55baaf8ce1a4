-- SPDX-License-Identifier: MIT
-- A batch that stores to a neighbour's GGTT address faults and writes nothing; its job ends badly.
local m = machine {
  gpus = { { name = "gpu", gts = 1 } }, vms = { { name = "wild" }, { name = "calm" } },
}
for vf, vm in ipairs { m.wild, m.calm } do
  m.gpu:provision(vf, { ggtt_size = 4 << 20 })
  vm:attach(m.gpu, vf)
  vm:run(function() vm.vf:probe() end)
end
local MARK = 0x5ca1ab1e
local function u32(value) return string.pack("<I4", value) end

local queue, fence
m.wild:run(function()
  local vf = m.wild.vf
  queue = vf:queue("render")
  vf:submit(queue, { work = 200000, preemptible = false })
  fence = vf:submit(queue, { store = { 7, MARK } })
end)

-- Its store's address is the pair of dwords in front of the value. While the first job runs, the
-- guest turns it towards the neighbour's range.
local ram = m.wild:mem_read(0, 1 << 20)
local turned, at = 0, ram:find(u32(MARK), 1, true)
while at do
  m.wild:mem_write(at - 9, u32(m.calm.vf:ggtt_start()) .. u32(0))
  turned = turned + 1
  at = ram:find(u32(MARK), at + 4, true)
end
expect("the store was found", turned >= 1, turned)
local fault = watch { kind = "fault", fn = 1 }
local before = m.calm:mem_read(0, 1 << 20)
m.wild:run(function()
  expect_failure("the job ends with an error", "EIO", function()
    m.wild.vf:wait(queue, fence, "5ms")
  end)
end)
expect("a fault was told", fault:count() >= 1)
expect("the neighbour's RAM is as it was", m.calm:mem_read(0, 1 << 20) == before)
m.calm:run(function()
  local vf = m.calm.vf
  local mine = vf:queue("render")
  vf:wait(mine, vf:submit(mine, { add = { 1, 1 } }))
end)
expect_eq("the neighbour's jobs run", m.calm.vf:result(1), 1)
expect_eq("it is not wedged", m.calm.vf:wedged(), nil)
