/* SPDX-License-Identifier: MIT */
/* The relay's requester against a PF that answers in every way it may; and across migrations. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "firmware/abi/guc_actions_sriov_abi.h"
#include "gpu_regs.h"
#include "guest/vf/vf_internal.h"
#include "tests/unit/fake_guc_vf.h"
#include "tests/unit/fake_hal.h"
#include "tests/unit/vf_recovery_scene.h"
#include "tests/unit/vf_relay_scene.h"

#define RELAY    XE_GUC_ACTION_VF2GUC_RELAY_TO_PF
#define LIMIT_NS (2500 * HAL_NS_PER_MS)

/* ---- as it should be ------------------------------------------------------------------------- */

Test(vf_relay, each_gt_shakes_hands_asks_for_registers_and_shakes_hands_again)
{
    static const uint32_t inner[][2] = {
        {0x00000001, 0x00010000}, {0x00100101, 0}, {0x00000001, 0x00010000}};
    struct peer *peer = peer_create(PEER_ABI(1, 27));

    cr_expect_eq(relay_probe(peer, NULL), 0);
    for (unsigned gt = 0; gt < PEER_GTS; gt++) {
        cr_expect_eq(peer_count_h2g(peer, gt, RELAY), ARRAY_SIZE(inner));
        for (unsigned i = 0; i < ARRAY_SIZE(inner); i++) {
            const struct peer_message *message = peer_find_h2g(peer, gt, RELAY, i);

            cr_assert_not_null(message);
            cr_expect_eq(message->len, 4);
            cr_expect_eq(message->dw[0], 0x00005103);
            cr_expect_eq(message->dw[1], i + 1, "id %u", message->dw[1]);
            cr_expect_eq(message->dw[2], inner[i][0], "%08x", message->dw[2]);
            cr_expect_eq(message->dw[3], inner[i][1], "%08x", message->dw[3]);
        }
    }
    cr_expect_eq(fake_trace_count(peer->hal, "peer_error"), 0);
    peer_destroy(peer);
}

static void expect_registers(struct peer *peer, unsigned count)
{
    for (unsigned gt = 0; gt < PEER_GTS; gt++) {
        for (unsigned n = 0; n < count; n++) {
            uint32_t value = vf_runtime_reg(peer->vf, gt, peer_register_offset(0, n));

            cr_expect_eq(value, peer_register_value(gt, n), "GT %u, %u: %x", gt, n, value);
        }
    }
}

Test(vf_relay, registers_come_in_slices_of_sixteen)
{
    static const struct {
        unsigned registers;
        unsigned slices;
    } cases[] = {{0, 1}, {1, 1}, {16, 1}, {17, 2}, {40, 3}, {VF_RELAY_REGISTERS, 16}};

    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
        struct peer *peer = peer_create(PEER_ABI(1, 27));

        peer->num_registers = cases[i].registers;
        cr_expect_eq(relay_probe(peer, NULL), 0);
        cr_expect_eq(peer_count_h2g(peer, 1, RELAY), 2 + cases[i].slices, "%u registers",
                     cases[i].registers);
        expect_registers(peer, cases[i].registers);
        peer_destroy(peer);
    }
}

Test(vf_relay, more_registers_than_there_is_room_for_are_an_error)
{
    struct peer *peer = peer_create(PEER_ABI(1, 27));

    peer->num_registers = VF_RELAY_REGISTERS + 1;
    cr_expect_eq(relay_probe(peer, NULL), -ENOBUFS);
    peer_destroy(peer);
}

