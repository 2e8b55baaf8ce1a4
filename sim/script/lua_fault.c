/* SPDX-License-Identifier: MIT */
/* What a scenario lets go wrong on a GPU: signals that are lost or late, a GuC that stands still,
 * and messages that a GuC loses, doubles, reorders or gets damaged. Nothing is left to chance. */
#include "sim/script/lua_script.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "sim/machine/inject.h"

#define TOLD_LEN         96
#define DEFAULT_SWAP_NS  HAL_NS_PER_MS
#define MAX_ACTION_NAMES 128u

static struct machine_gpu *check_gpu(lua_State *lua)
{
    return lua_object_check(lua, 1, LUA_GPU);
}

static void tell_text(lua_State *lua, const char *text)
{
    const struct hal_field fields[] = {
        {.name = "line", .type = HAL_INT, .value = (uint64_t)script_caller_line(lua)},
        {.name = "text", .type = HAL_STR, .pointer = text},
    };

    hal_trace(script_of(lua)->hal, HAL_GT_NONE, "script", fields, ARRAY_SIZE(fields));
}

/* Tells the event log that the script asked for this, with the numbers that it gave. */
static void tell(lua_State *lua, const struct machine_gpu *gpu)
{
    lua_Debug frame;
    char text[TOLD_LEN];
    size_t len;

    if (!lua_getstack(lua, 0, &frame) || !lua_getinfo(lua, "n", &frame)) {
        return;
    }
    (void)snprintf(text, sizeof(text), "%s:%s(", gpu->desc.name, frame.name ? frame.name : "?");
    for (int i = 2; i <= lua_gettop(lua); i++) {
        len = strlen(text);
        (void)snprintf(text + len, sizeof(text) - len, "%s%s", i > 2 ? ", " : "",
                       lua_isinteger(lua, i) ? lua_push_text(lua, i) : "...");
        lua_settop(lua, lua_isinteger(lua, i) ? lua_gettop(lua) - 1 : lua_gettop(lua));
    }
    len = strlen(text);
    (void)snprintf(text + len, sizeof(text) - len, ")");
    tell_text(lua, text);
}

/* ---- signals -------------------------------------------------------------------------------- */

/* gpu:...(fn, count [, cycles or function] [, after]): fn 0 is the PF. */
static int disturb(lua_State *lua, enum sim_signal what, enum sim_how how)
{
    const struct machine_gpu *gpu = check_gpu(lua);
    unsigned fn = (unsigned)lua_check_range(lua, 2, 0, gpu->desc.num_vfs);
    int after = how == SIM_LOST ? 4 : 5;
    struct sim_disturbance asked = {.how = how,
                                    .count = (unsigned)lua_check_range(lua, 3, 0, INT32_MAX)};

    if (how == SIM_ELSEWHERE) {
        asked.fn = (unsigned)lua_check_range(lua, 4, 0, gpu->desc.num_vfs);
    } else if (how != SIM_LOST) {
        asked.cycles = (uint64_t)lua_check_range(lua, 4, 1, UINT32_MAX);
    }
    if (!lua_isnoneornil(lua, after)) {
        asked.after = (unsigned)lua_check_range(lua, after, 0, INT32_MAX);
    }
    tell(lua, gpu);
    sim_gpu_disturb(gpu->sim, what, fn, &asked);
    return 0;
}

static int fault_drop_doorbells(lua_State *lua)
{
    return disturb(lua, SIM_DOORBELL, SIM_LOST);
}

static int fault_delay_doorbells(lua_State *lua)
{
    return disturb(lua, SIM_DOORBELL, SIM_LATE);
}

static int fault_repeat_doorbells(lua_State *lua)
{
    return disturb(lua, SIM_DOORBELL, SIM_TWICE);
}

static int fault_redirect_doorbells(lua_State *lua)
{
    return disturb(lua, SIM_DOORBELL, SIM_ELSEWHERE);
}

static int fault_drop_msis(lua_State *lua)
{
    return disturb(lua, SIM_MSI, SIM_LOST);
}

static int fault_delay_msis(lua_State *lua)
{
    return disturb(lua, SIM_MSI, SIM_LATE);
}

static int fault_repeat_msis(lua_State *lua)
{
    return disturb(lua, SIM_MSI, SIM_TWICE);
}

static int fault_redirect_msis(lua_State *lua)
{
    return disturb(lua, SIM_MSI, SIM_ELSEWHERE);
}

static int fault_stall_guc(lua_State *lua)
{
    struct machine_gpu *gpu = check_gpu(lua);
    unsigned gt = (unsigned)lua_check_range(lua, 2, 0, (lua_Integer)gpu->desc.num_gts - 1);

    uint64_t cycles = (uint64_t)lua_check_range(lua, 3, 1, UINT32_MAX);

    tell(lua, gpu);
    sim_gpu_stall_guc(gpu->sim, gt, cycles);
    return 0;
}

