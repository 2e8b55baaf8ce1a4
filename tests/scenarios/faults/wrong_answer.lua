-- SPDX-License-Identifier: MIT
-- The GuC's answers in the mailbox are wrong, late, or not there: binding fails with the right
-- error, and works the next time.
local m = machine { gpus = { { name = "gpu", gts = 1 } }, vms = { { name = "vm1" } } }
m.gpu:provision(1, { ggtt_size = 4 << 20 })
m.vm1:attach(m.gpu, 1)
local vf = m.vm1.vf

local VERSION = { kind = "reply", fn = 1, action = "VF2GUC_MATCH_VERSION" }
local ASKED = { kind = "request", fn = 1, action = "VF2GUC_MATCH_VERSION" }
local VALUE = { kind = "reply", fn = 1, action = "VF2GUC_QUERY_SINGLE_KLV" }

local function refused(name, message, change, errno)
  m.gpu:inject(message, change)
  expect_failure(name, errno, vf.probe, vf)
end

m.vm1:run(function()
  refused("another version", VERSION, { set = { [1] = 0x00020000 } }, "EPROTO")
  refused("a refusal", VERSION, { set = { type = 6, error = 0x10 } }, "ENXIO")
  refused("no value", VALUE, { set = { data0 = 0 } }, "ENODATA")
  refused("no request", ASKED, { drop = true }, "ETIMEDOUT")
  refused("no answer", VERSION, { drop = true }, "ETIMEDOUT")
  m.gpu:inject(VERSION, { delay = "200us" })
  m.gpu:inject(VALUE, { set = { type = 5 } })
  vf:probe()
  local queue = vf:queue("copy")
  vf:wait(queue, vf:submit(queue, { add = { 1, 1 } }))
  expect_eq("a late answer and one that wants the question again do no harm", vf:result(1), 1)
end, "500ms")
