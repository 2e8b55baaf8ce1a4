/* SPDX-License-Identifier: MIT */
/* The vGPU's view of the GGTT. The guest keeps the addresses that it was told; the real entries
 * lie where this host placed the share. All re-basing between the two is in this file. */
#include "host/gvt/gvt_private.h"

#include <errno.h>
#include <string.h>

#include "host/abi/xe_gtt_defs.h"

uint64_t gvt_ggtt_count(const struct gvt_vgpu *vgpu)
{
    return (vgpu->share[PART_APERTURE].size + vgpu->share[PART_HIDDEN].size) / XE_PAGE_SIZE;
}

static const struct gvt_share *share_of(const struct gvt_vgpu *vgpu, uint64_t addr)
{
    for (unsigned part = 0; part < PARTS; part++) {
        const struct gvt_share *share = &vgpu->share[part];

        if (addr >= share->guest && addr - share->guest < share->size) {
            return share;
        }
    }
    return NULL;
}

int gvt_vgpu_to_host(const struct gvt_vgpu *vgpu, uint64_t addr, uint64_t *host)
{
    const struct gvt_share *share = share_of(vgpu, addr);

    if (!share) {
        return -EFAULT;
    }
    *host = addr - share->guest + share->host;
    return 0;
}

bool gvt_ggtt_slot(const struct gvt_vgpu *vgpu, uint64_t addr, uint64_t *slot)
{
    const struct gvt_share *share = share_of(vgpu, addr);

    if (!share) {
        return false;
    }
    *slot = (addr - share->guest) / XE_PAGE_SIZE;
    if (share == &vgpu->share[PART_HIDDEN]) {
        *slot += vgpu->share[PART_APERTURE].size / XE_PAGE_SIZE;
    }
    return true;
}

static uint64_t host_index(const struct gvt_vgpu *vgpu, uint64_t slot)
{
    uint64_t low = vgpu->share[PART_APERTURE].size / XE_PAGE_SIZE;

    return slot < low ? vgpu->share[PART_APERTURE].host / XE_PAGE_SIZE + slot
                      : vgpu->share[PART_HIDDEN].host / XE_PAGE_SIZE + slot - low;
}

int gvt_ggtt_set(struct gvt_vgpu *vgpu, uint64_t slot, uint64_t entry)
{
    uint64_t shadow = 0;
    int err = 0;

    vgpu->ggtt[slot] = entry;
    if (entry & GGTT_PRESENT) {
        uint64_t frame = vgpu->ops->guest_frame(vgpu->arg, entry & XE_PTE_ADDR_MASK);

        shadow = frame ? (entry & ~XE_PTE_ADDR_MASK) | frame : 0;
        err = frame ? 0 : -ENXIO;
    }
    vgpu->ops->set_ggtt(vgpu->arg, host_index(vgpu, slot), shadow);
    return err;
}

/* Moves a piece of memory, page by page, to where the guest's entries point. */
static int for_each_piece(const struct gvt_vgpu *vgpu, uint64_t addr, uint64_t size,
                          int (*move)(const struct gvt_vgpu *vgpu, uint64_t gpa, void *bytes,
                                      uint64_t size),
                          void *bytes)
{
    while (size > 0) {
        uint64_t offset = addr % XE_PAGE_SIZE;
        uint64_t part = size < XE_PAGE_SIZE - offset ? size : XE_PAGE_SIZE - offset;
        uint64_t slot;
        int err;

        if (!gvt_ggtt_slot(vgpu, addr, &slot) || !(vgpu->ggtt[slot] & GGTT_PRESENT)) {
            return -EFAULT;
        }
        err = move(vgpu, (vgpu->ggtt[slot] & XE_PTE_ADDR_MASK) + offset, bytes, part);
        if (err) {
            return err;
        }
        bytes = (uint8_t *)bytes + part;
        addr += part;
        size -= part;
    }
    return 0;
}

static int read_piece(const struct gvt_vgpu *vgpu, uint64_t gpa, void *bytes, uint64_t size)
{
    return vgpu->ops->guest_read(vgpu->arg, gpa, bytes, size);
}

static int write_piece(const struct gvt_vgpu *vgpu, uint64_t gpa, void *bytes, uint64_t size)
{
    return gvt_guest_write(vgpu->gvt->vgpus[vgpu->id], gpa, bytes, size);
}

int gvt_ggtt_read(const struct gvt_vgpu *vgpu, uint64_t addr, void *to, uint64_t size)
{
    return for_each_piece(vgpu, addr, size, read_piece, to);
}

int gvt_ggtt_write(struct gvt_vgpu *vgpu, uint64_t addr, const void *from, uint64_t size)
{
    uint8_t bytes[64];

    /* Small things only: status, a head. */
    if (size > sizeof(bytes)) {
        return -EFAULT;
    }
    memcpy(bytes, from, size);
    return for_each_piece(vgpu, addr, size, write_piece, bytes);
}

int gvt_ggtt_mmio_write(struct gvt_vgpu *vgpu, uint64_t offset, const void *from, unsigned size)
{
    uint64_t at = offset - GVT_GTT_START_OFFSET;
    uint64_t entry;
    uint64_t slot;

    if (!gvt_ggtt_slot(vgpu, at / GVT_GTT_ENTRY_SIZE * XE_PAGE_SIZE, &slot)) {
        return 0; /* a guest that does not balloon sets up all of the table */
    }
    entry = vgpu->ggtt[slot];
    memcpy((uint8_t *)&entry + at % GVT_GTT_ENTRY_SIZE, from, size);
    if (vgpu->failsafe != FAILSAFE_NONE) {
        vgpu->ggtt[slot] = entry;
        return 0;
    }
    if (gvt_ggtt_set(vgpu, slot, entry)) {
        gvt_peer_error(vgpu, "ggtt: no such guest page", entry);
    }
    return 0;
}

/* ---- fences and aperture --------------------------------------------------------------------- */

/* The host has fence 0 .. GVT_FENCES - 1, then come the vGPUs by id. */
static void set_fence(const struct gvt_vgpu *vgpu, unsigned n, uint64_t value)
{
    vgpu->ops->set_fence(vgpu->arg, vgpu->id * GVT_FENCES + n, value);
}

void gvt_fence_clear(const struct gvt_vgpu *vgpu, unsigned n)
{
    set_fence(vgpu, n, 0);
}

/* A fence counts for all CPUs: one that began in our aperture and ended elsewhere would reach over
 * what lies between, which is others'. */
void gvt_fence_write(struct gvt_vgpu *vgpu, unsigned n)
{
    const struct gvt_share *aperture = &vgpu->share[PART_APERTURE];
    uint64_t guest = gvt_vreg64(vgpu, FENCE_REG(n));
    uint64_t first = guest & FENCE_REG_START;
    uint64_t last = (guest & FENCE_REG_END) >> FENCE_END_SHIFT;
    uint64_t moved = aperture->host - aperture->guest;

    if (!(guest & FENCE_REG_VALID)) {
        set_fence(vgpu, n, 0);
    } else if (share_of(vgpu, first) != aperture || share_of(vgpu, last) != aperture ||
               first > last) {
        gvt_peer_error(vgpu, "fence: outside of the aperture", guest);
        set_fence(vgpu, n, 0);
    } else {
        set_fence(vgpu, n,
                  (guest & ~(FENCE_REG_START | FENCE_REG_END)) | (first + moved) |
                      (last + moved) << FENCE_END_SHIFT);
    }
}
