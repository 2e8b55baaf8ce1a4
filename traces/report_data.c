/* SPDX-License-Identifier: MIT */
/* What the page of a run draws: its report.json, the rows of its sequence chart (the story of the
 * VFs, and every message), its profile with all samples, and series over time. */
#include <cjson/cJSON.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "traces/profile_stats.h"
#include "traces/report_html.h"
#include "traces/series.h"
#include "traces/timeline.h"

#define MAX_REPORT_BYTES (4u << 20)
#define MAX_TEXT_BYTES   (256u << 10) /* of the state at failure */
#define MAX_ROWS         20000u       /* of a chart: more is more than a browser draws well */
#define MAX_SAMPLES      400u         /* of one kind of message, spread over all of them */

static FILE *open_file(const char *dir, const char *name)
{
    char path[PATH_MAX];

    errno = ENAMETOOLONG;
    return snprintf(path, sizeof(path), "%s/%s", dir, name) < (int)sizeof(path) ? fopen(path, "r")
                                                                                : NULL;
}

/* The file's text, which the caller frees, or NULL. */
static char *read_text(const char *dir, const char *name, size_t max)
{
    FILE *file = open_file(dir, name);
    char *text = file ? malloc(max + 1) : NULL;

    if (text) {
        text[fread(text, 1, max, file)] = '\0';
    }
    if (file) {
        (void)fclose(file);
    }
    return text;
}

static void put_string(FILE *out, const char *text)
{
    cJSON *string = cJSON_CreateString(text);
    char *printed = string ? cJSON_PrintUnformatted(string) : NULL;

    (void)fputs(printed ? printed : "\"\"", out);
    cJSON_free(printed);
    cJSON_Delete(string);
}

/* ---- report.json ----------------------------------------------------------------------------- */

static int put_run(FILE *out, const char *dir, char *error)
{
    char *text = read_text(dir, "report.json", MAX_REPORT_BYTES);
    cJSON *run = text ? cJSON_Parse(text) : NULL;
    char *printed = NULL;

    free(text);
    if (!cJSON_IsObject(run)) {
        (void)snprintf(error, REPORT_ERROR, "%s/report.json: %s", dir,
                       text ? "no JSON object" : strerror(errno));
        cJSON_Delete(run);
        return -EINVAL;
    }
    /* Wall time says something about the machine that ran it, nothing about the run. */
    cJSON_DeleteItemFromObjectCaseSensitive(run, "wall_s");
    printed = cJSON_PrintUnformatted(run);
    (void)fprintf(out, "{\"run\":%s", printed ? printed : "{}");
    cJSON_free(printed);
    cJSON_Delete(run);
    return 0;
}

/* ---- rows ------------------------------------------------------------------------------------ */

struct rows {
    FILE *out;
    uint64_t count;
};

static void put_row(void *arg, const struct timeline_row *row)
{
    struct rows *rows = arg;

    if (rows->count++ >= MAX_ROWS) {
        return;
    }
    (void)fprintf(rows->out, "%s\n[%" PRIu64 ",", rows->count > 1 ? "," : "", row->t_ps);
    put_string(rows->out, row->gpu);
    (void)fprintf(rows->out, ",%u,%u,%u,%u,%u,%u,", row->vf, row->gt, (unsigned)row->role,
                  (unsigned)row->from, (unsigned)row->to, (unsigned)row->vf_state);
    put_string(rows->out, row->text);
    (void)fputc(']', rows->out);
}

/* {"total": rows of the log, "rows": [[t_ps, gpu, vf, gt, role, from, to, is state, text]]} */
static int put_rows(FILE *out, const char *dir, bool all, char *error)
{
    const struct timeline_options options = {.all = all, .vf = -1, .gt = -1, .to_ps = UINT64_MAX};
    struct rows rows = {.out = out};
    const struct timeline_sink sink = {.row = put_row, .arg = &rows};
    FILE *in = open_file(dir, "events.jsonl");
    int ret;

    if (!in) {
        (void)snprintf(error, REPORT_ERROR, "%s/events.jsonl: %s", dir, strerror(errno));
        return -ENOENT;
    }
    (void)fprintf(out, ",\n\"%s\":{\"rows\":[", all ? "every" : "story");
    ret = timeline_read(in, "events.jsonl", &options, &sink, error, REPORT_ERROR);
    (void)fprintf(out, "],\"total\":%" PRIu64 "}", rows.count);
    (void)fclose(in);
    return ret;
}

