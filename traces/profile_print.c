/* SPDX-License-Identifier: MIT */
/* A profile as text, CSV and JSON. Names are plain already (see intern in profile_read.c), so none
 * needs quoting. Text shows nanoseconds, the other two picoseconds. */
#include "traces/profile_stats.h"

#include <inttypes.h>

static const unsigned permilles[] = {500, 900, 990, 999};

static const char *const class_names[PROFILE_NUM_CLASSES] = {
    [PROFILE_WAITS] = "waits", [PROFILE_MOVES] = "moves", [PROFILE_WORKS] = "works"};

static const char *class_name(enum trace_hop_at at)
{
    return class_names[profile_hop_class(at)];
}

static double percent(uint64_t part, uint64_t whole)
{
    return whole ? 100.0 * (double)part / (double)whole : 0;
}

/* ---- text ------------------------------------------------------------------------------------ */

static void print_ns(FILE *out, double ps)
{
    (void)fprintf(out, " %11.1f", ps / 1000.0);
}

static void print_samples(FILE *out, const struct profile_samples *samples, uint64_t whole)
{
    (void)fprintf(out, "%7zu", samples->count);
    print_ns(out, (double)profile_percentile(samples, 0));
    for (size_t i = 0; i < ARRAY_SIZE(permilles); i++) {
        print_ns(out, (double)profile_percentile(samples, permilles[i]));
    }
    print_ns(out, (double)profile_percentile(samples, 1000));
    print_ns(out, profile_mean(samples));
    (void)fprintf(out, " %6.2f\n", percent(samples->sum, whole));
}

static void print_group_text(FILE *out, const struct profile_stats *stats,
                             const struct profile_group *group)
{
    uint64_t sums[PROFILE_NUM_CLASSES] = {0};
    char title[sizeof(group->label) + 16];

    (void)snprintf(title, sizeof(title), "%s %s", profile_kind_name(group->kind), group->label);
    (void)fprintf(out, "%-44s", title);
    print_samples(out, &group->total, stats->sum);
    if (!stats->by_hop) {
        return;
    }
    for (unsigned at = 0; at < TRACE_NUM_HOPS; at++) {
        if (group->hops[at].sum) {
            (void)fprintf(out, "  %-34s %-6s ",
                          profile_point_name(group->kind, (enum trace_hop_at)at),
                          class_name((enum trace_hop_at)at));
            print_samples(out, &group->hops[at], group->total.sum);
            sums[profile_hop_class((enum trace_hop_at)at)] += group->hops[at].sum;
        }
    }
    (void)fprintf(out, "  waits %.1f%%, moves %.1f%%, works %.1f%%\n\n",
                  percent(sums[PROFILE_WAITS], group->total.sum),
                  percent(sums[PROFILE_MOVES], group->total.sum),
                  percent(sums[PROFILE_WORKS], group->total.sum));
}

static uint64_t migration_total(const struct profile_recovery *gt)
{
    uint64_t total = 0;

    for (unsigned step = 0; step < PROFILE_NUM_STEPS; step++) {
        total += gt->steps[step];
    }
    return total;
}

/* Whether the VF left the target again. */
static bool moved_on(const struct profile *profile, const struct profile_migration *migration)
{
    const struct profile_migration *end = profile->migrations + profile->num_migrations;

    for (const struct profile_migration *next = migration + 1; next < end; next++) {
        if (migration->arrived && next->from == migration->to &&
            next->vf_from == migration->vf_to) {
            return true;
        }
    }
    return false;
}

static void print_recovery_text(FILE *out, const struct profile_recovery *gt)
{
    uint64_t total = migration_total(gt);

    for (unsigned step = 0; step < PROFILE_NUM_STEPS; step++) {
        const char *name = profile_step_name((enum profile_step)step);

        if (gt->steps[step]) {
            (void)fprintf(out, "  %-16s %12.3f %6.2f%%\n", name, (double)gt->steps[step] / 1e6,
                          percent(gt->steps[step], total));
        } else {
            (void)fprintf(out, "  %-16s %12s\n", name, "-");
        }
    }
    (void)fprintf(out, "  %-16s %12.3f 100.00%%\n", "total", (double)total / 1e6);
}

