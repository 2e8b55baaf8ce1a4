-- SPDX-License-Identifier: MIT
-- A VF asks the PF for versions of the relay: what is below the base is refused, all else gets 1.0.
local raw = require "lib.raw"
local relay = require "lib.relay"

local m = machine { gpus = { { name = "gpu", gts = 1 } }, vms = { { name = "vm1" } } }
m.gpu:provision(1, { ggtt_size = 4 << 20 })
m.vm1:attach(m.gpu, 1)

local EPERM = 1
local ask = {
  { 0, 0, answer = "1.0" }, -- any
  { 0, 1, error = EPERM },
  { 0, 65535, error = EPERM },
  { 1, 0, answer = "1.0" },
  { 1, 1, answer = "1.0" },
  { 1, 65535, answer = "1.0" },
  { 2, 0, answer = "1.0" },
  { 65535, 65535, answer = "1.0" },
}

m.vm1:run(function()
  local ring = raw.open(m.vm1)
  for _, case in ipairs(ask) do
    local major, minor = case[1], case[2]
    local answer = relay.ask(ring, { relay.HANDSHAKE, major << 16 | minor })
    local name = ("%d.%d"):format(major, minor)
    expect_eq(name .. ": error", relay.error(answer), case.error or 0)
    if case.answer then
      local version = answer[2]
      expect_eq(name .. ": answer", ("%d.%d"):format(version >> 16, version & 0xffff), case.answer)
    end
  end
end, "100ms")
