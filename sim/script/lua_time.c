/* SPDX-License-Identifier: MIT */
/* Actors, time, and what a scenario has to say: the functions that need no hardware. */
#include "sim/script/lua_script.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_LIMIT_NS HAL_NS_PER_S
#define DEFAULT_POLL_NS  1000u
#define JOIN_LOOK_NS     HAL_NS_PER_MS /* the end wakes one who waits, others look again */

/* ---- actors --------------------------------------------------------------------------------- */

static void check_running(lua_State *lua)
{
    if (!script_of(lua)->machine) {
        luaL_error(lua, "time begins with machine{...}");
    }
}

void lua_actor_push(lua_State *lua, int name, int function, struct machine_vm *vm)
{
    const char *text = luaL_checkstring(lua, name);
    struct actor *actor;

    luaL_checktype(lua, function, LUA_TFUNCTION);
    luaL_argcheck(lua, strlen(text) < SCRIPT_ACTOR_NAME_LEN, name, "the name is too long");
    lua_pushvalue(lua, function);
    actor = script_actor_create(lua, text, vm);
    lua_createtable(lua, 0, 1);
    lua_pushstring(lua, actor->name);
    lua_setfield(lua, -2, "name");
    lua_object_push(lua, LUA_ACTOR, actor);
}

static int time_actor(lua_State *lua)
{
    check_running(lua);
    lua_actor_push(lua, 1, 2, NULL);
    return 1;
}

void lua_actor_join(lua_State *lua, struct actor *actor, uint64_t limit_ns)
{
    struct hal *hal = script_actor(lua)->hal;
    uint64_t start = hal_now(hal);

    while (!actor->ended) {
        uint64_t passed = hal_now(hal) - start;

        if (passed >= limit_ns) {
            lua_fail(lua, "actor:join", -ETIME);
        }
        actor->joiner = hal;
        (void)hal_wait(hal, passed + JOIN_LOOK_NS < limit_ns ? JOIN_LOOK_NS : limit_ns - passed);
        /* on whole polls, so that who waits does not run in the instant of the end itself */
        hal_delay(hal, DEFAULT_POLL_NS - (hal_now(hal) - start) % DEFAULT_POLL_NS);
    }
    script_time_passes(lua);
}

static int actor_join(lua_State *lua)
{
    struct actor *actor = lua_object_check(lua, 1, LUA_ACTOR);

    luaL_argcheck(lua, actor != script_actor(lua), 1, "an actor cannot wait for its own end");
    lua_actor_join(lua, actor, lua_check_time(lua, 2, DEFAULT_LIMIT_NS));
    return 0;
}

static int actor_ended(lua_State *lua)
{
    const struct actor *actor = lua_object_check(lua, 1, LUA_ACTOR);

    lua_pushboolean(lua, actor->ended);
    return 1;
}

/* ---- time ----------------------------------------------------------------------------------- */

static int time_sleep(lua_State *lua)
{
    check_running(lua);
    hal_delay(script_actor(lua)->hal, lua_check_time(lua, 1, LUA_NO_DEFAULT));
    script_time_passes(lua);
    return 0;
}

static int time_now(lua_State *lua)
{
    check_running(lua);
    lua_pushinteger(lua, (lua_Integer)hal_now(script_actor(lua)->hal));
    return 1;
}

/* wait_until(condition [, limit [, every]]) */
static int time_wait_until(lua_State *lua)
{
    uint64_t limit = lua_check_time(lua, 2, DEFAULT_LIMIT_NS);
    uint64_t every = lua_check_time(lua, 3, DEFAULT_POLL_NS);
    struct hal *hal = script_actor(lua)->hal;
    uint64_t start;

    check_running(lua);
    luaL_checktype(lua, 1, LUA_TFUNCTION);
    luaL_argcheck(lua, every > 0, 3, "time has to pass");
    start = hal_now(hal);
    for (;;) {
        lua_settop(lua, 1);
        lua_pushvalue(lua, 1);
        lua_call(lua, 0, 1);
        if (lua_toboolean(lua, -1)) {
            return 1;
        }
        if (hal_now(hal) - start >= limit) {
            return lua_fail(lua, "wait_until", -ETIME);
        }
        hal_delay(hal, every);
        script_time_passes(lua);
    }
}

/* "5us" -> 5000 */
static int time_ns(lua_State *lua)
{
    lua_pushinteger(lua, (lua_Integer)lua_check_time(lua, 1, LUA_NO_DEFAULT));
    return 1;
}

/* ---- what it says --------------------------------------------------------------------------- */

/* The line of the script that called us. */
int script_caller_line(lua_State *lua)
{
    lua_Debug debug;

    return lua_getstack(lua, 1, &debug) && lua_getinfo(lua, "l", &debug) ? debug.currentline : 0;
}

static double now_us(const struct script *script)
{
    return (double)sim_now_ps(script->sim) / 1e6;
}

static int time_say(lua_State *lua)
{
    struct script *script = script_of(lua);
    const int count = lua_gettop(lua);
    const char *text;

    check_running(lua);
    luaL_checkany(lua, 1);
    luaL_checkstack(lua, 2 * count + LUA_MINSTACK, "too many values to say");
    for (int i = 1; i <= count; i++) {
        lua_pushstring(lua, i > 1 ? " " : "");
        lua_push_shown(lua, i, false);
    }
    lua_concat(lua, 2 * count);
    text = lua_tostring(lua, -1);
    const struct hal_field fields[] = {
        {.name = "line", .type = HAL_INT, .value = (uint64_t)script_caller_line(lua)},
        {.name = "text", .type = HAL_STR, .pointer = text},
    };

    hal_trace(script->hal, HAL_GT_NONE, "script", fields, ARRAY_SIZE(fields));
    if (!script->config.quiet) {
        (void)printf("%14.3f us  %s\n", now_us(script), text);
    }
    return 0;
}

