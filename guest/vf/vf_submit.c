/* SPDX-License-Identifier: MIT */
/* Submission: one program a GT sends all messages about its contexts, so that they leave in an
 * order. It works by looking: whatever a queue's state and ring ask for is sent, until nothing is
 * asked for.
 *
 *   NEW --start--> ENABLING --done 1--> ENABLED --disable--> DISABLING --done 0--> DISABLED
 *    ^                |                    ^                     |                   | ^
 *    |<----pause------+                    +-------pause---------+        deregister | | pause
 *    |                                                                               v |
 *    +<---------------------------- deregister done ----------------------- DEREGISTERING
 *
 *   NEW -> ENABLING [start]: a first job, or a queue to be destroyed that the GuC may know
 *   ENABLED -> ENABLED [schedule]: more jobs
 *   ENABLED -> DISABLING [suspend], DISABLED -> ENABLING [resume]: the guest's programs ask
 *   ENABLED -> DISABLING [disable], DISABLED -> DEREGISTERING [deregister]: queue to be destroyed,
 *     or failed
 *   done 1, done 0, deregister done: answers [vf_submit_handle_*]
 *   pause: the request under way is void [vf_submit_pause] */
#include "guest/vf/vf_internal.h"

#include <errno.h>

#include "firmware/abi/guc_actions_abi.h"
#include "firmware/abi/guc_klvs_abi.h"
#include "firmware/abi/guc_messages_abi.h"
#include "firmware/abi/guc_scheduler_abi.h"
#include "sim/hal/trace.h"

#define MODE_DONE_LEN           3u /* of the event; credits count its header too */
#define MODE_DONE_CREDITS       4u
#define DEREGISTER_DONE_LEN     2u
#define DEREGISTER_DONE_CREDITS 3u
#define RESET_LEN               2u
#define ALL_CONTEXTS            0xffffffffu /* a memory error that is no single context's */

#define QUANTUM_US              1000u /* the Linux driver's values */
#define PREEMPT_TIMEOUT_US      640000u
#define PREEMPT_NOW_US          1u /* a context on its way out */
#define RETRY_NS                HAL_NS_PER_US
#define REEMIT_CYCLES           200u

/* ---- messages -------------------------------------------------------------------------------- */

static uint32_t action(uint32_t code)
{
    return FIELD_PREP(GUC_HXG_REQUEST_MSG_0_ACTION, code);
}

static uint32_t klv1(uint32_t key)
{
    return FIELD_PREP(GUC_KLV_0_KEY, key) | FIELD_PREP(GUC_KLV_0_LEN, 1u);
}

static int guc_action_register_context(struct vf_queue *queue)
{
    static const uint32_t classes[] = {[VF_ENGINE_RENDER] = GUC_RENDER_CLASS,
                                       [VF_ENGINE_COPY] = GUC_BLITTER_CLASS,
                                       [VF_ENGINE_VIDEO] = GUC_VIDEO_CLASS,
                                       [VF_ENGINE_COMPUTE] = GUC_COMPUTE_CLASS,
                                       [VF_ENGINE_ENHANCE] = GUC_VIDEOENHANCE_CLASS};
    const uint32_t request[] = {
        action(XE_GUC_ACTION_REGISTER_CONTEXT),
        CONTEXT_REGISTRATION_FLAG_KMD |
            FIELD_PREP(CONTEXT_REGISTRATION_FLAG_TYPE, GUC_CONTEXT_NORMAL),
        queue->id,
        classes[queue->engine],
        1u, /* logical instance 0 */
        0,
        0,
        0,
        0,
        0, /* no work queue */
        lower_32(vf_context_descriptor(queue)),
        upper_32(vf_context_descriptor(queue)),
    };

    return ct_send(queue->gt->ct, request, ARRAY_SIZE(request), 0, 0);
}

static int guc_action_update_context_policies(struct vf_queue *queue)
{
    const uint32_t request[] = {
        action(XE_GUC_ACTION_HOST2GUC_UPDATE_CONTEXT_POLICIES), queue->id,
        klv1(GUC_CONTEXT_POLICIES_KLV_ID_SCHEDULING_PRIORITY),  GUC_CLIENT_PRIORITY_KMD_NORMAL,
        klv1(GUC_CONTEXT_POLICIES_KLV_ID_EXECUTION_QUANTUM),    QUANTUM_US,
        klv1(GUC_CONTEXT_POLICIES_KLV_ID_PREEMPTION_TIMEOUT),   PREEMPT_TIMEOUT_US,
        klv1(GUC_CONTEXT_POLICIES_KLV_ID_SLPM_GT_FREQUENCY),    0,
    };

    return ct_send(queue->gt->ct, request, ARRAY_SIZE(request), 0, 0);
}

