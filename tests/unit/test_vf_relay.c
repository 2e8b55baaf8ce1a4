/* SPDX-License-Identifier: MIT */
/* The relay's requester against a PF that answers in every way it may, and in some that it may
 * not. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "firmware/abi/guc_actions_sriov_abi.h"
#include "gpu_regs.h"
#include "guest/vf/vf_internal.h"
#include "tests/unit/fake_guc_vf.h"
#include "tests/unit/fake_hal.h"
#include "tests/unit/vf_recovery_scene.h"

#define RELAY      XE_GUC_ACTION_VF2GUC_RELAY_TO_PF
#define HANDSHAKE  0x1u
#define QUERY      0x101u
#define PF_SUCCESS 0x70000000u
#define PF_FAILURE 0x60000000u
#define PF_RETRY   0x50000000u
#define PF_BUSY    0x30000000u
#define VERSION(n) ((uint32_t)(n) << 16)
#define LIMIT_NS   (2500 * HAL_NS_PER_MS)

static void probe_program(void *arg)
{
    struct peer *peer = arg;
    uint64_t start = hal_now(peer->hal);
    int ret = vf_probe(peer->vf);

    /* Unbinding after a failure included. */
    peer->waited_ns = hal_now(peer->hal) - start;
    peer->result = ret;
}

/* Binds to a PF that answers as given. Returns what probe returned. */
static int probe_with(struct peer *peer, bool (*relay)(struct peer *peer, unsigned gt,
                                                       const uint32_t *msg, uint32_t len))
{
    peer->relay = relay;
    peer_run(peer, probe_program);
    return peer->result;
}

static int probe_new(bool (*relay)(struct peer *peer, unsigned gt, const uint32_t *msg,
                                   uint32_t len))
{
    struct peer *peer = peer_create(PEER_ABI(1, 27));
    int ret = probe_with(peer, relay);

    peer_destroy(peer);
    return ret;
}

static bool is_handshake(const uint32_t *msg)
{
    return (msg[2] & 0xffffu) == HANDSHAKE;
}

static void answer(struct peer *peer, unsigned gt, const uint32_t *msg, uint32_t dw0, uint32_t dw1)
{
    peer_send_relay(peer, gt, msg[1], (const uint32_t[]){dw0, dw1}, 2);
}

static void answer_one(struct peer *peer, unsigned gt, const uint32_t *msg, uint32_t dw0)
{
    peer_send_relay(peer, gt, msg[1], &dw0, 1);
}

static void expect_told(struct peer *peer, const char *what, unsigned times)
{
    unsigned count = fake_trace_count(peer->hal, what);

    cr_expect_eq(count, times, "\"%s\" %u times", what, count);
}

/* ---- as it should be ------------------------------------------------------------------------- */

Test(vf_relay, each_gt_shakes_hands_asks_for_registers_and_shakes_hands_again)
{
    static const uint32_t inner[][2] = {
        {0x00000001, 0x00010000}, {0x00100101, 0}, {0x00000001, 0x00010000}};
    struct peer *peer = peer_create(PEER_ABI(1, 27));

    cr_expect_eq(probe_with(peer, NULL), 0);
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
        cr_expect_eq(probe_with(peer, NULL), 0);
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
    cr_expect_eq(probe_with(peer, NULL), -ENOBUFS);
    peer_destroy(peer);
}

Test(vf_relay, a_register_that_was_not_told_reads_zero_and_gmd_id_comes_from_the_guc)
{
    struct peer *peer = peer_create(PEER_ABI(1, 27));

    cr_expect_eq(probe_with(peer, NULL), 0);
    cr_expect_eq(vf_runtime_reg(peer->vf, 0, 0x8ffc), 0);
    cr_expect_eq(vf_runtime_reg(peer->vf, 0, 0x900c), 0);
    cr_expect_eq(vf_runtime_reg(peer->vf, 0, 0xfffffffc), 0);
    cr_expect_eq(vf_runtime_reg(peer->vf, 2, 0x9000), 0);
    cr_expect_eq(vf_runtime_reg(peer->vf, 1, GMD_ID), peer->gmd_id[1]);
    peer_destroy(peer);
}

static bool unsorted(struct peer *peer, unsigned gt, const uint32_t *msg, uint32_t len)
{
    const uint32_t table[] = {PF_SUCCESS | 4, 0, 0x9144, 1, 0x0d00, 2, 0x913c, 3, 0x9144, 4};

    (void)len;
    if (is_handshake(msg) || gt) {
        return false;
    }
    peer_send_relay(peer, gt, msg[1], table, ARRAY_SIZE(table));
    return true;
}

Test(vf_relay, the_table_is_in_order_whatever_order_the_pf_has)
{
    struct peer *peer = peer_create(PEER_ABI(1, 27));

    cr_expect_eq(probe_with(peer, unsorted), 0);
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
    answer(later.peer, 0, later.msg, PF_SUCCESS, VERSION(1));
}

