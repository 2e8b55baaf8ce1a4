/* SPDX-License-Identifier: MIT */
/* Which points of a message lie on its path. Anchors are the points without which there is no
 * message; every other point counts only if it lies between the anchors around it and before all
 * that follow on the path. So a doorbell that arrives after the GuC found the message thanks to an
 * earlier one is not on the path: the message did not wait for it. */
#include "traces/profile.h"

static const bool anchors[PROFILE_NUM_KINDS][TRACE_NUM_HOPS] = {
    [PROFILE_H2G] = {[TRACE_HOP_TAIL_PUBLISHED] = true,
                     [TRACE_HOP_HANDLER_STARTED] = true,
                     [TRACE_HOP_HANDLER_ENDED] = true,
                     [TRACE_HOP_G2H_PUBLISHED] = true,
                     [TRACE_HOP_G2H_TAKEN] = true},
    [PROFILE_G2H] = {[TRACE_HOP_G2H_PUBLISHED] = true, [TRACE_HOP_G2H_TAKEN] = true},
    [PROFILE_PV] = {[TRACE_HOP_TAIL_PUBLISHED] = true,
                    [TRACE_HOP_HANDLER_STARTED] = true,
                    [TRACE_HOP_HANDLER_ENDED] = true,
                    [TRACE_HOP_RETURNED] = true},
    [PROFILE_MAILBOX] = {[TRACE_HOP_HANDLER_STARTED] = true, [TRACE_HOP_HANDLER_ENDED] = true},
};

static bool has(const struct profile_message *message, enum trace_hop_at at)
{
    return message->at[at] != PROFILE_NEVER;
}

static bool is_finished(const struct profile *profile, const struct profile_message *message)
{
    bool returned = has(message, TRACE_HOP_RETURNED);

    switch (message->kind) {
    case PROFILE_G2H:
        return has(message, TRACE_HOP_G2H_PUBLISHED) && has(message, TRACE_HOP_G2H_TAKEN);
    case PROFILE_PV:
        return has(message, TRACE_HOP_HANDLER_ENDED) && returned;
    case PROFILE_MAILBOX:
        return has(message, TRACE_HOP_HANDLER_STARTED) &&
               (profile->has_hops ? returned : has(message, TRACE_HOP_HANDLER_ENDED));
    default:
        return has(message, TRACE_HOP_TAIL_PUBLISHED) && has(message, TRACE_HOP_HANDLER_STARTED) &&
               (has(message, TRACE_HOP_HANDLER_ENDED) || !profile->has_hops) &&
               (!message->request || returned || has(message, TRACE_HOP_G2H_TAKEN));
    }
}

/* Takes off the path what happened before an anchor that must come first. Returns false when the
 * anchors themselves are out of order, which no machine does. */
static bool drop_early(const struct profile_message *message, uint64_t *at)
{
    uint64_t floor = 0;

    for (unsigned i = 0; i < TRACE_NUM_HOPS; i++) {
        bool anchor = anchors[message->kind][i] && at[i] != PROFILE_NEVER;

        if (anchor && at[i] < floor) {
            return false;
        }
        if (at[i] < floor) {
            at[i] = PROFILE_NEVER;
        }
        floor = anchor ? at[i] : floor;
    }
    return true;
}

static void drop_late(uint64_t *at)
{
    uint64_t ceiling = PROFILE_NEVER;

    for (unsigned i = TRACE_NUM_HOPS; i-- > 0;) {
        if (at[i] != PROFILE_NEVER && at[i] > ceiling) {
            at[i] = PROFILE_NEVER;
        }
        ceiling = at[i] < ceiling ? at[i] : ceiling;
    }
}

bool profile_path(const struct profile *profile, const struct profile_message *message,
                  struct profile_path *path)
{
    uint64_t at[TRACE_NUM_HOPS];
    uint64_t last = PROFILE_NEVER;

    if (message->part || !is_finished(profile, message)) {
        return false;
    }
    for (unsigned i = 0; i < TRACE_NUM_HOPS; i++) {
        at[i] = message->at[i];
        path->hops[i] = PROFILE_NEVER;
    }
    /* A sender that does not wait goes on before its message is even seen. */
    if (message->kind == PROFILE_H2G && !message->request) {
        at[TRACE_HOP_RETURNED] = PROFILE_NEVER;
    }
    if (!drop_early(message, at)) {
        return false;
    }
    drop_late(at);
    path->total = 0;
    for (unsigned i = 0; i < TRACE_NUM_HOPS; i++) {
        if (at[i] == PROFILE_NEVER) {
            continue;
        }
        if (last == PROFILE_NEVER) {
            path->start = at[i];
        } else {
            path->hops[i] = at[i] - last;
            path->total += at[i] - last;
        }
        last = at[i];
    }
    return last != PROFILE_NEVER;
}