static int guc_action_preempt_now(struct vf_queue *queue)
{
    const uint32_t request[] = {
        action(XE_GUC_ACTION_HOST2GUC_UPDATE_CONTEXT_POLICIES),
        queue->id,
        klv1(GUC_CONTEXT_POLICIES_KLV_ID_PREEMPTION_TIMEOUT),
        PREEMPT_NOW_US,
    };

    return ct_send(queue->gt->ct, request, ARRAY_SIZE(request), 0, 0);
}

static int guc_action_mode_set(struct vf_queue *queue, uint32_t mode)
{
    const uint32_t request[] = {action(XE_GUC_ACTION_SCHED_CONTEXT_MODE_SET), queue->id, mode};

    return ct_send(queue->gt->ct, request, ARRAY_SIZE(request), MODE_DONE_CREDITS, 1);
}

static int guc_action_sched_context(struct vf_queue *queue)
{
    const uint32_t request[] = {action(XE_GUC_ACTION_SCHED_CONTEXT), queue->id};

    return ct_send(queue->gt->ct, request, ARRAY_SIZE(request), 0, 0);
}

static int guc_action_deregister_context(struct vf_queue *queue)
{
    const uint32_t request[] = {action(XE_GUC_ACTION_DEREGISTER_CONTEXT), queue->id};

    return ct_send(queue->gt->ct, request, ARRAY_SIZE(request), DEREGISTER_DONE_CREDITS, 1);
}

/* ---- operations ------------------------------------------------------------------------------ */

/* The state moves before the message, since its answer may be quicker than the sender. When a
 * migration came in between, vf_submit_pause has set the state right and the rest of the
 * sequence is void. */
static bool overtaken(const struct vf_queue *queue, unsigned epoch)
{
    return queue->gt->recovery.epoch != epoch;
}

static int start(struct vf_queue *queue)
{
    int (*const steps[])(struct vf_queue *) = {guc_action_register_context,
                                               guc_action_update_context_policies};
    unsigned epoch = queue->gt->recovery.epoch;
    int ret = 0;

    queue->state = VF_QUEUE_ENABLING;
    queue->known = true;
    for (unsigned i = 0; i < ARRAY_SIZE(steps) && !ret; i++) {
        ret = steps[i](queue);
        if (overtaken(queue, epoch)) {
            return -ECANCELED;
        }
    }
    if (!ret) {
        /* Enabling counts as a submission: the tail must be there before. */
        queue->kick = false;
        queue->submitted = queue->emitted;
        vf_context_set_tail(queue);
        ret = guc_action_mode_set(queue, GUC_CONTEXT_ENABLE);
    }
    if (ret && !overtaken(queue, epoch)) {
        queue->state = VF_QUEUE_NEW;
        queue->kick = true;
    }
    return ret;
}

static int schedule(struct vf_queue *queue)
{
    unsigned epoch = queue->gt->recovery.epoch;
    int ret;

    queue->kick = false;
    queue->submitted = queue->emitted;
    vf_context_set_tail(queue);
    ret = guc_action_sched_context(queue);
    if (ret && !overtaken(queue, epoch)) {
        queue->kick = true;
    }
    return ret;
}

static int suspend(struct vf_queue *queue)
{
    unsigned epoch = queue->gt->recovery.epoch;
    int ret;

    queue->state = VF_QUEUE_DISABLING;
    ret = guc_action_mode_set(queue, GUC_CONTEXT_DISABLE);
    if (ret && !overtaken(queue, epoch)) {
        queue->state = VF_QUEUE_ENABLED;
    }
    return ret;
}

static int disable(struct vf_queue *queue)
{
    unsigned epoch = queue->gt->recovery.epoch;
    int ret = guc_action_preempt_now(queue);

    return ret || overtaken(queue, epoch) ? ret : suspend(queue);
}

static int resume(struct vf_queue *queue)
{
    unsigned epoch = queue->gt->recovery.epoch;
    int ret;

    queue->state = VF_QUEUE_ENABLING;
    queue->kick = false;
    queue->submitted = queue->emitted;
    vf_context_set_tail(queue);
    ret = guc_action_mode_set(queue, GUC_CONTEXT_ENABLE);
    if (ret && !overtaken(queue, epoch)) {
        queue->state = VF_QUEUE_DISABLED;
        queue->kick = true;
    }
    return ret;
}

