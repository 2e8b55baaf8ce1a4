/* SPDX-License-Identifier: MIT */
/* Execlists as a guest sees them: what its status registers, the context status buffer and its
 * copy in the hardware status page tell, when lists of one or two contexts come in and go out.
 * What is told is kept in registers, so it moves with them. */
#include "host/gvt/gvt_private.h"

#include <string.h>

#include "host/abi/gen8_irq.h"

#define HWS_CSB_DWORD   0x10u /* entries in the hardware status page */
#define HWS_INDEX_DWORD 0x1fu
#define PTR_MASK_SHIFT  16u
#define WRITE_PTR       0x7u

static uint32_t reg(unsigned engine, uint32_t offset)
{
    return gvt_engine_base(engine) + offset;
}

static void write_hws(struct gvt_vgpu *vgpu, unsigned engine, uint32_t dword, const void *from,
                      uint64_t size)
{
    uint32_t page = gvt_vreg32(vgpu, reg(engine, RING_HWS_PGA_OFFSET));

    if (page && gvt_ggtt_write(vgpu, page + dword * 4ull, from, size)) {
        gvt_peer_error(vgpu, "hws: no such page", page);
    }
}

static void set_status(struct gvt_vgpu *vgpu, unsigned engine)
{
    const struct gvt_execlist *list = &vgpu->engines[engine].execlist;
    uint32_t status = 0;

    if (list->running) {
        status = list->slot ? EXECLIST_STATUS_LIST1_VALID | EXECLIST_STATUS_LIST1_ACTIVE
                            : EXECLIST_STATUS_LIST0_VALID | EXECLIST_STATUS_LIST0_ACTIVE;
        status |= FIELD_PREP(EXECLIST_STATUS_ACTIVE, 1u);
    }
    status |= FIELD_PREP(EXECLIST_STATUS_CURRENT_PTR, list->slot);
    gvt_vreg32_set(vgpu, reg(engine, EL_OFFSET_STATUS), status);
    gvt_vreg32_set(vgpu, reg(engine, EL_OFFSET_STATUS) + 4, list->running ? list->context : 0);
}

void gvt_execlist_init(struct gvt_vgpu *vgpu, unsigned engine)
{
    vgpu->engines[engine].execlist = (struct gvt_execlist){.running = false};
    gvt_vreg32_set(vgpu, reg(engine, EL_OFFSET_STATUS_PTR), CSB_WRITE_PTR_RESET);
    set_status(vgpu, engine);
}

/* One entry of the context status buffer: the register, and its copy where the guest looks. */
static void add_csb(struct gvt_vgpu *vgpu, unsigned engine, uint32_t status, uint32_t context)
{
    uint32_t pointer = gvt_vreg32(vgpu, reg(engine, EL_OFFSET_STATUS_PTR));
    uint32_t last = pointer & WRITE_PTR;
    uint32_t index = last == CSB_WRITE_PTR_RESET ? 0 : (last + 1) % CSB_ENTRIES;
    const uint32_t entry[2] = {status, context};

    gvt_vreg32_set(vgpu, reg(engine, EL_OFFSET_STATUS_BUF) + 8 * index, status);
    gvt_vreg32_set(vgpu, reg(engine, EL_OFFSET_STATUS_BUF) + 8 * index + 4, context);
    gvt_vreg32_set(vgpu, reg(engine, EL_OFFSET_STATUS_PTR), (pointer & ~WRITE_PTR) | index);
    write_hws(vgpu, engine, HWS_CSB_DWORD + 2 * index, entry, sizeof(entry));
    write_hws(vgpu, engine, HWS_INDEX_DWORD, &index, sizeof(index));
}

void gvt_execlist_write_pointer(struct gvt_vgpu *vgpu, unsigned engine, uint32_t value)
{
    uint32_t mask = value >> PTR_MASK_SHIFT;
    uint32_t before = gvt_vreg32(vgpu, reg(engine, EL_OFFSET_STATUS_PTR));

    gvt_vreg32_set(vgpu, reg(engine, EL_OFFSET_STATUS_PTR),
                   ((before & ~mask) | (value & mask)) & UINT16_MAX);
}

/* The first workload of a submission begins. */
void gvt_execlist_schedule_in(struct gvt_vgpu *vgpu, unsigned engine,
                              const struct gvt_workload *workload)
{
    struct gvt_execlist *list = &vgpu->engines[engine].execlist;

    if (list->running && list->context == workload->desc[1] &&
        list->lrca == (workload->desc[0] & CTX_DESC_LRCA)) {
        add_csb(vgpu, engine, CSB_LITE_RESTORE | CSB_PREEMPTED, workload->desc[1]);
        gvt_irq_raise(vgpu, engine, GT_CONTEXT_SWITCH_INTERRUPT);
    } else {
        add_csb(vgpu, engine, CSB_IDLE_TO_ACTIVE, 0);
        list->slot = !list->slot;
    }
    list->running = true;
    list->context = workload->desc[1];
    list->lrca = workload->desc[0] & CTX_DESC_LRCA;
    set_status(vgpu, engine);
}

/* A workload is done. next: the one behind it in the queue, or NULL. A list that comes in finds the
 * one before it gone, so that none is ever pending; one by a PV record is in no list. */
void gvt_execlist_schedule_out(struct gvt_vgpu *vgpu, unsigned engine,
                               const struct gvt_workload *done, const struct gvt_workload *next)
{
    struct gvt_execlist *list = &vgpu->engines[engine].execlist;
    bool same;

    next = next && !next->pv ? next : NULL;
    same = next && next->desc[1] == done->desc[1] &&
           (next->desc[0] & CTX_DESC_LRCA) == (done->desc[0] & CTX_DESC_LRCA);

    if (same) {
        return; /* it goes on: its coming in again tells so */
    }
    if (next && !next->emulate_schedule_in) {
        add_csb(vgpu, engine, CSB_CONTEXT_COMPLETE | CSB_ELEMENT_SWITCH, done->desc[1]);
        list->context = next->desc[1];
        list->lrca = next->desc[0] & CTX_DESC_LRCA;
    } else {
        add_csb(vgpu, engine, CSB_CONTEXT_COMPLETE | CSB_ACTIVE_TO_IDLE, done->desc[1]);
        list->running = false;
    }
    set_status(vgpu, engine);
    gvt_irq_raise(vgpu, engine, GT_CONTEXT_SWITCH_INTERRUPT);
}
