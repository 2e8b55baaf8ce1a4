/* SPDX-License-Identifier: MIT */
/* What runs went through, by their event logs: how often which state followed which, which step was
 * made, and which action came in which state of its VF. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "traces/jsonl.h"
#include "traces/traces.h"

#define TEXT_LEN   64
#define MAX_COUNTS 4096u
#define MAX_PLACES 4096u

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
    (void)snprintf(place->state, TEXT_LEN, "%s", "VF_UNPROVISIONED");
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

void coverage_take(struct coverage *coverage, const char *events)
{
    FILE *file = fopen(events, "r");
    struct event_log *log = file ? event_log_open(file, events) : NULL;
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

uint64_t coverage_times(const struct coverage *coverage, const char *what, const char *from,
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

static int by_text(const void *a, const void *b)
{
    const struct count *x = a, *y = b;
    int order = strcmp(x->what, y->what);

    order = order ? order : strcmp(x->from, y->from);
    return order ? order : strcmp(x->to, y->to);
}

void coverage_print(struct coverage *coverage, const char *what, const char *title, FILE *to)
{
    qsort(coverage->counts, coverage->num_counts, sizeof(*coverage->counts), by_text);
    (void)fprintf(to, "\n%s:\n", title);
    for (size_t i = 0; i < coverage->num_counts; i++) {
        const struct count *count = &coverage->counts[i];

        if (strcmp(count->what, what) == 0) {
            (void)fprintf(to, "  %-40s %-20s %8" PRIu64 "\n", count->from, count->to, count->times);
        }
    }
}
