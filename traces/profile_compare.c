/* SPDX-License-Identifier: MIT */
/* What is slower in B than in A. The simulator has no noise: what differs, differs for a reason,
 * and it is found where a whole distribution moved. Knock-on effects (a longer queue, a later poll)
 * move some quantiles up and others down or not at all, so a row's rank is the smallest move of its
 * quantiles times its samples; only then comes the move of its mean. */
#include "traces/profile_stats.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A hop of a group, or its total (hop TRACE_NUM_HOPS), in both runs. */
struct row {
    const struct profile_group *group; /* of the run that has it, of A when both do */
    const struct profile_samples *a;   /* NULL: not there */
    const struct profile_samples *b;
    unsigned hop;
    double steady; /* ps by which every quantile moved at least, times samples; 0: not all did */
    double moved;  /* ps by which the sum moved, as far as the mean is to blame */
};

struct rows {
    struct row *rows;
    size_t count;
    size_t capacity;
};

static double magnitude(double value)
{
    return value < 0 ? -value : value;
}

static bool differs(const struct row *row)
{
    if (!row->a || !row->b) {
        return true;
    }
    return row->a->count != row->b->count ||
           memcmp(row->a->values, row->b->values, row->a->count * sizeof(*row->a->values)) != 0;
}

static void judge(struct row *row)
{
    static const unsigned permilles[] = {0, 250, 500, 750, 900, 1000};
    double samples, least;

    if (!row->a || !row->b) {
        return;
    }
    samples = (double)(row->a->count < row->b->count ? row->a->count : row->b->count);
    least = (double)profile_percentile(row->b, 500) - (double)profile_percentile(row->a, 500);
    for (size_t i = 0; i < ARRAY_SIZE(permilles); i++) {
        double move = (double)profile_percentile(row->b, permilles[i]) -
                      (double)profile_percentile(row->a, permilles[i]);

        if (move * least <= 0) {
            least = 0;
        } else if (magnitude(move) < magnitude(least)) {
            least = move;
        }
    }
    row->steady = magnitude(least) * samples;
    row->moved = magnitude(profile_mean(row->b) - profile_mean(row->a)) * samples;
}

static bool grew(const struct row *row)
{
    return row->a && row->b && profile_mean(row->b) > profile_mean(row->a);
}

static int compare_rows(const void *left, const void *right)
{
    const struct row *a = left;
    const struct row *b = right;

    /* A total only repeats what its hops say. */
    if ((a->hop == TRACE_NUM_HOPS) != (b->hop == TRACE_NUM_HOPS)) {
        return a->hop == TRACE_NUM_HOPS ? 1 : -1;
    }
    if (a->steady != b->steady) {
        return a->steady > b->steady ? -1 : 1;
    }
    if (grew(a) != grew(b)) {
        return grew(a) ? -1 : 1;
    }
    if (a->moved != b->moved) {
        return a->moved > b->moved ? -1 : 1;
    }
    if (a->group->kind != b->group->kind) {
        return (int)a->group->kind - (int)b->group->kind;
    }
    return strcmp(a->group->label, b->group->label) ? strcmp(a->group->label, b->group->label)
                                                    : (int)a->hop - (int)b->hop;
}

/* ---- rows ------------------------------------------------------------------------------------ */

static const struct profile_group *find_group(const struct profile_stats *stats,
                                              const struct profile_group *like)
{
    for (size_t i = 0; i < stats->num_groups; i++) {
        if (stats->groups[i].kind == like->kind &&
            strcmp(stats->groups[i].label, like->label) == 0) {
            return &stats->groups[i];
        }
    }
    return NULL;
}

static const struct profile_samples *samples_of(const struct profile_group *group, unsigned hop)
{
    const struct profile_samples *samples = NULL;

    if (group) {
        samples = hop == TRACE_NUM_HOPS ? &group->total : &group->hops[hop];
    }
    return samples && samples->count ? samples : NULL;
}

static int add_row(struct rows *rows, const struct row *row)
{
    if (rows->count == rows->capacity) {
        size_t capacity = rows->capacity ? rows->capacity * 2 : 64;
        void *grown = realloc(rows->rows, capacity * sizeof(*rows->rows));

        if (!grown) {
            return -ENOMEM;
        }
        rows->rows = grown;
        rows->capacity = capacity;
    }
    rows->rows[rows->count++] = *row;
    return 0;
}

