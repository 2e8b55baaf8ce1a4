-- SPDX-License-Identifier: MIT
-- Bits of messages change on their way: a job's start, its header, an answer's length and kind.
-- Each time the driver or the GuC notices, the GT is reset, and all jobs run.
local m = machine { gpus = { { name = "gpu", gts = 1 } }, vms = { { name = "vm1" } } }
m.gpu:provision(1, { ggtt_size = 4 << 20 })
m.vm1:attach(m.gpu, 1)
local vf = m.vm1.vf

local START = { kind = "h2g", fn = 1, action = "SCHED_CONTEXT" }
local ANSWER = { kind = "g2h", fn = 1 }

-- Runs three jobs and takes the queue away; the second one's start or the answer to the end is
-- damaged.
local function case(name, message, change, error)
  local errors = watch { kind = "peer_error", what = error }
  local resets, ran = vf:resets(), vf:result(1)
  local queue = vf:queue("render")
  vf:wait(queue, vf:submit(queue, { add = { 1, 1 } }))
  if message == START then
    m.gpu:inject(message, change)
  end
  vf:submit(queue, { add = { 1, 1 } })
  sleep("20us")
  vf:wait(queue, vf:submit(queue, { add = { 1, 1 } }))
  if message == ANSWER then
    m.gpu:inject(message, change)
  end
  pcall(vf.destroy, vf, queue)
  wait_until(function() return vf:resets() == resets + 1 end, "10ms")
  expect_eq(name .. ": the jobs ran", vf:result(1), ran + 3)
  expect_eq(name .. ": " .. error, errors:count(), 1)
  expect_eq(name .. ": not wedged", vf:wedged(), nil)
end

m.vm1:run(function()
  vf:probe()
  case("a context that is not there", START, { set = { [1] = 4000 } }, "ct_parse_g2h_response")
  case("a format that is not there", START, { flip = { { "format", 0 } } },
       "h2g header malformed")
  case("an answer longer than its ring's tail", ANSWER, { set = { len = 200 } }, "ct_g2h_read")
  case("an answer of the host's", ANSWER, { set = { origin = 0 } }, "ct_parse_g2h_origin")
end, "200ms")
