/* SPDX-License-Identifier: MIT */
/* The objects of an image, in file order, and what each does when it is saved, checked and loaded.
 * A check only looks; by the time of a load all of the image has been found good. */
#include "host/gvt/gvt_private.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "host/abi/i915_vgpu_pv.h"
#include "host/abi/xe_gtt_defs.h"

#define GGTT_END (1ull << 32)

static int refused(const struct gvt_vgpu *vgpu, const char *why, uint64_t detail)
{
    gvt_image_refused(vgpu, why, detail);
    return -EINVAL;
}

/* ---- HEAD ------------------------------------------------------------------------------------ */

static uint64_t head_size(const struct gvt_vgpu *vgpu)
{
    (void)vgpu;
    return GVT_IMAGE_HEADER_BYTES;
}

/* Sizes and checksums follow when the rest is written. */
static void head_save(const struct gvt_vgpu *vgpu, struct gvt_image_view view)
{
    const struct gvt_config *config = &vgpu->gvt->config;
    struct gvt_image_header_t head = {.version = GVT_IMAGE_VERSION};
    uint64_t *data = head.global_data;

    data[GVT_GLOBAL_TAG] = GVT_GLOBAL_TAG_VALUE;
    data[GVT_GLOBAL_DEVICE] = PCI_VENDOR_ID_INTEL << 16 | config->device;
    data[GVT_GLOBAL_PLATFORM] = config->platform;
    data[GVT_GLOBAL_REVISION] = config->revision;
    data[GVT_GLOBAL_LOW] = vgpu->share[PART_APERTURE].size;
    data[GVT_GLOBAL_HIGH] = vgpu->share[PART_HIDDEN].size;
    data[GVT_GLOBAL_FENCES] = GVT_FENCES;
    data[GVT_GLOBAL_ENGINES] = config->engine_mask;
    data[GVT_GLOBAL_FLAGS] = (vgpu->failsafe != FAILSAFE_NONE ? GVT_GLOBAL_FLAG_FAILSAFE : 0) |
                             (vgpu->pv.enabled ? GVT_GLOBAL_FLAG_PV_ENABLED : 0) |
                             (gvt_mapping_any(vgpu) ? GVT_GLOBAL_FLAG_PV_BOUND : 0);
    data[GVT_GLOBAL_PV_SUB_GPA] = vgpu->pv.sub_gpa;
    data[GVT_GLOBAL_FIRMWARE] = config->firmware;
    memcpy(view.payload, &head, sizeof(head));
}

static int head_load(struct gvt_vgpu *vgpu, struct gvt_image_view view)
{
    struct gvt_image_header_t head;
    uint64_t flags;

    memcpy(&head, view.payload, sizeof(head));
    flags = head.global_data[GVT_GLOBAL_FLAGS];
    vgpu->failsafe = flags & GVT_GLOBAL_FLAG_FAILSAFE ? FAILSAFE_MIGRATED : FAILSAFE_NONE;
    vgpu->pv = (struct gvt_pv){.enabled = (flags & GVT_GLOBAL_FLAG_PV_ENABLED) != 0,
                               .sub_gpa = head.global_data[GVT_GLOBAL_PV_SUB_GPA]};
    return 0;
}

static const struct gvt_image_ops head_ops = {
    .pre_copy = head_save,
    .size = head_size,
    .pre_save = head_save,
    .pre_load = head_load,
};

/* ---- CFG_SPACE, SREG ------------------------------------------------------------------------- */

static uint64_t cfg_size(const struct gvt_vgpu *vgpu)
{
    return sizeof(vgpu->cfg);
}

static void cfg_save(const struct gvt_vgpu *vgpu, struct gvt_image_view view)
{
    memcpy(view.payload, vgpu->cfg, view.size);
}

static int cfg_load(struct gvt_vgpu *vgpu, struct gvt_image_view view)
{
    memcpy(vgpu->cfg, view.payload, view.size);
    return 0;
}

static const struct gvt_image_ops cfg_ops = {
    .size = cfg_size, .pre_save = cfg_save, .pre_load = cfg_load};

static uint64_t register_file_size(const struct gvt_vgpu *vgpu)
{
    (void)vgpu;
    return GVT_MMIO_SIZE;
}

