/* SPDX-License-Identifier: MIT */
/* Compares the waves of two runs, both files read side by side. Signals are paired by their full
 * names; of aliases one stands for all. Without a skew the values are compared at every instant at
 * which one of them was written; with one, or in order alone, the changes are (diff_match.c). */
#include <errno.h>
#include <inttypes.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>

#include "traces/diff.h"
#include "traces/vcd.h"

#define NO_PAIR    UINT32_MAX
#define MAX_NAME   8192u
#define MAX_BINARY 64u /* digits of a value with unknown bits that are shown */
#define FOREVER    (INT64_MAX / 2)

struct pair {
    uint32_t signal[2];
    uint32_t key[2]; /* of aliases */
    bool named;      /* its values have names: the most telling ones, told first */
    bool differs;    /* at present */
    uint64_t count;
    int64_t first_fs;
    uint64_t *last[2]; /* last values, when changes are matched */
};

struct waves {
    const struct diff_options *options;
    struct diff_report *report;
    char *error;
    struct vcd *vcd[2];
    const struct vcd_signal *signals[2];
    size_t num_signals[2];
    struct diff_names *names[2];
    struct pair *pairs;
    size_t num_pairs;
    uint32_t *pair_of[2]; /* by signal */
    uint32_t *fresh;      /* pairs that began to differ at this instant */
    size_t num_fresh;
    struct diff_match *match; /* NULL: values are compared, not changes */
    bool in_window;
};

/* ---- pairs ----------------------------------------------------------------------------------- */

struct name_entry {
    char *name; /* as B calls it */
    uint32_t signal;
};

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct name_entry *)a)->name, ((const struct name_entry *)b)->name);
}

/* The names of one side that take part, sorted. */
static struct name_entry *sorted_names(struct waves *waves, enum diff_side side, size_t *count)
{
    struct name_entry *entries = calloc(waves->num_signals[side] + 1, sizeof(*entries));
    char name[MAX_NAME];

    *count = 0;
    for (size_t i = 0; entries && i < waves->num_signals[side]; i++) {
        const char *own = waves->signals[side][i].name;
        bool fits = side == DIFF_B ? snprintf(name, sizeof(name), "%s", own) < (int)sizeof(name)
                                   : diff_map(waves->options, own, name, sizeof(name));

        if (!fits || !diff_selected(waves->options, name)) {
            continue;
        }
        entries[*count] = (struct name_entry){.name = strdup(name), .signal = (uint32_t)i};
        if (!entries[*count].name) {
            continue;
        }
        (*count)++;
    }
    if (entries) {
        qsort(entries, *count, sizeof(*entries), by_name);
    }
    return entries;
}

static void free_names(struct name_entry *entries, size_t count)
{
    for (size_t i = 0; entries && i < count; i++) {
        free(entries[i].name);
    }
    free(entries);
}

static int add_pair(struct waves *waves, uint32_t a, uint32_t b)
{
    struct pair *pair = &waves->pairs[waves->num_pairs];
    const struct vcd_signal *x = &waves->signals[DIFF_A][a];
    const struct vcd_signal *y = &waves->signals[DIFF_B][b];
    char text[2][64];

    waves->report->signals.compared++;
    if (x->width == y->width && x->is_number == y->is_number) {
        *pair = (struct pair){
            .signal = {a, b},
            .key = {vcd_alias_key(waves->vcd[DIFF_A], a), vcd_alias_key(waves->vcd[DIFF_B], b)},
            .named = diff_names_find(waves->names[DIFF_A], x->name, 0) != NULL};
        waves->num_pairs++;
        return 0;
    }
    (void)snprintf(text[0], sizeof(text[0]), "%s of %u bits", x->is_number ? "number" : "signal",
                   x->width);
    (void)snprintf(text[1], sizeof(text[1]), "%s of %u bits", y->is_number ? "number" : "signal",
                   y->width);
    return diff_found(waves->options, &waves->report->signals,
                      &(struct diff_item){.t_fs = 0, .what = x->name, .text = {text[0], text[1]}});
}

