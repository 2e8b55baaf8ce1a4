-- SPDX-License-Identifier: MIT
-- Images of vGPUs as they move: of type 8 it has 5,116,596 bytes, that of type 1 would be too large
-- and is refused before a byte of it is written, and damaged ones are refused by the target, at
-- every record and in any bit, which is as it was. gucsim image prints what this run keeps.
local p = params {
  { "flips", "int", 40, "images with one flipped bit", min = 0, max = 1000 },
}
local ELSEWHERE = { types = { "8" }, aperture_reserved = 192 << 20, hidden_reserved = 1 << 30 }
local m = machine {
  gpus = {
    { name = "src", vfs = 0, vgpus = { types = { "8" } } },
    { name = "dst", vfs = 0, vgpus = ELSEWHERE },
    { name = "big", vfs = 0, vgpus = { types = { "1" } } },
    { name = "huge", vfs = 0, vgpus = { types = { "1" } } },
  },
  vms = { { name = "vm1", pv = true }, { name = "vm2", pv = true } },
}
m.vm1:attach_vgpu(m.src:vgpu(1))
m.vm2:attach_vgpu(m.big:vgpu(1))
for _, vm in ipairs { m.vm1, m.vm2 } do
  vm:run(function()
    vm.pv:start()
    expect_eq(vm.name .. ": PV answers", vm.pv:send(0), 0)
  end)
end

local errors = watch { kind = "peer_error", gpu = "big" }
expect_failure("an image of type 1 is too large", "EFAULT", vmm.migrate,
               { vm = m.vm2, to = m.huge:vgpu(1), keep = "type1.image" })
expect("which is said with its size", errors:wait("1us").detail >= 9441972)
m.vm2:run(function() expect_eq("its guest goes on", m.vm2.pv:send(0), 0) end)

-- ---- damaged on the way -----------------------------------------------------------------------

local function refused(name, tamper)
  local ok, failure = pcall(vmm.migrate, { vm = m.vm1, to = m.dst:vgpu(1), tamper = tamper })
  if ok or (failure.errno ~= "EINVAL" and failure.errno ~= "ENODATA") then
    expect(name .. ": refused", false, ok and "taken" or failure.errno)
    return false
  end
  return true
end

local records, refusals = {}, 0
refused("an empty one", function(stream)
  local at = 1
  while at <= #stream do
    records[#records + 1] = at
    at = at + 8 + string.unpack("<I4", stream, at + 4)
  end
  return ""
end)
expect_eq("records of an image", #records, 8)
for n, at in ipairs(records) do
  refusals = refusals + (refused("cut before record " .. n, function(stream)
    return stream:sub(1, at - 1)
  end) and 1 or 0)
end
expect_eq("cut before each record: refused", refusals, #records)
refusals = 0
for n = 1, p.flips do
  refusals = refusals + (refused("flip " .. n, function(stream)
    local bit = math.random(0, #stream * 8 - 1)
    local at = bit // 8 + 1
    return stream:sub(1, at - 1) .. string.char(stream:byte(at) ~ 1 << bit % 8) ..
           stream:sub(at + 1)
  end) and 1 or 0)
end
expect_eq("one bit flipped: refused", refusals, p.flips)
m.vm1:run(function() expect_eq("the guest noticed nothing", m.vm1.pv:send(0), 0) end)

-- ---- whole ------------------------------------------------------------------------------------

local result = vmm.migrate { vm = m.vm1, to = m.dst:vgpu(1), keep = "type8.image" }
say("type 8: " .. result.bytes .. " bytes, down for " .. result.downtime_ns .. " ns")
expect_eq("bytes of an image of type 8", result.bytes, 5116596)
m.vm1:run(function() expect_eq("the guest goes on at dst", m.vm1.pv:send(0), 0) end)
