/* SPDX-License-Identifier: MIT */
/* Interrupts of a vGPU, source by source, as gen9 has them: what neither its engine's mask nor that
 * of the bank keeps back stays in IIR until
 * the guest writes it back; what is enabled too shows in the master register, and when that lets
 * messages out there is one. Another one comes only after there was nothing, or after the master
 * was off: a guest that turns it off while it looks at IIR misses none. All of it is registers, so
 * it moves with them; a message that was under way when the VM moved is sent again. */
#include "host/gvt/gvt_private.h"

#include "host/abi/gen8_irq.h"

static const struct {
    unsigned bank, shift;
    uint32_t master;
} engines[GVT_ENGINES] = {
    [GVT_ENGINE_RCS] = {0, GEN8_RCS_IRQ_SHIFT, GEN8_GT_RCS_IRQ},
    [GVT_ENGINE_BCS] = {0, GEN8_BCS_IRQ_SHIFT, GEN8_GT_BCS_IRQ},
    [GVT_ENGINE_VCS] = {1, GEN8_VCS0_IRQ_SHIFT, GEN8_GT_VCS0_IRQ},
    [GVT_ENGINE_VCS2] = {1, GEN8_VCS1_IRQ_SHIFT, GEN8_GT_VCS1_IRQ},
    [GVT_ENGINE_VECS] = {3, GEN8_VECS_IRQ_SHIFT, GEN8_GT_VECS_IRQ},
};

static uint32_t pending(const struct gvt_vgpu *vgpu)
{
    uint32_t status = 0;

    for (unsigned n = 0; n < GVT_ENGINES; n++) {
        uint32_t seen = gvt_vreg32(vgpu, GEN8_GT_IIR(engines[n].bank)) &
                        gvt_vreg32(vgpu, GEN8_GT_IER(engines[n].bank));

        status |= seen >> engines[n].shift & UINT16_MAX ? engines[n].master : 0;
    }
    return status;
}

void gvt_irq_update(struct gvt_vgpu *vgpu)
{
    uint32_t control = gvt_vreg32(vgpu, GEN8_MASTER_IRQ) & GEN8_MASTER_IRQ_CONTROL;
    uint32_t status = pending(vgpu);
    bool before = vgpu->irq_told;

    gvt_vreg32_set(vgpu, GEN8_MASTER_IRQ, control | status);
    vgpu->irq_told = control && status;
    if (vgpu->irq_told && !before) {
        vgpu->ops->interrupt(vgpu->arg);
    }
}

void gvt_irq_init(struct gvt_vgpu *vgpu)
{
    vgpu->irq_told = false;
    for (unsigned bank = 0; bank < GEN8_GT_BANKS; bank++) {
        gvt_vreg32_set(vgpu, GEN8_GT_IMR(bank), UINT32_MAX);
    }
    for (unsigned engine = 0; engine < GVT_ENGINES; engine++) {
        gvt_vreg32_set(vgpu, gvt_engine_base(engine) + RING_IMR_OFFSET, UINT32_MAX);
    }
}

void gvt_irq_raise(struct gvt_vgpu *vgpu, unsigned engine, uint32_t sources)
{
    unsigned bank = engines[engine].bank;
    uint32_t told = sources & ~gvt_vreg32(vgpu, gvt_engine_base(engine) + RING_IMR_OFFSET);
    uint32_t seen = told << engines[engine].shift & ~gvt_vreg32(vgpu, GEN8_GT_IMR(bank));

    gvt_vreg32_set(vgpu, GEN8_GT_IIR(bank), gvt_vreg32(vgpu, GEN8_GT_IIR(bank)) | seen);
    gvt_irq_update(vgpu);
}

bool gvt_irq_write(struct gvt_vgpu *vgpu, uint32_t offset, uint32_t value)
{
    uint32_t before = gvt_vreg32(vgpu, offset);
    uint32_t at = (offset - GEN8_GT_ISR(0)) % GEN8_GT_BANK_SIZE + GEN8_GT_ISR(0);
    bool in_banks = offset >= GEN8_GT_ISR(0) && offset < GEN8_GT_ISR(GEN8_GT_BANKS);

    if (!in_banks && offset != GEN8_MASTER_IRQ) {
        return false;
    }
    if (in_banks && at == GEN8_GT_ISR(0)) {
        value = before; /* read-only */
    } else if (in_banks && at == GEN8_GT_IIR(0)) {
        value = before & ~value;
    }
    gvt_vreg32_set(vgpu, offset, value);
    gvt_irq_update(vgpu);
    return true;
}
