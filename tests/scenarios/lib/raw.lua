-- SPDX-License-Identifier: MIT
-- A driver's ends of mailbox and rings in a few lines, for scenarios that break their rules: it
-- checks nothing and repeats nothing. Its rings lie in the guest's RAM from 1 MiB.
local raw = {
  MATCH_VERSION = 0x5500, VF_RESET = 0x5507, RESFIX_DONE = 0x5508, QUERY_KLV = 0x5509,
  RESFIX_START = 0x550f, SELF_CFG = 0x0508, CONTROL_CTB = 0x4509, HWCONFIG = 0x4100,
  SCHED_CONTEXT = 0x1000, OPT_IN = 0x550e, TLB_INVALIDATION = 0x7000,
  GGTT_START = 0x0001, GGTT_SIZE = 0x0002, NUM_CONTEXTS = 0x0004, NUM_DOORBELLS = 0x0006,
  GGTT = 0x800000, DOORBELL = 0x1901f0, MAILBOX = 0x190240,
  REQUEST = 0, EVENT = 1, FAST_REQUEST = 2,
  SUCCESS = 0xf0000000, OVERFLOW = 1, UNDERFLOW = 2, MISMATCH = 4,
}

local RAM, PAGE = 1 << 20, 4096
local PAGES = 5 -- descriptors; H2G of 4 KiB; G2H of 12 KiB
local H2G_DESC, G2H_DESC, H2G, G2H = 0, 2048, PAGE, 2 * PAGE
local G2H_BYTES = (PAGES - 2) * PAGE
raw.H2G_SIZE, raw.G2H_SIZE = PAGE // 4, G2H_BYTES // 4

-- Error of an answer's first dword, 0 for success.
function raw.error(answer)
  return answer[1] >> 28 == 0xf and 0 or answer[1] & 0xffff
end

-- Value of one of the VF's own KLVs as a number, nil when the GuC knows none.
function raw.query(vm, key, gt)
  local answer = vm:mailbox({ raw.QUERY_KLV, key }, gt)
  local len = answer[1] & 0xffff
  if len == 0 then
    return nil
  end
  return len == 2 and answer[3] << 32 | answer[2] or answer[2]
end

-- Registers rings with the main GuC, from inside the guest; after that the VF runs.
function raw.open(vm)
  vm:mailbox { raw.VF_RESET }
  vm:mailbox { raw.MATCH_VERSION, 0x00010200 }
  local start = raw.query(vm, raw.GGTT_START)
  local ring = setmetatable({ vm = vm, ggtt = start, tail = 0, fence = 0 }, { __index = raw })
  vm:mem_write(RAM, string.rep("\0", PAGES * PAGE))
  for page = 0, PAGES - 1 do
    vm:write64(raw.GGTT + (start // PAGE + page) * 8, RAM + page * PAGE | 1)
  end
  local keys = { { 0x903, H2G_DESC }, { 0x902, H2G }, { 0x906, G2H_DESC }, { 0x905, G2H } }
  for _, key in ipairs(keys) do
    vm:mailbox { raw.SELF_CFG, key[1] << 16 | 2, start + key[2], 0 }
  end
  vm:mailbox { raw.SELF_CFG, 0x904 << 16 | 1, PAGE, 0 }
  vm:mailbox { raw.SELF_CFG, 0x907 << 16 | 1, G2H_BYTES, 0 }
  ring.enabled = raw.error(vm:mailbox { raw.CONTROL_CTB, 1 })
  return ring
end

local function dword(vm, at)
  return (string.unpack("<I4", vm:mem_read(RAM + at, 4)))
end

local function set_dword(vm, at, value)
  vm:mem_write(RAM + at, string.pack("<I4", value))
end

function raw:head() return dword(self.vm, H2G_DESC) end
function raw:status() return dword(self.vm, H2G_DESC + 8) end
function raw:set_head(value) set_dword(self.vm, H2G_DESC, value) end
function raw:set_tail(value) set_dword(self.vm, H2G_DESC + 4, value) end
function raw:set_status(value) set_dword(self.vm, H2G_DESC + 8, value) end
function raw:g2h_tail() return dword(self.vm, G2H_DESC + 4) end
function raw:g2h_status() return dword(self.vm, G2H_DESC + 8) end
function raw:set_g2h_head(value) set_dword(self.vm, G2H_DESC, value) end
function raw:g2h(at) return dword(self.vm, G2H + at * 4) end
function raw:ring() self.vm:write32(raw.DOORBELL, 0) end

-- Dwords at the tail as they are; they count with publish.
function raw:put(...)
  for _, value in ipairs { ... } do
    set_dword(self.vm, H2G + self.tail * 4, value)
    self.tail = (self.tail + 1) % raw.H2G_SIZE
  end
end

function raw:publish()
  self:set_tail(self.tail)
  self:ring()
end

-- One message; a tail that would cross the ring's end is filled up with zeros first.
function raw:message(kind, ...)
  local hxg = { ... }
  if self.tail + 1 + #hxg > raw.H2G_SIZE then
    while self.tail ~= 0 do
      self:put(0)
    end
  end
  self.fence = self.fence + 1 & 0x7fff
  hxg[1] = hxg[1] | kind << 28
  self:put(self.fence << 16 | #hxg, table.unpack(hxg))
  return self.fence
end

-- Waits until the GuC has taken all that was published.
function raw:settle()
  wait_until(function() return self:head() == self.tail end, "5ms")
end

return raw
