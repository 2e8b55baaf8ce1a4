/* SPDX-License-Identifier: MIT */
/* The engine workers: one program for each vGPU and engine takes its workloads in turn and runs
 * each on the real engine, as a context of the host's own that shadows the guest's: its commands,
 * with addresses moved, its page tables, its results written back. A vGPU that hangs does not hold
 * the others up for longer than a slice. */
#include "host/gvt/gvt_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "firmware/abi/guc_scheduler_abi.h"
#include "host/abi/gen8_irq.h"
#include "host/abi/xe_gtt_defs.h"
#include "host/abi/xe_lrc_layout.h"
#include "sim/hal/trace.h"

#define WORKLOAD_TIMEOUT_NS (2 * HAL_NS_PER_S)
#define SCAN_CYCLES         400u /* for a workload, and */
#define SCAN_DWORD_CYCLES   2u   /* for each dword of it; chosen */
#define RING_MAX            0x8000u
#define GGTT_FLAGS          GGTT_PAT_NORMAL

static const struct {
    const char *name;
    const char *program;
    uint32_t guc_class;
    unsigned gt;
} engines[GVT_ENGINES] = {
    [GVT_ENGINE_RCS] = {"rcs0", "mediator rcs0", GUC_RENDER_CLASS, 0},
    [GVT_ENGINE_BCS] = {"bcs0", "mediator bcs0", GUC_BLITTER_CLASS, 0},
    [GVT_ENGINE_VCS] = {"vcs0", "mediator vcs0", GUC_VIDEO_CLASS, 1},
};

/* ---- the guest's context --------------------------------------------------------------------- */

static uint64_t state_addr(const struct gvt_workload *workload, uint32_t dword)
{
    return (workload->desc[0] & CTX_DESC_LRCA) + LRC_PPHWSP_SIZE + 4ull * dword;
}

static int read_state(const struct gvt_vgpu *vgpu, const struct gvt_workload *workload,
                      uint32_t dword, uint32_t *value)
{
    return gvt_ggtt_read(vgpu, state_addr(workload, dword), value, sizeof(*value));
}

/* What the guest's ring holds between head and tail, in one piece. */
static int read_ring(const struct gvt_vgpu *vgpu, struct gvt_job *job)
{
    uint32_t start = 0;
    uint32_t ctl = 0;
    uint32_t size;
    uint32_t at;
    int err = read_state(vgpu, &job->workload, CTX_RING_HEAD, &at);

    err = err ? err : read_state(vgpu, &job->workload, CTX_RING_TAIL, &job->tail);
    err = err ? err : read_state(vgpu, &job->workload, CTX_RING_START, &start);
    err = err ? err : read_state(vgpu, &job->workload, CTX_RING_CTL, &ctl);
    if (err) {
        return err;
    }
    size = (ctl & RING_CTL_SIZE_MASK) + XE_PAGE_SIZE;
    if (!(ctl & RING_VALID) || size > RING_MAX || start % XE_PAGE_SIZE || at >= size || at % 4 ||
        job->tail >= size || job->tail % 4) {
        return -EINVAL;
    }
    job->len = 0;
    while (at != job->tail && !err) {
        uint32_t end = at < job->tail ? job->tail : size;

        err = gvt_ggtt_read(vgpu, start + (uint64_t)at, &job->ring[job->len], end - at);
        job->len += (end - at) / 4;
        at = end % size;
    }
    return err;
}

/* A context without roots has no space of its own. */
static int read_roots(struct gvt_vgpu *vgpu, struct gvt_worker *worker)
{
    struct gvt_job *job = worker->job;
    uint64_t roots[4] = {0};

    for (uint32_t n = 0; n < ARRAY_SIZE(roots); n++) {
        uint32_t high;
        uint32_t low;
        int err = read_state(vgpu, &job->workload, CTX_PDP0_UDW - 4 * n, &high);

        err = err ? err : read_state(vgpu, &job->workload, CTX_PDP0_LDW - 4 * n, &low);
        if (err) {
            return err;
        }
        roots[n] = make_64(low, high);
    }
    if (!(roots[0] | roots[1] | roots[2] | roots[3])) {
        return 0;
    }
    return gvt_shadow_build(vgpu, &worker->shadow, roots, &job->work);
}

/* ---- one workload ---------------------------------------------------------------------------- */

static int make_context(struct gvt_worker *worker)
{
    const struct gvt_config *config = &worker->gvt->config;
    const struct exec_config exec = {
        .hal = config->hal,
        .ct = config->cts[engines[worker->engine].gt],
        .ggtt = config->host_ggtt,
        .gt = engines[worker->engine].gt,
        .engine = engines[worker->engine].name,
        .guc_class = engines[worker->engine].guc_class,
        .id = (uint16_t)(worker->id * GVT_ENGINES + worker->engine),
    };

    if (!worker->exec) {
        worker->exec = exec_create(&exec);
    }
    if (!worker->exec) {
        return -ENOMEM;
    }
    return worker->batches.phys ? 0
                                : bo_create(config->hal, config->host_ggtt, GVT_BATCH_DWORDS * 4ull,
                                            GGTT_FLAGS, &worker->batches);
}

