/* SPDX-License-Identifier: MIT */
/* The kinds of events and their fields, as scenarios ask for them. */
#ifndef SIM_SCRIPT_EVENT_KINDS_H
#define SIM_SCRIPT_EVENT_KINDS_H

#include "sim/hal/hal.h"
#include "sim/script/params.h"

/* A field that a pattern wants. type: HAL_INT, HAL_BOOL or HAL_STR, and then text is its value. */
struct event_term {
    const char *name;
    enum hal_field_type type;
    const char *text;
};

/* Can there be an event with all these fields? Returns 0, or -EINVAL with what is wrong and what
 * may have been meant. */
MUST_USE int event_terms_check(const struct event_term *terms, unsigned count,
                               char error[ERROR_TEXT_LEN]);
/* Name of the n-th kind, and its fields in one text: see event_kinds.c. NULL past the last. */
const char *event_kind_name(unsigned n);
const char *event_kind_fields(unsigned n);

#endif
