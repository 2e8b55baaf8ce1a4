/* SPDX-License-Identifier: MIT */
/* CT client, sending: enable, frames, fences, answers. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "firmware/abi/guc_actions_abi.h"
#include "firmware/abi/guc_communication_ctb_abi.h"
#include "tests/unit/kmd_peer.h"

#define H2G         true
#define G2H_CREDITS 16383u

static const uint32_t sched[] = {XE_GUC_ACTION_SCHED_CONTEXT, 3};
static const uint32_t mode_set[] = {XE_GUC_ACTION_SCHED_CONTEXT_MODE_SET, 3, 1};

static uint64_t probe(struct kmd_peer *peer, const char *name)
{
    char path[32] = "gt0.ct.";

    strncat(path, name, sizeof(path) - strlen(path) - 1);
    return fake_probe_value(peer->hal, path);
}

static int send(struct kmd_peer *peer, uint32_t len)
{
    uint32_t hxg[GUC_CTB_MAX_DWORDS + 1] = {XE_GUC_ACTION_SCHED_CONTEXT};

    hxg[len - 1] |= len == 1 ? 0 : 0xabcd0000 | len;
    return ct_send(peer->ct, hxg, len, 0, 0);
}

static int request(struct kmd_peer *peer)
{
    uint64_t start = hal_now(peer->hal);
    int ret = ct_send_recv(peer->ct, mode_set, 2, NULL, 0, NULL);

    peer->at = hal_now(peer->hal) - start;
    return ret;
}

static uint16_t fence_of(const struct kmd_peer *peer)
{
    return (uint16_t)(peer->last[0] >> 16);
}

/* ---- enable -------------------------------------------------------------------------------- */

static void nothing(struct kmd_peer *peer)
{
    (void)peer;
}

Test(kmd_ct, enable_registers_descriptor_buffer_size_of_both_rings_then_control)
{
    struct kmd_peer peer;

    kmd_peer_create(&peer);
    cr_expect_eq(ct_state(peer.ct), CT_NOT_INITIALIZED);
    kmd_peer_run(&peer, nothing);
    cr_expect_eq(peer.ret, 0);
    cr_expect_str_eq(peer.order, "324657e");
    cr_expect_eq(ct_state(peer.ct), CT_ENABLED);
    cr_expect_eq(probe(&peer, "state"), CT_ENABLED);
    cr_expect_eq(peer.cfg[4], 4096u);
    cr_expect_eq(peer.cfg[7], 128 * 1024u);
    cr_expect_eq(peer.cfg[2], peer.cfg[3] + 0x1000);
    cr_expect_eq(peer.cfg[5], peer.cfg[6] + 0x800);
    kmd_peer_destroy(&peer);
}

static void enable_elsewhere(struct kmd_peer *peer)
{
    cr_expect_eq(send(peer, 10), 0);
    ct_disable(peer->ct);
    cr_expect_eq(send(peer, 10), -ENODEV);
    ggtt_shift(peer->ggtt, 0x100000);
    ct_unplace(peer->ct);
    cr_expect_eq(ct_place(peer->ct, peer->ggtt), 0);
    cr_expect_eq(ct_enable(peer->ct), 0);
    cr_expect_eq(send(peer, 20), 0);
}

Test(kmd_ct, second_enable_begins_again_at_the_range_of_then)
{
    struct kmd_peer peer;

    kmd_peer_create(&peer);
    kmd_peer_run(&peer, enable_elsewhere);
    cr_expect_eq(peer.cfg[3], PEER_GGTT_START + 0x100000u);
    cr_expect_eq(fake_trace_count(peer.hal, "ev=sent fn=0 epoch=1 pos=0"), 1u);
    cr_expect_eq(fake_trace_count(peer.hal, "ev=sent fn=0 epoch=2 pos=0"), 1u);
    cr_expect_eq(kmd_peer_desc(&peer, H2G, GUC_CTB_DESC_TAIL__DWORD), 21u);
    kmd_peer_destroy(&peer);
}

