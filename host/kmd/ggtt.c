/* SPDX-License-Identifier: MIT */
/* GGTT range of one function: which addresses are taken, and their entries behind BAR0. A range
 * can move under its nodes when a VF comes to another GPU; then every node keeps its offset. */
#include "host/kmd/kmd.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "gpu_regs.h"
#include "host/abi/xe_gtt_defs.h"

#define ENTRY_SIZE 8u

/* ggtt_node is the first member: the owner holds a pointer to it. */
struct entry {
    struct ggtt_node node;
    struct entry *next; /* by address */
};

struct ggtt {
    struct hal *hal;
    uint64_t start;
    uint64_t size;
    struct entry *entries;
    unsigned shifts; /* how often the range moved */
    void (*invalidate)(void *arg);
    void *invalidate_arg;
};

struct ggtt *ggtt_create(struct hal *hal, uint64_t start, uint64_t size)
{
    struct ggtt *ggtt = calloc(1, sizeof(*ggtt));

    assert(IS_ALIGNED(start | size, XE_PAGE_SIZE) && size <= XE_MAX_GGTT_SIZE &&
           start <= XE_MAX_GGTT_SIZE - size);
    if (ggtt) {
        ggtt->hal = hal;
        ggtt->start = start;
        ggtt->size = size;
    }
    return ggtt;
}

void ggtt_destroy(struct ggtt *ggtt)
{
    if (!ggtt) {
        return;
    }
    while (ggtt->entries) {
        struct entry *entry = ggtt->entries;

        ggtt->entries = entry->next;
        free(entry);
    }
    free(ggtt);
}

static uint64_t end_of(const struct entry *entry)
{
    return entry->node.addr + entry->node.size;
}

int ggtt_insert(struct ggtt *ggtt, uint64_t size, uint64_t align, struct ggtt_node **node)
{
    struct entry **link = &ggtt->entries;
    uint64_t end = ggtt->start + ggtt->size;
    uint64_t addr = ALIGN_UP(ggtt->start, align);
    struct entry *entry;

    assert(size && IS_ALIGNED(size, XE_PAGE_SIZE) && IS_ALIGNED(align, XE_PAGE_SIZE) &&
           IS_ALIGNED(align, align & -align));
    while (*link && (addr > (*link)->node.addr || (*link)->node.addr - addr < size)) {
        addr = ALIGN_UP(end_of(*link), align);
        link = &(*link)->next;
    }
    if (addr > end || end - addr < size) {
        return -ENOSPC;
    }
    entry = calloc(1, sizeof(*entry));
    if (!entry) {
        return -ENOMEM;
    }
    entry->node = (struct ggtt_node){.addr = addr, .size = size};
    entry->next = *link;
    *link = entry;
    *node = &entry->node;
    return 0;
}

/* Writes page n's entry as first + n * step. Writing takes time, in which recovery may move the
 * range: entries written to the old place are lost, so all are written again. */
static void write_entries(struct ggtt *ggtt, const struct ggtt_node *node, uint64_t first,
                          uint64_t step)
{
    unsigned shifts;

    do {
        shifts = ggtt->shifts;
        for (uint64_t page = 0; page < node->size / XE_PAGE_SIZE; page++) {
            uint64_t number = node->addr / XE_PAGE_SIZE + page;

            hal_write64(ggtt->hal, (uint32_t)(GGTT_BAR0_OFFSET + number * ENTRY_SIZE),
                        first + page * step);
        }
    } while (shifts != ggtt->shifts);
    if (ggtt->invalidate) {
        ggtt->invalidate(ggtt->invalidate_arg);
    }
}

void ggtt_remove(struct ggtt *ggtt, struct ggtt_node *node)
{
    struct entry **link = &ggtt->entries;

    if (!node) {
        return;
    }
    /* The place stays taken until nothing can be reached through it. */
    write_entries(ggtt, node, 0, 0);
    while (*link && &(*link)->node != node) {
        link = &(*link)->next;
    }
    assert(*link);
    *link = (*link)->next;
    free((struct entry *)node);
}

void ggtt_map(struct ggtt *ggtt, const struct ggtt_node *node, uint64_t phys, uint64_t flags)
{
    assert(IS_ALIGNED(phys, XE_PAGE_SIZE));
    write_entries(ggtt, node, phys | GGTT_PTE_PRESENT | flags, XE_PAGE_SIZE);
}

void ggtt_shift(struct ggtt *ggtt, int64_t shift)
{
    assert(IS_ALIGNED((uint64_t)shift, XE_PAGE_SIZE));
    ggtt->start += (uint64_t)shift;
    for (struct entry *entry = ggtt->entries; entry; entry = entry->next) {
        entry->node.addr += (uint64_t)shift;
    }
    ggtt->shifts++;
}

uint64_t ggtt_start(const struct ggtt *ggtt)
{
    return ggtt->start;
}

uint64_t ggtt_size(const struct ggtt *ggtt)
{
    return ggtt->size;
}

void ggtt_set_invalidate(struct ggtt *ggtt, void (*invalidate)(void *arg), void *arg)
{
    ggtt->invalidate = invalidate;
    ggtt->invalidate_arg = arg;
}
