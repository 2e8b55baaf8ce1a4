/* SPDX-License-Identifier: MIT */
/* CT client, receiving: hostile and odd messages from the GuC, and what recovery does to the
 * channel. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "firmware/abi/guc_actions_abi.h"
#include "firmware/abi/guc_communication_ctb_abi.h"
#include "tests/unit/kmd_peer.h"

#define H2G      true
#define G2H      false
#define G2H_SIZE 32768u

static const uint32_t sched[] = {XE_GUC_ACTION_SCHED_CONTEXT, 3};
static const uint32_t mode_set[] = {XE_GUC_ACTION_SCHED_CONTEXT_MODE_SET, 3, 1};

static void settle(struct kmd_peer *peer)
{
    hal_delay(peer->hal, HAL_NS_PER_MS);
}

static int request(struct kmd_peer *peer)
{
    return ct_send_recv(peer->ct, mode_set, 2, NULL, 0, NULL);
}

/* ---- messages that break the rules ----------------------------------------------------------- */

struct hostile {
    const char *what;
    uint32_t words[4];
    uint32_t len;
    const char *death;
    uint32_t status;
};

static const struct hostile hostiles[] = {
    {"longer than there is", {0x00000003, 0x90001008, 1}, 3, "ct_g2h_read", 2},
    {"of another format", {0x00001002, 0x90001008, 1}, 3, "ct_g2h_read", 0},
    {"without a message", {0x00070000}, 1, "ct_g2h_read", 0},
    {"from the host", {0x00000002, 0x10001008, 1}, 3, "ct_parse_g2h_origin", 0},
    {"a request", {0x00000002, 0x80001008, 1}, 3, "ct_parse_g2h_type", 0},
    {"a fast request", {0x00000002, 0xa0001008, 1}, 3, "ct_parse_g2h_type", 0},
    {"busy", {0x00000001, 0xb0000001}, 2, "ct_parse_g2h_type", 0},
    {"of the reserved type", {0x00000001, 0xc0000001}, 2, "ct_parse_g2h_type", 0},
    {"failure of a fast request", {0x80000001, 0xe0000101}, 2, "ct_parse_g2h_response", 0},
    {"success of a fast request", {0x80000001, 0xf0000000}, 2, "ct_parse_g2h_response", 0},
    {"an answer to nothing", {0x00050001, 0xf0000000}, 2, "ct_g2h_release", 0},
    {"an event to nothing", {0x00000003, 0x90001002, 3, 1}, 4, "ct_g2h_release", 0},
    {"a crash", {0x00000001, 0x90008004}, 2, "ct_crash", 0},
};

static const struct hostile *hostile;

static void meet_hostile(struct kmd_peer *peer)
{
    kmd_peer_put(peer, hostile->words, hostile->len);
    settle(peer);
    peer->rets[0] = ct_receive(peer->ct);
    peer->rets[1] = ct_send(peer->ct, sched, 2, 0, 0);
}

Test(kmd_ct, messages_that_break_the_rules_break_the_channel)
{
    for (unsigned i = 0; i < ARRAY_SIZE(hostiles); i++) {
        struct kmd_peer peer;

        hostile = &hostiles[i];
        kmd_peer_create(&peer);
        kmd_peer_run(&peer, meet_hostile);
        cr_expect_eq(peer.rets[0], -EPIPE, "%s", hostile->what);
        cr_expect_eq(peer.rets[1], -EPIPE, "%s", hostile->what);
        cr_expect(peer.death && strcmp(peer.death, hostile->death) == 0, "%s: %s", hostile->what,
                  peer.death ? peer.death : "alive");
        cr_expect_eq(kmd_peer_desc(&peer, G2H, GUC_CTB_DESC_STATUS__DWORD), hostile->status, "%s",
                     hostile->what);
        cr_expect_eq(fake_trace_count(peer.hal, hostile->death), 1u, "%s", hostile->what);
        kmd_peer_destroy(&peer);
    }
}

static void meet_damage(struct kmd_peer *peer)
{
    kmd_peer_set_desc(peer, G2H, (unsigned)peer->rets[0], (uint32_t)peer->rets[1]);
    peer->rets[2] = ct_receive(peer->ct);
}

