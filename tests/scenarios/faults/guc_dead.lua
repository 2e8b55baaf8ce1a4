-- SPDX-License-Identifier: MIT
-- The GuC stands still for longer than its clients wait: they give up in time, with a reason.
local raw = require "lib.raw"
params { { "time_limit", "time", "10s", "as the time-outs are seconds" } }
local m = machine {
  gpus = { { name = "gpu", gts = 1 } }, vms = { { name = "vm1" }, { name = "vm2" } },
}
for vf, vm in ipairs { m.vm1, m.vm2 } do
  m.gpu:provision(vf, { ggtt_size = 4 << 20 })
  vm:attach(m.gpu, vf)
end
m.vm1:run(function() m.vm1.vf:probe() end)

m.gpu:stall_guc(0, ns("3s"))
local function took(verb, ...)
  local start = now()
  local ok, failure = pcall(verb, ...)
  return now() - start, not ok and failure.errno
end
m.vm2:run(function()
  expect_failure("no mailbox", "ETIME", m.vm2.mailbox, m.vm2, { raw.VF_RESET })
end)
local time, errno = took(m.gpu.pause, m.gpu, 1)
expect_eq("pause gives up", errno, "ETIMEDOUT")
expect("within about a second", time >= ns("900ms") and time < ns("1500ms"), time)
expect("the PF does not take it for paused", m.gpu:state(1) ~= "PAUSED", m.gpu:state(1))
wait_until(function() return now() > ns("3100ms") end, "4s", "10ms")
m.vm2:run(function()
  m.vm2.vf:probe()
  local queue = m.vm2.vf:queue("render")
  m.vm2.vf:wait(queue, m.vm2.vf:submit(queue, { add = { 1, 1 } }))
  expect_eq("when it goes on, a driver can bind", m.vm2.vf:result(1), 1)
end)
