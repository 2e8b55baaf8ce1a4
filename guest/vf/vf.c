/* SPDX-License-Identifier: MIT */
/* The VF driver as an object: made before the machine runs, wedged when it cannot go on, and what
 * others may ask of it. Binding is in vf_probe.c. */
#include "guest/vf/vf.h"

#include <errno.h>
#include <stdlib.h>

#include "guest/vf/vf_internal.h"
#include "sim/hal/trace.h"

#define STEP_BITS 4u
#define ABI_BITS  24u
#define GGTT_BITS 64u

/* ---- wedge ----------------------------------------------------------------------------------- */

void vf_wedge(struct vf *vf, const char *reason)
{
    if (vf->wedged) {
        return;
    }
    vf->wedged = reason;
    trace_peer_error(vf->hal, HAL_GT_NONE, 0, reason, 0);
    for (unsigned i = 0; i < vf->num_gts; i++) {
        vf->gts[i].recovery.queued = false;
        vf->gts[i].recovery.in_progress = false;
        vf->gts[i].recovery.need_fixes = false;
    }
    hal_wake(vf->hal);
}

static bool sends_give_up(void *arg)
{
    const struct vf_gt *gt = arg;

    return gt->vf->wedged || vf_recovery_gt_pending(gt);
}

static void channel_died(void *arg, const char *reason)
{
    struct vf_gt *gt = arg;

    vf_reset_request(gt, reason);
}

/* ---- create ---------------------------------------------------------------------------------- */

static int create_gt(struct vf *vf, unsigned index)
{
    static const char *const step_paths[] = {"gt0.recovery", "gt1.recovery"};
    static const char *const abi_paths[] = {"gt0.abi", "gt1.abi"};
    static const char *const ct_paths[] = {"gt0.ct", "gt1.ct"};
    struct vf_gt *gt = &vf->gts[index];
    const struct ct_config config = {
        .hal = vf->hal,
        .mailbox = &gt->mailbox,
        .gt = index,
        .probe = ct_paths[index],
        .handlers = vf_ct_handlers,
        .arg = gt,
        .recovery_pending = sends_give_up,
        .died = channel_died,
    };

    gt->vf = vf;
    gt->index = index;
    gt->recovery.step_probe =
        hal_probe(vf->hal, step_paths[index], STEP_BITS, vf_recovery_step_names);
    gt->abi_probe = hal_probe(vf->hal, abi_paths[index], ABI_BITS, NULL);
    mailbox_init(&gt->mailbox, vf->hal, index);
    gt->ct = ct_create(&config);
    return gt->ct ? 0 : -ENOMEM;
}

struct vf *vf_create(struct hal *hal, const struct vf_config *config)
{
    struct vf *vf = calloc(1, sizeof(*vf));
    int ret = 0;

    if (!vf) {
        return NULL;
    }
    vf->hal = hal;
    vf->config = *config;
    vf->stop = true;
    vf->ggtt_probe = hal_probe(hal, "ggtt_start", GGTT_BITS, NULL);
    for (unsigned i = 0; i < VF_MAX_GTS && !ret; i++) {
        ret = create_gt(vf, i);
    }
    if (ret) {
        vf_destroy(vf);
        return NULL;
    }
    return vf;
}

void vf_destroy(struct vf *vf)
{
    if (!vf) {
        return;
    }
    for (unsigned i = 0; i < VF_MAX_GTS; i++) {
        if (vf->gts[i].ct) {
            ct_destroy(vf->gts[i].ct);
        }
    }
    ggtt_destroy(vf->ggtt);
    free(vf);
}

/* ---- questions ------------------------------------------------------------------------------- */

uint32_t vf_gt_abi(const struct vf_gt *gt)
{
    uint32_t most = gt->vf->config.max_abi;

    return most && most < gt->found_abi ? most : gt->found_abi;
}

uint32_t vf_result(struct vf *vf, unsigned slot)
{
    if (!vf->results.node || slot >= VF_RESULT_SLOTS) {
        return 0;
    }
    return bo_read32(vf->hal, &vf->results, slot * sizeof(uint32_t));
}

void vf_recovery_hold(struct vf *vf, unsigned holds)
{
    vf->holds = holds; /* the workers look every few microseconds */
}

unsigned vf_recovery_held(struct vf *vf)
{
    return vf->held;
}

bool vf_recovery_pending(struct vf *vf)
{
    /* RESFIX_DONE is on its way while nobody is held back any more: that is under way too. */
    for (unsigned i = 0; i < vf->num_gts; i++) {
        if (vf->gts[i].recovery.paused && !vf->wedged) {
            return true;
        }
    }
    return vf_recovery_any_pending(vf);
}

unsigned vf_recovery_count(struct vf *vf, unsigned gt)
{
    return gt < vf->num_gts ? vf->gts[gt].recovery.ended : 0;
}

unsigned vf_reset_count(struct vf *vf, unsigned gt)
{
    return gt < vf->num_gts ? vf->gts[gt].reset.ended : 0;
}

struct ct *vf_ct(struct vf *vf, unsigned gt)
{
    return gt < vf->num_gts ? vf->gts[gt].ct : NULL;
}

const char *vf_wedged(struct vf *vf)
{
    return vf->wedged;
}

uint32_t vf_abi(struct vf *vf, unsigned gt)
{
    return gt < vf->num_gts ? vf_gt_abi(&vf->gts[gt]) : 0;
}

unsigned vf_num_gts(struct vf *vf)
{
    return vf->num_gts;
}

uint64_t vf_ggtt_start(struct vf *vf)
{
    return vf->ggtt ? ggtt_start(vf->ggtt) : 0;
}
