/* SPDX-License-Identifier: MIT */
/* PV commands, one function each, and the two things that go to the host without a message: roots
 * of page tables, and submissions by record. */
#include "guest/pv/pv.h"

#include <errno.h>
#include <string.h>

#include "guest/pv/pv_private.h"
#include "host/abi/i915_pvinfo.h"

/* ---- pages ----------------------------------------------------------------------------------- */

static int send_vma(struct pv *pv, uint32_t action, const struct pv_vma *vma)
{
    uint32_t message[PV_VMA_MSG_LEN] = {action};

    memcpy(&message[1], vma, sizeof(*vma));
    return pv_send(pv, message, PV_VMA_MSG_LEN, NULL);
}

/* One page is told in the message; more are listed in RAM that the host reads before the message is
 * done. One that timed out may still be read later: its list is never given back. */
static int send_pages(struct pv *pv, uint32_t action, struct pv_vma *vma, const uint64_t *pages)
{
    struct hal *hal = pv->config.hal;
    uint64_t bytes = vma->size * sizeof(*pages);
    uint64_t list;
    int err;

    if (vma->size <= 1) {
        vma->dma_addrs = vma->size ? pages[0] : 0;
        return send_vma(pv, action, vma);
    }
    list = hal_mem_alloc(hal, bytes);
    if (!list) {
        return -ENOMEM;
    }
    vma->dma_addrs = list;
    err = hal_mem_write(hal, list, pages, bytes);
    err = err ? err : send_vma(pv, action, vma);
    if (err != -ETIMEDOUT) {
        hal_mem_free(hal, list);
    }
    return err;
}

int pv_bind_ppgtt(struct pv *pv, uint64_t pml4, uint64_t start, const uint64_t *pages,
                  uint32_t count)
{
    struct pv_vma vma = {
        .size = count, .flags = 1u << I915_VMA_ALLOC_BIT, .start = start, .pml4 = pml4};

    return send_pages(pv, PV_CMD_BIND_PPGTT, &vma, pages);
}

int pv_unbind_ppgtt(struct pv *pv, uint64_t pml4, uint64_t start, uint32_t count)
{
    const struct pv_vma vma = {.size = count, .start = start, .pml4 = pml4};

    return send_vma(pv, PV_CMD_UNBIND_PPGTT, &vma);
}

int pv_bind_ggtt(struct pv *pv, uint64_t start, const uint64_t *pages, uint32_t count)
{
    struct pv_vma vma = {.size = count, .start = start};

    return send_pages(pv, PV_CMD_BIND_GGTT, &vma, pages);
}

int pv_unbind_ggtt(struct pv *pv, uint64_t start, uint32_t count)
{
    const struct pv_vma vma = {.size = count, .start = start};

    return send_vma(pv, PV_CMD_UNBIND_GGTT, &vma);
}

/* ---- submission ------------------------------------------------------------------------------ */

int pv_register_submission(struct pv *pv)
{
    const uint64_t records = pv->page + PV_SUB_OFF;
    const uint32_t message[] = {pv->config.register_action, PV_SUBMISSION, lower_32(records),
                                upper_32(records)};

    return pv_send(pv, message, ARRAY_SIZE(message), NULL);
}

int pv_submit(struct pv *pv, unsigned id, uint32_t elsp, const uint64_t desc[2])
{
    struct pv_submission record;
    uint64_t addr = pv->page + PV_SUB_OFF + id * sizeof(record);

    if (!(pv->caps & PV_SUBMISSION) || (id + 1) * sizeof(record) > PV_CMD_OFF - PV_SUB_OFF) {
        return -ENODEV;
    }
    if (hal_mem_read(pv->config.hal, addr, &record, sizeof(record))) {
        return -ENODEV;
    }
    if (record.submitted) {
        return -EBUSY;
    }
    record =
        (struct pv_submission){.descs = {desc[0], desc[PV_SUBMISSION_DESCS - 1]}, .submitted = 1};
    if (hal_mem_write(pv->config.hal, addr, &record, sizeof(record))) {
        return -ENODEV;
    }
    hal_write32(pv->config.hal, elsp, pv->config.submit_action);
    return 0;
}

/* ---- roots ----------------------------------------------------------------------------------- */

static void notify_root(struct pv *pv, const uint64_t pdp[4], unsigned count, uint32_t value)
{
    for (unsigned n = 0; n < count; n++) {
        hal_write32(pv->config.hal, PVINFO_PDP_LO(n), lower_32(pdp[n]));
        hal_write32(pv->config.hal, PVINFO_PDP_HI(n), upper_32(pdp[n]));
    }
    hal_write32(pv->config.hal, PVINFO_G2V_NOTIFY, value);
}

void pv_root_create(struct pv *pv, unsigned level, const uint64_t pdp[4])
{
    notify_root(pv, pdp, level == 4 ? 1 : 4,
                level == 4 ? VGT_G2V_PPGTT_L4_PAGE_TABLE_CREATE
                           : VGT_G2V_PPGTT_L3_PAGE_TABLE_CREATE);
}

void pv_root_destroy(struct pv *pv, unsigned level, const uint64_t pdp[4])
{
    notify_root(pv, pdp, level == 4 ? 1 : 4,
                level == 4 ? VGT_G2V_PPGTT_L4_PAGE_TABLE_DESTROY
                           : VGT_G2V_PPGTT_L3_PAGE_TABLE_DESTROY);
}
