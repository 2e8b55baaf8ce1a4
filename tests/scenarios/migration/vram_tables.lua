-- SPDX-License-Identifier: MIT
-- A VF whose page tables lie in its local memory moves in the midst of its jobs: the tables come
-- along with that memory, to other pages of the other GPU, and nothing in them changes. Tables that
-- lead out of the share end in a fault.
local p = params {
  { "jobs", "int", 12, "jobs of each queue", min = 4, max = 100 },
  { "work", "int", 20000, "of a job on its engine", unit = "cycles", min = 1000, max = 1000000 },
}

local MIB = 1 << 20
local m = machine {
  gpus = {
    { name = "src", vfs = 2, vram = 16 * MIB },
    { name = "dst", vfs = 2, vram = 16 * MIB },
  },
  vms = { { name = "vm1" }, { name = "far" } },
}
local vm1, vf = m.vm1, m.vm1.vf
local share = { ggtt_size = 16 * MIB, lmem_size = 4 * MIB }

-- Provisioned in the other order, VF 1 gets other pages on dst than on src.
m.src:provision(1, share)
m.dst:provision(2, { ggtt_size = 16 * MIB, lmem_size = 2 * MIB })
m.dst:provision(1, share)
vm1:attach(m.src, 1)
m.far:attach(m.dst, 2)

local TABLES, QUEUE, PAGE = 128 << 10, 20 << 10, 4096 -- where they are
local queues, last, tables = {}, {}, ""
vm1:run(function()
  vf:probe()
  for i, levels in ipairs { 3, 4, 5 } do
    queues[i] = vf:queue(i == 2 and "copy" or "render", { ppgtt = levels, vram = true })
  end
  for _ = 1, p.jobs do
    for i, queue in ipairs(queues) do
      last[i] = vf:submit(queue, { work = p.work, add = { i, 1 }, store = { 100 + i, i } })
    end
  end
  tables = vm1:vram_read(TABLES, #queues * QUEUE)
  vf:wait(queues[1], 1)
end)
expect("entries lie in the share", tables ~= string.rep("\0", #tables))

local faults = { watch { kind = "fault", gpu = "src" }, watch { kind = "fault", gpu = "dst" } }
local done = 0
for _, queue in ipairs(queues) do
  done = done + vf:done(queue)
end
say("migrating with " .. done .. " of " .. #queues * p.jobs .. " jobs done")
expect("in the midst of them", done > 0 and done < #queues * p.jobs, done)
vmm.migrate { vm = vm1, to = { m.dst, 1 } }

vm1:run(function()
  for i, queue in ipairs(queues) do
    vf:wait(queue, last[i], "100ms")
    expect_eq("queue " .. i .. ": each job ran once", vf:result(i, queue), p.jobs)
    expect_eq("queue " .. i .. ": and wrote", vf:result(100 + i, queue), i)
  end
  expect("the tables are as they were", vm1:vram_read(TABLES, #tables) == tables)
end)
for _, watched in ipairs(faults) do
  expect_eq("no access went astray", watched:count(), 0)
end

-- The driver makes the root's entry one of a table beyond the share.
local told = watch { kind = "fault", gpu = "dst", fn = 1, what = "ppgtt read" }
vm1:run(function()
  local queue = vf:queue("render", { ppgtt = 5, vram = true })
  local root = TABLES + queue * QUEUE + 4 * PAGE
  local page = vm1:vram_read(root, PAGE)
  local at = page:find("[^\0]") - 1
  at = at - at % 8
  local entry = string.unpack("<I8", page, at + 1)
  expect_eq("an entry that is there, writable, local", entry & 0x803, 0x803)
  vm1:vram_write(root + at, string.pack("<I8", entry + 4 * MIB))
  expect_failure("a job by tables beyond the share fails", "EIO", function()
    vf:wait(queue, vf:submit(queue, { store = { 1, 0xbad } }), "10ms")
  end)
end)
expect("and is told", told:count() > 0)

m.far:run(function()
  m.far.vf:probe()
  expect_failure("a space of six levels there is not", "EINVAL", function()
    m.far.vf:queue("copy", { ppgtt = 2, vram = true })
  end)
end)
