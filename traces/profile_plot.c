/* SPDX-License-Identifier: MIT */
/* A profile as a picture, drawn by gnuplot: how long messages take (cumulative, histogram), where
 * the downtime of migrations goes, and what of rings and credits is in use. gnuplot gets its
 * commands and data through a pipe and writes the picture to our standard output. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "traces/profile_stats.h"
#include "traces/series.h"

#define MAX_GROUPS     8u /* with most time spent: more lines cannot be told apart */
#define MAX_HISTOGRAMS 3u
#define MAX_BARS       12u /* migrations on their GTs */
#define MAX_CHANNELS   3u  /* of a kind */
#define NUM_BINS       40u
#define NOT_FOUND      127 /* what a shell says */

static const char head[] = "set multiplot\n"
                           "set border 3 lc rgb '#5a6675'\n"
                           "set tics nomirror out tc rgb '#1b2430'\n"
                           "set grid lc rgb '#d5dbe3' lt 1 lw 0.6\n"
                           "set key noenhanced samplen 1.5 spacing 1.15\n"
                           "ns(x) = x / 1000.0\n"
                           "set linetype 1 lc rgb '#1a5fb4'\nset linetype 2 lc rgb '#d9700f'\n"
                           "set linetype 3 lc rgb '#2a9157'\nset linetype 4 lc rgb '#b5338a'\n"
                           "set linetype 5 lc rgb '#7a5af0'\nset linetype 6 lc rgb '#9b7a00'\n"
                           "set linetype 7 lc rgb '#0e8c99'\nset linetype 8 lc rgb '#c2362b'\n"
                           "set linetype 9 lc rgb '#6b7885'\nset linetype 10 lc rgb '#8c564b'\n"
                           "set linetype 11 lc rgb '#4f9d00'\nset linetype 12 lc rgb '#e05297'\n"
                           "set linetype 13 lc rgb '#3b4cc0'\nset linetype 14 lc rgb '#5f9ea0'\n";

/* A part of the picture: 0, 0 is at its lower left. */
static void put_panel(FILE *out, const char *title, double x, double y, double width)
{
    (void)fprintf(out,
                  "reset\n%sset origin %g,%g\nset size %g,0.48\nset title '%s'\n"
                  "set lmargin 9\nset rmargin 3\n",
                  strchr(head, '\n') + 1, x, y, width, title);
}

/* ---- messages -------------------------------------------------------------------------------- */

static size_t num_shown(const struct profile_stats *stats, size_t max)
{
    return stats->num_groups < max ? stats->num_groups : max;
}

/* The logarithmic axis has no place for messages that take no time. */
static uint64_t at_least_one(uint64_t ps)
{
    return ps ? ps : 1;
}

/* Of equal samples the last one is the step. */
static void put_steps(FILE *out, const struct profile_samples *total)
{
    for (size_t i = 0; i < total->count; i++) {
        if (i + 1 == total->count || total->values[i + 1] != total->values[i]) {
            (void)fprintf(out, "%" PRIu64 " %.4f\n", at_least_one(total->values[i]),
                          100.0 * (double)(i + 1) / (double)total->count);
        }
    }
}

static void put_cumulative_data(FILE *out, const struct profile_stats *stats)
{
    for (size_t g = 0; g < num_shown(stats, MAX_GROUPS); g++) {
        const struct profile_samples *total = &stats->groups[g].total;

        (void)fprintf(out, "$c%zu << EOD\n%" PRIu64 " 0\n", g, at_least_one(total->values[0]));
        put_steps(out, total);
        (void)fputs("EOD\n", out);
    }
}

static void put_log_axis(FILE *out)
{
    (void)fputs("set logscale x\n"
                "set format x '%g'\n",
                out);
}

static void put_cumulative(FILE *out, const struct profile_stats *stats)
{
    size_t shown = num_shown(stats, MAX_GROUPS);

    put_panel(out, "Share of messages that took at most so long [ns]", 0, 0.5, 0.5);
    put_log_axis(out);
    (void)fputs("set ylabel '%' offset 1.5,0\nset yrange [0:102]\n"
                "set key below horizontal maxrows 4 font ',9'\n",
                out);
    for (size_t g = 0; g < shown; g++) {
        (void)fprintf(out, "%s$c%zu using (ns($1)):2 with steps lt %zu lw 1.8 title '%s %s'",
                      g ? ", " : "plot ", g, g + 1, profile_kind_name(stats->groups[g].kind),
                      stats->groups[g].label);
    }
    (void)fputc('\n', out);
}

/* Bins grow with the time, as the axis does. */
static void put_bins(FILE *out, const struct profile_samples *total, double least, double most)
{
    const double step = log(most / least) / NUM_BINS;
    size_t i = 0;

    for (unsigned bin = 0; bin < NUM_BINS; bin++) {
        double end = bin + 1 < NUM_BINS ? least * exp(step * (bin + 1)) : INFINITY;
        size_t first = i;

        while (i < total->count && (double)at_least_one(total->values[i]) < end) {
            i++;
        }
        (void)fprintf(out, "%.3f %.3f %zu\n", least * exp(step * bin),
                      least * exp(step * (bin + 1)), i - first);
    }
}

