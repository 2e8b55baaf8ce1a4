-- SPDX-License-Identifier: MIT
-- The link of a migration carries QEMU's words around a device's data: set-up, data, PCI
-- configuration. Each word is damaged, each section cut, sizes grow beyond their limits; the target
-- refuses, and the guest works on at the source, until a whole one comes.
local m = machine {
  gpus = { { name = "src", vfs = 1 }, { name = "dst", vfs = 1 } },
  vms = { { name = "vm1" } },
}
m.src:provision(1, { ggtt_size = 4 << 20 })
m.dst:provision(1, { ggtt_size = 4 << 20 })
m.vm1:attach(m.src, 1)
local vf, queue = m.vm1.vf, nil
m.vm1:run(function()
  vf:probe()
  queue = vf:queue("render")
end, "50ms")

local jobs = 0
local function work(name)
  m.vm1:run(function()
    jobs = jobs + 1
    vf:wait(queue, vf:submit(queue, { add = { 1, 1 } }), "50ms")
    expect_eq(name .. ": the guest works on", vf:result(1), jobs)
  end, "100ms")
end

-- Set-up, its end, data and their size, then as much data, end, configuration, its size, 8 bytes,
-- end.
local SETUP, DATA = 0, 16
local WORD = ">I8"
local function word(stream, at) return string.unpack(WORD, stream, at + 1) end
local function put(stream, at, value)
  return stream:sub(1, at) .. string.pack(WORD, value) .. stream:sub(at + 9)
end
local END, CONFIG, SETUP_WORD = 0xffffffffef100001, 0xffffffffef100002, 0xffffffffef100003
local function behind(stream) return DATA + 16 + word(stream, DATA + 8) end

local CASES = {
  { "no set-up", "begins without set-up", function(s) return put(s, SETUP, END) end },
  { "set-up that does not end", "set-up without an end",
    function(s) return put(s, SETUP + 8, SETUP_WORD) end },
  { "second set-up", "second set-up", function(s) return put(s, DATA, SETUP_WORD) end },
  { "no word", "unknown word", function(s) return put(s, DATA, 0x1234) end },
  { "a feature nobody agreed on", "word of a feature that was not agreed on",
    function(s) return put(s, DATA, 0xffffffffef100005) end },
  { "a piece too large", "too many bytes of data in one piece",
    function(s) return put(s, DATA + 8, (1 << 20) + 1) end },
  { "configuration in a section of data", "PCI configuration in a section of data",
    function(s) return put(s, behind(s), CONFIG) end },
  { "configuration without an end", "PCI configuration without an end",
    function(s) return put(s, #s - 8, CONFIG) end },
  { "cut in the set-up", "ends before its set-up", function(s) return s:sub(1, 3) end },
  { "cut in the data", "ends in data", function(s) return s:sub(1, DATA + 100) end },
  { "cut before the configuration", "ends without PCI configuration",
    function(s) return s:sub(1, behind(s) + 8) end },
  { "cut at the last byte", "ends before the end of PCI configuration",
    function(s) return s:sub(1, #s - 1) end },
}
for _, case in ipairs(CASES) do
  local name, why, damage = case[1], case[2], case[3]
  local told = watch { kind = "peer_error", what = "link: " .. why }
  local moved = pcall(vmm.migrate, { vm = m.vm1, to = { m.dst, 1 }, tamper_link = damage })
  expect(name .. " is refused", not moved)
  expect_eq(name .. ": " .. why, told:count(), 1)
  work(name)
end

local moved = vmm.migrate { vm = m.vm1, to = { m.dst, 1 }, keep = "vm1.stream" }
say(("%d bytes of data, %d around them"):format(moved.bytes, moved.frame_bytes))
expect_eq("words, sizes and configuration", moved.frame_bytes, 16 + 16 + 8 + 12 + 8 + 8)
work("moved")
