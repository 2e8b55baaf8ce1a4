-- SPDX-License-Identifier: MIT
-- A VF damages its descriptors and headers: its rings stop with the right status, until enabled.
local raw = require "lib.raw"

local m = machine {
  gpus = { { name = "gpu", gts = 1 } }, vms = { { name = "vm1" }, { name = "vm2" } },
}
for vf, vm in ipairs { m.vm1, m.vm2 } do
  m.gpu:provision(vf, { ggtt_size = 4 << 20 })
  vm:attach(m.gpu, vf)
end
m.vm2:run(function() m.vm2.vf:probe() end)

local function header(...)
  local dwords = { ... }
  return function(ring)
    ring:put(table.unpack(dwords))
    ring:set_tail(ring.tail)
  end
end
local damages = {
  { "TAIL out of range", raw.OVERFLOW, function(ring) ring:set_tail(raw.H2G_SIZE) end },
  { "TAIL far out of range", raw.OVERFLOW, function(ring) ring:set_tail(0xffffffff) end },
  { "HEAD moved by the host", raw.MISMATCH, function(ring) ring:set_head(8) end },
  { "cut off by TAIL", raw.UNDERFLOW, function(ring) ring:set_tail(ring.tail - 1) end },
  { "an unknown format", raw.UNDERFLOW, header(0x00001001, 0x7777) },
  { "reserved bits", raw.UNDERFLOW, header(0x00000101, 0x7777) },
  { "no payload", raw.UNDERFLOW, header(0x00050000) },
}
for _, damage in ipairs(damages) do
  local name, status, apply = table.unpack(damage)
  local errors = watch { kind = "peer_error", fn = 1 }
  m.vm1:run(function()
    local ring = raw.open(m.vm1)
    ring:message(raw.REQUEST, 0x7777)
    ring:set_tail(ring.tail)
    apply(ring)
    ring:ring()
    wait_until(function() return ring:status() ~= 0 end, "1ms")
    expect_eq(name .. ": status", ring:status(), status)
    expect_eq(name .. ": told once", errors:count(), 1)

    -- From now on nothing counts, also when it is whole again.
    local head = ring:head()
    ring:set_status(0)
    ring:set_tail(head)
    ring:message(raw.REQUEST, 0x7777)
    ring:publish()
    sleep("50us")
    expect_eq(name .. ": the rings are out of use", ring:head(), head)
    expect_eq(name .. ": the mailbox works", raw.query(m.vm1, raw.GGTT_SIZE), 4 << 20)
  end)
end
m.vm1:run(function()
  local ring = raw.open(m.vm1)
  ring:message(raw.REQUEST, 0x7777)
  ring:publish()
  ring:settle()
  expect_eq("enabled again, the rings work", ring:status(), 0)
end)
m.vm2:run(function()
  local vf = m.vm2.vf
  local queue = vf:queue("render")
  vf:wait(queue, vf:submit(queue, { add = { 1, 1 } }))
  expect_eq("the neighbour works", vf:result(1), 1)
end)
