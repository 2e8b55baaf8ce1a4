/* SPDX-License-Identifier: MIT */
/* How many VFs there are, by PCI's SR-IOV capability. The order is the real driver's: VFs have
 * their shares before they appear, and lose them when they are gone and reset. */
#include <errno.h>
#include <linux/pci_regs.h>

#include "host/pf/pf_private.h"

#define MAX_CAPABILITIES 64u
#define ENABLE_DELAY_NS  (100 * HAL_NS_PER_MS) /* PCI's, before a VF may be accessed */
#define DISABLE_DELAY_NS HAL_NS_PER_S          /* and before VFs may be enabled again */

#define VFS_ON           (PCI_SRIOV_CTRL_VFE | PCI_SRIOV_CTRL_MSE)

/* Where the capability is, or 0. */
static uint32_t sriov_capability(struct hal *hal)
{
    uint32_t offset = PCI_CFG_SPACE_SIZE;

    for (unsigned n = 0; n < MAX_CAPABILITIES && offset >= PCI_CFG_SPACE_SIZE; n++) {
        uint32_t header = hal_config_read32(hal, offset);

        if (PCI_EXT_CAP_ID(header) == PCI_EXT_CAP_ID_SRIOV) {
            return offset;
        }
        offset = PCI_EXT_CAP_NEXT(header);
    }
    return 0;
}

static unsigned num_vfs(struct hal *hal, uint32_t capability)
{
    if (!capability ||
        !(hal_config_read32(hal, capability + PCI_SRIOV_CTRL) & PCI_SRIOV_CTRL_VFE)) {
        return 0;
    }
    return hal_config_read32(hal, capability + PCI_SRIOV_NUM_VF) & UINT16_MAX;
}

unsigned pf_num_vfs(struct pf *pf)
{
    return num_vfs(pf->hal, sriov_capability(pf->hal));
}

/* Goes on after errors; the first one is told. */
static int take_back(struct pf *pf)
{
    int result = 0;

    for (unsigned vf = 1; vf <= pf->config.total_vfs; vf++) {
        if (pf->vfs[vf].by_enabling) {
            int err = pf_unprovision(pf, vf);

            result = result ? result : err;
        }
    }
    pf->sharers = pf->config.total_vfs;
    return result;
}

static int provision_missing(struct pf *pf, unsigned count)
{
    static const struct pf_vf_config fair;

    pf->sharers = count;
    for (unsigned vf = 1; vf <= count; vf++) {
        int err;

        if (pf->vfs[vf].provisioned) {
            continue;
        }
        err = pf_provision(pf, vf, &fair);
        if (err) {
            (void)take_back(pf); /* the first error is the one to tell */
            return err;
        }
        pf->vfs[vf].by_enabling = true;
    }
    return 0;
}

int pf_enable_vfs(struct pf *pf, unsigned count)
{
    const uint32_t capability = sriov_capability(pf->hal);
    int err;

    if (!capability) {
        return -ENODEV;
    }
    if (num_vfs(pf->hal, capability)) {
        return -EBUSY;
    }
    if (!count || count > pf->config.total_vfs ||
        count > hal_config_read32(pf->hal, capability + PCI_SRIOV_INITIAL_VF) >> 16) {
        return -ERANGE;
    }
    err = provision_missing(pf, count);
    if (err) {
        return err;
    }
    hal_config_write32(pf->hal, capability + PCI_SRIOV_NUM_VF, count);
    hal_config_write32(pf->hal, capability + PCI_SRIOV_CTRL, VFS_ON);
    hal_delay(pf->hal, ENABLE_DELAY_NS);
    return 0;
}

/* The device resets VFs that it loses, and its GuCs tell of that as of any reset by PCI. One of a
 * VF that is under way already will do. */
int pf_disable_vfs(struct pf *pf)
{
    const uint32_t capability = sriov_capability(pf->hal);
    const unsigned count = num_vfs(pf->hal, capability);
    int result = 0;
    int err;

    if (!count) {
        return 0;
    }
    for (unsigned vf = 1; vf <= count; vf++) {
        err = pf_control_flr_prepare(pf, vf);

        result = result || err == -EALREADY ? result : err;
    }
    hal_config_write32(pf->hal, capability + PCI_SRIOV_CTRL, 0);
    hal_delay(pf->hal, DISABLE_DELAY_NS);
    for (unsigned vf = 1; vf <= count; vf++) {
        err = pf_control_flr_wait(pf, vf);
        result = result ? result : err;
    }
    hal_config_write32(pf->hal, capability + PCI_SRIOV_NUM_VF, 0);
    err = take_back(pf);
    return result ? result : err;
}