static void enable_without_room(void *arg)
{
    struct kmd_peer *peer = arg;
    struct ggtt_node *node;

    cr_expect_eq(ggtt_insert(peer->ggtt, PEER_GGTT_SIZE - 0x2000, 0x1000, &node), 0);
    peer->ret = ct_enable(peer->ct);
}

Test(kmd_ct, enable_without_a_place_fails_and_leaves_nothing)
{
    struct kmd_peer peer;

    kmd_peer_create(&peer);
    fake_run(peer.hal, enable_without_room, &peer, HAL_NS_PER_S);
    cr_expect_eq(peer.ret, -ENOSPC);
    cr_expect_eq(ct_state(peer.ct), CT_DISABLED);
    cr_expect_str_eq(peer.order, "");
    kmd_peer_destroy(&peer);
}

/* ---- frames -------------------------------------------------------------------------------- */

static void send_sched_and_registration(struct kmd_peer *peer)
{
    const uint32_t registration[] = {XE_GUC_ACTION_REGISTER_CONTEXT, 1};

    cr_expect_eq(ct_send(peer->ct, sched, 2, 0, 0), 0);
    cr_expect_eq(peer->last[0], 0x80000002u);
    cr_expect_eq(peer->last[1], 0x20001000u);
    cr_expect_eq(peer->last[2], 3u);
    cr_expect_eq(ct_send(peer->ct, registration, 2, 0, 0), 0);
    cr_expect_eq(peer->last[0], 0x80010002u);
    cr_expect_eq(peer->last[1], 0x20004502u);
    ct_set_register_as_event(peer->ct, true);
    cr_expect_eq(ct_send(peer->ct, registration, 2, 0, 0), 0);
    cr_expect_eq(peer->last[1], 0x10004502u);
    cr_expect_eq(ct_send(peer->ct, sched, 2, 0, 0), 0);
    cr_expect_eq(peer->last[1], 0x20001000u);
}

Test(kmd_ct, untracked_messages_are_fast_requests_and_registrations_events_on_demand)
{
    struct kmd_peer peer;

    kmd_peer_create(&peer);
    kmd_peer_run(&peer, send_sched_and_registration);
    cr_expect_eq(peer.doorbells, 4u);
    cr_expect_str_eq(fake_trace_last(peer.hal, "h2g ev=sent fn=0 epoch=1 pos=0"),
                     "h2g ev=sent fn=0 epoch=1 pos=0 fence=32768 type=fast_request action=4096 "
                     "name=null len=2 hxg=20001000 00000003 gt=0");
    kmd_peer_destroy(&peer);
}

static void send_longest(struct kmd_peer *peer)
{
    cr_expect_eq(send(peer, 256), -EMSGSIZE);
    cr_expect_eq(ct_send(peer->ct, sched, 0, 0, 0), -EMSGSIZE);
    cr_expect_eq(send(peer, 255), 0);
}

Test(kmd_ct, messages_have_1_to_255_dwords)
{
    struct kmd_peer peer;

    kmd_peer_create(&peer);
    kmd_peer_run(&peer, send_longest);
    cr_expect_eq(peer.received, 1u);
    cr_expect_eq(peer.last[255], 0xabcd00ffu);
    kmd_peer_destroy(&peer);
}

static void send_64_of_16(struct kmd_peer *peer)
{
    for (unsigned i = 0; i < 64; i++) {
        cr_expect_eq(send(peer, 15), 0);
    }
}

Test(kmd_ct, exact_ring_end_is_no_wrap)
{
    struct kmd_peer peer;

    kmd_peer_create(&peer);
    kmd_peer_run(&peer, send_64_of_16);
    cr_expect_eq(peer.received, 64u);
    cr_expect_eq(peer.noops, 0u);
    cr_expect_eq(kmd_peer_desc(&peer, H2G, GUC_CTB_DESC_TAIL__DWORD), 0u);
    cr_expect_eq(probe(&peer, "h2g_tail"), 0u);
    kmd_peer_destroy(&peer);
}

