-- SPDX-License-Identifier: MIT
-- Queues in fault mode: their pages are mapped when an engine asks for them. Two VFs at once, a
-- page that there is not, and answers of the driver that come late, not at all, or twice.
local p = params {
  { "pages", "int", 100, "that each queue has to be given, one by one", min = 2, max = 128 },
}
local MiB <const> = 1 << 20
local REPORT <const>, ANSWER <const> = 0x6002, 0x6003
local m = machine {
  gpus = { { name = "gpu", vfs = 2 } }, vms = { { name = "one" }, { name = "two" } },
}
local gpu, one, two = m.gpu, m.one, m.two

for vf, vm in ipairs { one, two } do
  gpu:provision(vf, { ggtt_size = 8 * MiB, exec_quantum_ms = 1 })
  vm:attach(gpu, vf)
end

local queues = {}

-- The engine asks for the batch that touches the pages, and then for each page.
local function job(vm, queue, from)
  return vm:actor(vm.name, function()
    vm.vf:wait(queue, vm.vf:submit(queue, { touch = from, add = { 1, 1 } }), "200ms")
  end)
end

local function both()
  wait_all({ job(one, queues[one], 0), job(two, queues[two], 0) }, "200ms")
end

local function check_pages(vm, name, times)
  local right = 0
  for page = 0, p.pages - 1 do
    right = right + (vm.vf:page(queues[vm], page) == times and 1 or 0)
  end
  expect_eq(("%s: %s: pages that are right"):format(vm.name, name), right, p.pages)
end

local seen = { [one] = { 0, 0, 0, 0 }, [two] = { 0, 0, 0, 0 } }

-- How much more there is of each since the last time.
local function check_counts(vm, name, wanted)
  local counts = vm.vf:page_faults()
  for i, key in ipairs { "taken", "bound", "refused", "dropped" } do
    expect_eq(("%s: %s: %s"):format(vm.name, name, key), counts[key] - seen[vm][i], wanted[i])
    seen[vm][i] = counts[key]
  end
end

-- Each page is asked for once, whoever else has the engine meanwhile; then all are there.
for _, vm in ipairs { one, two } do
  vm:run(function()
    vm.vf:probe()
    queues[vm] = vm.vf:queue(vm == one and "copy" or "render", { pages = p.pages })
  end)
end
local errors = watch { kind = "peer_error" }
both()
for _, vm in ipairs { one, two } do
  check_pages(vm, "first job", 1)
  check_counts(vm, "first job", { p.pages + 1, p.pages + 1, 0, 0 })
end
both()
for _, vm in ipairs { one, two } do
  check_pages(vm, "second job", 2)
  check_counts(vm, "second job", { 0, 0, 0, 0 })
end

-- A page that there is not: that queue fails, others go on.
one:run(function()
  local stray = one.vf:queue("copy", { pages = 2, ppgtt = 4 })
  local fence = one.vf:submit(stray, { stray = true })
  expect_failure("a job that strays fails", "EIO", function() one.vf:wait(stray, fence, "50ms") end)
  one.vf:destroy(stray)
end)
check_counts(one, "stray", { 1, 0, 1, 0 })
both()
check_pages(one, "after a stray", 3)
check_pages(two, "beside a stray", 3)
expect_none("nobody broke a rule", errors)

-- Who has to leave its engine waits for no page, however slow the driver is.
local function begin_wait()
  local queue, fence
  local told = watch { kind = "g2h", fn = 1, ev = "sent", action = REPORT }
  one:run(function()
    one.vf:page_delay("5ms")
    queue = one.vf:queue("copy", { pages = 1 })
    fence = one.vf:submit(queue, { touch = 0 })
  end)
  told:wait("1ms")
  return queue, fence
end

local function end_wait(queue, fence)
  one:run(function()
    one.vf:page_delay("0ns")
    one.vf:wait(queue, fence, "50ms")
    expect_eq("its page in the end", one.vf:page(queue, 0), 1)
    one.vf:destroy(queue)
  end)
end

local queue, fence = begin_wait()
local start = now()
gpu:pause(1)
expect("a pause waits for no page", now() - start < ns("1ms"), now() - start)
gpu:resume(1)
end_wait(queue, fence)

queue, fence = begin_wait()
start = now()
two:run(function()
  local other = two.vf:queue("copy")
  two.vf:wait(other, two.vf:submit(other, { work = 1000 }), "50ms")
  two.vf:destroy(other)
end)
expect("nor does the engine's next turn", now() - start < ns("4ms"), now() - start)
end_wait(queue, fence)

queue, fence = begin_wait()
start = now()
one:run(function()
  one.vf:destroy(queue)
  one.vf:page_delay("0ns")
end)
expect("nor the end of its queue", now() - start < ns("1ms"), now() - start)
sleep("6ms")
expect_eq("no reset for any of it", one.vf:resets(0), 0)
expect_none("and no rule broken", errors)
seen[one] = {}
for i, key in ipairs { "taken", "bound", "refused", "dropped" } do
  seen[one][i] = one.vf:page_faults()[key]
end

-- Answers that are disturbed on their way.
local function disturbed(what)
  gpu:inject({ kind = "h2g", fn = 1, action = ANSWER }, what)
  one:run(function()
    local queue = one.vf:queue("copy", { pages = 2 })
    one.vf:wait(queue, one.vf:submit(queue, { touch = 0 }), "200ms")
    expect_eq("pages of a disturbed queue", one.vf:page(queue, 0) + one.vf:page(queue, 1), 2)
    one.vf:destroy(queue)
  end)
end

disturbed { delay = "300us" }
check_counts(one, "late", { 3, 3, 0, 0 })
disturbed { drop = true }
check_counts(one, "lost: asked again", { 4, 3, 0, 0 })
expect_eq("no reset for that", one.vf:resets(0), 0)

-- A second answer to one report is refused, which no driver sends: the channel ends, and the GT
-- begins anew for this VF alone.
gpu:inject({ kind = "h2g", fn = 2, action = ANSWER }, { twice = true })
two:run(function()
  local queue = two.vf:queue("render", { pages = 2 })
  local fence = two.vf:submit(queue, { touch = 0 })
  expect_failure("a job that had begun is lost", "EIO",
                 function() two.vf:wait(queue, fence, "200ms") end)
  wait_until(function() return two.vf:resets(0) == 1 end, "100ms")
  two.vf:destroy(queue)
end)
both()
check_pages(two, "after the reset", 4)
check_pages(one, "beside the reset", 4)
expect_eq("the other VF had none", one.vf:resets(0), 0)

-- A function reset in the middle of a wait: nothing is left of it.
begin_wait()
gpu:flr(1)
one:run(function()
  one.vf:remove()
  one.vf:probe()
  one.vf:page_delay("0ns")
  queues[one] = one.vf:queue("copy", { pages = p.pages })
end)
both()
check_pages(one, "after a function reset", 1)
check_pages(two, "beside it", 5)
