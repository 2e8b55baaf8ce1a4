-- SPDX-License-Identifier: MIT
-- Binding as the PF sees it: VFs shake hands with it over the relay and learn from it what they
-- cannot read themselves; then they are ready for work.
local p = params {
  { "binds", "int", 3, "how often each VM binds and unbinds", min = 1, max = 20 },
}

local m = machine {
  gpus = { { name = "src" }, { name = "dst" } },
  -- The third knows no VF ABI that has opt-ins.
  vms = { { name = "one" }, { name = "two" }, { name = "old", abi = "1.6" } },
}
local vms = { m.one, m.two, m.old }
local RPM_CONFIG0, GMD_ID, GUC_STATUS = 0xd00, 0xd8c, 0xc000
local CRYSTAL_38_4_MHZ = 0x14

local share = { ggtt_size = 4 << 20 }
for vf = 1, 2 do
  m.src:provision(vf, share)
  m.dst:provision(vf, share)
end
m.one:attach(m.src, 1)
m.two:attach(m.src, 2)
m.old:attach(m.dst, 1)

local function expect_told(name, vf)
  for gt = 0, vf:gts() - 1 do
    local where = name .. ", GT " .. gt
    expect_eq(where .. ": crystal clock as the PF tells it", vf:register(RPM_CONFIG0, gt),
              CRYSTAL_38_4_MHZ)
    expect_eq(where .. ": version as the GuC tells it", vf:register(GMD_ID, gt) >> 22, 30)
    expect_eq(where .. ": what nobody tells reads 0", vf:register(GUC_STATUS, gt), 0)
  end
end

-- All at once, so that the PF has requests of several VFs and GTs to answer.
local actors = {}
for n, vm in ipairs(vms) do
  actors[n] = vm:actor(vm.name, function()
    local vf = vm.vf
    for bind = 1, p.binds do
      vf:probe()
      expect_told(vm.name .. ", bind " .. bind, vf)
      local queue = vf:queue("render")
      vf:wait(queue, vf:submit(queue, { add = { 1, bind } }))
      expect_eq(vm.name .. ": a job runs", vf:result(1), bind)
      if bind < p.binds then
        vf:remove()
        expect_eq(vm.name .. ": unbound it knows nothing", vf:register(RPM_CONFIG0), 0)
      end
    end
    expect_eq(vm.name .. ": not wedged", vf:wedged(), nil)
  end)
end
for _, actor in ipairs(actors) do
  actor:join("500ms")
end
expect("the newer VMs use what the GuC has", m.one.vf:abi() ~= m.old.vf:abi(), m.one.vf:abi())
expect_eq("the older one what it knows", m.old.vf:abi(), "1.6.0")

-- What was told at bind stays known; only a bind asks again.
vmm.migrate { vm = m.one, to = { m.dst, 2 } }
wait_until(function() return not m.one.vf:recovering() end, "10ms")
expect_told("one, moved", m.one.vf)
expect_eq("one, moved: not wedged", m.one.vf:wedged(), nil)
