/* SPDX-License-Identifier: MIT */
/* The context of a queue in memory: ring, PPHWSP, register state and per-context batch in one
 * object, seqno page and batch pool (or an address space) beside it; and what must change in it
 * when the GGTT moved. */
#include "guest/vf/vf_internal.h"

#include "host/abi/gpu_commands_abi.h"
#include "host/abi/xe_gtt_defs.h"
#include "host/abi/xe_lrc_layout.h"
#include "sim/hal/trace.h"

/* ring 16 KiB | PPHWSP | register state | per-context batch */
#define RING_SIZE     0x4000u
#define PPHWSP_OFFSET RING_SIZE
#define STATE_OFFSET  (PPHWSP_OFFSET + LRC_PPHWSP_SIZE)

static uint64_t batch_page_offset(const struct vf_queue *queue)
{
    static const uint64_t state_pages[] = {[VF_ENGINE_RENDER] = 3,
                                           [VF_ENGINE_COPY] = 1,
                                           [VF_ENGINE_VIDEO] = 1,
                                           [VF_ENGINE_COMPUTE] = 2,
                                           [VF_ENGINE_ENHANCE] = 1};

    return STATE_OFFSET + state_pages[queue->engine] * XE_PAGE_SIZE;
}

static uint64_t state_offset(uint32_t dword)
{
    return STATE_OFFSET + 4ull * dword;
}

static void write_state(struct vf_queue *queue, uint32_t dword, uint64_t value)
{
    bo_write32(queue->vf->hal, &queue->lrc, state_offset(dword), lower_32(value));
}

static uint32_t read_state(struct vf_queue *queue, uint32_t dword)
{
    return bo_read32(queue->vf->hal, &queue->lrc, state_offset(dword));
}

/* ---- what in the image is an address --------------------------------------------------------- */

static uint64_t ring_start(const struct vf_queue *queue)
{
    return bo_addr(&queue->lrc, 0);
}

static uint64_t per_context_batch(const struct vf_queue *queue)
{
    return bo_addr(&queue->lrc, batch_page_offset(queue)) | CTX_BB_PER_CTX_VALID;
}

static uint64_t memirq_enable(const struct vf_queue *queue)
{
    return bo_addr(&queue->vf->memirq, XE_MEMIRQ_ENABLE_OFFSET);
}

static uint64_t memirq_status(const struct vf_queue *queue)
{
    return bo_addr(&queue->vf->memirq, XE_MEMIRQ_STATUS_OFFSET(0));
}

static uint64_t memirq_source(const struct vf_queue *queue)
{
    return bo_addr(&queue->vf->memirq, XE_MEMIRQ_SOURCE_OFFSET(0));
}

static const struct {
    uint32_t dword;
    uint64_t (*addr)(const struct vf_queue *queue);
} image_pointers[] = {
    {CTX_RING_START, ring_start},
    {CTX_BB_PER_CTX_PTR, per_context_batch},
    {CTX_INT_MASK_ENABLE_PTR, memirq_enable},
    {CTX_INT_STATUS_REPORT_PTR, memirq_status},
    {CTX_INT_SRC_REPORT_PTR, memirq_source},
};

static void write_pointers(struct vf_queue *queue)
{
    for (unsigned i = 0; i < ARRAY_SIZE(image_pointers); i++) {
        write_state(queue, image_pointers[i].dword, image_pointers[i].addr(queue));
    }
    queue->image_base = ggtt_start(queue->vf->ggtt);
}

/* Where in a batch the engine stopped. It wrote that, so it moves by the shift; a place outside
 * of the range that was ours then is the device's error and stays, to fault there and not
 * somewhere else. */
static void shift_batch_head(struct vf_queue *queue)
{
    struct vf *vf = queue->vf;
    uint32_t low = read_state(queue, CTX_BB_HEAD);
    uint64_t addr = make_64(low & ~CTX_BB_HEAD_VALID, read_state(queue, CTX_BB_HEAD_UDW));

    /* An address of its own space is not one of the GGTT and stays. */
    if (!(low & CTX_BB_HEAD_VALID) || read_state(queue, CTX_BB_STATE) & CTX_BB_STATE_PPGTT) {
        return;
    }
    if (addr < queue->image_base || addr - queue->image_base >= ggtt_size(vf->ggtt)) {
        trace_peer_error(vf->hal, (int)queue->gt->index, 0, "batch head outside of the GGTT range",
                         addr);
        return;
    }
    addr += ggtt_start(vf->ggtt) - queue->image_base;
    write_state(queue, CTX_BB_HEAD, addr | CTX_BB_HEAD_VALID);
    write_state(queue, CTX_BB_HEAD_UDW, upper_32(addr));
}

