/* SPDX-License-Identifier: MIT */
/* Recovery after the VM moved, one worker a GT (VF ABI 1.27 and later), and the parts that the
 * older flow (vf_recovery_device.c) shares:
 *
 *   irq -> start -> RESFIX_START(marker) -> query -> fixups -> restart -> RESFIX_DONE(marker)
 *           ^                                                                  |        |
 *           +--------- requeued: 0x107, or a newer migration was seen ---------+        v
 *                                                      (any other failure: wedged)    ended
 *
 * The marker binds DONE to the GuC that took START. Between the two a second migration can come
 * at any point: the new GuC has no marker and refuses DONE, and everything is done again from the
 * addresses last applied. */
#include "guest/vf/vf_internal.h"

#include <errno.h>

#include "sim/hal/trace.h"

#define MARKER_ABI     (1u << 16 | 27u << 8)
#define HOLD_POLL_NS   (10ull * HAL_NS_PER_US)
#define FIXUP_CYCLES   500u /* of one context; chosen */
#define RESTART_CYCLES 1000u

const char *const vf_recovery_step_names[] = {
    "idle",   "irq",         "start",    "resfix_start",   "query",
    "fixups", "fixups_done", "restart",  "resfix_done",    "requeued",
    "ended",  "wedged",      "gt_reset", "gt_reset_ended", NULL,
};

void vf_recovery_step(struct vf_gt *gt, enum vf_recovery_step step)
{
    hal_probe_set(gt->vf->hal, gt->recovery.step_probe, step);
    trace_recovery(gt->vf->hal, (int)gt->index, 0, vf_recovery_step_names[step]);
}

/* ---- who is pending -------------------------------------------------------------------------- */

bool vf_recovery_by_gt(const struct vf *vf)
{
    for (unsigned i = 0; i < vf->num_gts; i++) {
        if (vf_gt_abi(&vf->gts[i]) < MARKER_ABI) {
            return false;
        }
    }
    return true;
}

/* The byte counts too: after the resume other programs may run before the interrupt one. */
bool vf_recovery_gt_pending(const struct vf_gt *gt)
{
    return gt->recovery.in_progress || vf_memirq_migrated(gt);
}

bool vf_recovery_any_pending(const struct vf *vf)
{
    for (unsigned i = 0; i < vf->num_gts; i++) {
        if (vf_recovery_gt_pending(&vf->gts[i]) || vf->gts[i].recovery.need_fixes) {
            return true;
        }
    }
    return false;
}

unsigned vf_recovery_irqs(const struct vf *vf)
{
    unsigned irqs = 0;

    for (unsigned i = 0; i < vf->num_gts; i++) {
        irqs += vf->gts[i].recovery.irqs;
    }
    return irqs;
}

static void queue_run(struct vf_gt *gt)
{
    gt->recovery.released = false;
    gt->recovery.queued = true;
    gt->recovery.in_progress = true;
    gt->recovery.need_fixes = true;
}

void vf_recovery_irq(struct vf_gt *gt)
{
    struct vf *vf = gt->vf;

    gt->recovery.irqs++;
    vf->migrated_gts |= 1u << gt->index;
    /* A run that has not sent START yet will meet the newest GuC anyway. */
    if (gt->recovery.queued || vf->stop || vf->wedged) {
        return;
    }
    vf_recovery_step(gt, VF_STEP_IRQ);
    queue_run(gt);
    hal_wake(vf->hal);
}

/* ---- parts of both flows --------------------------------------------------------------------- */

void vf_recovery_shutdown(struct vf_gt *gt)
{
    vf_recovery_step(gt, VF_STEP_START);
    if (ct_state(gt->ct) == CT_ENABLED || ct_state(gt->ct) == CT_STOPPED) {
        ct_flush_and_stop(gt->ct);
    }
    vf_submit_pause(gt);
    vf_tlb_complete_all(gt);
}

void vf_recovery_hold_at(struct vf_gt *gt, enum vf_hold hold)
{
    struct vf *vf = gt->vf;

    while (vf->holds & hold && !vf->stop && !vf->wedged) {
        vf->held |= hold;
        (void)hal_wait(vf->hal, HOLD_POLL_NS);
    }
    vf->held &= ~(unsigned)hold;
}

static const char *check_unchanged(const struct vf_resources *was, const struct vf_resources *is)
{
    if (is->ggtt_size != was->ggtt_size) {
        return "GGTT size changed";
    }
    if (is->lmem_size != was->lmem_size) {
        return "size of local memory changed";
    }
    if (is->num_contexts != was->num_contexts) {
        return "number of contexts changed";
    }
    if (is->num_doorbells != was->num_doorbells) {
        return "number of doorbells changed";
    }
    return NULL;
}

/* The GGTT belongs to the tile: the first GT to come here moves it, the second finds it in
 * place. The shift counts from what was applied last, so a run that is repeated applies the
 * difference. */
static void shift_ggtt(struct vf *vf, uint64_t start)
{
    uint64_t shift = start - ggtt_start(vf->ggtt);

    if (shift) {
        ggtt_shift(vf->ggtt, (int64_t)shift);
        hal_probe_set(vf->hal, vf->ggtt_probe, start);
    }
}

