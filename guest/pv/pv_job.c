/* SPDX-License-Identifier: MIT */
/* A job in the engine's own words: a fixed piece of ring that calls a batch, writes the seqno and
 * interrupts. The batch lies in the GGTT, or in the queue's own space. */
#include <assert.h>

#include "guest/pv/pv_private.h"
#include "host/abi/gpu_commands_abi.h"

#define RING_DW       32u
#define RING_BYTES    128u /* of RING_DW dwords */
#define BATCH_DW      16u
#define BATCH_BYTES   64u         /* of BATCH_DW dwords */
#define SEQNO_BASE    0xffffff80u /* of fence 0: a wrap soon shows */
#define ATOMIC_LENGTH 2u
#define SDI_LENGTH    2u

static_assert(RING_BYTES == RING_DW * 4u && BATCH_BYTES == BATCH_DW * 4u, "dwords in bytes");
static_assert(PV_QUEUE_SLOTS * RING_BYTES == PV_RING_SIZE, "jobs fill the ring exactly");

struct words {
    uint32_t dw[RING_DW]; /* MI_NOOP behind the end */
    unsigned len;
};

static void put(struct words *words, uint32_t dw)
{
    assert(words->len < RING_DW);
    words->dw[words->len++] = dw;
}

static void put_addr(struct words *words, uint64_t addr)
{
    put(words, lower_32(addr));
    put(words, upper_32(addr));
}

unsigned pv_job_slot(int64_t fence)
{
    return (unsigned)((uint64_t)(fence - 1) % PV_QUEUE_SLOTS);
}

uint32_t pv_job_ring_offset(int64_t fence)
{
    return pv_job_slot(fence) * RING_BYTES;
}

static uint32_t seqno(int64_t fence)
{
    return SEQNO_BASE + (uint32_t)fence;
}

/* ---- batch ----------------------------------------------------------------------------------- */

static uint64_t result_addr(const struct pv_queue *queue, unsigned slot)
{
    return queue->space == PV_SPACE_GGTT ? bo_addr(&queue->pv->results, 4ull * slot)
                                         : PV_RESULTS_VA + 4ull * slot;
}

static void emit_batch(struct pv_queue *queue, int64_t fence, const struct pv_job *job)
{
    bool ggtt = queue->space == PV_SPACE_GGTT;
    struct words words = {.len = 0};

    put(&words, MI_MODEL_WORK | (job->preemptible ? MI_MODEL_WORK_PREEMPTIBLE : 0));
    put(&words, job->work_cycles);
    put(&words, MI_ATOMIC | (ggtt ? MI_ATOMIC_GGTT : 0) | MI_ATOMIC_INLINE_DATA |
                    FIELD_PREP(MI_ATOMIC_OPCODE, MI_ATOMIC_ADD) | ATOMIC_LENGTH);
    put_addr(&words, result_addr(queue, job->add_slot));
    put(&words, job->add);
    put(&words, MI_STORE_DATA_IMM | (ggtt ? MI_SDI_GGTT : 0) | SDI_LENGTH);
    put_addr(&words, result_addr(queue, job->store_slot));
    put(&words, job->store);
    put(&words, MI_BATCH_BUFFER_END);
    bo_write(queue->pv->config.hal, &queue->batches, (uint64_t)pv_job_slot(fence) * BATCH_BYTES,
             words.dw, BATCH_BYTES);
}

/* ---- ring ------------------------------------------------------------------------------------ */

static void put_seqno(struct words *words, const struct pv_queue *queue, uint32_t value)
{
    uint64_t addr = bo_addr(&queue->seqno, 0);

    if (queue->engine == PV_ENGINE_RENDER) {
        put(words, PIPE_CONTROL);
        put(words, PIPE_CONTROL_GGTT | PIPE_CONTROL_QW_WRITE | PIPE_CONTROL_CS_STALL);
        put_addr(words, addr);
    } else {
        put(words, MI_FLUSH_DW | MI_FLUSH_DW_OP_STOREDW);
        put_addr(words, addr | MI_FLUSH_DW_GGTT);
    }
    put(words, value);
    put(words, 0);
}

void pv_job_emit(struct pv_queue *queue, int64_t fence, const struct pv_job *job)
{
    uint64_t offset = (uint64_t)pv_job_slot(fence) * BATCH_BYTES;
    bool ggtt = queue->space == PV_SPACE_GGTT;
    struct words words = {.len = 0};

    emit_batch(queue, fence, job);
    put(&words, MI_ARB_ON_OFF | MI_ARB_ENABLE);
    put(&words, MI_BATCH_BUFFER_START | (ggtt ? 0 : MI_BATCH_PPGTT));
    put_addr(&words, ggtt ? bo_addr(&queue->batches, offset) : PV_BATCH_VA + offset);
    put_seqno(&words, queue, seqno(fence));
    put(&words, MI_USER_INTERRUPT);
    bo_write(queue->pv->config.hal, &queue->context, pv_job_ring_offset(fence), words.dw,
             RING_BYTES);
}

/* ---- seqno ----------------------------------------------------------------------------------- */

void pv_job_init(struct pv_queue *queue)
{
    bo_write32(queue->pv->config.hal, &queue->seqno, 0, seqno(0));
}

/* Memory that the device writes: believed only within what was asked of it. */
int64_t pv_job_done(struct pv_queue *queue)
{
    uint32_t seen = bo_read32(queue->pv->config.hal, &queue->seqno, 0);
    uint32_t newer = seen - seqno(queue->done);

    return newer <= (uint64_t)(queue->emitted - queue->done) ? queue->done + newer : queue->done;
}