static int deregister(struct vf_queue *queue)
{
    unsigned epoch = queue->gt->recovery.epoch;
    int ret;

    queue->state = VF_QUEUE_DEREGISTERING;
    ret = guc_action_deregister_context(queue);
    if (ret && !overtaken(queue, epoch)) {
        queue->state = VF_QUEUE_DISABLED;
    }
    return ret;
}

typedef int (*operation)(struct vf_queue *queue);

static operation wanted(const struct vf_queue *queue)
{
    bool work =
        !queue->error && !queue->destroy && (queue->kick || queue->submitted < queue->emitted);

    switch (queue->state) {
    case VF_QUEUE_NEW:
        return (work && !queue->suspended) || (queue->destroy && queue->known) ? start : NULL;
    case VF_QUEUE_ENABLING:
        return work ? schedule : NULL;
    case VF_QUEUE_ENABLED:
        if (queue->destroy || queue->error) {
            return disable;
        }
        if (queue->suspended) {
            return suspend;
        }
        return work ? schedule : NULL;
    case VF_QUEUE_DISABLED:
        if (queue->destroy || queue->error) {
            return deregister;
        }
        return queue->suspended ? NULL : resume;
    default:
        return NULL;
    }
}

/* The next queue after *last that wants something, round robin. */
static operation find_work(struct vf_gt *gt, unsigned *last)
{
    struct vf *vf = gt->vf;

    if (vf->wedged || gt->recovery.paused || vf_recovery_gt_pending(gt) || vf_reset_is_due(gt) ||
        ct_state(gt->ct) != CT_ENABLED) {
        return NULL;
    }
    for (unsigned i = 1; i <= VF_MAX_QUEUES; i++) {
        unsigned index = (*last + i) % VF_MAX_QUEUES;
        operation op = vf_queue_live(&vf->queues[index], gt) ? wanted(&vf->queues[index]) : NULL;

        if (op) {
            *last = index;
            return op;
        }
    }
    return NULL;
}

void vf_submit_main(void *arg)
{
    struct vf_gt *gt = arg;
    struct vf *vf = gt->vf;
    unsigned last = VF_MAX_QUEUES - 1;

    while (!vf->stop) {
        operation op = find_work(gt, &last);
        int ret = op ? op(&vf->queues[last]) : 0;

        if (!op) {
            (void)hal_wait(vf->hal, HAL_FOREVER);
        } else if (ret == -ECANCELED) {
            (void)hal_wait(vf->hal, RETRY_NS);
        } else if (ret && !vf->stop && !vf_reset_is_due(gt)) {
            vf_wedge(vf, "submission failed");
        }
    }
    vf_program_end(vf);
}

/* ---- answers --------------------------------------------------------------------------------- */

static struct vf_queue *find_context(struct vf_gt *gt, uint32_t id)
{
    for (unsigned i = 0; i < VF_MAX_QUEUES; i++) {
        struct vf_queue *queue = &gt->vf->queues[i];

        if (vf_queue_live(queue, gt) && queue->id == id) {
            return queue;
        }
    }
    return NULL;
}

static int refuse(struct vf_gt *gt, const char *what, uint32_t id)
{
    trace_peer_error(gt->vf->hal, (int)gt->index, 0, what, id);
    return -EPROTO;
}

int vf_submit_handle_mode_done(void *arg, const uint32_t *msg, uint32_t len)
{
    struct vf_gt *gt = arg;
    struct vf_queue *queue = len >= MODE_DONE_LEN ? find_context(gt, msg[1]) : NULL;

    if (!queue && len >= MODE_DONE_LEN && vf_ccs_owns(gt, msg[1])) {
        return 0; /* enabled, and that is all that ever happens to it */
    }
    if (!queue) {
        return refuse(gt, "mode done for no context", len > 1 ? msg[1] : 0);
    }
    if (queue->state == VF_QUEUE_ENABLING && msg[2] == GUC_CONTEXT_ENABLE) {
        queue->state = VF_QUEUE_ENABLED;
    } else if (queue->state == VF_QUEUE_DISABLING && msg[2] == GUC_CONTEXT_DISABLE) {
        queue->state = VF_QUEUE_DISABLED;
    } else {
        return refuse(gt, "mode done not awaited", msg[1]);
    }
    hal_wake(gt->vf->hal);
    return 0;
}

