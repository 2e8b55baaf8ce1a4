/* SPDX-License-Identifier: MIT */
/* Surfaces for the CPU: RAM with a place in our part of the aperture and a fence over it, so that
 * the CPU sees lines where memory holds tiles. */
#include <errno.h>

#include "guest/pv/pv_private.h"
#include "host/abi/i915_pvinfo.h"
#include "host/abi/xe_gtt_defs.h"

#define TILE_X_WIDTH 512u
#define TILE_Y_WIDTH 128u

static uint64_t fence_value(const struct pv_surface *surface, bool tile_y)
{
    const uint64_t last = surface->addr + surface->size - XE_PAGE_SIZE;

    return last << FENCE_END_SHIFT |
           (uint64_t)(surface->pitch / FENCE_PITCH_UNIT - 1) << FENCE_PITCH_SHIFT | surface->addr |
           (tile_y ? FENCE_REG_TILING_Y : 0) | FENCE_REG_VALID;
}

/* Not valid while half of it is written. */
static void write_fence(struct hal *hal, unsigned n, uint64_t value)
{
    hal_write32(hal, FENCE_REG(n), 0);
    hal_write32(hal, FENCE_REG(n) + 4, upper_32(value));
    hal_write32(hal, FENCE_REG(n), lower_32(value));
}

int pv_surface_create(struct pv *pv, const struct pv_surface_config *config,
                      struct pv_surface *surface)
{
    struct hal *hal = pv->config.hal;
    const uint32_t width = config->tile_y ? TILE_Y_WIDTH : TILE_X_WIDTH;
    struct bo bo;
    int err;

    if (config->pitch == 0 || config->pitch % width || config->pitch > FENCE_MAX_PITCH ||
        config->tile_rows == 0) {
        return -EINVAL;
    }
    if (pv->fences >= hal_read32(hal, PVINFO_FENCE_NUM)) {
        return -ENOSPC;
    }
    err = pv_memory_start(pv);
    if (!err) {
        err = pv_bo_create(pv, (uint64_t)(config->pitch / width) * config->tile_rows * XE_PAGE_SIZE,
                           &bo);
    }
    if (err) {
        return err;
    }
    *surface = (struct pv_surface){.fence = pv->fences++,
                                   .addr = bo_addr(&bo, 0),
                                   .phys = bo.phys,
                                   .size = bo.size,
                                   .pitch = config->pitch};
    write_fence(hal, surface->fence, fence_value(surface, config->tile_y));
    return 0;
}