/* gpu:deafen_engine(engine, count) */
static int fault_deafen_engine(lua_State *lua)
{
    static const char *const engines[] = {"render", "copy", "video", "compute", "enhance", NULL};
    static const struct {
        unsigned gt, index;
    } places[] = {{0, 0}, {0, 1}, {1, 0}, {0, 2}, {1, 1}};
    struct machine_gpu *gpu = check_gpu(lua);
    unsigned engine = (unsigned)luaL_checkoption(lua, 2, NULL, engines);
    unsigned gt = places[engine].gt;

    luaL_argcheck(lua, gt < gpu->desc.num_gts, 2, "this GPU has no media GT");
    sim_gpu_deafen_engine(gpu->sim, gt, places[engine].index,
                          (unsigned)lua_check_range(lua, 3, 0, INT32_MAX));
    return 0;
}

/* ---- messages ------------------------------------------------------------------------------- */

/* The action of that name. Stops at one that there is not, and names the nearest. */
static uint32_t action_of(lua_State *lua, const char *name)
{
    const char *names[MAX_ACTION_NAMES];
    unsigned count = 0;
    const char *near;

    for (uint32_t action = 0; action <= UINT16_MAX; action++) {
        const char *known = machine_action_name((uint16_t)action, false);

        if (known && strcmp(known, name) == 0) {
            return action;
        }
        if (known && count < MAX_ACTION_NAMES) {
            names[count++] = known;
        }
    }
    near = nearest_name(name, names, count);
    luaL_error(lua, "there is no action %s%s%s%s", name, near ? ", did you mean " : "",
               near ? near : "", near ? "?" : "");
    return 0;
}

/* Which message: { kind, fn, action =, nth =, count =, gt = } at index 2. */
static void message_read(lua_State *lua, const struct machine_gpu *gpu, struct inject *inject)
{
    static const char *const wanted[] = {"kind", "fn", "action", "nth", "count", "gt", NULL};
    int kind;

    lua_check_fields(lua, 2, wanted);
    lua_getfield(lua, 2, "kind");
    kind = lua_isstring(lua, -1) ? inject_kind(lua_tostring(lua, -1)) : -1;
    if (kind < 0) {
        luaL_error(lua, "kind = %s: h2g, g2h, request or reply is wanted", lua_push_text(lua, -1));
    }
    inject->kind = (enum guc_message_kind)kind;
    inject->fn = (unsigned)lua_field_uint(lua, 2, "fn", gpu->desc.num_vfs, UINT64_MAX);
    if (lua_getfield(lua, 2, "fn") == LUA_TNIL) {
        luaL_error(lua, "fn is missing: 0 is the PF, a VF's number else");
    }
    inject->gt = (unsigned)lua_field_uint(lua, 2, "gt", gpu->desc.num_gts - 1, 0);
    inject->nth = (unsigned)lua_field_uint(lua, 2, "nth", INT32_MAX, 1);
    inject->count = (unsigned)lua_field_uint(lua, 2, "count", INT32_MAX, 1);
    if (lua_getfield(lua, 2, "action") == LUA_TSTRING) {
        inject->action = action_of(lua, lua_tostring(lua, -1));
    } else {
        inject->action = (uint32_t)lua_field_uint(lua, 2, "action", UINT16_MAX, INJECT_ANY_ACTION);
    }
    luaL_argcheck(lua, inject->nth > 0, 2, "nth counts from 1");
    lua_settop(lua, 3);
}

static struct inject_edit *edit_add(lua_State *lua, struct inject *inject)
{
    if (inject->num_edits == INJECT_MAX_EDITS) {
        luaL_error(lua, "up to %d dwords and fields can be changed", (int)INJECT_MAX_EDITS);
    }
    return &inject->edits[inject->num_edits++];
}

/* A dword's index, or the name of a field, at key. */
static void place_read(lua_State *lua, int key, int *dword, uint32_t *mask)
{
    *mask = UINT32_MAX;
    if (lua_isinteger(lua, key)) {
        *dword = (int)lua_check_range(lua, key, 0, UINT8_MAX);
        return;
    }
    if (lua_type(lua, key) != LUA_TSTRING || !inject_field(lua_tostring(lua, key), dword, mask)) {
        unsigned count;
        const char *const *names = inject_field_names(&count);
        const char *name = lua_push_text(lua, key);
        const char *near = nearest_name(name, names, count);

        luaL_error(lua, "a message has no field %s%s%s%s", name, near ? ", did you mean " : "",
                   near ? near : "", near ? "?" : "");
    }
}

/* set = { [dword or field] = value } */
static void set_read(lua_State *lua, struct inject *inject)
{
    if (lua_getfield(lua, 3, "set") == LUA_TNIL) {
        return;
    }
    luaL_checktype(lua, -1, LUA_TTABLE);
    for (lua_pushnil(lua); lua_next(lua, -2); lua_pop(lua, 1)) {
        struct inject_edit *edit = edit_add(lua, inject);
        uint32_t value;

        place_read(lua, lua_absindex(lua, -2), &edit->dword, &edit->mask);
        value = (uint32_t)lua_check_range(lua, lua_absindex(lua, -1), 0, UINT32_MAX);
        if (value > edit->mask >> FIELD_SHIFT(edit->mask)) {
            luaL_error(lua, "%s = %s does not fit", lua_push_text(lua, -2), lua_push_text(lua, -2));
        }
        edit->value = FIELD_PREP(edit->mask, value);
    }
}

