/* SPDX-License-Identifier: MIT */
/* Watches: what a scenario wants to know of the event stream while the machine runs. A watch
 * remembers every event since it was made that looks like its pattern. The machine calls us in the
 * middle of anything, so no Lua runs there: patterns and events are kept as plain C. */
#include "sim/script/lua_script.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/script/diagnose.h"
#include "sim/script/event_kinds.h"
#include "sim/script/failure.h"

#define DEFAULT_LIMIT_NS HAL_NS_PER_S
#define WATCH_MAX_TERMS  12u
#define WATCH_MAX_EVENTS 65536u
#define WATCH_MAX_FIELDS 16u
#define WATCH_TEXT_LEN   48u
#define DWORD_TEXT_LEN   9u /* with the blank before it */

/* A field as a pattern wants it, or as an event had it. type: HAL_INT, HAL_BOOL or HAL_STR. */
struct watch_field {
    char name[WATCH_TEXT_LEN];
    enum hal_field_type type;
    uint64_t value;
    char text[WATCH_TEXT_LEN];
};

struct watch_event {
    uint64_t order; /* counts all events of the run */
    uint64_t t_ps;
    struct watch_field *fields;
    unsigned count;
};

struct watch {
    struct watch_field terms[WATCH_MAX_TERMS];
    unsigned num_terms;
    struct watch_event *events;
    unsigned num_events;
    unsigned taken; /* by watch:wait */
    bool overflow;  /* there were more than we keep */
    struct hal *waiter;
    struct watch *next;
};

/* ---- what an event looks like --------------------------------------------------------------- */

static void text_set(struct watch_field *field, const char *text)
{
    field->type = HAL_STR;
    (void)strncat(field->text, text ? text : "", WATCH_TEXT_LEN - 1);
}

/* As many dwords as fit, in the form of the event log. */
static void dwords_set(struct watch_field *field, const struct hal_field *from)
{
    const uint32_t *dwords = from->pointer;
    size_t len = 0;

    field->type = HAL_STR;
    for (unsigned i = 0; i < from->value && len + DWORD_TEXT_LEN < WATCH_TEXT_LEN; i++) {
        (void)snprintf(field->text + len, DWORD_TEXT_LEN + 1u, i ? " %08x" : "%08x", dwords[i]);
        len = strlen(field->text);
    }
}

static void name_set(struct watch_field *field, const char *name)
{
    (void)strncat(field->name, name, WATCH_TEXT_LEN - 1);
}

/* gpu, gt and kind stand before the event's own fields. */
static unsigned event_fields(const struct sim_event *event, struct watch_field *fields)
{
    unsigned count = 0;

    memset(fields, 0, WATCH_MAX_FIELDS * sizeof(*fields));
    name_set(&fields[count], "kind");
    text_set(&fields[count++], event->kind);
    if (event->gpu) {
        name_set(&fields[count], "gpu");
        text_set(&fields[count++], event->gpu);
    }
    if (event->gt >= 0) {
        name_set(&fields[count], "gt");
        fields[count++].value = (uint64_t)event->gt;
    }
    for (unsigned i = 0; i < event->count && count < WATCH_MAX_FIELDS; i++) {
        const struct hal_field *from = &event->fields[i];

        name_set(&fields[count], from->name);
        fields[count].type = from->type;
        fields[count].value = from->value;
        if (from->type == HAL_STR) {
            text_set(&fields[count], from->pointer);
        } else if (from->type == HAL_HEX) {
            dwords_set(&fields[count], from);
        }
        count++;
    }
    return count;
}

static bool field_matches(const struct watch_field *term, const struct watch_field *field)
{
    if (strcmp(term->name, field->name) != 0 || term->type != field->type) {
        return false;
    }
    return term->type == HAL_STR ? strcmp(term->text, field->text) == 0
                                 : term->value == field->value;
}

