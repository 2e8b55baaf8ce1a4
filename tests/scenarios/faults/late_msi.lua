-- SPDX-License-Identifier: MIT
-- Interrupts come late or are lost: the driver learns of its jobs from the next one.
local m = machine { gpus = { { name = "gpu" } }, vms = { { name = "vm1" } } }
m.gpu:provision(1, { ggtt_size = 4 << 20 })
m.vm1:attach(m.gpu, 1)

local vf = m.vm1.vf
m.vm1:run(function()
  vf:probe()
  local queue = vf:queue("render")
  local function job()
    local start = now()
    vf:wait(queue, vf:submit(queue, { work = 1000, add = { 1, 1 } }), "400ms")
    return now() - start
  end
  job() -- the context is known to the GuC from here on
  sleep("50us")
  local prompt = job()
  sleep("50us")
  m.gpu:delay_msis(1, 8, ns("200us"))
  local late = watch { kind = "fault", fn = 1, what = "msi_late" }
  local delayed = job()
  say(prompt .. " ns, and " .. delayed .. " ns with a late interrupt")
  expect("an interrupt was late", late:count() >= 1)
  expect("so was the job's end, for its waiter", delayed >= ns("150us"), delayed)
  expect("else it is prompt", prompt < ns("100us"), prompt)
  m.gpu:delay_msis(1, 0, 1)
  sleep("1ms")

  local lost = watch { kind = "fault", fn = 1, what = "msi_lost" }
  m.gpu:drop_msis(1, 1)
  local fence = vf:submit(queue, { work = 1000, add = { 1, 1 } })
  sleep("200us")
  expect_eq("one interrupt was lost", lost:count(), 1)
  vf:wait(queue, fence, "400ms")
  job()
  expect_eq("each job ran once", vf:result(1), 5)
  expect_eq("not wedged", vf:wedged(), nil)
end)
