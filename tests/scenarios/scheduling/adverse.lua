-- SPDX-License-Identifier: MIT
-- VFs that cost others too much: the PF sets thresholds, the GuC counts, the PF hears of it. A
-- quiet VF with the same thresholds is never named, and its jobs run.
local raw = require "lib.raw"
local work = require "lib.work"
local p = params {
  { "messages", "int", 200, "that one VF sends in a storm", min = 100, max = 2000 },
  { "period", "int", 5, "sample period", unit = "ms", min = 1, max = 100 },
}
local m = machine {
  gpus = { { name = "gpu", vfs = 4 } },
  vms = { { name = "storm" }, { name = "faulty" }, { name = "hung" }, { name = "near" } },
}
local gpu = m.gpu
for vf, vm in ipairs { m.storm, m.faulty, m.hung, m.near } do
  gpu:provision(vf, { ggtt_size = 4 << 20, exec_quantum_ms = 1, preempt_timeout_us = 200 })
  gpu:tune(vf, { thresholds = { cat_err = 2, engine_reset = 1, page_fault = 2, h2g_storm = 100,
                                irq_storm = 1000, doorbell_storm = 5, multi_lrc = 1 } })
  vm:attach(gpu, vf)
end
local told = watch { kind = "g2h", fn = 0, ev = "sent", name = "GUC2PF_ADVERSE_EVENT" }
local over = false
local neighbour = work.neighbour(m.near, function() return over end)

-- Messages and mailbox requests that make the GuC work.
local function storm(name, ring)
  m.storm:run(function()
    for _ = 1, p.messages do
      ring:message(raw.EVENT, raw.SCHED_CONTEXT, 9)
      ring:publish()
      ring:settle()
      raw.query(m.storm, raw.GGTT_SIZE)
    end
  end)
  say(name .. ": " .. told:count() .. " events so far")
end

local ring
m.storm:run(function() ring = raw.open(m.storm) end)
storm("not watched", ring)
expect_none("without a sample period nothing is counted", told)

gpu:policies { sample_period_ms = p.period }
storm("watched", ring)
local seen = gpu:adverse(1)
expect("storm of messages", seen.h2g_storm >= 1, seen.h2g_storm)
expect("storm of doorbells", seen.doorbell_storm >= 1, seen.doorbell_storm)

m.storm:run(function()
  local twice = { raw.FAST_REQUEST, 0x4601, 0, 3, 0, 3, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0 }
  ring:message(table.unpack(twice))
  ring:publish()
  ring:settle()
end)
wait_until(function() return gpu:adverse(1).multi_lrc == 1 end, "1ms")
expect_eq("a parallel context is counted and refused", ring:status(), 0)

-- A batch that is turned towards a neighbour's range: a fault, and the context's end. Twice.
local MARK = 0x5ca1ab1e
local function u32(value) return string.pack("<I4", value) end
m.faulty:run(function() m.faulty.vf:probe() end)
for _ = 1, 2 do
  local vf, queue, fence = m.faulty.vf, nil, nil
  m.faulty:run(function()
    queue = vf:queue("render")
    vf:submit(queue, { work = 200000, preemptible = false })
    fence = vf:submit(queue, { store = { 7, MARK } })
  end)
  local ram = m.faulty:mem_read(0, 1 << 20)
  local at = ram:find(u32(MARK), 1, true)
  while at do
    m.faulty:mem_write(at - 9, u32(m.near.vf:ggtt_start()) .. u32(0))
    at = ram:find(u32(MARK), at + 4, true)
  end
  m.faulty:run(function()
    expect_failure("a batch that goes astray", "EIO", vf.wait, vf, queue, fence, "5ms")
    vf:destroy(queue)
  end)
end
wait_until(function() return gpu:adverse(2).cat_err == 1 end, "1ms")
expect_eq("its faults are counted too", gpu:adverse(2).page_fault, 1)

-- Work that neither ends nor can be left, while another VF waits for the engine.
m.hung:run(function()
  local vf = m.hung.vf
  vf:probe()
  local queue = vf:queue("copy")
  local fence = vf:submit(queue, { work = 1000000000, preemptible = false })
  expect_failure("a hung job", "EIO", vf.wait, vf, queue, fence, "20ms")
end)
wait_until(function() return gpu:adverse(3).engine_reset == 1 end, "1ms")

-- Off in the middle of a storm: what is under way is not told any more.
gpu:policies { sample_period_ms = 0 }
local count = told:count()
storm("not watched any more", ring)
expect_eq("a period of 0 ends it", told:count(), count)

gpu:flr(1)
for kind, number in pairs(gpu:adverse(1)) do
  expect_eq("after its reset VF 1 has no " .. kind, number, 0)
end
for kind, number in pairs(gpu:adverse(4)) do
  expect_eq("the quiet VF has no " .. kind, number, 0)
end
over = true
neighbour:join("100ms")
