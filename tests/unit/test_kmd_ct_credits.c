/* SPDX-License-Identifier: MIT */
/* CT client, sending: room in H2G and credits for G2H, and how a channel dies without them. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "firmware/abi/guc_actions_abi.h"
#include "firmware/abi/guc_communication_ctb_abi.h"
#include "tests/unit/kmd_peer.h"

#define H2G         true
#define H2G_SIZE    1024u
#define G2H_CREDITS 16383u

static const uint32_t sched[] = {XE_GUC_ACTION_SCHED_CONTEXT, 3};
static const uint32_t mode_set[] = {XE_GUC_ACTION_SCHED_CONTEXT_MODE_SET, 3, 1};
static const uint32_t mode_done[] = {0x90001002, 3, 1};

static uint64_t probe(struct kmd_peer *peer, const char *name)
{
    char path[32] = "gt0.ct.";

    strncat(path, name, sizeof(path) - strlen(path) - 1);
    return fake_probe_value(peer->hal, path);
}

static int send(struct kmd_peer *peer)
{
    return ct_send(peer->ct, sched, 1, 0, 0);
}

static int request(struct kmd_peer *peer)
{
    return ct_send_recv(peer->ct, mode_set, 2, NULL, 0, NULL);
}

/* ---- room ---------------------------------------------------------------------------------- */

static void fill_ring(struct kmd_peer *peer)
{
    peer->deaf = true;
    for (unsigned i = 0; i < 511; i++) {
        cr_expect_eq(send(peer), 0);
    }
    cr_expect_eq(probe(peer, "h2g_space"), 1u);
}

static void overfill(struct kmd_peer *peer)
{
    uint64_t start;

    fill_ring(peer);
    start = hal_now(peer->hal);
    peer->rets[0] = send(peer);
    peer->at = hal_now(peer->hal) - start;
    peer->rets[1] = send(peer);
    peer->rets[2] = request(peer);
}

Test(kmd_ct, full_ring_is_death_after_1023_ms)
{
    struct kmd_peer peer;

    kmd_peer_create(&peer);
    kmd_peer_run(&peer, overfill);
    cr_expect_eq(peer.rets[0], -EDEADLK);
    cr_expect(peer.at >= 1023 * HAL_NS_PER_MS && peer.at < 1024 * HAL_NS_PER_MS);
    cr_expect_eq(peer.rets[1], -EPIPE);
    cr_expect_eq(peer.rets[2], -EPIPE);
    cr_expect_str_eq(peer.death, "ct_deadlock");
    cr_expect_eq(probe(&peer, "broken"), 1u);
    kmd_peer_destroy(&peer);
}

static void hear_again(void *arg)
{
    struct kmd_peer *peer = arg;

    peer->deaf = false;
    kmd_peer_take_h2g(peer);
}

static void overfill_for_300_ms(struct kmd_peer *peer)
{
    uint64_t start;

    fill_ring(peer);
    fake_at(peer->hal, 300 * HAL_NS_PER_MS, hear_again, peer);
    start = hal_now(peer->hal);
    peer->rets[0] = send(peer);
    peer->at = hal_now(peer->hal) - start;
}

Test(kmd_ct, room_is_looked_for_after_ever_longer_sleeps)
{
    struct kmd_peer peer;

    kmd_peer_create(&peer);
    kmd_peer_run(&peer, overfill_for_300_ms);
    cr_expect_eq(peer.rets[0], 0);
    cr_expect(peer.at >= 511 * HAL_NS_PER_MS && peer.at < 512 * HAL_NS_PER_MS);
    kmd_peer_destroy(&peer);
}

static void overfill_with_nonsense_head(struct kmd_peer *peer)
{
    fill_ring(peer);
    kmd_peer_set_desc(peer, H2G, GUC_CTB_DESC_HEAD__DWORD, H2G_SIZE + 1);
    peer->rets[0] = send(peer);
}

Test(kmd_ct, head_beyond_the_ring_is_an_overflow)
{
    struct kmd_peer peer;

    kmd_peer_create(&peer);
    kmd_peer_run(&peer, overfill_with_nonsense_head);
    cr_expect_eq(peer.rets[0], -EPIPE);
    cr_expect_eq(kmd_peer_desc(&peer, H2G, GUC_CTB_DESC_STATUS__DWORD), GUC_CTB_STATUS_OVERFLOW);
    cr_expect_str_eq(peer.death, "ct_h2g_has_room");
    kmd_peer_destroy(&peer);
}

static void send_after_damage(struct kmd_peer *peer)
{
    kmd_peer_set_desc(peer, H2G, (unsigned)peer->rets[1], (uint32_t)peer->rets[2]);
    peer->rets[0] = send(peer);
}

Test(kmd_ct, damaged_h2g_descriptor_breaks_the_channel)
{
    static const int cases[][3] = {
        {GUC_CTB_DESC_STATUS__DWORD, GUC_CTB_STATUS_UNDERFLOW, GUC_CTB_STATUS_UNDERFLOW},
        {GUC_CTB_DESC_STATUS__DWORD, GUC_CTB_STATUS_DISABLED, GUC_CTB_STATUS_DISABLED},
        {GUC_CTB_DESC_TAIL__DWORD, 7, GUC_CTB_STATUS_MISMATCH},
        {GUC_CTB_DESC_HEAD__DWORD, H2G_SIZE, GUC_CTB_STATUS_OVERFLOW},
    };

    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
        struct kmd_peer peer;

        kmd_peer_create(&peer);
        peer.rets[1] = cases[i][0];
        peer.rets[2] = cases[i][1];
        kmd_peer_run(&peer, send_after_damage);
        cr_expect_eq(peer.rets[0], -EPIPE, "case %u", i);
        cr_expect_eq(kmd_peer_desc(&peer, H2G, GUC_CTB_DESC_STATUS__DWORD), (uint32_t)cases[i][2]);
        cr_expect_str_eq(peer.death, "ct_h2g_write");
        cr_expect_eq(peer.received, 0u);
        kmd_peer_destroy(&peer);
    }
}

