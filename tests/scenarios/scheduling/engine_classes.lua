-- SPDX-License-Identifier: MIT
-- Each class of engine runs jobs, with addresses in the GGTT and in a space of its own, and the
-- classes work side by side: their jobs take one job's time, not five.
local m = machine { gpus = { { name = "gpu" } }, vms = { { name = "vm" } } }
m.gpu:provision(1, { ggtt_size = 8 << 20 })
m.vm:attach(m.gpu, 1)
local vf, WORK = m.vm.vf, 100000
local classes = { "render", "copy", "compute", "video", "enhance" }
local names = { "rcs0", "bcs0", "ccs0", "vcs0", "vecs0" }
local ran = {}
for i, name in ipairs(names) do
  ran[i] = watch { kind = "job", engine = name, ev = "complete" }
end
local took
m.vm:run(function()
  vf:probe()
  local queues, fences = {}, {}
  for i, class in ipairs(classes) do
    for _, options in ipairs { {}, { ppgtt = 5 } } do
      local queue = vf:queue(class, options)
      vf:wait(queue, vf:submit(queue, { add = { i, 1 }, store = { 100 + i, i } }))
      expect_eq(class .. " wrote", vf:result(i, options.ppgtt and queue or nil), 1)
    end
    queues[i] = vf:queue(class)
  end
  local start = now()
  for i, queue in ipairs(queues) do
    fences[i] = vf:submit(queue, { work = WORK, add = { i, 1 } })
  end
  for i, queue in ipairs(queues) do
    vf:wait(queue, fences[i])
  end
  took = now() - start
end)
sleep("10us") -- the fence is in memory before the engine is done
for i, class in ipairs(classes) do
  expect_eq(class .. " ran once more", vf:result(i), 2)
  expect_eq(class .. " ran on its own engine", ran[i]:count(), 3)
end
expect("side by side", took < 2 * WORK, took)
