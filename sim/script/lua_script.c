/* SPDX-License-Identifier: MIT */
/* The life of a scenario: its Lua state, its actors, and how it ended. The text runs twice as
 * far as the machine is concerned: up to machine{...} nothing exists and that call yields, once;
 * the rest runs as the actor "main" in virtual time. */
#include "sim/script/lua_script.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/script/diagnose.h"
#include "sim/script/failure.h"

static const struct {
    const char *prefix;
    const luaL_Reg *functions;
} groups[] = {
    {"", lua_machine_functions},   {"", lua_time_functions},        {"", lua_watch_functions},
    {"actor:", lua_actor_methods}, {"gpu:", lua_gpu_methods},       {"gpu:", lua_gpu_raw_methods},
    {"vm:", lua_vm_methods},       {"vm:", lua_vm_raw_methods},     {"vf:", lua_vf_methods},
    {"watch:", lua_watch_methods}, {"vmm.", lua_vmm_functions},     {"vgpu:", lua_vgpu_methods},
    {"pv:", lua_pv_methods},       {"gpu:", lua_gpu_fault_methods}, {"gpu:", lua_gpu_admin_methods},
    {"", lua_wait_functions},
};

static unsigned functions_count(const luaL_Reg *functions)
{
    unsigned count = 0;

    while (functions[count].name) {
        count++;
    }
    return count;
}

const char *script_function_name(unsigned n)
{
    static char name[64];
    unsigned g = 0;

    while (g < ARRAY_SIZE(groups) && n >= functions_count(groups[g].functions)) {
        n -= functions_count(groups[g++].functions);
    }
    if (g == ARRAY_SIZE(groups)) {
        return NULL;
    }
    (void)snprintf(name, sizeof(name), "%s%s", groups[g].prefix, groups[g].functions[n].name);
    return name;
}

/* ---- the state ------------------------------------------------------------------------------ */

struct actor *script_actor(lua_State *lua)
{
    return *(struct actor **)lua_getextraspace(lua);
}

struct script *script_of(lua_State *lua)
{
    return script_actor(lua)->script;
}

void script_time_passes(lua_State *lua)
{
    script_actor(lua)->instructions = 0;
}

static void *script_allocate(void *user, void *block, size_t old_size, size_t new_size)
{
    struct script *script = user;
    uint64_t held = script->memory - (block ? old_size : 0);
    void *moved;

    if (new_size == 0) {
        free(block);
        script->memory = held;
        return NULL;
    }
    if (held + new_size > SCRIPT_MAX_MEMORY) {
        return NULL;
    }
    moved = realloc(block, new_size);
    if (moved) {
        script->memory = held + new_size;
    }
    return moved;
}

static void script_hook(lua_State *lua, lua_Debug *debug)
{
    struct actor *actor = script_actor(lua);

    (void)debug;
    actor->instructions += SCRIPT_HOOK_PERIOD;
    if (actor->instructions > SCRIPT_MAX_INSTRUCTIONS) {
        luaL_error(lua, "actor %s: %d million instructions while no time passed; an endless loop?",
                   actor->name, (int)(SCRIPT_MAX_INSTRUCTIONS / 1000000));
    }
}

static void open_globals(lua_State *lua, const luaL_Reg *functions)
{
    lua_pushglobaltable(lua);
    luaL_setfuncs(lua, functions, 0);
    lua_pop(lua, 1);
}

