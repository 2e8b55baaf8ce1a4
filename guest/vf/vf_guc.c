/* SPDX-License-Identifier: MIT */
/* What the VF driver tells its GuC by mailbox. guc_action_*() only encode and send one message
 * each; the policy around them (attempts, versions, lengths) is in the vf_guc_*() below them. */
#include "guest/vf/vf_internal.h"

#include <errno.h>

#include "firmware/abi/guc_actions_abi.h"
#include "firmware/abi/guc_actions_sriov_abi.h"
#include "firmware/abi/guc_klvs_abi.h"
#include "firmware/abi/guc_messages_abi.h"
#include "host/abi/xe_gtt_defs.h"
#include "host/abi/xe_lmtt_ml.h"
#include "sim/hal/trace.h"

#define ABI_VERSION(major, minor) ((uint32_t)(major) << 16 | (uint32_t)(minor) << 8)
#define ABI_MAJOR(version)        ((version) >> 16 & 0xffu)
#define ABI_MINOR(version)        ((version) >> 8 & 0xffu)

#define MINIMUM_ABI               ABI_VERSION(1, 2)
#define GROUP_SCHEDULING_ABI      ABI_VERSION(1, 26)
#define HWCONFIG_MAX_SIZE         0x10000

/* ---- messages -------------------------------------------------------------------------------- */

static int guc_action_vf_reset(struct vf_gt *gt)
{
    const uint32_t request[] = {
        FIELD_PREP(GUC_HXG_REQUEST_MSG_0_ACTION, GUC_ACTION_VF2GUC_VF_RESET)};

    return mailbox_send(&gt->mailbox, request, ARRAY_SIZE(request), NULL);
}

/* Version 0 asks for any. */
static int guc_action_match_version(struct vf_gt *gt, uint32_t wanted, uint32_t *found)
{
    const uint32_t request[] = {
        FIELD_PREP(GUC_HXG_REQUEST_MSG_0_ACTION, GUC_ACTION_VF2GUC_MATCH_VERSION),
        FIELD_PREP(VF2GUC_MATCH_VERSION_REQUEST_MSG_1_MAJOR, ABI_MAJOR(wanted)) |
            FIELD_PREP(VF2GUC_MATCH_VERSION_REQUEST_MSG_1_MINOR, ABI_MINOR(wanted)),
    };
    uint32_t response[MAILBOX_LEN];
    int ret = mailbox_send(&gt->mailbox, request, ARRAY_SIZE(request), response);

    if (ret) {
        return ret < 0 ? ret : -EPROTO;
    }
    if (response[1] & VF2GUC_MATCH_VERSION_RESPONSE_MSG_1_BRANCH) {
        return -EPROTO;
    }
    *found = response[1];
    return 0;
}

/* Returns the length of the answer in dwords, or -errno. */
static int guc_action_query_single_klv(struct vf_gt *gt, uint16_t key, uint32_t *value)
{
    const uint32_t request[] = {
        FIELD_PREP(GUC_HXG_REQUEST_MSG_0_ACTION, GUC_ACTION_VF2GUC_QUERY_SINGLE_KLV),
        FIELD_PREP(VF2GUC_QUERY_SINGLE_KLV_REQUEST_MSG_1_KEY, (uint32_t)key),
    };
    uint32_t response[MAILBOX_LEN];
    int ret = mailbox_send(&gt->mailbox, request, ARRAY_SIZE(request), response);

    if (ret < 0) {
        return ret;
    }
    if ((uint32_t)ret & VF2GUC_QUERY_SINGLE_KLV_RESPONSE_MSG_0_MBZ) {
        return -EPROTO;
    }
    value[0] = response[1];
    value[1] = response[2];
    return (int)FIELD_GET(VF2GUC_QUERY_SINGLE_KLV_RESPONSE_MSG_0_LENGTH, (uint32_t)ret);
}

static int guc_action_get_hwconfig(struct vf_gt *gt, uint64_t addr, uint32_t size)
{
    const uint32_t request[] = {
        FIELD_PREP(GUC_HXG_REQUEST_MSG_0_ACTION, XE_GUC_ACTION_GET_HWCONFIG),
        lower_32(addr),
        upper_32(addr),
        size,
    };

    return mailbox_send(&gt->mailbox, request, ARRAY_SIZE(request), NULL);
}

