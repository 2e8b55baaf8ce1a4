/* SPDX-License-Identifier: MIT */
/* The single waits of a run that went furthest beyond the usual, each with what kept its GuC or its
 * mediator busy meanwhile. */
#include <string.h>

#include "traces/profile_stats.h"

enum profile_class profile_hop_class(enum trace_hop_at at)
{
    static const enum profile_class classes[TRACE_NUM_HOPS] = {
        [TRACE_HOP_ENTERED] = PROFILE_WORKS,          [TRACE_HOP_WAITED_ROOM] = PROFILE_WAITS,
        [TRACE_HOP_WAITED_CREDITS] = PROFILE_WAITS,   [TRACE_HOP_PAYLOAD_WRITTEN] = PROFILE_MOVES,
        [TRACE_HOP_TAIL_PUBLISHED] = PROFILE_MOVES,   [TRACE_HOP_DOORBELL_LEFT] = PROFILE_MOVES,
        [TRACE_HOP_DOORBELL_ARRIVED] = PROFILE_MOVES, [TRACE_HOP_GUC_SEES] = PROFILE_WAITS,
        [TRACE_HOP_TURN_BEGUN] = PROFILE_WAITS,       [TRACE_HOP_DESC_FETCHED] = PROFILE_MOVES,
        [TRACE_HOP_PAYLOAD_FETCHED] = PROFILE_MOVES,  [TRACE_HOP_HANDLER_STARTED] = PROFILE_WAITS,
        [TRACE_HOP_HANDLER_ENDED] = PROFILE_WORKS,    [TRACE_HOP_G2H_BEGUN] = PROFILE_WAITS,
        [TRACE_HOP_G2H_WRITTEN] = PROFILE_MOVES,      [TRACE_HOP_G2H_PUBLISHED] = PROFILE_MOVES,
        [TRACE_HOP_IRQ_RAISED] = PROFILE_MOVES,       [TRACE_HOP_IRQ_ARRIVED] = PROFILE_MOVES,
        [TRACE_HOP_G2H_TAKEN] = PROFILE_WAITS,        [TRACE_HOP_MATCHED] = PROFILE_WAITS,
        [TRACE_HOP_RETURNED] = PROFILE_WAITS,
    };

    return classes[at];
}

static uint64_t excess(const struct profile_stall *stall)
{
    return stall->ps - stall->usual;
}

/* Keeps the worst, the earlier one first of two that are as bad. */
static void keep(struct profile_stats *stats, const struct profile_stall *stall)
{
    size_t at = stats->num_stalls;

    while (at > 0 && excess(&stats->stalls[at - 1]) < excess(stall)) {
        at--;
    }
    if (at == PROFILE_STALLS) {
        return;
    }
    if (stats->num_stalls < PROFILE_STALLS) {
        stats->num_stalls++;
    }
    memmove(&stats->stalls[at + 1], &stats->stalls[at],
            (stats->num_stalls - at - 1) * sizeof(*stats->stalls));
    stats->stalls[at] = *stall;
}

void profile_add_stalls(struct profile_stats *stats, const struct profile_group *group,
                        const struct profile_message *message, const struct profile_path *path)
{
    uint64_t at = path->start;

    for (unsigned hop = 0; hop < TRACE_NUM_HOPS; hop++) {
        struct profile_stall stall = {
            .message = message, .hop = (enum trace_hop_at)hop, .start = at, .ps = path->hops[hop]};

        if (stall.ps == PROFILE_NEVER) {
            continue;
        }
        at += stall.ps;
        stall.usual = profile_percentile(&group->hops[hop], 500);
        if (stall.ps > stall.usual && profile_hop_class(stall.hop) == PROFILE_WAITS) {
            keep(stats, &stall);
        }
    }
}

/* How long the handler of a message ran within a window. */
static uint64_t overlap(const struct profile_message *message, uint64_t from, uint64_t to)
{
    uint64_t start = message->at[TRACE_HOP_HANDLER_STARTED];
    uint64_t end = message->at[TRACE_HOP_HANDLER_ENDED];

    if (start == PROFILE_NEVER || end == PROFILE_NEVER) {
        return 0;
    }
    start = start > from ? start : from;
    end = end < to ? end : to;
    return end > start ? end - start : 0;
}

static void find_busy(const struct profile *profile, struct profile_stall *stall)
{
    for (size_t i = 0; i < profile->num_messages; i++) {
        const struct profile_message *other = &profile->messages[i];
        uint64_t busy = other->gpu == stall->message->gpu && other->gt == stall->message->gt
                            ? overlap(other, stall->start, stall->start + stall->ps)
                            : 0;

        if (other != stall->message && !other->part && busy) {
            stall->others++;
            stall->others_ps += busy;
        }
        if (other != stall->message && !other->part && busy > stall->busiest_ps) {
            stall->busiest = other;
            stall->busiest_ps = busy;
        }
    }
}

void profile_explain_stalls(const struct profile *profile, struct profile_stats *stats)
{
    for (size_t i = 0; i < stats->num_stalls; i++) {
        find_busy(profile, &stats->stalls[i]);
    }
}
