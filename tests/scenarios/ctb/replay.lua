-- SPDX-License-Identifier: MIT
-- A log of a driver's tracepoints is sent again: same messages, same order. Any other log can be
-- given, such as one from a real machine; lines that cannot be used are told.
local raw = require "lib.raw"
local ftrace = require "lib.ftrace"
local p = params {
  { "log", "string", "replay.txt", "text of the tracepoints" },
  { "dev", "string", "", "only this device's messages, as the log calls it" },
}

local m = machine { gpus = { { name = "gpu", gts = 1 } }, vms = { { name = "vm1" } } }
m.gpu:provision(1, { ggtt_size = 4 << 20 })
m.vm1:attach(m.gpu, 1)

local only = { gt = 0, dev = p.dev ~= "" and p.dev or nil }
local messages, unused = ftrace.read(read_text(p.log), only)
ftrace.report(unused)
expect("there is something to replay", #messages > 0)

local taken = watch { kind = "h2g", fn = 1, ev = "taken" }
m.vm1:run(function()
  ftrace.replay(raw.open(m.vm1), messages)
end)

local same = 0
for i, event in ipairs(taken:events()) do
  local wanted = messages[i]
  if wanted and event.action == wanted.action and event.len == wanted.len - 1 then
    same = same + 1
  end
end
expect_eq("the GuC took as many", taken:count(), #messages)
expect_eq("each is the one of the log", same, #messages)
