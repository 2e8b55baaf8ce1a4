/* SPDX-License-Identifier: MIT */
/* gpu:tune, gpu:policies, ...: what an administrator turns while the machine runs, over the PF
 * driver. */
#include "sim/script/lua_script.h"

#include <string.h>

#include "firmware/abi/guc_scheduler_abi.h"

#define NO_MAX UINT32_MAX

static struct machine_gpu *check_gpu(lua_State *lua)
{
    return lua_object_check(lua, 1, LUA_GPU);
}

static int finish(lua_State *lua, const char *verb, int err)
{
    script_time_passes(lua);
    return err < 0 ? lua_fail(lua, verb, err) : 0;
}

static uint32_t field(lua_State *lua, int index, const char *name, uint32_t now)
{
    return (uint32_t)lua_field_uint(lua, index, name, NO_MAX, now);
}

/* ---- tuning --------------------------------------------------------------------------------- */

/* thresholds = {cat_err = 3, ...} of the table at index. */
static void thresholds_read(lua_State *lua, int index, uint32_t thresholds[PF_ADVERSE_COUNT])
{
    if (lua_getfield(lua, index, "thresholds") != LUA_TNIL) {
        int table = lua_gettop(lua);

        lua_check_fields(lua, table, pf_adverse_names);
        for (unsigned n = 0; n < PF_ADVERSE_COUNT; n++) {
            thresholds[n] = field(lua, table, pf_adverse_names[n], thresholds[n]);
        }
    }
    lua_pop(lua, 1);
}

/* name = {5, 10} of the table at index: a value for each group. */
static void by_group_read(lua_State *lua, int index, const char *name,
                          uint32_t values[PF_MAX_GROUPS])
{
    bool given = lua_getfield(lua, index, name) != LUA_TNIL;

    if (given) {
        luaL_checktype(lua, -1, LUA_TTABLE);
    }
    for (unsigned n = 0; given && n < PF_MAX_GROUPS; n++) {
        lua_Integer value;

        lua_rawgeti(lua, -1, (lua_Integer)n + 1);
        value = luaL_optinteger(lua, -1, 0);
        if (value < 0 || value > NO_MAX) {
            luaL_error(lua, "%s: whole numbers from 0 are wanted", name);
        }
        values[n] = (uint32_t)value;
        lua_pop(lua, 1);
    }
    lua_pop(lua, 1);
}

static int gpu_tune(lua_State *lua)
{
    static const char *const fields[] = {
        "exec_quantum_ms",  "preempt_timeout_us", "priority", "group_quantum_ms",
        "group_timeout_us", "thresholds",         NULL};
    struct machine_gpu *gpu = check_gpu(lua);
    unsigned fn = (unsigned)lua_check_range(lua, 2, 0, gpu->desc.num_vfs);
    struct pf_tuning tuning;

    lua_check_fields(lua, 3, fields);
    pf_get_tuning(gpu->pf, fn, &tuning);
    tuning.exec_quantum_ms = field(lua, 3, "exec_quantum_ms", tuning.exec_quantum_ms);
    tuning.preempt_timeout_us = field(lua, 3, "preempt_timeout_us", tuning.preempt_timeout_us);
    tuning.sched_priority = field(lua, 3, "priority", tuning.sched_priority);
    thresholds_read(lua, 3, tuning.thresholds);
    by_group_read(lua, 3, "group_quantum_ms", tuning.group_quantum_ms);
    by_group_read(lua, 3, "group_timeout_us", tuning.group_timeout_us);
    return finish(lua, "gpu:tune", pf_tune(gpu->pf, fn, &tuning));
}

/* ---- policies ------------------------------------------------------------------------------- */

static bool flag(lua_State *lua, int index, const char *name, bool now)
{
    bool value = now;

    if (lua_getfield(lua, index, name) != LUA_TNIL) {
        value = lua_toboolean(lua, -1);
    }
    lua_pop(lua, 1);
    return value;
}