static void put_histogram_data(FILE *out, const struct profile_stats *stats)
{
    double least = INFINITY, most = 0;

    for (size_t g = 0; g < num_shown(stats, MAX_HISTOGRAMS); g++) {
        const struct profile_samples *total = &stats->groups[g].total;

        least = fmin(least, (double)at_least_one(total->values[0]));
        most = fmax(most, (double)at_least_one(total->values[total->count - 1]));
    }
    most = fmax(most, least * 1.2);
    for (size_t g = 0; g < num_shown(stats, MAX_HISTOGRAMS); g++) {
        (void)fprintf(out, "$h%zu << EOD\n", g);
        put_bins(out, &stats->groups[g].total, least, most);
        (void)fputs("EOD\n", out);
    }
}

static void put_histogram(FILE *out, const struct profile_stats *stats)
{
    put_panel(out, "How many messages took so long [ns], of those with most time spent", 0.5, 0.5,
              0.5);
    put_log_axis(out);
    (void)fputs("set logscale y\nset ylabel 'messages' offset 1.5,0\nset yrange [0.6:*]\n"
                "set key top right font ',10'\nset style fill transparent solid 0.45 noborder\n",
                out);
    for (size_t g = 0; g < num_shown(stats, MAX_HISTOGRAMS); g++) {
        (void)fprintf(out,
                      "%s$h%zu using (ns(sqrt($1*$2))):($3 > 0 ? $3 : NaN):(ns($1)):(ns($2)):(0.6)"
                      ":3 with boxxyerror lt %zu title '%s %s'",
                      g ? ", " : "plot ", g, g + 1, profile_kind_name(stats->groups[g].kind),
                      stats->groups[g].label);
    }
    (void)fputc('\n', out);
}

/* ---- downtime -------------------------------------------------------------------------------- */

struct bar {
    const struct profile_migration *migration;
    unsigned gt;
};

static unsigned collect_bars(const struct profile *profile, struct bar bars[MAX_BARS])
{
    unsigned count = 0;

    for (size_t i = 0; i < profile->num_migrations * PROFILE_GTS && count < MAX_BARS; i++) {
        const struct profile_migration *migration = &profile->migrations[i / PROFILE_GTS];
        unsigned gt = (unsigned)(i % PROFILE_GTS);

        if (migration->gts[gt].seen) {
            bars[count++] = (struct bar){migration, gt};
        }
    }
    return count;
}

/* Where a step of the bar begins. */
static uint64_t begin_of(const struct bar *bar, unsigned step)
{
    uint64_t begin = 0;

    for (unsigned i = 0; i < step; i++) {
        begin += bar->migration->gts[bar->gt].steps[i];
    }
    return begin;
}

static void put_downtime_data(FILE *out, const struct bar *bars, unsigned count)
{
    for (unsigned step = 0; step < PROFILE_NUM_STEPS; step++) {
        (void)fprintf(out, "$d%u << EOD\n", step);
        for (unsigned b = 0; b < count; b++) {
            (void)fprintf(out, "%u %" PRIu64 " %" PRIu64 "\n", b, begin_of(&bars[b], step),
                          begin_of(&bars[b], step + 1));
        }
        (void)fputs("EOD\n", out);
    }
}

static void put_downtime(FILE *out, const struct profile *profile, const struct bar *bars,
                         unsigned count)
{
    put_panel(out, "Downtime of migrations [us], until first work is done", 0, 0, 0.5);
    (void)fputs("set style fill solid 0.9 noborder\n"
                "set key below horizontal maxrows 4 font ',9'\nset xrange [0:*]\n"
                "set lmargin 16\n",
                out);
    (void)fprintf(out, "set yrange [%u-0.4:-0.6]\nunset grid\nset grid x lc rgb '#d5dbe3'\n",
                  count);
    for (unsigned b = 0; b < count; b++) {
        const struct profile_migration *migration = bars[b].migration;

        (void)fprintf(out, "set ytics %s (\"%s VF%u\\nto %s VF%u\\n%s GT\" %u) noenhanced\n",
                      b ? "add" : "", profile->gpus.names[migration->from], migration->vf_from,
                      profile->gpus.names[migration->to], migration->vf_to,
                      bars[b].gt ? "media" : "main", b);
    }
    for (unsigned step = 0; step < PROFILE_NUM_STEPS; step++) {
        (void)fprintf(out,
                      "%s$d%u using ($2/1e6):1:($2/1e6):($3/1e6):($1-0.36):($1+0.36) with "
                      "boxxyerror lt %u title \"%s\"",
                      step ? ", " : "plot ", step, step + 1,
                      profile_step_name((enum profile_step)step));
    }
    (void)fputc('\n', out);
}

/* ---- rings and credits ----------------------------------------------------------------------- */