const char *vf_recovery_fixups(struct vf_gt *gt)
{
    struct vf *vf = gt->vf;
    struct vf_resources now;
    const char *reason;

    vf_recovery_step(gt, VF_STEP_QUERY);
    if (vf_guc_query_resources(gt, &now)) {
        return "configuration could not be read";
    }
    reason = check_unchanged(&gt->resources, &now);
    if (reason) {
        return reason;
    }
    vf_recovery_step(gt, VF_STEP_FIXUPS);
    gt->resources = now;
    shift_ggtt(vf, now.ggtt_start);
    if (gt->index == VF_MAIN_GT) {
        vf_ccs_rebase(vf);
    }
    for (unsigned i = 0; i < VF_MAX_QUEUES; i++) {
        if (vf_queue_live(&vf->queues[i], gt)) {
            hal_cycles(vf->hal, FIXUP_CYCLES);
        }
        if (vf_queue_live(&vf->queues[i], gt)) { /* still: computing gave way to others */
            vf_context_fixup(&vf->queues[i]);
        }
    }
    /* A newer migration may have been seen meanwhile; then there is more to fix. */
    gt->recovery.need_fixes = gt->recovery.queued;
    vf_recovery_step(gt, VF_STEP_FIXUPS_DONE);
    hal_wake(vf->hal);
    return NULL;
}

void vf_recovery_rearm(struct vf_gt *gt)
{
    vf_recovery_step(gt, VF_STEP_RESTART);
    hal_cycles(gt->vf->hal, RESTART_CYCLES);
    if (ct_state(gt->ct) == CT_STOPPED) {
        ct_restart(gt->ct);
    }
    vf_submit_reemit(gt);
}

void vf_recovery_kickstart(struct vf_gt *gt)
{
    vf_submit_resume(gt);
    gt->recovery.ended++;
    vf_recovery_step(gt, VF_STEP_ENDED);
}

void vf_recovery_fail(struct vf_gt *gt, unsigned irqs, const char *reason)
{
    struct vf *vf = gt->vf;

    if (vf->wedged || vf->stop) {
        return;
    }
    if (gt->recovery.irqs != irqs || vf_memirq_migrated(gt)) {
        queue_run(gt);
        vf_recovery_step(gt, VF_STEP_REQUEUED);
        return;
    }
    vf_recovery_step(gt, VF_STEP_WEDGED);
    vf_wedge(vf, reason);
}

/* ---- worker of one GT ------------------------------------------------------------------------ */

static uint16_t next_marker(struct vf_gt *gt)
{
    return (uint16_t)(1u + gt->recovery.marker_counter++);
}

static void notify_done(struct vf_gt *gt, uint16_t marker, unsigned irqs)
{
    int ret;

    /* Said before DONE: as soon as the GuC runs us, sends are right. When another run is queued
     * they stay held, and DONE is sent all the same: the marker tells the GuC whether it is the
     * one meant. */
    if (!gt->recovery.queued) {
        gt->recovery.in_progress = false;
    }
    vf_recovery_hold_at(gt, VF_HOLD_SENDING_RESFIX_DONE);
    vf_recovery_step(gt, VF_STEP_RESFIX_DONE);
    ret = vf_guc_resfix_done(gt, marker);
    if (ret == -EREMCHG) {
        queue_run(gt);
        vf_recovery_step(gt, VF_STEP_REQUEUED);
    } else if (ret) {
        vf_recovery_fail(gt, irqs, "RESFIX_DONE failed");
    } else {
        vf_recovery_kickstart(gt);
    }
}

static void recover(struct vf_gt *gt)
{
    struct vf *vf = gt->vf;
    unsigned irqs = gt->recovery.irqs;
    uint16_t marker;
    const char *reason;
    int ret;

    vf_recovery_shutdown(gt);
    if (vf->config.no_memirq) {
        vf_recovery_fail(gt, irqs, "no memory-based interrupts");
        return;
    }
    marker = next_marker(gt);
    vf_recovery_hold_at(gt, VF_HOLD_BEFORE_RESFIX_START);
    vf_recovery_step(gt, VF_STEP_RESFIX_START);
    ret = vf_guc_resfix_start(gt, marker);
    gt->recovery.queued =
        false; /* also after a failure: from here an interrupt means a newer migration */
    if (ret) {
        vf_recovery_fail(gt, irqs, "RESFIX_START refused");
        return;
    }
    vf_recovery_hold_at(gt, VF_HOLD_BEFORE_FIXUPS);
    reason = vf_recovery_fixups(gt);
    if (reason) {
        vf_recovery_fail(gt, irqs, reason);
        return;
    }
    vf_recovery_hold_at(gt, VF_HOLD_BEFORE_RESTART);
    vf_recovery_rearm(gt);
    vf_recovery_hold_at(gt, VF_HOLD_BEFORE_RESFIX_DONE);
    if (!vf->wedged && !vf->stop) {
        notify_done(gt, marker, irqs);
    }
}

/* The media GT waits until the main GT is through: what they share is moved once, by the first. */
static bool may_run(const struct vf_gt *gt)
{
    const struct vf_gt *main_gt = &gt->vf->gts[VF_MAIN_GT];

    if (!gt->recovery.queued || gt->vf->wedged) {
        return false;
    }
    return gt == main_gt || !(vf_recovery_gt_pending(main_gt) || main_gt->recovery.paused);
}

void vf_recovery_main(void *arg)
{
    struct vf_gt *gt = arg;
    struct vf *vf = gt->vf;

    while (!vf->stop) {
        if (vf_reset_is_due(gt)) {
            vf_reset_run(gt);
            hal_wake(vf->hal);
        } else if (may_run(gt)) {
            recover(gt);
            hal_wake(vf->hal);
        } else {
            (void)hal_wait(vf->hal, HAL_FOREVER);
        }
    }
    vf_program_end(vf);
}
