/* SPDX-License-Identifier: MIT */
/* Values of signals: as text, whether they are equal, and at which instants they count. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "traces/diff_value.h"

#define MAX_BINARY 64u /* digits of a value with unknown bits that are shown */
#define MAX_NAME   8192u

/* ---- text ------------------------------------------------------------------------------------ */

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

void diff_value_text(const struct diff_names *names, const struct vcd_signal *signal,
                     const uint64_t *value, char to[DIFF_TEXT_SIZE])
{
    const char *name = diff_names_find(names, signal->name, value[0]);
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

bool diff_values_equal(enum diff_unknown unknown, const uint64_t *a, const uint64_t *b,
                       unsigned words)
{
    for (unsigned w = 0; w < words; w++) {
        uint64_t bits = a[w] ^ b[w];
        uint64_t masks = a[words + w] ^ b[words + w];
        uint64_t differs = bits | masks;

        if (unknown == DIFF_UNKNOWN_ANY) {
            differs = bits & ~(a[words + w] | b[words + w]);
        } else if (unknown == DIFF_UNKNOWN_ALIKE) {
            differs = masks | (bits & ~a[words + w]);
        }
        if (differs) {
            return false;
        }
    }
    return true;
}

/* ---- instants -------------------------------------------------------------------------------- */

/* "top.valid", "top.state=3", "top.state!=0x10"; of a clock only the name. */
struct condition {
    uint32_t signal[2];
    bool equal; /* else it has to differ */
    uint64_t value;
};

struct diff_sampler {
    bool clocked;
    uint32_t clock[2];
    bool was[2]; /* the clock's last values */
    struct condition *conditions;
    size_t count;
};

static int find_signal(struct vcd *vcd, const char *name, uint32_t *number)
{
    size_t count;
    const struct vcd_signal *signals = vcd_signals(vcd, &count);

    for (size_t i = 0; i < count; i++) {
        if (strcmp(signals[i].name, name) == 0) {
            *number = (uint32_t)i;
            return 0;
        }
    }
    return -ENOENT;
}

/* The signal that A calls by this name, in both files. */
static int find_both(const struct diff_options *options, struct vcd *const vcd[2], const char *name,
                     uint32_t signal[2])
{
    char other[MAX_NAME];
    int err = find_signal(vcd[DIFF_A], name, &signal[DIFF_A]);

    if (!err && !diff_map(options, name, other, sizeof(other))) {
        err = -ENOENT;
    }
    return err ? err : find_signal(vcd[DIFF_B], other, &signal[DIFF_B]);
}

static int take_condition(struct diff_sampler *sampler, const struct diff_options *options,
                          struct vcd *const vcd[2], const char *word)
{
    struct condition *condition = &sampler->conditions[sampler->count++];
    size_t length = strcspn(word, "=");
    const char *value = word[length] ? word + length + 1 : NULL;
    char name[MAX_NAME];
    char *end;

    condition->equal = value && length && word[length - 1] != '!';
    if (value && !condition->equal) {
        length--;
    }
    (void)snprintf(name, sizeof(name), "%.*s", (int)length, word);
    if (value) {
        condition->value = strtoull(value, &end, 0);
        if (*value < '0' || *value > '9' || *end) {
            return -EINVAL;
        }
    }
    return find_both(options, vcd, name, condition->signal);
}

int diff_sampler_create(const struct diff_options *options, struct vcd *const vcd[2],
                        struct diff_sampler **made, char *error)
{
    struct diff_sampler *sampler;
    int err = 0;

    *made = NULL;
    if (!options->clock && !options->whens.count) {
        return 0;
    }
    sampler = calloc(1, sizeof(*sampler));
    if (!sampler) {
        return -ENOMEM;
    }
    *made = sampler;
    sampler->conditions = calloc(options->whens.count + 1, sizeof(*sampler->conditions));
    if (!sampler->conditions) {
        return -ENOMEM;
    }
    sampler->clocked = options->clock != NULL;
    if (sampler->clocked && find_both(options, vcd, options->clock, sampler->clock)) {
        (void)snprintf(error, DIFF_ERROR_SIZE, "--clock %s: not a signal of both", options->clock);
        return -ENOENT;
    }
    for (size_t i = 0; i < options->whens.count && !err; i++) {
        err = take_condition(sampler, options, vcd, options->whens.words[i]);
        if (err) {
            (void)snprintf(error, DIFF_ERROR_SIZE, "--when %s: %s", options->whens.words[i],
                           err == -EINVAL ? "SIGNAL, SIGNAL=NUMBER or SIGNAL!=NUMBER is wanted"
                                          : "not a signal of both");
        }
    }
    return err;
}

void diff_sampler_destroy(struct diff_sampler *sampler)
{
    if (sampler) {
        free(sampler->conditions);
        free(sampler);
    }
}

void diff_sampler_want(const struct diff_sampler *sampler, enum diff_side side, bool *wanted)
{
    if (sampler && sampler->clocked) {
        wanted[sampler->clock[side]] = true;
    }
    for (size_t i = 0; sampler && i < sampler->count; i++) {
        wanted[sampler->conditions[i].signal[side]] = true;
    }
}

static bool holds(const struct condition *condition, struct vcd *vcd, enum diff_side side)
{
    uint32_t signal = condition->signal[side];
    size_t count;
    unsigned words = vcd_words(&vcd_signals(vcd, &count)[signal]);
    const uint64_t *value = vcd_value(vcd, signal);
    bool equal = value[0] == condition->value;

    for (unsigned w = 0; w < words; w++) {
        equal = equal && (w == 0 || value[w] == 0);
        if (value[words + w]) {
            return false; /* unknown bits fulfil nothing */
        }
    }
    return equal == condition->equal;
}

static bool all_hold(const struct diff_sampler *sampler, struct vcd *vcd, enum diff_side side)
{
    for (size_t i = 0; i < sampler->count; i++) {
        if (!holds(&sampler->conditions[i], vcd, side)) {
            return false;
        }
    }
    return true;
}

bool diff_sampler_now(struct diff_sampler *sampler, struct vcd *const vcd[2])
{
    bool now = false;

    for (int side = 0; side < 2; side++) {
        bool rises = true;

        if (sampler->clocked) {
            uint64_t value = *vcd_value(vcd[side], sampler->clock[side]) & 1;
            /* x is no edge: its mask stands behind the only word. */
            bool high = value && !(vcd_value(vcd[side], sampler->clock[side])[1] & 1);

            rises = high && !sampler->was[side];
            sampler->was[side] = high;
        }
        now = now || (rises && all_hold(sampler, vcd[side], (enum diff_side)side));
    }
    return now;
}