static int guc_action_resfix_start(struct vf_gt *gt, uint16_t marker)
{
    const uint32_t request[] = {
        FIELD_PREP(GUC_HXG_REQUEST_MSG_0_ACTION, GUC_ACTION_VF2GUC_RESFIX_START) |
        FIELD_PREP(VF2GUC_RESFIX_START_REQUEST_MSG_0_MARKER, (uint32_t)marker)};

    return mailbox_send(&gt->mailbox, request, ARRAY_SIZE(request), NULL);
}

static int guc_action_resfix_done(struct vf_gt *gt, uint16_t marker)
{
    const uint32_t request[] = {
        FIELD_PREP(GUC_HXG_REQUEST_MSG_0_ACTION, GUC_ACTION_VF2GUC_RESFIX_DONE) |
        FIELD_PREP(VF2GUC_RESFIX_DONE_REQUEST_MSG_0_MARKER, (uint32_t)marker)};

    return mailbox_send(&gt->mailbox, request, ARRAY_SIZE(request), NULL);
}

/* DATA0 of these answers must be zero. */
static int must_be_zero(int ret)
{
    return ret > 0 ? -EPROTO : ret;
}

/* ---- policy ---------------------------------------------------------------------------------- */

int vf_guc_reset(struct vf_gt *gt, unsigned attempts)
{
    int ret = -ETIMEDOUT;

    /* Only silence is worth another try: a refusal will not change. */
    for (unsigned i = 0; i < attempts && ret == -ETIMEDOUT; i++) {
        ret = guc_action_vf_reset(gt);
    }
    return must_be_zero(ret);
}

static int check_first_version(uint32_t found)
{
    if (ABI_MAJOR(found) > ABI_MAJOR(MINIMUM_ABI)) {
        return -EPROTO;
    }
    if (ABI_MAJOR(found) != ABI_MAJOR(MINIMUM_ABI)) {
        return -ENOPKG;
    }
    return found < MINIMUM_ABI ? -ENOKEY : 0;
}

/* Asks for the minimum first and takes what the GuC has. From then on nothing but the same
 * version will do: the driver's choices rest on it. */
int vf_guc_handshake(struct vf_gt *gt)
{
    uint32_t found;
    uint32_t any = 0;
    int ret = guc_action_match_version(gt, gt->found_abi ? gt->found_abi : MINIMUM_ABI, &found);

    if (!ret && gt->found_abi) {
        return found == gt->found_abi ? 0 : -EREMCHG;
    }
    if (!ret) {
        ret = check_first_version(found);
    }
    if (ret && ret != -ETIMEDOUT) {
        /* Just to tell what it would have. */
        if (guc_action_match_version(gt, 0, &any)) {
            any = 0;
        }
        trace_peer_error(gt->vf->hal, (int)gt->index, 0, "GuC version not usable", any);
        return ret;
    }
    if (!ret) {
        gt->found_abi = found;
        hal_probe_set(gt->vf->hal, gt->abi_probe, vf_gt_abi(gt));
    }
    return ret;
}

/* A value of exactly len dwords. */
static int query_klv(struct vf_gt *gt, uint16_t key, unsigned len, uint64_t *value)
{
    uint32_t words[2] = {0, 0};
    int ret = guc_action_query_single_klv(gt, key, words);

    if (ret < 0) {
        return ret;
    }
    if ((unsigned)ret != len) {
        return (unsigned)ret > len ? -EOVERFLOW : -ENODATA;
    }
    *value = len == 1 ? words[0] : make_64(words[0], words[1]);
    return 0;
}

int vf_guc_query_gmd_id(struct vf_gt *gt, uint32_t *gmd_id)
{
    uint64_t value;
    int ret = query_klv(gt, GUC_KLV_GLOBAL_CFG_GMD_ID_KEY, GUC_KLV_GLOBAL_CFG_GMD_ID_LEN, &value);

    if (!ret) {
        *gmd_id = lower_32(value);
    }
    return ret;
}

