/* SPDX-License-Identifier: MIT */
/* Keys of a run and their values: see params.h. */
#include "sim/script/params.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const type_names[PARAM_TYPES] = {"int", "time", "bool", "version", "string"};

const char *param_type_name(enum param_type type)
{
    return type_names[type];
}

enum param_type param_type_parse(const char *name)
{
    for (int type = 0; type < PARAM_TYPES; type++) {
        if (strcmp(type_names[type], name) == 0) {
            return (enum param_type)type;
        }
    }
    return PARAM_TYPES;
}

/* ---- values --------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    uint64_t ps;
} time_units[] = {
    {"", 1000}, {"ps", 1}, {"ns", 1000}, {"us", 1000000}, {"ms", 1000000000}, {"s", 1000000000000},
};

#define MAX_WHOLE    1000000000000000000u
#define MAX_FRACTION 1000000000000u /* twelve digits tell picoseconds of a second */

static int unit_parse(const char *text, uint64_t *ps)
{
    for (unsigned i = 0; i < ARRAY_SIZE(time_units); i++) {
        if (strcmp(text, time_units[i].name) == 0) {
            *ps = time_units[i].ps;
            return 0;
        }
    }
    return -EINVAL;
}

/* Digits as a number below limit; -EINVAL when there are none or too many. */
static int digits_parse(const char **at, uint64_t limit, uint64_t *number, uint64_t *scale)
{
    const char *start = *at;

    *number = 0;
    *scale = 1;
    for (; isdigit((unsigned char)**at); (*at)++) {
        if (*scale > limit / 10) {
            return -EINVAL;
        }
        *number = *number * 10 + (uint64_t)(**at - '0');
        *scale *= 10;
    }
    return *at == start ? -EINVAL : 0;
}

int time_parse(const char *text, uint64_t *ps)
{
    uint64_t unit, whole, fraction = 0, scale = 1;

    if (digits_parse(&text, MAX_WHOLE, &whole, &scale)) {
        return -EINVAL;
    }
    scale = 1;
    if (*text == '.' && (text++, digits_parse(&text, MAX_FRACTION, &fraction, &scale))) {
        return -EINVAL;
    }
    if (unit_parse(text, &unit) || whole > ((uint64_t)INT64_MAX - unit) / unit) {
        return -EINVAL;
    }
    *ps = whole * unit + (uint64_t)((unsigned __int128)fraction * unit / scale);
    return 0;
}

void time_text(uint64_t ps, char *text, size_t size)
{
    unsigned unit = ARRAY_SIZE(time_units) - 1;

    while (unit > 1 && (ps == 0 || ps % time_units[unit].ps)) {
        unit--;
    }
    (void)snprintf(text, size, "%" PRIu64 "%s", ps / time_units[unit].ps,
                   ps ? time_units[unit].name : "");
}

int version_parse(const char *text, uint32_t *version)
{
    unsigned long part[3] = {0, 0, 0};
    const char *at = text;
    unsigned count = 0;

    do {
        char *end;

        if (!isdigit((unsigned char)*at)) {
            return -EINVAL;
        }
        part[count] = strtoul(at, &end, 10);
        if (part[count++] > UINT8_MAX) {
            return -EINVAL;
        }
        at = end;
    } while (*at == '.' && count < ARRAY_SIZE(part) && at++);
    if (*at || count < 2) {
        return -EINVAL;
    }
    *version = (uint32_t)(part[0] << 16 | part[1] << 8 | part[2]);
    return 0;
}

static int int_parse(const char *text, int64_t *number)
{
    char *end;

    errno = 0;
    *number = strtoll(text, &end, 0);
    return errno || end == text || *end ? -EINVAL : 0;
}

static int bool_parse(const char *text, int64_t *number)
{
    static const char *const words[] = {"false", "true", "off", "on", "no", "yes", "0", "1"};

    for (unsigned i = 0; i < ARRAY_SIZE(words); i++) {
        if (strcmp(text, words[i]) == 0) {
            *number = i & 1;
            return 0;
        }
    }
    return -EINVAL;
}

static int value_parse(enum param_type type, const char *text, int64_t *number)
{
    uint64_t ps;
    uint32_t version;
    int err;

    *number = 0;
    switch (type) {
    case PARAM_INT:
        return int_parse(text, number);
    case PARAM_TIME:
        err = time_parse(text, &ps);
        if (!err) {
            *number = (int64_t)ps;
        }
        return err;
    case PARAM_BOOL:
        return bool_parse(text, number);
    case PARAM_VERSION:
        err = version_parse(text, &version);
        if (!err) {
            *number = version;
        }
        return err;
    default:
        return 0;
    }
}

void param_bound_text(const struct param *param, int64_t bound, char *text, size_t size)
{
    if (param->type == PARAM_TIME) {
        time_text((uint64_t)bound, text, size);
    } else {
        (void)snprintf(text, size, "%" PRId64, bound);
    }
}

static int value_assign(struct param *param, const char *value, char error[ERROR_TEXT_LEN])
{
    static const char *const wanted[PARAM_TYPES] = {"a whole number", "a time such as 10us",
                                                    "true or false", "a version such as 1.27",
                                                    "a text"};
    int64_t number;

    if (strlen(value) >= sizeof(param->value) || value_parse(param->type, value, &number)) {
        (void)snprintf(error, ERROR_TEXT_LEN, "%s=%s: %s is wanted", param->name, value,
                       wanted[param->type]);
        return -EINVAL;
    }
    if ((param->type == PARAM_INT || param->type == PARAM_TIME) &&
        (number < param->min || number > param->max)) {
        char min[PARAM_TEXT_LEN], max[PARAM_TEXT_LEN];

        param_bound_text(param, param->min, min, sizeof(min));
        param_bound_text(param, param->max, max, sizeof(max));
        (void)snprintf(error, ERROR_TEXT_LEN, "%s=%s: out of range, %s to %s", param->name, value,
                       min, max);
        return -EINVAL;
    }
    (void)snprintf(param->value, sizeof(param->value), "%s", value);
    param->number = number;
    return 0;
}

