-- SPDX-License-Identifier: MIT
-- A guest fills its page tables with nonsense while a job runs: what it reaches is its own RAM or
-- nothing, its queues can be taken away, and the neighbour on the same engine does not change.
local m = machine {
  gpus = { { name = "gpu", gts = 1 } }, vms = { { name = "wild" }, { name = "calm" } },
}
for vf, vm in ipairs { m.wild, m.calm } do
  m.gpu:provision(vf, { ggtt_size = 4 << 20 })
  vm:attach(m.gpu, vf)
  vm:run(function() vm.vf:probe() end)
end
local RAM, PAGE = 1 << 20, 4096

-- Tables of a space hold few words, each the address of a page of RAM with its flags.
local function tables()
  local found, ram = {}, m.wild:mem_read(0, RAM)
  for at = 1, #ram, PAGE do
    local words = 0
    for entry in ram:sub(at, at + PAGE - 1):gmatch("........") do
      local value = string.unpack("<I8", entry)
      if value ~= 0 then
        words = words + (value & 0xfff == 3 and value < RAM and 1 or 1000)
      end
    end
    if words >= 1 and words <= 3 then
      found[#found + 1] = at - 1
    end
  end
  return found
end

local function entries(value)
  return function() return string.pack("<I8", value):rep(PAGE // 8) end
end
local nonsense = {
  { "ones", entries(-1), "EIO" },
  { "addresses outside of RAM", entries(1 << 40 | 3), "EIO" },
  { "addresses beyond the chip's", entries(1 << 50 | 3), "EIO" },
  { "nothing present", entries(0x7000), "EIO" },
  -- The batch is then a table, whose words are no-ops to its end, and it follows itself for ever.
  { "tables that lead to themselves", function(page) return entries(page | 3)() end, "ETIME" },
}
local calm = m.calm:mem_read(0, RAM)
for _, case in ipairs(nonsense) do
  local name, make, errno = table.unpack(case)
  m.wild:run(function()
    local vf = m.wild.vf
    local queue = vf:queue("render", { ppgtt = 5 })
    local fence = vf:submit(queue, { work = 100000, preemptible = false, add = { 1, 1 } })
    local pages = tables()
    expect_eq(name .. ": tables were found", #pages, 5)
    for _, page in ipairs(pages) do
      m.wild:mem_write(page, make(page))
    end
    local ok, failure = pcall(vf.wait, vf, queue, fence, "300us")
    expect_eq(name .. ": how the job ends", ok or failure.errno, errno)
    for _, page in ipairs(pages) do
      m.wild:mem_write(page, ("\0"):rep(PAGE))
    end
    vf:destroy(queue)
  end)
end
expect("the neighbour's RAM is as it was", m.calm:mem_read(0, RAM) == calm)
m.calm:run(function()
  local vf = m.calm.vf
  local queue = vf:queue("render", { ppgtt = 5 })
  vf:wait(queue, vf:submit(queue, { add = { 1, 1 } }))
  expect_eq("its jobs run", vf:result(1, queue), 1)
end)
expect_eq("the wild driver is well", m.wild.vf:wedged(), nil)
