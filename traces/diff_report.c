/* SPDX-License-Identifier: MIT */
/* What a comparison found, kept within the limit, and told as text: the first divergence first. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "traces/diff.h"

#define FS_PER_US    1000000000
#define MIN_DECIMALS 3u

static char *copy_of(const char *text)
{
    return text ? strdup(text) : NULL;
}

static void free_item(struct diff_item *item)
{
    free(item->what);
    free(item->text[DIFF_A]);
    free(item->text[DIFF_B]);
}

static int64_t latest(const struct diff_section *section)
{
    int64_t last_fs = INT64_MIN;

    for (size_t i = 0; i < section->num_items; i++) {
        last_fs = section->items[i].t_fs > last_fs ? section->items[i].t_fs : last_fs;
    }
    return last_fs;
}

/* The place for an item: a new one, or that of the latest when the limit is reached. NULL when it
 * is not wanted or there is no memory. */
static struct diff_item *place_for(const struct diff_options *options, struct diff_section *section,
                                   int64_t t_fs)
{
    struct diff_item *more;

    if (section->num_items < options->limit) {
        more = realloc(section->items, (section->num_items + 1) * sizeof(*more));
        if (!more) {
            return NULL;
        }
        section->items = more;
        return &more[section->num_items++];
    }
    for (size_t i = section->num_items; t_fs < section->last_fs && i-- > 0;) {
        if (section->items[i].t_fs == section->last_fs) {
            free_item(&section->items[i]);
            return &section->items[i];
        }
    }
    return NULL;
}

int diff_found(const struct diff_options *options, struct diff_section *section,
               const struct diff_item *item)
{
    bool wanted = section->num_items < options->limit || item->t_fs < section->last_fs;
    struct diff_item *to = place_for(options, section, item->t_fs);

    section->differences++;
    if (!to) {
        return wanted ? -ENOMEM : 0;
    }
    *to = (struct diff_item){
        .t_fs = item->t_fs,
        .number = section->differences,
        .what = copy_of(item->what),
        .text = {copy_of(item->text[DIFF_A]), copy_of(item->text[DIFF_B])},
    };
    section->last_fs = latest(section);
    return 0;
}

int diff_add_row(struct diff_section *section, const struct diff_row *row)
{
    struct diff_row *more = realloc(section->rows, (section->num_rows + 1) * sizeof(*more));

    if (!more) {
        return -ENOMEM;
    }
    section->rows = more;
    more[section->num_rows] = *row;
    more[section->num_rows].what = strdup(row->what);
    if (!more[section->num_rows].what) {
        return -ENOMEM;
    }
    section->num_rows++;
    return 0;
}

int diff_found_only(const struct diff_options *options, struct diff_section *section,
                    enum diff_side side, const char *what)
{
    struct diff_only *only = &section->only[side];

    return only->count++ < options->limit ? diff_add_word(&only->first, what) : 0;
}

static bool section_is_same(const struct diff_section *section)
{
    return !section->differences && !section->only[DIFF_A].count && !section->only[DIFF_B].count;
}

bool diff_is_same(const struct diff_report *report)
{
    return section_is_same(&report->signals) && section_is_same(&report->events);
}

static int by_time(const void *a, const void *b)
{
    const struct diff_item *x = a;
    const struct diff_item *y = b;

    if (x->t_fs != y->t_fs) {
        return x->t_fs < y->t_fs ? -1 : 1;
    }
    return (x->number > y->number) - (x->number < y->number);
}

static int by_first_time(const void *a, const void *b)
{
    const struct diff_row *x = a;
    const struct diff_row *y = b;

    if (x->first_fs != y->first_fs) {
        return x->first_fs < y->first_fs ? -1 : 1;
    }
    return strcmp(x->what, y->what);
}

static void sort_section(struct diff_section *section)
{
    if (section->num_items) {
        qsort(section->items, section->num_items, sizeof(*section->items), by_time);
    }
    if (section->num_rows) {
        qsort(section->rows, section->num_rows, sizeof(*section->rows), by_first_time);
    }
}

void diff_sort(struct diff_report *report)
{
    sort_section(&report->signals);
    sort_section(&report->events);
}

int diff_found_message(struct diff_report *report, const struct diff_item *item)
{
    struct diff_item copy = {.t_fs = item->t_fs, .what = strdup(item->what)};

    if (report->message.what && report->message.t_fs <= item->t_fs) {
        free(copy.what);
        return 0;
    }
    for (int side = 0; side < 2; side++) {
        copy.text[side] = strdup(item->text[side]);
    }
    if (!copy.what || !copy.text[DIFF_A] || !copy.text[DIFF_B]) {
        free_item(&copy);
        return -ENOMEM;
    }
    free_item(&report->message);
    report->message = copy;
    return 0;
}

int64_t diff_first_time(const struct diff_report *report)
{
    const struct diff_section *sections[] = {&report->signals, &report->events};
    int64_t t_fs = INT64_MAX;

    for (size_t i = 0; i < ARRAY_SIZE(sections); i++) {
        if (sections[i]->num_items && sections[i]->items[0].t_fs < t_fs) {
            t_fs = sections[i]->items[0].t_fs;
        }
    }
    return t_fs;
}

