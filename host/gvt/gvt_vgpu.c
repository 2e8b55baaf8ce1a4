/* SPDX-License-Identifier: MIT */
/* Life of a vGPU: creation with a share of the GPU, start, stop that waits for running work, reset,
 * removal. */
#include "host/gvt/gvt_private.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "sim/hal/trace.h"

#define STOP_TIMEOUT_NS (10 * HAL_NS_PER_S)

void gvt_peer_error(const struct gvt_vgpu *vgpu, const char *what, uint64_t detail)
{
    const struct gvt_config *config = &vgpu->gvt->config;

    trace_peer_error(config->hal, HAL_GT_NONE, config->fn_base + vgpu->id, what, detail);
}

/* A guest that starts here sees its share where it is; one that comes from elsewhere, where it was
 * there. */
static void init_state(struct gvt_vgpu *vgpu)
{
    for (unsigned part = 0; part < PARTS; part++) {
        vgpu->share[part].guest = vgpu->share[part].host;
    }
    vgpu->failsafe = FAILSAFE_NONE;
    vgpu->pv_notified = false;
    vgpu->loaded = false;
    vgpu->pv = (struct gvt_pv){.enabled = false};
    memset(vgpu->vreg, 0, GVT_MMIO_SIZE);
    memset(vgpu->sreg, 0, GVT_MMIO_SIZE);
    memset(vgpu->ggtt, 0, gvt_ggtt_count(vgpu) * sizeof(*vgpu->ggtt));
    for (unsigned engine = 0; engine < GVT_ENGINES; engine++) {
        vgpu->engines[engine].elsp = (struct gvt_elsp_dwords){.index = 0};
        vgpu->engines[engine].execlist = (struct gvt_execlist){.running = false};
    }
    gvt_config_init(vgpu);
    gvt_irq_init(vgpu);
    gvt_pvinfo_init(vgpu);
}

static void vgpu_free(struct gvt_vgpu *vgpu)
{
    gvt_workload_drop_all(vgpu);
    gvt_ppgtt_drop_all(vgpu);
    free(vgpu->stream.bytes);
    free(vgpu->dirty);
    free(vgpu->ggtt);
    free(vgpu->sreg);
    free(vgpu->vreg);
    free(vgpu);
}

static unsigned free_id(const struct gvt *gvt)
{
    unsigned id = VGPU_ID_MIN;

    while (id <= VGPU_ID_MAX && gvt->vgpus[id]) {
        id++;
    }
    return id;
}

int gvt_vgpu_create(struct gvt *gvt, const struct gvt_type *type, const char *uuid)
{
    const uint64_t sizes[PARTS] = {type->low, type->high};
    unsigned id = free_id(gvt);
    struct gvt_vgpu *vgpu;

    if (id > VGPU_ID_MAX) {
        return -ENOSPC;
    }
    vgpu = calloc(1, sizeof(*vgpu));
    if (!vgpu) {
        return -ENOMEM;
    }
    vgpu->gvt = gvt;
    vgpu->type = type;
    vgpu->id = id;
    memcpy(vgpu->uuid, uuid, GVT_UUID_CHARS);
    for (unsigned part = 0; part < PARTS; part++) {
        vgpu->share[part].size = sizes[part];
        if (gvt_place_find(gvt, (enum gvt_part)part, sizes[part], &vgpu->share[part].host)) {
            vgpu_free(vgpu);
            return -ENOSPC;
        }
    }
    vgpu->vreg = calloc(1, GVT_MMIO_SIZE);
    vgpu->sreg = calloc(1, GVT_MMIO_SIZE);
    vgpu->ggtt = calloc(gvt_ggtt_count(vgpu), sizeof(*vgpu->ggtt));
    if (!vgpu->vreg || !vgpu->sreg || !vgpu->ggtt) {
        vgpu_free(vgpu);
        return -ENOMEM;
    }
    init_state(vgpu);
    gvt->vgpus[id] = vgpu;
    return 0;
}

void gvt_vgpu_remove(struct gvt_vgpu *vgpu)
{
    if (vgpu) {
        vgpu->gvt->vgpus[vgpu->id] = NULL;
        for (unsigned n = 0; vgpu->ops && n < GVT_FENCES; n++) {
            gvt_fence_clear(vgpu, n);
        }
        vgpu_free(vgpu);
    }
}

struct gvt_vgpu *gvt_vgpu_find(struct gvt *gvt, const char *uuid)
{
    for (unsigned id = VGPU_ID_MIN; id <= VGPU_ID_MAX; id++) {
        if (gvt->vgpus[id] && strcasecmp(gvt->vgpus[id]->uuid, uuid) == 0) {
            return gvt->vgpus[id];
        }
    }
    return NULL;
}

