/* SPDX-License-Identifier: MIT */
/* An event as one line that people read: what happened, without time and place. */
#ifndef TRACES_EVENT_TEXT_H
#define TRACES_EVENT_TEXT_H

#include "traces/jsonl.h"

#define EVENT_LINE_SIZE 1024u

/* "h2g fn0 request PF2GUC_VF_CONTROL(pause) | 00000001 00000001", cut to the buffer. Control
 * characters of the log become '?'. */
void event_line(const struct event *event, char to[EVENT_LINE_SIZE]);
/* "src.gt0", "src", "" . */
void event_place(const struct event *event, char *to, size_t size);

#endif