Test(vf_relay, a_register_that_was_not_told_reads_zero_and_gmd_id_comes_from_the_guc)
{
    struct peer *peer = peer_create(PEER_ABI(1, 27));

    cr_expect_eq(relay_probe(peer, NULL), 0);
    cr_expect_eq(vf_runtime_reg(peer->vf, 0, 0x8ffc), 0);
    cr_expect_eq(vf_runtime_reg(peer->vf, 0, 0x900c), 0);
    cr_expect_eq(vf_runtime_reg(peer->vf, 0, 0xfffffffc), 0);
    cr_expect_eq(vf_runtime_reg(peer->vf, 2, 0x9000), 0);
    cr_expect_eq(vf_runtime_reg(peer->vf, 1, GMD_ID), peer->gmd_id[1]);
    peer_destroy(peer);
}

static bool unsorted(struct peer *peer, unsigned gt, const uint32_t *msg, uint32_t len)
{
    const uint32_t table[] = {RELAY_SUCCESS_DW | 4, 0, 0x9144, 1, 0x0d00, 2, 0x913c, 3, 0x9144, 4};

    (void)len;
    if (relay_is_handshake(msg) || gt) {
        return false;
    }
    peer_send_relay(peer, gt, msg[1], table, ARRAY_SIZE(table));
    return true;
}

Test(vf_relay, the_table_is_in_order_whatever_order_the_pf_has)
{
    struct peer *peer = peer_create(PEER_ABI(1, 27));

    cr_expect_eq(relay_probe(peer, unsorted), 0);
    cr_expect_eq(vf_runtime_reg(peer->vf, 0, 0x0d00), 2);
    cr_expect_eq(vf_runtime_reg(peer->vf, 0, 0x913c), 3);
    cr_expect_eq(vf_runtime_reg(peer->vf, 0, 0x9144), 4, "of two values the later");
    peer_destroy(peer);
}

/* ---- answers that take longer ---------------------------------------------------------------- */

static struct {
    struct peer *peer;
    uint32_t msg[4];
} later;

static void answer_later(void *arg)
{
    (void)arg;
    relay_answer(later.peer, 0, later.msg, RELAY_SUCCESS_DW, RELAY_MAJOR(1));
}

static void busy_later(void *arg)
{
    (void)arg;
    relay_answer_one(later.peer, 0, later.msg, RELAY_BUSY_DW | 7);
}

static void note(struct peer *peer, const uint32_t *msg)
{
    later.peer = peer;
    memcpy(later.msg, msg, sizeof(later.msg));
}

/* The first request only. */
static bool first_takes_two_seconds(struct peer *peer, unsigned gt, const uint32_t *msg,
                                    uint32_t len)
{
    (void)len;
    if (gt || peer->counter++) {
        return false;
    }
    note(peer, msg);
    fake_at(peer->hal, 2400 * HAL_NS_PER_MS, answer_later, NULL);
    return true;
}

static bool first_is_busy_twice(struct peer *peer, unsigned gt, const uint32_t *msg, uint32_t len)
{
    (void)len;
    if (gt || peer->counter++) {
        return false;
    }
    note(peer, msg);
    fake_at(peer->hal, 2 * HAL_NS_PER_S, busy_later, NULL);
    fake_at(peer->hal, 4 * HAL_NS_PER_S, busy_later, NULL);
    fake_at(peer->hal, 6 * HAL_NS_PER_S, answer_later, NULL);
    return true;
}

Test(vf_relay, an_answer_within_the_time_limit_is_good_and_busy_starts_the_wait_anew)
{
    cr_expect_eq(relay_probe_new(first_takes_two_seconds), 0);
    cr_expect_eq(relay_probe_new(first_is_busy_twice), 0);
}

static bool silent(struct peer *peer, unsigned gt, const uint32_t *msg, uint32_t len)
{
    (void)peer;
    (void)gt;
    (void)msg;
    (void)len;
    return true;
}

Test(vf_relay, without_an_answer_it_gives_up_after_two_and_a_half_seconds)
{
    struct peer *peer = peer_create(PEER_ABI(1, 27));

    cr_expect_eq(relay_probe(peer, silent), -ETIME);
    cr_expect(peer->waited_ns >= LIMIT_NS && peer->waited_ns < LIMIT_NS + 200 * HAL_NS_PER_MS,
              "after %llu ns", (unsigned long long)peer->waited_ns);
    relay_expect_told(peer, "relay request not answered", 1);
    cr_expect_eq(vf_num_gts(peer->vf), 0, "not bound");
    peer_destroy(peer);
}

