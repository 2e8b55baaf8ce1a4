/* SPDX-License-Identifier: MIT */
/* The relay service: a VF asks the PF for what it cannot read itself. The GuC only carries the
 * messages. Requests are queued by the interrupt program and answered by a program of each GT,
 * since an answer waits for the GuC. */
#include <errno.h>
#include <string.h>

#include "firmware/abi/guc_actions_sriov_abi.h"
#include "firmware/abi/guc_messages_abi.h"
#include "firmware/abi/guc_relay_actions_abi.h"
#include "firmware/abi/guc_relay_communication_abi.h"
#include "gpu_regs.h"
#include "host/pf/pf_private.h"
#include "sim/hal/trace.h"

#define HXG_AT     3u /* dwords of the relay's own before the message it carries */
#define ANSWER_MAX GUC_RELAY_MSG_MAX_LEN
#define PAIRS_AT   2u

/* Registers of each GT whose values VFs may learn, ascending. */
static const uint32_t runtime_regs[] = {
    RPM_CONFIG0,
    XEHP_FUSE4,
    MIRROR_FUSE3,
    MIRROR_FUSE1,
    MIRROR_L3BANK_ENABLE,
    XELP_EU_ENABLE,
    XELP_GT_GEOMETRY_DSS_ENABLE,
    GT_VEBOX_VDBOX_DISABLE,
    XEHP_GT_COMPUTE_DSS_ENABLE,
    XEHPC_GT_COMPUTE_DSS_ENABLE_EXT,
    XE2_GT_COMPUTE_DSS_2,
    XE2_GT_GEOMETRY_DSS_1,
    XE2_GT_GEOMETRY_DSS_2,
    HUC_KERNEL_LOAD_INFO,
};

struct answer {
    uint32_t dw[ANSWER_MAX];
    uint32_t len;
};

/* ---- requests -------------------------------------------------------------------------------- */

static uint32_t success(uint32_t data0)
{
    return FIELD_PREP(GUC_HXG_MSG_0_ORIGIN, GUC_HXG_ORIGIN_HOST) |
           FIELD_PREP(GUC_HXG_MSG_0_TYPE, GUC_HXG_TYPE_RESPONSE_SUCCESS) |
           FIELD_PREP(GUC_HXG_RESPONSE_MSG_0_DATA0, data0);
}

static int handshake(struct pf_gt *gt, unsigned vf, const struct pf_relay *request,
                     struct answer *answer)
{
    uint32_t major;

    if (request->len != VF2PF_HANDSHAKE_REQUEST_MSG_LEN) {
        return -EMSGSIZE;
    }
    if (request->hxg[0] & VF2PF_HANDSHAKE_REQUEST_MSG_0_MBZ) {
        return -EPFNOSUPPORT;
    }
    major = FIELD_GET(VF2PF_HANDSHAKE_REQUEST_MSG_1_MAJOR, request->hxg[1]);
    if (major == VF2PF_HANDSHAKE_MAJOR_ANY &&
        FIELD_GET(VF2PF_HANDSHAKE_REQUEST_MSG_1_MINOR, request->hxg[1]) !=
            VF2PF_HANDSHAKE_MINOR_ANY) {
        return -EPERM; /* below the base version */
    }
    /* 1.0 is the only version there is: base, latest, and the answer to any higher one. */
    gt->pf->vfs[vf].relay_major[gt->id] = GUC_RELAY_VERSION_LATEST_MAJOR;
    answer->dw[0] = success(0);
    answer->dw[1] =
        FIELD_PREP(VF2PF_HANDSHAKE_RESPONSE_MSG_1_MAJOR, GUC_RELAY_VERSION_LATEST_MAJOR) |
        FIELD_PREP(VF2PF_HANDSHAKE_RESPONSE_MSG_1_MINOR, GUC_RELAY_VERSION_LATEST_MINOR);
    answer->len = VF2PF_HANDSHAKE_RESPONSE_MSG_LEN;
    return 0;
}

static int query_runtime(struct pf_gt *gt, unsigned vf, const struct pf_relay *request,
                         struct answer *answer)
{
    const uint32_t total = ARRAY_SIZE(runtime_regs);
    uint32_t limit;
    uint32_t start;
    uint32_t count;

    if (request->len != VF2PF_QUERY_RUNTIME_REQUEST_MSG_LEN) {
        return -EMSGSIZE;
    }
    if (!gt->pf->vfs[vf].relay_major[gt->id]) {
        return -EACCES;
    }
    limit = FIELD_GET(VF2PF_QUERY_RUNTIME_REQUEST_MSG_0_LIMIT, request->hxg[0]);
    start = request->hxg[1];
    if (start > total) {
        return -ERANGE;
    }
    if (limit == VF2PF_QUERY_RUNTIME_NO_LIMIT || limit > VF2PF_QUERY_RUNTIME_MAX_COUNT) {
        limit = VF2PF_QUERY_RUNTIME_MAX_COUNT;
    }
    count = total - start < limit ? total - start : limit;
    for (uint32_t n = 0; n < count; n++) {
        const uint32_t reg = pf_gt_reg(gt, runtime_regs[start + n]);

        answer->dw[PAIRS_AT + 2 * n] = reg;
        answer->dw[PAIRS_AT + 2 * n + 1] = hal_read32(gt->pf->hal, reg);
    }
    answer->dw[0] = success(count);
    answer->dw[1] = total - start - count;
    answer->len = PAIRS_AT + 2 * count;
    return 0;
}

