/* SPDX-License-Identifier: MIT */
/* The PPGTT object of an image: the roots that the guest announced, each followed by runs of the
 * pages that PV messages bound below it. Tables in the guest's memory are in no image: the target
 * shadows them anew, and so it does the runs. */
#include "host/gvt/gvt_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host/abi/xe_gtt_defs.h"

#define MAX_LEVEL 4
#define MIN_LEVEL 3
#define SPACE_END (1ull << 48)

static struct gvt_ppgtt_entry_t entry_at(struct gvt_image_view view, uint32_t n)
{
    struct gvt_ppgtt_entry_t entry;

    memcpy(&entry, view.payload + n * sizeof(entry), sizeof(entry));
    return entry;
}

static bool is_run(const struct gvt_ppgtt_entry_t *entry)
{
    return entry->page_table_level == GVT_PPGTT_RUN_LEVEL;
}

/* ---- saving ---------------------------------------------------------------------------------- */

static uint64_t ppgtt_size(const struct gvt_vgpu *vgpu)
{
    uint64_t count = 0;

    for (const struct gvt_ppgtt *ppgtt = vgpu->ppgtts; ppgtt; ppgtt = ppgtt->next) {
        struct gvt_mapping run = {.addr = 0};
        uint32_t pages;

        count++;
        while (gvt_mapping_next_run(ppgtt, &run, &pages)) {
            count++;
            run.addr += (uint64_t)pages * XE_PAGE_SIZE;
        }
    }
    return count * GVT_PPGTT_ENTRY_BYTES;
}

static uint8_t *save_runs(const struct gvt_ppgtt *ppgtt, uint8_t *to)
{
    struct gvt_mapping run = {.addr = 0};
    uint32_t pages;

    while (gvt_mapping_next_run(ppgtt, &run, &pages)) {
        const struct gvt_ppgtt_entry_t entry = {
            .page_table_level = GVT_PPGTT_RUN_LEVEL,
            .extra_references = pages - 1,
            .pdp = {[GVT_RUN_ADDR] = run.addr, [GVT_RUN_ENTRY] = run.entry},
        };

        memcpy(to, &entry, sizeof(entry));
        to += sizeof(entry);
        run.addr += (uint64_t)pages * XE_PAGE_SIZE;
    }
    return to;
}

static void ppgtt_save(const struct gvt_vgpu *vgpu, struct gvt_image_view view)
{
    uint8_t *to = view.payload;

    for (const struct gvt_ppgtt *ppgtt = vgpu->ppgtts; ppgtt; ppgtt = ppgtt->next) {
        struct gvt_ppgtt_entry_t entry = {.page_table_level = (int32_t)ppgtt->level,
                                          .extra_references = ppgtt->references - 1};

        memcpy(entry.pdp, ppgtt->pdp, sizeof(entry.pdp));
        memcpy(to, &entry, sizeof(entry));
        to = save_runs(ppgtt, to + sizeof(entry));
    }
}

/* ---- checking -------------------------------------------------------------------------------- */

static int refused(const struct gvt_vgpu *vgpu, const char *why, uint64_t detail)
{
    gvt_image_refused(vgpu, why, detail);
    return -EINVAL;
}

/* The roots of an image that were found good, with what is bound below them: where a load would
 * fail for want of tables, the check already has. */
struct trial {
    struct gvt_ppgtt *roots;
    struct gvt_ppgtt *last;
    unsigned tables;
    unsigned count;
    uint64_t end; /* of the run before */
};

static void trial_free(struct trial *trial)
{
    while (trial->roots) {
        struct gvt_ppgtt *root = trial->roots;

        trial->roots = root->next;
        gvt_mapping_drop(&trial->tables, root);
        free(root);
    }
}

/* A root is there once: it says itself how often it was announced. */
static bool add_root(struct trial *trial, const struct gvt_ppgtt_entry_t *entry)
{
    const size_t words = entry->page_table_level == MAX_LEVEL ? 1 : ARRAY_SIZE(entry->pdp);
    struct gvt_ppgtt **link = &trial->roots;

    if (entry->page_table_level < MIN_LEVEL || entry->page_table_level > MAX_LEVEL ||
        entry->extra_references >= GVT_MAX_REFERENCES || trial->count++ == GVT_MAX_PPGTTS) {
        return false;
    }
    for (; *link; link = &(*link)->next) {
        if ((*link)->level == (unsigned)entry->page_table_level &&
            memcmp((*link)->pdp, entry->pdp, words * sizeof(*entry->pdp)) == 0) {
            return false;
        }
    }
    trial->last = *link = calloc(1, sizeof(**link));
    trial->end = 0;
    if (trial->last) {
        trial->last->level = (unsigned)entry->page_table_level;
        memcpy(trial->last->pdp, entry->pdp, sizeof(entry->pdp));
    }
    return trial->last != NULL;
}

