/* SPDX-License-Identifier: MIT */
/* What a script cannot do: reach files, clocks or foreign code, see an address or an order that
 * differs from run to run, run or grow without end. Each text runs up to its machine{...}. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "sim/script/script.h"

#define PATH_LEN 128

static char directory[] = "/tmp/gucsim-sandbox-XXXXXX";

static void setup(void)
{
    cr_assert_not_null(mkdtemp(directory));
}

static void teardown(void)
{
    char command[PATH_LEN];

    (void)snprintf(command, sizeof(command), "rm -rf %s", directory);
    cr_assert_eq(system(command), 0);
}

TestSuite(sandbox, .init = setup, .fini = teardown, .timeout = 600);

static void file_write(const char *name, const char *text)
{
    char path[PATH_LEN];
    FILE *file;

    (void)snprintf(path, sizeof(path), "%s/%s", directory, name);
    file = fopen(path, "w");
    cr_assert_not_null(file);
    cr_assert_geq(fputs(text, file), 0);
    cr_assert_eq(fclose(file), 0);
}

/* Loads the text with this seed. Returns what went wrong, "" for nothing; free it. */
static char *load(const char *text, uint64_t seed)
{
    static struct params params;
    static struct machine_desc desc;
    char path[PATH_LEN];
    const struct script_config config = {
        .path = path, .seed = seed, .params = &params, .quiet = true};
    struct script *script;
    char *error;

    memset(&params, 0, sizeof(params));
    (void)snprintf(path, sizeof(path), "%s/case.lua", directory);
    file_write("case.lua", text);
    script = script_create(&config);
    cr_assert_not_null(script);
    error = strdup(script_load(script, &desc) ? script_error(script) : "");
    script_destroy(script);
    return error;
}

#define GPU "\nmachine { gpus = { { name = 'src' } } }\n"

static void expect_good(const char *text)
{
    char *error = load(text, 1);

    cr_expect_str_empty(error, "%s\n%s", text, error);
    free(error);
}

static void expect_error(const char *text, const char *message)
{
    char *error = load(text, 1);

    cr_expect(strstr(error, message), "%s: '%s' is missing in: %s", text, message, error);
    free(error);
}

Test(sandbox, nothing_leads_outside)
{
    expect_good("for _, name in ipairs { 'io', 'os', 'debug', 'package', 'coroutine', 'load',\n"
                "    'loadfile', 'dofile', 'print', 'warn', 'collectgarbage' } do\n"
                "  assert(_G[name] == nil, name)\n"
                "end\n"
                "assert(not string.dump and not math.randomseed)\n"
                "assert(getmetatable('').__index == string)" GPU);
}

Test(sandbox, binary_code_is_not_loaded)
{
    file_write("code.lua", "\033Lua");
    expect_error("require 'code'" GPU, "attempt to load a binary chunk");
    expect_error("\033Lua", "attempt to load a binary chunk");
}

Test(sandbox, tables_are_gone_through_in_order_of_their_keys)
{
    expect_good("local seen = {}\n"
                "local t = { zeta = 1, alpha = 2, [10] = 3, [2] = 4, [1.5] = 5, [true] = 6 }\n"
                "for k in pairs(t) do seen[#seen + 1] = tostring(k) end\n"
                "assert(table.concat(seen, ' ') == 'true 1.5 2 10 alpha zeta',\n"
                "       table.concat(seen, ' '))\n"
                "local k, n = nil, 0\n"
                "repeat k = next(t, k) n = n + 1 until k == nil\n"
                "assert(n == 7)" GPU);
    expect_error("for k in pairs { [{}] = 1 } do end" GPU, "has no order");
    expect_error("for k in pairs { [print or error] = 1 } do end" GPU, "has no order");
}

Test(sandbox, sorting_is_stable)
{
    expect_good("local list = {}\n"
                "for i = 1, 200 do list[i] = { i % 3, i } end\n"
                "table.sort(list, function(a, b) return a[1] < b[1] end)\n"
                "for i = 2, 200 do\n"
                "  local a, b = list[i - 1], list[i]\n"
                "  assert(a[1] < b[1] or a[1] == b[1] and a[2] < b[2])\n"
                "end" GPU);
}

