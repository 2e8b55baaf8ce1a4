-- SPDX-License-Identifier: MIT
-- Queues with page tables of their own: the same addresses with separate memory behind them, a page
-- that is not mapped, and a migration in mid-work. The tables hold what the guest takes for
-- addresses of its RAM, so nothing in them is fixed up.
local MiB = 1 << 20
local m = machine {
  gpus = { { name = "src" }, { name = "dst" } }, vms = { { name = "vm" } },
}
m.src:provision(1, { ggtt_start = 256 * MiB, ggtt_size = 8 * MiB })
m.dst:provision(1, { ggtt_start = 512 * MiB, ggtt_size = 8 * MiB })
m.vm:attach(m.src, 1)

local vf = m.vm.vf
local queues, last = {}, {}
local LEVELS = { 5, 5, 4, 3 }

local function submit(each)
  for i, queue in ipairs(queues) do
    last[i] = vf:submit(queue, each(i))
  end
end
local function wait()
  for i, queue in ipairs(queues) do
    vf:wait(queue, last[i], "50ms")
  end
end

-- The same addresses: each queue adds to slot 1, and each finds its own sum there.
m.vm:run(function()
  vf:probe()
  for i, levels in ipairs(LEVELS) do
    queues[i] = vf:queue(i % 2 == 1 and "render" or "copy", { ppgtt = levels })
  end
  for _ = 1, 3 do
    submit(function(i) return { work = 1000, add = { 1, i }, store = { 2, 0x100 + i } } end)
  end
  wait()
end)
for i, queue in ipairs(queues) do
  local name = ("queue %d, %d levels: "):format(i, LEVELS[i])
  expect_eq(name .. "its own sum", vf:result(1, queue), 3 * i)
  expect_eq(name .. "its own value", vf:result(2, queue), 0x100 + i)
end
expect_eq("nothing of it in the GGTT's slots", vf:result(1), 0)

-- A migration while each queue is in the middle of its work, and jobs wait behind it.
local ram = m.vm:mem_read(0, MiB)
m.vm:run(function()
  for job = 1, 4 do
    submit(function(i)
      return { work = 100000, preemptible = job % 2 == 0, add = { 1, 1 }, store = { 3, job } }
    end)
  end
end)
sleep("150us")
local faults = watch { kind = "fault" }
vmm.migrate { vm = m.vm, to = { m.dst, 1 } }
m.vm:run(function()
  wait_until(function() return not vf:recovering() end, "50ms")
  wait()
end)
expect("the GGTT range moved", vf:ggtt_start() == 512 * MiB)
for i, queue in ipairs(queues) do
  local name = ("queue %d, %d levels: "):format(i, LEVELS[i])
  expect_eq(name .. "each job ran once", vf:result(1, queue), 3 * i + 4)
  expect_eq(name .. "and in order", vf:result(3, queue), 4)
end
expect_none("no access went wrong", faults)

-- Page tables are pages of which few words are not zero; those of the VM are as they were.
local function tables(text)
  local kept = {}
  for at = 1, #text, 4096 do
    local page = text:sub(at, at + 4095)
    local words = 0
    for entry in page:gmatch("........") do
      local value = string.unpack("<I8", entry)
      if value ~= 0 then
        words = words + (value & 0xfff == 3 and value >> 12 < #text >> 12 and 1 or 1000)
      end
    end
    if words >= 1 and words <= 3 then
      kept[#kept + 1] = at .. ":" .. page
    end
  end
  return table.concat(kept), #kept
end
local before, count = tables(ram)
expect_eq("tables were found", count, 5 + 5 + 4 + 2)
expect("tables are as they were", tables(m.vm:mem_read(0, MiB)) == before)

-- A store to a page that is not mapped: the job fails with its queue, the others go on.
local MARK = 0x5ca1ab1e
local queue, fence = queues[1], nil
m.vm:run(function()
  vf:submit(queue, { work = 200000, preemptible = false })
  fence = vf:submit(queue, { store = { 7, MARK } })
end)
local at = m.vm:mem_read(0, MiB):find(string.pack("<I4", MARK), 1, true)
expect("the store was found", at)
local low = string.unpack("<I4", m.vm:mem_read(at - 9, 4))
m.vm:mem_write(at - 9, string.pack("<I4", low + 0x10000))
m.vm:run(function()
  expect_failure("the job ends with an error", "EIO", function() vf:wait(queue, fence, "5ms") end)
end)
local fault = faults:events()[1] or {}
expect_eq("the fault is told", fault.what, "ppgtt write")
expect_eq("with its address", fault.addr, 0x345641210000 + 4 * 7)
m.vm:run(function()
  table.remove(queues, 1)
  submit(function() return { add = { 1, 10 } } end)
  wait()
end)
expect_eq("other queues go on", vf:result(1, queues[1]), 3 * 2 + 4 + 10)
expect_eq("the driver is well", vf:wedged(), nil)
