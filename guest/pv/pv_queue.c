/* SPDX-License-Identifier: MIT */
/* Work of a guest with a vGPU: contexts with a ring, given to an engine by its submit port two at
 * a time, or by a record in the shared page. What became of them is read where the device writes
 * it: seqnos, and the context status buffer in the hardware status page. */
#include <errno.h>

#include "guest/pv/pv_private.h"
#include "host/abi/gvt_execlist.h"
#include "host/abi/xe_gtt_defs.h"
#include "host/abi/xe_lrc_layout.h"
#include "sim/hal/trace.h"

#define STATE_OFFSET (PV_PPHWSP_OFFSET + LRC_PPHWSP_SIZE)
#define CONTEXT_SIZE (STATE_OFFSET + 3 * XE_PAGE_SIZE)
#define BATCHES_SIZE 0x2000u
#define PORTS        2u
/* Ids are written to the submit port, where small numbers are commands once PV_SUBMISSION is
 * agreed on: they stay clear of those. */
#define FIRST_ID        0x10000u
#define HWS_CSB_DWORD   0x10u
#define HWS_INDEX_DWORD 0x1fu
#define MASKED(bits)    ((bits) << 16 | (bits))
#define JOB_CYCLES      200u
#define ROOM_NS         (10ull * HAL_NS_PER_S)
#define LOOK_NS         (50 * HAL_NS_PER_US)

static const struct {
    uint32_t base;
    unsigned id; /* of its submission record */
    const char *name;
} engines[PV_ENGINE_COUNT] = {
    [PV_ENGINE_RENDER] = {RCS_BASE, GVT_ENGINE_RCS, "rcs0"},
    [PV_ENGINE_COPY] = {BCS_BASE, GVT_ENGINE_BCS, "bcs0"},
    [PV_ENGINE_VIDEO] = {VCS_BASE, GVT_ENGINE_VCS, "vcs0"},
};

/* ---- engines --------------------------------------------------------------------------------- */

static int engine_start(struct pv *pv, enum pv_engine engine)
{
    struct pv_engine_state *state = &pv->engines[engine];
    struct hal *hal = pv->config.hal;
    uint32_t base = engines[engine].base;
    int err;

    if (state->ready) {
        return 0;
    }
    err = pv_bo_create(pv, XE_PAGE_SIZE, &state->hws);
    if (err) {
        return err;
    }
    hal_write32(hal, base + RING_HWS_PGA_OFFSET, lower_32(bo_addr(&state->hws, 0)));
    hal_write32(hal, base + RING_MODE_OFFSET, MASKED(GFX_RUN_LIST_ENABLE));
    hal_write32(hal, base + RING_IMR_OFFSET,
                ~(GT_RENDER_USER_INTERRUPT | GT_CONTEXT_SWITCH_INTERRUPT));
    state->csb_read = CSB_ENTRIES - 1;
    state->ready = true;
    pv_irq_enable(pv, engine);
    return 0;
}

/* Takes what the status buffer tells since the last time. */
static void read_csb(struct pv *pv, enum pv_engine engine)
{
    struct pv_engine_state *state = &pv->engines[engine];
    struct hal *hal = pv->config.hal;
    uint32_t last;

    if (!state->csb_news) {
        return;
    }
    state->csb_news = false;
    last = bo_read32(hal, &state->hws, HWS_INDEX_DWORD * 4ull);
    for (unsigned n = 0; n < CSB_ENTRIES && last < CSB_ENTRIES; n++) {
        uint32_t next = (state->csb_read + 1) % CSB_ENTRIES;
        uint64_t place = (HWS_CSB_DWORD + 2 * next) * 4ull;
        uint32_t status = bo_read32(hal, &state->hws, place);

        if (!status) {
            return; /* not written since it was last taken */
        }
        bo_write32(hal, &state->hws, place, 0);
        state->csb_read = next;
        if (status & CSB_CONTEXT_COMPLETE && state->in_flight > 0) {
            state->in_flight = status & CSB_ACTIVE_TO_IDLE ? 0 : state->in_flight - 1;
        }
        if (next == last) {
            return;
        }
    }
}

