-- SPDX-License-Identifier: MIT
-- A VF is stopped, reset or taken its resources in each state that it can be in; afterwards it is
-- as good as new.
local raw = require "lib.raw"

local m = machine { gpus = { { name = "gpu", gts = 1 } }, vms = { { name = "vm1" } } }
local gpu, vm1 = m.gpu, m.vm1
local share = { ggtt_size = 4 << 20 }
gpu:provision(1, share)
vm1:attach(gpu, 1)

-- State of the VF as the GuC tells it.
local state, over = "VF_READY", false
actor("observer", function()
  local changes = watch { kind = "vf_state", vf = 1 }
  while not over do
    local ok, event = pcall(changes.wait, changes, "20us")
    state = ok and event.to or state
  end
end)

local function open()
  vm1:run(function() raw.open(vm1) end, "200ms")
end

local function load()
  open()
  local stream = gpu:save(1)
  gpu:reset(1)
  gpu:load(1, stream)
end

local states = {
  VF_READY = function() end,
  VF_READY_PAUSED = function() gpu:pause(1) end,
  VF_RUNNING = open,
  VF_RUNNING_PAUSED = function() open() gpu:pause(1) end,
  VF_RESFIX_PAUSED = load,
  VF_RESFIX_BLOCKED = function() load() gpu:vfio(1, "RUNNING") end,
  VF_STOPPED = function() gpu:stop(1) end,
}

local ways = {
  reset = function() gpu:pci_flr(1) end,
  stop = function() gpu:stop(1) end,
  unprovision = function() gpu:unprovision(1) end,
}

for name, enter in pairs(states) do
  for way, leave in pairs(ways) do
    enter()
    sleep("30us")
    expect_eq("there is " .. name, state, name)
    pcall(leave) -- what is in use cannot be taken, or not without a word
    sleep("200us")
    if state ~= "VF_UNPROVISIONED" then
      gpu:reset(1)
      gpu:unprovision(1)
    end
    gpu:provision(1, share)
    sleep("30us")
    expect_eq(way .. " in " .. name .. ": as good as new", state, "VF_READY")
  end
end
over = true
