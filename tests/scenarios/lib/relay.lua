-- SPDX-License-Identifier: MIT
-- The VF's end of the relay over a ring of lib.raw: one question and its answer, unjudged.
local raw = require "lib.raw"
local relay = {
  HANDSHAKE = 0x0001, QUERY_RUNTIME = 0x0101, TESTLOOP = 0xdeb1,
  TO_PF = 0x5103, FROM_PF = "GUC2VF_RELAY_FROM_PF",
}

local last = 0

-- Sends dwords to the PF. Returns those of the answer, nil when there is none in time. The event
-- log shows the first five dwords of a message, so there are up to three.
function relay.ask(ring, dwords)
  local answers = watch { kind = "g2h", ev = "sent", fn = 1, name = relay.FROM_PF }
  last = last + 1
  ring:message(raw.REQUEST, relay.TO_PF, last, table.unpack(dwords))
  ring:publish()
  local ok, event = pcall(answers.wait, answers, "2ms")
  ring:settle()
  ring:set_g2h_head(ring:g2h_tail())
  if not ok then
    return nil
  end
  local answer = {}
  for word in event.hxg:gmatch("%x+") do
    answer[#answer + 1] = tonumber(word, 16)
  end
  expect_eq("the answer has its question's number", answer[2], last)
  return { table.unpack(answer, 3) }
end

-- Error of an answer, 0 for success.
function relay.error(answer)
  return answer[1] >> 28 & 7 == 7 and 0 or answer[1] & 0xffff
end

return relay
