/* SPDX-License-Identifier: MIT */
/* Matches the changes of a signal in A with those in B when they need not be at the same time:
 * within a skew, or in any time as long as their order is the same.
 *
 * A change waits until its partner comes. With a skew it waits that long at most; a partner that
 * is not the first to wait leaves those before it without one. In order alone the first to wait is
 * the only partner, and after a mismatch the rest of that signal says nothing more. What waits is
 * bounded by the skew, or by a cap, never by the length of the files. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "traces/diff.h"

#define MAX_WAITING (48u << 20) /* bytes */

struct waiting {
    struct waiting *next; /* of the same signal and side */
    struct waiting *younger, *older;
    size_t signal;
    enum diff_side side;
    struct diff_change change;
    uint64_t value[];
};

struct queue {
    struct waiting *first, *last;
};

struct signal {
    struct queue queue[2];
    bool given_up;
};

struct diff_match {
    bool order_only;
    int64_t skew_fs;
    struct diff_match_sink sink;
    struct waiting *oldest, *youngest; /* of all */
    size_t bytes;
    size_t num_signals;
    struct signal signals[];
};

struct diff_match *diff_match_create(const struct diff_options *options, size_t num_signals,
                                     const struct diff_match_sink *sink)
{
    struct diff_match *match = calloc(1, sizeof(*match) + num_signals * sizeof(match->signals[0]));

    if (match) {
        match->order_only = options->order_only;
        match->skew_fs = options->skew_fs;
        match->sink = *sink;
        match->num_signals = num_signals;
    }
    return match;
}

static size_t size_of(unsigned words)
{
    return sizeof(struct waiting) + words * sizeof(uint64_t);
}

/* Takes the first of a queue out of all lists; the caller frees it. NULL when nobody waits. */
static struct waiting *take_first(struct diff_match *match, struct queue *queue)
{
    struct waiting *first = queue->first;

    if (!first) {
        return NULL;
    }
    queue->first = first->next;
    if (!queue->first) {
        queue->last = NULL;
    }
    *(first->older ? &first->older->younger : &match->oldest) = first->younger;
    *(first->younger ? &first->younger->older : &match->youngest) = first->older;
    match->bytes -= size_of(first->change.words);
    return first;
}

void diff_match_destroy(struct diff_match *match)
{
    if (!match) {
        return;
    }
    for (struct waiting *next, *one = match->oldest; one; one = next) {
        next = one->younger;
        free(one);
    }
    free(match);
}

static int enqueue(struct diff_match *match, size_t signal, enum diff_side side,
                   const struct diff_change *change)
{
    size_t size = size_of(change->words);
    struct queue *queue = &match->signals[signal].queue[side];
    struct waiting *one;

    if (match->bytes + size > MAX_WAITING) {
        return -E2BIG;
    }
    one = malloc(size);
    if (!one) {
        return -ENOMEM;
    }
    *one = (struct waiting){
        .older = match->youngest, .signal = signal, .side = side, .change = *change};
    memcpy(one->value, change->value, change->words * sizeof(uint64_t));
    one->change.value = one->value;
    *(match->youngest ? &match->youngest->younger : &match->oldest) = one;
    match->youngest = one;
    *(queue->last ? &queue->last->next : &queue->first) = one;
    queue->last = one;
    match->bytes += size;
    return 0;
}

static bool equal(const struct diff_change *a, const struct diff_change *b)
{
    return a->words == b->words && memcmp(a->value, b->value, a->words * sizeof(uint64_t)) == 0;
}

/* The first of the queue has no partner. One that only stood for the beginning of the window and
 * was followed by another within the skew needs none. */
static int drop_first(struct diff_match *match, struct queue *queue, bool forgive_initial)
{
    struct waiting *one = take_first(match, queue);
    int ret = 0;

    if (!(one->change.initial && forgive_initial)) {
        ret = match->sink.differs(match->sink.arg, one->signal, one->side, &one->change, NULL);
    }
    free(one);
    return ret;
}

int diff_match_advance(struct diff_match *match, int64_t t_fs)
{
    int ret = 0;

    if (match->order_only) {
        return 0;
    }
    while (!ret && match->oldest && match->oldest->change.t_fs < t_fs - match->skew_fs) {
        struct waiting *oldest = match->oldest;

        /* The oldest of all is also the first of its own queue. */
        ret = drop_first(match, &match->signals[oldest->signal].queue[oldest->side], false);
    }
    return ret;
}

static void forget(struct diff_match *match, struct queue *queue)
{
    while (queue->first) {
        free(take_first(match, queue));
    }
}

static int change_in_order(struct diff_match *match, size_t signal, enum diff_side side,
                           const struct diff_change *change)
{
    struct signal *state = &match->signals[signal];
    struct queue *other = &state->queue[!side];
    int ret;

    if (state->given_up) {
        return 0;
    }
    if (!other->first) {
        return enqueue(match, signal, side, change);
    }
    if (equal(&other->first->change, change)) {
        free(take_first(match, other));
        return 0;
    }
    ret = match->sink.differs(match->sink.arg, signal, side, change, &other->first->change);
    state->given_up = true;
    forget(match, other);
    return ret;
}

int diff_match_change(struct diff_match *match, size_t signal, enum diff_side side,
                      const struct diff_change *change)
{
    struct queue *own = &match->signals[signal].queue[side];
    struct queue *other = &match->signals[signal].queue[!side];
    const struct waiting *partner = other->first;
    int ret = 0;

    if (match->order_only) {
        return change_in_order(match, signal, side, change);
    }
    while (partner && !equal(&partner->change, change)) {
        partner = partner->next;
    }
    if (!partner) {
        return enqueue(match, signal, side, change);
    }
    while (!ret && own->first) {
        ret = drop_first(match, own, true);
    }
    while (!ret && other->first != partner) {
        ret = drop_first(match, other, true);
    }
    free(ret ? NULL : take_first(match, other));
    return ret;
}

int diff_match_finish(struct diff_match *match, int64_t end_fs)
{
    int ret = diff_match_advance(match, end_fs);

    while (!ret && match->order_only && match->oldest) {
        struct waiting *oldest = match->oldest;
        size_t signal = oldest->signal;

        ret = drop_first(match, &match->signals[signal].queue[oldest->side], false);
        forget(match, &match->signals[signal].queue[DIFF_A]);
        forget(match, &match->signals[signal].queue[DIFF_B]);
    }
    return ret;
}