/* ---- keys ----------------------------------------------------------------------------------- */

static bool is_set_of(const char *word, const char *name)
{
    size_t len = strlen(name);

    return strncmp(word, name, len) == 0 && word[len] == '=';
}

int params_set(struct params *params, const char *word, char error[ERROR_TEXT_LEN])
{
    const char *equals = strchr(word, '=');

    if (!equals || equals == word) {
        (void)snprintf(error, ERROR_TEXT_LEN,
                       "--set %s: KEY=VALUE is wanted; 'gucsim list SCENARIO' shows the keys",
                       word);
        return -EINVAL;
    }
    if (params->num_sets == PARAMS_MAX) {
        (void)snprintf(error, ERROR_TEXT_LEN, "--set %s: more than %u keys", word, PARAMS_MAX);
        return -EINVAL;
    }
    params->sets[params->num_sets++] = word;
    return 0;
}

struct param *params_find(struct params *params, const char *name)
{
    for (unsigned i = 0; i < params->count; i++) {
        if (strcmp(params->items[i].name, name) == 0) {
            return &params->items[i];
        }
    }
    return NULL;
}

/* The place for a declaration: that of the same key, or a new one. */
static struct param *param_place(struct params *params, const struct param *param,
                                 char error[ERROR_TEXT_LEN])
{
    struct param *place = params_find(params, param->name);

    if (place && place->type != param->type) {
        (void)snprintf(error, ERROR_TEXT_LEN, "%s is declared as %s already", param->name,
                       param_type_name(place->type));
        return NULL;
    }
    if (place) {
        return place;
    }
    if (params->count == PARAMS_MAX) {
        (void)snprintf(error, ERROR_TEXT_LEN, "%s: more than %u keys", param->name, PARAMS_MAX);
        return NULL;
    }
    return &params->items[params->count++];
}

struct param *params_declare(struct params *params, const struct param *param,
                             char error[ERROR_TEXT_LEN])
{
    struct param *place = param_place(params, param, error);
    char wanted[PARAM_TEXT_LEN];

    if (!place) {
        return NULL;
    }
    *place = *param;
    place->from_command_line = false;
    (void)snprintf(wanted, sizeof(wanted), "%s", param->default_value);
    if (value_assign(place, wanted, error)) {
        return NULL;
    }
    /* the last of several --set of one key wins */
    for (unsigned i = 0; i < params->num_sets; i++) {
        if (!is_set_of(params->sets[i], place->name)) {
            continue;
        }
        if (value_assign(place, strchr(params->sets[i], '=') + 1, error)) {
            return NULL;
        }
        params->used[i] = true;
        place->from_command_line = true;
    }
    return place;
}

int params_check(const struct params *params, char error[ERROR_TEXT_LEN])
{
    const char *names[PARAMS_MAX];
    char key[PARAM_TEXT_LEN];
    const char *near;

    for (unsigned i = 0; i < params->count; i++) {
        names[i] = params->items[i].name;
    }
    for (unsigned i = 0; i < params->num_sets; i++) {
        if (params->used[i]) {
            continue;
        }
        (void)snprintf(key, sizeof(key), "%.*s", (int)strcspn(params->sets[i], "="),
                       params->sets[i]);
        near = nearest_name(key, names, params->count);
        (void)snprintf(error, ERROR_TEXT_LEN,
                       "--set %s: no such key%s%s%s; 'gucsim list SCENARIO' shows all", key,
                       near ? ", did you mean " : "", near ? near : "", near ? "?" : "");
        return -EINVAL;
    }
    return 0;
}

/* ---- the nearest name ----------------------------------------------------------------------- */

#define NEAREST_LEN 64u

static unsigned min_3(unsigned a, unsigned b, unsigned c)
{
    unsigned least = a < b ? a : b;

    return least < c ? least : c;
}

/* Single-letter edits between two words; too long ones are as far apart as can be. */
static unsigned edit_distance(const char *a, const char *b)
{
    size_t len_a = strlen(a), len_b = strlen(b);
    unsigned row[NEAREST_LEN + 1];

    if (len_a > NEAREST_LEN || len_b > NEAREST_LEN) {
        return UINT_MAX;
    }
    for (unsigned j = 0; j <= len_b; j++) {
        row[j] = j;
    }
    for (unsigned i = 1; i <= len_a; i++) {
        unsigned diagonal = row[0];

        row[0] = i;
        for (unsigned j = 1; j <= len_b; j++) {
            unsigned changed = diagonal + (a[i - 1] != b[j - 1]);

            diagonal = row[j];
            row[j] = min_3(changed, row[j] + 1, row[j - 1] + 1);
        }
    }
    return row[len_b];
}

const char *nearest_name(const char *word, const char *const *names, unsigned count)
{
    const char *best = NULL;
    unsigned best_distance = (unsigned)strlen(word) / 2 + 1; /* half of it may differ */

    for (unsigned i = 0; i < count; i++) {
        unsigned distance = edit_distance(word, names[i]);

        if (distance <= best_distance && (!best || distance < best_distance)) {
            best = names[i];
            best_distance = distance;
        }
    }
    return best;
}
