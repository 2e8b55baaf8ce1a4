-- SPDX-License-Identifier: MIT
-- Doorbells and interrupts come twice, or at another function: those who get one too many find
-- nothing new, those who miss one catch up with the next.
local m = machine {
  gpus = { { name = "gpu", gts = 1 } },
  vms = { { name = "vm1" }, { name = "vm2" } },
}
for vf, vm in ipairs { m.vm1, m.vm2 } do
  m.gpu:provision(vf, { ggtt_size = 4 << 20 })
  vm:attach(m.gpu, vf)
  vm:run(function() vm.vf:probe() end, "100ms")
end
local vf = m.vm1.vf
local taken = watch { kind = "h2g", fn = 1, ev = "taken" }

m.vm1:run(function()
  local queue = vf:queue("render")
  local jobs = 0
  local function job()
    jobs = jobs + 1
    local start = now()
    vf:wait(queue, vf:submit(queue, { add = { 1, 1 } }), "20ms")
    return now() - start
  end
  local usual = job()
  local before = taken:count()
  m.gpu:repeat_doorbells(1, 1, 500)
  m.gpu:repeat_msis(1, 2, 500)
  job()
  sleep("20us")
  expect_eq("a doorbell that came twice brought one message", taken:count(), before + 1)

  m.gpu:redirect_doorbells(1, 1, 2)
  vf:submit(queue, { add = { 1, 1 } })
  jobs = jobs + 1
  sleep("50us")
  expect_eq("the doorbell rang for another", taken:count(), before + 1)
  job()
  expect_eq("the next one told of both", taken:count(), before + 3)

  m.gpu:redirect_msis(1, 2, 2)
  local late = job()
  expect("an interrupt at another VF is missed", late > usual + ns("1ms"), late)
  expect_eq("each job ran once", vf:result(1), jobs)
end, "100ms")
m.vm2:run(function()
  local queue = m.vm2.vf:queue("render")
  m.vm2.vf:wait(queue, m.vm2.vf:submit(queue, { add = { 1, 1 } }))
  expect_eq("the other VF works", m.vm2.vf:result(1), 1)
  expect_eq("and was not reset", m.vm2.vf:resets() + vf:resets(), 0)
end)
