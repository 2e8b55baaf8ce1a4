/* SPDX-License-Identifier: MIT */
/* Event log reader: one checked event after the other from an events.jsonl, in constant memory.
 * What it hands out has every field that its kind must have, with the right type and in range;
 * callers need no checks of their own. Kinds it does not know pass with their common fields only.
 */
#ifndef TRACES_JSONL_H
#define TRACES_JSONL_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "sim/hal/bits.h"

#define EVENT_NAME_SIZE 32u  /* of a GPU's or a kind's name, with the NUL */
#define EVENT_MAX_HXG   256u /* dwords: more than a CTB message can hold */
#define EVENT_MAX_FN    63u

struct cJSON;

struct event {
    uint64_t line; /* in the file, from 1 */
    uint64_t t_ps;
    uint64_t cycle;
    char gpu[EVENT_NAME_SIZE]; /* "" when none applies */
    int gt;                    /* HAL_GT_NONE when none applies */
    char kind[EVENT_NAME_SIZE];
    const char *text;     /* the line as it is, without its end, until then too */
    struct cJSON *fields; /* the whole object, until the next event_log_next */
};

struct event_log;

/* Reads from in, which stays the caller's; name is for messages and must outlive the log. Returns
 * NULL without memory. */
struct event_log *event_log_open(FILE *in, const char *name);
void event_log_close(struct event_log *log);
/* Returns 1 with the next event, 0 at the end of the log, -EINVAL when a line is malformed, -EIO.
 */
MUST_USE int event_log_next(struct event_log *log, struct event *event);
/* What was wrong, "name:line: reason"; "" before an error. */
const char *event_log_error(const struct event_log *log);

/* Fields of a kind the reader knows. A number that the kind must have; 0 when it may be absent and
 * is. */
uint64_t event_int(const struct event *event, const char *field);
bool event_flag(const struct event *event, const char *field);
/* NULL when null or absent. Valid until the next event_log_next. */
const char *event_text(const struct event *event, const char *field);
/* The dwords of "hxg". Returns how many, at most EVENT_MAX_HXG. */
unsigned event_hxg(const struct event *event, uint32_t hxg[EVENT_MAX_HXG]);

#endif
