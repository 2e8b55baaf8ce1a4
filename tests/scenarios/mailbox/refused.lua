-- SPDX-License-Identifier: MIT
-- What a VF must not ask of the GuC by mailbox is refused with its own code, and changes nothing.
local raw = require "lib.raw"

local m = machine { gpus = { { name = "gpu" } }, vms = { { name = "vm1" } } }
m.gpu:provision(1, { ggtt_size = 4 << 20 })
m.vm1:attach(m.gpu, 1)

local PROTOCOL, STATE, VERSION, UNKNOWN, NOT_SUPPORTED = 0x4, 0xa, 0xb, 0x30, 0x20
local PERMISSION, PARAMS, GGTT, MALFORMED, SIZE, MIGRATED = 0x40, 0x60, 0x80, 0x103, 0x102, 0x107
local own
m.vm1:run(function() own = raw.query(m.vm1, raw.GGTT_START) end)
local requests = {
  { "an unknown action", UNKNOWN, { 0x7777 } },
  { "the PF's VF_CONTROL", PERMISSION, { 0x5506, 1, 1 } },
  { "the PF's configuration", PERMISSION, { 0x5503, 1, 0, 0 } },
  { "the PF's save", PERMISSION, { 0x550b, 1 } },
  { "an action of rings", NOT_SUPPORTED, { raw.SCHED_CONTEXT, 0 } },
  { "an event", PROTOCOL, { 1 << 28 | raw.VF_RESET } },
  { "a fast request", PROTOCOL, { 2 << 28 | raw.VF_RESET } },
  { "DATA0 where there is none", PROTOCOL, { 5 << 16 | raw.VF_RESET } },
  { "another major version", VERSION, { raw.MATCH_VERSION, 0x00020000 } },
  { "a version with a patch level", PARAMS, { raw.MATCH_VERSION, 0x00010201 } },
  { "rings switched to 2", PARAMS, { raw.CONTROL_CTB, 2 } },
  { "a ring size of half a page", SIZE, { raw.SELF_CFG, 0x904 << 16 | 1, 2048, 0 } },
  { "a key with a wrong length", MALFORMED, { raw.SELF_CFG, 0x904 << 16 | 2, 4096, 0 } },
  { "a ring below its own range", GGTT, { raw.SELF_CFG, 0x902 << 16 | 2, own - 4096, 0 } },
  { "a ring above it", GGTT, { raw.SELF_CFG, 0x902 << 16 | 2, own + (4 << 20), 0 } },
  { "interrupts off their alignment", GGTT, { raw.SELF_CFG, 0x900 << 16 | 2, own + 8, 0 } },
  { "recovery when nothing moved", STATE, { 1 << 16 | raw.RESFIX_START } },
  { "its end when nothing moved", MIGRATED, { 1 << 16 | raw.RESFIX_DONE } },
}
local changes = watch { kind = "vf_state", vf = 1 }
for gt = 0, 1 do
  m.vm1:run(function()
    for _, request in ipairs(requests) do
      local name, error, dwords = table.unpack(request)
      local answer = m.vm1:mailbox(dwords, gt)
      expect_eq("GT " .. gt .. ": " .. name, raw.error(answer), error)
    end
    expect_eq("an unknown key is not an error", m.vm1:mailbox({ raw.QUERY_KLV, 0x7777 }, gt)[1],
              raw.SUCCESS)
    expect_eq("nor one of SELF_CFG", m.vm1:mailbox({ raw.SELF_CFG, 1, 0, 0 }, gt)[1], raw.SUCCESS)
  end)
end
expect_none("the VF is in the state that it was in", changes)
