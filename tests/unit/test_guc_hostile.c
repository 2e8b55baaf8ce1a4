/* SPDX-License-Identifier: MIT */
/* A guest that keeps no rule, beside a guest and a PF that keep them all. Its moves come from
 * numbers, in worlds of some hundred moves each; HOSTILE_MOVES says how many in all and
 * HOSTILE_SEED where the numbers begin. A world that fails names its seed: alone, with
 * HOSTILE_SEED=that HOSTILE_MOVES=1, it fails again. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/hostile_peers.h"

#define MOVES_DEFAULT 20000u
#define MOVES_A_WORLD 500u
#define MOVES_A_WORK  8u /* of the neighbours */
#define MOVES_A_TRICK 20u
#define MOVES_A_LIFE  100u /* then the PF resets VF 1 */
#define V127          GUC_ABI_VERSION(1, 27, 0)
#define V126          GUC_ABI_VERSION(1, 26, 0)

static uint64_t world_seed;
static uint64_t longest_ns;

static void play(struct bench *bench)
{
    static struct hostile hostile;
    static struct peers peers;

    hostile_init(&hostile, bench, world_seed);
    peers_init(&peers, bench, &hostile);
    hostile_set_up(&hostile);
    for (unsigned n = 1; n <= MOVES_A_WORLD; n++) {
        hostile_move(&hostile);
        peers_check_firmware(&peers);
        if (n % MOVES_A_WORK == 0) {
            peers_work(&peers);
        }
        if (n % MOVES_A_TRICK == 0) {
            peers_command(&peers);
        }
        if (n % MOVES_A_LIFE == 0) {
            peers_heal(&peers);
            hostile_set_up(&hostile);
            cr_assert_eq(bench_state(bench, HOSTILE_VF), GUC_VF_RUNNING, "VF 1 has a new life");
        }
    }
    longest_ns = peers.longest_ns > longest_ns ? peers.longest_ns : longest_ns;
}

static uint64_t from_environment(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);

    return text ? strtoull(text, NULL, 0) : otherwise;
}

Test(guc_hostile, guest_that_keeps_no_rule_disturbs_nobody)
{
    const uint64_t moves = from_environment("HOSTILE_MOVES", MOVES_DEFAULT);

    world_seed = from_environment("HOSTILE_SEED", 1);
    for (uint64_t done = 0; done < moves; done += MOVES_A_WORLD, world_seed++) {
        struct bench *bench = bench_create(world_seed % 4 ? V127 : V126);

        bench_run(bench, play);
        bench_destroy(bench);
    }
    fprintf(stderr, "hostile guest: longest answer to its neighbours %llu ns\n",
            (unsigned long long)longest_ns);
}
