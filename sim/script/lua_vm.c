/* SPDX-License-Identifier: MIT */
/* vm:... and vf:...: a VM, and the VF driver in it. What waits for the device is a matter of the
 * guest: those functions are for its own actors, whose time stands still while the VM is
 * stopped. */
#include "sim/script/lua_script.h"

#include <errno.h>
#include <string.h>

#include "gpu_regs.h"
#include "sim/machine/outside.h"

#define WAIT_LIMIT_NS (10 * HAL_NS_PER_MS)
#define RUN_LIMIT_NS  HAL_NS_PER_S

static struct machine_vm *check_vm(lua_State *lua)
{
    return lua_object_check(lua, 1, LUA_VM);
}

static struct vf *check_driver(lua_State *lua)
{
    return ((struct machine_vm *)lua_object_check(lua, 1, LUA_VF))->vf;
}

/* The driver, for a verb that blocks. */
static struct vf *check_guest(lua_State *lua, const char *verb)
{
    struct machine_vm *vm = lua_object_check(lua, 1, LUA_VF);

    if (script_actor(lua)->vm != vm) {
        luaL_error(lua, "%s waits in the guest: call it in %s:run or %s:actor", verb, vm->desc.name,
                   vm->desc.name);
    }
    return vm->vf;
}

static int finish(lua_State *lua, const char *verb, int64_t err)
{
    script_time_passes(lua);
    return err < 0 ? lua_fail(lua, verb, err) : 0;
}

/* ---- the VM --------------------------------------------------------------------------------- */

static int vm_attach(lua_State *lua)
{
    struct machine_vm *vm = check_vm(lua);
    struct machine_gpu *gpu = lua_object_check(lua, 2, LUA_GPU);
    unsigned vf = (unsigned)lua_check_range(lua, 3, 1, gpu->desc.num_vfs);

    luaL_argcheck(lua, vm->vf, 1, "its driver is that of a vGPU");
    return finish(lua, "vm:attach",
                  machine_attach(script_of(lua)->machine, vm, machine_find_fn(gpu, vf)));
}

static int vm_actor(lua_State *lua)
{
    lua_actor_push(lua, 2, 3, check_vm(lua));
    return 1;
}

/* vm:run(function [, limit]): an actor, and its end awaited. */
static int vm_run(lua_State *lua)
{
    struct machine_vm *vm = check_vm(lua);
    uint64_t limit = lua_check_time(lua, 3, RUN_LIMIT_NS);

    luaL_argcheck(lua, script_actor(lua)->vm != vm, 1, "this is in the guest already");
    lua_settop(lua, 2);
    lua_pushfstring(lua, "%s.run", vm->desc.name);
    lua_actor_push(lua, 3, 2, vm);
    lua_actor_join(lua, lua_object_check(lua, -1, LUA_ACTOR), limit);
    return 0;
}

static int vm_stop(lua_State *lua)
{
    struct machine_vm *vm = check_vm(lua);

    luaL_argcheck(lua, script_actor(lua)->vm != vm, 1, "a guest cannot stop its own VM");
    machine_vm_stop(vm);
    return finish(lua, "vm:stop", 0);
}

static int vm_start(lua_State *lua)
{
    struct machine_vm *vm = check_vm(lua);

    machine_vm_start(vm);
    return 0;
}

/* ---- the driver: binding, queues, jobs ------------------------------------------------------ */

static int vf_bind(lua_State *lua)
{
    struct machine_vm *vm = lua_object_check(lua, 1, LUA_VF);

    if (!vm->fn) {
        return luaL_error(lua, "%s has no VF: %s:attach comes first", vm->desc.name, vm->desc.name);
    }
    return finish(lua, "vf:probe", vf_probe(check_guest(lua, "vf:probe")));
}

static int vf_unbind(lua_State *lua)
{
    vf_remove(check_guest(lua, "vf:remove"));
    return finish(lua, "vf:remove", 0);
}

