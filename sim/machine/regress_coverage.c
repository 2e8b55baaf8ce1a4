/* SPDX-License-Identifier: MIT */
/* regress --coverage: what the runs together went through, by their event logs: arcs of the GuC's
 * and the PF's state machines, migration states, steps of recovery, actions by the state of the VF
 * that sent them; and what of it none went through. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "firmware/guc_vf_state.h"
#include "host/pf/pf_control_states.h"
#include "sim/machine/machine.h"
#include "sim/machine/regress.h"
#include "traces/jsonl.h"

#define TEXT_LEN    64
#define MAX_COUNTS  4096u
#define MAX_PLACES  4096u
#define MAX_ACTIONS 0x10000u

/* How often something was seen: "vf_state" "VF_READY" "VF_RUNNING". */
struct count {
    char what[TEXT_LEN], from[TEXT_LEN], to[TEXT_LEN];
    uint64_t times;
};

/* The state of a VF on a GT of the run that is read. */
struct place {
    char gpu[TEXT_LEN];
    int gt;
    unsigned vf;
    char state[TEXT_LEN];
};

struct coverage {
    struct count *counts;
    size_t num_counts;
    struct place places[MAX_PLACES];
    size_t num_places;
};

static const char *const event_names[GUC_VF_EVENT_COUNT] = {
    [GUC_VF_EVENT_PROVISION] = "PROVISION",
    [GUC_VF_EVENT_UNPROVISION] = "UNPROVISION",
    [GUC_VF_EVENT_ACTIVITY] = "ACTIVITY",
    [GUC_VF_EVENT_VF_RESET] = "VF_RESET",
    [GUC_VF_EVENT_PAUSE] = "PAUSE",
    [GUC_VF_EVENT_QUIESCED] = "QUIESCED",
    [GUC_VF_EVENT_SAVE] = "SAVE",
    [GUC_VF_EVENT_RESTORE] = "RESTORE",
    [GUC_VF_EVENT_RESUME] = "RESUME",
    [GUC_VF_EVENT_STOP] = "STOP",
    [GUC_VF_EVENT_RESFIX_START] = "RESFIX_START",
    [GUC_VF_EVENT_RESFIX_DONE] = "RESFIX_DONE",
    [GUC_VF_EVENT_FLR] = "FLR",
    [GUC_VF_EVENT_FLR_START] = "FLR_START",
    [GUC_VF_EVENT_FLR_FINISH] = "FLR_FINISH",
};

static const char *const pf_state_names[PF_STATE_COUNT] = {
#define X(name) #name,
    PF_STATES(X)
#undef X
};

struct coverage *coverage_create(void)
{
    struct coverage *coverage = calloc(1, sizeof(*coverage));

    if (coverage) {
        coverage->counts = calloc(MAX_COUNTS, sizeof(*coverage->counts));
    }
    if (coverage && !coverage->counts) {
        free(coverage);
        coverage = NULL;
    }
    return coverage;
}

void coverage_destroy(struct coverage *coverage)
{
    if (coverage) {
        free(coverage->counts);
        free(coverage);
    }
}

/* ---- counting ------------------------------------------------------------------------------- */

static void count_up(struct coverage *coverage, const char *what, const char *from, const char *to)
{
    struct count *count;

    for (size_t i = 0; i < coverage->num_counts; i++) {
        count = &coverage->counts[i];
        if (strcmp(count->what, what) == 0 && strcmp(count->from, from) == 0 &&
            strcmp(count->to, to) == 0) {
            count->times++;
            return;
        }
    }
    if (coverage->num_counts == MAX_COUNTS) {
        return;
    }
    count = &coverage->counts[coverage->num_counts++];
    (void)snprintf(count->what, TEXT_LEN, "%s", what);
    (void)snprintf(count->from, TEXT_LEN, "%s", from);
    (void)snprintf(count->to, TEXT_LEN, "%s", to);
    count->times = 1;
}

static const char *text_of(const struct event *event, const char *field)
{
    const char *text = event_text(event, field);

    return text ? text : "-";
}

/* Returns NULL when there is no more room. */
static struct place *place_of(struct coverage *coverage, const struct event *event, unsigned vf)
{
    const char *gpu = event->gpu;
    struct place *place;

    for (size_t i = 0; i < coverage->num_places; i++) {
        place = &coverage->places[i];
        if (place->vf == vf && place->gt == event->gt && strcmp(place->gpu, gpu) == 0) {
            return place;
        }
    }
    if (coverage->num_places == MAX_PLACES) {
        return NULL;
    }
    place = &coverage->places[coverage->num_places++];
    *place = (struct place){.gt = event->gt, .vf = vf};
    (void)snprintf(place->gpu, TEXT_LEN, "%s", gpu);
    (void)snprintf(place->state, TEXT_LEN, "%s", guc_vf_state_names[GUC_VF_UNPROVISIONED]);
    return place;
}

/* A message as the GuC takes it: what it names counts in the state of who sent it. */
static void take_message(struct coverage *coverage, const struct event *event)
{
    unsigned fn = (unsigned)event_int(event, "fn");
    const char *name = event_text(event, "name");
    const struct place *place = fn ? place_of(coverage, event, fn) : NULL;

    if (name) {
        count_up(coverage, "action", name, !fn ? "PF" : place ? place->state : "-");
    }
}

