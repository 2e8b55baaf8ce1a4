/* SPDX-License-Identifier: MIT */
/* VFs come and go with PCI's SR-IOV capability, wherever that stands. */
#include <criterion/criterion.h>
#include <errno.h>
#include <linux/pci_regs.h>

#include "firmware/abi/guc_actions_sriov_abi.h"
#include "host/pf/pf_private.h"
#include "tests/unit/fake_guc_pf.h"

#define FIRST            0x100u
#define SRIOV            0x320u
#define ON               (PCI_SRIOV_CTRL_VFE | PCI_SRIOV_CTRL_MSE)

#define OTHER_CAPABILITY (PCI_EXT_CAP_ID_ATS | 1u << 16)

static struct fake_guc_pf gpu;

static uint32_t *config(uint32_t offset)
{
    return fake_config(gpu.hal, offset);
}

static void setup(void)
{
    fake_guc_pf_create(&gpu);
    *config(FIRST) = OTHER_CAPABILITY | SRIOV << 20;
    *config(SRIOV) = PCI_EXT_CAP_ID_SRIOV | 1u << 16;
    *config(SRIOV + PCI_SRIOV_INITIAL_VF) = FAKE_GUC_VFS * 0x10001u;
}

static void teardown(void)
{
    fake_guc_pf_destroy(&gpu);
}

TestSuite(pf_sriov, .init = setup, .fini = teardown, .timeout = 600);

static bool has_share(unsigned vf)
{
    struct pf_vf_config share;

    pf_get_config(gpu.pf, vf, &share);
    return share.ggtt_size != 0;
}

/* The device resets VFs that disappear: its GuCs tell. */
static void flr_of_two(void *arg)
{
    (void)arg;
    cr_expect_eq(*config(SRIOV + PCI_SRIOV_CTRL), 0, "they are gone by then");
    for (unsigned vf = 1; vf <= 2; vf++) {
        cr_expect(has_share(vf), "shares are kept until they are reset");
        for (unsigned n = 0; n < PF_MAX_GTS; n++) {
            fake_guc_pf_notify(&gpu.gts[n], vf, GUC_PF_NOTIFY_VF_FLR);
        }
    }
}

/* VF 1 has the share that the fixture gave it. */
static void enable_and_disable(void *arg)
{
    const uint64_t begin = hal_now(gpu.hal);

    (void)arg;
    cr_expect_eq(pf_num_vfs(gpu.pf), 0);
    cr_assert_eq(pf_enable_vfs(gpu.pf, 2), 0);
    cr_expect_geq(hal_now(gpu.hal) - begin, 100 * HAL_NS_PER_MS, "PCI wants that pause");
    cr_expect_eq(pf_num_vfs(gpu.pf), 2);
    cr_expect_eq(*config(SRIOV + PCI_SRIOV_CTRL), ON);
    cr_expect(has_share(1) && has_share(2) && !has_share(3));
    cr_expect_eq(pf_enable_vfs(gpu.pf, 3), -EBUSY);
    cr_expect_eq(pf_num_vfs(gpu.pf), 2);

    fake_at(gpu.hal, 500 * HAL_NS_PER_MS, flr_of_two, NULL);
    cr_assert_eq(pf_disable_vfs(gpu.pf), 0);
    cr_expect_eq(pf_num_vfs(gpu.pf), 0);
    cr_expect(has_share(1), "given by the administrator");
    cr_expect(!has_share(2), "given by enabling");
    cr_expect_eq(pf_disable_vfs(gpu.pf), 0, "there are none");
}

Test(pf_sriov, shares_come_with_vfs_and_go_with_them)
{
    fake_guc_pf_run(&gpu, enable_and_disable, NULL);
}

static void disable_unheard(void *arg)
{
    (void)arg;
    cr_assert_eq(pf_enable_vfs(gpu.pf, 2), 0);
    cr_expect_eq(pf_disable_vfs(gpu.pf), -EUCLEAN, "it is missed on both GTs");
    cr_expect_eq(pf_num_vfs(gpu.pf), 0, "gone all the same");
    cr_expect(has_share(2), "what was not reset is not given to others");
}

Test(pf_sriov, vfs_whose_reset_nobody_tells_of_are_gone_with_an_error)
{
    fake_guc_pf_run(&gpu, disable_unheard, NULL);
}

static void enable_too_many(void *arg)
{
    (void)arg;
    cr_expect_eq(pf_enable_vfs(gpu.pf, FAKE_GUC_VFS + 1), -ERANGE);
    cr_expect_eq(pf_enable_vfs(gpu.pf, 0), -ERANGE);
    *config(SRIOV + PCI_SRIOV_INITIAL_VF) = 0x10001;
    cr_expect_eq(pf_enable_vfs(gpu.pf, 2), -ERANGE, "the device tells");
    cr_expect_eq(pf_num_vfs(gpu.pf), 0);
    cr_expect_not(has_share(2));
}

Test(pf_sriov, more_than_the_device_has_are_refused)
{
    fake_guc_pf_run(&gpu, enable_too_many, NULL);
}

static void enable_without_share(void *arg)
{
    (void)arg;
    gpu.gts[1].script.count_delta = -1;
    cr_expect_eq(pf_enable_vfs(gpu.pf, 3), -ENOKEY);
    cr_expect_eq(pf_num_vfs(gpu.pf), 0);
    cr_expect_eq(*config(SRIOV + PCI_SRIOV_CTRL), 0);
    cr_expect(has_share(1) && !has_share(2) && !has_share(3));
}

Test(pf_sriov, without_its_share_no_vf_appears)
{
    fake_guc_pf_run(&gpu, enable_without_share, NULL);
}

static void enable_nowhere(void *arg)
{
    (void)arg;
    *config(FIRST) = OTHER_CAPABILITY;
    cr_expect_eq(pf_enable_vfs(gpu.pf, 1), -ENODEV);
    *config(FIRST) = OTHER_CAPABILITY | FIRST << 20;
    cr_expect_eq(pf_enable_vfs(gpu.pf, 1), -ENODEV, "a list that has no end");
    cr_expect_eq(pf_num_vfs(gpu.pf), 0);
    cr_expect_eq(pf_disable_vfs(gpu.pf), 0);
}

Test(pf_sriov, device_without_the_capability_has_no_vfs)
{
    fake_guc_pf_run(&gpu, enable_nowhere, NULL);
}
