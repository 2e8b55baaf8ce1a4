/* SPDX-License-Identifier: MIT */
/* Waiting for any or all of several conditions, and for a cycle. Watches, ends of actors and times
 * are met in their instant; functions are looked at every microsecond. */
#include <errno.h>

#include "sim/script/lua_script.h"

#define DEFAULT_LIMIT_NS HAL_NS_PER_S
#define POLL_NS          HAL_NS_PER_US
#define LOOK_NS          HAL_NS_PER_MS
#define MAX_CONDITIONS   64

/* Indices on the stack of wait_any and wait_all. */
enum { CONDITIONS = 1, LIMIT, RESULTS };

/* Is the condition on top met? Then its result takes its place. */
static bool is_met(lua_State *lua, uint64_t passed)
{
    if (luaL_testudata(lua, -1, LUA_WATCH)) {
        struct watch *watch = lua_object_check(lua, -1, LUA_WATCH);

        if (!script_watch_ready(lua, watch)) {
            return false;
        }
        script_watch_push(lua, watch);
        lua_remove(lua, -2);
        return true;
    }
    if (luaL_testudata(lua, -1, LUA_ACTOR)) {
        const struct actor *actor = lua_object_check(lua, -1, LUA_ACTOR);

        return actor->ended;
    }
    if (lua_isfunction(lua, -1)) {
        lua_pushvalue(lua, -1);
        lua_call(lua, 0, 1);
        lua_remove(lua, -2);
        return lua_toboolean(lua, -1);
    }
    return passed >= lua_check_time(lua, lua_gettop(lua), LUA_NO_DEFAULT);
}

/* Has the condition on top wake this actor, or no longer (hal NULL). Returns how long it may sleep
 * at most because of it. */
static uint64_t prepare(lua_State *lua, struct hal *hal, uint64_t passed)
{
    if (luaL_testudata(lua, -1, LUA_WATCH)) {
        script_watch_wakes(lua, lua_object_check(lua, -1, LUA_WATCH), hal);
        return UINT64_MAX;
    }
    if (luaL_testudata(lua, -1, LUA_ACTOR)) {
        struct actor *actor = lua_object_check(lua, -1, LUA_ACTOR);

        actor->joiner = hal;
        return LOOK_NS;
    }
    return lua_isfunction(lua, -1) ? POLL_NS
                                   : lua_check_time(lua, lua_gettop(lua), LUA_NO_DEFAULT) - passed;
}

/* Prepares all conditions that are not met for a sleep of this program, or for none: NULL. Returns
 * how long it may last, at most longest. */
static uint64_t prepare_all(lua_State *lua, lua_Integer count, struct hal *hal, uint64_t passed,
                            uint64_t longest)
{
    for (lua_Integer i = 1; i <= count; i++) {
        if (lua_rawgeti(lua, RESULTS, i) == LUA_TNIL) {
            uint64_t most;

            lua_rawgeti(lua, CONDITIONS, i);
            most = prepare(lua, hal, passed);
            longest = most < longest ? most : longest;
            lua_pop(lua, 1);
        }
        lua_pop(lua, 1);
    }
    return longest;
}

/* Sleeps until a condition that is not met may be. */
static void sleep_on(lua_State *lua, lua_Integer count, uint64_t passed, uint64_t longest)
{
    struct hal *hal = script_actor(lua)->hal;

    (void)hal_wait(hal, prepare_all(lua, count, hal, passed, longest));
    (void)prepare_all(lua, count, NULL, passed, longest);
    script_time_passes(lua);
}

/* Looks at all that were not met yet. Returns the place of the first that is now, 0 for none; adds
 * to *met. */
static lua_Integer look(lua_State *lua, lua_Integer count, uint64_t passed, lua_Integer *met)
{
    lua_Integer first = 0;

    for (lua_Integer i = 1; i <= count; i++) {
        if (lua_rawgeti(lua, RESULTS, i) != LUA_TNIL) {
            lua_pop(lua, 1);
            continue;
        }
        lua_pop(lua, 1);
        lua_rawgeti(lua, CONDITIONS, i);
        if (is_met(lua, passed)) {
            lua_rawseti(lua, RESULTS, i);
            first = first ? first : i;
            ++*met;
        } else {
            lua_pop(lua, 1);
        }
    }
    return first;
}

/* Returns the place of the one that was met last. */
static lua_Integer wait_for(lua_State *lua, const char *verb, bool all)
{
    struct hal *hal = script_actor(lua)->hal;
    uint64_t limit = lua_check_time(lua, LIMIT, DEFAULT_LIMIT_NS);
    uint64_t start;
    lua_Integer count, met = 0;

    luaL_checktype(lua, CONDITIONS, LUA_TTABLE);
    count = luaL_len(lua, CONDITIONS);
    luaL_argcheck(lua, count >= 1 && count <= MAX_CONDITIONS, CONDITIONS,
                  "a list of 1 to 64 conditions is wanted");
    luaL_argcheck(lua, script_of(lua)->machine, CONDITIONS, "time begins with machine{...}");
    lua_settop(lua, LIMIT);
    lua_newtable(lua);
    start = hal_now(hal);
    for (;;) {
        uint64_t passed = hal_now(hal) - start;
        lua_Integer first = look(lua, count, passed, &met);

        if (first && (!all || met == count)) {
            return first;
        }
        if (passed >= limit) {
            return lua_fail(lua, verb, -ETIME);
        }
        sleep_on(lua, count, passed, limit - passed);
    }
}

/* wait_any(conditions [, limit]) */
static int wait_any(lua_State *lua)
{
    lua_Integer place = wait_for(lua, "wait_any", false);

    lua_pushinteger(lua, place);
    lua_rawgeti(lua, RESULTS, place);
    return 2;
}

/* wait_all(conditions [, limit]) */
static int wait_all(lua_State *lua)
{
    (void)wait_for(lua, "wait_all", true);
    lua_pushvalue(lua, RESULTS);
    return 1;
}

static uint64_t cycle_now(lua_State *lua)
{
    const struct script *script = script_of(lua);

    if (!script->machine) {
        luaL_error(lua, "time begins with machine{...}");
    }
    return sim_cycles(script->sim);
}

static int wait_cycle_now(lua_State *lua)
{
    lua_pushinteger(lua, (lua_Integer)cycle_now(lua));
    return 1;
}

/* wait_cycle(number): at once when it is over. */
static int wait_cycle(lua_State *lua)
{
    uint64_t wanted = (uint64_t)lua_check_range(lua, 1, 0, LUA_MAXINTEGER);
    uint64_t now = cycle_now(lua);

    luaL_argcheck(lua, !script_actor(lua)->vm, 1,
                  "cycles are the machine's: wait for them outside of guests");
    if (wanted > now) {
        hal_cycles(script_actor(lua)->hal, wanted - now);
        script_time_passes(lua);
    }
    return 0;
}

const luaL_Reg lua_wait_functions[] = {
    {"wait_any", wait_any},     {"wait_all", wait_all}, {"cycle", wait_cycle_now},
    {"wait_cycle", wait_cycle}, {NULL, NULL},
};
