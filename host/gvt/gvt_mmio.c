/* SPDX-License-Identifier: MIT */
/* Trapped BAR0 accesses of a vGPU: which register an offset is, and what a write to it does. */
#include "host/gvt/gvt_private.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "host/abi/i915_vgpu_pv.h"
#include "host/abi/xe_gtt_defs.h"

#define MASKED_SHIFT 16u

uint32_t gvt_vreg32(const struct gvt_vgpu *vgpu, uint32_t offset)
{
    uint32_t value;

    memcpy(&value, vgpu->vreg + offset, sizeof(value));
    return value;
}

void gvt_vreg32_set(struct gvt_vgpu *vgpu, uint32_t offset, uint32_t value)
{
    memcpy(vgpu->vreg + offset, &value, sizeof(value));
}

uint64_t gvt_vreg64(const struct gvt_vgpu *vgpu, uint32_t offset)
{
    return make_64(gvt_vreg32(vgpu, offset), gvt_vreg32(vgpu, offset + 4));
}

/* ---- registers of an engine ------------------------------------------------------------------ */

static int write_elsp(struct gvt_vgpu *vgpu, unsigned engine, uint32_t value)
{
    if (vgpu->pv.enabled && vgpu->pv.caps & PV_SUBMISSION &&
        value == vgpu->gvt->config.pv_submit_action) {
        gvt_pv_submit(vgpu, engine);
    } else {
        gvt_elsp_write(vgpu, engine, value);
    }
    return 0;
}

static int write_ring_mode(struct gvt_vgpu *vgpu, unsigned engine, uint32_t value)
{
    uint32_t offset = gvt_engine_base(engine) + RING_MODE_OFFSET;
    uint32_t mask = value >> MASKED_SHIFT;
    uint32_t on = (gvt_vreg32(vgpu, offset) & ~mask) | (value & mask);

    /* A guest that never looked does not know that it is one, and will not share. */
    if (!vgpu->pv_notified && value & mask & (GFX_RUN_LIST_ENABLE | GFX_PPGTT_ENABLE)) {
        gvt_vgpu_enter_failsafe(vgpu, FAILSAFE_UNSUPPORTED_GUEST);
        return 0;
    }
    gvt_vreg32_set(vgpu, offset, on);
    if (value & mask & GFX_RUN_LIST_ENABLE) {
        gvt_execlist_init(vgpu, engine);
    }
    vgpu->ops->set_ring_mode(vgpu->arg, engine, on);
    return 0;
}

static int write_hws(struct gvt_vgpu *vgpu, unsigned engine, uint32_t value)
{
    uint64_t host = 0;

    if (value && (!IS_ALIGNED(value, XE_PAGE_SIZE) || gvt_vgpu_to_host(vgpu, value, &host))) {
        return -EINVAL;
    }
    gvt_vreg32_set(vgpu, gvt_engine_base(engine) + RING_HWS_PGA_OFFSET, value);
    vgpu->ops->set_hws(vgpu->arg, engine, host);
    return 0;
}

static int write_status_pointer(struct gvt_vgpu *vgpu, unsigned engine, uint32_t value)
{
    gvt_execlist_write_pointer(vgpu, engine, value);
    return 0;
}

/* Status is read-only. */
static int write_nothing(struct gvt_vgpu *vgpu, unsigned engine, uint32_t value)
{
    (void)vgpu;
    (void)engine;
    (void)value;
    return 0;
}

static const struct engine_register {
    uint32_t offset;
    int (*write)(struct gvt_vgpu *vgpu, unsigned engine, uint32_t value);
} engine_registers[] = {
    {EL_OFFSET_ELSP, write_elsp},          {RING_MODE_OFFSET, write_ring_mode},
    {RING_HWS_PGA_OFFSET, write_hws},      {EL_OFFSET_STATUS, write_nothing},
    {EL_OFFSET_STATUS + 4, write_nothing}, {EL_OFFSET_STATUS_PTR, write_status_pointer},
};

static const struct engine_register *find_engine_register(const struct gvt_vgpu *vgpu,
                                                          uint32_t offset, unsigned *engine)
{
    for (unsigned at = 0; at < GVT_ENGINES * ARRAY_SIZE(engine_registers); at++) {
        const struct engine_register *reg = &engine_registers[at % ARRAY_SIZE(engine_registers)];

        *engine = at / (unsigned)ARRAY_SIZE(engine_registers);
        if (vgpu->gvt->config.engine_mask & 1u << *engine &&
            offset == gvt_engine_base(*engine) + reg->offset) {
            return reg;
        }
    }
    return NULL;
}

