/* SPDX-License-Identifier: MIT */
/* Goldens: what a run said and did, as text that is kept and compared. */
#include "traces/golden.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "traces/traces.h"

#define MAX_SECTIONS 256u
#define MAX_LINES    1000000u
#define MAX_TEXT     2048
#define CONTEXT      3u /* lines shown before a difference */
#define PS_PER_US    1000000.0

#define WRITTEN_BY   "# Written by 'gucsim regress --bless'.\n"

static const char *const headings[] = {
    [GOLDEN_ORDER] = "# Order of messages and states, for each GuC, and the final states. "
                     "Times do not count.\n" WRITTEN_BY,
    [GOLDEN_STATES] = "# Expectations, errors and final states.\n" WRITTEN_BY,
};

/* ---- in memory ------------------------------------------------------------------------------ */

const struct golden_section *golden_find(const struct golden *golden, const char *name)
{
    for (size_t i = 0; i < golden->count; i++) {
        if (strcmp(golden->sections[i].name, name) == 0) {
            return &golden->sections[i];
        }
    }
    return NULL;
}

struct golden_section *golden_section(struct golden *golden, const char *name)
{
    const struct golden_section *known = golden_find(golden, name);
    struct golden_section *more;

    if (known) {
        return &golden->sections[known - golden->sections];
    }
    if (golden->count == MAX_SECTIONS) {
        return NULL;
    }
    more = realloc(golden->sections, (golden->count + 1) * sizeof(*more));
    if (!more) {
        return NULL;
    }
    golden->sections = more;
    more[golden->count] = (struct golden_section){.name = strdup(name)};
    return more[golden->count].name ? &more[golden->count++] : NULL;
}

int golden_add(struct golden *golden, const char *name, const struct golden_line *line)
{
    struct golden_section *section = golden_section(golden, name);
    struct golden_line *more;

    if (!section) {
        return -ENOMEM;
    }
    if (golden->num_lines == MAX_LINES) {
        return -E2BIG;
    }
    /* Room doubles: whenever the count reaches a power of two, there is none left. */
    if ((section->count & (section->count - 1)) == 0) {
        size_t room = section->count ? 2 * section->count : 1;

        more = realloc(section->lines, room * sizeof(*more));
        if (!more) {
            return -ENOMEM;
        }
        section->lines = more;
    }
    section->lines[section->count] = *line;
    section->lines[section->count].text = strdup(line->text);
    if (!section->lines[section->count].text) {
        return -ENOMEM;
    }
    section->count++;
    golden->num_lines++;
    return 0;
}

static int by_name(const void *a, const void *b)
{
    const char *x = ((const struct golden_section *)a)->name;
    const char *y = ((const struct golden_section *)b)->name;
    bool x_final = strcmp(x, GOLDEN_FINAL) == 0;
    bool y_final = strcmp(y, GOLDEN_FINAL) == 0;

    return x_final != y_final ? (x_final ? 1 : -1) : strcmp(x, y);
}

void golden_sort(struct golden *golden)
{
    if (golden->count) {
        qsort(golden->sections, golden->count, sizeof(*golden->sections), by_name);
    }
}

void golden_free(struct golden *golden)
{
    for (size_t i = 0; i < golden->count; i++) {
        for (size_t k = 0; k < golden->sections[i].count; k++) {
            free(golden->sections[i].lines[k].text);
        }
        free(golden->sections[i].lines);
        free(golden->sections[i].name);
    }
    free(golden->sections);
    *golden = (struct golden){0};
}

/* ---- files ---------------------------------------------------------------------------------- */

int golden_write(const char *events, enum golden_keep keep, FILE *to, char *error, size_t size)
{
    struct golden golden = {0};
    int err = golden_from_events(&golden, events, keep, error, size);

    if (!err) {
        (void)fputs(headings[keep], to);
    }
    for (size_t i = 0; !err && i < golden.count; i++) {
        (void)fprintf(to, "\n[%s]\n", golden.sections[i].name);
        for (size_t k = 0; k < golden.sections[i].count; k++) {
            (void)fprintf(to, "%s\n", golden.sections[i].lines[k].text);
        }
    }
    if (!err && (fflush(to) || ferror(to))) {
        err = -EIO;
        (void)snprintf(error, size, "writing a golden: %s", strerror(errno));
    }
    golden_free(&golden);
    return err;
}

/* One line of a golden file: a section's name, a line of it, or nothing. Keeps the name in section.
 */
static int take_line(struct golden *golden, char *text, uint64_t number, char section[MAX_TEXT])
{
    size_t length = strlen(text);

    if (length == 0 || text[length - 1] != '\n') {
        return -EINVAL;
    }
    text[--length] = '\0';
    if (length == 0 || *text == '#') {
        return 0;
    }
    if (*text == '[' && text[length - 1] == ']') {
        text[length - 1] = '\0';
        (void)snprintf(section, MAX_TEXT, "%s", text + 1);
        return golden_section(golden, section) ? 0 : -E2BIG;
    }
    return *section ? golden_add(golden, section, &(struct golden_line){text, number, 0}) : -EINVAL;
}

