/* SPDX-License-Identifier: MIT */
/* How long migrations took in B and in A: the n-th of one with the n-th of the other. What is
 * judged is the time in which the VF stood still and the time until its work went on; single steps
 * only tell why. */
#include "traces/profile_stats.h"

#include <stdlib.h>

/* One comparison as it goes on. */
struct moves {
    FILE *out;
    double max_regress;
    bool titled; /* the table has its head */
    size_t beyond;
};

static uint64_t total_of(const struct profile_recovery *gt)
{
    uint64_t total = 0;

    for (unsigned step = 0; step < PROFILE_NUM_STEPS; step++) {
        total += gt->steps[step];
    }
    return total;
}

static void title_print(struct moves *moves)
{
    if (!moves->titled) {
        (void)fprintf(moves->out, "\n%-32s %-18s %12s %12s %12s %10s\n", "migration; times in us",
                      "step", "A", "B", "change", "growth");
        moves->titled = true;
    }
}

/* A row, when the two differ. */
static void row_print(struct moves *moves, const char *name, const char *step, const uint64_t ps[2],
                      bool judged)
{
    const double us[2] = {(double)ps[0] / 1e6, (double)ps[1] / 1e6};
    double growth = ps[0] ? (us[1] - us[0]) * 100.0 / us[0] : 0;
    bool beyond = judged && moves->max_regress >= 0 && ps[1] > ps[0] &&
                  (ps[0] == 0 || growth > moves->max_regress);

    if (ps[0] == ps[1]) {
        return;
    }
    title_print(moves);
    (void)fprintf(moves->out, "%-32s %-18s %12.3f %12.3f %+12.3f", name, step, us[0], us[1],
                  us[1] - us[0]);
    if (ps[0]) {
        (void)fprintf(moves->out, " %+9.2f%%", growth);
    } else {
        (void)fprintf(moves->out, " %10s", "from 0");
    }
    (void)fprintf(moves->out, "%s\n", beyond ? "  REGRESSED" : "");
    moves->beyond += beyond;
}

static void name_make(char *name, size_t size, const struct profile *profile,
                      const struct profile_migration *migration)
{
    int length =
        snprintf(name, size, "%s.vf%u", profile->gpus.names[migration->from], migration->vf_from);

    if (migration->arrived && length > 0 && (size_t)length < size) {
        (void)snprintf(name + length, size - (size_t)length, " -> %s.vf%u",
                       profile->gpus.names[migration->to], migration->vf_to);
    }
}

/* One of the two migrations did not come so far. */
static void lost_print(struct moves *moves, const char *name, const char *what, bool in_b)
{
    bool lost = in_b && moves->max_regress >= 0;

    title_print(moves);
    (void)fprintf(moves->out, "%-32s %s in %s%s\n", name, what, in_b ? "B" : "A",
                  lost ? "  REGRESSED" : "");
    moves->beyond += lost;
}

static void gts_compare(struct moves *moves, const char *name,
                        const struct profile_migration *const both[2])
{
    for (unsigned gt = 0; gt < PROFILE_GTS; gt++) {
        const struct profile_recovery *a = &both[0]->gts[gt], *b = &both[1]->gts[gt];
        char step[32];

        if (!a->seen || !b->seen) {
            continue;
        }
        if (a->ended != b->ended) { /* its times are those of another end */
            (void)snprintf(step, sizeof(step), "gt%u did not recover", gt);
            lost_print(moves, name, step, a->ended);
            continue;
        }
        (void)snprintf(step, sizeof(step), "gt%u until work", gt);
        row_print(moves, name, step, (const uint64_t[]){total_of(a), total_of(b)}, a->ended);
        for (unsigned n = 0; n < PROFILE_NUM_STEPS; n++) {
            (void)snprintf(step, sizeof(step), "gt%u %s", gt,
                           profile_step_name((enum profile_step)n));
            row_print(moves, name, step, (const uint64_t[]){a->steps[n], b->steps[n]}, false);
        }
    }
}

static void pair_compare(struct moves *moves, const struct profile *const profiles[2],
                         const struct profile_migration *const both[2])
{
    char name[2 * 64];

    name_make(name, sizeof(name), profiles[both[0]->arrived ? 0 : 1],
              both[both[0]->arrived ? 0 : 1]);
    if (both[0]->arrived && both[1]->arrived) {
        row_print(
            moves, name, "down",
            (const uint64_t[]){both[0]->resume - both[0]->start, both[1]->resume - both[1]->start},
            true);
        gts_compare(moves, name, both);
    } else if (both[0]->arrived != both[1]->arrived) {
        lost_print(moves, name, "did not arrive", both[0]->arrived);
    }
}

size_t profile_compare_migrations(FILE *out, const struct profile *a, const struct profile *b,
                                  double max_regress)
{
    struct moves moves = {.out = out, .max_regress = max_regress};
    const size_t count =
        a->num_migrations < b->num_migrations ? a->num_migrations : b->num_migrations;

    for (size_t i = 0; i < count; i++) {
        pair_compare(
            &moves, (const struct profile *const[]){a, b},
            (const struct profile_migration *const[]){&a->migrations[i], &b->migrations[i]});
    }
    if (a->num_migrations != b->num_migrations) {
        bool lost = b->num_migrations < a->num_migrations && max_regress >= 0;

        title_print(&moves);
        (void)fprintf(out, "A has %zu migrations, B has %zu%s\n", a->num_migrations,
                      b->num_migrations, lost ? "  REGRESSED" : "");
        moves.beyond += lost;
    }
    return moves.beyond;
}