/* Walks through both sorted lists of names: pairs, and what one side alone has. */
static int merge_names(struct waves *waves, const struct name_entry *a, size_t num_a,
                       const struct name_entry *b, size_t num_b)
{
    size_t i = 0, k = 0;
    int ret = 0;

    while (!ret && (i < num_a || k < num_b)) {
        int order = i == num_a ? 1 : k == num_b ? -1 : strcmp(a[i].name, b[k].name);

        if (order == 0) {
            ret = add_pair(waves, a[i++].signal, b[k++].signal);
        } else if (order < 0) {
            ret = diff_found_only(waves->options, &waves->report->signals, DIFF_A, a[i++].name);
        } else {
            ret = diff_found_only(waves->options, &waves->report->signals, DIFF_B, b[k++].name);
        }
    }
    return ret;
}

static int by_importance(const void *a, const void *b)
{
    const struct pair *x = a;
    const struct pair *y = b;

    if (x->named != y->named) {
        return x->named ? -1 : 1;
    }
    return (x->signal[0] > y->signal[0]) - (x->signal[0] < y->signal[0]);
}

static int by_key(const void *a, const void *b)
{
    const struct pair *x = a;
    const struct pair *y = b;

    for (int side = 0; side < 2; side++) {
        if (x->key[side] != y->key[side]) {
            return x->key[side] < y->key[side] ? -1 : 1;
        }
    }
    return by_importance(a, b);
}

/* Keeps one pair of those that are aliases in both files. */
static void drop_aliases(struct waves *waves)
{
    size_t kept = 0;

    qsort(waves->pairs, waves->num_pairs, sizeof(*waves->pairs), by_key);
    for (size_t i = 0; i < waves->num_pairs; i++) {
        const struct pair *pair = &waves->pairs[i];
        const struct pair *before = kept ? &waves->pairs[kept - 1] : NULL;

        if (!before || before->key[0] != pair->key[0] || before->key[1] != pair->key[1]) {
            waves->pairs[kept++] = *pair;
        }
    }
    waves->num_pairs = kept;
    qsort(waves->pairs, waves->num_pairs, sizeof(*waves->pairs), by_importance);
}

static int index_pairs(struct waves *waves)
{
    for (int side = 0; side < 2; side++) {
        bool *wanted = calloc(waves->num_signals[side] + 1, sizeof(*wanted));

        waves->pair_of[side] = malloc((waves->num_signals[side] + 1) * sizeof(uint32_t));
        if (!wanted || !waves->pair_of[side]) {
            free(wanted);
            return -ENOMEM;
        }
        memset(waves->pair_of[side], 0xff, waves->num_signals[side] * sizeof(uint32_t));
        for (size_t i = 0; i < waves->num_pairs; i++) {
            waves->pair_of[side][waves->pairs[i].signal[side]] = (uint32_t)i;
            wanted[waves->pairs[i].signal[side]] = true;
        }
        vcd_watch(waves->vcd[side], wanted);
        free(wanted);
    }
    waves->fresh = calloc(waves->num_pairs + 1, sizeof(*waves->fresh));
    return waves->fresh ? 0 : -ENOMEM;
}

static int make_pairs(struct waves *waves)
{
    size_t num_a, num_b;
    struct name_entry *a = sorted_names(waves, DIFF_A, &num_a);
    struct name_entry *b = sorted_names(waves, DIFF_B, &num_b);
    int ret = -ENOMEM;

    waves->pairs = calloc(num_a + 1, sizeof(*waves->pairs));
    if (a && b && waves->pairs) {
        ret = merge_names(waves, a, num_a, b, num_b);
    }
    free_names(a, num_a);
    free_names(b, num_b);
    if (ret) {
        return ret;
    }
    drop_aliases(waves);
    return index_pairs(waves);
}

/* ---- values ---------------------------------------------------------------------------------- */

static void binary_text(const struct vcd_signal *signal, const uint64_t *value, char *to)
{
    static const char digits[] = "01zx";
    unsigned words = vcd_words(signal);
    unsigned shown = signal->width < MAX_BINARY ? signal->width : MAX_BINARY;
    size_t used = 0;

    to[used++] = 'b';
    for (unsigned bit = shown; bit-- > 0;) {
        to[used++] = digits[(value[bit / 64] >> bit % 64 & 1) |
                            (value[words + bit / 64] >> bit % 64 & 1) << 1];
    }
    to[used] = '\0';
}

