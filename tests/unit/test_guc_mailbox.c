/* SPDX-License-Identifier: MIT */
/* The mailbox as a driver's boot uses it, and what it refuses. */
#include <criterion/criterion.h>

#include "firmware/abi/guc_actions_abi.h"
#include "firmware/abi/guc_actions_sriov_abi.h"
#include "tests/unit/test_guc_bench.h"

#define V127 GUC_ABI_VERSION(1, 27, 0)

static void run(uint32_t abi, void (*test)(struct bench *bench))
{
    struct bench *bench = bench_create(abi);

    bench_run(bench, test);
    bench_destroy(bench);
}

static void boot_shows_ready(struct bench *bench)
{
    cr_expect_eq(bench->regs[0], XE_GUC_LOAD_STATUS_READY << 8);
}

Test(guc_mailbox, boot_shows_ready)
{
    struct bench *bench = bench_create(V127);

    bench_run_bare(bench, boot_shows_ready);
    bench_destroy(bench);
}

static void driver_boot(struct bench *bench)
{
    uint32_t reset[] = {GUC_ACTION_VF2GUC_VF_RESET, 0xdead, 0xbeef, 0xffff};
    uint32_t match[] = {GUC_ACTION_VF2GUC_MATCH_VERSION, 0x00010200};
    uint32_t rest[3];

    bench_provision(bench, 1, BENCH_VF_START(1));
    cr_expect_eq(bench_mailbox(bench, 1, reset, 4, NULL), 0xf0000000, "stale dwords are normal");
    cr_expect_eq(bench_mailbox(bench, 1, match, 2, rest), 0xf0000000);
    cr_expect_eq(rest[0], 0x00011b00);
    cr_expect_eq(bench_mailbox2(bench, 1, GUC_ACTION_VF2GUC_QUERY_SINGLE_KLV, 2), 0xf0000002);
    cr_expect_eq(bench->fns[1].mailbox[1], BENCH_VF_SIZE);
    cr_expect_eq(bench_mailbox2(bench, 1, GUC_ACTION_VF2GUC_QUERY_SINGLE_KLV, 4), 0xf0000001);
    cr_expect_eq(bench->fns[1].mailbox[1], BENCH_CONTEXTS);
    cr_expect_eq(bench_mailbox2(bench, 1, GUC_ACTION_VF2GUC_QUERY_SINGLE_KLV, 0x3000), 0xf0000001);
    cr_expect_eq(bench->fns[1].mailbox[1], 0x07800004);
    cr_expect_eq(bench_mailbox2(bench, 1, GUC_ACTION_VF2GUC_QUERY_SINGLE_KLV, 0x3001), 0xf0000001);
    cr_expect_eq(bench_mailbox2(bench, 1, GUC_ACTION_VF2GUC_QUERY_SINGLE_KLV, 0x8a01), 0xf0000000);
    cr_expect_eq(bench_mailbox2(bench, 1, GUC_ACTION_VF2GUC_QUERY_SINGLE_KLV, 3), 0xf0000000);
    cr_expect_eq(bench_state(bench, 1), GUC_VF_READY);
    bench_rings(bench, 1, BENCH_VF_START(1));
    cr_expect_eq(bench_state(bench, 1), GUC_VF_RUNNING);
}

Test(guc_mailbox, a_driver_boots_as_the_real_one_does)
{
    run(V127, driver_boot);
}

static void hwconfig(struct bench *bench)
{
    uint32_t buffer = (uint32_t)BENCH_VF_START(1) + BENCH_BUFFER;
    uint32_t query[] = {XE_GUC_ACTION_GET_HWCONFIG, 0, 0, 0};
    uint32_t get[] = {XE_GUC_ACTION_GET_HWCONFIG, buffer, 0, 48};
    uint32_t stranger[] = {XE_GUC_ACTION_GET_HWCONFIG, (uint32_t)BENCH_VF_START(2), 0, 48};
    uint32_t odd[] = {XE_GUC_ACTION_GET_HWCONFIG, buffer + 2, 0, 48};
    uint32_t small[] = {XE_GUC_ACTION_GET_HWCONFIG, buffer, 0, 44};

    bench_provision(bench, 1, BENCH_VF_START(1));
    cr_expect_eq(bench_mailbox(bench, 1, query, 4, NULL), 0xf0000030);
    cr_expect_eq(bench_mailbox(bench, 1, get, 4, NULL), 0xf0000030);
    cr_expect_eq(fake_dma_read32(bench->hal, 1, buffer), 1, "first attribute");
    cr_expect_eq(fake_dma_read32(bench->hal, 1, buffer + 36), 70, "last attribute");
    cr_expect_eq(bench_mailbox(bench, 1, stranger, 4, NULL), BENCH_FAILURE(0x80));
    cr_expect_eq(bench_mailbox(bench, 1, odd, 4, NULL), BENCH_FAILURE(0x80));
    cr_expect_eq(bench_mailbox(bench, 1, small, 4, NULL), BENCH_FAILURE(0x102));
}

Test(guc_mailbox, hardware_table_is_sized_and_written)
{
    run(V127, hwconfig);
}

struct refused {
    uint32_t request[4];
    uint32_t answer;
};

