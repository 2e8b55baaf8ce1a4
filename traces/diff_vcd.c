/* SPDX-License-Identifier: MIT */
/* Compares the waves of two runs, both files read side by side. Signals are paired by their full
 * names; of aliases one stands for all. Without a skew the values are compared at every instant at
 * which one of them was written; with one, or in order alone, the changes are (diff_match.c). */
#include <errno.h>
#include <inttypes.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>

#include "traces/diff_waves.h"

#define FOREVER (INT64_MAX / 2)

/* ---- values ---------------------------------------------------------------------------------- */

static void value_text(const struct waves *waves, enum diff_side side, uint32_t number,
                       const uint64_t *value, char to[DIFF_TEXT_SIZE])
{
    diff_value_text(waves->names[side], &waves->signals[side][number], value, to);
}

static void count_difference(struct pair *pair, int64_t t_fs)
{
    if (pair->count++ == 0) {
        pair->first_fs = t_fs;
    }
}

/* ---- comparing values ------------------------------------------------------------------------ */

/* A difference that was held back, since it may be a glitch, is over or has lasted. */
static int end_held(struct waves *waves, struct pair *pair, int64_t t_fs)
{
    struct diff_item item = {.t_fs = pair->since_fs,
                             .what = waves->signals[DIFF_A][pair->signal[DIFF_A]].name,
                             .text = {pair->text[DIFF_A], pair->text[DIFF_B]}};
    char marked[DIFF_TEXT_SIZE + 64];
    int ret;

    if (t_fs - pair->since_fs <= waves->options->glitch_fs) {
        char time[40];

        diff_time(t_fs - pair->since_fs, time, sizeof(time));
        (void)snprintf(marked, sizeof(marked), "%s (glitch: for %s)", pair->text[DIFF_B], time);
        item.text[DIFF_B] = marked;
    }
    ret = diff_found(waves->options, &waves->report->signals, &item);
    for (int side = 0; side < 2; side++) {
        free(pair->text[side]);
        pair->text[side] = NULL;
    }
    return ret;
}

static void compare_pair(struct waves *waves, uint32_t number, int64_t t_fs)
{
    struct pair *pair = &waves->pairs[number];
    unsigned words = vcd_words(&waves->signals[DIFF_A][pair->signal[DIFF_A]]);
    const uint64_t *a = vcd_value(waves->vcd[DIFF_A], pair->signal[DIFF_A]);
    const uint64_t *b = vcd_value(waves->vcd[DIFF_B], pair->signal[DIFF_B]);
    bool differs = !diff_values_equal(waves->options->unknown, a, b, words);

    if (differs && !pair->differs) {
        waves->fresh[waves->num_fresh++] = number;
    }
    if (!differs && pair->text[DIFF_A]) {
        waves->error_code = waves->error_code ? waves->error_code : end_held(waves, pair, t_fs);
    }
    pair->differs = differs;
}

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a;
    uint32_t y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

/* Keeps a difference until it is known how long it lasts. */
static int hold(struct pair *pair, const struct diff_item *item)
{
    pair->since_fs = item->t_fs;
    for (int side = 0; side < 2; side++) {
        pair->text[side] = strdup(item->text[side]);
    }
    return pair->text[DIFF_A] && pair->text[DIFF_B] ? 0 : -ENOMEM;
}

/* What is still held back at the end has lasted. */
static int end_all_held(struct waves *waves)
{
    int ret = 0;

    for (size_t i = 0; !ret && i < waves->num_pairs; i++) {
        if (waves->pairs[i].text[DIFF_A]) {
            ret = end_held(waves, &waves->pairs[i], FOREVER);
        }
    }
    return ret;
}

/* Tells what began to differ at this instant, the most telling first. */
static int tell_fresh(struct waves *waves, int64_t t_fs)
{
    int ret = 0;

    qsort(waves->fresh, waves->num_fresh, sizeof(*waves->fresh), by_number);
    for (size_t i = 0; !ret && i < waves->num_fresh; i++) {
        struct pair *pair = &waves->pairs[waves->fresh[i]];
        char text[2][DIFF_TEXT_SIZE];
        struct diff_item item = {.t_fs = t_fs,
                                 .what = waves->signals[DIFF_A][pair->signal[DIFF_A]].name,
                                 .text = {text[0], text[1]}};

        for (int side = 0; side < 2; side++) {
            value_text(waves, side, pair->signal[side],
                       vcd_value(waves->vcd[side], pair->signal[side]), text[side]);
        }
        count_difference(pair, t_fs);
        if (waves->options->glitch_fs) {
            ret = hold(pair, &item);
        } else {
            ret = diff_found(waves->options, &waves->report->signals, &item);
        }
    }
    waves->num_fresh = 0;
    return ret ? ret : waves->error_code;
}

/* ---- comparing changes ----------------------------------------------------------------------- */

