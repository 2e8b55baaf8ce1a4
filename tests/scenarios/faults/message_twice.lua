-- SPDX-License-Identifier: MIT
-- A message is heard twice: that does no harm to a job's start, but the driver takes a second
-- answer for a sign that its books are wrong, and resets the GT.
local m = machine { gpus = { { name = "gpu", gts = 1 } }, vms = { { name = "vm1" } } }
m.gpu:provision(1, { ggtt_size = 4 << 20 })
m.vm1:attach(m.gpu, 1)
local vf = m.vm1.vf

m.gpu:inject({ kind = "request", fn = 1, action = "VF2GUC_MATCH_VERSION" }, { twice = true })
m.vm1:run(function()
  local matched = watch { kind = "mmio_msg", ev = "request", name = "VF2GUC_MATCH_VERSION" }
  vf:probe()
  expect("the mailbox's request was heard twice", matched:count() > 1, matched:count())
  local queue = vf:queue("render")
  m.gpu:inject({ kind = "h2g", fn = 1, action = "SCHED_CONTEXT" }, { twice = true })
  vf:wait(queue, vf:submit(queue, { add = { 1, 1 } }))
  sleep("20us")
  expect_eq("the job ran once", vf:result(1), 1)

  local errors = watch { kind = "peer_error", what = "ct_g2h_release" }
  m.gpu:inject({ kind = "g2h", fn = 1, action = "SCHED_CONTEXT_MODE_DONE" }, { twice = true })
  vf:destroy(queue)
  wait_until(function() return vf:resets() == 1 end, "10ms")
  expect_eq("the second answer was noticed", errors:count(), 1)
  queue = vf:queue("render")
  vf:wait(queue, vf:submit(queue, { add = { 2, 1 } }))
  expect_eq("after the reset it works", vf:result(2), 1)
  expect_eq("not wedged", vf:wedged(), nil)
end)