static const struct {
    uint32_t action;
    int (*serve)(struct pf_gt *gt, unsigned vf, const struct pf_relay *request,
                 struct answer *answer);
} services[] = {
    {GUC_RELAY_ACTION_VF2PF_HANDSHAKE, handshake},
    {GUC_RELAY_ACTION_VF2PF_QUERY_RUNTIME, query_runtime},
};

static int serve(struct pf_gt *gt, const struct pf_relay *request, struct answer *answer)
{
    const uint32_t action = FIELD_GET(GUC_HXG_REQUEST_MSG_0_ACTION, request->hxg[0]);

    if (FIELD_GET(GUC_HXG_MSG_0_ORIGIN, request->hxg[0]) != GUC_HXG_ORIGIN_HOST ||
        FIELD_GET(GUC_HXG_MSG_0_TYPE, request->hxg[0]) != GUC_HXG_TYPE_REQUEST) {
        return -EPROTO;
    }
    for (unsigned n = 0; n < ARRAY_SIZE(services); n++) {
        if (services[n].action == action) {
            return services[n].serve(gt, request->vf, request, answer);
        }
    }
    return -EBADRQC;
}

/* ---- the GuC's part -------------------------------------------------------------------------- */

static int guc_action_relay_to_vf(struct pf_gt *gt, const struct pf_relay *request,
                                  const struct answer *answer)
{
    uint32_t msg[PF2GUC_RELAY_TO_VF_REQUEST_MSG_MAX_LEN] = {
        XE_GUC_ACTION_PF2GUC_RELAY_TO_VF,
        request->vf,
        request->id,
    };

    memcpy(msg + HXG_AT, answer->dw, answer->len * sizeof(*answer->dw));
    return ct_send_recv(gt->ct, msg, HXG_AT + answer->len, NULL, 0, NULL);
}

/* Errors on the wire are numbers of errno. */
static void answer_request(struct pf_gt *gt, const struct pf_relay *request)
{
    struct answer answer = {.len = 0};
    int err = serve(gt, request, &answer);

    if (err) {
        trace_peer_error(gt->pf->hal, (int)gt->id, request->vf, "relay request refused",
                         (uint64_t)-err);
        answer.dw[0] = FIELD_PREP(GUC_HXG_MSG_0_TYPE, GUC_HXG_TYPE_RESPONSE_FAILURE) |
                       FIELD_PREP(GUC_HXG_FAILURE_MSG_0_ERROR, (uint32_t)-err);
        answer.len = GUC_HXG_FAILURE_MSG_LEN;
    }
    err = guc_action_relay_to_vf(gt, request, &answer);
    if (err) {
        trace_peer_error(gt->pf->hal, (int)gt->id, request->vf, "relay answer not delivered",
                         (uint64_t)-err);
    }
}

static void service_program(void *arg)
{
    struct pf_gt *gt = arg;

    for (;;) {
        struct pf_relay request;

        if (!gt->relay_count) {
            hal_wait(gt->pf->hal, HAL_FOREVER);
            continue;
        }
        request = gt->relay[gt->relay_first];
        gt->relay_first = (gt->relay_first + 1) % PF_RELAY_QUEUE;
        gt->relay_count--;
        answer_request(gt, &request);
    }
}

void pf_service_start(struct pf_gt *gt)
{
    hal_spawn(gt->pf->hal, gt->id ? "pf service 1" : "pf service 0", service_program, gt);
}

static unsigned waiting(const struct pf_gt *gt, unsigned vf)
{
    unsigned count = 0;

    for (unsigned n = 0; n < gt->relay_count; n++) {
        count += gt->relay[(gt->relay_first + n) % PF_RELAY_QUEUE].vf == vf;
    }
    return count;
}

/* Takes GUC2PF_RELAY_FROM_VF; requests longer than any we know are cut, and then refused for
 * their length. */
int pf_service_request(struct pf_gt *gt, const uint32_t *msg, uint32_t len)
{
    struct pf_relay *request;

    if (len <= HXG_AT || len > GUC2PF_RELAY_FROM_VF_EVENT_MSG_MAX_LEN) {
        return -EPROTO;
    }
    if (!pf_vf_valid(gt->pf, msg[1])) {
        return -EINVAL;
    }
    if (gt->relay_count == PF_RELAY_QUEUE || waiting(gt, msg[1]) == PF_RELAY_PER_VF) {
        return -ENOSPC; /* the VF asks again after its time-out */
    }
    request = &gt->relay[(gt->relay_first + gt->relay_count++) % PF_RELAY_QUEUE];
    memset(request, 0, sizeof(*request));
    request->vf = msg[1];
    request->id = msg[2];
    request->len = len - HXG_AT;
    for (uint32_t n = 0; n < request->len && n < PF_RELAY_LEN; n++) {
        request->hxg[n] = msg[HXG_AT + n];
    }
    hal_wake(gt->pf->hal);
    return 0;
}

void pf_service_reset_vf(struct pf *pf, unsigned vf)
{
    memset(pf->vfs[vf].relay_major, 0, sizeof(pf->vfs[vf].relay_major));
    memset(pf->vfs[vf].adverse, 0, sizeof(pf->vfs[vf].adverse));
}
