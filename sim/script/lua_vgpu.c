/* SPDX-License-Identifier: MIT */
/* vgpu:... and pv:...: world B. A vGPU as its host sees it, and the PV driver of the guest that
 * has one. What waits for the device is for the guest's own actors. */
#include "sim/script/lua_script.h"

#include <string.h>

#include "host/abi/i915_vgpu_pv.h"
#include "sim/machine/machine_gvt.h"

#define PV_CAPS_ALL   (PV_PPGTT | PV_GGTT | PV_SUBMISSION)
#define MAX_CYCLES    1000000
#define TYPES         "8421"
#define WAIT_LIMIT_NS (10 * HAL_NS_PER_MS)

/* ---- description ----------------------------------------------------------------------------- */

/* Cost of a trap: a key that only machines with vGPUs have. */
static uint32_t cost_key(lua_State *lua, const char *name, const char *text, const char *value)
{
    struct params *params = script_of(lua)->config.params;
    struct param param = {.type = PARAM_INT, .min = 0, .max = MAX_CYCLES};
    const struct param *own = params_find(params, name);
    char error[ERROR_TEXT_LEN];

    strncpy(param.name, name, sizeof(param.name) - 1);
    strncpy(param.text, text, sizeof(param.text) - 1);
    strncpy(param.unit, "cycles", sizeof(param.unit) - 1);
    strncpy(param.default_value, value, sizeof(param.default_value) - 1);
    if (!own) {
        own = params_declare(params, &param, error);
    }
    if (!own || own->type != PARAM_INT) {
        luaL_error(lua, "%s: %s", name, own ? "an int is wanted" : error);
        return 0;
    }
    return (uint32_t)own->number;
}

static void types_read(lua_State *lua, struct machine_gvt_desc *gvt)
{
    lua_Integer count = luaL_len(lua, -1);

    if (count < 1 || count > (lua_Integer)MACHINE_MAX_VGPUS) {
        luaL_error(lua, "vgpus.types: one to %d", (int)MACHINE_MAX_VGPUS);
    }
    for (lua_Integer n = 1; n <= count; n++) {
        const char *type;

        lua_rawgeti(lua, -1, n);
        type = lua_type(lua, -1) == LUA_TSTRING ? lua_tostring(lua, -1) : "";
        if (strlen(type) != 1 || !strchr(TYPES, *type)) {
            luaL_error(lua, "vgpus.types[%I]: \"8\", \"4\", \"2\" or \"1\" is wanted", n);
        }
        gvt->types[gvt->num_vgpus++] = *type;
        lua_pop(lua, 1);
    }
}

void lua_vgpus_read(lua_State *lua, struct machine_gpu_desc *gpu)
{
    static const char *const fields[] = {"types",  "aperture_reserved", "hidden_reserved",
                                         "caps",   "one_per_trigger",   "gen",
                                         "device", "software",          NULL};
    struct machine_gvt_desc *gvt = &gpu->gvt;

    if (lua_getfield(lua, -1, "vgpus") == LUA_TNIL) {
        lua_pop(lua, 1);
        return;
    }
    lua_check_fields(lua, lua_gettop(lua), fields);
    if (gpu->num_vfs != 0) {
        luaL_error(lua, "%s: a GPU has VFs or vGPUs: vfs = 0 goes with vgpus", gpu->name);
    }
    gvt->reserved[0] = lua_field_uint(lua, -1, "aperture_reserved", UINT32_MAX, 0);
    gvt->reserved[1] = lua_field_uint(lua, -1, "hidden_reserved", UINT32_MAX, 0);
    gvt->gen = (unsigned)lua_field_uint(lua, -1, "gen", 99, 0);
    gvt->device = (uint16_t)lua_field_uint(lua, -1, "device", UINT16_MAX, 0);
    gvt->software = (uint32_t)lua_field_uint(lua, -1, "software", UINT32_MAX, 0);
    gvt->pv_caps = (uint32_t)lua_field_uint(lua, -1, "caps", PV_CAPS_ALL, PV_CAPS_ALL);
    lua_getfield(lua, -1, "one_per_trigger");
    gvt->one_per_trigger = lua_toboolean(lua, -1);
    lua_pop(lua, 1);
    if (lua_getfield(lua, -1, "types") != LUA_TTABLE) {
        luaL_error(lua, "vgpus = { types = { \"8\", ... } } is wanted");
    }
    types_read(lua, gvt);
    lua_pop(lua, 2);
    gvt->trap_exit = cost_key(lua, "trap.exit", "from a guest's access to its mediator", "1500");
    gvt->trap_work = cost_key(lua, "trap.work", "of the mediator for an access", "300");
    gvt->trap_entry = cost_key(lua, "trap.entry", "from the mediator back to the guest", "700");
}

