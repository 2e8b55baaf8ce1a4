-- SPDX-License-Identifier: MIT
-- MIGRATED of a second migration comes so late that the recovery which the first one began has
-- already come to its end on the new GuC. The driver takes it for a third migration, and its START
-- meets a GuC that runs: refused, wedged. With the interrupt in time nothing happens.
local work = require "lib.work"
local p = params {
  { "late", "int", 200000, "of the interrupt", unit = "cycles", min = 1, max = 10000000 },
}
local m = machine {
  gpus = { { name = "src" }, { name = "dst" } }, vms = { { name = "late" }, { name = "timely" } },
}

-- There and back again, while recovery stands before its START.
local function there_and_back(vm, fn, late)
  local vf = vm.vf
  m.src:provision(fn, { ggtt_size = 4 << 20 })
  m.dst:provision(fn, { ggtt_size = 4 << 20, ggtt_start = 0x20000000 + (fn << 24) })
  vm:attach(m.src, fn)
  local load = work.open(vm, { "render", "copy", "video" })
  load:submit(4, 20000)
  vf:hold("resfix_start")
  vmm.migrate { vm = vm, to = { m.dst, fn } }
  wait_until(function() return vf:held() end, "10ms")
  m.src:reset(fn)
  if late > 0 then
    m.src:delay_msis(fn, 100, late)
  end
  vmm.migrate { vm = vm, to = { m.src, fn } }
  vf:hold()
  return load
end

local done = watch { kind = "mmio_msg", gpu = "src", fn = 1, gt = 0, ev = "reply",
                     name = "VF2GUC_RESFIX_DONE" }
there_and_back(m.late, 1, p.late)
wait_until(function() return m.late.vf:wedged() end, "10ms")
expect_eq("late: the first DONE was right", done:events()[1].hxg, "f0000000")
expect_eq("late: the second START was not", m.late.vf:wedged(), "RESFIX_START refused")

local load = there_and_back(m.timely, 2, 0)
load:finish("timely")
wait_until(function() return not m.timely.vf:recovering() end, "10ms")
expect_eq("timely: one recovery", m.timely.vf:recoveries(), 1)
