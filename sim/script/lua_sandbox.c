/* SPDX-License-Identifier: MIT */
/* What a scenario sees of Lua's own libraries: no files, no clock, no loading of code but
 * require beside the script, and nothing whose result differs from run to run. Lua seeds its
 * tables' hashes by addresses, so iteration is sorted here, and its sort picks pivots by the
 * wall clock, so sorting is ours. */
#include "sim/script/lua_script.h"

#include <ctype.h>
#include <errno.h>
#include <lualib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_PATH_LEN  1024
#define MAX_TEXT_SIZE (16u << 20)

/* ---- iteration in order of keys ------------------------------------------------------------- */

struct sort_key {
    int rank;           /* booleans, numbers, strings */
    long double number; /* wide enough for every integer and every double */
    const char *text;
    size_t len;
    int place; /* in the list of keys */
};

static int key_compare(const void *left, const void *right)
{
    const struct sort_key *a = left, *b = right;
    int order;

    if (a->rank != b->rank) {
        return a->rank - b->rank;
    }
    if (a->rank < 2) {
        return (a->number > b->number) - (a->number < b->number);
    }
    order = memcmp(a->text, b->text, a->len < b->len ? a->len : b->len);
    return order ? order : (a->len > b->len) - (a->len < b->len);
}

static void key_read(lua_State *lua, int index, struct sort_key *key)
{
    switch (lua_type(lua, index)) {
    case LUA_TBOOLEAN:
        key->rank = 0;
        key->number = lua_toboolean(lua, index);
        break;
    case LUA_TNUMBER:
        key->rank = 1;
        key->number = lua_isinteger(lua, index) ? (long double)lua_tointeger(lua, index)
                                                : (long double)lua_tonumber(lua, index);
        break;
    case LUA_TSTRING:
        key->rank = 2;
        key->text = lua_tolstring(lua, index, &key->len);
        break;
    default:
        luaL_error(lua, "a %s as key has no order to go through a table by",
                   lua_typename(lua, lua_type(lua, index)));
    }
}

/* Strings stay where they are while the list holds them. */
int lua_keys_push(lua_State *lua, int table)
{
    struct sort_key *keys;
    int count = 0, list;

    lua_newtable(lua);
    list = lua_gettop(lua);
    for (lua_pushnil(lua); lua_next(lua, table); lua_pop(lua, 1)) {
        lua_pushvalue(lua, -2);
        lua_rawseti(lua, list, ++count);
    }
    keys = lua_newuserdatauv(lua, sizeof(*keys) * (size_t)(count + 1), 0);
    for (int i = 0; i < count; i++) {
        lua_rawgeti(lua, list, i + 1);
        memset(&keys[i], 0, sizeof(keys[i]));
        key_read(lua, -1, &keys[i]);
        keys[i].place = i + 1;
        lua_pop(lua, 1);
    }
    qsort(keys, (size_t)count, sizeof(*keys), key_compare);
    lua_createtable(lua, count, 0);
    for (int i = 0; i < count; i++) {
        lua_rawgeti(lua, list, keys[i].place);
        lua_rawseti(lua, -2, i + 1);
    }
    lua_replace(lua, list);
    lua_settop(lua, list);
    return count;
}

/* Upvalues: keys in order, how many were given out. Entries removed meanwhile are left out. */
static int pairs_step(lua_State *lua)
{
    lua_Integer at = lua_tointeger(lua, lua_upvalueindex(2));

    for (;;) {
        if (lua_rawgeti(lua, lua_upvalueindex(1), ++at) == LUA_TNIL) {
            return 1;
        }
        lua_pushvalue(lua, -1);
        if (lua_rawget(lua, 1) != LUA_TNIL) {
            break;
        }
        lua_pop(lua, 2);
    }
    lua_pushinteger(lua, at);
    lua_replace(lua, lua_upvalueindex(2));
    return 2;
}

static int sandbox_pairs(lua_State *lua)
{
    luaL_checktype(lua, 1, LUA_TTABLE);
    lua_settop(lua, 1);
    lua_keys_push(lua, 1);
    lua_pushinteger(lua, 0);
    lua_pushcclosure(lua, pairs_step, 2);
    lua_pushvalue(lua, 1);
    return 2;
}

