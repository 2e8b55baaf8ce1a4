/* SPDX-License-Identifier: MIT */
/* vmm...: the VMM of the hosts, and the tree in which it looks whether vGPUs may move. What a
 * migration came to is kept for report.json too. */
#include "sim/script/lua_script.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/machine/machine_gvt.h"

#define MAX_BANDWIDTH (1ull << 40)
#define MAX_PAGE      (1ull << 30)
#define MAX_ROUNDS    1000u
#define SYSFS_PAGE    4096u
#define PATH_LEN      1024u
#define NAME_CHARS    "abcdefghijklmnopqrstuvwxyz0123456789_-."

static void set_integer(lua_State *lua, const char *name, uint64_t value)
{
    lua_pushinteger(lua, (lua_Integer)value);
    lua_setfield(lua, -2, name);
}

/* ---- hooks ----------------------------------------------------------------------------------- */

/* What the script gave, by stack index; 0: nothing. Errors wait until the migration is over: a jump
 * out of it would leave the VM half way. */
struct hooks {
    lua_State *lua;
    int tamper, tamper_link;
    int after;  /* a function */
    int cancel; /* enum vmm_step, or -1 */
    FILE *keep;
    const char *error; /* why the script's function could not be used; on the stack, or a literal */
};

/* Gives the stream to the script's function and takes what it returns; it can damage or cut, not
 * grow. */
static void change_stream(struct hooks *hooks, int function, uint8_t *stream, uint64_t *size)
{
    lua_State *lua = hooks->lua;
    const char *changed;
    size_t len;

    lua_pushvalue(lua, function);
    lua_pushlstring(lua, (const char *)stream, *size);
    if (lua_pcall(lua, 1, 1, 0) != LUA_OK) {
        hooks->error = lua_push_text(lua, -1);
        return;
    }
    if (lua_isnil(lua, -1)) {
        return;
    }
    changed = lua_tolstring(lua, -1, &len);
    if (!changed || len > *size) {
        hooks->error = "tamper has to return a text no longer than the stream, or nothing";
        return;
    }
    memcpy(stream, changed, len);
    *size = len;
}

static void tamper_call(void *arg, uint8_t *stream, uint64_t *size)
{
    struct hooks *hooks = arg;

    change_stream(hooks, hooks->tamper, stream, size);
}

static void tamper_link_call(void *arg, uint8_t *stream, uint64_t *size)
{
    struct hooks *hooks = arg;

    change_stream(hooks, hooks->tamper_link, stream, size);
}

/* Writes the device's part of the link to the run's directory. */
static void keep_piece(void *arg, const uint8_t *piece, uint64_t size)
{
    struct hooks *hooks = arg;

    if (hooks->keep && fwrite(piece, 1, size, hooks->keep) != size) {
        hooks->error = "the stream cannot be kept";
    }
}

/* keep = "NAME": opens NAME in the run's directory; a run without one keeps nothing. */
static void keep_open(lua_State *lua, struct hooks *hooks)
{
    const char *out = script_of(lua)->config.out;
    const char *name;
    char path[PATH_LEN];

    lua_getfield(lua, 1, "keep");
    name = lua_tostring(lua, -1);
    if (!name || !out) {
        lua_pop(lua, 1);
        return;
    }
    luaL_argcheck(lua, *name && *name != '.' && !name[strspn(name, NAME_CHARS)], 1,
                  "keep = a file's name of a-z, 0-9, _ - . is wanted");
    (void)snprintf(path, sizeof(path), "%s/%s", out, name);
    hooks->keep = fopen(path, "wb");
    if (!hooks->keep) {
        luaL_error(lua, "keep: %s: %s", path, strerror(errno));
    }
    lua_pop(lua, 1);
}

static void keep_close(struct hooks *hooks)
{
    if (hooks->keep && fclose(hooks->keep)) {
        hooks->error = "the stream cannot be kept";
    }
}

/* after(step, round): a true result cancels. */
static int after_call(void *arg, enum vmm_step step, unsigned round)
{
    struct hooks *hooks = arg;
    lua_State *lua = hooks->lua;
    bool cancel = (int)step == hooks->cancel;

    if (hooks->after && !hooks->error) {
        lua_pushvalue(lua, hooks->after);
        lua_pushstring(lua, vmm_step_name(step));
        lua_pushinteger(lua, round);
        if (lua_pcall(lua, 2, 1, 0) != LUA_OK) {
            hooks->error = lua_push_text(lua, -1);
            return -ECANCELED;
        }
        cancel = cancel || lua_toboolean(lua, -1);
        lua_pop(lua, 1);
    }
    return cancel ? -ECANCELED : 0;
}

/* ---- arguments ------------------------------------------------------------------------------- */