static void busy_later(void *arg)
{
    (void)arg;
    answer_one(later.peer, 0, later.msg, PF_BUSY | 7);
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
    cr_expect_eq(probe_new(first_takes_two_seconds), 0);
    cr_expect_eq(probe_new(first_is_busy_twice), 0);
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

    cr_expect_eq(probe_with(peer, silent), -ETIME);
    cr_expect(peer->waited_ns >= LIMIT_NS && peer->waited_ns < LIMIT_NS + 200 * HAL_NS_PER_MS,
              "after %llu ns", (unsigned long long)peer->waited_ns);
    expect_told(peer, "relay request not answered", 1);
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

    cr_expect_eq(probe_with(peer, silent_after_busy), -ETIME);
    cr_expect(peer->waited_ns >= LIMIT_NS + HAL_NS_PER_S);
    peer_destroy(peer);
}

static void busy_on(void *arg)
{
    struct peer *peer = arg;

    answer_one(peer, 0, later.msg, PF_BUSY);
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

    cr_expect_eq(probe_with(peer, busy_for_ever), -ETIME);
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
    answer_one(peer, gt, msg, PF_RETRY);
    return true;
}

Test(vf_relay, retry_sends_the_same_request_again)
{
    struct peer *peer = peer_create(PEER_ABI(1, 27));

    peer->counter = 3;
    cr_expect_eq(probe_with(peer, puts_off), 0);
    cr_expect_eq(peer_count_h2g(peer, 0, RELAY), 3 + 3);
    for (unsigned i = 0; i < 4; i++) {
        cr_expect_eq(peer_find_h2g(peer, 0, RELAY, i)->dw[1], 1);
        cr_expect_eq(peer_find_h2g(peer, 0, RELAY, i)->dw[3], VERSION(1));
    }
    peer_destroy(peer);
}

Test(vf_relay, retry_for_ever_is_bounded)
{
    struct peer *peer = peer_create(PEER_ABI(1, 27));

    peer->counter = ~0u;
    cr_expect_eq(probe_with(peer, puts_off), -ELOOP);
    expect_told(peer, "relay request put off for ever", 1);
    peer_destroy(peer);
}

/* ---- refusals -------------------------------------------------------------------------------- */

static bool refuses(struct peer *peer, unsigned gt, const uint32_t *msg, uint32_t len)
{
    (void)len;
    answer_one(peer, gt, msg, PF_FAILURE | peer->counter);
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
        ret = probe_with(peer, refuses);
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
        ret = probe_with(peer, NULL);
        cr_expect_eq(ret, cases[i].result, "%08x gives %d", cases[i].reply, ret);
        peer_destroy(peer);
    }
}

/* ---- answers that break the rules ------------------------------------------------------------ */

/* Something wrong first, then the right answer: the wrong one is told and passed over. */
static const struct {
    const char *told;
    uint32_t id_offset;
    uint32_t dw[3];
    uint32_t len;
} strays[] = {
    {"relay answer not awaited", 1, {PF_SUCCESS, VERSION(1)}, 2},
    {"relay answer not awaited", ~0u, {PF_SUCCESS, VERSION(1)}, 2},
    {"relay answer does not come from a host", 0, {0xf0000000, VERSION(1)}, 2},
    {"relay answer does not come from a host", 0, {0xe0000001}, 1},
    {"relay event of wrong length", 0, {0}, 0},
    {"relay answer of wrong length", 0, {PF_FAILURE | 1, 0}, 2},
    {"relay answer of wrong length", 0, {PF_BUSY, 0}, 2},
    {"relay answer of wrong length", 0, {PF_RETRY, 0}, 2},
    {"relay answer of wrong length", 0, {0x00000001, VERSION(1)}, 2},
    {"relay message is no answer", 0, {0x0000deb1}, 1},
    {"relay message is no answer", 0, {0x10000001}, 1},
    {"relay message is no answer", 0, {0x40000000}, 1},
};

static bool stray_first(struct peer *peer, unsigned gt, const uint32_t *msg, uint32_t len)
{
    uint32_t id = msg[1] + strays[peer->counter].id_offset;

    (void)len;
    if (gt || msg[1] != 1) {
        return false;
    }
    peer_send_relay(peer, gt, id, strays[peer->counter].dw, strays[peer->counter].len);
    return false;
}

Test(vf_relay, a_stray_message_is_told_and_passed_over)
{
    for (unsigned i = 0; i < ARRAY_SIZE(strays); i++) {
        struct peer *peer = peer_create(PEER_ABI(1, 27));
        int ret;

        peer->counter = i;
        ret = probe_with(peer, stray_first);
        cr_expect_eq(ret, 0, "case %u gives %d", i, ret);
        expect_told(peer, strays[i].told, 1);
        peer_destroy(peer);
    }
}

static bool only_foreign_origin(struct peer *peer, unsigned gt, const uint32_t *msg, uint32_t len)
{
    (void)len;
    answer(peer, gt, msg, 0xf0000000, VERSION(1));
    return true;
}

