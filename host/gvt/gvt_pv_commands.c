/* SPDX-License-Identifier: MIT */
/* What PV messages ask for: bindings of pages, registration of submission records, and submission
 * by such a record. Each row of the table says what must have been negotiated. */
#include "host/gvt/gvt_private.h"

#include <errno.h>
#include <string.h>

#include "host/abi/i915_vgpu_pv.h"
#include "host/abi/xe_gtt_defs.h"

#define VMA_LEN       (PV_VMA_BYTES / 4)
#define MAX_VMA_PAGES (1u << 20) /* 4 GiB: more is no object */
#define PPGTT_END     (1ull << 48)
#define CHUNK_ENTRIES 128u

/* ---- pages of a vma -------------------------------------------------------------------------- */

static void charge(const struct gvt_vgpu *vgpu, uint32_t cycles)
{
    if (cycles) {
        hal_cycles(vgpu->gvt->config.hal, cycles);
    }
}

typedef int page_fn(struct gvt_vgpu *vgpu, const struct pv_vma *vma, uint64_t addr, uint64_t entry);

static int vma_decode(const uint32_t *payload, uint32_t len, struct pv_vma *vma)
{
    if (len != VMA_LEN) {
        return -EINVAL;
    }
    memcpy(vma, payload, sizeof(*vma));
    return vma->size == 0 || vma->size > MAX_VMA_PAGES || !IS_ALIGNED(vma->start, XE_PAGE_SIZE)
               ? -EINVAL
               : 0;
}

/* Calls fn for each page with its entry as the guest gave it. Ends at the first error that is not
 * about a single page; -ENXIO is kept for the end. */
static int for_each_page(struct gvt_vgpu *vgpu, const struct pv_vma *vma, page_fn *fn)
{
    uint64_t entries[CHUNK_ENTRIES] = {vma->dma_addrs};
    int result = 0;

    for (uint32_t page = 0; page < vma->size; page++) {
        uint32_t at = page % CHUNK_ENTRIES;
        int err = 0;

        charge(vgpu, vgpu->gvt->config.costs.page);
        if (vma->size > 1 && at == 0) {
            uint32_t left = vma->size - page;
            uint32_t count = left < CHUNK_ENTRIES ? left : CHUNK_ENTRIES;

            err = vgpu->ops->guest_read(vgpu->arg, vma->dma_addrs + page * sizeof(*entries),
                                        entries, count * sizeof(*entries));
        }
        err = err ? err : fn(vgpu, vma, vma->start + (uint64_t)page * XE_PAGE_SIZE, entries[at]);
        if (err && err != -ENXIO) {
            return err;
        }
        result = err ? err : result;
    }
    return result;
}

/* The list of pages must be all there before any of it is bound. */
static int list_readable(const struct gvt_vgpu *vgpu, const struct pv_vma *vma)
{
    uint64_t entry;
    uint64_t last = vma->dma_addrs + (vma->size - 1) * sizeof(entry);

    if (vma->size == 1) {
        return 0;
    }
    if (last < vma->dma_addrs) {
        return -EFAULT;
    }
    return vgpu->ops->guest_read(vgpu->arg, last, &entry, sizeof(entry));
}

/* ---- PPGTT ----------------------------------------------------------------------------------- */

static struct gvt_ppgtt *ppgtt_of(struct gvt_vgpu *vgpu, const struct pv_vma *vma)
{
    struct gvt_ppgtt *ppgtt = gvt_ppgtt_find(vgpu, vma->pml4);

    if (!ppgtt) {
        gvt_vgpu_enter_failsafe(vgpu, FAILSAFE_GUEST_ERR);
    }
    return ppgtt;
}

static bool ppgtt_range_good(const struct pv_vma *vma)
{
    return vma->start < PPGTT_END && (uint64_t)vma->size * XE_PAGE_SIZE <= PPGTT_END - vma->start;
}

static int bind_ppgtt_page(struct gvt_vgpu *vgpu, const struct pv_vma *vma, uint64_t addr,
                           uint64_t entry)
{
    return gvt_ppgtt_map(vgpu, gvt_ppgtt_find(vgpu, vma->pml4), addr, entry);
}

static int bind_ppgtt(struct gvt_vgpu *vgpu, const uint32_t *payload, uint32_t len)
{
    struct pv_vma vma;
    int err = vma_decode(payload, len, &vma);

    if (err || !ppgtt_range_good(&vma) || !ppgtt_of(vgpu, &vma)) {
        return -EINVAL;
    }
    err = list_readable(vgpu, &vma);
    return err ? err : for_each_page(vgpu, &vma, bind_ppgtt_page);
}

/* Unbinding has no list: the pages are those that were bound. */
static int unbind_ppgtt(struct gvt_vgpu *vgpu, const uint32_t *payload, uint32_t len)
{
    struct pv_vma vma;
    int err = vma_decode(payload, len, &vma);

    if (err || !ppgtt_range_good(&vma) || !ppgtt_of(vgpu, &vma)) {
        return -EINVAL;
    }
    for (uint32_t page = 0; page < vma.size && !err; page++) {
        err = bind_ppgtt_page(vgpu, &vma, vma.start + (uint64_t)page * XE_PAGE_SIZE, 0);
    }
    return err;
}

/* ---- GGTT ------------------------------------------------------------------------------------ */

/* All of the range lies in one part of the share, so its slots follow each other. */
static bool ggtt_range_good(const struct gvt_vgpu *vgpu, const struct pv_vma *vma)
{
    uint64_t pages = vma->size - 1;
    uint64_t first;
    uint64_t last;

    return gvt_ggtt_slot(vgpu, vma->start, &first) &&
           gvt_ggtt_slot(vgpu, vma->start + pages * XE_PAGE_SIZE, &last) && last - first == pages;
}