static void send_11_of_100(struct kmd_peer *peer)
{
    for (unsigned i = 0; i < 11; i++) {
        cr_expect_eq(send(peer, 99), 0);
    }
}

Test(kmd_ct, wrap_fills_with_nop)
{
    struct kmd_peer peer;

    kmd_peer_create(&peer);
    kmd_peer_run(&peer, send_11_of_100);
    cr_expect_eq(peer.received, 11u);
    cr_expect_eq(peer.noops, 24u);
    cr_expect_eq(kmd_peer_desc(&peer, H2G, GUC_CTB_DESC_TAIL__DWORD), 100u);
    cr_expect_eq(fake_trace_count(peer.hal, "h2g ev=sent fn=0 epoch=1 pos=1024"), 1u);
    kmd_peer_destroy(&peer);
}

static void send_32769(struct kmd_peer *peer)
{
    for (unsigned i = 0; i < 0x8000; i++) {
        cr_expect_eq(ct_send(peer->ct, sched, 2, 0, 0), 0);
    }
    cr_expect_eq(fence_of(peer), 0xffffu);
    peer->answers = true;
    cr_expect_eq(request(peer), 0);
    cr_expect_eq(fence_of(peer), 0u);
}

Test(kmd_ct, fences_go_round_below_bit_15)
{
    struct kmd_peer peer;

    kmd_peer_create(&peer);
    kmd_peer_run(&peer, send_32769);
    cr_expect_null(peer.death);
    kmd_peer_destroy(&peer);
}

/* ---- several programs ---------------------------------------------------------------------- */

static void send_100(void *arg)
{
    struct kmd_peer *peer = arg;

    for (uint32_t i = 0; i < 100; i++) {
        cr_expect_eq(send(peer, 3 + i % 50), 0);
    }
    peer->rets[0]++;
}

static void check_frame(struct kmd_peer *peer, const uint32_t *words, uint32_t len)
{
    cr_expect_eq(words[len - 1], 0xabcd0000 | (len - 1));
    peer->events++;
}

static void send_from_three_programs(struct kmd_peer *peer)
{
    peer->on_h2g = check_frame;
    hal_spawn(peer->hal, "second", send_100, peer);
    hal_spawn(peer->hal, "third", send_100, peer);
    send_100(peer);
    hal_delay(peer->hal, HAL_NS_PER_MS);
}

Test(kmd_ct, messages_of_several_programs_stay_whole)
{
    struct kmd_peer peer;

    kmd_peer_create(&peer);
    kmd_peer_run(&peer, send_from_three_programs);
    cr_expect_eq(peer.rets[0], 3);
    cr_expect_eq(peer.events, 300u);
    cr_expect_eq(peer.doorbells, 300u);
    kmd_peer_destroy(&peer);
}

/* ---- answers ------------------------------------------------------------------------------- */

static void answer_with_payload(struct kmd_peer *peer, const uint32_t *words, uint32_t len)
{
    const uint32_t answer[] = {0xf0000123, 0x11, 0x22, 0x33};

    cr_expect_eq(words[1], 0x00001001u);
    cr_expect_eq(len, 3u);
    kmd_peer_say(peer, fence_of(peer), answer, 4);
}

static void request_with_payload(struct kmd_peer *peer)
{
    uint32_t response[3] = {0, 0, 0xdead};

    peer->on_h2g = answer_with_payload;
    cr_expect_eq(ct_send_recv(peer->ct, mode_set, 2, response, 2, NULL), 0x123);
    cr_expect_eq(response[0], 0x11u);
    cr_expect_eq(response[1], 0x22u);
    cr_expect_eq(response[2], 0xdeadu);
    cr_expect_eq(probe(peer, "g2h_space"), G2H_CREDITS);
    cr_expect_eq(ct_outstanding(peer->ct), 0u);
}