static int check_resources(const struct vf_resources *resources)
{
    uint64_t start = resources->ggtt_start;
    uint64_t size = resources->ggtt_size;

    if (!size || !resources->num_contexts) {
        return -ENODATA;
    }
    if (!IS_ALIGNED(start, XE_PAGE_SIZE) || !IS_ALIGNED(size, XE_PAGE_SIZE) || start < WOPCM_SIZE ||
        start > GUC_GGTT_TOP || size > GUC_GGTT_TOP - start) {
        return -ERANGE;
    }
    if (!IS_ALIGNED(resources->lmem_size, LMTT_PAGE_SIZE)) {
        return -ERANGE;
    }
    return resources->group_scheduling > 1 ? -EPROTO : 0;
}

/* The order is the one in which the Linux driver was seen to ask. */
int vf_guc_query_resources(struct vf_gt *gt, struct vf_resources *resources)
{
    static const struct {
        uint16_t key;
        uint16_t len;
        uint32_t since;
        bool local; /* of the main GT of a device that has local memory */
    } klvs[] = {
        {GUC_KLV_VF_CFG_GGTT_START_KEY, GUC_KLV_VF_CFG_GGTT_START_LEN, 0, false},
        {GUC_KLV_VF_CFG_GGTT_SIZE_KEY, GUC_KLV_VF_CFG_GGTT_SIZE_LEN, 0, false},
        {GUC_KLV_VF_CFG_NUM_CONTEXTS_KEY, GUC_KLV_VF_CFG_NUM_CONTEXTS_LEN, 0, false},
        {GUC_KLV_VF_CFG_NUM_DOORBELLS_KEY, GUC_KLV_VF_CFG_NUM_DOORBELLS_LEN, 0, false},
        {GUC_KLV_GLOBAL_CFG_GROUP_SCHEDULING_AVAILABLE_KEY,
         GUC_KLV_GLOBAL_CFG_GROUP_SCHEDULING_AVAILABLE_LEN, GROUP_SCHEDULING_ABI, false},
        {GUC_KLV_GLOBAL_CFG_GMD_ID_KEY, GUC_KLV_GLOBAL_CFG_GMD_ID_LEN, 0, false},
        {GUC_KLV_VF_CFG_LMEM_SIZE_KEY, GUC_KLV_VF_CFG_LMEM_SIZE_LEN, 0, true},
    };
    const bool local = gt->index == VF_MAIN_GT && hal_vram_size(gt->vf->hal);
    uint64_t values[ARRAY_SIZE(klvs)] = {0};
    struct vf_resources found;
    int ret;

    for (unsigned i = 0; i < ARRAY_SIZE(klvs); i++) {
        if (vf_gt_abi(gt) < klvs[i].since || (klvs[i].local && !local)) {
            continue;
        }
        ret = query_klv(gt, klvs[i].key, klvs[i].len, &values[i]);
        if (ret) {
            return ret;
        }
    }
    found = (struct vf_resources){
        .ggtt_start = values[0],
        .ggtt_size = values[1],
        .num_contexts = lower_32(values[2]),
        .num_doorbells = lower_32(values[3]),
        .group_scheduling = lower_32(values[4]),
        .gmd_id = lower_32(values[5]),
        .lmem_size = values[6],
    };
    ret = check_resources(&found);
    if (!ret) {
        *resources = found;
    }
    return ret;
}

/* Size first, then the table itself, which the GuC writes to our memory. */
int vf_guc_hwconfig(struct vf_gt *gt)
{
    struct vf *vf = gt->vf;
    int size = guc_action_get_hwconfig(gt, 0, 0);
    int ret;

    if (size <= 0 || size > HWCONFIG_MAX_SIZE) {
        return size < 0 ? size : -EINVAL;
    }
    ret = bo_create(vf->hal, vf->ggtt, ALIGN_UP((uint64_t)size, XE_PAGE_SIZE), GGTT_PAT_NORMAL,
                    &vf->hwconfig);
    if (ret) {
        return ret;
    }
    ret = guc_action_get_hwconfig(gt, bo_addr(&vf->hwconfig, 0), (uint32_t)size);
    if (ret >= 0 && ret != size) {
        ret = -EPROTO;
    }
    return ret < 0 ? ret : 0;
}

int vf_guc_resfix_start(struct vf_gt *gt, uint16_t marker)
{
    return must_be_zero(guc_action_resfix_start(gt, marker));
}

int vf_guc_resfix_done(struct vf_gt *gt, uint16_t marker)
{
    return must_be_zero(guc_action_resfix_done(gt, marker));
}