static int step_of(lua_State *lua, const char *name)
{
    for (int step = 0; step < VMM_STEPS; step++) {
        if (strcmp(vmm_step_name((enum vmm_step)step), name) == 0) {
            return step;
        }
    }
    return luaL_error(lua, "cancel = \"%s\": a step is wanted: \"setup\", \"round\", ...", name);
}

/* Field of the table at 1 that is a function, left on the stack; 0: absent. */
static int function_field(lua_State *lua, const char *name)
{
    lua_getfield(lua, 1, name);
    if (lua_isnil(lua, -1)) {
        lua_pop(lua, 1);
        return 0;
    }
    luaL_checktype(lua, -1, LUA_TFUNCTION);
    return lua_gettop(lua);
}

/* A time, or "never". */
static void ack_delay_read(lua_State *lua, struct vmm_migration *job)
{
    lua_getfield(lua, 1, "ack_delay");
    if (lua_isstring(lua, -1) && strcmp(lua_tostring(lua, -1), "never") == 0) {
        job->ack_delay_ns = HAL_FOREVER;
    } else {
        job->ack_delay_ns = lua_check_time(lua, -1, 0);
    }
    lua_pop(lua, 1);
}

static void ack_read(lua_State *lua, struct vmm_migration *job)
{
    static const char *const sides[] = {"off", "on", "source", NULL};
    int side;

    lua_getfield(lua, 1, "switchover_ack");
    side = luaL_checkoption(lua, -1, "off", sides);
    job->switchover_ack = side != 0;
    job->target_ack_off = side == 2;
    lua_getfield(lua, 1, "ack_limit");
    job->ack_limit_ns = lua_check_time(lua, -1, 0);
    lua_pop(lua, 2);
    ack_delay_read(lua, job);
}

static void link_read(lua_State *lua, struct vmm_migration *job)
{
    job->bandwidth = lua_field_uint(lua, 1, "bandwidth", MAX_BANDWIDTH, 0);
    job->page_size = lua_field_uint(lua, 1, "page_size", MAX_PAGE, 0);
    job->max_rounds = (unsigned)lua_field_uint(lua, 1, "rounds", MAX_ROUNDS, 0);
    lua_getfield(lua, 1, "downtime");
    job->downtime_limit_ns = lua_check_time(lua, -1, 0);
    lua_pop(lua, 1);
}

static void hooks_read(lua_State *lua, struct hooks *hooks, struct vmm_migration *job)
{
    *hooks = (struct hooks){.lua = lua, .cancel = -1};
    lua_getfield(lua, 1, "cancel");
    if (!lua_isnil(lua, -1)) {
        hooks->cancel = step_of(lua, luaL_checkstring(lua, -1));
    }
    lua_pop(lua, 1);
    hooks->tamper = function_field(lua, "tamper");
    hooks->after = function_field(lua, "after");
    job->tamper = hooks->tamper ? tamper_call : NULL;
    job->tamper_arg = hooks;
    hooks->tamper_link = function_field(lua, "tamper_link");
    job->tamper_link = hooks->tamper_link ? tamper_link_call : NULL;
    job->tamper_link_arg = hooks;
    job->after = hooks->after || hooks->cancel >= 0 ? after_call : NULL;
    job->after_arg = hooks;
    job->tap = keep_piece;
    job->tap_arg = hooks;
}

static bool face_is_v1(lua_State *lua)
{
    static const char *const faces[] = {"v2", "v1", NULL};
    bool v1;

    lua_getfield(lua, 1, "face");
    v1 = luaL_checkoption(lua, -1, "v2", faces) == 1;
    lua_pop(lua, 1);
    return v1;
}

/* ---- results --------------------------------------------------------------------------------- */

static void result_push(lua_State *lua, const struct machine_migration *migration)
{
    const struct vmm_result *result = &migration->job.result;

    lua_newtable(lua);
    set_integer(lua, "bytes", result->stream_size);
    set_integer(lua, "frame_bytes", result->frame_bytes);
    set_integer(lua, "downtime_ns", result->downtime_ns);
    set_integer(lua, "total_ns", result->total_ns);
    set_integer(lua, "rounds", result->rounds);
    set_integer(lua, "acks", result->acks);
    set_integer(lua, "ram_bytes", result->ram_bytes);
    set_integer(lua, "ram_pages", result->ram_pages);
    set_integer(lua, "zero_pages", result->zero_pages);
    set_integer(lua, "dirty_pages", result->dirty_pages);
    set_integer(lua, "device_pages", result->device_pages);
    set_integer(lua, "stale_pages", migration->stale_pages);
}

/* Keeps it for the report; without memory there is one migration less in it. */
static void remember(struct script *script, const struct machine_migration *migration, int err)
{
    struct script_migration *grown =
        realloc(script->migrations, (script->num_migrations + 1) * sizeof(*script->migrations));

    if (grown) {
        script->migrations = grown;
        grown[script->num_migrations++] = (struct script_migration){
            .vm = migration->vm->desc.name, .err = err, .result = migration->job.result};
    }
}