uint64_t pv_descriptor(struct pv *pv, unsigned index)
{
    const struct pv_queue *queue = &pv->queues[index];
    uint32_t low = lower_32(bo_addr(&queue->context, PV_PPHWSP_OFFSET)) | CTX_DESC_VALID |
                   CTX_DESC_PRIVILEGE_ACCESS |
                   FIELD_PREP(CTX_DESC_ADDRESSING_MODE, LRC_LEGACY_64B_CONTEXT);

    return make_64(low, queue->id);
}

static void set_tail(struct pv_queue *queue)
{
    bo_write32(queue->pv->config.hal, &queue->context, STATE_OFFSET + 4ull * CTX_RING_TAIL,
               pv_job_ring_offset(queue->emitted + 1));
}

/* Up to two contexts with something new, when the engine has none. */
static void submit_port(struct pv *pv, enum pv_engine engine)
{
    struct pv_engine_state *state = &pv->engines[engine];
    uint64_t desc[PORTS] = {0};
    unsigned count = 0;

    read_csb(pv, engine);
    for (unsigned n = 0; n < PV_MAX_QUEUES && count < PORTS && state->in_flight == 0; n++) {
        struct pv_queue *queue = &pv->queues[n];

        if (queue->used && queue->engine == engine && queue->kick && !queue->by_record) {
            queue->kick = false;
            set_tail(queue);
            desc[count++] = pv_descriptor(pv, n);
        }
    }
    if (count == 0) {
        return;
    }
    state->in_flight = count;
    for (unsigned n = 0; n < 2 * PORTS; n++) {
        uint64_t from = desc[PORTS - 1 - n / 2];

        hal_write32(pv->config.hal, engines[engine].base + EL_OFFSET_ELSP,
                    n % 2 ? lower_32(from) : upper_32(from));
    }
}

static int submit_record(struct pv_queue *queue)
{
    struct pv *pv = queue->pv;
    const uint64_t desc[PORTS] = {pv_descriptor(pv, (unsigned)(queue - pv->queues)), 0};
    int err = 0;

    if (!pv->records) {
        err = pv_register_submission(pv);
        pv->records = !err;
    }
    if (err) {
        return err;
    }
    set_tail(queue);
    err = pv_submit(pv, engines[queue->engine].id, engines[queue->engine].base + EL_OFFSET_ELSP,
                    desc);
    queue->kick = err != 0;
    return err == -EBUSY ? 0 : err;
}

/* ---- queues ---------------------------------------------------------------------------------- */

static void write_image(struct pv_queue *queue)
{
    struct hal *hal = queue->pv->config.hal;
    const struct {
        uint32_t dword;
        uint64_t value;
    } image[] = {
        {CTX_RING_HEAD, 0},
        {CTX_RING_TAIL, 0},
        {CTX_RING_START, bo_addr(&queue->context, 0)},
        {CTX_RING_CTL, RING_CTL_SIZE(PV_RING_SIZE) | RING_VALID},
        {CTX_PDP0_UDW, upper_32(queue->root)},
        {CTX_PDP0_LDW, lower_32(queue->root)},
    };

    for (unsigned n = 0; n < ARRAY_SIZE(image); n++) {
        bo_write32(hal, &queue->context, STATE_OFFSET + 4ull * image[n].dword,
                   lower_32(image[n].value));
    }
}

static int build(struct pv_queue *queue)
{
    struct pv *pv = queue->pv;
    int err = pv_memory_start(pv);

    err = err ? err : engine_start(pv, queue->engine);
    err = err ? err : pv_bo_create(pv, CONTEXT_SIZE, &queue->context);
    err = err ? err : pv_bo_create(pv, XE_PAGE_SIZE, &queue->seqno);
    err = err ? err : pv_bo_create(pv, BATCHES_SIZE, &queue->batches);
    if (!err && queue->space != PV_SPACE_GGTT) {
        err = pv_space_create(queue);
    }
    if (err) {
        return err;
    }
    write_image(queue);
    pv_job_init(queue);
    return 0;
}

