/* SPDX-License-Identifier: MIT */
/* Shadows of a guest's page tables: the same tree in the host's RAM, with host addresses. A worker
 * keeps the one of its last workload. Tables that are shadowed are write-protected, as GVT-g has
 * them: each entry that a vCPU writes traps, and the shadow follows at once, also under a running
 * engine (gvt_tables.c). What others write there, a device or the host, does not trap: before the
 * next workload the worker looks whether a table was written so, and builds the shadow anew. A
 * shadow is one worker's, so what the guest does to a root, or to work on another engine, cannot
 * take it away under a running engine. What was mapped by PV is in no table of the guest and is
 * added. */
#include "host/gvt/gvt_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host/abi/xe_gtt_defs.h"

/* Of the mediator: to look whether a table was written, and to shadow one; chosen. */
#define LOOK_CYCLES  40u
#define TABLE_CYCLES 600u

static uint64_t take_page(struct gvt_vgpu *vgpu, struct gvt_shadow *shadow, uint64_t gpa,
                          unsigned level)
{
    uint64_t page;

    if (shadow->num_tables == shadow->max_tables) {
        unsigned more = shadow->max_tables ? 2 * shadow->max_tables : 16;
        struct gvt_shadow_table *tables =
            more <= GVT_MAX_SHADOW_TABLES ? realloc(shadow->tables, more * sizeof(*tables)) : NULL;

        if (!tables) {
            return 0;
        }
        shadow->tables = tables;
        shadow->max_tables = more;
    }
    page = hal_mem_alloc(vgpu->gvt->config.hal, XE_PAGE_SIZE);
    if (page) {
        shadow->tables[shadow->num_tables++] = (struct gvt_shadow_table){
            .page = page,
            .gpa = gpa,
            .level = level,
            .writes = gpa == GVT_NO_GPA ? 0 : vgpu->ops->guest_writes(vgpu->arg, gpa),
        };
    }
    return page;
}

void gvt_shadow_drop(struct gvt *gvt, struct gvt_shadow *shadow)
{
    shadow->whole = false;
    while (shadow->num_tables > 0) {
        hal_mem_free(gvt->config.hal, shadow->tables[--shadow->num_tables].page);
    }
}

void gvt_shadow_forget(struct gvt_vgpu *vgpu)
{
    vgpu->shadow_era = ++vgpu->gvt->eras;
}

static bool is_leaf(uint64_t entry, unsigned level)
{
    return level == 1 || entry & PTE_LARGE;
}

/* What a leaf of the guest is on this host; 0 when its memory is not all there. */
static uint64_t shadow_leaf(struct gvt_vgpu *vgpu, uint64_t entry, unsigned level)
{
    uint64_t size = (uint64_t)XE_PAGE_SIZE << (level - 1) * INDEX_BITS;
    uint64_t gpa = entry & XE_PTE_ADDR_MASK & ~(size - 1);
    uint64_t flags = entry & (PTE_PRESENT | PTE_WRITE | PTE_NULL);
    uint64_t frame = vgpu->ops->guest_frame(vgpu->arg, gpa);

    if (entry & PTE_NULL) {
        return flags | (level > 1 ? PTE_LARGE : 0);
    }
    if (!frame || !vgpu->ops->guest_frame(vgpu->arg, gpa + size - XE_PAGE_SIZE)) {
        return 0;
    }
    return frame | flags | (level > 1 ? PTE_LARGE : 0);
}

static uint64_t shadow_table(struct gvt_vgpu *vgpu, struct gvt_shadow *shadow, uint64_t gpa,
                             unsigned level);

int gvt_shadow_entry(struct gvt_vgpu *vgpu, struct gvt_shadow *shadow, unsigned level,
                     uint64_t *entry)
{
    uint64_t below;

    if (!(*entry & PTE_PRESENT)) {
        *entry = 0;
        return 0;
    }
    if (is_leaf(*entry, level)) {
        *entry = shadow_leaf(vgpu, *entry, level);
        return 0;
    }
    below = shadow_table(vgpu, shadow, *entry & XE_PTE_ADDR_MASK, level - 1);
    *entry = below | PTE_PRESENT | PTE_WRITE;
    return below ? 0 : -ENOMEM;
}

/* Shadows the table at gpa with all below it; depth is bounded by level. Returns its host address,
 * 0 without memory. A table that is not in the guest's RAM is empty: its use is the guest's fault.
 */
static uint64_t shadow_table(struct gvt_vgpu *vgpu, struct gvt_shadow *shadow, uint64_t gpa,
                             unsigned level)
{
    uint64_t page = take_page(vgpu, shadow, gpa, level);
    uint64_t entries[ENTRIES];

    if (!page || vgpu->ops->guest_read(vgpu->arg, gpa, entries, sizeof(entries))) {
        return page;
    }
    for (unsigned n = 0; n < ENTRIES; n++) {
        if (gvt_shadow_entry(vgpu, shadow, level, &entries[n])) {
            return 0;
        }
    }
    return hal_mem_write(vgpu->gvt->config.hal, page, entries, sizeof(entries)) ? 0 : page;
}

/* ---- reading through a shadow ---------------------------------------------------------------- */

/* Host address of one byte, 0 when nothing is there. */
static uint64_t host_address(struct hal *hal, const struct exec_work *work, uint64_t addr)
{
    unsigned level = work->levels == 3 ? 2 : 4;
    uint64_t entry = work->levels == 3 ? work->roots[addr >> 30 & 3] : work->roots[0];

    if (addr >> (work->levels == 3 ? 32 : 48)) {
        return 0;
    }
    for (; level > 0; level--) {
        unsigned shift = 12 + (level - 1) * INDEX_BITS;
        uint64_t table = entry & XE_PTE_ADDR_MASK;

        if (!table || hal_mem_read(hal, table + (addr >> shift) % ENTRIES * sizeof(entry), &entry,
                                   sizeof(entry))) {
            return 0;
        }
        if (!(entry & PTE_PRESENT) || entry & PTE_NULL) {
            return 0;
        }
        if (is_leaf(entry, level)) {
            uint64_t within = (1ull << shift) - 1;

            return (entry & XE_PTE_ADDR_MASK & ~within) | (addr & within);
        }
    }
    return 0;
}

