/* SPDX-License-Identifier: MIT */
/* The form "perfetto" of a timeline: a process for each actor. Messages are slices of their sender
 * with their hops inside, and of the GuC while it handles or sends them, joined by arrows. States,
 * recovery steps and contexts on engines are bars: slices that last until the next one. */
#include "traces/timeline_perfetto.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "traces/profile_read.h"
#include "traces/timeline.h"

#define MAX_BARS   4096u
#define MAX_STATES 64u
#define LABEL      80u

/* What a thing that has one state at a time is in. */
struct bar {
    uint32_t track;
    bool open;
    uint64_t since;
    char state[EVENT_NAME_SIZE];
};

struct drawing {
    const struct timeline_options *options;
    const struct profile *profile;
    struct perfetto trace;
    struct bar *bars;
    size_t num_bars;
    struct profile_names states; /* of VFs, in the order of their first appearance */
    uint64_t last;               /* time of the last event */
};

static bool in_window(const struct drawing *drawing, uint64_t start, uint64_t end)
{
    return end >= drawing->options->from_ps && start <= drawing->options->to_ps;
}

static bool is_shown(const struct drawing *drawing, const char *gpu, int gt)
{
    const struct timeline_options *options = drawing->options;

    return (!options->gpu || strcmp(options->gpu, gpu) == 0) &&
           (options->gt < 0 || gt < 0 || options->gt == gt);
}

static void actor_name(const char *gpu, unsigned fn, char label[LABEL])
{
    if (fn) {
        (void)snprintf(label, LABEL, "%s.vf%u", gpu, fn);
    } else {
        (void)snprintf(label, LABEL, "%s.pf", gpu);
    }
}

/* ---- messages -------------------------------------------------------------------------------- */

/* A message's whole on its sender's or receiver's track, its hops inside. */
static uint32_t draw_whole(struct drawing *drawing, const struct profile_message *message,
                           const struct profile_path *path)
{
    const char *gpu = drawing->profile->gpus.names[message->gpu];
    const char *name = drawing->profile->names.names[message->name];
    char actor[LABEL], thread[LABEL];
    uint64_t at = path->start;
    uint32_t track, whole;

    if (message->kind == PROFILE_PV) {
        (void)snprintf(actor, sizeof(actor), "%s.vgpu%u", gpu, message->fn);
        (void)snprintf(thread, sizeof(thread), "pv");
    } else {
        actor_name(gpu, message->fn, actor);
        (void)snprintf(thread, sizeof(thread), "gt%u.%s", message->gt,
                       profile_kind_name((enum profile_kind)message->kind));
    }
    track = perfetto_track(&drawing->trace, actor, thread);
    whole = perfetto_slice(&drawing->trace, track, PERFETTO_NONE, name, at, at + path->total);
    for (unsigned hop = 0; hop < TRACE_NUM_HOPS; hop++) {
        if (path->hops[hop] != PROFILE_NEVER && path->hops[hop]) {
            (void)perfetto_slice(
                &drawing->trace, track, whole,
                profile_point_name((enum profile_kind)message->kind, (enum trace_hop_at)hop), at,
                at + path->hops[hop]);
            at += path->hops[hop];
        }
    }
    return whole;
}

/* An arrow ends within its slice: at the end itself the slice is over. */
static uint64_t last_moment(const struct profile_path *path)
{
    return path->start + path->total - 1;
}

/* The GuC, or a vGPU's mediator, at work for a message; PERFETTO_NONE when the log does not say, or
 * that took no time. */
static uint32_t draw_guc(struct drawing *drawing, const struct profile_message *message,
                         enum trace_hop_at from, enum trace_hop_at to)
{
    const char *gpu = drawing->profile->gpus.names[message->gpu];
    const char *name = drawing->profile->names.names[message->name];
    char actor[LABEL];

