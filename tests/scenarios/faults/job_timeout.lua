-- SPDX-License-Identifier: MIT
-- A job does not end and nothing can interrupt it: after 5 s the driver gives its queue up, the GuC
-- resets the engine, and others use it.
local p = params {
  { "time_limit", "time", "30s", "as the time-outs are seconds" },
  { "clock.ps", "int", 4000, "period of the GT clock; slow, so that the job takes 16 s" },
  { "work", "int", 4000000000, "of the endless job, on its engine", unit = "cycles",
    max = 4294967295 },
}

local m = machine { gpus = { { name = "gpu", gts = 1 } }, vms = { { name = "vm1" } } }
local vf = m.vm1.vf
m.gpu:provision(1, { ggtt_size = 4 << 20 })
m.vm1:attach(m.gpu, 1)

m.vm1:run(function()
  vf:probe()
  local hung, other = vf:queue("render"), vf:queue("copy")
  local start = now()
  vf:submit(hung, { work = p.work, preemptible = false, add = { 1, 1 } })
  vf:wait(other, vf:submit(other, { add = { 2, 1 } }))
  expect_eq("another engine goes on", vf:result(2), 1)
  expect_failure("the endless job fails", "EIO", vf.wait, vf, hung, 1, "20s")
  local took = now() - start
  expect("after 5 s", took >= ns("5s") and took < ns("5200ms"), took)
  expect_failure("its queue takes no more", "EIO", vf.submit, vf, hung, { add = { 1, 1 } })
  vf:destroy(hung)
  local new = vf:queue("render")
  vf:wait(new, vf:submit(new, { add = { 3, 1 } }))
  expect_eq("a new one does", vf:result(3), 1)
  expect_eq("the endless job never came to its end", vf:result(1), 0)
end, "25s")
expect_eq("not wedged", vf:wedged(), nil)
expect_eq("no reset of the GT was needed", vf:resets(0), 0)
