/* SPDX-License-Identifier: MIT */
/* params{...} and machine{...}: what can be set, and what is built. machine{...} only writes a
 * description and yields; run.c builds from it, and the script goes on in virtual time when all
 * PFs have booted. */
#include "sim/script/lua_script.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_VM_RAM      (1ull << 32)
#define BOOT_POLL_NS    1000u
#define MAX_SLOW_CYCLES 100000000u

/* Declared before the script runs; a script that declares one of them gives it another default. */
static const struct param machine_keys[] = {
    {.name = "guc.abi",
     .type = PARAM_VERSION,
     .text = "VF ABI of the GuCs of all GPUs; GPU.guc.abi sets one",
     .default_value = "1.27"},
    {.name = "guc.slow",
     .type = PARAM_STRING,
     .text = "ACTION+CYCLES: its handler in the GuCs takes so much longer",
     .default_value = ""},
    {.name = "clock.ps",
     .type = PARAM_INT,
     .unit = "ps",
     .text = "period of the GT clock",
     .default_value = "1000",
     .min = 100,
     .max = 1000000},
    {.name = "mmio.latency",
     .type = PARAM_INT,
     .unit = "cycles",
     .text = "from a processor to the chip, one way",
     .default_value = "200",
     .min = 1,
     .max = 100000},
    {.name = "mem.latency",
     .type = PARAM_INT,
     .unit = "cycles",
     .text = "from the chip to memory, one way",
     .default_value = "100",
     .min = 1,
     .max = 100000},
    {.name = "vfio.vf_precopy",
     .type = PARAM_BOOL,
     .text = "VFs offer VFIO's pre-copy, as no real PF driver does",
     .default_value = "off"},
    {.name = "vfio.v1",
     .type = PARAM_BOOL,
     .text = "VFs have VFIO's migration region of version 1 too",
     .default_value = "off"},
    {.name = "time_limit",
     .type = PARAM_TIME,
     .text = "virtual time after which the run is given up",
     .default_value = "1s",
     .min = 1,
     .max = INT64_MAX},
    {.name = "watchdog",
     .type = PARAM_TIME,
     .text = "virtual time without any event after which the run is given up; 0: never",
     .default_value = "10s",
     .max = INT64_MAX},
};

int lua_machine_keys(struct params *params, char error[ERROR_TEXT_LEN])
{
    for (unsigned i = 0; i < ARRAY_SIZE(machine_keys); i++) {
        if (!params_declare(params, &machine_keys[i], error)) {
            return -EINVAL;
        }
    }
    return 0;
}

/* ---- params --------------------------------------------------------------------------------- */

static void text_copy(lua_State *lua, char to[PARAM_TEXT_LEN], const char *text)
{
    if (snprintf(to, PARAM_TEXT_LEN, "%s", text) >= (int)PARAM_TEXT_LEN) {
        luaL_error(lua, "\"%s\" is too long: up to %d letters", text, (int)PARAM_TEXT_LEN - 1);
    }
}

/* Field "min" or "max" of the declaration at the top of the stack: a number, or for a time what is
 * one everywhere, "5us" or ns. */
static int64_t bound_read(lua_State *lua, const struct param *param, const char *name, int64_t none)
{
    int type = lua_getfield(lua, -1, name);
    int64_t bound = none;
    uint64_t ps;

    if (type != LUA_TNIL && param->type == PARAM_TIME) {
        if (time_parse(lua_push_text(lua, -1), &ps)) {
            luaL_error(lua, "%s: %s = %s: a time is wanted: \"5us\", or whole ns", param->name,
                       name, lua_push_text(lua, -2));
        }
        bound = (int64_t)ps;
        lua_pop(lua, 1);
    } else if (type != LUA_TNIL) {
        if (param->type != PARAM_INT || !lua_isinteger(lua, -1)) {
            luaL_error(lua, "%s: %s = %s: %s", param->name, name, lua_push_text(lua, -1),
                       param->type == PARAM_INT ? "a whole number is wanted"
                                                : "only an int or a time has bounds");
        }
        bound = lua_tointeger(lua, -1);
    }
    lua_pop(lua, 1);
    return bound;
}