static bool silent_after_busy(struct peer *peer, unsigned gt, const uint32_t *msg, uint32_t len)
{
    (void)len;
    note(peer, msg);
    fake_at(peer->hal, HAL_NS_PER_S, busy_later, NULL);
    return gt == 0;
}

Test(vf_relay, busy_and_then_nothing_ends_too)
{
    struct peer *peer = peer_create(PEER_ABI(1, 27));

    cr_expect_eq(relay_probe(peer, silent_after_busy), -ETIME);
    cr_expect(peer->waited_ns >= LIMIT_NS + HAL_NS_PER_S);
    peer_destroy(peer);
}

static void busy_on(void *arg)
{
    struct peer *peer = arg;

    relay_answer_one(peer, 0, later.msg, RELAY_BUSY_DW);
    if (peer->counter++ < 200) {
        fake_at(peer->hal, 100 * HAL_NS_PER_MS, busy_on, peer);
    }
}

static bool busy_for_ever(struct peer *peer, unsigned gt, const uint32_t *msg, uint32_t len)
{
    (void)gt;
    (void)len;
    note(peer, msg);
    busy_on(peer);
    return true;
}

Test(vf_relay, busy_for_ever_is_bounded)
{
    struct peer *peer = peer_create(PEER_ABI(1, 27));

    cr_expect_eq(relay_probe(peer, busy_for_ever), -ETIME);
    cr_expect(peer->waited_ns < 15 * HAL_NS_PER_S);
    peer_destroy(peer);
}

static bool puts_off(struct peer *peer, unsigned gt, const uint32_t *msg, uint32_t len)
{
    (void)len;
    if (gt || !peer->counter) {
        return false;
    }
    peer->counter--;
    relay_answer_one(peer, gt, msg, RELAY_RETRY_DW);
    return true;
}

Test(vf_relay, retry_sends_the_same_request_again)
{
    struct peer *peer = peer_create(PEER_ABI(1, 27));

    peer->counter = 3;
    cr_expect_eq(relay_probe(peer, puts_off), 0);
    cr_expect_eq(peer_count_h2g(peer, 0, RELAY), 3 + 3);
    for (unsigned i = 0; i < 4; i++) {
        cr_expect_eq(peer_find_h2g(peer, 0, RELAY, i)->dw[1], 1);
        cr_expect_eq(peer_find_h2g(peer, 0, RELAY, i)->dw[3], RELAY_MAJOR(1));
    }
    peer_destroy(peer);
}

Test(vf_relay, retry_for_ever_is_bounded)
{
    struct peer *peer = peer_create(PEER_ABI(1, 27));

    peer->counter = ~0u;
    cr_expect_eq(relay_probe(peer, puts_off), -ELOOP);
    relay_expect_told(peer, "relay request put off for ever", 1);
    peer_destroy(peer);
}

/* ---- refusals -------------------------------------------------------------------------------- */

static bool refuses(struct peer *peer, unsigned gt, const uint32_t *msg, uint32_t len)
{
    (void)len;
    relay_answer_one(peer, gt, msg, RELAY_FAILURE_DW | peer->counter);
    return true;
}

Test(vf_relay, errors_of_the_pf_are_errors_of_the_request)
{
    static const struct {
        uint32_t error;
        int result;
    } cases[] = {{1, -EPERM},   {13, -EACCES}, {22, -EINVAL},  {56, -EBADRQC},  {61, -ENODATA},
                 {71, -EPROTO}, {0, -EIO},     {0xffff, -EIO}, {90, -EMSGSIZE}, {4095, -4095}};

    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
        struct peer *peer = peer_create(PEER_ABI(1, 27));
        int ret;

        peer->counter = cases[i].error;
        ret = relay_probe(peer, refuses);
        cr_expect_eq(ret, cases[i].result, "%u gives %d", cases[i].error, ret);
        peer_destroy(peer);
    }
}

