/* SPDX-License-Identifier: MIT */
/* A job in the engine's own words: a fixed piece of ring that calls a batch, writes the seqno
 * and interrupts. Places depend on the fence alone, so that writing a job again after a
 * migration changes addresses and nothing else: an engine that stopped in the middle goes on at
 * the same HEAD. The shape is what the Linux driver emits. */
#include "guest/vf/vf_internal.h"

#include <assert.h>

#include "host/abi/gpu_commands_abi.h"

#define JOB_RING_DW    32u
#define JOB_RING_SIZE  (JOB_RING_DW * sizeof(uint32_t))
#define JOB_BATCH_DW   16u
#define JOB_BATCH_SIZE (JOB_BATCH_DW * sizeof(uint32_t))
#define SEQNO_BASE     0xffffff80u /* of fence 0; the first job's 0xffffff81 soon shows a wrap */
#define SEQNO_DONE     0u          /* offsets in the seqno page */
#define SEQNO_STARTED  8u
#define ATOMIC_LENGTH  2u /* 4 dwords: command, address, one inline operand */
#define SDI_LENGTH_DW  2u /* 4 dwords: command, address, one value */

static_assert(VF_QUEUE_SLOTS * JOB_RING_SIZE == 0x4000, "jobs fill the 16 KiB ring exactly");
static_assert(VF_QUEUE_SLOTS * JOB_BATCH_SIZE == VF_BATCH_POOL, "batch pool");

struct words {
    uint32_t dw[JOB_RING_DW]; /* MI_NOOP behind the end */
    unsigned len;
};

static void put(struct words *words, uint32_t dw)
{
    assert(words->len < JOB_RING_DW);
    words->dw[words->len++] = dw;
}

static void put_addr(struct words *words, uint64_t addr)
{
    put(words, lower_32(addr));
    put(words, upper_32(addr));
}

/* space: MI_SDI_GGTT, or 0 for the context's own. */
static void put_store_dword(struct words *words, uint32_t space, uint64_t addr, uint32_t value)
{
    put(words, MI_STORE_DATA_IMM | space | SDI_LENGTH_DW);
    put_addr(words, addr);
    put(words, value);
}

unsigned vf_job_slot(int64_t fence)
{
    return (unsigned)((uint64_t)(fence - 1) % VF_QUEUE_SLOTS);
}

uint32_t vf_job_ring_offset(int64_t fence)
{
    return vf_job_slot(fence) * (uint32_t)JOB_RING_SIZE;
}

uint32_t vf_job_seqno(int64_t fence)
{
    return SEQNO_BASE + (uint32_t)fence;
}

/* ---- batch ----------------------------------------------------------------------------------- */

static void put_work(struct words *words, const struct vf_job *job)
{
    put(words, MI_MODEL_WORK | (job->preemptible ? MI_MODEL_WORK_PREEMPTIBLE : 0));
    put(words, job->work_cycles);
}

/* space: MI_ATOMIC_GGTT, or 0. */
static void put_atomic_add(struct words *words, uint32_t space, uint64_t addr, uint32_t value)
{
    put(words, MI_ATOMIC | space | MI_ATOMIC_INLINE_DATA |
                   FIELD_PREP(MI_ATOMIC_OPCODE, MI_ATOMIC_ADD) | ATOMIC_LENGTH);
    put_addr(words, addr);
    put(words, value);
}

static uint64_t slot_addr(const struct vf_queue *queue, bool local, unsigned slot)
{
    return queue->vm.levels ? vf_vm_slot_addr(&queue->vm, local, slot)
                            : vf_slot_addr(queue->vf, local, slot);
}

static void write_batch(struct vf_queue *queue, int64_t fence, const struct words *words)
{
    uint64_t offset = vf_job_slot(fence) * JOB_BATCH_SIZE;

    if (queue->vm.levels) {
        vf_vm_write_batch(queue->vf, &queue->vm, offset, words->dw, JOB_BATCH_SIZE);
    } else {
        bo_write(queue->vf->hal, &queue->batches, offset, words->dw, JOB_BATCH_SIZE);
    }
}

/* The pair of slots on one side, the metadata of a page on the other. */
static void put_meta_copy(struct words *words, const struct vf *vf, const struct vf_job *job)
{
    const uint64_t pair = vf_slot_addr(vf, job->local, job->store_slot & ~1u);
    uint64_t page;

    if (!job->meta || vf_ccs_page_addr(vf, job->meta_page, &page)) {
        return;
    }
    put(words,
        XY_CTRL_SURF_COPY_BLT | XY_CTRL_SURF_GGTT |
            (job->meta == VF_META_WRITE ? XY_CTRL_SURF_SRC_DIRECT : XY_CTRL_SURF_DST_DIRECT));
    put_addr(words, job->meta == VF_META_WRITE ? pair : page);
    put_addr(words, job->meta == VF_META_WRITE ? page : pair);
}

