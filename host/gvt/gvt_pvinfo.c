/* SPDX-License-Identifier: MIT */
/* The PVINFO page behind its trap: what is stored, what is told, and what a notification does. */
#include "host/gvt/gvt_private.h"

#include <string.h>

#include "host/abi/i915_vgpu_pv.h"

static void put64(struct gvt_vgpu *vgpu, uint32_t offset, uint64_t value)
{
    gvt_vreg32_set(vgpu, offset, lower_32(value));
    gvt_vreg32_set(vgpu, offset + 4, upper_32(value));
}

void gvt_pvinfo_init(struct gvt_vgpu *vgpu)
{
    const struct gvt_config *config = &vgpu->gvt->config;
    uint32_t caps = VGT_CAPS_FULL_PPGTT | VGT_CAPS_HWSP_EMULATION | VGT_CAPS_HUGE_GTT;

    put64(vgpu, PVINFO_MAGIC, VGT_MAGIC);
    gvt_vreg32_set(vgpu, PVINFO_VERSION_MAJOR, VGT_VERSION_MAJOR | VGT_VERSION_MINOR << 16);
    gvt_vreg32_set(vgpu, PVINFO_VGT_ID, vgpu->id);
    gvt_vreg32_set(vgpu, PVINFO_VGT_CAPS, caps | (config->pv_caps ? VGT_CAPS_PV : 0));
    gvt_vreg32_set(vgpu, PVINFO_MAPPABLE_GMADR_BASE, lower_32(vgpu->share[PART_APERTURE].guest));
    gvt_vreg32_set(vgpu, PVINFO_MAPPABLE_GMADR_SIZE, lower_32(vgpu->share[PART_APERTURE].size));
    gvt_vreg32_set(vgpu, PVINFO_NONMAPPABLE_GMADR_BASE, lower_32(vgpu->share[PART_HIDDEN].guest));
    gvt_vreg32_set(vgpu, PVINFO_NONMAPPABLE_GMADR_SIZE, lower_32(vgpu->share[PART_HIDDEN].size));
    gvt_vreg32_set(vgpu, PVINFO_FENCE_NUM, GVT_FENCES);
    gvt_vreg32_set(vgpu, PVINFO_CURSOR_X_HOT, CURSOR_HOT_INITIAL);
    gvt_vreg32_set(vgpu, PVINFO_CURSOR_Y_HOT, CURSOR_HOT_INITIAL);
    gvt_vreg32_set(vgpu, PVINFO_PV_CAPS, config->pv_caps);
}

void gvt_pvinfo_read(struct gvt_vgpu *vgpu, uint32_t offset)
{
    static const struct {
        uint32_t start, end;
    } known[] = {
        {PVINFO_MAGIC, PVINFO_VGT_ID + 4},
        {PVINFO_VGT_CAPS, PVINFO_VGT_CAPS + 4},
        {PVINFO_MAPPABLE_GMADR_BASE, PVINFO_FENCE_NUM + 4},
        {PVINFO_RSV6, PVINFO_RSV6 + 4},
        {PVINFO_PV_CAPS, PVINFO_SHARED_PAGE_GPA + 8},
    };

    vgpu->pv_notified = true;
    for (unsigned n = 0; n < ARRAY_SIZE(known); n++) {
        if (offset >= known[n].start && offset < known[n].end) {
            return;
        }
    }
    gvt_peer_error(vgpu, "pvinfo: read of a reserved place", offset);
}

/* ---- notifications --------------------------------------------------------------------------- */

static void change_root(struct gvt_vgpu *vgpu, unsigned level, bool create)
{
    uint64_t pdp[4] = {0};
    int err;

    for (unsigned n = 0; n < (level == 4 ? 1 : ARRAY_SIZE(pdp)); n++) {
        pdp[n] = gvt_vreg64(vgpu, PVINFO_PDP_LO(n));
    }
    err = create ? gvt_ppgtt_get(vgpu, level, pdp, 1) : gvt_ppgtt_put(vgpu, level, pdp);
    if (err) {
        /* The guest is not told: a write has no answer. */
        gvt_peer_error(vgpu, "g2v_notify: root refused", pdp[0]);
    }
}

static void notify(struct gvt_vgpu *vgpu, uint32_t value)
{
    bool pv = vgpu->gvt->config.pv_caps != 0;

    if (!pv && value >= VGT_G2V_MAX_UPSTREAM) {
        value = 0;
    }
    switch (value) {
    case VGT_G2V_LEGACY_NOOP:
    case VGT_G2V_EXECLIST_CONTEXT_CREATE:
    case VGT_G2V_EXECLIST_CONTEXT_DESTROY:
        break;
    case VGT_G2V_PPGTT_L3_PAGE_TABLE_CREATE:
    case VGT_G2V_PPGTT_L3_PAGE_TABLE_DESTROY:
        change_root(vgpu, 3, value == VGT_G2V_PPGTT_L3_PAGE_TABLE_CREATE);
        break;
    case VGT_G2V_PPGTT_L4_PAGE_TABLE_CREATE:
    case VGT_G2V_PPGTT_L4_PAGE_TABLE_DESTROY:
        change_root(vgpu, 4, value == VGT_G2V_PPGTT_L4_PAGE_TABLE_CREATE);
        break;
    case VGT_G2V_SHARED_PAGE_REGISTER:
        gvt_pv_register_page(vgpu);
        break;
    case VGT_G2V_PV_SEND_TRIGGER:
        gvt_pv_trigger(vgpu);
        break;
    default:
        gvt_peer_error(vgpu, "g2v_notify: unknown value", value);
    }
}

/* ---- writes ---------------------------------------------------------------------------------- */

/* A guest may take less than was offered, never more. */
static void take_pv_caps(struct gvt_vgpu *vgpu, uint32_t value)
{
    vgpu->pv.caps = value & vgpu->gvt->config.pv_caps;
    gvt_vreg32_set(vgpu, PVINFO_PV_CAPS, vgpu->pv.caps);
}

static bool stored(const struct gvt_vgpu *vgpu, uint32_t offset)
{
    bool pv = vgpu->gvt->config.pv_caps != 0;

    return offset == PVINFO_DISPLAY_READY || offset == PVINFO_G2V_NOTIFY ||
           (offset >= PVINFO_CURSOR_X_HOT && offset <= PVINFO_EXECLIST_CONTEXT_DESCRIPTOR_HI) ||
           (pv && offset >= PVINFO_PV_CAPS && offset < PVINFO_SHARED_PAGE_GPA + 8);
}

void gvt_pvinfo_write(struct gvt_vgpu *vgpu, uint32_t offset, const void *from, unsigned size)
{
    uint32_t value = 0;

    if (offset >= PVINFO_RSV5 && offset < PVINFO_G2V_NOTIFY) {
        gvt_vgpu_enter_failsafe(vgpu, FAILSAFE_INSUFFICIENT_RESOURCE);
        return;
    }
    /* All that can be written are dwords. */
    if (size != 4 || !stored(vgpu, offset)) {
        gvt_peer_error(vgpu, "pvinfo: write refused", offset);
        return;
    }
    memcpy(&value, from, sizeof(value));
    gvt_vreg32_set(vgpu, offset, value);
    if (offset == PVINFO_G2V_NOTIFY) {
        notify(vgpu, value);
    } else if (offset == PVINFO_PV_CAPS) {
        take_pv_caps(vgpu, value);
    }
}
