-- SPDX-License-Identifier: MIT
-- A message is lost in a ring: a job's start waits for the next one, a missing answer for a reset.
params { { "time_limit", "time", "10s", "as an answer may take 5 s" } }
local m = machine { gpus = { { name = "gpu", gts = 1 } }, vms = { { name = "vm1" } } }
m.gpu:provision(1, { ggtt_size = 4 << 20 })
m.vm1:attach(m.gpu, 1)
local vf = m.vm1.vf

m.vm1:run(function()
  vf:probe()
  local queue = vf:queue("render")
  vf:wait(queue, vf:submit(queue, { add = { 1, 1 } }))
  m.gpu:inject({ kind = "h2g", fn = 1, action = "SCHED_CONTEXT" }, { drop = true })
  local lost = vf:submit(queue, { add = { 1, 1 } })
  expect_failure("nobody told the GuC of the second job", "ETIME", vf.wait, vf, queue, lost, "1ms")
  vf:wait(queue, vf:submit(queue, { add = { 1, 1 } }))
  expect_eq("the third one's message started both", vf:result(1), 3)

  local reset = watch { kind = "peer_error", fn = 1 }
  m.gpu:inject({ kind = "g2h", fn = 1, action = "SCHED_CONTEXT_MODE_DONE" }, { drop = true })
  local start = now()
  vf:destroy(queue)
  expect("the answer was waited for", now() - start > ns("5s"), now() - start)
  queue = vf:queue("render")
  vf:wait(queue, vf:submit(queue, { add = { 2, 1 } }))
  expect_eq("then the GT was reset, and works", vf:resets(), 1)
  expect_eq("one job ran in the new queue", vf:result(2), 1)
  expect_none("the GuC saw no error", reset)
end, "9s")