int gvt_vgpu_attach(struct gvt_vgpu *vgpu, const struct gvt_ops *ops, void *arg,
                    uint64_t guest_pages)
{
    uint8_t *dirty = calloc(guest_pages / 8 + 1, 1);

    if (!dirty) {
        return -ENOMEM;
    }
    free(vgpu->dirty);
    vgpu->dirty = dirty;
    vgpu->guest_pages = guest_pages;
    vgpu->ops = ops;
    vgpu->arg = arg;
    return 0;
}

/* ---- running --------------------------------------------------------------------------------- */

static void set_active(struct gvt_vgpu *vgpu, bool active)
{
    vgpu->active = active;
    hal_probe_set(vgpu->gvt->config.hal, vgpu->gvt->probes[vgpu->id].active, active);
}

/* Work that was queued before a stop goes on only because of the kick. */
void gvt_vgpu_start(struct gvt_vgpu *vgpu)
{
    assert(vgpu->ops);
    gvt_config_map(vgpu);
    set_active(vgpu, true);
    gvt_shadow_forget(vgpu); /* RAM may be another, or written by others meanwhile */
    if (vgpu->loaded) {
        vgpu->loaded = false;
        gvt_image_post_load(vgpu);
        vgpu->irq_told = false;
        gvt_irq_update(vgpu);
    }
    vgpu->ops->kick(vgpu->arg);
}

static int wait_idle(const struct gvt_vgpu *vgpu)
{
    struct hal *hal = vgpu->gvt->config.hal;
    uint64_t end = hal_now(hal) + STOP_TIMEOUT_NS;

    while (gvt_workload_running(vgpu)) {
        uint64_t now = hal_now(hal);

        if (now >= end) {
            return -ETIME;
        }
        (void)hal_wait(hal, end - now);
    }
    return 0;
}

int gvt_vgpu_stop(struct gvt_vgpu *vgpu)
{
    set_active(vgpu, false);
    return wait_idle(vgpu);
}

/* What runs is thrown off its engine and waited for: it would write to RAM that the guest uses for
 * something else by now. */
void gvt_vgpu_reset(struct gvt_vgpu *vgpu)
{
    set_active(vgpu, false);
    vgpu->life++;
    gvt_workload_drop_all(vgpu);
    for (unsigned engine = 0; engine < GVT_ENGINES; engine++) {
        vgpu->gvt->workers[vgpu->id][engine].given_up = true;
    }
    hal_wake(vgpu->gvt->config.hal);
    if (wait_idle(vgpu)) {
        gvt_peer_error(vgpu, "reset: work does not leave", 0);
    }
    gvt_ppgtt_drop_all(vgpu);
    init_state(vgpu);
    for (uint64_t slot = 0; vgpu->ops && slot < gvt_ggtt_count(vgpu); slot++) {
        (void)gvt_ggtt_set(vgpu, slot, 0);
    }
    for (unsigned n = 0; vgpu->ops && n < GVT_FENCES; n++) {
        gvt_fence_write(vgpu, n);
    }
}

unsigned gvt_vgpu_id(const struct gvt_vgpu *vgpu)
{
    return vgpu->id;
}

void gvt_vgpu_place(const struct gvt_vgpu *vgpu, uint64_t guest[2], uint64_t host[2])
{
    for (unsigned part = 0; part < PARTS; part++) {
        guest[part] = vgpu->share[part].guest;
        host[part] = vgpu->share[part].host;
    }
}

uint8_t *gvt_vgpu_config_space(struct gvt_vgpu *vgpu)
{
    return vgpu->cfg;
}

void gvt_vgpu_enter_failsafe(struct gvt_vgpu *vgpu, enum gvt_failsafe why)
{
    static const char *const names[] = {
        [FAILSAFE_NONE] = "failsafe: none",
        [FAILSAFE_UNSUPPORTED_GUEST] = "failsafe: unsupported guest",
        [FAILSAFE_INSUFFICIENT_RESOURCE] = "failsafe: insufficient resource",
        [FAILSAFE_GUEST_ERR] = "failsafe: guest error",
        [FAILSAFE_MIGRATED] = "failsafe: migrated",
    };

    if (vgpu->failsafe == FAILSAFE_NONE) {
        vgpu->failsafe = why;
        gvt_peer_error(vgpu, names[why], 0);
    }
}

/* ---- guest RAM ------------------------------------------------------------------------------- */

void gvt_dirty_mark(struct gvt_vgpu *vgpu, uint64_t gpa, uint64_t size)
{
    uint64_t page = gpa / HAL_PAGE_SIZE;
    uint64_t end = size ? (gpa + size - 1) / HAL_PAGE_SIZE + 1 : page;

    for (; vgpu->dirty_logging && page < end && page < vgpu->guest_pages; page++) {
        vgpu->dirty[page / 8] |= (uint8_t)(1u << page % 8);
    }
}

int gvt_guest_write(struct gvt_vgpu *vgpu, uint64_t gpa, const void *from, uint64_t size)
{
    int err = vgpu->ops->guest_write(vgpu->arg, gpa, from, size);

    if (!err) {
        gvt_dirty_mark(vgpu, gpa, size);
    }
    return err;
}