/* Names come from a file that may be anything. */
static void put_plain(FILE *out, const char *name)
{
    for (; *name; name++) {
        bool plain = strchr("._-[]", *name) || (*name >= '0' && *name <= '9') ||
                     ((*name | 0x20) >= 'a' && (*name | 0x20) <= 'z');

        (void)fputc(plain ? *name : '?', out);
    }
}

static void put_series_data(FILE *out, const struct series_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        (void)fprintf(out, "$s%zu << EOD\n", i);
        for (size_t p = 0; p < list->series[i].count; p++) {
            const struct series_point *point = &list->series[i].points[p];

            (void)fprintf(out, "%" PRId64 " %" PRIu64 "\n", point->t_ps, point->value);
        }
        (void)fputs("EOD\n", out);
    }
}

/* Of each kind the channels that used most. */
static void put_series(FILE *out, const struct series_list *list)
{
    static const char *const kinds[] = {"H2G ring", "credits"};
    unsigned shown[] = {0, 0};
    unsigned line = 0;

    put_panel(out, "Dwords in use over time [us]: H2G rings, credits for answers", 0.5, 0, 0.5);
    (void)fputs("set ylabel 'dwords' offset 1.5,0\n"
                "set yrange [0:*]\nset xrange [0:*]\n"
                "set key below horizontal maxrows 3 font ',9'\n",
                out);
    for (size_t i = 0; i < list->count; i++) {
        const struct series *series = &list->series[i];

        if (shown[series->kind]++ >= MAX_CHANNELS) {
            continue;
        }
        (void)fprintf(out, "%s$s%zu using ($1/1e6):2 with steps lt %u lw 1.3 title \"",
                      line ? ", " : "plot ", i, line + 1);
        line++;
        put_plain(out, series->name);
        (void)fprintf(out, " %s\"", kinds[series->kind]);
    }
    (void)fputc('\n', out);
}

static void put_nothing(FILE *out, const char *title, double x, double y, const char *why)
{
    put_panel(out, title, x, y, 0.5);
    (void)fprintf(out,
                  "unset border\nunset tics\nunset grid\nset yrange [0:1]\nset xrange [0:1]\n"
                  "set label 1 '%s' at 0.5,0.5 center\nplot NaN notitle\nunset label 1\n",
                  why);
}

/* ---- whole ----------------------------------------------------------------------------------- */

static void put_commands(FILE *out, const struct profile *profile,
                         const struct profile_stats *stats, const struct series_list *list)
{
    struct bar bars[MAX_BARS];
    unsigned count = collect_bars(profile, bars);

    put_cumulative_data(out, stats);
    put_histogram_data(out, stats);
    put_downtime_data(out, bars, count);
    put_series_data(out, list);
    (void)fputs("set multiplot\n", out);
    if (stats->num_groups) {
        put_cumulative(out, stats);
        put_histogram(out, stats);
    } else {
        put_nothing(out, "Messages", 0, 0.5, "no message came to its end");
    }
    if (count) {
        put_downtime(out, profile, bars, count);
    } else {
        put_nothing(out, "Downtime of migrations", 0, 0, "nothing was migrated");
    }
    if (list->count) {
        put_series(out, list);
    } else {
        put_nothing(out, "Dwords in use over time [us]: H2G rings, credits for answers", 0.5, 0,
                    "no channel was used");
    }
    (void)fputs("unset multiplot\n", out);
}

/* Returns 0 or -errno with a message. */
static int run_gnuplot(const char *terminal, const struct profile *profile,
                       const struct profile_stats *stats, const struct series_list *list)
{
    FILE *out;
    int status;

    (void)fflush(stdout);
    out = popen("gnuplot", "w");
    if (!out) {
        return -errno;
    }
    (void)fprintf(out, "set terminal %s\n", terminal);
    put_commands(out, profile, stats, list);
    status = pclose(out);
    if (status == -1) {
        return -errno;
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == NOT_FOUND) {
        return -ENOENT;
    }
    return status ? -EIO : 0;
}

int profile_plot(const char *dir, bool png, const struct profile *profile,
                 const struct profile_stats *stats)
{
    static const char svg_terminal[] =
        "svg size 1500,1000 noenhanced font 'DejaVu Sans,12' background '#ffffff'";
    static const char png_terminal[] = "pngcairo size 1500,1000 noenhanced font 'DejaVu Sans,10'";
    char error[SERIES_ERROR];
    struct series_list list = {.count = 0};
    int err = profile_rings(profile, &list);

    (void)snprintf(error, sizeof(error), "no memory");
    err = err ? err : series_read_credits(dir, &list, error);
    if (err) {
        (void)fprintf(stderr, "gucsim profile: %s\n", error);
        series_free(&list);
        return err;
    }
    series_sort(&list);
    err = run_gnuplot(png ? png_terminal : svg_terminal, profile, stats, &list);
    if (err) {
        (void)fprintf(stderr, "gucsim profile: gnuplot: %s\n",
                      err == -ENOENT ? "is not installed (Debian: gnuplot-nox)" : strerror(-err));
    }
    series_free(&list);
    return err;
}
