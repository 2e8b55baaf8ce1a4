/* SPDX-License-Identifier: MIT */
/* Interrupts of GuCs by registers, of a driver that cannot register memory for them. It works, but
 * cannot recover from a migration: between the resume and the interrupt program nothing tells the
 * other programs that their addresses are void. Called by the interrupt program. */
#include "guest/vf/vf_internal.h"

#include "gpu_regs.h"
#include "sim/hal/trace.h"

#define IDENTITY_TIMEOUT_NS (100 * HAL_NS_PER_US)
#define IDENTITY_POLL_NS    HAL_NS_PER_US
#define MEDIA_INSTANCE      16u
#define WANTED              (GUC_INTR_GUC2HOST | GUC_INTR_SW_INT_0)

void vf_regirq_enable(struct vf *vf)
{
    hal_write32(vf->hal, GUC_SG_INTR_MASK,
                ~(FIELD_PREP(ENGINE1_MASK, WANTED) | FIELD_PREP(ENGINE0_MASK, WANTED)));
    hal_write32(vf->hal, GUC_SG_INTR_ENABLE, FIELD_PREP(ENGINE1_MASK, WANTED));
    hal_write32(vf->hal, GFX_MSTR_IRQ, MASTER_IRQ);
}

/* Who raised this bit of GT_INTR_DW(0), acknowledged; 0 when nobody tells in time. */
static uint32_t take_identity(struct vf *vf, uint32_t bit)
{
    uint64_t deadline = hal_now(vf->hal) + IDENTITY_TIMEOUT_NS;

    hal_write32(vf->hal, IIR_REG_SELECTOR(0), bit);
    for (;;) {
        uint32_t identity = hal_read32(vf->hal, INTR_IDENTITY_REG(0));
        if (identity & INTR_DATA_VALID) {
            hal_write32(vf->hal, INTR_IDENTITY_REG(0), identity);
            return identity;
        }
        if (hal_now(vf->hal) >= deadline) {
            trace_peer_error(vf->hal, HAL_GT_NONE, 0, "interrupt without identity", bit);
            return 0;
        }
        hal_delay(vf->hal, IDENTITY_POLL_NS);
    }
}

static void serve(struct vf *vf, uint32_t identity)
{
    unsigned gt =
        FIELD_GET(INTR_ENGINE_INSTANCE_MASK, identity) == MEDIA_INSTANCE ? VF_MEDIA_GT : VF_MAIN_GT;

    /* GUC2HOST needs nothing: the interrupt program looks at every CT anyway. */
    if (gt < vf->num_gts && FIELD_GET(INTR_ENGINE_INTR_MASK, identity) & GUC_INTR_SW_INT_0) {
        vf_recovery_irq(&vf->gts[gt]);
    }
}

/* The master is off meanwhile: what comes while we serve signals when it is on again. */
void vf_regirq_scan(struct vf *vf)
{
    static const uint32_t guc_bits[] = {INTR_GUC, INTR_MGUC};
    uint32_t pending;

    hal_write32(vf->hal, GFX_MSTR_IRQ, 0);
    pending = hal_read32(vf->hal, GT_INTR_DW(0));
    for (unsigned i = 0; i < ARRAY_SIZE(guc_bits); i++) {
        if (pending & guc_bits[i]) {
            serve(vf, take_identity(vf, guc_bits[i]));
        }
    }
    /* The acknowledgements have to land before the rings are read. */
    (void)hal_read32(vf->hal, GT_INTR_DW(0));
    hal_write32(vf->hal, GFX_MSTR_IRQ, MASTER_IRQ);
}