/* "seen 1, wanted 2"; each may be NULL. Returns NULL when there is nothing to say. */
static char *said_of(const char *seen, const char *wanted)
{
    size_t size = (seen ? strlen(seen) : 0) + (wanted ? strlen(wanted) : 0) + 32;
    char *text = seen ? malloc(size) : NULL;

    if (text) {
        (void)snprintf(text, size, "seen %s%s%s", seen, wanted ? ", wanted " : "",
                       wanted ? wanted : "");
    }
    return text;
}

/* Returns it as it is kept; seen and wanted are of one that does not hold, and may be NULL. */
static const struct expectation *expectation_record(lua_State *lua, const char *name, bool ok,
                                                    const char *seen, const char *wanted)
{
    struct script *script = script_of(lua);
    struct expectation *grown;
    const struct hal_field fields[] = {
        {.name = "name", .type = HAL_STR, .pointer = name},
        {.name = "ok", .type = HAL_BOOL, .value = ok},
    };

    hal_trace(script->hal, HAL_GT_NONE, "expect", fields, ARRAY_SIZE(fields));
    grown = realloc(script->expectations, (script->num_expectations + 1) * sizeof(*grown));
    if (!grown) {
        luaL_error(lua, "not enough memory");
        return NULL;
    }
    script->expectations = grown;
    grown += script->num_expectations;
    *grown = (struct expectation){.name = strdup(name),
                                  .said = ok ? NULL : said_of(seen, wanted),
                                  .line = script_caller_line(lua),
                                  .ok = ok,
                                  .at_ps = sim_now_ps(script->sim)};
    if (!grown->name) {
        free(grown->said);
        luaL_error(lua, "not enough memory");
        return NULL;
    }
    script->num_expectations++;
    return grown;
}

/* Notes an expectation and tells of a failed one. Pushes whether it holds and returns 1. */
static int expectation_state(lua_State *lua, const char *name, bool ok, const char *seen,
                             const char *wanted)
{
    struct script *script = script_of(lua);
    const struct expectation *kept = expectation_record(lua, name, ok, seen, wanted);

    if (kept && !ok) {
        (void)fprintf(stderr, "%s:%d: expectation failed at %.3f us: %s%s%s\n", script->config.path,
                      kept->line, now_us(script), name, kept->said ? ": " : "",
                      kept->said ? kept->said : "");
        script_print_last(script_actor(lua), stderr);
    }
    lua_pushboolean(lua, ok);
    return 1;
}

int script_expectation(lua_State *lua, const char *name, bool ok, const char *seen)
{
    check_running(lua);
    return expectation_state(lua, name, ok, seen, NULL);
}

/* expect(name, condition [, seen]) */
static int time_expect(lua_State *lua)
{
    const char *name = luaL_checkstring(lua, 1);
    bool ok = lua_toboolean(lua, 2);

    check_running(lua);
    luaL_checkany(lua, 2);
    return expectation_state(lua, name, ok,
                             ok || lua_isnone(lua, 3) ? NULL : lua_push_shown(lua, 3, false), NULL);
}

/* expect_eq(name, seen, wanted) */
static int time_expect_eq(lua_State *lua)
{
    const char *name = luaL_checkstring(lua, 1);
    bool ok, quoted;

    check_running(lua);
    luaL_checkany(lua, 3);
    lua_settop(lua, 3);
    ok = lua_same(lua, 2, 3);
    quoted = lua_type(lua, 2) != lua_type(lua, 3); /* "1" is not 1 */
    return expectation_state(lua, name, ok, ok ? NULL : lua_push_shown(lua, 2, quoted),
                             ok ? NULL : lua_push_shown(lua, 3, quoted));
}

/* expect_failure(name, errno, function, ...): the function's verb has to fail with that errno. */
static int time_expect_failure(lua_State *lua)
{
    const char *name = luaL_checkstring(lua, 1);
    const char *wanted = luaL_checkstring(lua, 2);
    const char *seen = "success";
    bool ok = false;

    check_running(lua);
    luaL_checktype(lua, 3, LUA_TFUNCTION);
    if (lua_pcall(lua, lua_gettop(lua) - 3, 0, 0) != LUA_OK) {
        if (!lua_is_failure(lua, -1)) {
            return lua_error(lua); /* a mistake of the script is not what it expects */
        }
        lua_getfield(lua, -1, "errno");
        seen = lua_tostring(lua, -1);
        ok = strcmp(seen, wanted) == 0;
    }
    return expectation_state(lua, name, ok, seen, wanted);
}

const luaL_Reg lua_time_functions[] = {
    {"actor", time_actor},
    {"sleep", time_sleep},
    {"now", time_now},
    {"ns", time_ns},
    {"wait_until", time_wait_until},
    {"say", time_say},
    {"read_text", lua_read_text},
    {"expect", time_expect},
    {"expect_eq", time_expect_eq},
    {"expect_failure", time_expect_failure},
    {NULL, NULL},
};

const luaL_Reg lua_actor_methods[] = {
    {"join", actor_join},
    {"ended", actor_ended},
    {NULL, NULL},
};