int vf_submit_handle_deregister_done(void *arg, const uint32_t *msg, uint32_t len)
{
    struct vf_gt *gt = arg;
    struct vf_queue *queue = len >= DEREGISTER_DONE_LEN ? find_context(gt, msg[1]) : NULL;

    if (!queue || queue->state != VF_QUEUE_DEREGISTERING) {
        return refuse(gt, "deregister done not awaited", len > 1 ? msg[1] : 0);
    }
    queue->state = VF_QUEUE_NEW;
    queue->known = false;
    hal_wake(gt->vf->hal);
    return 0;
}

void vf_submit_fail(struct vf_queue *queue)
{
    queue->error = -EIO;
    trace_job(queue->vf->hal, (int)queue->gt->index, 0, queue->id, NULL, "reset");
    hal_wake(queue->vf->hal);
}

/* The GuC threw a context off its engine, or a memory access of it failed. */
int vf_submit_handle_reset(void *arg, const uint32_t *msg, uint32_t len)
{
    struct vf_gt *gt = arg;
    struct vf_queue *queue;

    if (len < RESET_LEN) {
        return refuse(gt, "reset of no context", 0);
    }
    for (unsigned i = 0; i < VF_MAX_QUEUES && msg[1] == ALL_CONTEXTS; i++) {
        if (vf_queue_live(&gt->vf->queues[i], gt)) {
            vf_submit_fail(&gt->vf->queues[i]);
        }
    }
    queue = msg[1] == ALL_CONTEXTS ? NULL : find_context(gt, msg[1]);
    if (queue) {
        vf_submit_fail(queue);
    } else if (msg[1] != ALL_CONTEXTS) {
        return refuse(gt, "reset of unknown context", msg[1]);
    }
    hal_wake(gt->vf->hal);
    return 0;
}

/* ---- recovery -------------------------------------------------------------------------------- */

/* Where a request leaves the queue whose answer will never come. */
static enum vf_queue_state fall_back(const struct vf_queue *queue)
{
    switch (queue->state) {
    case VF_QUEUE_ENABLING:
        return VF_QUEUE_NEW; /* and known: the GuC drops a second registration */
    case VF_QUEUE_DISABLING:
        /* Resumed meanwhile, it must be enabled: the GuC may have disabled it. */
        return queue->destroy || queue->error || queue->suspended ? VF_QUEUE_ENABLED
                                                                  : VF_QUEUE_DISABLED;
    case VF_QUEUE_DEREGISTERING:
        return VF_QUEUE_DISABLED;
    default:
        return queue->state;
    }
}

void vf_submit_pause(struct vf_gt *gt)
{
    gt->recovery.epoch++;
    gt->recovery.paused = true;
    vf_pagefault_forget(gt);
    for (unsigned i = 0; i < VF_MAX_QUEUES; i++) {
        struct vf_queue *queue = &gt->vf->queues[i];

        if (vf_queue_live(queue, gt)) {
            queue->state = fall_back(queue);
        }
    }
}

static void reemit(struct vf_queue *queue)
{
    (void)vf_queue_update_done(queue);
    /* From the newest finished job on: the engine may still stand in its last words. */
    for (int64_t fence = queue->done ? queue->done : 1; fence <= queue->emitted; fence++) {
        vf_job_emit(queue, fence);
        hal_cycles(queue->vf->hal, REEMIT_CYCLES);
    }
}

void vf_submit_reemit(struct vf_gt *gt)
{
    for (unsigned i = 0; i < VF_MAX_QUEUES; i++) {
        if (vf_queue_live(&gt->vf->queues[i], gt)) {
            reemit(&gt->vf->queues[i]);
        }
    }
}

void vf_submit_restart(struct vf_queue *queue)
{
    (void)vf_queue_update_done(queue);
    if (!queue->error && vf_queue_job_begun(queue)) {
        vf_submit_fail(queue);
    }
    queue->state = VF_QUEUE_NEW;
    queue->known = false;
    queue->submitted = queue->done;
    vf_context_rewind(queue);
}

void vf_submit_resume(struct vf_gt *gt)
{
    gt->recovery.paused = false;
    for (unsigned i = 0; i < VF_MAX_QUEUES; i++) {
        struct vf_queue *queue = &gt->vf->queues[i];

        if (vf_queue_live(queue, gt) && queue->done < queue->emitted) {
            queue->kick = true;
        }
    }
    hal_wake(gt->vf->hal);
}
