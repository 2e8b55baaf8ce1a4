/* SPDX-License-Identifier: MIT */
/* The interrupt program of a guest: looks at everything that can have happened at each signal,
 * and now and then without one. Nothing in here waits for a GuC: whoever waits for one waits for
 * this program. */
#include "guest/vf/vf_internal.h"

#include "firmware/abi/guc_actions_abi.h"
#include "firmware/abi/guc_actions_sriov_abi.h"

#define SAFETY_POLL_NS (100ull * HAL_NS_PER_MS)
#define IRQ_CYCLES     100u /* of entering the handler and scanning the page; chosen */

/* The CT takes it as the end of the channel. */
static int handle_crash(void *arg, const uint32_t *msg, uint32_t len)
{
    (void)arg;
    (void)msg;
    (void)len;
    return 0;
}

const struct ct_handler vf_ct_handlers[] = {
    {XE_GUC_ACTION_SCHED_CONTEXT_MODE_DONE, vf_submit_handle_mode_done},
    {XE_GUC_ACTION_DEREGISTER_CONTEXT_DONE, vf_submit_handle_deregister_done},
    {XE_GUC_ACTION_CONTEXT_RESET_NOTIFICATION, vf_submit_handle_reset},
    {XE_GUC_ACTION_NOTIFY_MEMORY_CAT_ERROR, vf_submit_handle_reset},
    {XE_GUC_ACTION_TLB_INVALIDATION_DONE, vf_tlb_handle_done},
    {XE_GUC_ACTION_REPORT_PAGE_FAULT_REQ_DESC, vf_pagefault_handle},
    {XE_GUC_ACTION_GUC2VF_RELAY_FROM_PF, vf_relay_handle},
    {XE_GUC_ACTION_NOTIFY_CRASH_DUMP_POSTED, handle_crash},
    {XE_GUC_ACTION_NOTIFY_EXCEPTION, handle_crash},
    {0, NULL},
};

static void look_at_gt(struct vf_gt *gt, uint32_t vectors)
{
    struct vf *vf = gt->vf;

    /* A broken channel is told to died(). */
    if (vectors & VF_VECTORS_GUC && ct_state(gt->ct) == CT_ENABLED) {
        (void)ct_receive(gt->ct);
    }
    for (unsigned i = 0; i < VF_MAX_QUEUES && vectors & VF_VECTORS_ENGINES; i++) {
        if (vf_queue_live(&vf->queues[i], gt)) {
            (void)vf_queue_update_done(&vf->queues[i]);
        }
    }
    vf_watch_gt(gt);
}

void vf_irq_main(void *arg)
{
    struct vf *vf = arg;

    while (!vf->stop) {
        uint32_t vectors = hal_irq_wait(vf->hal, SAFETY_POLL_NS);

        if (vectors) {
            hal_cycles(vf->hal, IRQ_CYCLES);
        }
        if (!vectors || !vf->config.msix) {
            vectors = VF_ALL_VECTORS;
        }
        if (vf->stop) {
            break;
        }
        if (vf->config.no_memirq) {
            vf_regirq_scan(vf);
        }
        vf_memirq_scan(vf, vectors);
        for (unsigned i = 0; i < vf->num_gts; i++) {
            look_at_gt(&vf->gts[i], vectors);
        }
        hal_wake(vf->hal);
    }
    vf_program_end(vf);
}
