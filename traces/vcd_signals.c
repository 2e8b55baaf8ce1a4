/* SPDX-License-Identifier: MIT */
/* VCD reader, signals: the bits and slices of one bus, which some tools declare apart, become one
 * signal; each code learns which signals it is a part of, since aliases share a code. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "traces/vcd_private.h"

static int by_name(const void *a, const void *b)
{
    const struct vcd_variable *x = a;
    const struct vcd_variable *y = b;
    int order = strcmp(x->name, y->name);

    if (order == 0 && x->low != y->low) {
        return x->low < y->low ? -1 : 1;
    }
    return order ? order : (x->order > y->order) - (x->order < y->order);
}

/* Signals are built sorted by name, and then put into the order of declaration. */
struct ordered_signal {
    struct vcd_signal signal;
    uint32_t order;
};

static int by_order(const void *a, const void *b)
{
    const struct ordered_signal *x = a;
    const struct ordered_signal *y = b;

    return (x->order > y->order) - (x->order < y->order);
}

/* One past the last variable of the signal that begins at first. */
static size_t group_end(const struct vcd *vcd, size_t first)
{
    size_t last = first + 1;

    while (last < vcd->num_variables &&
           strcmp(vcd->variables[last].name, vcd->variables[first].name) == 0) {
        last++;
    }
    return last;
}

/* Brings count variables of one name together; a slice that overlaps an earlier one is a repetition
 * and left out. Takes the first one's name. */
static void join_variables(struct vcd *vcd, struct vcd_variable *variables, size_t count,
                           struct ordered_signal *to, uint32_t *num_parts)
{
    int64_t low = variables[0].low < 0 ? 0 : variables[0].low;
    int64_t end = low;
    const struct vcd_code *code = &vcd->codes[variables[0].code];

    *to = (struct ordered_signal){.order = variables[0].order};
    to->signal.name = variables[0].name;
    to->signal.is_number = code->type == VCD_REAL;
    to->signal.first_part = *num_parts;
    for (size_t i = 0; i < count; i++) {
        int64_t start = variables[i].low < 0 ? 0 : variables[i].low;
        int64_t shift = start - low;

        if (i > 0) {
            free(variables[i].name);
        }
        variables[i].name = NULL;
        if (variables[i].order < to->order) {
            to->order = variables[i].order;
        }
        if (start < end || shift + variables[i].width > VCD_MAX_WIDTH) {
            continue;
        }
        vcd->parts[(*num_parts)++] =
            (struct vcd_part){.code = variables[i].code, .shift = (uint32_t)shift};
        end = start + variables[i].width;
    }
    to->signal.width = (unsigned)(end - low);
    to->signal.num_parts = *num_parts - to->signal.first_part;
}

/* Which signals each code is a part of, as one array with a piece for each code. */
static int index_users(struct vcd *vcd, uint32_t num_parts)
{
    uint32_t at = 0;

    vcd->users = calloc(num_parts + 1, sizeof(*vcd->users));
    if (!vcd->users) {
        return -ENOMEM;
    }
    for (uint32_t i = 0; i < num_parts; i++) {
        vcd->codes[vcd->parts[i].code].num_users++;
    }
    for (uint32_t i = 0; i < vcd->num_codes; i++) {
        vcd->codes[i].first_user = at;
        at += vcd->codes[i].num_users;
        vcd->codes[i].num_users = 0;
    }
    for (size_t i = 0; i < vcd->num_signals; i++) {
        const struct vcd_signal *signal = &vcd->signals[i];

        for (uint32_t p = 0; p < signal->num_parts; p++) {
            struct vcd_code *code = &vcd->codes[vcd->parts[signal->first_part + p].code];

            vcd->users[code->first_user + code->num_users++] = (uint32_t)i;
        }
    }
    return 0;
}

/* Room for the values of all codes; every bit is x. */
static int make_values(struct vcd *vcd)
{
    size_t total = 0;
    uint32_t words = 1;

    for (uint32_t i = 0; i < vcd->num_codes; i++) {
        struct vcd_code *code = &vcd->codes[i];

        code->words = (code->width + 63) / 64;
        code->offset = (uint32_t)total;
        total += (size_t)2 * code->words;
        if (total > UINT32_MAX) {
            return -ENOMEM;
        }
    }
    for (size_t i = 0; i < vcd->num_signals; i++) {
        words = vcd_words(&vcd->signals[i]) > words ? vcd_words(&vcd->signals[i]) : words;
    }
    vcd->values = malloc((total + 1) * sizeof(*vcd->values));
    vcd->scratch = malloc((size_t)2 * words * sizeof(*vcd->scratch));
    vcd->stamps = calloc(vcd->num_signals + 1, sizeof(*vcd->stamps));
    vcd->touched = calloc(vcd->num_signals + 1, sizeof(*vcd->touched));
    if (!vcd->values || !vcd->scratch || !vcd->stamps || !vcd->touched) {
        return -ENOMEM;
    }
    for (uint32_t i = 0; i < vcd->num_codes; i++) {
        const struct vcd_code *code = &vcd->codes[i];
        uint32_t used = code->width % 64;

        for (uint32_t w = 0; w < 2 * code->words; w++) {
            bool last = (w + 1) % code->words == 0;

            vcd->values[code->offset + w] = last && used ? UINT64_MAX >> (64 - used) : UINT64_MAX;
        }
    }
    return 0;
}

int vcd_make_signals(struct vcd *vcd)
{
    struct ordered_signal *ordered = calloc(vcd->num_variables + 1, sizeof(*ordered));
    uint32_t num_parts = 0;
    size_t first = 0;

    vcd->parts = calloc(vcd->num_variables + 1, sizeof(*vcd->parts));
    vcd->signals = calloc(vcd->num_variables + 1, sizeof(*vcd->signals));
    if (!ordered || !vcd->parts || !vcd->signals) {
        free(ordered);
        return -ENOMEM;
    }
    if (vcd->num_variables) {
        qsort(vcd->variables, vcd->num_variables, sizeof(*vcd->variables), by_name);
    }
    while (first < vcd->num_variables) {
        size_t end = group_end(vcd, first);

        join_variables(vcd, &vcd->variables[first], end - first, &ordered[vcd->num_signals++],
                       &num_parts);
        first = end;
    }
    qsort(ordered, vcd->num_signals, sizeof(*ordered), by_order);
    for (size_t i = 0; i < vcd->num_signals; i++) {
        vcd->signals[i] = ordered[i].signal;
    }
    free(ordered);
    free(vcd->variables);
    vcd->variables = NULL;
    vcd->num_variables = 0;
    return index_users(vcd, num_parts) ? -ENOMEM : make_values(vcd);
}

uint32_t vcd_alias_key(const struct vcd *vcd, uint32_t signal)
{
    const struct vcd_signal *one = &vcd->signals[signal];

    return one->num_parts == 1 ? vcd->parts[one->first_part].code : vcd->num_codes + signal;
}

/* Keeps the wanted ones of count users. Returns how many these are. */
static uint32_t keep_wanted(uint32_t *users, uint32_t count, const bool *wanted)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < count; i++) {
        if (wanted[users[i]]) {
            users[kept++] = users[i];
        }
    }
    return kept;
}

void vcd_watch(struct vcd *vcd, const bool *wanted)
{
    for (uint32_t i = 0; i < vcd->num_codes; i++) {
        struct vcd_code *code = &vcd->codes[i];

        code->num_users = keep_wanted(&vcd->users[code->first_user], code->num_users, wanted);
    }
}