/* vmm.migrate{vm =, to = {gpu, vf} [, face =, bandwidth =, page_size =, downtime =, rounds =,
 * cancel =, after =, tamper =, tamper_link =]} */
static int vmm_migrate_vm(lua_State *lua)
{
    static const char *const fields[] = {
        "vm",        "to",    "face",   "bandwidth",   "page_size", "downtime",       "rounds",
        "cancel",    "after", "tamper", "tamper_link", "keep",      "switchover_ack", "ack_delay",
        "ack_limit", NULL};
    struct script *script = script_of(lua);
    struct hooks hooks;
    struct machine_migration migration = {.job = {.hal = script_actor(lua)->hal}};
    int err;

    lua_settop(lua, 1);
    lua_check_fields(lua, 1, fields);
    if (script_actor(lua)->vm) {
        return luaL_error(lua, "the VMM is of the host: call this outside of guests");
    }
    lua_getfield(lua, 1, "vm");
    luaL_argcheck(lua, luaL_testudata(lua, 2, LUA_VM), 1, "vm = a VM is wanted");
    migration.vm = lua_object_check(lua, 2, LUA_VM);
    lua_getfield(lua, 1, "to");
    if (luaL_testudata(lua, 3, LUA_VGPU)) {
        migration.to_vgpu = lua_object_check(lua, 3, LUA_VGPU);
    } else {
        luaL_argcheck(lua, lua_istable(lua, 3), 1, "to = {gpu, vf}, or a vGPU, is wanted");
        migration.to = lua_check_fn(lua, 3);
    }
    migration.v1 = face_is_v1(lua);
    link_read(lua, &migration.job);
    ack_read(lua, &migration.job);
    hooks_read(lua, &hooks, &migration.job);
    keep_open(lua, &hooks); /* nothing below raises an error before it is closed */
    err = machine_migrate(script->machine, &migration);
    keep_close(&hooks);
    remember(script, &migration, err);
    if (hooks.error) {
        return luaL_error(lua, "%s", hooks.error);
    }
    script_time_passes(lua);
    if (err < 0) {
        return lua_fail(lua, "vmm.migrate", err);
    }
    result_push(lua, &migration);
    return 1;
}

/* ---- the administrator's tree of vGPUs ------------------------------------------------------- */

static struct machine_gvt *check_gvt(lua_State *lua)
{
    struct machine_gpu *gpu = lua_object_check(lua, 1, LUA_GPU);

    luaL_argcheck(lua, gpu->gvt, 1, "it has no vGPUs");
    return gpu->gvt;
}

/* gpu:sysfs_read(path) */
int lua_gpu_sysfs_read(lua_State *lua)
{
    struct machine_gvt *gvt = check_gvt(lua);
    char text[SYSFS_PAGE];
    int64_t len = gvt_sysfs_read(gvt->gvt, luaL_checkstring(lua, 2), text, sizeof(text));

    if (len < 0) {
        return lua_fail(lua, "gpu:sysfs_read", len);
    }
    lua_pushlstring(lua, text, (size_t)len);
    return 1;
}

/* vGPUs that the machine was built with stay with it. */
static bool removes_own(const struct machine_gvt *gvt, const char *path)
{
    const char *uuid = strlen(path) > GVT_UUID_CHARS ? strstr(path, "/remove") : NULL;

    for (unsigned n = 0; uuid && n < gvt->num_vgpus; n++) {
        if (strstr(path, gvt->vgpus[n].uuid)) {
            return true;
        }
    }
    return false;
}

/* gpu:sysfs_write(path, text): returns how many bytes were taken. */
int lua_gpu_sysfs_write(lua_State *lua)
{
    struct machine_gvt *gvt = check_gvt(lua);
    const char *path = luaL_checkstring(lua, 2);
    size_t size;
    const char *text = luaL_checklstring(lua, 3, &size);
    int64_t took = removes_own(gvt, path) ? -EBUSY : gvt_sysfs_write(gvt->gvt, path, text, size);

    if (took < 0) {
        return lua_fail(lua, "gpu:sysfs_write", took);
    }
    lua_pushinteger(lua, took);
    return 1;
}

/* vmm.cancel(vm) */
static int vmm_cancel(lua_State *lua)
{
    int err = machine_migrate_cancel(lua_object_check(lua, 1, LUA_VM));

    return err ? lua_fail(lua, "vmm.cancel", err) : 0;
}

const luaL_Reg lua_vmm_functions[] = {
    {"migrate", vmm_migrate_vm},
    {"cancel", vmm_cancel},
    {NULL, NULL},
};