Test(vf_relay, an_answer_as_if_of_a_guc_is_none)
{
    struct peer *peer = peer_create(PEER_ABI(1, 27));

    cr_expect_eq(probe_with(peer, only_foreign_origin), -ETIME);
    peer_destroy(peer);
}

static bool reserved_bits(struct peer *peer, unsigned gt, const uint32_t *msg, uint32_t len)
{
    const uint32_t event[] = {0x90015102, msg[1], PF_SUCCESS, VERSION(1)};

    (void)len;
    peer_send_g2h(peer, gt, event, ARRAY_SIZE(event));
    return false;
}

static bool answers_twice(struct peer *peer, unsigned gt, const uint32_t *msg, uint32_t len)
{
    (void)len;
    if (is_handshake(msg)) {
        answer(peer, gt, msg, PF_SUCCESS, VERSION(1));
    }
    return false;
}

Test(vf_relay, reserved_bits_and_second_answers_are_passed_over)
{
    cr_expect_eq(probe_new(reserved_bits), 0);
    cr_expect_eq(probe_new(answers_twice), 0);
}

/* Answers to the handshake (one dword when it has no second) and what becomes of them. */
static const struct {
    uint32_t dw[3];
    uint32_t len;
    int result;
} handshakes[] = {
    {{PF_SUCCESS, VERSION(1)}, 2, 0},           {{PF_SUCCESS}, 1, -EPROTO},
    {{PF_SUCCESS, VERSION(1), 0}, 3, -EPROTO},  {{PF_SUCCESS | 1, VERSION(1)}, 2, -EPROTO},
    {{PF_SUCCESS, VERSION(1) | 1}, 2, -EPROTO}, {{PF_SUCCESS, VERSION(2)}, 2, -EPROTO},
    {{PF_SUCCESS, 0x0000ffff}, 2, -ENOPKG},     {{PF_SUCCESS, 0}, 2, -ENOPKG},
};

static bool handshake_case(struct peer *peer, unsigned gt, const uint32_t *msg, uint32_t len)
{
    (void)len;
    if (!is_handshake(msg)) {
        return false;
    }
    peer_send_relay(peer, gt, msg[1], handshakes[peer->counter].dw, handshakes[peer->counter].len);
    return true;
}

Test(vf_relay, handshakes_are_judged)
{
    for (unsigned i = 0; i < ARRAY_SIZE(handshakes); i++) {
        struct peer *peer = peer_create(PEER_ABI(1, 27));
        int ret;

        peer->counter = i;
        ret = probe_with(peer, handshake_case);
        cr_expect_eq(ret, handshakes[i].result, "case %u gives %d", i, ret);
        peer_destroy(peer);
    }
}

static bool changes_its_mind(struct peer *peer, unsigned gt, const uint32_t *msg, uint32_t len)
{
    (void)len;
    if (!is_handshake(msg) || peer->counter++ == 0) {
        return false;
    }
    answer(peer, gt, msg, PF_SUCCESS, VERSION(1) | 1);
    return true;
}

Test(vf_relay, a_second_handshake_must_give_the_same_version)
{
    struct peer *peer = peer_create(PEER_ABI(1, 27));

    cr_expect_eq(probe_with(peer, changes_its_mind), -EREMCHG);
    expect_told(peer, "relay version not usable", 1);
    peer_destroy(peer);
}

/* Answers to the query. */
static const struct {
    uint32_t dw[2 + 2 * 17];
    uint32_t len;
    int result;
} tables[] = {
    {{PF_SUCCESS, 0}, 2, 0},
    {{PF_SUCCESS}, 1, -EPROTO},
    {{PF_SUCCESS | 1, 0, 0x9000}, 3, -EPROTO},
    {{PF_SUCCESS | 1, 0, 0x9000, 1, 2}, 5, -EPROTO},
    {{PF_SUCCESS | 17, 0}, 2 + 2 * 17, -EPROTO},
    {{PF_SUCCESS | 0xfffffff, 0}, 2, -EPROTO},
    {{PF_SUCCESS, 1}, 2, -EPROTO},                  /* nothing, though some remain */
    {{PF_SUCCESS | 1, 5, 0x9000, 1}, 4, -EPROTO},   /* the same number remains each time */
    {{PF_SUCCESS | 1, ~0u, 0x9000, 1}, 4, -EPROTO}, /* and so does this */
};

static bool table_case(struct peer *peer, unsigned gt, const uint32_t *msg, uint32_t len)
{
    (void)len;
    if (is_handshake(msg)) {
        return false;
    }
    peer_send_relay(peer, gt, msg[1], tables[peer->counter].dw, tables[peer->counter].len);
    return true;
}

Test(vf_relay, tables_are_judged)
{
    for (unsigned i = 0; i < ARRAY_SIZE(tables); i++) {
        struct peer *peer = peer_create(PEER_ABI(1, 27));
        int ret;

        peer->counter = i;
        ret = probe_with(peer, table_case);
        cr_expect_eq(ret, tables[i].result, "case %u gives %d", i, ret);
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
