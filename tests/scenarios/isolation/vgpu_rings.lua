-- SPDX-License-Identifier: MIT
-- Contexts of a guest with a vGPU whose ring cannot be: head or tail at its end, beyond it or odd,
-- a start that is no page, a size that none has, not valid, not in its share. Each is refused, its
-- guest is in failsafe, and a right one runs after the reset.
local m = machine {
  gpus = { { name = "src", vfs = 0, vgpus = { types = { "8" } } } },
  vms = { { name = "bad", pv = true } },
}
local bad, vgpu = m.bad, m.src:vgpu(1)
bad:attach_vgpu(vgpu)

local GGTT, RCS = 0x800000, 0x2000
local CONTEXT, RING = 0x100000, 0x120000
local share = vgpu:place().guest_aperture
local HEAD, TAIL, START, CTL = 0x05, 0x07, 0x09, 0x0b -- dwords of the context's state
local GOOD = { [HEAD] = 0, [TAIL] = 8, [START] = share + 4 * 4096, [CTL] = 1 }

local function submit(state)
  for dword, value in pairs(GOOD) do
    bad:mem_write(CONTEXT + 0x1000 + 4 * dword, string.pack("<I4", state[dword] or value))
  end
  for _, dword in ipairs { 0, 0, 77, share | 0x119 } do bad:write32(RCS + 0x230, dword) end
end

local function live(state)
  vgpu:reset()
  vgpu:start()
  bad:run(function()
    bad:config_write(4, 2, 6)
    bad:read32(0x78000)
    bad:write32(RCS + 0x29c, 0x80008000)
    local pages = { CONTEXT, CONTEXT + 0x1000, CONTEXT + 0x2000, CONTEXT + 0x3000, RING }
    for n, gpa in ipairs(pages) do bad:write64(GGTT + ((share >> 12) + n - 1) * 8, gpa | 1) end
    submit(state)
    while vgpu:queued() > 0 do sleep("5us") end
  end, "100ms")
end

local errors = watch { kind = "peer_error", gpu = "src" }
local wrong = {
  { "a tail at the end of the ring", { [TAIL] = 4096 } },
  { "a tail beyond it", { [TAIL] = 0xfffffffc } },
  { "an odd tail", { [TAIL] = 6 } },
  { "a head at the end", { [HEAD] = 4096 } },
  { "a head beyond it", { [HEAD] = 0x10000000 } },
  { "an odd head", { [HEAD] = 1 } },
  { "a ring that is not valid", { [CTL] = 0 } },
  { "a ring larger than any", { [CTL] = 0x1ff001 } },
  { "a ring that begins in a page", { [START] = share + 4 * 4096 + 8 } },
  { "a ring of which a page is missing", { [CTL] = 0x1001, [TAIL] = 4100 } },
  { "a ring of somebody else's", { [START] = 0 } },
}
for _, case in ipairs(wrong) do
  live(case[2])
  expect(case[1] .. " is refused", errors:wait("1us").what:find("workload refused"))
  expect("and its guest is in failsafe", errors:wait("1us").what:find("failsafe"))
end
live({ [TAIL] = 4092 })
live({ [HEAD] = 4088, [TAIL] = 4 })
expect_failure("a ring to its last dword, or over its end, is not", "ETIME", errors.wait, errors,
  "1us")