static int sandbox_next(lua_State *lua)
{
    int count, at = 0;

    luaL_checktype(lua, 1, LUA_TTABLE);
    lua_settop(lua, 2);
    count = lua_keys_push(lua, 1);
    if (!lua_isnil(lua, 2)) {
        bool equal = false;

        while (!equal && at < count) {
            lua_rawgeti(lua, 3, ++at);
            equal = lua_rawequal(lua, 2, -1);
            lua_pop(lua, 1);
        }
        luaL_argcheck(lua, equal, 2, "no such key");
    }
    lua_rawgeti(lua, 3, at + 1);
    if (lua_isnil(lua, -1)) {
        return 1;
    }
    lua_pushvalue(lua, -1);
    lua_rawget(lua, 1);
    return 2;
}

/* ---- sorting -------------------------------------------------------------------------------- */

/* Is element b (on top) before element a (below it)? Pops neither. */
static bool sort_before(lua_State *lua)
{
    bool before;

    if (lua_isnil(lua, 2)) {
        return lua_compare(lua, -1, -2, LUA_OPLT);
    }
    lua_pushvalue(lua, 2);
    lua_pushvalue(lua, -2);
    lua_pushvalue(lua, -4);
    lua_call(lua, 2, 1);
    before = lua_toboolean(lua, -1);
    lua_pop(lua, 1);
    return before;
}

/* Merges the sorted runs [low, middle) and [middle, high) of table 1 into table 3; equal ones
 * keep their order. */
static void sort_merge(lua_State *lua, lua_Integer low, lua_Integer middle, lua_Integer high)
{
    lua_Integer left = low, right = middle;

    for (lua_Integer to = low; to < high; to++) {
        bool take_right = left == middle;

        if (left < middle && right < high) {
            lua_rawgeti(lua, 1, left);
            lua_rawgeti(lua, 1, right);
            take_right = sort_before(lua);
            lua_pop(lua, 2);
        }
        lua_rawgeti(lua, 1, take_right ? right++ : left++);
        lua_rawseti(lua, 3, to);
    }
}

/* table.sort(list [, before]): stable. */
static int sandbox_sort(lua_State *lua)
{
    lua_Integer count;

    luaL_checktype(lua, 1, LUA_TTABLE);
    if (!lua_isnoneornil(lua, 2)) {
        luaL_checktype(lua, 2, LUA_TFUNCTION);
    }
    lua_settop(lua, 2);
    count = luaL_len(lua, 1);
    lua_newtable(lua);
    for (lua_Integer width = 1; width < count; width *= 2) {
        for (lua_Integer low = 1; low <= count; low += 2 * width) {
            lua_Integer middle = low + width > count + 1 ? count + 1 : low + width;
            lua_Integer high = low + 2 * width > count + 1 ? count + 1 : low + 2 * width;

            sort_merge(lua, low, middle, high);
        }
        for (lua_Integer i = 1; i <= count; i++) {
            lua_rawgeti(lua, 3, i);
            lua_rawseti(lua, 1, i);
        }
    }
    return 0;
}

/* ---- random numbers ------------------------------------------------------------------------- */

/* A counter through a mixing function: every seed is good, also 0. */
static uint64_t random_next(struct script *script)
{
    uint64_t value = script->random_state += 0x9e3779b97f4a7c15u;

    value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9u;
    value = (value ^ value >> 27) * 0x94d049bb133111ebu;
    return value ^ value >> 31;
}

/* math.random(): [0, 1); (n): 1 to n; (m, n): m to n. */
static int sandbox_random(lua_State *lua)
{
    uint64_t value = random_next(script_of(lua));
    lua_Integer low = 1, high;
    uint64_t range;

    if (lua_gettop(lua) == 0) {
        lua_pushnumber(lua, (lua_Number)(value >> 11) / (lua_Number)(1ull << 53));
        return 1;
    }
    high = luaL_checkinteger(lua, 1);
    if (lua_gettop(lua) > 1) {
        low = high;
        high = luaL_checkinteger(lua, 2);
    }
    luaL_argcheck(lua, low <= high, lua_gettop(lua), "the interval is empty");
    range = (uint64_t)high - (uint64_t)low + 1; /* 0: all of them */
    if (range) {
        value = (uint64_t)((unsigned __int128)value * range >> 64);
    }
    value += (uint64_t)low;
    lua_pushinteger(lua, (lua_Integer)value);
    return 1;
}

/* ---- text without addresses ----------------------------------------------------------------- */