/* vf:queue(engine [, {ppgtt = levels, pages = count, vram = true}]) */
static int vf_queue(lua_State *lua)
{
    static const char *const engines[] = {"render", "copy", "video", "compute", "enhance", NULL};
    static const char *const fields[] = {"ppgtt", "pages", "vram", NULL};
    struct vf *vf = check_guest(lua, "vf:queue");
    enum vf_engine engine = (enum vf_engine)luaL_checkoption(lua, 2, NULL, engines);
    unsigned levels = 0, pages = 0;
    bool local = false;
    int queue;

    if (!lua_isnoneornil(lua, 3)) {
        lua_check_fields(lua, 3, fields);
        pages = (unsigned)lua_field_uint(lua, 3, "pages", VF_FAULT_PAGES, 0);
        levels = (unsigned)lua_field_uint(lua, 3, "ppgtt", VF_VM_LEVELS_MAX,
                                          pages ? VF_VM_LEVELS_MAX : 0);
        lua_getfield(lua, 3, "vram");
        local = lua_toboolean(lua, -1);
        lua_pop(lua, 1);
        luaL_argcheck(lua, !local || (levels && !pages), 3, "vram goes with ppgtt alone");
    }
    if (local) {
        queue = vf_queue_create_local(vf, engine, levels);
    } else if (pages) {
        queue = vf_queue_create_fault(vf, engine, levels, pages);
    } else {
        queue = levels ? vf_queue_create_vm(vf, engine, levels) : vf_queue_create(vf, engine);
    }
    finish(lua, "vf:queue", queue);
    lua_pushinteger(lua, queue);
    return 1;
}

static unsigned check_queue(lua_State *lua)
{
    return (unsigned)lua_check_range(lua, 2, 0, VF_MAX_QUEUES - 1);
}

static int vf_destroy_queue(lua_State *lua)
{
    struct vf *vf = check_guest(lua, "vf:destroy");

    return finish(lua, "vf:destroy", vf_queue_destroy(vf, check_queue(lua)));
}

static int vf_suspend_queue(lua_State *lua)
{
    struct vf *vf = check_guest(lua, "vf:suspend");

    return finish(lua, "vf:suspend", vf_queue_suspend(vf, check_queue(lua)));
}

static int vf_resume_queue(lua_State *lua)
{
    struct vf *vf = check_guest(lua, "vf:resume");

    return finish(lua, "vf:resume", vf_queue_resume(vf, check_queue(lua)));
}

/* field = {slot, value} of the job's table at index 3. Both stay 0 when it is absent. */
static void slot_read(lua_State *lua, const char *name, uint32_t *slot, uint32_t *value)
{
    if (lua_getfield(lua, 3, name) != LUA_TNIL) {
        int whole_slot, whole_value;
        lua_Integer number, amount;

        if (!lua_istable(lua, -1)) {
            luaL_error(lua, "%s = {slot, value} is wanted", name);
        }
        lua_rawgeti(lua, -1, 1);
        lua_rawgeti(lua, -2, 2);
        number = lua_tointegerx(lua, -2, &whole_slot);
        amount = lua_tointegerx(lua, -1, &whole_value);
        if (!whole_slot || !whole_value || number < 0 || number >= (lua_Integer)VF_RESULT_SLOTS ||
            amount < 0 || amount > UINT32_MAX) {
            luaL_error(lua, "%s = {slot, value}: slot 0 to %d, value of 32 bits", name,
                       (int)VF_RESULT_SLOTS - 1);
        }
        *slot = (uint32_t)number;
        *value = (uint32_t)amount;
        lua_pop(lua, 2);
    }
    lua_pop(lua, 1);
}

/* meta = {"write" or "read", page} of the job's table at index 3. */
static void meta_read(lua_State *lua, struct vf_job *job)
{
    static const char *const names[] = {"none", "write", "read", NULL};

    if (lua_getfield(lua, 3, "meta") != LUA_TNIL) {
        if (!lua_istable(lua, -1)) {
            luaL_error(lua, "meta = {\"write\" or \"read\", page} is wanted");
        }
        lua_rawgeti(lua, -1, 1);
        lua_rawgeti(lua, -2, 2);
        job->meta = (enum vf_meta)luaL_checkoption(lua, -2, NULL, names);
        job->meta_page = (unsigned)lua_check_range(lua, -1, 0, VF_SURFACES * VF_SURFACE_PAGES - 1);
        lua_pop(lua, 2);
    }
    lua_pop(lua, 1);
}

/* vf:submit(queue, {work =, preemptible =, add = {slot, value}, store = {slot, value}}) */
/* touch = page or stray = true of the job's table at index 3. */
static void touch_read(lua_State *lua, struct vf_job *job)
{
    if (lua_getfield(lua, 3, "touch") != LUA_TNIL) {
        job->touch = VF_TOUCH_PAGES;
        job->touch_from = (unsigned)lua_check_range(lua, -1, 0, VF_FAULT_PAGES - 1);
    }
    lua_pop(lua, 1);
    if (lua_getfield(lua, 3, "stray") != LUA_TNIL && lua_toboolean(lua, -1)) {
        job->touch = VF_TOUCH_STRAY;
    }
    lua_pop(lua, 1);
}

