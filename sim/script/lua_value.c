/* SPDX-License-Identifier: MIT */
/* Between Lua values and ours: times, ranges, tables with known fields, objects, failures. */
#include "sim/script/lua_script.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define MAX_NAMES 64u

/* ---- arguments ------------------------------------------------------------------------------ */

uint64_t lua_check_time(lua_State *lua, int index, uint64_t default_ns)
{
    const char *text;
    uint64_t ps;

    if (lua_isnoneornil(lua, index) && default_ns != LUA_NO_DEFAULT) {
        return default_ns;
    }
    if (lua_isinteger(lua, index)) {
        luaL_argcheck(lua, lua_tointeger(lua, index) >= 0, index, "a time cannot be negative");
        return (uint64_t)lua_tointeger(lua, index);
    }
    text = lua_type(lua, index) == LUA_TSTRING ? lua_tostring(lua, index) : "";
    if (time_parse(text, &ps)) {
        luaL_argerror(lua, index, "a time is wanted: \"5us\", or whole ns");
    }
    return ps / 1000;
}

lua_Integer lua_check_range(lua_State *lua, int index, lua_Integer min, lua_Integer max)
{
    lua_Integer value = luaL_checkinteger(lua, index);

    if (value < min || value > max) {
        lua_pushfstring(lua, "%I is out of range, %I to %I", value, min, max);
        luaL_argerror(lua, index, lua_tostring(lua, -1));
    }
    return value;
}

uint64_t lua_field_uint(lua_State *lua, int index, const char *name, uint64_t max,
                        uint64_t fallback)
{
    lua_Integer value;
    int whole;

    if (lua_getfield(lua, index, name) == LUA_TNIL) {
        lua_pop(lua, 1);
        return fallback;
    }
    value = lua_tointegerx(lua, -1, &whole);
    if (!whole || value < 0 || (uint64_t)value > max) {
        luaL_error(lua, "%s = %s: a whole number up to %I is wanted", name, lua_push_text(lua, -1),
                   (lua_Integer)max);
    }
    lua_pop(lua, 1);
    return (uint64_t)value;
}

void lua_check_fields(lua_State *lua, int index, const char *const *names)
{
    unsigned count = 0;

    while (names[count]) {
        count++;
    }
    luaL_checktype(lua, index, LUA_TTABLE);
    lua_pushvalue(lua, index);
    for (lua_pushnil(lua); lua_next(lua, -2); lua_pop(lua, 1)) {
        const char *key = lua_type(lua, -2) == LUA_TSTRING ? lua_tostring(lua, -2) : NULL;
        const char *near;
        bool known = false;

        for (unsigned i = 0; key && i < count; i++) {
            known = known || strcmp(names[i], key) == 0;
        }
        if (known) {
            continue;
        }
        near = key ? nearest_name(key, names, count) : NULL;
        if (!key) {
            luaL_error(lua, "named fields are wanted here, not [%s]", lua_push_text(lua, -2));
        }
        luaL_error(lua, "there is no field %s here%s%s%s", key, near ? ", did you mean " : "",
                   near ? near : "", near ? "?" : "");
    }
    lua_pop(lua, 1);
}

struct machine_fn *lua_check_fn(lua_State *lua, int index)
{
    struct machine_gpu *gpu;
    struct machine_fn *fn;
    lua_Integer vf;

    luaL_checktype(lua, index, LUA_TTABLE);
    lua_rawgeti(lua, index, 1);
    lua_rawgeti(lua, index, 2);
    if (!luaL_testudata(lua, -2, LUA_GPU) || !lua_isinteger(lua, -1)) {
        luaL_error(lua, "a VF is wanted here: {gpu, number}");
    }
    gpu = lua_object_check(lua, -2, LUA_GPU);
    vf = lua_tointeger(lua, -1);
    fn = vf > 0 && vf <= MACHINE_MAX_VFS ? machine_find_fn(gpu, (unsigned)vf) : NULL;
    if (!fn) {
        luaL_error(lua, "%s has no VF %I", gpu->desc.name, vf);
    }
    lua_pop(lua, 2);
    return fn;
}

/* ---- objects -------------------------------------------------------------------------------- */

/* object.name: a method, or one of the fields that came with it. Anything else is a mistake
 * worth a word. */
