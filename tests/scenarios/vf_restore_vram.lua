-- SPDX-License-Identifier: MIT
-- A VF with local memory moves: what stands in it, what jobs and the CPU put there, comes along,
-- at other pages of the other GPU. What is not in its share does not exist for it, and the shares
-- of others stay as they are.
local p = params {
  { "jobs", "int", 40, "jobs that write to local memory", min = 4, max = 400 },
  { "work", "int", 20000, "of a job on its engine", unit = "cycles", min = 1000, max = 1000000 },
}

local MIB = 1 << 20
local m = machine {
  gpus = {
    { name = "src", vfs = 2, vram = 16 * MIB },
    { name = "dst", vfs = 2, vram = 16 * MIB },
  },
  vms = { { name = "vm1", compression = true }, { name = "near" }, { name = "far" } },
}
local src, dst, vm1 = m.src, m.dst, m.vm1
local vf = vm1.vf

-- Provisioned in the other order, VF 1 gets other pages on dst than on src.
local share = { ggtt_size = 16 * MIB, lmem_size = 2 * MIB }
src:provision(1, { ggtt_size = 16 * MIB, lmem_size = 4 * MIB })
src:provision(2, share)
dst:provision(2, share)
dst:provision(1, { ggtt_size = 16 * MIB, lmem_size = 4 * MIB })
expect_eq("VF 1 has its share", src:config(1).lmem_size, 4 * MIB)

vm1:attach(src, 1)
m.near:attach(src, 2)
m.far:attach(dst, 2)

-- Bytes that tell whose they are and where they belong.
local function pattern(name, size)
  local words = {}
  for i = 1, size // 16 do
    words[i] = string.format("%-8s%08x", name, i)
  end
  return table.concat(words)
end

local FILL, AT = 64 << 10, 2 * MIB - (32 << 10) -- over the border of two pages
local fill = pattern("vm1", FILL)

for _, vm in ipairs { m.near, m.far } do
  vm:run(function()
    vm.vf:probe()
    expect_eq(vm.name .. ": the driver knows its share", vm.vf:local_size(), 2 * MIB)
    vm:vram_write(1 * MIB, pattern(vm.name, 4096))
  end)
end

-- The GPU's compression metadata, 8 bytes a page: 16 pages in RAM, 16 in local memory. Jobs put it
-- there, through a pair of slots; no CPU of a VM reaches it.
local PAGES = 32
local function metadata_of(page)
  return 0xc0de0000 + page
end

local function each_page(job)
  local queue = vf:queue("copy")
  for page = 0, PAGES - 1 do
    vf:wait(queue, vf:submit(queue, job(page)), "50ms")
  end
  vf:destroy(queue)
end

vm1:run(function()
  vf:probe()
  each_page(function(page)
    return { store = { 600 + 2 * page, metadata_of(page) }, meta = { "write", page } }
  end)
end)

local queues, last = {}, {}
local engines = { "render", "copy" }
vm1:run(function()
  expect_eq("the driver knows its share", vf:local_size(), 4 * MIB)
  vm1:vram_write(AT, fill)
  vm1:vram_write(4 * MIB - 16, "the last 16 byte")
  for slot, engine in ipairs(engines) do
    queues[slot] = vf:queue(engine)
  end
  for i = 1, p.jobs do
    local slot = i % #engines + 1
    last[slot] = vf:submit(queues[slot], {
      work = p.work, preemptible = i % 4 ~= 0, ["local"] = true,
      add = { slot, 1 }, store = { 100 + i, i },
    })
  end
  vf:wait(queues[1], 1)
end)

local faults = watch { kind = "fault", gpu = "src", fn = 1 }
vm1:run(function()
  expect_eq("what is beyond the share reads as ones", vm1:vram_read(4 * MIB, 8),
            string.rep("\xff", 8))
  vm1:vram_write(6 * MIB, "stray")
end)
expect("and is told", faults:count() == 2, faults:count())

local done = vf:done(queues[1]) + vf:done(queues[2])
say("migrating with " .. done .. " of " .. p.jobs .. " jobs done")
local done_replies = watch {
  kind = "mmio_msg", ev = "reply", gpu = "dst", gt = 0, fn = 1, name = "VF2GUC_RESFIX_DONE",
}
local saved = watch { kind = "job", gpu = "src", ev = "complete", engine = "bcs0" }
local paused = watch { kind = "vf_state", gpu = "src", gt = 0, to = "VF_RUNNING_PAUSED" }
local restored = watch { kind = "job", gpu = "dst", ev = "complete", engine = "bcs0", fn = 1 }
local running = watch { kind = "vf_state", gpu = "dst", gt = 0, vf = 1, to = "VF_RUNNING" }
local moved = vmm.migrate { vm = vm1, to = { dst, 1 }, keep = "vm1.stream" }
say("moved " .. moved.bytes .. " bytes, down for " .. moved.downtime_ns .. " ns")
expect("local memory is part of the stream", moved.bytes > 4 * MIB, moved.bytes)