/* flip = { { dword or field, bit }, ... } */
static void flip_read(lua_State *lua, struct inject *inject)
{
    if (lua_getfield(lua, 3, "flip") == LUA_TNIL) {
        return;
    }
    luaL_checktype(lua, -1, LUA_TTABLE);
    for (lua_Integer i = 1; lua_rawgeti(lua, -1, i) != LUA_TNIL; i++) {
        struct inject_edit *edit = edit_add(lua, inject);
        uint32_t mask;
        unsigned bit;

        luaL_checktype(lua, -1, LUA_TTABLE);
        lua_rawgeti(lua, -1, 1);
        lua_rawgeti(lua, -2, 2);
        place_read(lua, lua_absindex(lua, -2), &edit->dword, &mask);
        bit = (unsigned)lua_check_range(lua, lua_absindex(lua, -1), 0, 31);
        edit->flip = FIELD_PREP(mask, 1u << bit);
        lua_pop(lua, 3);
    }
    lua_pop(lua, 1);
}

/* What becomes of it: one of drop, twice, delay and swap, or none; set and flip with any but drop.
 */
static void what_read(lua_State *lua, struct inject *inject)
{
    static const char *const wanted[] = {"drop", "twice", "delay", "swap", "set", "flip", NULL};
    unsigned ways = 0;

    lua_check_fields(lua, 3, wanted);
    lua_getfield(lua, 3, "drop");
    lua_getfield(lua, 3, "twice");
    lua_getfield(lua, 3, "delay");
    lua_getfield(lua, 3, "swap");
    if (lua_toboolean(lua, 4)) {
        inject->what = GUC_FAULT_DROP;
        ways++;
    }
    if (lua_toboolean(lua, 5)) {
        inject->what = GUC_FAULT_TWICE;
        ways++;
    }
    if (!lua_isnil(lua, 6)) {
        inject->what = GUC_FAULT_DELAY;
        inject->delay_ns = lua_check_time(lua, 6, LUA_NO_DEFAULT);
        ways++;
    }
    if (lua_toboolean(lua, 7)) {
        inject->what = GUC_FAULT_SWAP;
        inject->delay_ns =
            lua_isboolean(lua, 7) ? DEFAULT_SWAP_NS : lua_check_time(lua, 7, LUA_NO_DEFAULT);
        ways++;
    }
    lua_settop(lua, 3);
    set_read(lua, inject);
    flip_read(lua, inject);
    luaL_argcheck(lua, ways < 2, 3, "one of drop, twice, delay and swap");
    luaL_argcheck(lua, ways || inject->num_edits, 3, "nothing is done to the message");
    lua_settop(lua, 3);
}

static bool what_fits(const struct inject *inject)
{
    switch (inject->kind) {
    case GUC_MESSAGE_REQUEST:
        return inject->what != GUC_FAULT_SWAP;
    case GUC_MESSAGE_REPLY:
        return inject->what != GUC_FAULT_SWAP && inject->what != GUC_FAULT_TWICE;
    default:
        return true;
    }
}

/* gpu:inject(message, what); without arguments: no more of it. */
static int fault_inject(lua_State *lua)
{
    struct machine_gpu *gpu = check_gpu(lua);
    struct inject inject = {.what = GUC_FAULT_NONE, .gpu = gpu};
    char text[TOLD_LEN];
    int err;

    if (lua_isnoneornil(lua, 2)) {
        inject_clear(gpu);
        return 0;
    }
    lua_settop(lua, 3);
    message_read(lua, gpu, &inject);
    what_read(lua, &inject);
    luaL_argcheck(lua, what_fits(&inject), 3, "a mailbox holds one message, the last one");
    inject_text(&inject, text, sizeof(text));
    tell_text(lua, text);
    err = inject_add(gpu, &inject);
    return err ? lua_fail(lua, "gpu:inject", err) : 0;
}

const luaL_Reg lua_gpu_fault_methods[] = {
    {"drop_doorbells", fault_drop_doorbells},
    {"delay_doorbells", fault_delay_doorbells},
    {"repeat_doorbells", fault_repeat_doorbells},
    {"redirect_doorbells", fault_redirect_doorbells},
    {"drop_msis", fault_drop_msis},
    {"delay_msis", fault_delay_msis},
    {"repeat_msis", fault_repeat_msis},
    {"redirect_msis", fault_redirect_msis},
    {"stall_guc", fault_stall_guc},
    {"deafen_engine", fault_deafen_engine},
    {"inject", fault_inject},
    {NULL, NULL},
};