static int object_index(lua_State *lua)
{
    const char *type = lua_tostring(lua, lua_upvalueindex(2));
    const char *names[MAX_NAMES];
    const char *key, *near;
    unsigned count = 0;

    lua_settop(lua, 2);
    lua_pushvalue(lua, 2);
    if (lua_rawget(lua, lua_upvalueindex(1)) != LUA_TNIL) {
        return 1;
    }
    if (lua_getiuservalue(lua, 1, 1) == LUA_TTABLE) {
        lua_pushvalue(lua, 2);
        if (lua_rawget(lua, -2) != LUA_TNIL) {
            return 1;
        }
    }
    key = lua_push_text(lua, 2);
    for (lua_pushnil(lua); lua_next(lua, lua_upvalueindex(1)); lua_pop(lua, 1)) {
        if (count < MAX_NAMES) {
            names[count++] = lua_tostring(lua, -2);
        }
    }
    near = nearest_name(key, names, count);
    return luaL_error(lua, "a %s has no %s%s%s%s", type, key, near ? ", did you mean " : "",
                      near ? near : "", near ? "?" : "");
}

void lua_object_type(lua_State *lua, const char *type, const luaL_Reg *methods,
                     const luaL_Reg *more)
{
    luaL_newmetatable(lua, type);
    lua_newtable(lua);
    luaL_setfuncs(lua, methods, 0);
    if (more) {
        luaL_setfuncs(lua, more, 0);
    }
    lua_pushstring(lua, type);
    lua_pushcclosure(lua, object_index, 2);
    lua_setfield(lua, -2, "__index");
    lua_pushboolean(lua, false);
    lua_setfield(lua, -2, "__metatable"); /* a script cannot take it apart */
    lua_pop(lua, 1);
}

void lua_object_more(lua_State *lua, const char *type, const luaL_Reg *methods)
{
    luaL_getmetatable(lua, type);
    lua_getfield(lua, -1, "__index");
    lua_getupvalue(lua, -1, 1);
    luaL_setfuncs(lua, methods, 0);
    lua_pop(lua, 3);
}

void lua_object_push(lua_State *lua, const char *type, void *pointer)
{
    void **object = lua_newuserdatauv(lua, sizeof(*object), 1);

    *object = pointer;
    luaL_setmetatable(lua, type);
    lua_insert(lua, -2);
    lua_setiuservalue(lua, -2, 1);
}

void *lua_object_check(lua_State *lua, int index, const char *type)
{
    return *(void **)luaL_checkudata(lua, index, type);
}

/* ---- text and failures ---------------------------------------------------------------------- */

const char *lua_push_text(lua_State *lua, int index)
{
    int type = lua_type(lua, index);

    index = lua_absindex(lua, index);
    if (luaL_getmetafield(lua, index, "__tostring") != LUA_TNIL) {
        lua_pop(lua, 1);
        return luaL_tolstring(lua, index, NULL);
    }
    if (type != LUA_TTABLE && type != LUA_TFUNCTION && type != LUA_TUSERDATA &&
        type != LUA_TTHREAD && type != LUA_TLIGHTUSERDATA) {
        return luaL_tolstring(lua, index, NULL);
    }
    if (luaL_getmetafield(lua, index, "__name") == LUA_TSTRING) {
        return lua_tostring(lua, -1);
    }
    lua_pushstring(lua, lua_typename(lua, type));
    return lua_tostring(lua, -1);
}

static int failure_text(lua_State *lua)
{
    lua_getfield(lua, 1, "message");
    return 1;
}

int lua_fail(lua_State *lua, const char *verb, int64_t error)
{
    const char *name = strerrorname_np((int)-error);

    lua_newtable(lua);
    lua_pushstring(lua, verb);
    lua_setfield(lua, -2, "verb");
    lua_pushstring(lua, name ? name : "EIO");
    lua_setfield(lua, -2, "errno");
    luaL_where(lua, 1);
    lua_pushfstring(lua, "%s: %s (%s)", verb, name ? name : "EIO", strerror((int)-error));
    lua_concat(lua, 2);
    lua_setfield(lua, -2, "message");
    if (luaL_newmetatable(lua, LUA_FAILURE)) {
        lua_pushcfunction(lua, failure_text);
        lua_setfield(lua, -2, "__tostring");
    }
    lua_setmetatable(lua, -2);
    return lua_error(lua);
}

bool lua_is_failure(lua_State *lua, int index)
{
    bool same;

    if (!lua_getmetatable(lua, index)) {
        return false;
    }
    luaL_getmetatable(lua, LUA_FAILURE);
    same = lua_rawequal(lua, -1, -2);
    lua_pop(lua, 2);
    return same;
}