static bool watch_matches(const struct watch *watch, const struct watch_field *fields,
                          unsigned count)
{
    for (unsigned t = 0; t < watch->num_terms; t++) {
        bool found = false;

        for (unsigned i = 0; i < count && !found; i++) {
            found = field_matches(&watch->terms[t], &fields[i]);
        }
        if (!found) {
            return false;
        }
    }
    return true;
}

static void watch_remember(struct watch *watch, const struct watch_event *event)
{
    struct watch_event *grown;

    watch->overflow = watch->num_events == WATCH_MAX_EVENTS;
    if (watch->overflow) {
        return;
    }
    if ((watch->num_events & (watch->num_events - 1)) == 0) { /* full at each power of two */
        size_t room = watch->num_events ? 2 * (size_t)watch->num_events : 1;

        grown = realloc(watch->events, room * sizeof(*grown));
        watch->overflow = !grown;
        if (!grown) {
            return;
        }
        watch->events = grown;
    }
    watch->events[watch->num_events] = *event;
    watch->events[watch->num_events].fields = malloc(event->count * sizeof(*event->fields));
    watch->overflow = !watch->events[watch->num_events].fields;
    if (watch->overflow) {
        return;
    }
    memcpy(watch->events[watch->num_events].fields, event->fields,
           event->count * sizeof(*event->fields));
    watch->num_events++;
    if (watch->waiter) {
        hal_wake(watch->waiter);
    }
}

void script_observe(void *arg, const struct sim_event *event)
{
    struct script *script = arg;
    struct watch_field fields[WATCH_MAX_FIELDS];
    struct watch_event seen = {.order = script->num_events++, .t_ps = event->t_ps};

    if (script->failure) {
        failure_observe(script->failure, event);
    }
    if (script->diagnosis) {
        diagnosis_observe(script->diagnosis, event);
    }
    if (!script->watches) {
        return;
    }
    seen.fields = fields;
    seen.count = event_fields(event, fields);
    for (struct watch *watch = script->watches; watch; watch = watch->next) {
        if (watch_matches(watch, fields, seen.count)) {
            watch_remember(watch, &seen);
        }
    }
}

void script_watch_print(const struct watch *watch, FILE *to)
{
    (void)fprintf(to, "{");
    for (unsigned t = 0; t < watch->num_terms; t++) {
        const struct watch_field *term = &watch->terms[t];

        (void)fprintf(to, "%s%s = ", t ? ", " : "", term->name);
        if (term->type == HAL_STR) {
            (void)fprintf(to, "%s", term->text);
        } else {
            (void)fprintf(to, "%" PRIu64, term->value);
        }
    }
    (void)fprintf(to, "}");
}

void script_watches_free(struct script *script)
{
    for (struct watch *watch = script->watches, *next; watch; watch = next) {
        next = watch->next;
        for (unsigned i = 0; i < watch->num_events; i++) {
            free(watch->events[i].fields);
        }
        free(watch->events);
        free(watch);
    }
    script->watches = NULL;
}

/* ---- patterns ------------------------------------------------------------------------------- */

static void term_read(lua_State *lua, struct watch_field *term)
{
    const char *name = lua_type(lua, -2) == LUA_TSTRING ? lua_tostring(lua, -2) : NULL;
    const char *text;
    int whole;

    if (!name || strlen(name) >= WATCH_TEXT_LEN) {
        luaL_error(lua, "a pattern is { field = value, ... }, with the names of events.jsonl");
        return;
    }
    name_set(term, name);
    switch (lua_type(lua, -1)) {
    case LUA_TSTRING:
        text = lua_tostring(lua, -1);
        if (strlen(text) >= WATCH_TEXT_LEN) {
            luaL_error(lua, "%s = \"%s\" is too long for a pattern", name, text);
        }
        text_set(term, text);
        break;
    case LUA_TBOOLEAN:
        term->type = HAL_BOOL;
        term->value = (uint64_t)lua_toboolean(lua, -1);
        break;
    default:
        term->type = HAL_INT;
        term->value = (uint64_t)lua_tointegerx(lua, -1, &whole);
        if (!whole) {
            luaL_error(lua, "%s: a text, a whole number or true or false is wanted", name);
        }
    }
}