/* The declaration at the top of the stack: {name, type, default, text, unit =, min =, max =}. */
static void param_read(lua_State *lua, struct param *param)
{
    static const char *const wanted[] = {"name", "type", "default", "text"};

    memset(param, 0, sizeof(*param));
    luaL_checktype(lua, -1, LUA_TTABLE);
    for (int i = 1; i <= 4; i++) {
        if (lua_rawgeti(lua, -i, i) == LUA_TNIL) {
            luaL_error(lua, "a parameter is {name, type, default, text}: its %s is missing",
                       wanted[i - 1]);
        }
    }
    text_copy(lua, param->name, lua_push_text(lua, -4));
    param->type = param_type_parse(lua_push_text(lua, -4));
    if (param->type == PARAM_TYPES) {
        luaL_error(lua, "%s: type %s: int, time, bool, version or string is wanted", param->name,
                   lua_push_text(lua, -5));
    }
    text_copy(lua, param->default_value, lua_push_text(lua, -4));
    text_copy(lua, param->text, lua_push_text(lua, -4));
    lua_pop(lua, 8);
    lua_getfield(lua, -1, "unit");
    text_copy(lua, param->unit, luaL_optstring(lua, -1, ""));
    lua_pop(lua, 1);
    param->min = bound_read(lua, param, "min", param->type == PARAM_TIME ? 0 : INT64_MIN);
    param->max = bound_read(lua, param, "max", INT64_MAX);
    param->from_script = true;
}

static void param_push(lua_State *lua, const struct param *param)
{
    switch (param->type) {
    case PARAM_INT:
        lua_pushinteger(lua, param->number);
        break;
    case PARAM_TIME:
        lua_pushinteger(lua, param->number / 1000);
        break;
    case PARAM_BOOL:
        lua_pushboolean(lua, param->number != 0);
        break;
    default:
        lua_pushstring(lua, param->value);
    }
}

/* __index of what params and machine return: only a mistake gets here. */
static int unknown_index(lua_State *lua)
{
    return luaL_error(lua, "there is no %s here", lua_push_text(lua, 2));
}

static void forbid_unknown(lua_State *lua)
{
    lua_newtable(lua);
    lua_pushcfunction(lua, unknown_index);
    lua_setfield(lua, -2, "__index");
    lua_setmetatable(lua, -2);
}

static int params_declare_all(lua_State *lua)
{
    struct script *script = script_of(lua);
    char error[ERROR_TEXT_LEN];
    struct param param;

    luaL_checktype(lua, 1, LUA_TTABLE);
    lua_settop(lua, 1);
    if (script->has_desc) {
        return luaL_error(lua, "params{...} stands before machine{...}");
    }
    lua_newtable(lua);
    for (lua_Integer i = 1; lua_rawgeti(lua, 1, i) != LUA_TNIL; i++) {
        const struct param *declared;

        param_read(lua, &param);
        declared = params_declare(script->config.params, &param, error);
        if (!declared) {
            return luaL_error(lua, "%s", error);
        }
        param_push(lua, declared);
        lua_setfield(lua, 2, declared->name);
        lua_pop(lua, 1);
    }
    lua_settop(lua, 2);
    forbid_unknown(lua);
    return 1;
}

/* ---- machine: the description --------------------------------------------------------------- */