static void print_migration_text(FILE *out, const struct profile *profile,
                                 const struct profile_migration *migration)
{
    bool seen = migration->gts[0].seen || migration->gts[1].seen;
    const char *not_ended =
        moved_on(profile, migration) ? " (moved on before it recovered)" : " (did not recover)";

    (void)fprintf(out, "migration %s.vf%u", profile->gpus.names[migration->from],
                  migration->vf_from);
    if (!migration->arrived) {
        (void)fprintf(out, " from %.3f us: did not arrive\n\n", (double)migration->start / 1e6);
        return;
    }
    (void)fprintf(out, " -> %s.vf%u from %.3f us, down for %.3f us\n",
                  profile->gpus.names[migration->to], migration->vf_to,
                  (double)migration->start / 1e6,
                  (double)(migration->resume - migration->start) / 1e6);
    for (unsigned gt = 0; gt < PROFILE_GTS; gt++) {
        if (seen ? migration->gts[gt].seen : gt == 0) {
            (void)fprintf(out, " gt%u%s\n  %-16s %12s %7s\n", gt,
                          migration->gts[gt].ended ? "" : not_ended, "step", "us", "share");
            print_recovery_text(out, &migration->gts[gt]);
        }
    }
    (void)fprintf(out, "\n");
}

void profile_print_text(FILE *out, const struct profile *profile, const struct profile_stats *stats)
{
    static const char *const columns[] = {"min", "p50", "p90", "p99", "p99.9", "max", "mean"};

    (void)fprintf(
        out,
        "%zu messages, %zu without an end; times in ns\n"
        "a hop is the time up to the point that it names; hops that took none are left out\n\n",
        stats->num_messages, stats->unfinished);
    (void)fprintf(out, "%-44s%7s", stats->by_hop ? "message / hop" : "message", "count");
    for (size_t i = 0; i < ARRAY_SIZE(columns); i++) {
        (void)fprintf(out, " %11s", columns[i]);
    }
    (void)fprintf(out, " share%%\n");
    for (size_t g = 0; g < stats->num_groups; g++) {
        print_group_text(out, stats, &stats->groups[g]);
    }
    if (!stats->by_hop) {
        (void)fprintf(out, "\n");
    }
    profile_print_use_text(out, profile, stats);
    for (size_t i = 0; i < profile->num_migrations; i++) {
        print_migration_text(out, profile, &profile->migrations[i]);
    }
}

/* ---- CSV ------------------------------------------------------------------------------------- */

static void print_samples_csv(FILE *out, const struct profile_samples *samples, uint64_t whole)
{
    (void)fprintf(out, "%zu,%" PRIu64, samples->count, profile_percentile(samples, 0));
    for (size_t i = 0; i < ARRAY_SIZE(permilles); i++) {
        (void)fprintf(out, ",%" PRIu64, profile_percentile(samples, permilles[i]));
    }
    (void)fprintf(out, ",%" PRIu64 ",%.3f,%.4f\n", profile_percentile(samples, 1000),
                  profile_mean(samples), percent(samples->sum, whole));
}

static void print_group_csv(FILE *out, const struct profile_stats *stats,
                            const struct profile_group *group)
{
    (void)fprintf(out, "%s,%s,total,", profile_kind_name(group->kind), group->label);
    print_samples_csv(out, &group->total, stats->sum);
    for (unsigned at = 0; stats->by_hop && at < TRACE_NUM_HOPS; at++) {
        if (group->hops[at].count) {
            (void)fprintf(out, "%s,%s,%s,", profile_kind_name(group->kind), group->label,
                          profile_point_name(group->kind, (enum trace_hop_at)at));
            print_samples_csv(out, &group->hops[at], group->total.sum);
        }
    }
}

/* A step is a sample of its own. */
static void print_steps_csv(FILE *out, const char *title, const struct profile_recovery *recovery)
{
    for (unsigned step = 0; step < PROFILE_NUM_STEPS; step++) {
        uint64_t ps = recovery->steps[step];
        const struct profile_samples sample = {.values = &ps, .count = 1, .sum = ps};

        (void)fprintf(out, "migration,%s,%s,", title, profile_step_name((enum profile_step)step));
        print_samples_csv(out, &sample, migration_total(recovery));
    }
}

static void print_migration_csv(FILE *out, const struct profile *profile,
                                const struct profile_migration *migration)
{
    char title[2 * PROFILE_NAME + 32];

    for (unsigned gt = 0; gt < PROFILE_GTS; gt++) {
        (void)snprintf(title, sizeof(title), "%s.vf%u-%s.vf%u.gt%u",
                       profile->gpus.names[migration->from], migration->vf_from,
                       profile->gpus.names[migration->to], migration->vf_to, gt);
        if (migration->gts[gt].seen) {
            print_steps_csv(out, title, &migration->gts[gt]);
        }
    }
}

void profile_print_csv(FILE *out, const struct profile *profile, const struct profile_stats *stats)
{
    (void)fprintf(out, "kind,message,hop,count,min_ps,p50_ps,p90_ps,p99_ps,p99.9_ps,max_ps,mean_ps,"
                       "share_percent\n");
    for (size_t g = 0; g < stats->num_groups; g++) {
        print_group_csv(out, stats, &stats->groups[g]);
    }
    for (size_t i = 0; i < profile->num_migrations; i++) {
        print_migration_csv(out, profile, &profile->migrations[i]);
    }
}

