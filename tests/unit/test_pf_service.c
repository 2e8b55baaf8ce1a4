/* SPDX-License-Identifier: MIT */
/* The relay service: what a VF gets for each request, sound or not. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "gpu_regs.h"
#include "host/pf/pf_private.h"
#include "tests/unit/fake_guc_pf.h"

#define FROM_VF 0x90005100u
#define FAILED  0x60000000u

static struct fake_guc_pf gpu;

static void setup(void)
{
    fake_guc_pf_create(&gpu);
}

static void teardown(void)
{
    fake_guc_pf_destroy(&gpu);
}

TestSuite(pf_service, .init = setup, .fini = teardown, .timeout = 600);

/* Sends a request of VF 1 on the main GT and gives the PF time. */
static const struct fake_guc_gt *ask(const uint32_t *hxg, uint32_t len)
{
    static uint32_t id;
    uint32_t msg[16] = {FROM_VF, 1, ++id};

    memcpy(msg + 3, hxg, len * sizeof(*hxg));
    memset(gpu.gts[0].relayed, 0, sizeof(gpu.gts[0].relayed));
    gpu.gts[0].relayed_len = 0;
    fake_guc_pf_event(&gpu.gts[0], msg, 3 + len);
    hal_delay(gpu.hal, HAL_NS_PER_MS);
    if (gpu.gts[0].relayed_len) {
        cr_expect_eq(gpu.gts[0].relayed[1], 1);
        cr_expect_eq(gpu.gts[0].relayed[2], id, "the answer names its request");
    }
    return &gpu.gts[0];
}

static void handshake_and_query(void *arg)
{
    const uint32_t handshake[] = {0x00000001, 0x00020005};
    const uint32_t query[] = {0x00100101, 0};
    const struct fake_guc_gt *gt;

    (void)arg;
    fake_set_reg(gpu.hal, RPM_CONFIG0, 0x14);
    cr_expect_eq(ask(query, 2)->relayed[3], FAILED | EACCES, "before the handshake");
    gt = ask(handshake, 2);
    cr_expect_eq(gt->relayed_len, 5);
    cr_expect_eq(gt->relayed[3], 0x70000000);
    cr_expect_eq(gt->relayed[4], 0x00010000, "a newer version gets ours");
    gt = ask(query, 2);
    cr_expect_eq(gt->relayed[3], 0x7000000e);
    cr_expect_eq(gt->relayed[4], 0, "nothing remains");
    cr_expect_eq(gt->relayed[5], RPM_CONFIG0);
    cr_expect_eq(gt->relayed[6], 0x14);
    cr_expect_eq(pf_control_flr(gpu.pf, 1), 0);
    cr_expect_eq(ask(query, 2)->relayed[3], FAILED | EACCES, "a reset ends the agreement");
}

Test(pf_service, runtime_registers_are_told_after_a_handshake_until_a_reset)
{
    fake_guc_pf_run(&gpu, handshake_and_query, NULL);
}

static void refused(void *arg)
{
    static const struct {
        uint32_t hxg[4];
        uint32_t len;
        uint32_t error;
    } requests[] = {
        {{0x00000001, 0}, 1, EMSGSIZE},       {{0x00000001, 0, 0}, 3, EMSGSIZE},
        {{0x00010001, 0}, 2, EPFNOSUPPORT},   {{0x00000001, 0x00000005}, 2, EPERM},
        {{0x00000101, 0, 0, 0}, 4, EMSGSIZE}, {{0x00000101, 15}, 2, ERANGE},
        {{0x00000777, 0}, 2, EBADRQC},        {{0x80000001, 0}, 2, EPROTO},
        {{0x10000001, 0}, 2, EPROTO},
    };
    const uint32_t handshake[] = {0x00000001, 0x00000000};

    (void)arg;
    cr_assert_eq(ask(handshake, 2)->relayed[4], 0x00010000, "any version");
    for (size_t n = 0; n < ARRAY_SIZE(requests); n++) {
        const struct fake_guc_gt *gt = ask(requests[n].hxg, requests[n].len);

        cr_expect_eq(gt->relayed_len, 4, "row %zu", n);
        cr_expect_eq(gt->relayed[3], FAILED | requests[n].error, "row %zu: %x", n, gt->relayed[3]);
    }
}

Test(pf_service, requests_that_break_the_rules_are_answered_with_their_errno)
{
    fake_guc_pf_run(&gpu, refused, NULL);
}

static void flood(void *arg)
{
    const uint32_t handshake[] = {FROM_VF, 1, 5, 0x00000001, 0};
    const uint32_t no_message[] = {FROM_VF, 1, 5};

    (void)arg;
    for (unsigned n = 0; n < 2 * PF_RELAY_QUEUE; n++) {
        fake_guc_pf_event(&gpu.gts[0], handshake, ARRAY_SIZE(handshake));
        fake_guc_pf_event(&gpu.gts[0], no_message, ARRAY_SIZE(no_message));
    }
    hal_delay(gpu.hal, HAL_NS_PER_S);
    cr_expect_eq(gpu.gts[0].relayed[3], 0x70000000);
    cr_expect_eq(pf_control_pause(gpu.pf, 1), 0, "the PF goes on");
}

Test(pf_service, flood_of_requests_is_cut_and_the_pf_goes_on)
{
    fake_guc_pf_run(&gpu, flood, NULL);
}

static void flood_of_one_vf(void *arg)
{
    uint32_t msg[] = {FROM_VF, 1, 1, 0x00000001, 0x00010000};

    (void)arg;
    for (msg[2] = 1; msg[2] < 200; msg[2]++) {
        fake_guc_pf_event(&gpu.gts[0], msg, ARRAY_SIZE(msg));
    }
    msg[1] = 2;
    fake_guc_pf_event(&gpu.gts[0], msg, ARRAY_SIZE(msg));
    hal_delay(gpu.hal, 10 * HAL_NS_PER_MS);
    cr_expect_eq(gpu.gts[0].relayed[1], 2, "the newest answer goes to vf %u",
                 gpu.gts[0].relayed[1]);
    cr_expect_eq(gpu.gts[0].relayed[2], 200);
}

Test(pf_service, flood_of_one_vf_leaves_room_for_the_others)
{
    fake_guc_pf_run(&gpu, flood_of_one_vf, NULL);
}