static int sandbox_tostring(lua_State *lua)
{
    luaL_checkany(lua, 1);
    lua_push_text(lua, 1);
    return 1;
}

/* Upvalue: Lua's own format. */
static int sandbox_format(lua_State *lua)
{
    const char *format = luaL_checkstring(lua, 1);
    int count = lua_gettop(lua);

    for (const char *at = strchr(format, '%'); at; at = strchr(at, '%')) {
        at += 1 + strspn(at + 1, "-+#0 123456789.");
        luaL_argcheck(lua, *at != 'p', 1, "%p shows an address, which differs from run to run");
        at += *at != '\0';
    }
    for (int i = 2; i <= count; i++) {
        if (lua_type(lua, i) < LUA_TTABLE && lua_type(lua, i) != LUA_TLIGHTUSERDATA) {
            continue;
        }
        lua_push_text(lua, i);
        lua_replace(lua, i);
    }
    lua_pushvalue(lua, lua_upvalueindex(1));
    lua_insert(lua, 1);
    lua_call(lua, count, 1);
    return 1;
}

/* Finalizers would run at moments that only the collector knows. Upvalue: Lua's own
 * setmetatable. */
static int sandbox_setmetatable(lua_State *lua)
{
    lua_settop(lua, 2);
    if (lua_istable(lua, 2)) {
        lua_pushliteral(lua, "__gc");
        luaL_argcheck(lua, lua_rawget(lua, 2) == LUA_TNIL, 2, "__gc is not available");
        lua_settop(lua, 2);
    }
    lua_pushvalue(lua, lua_upvalueindex(1));
    lua_insert(lua, 1);
    lua_call(lua, 2, 1);
    return 1;
}

/* ---- errors that cannot be caught ------------------------------------------------------------ */

/* A script that catches the end of its patience would go on for ever. */
static bool is_endless(lua_State *lua)
{
    return script_actor(lua)->instructions > SCRIPT_MAX_INSTRUCTIONS;
}

static int protected_end(lua_State *lua, int status, int from)
{
    if (status != LUA_OK && is_endless(lua)) {
        return lua_error(lua);
    }
    lua_pushboolean(lua, status == LUA_OK);
    lua_insert(lua, from);
    return lua_gettop(lua) - from + 1;
}

/* pcall(function, ...) */
static int sandbox_pcall(lua_State *lua)
{
    luaL_checkany(lua, 1);
    return protected_end(lua, lua_pcall(lua, lua_gettop(lua) - 1, LUA_MULTRET, 0), 1);
}

/* xpcall(function, handler, ...) */
static int sandbox_xpcall(lua_State *lua)
{
    luaL_checktype(lua, 2, LUA_TFUNCTION);
    lua_pushvalue(lua, 1);
    lua_insert(lua, 3); /* function, handler, function, arguments */
    return protected_end(lua, lua_pcall(lua, lua_gettop(lua) - 3, LUA_MULTRET, 2), 3);
}

/* ---- helpers beside the script -------------------------------------------------------------- */

/* Where the module with this path is: beside the script, in the folder above, where scenarios in
 * folders share theirs, or among gucsim's own, for scripts of others; the first when it is nowhere.
 * Returns whether the path fits. */
static bool module_find(const char *script, const char *name, char path[MAX_PATH_LEN])
{
    const char *slash = strrchr(script, '/');
    int folder_len = slash ? (int)(slash - script) + 1 : 0;
    const struct {
        int len; /* of the script's path in front of it */
        const char *folder;
    } places[] = {
        {folder_len, ""}, {folder_len, "../"}, {0, script_own_scenarios()}, {folder_len, ""}};

    for (unsigned i = 0; i < ARRAY_SIZE(places); i++) {
        int len = snprintf(path, MAX_PATH_LEN, "%.*s%s%s.lua", places[i].len, script,
                           places[i].folder, name);

        if (len < 0 || len >= MAX_PATH_LEN) {
            return false;
        }
        if (access(path, R_OK) == 0) {
            break;
        }
    }
    return true;
}

/* require "name" or "folder.name": runs name.lua of the scenario's folder once and returns its
 * value. */
