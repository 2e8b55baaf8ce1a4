/* SPDX-License-Identifier: MIT */
/* Comparison of what two runs left: options, what was found, and how it is told. Inside diff*.c
 * only. A comparison fills a section of the report; printing comes last, so that text and JSON say
 * the same. */
#ifndef TRACES_DIFF_H
#define TRACES_DIFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "sim/hal/bits.h"

#define DIFF_ERROR_SIZE 1024u
#define DIFF_TEXT_SIZE  512u

enum diff_side { DIFF_A, DIFF_B };

/* What x and z are equal to. */
enum diff_unknown {
    DIFF_UNKNOWN_EXACT, /* to themselves */
    DIFF_UNKNOWN_ALIKE, /* to each other */
    DIFF_UNKNOWN_ANY,   /* to everything */
};

struct diff_words {
    char **words;
    size_t count;
};

struct diff_options {
    const char *path[2];
    struct diff_words maps; /* "a=b": scope a of A is b of B */
    struct diff_words ignores;
    struct diff_words selects;
    int64_t from_fs; /* window, both ends in it, times of A */
    int64_t to_fs;
    int64_t skew_fs;
    int64_t shift_fs; /* added to the times of B */
    bool order_only;
    enum diff_unknown unknown;
    const char *clock;       /* values count when this signal rises; NULL: always */
    struct diff_words whens; /* and when all of these hold */
    int64_t glitch_fs;       /* a difference no longer than this is marked; 0: none is */
    bool json;
    size_t limit;      /* differences that are told one by one */
    const char *names; /* file that replaces both names.json; NULL */
};

/* ---- what was found -------------------------------------------------------------------------- */

struct diff_item {
    int64_t t_fs;
    uint64_t number; /* in the order in which they were found */
    char *what;
    char *text[2];
};

struct diff_row {
    char *what;
    uint64_t count;
    int64_t first_fs;
};

/* Names that one side alone has. */
struct diff_only {
    uint64_t count;
    struct diff_words first; /* at most options->limit */
};

struct diff_section {
    const char *title; /* "signals" or "events"; NULL when there was no such comparison */
    uint64_t compared;
    uint64_t differences;
    struct diff_item *items;
    size_t num_items;
    int64_t last_fs; /* latest of the items */
    struct diff_row *rows;
    size_t num_rows;
    struct diff_only only[2];
};

struct diff_report {
    const struct diff_options *options;
    int64_t clock_fs; /* 0 when unknown */
    struct diff_section signals;
    struct diff_section events;
    struct diff_item message; /* the first one that differs, if what */
    char *story[2]; /* the scenario's last words before the first difference; NULL without any */
};

/* diff_report.c. Texts are copied. Of more differences than the limit the earliest are kept. Return
 * 0 or -ENOMEM. */
MUST_USE int diff_found(const struct diff_options *options, struct diff_section *section,
                        const struct diff_item *item);
MUST_USE int diff_add_row(struct diff_section *section, const struct diff_row *row);
MUST_USE int diff_found_only(const struct diff_options *options, struct diff_section *section,
                             enum diff_side side, const char *what);
/* A message of both sides differs; the earliest is kept. */
MUST_USE int diff_found_message(struct diff_report *report, const struct diff_item *item);
/* After the comparison: brings what was found into the order of time. */
void diff_sort(struct diff_report *report);
bool diff_is_same(const struct diff_report *report);
/* Earliest difference of both sections; INT64_MAX when there is none with a time. */
int64_t diff_first_time(const struct diff_report *report);
void diff_print(const struct diff_report *report, FILE *out);
/* diff_json.c. Returns 0 or -ENOMEM. */
MUST_USE int diff_print_json(const struct diff_report *report, FILE *out);
void diff_free(struct diff_report *report);
/* "1.234567 us", with as many decimals as are needed, three at least. */
void diff_time(int64_t t_fs, char *to, size_t size);

/* ---- rules ----------------------------------------------------------------------------------- */

/* diff_rules.c. Whether the name is to be compared. */
bool diff_selected(const struct diff_options *options, const char *name);
/* The name in B of what A calls name, into to. Returns false when it does not fit. */
bool diff_map(const struct diff_options *options, const char *name, char *to, size_t size);
MUST_USE int diff_add_word(struct diff_words *words, const char *word);
void diff_free_words(struct diff_words *words);
/* "5ns", "-2.5us"; a number alone is in ns, as everywhere on the command line. */
bool diff_parse_time(const char *text, int64_t *fs);

/* Names of values, from a names.json. */
struct diff_names;
/* Returns NULL when there is no such file or it is no JSON; values go without names then. */
struct diff_names *diff_names_open(const char *path);
void diff_names_close(struct diff_names *names);
/* NULL when it has none. */
const char *diff_names_find(const struct diff_names *names, const char *signal, uint64_t value);

/* ---- comparisons ----------------------------------------------------------------------------- */

/* Each returns 0 with the report filled, or -errno with a message of at most DIFF_ERROR_SIZE. */
MUST_USE int diff_waves(const struct diff_options *options, const char *const path[2],
                        struct diff_report *report, char *error);
MUST_USE int diff_event_logs(const struct diff_options *options, const char *const path[2],
                             struct diff_report *report, char *error);
/* diff_events.c: what the scenario said last in that log before t_fs, "line 80: text", into to. */
void diff_story(const char *path, int64_t t_fs, char *to, size_t size);

/* ---- sequences ------------------------------------------------------------------------------- */

/* diff_match.c: matches changes of one signal in A and B that may be apart in time. */
struct diff_match;

struct diff_change {
    int64_t t_fs;
    bool initial; /* the value at the beginning of the window */
    const uint64_t *value;
    unsigned words; /* of value */
};

struct diff_match_sink {
    /* A change of side that the other side does not have; other is the change that it has in its
     * place, or NULL. */
    int (*differs)(void *arg, size_t signal, enum diff_side side, const struct diff_change *change,
                   const struct diff_change *other);
    void *arg;
};

struct diff_match *diff_match_create(const struct diff_options *options, size_t num_signals,
                                     const struct diff_match_sink *sink);
void diff_match_destroy(struct diff_match *match);
/* Time goes on to t_fs: what should have been matched before is told. */
MUST_USE int diff_match_advance(struct diff_match *match, int64_t t_fs);
/* Returns 0, -ENOMEM, or -E2BIG when one side is too far ahead of the other. */
MUST_USE int diff_match_change(struct diff_match *match, size_t signal, enum diff_side side,
                               const struct diff_change *change);
/* The end of both; changes whose partner may lie beyond end_fs are forgiven. */
MUST_USE int diff_match_finish(struct diff_match *match, int64_t end_fs);

#endif
