-- SPDX-License-Identifier: MIT
-- Logs of the xe driver's CTB tracepoints, as trace-cmd and tracefs print them or as
-- `gucsim timeline --format ftrace` does, and how to send their H2G messages again. Such a log has
-- no payload: a message goes out with its action and length, and zeros.
local raw = require "lib.raw"
local ftrace = {}

local MESSAGE = "gt(%d+): action=0x(%x+), len=(%d+), tail=%d+, head=%d+"
local MAX_LEN = 256 -- dwords of the longest message that a CTB header can tell

-- The H2G messages of a text in their order, { line =, action =, len = }, and the lines that cannot
-- be used, { line =, text =, why = }. only may have dev and gt: other devices' and GTs' are among
-- the latter.
function ftrace.read(text, only)
  local messages, unused, number = {}, {}, 0
  for line in (text .. "\n"):gmatch("(.-)\r?\n") do
    number = number + 1
    local why
    local rest = line:match("H2G CTB: (.*)")
    local gt, action, len = (rest or ""):match(MESSAGE)
    action, len = tonumber(action or "", 16), tonumber(len)
    if line:match("^%s*#") or line:match("^%s*$") then
      goto continue
    elseif not rest then
      why = "no H2G message"
    elseif not gt then
      why = "damaged"
    elseif only.dev and rest:match("dev=([^,]+)") ~= only.dev then
      why = "of another device"
    elseif only.gt and tonumber(gt) ~= only.gt then
      why = "of another GT"
    elseif action > 0xffff then
      why = "no action"
    elseif len < 2 or len > MAX_LEN then
      why = "no length of a message"
    end
    if why then
      unused[#unused + 1] = { line = number, text = line, why = why }
    else
      messages[#messages + 1] = { line = number, action = action, len = len }
    end
    ::continue::
  end
  return messages, unused
end

-- Says how many lines could not be used, and of each reason which was the first.
function ftrace.report(unused)
  local reasons = {}
  for _, one in ipairs(unused) do
    local reason = reasons[one.why] or { count = 0, first = one.line }
    reason.count = reason.count + 1
    reasons[one.why] = reason
  end
  for why, reason in pairs(reasons) do
    say(string.format("not used: %d lines, %s; the first is line %d", reason.count, why,
      reason.first))
  end
end

-- Sends messages through a raw ring, each when the GuC has taken the one before it.
function ftrace.replay(ring, messages)
  for _, message in ipairs(messages) do
    local hxg = { message.action }
    for i = 2, message.len - 1 do
      hxg[i] = 0
    end
    ring:message(raw.REQUEST, table.unpack(hxg))
    ring:publish()
    ring:settle()
    ring:set_g2h_head(ring:g2h_tail())
  end
end

return ftrace