    if (message->at[from] == PROFILE_NEVER || message->at[to] == PROFILE_NEVER ||
        message->at[from] >= message->at[to]) {
        return PERFETTO_NONE;
    }
    if (message->kind == PROFILE_PV) {
        (void)snprintf(actor, sizeof(actor), "%s.mediator", gpu);
    } else {
        (void)snprintf(actor, sizeof(actor), "%s.guc%u", gpu, message->gt);
    }
    return perfetto_slice(&drawing->trace, perfetto_track(&drawing->trace, actor, "program"),
                          PERFETTO_NONE, name, message->at[from], message->at[to]);
}

/* From the sender to the GuC, and back when there is an answer. */
static void draw_request(struct drawing *drawing, const struct profile_message *message,
                         const struct profile_path *path, uint32_t id)
{
    uint32_t whole = draw_whole(drawing, message, path);
    uint32_t guc = draw_guc(drawing, message, TRACE_HOP_HANDLER_STARTED, TRACE_HOP_HANDLER_ENDED);
    struct perfetto *trace = &drawing->trace;

    if (guc == PERFETTO_NONE) {
        return;
    }
    perfetto_flow(trace, whole, id, 's', path->start);
    if (message->request) {
        perfetto_flow(trace, guc, id, 't', message->at[TRACE_HOP_HANDLER_STARTED]);
        perfetto_flow(trace, whole, id, 'f', last_moment(path));
    } else {
        perfetto_flow(trace, guc, id, 'f', message->at[TRACE_HOP_HANDLER_STARTED]);
    }
}

static void draw_event(struct drawing *drawing, const struct profile_message *message,
                       const struct profile_path *path, uint32_t id)
{
    uint32_t whole = draw_whole(drawing, message, path);
    uint32_t guc = draw_guc(drawing, message, TRACE_HOP_G2H_BEGUN, TRACE_HOP_IRQ_RAISED);

    if (guc != PERFETTO_NONE) {
        perfetto_flow(&drawing->trace, guc, id, 's', message->at[TRACE_HOP_G2H_BEGUN]);
        perfetto_flow(&drawing->trace, whole, id, 'f', last_moment(path));
    }
}

static void draw_messages(struct drawing *drawing)
{
    const struct profile *profile = drawing->profile;

    for (size_t i = 0; i < profile->num_messages && !drawing->trace.error; i++) {
        const struct profile_message *message = &profile->messages[i];
        struct profile_path path;

        if (!profile_path(profile, message, &path) ||
            !in_window(drawing, path.start, path.start + path.total) ||
            !is_shown(drawing, profile->gpus.names[message->gpu], message->gt) ||
            (drawing->options->vf >= 0 && message->fn != (unsigned)drawing->options->vf)) {
            continue;
        }
        if (message->kind == PROFILE_G2H) {
            draw_event(drawing, message, &path, (uint32_t)i + 1);
        } else {
            draw_request(drawing, message, &path, (uint32_t)i + 1);
        }
    }
}

/* ---- bars ------------------------------------------------------------------------------------ */

static void end_bar(struct drawing *drawing, struct bar *bar, uint64_t t_ps)
{
    if (bar->open && in_window(drawing, bar->since, t_ps)) {
        (void)perfetto_slice(&drawing->trace, bar->track, PERFETTO_NONE, bar->state, bar->since,
                             t_ps);
    }
    bar->open = false;
}

/* The bar on this track, added when new; NULL after a failure. */
static struct bar *find_bar(struct drawing *drawing, uint32_t track)
{
    void *grown;

    for (size_t i = 0; i < drawing->num_bars; i++) {
        if (drawing->bars[i].track == track) {
            return &drawing->bars[i];
        }
    }
    grown = drawing->num_bars < MAX_BARS
                ? realloc(drawing->bars, (drawing->num_bars + 1) * sizeof(*drawing->bars))
                : NULL;
    if (!grown) {
        drawing->trace.error = -ENOMEM;
        return NULL;
    }
    drawing->bars = grown;
    drawing->bars[drawing->num_bars] = (struct bar){.track = track};
    return &drawing->bars[drawing->num_bars++];
}

