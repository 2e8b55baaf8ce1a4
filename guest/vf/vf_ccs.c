/* SPDX-License-Identifier: MIT */
/* Compression metadata of the VF's memory. The GPU keeps it outside of RAM and of local memory, so
 * no VMM moves it: this driver registers two contexts, of which the GuC runs one at the end of a
 * pause, to copy the metadata to RAM, and the other before RESFIX_DONE succeeds, to copy it back.
 * Neither is ever submitted here. What they copy are two surfaces for jobs to use: one in RAM and,
 * if there is, one in local memory. */
#include "guest/vf/vf_internal.h"

#include <errno.h>

#include "firmware/abi/guc_actions_abi.h"
#include "firmware/abi/guc_messages_abi.h"
#include "firmware/abi/guc_scheduler_abi.h"
#include "host/abi/gpu_commands_abi.h"
#include "host/abi/xe_gtt_defs.h"

#define SURFACE_SIZE   ((uint64_t)VF_SURFACE_PAGES * XE_PAGE_SIZE)
#define LOCAL_AT       XE_PAGE_SIZE /* in the share; the slots are below, see vf_local.c */
#define STORE_OFFSET   ((uint64_t)VF_SURFACE_PAGES * XY_CTRL_SURF_BYTES_PER_PAGE)
#define COPY_DW        5u
#define MAX_BATCH_DW   (VF_SURFACES * COPY_DW + 3u)
#define BUSY_CYCLES    50000u /* as a surface of some MiB would take; chosen */
#define MODE_CREDITS   4u     /* G2H dwords of MODE_DONE */
#define REGISTER_TRIES 10u
#define FLAG_TYPE(n)   ((n) ? GUC_CONTEXT_COMPRESSION_RESTORE : GUC_CONTEXT_COMPRESSION_SAVE)

/* ---- messages -------------------------------------------------------------------------------- */

static uint32_t id_of(const struct vf_gt *gt, unsigned n)
{
    return gt->resources.num_contexts - 1 - n;
}

static int guc_action_register_context(struct vf_gt *gt, unsigned n, uint64_t descriptor)
{
    const uint32_t request[] = {
        XE_GUC_ACTION_REGISTER_CONTEXT,
        CONTEXT_REGISTRATION_FLAG_KMD |
            FIELD_PREP(CONTEXT_REGISTRATION_FLAG_TYPE, (uint32_t)FLAG_TYPE(n)),
        id_of(gt, n),
        GUC_BLITTER_CLASS,
        1u, /* logical instance 0 */
        0,
        0,
        0,
        0,
        0, /* no work queue */
        lower_32(descriptor),
        upper_32(descriptor),
    };

    return ct_send(gt->ct, request, ARRAY_SIZE(request), 0, 0);
}

static int guc_action_mode_set(struct vf_gt *gt, unsigned n)
{
    const uint32_t request[] = {XE_GUC_ACTION_SCHED_CONTEXT_MODE_SET, id_of(gt, n),
                                GUC_CONTEXT_ENABLE};

    return ct_send(gt->ct, request, ARRAY_SIZE(request), MODE_CREDITS, 1);
}

bool vf_ccs_owns(const struct vf_gt *gt, uint32_t id)
{
    return gt->index == VF_MAIN_GT && gt->vf->ccs.on && id >= id_of(gt, VF_CCS_CONTEXTS - 1);
}

/* ---- what they run --------------------------------------------------------------------------- */

static bool surface_is_there(const struct vf *vf, unsigned surface)
{
    return surface == 0 ? vf->ccs.surface.node : vf->ccs.local_surface;
}

static uint64_t surface_addr(const struct vf *vf, unsigned surface)
{
    return surface == 0 ? bo_addr(&vf->ccs.surface, 0) : vf->ccs.local_surface->addr;
}

int vf_ccs_page_addr(const struct vf *vf, unsigned page, uint64_t *addr)
{
    const unsigned surface = page / VF_SURFACE_PAGES;

    if (!vf->ccs.on || surface >= VF_SURFACES || !surface_is_there(vf, surface)) {
        return -EINVAL;
    }
    *addr = surface_addr(vf, surface) + (uint64_t)(page % VF_SURFACE_PAGES) * XE_PAGE_SIZE;
    return 0;
}

/* Save: surfaces to the store; restore: back. */
static void write_batch(struct vf *vf, unsigned n)
{
    uint32_t dw[MAX_BATCH_DW];
    unsigned len = 0;

    dw[len++] = MI_MODEL_WORK;
    dw[len++] = BUSY_CYCLES;
    for (unsigned surface = 0; surface < VF_SURFACES; surface++) {
        uint64_t list = bo_addr(&vf->ccs.store, surface * STORE_OFFSET);
        uint64_t pages;

        if (!surface_is_there(vf, surface)) {
            continue;
        }
        pages = surface_addr(vf, surface);
        dw[len++] = XY_CTRL_SURF_COPY_BLT | XY_CTRL_SURF_GGTT |
                    FIELD_PREP(XE2_CCS_SIZE_MASK, VF_SURFACE_PAGES - 1u) |
                    (n ? XY_CTRL_SURF_SRC_DIRECT : XY_CTRL_SURF_DST_DIRECT);
        dw[len++] = lower_32(n ? list : pages);
        dw[len++] = 0;
        dw[len++] = lower_32(n ? pages : list);
        dw[len++] = 0;
    }
    dw[len++] = MI_BATCH_BUFFER_END;
    bo_write(vf->hal, &vf->ccs.contexts[n].batches, 0, dw, len * sizeof(*dw));
}