/* One list of engines at the top of the stack. */
static void group_read(lua_State *lua, uint32_t masks[PF_GROUP_CLASSES])
{
    static const char *const names[] = {"render", "copy", "video", "compute", "enhance", NULL};
    static const unsigned classes[] = {GUC_RENDER_CLASS, GUC_BLITTER_CLASS, GUC_VIDEO_CLASS,
                                       GUC_COMPUTE_CLASS, GUC_VIDEOENHANCE_CLASS};

    luaL_checktype(lua, -1, LUA_TTABLE);
    for (lua_Integer n = 1; lua_rawgeti(lua, -1, n) != LUA_TNIL; n++) {
        masks[classes[luaL_checkoption(lua, lua_gettop(lua), NULL, names)]] = 1;
        lua_pop(lua, 1);
    }
    lua_pop(lua, 1);
}

static void groups_read(lua_State *lua, int index, struct pf_policies *policies)
{
    if (lua_getfield(lua, index, "groups") == LUA_TNIL) {
        lua_pop(lua, 1);
        return;
    }
    luaL_checktype(lua, -1, LUA_TTABLE);
    memset(policies->groups, 0, sizeof(policies->groups));
    policies->num_groups = 0;
    while (lua_rawgeti(lua, -1, (lua_Integer)policies->num_groups + 1) != LUA_TNIL) {
        if (policies->num_groups == PF_MAX_GROUPS) {
            luaL_error(lua, "groups: up to %d", (int)PF_MAX_GROUPS);
        }
        group_read(lua, policies->groups[policies->num_groups++]);
        lua_pop(lua, 1);
    }
    lua_pop(lua, 2);
}

static int gpu_policies(lua_State *lua)
{
    static const char *const fields[] = {"sched_if_idle", "reset_after_vf_switch",
                                         "sample_period_ms", "groups", NULL};
    struct machine_gpu *gpu = check_gpu(lua);
    struct pf_policies policies;

    lua_check_fields(lua, 2, fields);
    pf_get_policies(gpu->pf, &policies);
    policies.sched_if_idle = flag(lua, 2, "sched_if_idle", policies.sched_if_idle);
    policies.reset_after_vf_switch =
        flag(lua, 2, "reset_after_vf_switch", policies.reset_after_vf_switch);
    policies.sample_period_ms = field(lua, 2, "sample_period_ms", policies.sample_period_ms);
    groups_read(lua, 2, &policies);
    return finish(lua, "gpu:policies", pf_set_policies(gpu->pf, &policies));
}

/* ---- what was seen, and resets -------------------------------------------------------------- */

static int gpu_adverse(lua_State *lua)
{
    struct machine_gpu *gpu = check_gpu(lua);
    unsigned vf = (unsigned)lua_check_range(lua, 2, 1, gpu->desc.num_vfs);

    lua_newtable(lua);
    for (unsigned n = 0; n < PF_ADVERSE_COUNT; n++) {
        lua_pushinteger(lua, pf_adverse(gpu->pf, vf, n));
        lua_setfield(lua, -2, pf_adverse_names[n]);
    }
    return 1;
}

static unsigned check_gt(lua_State *lua, const struct machine_gpu *gpu)
{
    return lua_isnoneornil(lua, 2)
               ? 0
               : (unsigned)lua_check_range(lua, 2, 0, (lua_Integer)gpu->desc.num_gts - 1);
}

static int gpu_reset_gt(lua_State *lua)
{
    struct machine_gpu *gpu = check_gpu(lua);

    return finish(lua, "gpu:reset_gt", pf_reset_gt(gpu->pf, check_gt(lua, gpu)));
}

static int gpu_gt_resets(lua_State *lua)
{
    struct machine_gpu *gpu = check_gpu(lua);

    lua_pushinteger(lua, pf_reset_count(gpu->pf, check_gt(lua, gpu)));
    return 1;
}

const luaL_Reg lua_gpu_admin_methods[] = {
    {"tune", gpu_tune},         {"policies", gpu_policies},   {"adverse", gpu_adverse},
    {"reset_gt", gpu_reset_gt}, {"gt_resets", gpu_gt_resets}, {NULL, NULL},
};
