/* SPDX-License-Identifier: MIT */
/* Groups of messages and exact percentiles: every sample is kept, nothing is put into buckets. */
#include "traces/profile_stats.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define MAX_GROUPS 4096u

/* ---- samples --------------------------------------------------------------------------------- */

static int add_sample(struct profile_samples *samples, uint64_t value)
{
    if (samples->count == samples->capacity) {
        size_t capacity = samples->capacity ? samples->capacity * 2 : 16;
        void *grown = realloc(samples->values, capacity * sizeof(*samples->values));

        if (!grown) {
            return -ENOMEM;
        }
        samples->values = grown;
        samples->capacity = capacity;
    }
    samples->values[samples->count++] = value;
    samples->sum += value;
    return 0;
}

static int compare_values(const void *left, const void *right)
{
    const uint64_t *a = left;
    const uint64_t *b = right;

    return *a < *b ? -1 : *a > *b;
}

static void sort_samples(struct profile_samples *samples)
{
    if (samples->count) {
        qsort(samples->values, samples->count, sizeof(*samples->values), compare_values);
    }
}

uint64_t profile_percentile(const struct profile_samples *samples, unsigned permille)
{
    size_t rank = (samples->count * permille + 999) / 1000;

    if (!samples->count) {
        return 0;
    }
    return samples->values[rank ? rank - 1 : 0];
}

double profile_mean(const struct profile_samples *samples)
{
    return samples->count ? (double)samples->sum / (double)samples->count : 0;
}

/* ---- groups ---------------------------------------------------------------------------------- */

void profile_function_name(const struct profile *profile, const struct profile_message *message,
                           char *to, size_t size)
{
    const char *gpu = profile->gpus.names[message->gpu];

    if (message->fn) {
        (void)snprintf(to, size, "%s.VF%u", gpu, message->fn);
    } else {
        (void)snprintf(to, size, "%s.PF", gpu);
    }
}

static void label_of(const struct profile *profile, const struct profile_message *message,
                     enum profile_by by, char *label, size_t size)
{
    switch (by) {
    case PROFILE_BY_HOP:
        (void)snprintf(label, size, "all");
        break;
    case PROFILE_BY_FN:
        profile_function_name(profile, message, label, size);
        break;
    case PROFILE_BY_GT:
        (void)snprintf(label, size, "%s.gt%u", profile->gpus.names[message->gpu], message->gt);
        break;
    default:
        (void)snprintf(label, size, "%s", profile->names.names[message->name]);
        break;
    }
}

/* The group with this kind and label, added when it is new; NULL without memory. */
static struct profile_group *find_group(struct profile_stats *stats, enum profile_kind kind,
                                        const char *label)
{
    struct profile_group *group;
    void *grown;

    for (size_t i = 0; i < stats->num_groups; i++) {
        if (stats->groups[i].kind == kind && strcmp(stats->groups[i].label, label) == 0) {
            return &stats->groups[i];
        }
    }
    grown = stats->num_groups < MAX_GROUPS
                ? realloc(stats->groups, (stats->num_groups + 1) * sizeof(*stats->groups))
                : NULL;
    if (!grown) {
        return NULL;
    }
    stats->groups = grown;
    group = &stats->groups[stats->num_groups++];
    *group = (struct profile_group){.kind = kind};
    (void)snprintf(group->label, sizeof(group->label), "%s", label);
    return group;
}

/* ---- selection ------------------------------------------------------------------------------- */

static bool is_action(const struct profile *profile, const struct profile_message *message,
                      const char *action)
{
    char *end;
    unsigned long number = strtoul(action, &end, 0);

    if (*action && *end == '\0') {
        return message->action == number;
    }
    return strcmp(profile->names.names[message->name], action) == 0;
}

static bool is_selected(const struct profile *profile, const struct profile_message *message,
                        const struct profile_options *options)
{
    if (options->fn >= 0 && message->fn != (unsigned)options->fn) {
        return false;
    }
    return !options->action || is_action(profile, message, options->action);
}

static int compare_groups(const void *left, const void *right)
{
    const struct profile_group *a = left;
    const struct profile_group *b = right;

    if (a->total.sum != b->total.sum) {
        return a->total.sum > b->total.sum ? -1 : 1;
    }
    return a->kind != b->kind ? (int)a->kind - (int)b->kind : strcmp(a->label, b->label);
}

/* What to do with a message that counts. Returns 0, -ENOMEM. */
typedef int visitor(struct profile_stats *stats, struct profile_group *group,
                    const struct profile_message *message, const struct profile_path *path);

static int add_path(struct profile_stats *stats, struct profile_group *group,
                    const struct profile_message *message, const struct profile_path *path)
{
    int err = add_sample(&group->total, path->total);

    (void)message;
    for (unsigned at = 0; at < TRACE_NUM_HOPS && !err; at++) {
        if (path->hops[at] != PROFILE_NEVER) {
            err = add_sample(&group->hops[at], path->hops[at]);
        }
    }
    stats->num_messages++;
    stats->sum += path->total;
    return err;
}

static int add_stalls(struct profile_stats *stats, struct profile_group *group,
                      const struct profile_message *message, const struct profile_path *path)
{
    profile_add_stalls(stats, group, message, path);
    return 0;
}

static int visit_all(const struct profile *profile, const struct profile_options *options,
                     struct profile_stats *stats, visitor *visit)
{
    int err = 0;

    stats->unfinished = 0;
    for (size_t i = 0; i < profile->num_messages && !err; i++) {
        const struct profile_message *message = &profile->messages[i];
        char label[PROFILE_NAME + 32];
        struct profile_path path;
        struct profile_group *group;

        if (message->part || !is_selected(profile, message, options)) {
            continue;
        }
        if (!profile_path(profile, message, &path)) {
            stats->unfinished++;
            continue;
        }
        if (path.start < options->from || path.start > options->to) {
            continue;
        }
        label_of(profile, message, options->by, label, sizeof(label));
        group = find_group(stats, (enum profile_kind)message->kind, label);
        err = group ? visit(stats, group, message, &path) : -ENOMEM;
    }
    return err;
}

static void sort_groups(struct profile_stats *stats)
{
    for (size_t g = 0; g < stats->num_groups; g++) {
        sort_samples(&stats->groups[g].total);
        for (unsigned at = 0; at < TRACE_NUM_HOPS; at++) {
            sort_samples(&stats->groups[g].hops[at]);
        }
    }
    if (stats->num_groups) {
        qsort(stats->groups, stats->num_groups, sizeof(*stats->groups), compare_groups);
    }
}

int profile_stats(const struct profile *profile, const struct profile_options *options,
                  struct profile_stats *stats)
{
    int err;

    *stats = (struct profile_stats){
        .by_hop = options->by == PROFILE_BY_ACTION_HOP || options->by == PROFILE_BY_HOP,
    };
    err = visit_all(profile, options, stats, add_path);
    sort_groups(stats);
    err = err ? err : visit_all(profile, options, stats, add_stalls);
    err = err ? err : profile_rings(profile, &stats->rings);
    if (err) {
        profile_stats_free(stats);
        return err;
    }
    profile_explain_stalls(profile, stats);
    series_sort(&stats->rings);
    return 0;
}

void profile_stats_free(struct profile_stats *stats)
{
    for (size_t g = 0; g < stats->num_groups; g++) {
        free(stats->groups[g].total.values);
        for (unsigned at = 0; at < TRACE_NUM_HOPS; at++) {
            free(stats->groups[g].hops[at].values);
        }
    }
    free(stats->groups);
    series_free(&stats->rings);
    *stats = (struct profile_stats){.num_groups = 0};
}