static int vf_submit_job(lua_State *lua)
{
    static const char *const fields[] = {"work", "preemptible", "add",   "store", "local",
                                         "meta", "touch",       "stray", NULL};
    struct vf *vf = check_guest(lua, "vf:submit");
    unsigned queue = check_queue(lua);
    struct vf_job job = {.preemptible = true};
    int64_t fence;

    lua_check_fields(lua, 3, fields);
    job.work_cycles = (uint32_t)lua_field_uint(lua, 3, "work", UINT32_MAX, 0);
    if (lua_getfield(lua, 3, "preemptible") != LUA_TNIL) {
        job.preemptible = lua_toboolean(lua, -1);
    }
    lua_pop(lua, 1);
    lua_getfield(lua, 3, "local");
    job.local = lua_toboolean(lua, -1);
    lua_pop(lua, 1);
    slot_read(lua, "add", &job.add_slot, &job.add);
    job.store_slot = VF_RESULT_SLOTS - 1; /* a job without one stores 0 in the last slot */
    slot_read(lua, "store", &job.store_slot, &job.store);
    meta_read(lua, &job);
    touch_read(lua, &job);
    fence = vf_submit(vf, queue, &job);
    finish(lua, "vf:submit", fence);
    lua_pushinteger(lua, fence);
    return 1;
}

static int vf_wait_fence(lua_State *lua)
{
    struct vf *vf = check_guest(lua, "vf:wait");
    unsigned queue = check_queue(lua);
    lua_Integer fence = luaL_checkinteger(lua, 3);
    uint64_t limit = lua_check_time(lua, 4, WAIT_LIMIT_NS);

    return finish(lua, "vf:wait", vf_wait(vf, queue, fence, limit));
}

/* ---- the driver: what can be asked at any time ---------------------------------------------- */

static int vf_done(lua_State *lua)
{
    lua_pushinteger(lua, vf_fence_done(check_driver(lua), check_queue(lua)));
    return 1;
}

/* vf:result(slot [, queue]): with a queue, in its own memory */
static int vf_result_slot(lua_State *lua)
{
    struct vf *vf = check_driver(lua);
    unsigned slot = (unsigned)lua_check_range(lua, 2, 0, VF_RESULT_SLOTS - 1);

    if (lua_isnoneornil(lua, 3)) {
        lua_pushinteger(lua, vf_result(vf, slot));
    } else {
        unsigned queue = (unsigned)lua_check_range(lua, 3, 0, VF_MAX_QUEUES - 1);

        lua_pushinteger(lua, vf_queue_result(vf, queue, slot));
    }
    return 1;
}

static int vf_page_of_queue(lua_State *lua)
{
    unsigned page = (unsigned)lua_check_range(lua, 3, 0, VF_FAULT_PAGES - 1);

    lua_pushinteger(lua, vf_queue_page(check_driver(lua), check_queue(lua), page));
    return 1;
}

static int vf_counts_of_faults(lua_State *lua)
{
    const struct vf_pagefault_counts counts = vf_fault_counts(check_driver(lua));
    const struct {
        const char *name;
        unsigned value;
    } fields[] = {{"taken", counts.taken},
                  {"bound", counts.bound},
                  {"refused", counts.refused},
                  {"dropped", counts.dropped}};

    lua_newtable(lua);
    for (unsigned i = 0; i < ARRAY_SIZE(fields); i++) {
        lua_pushinteger(lua, fields[i].value);
        lua_setfield(lua, -2, fields[i].name);
    }
    return 1;
}

static int vf_delay_of_page(lua_State *lua)
{
    vf_fault_delay(check_driver(lua), lua_check_time(lua, 2, 0));
    return 0;
}

static int vf_local_slot(lua_State *lua)
{
    struct vf *vf = check_guest(lua, "vf:local_result");
    uint32_t value = vf_local_result(vf, (unsigned)lua_check_range(lua, 2, 0, VF_RESULT_SLOTS - 1));

    script_time_passes(lua);
    lua_pushinteger(lua, value);
    return 1;
}

static int vf_size_of_local(lua_State *lua)
{
    lua_pushinteger(lua, (lua_Integer)vf_local_size(check_driver(lua)));
    return 1;
}

/* By bits of enum vf_hold. */
static const char *const hold_steps[] = {"resfix_start", "fixups",  "restart",
                                         "resfix_done",  "sending", NULL};