/* "3 VF_RUNNING", "0x1f", "b01xz", "1.5". */
static void value_text(const struct waves *waves, enum diff_side side, uint32_t number,
                       const uint64_t *value, char to[DIFF_TEXT_SIZE])
{
    const struct vcd_signal *signal = &waves->signals[side][number];
    const char *name = diff_names_find(waves->names[side], signal->name, value[0]);
    unsigned words = vcd_words(signal);
    size_t used = 0;
    double real;

    for (unsigned w = 0; w < words; w++) {
        if (value[words + w]) {
            binary_text(signal, value, to);
            return;
        }
    }
    if (signal->is_number) {
        memcpy(&real, value, sizeof(real));
        (void)snprintf(to, DIFF_TEXT_SIZE, "%.17g", real);
    } else if (name) {
        (void)snprintf(to, DIFF_TEXT_SIZE, "%" PRIu64 " %s", value[0], name);
    } else if (signal->width == 1) {
        (void)snprintf(to, DIFF_TEXT_SIZE, "%" PRIu64, value[0]);
    } else {
        used = (size_t)snprintf(to, DIFF_TEXT_SIZE, "0x%" PRIx64, value[words - 1]);
        for (unsigned w = words - 1; w-- > 0 && used + 17 < DIFF_TEXT_SIZE;) {
            used += (size_t)snprintf(to + used, DIFF_TEXT_SIZE - used, "%016" PRIx64, value[w]);
        }
    }
}

static bool values_equal(const struct waves *waves, const uint64_t *a, const uint64_t *b,
                         unsigned words)
{
    for (unsigned w = 0; w < words; w++) {
        uint64_t differs = (a[w] ^ b[w]) | (a[words + w] ^ b[words + w]);

        if (waves->options->x_any) {
            differs = (a[w] ^ b[w]) & ~(a[words + w] | b[words + w]);
        }
        if (differs) {
            return false;
        }
    }
    return true;
}

static void count_difference(struct pair *pair, int64_t t_fs)
{
    if (pair->count++ == 0) {
        pair->first_fs = t_fs;
    }
}

/* ---- comparing values ------------------------------------------------------------------------ */

static void compare_pair(struct waves *waves, uint32_t number)
{
    struct pair *pair = &waves->pairs[number];
    unsigned words = vcd_words(&waves->signals[DIFF_A][pair->signal[DIFF_A]]);
    const uint64_t *a = vcd_value(waves->vcd[DIFF_A], pair->signal[DIFF_A]);
    const uint64_t *b = vcd_value(waves->vcd[DIFF_B], pair->signal[DIFF_B]);
    bool differs = !values_equal(waves, a, b, words);

    if (differs && !pair->differs) {
        waves->fresh[waves->num_fresh++] = number;
    }
    pair->differs = differs;
}

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a;
    uint32_t y = *(const uint32_t *)b;

    return (x > y) - (x < y);
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
        ret = diff_found(waves->options, &waves->report->signals, &item);
    }
    waves->num_fresh = 0;
    return ret;
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

        if (waves->match) {
            ret = match_pair(waves, number, side, t_fs, false);
        } else {
            compare_pair(waves, number);
        }
    }
    return ret;
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
        } else {
            compare_pair(waves, i);
        }
    }
    return ret ? ret : tell_fresh(waves, t_fs);
}

/* Both files reach the instant before anything is compared. */
static int step(struct waves *waves, int64_t t_fs)
{
    bool stepped[2] = {false, false};
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
    if (!waves->in_window) {
        return 0;
    }
    ret = waves->match ? diff_match_advance(waves->match, t_fs) : 0;
    for (int side = 0; !ret && side < 2; side++) {
        ret = stepped[side] ? take_touched(waves, side, t_fs) : 0;
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
    }
    free(waves->pairs);
    free(waves->fresh);
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
    ret = ret ? ret : make_pairs(&waves);
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
