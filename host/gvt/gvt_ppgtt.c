/* SPDX-License-Identifier: MIT */
/* Roots of page tables that the guest announced. Their shadows are the machine's; here they are
 * counted, and kept for the image. */
#include "host/gvt/gvt_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host/abi/xe_gtt_defs.h"

static bool same_root(const struct gvt_ppgtt *ppgtt, unsigned level, const uint64_t pdp[4])
{
    size_t words = level == 4 ? 1 : 4;

    return ppgtt->level == level && memcmp(ppgtt->pdp, pdp, words * sizeof(*pdp)) == 0;
}

static struct gvt_ppgtt **find(struct gvt_vgpu *vgpu, unsigned level, const uint64_t pdp[4])
{
    struct gvt_ppgtt **link = &vgpu->ppgtts;

    while (*link && !same_root(*link, level, pdp)) {
        link = &(*link)->next;
    }
    return link;
}

struct gvt_ppgtt *gvt_ppgtt_find(const struct gvt_vgpu *vgpu, uint64_t root)
{
    struct gvt_ppgtt *ppgtt = vgpu->ppgtts;

    while (ppgtt && (ppgtt->level != 4 || ppgtt->pdp[0] != root)) {
        ppgtt = ppgtt->next;
    }
    return ppgtt;
}

struct gvt_ppgtt *gvt_ppgtt_find_3(struct gvt_vgpu *vgpu, const uint64_t pdp[4])
{
    return *find(vgpu, 3, pdp);
}

static void ppgtt_free(struct gvt_vgpu *vgpu, struct gvt_ppgtt *ppgtt)
{
    gvt_mapping_drop(&vgpu->mapping_tables, ppgtt);
    free(ppgtt);
}

int gvt_ppgtt_get(struct gvt_vgpu *vgpu, unsigned level, const uint64_t pdp[4], uint32_t references)
{
    struct gvt_ppgtt **link = find(vgpu, level, pdp);
    struct gvt_ppgtt *ppgtt = *link;
    unsigned count = 0;
    int err;

    if (references + (ppgtt ? ppgtt->references : 0) > GVT_MAX_REFERENCES) {
        return -ENOMEM;
    }
    if (ppgtt) {
        ppgtt->references += references;
        return 0;
    }
    for (ppgtt = vgpu->ppgtts; ppgtt; ppgtt = ppgtt->next) {
        count++;
    }
    ppgtt = count < GVT_MAX_PPGTTS ? calloc(1, sizeof(*ppgtt)) : NULL;
    if (!ppgtt) {
        return -ENOMEM;
    }
    ppgtt->level = level;
    ppgtt->references = references;
    memcpy(ppgtt->pdp, pdp, sizeof(ppgtt->pdp));
    err = vgpu->ops->ppgtt_create(vgpu->arg, level, ppgtt->pdp);
    if (err) {
        free(ppgtt);
        return err;
    }
    *link = ppgtt;
    return 0;
}

int gvt_ppgtt_put(struct gvt_vgpu *vgpu, unsigned level, const uint64_t pdp[4])
{
    struct gvt_ppgtt **link = find(vgpu, level, pdp);
    struct gvt_ppgtt *ppgtt = *link;

    if (!ppgtt) {
        return -EINVAL;
    }
    if (--ppgtt->references == 0) {
        *link = ppgtt->next;
        vgpu->ops->ppgtt_destroy(vgpu->arg, level, ppgtt->pdp);
        gvt_shadow_forget(vgpu);
        ppgtt_free(vgpu, ppgtt);
    }
    return 0;
}

void gvt_ppgtt_drop_all(struct gvt_vgpu *vgpu)
{
    while (vgpu->ppgtts) {
        struct gvt_ppgtt *ppgtt = vgpu->ppgtts;

        vgpu->ppgtts = ppgtt->next;
        vgpu->ops->ppgtt_destroy(vgpu->arg, ppgtt->level, ppgtt->pdp);
        ppgtt_free(vgpu, ppgtt);
    }
}

int gvt_ppgtt_map(struct gvt_vgpu *vgpu, struct gvt_ppgtt *ppgtt, uint64_t addr, uint64_t entry)
{
    const struct gvt_mapping mapping = {.addr = addr, .entry = entry};
    uint64_t frame = 0;
    int err;

    gvt_shadow_forget(vgpu);
    if (entry) {
        frame = vgpu->ops->guest_frame(vgpu->arg, entry & XE_PTE_ADDR_MASK);
        if (!frame) {
            return -ENXIO;
        }
    }
    err = vgpu->ops->ppgtt_map(vgpu->arg, ppgtt->pdp[0], addr, (entry & ~XE_PTE_ADDR_MASK) | frame);
    err = err ? err : gvt_mapping_set(&vgpu->mapping_tables, ppgtt, addr, entry);
    if (!err) {
        gvt_shadow_bound(vgpu, ppgtt, &mapping);
    }
    return err;
}
