/* SPDX-License-Identifier: MIT */
/* Whose workload an engine runs next: that of the vGPU that had the least of the engine's time,
 * each nanosecond counted by the weight of its type. An engine is one vGPU's for a slice at most:
 * a workload that runs longer, or hangs, shares the engine with the next as the GuC has contexts
 * share it. A vGPU that has just finished is waited for, or one that submits only when it is told
 * of the end would lose its turn each time; one that was away gets no credit for that. */
#include "host/gvt/gvt_private.h"

#define MAX_WEIGHT 16u                  /* of a type */
#define SLICE_NS   HAL_NS_PER_MS        /* as the GuC's quantum */
#define AWAY_NS    (50 * HAL_NS_PER_US) /* what a guest may need to submit again; chosen */

static bool wants(const struct gvt_worker *worker)
{
    const struct gvt_vgpu *vgpu = worker->gvt->vgpus[worker->id];

    return vgpu && vgpu->active && vgpu->failsafe == FAILSAFE_NONE && !worker->running &&
           vgpu->engines[worker->engine].queue;
}

/* Time until it is away; 0: it is. */
static uint64_t still_here(const struct gvt_worker *worker, uint64_t now)
{
    const struct gvt_vgpu *vgpu = worker->gvt->vgpus[worker->id];
    uint64_t end = worker->ended + AWAY_NS;

    return vgpu && vgpu->active && vgpu->failsafe == FAILSAFE_NONE && worker->ended && now < end
               ? end - now
               : 0;
}

/* One that comes back after it was away begins where the others are. */
static void arrive(struct gvt_worker *worker, uint64_t clock, uint64_t now)
{
    worker->arrived = true;
    if (!still_here(worker, now) && worker->used < clock) {
        worker->used = clock;
    }
}

static void account_arrivals(struct gvt *gvt, unsigned engine, uint64_t now)
{
    for (unsigned id = VGPU_ID_MIN; id <= VGPU_ID_MAX; id++) {
        struct gvt_worker *worker = &gvt->workers[id][engine];

        if (worker->gvt && wants(worker) && !worker->arrived) {
            arrive(worker, gvt->clock[engine], now);
        }
    }
}

/* How long worker has to wait because of other, as far as that can be said; 0: it has not. */
static uint64_t wait_for(const struct gvt_worker *worker, const struct gvt_worker *other,
                         uint64_t now)
{
    uint64_t here;

    if (other->running) {
        return now - other->began < SLICE_NS ? other->began + SLICE_NS - now : 0;
    }
    if (other->used > worker->used || (other->used == worker->used && other->id > worker->id)) {
        return 0;
    }
    if (wants(other)) {
        return HAL_FOREVER;
    }
    here = still_here(other, now);
    return other->used < worker->used ? here : 0;
}

uint64_t gvt_schedule_wait(struct gvt_worker *worker)
{
    struct gvt *gvt = worker->gvt;
    uint64_t now = hal_now(gvt->config.hal);
    uint64_t wait = 0;

    if (!wants(worker)) {
        return HAL_FOREVER;
    }
    account_arrivals(gvt, worker->engine, now);
    for (unsigned id = VGPU_ID_MIN; id <= VGPU_ID_MAX; id++) {
        const struct gvt_worker *other = &gvt->workers[id][worker->engine];
        uint64_t more = other->gvt && other != worker ? wait_for(worker, other, now) : 0;

        wait = more > wait ? more : wait;
    }
    return wait;
}

void gvt_schedule_begin(struct gvt_worker *worker)
{
    struct gvt *gvt = worker->gvt;

    worker->running = true;
    worker->given_up = false;
    worker->arrived = false;
    worker->began = hal_now(gvt->config.hal);
    worker->weight = gvt->vgpus[worker->id]->type->weight;
    if (gvt->clock[worker->engine] < worker->used) {
        gvt->clock[worker->engine] = worker->used;
    }
    hal_wake(gvt->config.hal); /* others wait for as long as a slice, not until it ends */
}

void gvt_schedule_end(struct gvt_worker *worker)
{
    worker->running = false;
    worker->ended = hal_now(worker->gvt->config.hal);
    worker->used += (worker->ended - worker->began) * MAX_WEIGHT / worker->weight;
    hal_wake(worker->gvt->config.hal);
}
