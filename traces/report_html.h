/* SPDX-License-Identifier: MIT */
/* The page of a run: its fixed parts, and the data that its script draws. Inside report_*.c only.
 */
#ifndef TRACES_REPORT_HTML_H
#define TRACES_REPORT_HTML_H

#include <stdio.h>

#include "sim/hal/bits.h"

#define REPORT_ERROR 1280u

/* report_page.c: a part of the page as it stands in its file. */
enum report_part_name { REPORT_BODY, REPORT_STYLE, REPORT_SCRIPT };
const char *report_part(enum report_part_name name);

/* report_data.c: all that is known of the run in DIR, as one JSON object. Returns 0, or -errno with
 * a message of at most REPORT_ERROR characters. */
MUST_USE int report_data(FILE *out, const char *dir, char *error);

#endif