Test(kmd_ct, answer_gives_data0_and_as_much_payload_as_there_is_room)
{
    struct kmd_peer peer;

    kmd_peer_create(&peer);
    kmd_peer_run(&peer, request_with_payload);
    cr_expect_str_eq(fake_trace_last(peer.hal, "g2h"),
                     "g2h ev=taken fn=0 epoch=1 pos=0 fence=0 type=response action=4097 name=null "
                     "len=4 hxg=f0000123 00000011 00000022 00000033 gt=0");
    kmd_peer_destroy(&peer);
}

static void refuse(struct kmd_peer *peer, const uint32_t *words, uint32_t len)
{
    (void)words;
    (void)len;
    kmd_peer_say1(peer, fence_of(peer), 0xe123000a);
}

static void request_refused(struct kmd_peer *peer)
{
    uint16_t error = 0;

    peer->on_h2g = refuse;
    cr_expect_eq(ct_send_recv(peer->ct, mode_set, 2, NULL, 0, &error), -EIO);
    cr_expect_eq(error, 0x000au);
    cr_expect_eq(ct_send_recv(peer->ct, mode_set, 2, NULL, 0, NULL), -EIO);
}

Test(kmd_ct, failure_is_eio_with_its_code)
{
    struct kmd_peer peer;

    kmd_peer_create(&peer);
    kmd_peer_run(&peer, request_refused);
    cr_expect_null(peer.death);
    kmd_peer_destroy(&peer);
}

static void retry_below_rets0(struct kmd_peer *peer, const uint32_t *words, uint32_t len)
{
    (void)words;
    (void)len;
    cr_expect_eq(fence_of(peer), peer->received - 1);
    kmd_peer_say1(peer, fence_of(peer),
                  (int)peer->received <= peer->rets[0] ? 0xd0000000 : 0xf0000007);
}

static void request_retried(struct kmd_peer *peer)
{
    peer->on_h2g = retry_below_rets0;
    peer->ret = request(peer);
}

Test(kmd_ct, retry_is_sent_again_with_a_new_fence_after_5_and_10_ms)
{
    struct kmd_peer peer;

    kmd_peer_create(&peer);
    peer.rets[0] = 2;
    kmd_peer_run(&peer, request_retried);
    cr_expect_eq(peer.ret, 7);
    cr_expect_eq(peer.received, 3u);
    cr_expect(peer.at >= 15 * HAL_NS_PER_MS && peer.at < 16 * HAL_NS_PER_MS);
    kmd_peer_destroy(&peer);
}

Test(kmd_ct, more_than_50_retries_end_in_eloop)
{
    struct kmd_peer peer;

    kmd_peer_create(&peer);
    peer.rets[0] = 1000;
    kmd_peer_run(&peer, request_retried);
    cr_expect_eq(peer.ret, -ELOOP);
    cr_expect_eq(peer.received, 51u);
    cr_expect(peer.at >= 6375 * HAL_NS_PER_MS && peer.at < 6376 * HAL_NS_PER_MS);
    kmd_peer_destroy(&peer);
}

static void answer_late(void *arg)
{
    struct kmd_peer *peer = arg;

    kmd_peer_say1(peer, fence_of(peer), 0xf0000000);
}

static void request_answered_late(struct kmd_peer *peer)
{
    cr_expect_eq(request(peer), -ETIME);
    cr_expect(peer->at >= HAL_NS_PER_S && peer->at < 1001 * HAL_NS_PER_MS);
    cr_expect_eq(probe(peer, "g2h_space"), G2H_CREDITS - 256);
    fake_at(peer->hal, HAL_NS_PER_MS, answer_late, peer);
    hal_delay(peer->hal, 2 * HAL_NS_PER_MS);
}

Test(kmd_ct, late_answer_only_gives_credits_back)
{
    struct kmd_peer peer;

    kmd_peer_create(&peer);
    kmd_peer_run(&peer, request_answered_late);
    cr_expect_eq(probe(&peer, "g2h_space"), G2H_CREDITS);
    cr_expect_eq(ct_outstanding(peer.ct), 0u);
    cr_expect_eq(fake_trace_count(peer.hal, "ct_late_answer"), 1u);
    cr_expect_null(peer.death);
    kmd_peer_destroy(&peer);
}
