/* SPDX-License-Identifier: MIT */
/* Room in H2G rings and G2H credits of every CT channel over time, as their drivers see them: from
 * the probes in the run's waves. */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "traces/report_html.h"
#include "traces/vcd.h"

#define FS_PS      1000
#define MAX_SERIES 256u
#define MAX_POINTS 4000u /* of one series: what comes later is left out, and said so */

struct point {
    int64_t t_ps;
    uint64_t value;
};

struct series {
    uint32_t signal;
    const char *name;
    struct point *points;
    uint64_t count; /* of points, also of those left out */
};

struct all_series {
    struct vcd *vcd;
    uint32_t *of_signal; /* number of a series + 1, by signal */
    struct series list[MAX_SERIES];
    unsigned count;
};

static bool is_wanted(const char *name)
{
    static const char *const ends[] = {".ct.h2g_space", ".ct.g2h_space"};
    size_t length = strlen(name);

    for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
        size_t part = strlen(ends[i]);

        if (length > part && strcmp(name + length - part, ends[i]) == 0) {
            return true;
        }
    }
    return false;
}

static int choose(struct all_series *all)
{
    size_t count;
    const struct vcd_signal *signals = vcd_signals(all->vcd, &count);
    bool *wanted = calloc(count + 1, sizeof(*wanted));

    all->of_signal = calloc(count + 1, sizeof(*all->of_signal));
    if (!wanted || !all->of_signal) {
        free(wanted);
        return -ENOMEM;
    }
    for (size_t i = 0; i < count && all->count < MAX_SERIES; i++) {
        if (is_wanted(signals[i].name)) {
            wanted[i] = true;
            all->list[all->count++] =
                (struct series){.signal = (uint32_t)i, .name = signals[i].name};
            all->of_signal[i] = all->count;
        }
    }
    vcd_watch(all->vcd, wanted);
    free(wanted);
    return 0;
}

static int add_point(struct series *series, int64_t t_ps, uint64_t value)
{
    if (series->count && series->count <= MAX_POINTS &&
        series->points[series->count - 1].value == value) {
        return 0;
    }
    if (series->count++ >= MAX_POINTS) {
        return 0;
    }
    if (!series->points) {
        series->points = calloc(MAX_POINTS, sizeof(*series->points));
        if (!series->points) {
            return -ENOMEM;
        }
    }
    series->points[series->count - 1] = (struct point){t_ps, value};
    return 0;
}

static int follow(struct all_series *all)
{
    for (;;) {
        int64_t t_ps = vcd_next_time(all->vcd) / FS_PS;
        const uint32_t *touched;
        size_t count;
        int ret = vcd_step(all->vcd);

        if (ret <= 0) {
            return ret;
        }
        touched = vcd_touched(all->vcd, &count);
        for (size_t i = 0; i < count; i++) {
            uint32_t number = all->of_signal[touched[i]];

            if (number &&
                add_point(&all->list[number - 1], t_ps, *vcd_value(all->vcd, touched[i]))) {
                return -ENOMEM;
            }
        }
    }
}

/* [{"name": "src.pf.gt0.ct.h2g_space", "points": [[t_ps, dwords]], "left_out": 0}]; what never
 * changed is no story. */
static void put_series(FILE *out, const struct all_series *all)
{
    const char *separator = "";

    (void)fputc('[', out);
    for (unsigned i = 0; i < all->count; i++) {
        const struct series *series = &all->list[i];
        uint64_t shown = series->count < MAX_POINTS ? series->count : MAX_POINTS;

        if (shown < 2) {
            continue;
        }
        (void)fprintf(out, "%s\n{\"left_out\":%" PRIu64 ",\"name\":", separator,
                      series->count - shown);
        report_string(out, series->name);
        (void)fputs(",\"points\":[", out);
        for (uint64_t p = 0; p < shown; p++) {
            (void)fprintf(out, "%s[%" PRId64 ",%" PRIu64 "]", p ? "," : "", series->points[p].t_ps,
                          series->points[p].value);
        }
        (void)fputs("]}", out);
        separator = ",";
    }
    (void)fputc(']', out);
}

static void release(struct all_series *all)
{
    for (unsigned i = 0; i < all->count; i++) {
        free(all->list[i].points);
    }
    free(all->of_signal);
    vcd_close(all->vcd);
    free(all);
}

static bool find_waves(const char *dir, char path[PATH_MAX])
{
    static const char *const names[] = {"trace.vcd.gz", "trace.vcd"};

    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        if (snprintf(path, PATH_MAX, "%s/%s", dir, names[i]) < PATH_MAX && !access(path, R_OK)) {
            return true;
        }
    }
    return false;
}

int report_series(FILE *out, const char *dir, char *error)
{
    char path[PATH_MAX];
    struct all_series *all;
    int err;

    if (!find_waves(dir, path)) {
        (void)fputs("[]", out);
        return 0;
    }
    all = calloc(1, sizeof(*all));
    if (!all) {
        return -ENOMEM;
    }
    all->vcd = vcd_open(path, error, REPORT_ERROR);
    if (!all->vcd) {
        free(all);
        return -EINVAL;
    }
    err = choose(all);
    err = err ? err : follow(all);
    if (err) {
        (void)snprintf(error, REPORT_ERROR, "%s", vcd_error(all->vcd));
    } else {
        put_series(out, all);
    }
    release(all);
    return err;
}
