-- SPDX-License-Identifier: MIT
-- A VF moves on while its compression metadata is being restored: the restore is stopped, the
-- driver told that it was migrated, and the third GPU restores what the first one saved.
local MIB = 1 << 20
local m = machine {
  gpus = {
    { name = "src", vfs = 1 },
    { name = "dst", vfs = 2 },
    { name = "third", vfs = 1 },
  },
  vms = { { name = "vm1", compression = true } },
}
local src, dst, third, vm1, vf = m.src, m.dst, m.third, m.vm1, m.vm1.vf
local share = { ggtt_size = 16 * MIB, contexts = 256, doorbells = 8 }
src:provision(1, share)
dst:provision(2, share)
dst:provision(1, share)
third:provision(1, share)
vm1:attach(src, 1)

local PAGES = 16
local queue
local function each_page(job)
  for page = 0, PAGES - 1 do
    vf:wait(queue, vf:submit(queue, job(page)), "50ms")
  end
end

vm1:run(function()
  vf:probe()
  queue = vf:queue("copy")
  each_page(function(page)
    return { store = { 2 * page, 0xc0de00 + page }, meta = { "write", page } }
  end)
end)

local replies = watch { kind = "mmio_msg", ev = "reply", gt = 0, name = "VF2GUC_RESFIX_DONE" }
local ended = watch { kind = "job", gpu = "dst", ev = "complete", engine = "bcs0" }
vmm.migrate { vm = vm1, to = { dst, 1 } }
expect_eq("RESFIX_DONE is answered BUSY", replies:wait("10ms").hxg, "b0000000")
vmm.migrate { vm = vm1, to = { third, 1 } }
vm1:run(function()
  wait_until(function() return not vf:recovering() end, "100ms")
end)
expect_none("the restore on dst never ended", ended)

local seen = {}
for i, reply in ipairs(replies:events()) do
  seen[i] = reply.gpu .. " " .. reply.hxg
end
expect_eq("what the driver is answered", table.concat(seen, ", "),
          "dst b0000000, dst e0000107, third b0000000, third f0000000")

vm1:run(function()
  each_page(function(page)
    return { store = { 100 + 2 * page, 0 }, meta = { "read", page } }
  end)
end)
local lost = 0
for page = 0, PAGES - 1 do
  lost = lost + (vf:result(100 + 2 * page) == 0xc0de00 + page and 0 or 1)
end
expect_eq("no page's metadata is lost", lost, 0)
expect_eq("not wedged", vf:wedged(), nil)