void lua_pv_read(lua_State *lua, struct machine_vm_desc *vm)
{
    static const char *const fields[] = {"first_fence", "timeout", NULL};
    int type = lua_getfield(lua, -1, "pv");

    vm->pv = lua_toboolean(lua, -1);
    if (type == LUA_TTABLE) {
        lua_check_fields(lua, lua_gettop(lua), fields);
        vm->first_fence = (uint32_t)lua_field_uint(lua, -1, "first_fence", UINT32_MAX, 0);
        lua_getfield(lua, -1, "timeout");
        vm->pv_timeout_ns = lua_check_time(lua, lua_gettop(lua), 0);
        lua_pop(lua, 1);
    }
    lua_pop(lua, 1);
}

/* ---- the host's side ------------------------------------------------------------------------- */

static struct machine_vgpu *check_vgpu(lua_State *lua)
{
    return lua_object_check(lua, 1, LUA_VGPU);
}

static int finish(lua_State *lua, const char *verb, int64_t err)
{
    script_time_passes(lua);
    return err < 0 ? lua_fail(lua, verb, err) : 0;
}

int lua_gpu_vgpu(lua_State *lua)
{
    struct machine_gpu *gpu = lua_object_check(lua, 1, LUA_GPU);
    unsigned count = gpu->gvt ? gpu->gvt->num_vgpus : 0;
    struct machine_vgpu *vgpu;

    luaL_argcheck(lua, count > 0, 1, "it has no vGPUs");
    vgpu = &gpu->gvt->vgpus[lua_check_range(lua, 2, 1, count) - 1];
    lua_createtable(lua, 0, 1);
    lua_pushstring(lua, vgpu->name);
    lua_setfield(lua, -2, "name");
    lua_object_push(lua, LUA_VGPU, vgpu);
    return 1;
}

int lua_vm_attach_vgpu(lua_State *lua)
{
    struct machine_vm *vm = lua_object_check(lua, 1, LUA_VM);
    struct machine_vgpu *vgpu = lua_object_check(lua, 2, LUA_VGPU);

    luaL_argcheck(lua, vm->pv, 1, "its driver is not that of a vGPU: pv = true");
    return finish(lua, "vm:attach_vgpu", machine_vgpu_attach(vgpu, vm));
}

static int config_access(lua_State *lua, const char *verb, bool write)
{
    struct machine_vm *vm = lua_object_check(lua, 1, LUA_VM);
    const struct machine_config_access access = {
        .write = write,
        .offset = (uint32_t)lua_check_range(lua, 2, 0, UINT16_MAX),
        .size = (unsigned)lua_check_range(lua, 3, 1, sizeof(uint32_t)),
    };
    uint32_t value = write ? (uint32_t)lua_check_range(lua, 4, 0, UINT32_MAX) : 0;

    if (script_actor(lua)->vm != vm) {
        luaL_error(lua, "%s waits in the guest: call it in %s:run or %s:actor", verb, vm->desc.name,
                   vm->desc.name);
    }
    if (!vm->vgpu) {
        luaL_error(lua, "%s has no vGPU: %s:attach_vgpu comes first", vm->desc.name, vm->desc.name);
    }
    finish(lua, verb, machine_vgpu_config(vm->vgpu, &access, &value));
    lua_pushinteger(lua, value);
    return write ? 0 : 1;
}

