/* SPDX-License-Identifier: MIT */
/* Invalidation of GGTT translations: after entries were written, every GuC that can take
 * messages is asked, and the writer waits for its answer. Called by whoever changes the GGTT;
 * answers come through the interrupt program. */
#include "guest/vf/vf_internal.h"

#include <errno.h>

#include "firmware/abi/guc_actions_abi.h"
#include "firmware/abi/guc_messages_abi.h"
#include "sim/hal/trace.h"

#define TLB_TIMEOUT_NS   (2250ull * HAL_NS_PER_MS) /* 250 ms and twice the 1 s of a full queue */
#define TLB_DONE_LEN     2u                        /* of the answer, reserved with its header */
#define TLB_DONE_CREDITS 3u

static int guc_action_tlb_invalidation(struct vf_gt *gt, uint32_t seqno)
{
    const uint32_t request[] = {
        FIELD_PREP(GUC_HXG_REQUEST_MSG_0_ACTION, XE_GUC_ACTION_TLB_INVALIDATION),
        seqno,
        XE_GUC_TLB_INVAL_GUC << XE_GUC_TLB_INVAL_TYPE_SHIFT |
            XE_GUC_TLB_INVAL_MODE_HEAVY << XE_GUC_TLB_INVAL_MODE_SHIFT |
            XE_GUC_TLB_INVAL_FLUSH_CACHE,
    };

    return ct_send(gt->ct, request, ARRAY_SIZE(request), TLB_DONE_CREDITS, 1);
}

/* Numbers wrap; 0 is not one. */
static uint32_t next_seqno(uint32_t seqno)
{
    return seqno + 1 ? seqno + 1 : 1;
}

static bool completed(const struct vf_tlb *tlb, uint32_t seqno)
{
    return (int32_t)(tlb->done - seqno) >= 0;
}

/* Returns the seqno to wait for, 0 when there is nothing to wait for. */
static uint32_t send(struct vf_gt *gt)
{
    struct vf *vf = gt->vf;
    struct vf_tlb *tlb = &gt->tlb;
    uint64_t deadline = hal_now(vf->hal) + TLB_TIMEOUT_NS;
    uint32_t seqno;
    int ret;

    while (tlb->busy && hal_now(vf->hal) < deadline) {
        (void)hal_wait(vf->hal, deadline - hal_now(vf->hal));
    }
    if (tlb->busy || ct_state(gt->ct) != CT_ENABLED) {
        return 0;
    }
    tlb->busy = true;
    seqno = next_seqno(tlb->sent);
    tlb->sent = seqno; /* before sending: the answer may come first */
    ret = guc_action_tlb_invalidation(gt, seqno);
    tlb->busy = false;
    hal_wake(vf->hal);
    /* Not sent: recovery is pending, and the GPU that we wake up on has never seen the old
     * entries. */
    return ret ? 0 : seqno;
}

static void wait(struct vf_gt *gt, uint32_t seqno)
{
    struct hal *hal = gt->vf->hal;
    uint64_t deadline = hal_now(hal) + TLB_TIMEOUT_NS;

    while (!completed(&gt->tlb, seqno) && !gt->vf->wedged) {
        uint64_t now = hal_now(hal);

        if (now >= deadline) {
            trace_peer_error(hal, (int)gt->index, 0, "TLB invalidation not answered", seqno);
            return;
        }
        (void)hal_wait(hal, deadline - now);
    }
}

void vf_tlb_invalidate(void *arg)
{
    struct vf *vf = arg;
    uint32_t seqnos[VF_MAX_GTS] = {0};

    for (unsigned i = 0; i < vf->num_gts; i++) {
        if (ct_state(vf->gts[i].ct) == CT_ENABLED) {
            seqnos[i] = send(&vf->gts[i]);
        }
    }
    for (unsigned i = 0; i < vf->num_gts; i++) {
        if (seqnos[i]) {
            wait(&vf->gts[i], seqnos[i]);
        }
    }
}

void vf_tlb_complete_all(struct vf_gt *gt)
{
    gt->tlb.done = gt->tlb.sent;
    hal_wake(gt->vf->hal);
}

int vf_tlb_handle_done(void *arg, const uint32_t *msg, uint32_t len)
{
    struct vf_gt *gt = arg;

    if (len != TLB_DONE_LEN || completed(&gt->tlb, msg[1]) ||
        (int32_t)(gt->tlb.sent - msg[1]) < 0) {
        trace_peer_error(gt->vf->hal, (int)gt->index, 0, "TLB invalidation answer not awaited",
                         len > 1 ? msg[1] : 0);
        return -EPROTO;
    }
    gt->tlb.done = msg[1];
    hal_wake(gt->vf->hal);
    return 0;
}
