-- SPDX-License-Identifier: MIT
-- A VF without a driver moves; a driver that binds at the target finds a device like any other.
local raw = require "lib.raw"

local m = machine { gpus = { { name = "src" }, { name = "dst" } }, vms = { { name = "vm1" } } }
m.src:provision(1, { ggtt_size = 4 << 20 })
m.dst:provision(2, { ggtt_size = 4 << 20 })
m.vm1:attach(m.src, 1)
m.vm1:mem_write(0x5000, "left alone")

local moved = vmm.migrate { vm = m.vm1, to = { m.dst, 2 } }
expect("something was carried over", moved.bytes > 8192, moved.bytes)
expect_eq("RAM came along", m.vm1:mem_read(0x5000, 10), "left alone")
m.vm1:run(function()
  expect_eq("the GuC tells the new range", raw.query(m.vm1, raw.GGTT_START),
            m.dst:config(2).ggtt_start)
  m.vm1.vf:probe()
  local queue = m.vm1.vf:queue("render")
  m.vm1.vf:wait(queue, m.vm1.vf:submit(queue, { add = { 1, 1 } }))
end)
expect_eq("a job runs", m.vm1.vf:result(1), 1)
expect_eq("no recovery on the main GT", m.vm1.vf:recoveries(0), 0)
expect_eq("nor on the media GT", m.vm1.vf:recoveries(1), 0)
expect_eq("not wedged", m.vm1.vf:wedged(), nil)
