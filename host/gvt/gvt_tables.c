/* SPDX-License-Identifier: MIT */
/* Writes of a guest's vCPUs to tables that are shadowed. Each entry traps, as GVT-g has it while it
 * lets none go out of sync (its default), and every shadow of the table has it at once. Of an entry
 * that is written in part nobody knows what it will be: it is absent until the next workload. The
 * engine's own TLB is not emptied for it, neither there nor here. */
#include "host/gvt/gvt_private.h"

#include <errno.h>
#include <string.h>

#include "host/abi/xe_gtt_defs.h"

/* One entry of one shadow. What was below a directory's entry stays until the shadow is built anew:
 * an engine may be in it. */
static void update(struct gvt_vgpu *vgpu, struct gvt_shadow *shadow, unsigned table, unsigned index,
                   bool whole)
{
    const struct gvt_shadow_table of = shadow->tables[table];
    const uint64_t place = index * sizeof(uint64_t);
    uint64_t entry = 0;
    int err = whole ? vgpu->ops->guest_read(vgpu->arg, of.gpa + place, &entry, sizeof(entry)) : 0;

    err = err ? err : gvt_shadow_entry(vgpu, shadow, of.level, &entry);
    if (err) {
        entry = 0;
    }
    err = hal_mem_write(vgpu->gvt->config.hal, of.page + place, &entry, sizeof(entry)) || err;
    if (err || !whole || of.level > 1) {
        shadow->whole = false;
    }
}

/* The part of a write that is in one table. */
static void update_table(struct gvt_vgpu *vgpu, struct gvt_shadow *shadow, unsigned table,
                         uint64_t start, uint64_t end)
{
    const uint64_t gpa = shadow->tables[table].gpa;

    for (unsigned index = (unsigned)(start - gpa) / 8; gpa + index * 8ull < end; index++) {
        const uint64_t at = gpa + index * 8ull;

        update(vgpu, shadow, table, index, start <= at && at + 8 <= end);
    }
    /* It is as it was read now, and need not be read again. */
    shadow->tables[table].writes = vgpu->ops->guest_writes(vgpu->arg, gpa);
}

/* Whether the guest's page is write-protected for the worker's sake: its shadow is in use, or as
 * good as when it was built. */
static bool guards(const struct gvt_vgpu *vgpu, const struct gvt_worker *worker)
{
    return worker->running || (worker->shadow.whole && worker->shadow.era == vgpu->shadow_era);
}

static bool update_shadow(struct gvt_vgpu *vgpu, struct gvt_shadow *shadow, uint64_t start,
                          uint64_t end)
{
    const uint64_t page = start - start % XE_PAGE_SIZE;
    /* Tables that come to it meanwhile are read as they are now. */
    const unsigned count = shadow->num_tables;
    bool hit = false;

    for (unsigned n = 0; n < count; n++) {
        if (shadow->tables[n].gpa == page) {
            update_table(vgpu, shadow, n, start, end);
            hit = true;
        }
    }
    return hit;
}

unsigned gvt_guest_wrote(struct gvt_vgpu *vgpu, uint64_t gpa, uint64_t size)
{
    const uint64_t end = gpa + size;
    unsigned entries = 0;

    while (gpa < end) {
        const uint64_t next = gpa - gpa % XE_PAGE_SIZE + XE_PAGE_SIZE;
        const uint64_t stop = next < end ? next : end;
        bool hit = false;

        for (unsigned engine = 0; engine < GVT_ENGINES; engine++) {
            struct gvt_worker *worker = &vgpu->gvt->workers[vgpu->id][engine];

            hit |= guards(vgpu, worker) && update_shadow(vgpu, &worker->shadow, gpa, stop);
        }
        entries += hit ? (unsigned)((stop + 7) / 8 - gpa / 8) : 0;
        gpa = stop;
    }
    return entries;
}

void gvt_shadow_bound(struct gvt_vgpu *vgpu, const struct gvt_ppgtt *ppgtt,
                      const struct gvt_mapping *mapping)
{
    for (unsigned engine = 0; engine < GVT_ENGINES; engine++) {
        struct gvt_worker *worker = &vgpu->gvt->workers[vgpu->id][engine];
        struct gvt_shadow *shadow = &worker->shadow;

        /* Without memory for tables on the way it counts from the next workload on. */
        if (worker->running && shadow->num_tables && shadow->level == 4 && ppgtt->level == 4 &&
            shadow->pdp[0] == ppgtt->pdp[0] && gvt_shadow_insert(vgpu, shadow, mapping)) {
            shadow->whole = false;
        }
    }
}
