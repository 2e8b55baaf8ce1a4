/* SPDX-License-Identifier: MIT */
/* What can be set for a run: keys with type, unit, default and text, declared by the scenario
 * and by the machine, and the --set KEY=VALUE words of the command line. */
#ifndef SIM_SCRIPT_PARAMS_H
#define SIM_SCRIPT_PARAMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/hal/bits.h"

#define PARAM_TEXT_LEN 128u /* of a key, value, unit or text, with the NUL */
#define PARAMS_MAX     128u
#define ERROR_TEXT_LEN 512u

enum param_type { PARAM_INT, PARAM_TIME, PARAM_BOOL, PARAM_VERSION, PARAM_STRING, PARAM_TYPES };

struct param {
    char name[PARAM_TEXT_LEN];
    enum param_type type;
    bool from_command_line;
    bool from_script; /* declared by the scenario, whoever did it before */
    char unit[PARAM_TEXT_LEN];
    char text[PARAM_TEXT_LEN]; /* what it does, for list */
    char default_value[PARAM_TEXT_LEN];
    char value[PARAM_TEXT_LEN]; /* in force, as written */
    int64_t number;             /* int; time in ps; bool 0 or 1; version major<<16|minor<<8|patch */
    int64_t min, max;
};

struct params {
    struct param items[PARAMS_MAX];
    unsigned count;
    /* KEY=VALUE words not yet matched by a declaration; they belong to argv. */
    const char *sets[PARAMS_MAX];
    bool used[PARAMS_MAX];
    unsigned num_sets;
};

/* A time: digits with at most one point, then ps, ns, us, ms or s; no unit means ns. Returns 0,
 * or -EINVAL (also when it does not fit into 63 bits of picoseconds). */
MUST_USE int time_parse(const char *text, uint64_t *ps);
/* The time in the largest unit in which it is a whole number: "25us". */
void time_text(uint64_t ps, char *text, size_t size);
/* A bound of a whole number or of a time, as one writes it. */
void param_bound_text(const struct param *param, int64_t bound, char *text, size_t size);
/* A version: MAJOR.MINOR or MAJOR.MINOR.PATCH. Returns 0 or -EINVAL. */
MUST_USE int version_parse(const char *text, uint32_t *version);

/* Takes one KEY=VALUE word. Returns 0, or -EINVAL with a message. */
MUST_USE int params_set(struct params *params, const char *word, char error[ERROR_TEXT_LEN]);
/* Declares a key; name, type, unit, text, default_value, min and max are filled in. The --set of
 * that name, or else the default, gives the value. A key declared before keeps its place and
 * type and gets the new default. Returns the parameter, or NULL with a message. */
struct param *params_declare(struct params *params, const struct param *param,
                             char error[ERROR_TEXT_LEN]);
struct param *params_find(struct params *params, const char *name);
/* After the last declaration. Returns 0, or -EINVAL with a message that names the nearest key,
 * if a --set met none. */
MUST_USE int params_check(const struct params *params, char error[ERROR_TEXT_LEN]);
/* "int", "time", ... and back; PARAM_TYPES when there is none of that name. */
const char *param_type_name(enum param_type type);
enum param_type param_type_parse(const char *name);
/* The one of count names that looks most like word; NULL when none looks like it. */
const char *nearest_name(const char *word, const char *const *names, unsigned count);

#endif