/* A change that the other side lacks, or has otherwise. */
static int change_differs(void *arg, size_t number, enum diff_side side,
                          const struct diff_change *change, const struct diff_change *other)
{
    struct waves *waves = arg;
    struct pair *pair = &waves->pairs[number];
    char value[DIFF_TEXT_SIZE], text[2][DIFF_TEXT_SIZE + 64], time[40];
    int64_t first = other && other->t_fs < change->t_fs ? other->t_fs : change->t_fs;
    const struct diff_item item = {.t_fs = first,
                                   .what = waves->signals[DIFF_A][pair->signal[DIFF_A]].name,
                                   .text = {text[0], text[1]}};

    value_text(waves, side, pair->signal[side], change->value, value);
    diff_time(change->t_fs, time, sizeof(time));
    (void)snprintf(text[side], sizeof(text[side]), "becomes %s at %s", value, time);
    if (other) {
        value_text(waves, !side, pair->signal[!side], other->value, value);
        diff_time(other->t_fs, time, sizeof(time));
        (void)snprintf(text[!side], sizeof(text[!side]), "becomes %s at %s", value, time);
    } else if (waves->options->order_only) {
        (void)snprintf(text[!side], sizeof(text[!side]), "does not change any more");
    } else {
        diff_time(waves->options->skew_fs, time, sizeof(time));
        (void)snprintf(text[!side], sizeof(text[!side]), "no such change within %s", time);
    }
    count_difference(pair, first);
    return diff_found(waves->options, &waves->report->signals, &item);
}

/* Hands the pair's value over when it is new. */
static int match_pair(struct waves *waves, uint32_t number, enum diff_side side, int64_t t_fs,
                      bool initial)
{
    struct pair *pair = &waves->pairs[number];
    unsigned words = 2 * vcd_words(&waves->signals[side][pair->signal[side]]);
    const uint64_t *value = vcd_value(waves->vcd[side], pair->signal[side]);
    const struct diff_change change = {
        .t_fs = t_fs, .initial = initial, .value = value, .words = words};

    if (!pair->last[side]) {
        pair->last[side] = malloc(words * sizeof(*value));
        if (!pair->last[side]) {
            return -ENOMEM;
        }
    } else if (memcmp(pair->last[side], value, words * sizeof(*value)) == 0) {
        return 0;
    }
    memcpy(pair->last[side], value, words * sizeof(*value));
    return diff_match_change(waves->match, number, side, &change);
}

/* ---- going through both files ---------------------------------------------------------------- */

static int64_t next_time(const struct waves *waves, enum diff_side side)
{
    int64_t t_fs = vcd_next_time(waves->vcd[side]);

    return t_fs == VCD_NEVER ? FOREVER : t_fs + (side == DIFF_B ? waves->options->shift_fs : 0);
}

/* What the step of one side wrote is looked at. */
static int take_touched(struct waves *waves, enum diff_side side, int64_t t_fs)
{
    size_t count;
    const uint32_t *touched = vcd_touched(waves->vcd[side], &count);
    int ret = 0;

    for (size_t i = 0; !ret && i < count; i++) {
        uint32_t number = waves->pair_of[side][touched[i]];

        if (number == DIFF_NO_PAIR) {
            continue; /* only looked at by the sampler */
        }
        if (waves->match) {
            ret = match_pair(waves, number, side, t_fs, false);
        } else if (!waves->sampler) {
            compare_pair(waves, number, t_fs);
        } else if (!waves->pairs[number].stale) {
            waves->pairs[number].stale = true;
            waves->stale[waves->num_stale++] = number;
        }
    }
    return ret;
}

/* Values count at this instant: what was written since they last did is compared. */
static void compare_stale(struct waves *waves, int64_t t_fs)
{
    for (size_t i = 0; i < waves->num_stale; i++) {
        waves->pairs[waves->stale[i]].stale = false;
        compare_pair(waves, waves->stale[i], t_fs);
    }
    waves->num_stale = 0;
}

/* The window begins: all values as they stand are compared. */
static int open_window(struct waves *waves, int64_t t_fs)
{
    int ret = 0;

    waves->in_window = true;
    for (uint32_t i = 0; !ret && i < waves->num_pairs; i++) {
        if (waves->match) {
            ret = match_pair(waves, i, DIFF_A, t_fs, true);
            ret = ret ? ret : match_pair(waves, i, DIFF_B, t_fs, true);
        } else if (!waves->sampler) {
            compare_pair(waves, i, t_fs);
        } else if (!waves->pairs[i].stale) {
            waves->pairs[i].stale = true;
            waves->stale[waves->num_stale++] = i;
        }
    }
    return ret ? ret : tell_fresh(waves, t_fs);
}

