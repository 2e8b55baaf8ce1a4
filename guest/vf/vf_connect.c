/* SPDX-License-Identifier: MIT */
/* Connecting a GT: version, interrupts, rings, PF, features; at bind and after a reset of the GT.
 * The order of messages is that of the Linux driver. */
#include "guest/vf/vf_internal.h"

int vf_connect_reset(struct vf_gt *gt, unsigned attempts)
{
    int ret = vf_guc_reset(gt, attempts);

    return ret ? ret : vf_guc_handshake(gt);
}

int vf_connect(struct vf_gt *gt)
{
    int ret = 0;

    if (gt->vf->config.no_memirq) {
        vf_regirq_enable(gt->vf);
    } else {
        ret = vf_memirq_register(gt);
    }
    if (!ret) {
        ret = ct_enable(gt->ct);
    }
    return ret ? ret : vf_relay_handshake(gt);
}

int vf_connect_again(struct vf_gt *gt)
{
    int ret;

    ct_disable(gt->ct);
    ret = vf_connect_reset(gt, VF_RESET_ATTEMPTS);
    if (!ret) {
        ret = vf_connect_reset(gt, VF_RESET_ATTEMPTS);
    }
    if (!ret) {
        ret = vf_connect(gt);
    }
    if (!ret) {
        ret = vf_features_enable(gt);
    }
    return ret ? ret : vf_ccs_register(gt);
}
