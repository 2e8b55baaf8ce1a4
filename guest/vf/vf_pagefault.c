/* SPDX-License-Identifier: MIT */
/* Page faults: the GuC reports that an engine waits for a page; a program of its own, the pager,
 * maps it and answers, one after the other in the order of the reports. An answer is due for each
 * report, good or bad, but for those of a GuC that this VM has left or that was reset: the device
 * then does the access again and reports anew. */
#include "guest/vf/vf_internal.h"

#include <errno.h>
#include <string.h>

#include "firmware/abi/guc_actions_abi.h"
#include "firmware/abi/guc_messages_abi.h"
#include "firmware/abi/xe_guc_fwif.h"
#include "sim/hal/trace.h"

#define REPORT_LEN   (1u + XE_GUC_PAGEFAULT_DESC_DWORDS)
#define PAGER_CYCLES 2000u /* of computing for a page; chosen */

/* ---- reports --------------------------------------------------------------------------------- */

int vf_pagefault_handle(void *arg, const uint32_t *msg, uint32_t len)
{
    struct vf_gt *gt = arg;
    struct vf_faults *faults = &gt->faults;
    struct vf *vf = gt->vf;

    if (len != REPORT_LEN || faults->count == VF_FAULT_QUEUE) {
        trace_peer_error(vf->hal, (int)gt->index, 0,
                         len == REPORT_LEN ? "too many page faults" : "page fault malformed", len);
        return -EPROTO;
    }
    memcpy(faults->queue[(faults->head + faults->count) % VF_FAULT_QUEUE], msg + 1,
           sizeof(faults->queue[0]));
    faults->count++;
    vf->faults.taken++;
    hal_wake(vf->hal);
    return 0;
}

void vf_pagefault_forget(struct vf_gt *gt)
{
    gt->vf->faults.dropped += gt->faults.count;
    gt->faults.count = 0;
}

/* ---- pager ----------------------------------------------------------------------------------- */

static struct vf_vm *find_space(struct vf_gt *gt, uint32_t asid)
{
    for (unsigned i = 0; asid && i < VF_MAX_QUEUES; i++) {
        struct vf_queue *queue = &gt->vf->queues[i];

        if (vf_queue_live(queue, gt) && queue->vm.asid == asid) {
            return &queue->vm;
        }
    }
    return NULL;
}

static int guc_action_page_fault_response(struct vf_gt *gt, const uint32_t *desc, bool failed)
{
    uint32_t pdata = FIELD_GET(PFD_PDATA_LO, desc[0]) | FIELD_GET(PFD_PDATA_HI, desc[1])
                                                            << PFD_PDATA_HI_SHIFT;
    const uint32_t request[] = {
        FIELD_PREP(GUC_HXG_REQUEST_MSG_0_ACTION, XE_GUC_ACTION_PAGE_FAULT_RES_DESC),
        PFR_VALID | (failed ? PFR_SUCCESS : 0) | FIELD_PREP(PFR_REPLY, PFR_ACCESS) |
            FIELD_PREP(PFR_DESC_TYPE, FAULT_RESPONSE_DESC) |
            FIELD_PREP(PFR_ASID, FIELD_GET(PFD_ASID, desc[1])),
        FIELD_PREP(PFR_VFID, FIELD_GET(PFD_VFID, desc[2])) |
            FIELD_PREP(PFR_ENG_INSTANCE, FIELD_GET(PFD_ENG_INSTANCE, desc[0])) |
            FIELD_PREP(PFR_ENG_CLASS, FIELD_GET(PFD_ENG_CLASS, desc[0])) |
            FIELD_PREP(PFR_PDATA, pdata),
    };

    return ct_send(gt->ct, request, ARRAY_SIZE(request), 0, 0);
}

/* Brings a page. Returns whether there is such a page. */
static bool bring(struct vf_gt *gt, const uint32_t *desc)
{
    struct vf *vf = gt->vf;
    struct vf_vm *vm = find_space(gt, FIELD_GET(PFD_ASID, desc[1]));
    uint64_t addr = make_64(desc[2] & PFD_VIRTUAL_ADDR_LO, desc[3]);
    int ret = vm && vm->pages ? vf_vm_bind(vf, vm, addr) : -EFAULT;

    /* What is mapped can be written: nothing would change. */
    if (FIELD_GET(PFD_FAULT_TYPE, desc[2]) != FLT_TYPE_NOT_PRESENT_FAULT) {
        ret = -EFAULT;
    }
    vf->faults.bound += ret == 1;
    return ret >= 0;
}

static void serve(struct vf_gt *gt)
{
    struct vf *vf = gt->vf;
    struct vf_faults *faults = &gt->faults;
    unsigned epoch = gt->recovery.epoch;
    uint32_t desc[VF_FAULT_DW];
    bool good;

    memcpy(desc, faults->queue[faults->head], sizeof(desc));
    faults->head = (faults->head + 1) % VF_FAULT_QUEUE;
    faults->count--;
    hal_cycles(vf->hal, PAGER_CYCLES);
    if (vf->pager_ns) {
        hal_delay(vf->hal, vf->pager_ns);
    }
    /* The mapping counts wherever the VM is; the answer is for the GuC that asked. */
    good = bring(gt, desc);
    if (vf->wedged || gt->recovery.epoch != epoch ||
        guc_action_page_fault_response(gt, desc, !good)) {
        vf->faults.dropped++;
    } else {
        vf->faults.refused += !good;
    }
}

static struct vf_gt *find_fault(struct vf *vf)
{
    for (unsigned i = 0; i < vf->num_gts; i++) {
        if (vf->gts[i].faults.count) {
            return &vf->gts[i];
        }
    }
    return NULL;
}

static void pager_main(void *arg)
{
    struct vf *vf = arg;

    while (!vf->stop) {
        struct vf_gt *gt = find_fault(vf);

        if (gt) {
            serve(gt);
        } else {
            (void)hal_wait(vf->hal, HAL_FOREVER);
        }
    }
    vf->pager = false;
    vf_program_end(vf);
}

void vf_pagefault_start(struct vf *vf)
{
    if (!vf->pager) {
        vf->pager = true;
        vf_program_start(vf, "vf pager", pager_main, vf);
    }
}

struct vf_pagefault_counts vf_fault_counts(struct vf *vf)
{
    return vf->faults;
}

void vf_fault_delay(struct vf *vf, uint64_t ns)
{
    vf->pager_ns = ns;
}