/* Both files reach the instant before anything is compared. */
static int step(struct waves *waves, int64_t t_fs)
{
    bool stepped[2] = {false, false};
    bool counts = false;
    int ret = 0;

    for (int side = 0; side < 2; side++) {
        if (next_time(waves, side) != t_fs) {
            continue;
        }
        ret = vcd_step(waves->vcd[side]);
        if (ret < 0) {
            (void)snprintf(waves->error, DIFF_ERROR_SIZE, "%s", vcd_error(waves->vcd[side]));
            return ret;
        }
        stepped[side] = true;
    }
    counts = waves->sampler && diff_sampler_now(waves->sampler, waves->vcd);
    if (!waves->in_window) {
        return 0;
    }
    ret = waves->match ? diff_match_advance(waves->match, t_fs) : 0;
    for (int side = 0; !ret && side < 2; side++) {
        ret = stepped[side] ? take_touched(waves, side, t_fs) : 0;
    }
    if (counts && !ret) {
        compare_stale(waves, t_fs);
    }
    return ret ? ret : tell_fresh(waves, t_fs);
}

static int go_through(struct waves *waves)
{
    const struct diff_options *options = waves->options;
    int ret = 0;

    waves->in_window = options->from_fs == INT64_MIN;
    while (!ret) {
        int64_t a = next_time(waves, DIFF_A);
        int64_t b = next_time(waves, DIFF_B);
        int64_t t_fs = a < b ? a : b;

        if (!waves->in_window && t_fs > options->from_fs) {
            ret = open_window(waves, options->from_fs);
        }
        if (ret || t_fs == FOREVER || t_fs > options->to_fs) {
            break;
        }
        ret = step(waves, t_fs);
    }
    ret = ret ? ret : end_all_held(waves);
    if (!ret && waves->match) {
        ret = diff_match_finish(waves->match, options->to_fs < FOREVER ? options->to_fs : FOREVER);
    }
    return ret;
}

/* ---- the whole ------------------------------------------------------------------------------- */

static int open_files(struct waves *waves, const char *const path[2])
{
    for (int side = 0; side < 2; side++) {
        char copy[4096], names[4200];

        waves->vcd[side] = vcd_open(path[side], waves->error, DIFF_ERROR_SIZE);
        if (!waves->vcd[side]) {
            return -EINVAL;
        }
        waves->signals[side] = vcd_signals(waves->vcd[side], &waves->num_signals[side]);
        (void)snprintf(copy, sizeof(copy), "%s", path[side]);
        (void)snprintf(names, sizeof(names), "%s/names.json", dirname(copy));
        waves->names[side] = diff_names_open(waves->options->names ? waves->options->names : names);
        if (waves->options->names && !waves->names[side]) {
            (void)snprintf(waves->error, DIFF_ERROR_SIZE, "%s: no names of values in it",
                           waves->options->names);
            return -EINVAL;
        }
    }
    return 0;
}

static int make_matcher(struct waves *waves)
{
    const struct diff_match_sink sink = {.differs = change_differs, .arg = waves};

    if (!waves->options->order_only && waves->options->skew_fs == 0) {
        return 0;
    }
    waves->match = diff_match_create(waves->options, waves->num_pairs, &sink);
    return waves->match ? 0 : -ENOMEM;
}

static int summarize(struct waves *waves)
{
    int ret = 0;

    for (size_t i = 0; !ret && i < waves->num_pairs; i++) {
        const struct pair *pair = &waves->pairs[i];

        if (pair->count) {
            ret = diff_add_row(
                &waves->report->signals,
                &(struct diff_row){.what = waves->signals[DIFF_A][pair->signal[DIFF_A]].name,
                                   .count = pair->count,
                                   .first_fs = pair->first_fs});
        }
    }
    return ret;
}

static void release(struct waves *waves)
{
    for (size_t i = 0; i < waves->num_pairs; i++) {
        free(waves->pairs[i].last[DIFF_A]);
        free(waves->pairs[i].last[DIFF_B]);
        free(waves->pairs[i].text[DIFF_A]);
        free(waves->pairs[i].text[DIFF_B]);
    }
    free(waves->pairs);
    free(waves->fresh);
    free(waves->stale);
    diff_sampler_destroy(waves->sampler);
    diff_match_destroy(waves->match);
    for (int side = 0; side < 2; side++) {
        free(waves->pair_of[side]);
        diff_names_close(waves->names[side]);
        vcd_close(waves->vcd[side]);
    }
}

int diff_waves(const struct diff_options *options, const char *const path[2],
               struct diff_report *report, char *error)
{
    struct waves waves = {.options = options, .report = report, .error = error};
    int ret;

    error[0] = '\0';
    report->signals.title = "signals";
    ret = open_files(&waves, path);
    ret = ret ? ret : diff_sampler_create(options, waves.vcd, &waves.sampler, error);
    ret = ret ? ret : diff_make_pairs(&waves);
    ret = ret ? ret : make_matcher(&waves);
    ret = ret ? ret : go_through(&waves);
    ret = ret ? ret : summarize(&waves);
    if (ret && !error[0]) {
        (void)snprintf(error, DIFF_ERROR_SIZE, "%s",
                       ret == -E2BIG ? "one file is too far ahead of the other to be matched: "
                                       "choose a smaller --skew, or a window"
                                     : strerror(-ret));
    }
    release(&waves);
    return ret;
}
