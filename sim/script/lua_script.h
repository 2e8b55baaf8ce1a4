/* SPDX-License-Identifier: MIT */
/* What the lua_*.c files share. An actor is a Lua coroutine that is resumed once, on the stack
 * of its own program, and never yields: where it blocks, its C function blocks inside hal_*. All
 * actors share one Lua state; one runs at a time, since programs change only inside hal_*. */
#ifndef SIM_SCRIPT_LUA_SCRIPT_H
#define SIM_SCRIPT_LUA_SCRIPT_H

#include <lauxlib.h>
#include <lua.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "sim/script/script.h"

/* An actor that runs this many Lua instructions while no time passes is in an endless loop. */
#define SCRIPT_MAX_INSTRUCTIONS 50000000ull
#define SCRIPT_HOOK_PERIOD      100000
#define SCRIPT_MAX_MEMORY       (256ull << 20)
#define SCRIPT_ACTOR_NAME_LEN   32u

struct actor {
    struct script *script;
    lua_State *lua;
    int reference; /* keeps the coroutine from being collected */
    char name[SCRIPT_ACTOR_NAME_LEN];
    struct hal *hal;       /* whose time it lives in */
    struct machine_vm *vm; /* the guest it is in, or NULL */
    bool ended;
    struct hal *joiner;    /* who waits for the end last; others find out by their time limit */
    uint64_t instructions; /* since time passed */
    struct actor *next;
};

struct watch;     /* lua_watch.c */
struct diagnosis; /* diagnose.h */
struct failure;   /* failure.h */

struct script {
    struct script_config config;
    lua_State *lua;
    uint64_t memory; /* bytes that Lua holds */
    uint64_t random_state;
    struct sim *sim;
    struct machine *machine;
    struct machine_desc desc;
    bool has_desc;
    struct hal *hal;      /* of everything that is no guest */
    struct actor *actors; /* newest first; the last one is main */
    unsigned num_running;
    enum script_outcome outcome;
    char *error;
    const struct actor *failed; /* whose verb failed and ended the run; NULL: nobody's */
    struct expectation *expectations;
    unsigned num_expectations;
    struct script_migration *migrations;
    unsigned num_migrations;
    struct watch *watches;
    uint64_t num_events; /* of the run */
    struct diagnosis *diagnosis;
    struct failure *failure; /* NULL without memory */
};

/* ---- lua_script.c --------------------------------------------------------------------------- */

struct actor *script_actor(lua_State *lua);
struct script *script_of(lua_State *lua);
/* Makes the function on top of the stack an actor and pops it. Starts it when the machine runs. */
struct actor *script_actor_create(lua_State *lua, const char *name, struct machine_vm *vm);
/* To be called where an actor blocks: its instructions count from here. */
void script_time_passes(lua_State *lua);

/* ---- lua_sandbox.c -------------------------------------------------------------------------- */

/* Opens what is left of Lua's libraries, with pairs, next, tostring, sort and random made
 * repeatable. */
void lua_sandbox_open(lua_State *lua);
/* read_text(name) */
int lua_read_text(lua_State *lua);
/* Pushes the list of the keys of the table at an absolute index, in order; a key that has none is a
 * mistake. Returns how many. */
int lua_keys_push(lua_State *lua, int table);

/* ---- lua_show.c ----------------------------------------------------------------------------- */

/* Pushes any value as text for people: tables by their contents; strings in quotes, if wanted. */
const char *lua_push_shown(lua_State *lua, int index, bool quoted);
/* Are two values equal? Tables are when their contents are. */
bool lua_same(lua_State *lua, int a, int b);

/* ---- lua_value.c: arguments, results, objects ----------------------------------------------- */

#define LUA_NO_DEFAULT UINT64_MAX

/* Metatable names. */
#define LUA_GPU     "gpu"
#define LUA_VM      "vm"
#define LUA_VF      "vf"
#define LUA_ACTOR   "actor"
#define LUA_WATCH   "watch"
#define LUA_FAILURE "failure"
#define LUA_VGPU    "vgpu"
#define LUA_PV      "pv"

/* A time in ns from a number (ns) or a text ("5us"); absent: the default, unless LUA_NO_DEFAULT. */
uint64_t lua_check_time(lua_State *lua, int index, uint64_t default_ns);
/* An integer within [min, max]. */
lua_Integer lua_check_range(lua_State *lua, int index, lua_Integer min, lua_Integer max);
/* Field of the table at index: integer within [0, max], or the default when absent. */
uint64_t lua_field_uint(lua_State *lua, int index, const char *name, uint64_t max,
                        uint64_t fallback);
