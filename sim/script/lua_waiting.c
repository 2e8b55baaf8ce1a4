/* SPDX-License-Identifier: MIT */
/* Where each actor of a scenario stands: the function that it waits in, with its arguments, and
 * the line that called it. */
#include <inttypes.h>
#include <stdio.h>

#include "sim/script/diagnose.h"
#include "sim/script/lua_script.h"

#define MAX_ARGUMENTS 6

/* The arguments of the C function at the top of an actor's stack, as far as they say something. */
static void print_arguments(lua_State *lua, const lua_Debug *frame, FILE *to)
{
    const char *separator = "";

    for (int i = 1; i <= MAX_ARGUMENTS && lua_getlocal(lua, frame, i); i++) {
        if (lua_type(lua, -1) == LUA_TNUMBER || lua_type(lua, -1) == LUA_TSTRING) {
            /* a copy, since conversion would change the argument itself */
            lua_pushvalue(lua, -1);
            (void)fprintf(to, "%s%s", separator, lua_tostring(lua, -1));
            lua_pop(lua, 1);
            separator = ", ";
        } else if (luaL_testudata(lua, -1, LUA_WATCH)) {
            (void)fprintf(to, "%s", separator);
            script_watch_print(*(struct watch **)lua_touserdata(lua, -1), to);
            separator = ", ";
        }
        lua_pop(lua, 1);
    }
}

static void print_place(lua_State *lua, FILE *to)
{
    lua_Debug frame;
    int level = 0;

    if (!lua_getstack(lua, level, &frame) || !lua_getinfo(lua, "nS", &frame)) {
        (void)fprintf(to, " has not begun");
        return;
    }
    if (*frame.what == 'C') {
        (void)fprintf(to, " waits in %s(", frame.name ? frame.name : "a function");
        print_arguments(lua, &frame, to);
        (void)fprintf(to, ")");
        level++;
    }
    while (lua_getstack(lua, level++, &frame) && lua_getinfo(lua, "Sl", &frame)) {
        if (frame.currentline > 0) {
            (void)fprintf(to, ", %s:%d", frame.short_src, frame.currentline);
        }
    }
}

void script_explain(const struct script *script, FILE *to)
{
    for (const struct actor *actor = script->actors; actor; actor = actor->next) {
        if (actor->ended) {
            continue;
        }
        (void)fprintf(to, "  actor %s", actor->name);
        print_place(actor->lua, to);
        (void)fprintf(to, "%s\n",
                      actor->vm && sim_vm_stopped(actor->vm->sim) ? "; its VM is stopped" : "");
    }
    if (script->diagnosis) {
        diagnosis_print(script->diagnosis, to);
    }
}

void script_print_last(const struct actor *actor, FILE *to)
{
    const struct machine_fn *fn = actor->vm ? actor->vm->fn : NULL;

    if (actor->script->diagnosis) {
        diagnosis_print_last(actor->script->diagnosis, fn ? fn->gpu->desc.name : NULL,
                             fn ? fn->vf : 0, to);
    }
}

void script_print_failed(const struct script *script, FILE *to)
{
    if (script->failed) {
        script_print_last(script->failed, to);
    }
}