static void free_section(struct diff_section *section)
{
    for (size_t i = 0; i < section->num_items; i++) {
        free_item(&section->items[i]);
    }
    for (size_t i = 0; i < section->num_rows; i++) {
        free(section->rows[i].what);
    }
    free(section->items);
    free(section->rows);
    diff_free_words(&section->only[DIFF_A].first);
    diff_free_words(&section->only[DIFF_B].first);
}

void diff_free(struct diff_report *report)
{
    free_section(&report->signals);
    free_section(&report->events);
    free_item(&report->message);
    free(report->story[DIFF_A]);
    free(report->story[DIFF_B]);
}

/* ---- text ------------------------------------------------------------------------------------ */

void diff_time(int64_t t_fs, char *to, size_t size)
{
    uint64_t magnitude = t_fs < 0 ? (uint64_t)-t_fs : (uint64_t)t_fs;
    char decimals[16];
    size_t length = 9;

    (void)snprintf(decimals, sizeof(decimals), "%09" PRIu64, magnitude % FS_PER_US);
    while (length > MIN_DECIMALS && decimals[length - 1] == '0') {
        decimals[--length] = '\0';
    }
    (void)snprintf(to, size, "%s%" PRIu64 ".%s us", t_fs < 0 ? "-" : "", magnitude / FS_PER_US,
                   decimals);
}

static void print_when(const struct diff_report *report, int64_t t_fs, FILE *out)
{
    char time[40];

    diff_time(t_fs, time, sizeof(time));
    (void)fprintf(out, "%s", time);
    if (report->clock_fs > 0) {
        (void)fprintf(out, " (cycle %" PRId64 ")", t_fs / report->clock_fs);
    }
}

static void print_item(const struct diff_report *report, const struct diff_item *item, FILE *out)
{
    print_when(report, item->t_fs, out);
    (void)fprintf(out, "  %s\n    A  %s\n    B  %s\n", item->what ? item->what : "",
                  item->text[DIFF_A] ? item->text[DIFF_A] : "",
                  item->text[DIFF_B] ? item->text[DIFF_B] : "");
}

static void print_first(const struct diff_report *report, const struct diff_section *section,
                        FILE *out)
{
    if (section->num_items) {
        (void)fprintf(out, "first difference of %s: ", section->title);
        print_item(report, &section->items[0], out);
    }
}

static void print_more(const struct diff_report *report, const struct diff_section *section,
                       FILE *out)
{
    for (size_t i = 1; i < section->num_items; i++) {
        print_item(report, &section->items[i], out);
    }
    if (section->differences > section->num_items) {
        (void)fprintf(out, "  ... and %" PRIu64 " more (--limit)\n",
                      section->differences - section->num_items);
    }
}

static void print_only(const struct diff_section *section, FILE *out)
{
    for (int side = 0; side < 2; side++) {
        const struct diff_only *only = &section->only[side];

        for (size_t i = 0; i < only->first.count; i++) {
            (void)fprintf(out, "only in %c: %s\n", "AB"[side], only -> first.words[i]);
        }
        if (only->count > only->first.count) {
            (void)fprintf(out, "  ... and %" PRIu64 " more only in %c\n",
                          only->count - only->first.count, "AB"[side]);
        }
    }
}

static void print_rows(const struct diff_report *report, const struct diff_section *section,
                       FILE *out)
{
    size_t shown =
        section->num_rows < report->options->limit ? section->num_rows : report->options->limit;

    for (size_t i = 0; i < shown; i++) {
        const struct diff_row *row = &section->rows[i];

        (void)fprintf(out, "  %10" PRIu64 "  %-48s first at ", row->count, row->what);
        print_when(report, row->first_fs, out);
        (void)fprintf(out, "\n");
    }
    if (shown < section->num_rows) {
        (void)fprintf(out, "  ... and %zu more\n", section->num_rows - shown);
    }
}

static void print_summary(const struct diff_report *report, const struct diff_section *section,
                          FILE *out)
{
    if (!section->title) {
        return;
    }
    (void)fprintf(out, "%s: %" PRIu64 " compared, %" PRIu64 " differences", section->title,
                  section->compared, section->differences);
    if (section->only[DIFF_A].count || section->only[DIFF_B].count) {
        (void)fprintf(out, ", %" PRIu64 " only in A, %" PRIu64 " only in B",
                      section->only[DIFF_A].count, section->only[DIFF_B].count);
    }
    (void)fprintf(out, "\n");
    print_rows(report, section, out);
}

void diff_print(const struct diff_report *report, FILE *out)
{
    (void)fprintf(out, "A: %s\nB: %s\n", report->options->path[DIFF_A],
                  report->options->path[DIFF_B]);
    print_first(report, &report->signals, out);
    print_first(report, &report->events, out);
    if (report->message.what && report->events.num_items &&
        report->message.t_fs != report->events.items[0].t_fs) {
        (void)fprintf(out, "first difference of messages: ");
        print_item(report, &report->message, out);
    }
    for (int side = 0; side < 2; side++) {
        if (report->story[side]) {
            (void)fprintf(out, "before it, the scenario of %c: %s\n", "AB"[side],
                          report -> story[side]);
        }
    }
    print_more(report, &report->signals, out);
    print_more(report, &report->events, out);
    print_only(&report->signals, out);
    print_only(&report->events, out);
    print_summary(report, &report->signals, out);
    print_summary(report, &report->events, out);
    (void)fprintf(out, "%s\n", diff_is_same(report) ? "same" : "different");
}