static bool has_gpu(const struct script *script, const char *name)
{
    for (unsigned i = 0; i < script->desc.num_gpus; i++) {
        if (strcmp(script->desc.gpus[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

/* Stops at a pattern that no event of this machine can look like. */
static void pattern_check(lua_State *lua, const struct script *script, const struct watch *pattern)
{
    struct event_term terms[WATCH_MAX_TERMS];
    char error[ERROR_TEXT_LEN];

    for (unsigned i = 0; i < pattern->num_terms; i++) {
        const struct watch_field *term = &pattern->terms[i];

        terms[i] = (struct event_term){term->name, term->type, term->text};
        if (strcmp(term->name, "gpu") == 0 && term->type == HAL_STR &&
            !has_gpu(script, term->text)) {
            luaL_error(lua, "gpu = \"%s\": the machine has none of that name", term->text);
        }
    }
    if (event_terms_check(terms, pattern->num_terms, error)) {
        luaL_error(lua, "%s", error);
    }
}

/* Makes a watch of the pattern at index 1. */
static struct watch *watch_create(lua_State *lua)
{
    struct script *script = script_of(lua);
    struct watch pattern = {.num_terms = 0};
    struct watch *watch;

    if (!script->machine) {
        luaL_error(lua, "events begin with machine{...}");
    }
    luaL_checktype(lua, 1, LUA_TTABLE);
    for (lua_pushnil(lua); lua_next(lua, 1); lua_pop(lua, 1)) {
        if (pattern.num_terms == WATCH_MAX_TERMS) {
            luaL_error(lua, "a pattern has up to %d fields", (int)WATCH_MAX_TERMS);
        }
        term_read(lua, &pattern.terms[pattern.num_terms++]);
    }
    pattern_check(lua, script, &pattern);
    watch = malloc(sizeof(*watch));
    if (!watch) {
        luaL_error(lua, "not enough memory");
        return NULL;
    }
    *watch = pattern;
    watch->next = script->watches;
    script->watches = watch;
    return watch;
}

static int time_watch(lua_State *lua)
{
    struct watch *watch = watch_create(lua);

    lua_newtable(lua);
    lua_object_push(lua, LUA_WATCH, watch);
    return 1;
}

/* ---- what a watch knows --------------------------------------------------------------------- */

static void check_kept(lua_State *lua, const struct watch *watch)
{
    if (watch->overflow) {
        luaL_error(lua, "the watch has seen more events than it can keep; narrow its pattern");
    }
}

static struct watch *check_watch(lua_State *lua, int index)
{
    struct watch *watch = lua_object_check(lua, index, LUA_WATCH);

    check_kept(lua, watch);
    return watch;
}

static void event_push(lua_State *lua, const struct watch_event *event)
{
    lua_createtable(lua, 0, (int)event->count + 1);
    lua_pushinteger(lua, (lua_Integer)(event->t_ps / 1000));
    lua_setfield(lua, -2, "t_ns");
    for (unsigned i = 0; i < event->count; i++) {
        const struct watch_field *field = &event->fields[i];

        if (field->type == HAL_STR) {
            lua_pushstring(lua, field->text);
        } else if (field->type == HAL_BOOL) {
            lua_pushboolean(lua, field->value != 0);
        } else {
            lua_pushinteger(lua, (lua_Integer)field->value);
        }
        lua_setfield(lua, -2, field->name);
    }
}

bool script_watch_ready(lua_State *lua, const struct watch *watch)
{
    check_kept(lua, watch);
    return watch->taken < watch->num_events;
}

void script_watch_push(lua_State *lua, struct watch *watch)
{
    event_push(lua, &watch->events[watch->taken++]);
}

void script_watch_wakes(lua_State *lua, struct watch *watch, struct hal *hal)
{
    if (hal && watch->waiter && watch->waiter != hal) {
        luaL_error(lua, "another actor waits for this watch");
    }
    watch->waiter = hal;
}

/* Pushes the next event that was not taken, or raises ETIME. */
static int watch_take(lua_State *lua, struct watch *watch, const char *verb, uint64_t limit)
{
    struct hal *hal = script_actor(lua)->hal;
    uint64_t start = hal_now(hal);

    if (watch->waiter) {
        return luaL_error(lua, "another actor waits for this watch");
    }
    while (watch->taken == watch->num_events) {
        uint64_t passed = hal_now(hal) - start;

        if (passed >= limit) {
            return lua_fail(lua, verb, -ETIME);
        }
        watch->waiter = hal;
        (void)hal_wait(hal, limit - passed);
        watch->waiter = NULL;
    }
    script_time_passes(lua);
    event_push(lua, &watch->events[watch->taken++]);
    return 1;
}

/* watch:wait([limit]) */
static int watch_wait(lua_State *lua)
{
    return watch_take(lua, check_watch(lua, 1), "watch:wait",
                      lua_check_time(lua, 2, DEFAULT_LIMIT_NS));
}

/* wait_event(pattern [, limit]) */
static int time_wait_event(lua_State *lua)
{
    uint64_t limit = lua_check_time(lua, 2, DEFAULT_LIMIT_NS);

    return watch_take(lua, watch_create(lua), "wait_event", limit);
}

static int watch_count(lua_State *lua)
{
    lua_pushinteger(lua, check_watch(lua, 1)->num_events);
    return 1;
}

static int watch_events(lua_State *lua)
{
    const struct watch *watch = check_watch(lua, 1);

    lua_createtable(lua, (int)watch->num_events, 0);
    for (unsigned i = 0; i < watch->num_events; i++) {
        event_push(lua, &watch->events[i]);
        lua_rawseti(lua, -2, (lua_Integer)i + 1);
    }
    return 1;
}

/* expect_order(name, watch, watch, ...): each has an event behind the one found for the watch
 * before it. */
static int time_expect_order(lua_State *lua)
{
    const char *name = luaL_checkstring(lua, 1);
    int last = lua_gettop(lua);
    uint64_t after = 0;
    char seen[WATCH_TEXT_LEN] = "";

    luaL_argcheck(lua, last >= 3, 3, "two watches at least");
    for (int w = 2; w <= last; w++) {
        const struct watch *watch = check_watch(lua, w);
        unsigned i = 0;

        while (i < watch->num_events && watch->events[i].order < after) {
            i++;
        }
        if (i == watch->num_events) {
            (void)snprintf(seen, sizeof(seen), "%u events of watch %d, none in its place",
                           watch->num_events, w - 1);
            return script_expectation(lua, name, false, seen);
        }
        after = watch->events[i].order + 1;
    }
    return script_expectation(lua, name, true, NULL);
}

/* expect_none(name, watch) */
static int time_expect_none(lua_State *lua)
{
    const char *name = luaL_checkstring(lua, 1);
    const struct watch *watch = check_watch(lua, 2);
    char seen[2 * WATCH_TEXT_LEN];

    if (!watch->num_events) {
        return script_expectation(lua, name, true, NULL);
    }
    (void)snprintf(seen, sizeof(seen), "%u events, the first at %.3f us", watch->num_events,
                   (double)watch->events[0].t_ps / 1e6);
    return script_expectation(lua, name, false, seen);
}

const luaL_Reg lua_watch_functions[] = {
    {"watch", time_watch},
    {"wait_event", time_wait_event},
    {"expect_order", time_expect_order},
    {"expect_none", time_expect_none},
    {NULL, NULL},
};

const luaL_Reg lua_watch_methods[] = {
    {"wait", watch_wait},
    {"count", watch_count},
    {"events", watch_events},
    {NULL, NULL},
};