int pv_queue_create(struct pv *pv, const struct pv_queue_config *config)
{
    unsigned index = 0;
    int err;

    if ((unsigned)config->engine >= PV_ENGINE_COUNT || (unsigned)config->space > PV_SPACE_BOUND) {
        return -EINVAL;
    }
    if ((config->space == PV_SPACE_BOUND && !(pv->caps & PV_PPGTT)) ||
        (config->by_record && !(pv->caps & PV_SUBMISSION))) {
        return -ENODEV;
    }
    while (index < PV_MAX_QUEUES && pv->queues[index].pv) {
        index++;
    }
    if (index == PV_MAX_QUEUES) {
        return -ENOSPC;
    }
    pv->queues[index] = (struct pv_queue){.pv = pv,
                                          .engine = config->engine,
                                          .space = config->space,
                                          .by_record = config->by_record,
                                          .id = FIRST_ID + index};
    err = build(&pv->queues[index]);
    if (err) {
        return err; /* its place stays taken: the host may know of its memory */
    }
    pv->queues[index].used = true;
    return (int)index;
}

static struct pv_queue *get(struct pv *pv, unsigned index)
{
    return index < PV_MAX_QUEUES && pv->queues[index].used ? &pv->queues[index] : NULL;
}

/* ---- jobs ------------------------------------------------------------------------------------ */

static void submit_ports(struct pv *pv)
{
    for (unsigned engine = 0; engine < PV_ENGINE_COUNT; engine++) {
        if (pv->engines[engine].ready) {
            submit_port(pv, (enum pv_engine)engine);
        }
    }
}

/* Nothing came for a while: an interrupt may be lost. */
static void look_anyway(struct pv *pv)
{
    for (unsigned engine = 0; engine < PV_ENGINE_COUNT; engine++) {
        pv->engines[engine].csb_news = true;
    }
}

/* Waits for fence, and gives the engine what it can take meanwhile. */
static int wait_done(struct pv_queue *queue, int64_t fence, uint64_t timeout_ns)
{
    struct hal *hal = queue->pv->config.hal;
    uint64_t end = hal_now(hal) + timeout_ns;

    for (;;) {
        uint64_t now;

        queue->done = pv_job_done(queue);
        if (queue->done >= fence) {
            return 0;
        }
        submit_ports(queue->pv);
        now = hal_now(hal);
        if (now >= end) {
            return -ETIME;
        }
        if (!hal_wait(hal, LOOK_NS < end - now ? LOOK_NS : end - now)) {
            look_anyway(queue->pv);
        }
    }
}

int64_t pv_queue_prepare(struct pv *pv, unsigned index, const struct pv_job *job)
{
    struct pv_queue *queue = get(pv, index);
    int err;

    if (!queue) {
        return -ENOENT;
    }
    if (job->add_slot >= PV_RESULT_SLOTS || job->store_slot >= PV_RESULT_SLOTS) {
        return -EINVAL;
    }
    hal_cycles(pv->config.hal, JOB_CYCLES);
    err = wait_done(queue, queue->emitted - (int64_t)PV_QUEUE_SLOTS + 2, ROOM_NS);
    if (err) {
        return err;
    }
    pv_job_emit(queue, queue->emitted + 1, job);
    queue->emitted++;
    set_tail(queue);
    return queue->emitted;
}

int64_t pv_queue_submit(struct pv *pv, unsigned index, const struct pv_job *job)
{
    int64_t fence = pv_queue_prepare(pv, index, job);
    struct pv_queue *queue;
    int err = 0;

    if (fence < 0) {
        return fence;
    }
    queue = get(pv, index);
    queue->kick = true;
    trace_job(pv->config.hal, HAL_GT_NONE, 0, queue->id, engines[queue->engine].name, "submit");
    if (queue->by_record) {
        err = submit_record(queue);
    } else {
        submit_port(pv, queue->engine);
    }
    return err ? err : fence;
}

int pv_queue_wait(struct pv *pv, unsigned index, int64_t fence, uint64_t timeout_ns)
{
    struct pv_queue *queue = get(pv, index);

    if (!queue) {
        return -ENOENT;
    }
    if (fence < 1 || fence > queue->emitted) {
        return -EINVAL;
    }
    return wait_done(queue, fence, timeout_ns);
}

int64_t pv_queue_done(struct pv *pv, unsigned index)
{
    struct pv_queue *queue = get(pv, index);

    if (!queue) {
        return -ENOENT;
    }
    queue->done = pv_job_done(queue);
    return queue->done;
}

uint32_t pv_result(struct pv *pv, unsigned slot)
{
    return pv->ggtt && slot < PV_RESULT_SLOTS ? bo_read32(pv->config.hal, &pv->results, 4ull * slot)
                                              : 0;
}