static void sreg_save(const struct gvt_vgpu *vgpu, struct gvt_image_view view)
{
    memcpy(view.payload, vgpu->sreg, view.size);
}

static int sreg_load(struct gvt_vgpu *vgpu, struct gvt_image_view view)
{
    memcpy(vgpu->sreg, view.payload, view.size);
    return 0;
}

static const struct gvt_image_ops sreg_ops = {
    .size = register_file_size, .pre_save = sreg_save, .pre_load = sreg_load};

/* ---- VREG ------------------------------------------------------------------------------------ */

static uint32_t view32(struct gvt_image_view view, uint32_t offset)
{
    uint32_t value;

    memcpy(&value, view.payload + offset, sizeof(value));
    return value;
}

static void vreg_save(const struct gvt_vgpu *vgpu, struct gvt_image_view view)
{
    memcpy(view.payload, vgpu->vreg, view.size);
}

/* The guest's share is as large as ours and lies in page order somewhere in 4 GiB. */
static bool share_good(const struct gvt_vgpu *vgpu, struct gvt_image_view view)
{
    uint64_t low = view32(view, PVINFO_MAPPABLE_GMADR_BASE);
    uint64_t high = view32(view, PVINFO_NONMAPPABLE_GMADR_BASE);
    uint64_t low_size = vgpu->share[PART_APERTURE].size;
    uint64_t high_size = vgpu->share[PART_HIDDEN].size;

    return view32(view, PVINFO_MAPPABLE_GMADR_SIZE) == low_size &&
           view32(view, PVINFO_NONMAPPABLE_GMADR_SIZE) == high_size &&
           view32(view, PVINFO_FENCE_NUM) == GVT_FENCES && IS_ALIGNED(low, XE_PAGE_SIZE) &&
           IS_ALIGNED(high, XE_PAGE_SIZE) && low + low_size <= high && high + high_size <= GGTT_END;
}

static int vreg_check(const struct gvt_vgpu *vgpu, struct gvt_image_view view)
{
    uint64_t magic = make_64(view32(view, PVINFO_MAGIC), view32(view, PVINFO_MAGIC + 4));
    uint32_t caps = view32(view, PVINFO_PV_CAPS);

    if (magic != VGT_MAGIC) {
        return refused(vgpu, "image: VREG is no vGPU's", magic);
    }
    if (!share_good(vgpu, view)) {
        return refused(vgpu, "image: VREG has another share",
                       view32(view, PVINFO_MAPPABLE_GMADR_BASE));
    }
    if (caps & ~vgpu->gvt->config.pv_caps) {
        return refused(vgpu, "image: PV features that this host has not", caps);
    }
    return 0;
}

/* What registers set off when they were written is set off again, by meaning: RING_MODE's mask is
 * not stored. pv_notified comes first, or the run list would trip the failsafe. */
static void replay_engines(struct gvt_vgpu *vgpu)
{
    for (unsigned engine = 0; engine < GVT_ENGINES; engine++) {
        uint32_t base = gvt_engine_base(engine);
        uint64_t host = 0;
        uint32_t hws = gvt_vreg32(vgpu, base + RING_HWS_PGA_OFFSET);

        if (!(vgpu->gvt->config.engine_mask & 1u << engine)) {
            continue;
        }
        /* A page that is not the guest's is none. */
        if (gvt_vgpu_to_host(vgpu, hws, &host)) {
            host = 0;
        }
        vgpu->ops->set_hws(vgpu->arg, engine, hws ? host : 0);
        vgpu->ops->set_ring_mode(vgpu->arg, engine, gvt_vreg32(vgpu, base + RING_MODE_OFFSET));
    }
}

static int vreg_load(struct gvt_vgpu *vgpu, struct gvt_image_view view)
{
    memcpy(vgpu->vreg, view.payload, view.size);
    vgpu->share[PART_APERTURE].guest = gvt_vreg32(vgpu, PVINFO_MAPPABLE_GMADR_BASE);
    vgpu->share[PART_HIDDEN].guest = gvt_vreg32(vgpu, PVINFO_NONMAPPABLE_GMADR_BASE);
    vgpu->pv_notified = true;
    vgpu->pv.page_gpa = gvt_vreg64(vgpu, PVINFO_SHARED_PAGE_GPA);
    /* Before the page is registered the register is an offer, not what was agreed. */
    vgpu->pv.caps = vgpu->pv.enabled ? gvt_vreg32(vgpu, PVINFO_PV_CAPS) : PV_NONE;
    replay_engines(vgpu);
    for (unsigned n = 0; n < GVT_FENCES; n++) {
        gvt_fence_write(vgpu, n);
    }
    return 0;
}