/* In fault mode: pages that may not be there yet, or never. */
static void put_touch(struct words *words, const struct vf_vm *vm, const struct vf_job *job)
{
    if (job->touch == VF_TOUCH_PAGES) {
        put(words, MI_BATCH_BUFFER_START | MI_BATCH_SECOND_LEVEL | MI_BATCH_PPGTT);
        put_addr(words, vf_vm_touch_addr(vm, job->touch_from));
    } else if (job->touch == VF_TOUCH_STRAY) {
        put_atomic_add(words, 0, vf_vm_stray_addr(vm), 1);
    }
}

static void emit_batch(struct vf_queue *queue, int64_t fence)
{
    const struct vf_job *job = &queue->jobs[vf_job_slot(fence)];
    bool own = queue->vm.levels != 0;
    struct words words = {.len = 0};

    put_work(&words, job);
    put_touch(&words, &queue->vm, job);
    put_atomic_add(&words, own ? 0 : MI_ATOMIC_GGTT, slot_addr(queue, job->local, job->add_slot),
                   job->add);
    put_store_dword(&words, own ? 0 : MI_SDI_GGTT, slot_addr(queue, job->local, job->store_slot),
                    job->store);
    put_meta_copy(&words, queue->vf, job);
    put(&words, MI_BATCH_BUFFER_END);
    write_batch(queue, fence, &words);
}

/* ---- ring ------------------------------------------------------------------------------------ */

static void put_pipe_control(struct words *words, uint32_t flags, uint64_t addr, uint32_t value)
{
    put(words, PIPE_CONTROL);
    put(words, flags);
    put_addr(words, addr);
    put(words, value);
    put(words, 0);
}

static void put_seqno_write(struct words *words, enum vf_engine engine, uint64_t addr,
                            uint32_t value)
{
    if (engine == VF_ENGINE_RENDER || engine == VF_ENGINE_COMPUTE) {
        put_pipe_control(words, PIPE_CONTROL_CS_STALL, 0, 0);
        put_pipe_control(words, PIPE_CONTROL_GGTT | PIPE_CONTROL_QW_WRITE | PIPE_CONTROL_CS_STALL,
                         addr, value);
        return;
    }
    put(words, MI_FLUSH_DW | MI_FLUSH_DW_OP_STOREDW);
    put_addr(words, addr | MI_FLUSH_DW_GGTT);
    put(words, value);
    put(words, 0);
}

static void emit_ring(struct vf_queue *queue, int64_t fence)
{
    uint32_t seqno = vf_job_seqno(fence);
    uint64_t offset = vf_job_slot(fence) * JOB_BATCH_SIZE;
    struct words words = {.len = 0};

    put(&words, MI_ARB_ON_OFF | MI_ARB_ENABLE);
    put_store_dword(&words, MI_SDI_GGTT, bo_addr(&queue->seqno, SEQNO_STARTED), seqno);
    if (queue->vm.levels) {
        put(&words, MI_BATCH_BUFFER_START | MI_BATCH_PPGTT);
        put_addr(&words, vf_vm_batch_addr(&queue->vm, offset));
    } else {
        put(&words, MI_BATCH_BUFFER_START);
        put_addr(&words, bo_addr(&queue->batches, offset));
    }
    /* No switch between the work and the word that it is done. */
    put(&words, MI_ARB_ON_OFF);
    put_seqno_write(&words, queue->engine, bo_addr(&queue->seqno, SEQNO_DONE), seqno);
    put(&words, MI_USER_INTERRUPT);
    put(&words, MI_ARB_ON_OFF | MI_ARB_ENABLE);
    put(&words, MI_ARB_CHECK);
    bo_write(queue->vf->hal, &queue->lrc, vf_job_ring_offset(fence), words.dw, JOB_RING_SIZE);
}

void vf_job_emit(struct vf_queue *queue, int64_t fence)
{
    emit_batch(queue, fence);
    emit_ring(queue, fence);
}

/* ---- seqno page ------------------------------------------------------------------------------ */

void vf_job_init_seqnos(struct vf_queue *queue)
{
    bo_write32(queue->vf->hal, &queue->seqno, SEQNO_DONE, vf_job_seqno(0));
    bo_write32(queue->vf->hal, &queue->seqno, SEQNO_STARTED, vf_job_seqno(0));
}

/* How many jobs a seqno is past the newest one known to be done. Memory that the device writes:
 * believed only within what was asked of it. */
static uint32_t jobs_past_done(struct vf_queue *queue, uint64_t offset)
{
    uint32_t seqno = bo_read32(queue->vf->hal, &queue->seqno, offset);
    uint32_t newer = seqno - vf_job_seqno(queue->done);

    return newer <= (uint64_t)(queue->emitted - queue->done) ? newer : 0;
}

bool vf_queue_update_done(struct vf_queue *queue)
{
    uint32_t newer = jobs_past_done(queue, SEQNO_DONE);

    queue->done += newer;
    return newer != 0;
}

bool vf_queue_job_begun(struct vf_queue *queue)
{
    return jobs_past_done(queue, SEQNO_STARTED) != 0;
}
