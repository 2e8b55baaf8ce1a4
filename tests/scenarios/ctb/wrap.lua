-- SPDX-License-Identifier: MIT
-- Requests go round the H2G ring, and their answers round the G2H ring, without a loss.
local raw = require "lib.raw"
local p = params {
  { "messages", "int", 1600, "requests with one answer each", min = 1, max = 10000 },
}

local m = machine { gpus = { { name = "gpu", gts = 1 } }, vms = { { name = "vm1" } } }
m.gpu:provision(1, { ggtt_size = 4 << 20 })
m.vm1:attach(m.gpu, 1)

m.vm1:run(function()
  local ring = raw.open(m.vm1)
  local taken = watch { kind = "h2g", fn = 1, ev = "taken" }
  local answers, wraps, g2h_wraps, at, fences = 0, 0, 0, 0, {}
  expect_eq("the rings are enabled", ring.enabled, 0)

  -- An unknown action is refused with one answer of two dwords.
  for _ = 1, p.messages do
    local before = ring.tail
    fences[#fences + 1] = ring:message(raw.REQUEST, 0x7777, 1, 2)
    wraps = wraps + (ring.tail < before and 1 or 0)
    ring:publish()
    ring:settle()
    wait_until(function() return ring:g2h_tail() ~= at end, "5ms")
    answers = answers + (ring:g2h(at) >> 16 == fences[#fences] and 1 or 0)
    local next_at = (at + 2) % raw.G2H_SIZE
    g2h_wraps = g2h_wraps + (next_at < at and 1 or 0)
    at = next_at
    ring:set_g2h_head(at)
  end
  expect_eq("H2G wrapped, with whole messages", wraps, p.messages * 4 // raw.H2G_SIZE)
  expect_eq("G2H wrapped", g2h_wraps, p.messages * 2 // raw.G2H_SIZE)
  expect_eq("each request was taken once", taken:count(), p.messages)
  expect_eq("each answer has its request's fence", answers, p.messages)
  expect_eq("no status in H2G", ring:status(), 0)
  expect_eq("no status in G2H", ring:g2h_status(), 0)
end)