/* ---- series ---------------------------------------------------------------------------------- */

/* [{"kind": 0, "name": "src.vf1.gt0", "left_out": 0, "points": [[t_ps, dwords in use]]}] */
static void put_series(FILE *out, const struct series_list *list)
{
    (void)fputs(",\n\"series\":[", out);
    for (size_t i = 0; i < list->count; i++) {
        const struct series *series = &list->series[i];

        (void)fprintf(out, "%s\n{\"kind\":%u,\"left_out\":%" PRIu64 ",\"name\":", i ? "," : "",
                      (unsigned)series->kind, series->left_out);
        put_string(out, series->name);
        (void)fputs(",\"points\":[", out);
        for (size_t p = 0; p < series->count; p++) {
            (void)fprintf(out, "%s[%" PRId64 ",%" PRIu64 "]", p ? "," : "", series->points[p].t_ps,
                          series->points[p].value);
        }
        (void)fputs("]}", out);
    }
    (void)fputc(']', out);
}

static int put_in_use(FILE *out, const struct profile *profile, const char *dir, char *error)
{
    struct series_list list = {.count = 0};
    int err = profile_rings(profile, &list);

    err = err ? err : series_read_credits(dir, &list, error);
    if (!err) {
        series_sort(&list);
        put_series(out, &list);
    }
    series_free(&list);
    return err;
}

/* ---- profile --------------------------------------------------------------------------------- */

/* Of many samples every n-th of the sorted ones, always with the first and the last. */
static void put_samples(FILE *out, const struct profile_samples *samples)
{
    size_t shown = samples->count < MAX_SAMPLES ? samples->count : MAX_SAMPLES;

    for (size_t i = 0; i < shown; i++) {
        size_t at = shown > 1 ? i * (samples->count - 1) / (shown - 1) : 0;

        (void)fprintf(out, "%s%" PRIu64, i ? "," : "", samples->values[at]);
    }
}

static int put_profile(FILE *out, const char *dir, char *error)
{
    const struct profile_options options = {.fn = -1, .to = UINT64_MAX};
    struct profile profile;
    struct profile_stats stats;
    int ret = profile_read_dir(dir, &profile, error);

    if (ret) {
        return ret;
    }
    ret = profile_stats(&profile, &options, &stats);
    if (!ret) {
        (void)fputs(",\n\"profile\":", out);
        profile_print_json(out, &profile, &stats);
        (void)fputs(",\"samples\":[", out);
        for (size_t i = 0; i < stats.num_groups; i++) {
            (void)fputs(i ? ",\n[" : "[", out);
            put_samples(out, &stats.groups[i].total);
            (void)fputc(']', out);
        }
        (void)fputc(']', out);
        profile_stats_free(&stats);
    }
    ret = ret ? ret : put_in_use(out, &profile, dir, error);
    profile_free(&profile);
    return ret;
}

/* ---- files ----------------------------------------------------------------------------------- */

static void put_files(FILE *out, const char *dir)
{
    static const char *const names[] = {"trace.vcd.gz", "trace.vcd",   "trace.gtkw", "events.jsonl",
                                        "report.json",  "failure.txt", "names.json"};
    char path[PATH_MAX];
    const char *separator = "";

    (void)fputs(",\n\"files\":[", out);
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        (void)snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
        if (access(path, R_OK) == 0) {
            (void)fprintf(out, "%s\"%s\"", separator, names[i]);
            separator = ",";
        }
    }
    (void)fputs("]", out);
}

static void put_failure(FILE *out, const char *dir)
{
    char *text = read_text(dir, "failure.txt", MAX_TEXT_BYTES);

    if (text) {
        (void)fputs(",\n\"failure\":", out);
        put_string(out, text);
    }
    free(text);
}

int report_data(FILE *out, const char *dir, char *error)
{
    int err = put_run(out, dir, error);

    err = err ? err : put_rows(out, dir, false, error);
    err = err ? err : put_rows(out, dir, true, error);
    err = err ? err : put_profile(out, dir, error);
    if (!err) {
        put_files(out, dir);
        put_failure(out, dir);
        (void)fputs("}\n", out);
    }
    return err;
}
