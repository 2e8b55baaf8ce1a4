/* SPDX-License-Identifier: MIT */
/* Compares two event logs. Events that are in one log alone are found by looking a little ahead:
 * the nearest pair of equal events is where both go on together. What an event says and when it
 * happened are compared apart, so that a delay does not look like another event. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "traces/diff.h"
#include "traces/event_text.h"
#include "traces/jsonl.h"

#define AHEAD    64u /* events that are looked ahead */
#define MAX_ROWS 4096u
#define FS_PS    1000
/* Times of a log are below 2^53 ps; the rest of 63 bits of fs is enough for those of any run. */
#define MAX_PS (INT64_MAX / 4 / FS_PS)

struct record {
    char *key; /* all but the time, after the map of names */
    uint64_t hash;
    int64_t t_fs;
    char *text; /* as it is told */
    char *name; /* src.gt0.h2g */
};

struct side {
    const char *path;
    FILE *file;
    struct event_log *log;
    bool ended;
    struct record ahead[AHEAD];
    unsigned first, count; /* of ahead, a ring */
};

struct logs {
    const struct diff_options *options;
    struct diff_report *report;
    struct diff_section *section;
    char *error;
    struct side sides[2];
};

static void free_record(struct record *record)
{
    free(record->key);
    free(record->text);
    free(record->name);
}

static struct record *record_at(struct side *side, unsigned n)
{
    return &side->ahead[(side->first + n) % AHEAD];
}

static void drop(struct side *side)
{
    free_record(record_at(side, 0));
    side->first = (side->first + 1) % AHEAD;
    side->count--;
}

static uint64_t hash_of(const char *text)
{
    uint64_t hash = 0xcbf29ce484222325u; /* FNV-1a */

    for (; *text; text++) {
        hash = (hash ^ (unsigned char)*text) * 0x100000001b3u;
    }
    return hash;
}

/* The rest of the line behind the times and the GPU; the whole of it when its form is another. */
static const char *without_time(const char *text)
{
    const char *gt = strstr(text, ",\"gt\":");

    return strncmp(text, "{\"t_ps\":", 8) == 0 && gt ? gt : text;
}

static int make_record(const struct logs *logs, bool mapped, const struct event *event,
                       struct record *record)
{
    char gpu[128], place[160], name[256], line[EVENT_LINE_SIZE];
    struct event renamed = *event;
    int ret = 0;

    (void)snprintf(gpu, sizeof(gpu), "%s", event->gpu);
    if (mapped && *gpu && !diff_map(logs->options, event->gpu, gpu, sizeof(gpu))) {
        return -EINVAL;
    }
    (void)snprintf(renamed.gpu, sizeof(renamed.gpu), "%s", gpu);
    event_place(&renamed, place, sizeof(place));
    (void)snprintf(name, sizeof(name), "%s%s%s", place, *place ? "." : "", event->kind);
    event_place(event, place, sizeof(place));
    event_line(event, line);
    *record = (struct record){.t_fs = (int64_t)event->t_ps * FS_PS, .name = strdup(name)};
    ret = asprintf(&record->key, "%s\n%s", gpu, without_time(event->text));
    if (ret >= 0) {
        ret = asprintf(&record->text, "line %" PRIu64 ": %s%s%s", event->line, place,
                       *place ? " " : "", line);
    } else {
        record->key = NULL;
    }
    if (ret < 0 || !record->name) {
        free_record(record);
        return -ENOMEM;
    }
    record->hash = hash_of(record->key);
    return 0;
}

/* Reads one event behind those that wait, and keeps it when it takes part. Returns 1, 0 at the end,
 * or -errno. */
static int read_record(struct logs *logs, enum diff_side number)
{
    const struct diff_options *options = logs->options;
    struct side *side = &logs->sides[number];
    struct record *record = record_at(side, side->count);
    struct event event;
    int ret = event_log_next(side->log, &event);

    if (ret <= 0) {
        (void)snprintf(logs->error, DIFF_ERROR_SIZE, "%s", event_log_error(side->log));
        return ret;
    }
    if (event.t_ps > (uint64_t)MAX_PS) {
        (void)snprintf(logs->error, DIFF_ERROR_SIZE, "%s:%" PRIu64 ": a time beyond 38 minutes",
                       side->path, event.line);
        return -EINVAL;
    }
    ret = make_record(logs, number == DIFF_A, &event, record);
    if (ret) {
        return ret;
    }
    record->t_fs += number == DIFF_B ? options->shift_fs : 0;
    if (record->t_fs >= options->from_fs && record->t_fs <= options->to_fs &&
        diff_selected(options, record->name)) {
        side->count++;
    } else {
        free_record(record);
    }
    return 1;
}

