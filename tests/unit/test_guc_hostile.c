/* SPDX-License-Identifier: MIT */
/* A guest that keeps no rule, beside a guest and a PF that keep them all. Its moves come from
 * numbers, in worlds of some hundred moves each; HOSTILE_MOVES says how many in all and
 * HOSTILE_SEED where the numbers begin. A world that fails names its seed: alone, with
 * HOSTILE_SEED=that HOSTILE_MOVES=1, it fails again. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "firmware/abi/guc_actions_abi.h"
#include "firmware/abi/guc_actions_sriov_abi.h"
#include "tests/unit/hostile_peers.h"

#define MOVES_DEFAULT 20000u
#define MOVES_A_WORLD 500u
#define WORKS_A_LIFE  16u /* then the PF resets VF 1 */
#define V127          GUC_ABI_VERSION(1, 27, 0)
#define V126          GUC_ABI_VERSION(1, 26, 0)

static uint64_t world_seed;
static uint64_t longest_ns;

struct world {
    struct hostile hostile;
    struct peers peers;
    bool over;
};

static void guest(void *arg)
{
    struct world *world = arg;

    hostile_set_up(&world->hostile);
    while (world->hostile.moves < MOVES_A_WORLD) {
        hostile_move(&world->hostile);
    }
    world->over = true;
}

/* The guest moves while its neighbours work. */
static void play(struct bench *bench)
{
    static struct world world;
    struct peers *peers = &world.peers;

    world.over = false;
    hostile_init(&world.hostile, bench, world_seed);
    peers_init(peers, bench, &world.hostile);
    hal_spawn(bench->hal, "hostile guest", guest, &world);
    for (unsigned n = 1; !world.over; n++) {
        peers_check_firmware(peers);
        peers_work(peers);
        peers_command(peers);
        if (n % WORKS_A_LIFE == 0) {
            peers_heal(peers);
        }
    }
    peers_heal(peers);
    hostile_set_up(&world.hostile);
    cr_assert_eq(bench_state(bench, HOSTILE_VF), GUC_VF_RUNNING, "VF 1 has no new life");
    longest_ns = peers->longest_ns > longest_ns ? peers->longest_ns : longest_ns;
}

static uint64_t from_environment(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);

    return text ? strtoull(text, NULL, 0) : otherwise;
}

/* ---- what the moves came upon ---------------------------------------------------------------- */

static void run(void (*test)(struct bench *bench))
{
    struct bench *bench = bench_create(V127);

    bench_run(bench, test);
    bench_destroy(bench);
}

/* VF 1 sends long messages for the PF, which has its hands full and reads none. */
static void relay_flood(struct bench *bench)
{
    uint32_t hxg[200] = {XE_GUC_ACTION_VF2GUC_RELAY_TO_PF, 1, 1};
    unsigned refused = 0;

    bench_start_vf(bench, 1);
    bench_start_vf(bench, 2);
    for (unsigned n = 0; n < 40; n++) {
        uint32_t answer = bench_request(bench, 1, hxg, ARRAY_SIZE(hxg));

        refused += answer == BENCH_FAILURE(XE_GUC_RESPONSE_CTB_FULL);
        cr_expect(refused || answer == BENCH_SUCCESS(0), "message %u: 0x%08x", n, answer);
    }
    cr_expect_gt(refused, 0);
    cr_expect(guc_ctb_usable(bench->guc, GUC_PF), "the PF lost its rings");
    bench_drain(bench, GUC_PF);
    bench_drain(bench, GUC_PF);
    cr_expect_eq(bench_request(bench, 2, hxg, ARRAY_SIZE(hxg)), BENCH_SUCCESS(0));
    cr_expect_eq(bench_control(bench, 2, GUC_PF_TRIGGER_VF_PAUSE), BENCH_SUCCESS(0));
}

Test(guc_hostile, flood_of_relay_messages_does_not_cost_the_pf_its_rings)
{
    run(relay_flood);
}

/* Both rings of VF 1 are one: the GuC's answers could be its next requests. */
static void ring_that_feeds_itself(struct bench *bench)
{
    static const uint32_t request[] = {0x00010001, 0x0badu};
    uint32_t messages;

    bench_start_vf(bench, 1);
    for (uint32_t key = 0x902; key <= 0x903; key++) {
        uint64_t value = BENCH_VF_START(1) + (key == 0x902 ? BENCH_H2G : BENCH_H2G_DESC);
        uint32_t cfg[] = {GUC_ACTION_HOST2GUC_SELF_CFG, (key + 3) << 16 | 2, (uint32_t)value, 0};

        cr_assert_eq(bench_mailbox(bench, 1, cfg, ARRAY_SIZE(cfg), NULL), BENCH_SUCCESS(1));
    }
    cr_assert_eq(bench_mailbox2(bench, 1, GUC_ACTION_HOST2GUC_CONTROL_CTB, 1), BENCH_SUCCESS(0));
    bench_put(bench, 1, request, ARRAY_SIZE(request));
    bench_settle(bench);
    messages = fake_trace_count(bench->hal, "h2g ev=taken fn=1");
    hal_delay(bench->hal, 10 * HAL_NS_PER_MS);
    cr_expect_eq(fake_trace_count(bench->hal, "h2g ev=taken fn=1"), messages, "it never ends");
}

Test(guc_hostile, ring_laid_over_itself_comes_to_rest)
{
    run(ring_that_feeds_itself);
}

/* ---- all moves ------------------------------------------------------------------------------- */

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