static int read_golden(struct golden *golden, const char *path, char *error, size_t size)
{
    char text[MAX_TEXT], section[MAX_TEXT] = "";
    FILE *file = fopen(path, "r");
    uint64_t number = 0;
    int err = 0;

    if (!file) {
        err = -errno;
        (void)snprintf(error, size, "%s: %s", path, strerror(errno));
        return err;
    }
    while (!err && fgets(text, sizeof(text), file)) {
        err = take_line(golden, text, ++number, section);
    }
    if (err == -EINVAL) {
        (void)snprintf(error, size, "%s:%" PRIu64 ": no line of a golden", path, number);
    } else if (err || ferror(file)) {
        err = err ? err : -EIO;
        (void)snprintf(error, size, "%s: %s", path, strerror(-err));
    }
    (void)fclose(file);
    return err;
}

/* ---- comparison ----------------------------------------------------------------------------- */

static const struct golden_section nothing = {.name = NULL};

static size_t first_difference(const struct golden_section *a, const struct golden_section *b)
{
    size_t i = 0;

    while (i < a->count && i < b->count && strcmp(a->lines[i].text, b->lines[i].text) == 0) {
        i++;
    }
    return i;
}

struct difference {
    const char *section;
    const struct golden_section *wanted, *seen;
    size_t at;
    uint64_t t_ps;
};

/* Takes this section's first difference when it came earlier in the run than the one known. */
static void look_at(const struct golden *wanted, const struct golden *seen, const char *name,
                    struct difference *first)
{
    const struct golden_section *a = golden_find(wanted, name);
    const struct golden_section *b = golden_find(seen, name);
    uint64_t t_ps = UINT64_MAX;
    size_t at;

    a = a ? a : &nothing;
    b = b ? b : &nothing;
    at = first_difference(a, b);
    if (at == a->count && at == b->count) {
        return;
    }
    if (strcmp(name, GOLDEN_FINAL) == 0) {
        t_ps = UINT64_MAX; /* follows from the other sections: told when nothing else differs */
    } else if (at < b->count) {
        t_ps = b->lines[at].t_ps;
    } else {
        t_ps = UINT64_MAX - 1; /* something is missing at the end */
    }
    if (!first->section || t_ps < first->t_ps) {
        *first = (struct difference){name, a, b, at, t_ps};
    }
}

static void tell_wanted(const struct difference *first, const char *golden, FILE *report)
{
    if (first->at < first->wanted->count) {
        const struct golden_line *line = &first->wanted->lines[first->at];

        (void)fprintf(report, "  golden: %s\n          (%s:%" PRIu64 ")\n", line->text, golden,
                      line->line);
    } else {
        (void)fprintf(report, "  golden: nothing more\n          (%s)\n", golden);
    }
}

static void tell_seen(const struct difference *first, const char *events, FILE *report)
{
    if (first->at < first->seen->count) {
        const struct golden_line *line = &first->seen->lines[first->at];

        (void)fprintf(report, "  seen:   %s\n          (at %.3f us, %s:%" PRIu64 ")\n", line->text,
                      (double)line->t_ps / PS_PER_US, events, line->line);
    } else {
        (void)fprintf(report, "  seen:   nothing more\n          (%s)\n", events);
    }
}

static void tell(const struct difference *first, const char *golden, const char *events,
                 FILE *report)
{
    size_t from = first->at > CONTEXT ? first->at - CONTEXT : 0;

    (void)fprintf(report, "first difference, in [%s]%s\n", first->section,
                  first->at ? ", after" : "");
    for (size_t i = from; first->wanted->lines && i < first->at; i++) {
        (void)fprintf(report, "          %s\n", first->wanted->lines[i].text);
    }
    tell_wanted(first, golden, report);
    tell_seen(first, events, report);
}

int golden_compare(const char *path, const char *events, enum golden_keep keep, FILE *report,
                   char *error, size_t size)
{
    struct golden wanted = {0}, seen = {0};
    struct difference first = {0};
    int ret = read_golden(&wanted, path, error, size);

    ret = ret ? ret : golden_from_events(&seen, events, keep, error, size);
    if (!ret) {
        for (size_t i = 0; i < wanted.count; i++) {
            look_at(&wanted, &seen, wanted.sections[i].name, &first);
        }
        for (size_t i = 0; i < seen.count; i++) {
            look_at(&wanted, &seen, seen.sections[i].name, &first);
        }
    }
    if (first.section) {
        tell(&first, path, events, report);
        ret = 1;
    }
    golden_free(&wanted);
    golden_free(&seen);
    return ret;
}