/* vm:config_read(offset, size) */
int lua_vm_config_read(lua_State *lua)
{
    return config_access(lua, "vm:config_read", false);
}

/* vm:config_write(offset, size, value) */
int lua_vm_config_write(lua_State *lua)
{
    return config_access(lua, "vm:config_write", true);
}

static int vgpu_start(lua_State *lua)
{
    gvt_vgpu_start(check_vgpu(lua)->vgpu);
    return finish(lua, "vgpu:start", 0);
}

static int vgpu_stop(lua_State *lua)
{
    return finish(lua, "vgpu:stop", gvt_vgpu_stop(check_vgpu(lua)->vgpu));
}

static int vgpu_reset(lua_State *lua)
{
    gvt_vgpu_reset(check_vgpu(lua)->vgpu);
    return finish(lua, "vgpu:reset", 0);
}

static int vgpu_queued(lua_State *lua)
{
    lua_pushinteger(lua, gvt_workload_count(check_vgpu(lua)->vgpu));
    return 1;
}

/* vgpu:place(): where the guest believes its share to be, and where it is. */
static int vgpu_place(lua_State *lua)
{
    static const char *const names[] = {"guest_aperture", "guest_hidden", "host_aperture",
                                        "host_hidden"};
    uint64_t at[4];

    gvt_vgpu_place(check_vgpu(lua)->vgpu, at, at + 2);
    lua_createtable(lua, 0, ARRAY_SIZE(names));
    for (unsigned n = 0; n < ARRAY_SIZE(names); n++) {
        lua_pushinteger(lua, (lua_Integer)at[n]);
        lua_setfield(lua, -2, names[n]);
    }
    return 1;
}

/* vgpu:lose_triggers(count) */
static int vgpu_lose_triggers(lua_State *lua)
{
    check_vgpu(lua)->faults.lose = (unsigned)lua_check_range(lua, 2, 0, UINT16_MAX);
    return 0;
}

/* vgpu:delay_triggers(count, time) */
static int vgpu_delay_triggers(lua_State *lua)
{
    struct machine_vgpu *vgpu = check_vgpu(lua);

    vgpu->faults.late = (unsigned)lua_check_range(lua, 2, 0, UINT16_MAX);
    vgpu->faults.delay_ns = lua_check_time(lua, 3, LUA_NO_DEFAULT);
    return 0;
}

const luaL_Reg lua_vgpu_methods[] = {
    {"start", vgpu_start},
    {"stop", vgpu_stop},
    {"reset", vgpu_reset},
    {"queued", vgpu_queued},
    {"place", vgpu_place},
    {"lose_triggers", vgpu_lose_triggers},
    {"delay_triggers", vgpu_delay_triggers},
    {NULL, NULL},
};

/* ---- the guest's side ------------------------------------------------------------------------ */

static struct pv *check_driver(lua_State *lua)
{
    return ((struct machine_vm *)lua_object_check(lua, 1, LUA_PV))->pv;
}

/* The driver, for a verb that blocks. */
static struct pv *check_guest(lua_State *lua, const char *verb)
{
    struct machine_vm *vm = lua_object_check(lua, 1, LUA_PV);

    if (script_actor(lua)->vm != vm) {
        luaL_error(lua, "%s waits in the guest: call it in %s:run or %s:actor", verb, vm->desc.name,
                   vm->desc.name);
    }
    if (!vm->vgpu) {
        luaL_error(lua, "%s has no vGPU: %s:attach_vgpu comes first", vm->desc.name, vm->desc.name);
    }
    return vm->pv;
}

