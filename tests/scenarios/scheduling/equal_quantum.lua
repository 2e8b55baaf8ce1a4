-- SPDX-License-Identifier: MIT
-- Two VFs with the same quantum get the same share of an engine.
local p = params {
  { "time", "time", "8ms", "how long both have work" },
}
local m = machine {
  gpus = { { name = "gpu", gts = 1 } }, vms = { { name = "vm1" }, { name = "vm2" } },
}
for vf, vm in ipairs { m.vm1, m.vm2 } do
  m.gpu:provision(vf, { ggtt_size = 4 << 20, exec_quantum_ms = 1 })
  vm:attach(m.gpu, vf)
  vm:run(function() vm.vf:probe() end)
end

local switches = watch { kind = "job", ev = "switch_in", engine = "rcs0" }
local done, actors = {}, {}
for n, vm in ipairs { m.vm1, m.vm2 } do
  actors[n] = vm:actor(vm.name, function()
    local vf = vm.vf
    local queue = vf:queue("render")
    local stop = now() + p.time
    local jobs = {}
    repeat -- always two jobs ahead, so that the engine is never free
      jobs[#jobs + 1] = vf:submit(queue, { work = 20000, add = { 1, 1 } })
      if #jobs > 2 then
        vf:wait(queue, jobs[#jobs - 2], "20ms")
      end
    until now() > stop
    done[n] = vf:done(queue)
    vf:wait(queue, jobs[#jobs], "20ms")
    expect_eq(vm.name .. ": each job ran once", vf:result(1), #jobs)
  end)
end
for _, actor in ipairs(actors) do
  actor:join()
end
say("jobs in " .. p.time .. " ns: " .. done[1] .. " and " .. done[2])
expect("the engine changed over", switches:count() >= 4, switches:count())
expect("both worked", done[1] > 50 and done[2] > 50)
local apart = math.abs(done[1] - done[2]) / (done[1] + done[2])
expect("shares differ by an eighth of the whole at most", apart <= 0.125, apart)
