/* SPDX-License-Identifier: MIT */
/* What the driver wants of a connected GuC beyond the defaults: opt-in features, whose KLVs the
 * GuC reads from memory, and scheduling policies, whose KLVs lie in the message. Both must
 * succeed. A GuC too old for one is not asked. */
#include "guest/vf/vf_internal.h"

#include <errno.h>

#include "firmware/abi/guc_actions_abi.h"
#include "firmware/abi/guc_klvs_abi.h"
#include "firmware/abi/guc_messages_abi.h"
#include "host/abi/xe_gtt_defs.h"
#include "sim/hal/trace.h"

#define ABI_VERSION(major, minor) ((uint32_t)(major) << 16 | (uint32_t)(minor) << 8)
#define OPT_IN_ABI                ABI_VERSION(1, 7)
#define SCHEDULING_ABI            ABI_VERSION(1, 1)
#define YIELD_QUANTUM_MS          80u /* the Linux driver's values */
#define YIELD_RATIO_PERCENT       20u

static uint32_t klv_header(uint32_t key, uint32_t len)
{
    return FIELD_PREP(GUC_KLV_0_KEY, key) | FIELD_PREP(GUC_KLV_0_LEN, len);
}

static int guc_action_opt_in(struct vf_gt *gt, uint64_t addr, uint32_t len)
{
    const uint32_t request[] = {
        FIELD_PREP(GUC_HXG_REQUEST_MSG_0_ACTION, XE_GUC_ACTION_OPT_IN_FEATURE_KLV),
        lower_32(addr),
        upper_32(addr),
        len,
    };

    return ct_send_recv(gt->ct, request, ARRAY_SIZE(request), NULL, 0, NULL);
}

static int guc_action_render_compute_yield(struct vf_gt *gt)
{
    const uint32_t request[] = {
        FIELD_PREP(GUC_HXG_REQUEST_MSG_0_ACTION, XE_GUC_ACTION_UPDATE_SCHEDULING_POLICIES_KLV),
        klv_header(GUC_KLV_SCHEDULING_POLICIES_RENDER_COMPUTE_YIELD_KEY,
                   GUC_KLV_SCHEDULING_POLICIES_RENDER_COMPUTE_YIELD_LEN),
        YIELD_QUANTUM_MS,
        YIELD_RATIO_PERCENT,
    };

    return ct_send_recv(gt->ct, request, ARRAY_SIZE(request), NULL, 0, NULL);
}

/* taken: how many of the KLVs the GuC says it knows, or -errno. */
static int check_taken(const struct vf_gt *gt, int taken, unsigned sent, const char *what)
{
    if (taken == (int)sent) {
        return 0;
    }
    trace_peer_error(gt->vf->hal, (int)gt->index, 0, what, (uint64_t)(int64_t)taken);
    if (taken < 0) {
        return taken;
    }
    return taken < (int)sent ? -ENOKEY : -EPROTO;
}

static int opt_in(struct vf_gt *gt)
{
    const uint32_t klvs[] = {
        klv_header(GUC_KLV_OPT_IN_FEATURE_EXT_CAT_ERR_TYPE_KEY,
                   GUC_KLV_OPT_IN_FEATURE_EXT_CAT_ERR_TYPE_LEN),
        /* Of the main GT alone, as the Linux driver was seen to ask. */
        klv_header(GUC_KLV_OPT_IN_FEATURE_DYNAMIC_INHIBIT_CONTEXT_SWITCH_KEY,
                   GUC_KLV_OPT_IN_FEATURE_DYNAMIC_INHIBIT_CONTEXT_SWITCH_LEN),
    };
    unsigned count = gt->index == VF_MAIN_GT ? 2 : 1;

    bo_write(gt->vf->hal, &gt->klvs, 0, klvs, count * sizeof(*klvs));
    return check_taken(gt, guc_action_opt_in(gt, bo_addr(&gt->klvs, 0), count), count,
                       "opt-in features not taken");
}

int vf_features_create(struct vf_gt *gt)
{
    return bo_create(gt->vf->hal, gt->vf->ggtt, XE_PAGE_SIZE, GGTT_PAT_NORMAL, &gt->klvs);
}

int vf_features_enable(struct vf_gt *gt)
{
    int ret = 0;

    if (vf_gt_abi(gt) >= OPT_IN_ABI) {
        ret = opt_in(gt);
    }
    if (!ret && gt->index == VF_MAIN_GT && vf_gt_abi(gt) >= SCHEDULING_ABI) {
        ret = check_taken(gt, guc_action_render_compute_yield(gt), 1,
                          "scheduling policies not taken");
    }
    return ret;
}
