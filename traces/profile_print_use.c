/* SPDX-License-Identifier: MIT */
/* A profile's stalls and the use of its rings, as text, CSV and JSON. */
#include "traces/profile_stats.h"

#include <inttypes.h>

static const char *message_name(const struct profile *profile, const struct profile_message *of)
{
    return profile->names.names[of->name];
}

/* ---- text ------------------------------------------------------------------------------------ */

static void print_busy(FILE *out, const struct profile *profile, const struct profile_stall *stall)
{
    char function[2 * PROFILE_NAME];

    if (!stall->busiest) {
        (void)fprintf(out, "nothing handled\n");
        return;
    }
    profile_function_name(profile, stall->busiest, function, sizeof(function));
    (void)fprintf(out, "%zu handled for %.1f, longest %s of %s, %.1f\n", stall->others,
                  (double)stall->others_ps / 1000.0, message_name(profile, stall->busiest),
                  function, (double)stall->busiest_ps / 1000.0);
}

static void print_stalls_text(FILE *out, const struct profile *profile,
                              const struct profile_stats *stats)
{
    if (!stats->num_stalls) {
        return;
    }
    (void)fprintf(out, "%-44s %-16s %13s %11s %11s  %s\n", "stalls: message, up to", "function",
                  "from us", "ns", "usual", "what was handled there meanwhile, ns");
    for (size_t i = 0; i < stats->num_stalls; i++) {
        const struct profile_stall *stall = &stats->stalls[i];
        const struct profile_message *message = stall->message;
        enum profile_kind kind = (enum profile_kind)message->kind;
        char title[2 * PROFILE_NAME];
        char function[2 * PROFILE_NAME];

        (void)snprintf(title, sizeof(title), "  %s %s, %s", profile_kind_name(kind),
                       message_name(profile, message), profile_point_name(kind, stall->hop));
        profile_function_name(profile, message, function, sizeof(function));
        (void)fprintf(out, "%-44s %-12s gt%u %13.3f %11.1f %11.1f  ", title, function, message->gt,
                      (double)stall->start / 1e6, (double)stall->ps / 1000.0,
                      (double)stall->usual / 1000.0);
        print_busy(out, profile, stall);
    }
    (void)fprintf(out, "\n");
}

static void print_rings_text(FILE *out, const struct series_list *rings)
{
    if (!rings->count) {
        return;
    }
    (void)fprintf(out, "%-44s %11s %11s\n", "H2G rings: dwords in use", "most", "mean");
    for (size_t i = 0; i < rings->count; i++) {
        (void)fprintf(out, "  %-42s %11" PRIu64 " %11.3f\n", rings->series[i].name,
                      rings->series[i].most, series_mean(&rings->series[i]));
    }
    (void)fprintf(out, "\n");
}

void profile_print_use_text(FILE *out, const struct profile *profile,
                            const struct profile_stats *stats)
{
    print_stalls_text(out, profile, stats);
    print_rings_text(out, &stats->rings);
}

/* ---- CSV ------------------------------------------------------------------------------------- */

void profile_print_stalls_csv(FILE *out, const struct profile *profile,
                              const struct profile_stats *stats)
{
    (void)fprintf(out, "kind,message,hop,function,gt,start_ps,wait_ps,usual_ps,handled,handled_ps,"
                       "longest,longest_function,longest_ps\n");
    for (size_t i = 0; i < stats->num_stalls; i++) {
        const struct profile_stall *stall = &stats->stalls[i];
        enum profile_kind kind = (enum profile_kind)stall->message->kind;
        char function[2 * PROFILE_NAME];
        char other[2 * PROFILE_NAME] = "";

        profile_function_name(profile, stall->message, function, sizeof(function));
        if (stall->busiest) {
            profile_function_name(profile, stall->busiest, other, sizeof(other));
        }
        (void)fprintf(out,
                      "%s,%s,%s,%s,%u,%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%zu,%" PRIu64
                      ",%s,%s,%" PRIu64 "\n",
                      profile_kind_name(kind), message_name(profile, stall->message),
                      profile_point_name(kind, stall->hop), function, stall->message->gt,
                      stall->start, stall->ps, stall->usual, stall->others, stall->others_ps,
                      stall->busiest ? message_name(profile, stall->busiest) : "", other,
                      stall->busiest_ps);
    }
}

void profile_print_rings_csv(FILE *out, const struct profile *profile,
                             const struct profile_stats *stats)
{
    (void)profile;
    (void)fprintf(out, "ring,most_dwords,mean_dwords\n");
    for (size_t i = 0; i < stats->rings.count; i++) {
        (void)fprintf(out, "%s,%" PRIu64 ",%.3f\n", stats->rings.series[i].name,
                      stats->rings.series[i].most, series_mean(&stats->rings.series[i]));
    }
}

/* ---- JSON ------------------------------------------------------------------------------------ */

static void print_stall_json(FILE *out, const struct profile *profile,
                             const struct profile_stall *stall)
{
    enum profile_kind kind = (enum profile_kind)stall->message->kind;
    char function[2 * PROFILE_NAME];

    profile_function_name(profile, stall->message, function, sizeof(function));
    (void)fprintf(out,
                  "    {\"kind\": \"%s\", \"message\": \"%s\", \"hop\": \"%s\", \"function\": "
                  "\"%s\", \"gt\": %u, \"start_ps\": %" PRIu64 ", \"wait_ps\": %" PRIu64
                  ", \"usual_ps\": %" PRIu64 ", \"handled\": %zu, \"handled_ps\": %" PRIu64
                  ", \"longest\": ",
                  profile_kind_name(kind), message_name(profile, stall->message),
                  profile_point_name(kind, stall->hop), function, stall->message->gt, stall->start,
                  stall->ps, stall->usual, stall->others, stall->others_ps);
    if (!stall->busiest) {
        (void)fprintf(out, "null}");
        return;
    }
    profile_function_name(profile, stall->busiest, function, sizeof(function));
    (void)fprintf(out, "{\"message\": \"%s\", \"function\": \"%s\", \"ps\": %" PRIu64 "}}",
                  message_name(profile, stall->busiest), function, stall->busiest_ps);
}

void profile_print_use_json(FILE *out, const struct profile *profile,
                            const struct profile_stats *stats)
{
    (void)fprintf(out, "  \"stalls\": [");
    for (size_t i = 0; i < stats->num_stalls; i++) {
        (void)fprintf(out, "%s\n", i ? "," : "");
        print_stall_json(out, profile, &stats->stalls[i]);
    }
    (void)fprintf(out, "],\n  \"rings\": [");
    for (size_t i = 0; i < stats->rings.count; i++) {
        (void)fprintf(
            out, "%s\n    {\"ring\": \"%s\", \"most_dwords\": %" PRIu64 ", \"mean_dwords\": %.3f}",
            i ? "," : "", stats->rings.series[i].name, stats->rings.series[i].most,
            series_mean(&stats->rings.series[i]));
    }
    (void)fprintf(out, "]");
}