/* Runs protected, since every call here may be out of memory. */
static int script_open(lua_State *lua)
{
    lua_sandbox_open(lua);
    open_globals(lua, lua_machine_functions);
    open_globals(lua, lua_time_functions);
    open_globals(lua, lua_wait_functions);
    open_globals(lua, lua_watch_functions);
    lua_newtable(lua);
    luaL_setfuncs(lua, lua_vmm_functions, 0);
    lua_setglobal(lua, "vmm");
    lua_object_type(lua, LUA_ACTOR, lua_actor_methods, NULL);
    lua_object_type(lua, LUA_WATCH, lua_watch_methods, NULL);
    lua_object_type(lua, LUA_GPU, lua_gpu_methods, lua_gpu_raw_methods);
    lua_object_more(lua, LUA_GPU, lua_gpu_fault_methods);
    lua_object_more(lua, LUA_GPU, lua_gpu_admin_methods);
    lua_object_type(lua, LUA_VM, lua_vm_methods, lua_vm_raw_methods);
    lua_object_type(lua, LUA_VF, lua_vf_methods, NULL);
    lua_object_type(lua, LUA_VGPU, lua_vgpu_methods, NULL);
    lua_object_type(lua, LUA_PV, lua_pv_methods, NULL);
    return 0;
}

struct script *script_create(const struct script_config *config)
{
    struct script *script = calloc(1, sizeof(*script));

    if (!script) {
        return NULL;
    }
    script->config = *config;
    script->random_state = config->seed;
    script->lua = lua_newstate(script_allocate, script);
    if (!script->lua) {
        goto fail;
    }
    lua_pushcfunction(script->lua, script_open);
    if (lua_pcall(script->lua, 0, 0, 0) != LUA_OK) {
        goto fail;
    }
    return script;

fail:
    script_destroy(script);
    return NULL;
}

void script_destroy(struct script *script)
{
    if (!script) {
        return;
    }
    if (script->lua) {
        lua_close(script->lua);
    }
    for (struct actor *actor = script->actors, *next; actor; actor = next) {
        next = actor->next;
        free(actor);
    }
    for (unsigned i = 0; i < script->num_expectations; i++) {
        free(script->expectations[i].name);
        free(script->expectations[i].said);
    }
    free(script->expectations);
    free(script->migrations);
    script_watches_free(script);
    diagnosis_destroy(script->diagnosis);
    failure_destroy(script->failure);
    free(script->error);
    free(script);
}

/* ---- actors --------------------------------------------------------------------------------- */

/* The first failure counts; the run ends with it. */
static void actor_report(struct actor *actor, int status)
{
    struct script *script = actor->script;
    lua_State *lua = actor->lua;
    bool failure = lua_is_failure(lua, -1);
    char where[64 + SCRIPT_ACTOR_NAME_LEN] = "";
    lua_Debug frame;

    if (script->error) {
        return;
    }
    if (status == LUA_YIELD) {
        lua_pushliteral(lua, "an actor cannot yield");
    }
    if (script->sim) {
        (void)snprintf(where, sizeof(where), "\nin actor %s at %.3f us", actor->name,
                       (double)sim_now_ps(script->sim) / 1e6);
    }
    if (lua_getstack(lua, 0, &frame)) { /* text that does not compile has no stack */
        luaL_traceback(script->lua, lua, "", 0);
    } else {
        lua_pushliteral(script->lua, "");
    }
    if (asprintf(&script->error, "%s%s%s", lua_push_text(lua, -1), where,
                 lua_tostring(script->lua, -1)) < 0) {
        script->error = NULL;
    }
    lua_pop(script->lua, 1);
    script->outcome = failure ? SCRIPT_FAILED : SCRIPT_BROKEN;
    script->failed = failure ? actor : NULL;
}

static void actor_program(void *arg)
{
    struct actor *actor = arg;
    struct script *script = actor->script;
    int results, status = lua_resume(actor->lua, NULL, 0, &results);

    if (status != LUA_OK) {
        actor_report(actor, status);
    }
    actor->ended = true;
    if (--script->num_running == 0 && script->outcome == SCRIPT_RUNNING) {
        script->outcome = SCRIPT_ENDED;
    }
    if (script->outcome != SCRIPT_RUNNING) {
        sim_stop(script->sim);
    }
    if (actor->joiner) {
        hal_wake(actor->joiner);
    }
}

static struct actor *actor_new(struct script *script, lua_State *lua, const char *name)
{
    struct actor *actor = calloc(1, sizeof(*actor));