/* ---- JSON ------------------------------------------------------------------------------------ */

static void print_samples_json(FILE *out, const struct profile_samples *samples, uint64_t whole)
{
    static const char *const names[] = {"p50", "p90", "p99", "p99.9"};

    (void)fprintf(out, "\"count\": %zu, \"min\": %" PRIu64, samples->count,
                  profile_percentile(samples, 0));
    for (size_t i = 0; i < ARRAY_SIZE(permilles); i++) {
        (void)fprintf(out, ", \"%s\": %" PRIu64, names[i],
                      profile_percentile(samples, permilles[i]));
    }
    (void)fprintf(out,
                  ", \"max\": %" PRIu64 ", \"mean\": %.3f, \"sum\": %" PRIu64
                  ", \"share_percent\": %.4f",
                  profile_percentile(samples, 1000), profile_mean(samples), samples->sum,
                  percent(samples->sum, whole));
}

static void print_group_json(FILE *out, const struct profile_stats *stats,
                             const struct profile_group *group)
{
    const char *separator = "";

    (void)fprintf(out, "    {\"kind\": \"%s\", \"message\": \"%s\",\n     \"total\": {",
                  profile_kind_name(group->kind), group->label);
    print_samples_json(out, &group->total, stats->sum);
    (void)fprintf(out, "},\n     \"hops\": [");
    for (unsigned at = 0; stats->by_hop && at < TRACE_NUM_HOPS; at++) {
        if (group->hops[at].count) {
            (void)fprintf(out, "%s\n       {\"hop\": \"%s\", \"class\": \"%s\", ", separator,
                          profile_point_name(group->kind, (enum trace_hop_at)at),
                          class_name((enum trace_hop_at)at));
            print_samples_json(out, &group->hops[at], group->total.sum);
            (void)fprintf(out, "}");
            separator = ",";
        }
    }
    (void)fprintf(out, "]}");
}

static void print_migration_json(FILE *out, const struct profile *profile,
                                 const struct profile_migration *migration)
{
    const char *separator = "";

    (void)fprintf(out,
                  "    {\"from\": \"%s\", \"vf_from\": %u, \"to\": \"%s\", \"vf_to\": %u, "
                  "\"arrived\": %s, \"moved_on\": %s, \"start_ps\": %" PRIu64
                  ", \"resume_ps\": %" PRIu64 ", \"gts\": [",
                  profile->gpus.names[migration->from], migration->vf_from,
                  migration->arrived ? profile->gpus.names[migration->to] : "", migration->vf_to,
                  migration->arrived ? "true" : "false",
                  moved_on(profile, migration) ? "true" : "false", migration->start,
                  migration->resume);
    for (unsigned gt = 0; gt < PROFILE_GTS; gt++) {
        const struct profile_recovery *recovery = &migration->gts[gt];

        if (!recovery->seen) {
            continue;
        }
        (void)fprintf(out,
                      "%s\n      {\"gt\": %u, \"ended\": %s, \"end_ps\": %" PRIu64
                      ", \"total_ps\": %" PRIu64 ", \"steps\": {",
                      separator, gt, recovery->ended ? "true" : "false", recovery->end,
                      migration_total(recovery));
        for (unsigned step = 0; step < PROFILE_NUM_STEPS; step++) {
            (void)fprintf(out, "%s\"%s\": %" PRIu64, step ? ", " : "",
                          profile_step_name((enum profile_step)step), recovery->steps[step]);
        }
        (void)fprintf(out, "}}");
        separator = ",";
    }
    (void)fprintf(out, "]}");
}

void profile_print_json(FILE *out, const struct profile *profile, const struct profile_stats *stats)
{
    (void)fprintf(out,
                  "{\"unit\": \"ps\", \"messages\": %zu, \"unfinished\": %zu,\n  \"groups\": [",
                  stats->num_messages, stats->unfinished);
    for (size_t g = 0; g < stats->num_groups; g++) {
        (void)fprintf(out, "%s\n", g ? "," : "");
        print_group_json(out, stats, &stats->groups[g]);
    }
    (void)fprintf(out, "],\n");
    profile_print_use_json(out, profile, stats);
    (void)fprintf(out, ",\n  \"migrations\": [");
    for (size_t i = 0; i < profile->num_migrations; i++) {
        (void)fprintf(out, "%s\n", i ? "," : "");
        print_migration_json(out, profile, &profile->migrations[i]);
    }
    (void)fprintf(out, "]}\n");
}
