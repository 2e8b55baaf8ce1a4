/* SPDX-License-Identifier: MIT */
/* Work that a guest submitted and the GPU has not finished: the submit port of each engine, and a
 * queue that the engine's worker empties. Nothing here runs anything. */
#include "host/gvt/gvt_private.h"

#include <errno.h>
#include <stdlib.h>

#define PORTS 2u

static const uint32_t engine_bases[GVT_ENGINES] = {
    [GVT_ENGINE_RCS] = RCS_BASE,   [GVT_ENGINE_BCS] = BCS_BASE,   [GVT_ENGINE_VCS] = VCS_BASE,
    [GVT_ENGINE_VCS2] = VCS2_BASE, [GVT_ENGINE_VECS] = VECS_BASE,
};

uint32_t gvt_engine_base(unsigned engine)
{
    return engine_bases[engine];
}

/* ---- queue ----------------------------------------------------------------------------------- */

unsigned gvt_workload_count(const struct gvt_vgpu *vgpu)
{
    unsigned count = 0;

    for (unsigned engine = 0; engine < GVT_ENGINES; engine++) {
        for (const struct gvt_queued *n = vgpu->engines[engine].queue; n; n = n->next) {
            count++;
        }
    }
    return count;
}

bool gvt_workload_running(const struct gvt_vgpu *vgpu)
{
    bool running = false;

    for (unsigned engine = 0; engine < GVT_ENGINES; engine++) {
        const struct gvt_queued *oldest = vgpu->engines[engine].queue;

        /* The worker has it longer than the queue when that was dropped. */
        running |= (oldest && oldest->running) || vgpu->gvt->workers[vgpu->id][engine].running;
    }
    return running;
}

int gvt_workload_queue(struct gvt_vgpu *vgpu, const struct gvt_workload *workload,
                       const struct gvt_elsp_dwords *elsp)
{
    struct gvt_queued **link = &vgpu->engines[workload->engine].queue;
    struct gvt_queued *queued;

    if (gvt_workload_count(vgpu) >= GVT_MAX_QUEUED) {
        return -ENOMEM;
    }
    queued = calloc(1, sizeof(*queued));
    if (!queued) {
        return -ENOMEM;
    }
    queued->workload = *workload;
    if (elsp) {
        queued->elsp = *elsp;
    }
    while (*link) {
        link = &(*link)->next;
    }
    *link = queued;
    return 0;
}

void gvt_workload_drop_all(struct gvt_vgpu *vgpu)
{
    for (unsigned engine = 0; engine < GVT_ENGINES; engine++) {
        while (vgpu->engines[engine].queue) {
            struct gvt_queued *queued = vgpu->engines[engine].queue;

            vgpu->engines[engine].queue = queued->next;
            free(queued);
        }
    }
}

bool gvt_workload_take(struct gvt_vgpu *vgpu, unsigned engine, struct gvt_workload *workload)
{
    struct gvt_queued *oldest = engine < GVT_ENGINES ? vgpu->engines[engine].queue : NULL;

    if (!vgpu->active || !oldest || oldest->running) {
        return false;
    }
    oldest->running = true;
    *workload = oldest->workload;
    return true;
}

bool gvt_workload_next(const struct gvt_vgpu *vgpu, unsigned engine, struct gvt_workload *next)
{
    const struct gvt_queued *oldest = vgpu->engines[engine].queue;

    if (!oldest || !oldest->running || !oldest->next) {
        return false;
    }
    *next = oldest->next->workload;
    return true;
}

/* The queue may be gone: a reset does not wait for the engine. */
void gvt_workload_done(struct gvt_vgpu *vgpu, unsigned engine)
{
    struct gvt_queued *oldest = vgpu->engines[engine].queue;

    if (oldest && oldest->running) {
        vgpu->engines[engine].queue = oldest->next;
        free(oldest);
        hal_wake(vgpu->gvt->config.hal);
    }
}

/* ---- submit port ----------------------------------------------------------------------------- */

static bool desc_good(uint32_t low)
{
    return !(low & CTX_DESC_VALID) || low & CTX_DESC_PRIVILEGE_ACCESS;
}

int gvt_workload_submit(struct gvt_vgpu *vgpu, unsigned engine, const uint32_t desc[4], bool pv)
{
    const struct gvt_elsp_dwords elsp = {.data = {desc[0], desc[1], desc[2], desc[3]}};
    const unsigned count = desc[2] & CTX_DESC_VALID ? PORTS : 1;

    if (!(desc[0] & CTX_DESC_VALID) || !desc_good(desc[0]) || !desc_good(desc[2])) {
        return -EINVAL;
    }
    /* Both or none. */
    if (gvt_workload_count(vgpu) + count > GVT_MAX_QUEUED) {
        return -ENOMEM;
    }
    for (unsigned n = 0; n < count; n++) {
        const uint32_t *pair = &desc[(size_t)2 * n];
        const struct gvt_workload workload = {.engine = engine,
                                              .desc = {pair[0], pair[1]},
                                              .emulate_schedule_in = n == 0 && !pv,
                                              .pv = pv};
        int err = gvt_workload_queue(vgpu, &workload, n == 0 && !pv ? &elsp : NULL);

        if (err) {
            return err;
        }
    }
    vgpu->ops->kick(vgpu->arg);
    return 0;
}

void gvt_elsp_write(struct gvt_vgpu *vgpu, unsigned engine, uint32_t value)
{
    struct gvt_elsp_dwords *elsp = &vgpu->engines[engine].elsp;
    int err;

    elsp->data[ARRAY_SIZE(elsp->data) - 1 - elsp->index] = value;
    elsp->index = (elsp->index + 1) % ARRAY_SIZE(elsp->data);
    if (elsp->index != 0) {
        return;
    }
    err = gvt_workload_submit(vgpu, engine, elsp->data, false);
    if (err) {
        gvt_peer_error(vgpu, "elsp: descriptors refused", elsp->data[0]);
    }
}