/* Reads until AHEAD events of one side wait. */
static int look_ahead(struct logs *logs, enum diff_side number)
{
    struct side *side = &logs->sides[number];

    while (!side->ended && side->count < AHEAD) {
        int ret = read_record(logs, number);

        side->ended = ret <= 0;
        if (ret < 0) {
            return ret;
        }
    }
    return 0;
}

static int count_row(struct logs *logs, const struct record *record)
{
    struct diff_section *section = logs->section;

    for (size_t i = 0; i < section->num_rows; i++) {
        if (strcmp(section->rows[i].what, record->name) == 0) {
            section->rows[i].count++;
            return 0;
        }
    }
    if (section->num_rows == MAX_ROWS) {
        return 0; /* names come from a file: they may be as many as it has lines */
    }
    return diff_add_row(
        section, &(struct diff_row){.what = record->name, .count = 1, .first_fs = record->t_fs});
}

/* By the kind at the end of the name. */
static bool is_message(const char *name)
{
    static const char *const kinds[] = {"h2g", "g2h", "mmio_msg", "pv"};
    const char *kind = strrchr(name, '.') ? strrchr(name, '.') + 1 : name;

    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        if (strcmp(kinds[i], kind) == 0) {
            return true;
        }
    }
    return false;
}

/* One difference: an event of each side, or of one alone. */
static int tell(struct logs *logs, const struct record *a, const struct record *b)
{
    static char none[] = "no such event";
    const struct record *one = a ? a : b;
    char text[2][EVENT_LINE_SIZE + 256];
    const struct record *records[2] = {a, b};
    struct diff_item item = {.t_fs = a && b && b->t_fs < a->t_fs ? b->t_fs : one->t_fs,
                             .what = one->name};
    int ret = count_row(logs, one);

    for (int side = 0; side < 2; side++) {
        item.text[side] = none;
        if (records[side]) {
            char time[40];

            diff_time(records[side]->t_fs, time, sizeof(time));
            (void)snprintf(text[side], sizeof(text[side]), "%s  %s", time, records[side]->text);
            item.text[side] = text[side];
        }
    }
    if (!ret && is_message(one->name)) {
        ret = diff_found_message(logs->report, &item);
    }
    return ret ? ret : diff_found(logs->options, logs->section, &item);
}

static bool same_event(const struct record *a, const struct record *b)
{
    return a->hash == b->hash && strcmp(a->key, b->key) == 0;
}

static bool same_time(const struct diff_options *options, const struct record *a,
                      const struct record *b)
{
    int64_t apart = a->t_fs > b->t_fs ? a->t_fs - b->t_fs : b->t_fs - a->t_fs;

    return options->order_only || apart <= options->skew_fs;
}

/* Finds equal events that are the sum-th together behind the heads, the earliest of A first.
 * Returns the one of A, or -1. */
static int find_pair(struct side *a, struct side *b, unsigned sum)
{
    unsigned first = sum < b->count ? 0 : sum - b->count + 1;

    for (unsigned i = first; i <= sum && i < a->count; i++) {
        if (same_event(record_at(a, i), record_at(b, sum - i))) {
            return (int)i;
        }
    }
    return -1;
}

/* How many events of each side stand before the nearest pair of equal ones. Without any, one of
 * each: they are told as one that differs. */
static void find_next_pair(struct logs *logs, unsigned skip[2])
{
    struct side *a = &logs->sides[DIFF_A];
    struct side *b = &logs->sides[DIFF_B];

    skip[DIFF_A] = skip[DIFF_B] = 1;
    for (unsigned sum = 1; sum < a->count + b->count; sum++) {
        int found = find_pair(a, b, sum);

        if (found >= 0) {
            skip[DIFF_A] = (unsigned)found;
            skip[DIFF_B] = sum - (unsigned)found;
            return;
        }
    }
}