static bool name_is_taken(const struct machine_desc *desc, const char *name)
{
    for (unsigned i = 0; i < desc->num_gpus; i++) {
        if (strcmp(desc->gpus[i].name, name) == 0) {
            return true;
        }
    }
    for (unsigned i = 0; i < desc->num_vms; i++) {
        if (strcmp(desc->vms[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

/* Field "name" of the table at the top: it becomes a scope of the traces and a field of the
 * machine. */
static void name_read(lua_State *lua, const struct machine_desc *desc, char to[MACHINE_NAME_LEN])
{
    const char *name;

    lua_getfield(lua, -1, "name");
    name = lua_tostring(lua, -1);
    if (!name || !islower((unsigned char)*name) || strlen(name) >= MACHINE_NAME_LEN ||
        name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_")]) {
        luaL_error(lua, "name = %s: a small letter, then up to %d of a-z, 0-9, _ are wanted",
                   lua_push_text(lua, -1), (int)MACHINE_NAME_LEN - 2);
    }
    if (name_is_taken(desc, name)) {
        luaL_error(lua, "name = %s is taken", name);
    }
    memcpy(to, name, strlen(name) + 1); /* its length is checked */
    lua_pop(lua, 1);
}

static uint32_t version_of(struct params *params, const char *key)
{
    return (uint32_t)params_find(params, key)->number;
}

/* GPU.guc.abi: the key of one GPU, with the value for all as its default unless the scenario
 * declared another. */
static uint32_t gpu_abi(lua_State *lua, const char *gpu)
{
    struct params *params = script_of(lua)->config.params;
    struct param param = {.type = PARAM_VERSION};
    const struct param *own;
    char error[ERROR_TEXT_LEN];

    (void)snprintf(param.name, sizeof(param.name), "%s.guc.abi", gpu);
    (void)snprintf(param.text, sizeof(param.text), "VF ABI of the GuCs of %s", gpu);
    (void)snprintf(param.default_value, sizeof(param.default_value), "%s",
                   params_find(params, "guc.abi")->value);
    own = params_find(params, param.name);
    if ((!own || own->type != param.type) && !params_declare(params, &param, error)) {
        luaL_error(lua, "%s", error);
    }
    return version_of(params, param.name);
}

/* guc.slow: "SCHED_CONTEXT+100". */
static void slow_read(lua_State *lua, struct machine_gpu_desc *gpu)
{
    const char *value = params_find(script_of(lua)->config.params, "guc.slow")->value;
    size_t length = strcspn(value, "+");
    char *end = NULL;
    unsigned long cycles = value[length] ? strtoul(value + length + 1, &end, 10) : 0;
    uint32_t action = 0;

    if (!*value) {
        return;
    }
    for (; action <= UINT16_MAX; action++) {
        const char *name = machine_action_name((uint16_t)action, false);

        if (name && strlen(name) == length && strncmp(name, value, length) == 0) {
            break;
        }
    }
    if (action > UINT16_MAX || !cycles || cycles > MAX_SLOW_CYCLES || *end) {
        luaL_error(lua, "guc.slow=%s: an action and cycles are wanted, such as SCHED_CONTEXT+100",
                   value);
    }
    gpu->slow_action = (uint16_t)action;
    gpu->slow_cycles = (uint32_t)cycles;
}

static void gpu_read(lua_State *lua, struct machine_desc *desc)
{
    static const char *const fields[] = {"name", "gts", "vfs", "enabled", "vgpus", "vram", NULL};
    struct machine_gpu_desc *gpu = &desc->gpus[desc->num_gpus];

    lua_check_fields(lua, lua_gettop(lua), fields);
    name_read(lua, desc, gpu->name);
    gpu->num_gts = (unsigned)lua_field_uint(lua, -1, "gts", MACHINE_MAX_GTS, MACHINE_MAX_GTS);
    gpu->num_vfs = (unsigned)lua_field_uint(lua, -1, "vfs", MACHINE_MAX_VFS, MACHINE_DEFAULT_VFS);
    if (gpu->num_gts == 0) {
        luaL_error(lua, "gts = 0: a GPU has a main GT at least");
    }
    gpu->vram = lua_field_uint(lua, -1, "vram", MACHINE_MAX_VRAM, 0);
    if (gpu->vram && (gpu->vram < MACHINE_MIN_VRAM || gpu->vram % MACHINE_MIN_VRAM)) {
        luaL_error(lua, "vram = %d MiB: a multiple of %d MiB is wanted", (int)(gpu->vram >> 20),
                   (int)(MACHINE_MIN_VRAM >> 20));
    }
    gpu->vfs_off = lua_getfield(lua, -1, "enabled") != LUA_TNIL && !lua_toboolean(lua, -1);
    lua_pop(lua, 1);
    gpu->guc_abi = gpu_abi(lua, gpu->name);
    slow_read(lua, gpu);
    lua_vgpus_read(lua, gpu);
    gpu->vf_precopy = params_find(script_of(lua)->config.params, "vfio.vf_precopy")->number != 0;
    gpu->vfio_v1 = params_find(script_of(lua)->config.params, "vfio.v1")->number != 0;
    desc->num_gpus++;
}

static void vm_read(lua_State *lua, struct machine_desc *desc)
{
    static const char *const fields[] = {"name", "ram", "abi",         "memirq",
                                         "msix", "pv",  "compression", NULL};
    struct machine_vm_desc *vm = &desc->vms[desc->num_vms];

    lua_check_fields(lua, lua_gettop(lua), fields);
    name_read(lua, desc, vm->name);
    vm->ram = lua_field_uint(lua, -1, "ram", MAX_VM_RAM, MACHINE_DEFAULT_RAM);
    if (vm->ram == 0 || vm->ram % HAL_PAGE_SIZE) {
        luaL_error(lua, "%s: ram is bytes, in whole pages of 4 KiB", vm->name);
    }
    if (lua_getfield(lua, -1, "abi") != LUA_TNIL &&
        version_parse(luaL_checkstring(lua, -1), &vm->max_abi)) {
        luaL_error(lua, "%s: abi = %s: a version such as 1.26 is wanted", vm->name,
                   lua_tostring(lua, -1));
    }
    lua_pop(lua, 1);
    lua_getfield(lua, -1, "compression");
    vm->compression = lua_toboolean(lua, -1);
    lua_pop(lua, 1);
    lua_getfield(lua, -1, "msix");
    vm->msix = lua_toboolean(lua, -1);
    lua_pop(lua, 1);
    vm->no_memirq = lua_getfield(lua, -1, "memirq") != LUA_TNIL && !lua_toboolean(lua, -1);
    lua_pop(lua, 1);
    lua_pv_read(lua, vm);
    desc->num_vms++;
}

/* Reads each element of list field `name` of the table at 1. */
static void list_read(lua_State *lua, const char *name, unsigned max,
                      void (*read)(lua_State *lua, struct machine_desc *desc))
{
    lua_Integer count;

    if (lua_getfield(lua, 1, name) == LUA_TNIL) {
        lua_pop(lua, 1);
        return;
    }
    luaL_argcheck(lua, lua_istable(lua, -1), 1, "gpus and vms are lists");
    count = luaL_len(lua, -1);
    if (count > (lua_Integer)max) {
        luaL_error(lua, "%s: up to %d", name, (int)max);
    }
    for (lua_Integer i = 1; i <= count; i++) {
        if (lua_rawgeti(lua, -1, i) != LUA_TTABLE) {
            luaL_error(lua, "%s[%I]: {name = ...} is wanted", name, i);
        }
        read(lua, &script_of(lua)->desc);
        lua_pop(lua, 1);
    }
    lua_pop(lua, 1);
}

/* ---- machine: the built thing --------------------------------------------------------------- */

static void name_field(lua_State *lua, const char *name)
{
    lua_createtable(lua, 0, 2);
    lua_pushstring(lua, name);
    lua_setfield(lua, -2, "name");
}

static void machine_push(lua_State *lua, struct machine *machine)
{
    lua_createtable(lua, 0, (int)(machine->num_gpus + machine->num_vms));
    for (unsigned i = 0; i < machine->num_gpus; i++) {
        name_field(lua, machine->gpus[i].desc.name);
        lua_object_push(lua, LUA_GPU, &machine->gpus[i]);
        lua_setfield(lua, -2, machine->gpus[i].desc.name);
    }
    for (unsigned i = 0; i < machine->num_vms; i++) {
        struct machine_vm *vm = &machine->vms[i];

        name_field(lua, vm->desc.name);
        name_field(lua, vm->desc.name);
        lua_object_push(lua, vm->pv ? LUA_PV : LUA_VF, vm);
        lua_setfield(lua, -2, vm->pv ? "pv" : "vf");
        lua_object_push(lua, LUA_VM, vm);
        lua_setfield(lua, -2, vm->desc.name);
    }
    forbid_unknown(lua);
}

/* Goes on behind machine{...}, now as a program of the machine. */
static int machine_ready(lua_State *lua, int status, lua_KContext context)
{
    struct script *script = script_of(lua);
    uint64_t deadline = hal_now(script->hal) + MACHINE_BOOT_TIME_NS;

    (void)status;
    (void)context;
    for (unsigned i = 0; i < script->machine->num_gpus; i++) {
        struct machine_gpu *gpu = &script->machine->gpus[i];

        while (!gpu->booted && hal_now(script->hal) < deadline) {
            hal_delay(script->hal, BOOT_POLL_NS);
        }
        if (!gpu->booted || gpu->boot_error) {
            lua_pushfstring(lua, "machine: PF of %s", gpu->desc.name);
            return lua_fail(lua, lua_tostring(lua, -1), gpu->booted ? gpu->boot_error : -ETIME);
        }
    }
    script_time_passes(lua);
    machine_push(lua, script->machine);
    return 1;
}

static int machine_build(lua_State *lua)
{
    static const char *const fields[] = {"gpus", "vms", NULL};
    struct script *script = script_of(lua);
    char error[ERROR_TEXT_LEN];

    lua_settop(lua, 1);
    lua_check_fields(lua, 1, fields);
    if (script->has_desc) {
        return luaL_error(lua, "there is one machine in a scenario");
    }
    if (!lua_isyieldable(lua)) {
        return luaL_error(lua, "machine{...} stands in the scenario itself, in no helper");
    }
    list_read(lua, "gpus", MACHINE_MAX_GPUS, gpu_read);
    list_read(lua, "vms", MACHINE_MAX_VMS, vm_read);
    if (script->desc.num_gpus == 0) {
        return luaL_error(lua, "a machine has one GPU at least: gpus = { { name = ... } }");
    }
    if (params_check(script->config.params, error)) {
        return luaL_error(lua, "%s", error);
    }
    script->has_desc = true;
    return lua_yieldk(lua, 0, 0, machine_ready);
}

const luaL_Reg lua_machine_functions[] = {
    {"params", params_declare_all},
    {"machine", machine_build},
    {NULL, NULL},
};
