/* SPDX-License-Identifier: MIT */
/* What the PF gives to VFs: places, fair shares, GGTT entries, and what it tells the GuCs. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "firmware/abi/guc_klvs_abi.h"
#include "gpu_regs.h"
#include "host/abi/xe_gtt_defs.h"
#include "host/pf/pf_private.h"
#include "tests/unit/fake_guc_pf.h"

#define MIB (1ull << 20)

static struct fake_guc_pf gpu;

static void setup(void)
{
    fake_guc_pf_create(&gpu);
}

static void teardown(void)
{
    fake_guc_pf_destroy(&gpu);
}

TestSuite(pf_provision, .init = setup, .fini = teardown, .timeout = 600);

static uint64_t pte(uint64_t addr)
{
    return fake_guc_pf_pte(&gpu, addr / XE_PAGE_SIZE);
}

/* Keys of the newest list that a GuC got, and the value of one. */
static uint64_t klv(const struct fake_guc_gt *gt, uint32_t key)
{
    for (uint32_t n = 0; n < gt->klvs_len; n += 1 + (gt->klvs[n] & GUC_KLV_0_LEN)) {
        if (gt->klvs[n] >> 16 == key) {
            return (gt->klvs[n] & GUC_KLV_0_LEN) == 2 ? make_64(gt->klvs[n + 1], gt->klvs[n + 2])
                                                      : gt->klvs[n + 1];
        }
    }
    return UINT64_MAX;
}

static void provision_asked(void *arg)
{
    const struct pf_vf_config config = {.ggtt_start = 0x20000000,
                                        .ggtt_size = 0x20000,
                                        .num_contexts = 100,
                                        .num_doorbells = 3,
                                        .exec_quantum_ms = 20,
                                        .preempt_timeout_us = UINT32_MAX};
    struct pf_vf_config got;

    (void)arg;
    cr_assert_eq(pf_provision(gpu.pf, 2, &config), 0);
    pf_get_config(gpu.pf, 2, &got);
    cr_expect_eq(got.ggtt_start, 0x20000000);
    cr_expect_eq(got.ggtt_size, 0x20000);
    cr_expect_eq(got.num_contexts, 100);
    cr_expect_eq(got.num_doorbells, 3);
    cr_expect_eq(got.preempt_timeout_us, GUC_KLV_VF_CFG_PREEMPT_TIMEOUT_MAX_VALUE);
    cr_expect_eq(pte(0x20000000 - XE_PAGE_SIZE), 0);
    cr_expect_eq(pte(0x20000000), 2u << GGTT_PTE_VFID_SHIFT | GGTT_PTE_PRESENT);
    cr_expect_eq(pte(0x2001f000), 2u << GGTT_PTE_VFID_SHIFT | GGTT_PTE_PRESENT);
    cr_expect_eq(pte(0x20020000), 0);
    for (unsigned n = 0; n < PF_MAX_GTS; n++) {
        cr_expect_eq(klv(&gpu.gts[n], GUC_KLV_VF_CFG_GGTT_START_KEY), 0x20000000);
        cr_expect_eq(klv(&gpu.gts[n], GUC_KLV_VF_CFG_GGTT_SIZE_KEY), 0x20000);
        cr_expect_eq(klv(&gpu.gts[n], GUC_KLV_VF_CFG_NUM_CONTEXTS_KEY), 100);
        cr_expect_eq(klv(&gpu.gts[n], GUC_KLV_VF_CFG_NUM_DOORBELLS_KEY), 3);
        cr_expect_eq(klv(&gpu.gts[n], GUC_KLV_VF_CFG_EXEC_QUANTUM_KEY), 20);
    }
    cr_expect_eq(gpu.gts[0].klvs[0] >> 16, GUC_KLV_VF_CFG_GGTT_START_KEY, "first on the main GT");
    cr_expect_neq(gpu.gts[1].klvs[0] >> 16, GUC_KLV_VF_CFG_GGTT_START_KEY, "last on the media GT");
}

Test(pf_provision, vf_gets_what_was_asked_and_every_guc_is_told)
{
    fake_guc_pf_run(&gpu, provision_asked, NULL);
}

static void provision_fair(void *arg)
{
    const struct pf_vf_config fair = {.ggtt_size = 0};
    struct pf_vf_config a;
    struct pf_vf_config b;

    (void)arg;
    cr_assert_eq(pf_provision(gpu.pf, 2, &fair), 0);
    cr_assert_eq(pf_provision(gpu.pf, 3, &fair), 0);
    pf_get_config(gpu.pf, 2, &a);
    pf_get_config(gpu.pf, 3, &b);
    cr_expect_eq(a.ggtt_size, 512 * MIB, "3.5 GiB for four, a power of two");
    cr_expect_eq(b.ggtt_size, 512 * MIB);
    cr_expect(a.ggtt_start + a.ggtt_size <= b.ggtt_start ||
              b.ggtt_start + b.ggtt_size <= a.ggtt_start);
    cr_expect_eq(a.num_contexts, 8192);
    cr_expect_eq(a.num_doorbells, 32);
    cr_expect_geq(a.ggtt_start, WOPCM_SIZE + PF_GGTT_SIZE);
}