/* Heads differ: tells the events up to where both go on together. */
static int tell_apart(struct logs *logs)
{
    unsigned skip[2];
    int ret = 0;

    find_next_pair(logs, skip);
    while (!ret && (skip[DIFF_A] || skip[DIFF_B])) {
        /* As many of one side as of the other are told as pairs. */
        bool both = skip[DIFF_A] && skip[DIFF_B];
        bool of_a = skip[DIFF_A] >= skip[DIFF_B];
        bool of_b = !of_a || both;

        of_a = of_a || both;
        ret = tell(logs, of_a ? record_at(&logs->sides[DIFF_A], 0) : NULL,
                   of_b ? record_at(&logs->sides[DIFF_B], 0) : NULL);
        if (of_a) {
            drop(&logs->sides[DIFF_A]);
            skip[DIFF_A]--;
        }
        if (of_b) {
            drop(&logs->sides[DIFF_B]);
            skip[DIFF_B]--;
        }
    }
    return ret;
}

static int compare_heads(struct logs *logs)
{
    struct side *a = &logs->sides[DIFF_A];
    struct side *b = &logs->sides[DIFF_B];
    int ret = 0;

    logs->section->compared++;
    if (!a->count || !b->count) {
        ret = tell(logs, a->count ? record_at(a, 0) : NULL, b->count ? record_at(b, 0) : NULL);
        drop(a->count ? a : b);
        return ret;
    }
    if (!same_event(record_at(a, 0), record_at(b, 0))) {
        return tell_apart(logs);
    }
    if (!same_time(logs->options, record_at(a, 0), record_at(b, 0))) {
        ret = tell(logs, record_at(a, 0), record_at(b, 0));
    }
    drop(a);
    drop(b);
    return ret;
}

static int open_side(struct logs *logs, enum diff_side number, const char *path)
{
    struct side *side = &logs->sides[number];

    side->path = path;
    side->file = fopen(path, "r");
    if (!side->file) {
        (void)snprintf(logs->error, DIFF_ERROR_SIZE, "%s: %s", path, strerror(errno));
        return -EIO;
    }
    side->log = event_log_open(side->file, path);
    return side->log ? 0 : -ENOMEM;
}

static void close_side(struct side *side)
{
    while (side->count) {
        drop(side);
    }
    event_log_close(side->log);
    if (side->file) {
        (void)fclose(side->file);
    }
}

static int compare_logs(struct logs *logs)
{
    for (;;) {
        int ret = look_ahead(logs, DIFF_A);

        ret = ret ? ret : look_ahead(logs, DIFF_B);
        if (ret || (!logs->sides[DIFF_A].count && !logs->sides[DIFF_B].count)) {
            return ret;
        }
        ret = compare_heads(logs);
        if (ret) {
            return ret;
        }
    }
}

int diff_event_logs(const struct diff_options *options, const char *const path[2],
                    struct diff_report *report, char *error)
{
    struct logs *logs = calloc(1, sizeof(*logs));
    int ret = -ENOMEM;

    error[0] = '\0';
    report->events.title = "events";
    if (logs) {
        *logs = (struct logs){
            .options = options, .report = report, .section = &report->events, .error = error};
        ret = open_side(logs, DIFF_A, path[DIFF_A]);
        ret = ret ? ret : open_side(logs, DIFF_B, path[DIFF_B]);
        ret = ret ? ret : compare_logs(logs);
        close_side(&logs->sides[DIFF_A]);
        close_side(&logs->sides[DIFF_B]);
        free(logs);
    }
    if (ret && !error[0]) {
        (void)snprintf(error, DIFF_ERROR_SIZE, "%s", strerror(-ret));
    }
    return ret;
}

void diff_story(const char *path, int64_t t_fs, char *to, size_t size)
{
    FILE *file = fopen(path, "r");
    struct event_log *log = file ? event_log_open(file, path) : NULL;
    struct event event;

    to[0] = '\0';
    while (log && event_log_next(log, &event) > 0 &&
           event.t_ps <= (uint64_t)(t_fs < 0 ? 0 : t_fs) / FS_PS) {
        if (strcmp(event.kind, "script") == 0) {
            char line[EVENT_LINE_SIZE];

            event_line(&event, line);
            (void)snprintf(to, size, "%s", line);
        }
    }
    event_log_close(log);
    if (file) {
        (void)fclose(file);
    }
}
