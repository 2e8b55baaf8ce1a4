/* SPDX-License-Identifier: MIT */
/* Values as a scenario's reader wants to see them: tables by their contents, in order of keys, and
 * equal when their contents are. What is deep or long is cut: it is a line for people. */
#include <stdio.h>
#include <string.h>

#include "sim/script/lua_script.h"

#define MAX_DEPTH   4
#define MAX_ENTRIES 16
#define MAX_TEXT    512u
#define SAME_DEPTH  16
#define SAME_TABLES 10000u

struct shown {
    char text[MAX_TEXT];
    size_t len;
};

static void add(struct shown *shown, const char *text)
{
    int more = snprintf(shown->text + shown->len, MAX_TEXT - shown->len, "%s", text);

    shown->len += more > 0 ? (size_t)more : 0;
    if (shown->len >= MAX_TEXT) {
        shown->len = MAX_TEXT - 1;
    }
}

/* A table of the script's own, not one of our objects. */
static bool is_plain(lua_State *lua, int index)
{
    bool has_metatable = lua_getmetatable(lua, index) != 0;

    lua_pop(lua, has_metatable ? 1 : 0);
    return lua_istable(lua, index) && !has_metatable;
}

/* Are all keys of the kinds that have an order? */
static bool has_order(lua_State *lua, int table)
{
    bool good = true;

    for (lua_pushnil(lua); lua_next(lua, table); lua_pop(lua, 1)) {
        int type = lua_type(lua, -2);

        good = good && (type == LUA_TBOOLEAN || type == LUA_TNUMBER || type == LUA_TSTRING);
    }
    return good;
}

static void add_value(lua_State *lua, int index, struct shown *shown, int depth);

/* The n-th entry, its key on top of the stack: "3" at its place in a list, else "key = 3". */
static void add_entry(lua_State *lua, int table, int n, struct shown *shown, int depth)
{
    int key = lua_gettop(lua);

    if (!lua_isinteger(lua, key) || lua_tointeger(lua, key) != n) {
        add(shown, lua_push_text(lua, key));
        add(shown, " = ");
    }
    lua_pushvalue(lua, key);
    lua_rawget(lua, table);
    add_value(lua, lua_gettop(lua), shown, depth + 1);
    lua_settop(lua, key);
}

static void add_table(lua_State *lua, int table, struct shown *shown, int depth)
{
    int count;

    if (depth == MAX_DEPTH || !has_order(lua, table) || !lua_checkstack(lua, LUA_MINSTACK)) {
        add(shown, "{ ... }");
        return;
    }
    count = lua_keys_push(lua, table);
    add(shown, count ? "{ " : "{");
    for (int i = 1; i <= count && i <= MAX_ENTRIES && shown->len < MAX_TEXT - 1; i++) {
        add(shown, i > 1 ? ", " : "");
        lua_rawgeti(lua, -1, i);
        add_entry(lua, table, i, shown, depth);
        lua_pop(lua, 1);
    }
    add(shown, count > MAX_ENTRIES ? ", ... }" : count ? " }" : "}");
    lua_pop(lua, 1);
}

/* index is absolute. */
static void add_value(lua_State *lua, int index, struct shown *shown, int depth)
{
    if (is_plain(lua, index)) {
        add_table(lua, index, shown, depth);
        return;
    }
    if (lua_type(lua, index) == LUA_TSTRING) {
        lua_pushfstring(lua, "\"%s\"", lua_tostring(lua, index));
    } else {
        lua_push_text(lua, index);
    }
    add(shown, lua_tostring(lua, -1));
    lua_pop(lua, 1);
}

const char *lua_push_shown(lua_State *lua, int index, bool quoted)
{
    struct shown shown = {.len = 0};
    int top = lua_gettop(lua);

    index = lua_absindex(lua, index);
    if (!is_plain(lua, index) && !(quoted && lua_type(lua, index) == LUA_TSTRING)) {
        return lua_push_text(lua, index);
    }
    add_value(lua, index, &shown, 0);
    lua_settop(lua, top);
    return lua_pushstring(lua, shown.text);
}

/* What is compared may hang together in circles: it has an end by depth and by number. */
static bool same(lua_State *lua, int a, int b, int depth, unsigned *left);

/* Has table b whatever a has? */
static bool covers(lua_State *lua, int a, int b, int depth, unsigned *left)
{
    int top = lua_gettop(lua);
    bool good = true;

    for (lua_pushnil(lua); good && lua_next(lua, a);) {
        lua_pushvalue(lua, -2);
        lua_rawget(lua, b);
        good = same(lua, lua_gettop(lua) - 1, lua_gettop(lua), depth + 1, left);
        lua_settop(lua, top + 1);
    }
    lua_settop(lua, top);
    return good;
}

static unsigned entries(lua_State *lua, int table)
{
    unsigned count = 0;

    for (lua_pushnil(lua); lua_next(lua, table); lua_pop(lua, 1)) {
        count++;
    }
    return count;
}

static bool same(lua_State *lua, int a, int b, int depth, unsigned *left)
{
    if (lua_compare(lua, a, b, LUA_OPEQ)) {
        return true;
    }
    if (!is_plain(lua, a) || !is_plain(lua, b) || depth == SAME_DEPTH || *left == 0 ||
        !lua_checkstack(lua, LUA_MINSTACK)) {
        return false;
    }
    --*left;
    return entries(lua, a) == entries(lua, b) && covers(lua, a, b, depth, left);
}

bool lua_same(lua_State *lua, int a, int b)
{
    unsigned left = SAME_TABLES;

    return same(lua, lua_absindex(lua, a), lua_absindex(lua, b), 0, &left);
}
