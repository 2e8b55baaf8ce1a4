/* SPDX-License-Identifier: MIT */
/* Watches the contexts of a GT: a job that does not end fails its queue, which is then taken from
 * the GuC; a GuC that does not answer a request about a context is reset. Called by the interrupt
 * program, which looks every 100 ms at the latest. */
#include "guest/vf/vf_internal.h"

#include "sim/hal/trace.h"

#define TIMEOUT_NS (5ull * HAL_NS_PER_S) /* of a job and of an answer alike */

static bool waits_for_answer(const struct vf_queue *queue)
{
    return queue->state == VF_QUEUE_ENABLING || queue->state == VF_QUEUE_DISABLING ||
           queue->state == VF_QUEUE_DEREGISTERING;
}

/* Only of a job that an engine has begun: the others wait for it, or for other VFs. */
static bool waits_for_job(struct vf_queue *queue)
{
    return queue->state == VF_QUEUE_ENABLED && !queue->error && vf_queue_job_begun(queue);
}

static bool moved_on(struct vf_queue *queue)
{
    const struct vf_gt *gt = queue->gt;

    if (gt->recovery.paused || vf_recovery_gt_pending(gt) || vf_reset_is_due(gt)) {
        return true; /* time does not count */
    }
    if (queue->watch.state != queue->state || queue->watch.done != queue->done) {
        return true;
    }
    return !waits_for_answer(queue) && !waits_for_job(queue);
}

static void watch(struct vf_queue *queue)
{
    struct hal *hal = queue->vf->hal;
    uint64_t now = hal_now(hal);

    if (moved_on(queue)) {
        queue->watch = (struct vf_watch){.since = now, .state = queue->state, .done = queue->done};
    } else if (now - queue->watch.since >= TIMEOUT_NS) {
        queue->watch.since = now;
        if (waits_for_answer(queue)) {
            vf_reset_request(queue->gt, "request about a context not answered");
        } else {
            trace_peer_error(hal, (int)queue->gt->index, 0, "job does not end", queue->id);
            vf_submit_fail(queue);
        }
    }
}

void vf_watch_gt(struct vf_gt *gt)
{
    for (unsigned i = 0; i < VF_MAX_QUEUES; i++) {
        if (vf_queue_live(&gt->vf->queues[i], gt)) {
            watch(&gt->vf->queues[i]);
        }
    }
}