Test(kmd_ct, damaged_g2h_descriptor_breaks_the_channel)
{
    static const int cases[][4] = {
        {GUC_CTB_DESC_TAIL__DWORD, G2H_SIZE, -EPIPE, GUC_CTB_STATUS_OVERFLOW},
        {GUC_CTB_DESC_TAIL__DWORD, -1, -EPIPE, GUC_CTB_STATUS_OVERFLOW},
        {GUC_CTB_DESC_STATUS__DWORD, GUC_CTB_STATUS_MISMATCH, -EPIPE, GUC_CTB_STATUS_MISMATCH},
        {GUC_CTB_DESC_STATUS__DWORD, GUC_CTB_STATUS_DISABLED, 0, GUC_CTB_STATUS_DISABLED},
        {GUC_CTB_DESC_HEAD__DWORD, 77, 0, 0}, /* the head in memory is for the GuC to read */
    };

    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
        struct kmd_peer peer;

        kmd_peer_create(&peer);
        peer.rets[0] = cases[i][0];
        peer.rets[1] = cases[i][1];
        kmd_peer_run(&peer, meet_damage);
        cr_expect_eq(peer.rets[2], cases[i][2], "case %u: %d", i, peer.rets[2]);
        cr_expect_eq(kmd_peer_desc(&peer, G2H, GUC_CTB_DESC_STATUS__DWORD), (uint32_t)cases[i][3]);
        kmd_peer_destroy(&peer);
    }
}

static void answer_busy(struct kmd_peer *peer, const uint32_t *words, uint32_t len)
{
    (void)len;
    kmd_peer_say1(peer, (uint16_t)(words[0] >> 16), 0xb0000001);
}

static void request_answered_busy(struct kmd_peer *peer)
{
    peer->on_h2g = answer_busy;
    peer->rets[0] = request(peer);
    peer->at = hal_now(peer->hal);
}

Test(kmd_ct, busy_breaks_the_channel_and_ends_the_wait)
{
    struct kmd_peer peer;

    kmd_peer_create(&peer);
    kmd_peer_run(&peer, request_answered_busy);
    cr_expect_eq(peer.rets[0], -EPIPE);
    cr_expect(peer.at < 10 * HAL_NS_PER_MS);
    cr_expect_str_eq(peer.death, "ct_parse_g2h_type");
    kmd_peer_destroy(&peer);
}

/* ---- odd, but allowed ------------------------------------------------------------------------ */

static void send_events_round_the_ring(struct kmd_peer *peer)
{
    uint32_t event[200] = {0x90001008};

    for (uint32_t i = 0; i < 400; i++) {
        for (uint32_t n = 1; n < ARRAY_SIZE(event); n++) {
            event[n] = i << 16 | n;
        }
        kmd_peer_say(peer, 0, event, ARRAY_SIZE(event));
        hal_delay(peer->hal, 1000);
        cr_expect_eq(peer->event_len, ARRAY_SIZE(event));
        cr_expect_arr_eq(peer->event, event, sizeof(event));
    }
}

Test(kmd_ct, g2h_messages_may_wrap)
{
    struct kmd_peer peer;

    kmd_peer_create(&peer);
    kmd_peer_run(&peer, send_events_round_the_ring);
    cr_expect_eq(peer.events, 400u);
    cr_expect_null(peer.death);
    cr_expect_eq(kmd_peer_desc(&peer, G2H, GUC_CTB_DESC_HEAD__DWORD), 400 * 201 % G2H_SIZE);
    cr_expect_eq(fake_trace_count(peer.hal, "pos=80199 "), 1u);
    kmd_peer_destroy(&peer);
}

static void send_odd_events(struct kmd_peer *peer)
{
    const uint32_t words[] = {0, 0, 0x00000001, 0x90007777, 0x00000001, 0x90001009, 0};

    kmd_peer_put(peer, words, ARRAY_SIZE(words));
    settle(peer);
    peer->rets[0] = ct_send(peer->ct, sched, 2, 0, 0);
}

