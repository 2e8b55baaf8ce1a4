-- SPDX-License-Identifier: MIT
-- migration_version, by paths of the administrator's tree: what each host says, what it takes, and
-- which vGPUs may move where.

local m = machine {
  gpus = {
    { name = "skl", vfs = 0, vgpus = { types = { "8" } } },
    { name = "twin", vfs = 0, vgpus = { types = { "4" } } },
    { name = "newer", vfs = 0, vgpus = { types = { "8" }, software = 2 } },
    { name = "never", vfs = 0, vgpus = { types = { "8" }, software = 0xffffffff } },
  },
}

local function path(type, file)
  return "mdev_supported_types/i915-GVTg_V5_" .. type .. "/" .. file
end

local function version(gpu, type)
  return gpu:sysfs_read(path(type, "migration_version"))
end

-- ---- the tree ---------------------------------------------------------------------------------

local skl = m.skl
expect_eq("types", skl:sysfs_read("mdev_supported_types"),
          "i915-GVTg_V5_8\ni915-GVTg_V5_4\ni915-GVTg_V5_2\ni915-GVTg_V5_1\n")
for file, text in pairs {
  name = "GVTg_V5_8\n",
  device_api = "vfio-pci\n",
  description = "low_gm_size: 64MB\nhigh_gm_size: 384MB\nfence: 4\nresolution: 1024x768\n" ..
    "weight: 2\n",
  migration_version = "8086-1912-GVTg_V5_8-00000001\n",
} do
  expect_eq(file, skl:sysfs_read(path("8", file)), text)
end
local uuid = "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"
local left = tonumber((skl:sysfs_read(path("8", "available_instances"))))
expect_eq("create", skl:sysfs_write(path("8", "create"), uuid), #uuid)
expect_eq("one instance less", tonumber((skl:sysfs_read(path("8", "available_instances")))),
          left - 1)
expect("it is among its type's", skl:sysfs_read(path("8", "devices")):find(uuid, 1, true))
expect_eq("its type", skl:sysfs_read("/sys/bus/mdev/devices/" .. uuid .. "/mdev_type"),
          "mdev_supported_types/i915-GVTg_V5_8\n")
expect_eq("by its link", skl:sysfs_read("/sys/bus/mdev/devices/" .. uuid ..
                                        "/mdev_type/migration_version"), version(skl, "8"))
expect_failure("created twice", "EEXIST", skl.sysfs_write, skl, path("8", "create"), uuid)
skl:sysfs_write("/sys/bus/mdev/devices/" .. uuid .. "/remove", "1")
expect_failure("no such path", "ENOENT", skl.sysfs_read, skl, path("8", "nothing"))
expect_failure("no such direction", "EACCES", skl.sysfs_write, skl, path("8", "name"), "x")

-- ---- outcomes of a write ----------------------------------------------------------------------

local V8 = "8086-1912-GVTg_V5_8-00000001"
local outcomes = {
  -- what is written, and the reason of a refusal
  { V8 },
  { V8 .. "\n" },
  { V8 .. "\n\n", "wrong string format" },
  { "8086-5912-GVTg_V5_8-00000001", "physical device not matched" },
  { "8087-1912-GVTg_V5_8-00000001", "physical device not matched" },
  { "8086-1912-GVTg_V5_8-00000002", "migration software version" },
  { "8086-1912-GVTg_V5_4-00000001", "vgpu type not matched" },
  { "8086-5912-GVTg_V5_4-00000002", "physical device not matched" },
  { "8086-1912-GVTg_V5_4-00000002", "migration software version" },
  { "8086-1912-GVTg_V5_8-1", "wrong string format" },
  { "8086-1912-gvtg_v5_8-00000001", "vgpu type not matched" },
  { " " .. V8, "wrong string format" },
  { V8 .. " ", "wrong string format" },
  { V8 .. "junk", "wrong string format" },
  { "8086-1912-" .. ("x"):rep(17) .. "-00000001", "wrong string format" },
  { "8086-1912-GVTg-V5-8-00000002", "migration software version" },
  { "8086-1912", "wrong string format" },
  { "", "wrong string format" },
  { ("f"):rep(5000), "wrong string format" },
}
local refusals = watch { kind = "peer_error", gpu = "skl" }
say("write to skl's type 8")
for _, outcome in ipairs(outcomes) do
  local text, reason = outcome[1], outcome[2]
  local shown = (#text > 40 and text:sub(1, 12) .. "... of " .. #text or text):gsub("\n", "\\n")
  local ok, result = pcall(skl.sysfs_write, skl, path("8", "migration_version"), text)
  if reason then
    expect(shown .. ": refused", not ok and result.errno == "EINVAL")
    local told = refusals:wait("1us").what
    expect(shown .. ": " .. reason, told:find(reason, 1, true), told)
    result = "EINVAL, " .. told:gsub("migration_version: ", "")
  else
    expect_eq(shown .. ": taken", result, #text)
    result = result .. " bytes"
  end
  say(string.format("  %-34s %s", '"' .. shown .. '"', result))
end
expect_failure("a type that is not there", "ENODEV", skl.sysfs_read, skl,
               path("9", "migration_version"))
expect_failure("a host that cannot migrate", "ENODEV", m.never.sysfs_read, m.never,
               path("8", "migration_version"))
expect_failure("takes nothing either", "ENODEV", m.never.sysfs_write, m.never,
               path("8", "migration_version"), V8)
expect_failure("nor written", "ENODEV", skl.sysfs_write, skl, path("9", "migration_version"), V8)

-- ---- which may move where ---------------------------------------------------------------------

-- User space's rule: types equal, reading the source works, writing to the target works.
local function compatible(from, from_type, to, to_type)
  return from_type == to_type and pcall(function()
    to:sysfs_write(path(to_type, "migration_version"), version(from, from_type))
  end)
end

say("moves of types 8 and 4, source by line, target by column: skl twin newer never")
local hosts = { "skl", "twin", "newer", "never" }
local works = { skl = "skl twin", twin = "skl twin", newer = "newer", never = "" }
for _, from in ipairs(hosts) do
  local line, found = "", {}
  for _, to in ipairs(hosts) do
    local yes = compatible(m[from], "8", m[to], "8")
    line = line .. (yes and "  yes" or "  no ")
    found[#found + 1] = yes and to or nil
  end
  say(string.format("  %-6s%s", from, line))
  expect_eq(from .. " moves to", table.concat(found, " "), works[from])
end
expect("not between types", not compatible(skl, "8", m.twin, "4"))