static const struct gvt_image_ops vreg_ops = {
    .size = register_file_size,
    .pre_save = vreg_save,
    .check = vreg_check,
    .pre_load = vreg_load,
};

/* ---- GTT ------------------------------------------------------------------------------------- */

static uint64_t gtt_size(const struct gvt_vgpu *vgpu)
{
    return gvt_ggtt_count(vgpu) * GVT_GTT_ENTRY_SIZE;
}

static void gtt_save(const struct gvt_vgpu *vgpu, struct gvt_image_view view)
{
    memcpy(view.payload, vgpu->ggtt, view.size);
}

/* Every entry is written, absent ones too: what the target held there goes. A page that the guest
 * has not is its own affair, as when it wrote the entry; it is absent. */
static int gtt_load(struct gvt_vgpu *vgpu, struct gvt_image_view view)
{
    for (uint64_t slot = 0; slot < gvt_ggtt_count(vgpu); slot++) {
        uint64_t entry;

        memcpy(&entry, view.payload + slot * sizeof(entry), sizeof(entry));
        (void)gvt_ggtt_set(vgpu, slot, entry);
    }
    return 0;
}

static const struct gvt_image_ops gtt_ops = {
    .size = gtt_size, .pre_save = gtt_save, .pre_load = gtt_load};

/* ---- WORKLOAD -------------------------------------------------------------------------------- */

static uint64_t workload_size(const struct gvt_vgpu *vgpu)
{
    return (uint64_t)gvt_workload_count(vgpu) * GVT_PENDING_WORKLOAD_BYTES;
}

/* Reads the queues; they stay, and a migration that is cancelled has lost nothing. */
static void workload_save(const struct gvt_vgpu *vgpu, struct gvt_image_view view)
{
    uint8_t *to = view.payload;

    for (unsigned engine = 0; engine < GVT_ENGINES; engine++) {
        for (const struct gvt_queued *n = vgpu->engines[engine].queue; n; n = n->next) {
            const struct gvt_pending_workload_t pending = {
                .ring_id = (int32_t)engine,
                .emulate_schedule_in = n->workload.emulate_schedule_in,
                .pv = n->workload.pv,
                .ctx_desc = {n->workload.desc[0], n->workload.desc[1]},
                .elsp_dwords = n->elsp,
            };

            memcpy(to, &pending, sizeof(pending));
            to += sizeof(pending);
        }
    }
}

static struct gvt_pending_workload_t pending_at(struct gvt_image_view view, uint32_t n)
{
    struct gvt_pending_workload_t pending;

    memcpy(&pending, view.payload + n * sizeof(pending), sizeof(pending));
    return pending;
}

static bool pending_good(const struct gvt_vgpu *vgpu, const struct gvt_pending_workload_t *pending)
{
    const uint32_t needed = CTX_DESC_VALID | CTX_DESC_PRIVILEGE_ACCESS;

    return pending->ring_id >= 0 && pending->ring_id < (int32_t)GVT_ENGINES &&
           vgpu->gvt->config.engine_mask & 1u << pending->ring_id &&
           pending->emulate_schedule_in <= 1 && pending->pv <= 1 && !pending->reserved[0] &&
           !pending->reserved[1] && (pending->ctx_desc[0] & needed) == needed &&
           pending->elsp_dwords.index == 0;
}

static int workload_check(const struct gvt_vgpu *vgpu, struct gvt_image_view view)
{
    uint32_t count = view.size / GVT_PENDING_WORKLOAD_BYTES;

    if (view.size % GVT_PENDING_WORKLOAD_BYTES || count > GVT_MAX_QUEUED) {
        return refused(vgpu, "image: WORKLOAD has a bad size", view.size);
    }
    for (uint32_t n = 0; n < count; n++) {
        struct gvt_pending_workload_t pending = pending_at(view, n);

        if (!pending_good(vgpu, &pending)) {
            return refused(vgpu, "image: WORKLOAD is not one of this device", n);
        }
    }
    return 0;
}