Test(kmd_ct, noops_unknown_events_and_failing_handlers_do_no_harm)
{
    struct kmd_peer peer;

    kmd_peer_create(&peer);
    kmd_peer_run(&peer, send_odd_events);
    cr_expect_eq(peer.rets[0], 0);
    cr_expect_null(peer.death);
    cr_expect_eq(kmd_peer_desc(&peer, G2H, GUC_CTB_DESC_HEAD__DWORD), 7u);
    cr_expect_eq(fake_trace_count(peer.hal, "what=ct_unknown_event detail=30583"), 1u);
    cr_expect_eq(fake_trace_count(peer.hal, "what=ct_process_failed detail=4105"), 1u);
    kmd_peer_destroy(&peer);
}

/* ---- stop, restart, recovery ----------------------------------------------------------------- */

static void stop_later(void *arg)
{
    struct kmd_peer *peer = arg;

    ct_flush_and_stop(peer->ct);
}

static void wait_across_stop(struct kmd_peer *peer)
{
    peer->deaf = true;
    fake_at(peer->hal, 10 * HAL_NS_PER_MS, stop_later, peer);
    peer->rets[0] = request(peer);
    peer->at = hal_now(peer->hal);
    peer->rets[1] = ct_send(peer->ct, sched, 2, 0, 0);
    peer->rets[2] = ct_receive(peer->ct);
}

Test(kmd_ct, stop_cancels_waiters_and_senders)
{
    struct kmd_peer peer;

    kmd_peer_create(&peer);
    kmd_peer_run(&peer, wait_across_stop);
    cr_expect_eq(peer.rets[0], -ECANCELED);
    cr_expect(peer.at < 11 * HAL_NS_PER_MS);
    cr_expect_eq(peer.rets[1], -ECANCELED);
    cr_expect_eq(peer.rets[2], 0);
    cr_expect_eq(ct_state(peer.ct), CT_STOPPED);
    kmd_peer_destroy(&peer);
}

static void restart_with_unread_messages(struct kmd_peer *peer)
{
    const uint32_t event[] = {0x90001008, 5};

    cr_expect_eq(ct_send(peer->ct, sched, 2, 0, 0), 0);
    peer->deaf = true;
    cr_expect_eq(ct_send(peer->ct, sched, 2, 0, 0), 0);
    cr_expect_eq(ct_send(peer->ct, mode_set, 3, 4, 1), 0);
    kmd_peer_say(peer, 0, event, 2);
    ct_flush_and_stop(peer->ct);
    cr_expect_eq(peer->events, 1u);
    cr_expect_eq(ct_outstanding(peer->ct), 0u);
    ct_restart(peer->ct);
    cr_expect_eq(kmd_peer_ring_read(peer, H2G, 0), 0u);
    cr_expect_eq(kmd_peer_desc(peer, H2G, GUC_CTB_DESC_TAIL__DWORD), 10u);
    peer->deaf = false;
    cr_expect_eq(ct_send(peer->ct, sched, 2, 0, 0), 0);
}

Test(kmd_ct, restart_turns_unread_messages_into_noops)
{
    struct kmd_peer peer;

    kmd_peer_create(&peer);
    kmd_peer_run(&peer, restart_with_unread_messages);
    cr_expect_str_eq(peer.order, "324657e");
    cr_expect_eq(peer.received, 2u);
    cr_expect_eq(peer.noops, 7u);
    cr_expect_eq(fake_trace_count(peer.hal, "h2g ev=sent fn=0 epoch=1 pos=10"), 1u);
    cr_expect_eq(fake_probe_value(peer.hal, "gt0.ct.g2h_space"), 16383u - 4);
    cr_expect_null(peer.death);
    kmd_peer_destroy(&peer);
}

static void answer_from_before(struct kmd_peer *peer)
{
    const uint32_t mode_done[] = {0x90001002, 3, 1};

    cr_expect_eq(ct_send(peer->ct, mode_set, 3, 4, 1), 0);
    ct_flush_and_stop(peer->ct);
    ct_restart(peer->ct);
    kmd_peer_say(peer, 0, mode_done, 3);
    settle(peer);
}