/* All of a run is the guest's memory, as it was when it was bound. */
static bool add_run(const struct gvt_vgpu *vgpu, struct trial *trial,
                    const struct gvt_ppgtt_entry_t *run)
{
    uint64_t addr = run->pdp[GVT_RUN_ADDR];
    uint64_t entry = run->pdp[GVT_RUN_ENTRY];

    if (!trial->last || trial->last->level != MAX_LEVEL || addr % XE_PAGE_SIZE ||
        addr < trial->end || run->pdp[GVT_RUN_ZERO] || run->pdp[GVT_RUN_ZERO + 1]) {
        return false;
    }
    for (uint64_t n = 0; n <= run->extra_references; n++) {
        if (addr >= SPACE_END || entry == 0 ||
            !vgpu->ops->guest_frame(vgpu->arg, entry & XE_PTE_ADDR_MASK) ||
            gvt_mapping_set(&trial->tables, trial->last, addr, entry)) {
            return false;
        }
        addr += XE_PAGE_SIZE;
        entry += XE_PAGE_SIZE;
    }
    trial->end = addr;
    return true;
}

static int ppgtt_check(const struct gvt_vgpu *vgpu, struct gvt_image_view view)
{
    struct trial trial = {.roots = NULL};
    bool good = true;

    if (view.size % GVT_PPGTT_ENTRY_BYTES) {
        return refused(vgpu, "image: PPGTT has a bad size", view.size);
    }
    for (uint32_t n = 0; good && n < view.size / GVT_PPGTT_ENTRY_BYTES; n++) {
        const struct gvt_ppgtt_entry_t entry = entry_at(view, n);

        good = is_run(&entry) ? add_run(vgpu, &trial, &entry) : add_root(&trial, &entry);
        if (!good) {
            gvt_image_refused(vgpu, "image: PPGTT has a bad root or run", n);
        }
    }
    trial_free(&trial);
    return good ? 0 : -EINVAL;
}

bool gvt_image_has_runs(struct gvt_image_view view)
{
    for (uint32_t n = 0; n < view.size / GVT_PPGTT_ENTRY_BYTES; n++) {
        const struct gvt_ppgtt_entry_t entry = entry_at(view, n);

        if (is_run(&entry)) {
            return true;
        }
    }
    return false;
}

/* ---- loading --------------------------------------------------------------------------------- */

static int load_run(struct gvt_vgpu *vgpu, struct gvt_ppgtt *ppgtt,
                    const struct gvt_ppgtt_entry_t *run)
{
    int err = 0;

    for (uint64_t n = 0; n <= run->extra_references && !err; n++) {
        err = gvt_ppgtt_map(vgpu, ppgtt, run->pdp[GVT_RUN_ADDR] + n * XE_PAGE_SIZE,
                            run->pdp[GVT_RUN_ENTRY] + n * XE_PAGE_SIZE);
    }
    return err;
}

static int ppgtt_load(struct gvt_vgpu *vgpu, struct gvt_image_view view)
{
    struct gvt_ppgtt *root = NULL;

    for (uint32_t n = 0; n < view.size / GVT_PPGTT_ENTRY_BYTES; n++) {
        const struct gvt_ppgtt_entry_t entry = entry_at(view, n);
        int err;

        if (is_run(&entry)) {
            err = load_run(vgpu, root, &entry);
        } else {
            err = gvt_ppgtt_get(vgpu, (unsigned)entry.page_table_level, entry.pdp,
                                entry.extra_references + 1);
            root = gvt_ppgtt_find(vgpu, entry.pdp[0]);
        }
        if (err) {
            return err;
        }
    }
    return 0;
}

const struct gvt_image_ops gvt_image_ppgtt_ops = {
    .size = ppgtt_size,
    .pre_save = ppgtt_save,
    .check = ppgtt_check,
    .pre_load = ppgtt_load,
};
