-- SPDX-License-Identifier: MIT
-- What the PF answers to relay messages that it cannot serve, each by its number; and what happens
-- to those that are damaged or lost between the GuC and the PF.
local raw = require "lib.raw"
local relay = require "lib.relay"

params { { "time_limit", "time", "10s", "as the PF waits for 1 s" } }
local m = machine { gpus = { { name = "gpu", gts = 1 } }, vms = { { name = "vm1" } } }
m.gpu:provision(1, { ggtt_size = 4 << 20 })
m.vm1:attach(m.gpu, 1)

local EACCES, ERANGE, EBADRQC, EPROTO, EMSGSIZE, EPFNOSUPPORT = 13, 34, 56, 71, 90, 96
local EVENT, FAST, GUC = 1 << 28, 2 << 28, 1 << 31

local before = {
  { "an action that is not there", { 0x7777 }, EBADRQC },
  { "an event", { EVENT | relay.HANDSHAKE, 0x10000 }, EPROTO },
  { "a request without answer", { FAST | relay.HANDSHAKE, 0x10000 }, EPROTO },
  { "from the GuC, it says", { GUC | relay.HANDSHAKE, 0x10000 }, EPROTO },
  { "a short handshake", { relay.HANDSHAKE }, EMSGSIZE },
  { "a long handshake", { relay.HANDSHAKE, 0x10000, 0 }, EMSGSIZE },
  { "a handshake with reserved bits", { 1 << 16 | relay.HANDSHAKE, 0x10000 }, EPFNOSUPPORT },
  { "registers without a handshake", { relay.QUERY_RUNTIME, 0 }, EACCES },
}
local after = {
  { "a good handshake", { relay.HANDSHAKE, 0x10000 }, 0 },
  { "registers", { 1 << 16 | relay.QUERY_RUNTIME, 0 }, 0 },
  { "registers beyond the last", { relay.QUERY_RUNTIME, 1000 }, ERANGE },
  { "a short question for registers", { relay.QUERY_RUNTIME }, EMSGSIZE },
}

m.vm1:run(function()
  local ring = raw.open(m.vm1)
  for _, cases in ipairs { before, after } do
    for _, case in ipairs(cases) do
      local answer = relay.ask(ring, case[2])
      expect_eq(case[1], answer and relay.error(answer), case[3])
    end
  end

  local FROM_VF = { kind = "g2h", fn = 0, action = "GUC2PF_RELAY_FROM_VF" }
  local good = { relay.HANDSHAKE, 0x10000 }
  m.gpu:inject(FROM_VF, { drop = true })
  expect_eq("lost on its way to the PF", relay.ask(ring, good), nil)
  m.gpu:inject(FROM_VF, { set = { [1] = 60 } })
  expect_eq("from a VF that is not there, it says", relay.ask(ring, good), nil)
  m.gpu:inject({ kind = "g2h", fn = 0, action = "GUC2PF_RELAY_FROM_VF" }, { flip = { { 3, 4 } } })
  expect_eq("a bit of the action flipped", relay.error(relay.ask(ring, good)), EBADRQC)
  m.gpu:inject({ kind = "h2g", fn = 0, action = "PF2GUC_RELAY_TO_VF" }, { drop = true })
  expect_eq("the answer lost on its way to the GuC", relay.ask(ring, good), nil)
  expect_eq("while the PF waits for the GuC, nothing is answered", relay.ask(ring, good), nil)
  sleep("2s")
  expect_eq("then all is well", relay.error(relay.ask(ring, good)), 0)
end, "5s")
