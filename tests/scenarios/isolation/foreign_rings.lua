-- SPDX-License-Identifier: MIT
-- A VF cannot lay its rings into a neighbour's range, nor let the GuC read there through its own.
local raw = require "lib.raw"

local m = machine {
  gpus = { { name = "gpu", gts = 1 } }, vms = { { name = "vm1" }, { name = "vm2" } },
}
for vf, vm in ipairs { m.vm1, m.vm2 } do
  m.gpu:provision(vf, { ggtt_size = 4 << 20 })
  vm:attach(m.gpu, vf)
end
m.vm2:run(function() raw.open(m.vm2) end)
local foreign = m.gpu:config(2).ggtt_start
local before = m.vm2:mem_read(1 << 20, 5 * 4096)
m.vm1:run(function()
  local ring = raw.open(m.vm1)
  for name, key in pairs { H2G = 0x902, ["H2G descriptor"] = 0x903, G2H = 0x905, status = 0x900 } do
    local answer = m.vm1:mailbox { raw.SELF_CFG, key << 16 | 2, foreign, 0 }
    expect_eq(name .. " in VF 2's range", raw.error(answer), 0x80)
  end
  -- Addresses are its own, entries are gone: the GuC's access faults and the rings are given up.
  local errors = watch { kind = "peer_error", fn = 1 }
  for page = 0, 4 do
    m.vm1:write64(raw.GGTT + (ring.ggtt // 4096 + page) * 8, 0)
  end
  m.gpu:write32(0xcee8, 1)
  sleep("5us")
  ring:message(raw.REQUEST, 0x7777)
  ring:publish()
  sleep("100us")
  expect_eq("the GuC gave the rings up", errors:count(), 1)
  expect_eq("the mailbox works", raw.query(m.vm1, raw.GGTT_SIZE), 4 << 20)
end)
expect("VF 2's rings are as they were", m.vm2:mem_read(1 << 20, 5 * 4096) == before)