static int prepare(struct gvt_vgpu *vgpu, struct gvt_worker *worker)
{
    struct hal *hal = vgpu->gvt->config.hal;
    struct gvt_job *job = worker->job;
    struct gvt_scan scan = {.vgpu = vgpu,
                            .batch = job->batch,
                            .work = &job->work,
                            .status_page = job->workload.desc[0] & CTX_DESC_LRCA};
    int err = make_context(worker);

    job->work =
        (struct exec_work){.timeout_ns = WORKLOAD_TIMEOUT_NS, .given_up = &worker->given_up};
    worker->shadow.cost = 0;
    err = err ? err : read_ring(vgpu, job);
    err = err ? err : read_roots(vgpu, worker);
    if (err) {
        return err;
    }
    scan.batch_addr = bo_addr(&worker->batches, 0);
    err = gvt_scan_commands(&scan, job->ring, job->len);
    hal_cycles(hal,
               SCAN_CYCLES + worker->shadow.cost + SCAN_DWORD_CYCLES * (job->len + scan.looked_at));
    if (err) {
        return err;
    }
    bo_write(hal, &worker->batches, 0, job->batch, scan.batch_len * 4ull);
    job->user_interrupt = scan.user_interrupt;
    job->work.dwords = job->ring;
    job->work.len = job->len;
    return 0;
}

static void trace(const struct gvt_vgpu *vgpu, const struct gvt_workload *workload, const char *ev)
{
    trace_job(vgpu->gvt->config.hal, (int)engines[workload->engine].gt,
              vgpu->gvt->config.fn_base + vgpu->id, workload->desc[1],
              engines[workload->engine].name, ev);
}

/* The guest's image tells that its ring is empty, before anything else tells the guest. */
static int run(struct gvt_vgpu *vgpu, struct gvt_worker *worker)
{
    struct gvt_job *job = worker->job;
    const unsigned life = vgpu->life;
    int err = prepare(vgpu, worker);

    if (!err && vgpu->life == life) {
        err = exec_run(worker->exec, &job->work);
    }
    if (err || vgpu->life != life) {
        return err;
    }
    return gvt_ggtt_write(vgpu, state_addr(&job->workload, CTX_RING_HEAD), &job->tail,
                          sizeof(job->tail));
}

static void serve(struct gvt_vgpu *vgpu, struct gvt_worker *worker)
{
    const struct gvt_workload *workload = &worker->job->workload;
    const unsigned life = vgpu->life;
    struct gvt_workload next;
    int err;

    trace(vgpu, workload, "switch_in");
    if (workload->emulate_schedule_in) {
        gvt_execlist_schedule_in(vgpu, workload->engine, workload);
    }
    err = run(vgpu, worker);
    if (vgpu->life != life) {
        return;
    }
    trace(vgpu, workload, err ? "fault" : "complete");
    if (err) {
        gvt_peer_error(vgpu, "workload refused", (uint64_t)-err);
        gvt_vgpu_enter_failsafe(vgpu, FAILSAFE_GUEST_ERR);
    } else if (!workload->pv) {
        bool more = gvt_workload_next(vgpu, workload->engine, &next);

        gvt_execlist_schedule_out(vgpu, workload->engine, workload, more ? &next : NULL);
    }
    if (!err && worker->job->user_interrupt) {
        gvt_irq_raise(vgpu, workload->engine, GT_RENDER_USER_INTERRUPT);
    }
    gvt_workload_done(vgpu, workload->engine);
}

/* ---- workers --------------------------------------------------------------------------------- */

static void worker_main(void *arg)
{
    struct gvt_worker *worker = arg;

    for (;;) {
        struct gvt_vgpu *vgpu = worker->gvt->vgpus[worker->id];
        uint64_t wait = gvt_schedule_wait(worker);

        if (wait) {
            (void)hal_wait(worker->gvt->config.hal, wait);
        } else if (gvt_workload_take(vgpu, worker->engine, &worker->job->workload)) {
            gvt_schedule_begin(worker);
            serve(vgpu, worker);
            gvt_schedule_end(worker);
        } else {
            (void)hal_wait(worker->gvt->config.hal, HAL_FOREVER);
        }
    }
}

static int worker_start(struct gvt *gvt, unsigned id, unsigned engine)
{
    struct gvt_worker *worker = &gvt->workers[id][engine];

    *worker = (struct gvt_worker){.gvt = gvt, .id = id, .engine = engine};
    worker->job = calloc(1, sizeof(*worker->job));
    if (!worker->job) {
        return -ENOMEM;
    }
    hal_spawn(gvt->config.hal, engines[engine].program, worker_main, worker);
    return 0;
}

int gvt_start(struct gvt *gvt)
{
    int err = 0;

    for (unsigned n = 0; n < GVT_ENGINES; n++) {
        if (!(gvt->config.engine_mask & 1u << n) || !engines[n].name ||
            !gvt->config.cts[engines[n].gt]) {
            continue;
        }
        for (unsigned id = VGPU_ID_MIN; id <= VGPU_ID_MAX && !err; id++) {
            err = worker_start(gvt, id, n);
        }
    }
    return err;
}

int gvt_context_event(struct gvt *gvt, unsigned gt, const uint32_t *msg, uint32_t len)
{
    unsigned id = msg[1] / GVT_ENGINES;
    unsigned engine = msg[1] % GVT_ENGINES;
    struct exec *exec = id < GVT_MAX_VGPU ? gvt->workers[id][engine].exec : NULL;

    if (!exec || engines[engine].gt != gt) {
        return -ENOENT;
    }
    return exec_event(exec, msg, len);
}