/* ---- credits ------------------------------------------------------------------------------- */

static void mode_set_and_done(struct kmd_peer *peer)
{
    cr_expect_eq(ct_send(peer->ct, mode_set, 3, 4, 1), 0);
    cr_expect_eq(probe(peer, "g2h_space"), G2H_CREDITS - 4);
    cr_expect_eq(ct_outstanding(peer->ct), 1u);
    kmd_peer_say(peer, 0, mode_done, 3);
    hal_delay(peer->hal, 1000);
}

Test(kmd_ct, mode_done_gives_its_length_back)
{
    struct kmd_peer peer;

    kmd_peer_create(&peer);
    kmd_peer_run(&peer, mode_set_and_done);
    cr_expect_eq(probe(&peer, "g2h_space"), G2H_CREDITS);
    cr_expect_eq(ct_outstanding(peer.ct), 0u);
    cr_expect_eq(peer.events, 1u);
    cr_expect_eq(peer.event_len, 3u);
    cr_expect_eq(peer.event[0], mode_done[0]);
    kmd_peer_destroy(&peer);
}

static void drain_credits(struct kmd_peer *peer)
{
    for (unsigned i = 0; i < 3; i++) {
        cr_expect_eq(ct_send(peer->ct, mode_set, 3, 4096, 1), 0);
    }
    cr_expect_eq(probe(peer, "g2h_space"), 4095u);
}

static void reserve_all_but_one(struct kmd_peer *peer)
{
    drain_credits(peer);
    cr_expect_eq(ct_send(peer->ct, mode_set, 3, 4094, 1), 0);
    peer->rets[0] = ct_send(peer->ct, sched, 2, 0, 0);
}

Test(kmd_ct, reserve_below_the_credits_passes_and_what_needs_none_always_does)
{
    struct kmd_peer peer;

    kmd_peer_create(&peer);
    kmd_peer_run(&peer, reserve_all_but_one);
    cr_expect_eq(peer.rets[0], 0);
    kmd_peer_destroy(&peer);
}

static void reserve_all(struct kmd_peer *peer)
{
    uint64_t start;

    drain_credits(peer);
    start = hal_now(peer->hal);
    peer->rets[0] = ct_send(peer->ct, mode_set, 3, 4095, 1);
    peer->at = hal_now(peer->hal) - start;
}

Test(kmd_ct, reserve_of_all_credits_waits_1_s_and_is_death)
{
    struct kmd_peer peer;

    kmd_peer_create(&peer);
    kmd_peer_run(&peer, reserve_all);
    cr_expect_eq(peer.rets[0], -EDEADLK);
    cr_expect(peer.at >= HAL_NS_PER_S && peer.at < 1001 * HAL_NS_PER_MS);
    cr_expect_str_eq(peer.death, "ct_deadlock");
    kmd_peer_destroy(&peer);
}

static void say_mode_done(void *arg)
{
    kmd_peer_say(arg, 0, mode_done, 3);
}

static void reserve_all_until_done(struct kmd_peer *peer)
{
    fake_at(peer->hal, 900 * HAL_NS_PER_MS, say_mode_done, peer);
    reserve_all(peer);
}

Test(kmd_ct, credits_that_come_back_let_the_sender_go_on)
{
    struct kmd_peer peer;

    kmd_peer_create(&peer);
    kmd_peer_run(&peer, reserve_all_until_done);
    cr_expect_eq(peer.rets[0], 0);
    cr_expect(peer.at >= 899 * HAL_NS_PER_MS && peer.at < 901 * HAL_NS_PER_MS);
    cr_expect_eq(ct_outstanding(peer.ct), 3u);
    kmd_peer_destroy(&peer);
}

/* Each migration with a request under way costs what it had reserved, until sends block; only a new
 * enable gives it back. A GuC that answers everything before PAUSE_DONE avoids it. */
static void leak(struct kmd_peer *peer)
{
    for (unsigned n = 0; n < 3; n++) {
        cr_expect_eq(ct_send(peer->ct, mode_set, 3, 4096, 1), 0);
        ct_flush_and_stop(peer->ct);
        ct_restart(peer->ct);
        cr_expect_eq(ct_outstanding(peer->ct), 0u);
        cr_expect_eq(probe(peer, "g2h_space"), G2H_CREDITS - 4096 * (n + 1));
    }
    peer->rets[0] = ct_send(peer->ct, mode_set, 3, 4096, 1);
    ct_disable(peer->ct);
    peer->rets[1] = ct_enable(peer->ct);
    cr_expect_eq(probe(peer, "g2h_space"), G2H_CREDITS);
}

Test(kmd_ct, restarts_with_requests_under_way_use_credits_up_until_an_enable)
{
    struct kmd_peer peer;

    kmd_peer_create(&peer);
    kmd_peer_run(&peer, leak);
    cr_expect_eq(peer.rets[0], -EDEADLK);
    cr_expect_eq(peer.rets[1], 0);
    kmd_peer_destroy(&peer);
}