/* vf:hold(step, ...): recovery stops there; no step: nowhere. */
static int vf_hold_at(lua_State *lua)
{
    struct vf *vf = check_driver(lua);
    unsigned holds = 0;

    for (int i = 2; i <= lua_gettop(lua); i++) {
        holds |= 1u << luaL_checkoption(lua, i, NULL, hold_steps);
    }
    vf_recovery_hold(vf, holds);
    return 0;
}

/* vf:held(): the first of those steps at which recovery stands, or nil. */
static int vf_held_at(lua_State *lua)
{
    unsigned held = vf_recovery_held(check_driver(lua));

    lua_pushstring(lua, held ? hold_steps[__builtin_ctz(held)] : NULL);
    return 1;
}

static int vf_recovering(lua_State *lua)
{
    lua_pushboolean(lua, vf_recovery_pending(check_driver(lua)));
    return 1;
}

static unsigned check_gt(lua_State *lua)
{
    return lua_isnoneornil(lua, 2) ? 0 : (unsigned)lua_check_range(lua, 2, 0, VF_MAX_GTS - 1);
}

static int vf_recoveries(lua_State *lua)
{
    lua_pushinteger(lua, vf_recovery_count(check_driver(lua), check_gt(lua)));
    return 1;
}

static int vf_reset_one(lua_State *lua)
{
    return finish(lua, "vf:reset", vf_reset_gt(check_driver(lua), check_gt(lua)));
}

static int vf_resets(lua_State *lua)
{
    lua_pushinteger(lua, vf_reset_count(check_driver(lua), check_gt(lua)));
    return 1;
}

static int vf_wedged_reason(lua_State *lua)
{
    lua_pushstring(lua, vf_wedged(check_driver(lua))); /* NULL gives nil */
    return 1;
}

static int vf_abi_text(lua_State *lua)
{
    uint32_t abi = vf_abi(check_driver(lua), check_gt(lua));

    lua_pushfstring(lua, "%d.%d.%d", (int)(abi >> 16), (int)(abi >> 8 & 0xff), (int)(abi & 0xff));
    return 1;
}

static int vf_gts(lua_State *lua)
{
    lua_pushinteger(lua, vf_num_gts(check_driver(lua)));
    return 1;
}

/* vf:register(offset [, gt]): what the PF told of a register that a VF cannot read. */
static int vf_told_register(lua_State *lua)
{
    struct vf *vf = check_driver(lua);
    uint32_t offset = (uint32_t)lua_check_range(lua, 2, 0, BAR0_SIZE - 1);
    unsigned gt =
        lua_isnoneornil(lua, 3) ? 0 : (unsigned)lua_check_range(lua, 3, 0, VF_MAX_GTS - 1);

    lua_pushinteger(lua, vf_runtime_reg(vf, gt, offset));
    return 1;
}

static int vf_start_of_ggtt(lua_State *lua)
{
    lua_pushinteger(lua, (lua_Integer)vf_ggtt_start(check_driver(lua)));
    return 1;
}

/* vm:outside(): where the guest is that plays over a socket. */
static int vm_outside(lua_State *lua)
{
    lua_pushstring(lua, outside_state_name(check_vm(lua)));
    return 1;
}

const luaL_Reg lua_vm_methods[] = {
    {"attach", vm_attach},
    {"actor", vm_actor},
    {"run", vm_run},
    {"stop", vm_stop},
    {"start", vm_start},
    {"attach_vgpu", lua_vm_attach_vgpu},
    {"outside", vm_outside},
    {"config_read", lua_vm_config_read},
    {"config_write", lua_vm_config_write},
    {NULL, NULL},
};

const luaL_Reg lua_vf_methods[] = {
    {"probe", vf_bind},
    {"remove", vf_unbind},
    {"queue", vf_queue},
    {"destroy", vf_destroy_queue},
    {"suspend", vf_suspend_queue},
    {"resume", vf_resume_queue},
    {"submit", vf_submit_job},
    {"wait", vf_wait_fence},
    {"done", vf_done},
    {"result", vf_result_slot},
    {"page", vf_page_of_queue},
    {"page_faults", vf_counts_of_faults},
    {"page_delay", vf_delay_of_page},
    {"local_result", vf_local_slot},
    {"local_size", vf_size_of_local},
    {"hold", vf_hold_at},
    {"held", vf_held_at},
    {"recovering", vf_recovering},
    {"recoveries", vf_recoveries},
    {"reset", vf_reset_one},
    {"resets", vf_resets},
    {"wedged", vf_wedged_reason},
    {"abi", vf_abi_text},
    {"gts", vf_gts},
    {"ggtt_start", vf_start_of_ggtt},
    {"register", vf_told_register},
    {NULL, NULL},
};