int gvt_shadow_read(const struct gvt_vgpu *vgpu, const struct exec_work *work, uint64_t addr,
                    void *to, uint64_t size)
{
    while (size > 0) {
        uint64_t rest = XE_PAGE_SIZE - addr % XE_PAGE_SIZE;
        uint64_t part = size < rest ? size : rest;
        uint64_t host = host_address(vgpu->gvt->config.hal, work, addr);
        int err = host ? hal_mem_read(vgpu->gvt->config.hal, host, to, part) : -EFAULT;

        if (err) {
            return err;
        }
        to = (uint8_t *)to + part;
        addr += part;
        size -= part;
    }
    return 0;
}

/* ---- mappings by PV -------------------------------------------------------------------------- */

/* A guest chooses no more of an entry than in its own tables. */
int gvt_shadow_insert(struct gvt_vgpu *vgpu, struct gvt_shadow *shadow,
                      const struct gvt_mapping *mapping)
{
    struct hal *hal = vgpu->gvt->config.hal;
    uint64_t table = shadow->roots[0];
    const uint64_t leaf = mapping->entry & PTE_PRESENT ? shadow_leaf(vgpu, mapping->entry, 1) : 0;

    for (unsigned level = 4; level > 0; level--) {
        unsigned shift = 12 + (level - 1) * INDEX_BITS;
        uint64_t place = table + (mapping->addr >> shift) % ENTRIES * sizeof(uint64_t);
        uint64_t entry = leaf;
        int err = level == 1 ? 0 : hal_mem_read(hal, place, &entry, sizeof(entry));

        if (!err && level > 1 && !(entry & PTE_PRESENT)) {
            entry = take_page(vgpu, shadow, GVT_NO_GPA, level - 1) | PTE_PRESENT | PTE_WRITE;
            err = entry & XE_PTE_ADDR_MASK ? 0 : -ENOMEM;
        }
        err = err ? err : hal_mem_write(hal, place, &entry, sizeof(entry));
        if (err || (level > 1 && entry & PTE_LARGE)) {
            return err;
        }
        table = entry & XE_PTE_ADDR_MASK;
    }
    return 0;
}

/* ---- the whole ------------------------------------------------------------------------------- */

/* Whether nothing changed since it was built for these roots. */
static bool still_good(const struct gvt_vgpu *vgpu, const struct gvt_shadow *shadow,
                       const struct gvt_ppgtt *ppgtt)
{
    bool good = shadow->whole && shadow->era == vgpu->shadow_era && shadow->level == ppgtt->level &&
                memcmp(shadow->pdp, ppgtt->pdp, sizeof(shadow->pdp)) == 0;

    for (unsigned n = 0; good && n < shadow->num_tables; n++) {
        const struct gvt_shadow_table *table = &shadow->tables[n];

        good = table->gpa == GVT_NO_GPA ||
               vgpu->ops->guest_writes(vgpu->arg, table->gpa) == table->writes;
    }
    return good;
}

static int build(struct gvt_vgpu *vgpu, struct gvt_shadow *shadow, const struct gvt_ppgtt *ppgtt)
{
    unsigned roots = ppgtt->level == 3 ? 4 : 1;
    struct gvt_mapping mapping = {.addr = 0};

    gvt_shadow_drop(vgpu->gvt, shadow);
    shadow->era = vgpu->shadow_era;
    shadow->level = ppgtt->level;
    memcpy(shadow->pdp, ppgtt->pdp, sizeof(shadow->pdp));
    memset(shadow->roots, 0, sizeof(shadow->roots));
    for (unsigned n = 0; n < roots; n++) {
        uint64_t gpa = ppgtt->pdp[n] & XE_PTE_ADDR_MASK;

        if (ppgtt->level == 3 && !gpa) {
            continue; /* nothing in that gigabyte */
        }
        shadow->roots[n] = shadow_table(vgpu, shadow, gpa, ppgtt->level == 3 ? 2 : 4);
        if (!shadow->roots[n]) {
            return -ENOMEM;
        }
    }
    for (; ppgtt->level == 4 && gvt_mapping_next(ppgtt, &mapping); mapping.addr += XE_PAGE_SIZE) {
        int err = gvt_shadow_insert(vgpu, shadow, &mapping);

        if (err) {
            return err;
        }
    }
    shadow->whole = true;
    return 0;
}

int gvt_shadow_build(struct gvt_vgpu *vgpu, struct gvt_shadow *shadow, const uint64_t roots[4],
                     struct exec_work *work)
{
    struct gvt_ppgtt *ppgtt = gvt_ppgtt_find(vgpu, roots[0]);
    int err = 0;

    if (!ppgtt) {
        ppgtt = gvt_ppgtt_find_3(vgpu, roots);
    }
    if (!ppgtt) {
        return -EINVAL;
    }
    if (still_good(vgpu, shadow, ppgtt)) {
        shadow->cost = LOOK_CYCLES;
    } else {
        err = build(vgpu, shadow, ppgtt);
        shadow->cost = TABLE_CYCLES * shadow->num_tables;
    }
    work->levels = shadow->level;
    memcpy(work->roots, shadow->roots, sizeof(work->roots));
    return err;
}