/* From now on this is the state of what the track is about; NULL: of nothing. */
static void set_bar(struct drawing *drawing, const char *process, const char *thread,
                    const char *state, uint64_t t_ps)
{
    struct bar *bar = find_bar(drawing, perfetto_track(&drawing->trace, process, thread));

    if (!bar) {
        return;
    }
    end_bar(drawing, bar, t_ps);
    if (state) {
        bar->open = true;
        bar->since = t_ps;
        (void)snprintf(bar->state, sizeof(bar->state), "%s", state);
    }
}

static void on_vf_state(struct drawing *drawing, const struct event *event)
{
    const char *to = event_text(event, "to");
    int number = profile_intern(&drawing->states, to, MAX_STATES);
    char process[LABEL], thread[LABEL];

    (void)snprintf(process, sizeof(process), "%s.guc%d", event->gpu, event->gt);
    (void)snprintf(thread, sizeof(thread), "vf%" PRIu64 ".state", event_int(event, "vf"));
    set_bar(drawing, process, thread, to, event->t_ps);
    if (number >= 0 && in_window(drawing, event->t_ps, event->t_ps)) {
        perfetto_counter(&drawing->trace, process, thread, event->t_ps, (uint64_t)number);
    }
}

static void on_pf_state(struct drawing *drawing, const struct event *event)
{
    char process[LABEL], thread[LABEL];

    actor_name(event->gpu, 0, process);
    (void)snprintf(thread, sizeof(thread), "vf%" PRIu64 ".control.gt%d", event_int(event, "vf"),
                   event->gt);
    set_bar(drawing, process, thread, event_text(event, "to"), event->t_ps);
}

static void on_recovery(struct drawing *drawing, const struct event *event)
{
    const char *step = event_text(event, "step");
    bool over = strcmp(step, "ended") == 0;
    char process[LABEL], thread[LABEL];

    actor_name(event->gpu, (unsigned)event_int(event, "vf"), process);
    (void)snprintf(thread, sizeof(thread), "recovery.gt%d", event->gt);
    set_bar(drawing, process, thread, over ? NULL : step, event->t_ps);
}

static void on_vfio(struct drawing *drawing, const struct event *event)
{
    set_bar(drawing, "vfio", event_text(event, "dev"), event_text(event, "to"), event->t_ps);
}

static void on_job(struct drawing *drawing, const struct event *event)
{
    const char *engine = event_text(event, "engine");
    const char *ev = event_text(event, "ev");
    bool in = strcmp(ev, "switch_in") == 0;
    char process[LABEL], context[EVENT_NAME_SIZE];

    if (!engine || (!in && strcmp(ev, "switch_out") != 0)) {
        return;
    }
    (void)snprintf(process, sizeof(process), "%s.engines", event->gpu);
    (void)snprintf(context, sizeof(context), "vf%" PRIu64 ".ctx%" PRIu64, event_int(event, "fn"),
                   event_int(event, "ctx"));
    set_bar(drawing, process, engine, in ? context : NULL, event->t_ps);
}

static const struct {
    const char *kind;
    void (*handle)(struct drawing *drawing, const struct event *event);
} handlers[] = {
    {"vf_state", on_vf_state}, {"pf_state", on_pf_state}, {"recovery", on_recovery},
    {"vfio", on_vfio},         {"job", on_job},
};

static void draw_event_bar(struct drawing *drawing, const struct event *event)
{
    drawing->last = event->t_ps;
    for (size_t i = 0; i < ARRAY_SIZE(handlers); i++) {
        if (strcmp(handlers[i].kind, event->kind) == 0 &&
            is_shown(drawing, event->gpu, event->gt)) {
            handlers[i].handle(drawing, event);
        }
    }
}

