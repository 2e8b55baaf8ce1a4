/* SPDX-License-Identifier: MIT */
/* How much of its H2G ring each function uses over time: a message takes room from when its tail
 * is published until the GuC's head passes it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "traces/profile.h"
#include "traces/series.h"

/* A message comes into or leaves a ring. */
struct change {
    uint32_t ring; /* GPU, GT, function */
    int32_t by;    /* dwords */
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
    return (b->by > a->by) - (b->by < a->by);
}

static size_t collect_changes(const struct profile *profile, struct change *changes)
{
    size_t count = 0;

    for (size_t i = 0; i < profile->num_messages; i++) {
        const struct profile_message *message = &profile->messages[i];
        const struct change change = {.ring = (uint32_t)message->gpu << 16 |
                                              (uint32_t)message->gt << 8 | message->fn,
                                      .by = (int32_t)message->dwords,
                                      .at = message->at[TRACE_HOP_TAIL_PUBLISHED]};

        if (message->kind != PROFILE_H2G || change.at == PROFILE_NEVER ||
            message->at[TRACE_HOP_HANDLER_STARTED] == PROFILE_NEVER) {
            continue;
        }
        changes[count++] = change;
        changes[count] = change;
        changes[count].by = -change.by;
        changes[count++].at = message->at[TRACE_HOP_HANDLER_STARTED];
    }
    return count;
}

static int begin_ring(const struct profile *profile, uint32_t ring, struct series_list *list)
{
    char name[PROFILE_NAME + 32];

    if (ring & 0xff) {
        (void)snprintf(name, sizeof(name), "%s.vf%u.gt%u", profile->gpus.names[ring >> 16],
                       ring & 0xff, ring >> 8 & 0xff);
    } else {
        (void)snprintf(name, sizeof(name), "%s.pf.gt%u", profile->gpus.names[ring >> 16],
                       ring >> 8 & 0xff);
    }
    return series_begin(list, SERIES_RING, name);
}

int profile_rings(const struct profile *profile, struct series_list *list)
{
    struct change *changes = calloc(profile->num_messages + 1, 2 * sizeof(*changes));
    size_t count = changes ? collect_changes(profile, changes) : 0;
    uint64_t used = 0;
    int err = changes ? 0 : -ENOMEM;

    if (count) {
        qsort(changes, count, sizeof(*changes), compare_changes);
    }
    for (size_t i = 0; i < count && !err; i++) {
        if (i == 0 || changes[i].ring != changes[i - 1].ring) {
            used = 0;
            err = begin_ring(profile, changes[i].ring, list);
        }
        used += (uint64_t)(int64_t)changes[i].by;
        /* All of an instant is one change. */
        if (!err && (i + 1 == count || changes[i + 1].at != changes[i].at ||
                     changes[i + 1].ring != changes[i].ring)) {
            err = series_add(&list->series[list->count - 1], (int64_t)changes[i].at, used);
        }
    }
    free(changes);
    return err;
}