static void refusals(struct bench *bench)
{
    static const struct refused cases[] = {
        {{0x00001234}, BENCH_FAILURE(XE_GUC_RESPONSE_UNKNOWN_ACTION)},
        {{0x10005507}, BENCH_FAILURE(XE_GUC_RESPONSE_ERROR_PROTOCOL)}, /* event */
        {{0x20005507}, BENCH_FAILURE(XE_GUC_RESPONSE_ERROR_PROTOCOL)}, /* fast request */
        {{0x40005507}, BENCH_FAILURE(XE_GUC_RESPONSE_ERROR_PROTOCOL)}, /* reserved type */
        {{0x00015507}, BENCH_FAILURE(XE_GUC_RESPONSE_ERROR_PROTOCOL)}, /* DATA0 */
        {{0x00005506, 1, 1}, BENCH_FAILURE(XE_GUC_RESPONSE_NO_PERMISSION)},
        {{0x00004502}, BENCH_FAILURE(XE_GUC_RESPONSE_NOT_SUPPORTED)}, /* CTB's */
        {{0x00005500, 0x00020000}, BENCH_FAILURE(XE_GUC_RESPONSE_UNSUPPORTED_VERSION)},
        {{0x00005500, 0x00010201}, BENCH_FAILURE(XE_GUC_RESPONSE_INVALID_PARAMS)},
        {{0x00005500, 0}, BENCH_SUCCESS(0)},
        {{0x00005509, 0x00010002}, BENCH_FAILURE(XE_GUC_RESPONSE_INVALID_PARAMS)},
        {{0x00000508, 0x09080002, 0x10000000}, BENCH_SUCCESS(0)}, /* unknown key: none parsed */
        {{0x00000508, 0x09020001, 0x11001000}, BENCH_FAILURE(XE_GUC_RESPONSE_MALFORMED_KLV)},
        {{0x00000508, 0x09020002, 0x11001004}, BENCH_FAILURE(XE_GUC_RESPONSE_INVALID_GGTT_ADDRESS)},
        {{0x00000508, 0x09020002, 0x12001000}, BENCH_FAILURE(XE_GUC_RESPONSE_INVALID_GGTT_ADDRESS)},
        {{0x00000508, 0x09020002, 0x11001000, 1},
         BENCH_FAILURE(XE_GUC_RESPONSE_INVALID_GGTT_ADDRESS)},
        {{0x00000508, 0x09040001, 0x800}, BENCH_FAILURE(XE_GUC_RESPONSE_INVALID_SIZE)},
        {{0x00000508, 0x09040001, 0}, BENCH_FAILURE(XE_GUC_RESPONSE_INVALID_SIZE)},
        {{0x00004509, 1}, BENCH_FAILURE(XE_GUC_RESPONSE_CTB_NOT_REGISTERED)},
        {{0x00004509, 2}, BENCH_FAILURE(XE_GUC_RESPONSE_INVALID_PARAMS)},
        {{0x0005550f}, BENCH_FAILURE(XE_GUC_RESPONSE_INVALID_STATE)},
        {{0x00055508}, BENCH_FAILURE(XE_GUC_RESPONSE_VF_MIGRATED)},
    };

    bench_provision(bench, 1, BENCH_VF_START(1));
    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
        uint32_t answer = bench_mailbox(bench, 1, cases[i].request, 4, NULL);

        cr_expect_eq(answer, cases[i].answer, "case %u: 0x%08x", i, answer);
    }
    cr_expect_eq(bench_state(bench, 1), GUC_VF_READY, "nothing of that was activity");
    cr_expect_eq(bench_mailbox2(bench, 2, GUC_ACTION_HOST2GUC_SELF_CFG, 0x09020002),
                 BENCH_FAILURE(XE_GUC_RESPONSE_UNPROVISIONED_VF));
}

Test(guc_mailbox, refuses_what_the_table_does_not_allow)
{
    run(V127, refusals);
}

static void own_answer(struct bench *bench)
{
    bench_provision(bench, 1, BENCH_VF_START(1));
    cr_expect_eq(bench_mailbox1(bench, 1, 0xf0000000), 0xf0000000);
    cr_expect_eq(bench_mailbox1(bench, 1, 0), 0);
    cr_expect_eq(fake_trace_count(bench->hal, "mmio_msg ev=reply fn=1"), 0);
}

Test(guc_mailbox, leaves_wiped_registers_and_its_own_answers_alone)
{
    run(V127, own_answer);
}

static void again(struct bench *bench)
{
    bench_start_vf(bench, 1);
    bench_context(bench, 1, 0);
    for (unsigned i = 0; i < 4; i++) {
        cr_expect_eq(bench_mailbox1(bench, 1, GUC_ACTION_VF2GUC_VF_RESET), BENCH_SUCCESS(0));
        cr_expect_eq(bench_state(bench, 1), GUC_VF_READY);
    }
    cr_expect_not(bench->engines[0].busy);
    bench_rings(bench, 1, BENCH_VF_START(1));
    bench_rings(bench, 1, BENCH_VF_START(1));
    bench_context(bench, 1, 0);
    cr_expect_eq(fake_trace_count(bench->hal, "peer_error"), 0);
    cr_expect(fake_trace_last(bench->hal, "g2h ev=sent fn=1 epoch=3 pos=0"));
}

Test(guc_mailbox, reset_and_registration_may_come_at_any_time)
{
    run(V127, again);
}
