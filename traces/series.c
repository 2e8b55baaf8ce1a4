/* SPDX-License-Identifier: MIT */
/* Series, and those that a run's waves hold: read as a stream, only what changes of the wanted
 * signals is kept. */
#include "traces/series.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "traces/vcd.h"

#define FS_PS      1000
#define MAX_SERIES 256u
#define MAX_POINTS 4000u           /* of one series: what comes later is only counted */
#define CREDITS    ".ct.g2h_space" /* how many are left, in dwords */

/* ---- series ---------------------------------------------------------------------------------- */

int series_begin(struct series_list *list, enum series_kind kind, const char *name)
{
    void *grown = realloc(list->series, (list->count + 1) * sizeof(*list->series));
    char *own = strdup(name);

    if (grown) {
        list->series = grown;
    }
    if (!grown || !own) {
        free(own);
        return -ENOMEM;
    }
    list->series[list->count++] = (struct series){.kind = kind, .name = own};
    return 0;
}

int series_add(struct series *series, int64_t t_ps, uint64_t value)
{
    if (series->count && series->last == value) {
        return 0;
    }
    series->held += series->count ? series->last * (uint64_t)(t_ps - series->last_ps) : 0;
    series->last = value;
    series->last_ps = t_ps;
    series->most = value > series->most ? value : series->most;
    if (series->count == MAX_POINTS) {
        series->left_out++;
        return 0;
    }
    if (series->count == series->capacity) {
        size_t capacity = series->capacity ? 2 * series->capacity : 32;
        void *grown = realloc(series->points, capacity * sizeof(*series->points));

        if (!grown) {
            return -ENOMEM;
        }
        series->points = grown;
        series->capacity = capacity;
    }
    series->points[series->count++] = (struct series_point){t_ps, value};
    return 0;
}

double series_mean(const struct series *series)
{
    int64_t time = series->count ? series->last_ps - series->points[0].t_ps : 0;

    return time > 0 ? (double)series->held / (double)time : 0;
}

static int compare_series(const void *left, const void *right)
{
    const struct series *a = left;
    const struct series *b = right;

    if (a->kind != b->kind) {
        return (int)a->kind - (int)b->kind;
    }
    if (a->most != b->most) {
        return a->most > b->most ? -1 : 1;
    }
    return strcmp(a->name, b->name);
}

void series_sort(struct series_list *list)
{
    if (list->count) {
        qsort(list->series, list->count, sizeof(*list->series), compare_series);
    }
}

void series_free(struct series_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->series[i].name);
        free(list->series[i].points);
    }
    free(list->series);
    *list = (struct series_list){.count = 0};
}

/* ---- waves ----------------------------------------------------------------------------------- */

struct reading {
    struct vcd *vcd;
    uint32_t *of_signal; /* number of a series + 1, by signal */
    struct series_list left;
};

static int choose(struct reading *reading)
{
    size_t count;
    const struct vcd_signal *signals = vcd_signals(reading->vcd, &count);
    bool *wanted = calloc(count + 1, sizeof(*wanted));
    int err = wanted ? 0 : -ENOMEM;

    reading->of_signal = calloc(count + 1, sizeof(*reading->of_signal));
    err = reading->of_signal ? err : -ENOMEM;
    for (size_t i = 0; i < count && reading->left.count < MAX_SERIES && !err; i++) {
        size_t length = strlen(signals[i].name);

        if (length > strlen(CREDITS) &&
            strcmp(signals[i].name + length - strlen(CREDITS), CREDITS) == 0) {
            wanted[i] = true;
            err = series_begin(&reading->left, SERIES_CREDITS, signals[i].name);
            reading->of_signal[i] = (uint32_t)reading->left.count;
        }
    }
    if (!err) {
        vcd_watch(reading->vcd, wanted);
    }
    free(wanted);
    return err;
}

static int take_instant(struct reading *reading, int64_t t_ps)
{
    size_t count;
    const uint32_t *touched = vcd_touched(reading->vcd, &count);
    int err = 0;

    for (size_t i = 0; i < count && !err; i++) {
        uint32_t number = reading->of_signal[touched[i]];

        if (number && number <= reading->left.count) {
            err = series_add(&reading->left.series[number - 1], t_ps,
                             *vcd_value(reading->vcd, touched[i]));
        }
    }
    return err;
}

static int follow(struct reading *reading)
{
    int ret;

    do {
        int64_t t_ps = vcd_next_time(reading->vcd) / FS_PS;

        ret = vcd_step(reading->vcd);
        if (ret > 0 && take_instant(reading, t_ps)) {
            return -ENOMEM;
        }
    } while (ret > 0);
    return ret;
}

/* What is in use is what was once left and is not now; 0 is what a channel has before it is
 * enabled. */
static int turn_over(const struct series_list *left, struct series_list *list)
{
    int err = 0;

    for (size_t i = 0; i < left->count && !err; i++) {
        const struct series *from = &left->series[i];
        char name[256];

        if (from->count < 3) {
            continue;
        }
        (void)snprintf(name, sizeof(name), "%.*s", (int)(strlen(from->name) - strlen(CREDITS)),
                       from->name);
        err = series_begin(list, SERIES_CREDITS, name);
        for (size_t p = 0; p < from->count && !err; p++) {
            uint64_t value = from->points[p].value;

            err = series_add(&list->series[list->count - 1], from->points[p].t_ps,
                             value ? from->most - value : 0);
        }
        if (!err) {
            list->series[list->count - 1].left_out = from->left_out;
        }
    }
    return err;
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

int series_read_credits(const char *dir, struct series_list *list, char *error)
{
    struct reading reading = {.vcd = NULL};
    char path[PATH_MAX];
    int err;

    if (!find_waves(dir, path)) {
        return 0;
    }
    reading.vcd = vcd_open(path, error, SERIES_ERROR);
    if (!reading.vcd) {
        return -EINVAL;
    }
    err = choose(&reading);
    err = err ? err : follow(&reading);
    if (err) {
        (void)snprintf(error, SERIES_ERROR, "%s",
                       err == -ENOMEM ? "no memory" : vcd_error(reading.vcd));
    }
    err = err ? err : turn_over(&reading.left, list);
    series_free(&reading.left);
    free(reading.of_signal);
    vcd_close(reading.vcd);
    return err;
}