Test(sandbox, no_address_is_shown)
{
    expect_good("local shown = { tostring({}), tostring(error), ('%s'):format({}),\n"
                "  tostring(setmetatable({}, { __name = 'thing' })), ('%s'):format(pairs) }\n"
                "for _, text in ipairs(shown) do assert(not text:find('0x'), text) end\n"
                "local ok, text = pcall(error, {})\n"
                "assert(not tostring(text):find('0x'))\n"
                "ok, text = pcall(function() return {} .. 'x' end)\n"
                "local message = text:match('attempt.*')  -- without the script's own name\n"
                "assert(not ok and not message:find('0x'), text)" GPU);
    expect_error("local s = ('%p'):format({})" GPU, "%p shows an address");
    expect_error("local s = ('%-20p'):format({})" GPU, "%p shows an address");
    expect_error("error({})" GPU, "table");
}

Test(sandbox, random_numbers_follow_the_seed)
{
    static const char text[] = "local t = {}\n"
                               "for i = 1, 5 do t[i] = math.random(1000000) end\n"
                               "error(table.concat(t, ' '), 0)";
    char *first = load(text, 7), *again = load(text, 7), *other = load(text, 8);

    cr_expect_str_eq(first, again);
    cr_expect_str_neq(first, other);
    free(first);
    free(again);
    free(other);
}

Test(sandbox, endless_loop_ends_even_when_its_error_is_caught)
{
    expect_error("while true do end" GPU, "50 million instructions while no time passed");
    expect_error("while true do pcall(function() while true do end end) end" GPU,
                 "50 million instructions");
    expect_error("while true do xpcall(function() while true do end end, function() end) end" GPU,
                 "");
    expect_error("local t = setmetatable({}, { __index = function(t, k) return t[k] end })\n"
                 "local x = t.x" GPU,
                 "overflow");
}

Test(sandbox, memory_has_an_end)
{
    expect_error("local t = {} while true do t[#t + 1] = ('x'):rep(1 << 20) .. #t end" GPU,
                 "not enough memory");
}

Test(sandbox, pcall_and_xpcall_are_lua_s_own_otherwise)
{
    expect_good("local function list(...) return select('#', ...), ... end\n"
                "local n, ok, a, b = list(pcall(function(...) return ... end, 1, nil))\n"
                "assert(n == 3 and ok and a == 1 and b == nil)\n"
                "n, ok, a = list(xpcall(error, function(m) return 'handled ' .. m end, 'it'))\n"
                "assert(n == 2 and not ok and a == 'handled it', a)\n"
                "n, ok, a = list(xpcall(function(x) return x end, error, 5))\n"
                "assert(n == 2 and ok and a == 5)" GPU);
}

Test(sandbox, helpers_are_required_once_from_beside_the_script_or_above)
{
    file_write("helper.lua", "count = (count or 0) + 1 return { value = count }");
    expect_good("assert(require('helper').value == 1)\n"
                "assert(require('helper').value == 1 and count == 1)" GPU);
    expect_error("require '../helper'" GPU, "letters, digits, _ and single dots");
    expect_error("require '/etc/passwd'" GPU, "letters, digits, _ and single dots");
    expect_error("require 'a..b'" GPU, "letters, digits, _ and single dots");
    expect_error("require 'missing'" GPU, "missing.lua");
    file_write("broken.lua", "local = 1");
    expect_error("require 'broken'" GPU, "broken.lua:1:");
}

Test(sandbox, finalizers_are_not_available)
{
    expect_error("setmetatable({}, { __gc = function() end })" GPU, "__gc is not available");
}

Test(sandbox, objects_and_declarations_name_the_nearest_when_a_name_is_wrong)
{
    expect_error("machine { gpus = { { name = 'src', vsf = 3 } } }", "did you mean vfs");
    expect_error("params { { 'n', 'integer', 1, 'n' } }" GPU, "int, time, bool, version or string");
    expect_error("params { { 'n', 'int', 1 } }" GPU, "its text is missing");
    expect_error("params { { 'n', 'int', 5, 'n', max = 3 } }" GPU, "out of range");
    expect_error("local p = params { { 'n', 'int', 1, 'n' } }\nlocal x = p.m" GPU,
                 "there is no m here");
}
