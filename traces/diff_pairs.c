/* SPDX-License-Identifier: MIT */
/* Which signal of one file is compared with which of the other. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "traces/diff_waves.h"

#define MAX_NAME 8192u

/* ---- pairs ----------------------------------------------------------------------------------- */

struct name_entry {
    char *name; /* as B calls it */
    uint32_t signal;
};

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct name_entry *)a)->name, ((const struct name_entry *)b)->name);
}

/* The names of one side that take part, sorted. */
static struct name_entry *sorted_names(struct waves *waves, enum diff_side side, size_t *count)
{
    struct name_entry *entries = calloc(waves->num_signals[side] + 1, sizeof(*entries));
    char name[MAX_NAME];

    *count = 0;
    for (size_t i = 0; entries && i < waves->num_signals[side]; i++) {
        const char *own = waves->signals[side][i].name;
        bool fits = side == DIFF_B ? snprintf(name, sizeof(name), "%s", own) < (int)sizeof(name)
                                   : diff_map(waves->options, own, name, sizeof(name));

        if (!fits || !diff_selected(waves->options, name)) {
            continue;
        }
        entries[*count] = (struct name_entry){.name = strdup(name), .signal = (uint32_t)i};
        if (!entries[*count].name) {
            continue;
        }
        (*count)++;
    }
    if (entries) {
        qsort(entries, *count, sizeof(*entries), by_name);
    }
    return entries;
}

static void free_names(struct name_entry *entries, size_t count)
{
    for (size_t i = 0; entries && i < count; i++) {
        free(entries[i].name);
    }
    free(entries);
}

static int add_pair(struct waves *waves, uint32_t a, uint32_t b)
{
    struct pair *pair = &waves->pairs[waves->num_pairs];
    const struct vcd_signal *x = &waves->signals[DIFF_A][a];
    const struct vcd_signal *y = &waves->signals[DIFF_B][b];
    char text[2][64];

    waves->report->signals.compared++;
    if (x->width == y->width && x->is_number == y->is_number) {
        *pair = (struct pair){
            .signal = {a, b},
            .key = {vcd_alias_key(waves->vcd[DIFF_A], a), vcd_alias_key(waves->vcd[DIFF_B], b)},
            .named = diff_names_find(waves->names[DIFF_A], x->name, 0) != NULL};
        waves->num_pairs++;
        return 0;
    }
    (void)snprintf(text[0], sizeof(text[0]), "%s of %u bits", x->is_number ? "number" : "signal",
                   x->width);
    (void)snprintf(text[1], sizeof(text[1]), "%s of %u bits", y->is_number ? "number" : "signal",
                   y->width);
    return diff_found(waves->options, &waves->report->signals,
                      &(struct diff_item){.t_fs = 0, .what = x->name, .text = {text[0], text[1]}});
}

/* Walks through both sorted lists of names: pairs, and what one side alone has. */
static int merge_names(struct waves *waves, const struct name_entry *a, size_t num_a,
                       const struct name_entry *b, size_t num_b)
{
    size_t i = 0, k = 0;
    int ret = 0;

    while (!ret && (i < num_a || k < num_b)) {
        int order = i == num_a ? 1 : k == num_b ? -1 : strcmp(a[i].name, b[k].name);

        if (order == 0) {
            ret = add_pair(waves, a[i++].signal, b[k++].signal);
        } else if (order < 0) {
            ret = diff_found_only(waves->options, &waves->report->signals, DIFF_A, a[i++].name);
        } else {
            ret = diff_found_only(waves->options, &waves->report->signals, DIFF_B, b[k++].name);
        }
    }
    return ret;
}

static int by_importance(const void *a, const void *b)
{
    const struct pair *x = a;
    const struct pair *y = b;

    if (x->named != y->named) {
        return x->named ? -1 : 1;
    }
    return (x->signal[0] > y->signal[0]) - (x->signal[0] < y->signal[0]);
}

static int by_key(const void *a, const void *b)
{
    const struct pair *x = a;
    const struct pair *y = b;

    for (int side = 0; side < 2; side++) {
        if (x->key[side] != y->key[side]) {
            return x->key[side] < y->key[side] ? -1 : 1;
        }
    }
    return by_importance(a, b);
}

/* Keeps one pair of those that are aliases in both files. */
static void drop_aliases(struct waves *waves)
{
    size_t kept = 0;

    qsort(waves->pairs, waves->num_pairs, sizeof(*waves->pairs), by_key);
    for (size_t i = 0; i < waves->num_pairs; i++) {
        const struct pair *pair = &waves->pairs[i];
        const struct pair *before = kept ? &waves->pairs[kept - 1] : NULL;

        if (!before || before->key[0] != pair->key[0] || before->key[1] != pair->key[1]) {
            waves->pairs[kept++] = *pair;
        }
    }
    waves->num_pairs = kept;
    qsort(waves->pairs, waves->num_pairs, sizeof(*waves->pairs), by_importance);
}

static int index_pairs(struct waves *waves)
{
    for (int side = 0; side < 2; side++) {
        bool *wanted = calloc(waves->num_signals[side] + 1, sizeof(*wanted));

        waves->pair_of[side] = malloc((waves->num_signals[side] + 1) * sizeof(uint32_t));
        if (!wanted || !waves->pair_of[side]) {
            free(wanted);
            return -ENOMEM;
        }
        memset(waves->pair_of[side], 0xff, waves->num_signals[side] * sizeof(uint32_t));
        for (size_t i = 0; i < waves->num_pairs; i++) {
            waves->pair_of[side][waves->pairs[i].signal[side]] = (uint32_t)i;
            wanted[waves->pairs[i].signal[side]] = true;
        }
        diff_sampler_want(waves->sampler, (enum diff_side)side, wanted);
        vcd_watch(waves->vcd[side], wanted);
        free(wanted);
    }
    waves->fresh = calloc(waves->num_pairs + 1, sizeof(*waves->fresh));
    waves->stale = calloc(waves->num_pairs + 1, sizeof(*waves->stale));
    return waves->fresh && waves->stale ? 0 : -ENOMEM;
}

int diff_make_pairs(struct waves *waves)
{
    size_t num_a, num_b;
    struct name_entry *a = sorted_names(waves, DIFF_A, &num_a);
    struct name_entry *b = sorted_names(waves, DIFF_B, &num_b);
    int ret = -ENOMEM;

    waves->pairs = calloc(num_a + 1, sizeof(*waves->pairs));
    if (a && b && waves->pairs) {
        ret = merge_names(waves, a, num_a, b, num_b);
    }
    free_names(a, num_a);
    free_names(b, num_b);
    if (ret) {
        return ret;
    }
    drop_aliases(waves);
    return index_pairs(waves);
}