static int workload_load(struct gvt_vgpu *vgpu, struct gvt_image_view view)
{
    for (uint32_t n = 0; n < view.size / GVT_PENDING_WORKLOAD_BYTES; n++) {
        const struct gvt_pending_workload_t pending = pending_at(view, n);
        const struct gvt_workload workload = {
            .engine = (unsigned)pending.ring_id,
            .desc = {pending.ctx_desc[0], pending.ctx_desc[1]},
            .emulate_schedule_in = pending.emulate_schedule_in != 0,
            .pv = pending.pv != 0,
        };
        int err = gvt_workload_queue(vgpu, &workload, &pending.elsp_dwords);

        if (err) {
            return err;
        }
        if (pending.emulate_schedule_in) {
            vgpu->engines[pending.ring_id].elsp = pending.elsp_dwords;
        }
    }
    return 0;
}

/* What came queued is taken as soon as the VM runs, not when the guest next submits. */
static void workload_go_on(struct gvt_vgpu *vgpu)
{
    if (gvt_workload_count(vgpu) > 0) {
        vgpu->ops->kick(vgpu->arg);
    }
}

static const struct gvt_image_ops workload_ops = {
    .size = workload_size,
    .pre_save = workload_save,
    .check = workload_check,
    .pre_load = workload_load,
    .post_load = workload_go_on,
};

/* ---- EXECLIST -------------------------------------------------------------------------------- */

static uint64_t execlist_size(const struct gvt_vgpu *vgpu)
{
    (void)vgpu;
    return GVT_ENGINES * (uint64_t)GVT_ELSP_DWORDS_BYTES;
}

static void execlist_save(const struct gvt_vgpu *vgpu, struct gvt_image_view view)
{
    for (unsigned engine = 0; engine < GVT_ENGINES; engine++) {
        memcpy(view.payload + (size_t)engine * GVT_ELSP_DWORDS_BYTES, &vgpu->engines[engine].elsp,
               GVT_ELSP_DWORDS_BYTES);
    }
}

static int execlist_check(const struct gvt_vgpu *vgpu, struct gvt_image_view view)
{
    for (unsigned engine = 0; engine < GVT_ENGINES; engine++) {
        uint32_t index = view32(view, engine * GVT_ELSP_DWORDS_BYTES +
                                          (uint32_t)offsetof(struct gvt_elsp_dwords, index));

        if (index >= ARRAY_SIZE(vgpu->engines[engine].elsp.data)) {
            return refused(vgpu, "image: EXECLIST has a bad index", index);
        }
    }
    return 0;
}

/* After WORKLOAD: what was half written when the VM stopped is newer than any submission. */
static int execlist_load(struct gvt_vgpu *vgpu, struct gvt_image_view view)
{
    for (unsigned engine = 0; engine < GVT_ENGINES; engine++) {
        memcpy(&vgpu->engines[engine].elsp, view.payload + (size_t)engine * GVT_ELSP_DWORDS_BYTES,
               GVT_ELSP_DWORDS_BYTES);
    }
    return 0;
}

static const struct gvt_image_ops execlist_ops = {
    .size = execlist_size,
    .pre_save = execlist_save,
    .check = execlist_check,
    .pre_load = execlist_load,
};

/* ---- table ----------------------------------------------------------------------------------- */

/* File order is load order: the GTT needs the guest's base out of VREG, WORKLOAD needs all. */
const struct gvt_image_object gvt_image_objects[GVT_IMAGE_OBJECTS] = {
    {"HEAD", &head_ops, GVT_MIGRATION_HEAD, false},
    {"CFG_SPACE", &cfg_ops, GVT_MIGRATION_CFG_SPACE, false},
    {"SREG", &sreg_ops, GVT_MIGRATION_SREG, false},
    {"VREG", &vreg_ops, GVT_MIGRATION_VREG, false},
    {"GTT", &gtt_ops, GVT_MIGRATION_GTT, false},
    {"PPGTT", &gvt_image_ppgtt_ops, GVT_MIGRATION_PPGTT, true},
    {"WORKLOAD", &workload_ops, GVT_MIGRATION_WORKLOAD, true},
    {"EXECLIST", &execlist_ops, GVT_MIGRATION_EXECLIST, false},
};