/* pv:start(): the features agreed on. */
static int guest_start(lua_State *lua)
{
    int caps = pv_start(check_guest(lua, "pv:start"));

    finish(lua, "pv:start", caps);
    lua_pushinteger(lua, caps);
    return 1;
}

/* pv:send(action [, {dword, ...}]): the descriptor's status. */
static int guest_send(lua_State *lua)
{
    struct pv *pv = check_guest(lua, "pv:send");
    uint32_t message[PV_MSG_LEN_MAX + 1] = {
        (uint32_t)lua_check_range(lua, 2, 0, PV_CT_MSG_ACTION_MASK)};
    lua_Integer count = 0;
    uint32_t status = 0;

    if (!lua_isnoneornil(lua, 3)) {
        luaL_checktype(lua, 3, LUA_TTABLE);
        count = luaL_len(lua, 3);
        luaL_argcheck(lua, count <= (lua_Integer)PV_MSG_LEN_MAX, 3, "too many dwords");
    }
    for (lua_Integer n = 1; n <= count; n++) {
        lua_rawgeti(lua, 3, n);
        message[n] = (uint32_t)lua_check_range(lua, -1, 0, UINT32_MAX);
        lua_pop(lua, 1);
    }
    finish(lua, "pv:send", pv_send(pv, message, (uint32_t)count + 1, &status));
    lua_pushinteger(lua, status);
    return 1;
}

/* pv:queue(engine [, {space = "ggtt", record = false}]) */
static int guest_queue(lua_State *lua)
{
    static const char *const engines[] = {"render", "copy", "video", NULL};
    static const char *const spaces[] = {"ggtt", "tables", "bound", NULL};
    static const char *const fields[] = {"space", "record", NULL};
    struct pv *pv = check_guest(lua, "pv:queue");
    struct pv_queue_config config = {.engine =
                                         (enum pv_engine)luaL_checkoption(lua, 2, NULL, engines)};
    int queue;

    if (!lua_isnoneornil(lua, 3)) {
        lua_check_fields(lua, 3, fields);
        lua_getfield(lua, 3, "space");
        config.space = (enum pv_space)luaL_checkoption(lua, -1, "ggtt", spaces);
        lua_getfield(lua, 3, "record");
        config.by_record = lua_toboolean(lua, -1);
        lua_pop(lua, 2);
    }
    queue = pv_queue_create(pv, &config);
    finish(lua, "pv:queue", queue);
    lua_pushinteger(lua, queue);
    return 1;
}

static unsigned check_queue(lua_State *lua)
{
    return (unsigned)lua_check_range(lua, 2, 0, UINT8_MAX);
}

/* field = {slot, value} of the job's table at index 3. */
static void slot_read(lua_State *lua, const char *name, unsigned *slot, uint32_t *value)
{
    if (lua_getfield(lua, 3, name) != LUA_TNIL) {
        luaL_argcheck(lua, lua_istable(lua, -1), 3, "add and store are {slot, value}");
        lua_rawgeti(lua, -1, 1);
        lua_rawgeti(lua, -2, 2);
        *slot = (unsigned)lua_check_range(lua, -2, 0, PV_RESULT_SLOTS - 1);
        *value = (uint32_t)lua_check_range(lua, -1, 0, UINT32_MAX);
        lua_pop(lua, 2);
    }
    lua_pop(lua, 1);
}

static int submit(lua_State *lua, const char *verb,
                  int64_t (*call)(struct pv *pv, unsigned queue, const struct pv_job *job))
{
    static const char *const fields[] = {"work", "preemptible", "add", "store", NULL};
    struct pv *pv = check_guest(lua, verb);
    struct pv_job job = {.preemptible = true, .store_slot = PV_RESULT_SLOTS - 1};
    unsigned queue = check_queue(lua);
    int64_t fence;

    lua_check_fields(lua, 3, fields);
    job.work_cycles = (uint32_t)lua_field_uint(lua, 3, "work", UINT32_MAX, 0);
    if (lua_getfield(lua, 3, "preemptible") != LUA_TNIL) {
        job.preemptible = lua_toboolean(lua, -1);
    }
    lua_pop(lua, 1);
    slot_read(lua, "add", &job.add_slot, &job.add);
    slot_read(lua, "store", &job.store_slot, &job.store);
    fence = call(pv, queue, &job);
    finish(lua, verb, fence);
    lua_pushinteger(lua, fence);
    return 1;
}