static bool guc_refuses(struct peer *peer, unsigned gt, const uint32_t *request, uint32_t *reply)
{
    (void)gt;
    *reply = peer->counter;
    return (request[0] & 0xffffu) == RELAY;
}

Test(vf_relay, what_the_guc_does_not_post_fails_at_once)
{
    static const struct {
        uint32_t reply;
        int result;
    } cases[] = {{0xe0000030, -EIO}, {0xe0000304, -EIO}, {0xf0000001, -EPROTO}, {0, -ETIME}};

    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
        struct peer *peer = peer_create(PEER_ABI(1, 27));
        int ret;

        peer->counter = cases[i].reply;
        peer->answer_h2g = guc_refuses;
        ret = relay_probe(peer, NULL);
        cr_expect_eq(ret, cases[i].result, "%08x gives %d", cases[i].reply, ret);
        peer_destroy(peer);
    }
}

/* ---- across bindings and migrations ---------------------------------------------------------- */

static void bind_twice_program(void *arg)
{
    struct peer *peer = arg;

    peer_probe(peer);
    vf_remove(peer->vf);
    cr_expect_eq(vf_runtime_reg(peer->vf, 0, 0x9000), 0);
    peer_probe(peer);
}

Test(vf_relay, ids_go_on_counting_so_that_late_answers_find_nobody)
{
    struct peer *peer = peer_create(PEER_ABI(1, 27));

    peer_run(peer, bind_twice_program);
    cr_expect_eq(peer_count_h2g(peer, 0, RELAY), 6);
    cr_expect_eq(peer_find_h2g(peer, 0, RELAY, 3)->dw[1], 4);
    expect_registers(peer, 3);
    peer_destroy(peer);
}

/* Asks once more after bind, while the VM moves. */
static void asks_across_move_program(void *arg)
{
    struct peer *peer = arg;
    uint64_t start;

    peer_probe(peer);
    peer->relay = silent;
    fake_at(peer->hal, HAL_NS_PER_MS, scene_migrate, peer);
    start = hal_now(peer->hal);
    cr_expect_eq(vf_relay_handshake(&peer->vf->gts[0]), -ETIME);
    cr_expect_geq(hal_now(peer->hal) - start, LIMIT_NS);
    cr_expect_eq(vf_recovery_count(peer->vf, 0), 1, "recovery does not wait for it");
    peer->relay = NULL;
    cr_expect_eq(vf_relay_handshake(&peer->vf->gts[0]), 0);
    cr_expect_null(vf_wedged(peer->vf));
}

Test(vf_relay, a_request_in_flight_across_a_migration_times_out)
{
    scene_run(PEER_ABI(1, 27), asks_across_move_program);
}

static bool guc_never_posts(struct peer *peer, unsigned gt, const uint32_t *request,
                            uint32_t *reply)
{
    (void)peer;
    (void)gt;
    (void)request;
    *reply = 0;
    return true;
}

static void cancelled_by_move_program(void *arg)
{
    struct peer *peer = arg;
    uint64_t start;

    peer_probe(peer);
    peer->answer_h2g = guc_never_posts;
    fake_at(peer->hal, HAL_NS_PER_MS, scene_migrate, peer);
    start = hal_now(peer->hal);
    cr_expect_eq(vf_relay_handshake(&peer->vf->gts[0]), -ECANCELED);
    cr_expect_lt(hal_now(peer->hal) - start, 100 * HAL_NS_PER_MS);
    cr_expect_null(vf_wedged(peer->vf));
}

Test(vf_relay, a_request_that_the_guc_had_not_read_is_cancelled_by_a_migration)
{
    scene_run(PEER_ABI(1, 27), cancelled_by_move_program);
}