static int add_group(struct rows *rows, const struct profile_group *a,
                     const struct profile_group *b)
{
    int err = 0;

    for (unsigned hop = 0; hop <= TRACE_NUM_HOPS && !err; hop++) {
        struct row row = {
            .group = a ? a : b, .a = samples_of(a, hop), .b = samples_of(b, hop), .hop = hop};

        if ((row.a || row.b) && differs(&row)) {
            judge(&row);
            err = add_row(rows, &row);
        }
    }
    return err;
}

static int collect(struct rows *rows, const struct profile_stats *a, const struct profile_stats *b)
{
    int err = 0;

    for (size_t i = 0; i < a->num_groups && !err; i++) {
        err = add_group(rows, &a->groups[i], find_group(b, &a->groups[i]));
    }
    for (size_t i = 0; i < b->num_groups && !err; i++) {
        if (!find_group(a, &b->groups[i])) {
            err = add_group(rows, NULL, &b->groups[i]);
        }
    }
    if (rows->count) {
        qsort(rows->rows, rows->count, sizeof(*rows->rows), compare_rows);
    }
    return err;
}

/* ---- telling --------------------------------------------------------------------------------- */

static double growth(const struct row *row)
{
    double a = profile_mean(row->a);
    double b = profile_mean(row->b);

    if (a > 0) {
        return (b - a) * 100.0 / a;
    }
    return b > 0 ? 1e9 : 0; /* from nothing: beyond any gate */
}

static bool is_beyond(const struct row *row, double max_regress)
{
    return max_regress >= 0 && grew(row) && growth(row) > max_regress;
}

/* Of a message that only came more or less often, the total says so. */
static bool is_told(const struct row *row)
{
    return row->hop == TRACE_NUM_HOPS || !row->a || !row->b || row->steady != 0 || row->moved != 0;
}

static void print_row(FILE *out, const struct row *row, double max_regress)
{
    const char *hop = row->hop == TRACE_NUM_HOPS
                          ? "total"
                          : profile_point_name(row->group->kind, (enum trace_hop_at)row->hop);
    char title[sizeof(row->group->label) + 16];

    (void)snprintf(title, sizeof(title), "%s %s", profile_kind_name(row->group->kind),
                   row->group->label);
    (void)fprintf(out, "%-44s %-17s", title, hop);
    if (!row->a || !row->b) {
        (void)fprintf(out, " only in %s, %zu times\n", row->a ? "A" : "B",
                      row->a ? row->a->count : row->b->count);
        return;
    }
    (void)fprintf(out, " %6zu %6zu", row->a->count, row->b->count);
    (void)fprintf(
        out, " %11.1f %11.1f %+10.1f %+10.1f %+10.1f", profile_mean(row->a) / 1000.0,
        profile_mean(row->b) / 1000.0, (profile_mean(row->b) - profile_mean(row->a)) / 1000.0,
        ((double)profile_percentile(row->b, 500) - (double)profile_percentile(row->a, 500)) /
            1000.0,
        ((double)profile_percentile(row->b, 990) - (double)profile_percentile(row->a, 990)) /
            1000.0);
    if (growth(row) < 1e8) {
        (void)fprintf(out, " %+9.2f%%", growth(row));
    } else {
        (void)fprintf(out, " %10s", "from 0");
    }
    (void)fprintf(out, "%s\n", is_beyond(row, max_regress) ? "  REGRESSED" : "");
}

int profile_compare(FILE *out, const struct profile_stats *a, const struct profile_stats *b,
                    double max_regress)
{
    struct rows rows = {NULL, 0, 0};
    size_t beyond = 0;
    int err = collect(&rows, a, b);

    if (err) {
        free(rows.rows);
        return err;
    }
    (void)fprintf(out, "A: %zu messages, B: %zu messages; %zu rows differ; times in ns\n\n",
                  a->num_messages, b->num_messages, rows.count);
    if (rows.count) {
        (void)fprintf(out, "%-44s %-17s %6s %6s %11s %11s %10s %10s %10s %10s\n", "message", "hop",
                      "in A", "in B", "mean A", "mean B", "mean", "p50", "p99", "growth");
    }
    for (size_t i = 0; i < rows.count; i++) {
        beyond += is_beyond(&rows.rows[i], max_regress);
        if (is_told(&rows.rows[i])) {
            print_row(out, &rows.rows[i], max_regress);
        }
    }
    if (max_regress >= 0) {
        (void)fprintf(out, "\ngate: %zu means grew by more than %g%%\n", beyond, max_regress);
    }
    free(rows.rows);
    return beyond ? 1 : 0;
}