Test(kmd_ct, answer_to_a_request_from_before_the_restart_is_death)
{
    struct kmd_peer peer;

    kmd_peer_create(&peer);
    kmd_peer_run(&peer, answer_from_before);
    cr_expect_str_eq(peer.death, "ct_g2h_release");
    kmd_peer_destroy(&peer);
}

static void break_and_restart(struct kmd_peer *peer)
{
    kmd_peer_say1(peer, 0, 0xb0000000);
    settle(peer);
    cr_expect_eq(ct_send(peer->ct, sched, 2, 0, 0), -EPIPE);
    ct_flush_and_stop(peer->ct);
    ct_restart(peer->ct);
    peer->rets[0] = ct_send(peer->ct, sched, 2, 0, 0);
}

Test(kmd_ct, restart_mends_a_broken_channel)
{
    struct kmd_peer peer;

    kmd_peer_create(&peer);
    kmd_peer_run(&peer, break_and_restart);
    cr_expect_eq(peer.rets[0], 0);
    cr_expect_eq(fake_probe_value(peer.hal, "gt0.ct.broken"), 0u);
    kmd_peer_destroy(&peer);
}

static void stray_answer_in_recovery(struct kmd_peer *peer)
{
    peer->recovering = true;
    kmd_peer_say1(peer, 0x8000, 0xe0000104);
    settle(peer);
    peer->rets[0] = ct_send(peer->ct, sched, 2, 0, 0);
    peer->rets[1] = request(peer);
    peer->recovering = false;
    peer->rets[2] = ct_send(peer->ct, sched, 2, 0, 0);
}

Test(kmd_ct, pending_recovery_forgives_stray_answers_and_cancels_sends)
{
    struct kmd_peer peer;

    kmd_peer_create(&peer);
    kmd_peer_run(&peer, stray_answer_in_recovery);
    cr_expect_null(peer.death);
    cr_expect_eq(peer.rets[0], -ECANCELED);
    cr_expect_eq(peer.rets[1], -ECANCELED);
    cr_expect_eq(peer.rets[2], 0);
    kmd_peer_destroy(&peer);
}

static void begin_recovery(void *arg)
{
    struct kmd_peer *peer = arg;

    peer->recovering = true;
    hal_wake(peer->hal);
}

static void recover_while_full(struct kmd_peer *peer)
{
    uint64_t start;

    peer->deaf = true;
    for (unsigned i = 0; i < 341; i++) {
        cr_expect_eq(ct_send(peer->ct, sched, 2, 0, 0), 0);
    }
    start = hal_now(peer->hal);
    fake_at(peer->hal, 100 * HAL_NS_PER_MS, begin_recovery, peer);
    peer->rets[0] = ct_send(peer->ct, sched, 2, 0, 0);
    peer->at = hal_now(peer->hal) - start;
}

Test(kmd_ct, recovery_ends_the_wait_for_room)
{
    struct kmd_peer peer;

    kmd_peer_create(&peer);
    kmd_peer_run(&peer, recover_while_full);
    cr_expect_eq(peer.rets[0], -ECANCELED);
    cr_expect(peer.at >= 100 * HAL_NS_PER_MS && peer.at < 101 * HAL_NS_PER_MS);
    cr_expect_null(peer.death);
    kmd_peer_destroy(&peer);
}

static void stop_and_restart_out_of_place(struct kmd_peer *peer)
{
    ct_disable(peer->ct);
    ct_flush_and_stop(peer->ct);
    cr_expect_eq(ct_state(peer->ct), CT_DISABLED);
    ct_restart(peer->ct);
    cr_expect_eq(ct_state(peer->ct), CT_DISABLED);
    cr_expect_eq(ct_send(peer->ct, sched, 2, 0, 0), -ENODEV);
}

Test(kmd_ct, only_an_enabled_channel_stops_and_only_a_stopped_one_restarts)
{
    struct kmd_peer peer;

    kmd_peer_create(&peer);
    kmd_peer_run(&peer, stop_and_restart_out_of_place);
    kmd_peer_destroy(&peer);
}
