/* SPDX-License-Identifier: MIT */
/* Memory-based interrupts: one page into which GuCs and engines write what happened, before they
 * signal. With one vector the scan is the same for every signal, with several each looks at what
 * is its own. Called by the interrupt program. */
#include "guest/vf/vf_internal.h"

#include "firmware/abi/guc_klvs_abi.h"
#include "host/abi/xe_gtt_defs.h"
#include "host/abi/xe_lrc_layout.h"
#include "sim/hal/trace.h"

#define MEMIRQ_ENABLE_ALL 0xffffu

static unsigned guc_unit(const struct vf_gt *gt)
{
    return gt->index == VF_MAIN_GT ? MEMIRQ_UNIT_GUC : MEMIRQ_UNIT_MEDIA_GUC;
}

static uint8_t read_byte(const struct vf *vf, uint64_t offset)
{
    uint8_t byte;

    bo_read(vf->hal, &vf->memirq, offset, &byte, sizeof(byte));
    return byte;
}

static void clear_byte(const struct vf *vf, uint64_t offset)
{
    const uint8_t zero = 0;

    bo_write(vf->hal, &vf->memirq, offset, &zero, sizeof(zero));
}

int vf_memirq_init(struct vf *vf)
{
    int ret = bo_create(vf->hal, vf->ggtt, XE_PAGE_SIZE, GGTT_PAT_MEMIRQ, &vf->memirq);

    if (!ret) {
        bo_write32(vf->hal, &vf->memirq, XE_MEMIRQ_ENABLE_OFFSET, MEMIRQ_ENABLE_ALL);
    }
    return ret;
}

/* Source before status: the order in which the Linux driver was seen to do it. */
int vf_memirq_register(struct vf_gt *gt)
{
    const struct bo *page = &gt->vf->memirq;
    unsigned unit = guc_unit(gt);
    int ret = mailbox_self_cfg(&gt->mailbox, GUC_KLV_SELF_CFG_MEMIRQ_SOURCE_ADDR_KEY,
                               GUC_KLV_SELF_CFG_MEMIRQ_SOURCE_ADDR_LEN,
                               bo_addr(page, XE_MEMIRQ_SOURCE_OFFSET(unit)));

    if (ret) {
        return ret;
    }
    return mailbox_self_cfg(&gt->mailbox, GUC_KLV_SELF_CFG_MEMIRQ_STATUS_ADDR_KEY,
                            GUC_KLV_SELF_CFG_MEMIRQ_STATUS_ADDR_LEN,
                            bo_addr(page, XE_MEMIRQ_STATUS_OFFSET(unit)));
}

bool vf_memirq_migrated(const struct vf_gt *gt)
{
    uint64_t status = XE_MEMIRQ_STATUS_OFFSET(guc_unit(gt));

    return gt->vf->memirq.node && read_byte(gt->vf, status + MEMIRQ_BYTE_SW_INT_0) == MEMIRQ_SET;
}

/* A byte that is neither clear nor set is the device's error; it is told, and counts as set. */
static bool is_set(struct vf *vf, uint64_t offset)
{
    uint8_t byte = read_byte(vf, offset);

    if (byte && byte != MEMIRQ_SET) {
        trace_peer_error(vf->hal, HAL_GT_NONE, 0, "memirq byte is neither clear nor set",
                         offset << 8 | byte);
    }
    return byte != 0;
}

static bool take(struct vf *vf, uint64_t offset)
{
    bool set = is_set(vf, offset);

    if (set) {
        clear_byte(vf, offset);
    }
    return set;
}

static void scan_guc(struct vf_gt *gt)
{
    struct vf *vf = gt->vf;
    uint64_t status = XE_MEMIRQ_STATUS_OFFSET(guc_unit(gt));

    if (!take(vf, XE_MEMIRQ_SOURCE_OFFSET(guc_unit(gt)))) {
        return;
    }
    /* Whether the byte is set does not matter: the interrupt program looks at the CT anyway. */
    (void)take(vf, status + MEMIRQ_BYTE_GUC2HOST);
    if (is_set(vf, status + MEMIRQ_BYTE_SW_INT_0)) {
        /* This byte falls only when its handler ran: as long as it is set, or the handler's own
         * flag is, every sender knows that recovery is pending. */
        vf_recovery_irq(gt);
        clear_byte(vf, status + MEMIRQ_BYTE_SW_INT_0);
    }
}

void vf_memirq_scan(struct vf *vf, uint32_t vectors)
{
    static const unsigned engine_units[] = {MEMIRQ_UNIT_RCS0, MEMIRQ_UNIT_CCS0, MEMIRQ_UNIT_BCS0,
                                            MEMIRQ_UNIT_VCS0, MEMIRQ_UNIT_VECS0};

    for (unsigned i = 0; i < vf->num_gts && vectors & VF_VECTORS_GUC; i++) {
        scan_guc(&vf->gts[i]);
    }
    /* Finished jobs are found by their seqno, so engines' bytes need no more than to be taken. */
    for (unsigned i = 0; i < ARRAY_SIZE(engine_units) && vectors & VF_VECTORS_ENGINES; i++) {
        if (take(vf, XE_MEMIRQ_SOURCE_OFFSET(engine_units[i]))) {
            (void)take(vf,
                       XE_MEMIRQ_STATUS_OFFSET(engine_units[i]) + MEMIRQ_BYTE_MI_USER_INTERRUPT);
        }
    }
}