/* ---- dispatch -------------------------------------------------------------------------------- */

static bool in_window(uint64_t offset, uint64_t start, uint64_t size)
{
    return offset >= start && offset - start < size;
}

static void write_fence(struct gvt_vgpu *vgpu, uint32_t offset, const void *from, unsigned size)
{
    unsigned n = (offset - FENCE_REG_BASE) / 8;

    if (n >= GVT_FENCES) {
        gvt_peer_error(vgpu, "fence: not the guest's", n);
        return;
    }
    memcpy(vgpu->vreg + offset, from, size);
    gvt_fence_write(vgpu, n);
}

static int write_register(struct gvt_vgpu *vgpu, uint32_t offset, const void *from, unsigned size)
{
    const struct engine_register *found;
    unsigned engine;
    uint32_t value = 0;

    if (vgpu->failsafe != FAILSAFE_NONE) {
        memcpy(vgpu->vreg + offset, from, size);
        return 0;
    }
    if (in_window(offset, VGT_PVINFO_PAGE, VGT_PVINFO_SIZE)) {
        gvt_pvinfo_write(vgpu, offset, from, size);
        return 0;
    }
    if (in_window(offset, FENCE_REG_BASE, 8ull * GVT_MAX_VGPU * GVT_FENCES)) {
        write_fence(vgpu, offset, from, size);
        return 0;
    }
    found = size == 4 ? find_engine_register(vgpu, offset, &engine) : NULL;
    memcpy(&value, from, size);
    if (size == 4 && gvt_irq_write(vgpu, offset, value)) {
        return 0;
    }
    if (!found) {
        memcpy(vgpu->vreg + offset, from, size);
        return 0;
    }
    return found->write(vgpu, engine, value);
}

/* 1: a register, 2: the GGTT; or -EINVAL. An access of 8 bytes to registers is two of 4. */
enum target { TARGET_REGISTER = 1, TARGET_GGTT };

static int find_target(const struct gvt_vgpu *vgpu, uint64_t offset, unsigned size)
{
    uint64_t entries = vgpu->gvt->config.ggtt / XE_PAGE_SIZE;
    bool good_size = size == 1 || size == 2 || size == 4 || size == 8;

    if (in_window(offset, GVT_GTT_START_OFFSET, entries * GVT_GTT_ENTRY_SIZE)) {
        uint64_t at = (offset - GVT_GTT_START_OFFSET) % GVT_GTT_ENTRY_SIZE;

        /* Two halves of two entries are in no entry. */
        return (size == 4 || size == 8) && offset % 4 == 0 && at + size <= GVT_GTT_ENTRY_SIZE
                   ? TARGET_GGTT
                   : -EINVAL;
    }
    if (!good_size || !in_window(offset, 0, GVT_MMIO_SIZE) || size > GVT_MMIO_SIZE - offset) {
        return -EINVAL;
    }
    return offset % (size < 8 ? size : 4) == 0 ? TARGET_REGISTER : -EINVAL;
}

int gvt_mmio_read(struct gvt_vgpu *vgpu, uint64_t offset, void *to, unsigned size)
{
    int target = find_target(vgpu, offset, size);
    uint64_t entry = 0;
    uint64_t slot;

    if (target < 0) {
        return target;
    }
    if (target == TARGET_REGISTER) {
        if (in_window(offset, VGT_PVINFO_PAGE, VGT_PVINFO_SIZE)) {
            gvt_pvinfo_read(vgpu, (uint32_t)offset);
        }
        memcpy(to, vgpu->vreg + offset, size);
        return 0;
    }
    offset -= GVT_GTT_START_OFFSET;
    if (gvt_ggtt_slot(vgpu, offset / GVT_GTT_ENTRY_SIZE * XE_PAGE_SIZE, &slot)) {
        entry = vgpu->ggtt[slot];
    }
    memcpy(to, (const uint8_t *)&entry + offset % GVT_GTT_ENTRY_SIZE, size);
    return 0;
}

int gvt_mmio_write(struct gvt_vgpu *vgpu, uint64_t offset, const void *from, unsigned size)
{
    int target = find_target(vgpu, offset, size);
    int err;

    assert(vgpu->ops);
    if (target < 0) {
        return target;
    }
    if (target == TARGET_GGTT) {
        return gvt_ggtt_mmio_write(vgpu, offset, from, size);
    }
    if (size <= 4) {
        return write_register(vgpu, (uint32_t)offset, from, size);
    }
    err = write_register(vgpu, (uint32_t)offset, from, 4);
    return err ? err : write_register(vgpu, (uint32_t)offset + 4, (const uint8_t *)from + 4, 4);
}
