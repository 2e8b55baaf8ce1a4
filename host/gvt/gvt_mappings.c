/* SPDX-License-Identifier: MIT */
/* Pages that PV messages bound into a space of four levels. They are in no table of the guest, so
 * tables of the mediator's keep them, with entries as the guest gave them: a shadow gets the host's
 * frames when it is built, and an image carries them as runs. Tables are counted, for one guest can
 * make the host keep no more of them than a shadow may have. */
#include "host/gvt/gvt_private.h"

#include <errno.h>
#include <stdlib.h>

#include "host/abi/xe_gtt_defs.h"

#define ENTRIES    512u
#define INDEX_BITS 9u
#define LEVELS     4u
#define SPACE_END  (1ull << 48)

/* All that is in the array is pointers to tables below, or at level 1 entries; 0: nothing. */
struct gvt_mapping_table {
    unsigned used;
    union {
        struct gvt_mapping_table *below;
        uint64_t entry;
    } at[ENTRIES];
};

static unsigned shift_of(unsigned level)
{
    return 12 + (level - 1) * INDEX_BITS;
}

static unsigned index_of(uint64_t addr, unsigned level)
{
    return (unsigned)(addr >> shift_of(level)) % ENTRIES;
}

/* The table of this link, which is made when there is none. NULL without room or memory. */
static struct gvt_mapping_table *get_table(unsigned *tables, struct gvt_mapping_table **link)
{
    if (!*link && *tables < GVT_MAX_MAPPING_TABLES) {
        *link = calloc(1, sizeof(**link));
        *tables += *link != NULL;
    }
    return *link;
}

/* Takes away what a link leads to when nothing is in it. */
static void put_table(unsigned *tables, struct gvt_mapping_table **link)
{
    if (*link && !(*link)->used) {
        free(*link);
        *link = NULL;
        --*tables;
    }
}

/* Sets one entry below a link; depth is bounded by level. Tables that are empty then go. */
static int set_below(unsigned *tables, struct gvt_mapping_table **link, unsigned level,
                     const struct gvt_mapping *mapping)
{
    struct gvt_mapping_table *table = mapping->entry ? get_table(tables, link) : *link;
    unsigned index = index_of(mapping->addr, level);
    unsigned before;
    int err = 0;

    if (!table) {
        return mapping->entry ? -ENOMEM : 0;
    }
    if (level == 1) {
        before = table->at[index].entry != 0;
        table->at[index].entry = mapping->entry;
        table->used = table->used - before + (mapping->entry != 0);
    } else {
        before = table->at[index].below != NULL;
        err = set_below(tables, &table->at[index].below, level - 1, mapping);
        table->used = table->used - before + (table->at[index].below != NULL);
    }
    put_table(tables, link);
    return err;
}

int gvt_mapping_set(unsigned *tables, struct gvt_ppgtt *ppgtt, uint64_t addr, uint64_t entry)
{
    return set_below(tables, &ppgtt->mappings, LEVELS,
                     &(struct gvt_mapping){.addr = addr, .entry = entry});
}

void gvt_mapping_drop(unsigned *tables, struct gvt_ppgtt *ppgtt)
{
    struct gvt_mapping mapping = {.addr = 0};

    while (gvt_mapping_next(ppgtt, &mapping)) {
        mapping.entry = 0;
        (void)set_below(tables, &ppgtt->mappings, LEVELS, &mapping);
    }
}

/* ---- in order -------------------------------------------------------------------------------- */

bool gvt_mapping_next(const struct gvt_ppgtt *ppgtt, struct gvt_mapping *mapping)
{
    while (mapping->addr < SPACE_END) {
        const struct gvt_mapping_table *table = ppgtt->mappings;
        unsigned level = LEVELS;

        while (table && level > 1) {
            table = table->at[index_of(mapping->addr, level)].below;
            level -= table != NULL;
        }
        mapping->entry = table ? table->at[index_of(mapping->addr, 1)].entry : 0;
        if (mapping->entry) {
            return true;
        }
        mapping->addr = ((mapping->addr >> shift_of(level)) + 1) << shift_of(level);
    }
    return false;
}

bool gvt_mapping_next_run(const struct gvt_ppgtt *ppgtt, struct gvt_mapping *mapping,
                          uint32_t *pages)
{
    struct gvt_mapping behind;

    if (!gvt_mapping_next(ppgtt, mapping)) {
        return false;
    }
    behind = *mapping;
    *pages = 0;
    do {
        ++*pages;
        behind.addr += XE_PAGE_SIZE;
    } while (gvt_mapping_next(ppgtt, &behind) &&
             behind.addr - mapping->addr == (uint64_t)*pages * XE_PAGE_SIZE &&
             behind.entry - mapping->entry == (uint64_t)*pages * XE_PAGE_SIZE);
    return true;
}

bool gvt_mapping_any(const struct gvt_vgpu *vgpu)
{
    return vgpu->mapping_tables > 0;
}
