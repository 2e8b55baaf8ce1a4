/* SPDX-License-Identifier: MIT */
/* Memory that the device reaches: objects in the share of the GGTT that PVINFO tells of, with
 * entries written one trap each or bound by one message, and page tables of four levels for a
 * queue with a space of its own, written into our RAM or bound by message. */
#include <errno.h>

#include "guest/pv/pv_private.h"
#include "host/abi/i915_pvinfo.h"
#include "host/abi/xe_gtt_defs.h"

#define PTE_PRESENT 0x1ull
#define PTE_WRITE   0x2ull
#define MAX_PAGES   64u
#define LEVELS      4u
#define INDEX_BITS  9u

static uint64_t page_bytes(uint64_t pages)
{
    return pages * XE_PAGE_SIZE;
}

int pv_memory_start(struct pv *pv)
{
    struct hal *hal = pv->config.hal;
    uint64_t start;
    uint64_t size;

    if (pv->ggtt) {
        return 0;
    }
    start = hal_read32(hal, PVINFO_MAPPABLE_GMADR_BASE);
    size = hal_read32(hal, PVINFO_MAPPABLE_GMADR_SIZE);
    if (!IS_ALIGNED(start | size, XE_PAGE_SIZE) || size == 0 || start > XE_MAX_GGTT_SIZE - size) {
        return -EPROTO;
    }
    pv->ggtt = ggtt_create(hal, start, size);
    if (!pv->ggtt) {
        return -ENOMEM;
    }
    return pv_bo_create(pv, XE_PAGE_SIZE, &pv->results);
}

static int bind(struct pv *pv, const struct bo *bo)
{
    uint64_t pages[MAX_PAGES];
    uint32_t count = (uint32_t)(bo->size / XE_PAGE_SIZE);

    for (uint32_t n = 0; n < count; n++) {
        pages[n] = (bo->phys + page_bytes(n)) | PTE_PRESENT;
    }
    return pv_bind_ggtt(pv, bo->node->addr, pages, count);
}

int pv_bo_create(struct pv *pv, uint64_t size, struct bo *bo)
{
    struct bo made = {.size = size};
    int err;

    if (!(pv->caps & PV_GGTT) || size > page_bytes(MAX_PAGES)) {
        return bo_create(pv->config.hal, pv->ggtt, size, 0, bo);
    }
    made.phys = hal_mem_alloc(pv->config.hal, size);
    if (!made.phys) {
        return -ENOMEM;
    }
    err = ggtt_insert(pv->ggtt, size, XE_PAGE_SIZE, &made.node);
    if (err) {
        hal_mem_free(pv->config.hal, made.phys);
        return err;
    }
    err = bind(pv, &made);
    if (err) {
        ggtt_remove(pv->ggtt, made.node);
        hal_mem_free(pv->config.hal, made.phys);
        return err;
    }
    *bo = made;
    return 0;
}

/* ---- page tables ----------------------------------------------------------------------------- */

static int table_entry(struct hal *hal, uint64_t table, uint64_t va, unsigned level,
                       uint64_t *entry)
{
    uint64_t index = va >> (12 + (level - 1) * INDEX_BITS) & ((1u << INDEX_BITS) - 1);
    uint64_t place = table + index * sizeof(*entry);
    uint64_t value = *entry;

    if (hal_mem_read(hal, place, entry, sizeof(*entry))) {
        return -EFAULT;
    }
    return *entry || !value ? 0 : hal_mem_write(hal, place, &value, sizeof(value));
}

/* Address of the table below an entry, which is made when there is none; 0 without memory. */
static uint64_t table_below(struct hal *hal, uint64_t table, uint64_t va, unsigned level)
{
    uint64_t entry = 0;

    if (table_entry(hal, table, va, level, &entry)) {
        return 0;
    }
    if (!entry) {
        uint64_t below = hal_mem_alloc(hal, XE_PAGE_SIZE);

        entry = below | PTE_PRESENT | PTE_WRITE;
        return below && !table_entry(hal, table, va, level, &entry) ? below : 0;
    }
    return entry & XE_PTE_ADDR_MASK;
}

/* Maps one page, making the tables on the way. */
static int map_page(struct pv_queue *queue, uint64_t va, uint64_t phys)
{
    struct hal *hal = queue->pv->config.hal;
    uint64_t entry = phys | PTE_PRESENT | PTE_WRITE;
    uint64_t table = queue->root;

    for (unsigned level = LEVELS; level > 1 && table; level--) {
        table = table_below(hal, table, va, level);
    }
    return table ? table_entry(hal, table, va, 1, &entry) : -ENOMEM;
}

static int map_object(struct pv_queue *queue, const struct bo *bo, uint64_t va)
{
    struct pv *pv = queue->pv;
    uint64_t pages[MAX_PAGES];
    uint32_t count = (uint32_t)(bo->size / XE_PAGE_SIZE);
    int err = 0;

    for (uint32_t n = 0; n < count && !err; n++) {
        pages[n] = (bo->phys + page_bytes(n)) | PTE_PRESENT | PTE_WRITE;
        if (queue->space == PV_SPACE_TABLES) {
            err = map_page(queue, va + page_bytes(n), bo->phys + page_bytes(n));
        }
    }
    return err || queue->space == PV_SPACE_TABLES
               ? err
               : pv_bind_ppgtt(pv, queue->root, va, pages, count);
}

int pv_space_create(struct pv_queue *queue)
{
    uint64_t roots[4] = {0};
    int err;

    queue->root = hal_mem_alloc(queue->pv->config.hal, XE_PAGE_SIZE);
    if (!queue->root) {
        return -ENOMEM;
    }
    roots[0] = queue->root;
    pv_root_create(queue->pv, LEVELS, roots);
    err = map_object(queue, &queue->batches, PV_BATCH_VA);
    return err ? err : map_object(queue, &queue->pv->results, PV_RESULTS_VA);
}
