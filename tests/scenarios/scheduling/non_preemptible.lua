-- SPDX-License-Identifier: MIT
-- Work that cannot be left holds the engine past its quantum; a neighbour's job waits for it.
local m = machine {
  gpus = { { name = "gpu", gts = 1 } }, vms = { { name = "long" }, { name = "short" } },
}
for vf, vm in ipairs { m.long, m.short } do
  m.gpu:provision(vf, { ggtt_size = 4 << 20, exec_quantum_ms = 1 })
  vm:attach(m.gpu, vf)
  vm:run(function() vm.vf:probe() end)
end

-- How long a short job takes that comes while the other VF's 4 ms are on the engine.
local function short_job(preemptible)
  local took
  local queue, fence
  m.long:run(function()
    queue = m.long.vf:queue("render")
    fence = m.long.vf:submit(queue, { work = 4000000, preemptible = preemptible, add = { 1, 1 } })
    sleep("100us")
  end)
  m.short:run(function()
    local vf = m.short.vf
    local mine, start = vf:queue("render"), now()
    vf:wait(mine, vf:submit(mine, { work = 1000, add = { 1, 1 } }), "50ms")
    took = now() - start
  end)
  m.long:run(function() m.long.vf:wait(queue, fence, "50ms") end)
  return took
end

local left = short_job(true)
local held = short_job(false)
say(left .. " ns behind work that can be left, " .. held .. " ns behind work that cannot")
expect("a quantum is waited for where work can be left", left < ns("2ms"), left)
expect("the whole work where it cannot", held > ns("3ms"), held)
expect_eq("the long jobs ran", m.long.vf:result(1), 2)
expect_eq("the short jobs ran", m.short.vf:result(1), 2)
expect_eq("nobody was thrown out", m.long.vf:wedged() or m.short.vf:wedged(), nil)