void vf_context_fixup(struct vf_queue *queue)
{
    /* Before the pointers: they note the new base, from which the next shift counts. HEAD and
     * TAIL are offsets and stay: the engine goes on where it was. */
    shift_batch_head(queue);
    write_pointers(queue);
}

/* ---- life ------------------------------------------------------------------------------------ */

static void write_roots(struct vf_queue *queue)
{
    unsigned count = queue->vm.levels == VF_VM_LEVELS_MIN ? CTX_PDPS : 1;

    for (unsigned i = 0; i < count; i++) {
        uint64_t root = vf_vm_root(&queue->vm, i);

        write_state(queue, CTX_PDP_UDW(i), upper_32(root));
        write_state(queue, CTX_PDP_LDW(i), root);
    }
}

static void write_image(struct vf_queue *queue, uint32_t head)
{
    write_state(queue, CTX_RING_HEAD, head);
    write_state(queue, CTX_RING_TAIL, head);
    write_state(queue, CTX_RING_CTL, RING_CTL_SIZE(RING_SIZE) | RING_VALID);
    write_state(queue, CTX_BB_HEAD, 0);
    write_state(queue, CTX_BB_HEAD_UDW, 0);
    if (queue->vf->config.msix) {
        write_state(queue, CTX_CS_INT_VEC_REG, CTX_CS_INT_VEC);
        write_state(queue, CTX_CS_INT_VEC_DATA, CTX_CS_INT_VEC_VALUE(VF_VECTOR_ENGINES));
    }
    write_state(queue, CTX_BB_STATE, 0);
    if (queue->vm.levels) {
        write_roots(queue);
    }
    if (queue->vm.asid) {
        write_state(queue, CTX_ASID, queue->vm.asid);
    }
    write_pointers(queue);
}

void vf_context_write_image(struct vf_queue *queue)
{
    write_image(queue, 0);
}

void vf_context_rewind(struct vf_queue *queue)
{
    write_image(queue, vf_job_ring_offset(queue->done + 1));
}

void vf_context_set_tail(struct vf_queue *queue)
{
    write_state(queue, CTX_RING_TAIL, vf_job_ring_offset(queue->emitted + 1));
}

uint64_t vf_context_descriptor(const struct vf_queue *queue)
{
    static const uint64_t modes[VF_VM_LEVELS_MAX + 1] = {
        [0] = LRC_LEGACY_64B_CONTEXT,
        [3] = LRC_LEGACY_32B_CONTEXT,
        [4] = LRC_ADVANCED_AD_CONTEXT,
        [5] = LRC_LEGACY_64B_CONTEXT,
    };
    uint64_t mode = FIELD_PREP(LRC_ADDRESSING_MODE, modes[queue->vm.levels]);
    uint64_t space = queue->vm.levels ? LRC_PRIVILEGE : 0;

    return bo_addr(&queue->lrc, PPHWSP_OFFSET) | space | mode | LRC_VALID;
}

int vf_context_create(struct vf_queue *queue, const struct vf_space *space)
{
    struct vf *vf = queue->vf;
    uint64_t lrc_size = batch_page_offset(queue) + XE_PAGE_SIZE;
    int ret = bo_create(vf->hal, vf->ggtt, lrc_size, GGTT_PAT_NORMAL, &queue->lrc);

    if (!ret) {
        ret = bo_create(vf->hal, vf->ggtt, XE_PAGE_SIZE, GGTT_PAT_NORMAL, &queue->seqno);
    }
    if (!ret) {
        ret = space->levels
                  ? vf_vm_create(vf, space, queue->index, &queue->vm)
                  : bo_create(vf->hal, vf->ggtt, VF_BATCH_POOL, GGTT_PAT_NORMAL, &queue->batches);
    }
    if (ret) {
        vf_context_destroy(queue);
        return ret;
    }
    bo_write32(vf->hal, &queue->lrc, batch_page_offset(queue), MI_BATCH_BUFFER_END);
    vf_job_init_seqnos(queue);
    return 0;
}

void vf_context_map(struct vf_queue *queue)
{
    const struct bo *objects[] = {&queue->lrc, &queue->seqno, &queue->batches};

    for (unsigned i = 0; i < ARRAY_SIZE(objects); i++) {
        if (objects[i]->node) {
            ggtt_map(queue->vf->ggtt, objects[i]->node, objects[i]->phys, GGTT_PAT_NORMAL);
        }
    }
}

void vf_context_destroy(struct vf_queue *queue)
{
    struct bo *objects[] = {&queue->lrc, &queue->seqno, &queue->batches};

    for (unsigned i = 0; i < ARRAY_SIZE(objects); i++) {
        if (objects[i]->node) {
            bo_destroy(queue->vf->hal, queue->vf->ggtt, objects[i]);
        }
        *objects[i] = (struct bo){0};
    }
    vf_vm_destroy(queue->vf, &queue->vm);
}