/* pv:submit(queue, {work =, preemptible =, add = {slot, value}, store = {slot, value}}) */
static int guest_submit(lua_State *lua)
{
    return submit(lua, "pv:submit", pv_queue_submit);
}

static int guest_prepare(lua_State *lua)
{
    return submit(lua, "pv:prepare", pv_queue_prepare);
}

static int guest_wait(lua_State *lua)
{
    struct pv *pv = check_guest(lua, "pv:wait");
    unsigned queue = check_queue(lua);
    lua_Integer fence = luaL_checkinteger(lua, 3);
    uint64_t limit = lua_check_time(lua, 4, WAIT_LIMIT_NS);

    return finish(lua, "pv:wait", pv_queue_wait(pv, queue, fence, limit));
}

static int guest_done(lua_State *lua)
{
    lua_pushinteger(lua, pv_queue_done(check_driver(lua), check_queue(lua)));
    return 1;
}

static int guest_result(lua_State *lua)
{
    struct pv *pv = check_driver(lua);

    lua_pushinteger(lua, pv_result(pv, (unsigned)lua_check_range(lua, 2, 0, PV_RESULT_SLOTS - 1)));
    return 1;
}

static int guest_descriptor(lua_State *lua)
{
    struct pv *pv = check_driver(lua);
    unsigned queue = check_queue(lua);

    luaL_argcheck(lua, pv_queue_done(pv, queue) >= 0, 2, "there is no such queue");
    lua_pushinteger(lua, (lua_Integer)pv_descriptor(pv, queue));
    return 1;
}

/* pv:surface(tiling, pitch, tile_rows): what it is, and where. */
static int guest_surface(lua_State *lua)
{
    static const char *const tilings[] = {"x", "y", NULL};
    struct pv *pv = check_guest(lua, "pv:surface");
    const struct pv_surface_config config = {
        .tile_y = luaL_checkoption(lua, 2, NULL, tilings) == 1,
        .pitch = (uint32_t)lua_check_range(lua, 3, 0, UINT32_MAX),
        .tile_rows = (uint32_t)lua_check_range(lua, 4, 0, UINT16_MAX),
    };
    struct pv_surface surface = {.pitch = config.pitch};

    finish(lua, "pv:surface", pv_surface_create(pv, &config, &surface));
    lua_createtable(lua, 0, 4);
    lua_pushinteger(lua, surface.fence);
    lua_setfield(lua, -2, "fence");
    lua_pushinteger(lua, (lua_Integer)surface.addr);
    lua_setfield(lua, -2, "addr");
    lua_pushinteger(lua, (lua_Integer)surface.phys);
    lua_setfield(lua, -2, "phys");
    lua_pushinteger(lua, (lua_Integer)surface.size);
    lua_setfield(lua, -2, "size");
    return 1;
}

static int guest_page(lua_State *lua)
{
    lua_pushinteger(lua, (lua_Integer)pv_shared_page(check_driver(lua)));
    return 1;
}

const luaL_Reg lua_pv_methods[] = {
    {"start", guest_start},     {"send", guest_send},
    {"page", guest_page},       {"queue", guest_queue},
    {"submit", guest_submit},   {"prepare", guest_prepare},
    {"wait", guest_wait},       {"done", guest_done},
    {"result", guest_result},   {"descriptor", guest_descriptor},
    {"surface", guest_surface}, {NULL, NULL},
};