static void take_event(struct coverage *coverage, const struct event *event)
{
    const char *ev = text_of(event, "ev");

    if (event_text(event, "to")) {
        count_up(coverage, event->kind, text_of(event, "from"), text_of(event, "to"));
    }
    if (strcmp(event->kind, "vf_state") == 0) {
        struct place *place = place_of(coverage, event, (unsigned)event_int(event, "vf"));

        if (place) {
            (void)snprintf(place->state, TEXT_LEN, "%s", text_of(event, "to"));
        }
    } else if (strcmp(event->kind, "recovery") == 0) {
        count_up(coverage, event->kind, text_of(event, "step"), "");
    } else if ((strcmp(event->kind, "h2g") == 0 && strcmp(ev, "taken") == 0) ||
               (strcmp(event->kind, "g2h") == 0 && strcmp(ev, "sent") == 0) ||
               (strcmp(event->kind, "mmio_msg") == 0 && strcmp(ev, "request") == 0)) {
        take_message(coverage, event);
    }
}

void coverage_take(struct coverage *coverage, const char *path)
{
    FILE *file = fopen(path, "r");
    struct event_log *log = file ? event_log_open(file, path) : NULL;
    struct event event;

    coverage->num_places = 0;
    while (log && event_log_next(log, &event) > 0) {
        take_event(coverage, &event);
    }
    event_log_close(log);
    if (file) {
        (void)fclose(file);
    }
}

/* ---- telling -------------------------------------------------------------------------------- */

static uint64_t times_of(const struct coverage *coverage, const char *what, const char *from,
                         const char *to)
{
    uint64_t times = 0;

    for (size_t i = 0; i < coverage->num_counts; i++) {
        const struct count *count = &coverage->counts[i];

        if (strcmp(count->what, what) == 0 && (!from || strcmp(count->from, from) == 0) &&
            (!to || strcmp(count->to, to) == 0)) {
            times += count->times;
        }
    }
    return times;
}

/* Arcs that change nothing are not told by events, so they are left out. */
static void print_vf_arcs(const struct coverage *coverage, FILE *to)
{
    unsigned arcs = 0, taken = 0;

    (void)fprintf(to, "\nstate of a VF in the GuC, arcs by (state, event):\n");
    for (int state = 0; state < GUC_VF_STATE_COUNT; state++) {
        for (int event = 0; event < GUC_VF_EVENT_COUNT; event++) {
            int next = guc_vf_next((enum guc_vf_state)state, (enum guc_vf_event)event);
            uint64_t times;

            if (next < 0 || next == state) {
                continue;
            }
            times =
                times_of(coverage, "vf_state", guc_vf_state_names[state], guc_vf_state_names[next]);
            arcs++;
            taken += times > 0;
            (void)fprintf(to, "  %-9s%-18s %-12s -> %-18s %8" PRIu64 "\n", times ? "" : "hole",
                          guc_vf_state_names[state], event_names[event], guc_vf_state_names[next],
                          times);
        }
    }
    (void)fprintf(to, "  %u of %u arcs taken\n", taken, arcs);
}

static void print_pf_states(const struct coverage *coverage, FILE *to)
{
    unsigned taken = 0;

    (void)fprintf(to, "\nstates of the PF's control of a VF, entered:\n");
    for (int state = 0; state < PF_STATE_COUNT; state++) {
        uint64_t times = times_of(coverage, "pf_state", NULL, pf_state_names[state]);

        taken += times > 0;
        (void)fprintf(to, "  %-9s%-24s %8" PRIu64 "\n", times ? "" : "hole", pf_state_names[state],
                      times);
    }
    (void)fprintf(to, "  %u of %d states entered\n", taken, PF_STATE_COUNT);
}

static int by_text(const void *a, const void *b)
{
    const struct count *x = a, *y = b;
    int order = strcmp(x->what, y->what);

    order = order ? order : strcmp(x->from, y->from);
    return order ? order : strcmp(x->to, y->to);
}

static void print_counts(const struct coverage *coverage, const char *what, const char *title,
                         FILE *to)
{
    (void)fprintf(to, "\n%s:\n", title);
    for (size_t i = 0; i < coverage->num_counts; i++) {
        const struct count *count = &coverage->counts[i];

        if (strcmp(count->what, what) == 0) {
            (void)fprintf(to, "  %-40s %-20s %8" PRIu64 "\n", count->from, count->to, count->times);
        }
    }
}

static void print_unseen_actions(const struct coverage *coverage, FILE *to)
{
    unsigned known = 0, seen = 0;

    for (uint32_t action = 0; action < MAX_ACTIONS; action++) {
        const char *name = machine_action_name((uint16_t)action, false);

        if (!name) {
            continue;
        }
        known++;
        if (times_of(coverage, "action", name, NULL)) {
            seen++;
        } else {
            (void)fprintf(to, "  hole     %s\n", name);
        }
    }
    (void)fprintf(to, "  %u of %u named actions seen\n", seen, known);
}

void coverage_print(struct coverage *coverage, FILE *to)
{
    qsort(coverage->counts, coverage->num_counts, sizeof(*coverage->counts), by_text);
    print_vf_arcs(coverage, to);
    print_pf_states(coverage, to);
    print_counts(coverage, "vfio", "migration states of VFs, arcs", to);
    print_counts(coverage, "recovery", "steps of recovery", to);
    print_counts(coverage, "action",
                 "actions by the state of the VF that they came from or went to", to);
    print_unseen_actions(coverage, to);
}
