/* SPDX-License-Identifier: MIT */
/* Reset of a GT, when its channel is dead: the GuC drops all it holds of this VF there, is
 * connected again, and gets every context and every unfinished job anew. Run by the GT's recovery
 * worker, so that it never meets a recovery of the same GT half-way.
 *
 *   due -> VF_RESET -> [fixups, when the VM moved] -> connect -> contexts -> over
 *           ^                                                      |
 *           '---- failed, or the VM moved meanwhile; a few times --'   (then: wedged)
 *
 * VF_RESET also leads a GuC out of the state in which it waits for RESFIX_DONE. So a migration
 * that comes before or during a reset is dealt with in here: fixups, and no RESFIX messages.
 *
 * A job that had begun may have done part of its work, and its context was killed, not saved.
 * Running it again could do that part twice: like the Linux driver this one gives up such a queue
 * (-EIO) and runs the others' jobs. */
#include "guest/vf/vf_internal.h"

#include <errno.h>

#define MAX_TRIES      4u                       /* of one reset; chosen, as are the next two */
#define WINDOW_NS      (10ull * HAL_NS_PER_S)   /* in which there may be */
#define MAX_IN_WINDOW  4u                       /* resets: more will not help */
#define BYTE_NS        (200ull * HAL_NS_PER_MS) /* two polls of the interrupt program */
#define RESTART_CYCLES 500u                     /* of one context; chosen */

void vf_reset_request(struct vf_gt *gt, const char *reason)
{
    struct vf *vf = gt->vf;

    if (!gt->reset.possible) {
        vf_wedge(vf, reason); /* a bind that is under way fails */
        return;
    }
    if (!gt->reset.due && !vf->stop && !vf->wedged) {
        gt->reset.due = reason;
        hal_wake(vf->hal);
    }
}

int vf_reset_gt(struct vf *vf, unsigned gt)
{
    if (gt >= vf->num_gts || !vf->gts[gt].reset.possible) {
        return -ENODEV;
    }
    if (vf->wedged) {
        return -ECANCELED;
    }
    vf_reset_request(&vf->gts[gt], "reset asked for");
    return 0;
}

bool vf_reset_is_due(const struct vf_gt *gt)
{
    return gt->reset.due && !gt->vf->wedged && !gt->vf->stop;
}

static bool too_often(struct vf_gt *gt)
{
    uint64_t now = hal_now(gt->vf->hal);

    if (now - gt->reset.window_start >= WINDOW_NS) {
        gt->reset.window_start = now;
        gt->reset.in_window = 0;
    }
    return gt->reset.in_window++ == MAX_IN_WINDOW;
}

/* ---- contexts -------------------------------------------------------------------------------- */

/* The GuC knows none of them any more, and no engine touches their memory. */
static void restart_contexts(struct vf_gt *gt, bool moved)
{
    struct vf *vf = gt->vf;

    for (unsigned i = 0; i < VF_MAX_QUEUES; i++) {
        if (vf_queue_live(&vf->queues[i], gt)) {
            vf_submit_restart(&vf->queues[i]);
            hal_cycles(vf->hal, RESTART_CYCLES);
        }
    }
    if (moved) {
        vf_submit_reemit(gt);
    }
}

/* ---- one try --------------------------------------------------------------------------------- */

/* Waits until the interrupt program has seen MIGRATED, which from then on is ours to deal with.
 * Returns whether there was one since the last call. */
static bool take_migration(struct vf_gt *gt)
{
    struct hal *hal = gt->vf->hal;
    uint64_t deadline = hal_now(hal) + BYTE_NS;
    bool moved;

    while (vf_memirq_migrated(gt) && hal_now(hal) < deadline) {
        (void)hal_wait(hal, deadline - hal_now(hal));
    }
    moved = gt->recovery.queued || gt->recovery.in_progress;
    gt->recovery.queued = false;
    gt->recovery.in_progress = false;
    return moved;
}

/* Returns 0, or -errno with gt->reset.due as the reason. */
static int attempt(struct vf_gt *gt, bool moved)
{
    int ret = vf_guc_reset(gt, VF_RESET_ATTEMPTS);

    if (!ret) {
        gt->recovery.released = true;
        vf_tlb_complete_all(gt);
    }
    if (!ret && moved) {
        const char *reason = vf_recovery_fixups(gt);

        if (reason) {
            gt->reset.due = reason;
            return -EREMCHG;
        }
    }
    if (!ret) {
        ret = vf_connect_again(gt);
    }
    if (!ret) {
        restart_contexts(gt, moved);
        /* Entries written while the channel was dead could not be told. */
        vf_tlb_invalidate(gt->vf);
    }
    return ret;
}

static void end(struct vf_gt *gt, bool moved)
{
    struct vf *vf = gt->vf;

    /* Recovery of the whole device waits for all GTs to report; this one's GuC may have been
     * unable to. */
    if (moved && vf->migrated_gts) {
        vf->migrated_gts |= 1u << gt->index;
    }
    gt->reset.due = NULL;
    gt->reset.ended++;
    gt->recovery.in_progress = false;
    gt->recovery.need_fixes = false;
    vf_recovery_step(gt, VF_STEP_GT_RESET_ENDED);
    vf_submit_resume(gt);
}

void vf_reset_run(struct vf_gt *gt)
{
    struct vf *vf = gt->vf;
    bool moved = false;

    vf_recovery_step(gt, VF_STEP_GT_RESET);
    vf_submit_pause(gt);
    ct_disable(gt->ct);
    for (unsigned tries = too_often(gt) ? MAX_TRIES : 0; tries < MAX_TRIES; tries++) {
        unsigned irqs;
        int ret;

        /* A try that failed may mean a migration that the GuC could not report, since VF_RESET
         * makes it forget where to. */
        moved = take_migration(gt) || moved || tries;
        irqs = gt->recovery.irqs;
        ret = attempt(gt, moved);
        if (vf->wedged || vf->stop) {
            return;
        }
        if (!ret && gt->recovery.irqs == irqs && !vf_memirq_migrated(gt)) {
            end(gt, moved);
            return;
        }
    }
    vf_recovery_step(gt, VF_STEP_WEDGED);
    vf_wedge(vf, gt->reset.due);
}