static int draw_bars(struct drawing *drawing, FILE *in, const char *name, char *error, size_t size)
{
    struct event_log *log = event_log_open(in, name);
    struct event event;
    int ret;

    if (!log) {
        (void)snprintf(error, size, "%s: no memory", name);
        return -ENOMEM;
    }
    while ((ret = event_log_next(log, &event)) > 0 && !drawing->trace.error) {
        draw_event_bar(drawing, &event);
    }
    if (ret < 0) {
        (void)snprintf(error, size, "%s", event_log_error(log));
    }
    event_log_close(log);
    for (size_t i = 0; i < drawing->num_bars; i++) {
        end_bar(drawing, &drawing->bars[i], drawing->last);
    }
    return ret < 0 ? ret : 0;
}

/* ---- messages in rings ----------------------------------------------------------------------- */

/* A message comes into or leaves an H2G ring. */
struct change {
    uint32_t ring; /* GPU, GT, function */
    int by;
    uint64_t at;
};

static int compare_changes(const void *left, const void *right)
{
    const struct change *a = left;
    const struct change *b = right;

    if (a->ring != b->ring) {
        return a->ring < b->ring ? -1 : 1;
    }
    if (a->at != b->at) {
        return a->at < b->at ? -1 : 1;
    }
    return b->by - a->by;
}

static size_t collect_changes(const struct profile *profile, struct change *changes)
{
    static const enum trace_hop_at ends[] = {TRACE_HOP_TAIL_PUBLISHED, TRACE_HOP_HANDLER_STARTED};
    size_t count = 0;

    for (size_t i = 0; i < profile->num_messages; i++) {
        const struct profile_message *message = &profile->messages[i];
        bool both = message->at[ends[0]] != PROFILE_NEVER && message->at[ends[1]] != PROFILE_NEVER;

        for (unsigned end = 0; message->kind == PROFILE_H2G && both && end < 2; end++) {
            changes[count++] = (struct change){.ring = (uint32_t)message->gpu << 16 |
                                                       (uint32_t)message->gt << 8 | message->fn,
                                               .by = end ? -1 : 1,
                                               .at = message->at[ends[end]]};
        }
    }
    return count;
}

static void count_rings(struct drawing *drawing)
{
    const struct profile *profile = drawing->profile;
    struct change *changes = calloc(profile->num_messages + 1, 2 * sizeof(*changes));
    size_t count;
    uint64_t inside = 0;

    if (!changes) {
        drawing->trace.error = -ENOMEM;
        return;
    }
    count = collect_changes(profile, changes);
    qsort(changes, count, sizeof(*changes), compare_changes);
    for (size_t i = 0; i < count; i++) {
        const char *gpu = profile->gpus.names[changes[i].ring >> 16];
        int gt = (int)(changes[i].ring >> 8 & 0xff);
        char process[LABEL], name[LABEL];

        inside = i && changes[i - 1].ring == changes[i].ring ? inside : 0;
        inside += (uint64_t)(int64_t)changes[i].by;
        actor_name(gpu, changes[i].ring & 0xff, process);
        (void)snprintf(name, sizeof(name), "gt%d.h2g.messages", gt);
        if (is_shown(drawing, gpu, gt) && in_window(drawing, changes[i].at, changes[i].at)) {
            perfetto_counter(&drawing->trace, process, name, changes[i].at, inside);
        }
    }
    free(changes);
}

/* ---- whole ----------------------------------------------------------------------------------- */

int timeline_perfetto(FILE *out, FILE *in, const char *name, const struct timeline_options *options,
                      char *error, size_t size)
{
    struct profile profile;
    char why[PROFILE_ERROR];
    struct drawing drawing = {.options = options, .profile = &profile};
    int ret = profile_read(in, name, &profile, why);

    if (ret) {
        (void)snprintf(error, size, "%s", why);
        return ret;
    }
    rewind(in);
    draw_messages(&drawing);
    ret = draw_bars(&drawing, in, name, error, size);
    count_rings(&drawing);
    if (!ret) {
        perfetto_write(&drawing.trace, out);
        ret = drawing.trace.error;
        (void)snprintf(error, size, "%s: %s", name,
                       ret == -E2BIG ? "too many tracks or names" : "no memory");
    }
    free(drawing.bars);
    free(drawing.states.names);
    perfetto_free(&drawing.trace);
    profile_free(&profile);
    return ret;
}