vm1:run(function()
  for slot, queue in ipairs(queues) do
    vf:wait(queue, last[slot], "100ms")
  end
  wait_until(function() return not vf:recovering() end, "10ms")
  local counts, wrong = { 0, 0 }, 0
  for i = 1, p.jobs do
    counts[i % #engines + 1] = counts[i % #engines + 1] + 1
    wrong = wrong + (vf:local_result(100 + i) == i and 0 or 1)
  end
  for slot, engine in ipairs(engines) do
    expect_eq(engine .. ": each job ran once", vf:local_result(slot), counts[slot])
  end
  expect_eq("every job left its value", wrong, 0)
  expect("what the CPU wrote has come along", vm1:vram_read(AT, FILL) == fill)
  expect_eq("to the last byte", vm1:vram_read(4 * MIB - 16, 16), "the last 16 byte")
end)
expect_eq("not wedged", vf:wedged(), nil)

expect_order("the save context runs before the pause ends", saved, paused)
expect_order("the restore context runs before the VF does", restored, running)
local replies = done_replies:events()
expect_eq("RESFIX_DONE has two answers", #replies, 2)
expect_eq("the first one is BUSY", (replies[1] or {}).hxg, "b0000000")
expect_eq("the second one success", (replies[2] or {}).hxg, "f0000000")

vm1:run(function()
  each_page(function(page)
    return { store = { 700 + 2 * page, 0 }, meta = { "read", page } }
  end)
end)
local lost = 0
for page = 0, PAGES - 1 do
  lost = lost + (vf:result(700 + 2 * page) == metadata_of(page) and 0 or 1)
end
expect_eq("the compression metadata of every page has come along", lost, 0)

-- What the VF left behind goes with a reset, and nothing else does.
local OLD = 8 * MIB -- the first share, behind the tables
local function old_metadata() -- 8 bytes a page, behind all local memory
  return src:vram_read(16 * MIB + OLD // 512, 4 * MIB // 512)
end
expect("the source still has it", src:vram_read(OLD + AT, FILL) == fill)
expect("the source still has its metadata",
       old_metadata():find(string.pack("<I4", metadata_of(PAGES - 1)), 1, true))
src:flr(1)
local rest = 0
for at = OLD, OLD + 4 * MIB - 1, MIB do
  rest = rest + (src:vram_read(at, MIB) == string.rep("\0", MIB) and 0 or 1)
end
expect_eq("a reset of its function clears it", rest, 0)
expect("the reset clears its metadata", old_metadata() == string.rep("\0", 4 * MIB // 512))

-- The GuC's DMA takes the same way: it writes its table to a page of local memory.
local GGTT, PRESENT, LOCAL, HWCONFIG = 0x800000, 1, 2, 0x4100
m.far:run(function()
  local page = (m.far.vf:ggtt_start() + 16 * MIB) // 4096 - 1
  m.far:write64(GGTT + page * 8, MIB + 8192 | PRESENT | LOCAL)
  local answer = m.far:mailbox { HWCONFIG, page * 4096, 0, 4096 }
  local size = answer[1] & 0xfff
  expect("the table is in the share",
         size > 0 and m.far:vram_read(MIB + 8192, 4) == string.pack("<I4", 1))
end)

-- An engine cannot leave the share either: the driver of the VM near points the entry of its
-- slots beyond it.
local local_faults = watch { kind = "fault", gpu = "src", fn = 2, what = "local write" }
m.near:run(function()
  local near = m.near.vf
  local first = near:ggtt_start() // 4096 * 8
  local at = GGTT + first
  while m.near:read64(at) & LOCAL == 0 do
    at = at + 8
  end
  m.near:write64(at, m.near:read64(at) + 2 * MIB)
  local queue = near:queue("copy") -- whose entries are new, so what is cached is dropped
  expect_failure("a job beyond the share fails", "EIO", function()
    near:wait(queue, near:submit(queue, { ["local"] = true, store = { 1, 0xbad } }), "10ms")
  end)
end)
expect("and is told", local_faults:count() > 0)

for _, vm in ipairs { m.near, m.far } do
  vm:run(function()
    expect(vm.name .. ": its share is as it was",
           vm:vram_read(1 * MIB, 4096) == pattern(vm.name, 4096))
    expect_eq(vm.name .. ": nothing strayed into it", vm:vram_read(0, 8), string.rep("\0", 8))
  end)
end