    if (!actor) {
        return NULL;
    }
    (void)snprintf(actor->name, sizeof(actor->name), "%s", name);
    actor->script = script;
    actor->next = script->actors;
    script->actors = actor;
    actor->lua = lua_newthread(lua);
    actor->reference = luaL_ref(lua, LUA_REGISTRYINDEX);
    *(struct actor **)lua_getextraspace(actor->lua) = actor;
    lua_sethook(actor->lua, script_hook, LUA_MASKCOUNT, SCRIPT_HOOK_PERIOD);
    script->num_running++;
    return actor;
}

struct actor *script_actor_create(lua_State *lua, const char *name, struct machine_vm *vm)
{
    struct script *script = script_of(lua);
    struct actor *actor = actor_new(script, lua, name);

    if (!actor) {
        luaL_error(lua, "not enough memory");
        return NULL;
    }
    lua_xmove(lua, actor->lua, 1);
    actor->vm = vm;
    actor->hal = vm ? vm->hal : script->hal;
    hal_spawn(actor->hal, actor->name, actor_program, actor);
    return actor;
}

/* ---- one scenario --------------------------------------------------------------------------- */

static int load_fail(struct script *script, const char *subject, const char *text)
{
    if (asprintf(&script->error, "%s: %s", subject, text) < 0) {
        script->error = NULL;
    }
    script->outcome = SCRIPT_BROKEN;
    return -EINVAL;
}

int script_load(struct script *script, struct machine_desc *desc)
{
    struct actor *main = actor_new(script, script->lua, "main");
    char error[ERROR_TEXT_LEN];
    int results, status;

    if (!main) {
        return load_fail(script, script->config.path, "not enough memory");
    }
    *(struct actor **)lua_getextraspace(script->lua) = main;
    if (lua_machine_keys(script->config.params, error)) {
        return load_fail(script, "--set", error);
    }
    status = luaL_loadfilex(main->lua, script->config.path, "t");
    if (status == LUA_OK) {
        status = lua_resume(main->lua, NULL, 0, &results);
    }
    if (status == LUA_YIELD && script->has_desc) {
        *desc = script->desc;
        return 0;
    }
    if (status == LUA_OK) {
        return load_fail(script, script->config.path, "there is no machine{...} in it");
    }
    actor_report(main, status);
    return -EINVAL;
}

void script_start(struct script *script, struct sim *sim, struct machine *machine)
{
    struct actor *main = script->actors;

    assert(main && !main->next && script->has_desc);
    script->sim = sim;
    script->machine = machine;
    script->hal = sim_hal_plain(sim, "script");
    script->failure = failure_create(machine);
    script->diagnosis = diagnosis_create(); /* without memory, no explanations */
    sim_set_observer(sim, script_observe, script);
    main->hal = script->hal;
    hal_spawn(main->hal, main->name, actor_program, main);
}

struct failure *script_failure(struct script *script)
{
    return script->failure;
}

enum script_outcome script_outcome(const struct script *script)
{
    return script->outcome;
}

const char *script_error(const struct script *script)
{
    return script->error ? script->error : "";
}

uint64_t script_last_event_ps(const struct script *script)
{
    return script->diagnosis ? diagnosis_last_ps(script->diagnosis) : 0;
}

const struct script_migration *script_migrations(const struct script *script, unsigned *count)
{
    *count = script->num_migrations;
    return script->migrations;
}

const struct expectation *script_expectations(const struct script *script, unsigned *count)
{
    *count = script->num_expectations;
    return script->expectations;
}

void script_waiting(const struct script *script, char *text, size_t size)
{
    size_t used = 0;

    text[0] = '\0';
    for (const struct actor *actor = script->actors; actor; actor = actor->next) {
        int len;

        if (actor->ended) {
            continue;
        }
        len = snprintf(text + used, size - used, "%s%s", used ? ", " : "", actor->name);
        if (len < 0 || (size_t)len >= size - used) {
            return;
        }
        used += (size_t)len;
    }
}