static int sandbox_require(lua_State *lua)
{
    const char *name = luaL_checkstring(lua, 1);
    char path[MAX_PATH_LEN];

    for (const char *at = name; *at; at++) {
        luaL_argcheck(lua,
                      isalnum((unsigned char)*at) || *at == '_' || (*at == '.' && at[1] != '.'), 1,
                      "letters, digits, _ and single dots are wanted");
    }
    luaL_getsubtable(lua, LUA_REGISTRYINDEX, "required");
    if (lua_getfield(lua, -1, name) != LUA_TNIL) {
        return 1;
    }
    lua_pop(lua, 1);
    lua_pushstring(lua, luaL_gsub(lua, name, ".", "/"));
    if (!module_find(script_of(lua)->config.path, lua_tostring(lua, -1), path)) {
        return luaL_error(lua, "require %s: the path is too long", name);
    }
    lua_settop(lua, 2); /* name, table of what was required */
    if (luaL_loadfilex(lua, path, "t") != LUA_OK) {
        return lua_error(lua);
    }
    lua_call(lua, 0, 1);
    if (lua_isnil(lua, -1)) {
        lua_pop(lua, 1);
        lua_pushboolean(lua, true);
    }
    lua_pushvalue(lua, -1);
    lua_setfield(lua, 2, name);
    return 1;
}

/* A text beside the script, or else as seen from where the program was started. */
int lua_read_text(lua_State *lua)
{
    const char *name = luaL_checkstring(lua, 1);
    const char *script = script_of(lua)->config.path;
    const char *slash = strrchr(script, '/');
    char path[MAX_PATH_LEN];
    luaL_Buffer text;
    size_t size = 0;
    FILE *file;

    (void)snprintf(path, sizeof(path), "%.*s%s", slash ? (int)(slash - script) + 1 : 0, script,
                   name);
    file = fopen(path, "rb");
    file = file ? file : fopen(name, "rb");
    if (!file) {
        return luaL_error(lua, "read_text: %s: %s", name, strerror(errno));
    }
    luaL_buffinit(lua, &text);
    for (size_t part = 1; part && size <= MAX_TEXT_SIZE; size += part) {
        char bytes[4096];

        part = fread(bytes, 1, sizeof(bytes), file);
        luaL_addlstring(&text, bytes, part);
    }
    (void)fclose(file);
    luaL_pushresult(&text);
    return size > MAX_TEXT_SIZE ? luaL_error(lua, "read_text: %s: more than 16 MiB", name) : 1;
}

/* ---- opening -------------------------------------------------------------------------------- */

/* Sets name of the table at the top to nil. */
static void forget(lua_State *lua, const char *const *names)
{
    for (; *names; names++) {
        lua_pushnil(lua);
        lua_setfield(lua, -2, *names);
    }
}

/* Replaces a function of the table at the top by one that has it as upvalue. */
static void wrap(lua_State *lua, const char *name, lua_CFunction function)
{
    lua_getfield(lua, -1, name);
    lua_pushcclosure(lua, function, 1);
    lua_setfield(lua, -2, name);
}

static const luaL_Reg base_functions[] = {
    {"next", sandbox_next},
    {"pairs", sandbox_pairs},
    {"require", sandbox_require},
    {"tostring", sandbox_tostring},
    {"pcall", sandbox_pcall},
    {"xpcall", sandbox_xpcall},
    {NULL, NULL},
};

void lua_sandbox_open(lua_State *lua)
{
    static const char *const base_gone[] = {"collectgarbage", "dofile", "load", "loadfile",
                                            "print",          "warn",   NULL};
    static const char *const string_gone[] = {"dump", NULL};
    static const char *const math_gone[] = {"randomseed", NULL};

    luaL_requiref(lua, LUA_GNAME, luaopen_base, 1);
    luaL_setfuncs(lua, base_functions, 0);
    wrap(lua, "setmetatable", sandbox_setmetatable);
    forget(lua, base_gone);
    luaL_requiref(lua, LUA_STRLIBNAME, luaopen_string, 1);
    wrap(lua, "format", sandbox_format);
    forget(lua, string_gone);
    luaL_requiref(lua, LUA_TABLIBNAME, luaopen_table, 1);
    lua_pushcfunction(lua, sandbox_sort);
    lua_setfield(lua, -2, "sort");
    luaL_requiref(lua, LUA_MATHLIBNAME, luaopen_math, 1);
    lua_pushcfunction(lua, sandbox_random);
    lua_setfield(lua, -2, "random");
    forget(lua, math_gone);
    luaL_requiref(lua, LUA_UTF8LIBNAME, luaopen_utf8, 1);
    lua_settop(lua, 0);
}