Test(pf_provision, fair_shares_are_those_of_the_real_driver)
{
    fake_guc_pf_run(&gpu, provision_fair, NULL);
}

static void provision_impossible(void *arg)
{
    static const struct {
        unsigned vf;
        struct pf_vf_config config;
        int err;
    } tries[] = {
        {0, {.ggtt_size = MIB}, -EINVAL},
        {FAKE_GUC_VFS + 1, {.ggtt_size = MIB}, -EINVAL},
        {2, {.ggtt_size = 1000}, -EINVAL},
        {2, {.ggtt_start = 0x20000800, .ggtt_size = MIB}, -EINVAL},
        {2, {.ggtt_start = 0x1000, .ggtt_size = MIB}, -EINVAL},
        {2, {.ggtt_start = GUC_GGTT_TOP, .ggtt_size = MIB}, -EINVAL},
        {2, {.ggtt_size = UINT64_MAX & ~0xfffull}, -EINVAL},
        {2, {.ggtt_size = GUC_GGTT_TOP}, -ENOSPC},
        {2, {.ggtt_start = 0x10000000, .ggtt_size = MIB}, -ENOSPC}, /* VF 1 is there */
        {2, {.ggtt_size = MIB, .num_contexts = 65536}, -EINVAL},
        {2, {.ggtt_size = MIB, .num_doorbells = 256}, -EINVAL},
    };

    (void)arg;
    for (size_t n = 0; n < ARRAY_SIZE(tries); n++) {
        struct pf_vf_config got;
        int err = pf_provision(gpu.pf, tries[n].vf, &tries[n].config);

        cr_expect_eq(err, tries[n].err, "row %zu: %d", n, err);
        pf_get_config(gpu.pf, tries[n].vf, &got);
        cr_expect_eq(got.ggtt_size, 0, "row %zu", n);
    }
}

Test(pf_provision, what_cannot_be_given_is_refused_and_nothing_stays)
{
    fake_guc_pf_run(&gpu, provision_impossible, NULL);
}

static void provision_beside_the_last(void *arg)
{
    const struct pf_vf_config last = {.ggtt_start = 0x20000000, .ggtt_size = MIB};
    const struct pf_vf_config other = {.ggtt_start = 0x20000000, .ggtt_size = 4 * XE_PAGE_SIZE};

    (void)arg;
    cr_assert_eq(pf_provision(gpu.pf, FAKE_GUC_VFS, &last), 0);
    cr_expect_eq(pf_provision(gpu.pf, 2, &other), -ENOSPC);
}

Test(pf_provision, place_of_the_last_vf_is_taken_too)
{
    fake_guc_pf_run(&gpu, provision_beside_the_last, NULL);
}

static void provision_wrong_count(void *arg)
{
    const struct pf_vf_config config = {.ggtt_start = 0x20000000, .ggtt_size = MIB};

    (void)arg;
    gpu.gts[1].script.count_delta = -1;
    cr_expect_eq(pf_provision(gpu.pf, 2, &config), -ENOKEY);
    cr_expect_eq(pte(0x20000000), 0, "given back");
    gpu.gts[1].script.count_delta = 1;
    cr_expect_eq(pf_provision(gpu.pf, 2, &config), -EPROTO);
    gpu.gts[1].script.count_delta = 0;
    cr_expect_eq(pf_provision(gpu.pf, 2, &config), 0);
}

Test(pf_provision, guc_that_counts_other_klvs_than_were_sent_undoes_it)
{
    fake_guc_pf_run(&gpu, provision_wrong_count, NULL);
}

static void provision_again(void *arg)
{
    const struct pf_vf_config moved = {.ggtt_start = 0x30000000, .ggtt_size = 2 * MIB};
    unsigned resets = gpu.gts[0].cfg_resets;

    (void)arg;
    cr_expect_eq(pf_provision(gpu.pf, 1, &moved), 0);
    cr_expect_eq(gpu.gts[0].cfg_resets, resets + 1, "reset, then the full list");
    cr_expect_eq(pte(0x10000000), 0);
    cr_expect_eq(pte(0x30000000), 1u << GGTT_PTE_VFID_SHIFT | GGTT_PTE_PRESENT);
    cr_expect_eq(pf_control_pause(gpu.pf, 1), 0);
    cr_expect_eq(pf_provision(gpu.pf, 1, &moved), -EBUSY);
    cr_expect_eq(pf_unprovision(gpu.pf, 1), -EBUSY);
    cr_expect_eq(pf_control_flr(gpu.pf, 1), 0);
    cr_expect_eq(pf_unprovision(gpu.pf, 1), 0);
    cr_expect_eq(pte(0x30000000), 0);
    cr_expect_eq(pf_unprovision(gpu.pf, 1), -EINVAL);
}

Test(pf_provision, vf_can_be_provisioned_anew_only_while_it_is_ready)
{
    fake_guc_pf_run(&gpu, provision_again, NULL);
}