/* Stops at a field of the table at index that is not in the NULL-terminated list. */
void lua_check_fields(lua_State *lua, int index, const char *const *names);
/* Registers a type of object with methods, in one or two lists (more may be NULL). */
void lua_object_type(lua_State *lua, const char *type, const luaL_Reg *methods,
                     const luaL_Reg *more);
/* Adds methods to a registered type. */
void lua_object_more(lua_State *lua, const char *type, const luaL_Reg *methods);
/* Pushes an object that points to ours; fields (a table on top of the stack) is popped into it. */
void lua_object_push(lua_State *lua, const char *type, void *pointer);
void *lua_object_check(lua_State *lua, int index, const char *type);
/* {gpu, vf} at index. */
struct machine_fn *lua_check_fn(lua_State *lua, int index);
/* Raises the failure of a verb: caught by pcall it is a table with verb, errno and message. */
int lua_fail(lua_State *lua, const char *verb, int64_t error);
/* Is the value a failure that lua_fail raised? */
bool lua_is_failure(lua_State *lua, int index);
/* Pushes any value as text, without addresses. */
const char *lua_push_text(lua_State *lua, int index);

/* ---- groups of functions -------------------------------------------------------------------- */

extern const luaL_Reg lua_machine_functions[]; /* params, machine */
extern const luaL_Reg lua_time_functions[];    /* actor, sleep, expect, ... */
extern const luaL_Reg lua_wait_functions[];    /* wait_any, wait_all, cycle, ... */
extern const luaL_Reg lua_watch_functions[];   /* watch, wait_event, expect_order, ... */
extern const luaL_Reg lua_actor_methods[];
extern const luaL_Reg lua_watch_methods[];
extern const luaL_Reg lua_gpu_methods[];
extern const luaL_Reg lua_gpu_raw_methods[];
extern const luaL_Reg lua_gpu_fault_methods[];
extern const luaL_Reg lua_gpu_admin_methods[];
extern const luaL_Reg lua_vm_methods[];
extern const luaL_Reg lua_vm_raw_methods[];
extern const luaL_Reg lua_vf_methods[];
extern const luaL_Reg lua_vmm_functions[];
/* lua_migrate.c: methods of a GPU with vGPUs. */
int lua_gpu_sysfs_read(lua_State *lua);
int lua_gpu_sysfs_write(lua_State *lua);
extern const luaL_Reg lua_vgpu_methods[]; /* world B, lua_vgpu.c */
extern const luaL_Reg lua_pv_methods[];
/* gpu:vgpu, vm:attach_vgpu, vm:config_read and vm:config_write */
int lua_gpu_vgpu(lua_State *lua);
int lua_vm_attach_vgpu(lua_State *lua);
int lua_vm_config_read(lua_State *lua);
int lua_vm_config_write(lua_State *lua);

/* lua_machine.c: declares the keys that every machine has. Returns 0, or -EINVAL with a message
 * for a bad --set. */
MUST_USE int lua_machine_keys(struct params *params, char error[ERROR_TEXT_LEN]);
/* lua_vgpu.c: field vgpus of a GPU and field pv of a VM, of the table at the top. */
void lua_vgpus_read(lua_State *lua, struct machine_gpu_desc *gpu);
void lua_pv_read(lua_State *lua, struct machine_vm_desc *vm);
/* lua_time.c: makes and pushes an actor of the function and the name at these indices, in the
 * guest or outside. */
void lua_actor_push(lua_State *lua, int name, int function, struct machine_vm *vm);
/* lua_time.c: the line of the script that called the C function. */
int script_caller_line(lua_State *lua);
/* lua_time.c: an expectation; seen may be NULL. Pushes whether it holds and returns 1. */
int script_expectation(lua_State *lua, const char *name, bool ok, const char *seen);
/* lua_watch.c: the machine's observer; arg is the script. */
void script_observe(void *arg, const struct sim_event *event);
/* Has it an event that was not given yet? */
bool script_watch_ready(lua_State *lua, const struct watch *watch);
/* Pushes that event. */
void script_watch_push(lua_State *lua, struct watch *watch);
/* The next event wakes this handle's programs; NULL: none. */
void script_watch_wakes(lua_State *lua, struct watch *watch, struct hal *hal);
void script_watch_print(const struct watch *watch, FILE *to);
void script_watches_free(struct script *script);
/* lua_waiting.c: the last messages that have to do with an actor. */
void script_print_last(const struct actor *actor, FILE *to);
/* lua_time.c: waits for its end, or raises a failure. */
void lua_actor_join(lua_State *lua, struct actor *actor, uint64_t limit_ns);

#endif
