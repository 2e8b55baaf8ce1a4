/* SPDX-License-Identifier: MIT */
/* The guest of VF 1 at its worst: a seeded generator of whatever a VF can do to a GuC. All calls
 * come from the bench's program. The same seed gives the same moves. */
#ifndef TESTS_UNIT_HOSTILE_GUEST_H
#define TESTS_UNIT_HOSTILE_GUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "tests/unit/test_guc_bench.h"

#define HOSTILE_VF    1u
#define HOSTILE_START BENCH_VF_START(HOSTILE_VF)
#define HOSTILE_PAGES (BENCH_VF_SIZE / HAL_PAGE_SIZE)

struct hostile {
    struct bench *bench;
    uint64_t seed;
    uint64_t random;
    unsigned moves;
    const char *last; /* name of the newest move */
    bool absent[HOSTILE_PAGES];
    uint64_t h2g, h2g_desc, g2h_desc; /* where it last said that they are */
    uint32_t h2g_len;                 /* dwords */
};

void hostile_init(struct hostile *hostile, struct bench *bench, uint64_t seed);
/* A number below n, which is not 0. */
uint32_t hostile_below(struct hostile *hostile, uint32_t n);
/* Maps all of its range again and registers good rings, as far as its state lets it. */
void hostile_set_up(struct hostile *hostile);
/* One move. Does not wait until the GuC has answered it, unless the move needs that. */
void hostile_move(struct hostile *hostile);

#endif