static int bind_ggtt_page(struct gvt_vgpu *vgpu, const struct pv_vma *vma, uint64_t addr,
                          uint64_t entry)
{
    uint64_t slot;

    (void)vma;
    return gvt_ggtt_slot(vgpu, addr, &slot) ? gvt_ggtt_set(vgpu, slot, entry) : -EINVAL;
}

static int bind_ggtt(struct gvt_vgpu *vgpu, const uint32_t *payload, uint32_t len)
{
    struct pv_vma vma;
    int err = vma_decode(payload, len, &vma);

    if (err || !ggtt_range_good(vgpu, &vma)) {
        return -EINVAL;
    }
    err = list_readable(vgpu, &vma);
    return err ? err : for_each_page(vgpu, &vma, bind_ggtt_page);
}

static int unbind_ggtt(struct gvt_vgpu *vgpu, const uint32_t *payload, uint32_t len)
{
    struct pv_vma vma;
    int err = vma_decode(payload, len, &vma);

    if (err || !ggtt_range_good(vgpu, &vma)) {
        return -EINVAL;
    }
    for (uint32_t page = 0; page < vma.size && !err; page++) {
        err = bind_ggtt_page(vgpu, &vma, vma.start + (uint64_t)page * XE_PAGE_SIZE, 0);
    }
    return err;
}

/* ---- submission ------------------------------------------------------------------------------ */

static int register_cap_gpa(struct gvt_vgpu *vgpu, const uint32_t *payload, uint32_t len)
{
    struct pv_submission records[GVT_ENGINES];
    struct pv_cap_gpa cap;
    uint64_t gpa;

    if (len != sizeof(cap) / 4) {
        return -EINVAL;
    }
    memcpy(&cap, payload, sizeof(cap));
    gpa = make_64(cap.gpa_lo, cap.gpa_hi);
    if (cap.cap != PV_SUBMISSION) {
        gvt_peer_error(vgpu, "pv: nothing to register", cap.cap);
        return 0;
    }
    if (!(vgpu->pv.caps & PV_SUBMISSION) || gpa == 0 ||
        vgpu->ops->guest_read(vgpu->arg, gpa, records, sizeof(records))) {
        return -EINVAL;
    }
    vgpu->pv.sub_gpa = gpa;
    return 0;
}

void gvt_pv_submit(struct gvt_vgpu *vgpu, unsigned engine)
{
    const uint8_t taken = 0;
    struct pv_submission record;
    uint64_t gpa = vgpu->pv.sub_gpa + engine * sizeof(record);
    int err = -EINVAL;

    if (vgpu->pv.sub_gpa && !vgpu->ops->guest_read(vgpu->arg, gpa, &record, sizeof(record))) {
        const uint32_t desc[4] = {lower_32(record.descs[0]), upper_32(record.descs[0]),
                                  lower_32(record.descs[1]), upper_32(record.descs[1])};

        err = gvt_workload_submit(vgpu, engine, desc, true);
    }
    if (!err) {
        err = gvt_guest_write(vgpu, gpa + PV_SUBMISSION_SUBMITTED_OFF, &taken, sizeof(taken));
    }
    if (err) {
        gvt_peer_error(vgpu, "pv: submission refused", engine);
    }
}

/* ---- table ----------------------------------------------------------------------------------- */

static int nothing(struct gvt_vgpu *vgpu, const uint32_t *payload, uint32_t len)
{
    (void)vgpu;
    (void)payload;
    (void)len;
    return 0;
}

static const struct command {
    const char *name;
    uint32_t caps; /* negotiated, or refused */
    int (*run)(struct gvt_vgpu *vgpu, const uint32_t *payload, uint32_t len);
} commands[] = {
    [PV_CMD_DEFAULT] = {"DEFAULT", PV_NONE, nothing},
    [PV_CMD_BIND_PPGTT] = {"BIND_PPGTT", PV_PPGTT, bind_ppgtt},
    [PV_CMD_UNBIND_PPGTT] = {"UNBIND_PPGTT", PV_PPGTT, unbind_ppgtt},
    [PV_CMD_BIND_GGTT] = {"BIND_GGTT", PV_GGTT, bind_ggtt},
    [PV_CMD_UNBIND_GGTT] = {"UNBIND_GGTT", PV_GGTT, unbind_ggtt},
    /* A value for the submit port; as a message it means nothing. */
    [PV_CMD_SUBMIT_WORKLOAD] = {"SUBMIT_WORKLOAD", PV_SUBMISSION, NULL},
    [PV_CMD_REGISTER_CAP_GPA] = {"REGISTER_CAP_GPA", PV_NONE, register_cap_gpa},
};

static const struct command *find_command(const struct gvt *gvt, uint32_t action)
{
    if (action == gvt->config.pv_register_action) {
        return &commands[PV_CMD_REGISTER_CAP_GPA];
    }
    if (action == gvt->config.pv_submit_action) {
        return &commands[PV_CMD_SUBMIT_WORKLOAD];
    }
    return action < PV_CMD_SUBMIT_WORKLOAD ? &commands[action] : NULL;
}

const char *gvt_pv_action_name(const struct gvt *gvt, uint32_t action)
{
    const struct command *command = find_command(gvt, action);

    return command ? command->name : NULL;
}

int gvt_pv_execute(struct gvt_vgpu *vgpu, uint32_t action, const uint32_t *payload, uint32_t len)
{
    const struct command *command = find_command(vgpu->gvt, action);

    if (!command || !command->run || (vgpu->pv.caps & command->caps) != command->caps) {
        return -EINVAL;
    }
    return command->run(vgpu, payload, len);
}
