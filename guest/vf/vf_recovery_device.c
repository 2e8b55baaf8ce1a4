/* SPDX-License-Identifier: MIT */
/* Recovery of the whole device at once, for a VF ABI below 1.27, which has no RESFIX_START and
 * no marker: one worker starts when all GTs have reported, and tells every GuC when it is done.
 * When a further migration has been reported by then it tells none of them: the next run will.
 * What it cannot close is the gap between that test and the message, which the marker was
 * invented for. */
#include "guest/vf/vf_internal.h"

#define NO_MARKER 0u

static bool all_reported(const struct vf *vf)
{
    return vf->migrated_gts == (1u << vf->num_gts) - 1;
}

static bool further_migration(const struct vf *vf)
{
    for (unsigned i = 0; i < vf->num_gts; i++) {
        if (vf_memirq_migrated(&vf->gts[i])) {
            return true;
        }
    }
    return vf->migrated_gts != 0;
}

/* Returns false when the run is over: wedged, or queued again. */
static bool fix_all(struct vf *vf, const unsigned *irqs)
{
    for (unsigned i = 0; i < vf->num_gts; i++) {
        const char *reason = vf_recovery_fixups(&vf->gts[i]);

        if (reason) {
            vf_recovery_fail(&vf->gts[i], irqs[i], reason);
            return false;
        }
    }
    vf_recovery_hold_at(&vf->gts[VF_MAIN_GT], VF_HOLD_BEFORE_RESTART);
    for (unsigned i = 0; i < vf->num_gts; i++) {
        vf_recovery_rearm(&vf->gts[i]);
    }
    return true;
}

static void notify_all(struct vf *vf, const unsigned *irqs)
{
    for (unsigned i = 0; i < vf->num_gts; i++) {
        struct vf_gt *gt = &vf->gts[i];

        gt->recovery.in_progress = gt->recovery.queued;
        vf_recovery_step(gt, VF_STEP_RESFIX_DONE);
        if (!gt->recovery.released && vf_guc_resfix_done(gt, NO_MARKER)) {
            vf_recovery_fail(gt, irqs[i], "RESFIX_DONE failed");
            return;
        }
    }
    for (unsigned i = 0; i < vf->num_gts; i++) {
        vf_recovery_kickstart(&vf->gts[i]);
    }
}

static void recover(struct vf *vf)
{
    unsigned irqs[VF_MAX_GTS] = {0};

    vf->migrated_gts = 0;
    for (unsigned i = 0; i < vf->num_gts; i++) {
        irqs[i] = vf->gts[i].recovery.irqs;
        vf->gts[i].recovery.queued = false;
        vf_recovery_shutdown(&vf->gts[i]);
    }
    vf_recovery_hold_at(&vf->gts[VF_MAIN_GT], VF_HOLD_BEFORE_RESFIX_START);
    vf_recovery_hold_at(&vf->gts[VF_MAIN_GT], VF_HOLD_BEFORE_FIXUPS);
    if (!fix_all(vf, irqs)) {
        return;
    }
    vf_recovery_hold_at(&vf->gts[VF_MAIN_GT], VF_HOLD_BEFORE_RESFIX_DONE);
    if (vf->wedged || vf->stop) {
        return;
    }
    if (further_migration(vf)) {
        for (unsigned i = 0; i < vf->num_gts; i++) {
            vf_recovery_step(&vf->gts[i], VF_STEP_REQUEUED);
        }
        return;
    }
    vf_recovery_hold_at(&vf->gts[VF_MAIN_GT], VF_HOLD_SENDING_RESFIX_DONE);
    notify_all(vf, irqs);
}

static struct vf_gt *find_reset(struct vf *vf)
{
    for (unsigned i = 0; i < vf->num_gts; i++) {
        if (vf_reset_is_due(&vf->gts[i])) {
            return &vf->gts[i];
        }
    }
    return NULL;
}

void vf_recovery_device_main(void *arg)
{
    struct vf *vf = arg;

    while (!vf->stop) {
        struct vf_gt *gt = find_reset(vf);

        if (gt) {
            vf_reset_run(gt);
            hal_wake(vf->hal);
        } else if (all_reported(vf) && !vf->wedged) {
            recover(vf);
            hal_wake(vf->hal);
        } else {
            (void)hal_wait(vf->hal, HAL_FOREVER);
        }
    }
    vf_program_end(vf);
}