static void write_ring(struct vf *vf, unsigned n)
{
    struct vf_queue *context = &vf->ccs.contexts[n];
    const uint64_t batch = bo_addr(&context->batches, 0);
    const uint32_t ring[] = {
        MI_ARB_ON_OFF | MI_ARB_ENABLE, MI_BATCH_BUFFER_START, lower_32(batch), 0, MI_NOOP, MI_NOOP,
    };

    bo_write(vf->hal, &context->lrc, 0, ring, sizeof(ring));
    vf_context_write_image(context);
    vf_context_set_tail(
        context); /* behind the first place for a job, of which NOOPs are the rest */
}

void vf_ccs_rebase(struct vf *vf)
{
    for (unsigned n = 0; n < VF_CCS_CONTEXTS && vf->ccs.on; n++) {
        write_batch(vf, n);
        write_ring(vf, n);
    }
}

/* ---- life ------------------------------------------------------------------------------------ */

static int create_objects(struct vf *vf)
{
    struct vf_ccs *ccs = &vf->ccs;
    int ret = bo_create(vf->hal, vf->ggtt, SURFACE_SIZE, GGTT_PAT_NORMAL, &ccs->surface);

    if (!ret) {
        ret = bo_create(vf->hal, vf->ggtt, XE_PAGE_SIZE, GGTT_PAT_NORMAL, &ccs->store);
    }
    if (!ret && vf_local_size(vf)) {
        ret = ggtt_insert(vf->ggtt, SURFACE_SIZE, XE_PAGE_SIZE, &ccs->local_surface);
    }
    if (!ret && ccs->local_surface) {
        ggtt_map(vf->ggtt, ccs->local_surface, LOCAL_AT, GGTT_PAT_NORMAL | XE_GGTT_PTE_DM);
    }
    for (unsigned n = 0; n < VF_CCS_CONTEXTS && !ret; n++) {
        /* Complete but for its place in the table of queues: nobody submits to it. */
        ccs->contexts[n] = (struct vf_queue){
            .vf = vf, .gt = &vf->gts[VF_MAIN_GT], .engine = VF_ENGINE_COPY, .emitted = 1};
        ret = vf_context_create(&ccs->contexts[n], &(struct vf_space){0});
    }
    return ret;
}

/* Tried again when a migration came in between. */
static int register_one(struct vf_gt *gt, unsigned n)
{
    const struct vf_queue *context = &gt->vf->ccs.contexts[n];
    int ret = -ECANCELED;

    for (unsigned tries = 0; tries < REGISTER_TRIES && ret == -ECANCELED; tries++) {
        if (tries) {
            (void)hal_wait(gt->vf->hal, HAL_NS_PER_MS);
        }
        ret = guc_action_register_context(gt, n, vf_context_descriptor(context));
        ret = ret ? ret : guc_action_mode_set(gt, n);
    }
    return ret;
}

int vf_ccs_register(struct vf_gt *gt)
{
    int ret = 0;

    for (unsigned n = 0; n < VF_CCS_CONTEXTS && vf_ccs_owns(gt, id_of(gt, n)) && !ret; n++) {
        ret = register_one(gt, n);
    }
    return ret;
}

int vf_ccs_start(struct vf *vf)
{
    struct vf_gt *gt = &vf->gts[VF_MAIN_GT];
    int ret;

    /* Queues take the lowest ids. */
    if (!vf->config.compression || gt->resources.num_contexts < VF_MAX_QUEUES + VF_CCS_CONTEXTS) {
        return 0;
    }
    ret = create_objects(vf);
    if (ret) {
        return ret;
    }
    vf->ccs.on = true;
    vf_ccs_rebase(vf);
    return vf_ccs_register(gt);
}

void vf_ccs_stop(struct vf *vf)
{
    struct bo *objects[] = {&vf->ccs.surface, &vf->ccs.store};

    for (unsigned n = 0; n < VF_CCS_CONTEXTS; n++) {
        if (vf->ccs.contexts[n].vf) {
            vf_context_destroy(&vf->ccs.contexts[n]);
        }
    }
    for (unsigned i = 0; i < ARRAY_SIZE(objects); i++) {
        if (objects[i]->node) {
            bo_destroy(vf->hal, vf->ggtt, objects[i]);
        }
    }
    if (vf->ccs.local_surface) {
        ggtt_remove(vf->ggtt, vf->ccs.local_surface);
    }
    vf->ccs = (struct vf_ccs){.on = false};
}
