-- SPDX-License-Identifier: MIT
-- Requests are answered always, fast requests when they fail, events never.
local raw = require "lib.raw"

local m = machine { gpus = { { name = "gpu", gts = 1 } }, vms = { { name = "vm1" } } }
m.gpu:provision(1, { ggtt_size = 4 << 20 })
m.vm1:attach(m.gpu, 1)

local UNKNOWN, NOT_REGISTERED, TOO_LONG, PROTOCOL = 0x30, 0x100, 0x102, 0x4
m.vm1:run(function()
  local ring = raw.open(m.vm1)
  local at = 0

  -- Error code of the answer, nil when there is none.
  local function answer(kind, ...)
    local fence = ring:message(kind, ...)
    ring:publish()
    ring:settle()
    sleep("10us")
    if ring:g2h_tail() == at then
      return nil
    end
    expect_eq("an answer carries its fence", ring:g2h(at) >> 16, fence)
    local error = raw.error { ring:g2h(at + 1) }
    at = ring:g2h_tail()
    ring:set_g2h_head(at)
    return error
  end

  expect_eq("an unknown request", answer(raw.REQUEST, 0x7777), UNKNOWN)
  expect_eq("an unknown fast request", answer(raw.FAST_REQUEST, 0x7777), UNKNOWN)
  expect_eq("an unknown event", answer(raw.EVENT, 0x7777), nil)
  expect_eq("no such context", answer(raw.FAST_REQUEST, raw.SCHED_CONTEXT, 3), NOT_REGISTERED)
  expect_eq("no such context, event", answer(raw.EVENT, raw.SCHED_CONTEXT, 3), nil)
  expect_eq("too long", answer(raw.REQUEST, raw.SCHED_CONTEXT, 3, 4), TOO_LONG)
  expect_eq("a response as request", answer(7, raw.SCHED_CONTEXT, 3), PROTOCOL)
  expect_eq("from the GuC itself", answer(8, raw.SCHED_CONTEXT, 3), PROTOCOL)
  expect_eq("DATA0 where there is none", answer(raw.REQUEST, 1 << 16 | raw.SCHED_CONTEXT, 3),
            PROTOCOL)
  expect_eq("none of it breaks the rings", ring:status() | ring:g2h_status(), 0)
end)
