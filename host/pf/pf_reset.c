/* SPDX-License-Identifier: MIT */
/* Reset of a GT by the PF: when its channel is dead, when an engine does not obey its GuC any more,
 * or when the administrator asks. The GuC begins anew and knows nothing; it is told all of it
 * again: our rings, our own configuration, policies, every VF's configuration. What the VFs set up
 * is gone, and their drivers find out by themselves. */
#include <errno.h>
#include <string.h>

#include "gpu_regs.h"
#include "host/pf/pf_private.h"
#include "sim/hal/trace.h"

#define DOMAIN_TIMEOUT_NS (5 * HAL_NS_PER_MS) /* of GDRST; then loading is waited for */
#define DOMAIN_POLL_NS    (10 * HAL_NS_PER_US)
#define API_TIMEOUT_NS    (10 * HAL_NS_PER_S)
#define WINDOW_NS         (10 * HAL_NS_PER_S) /* in which there may be */
#define MAX_IN_WINDOW     4u                  /* resets that nobody asked for; chosen */

static bool too_often(struct pf_gt *gt)
{
    uint64_t now = hal_now(gt->pf->hal);

    if (now - gt->reset.window_start >= WINDOW_NS) {
        gt->reset.window_start = now;
        gt->reset.in_window = 0;
    }
    return gt->reset.in_window++ >= MAX_IN_WINDOW;
}

void pf_reset_request(struct pf_gt *gt, const char *reason)
{
    if (!gt->probed || gt->reset.due) {
        return; /* a boot that fails, or a reset that is on its way */
    }
    if (too_often(gt)) {
        trace_peer_error(gt->pf->hal, (int)gt->id, 0, "gt reset too often", 0);
        return;
    }
    gt->reset.due = reason;
    gt->reset.asked++;
    hal_wake(gt->pf->hal);
}

/* Whoever waits for this GuC is released. */
static void let_go(struct pf_gt *gt)
{
    struct pf *pf = gt->pf;

    ct_disable(gt->ct);
    gt->tlb_seqno_done = gt->tlb_seqno;
    gt->relay_count = 0;
    for (unsigned vf = 1; vf <= pf->config.total_vfs; vf++) {
        (void)pf_control_post(gt, vf, PF_EVENT_GT_RESET);
        pf->vfs[vf].relay_major[gt->id] = 0;
    }
    hal_wake(pf->hal);
}

static int reset_domain(struct pf_gt *gt)
{
    struct hal *hal = gt->pf->hal;
    const uint64_t deadline = hal_now(hal) + DOMAIN_TIMEOUT_NS;
    const uint32_t reg = pf_gt_reg(gt, GDRST);

    hal_write32(hal, reg, GRDOM_FULL);
    while (hal_read32(hal, reg) & GRDOM_FULL) {
        if (hal_now(hal) >= deadline) {
            return -ETIMEDOUT;
        }
        hal_delay(hal, DOMAIN_POLL_NS);
    }
    return pf_wait_guc_ready(gt);
}

/* Goes on after errors: one VF's configuration is no reason to leave the others without. */
static int push_all(struct pf_gt *gt)
{
    static const struct pf_tuning none;
    struct pf *pf = gt->pf;
    int err = pf_config_push_self(gt);

    if (err) {
        return err;
    }
    err = pf_config_push_policies(gt);
    if (memcmp(&pf->vfs[0].tuning, &none, sizeof(none)) != 0) {
        err = pf_first_error(err, pf_config_push_tuning(gt, 0));
    }
    for (unsigned vf = 1; vf <= pf->config.total_vfs; vf++) {
        if (pf->vfs[vf].provisioned) {
            err = pf_first_error(err, pf_config_push(gt, &pf->vfs[vf]));
        }
    }
    return err;
}

void pf_reset_run(struct pf_gt *gt)
{
    int err;

    trace_peer_error(gt->pf->hal, (int)gt->id, 0, "gt reset", 0);
    let_go(gt);
    err = reset_domain(gt);
    if (!err) {
        err = ct_enable(gt->ct);
    }
    if (!err) {
        err = push_all(gt);
    }
    if (err) {
        trace_peer_error(gt->pf->hal, (int)gt->id, 0, "gt reset failed", (uint64_t)-err);
    }
    gt->reset.result = err;
    gt->reset.due = NULL;
    gt->reset.ended++;
    hal_wake(gt->pf->hal);
}

int pf_reset_gt(struct pf *pf, unsigned id)
{
    const uint64_t deadline = hal_now(pf->hal) + API_TIMEOUT_NS;
    struct pf_gt *gt;
    unsigned ended;

    if (id >= pf->config.num_gts || !pf->gts[id].probed) {
        return -ENODEV;
    }
    gt = &pf->gts[id];
    ended = gt->reset.ended;
    if (!gt->reset.due) {
        gt->reset.due = "asked for";
        gt->reset.asked++;
        hal_wake(pf->hal);
    }
    while (gt->reset.ended == ended) {
        uint64_t now = hal_now(pf->hal);

        if (now >= deadline) {
            return -ETIMEDOUT;
        }
        hal_wait(pf->hal, deadline - now);
    }
    return gt->reset.result;
}

unsigned pf_reset_count(struct pf *pf, unsigned id)
{
    return id < pf->config.num_gts ? pf->gts[id].reset.ended : 0;
}
