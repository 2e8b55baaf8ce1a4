-- SPDX-License-Identifier: MIT
-- A TLB invalidation that is not answered, or late: the writer of the GGTT goes on after its limit.
params { { "time_limit", "time", "10s", "as an answer may take 2.25 s" } }
local m = machine { gpus = { { name = "gpu", gts = 1 } }, vms = { { name = "vm1" } } }
m.gpu:provision(1, { ggtt_size = 4 << 20 })
m.vm1:attach(m.gpu, 1)
local vf = m.vm1.vf
local done = { kind = "g2h", fn = 1, action = "TLB_INVALIDATION_DONE" }

-- Makes a queue, which writes GGTT entries, and runs a job in it. Returns how long the making took.
local function queue_and_job(slot)
  local start = now()
  local queue = vf:queue("render")
  local took = now() - start
  vf:wait(queue, vf:submit(queue, { add = { slot, 1 } }))
  expect_eq("a job of the new queue ran, slot " .. slot, vf:result(slot), 1)
  return took
end

m.vm1:run(function()
  vf:probe()
  local usual = queue_and_job(1)
  local errors = watch { kind = "peer_error", gpu = "gpu", what = "TLB invalidation not answered" }

  m.gpu:inject(done, { drop = true })
  local took = queue_and_job(2)
  expect("a lost answer cost 2.25 s", took >= ns("2250ms") and took < ns("2260ms"), took)
  expect_eq("and was told", errors:count(), 1)

  m.gpu:inject(done, { delay = "2.5s" })
  took = queue_and_job(3)
  expect("so did a late one", took >= ns("2250ms") and took < ns("2260ms"), took)
  expect_eq("it was told too", errors:count(), 2)
  sleep("300ms")
  took = queue_and_job(4)
  expect("afterwards answers are as quick as ever", took < 2 * usual, took)
  expect_eq("the driver did not reset anything", vf:resets(), 0)
  expect("nor give up", not vf:wedged())
end, "9s")
