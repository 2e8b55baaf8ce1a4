-- SPDX-License-Identifier: MIT
-- Messages come late or out of order; what the driver waits for comes late, and nothing is lost.
local m = machine { gpus = { { name = "gpu", gts = 1 } }, vms = { { name = "vm1" } } }
m.gpu:provision(1, { ggtt_size = 4 << 20 })
m.vm1:attach(m.gpu, 1)
local vf = m.vm1.vf

m.vm1:run(function()
  vf:probe()
  local queue = vf:queue("render")
  vf:wait(queue, vf:submit(queue, { add = { 1, 1 } }))

  m.gpu:inject({ kind = "h2g", fn = 1, action = "SCHED_CONTEXT" }, { delay = "50us" })
  local start = now()
  vf:wait(queue, vf:submit(queue, { add = { 1, 1 } }))
  expect("a late message starts its job late", now() - start > ns("50us"), now() - start)

  -- The first of two passes behind the second, which is the same text: both jobs run.
  local other = vf:queue("copy")
  local swapped = watch { kind = "fault", what = "message_swapped" }
  m.gpu:inject({ kind = "h2g", fn = 1, action = "SCHED_CONTEXT" }, { swap = "20us" })
  local first = vf:submit(queue, { work = 30000, store = { 2, 1 } })
  local second = vf:submit(other, { work = 1000, store = { 2, 2 } })
  vf:wait(other, second)
  vf:wait(queue, first)
  expect_eq("the one that was sent first ran last", vf:result(2), 1)
  expect_eq("one message was met", swapped:count(), 1)

  m.gpu:inject({ kind = "g2h", fn = 1, action = "SCHED_CONTEXT_MODE_DONE" }, { delay = "100us" })
  start = now()
  vf:destroy(queue)
  expect("a late answer is waited for", now() - start > ns("100us"), now() - start)
  expect_eq("no reset was needed", vf:resets(), 0)
end)
