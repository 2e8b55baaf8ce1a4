/* SPDX-License-Identifier: MIT */
/* Where vGPUs lie in the real GGTT: lowest place first, in the aperture and in the hidden part,
 * above what the host keeps for itself. */
#include "host/gvt/gvt_private.h"

#include <errno.h>

static void part_bounds(const struct gvt *gvt, enum gvt_part part, uint64_t *start, uint64_t *end)
{
    const struct gvt_config *config = &gvt->config;

    if (part == PART_APERTURE) {
        *start = config->aperture_reserved;
        *end = config->aperture;
    } else {
        *start = config->aperture + config->hidden_reserved;
        *end = config->ggtt;
    }
}

/* The share of the vGPU that lies lowest among those that end above addr, or NULL. */
static const struct gvt_share *next_share(const struct gvt *gvt, enum gvt_part part, uint64_t addr)
{
    const struct gvt_share *lowest = NULL;

    for (unsigned id = VGPU_ID_MIN; id <= VGPU_ID_MAX; id++) {
        const struct gvt_share *share = gvt->vgpus[id] ? &gvt->vgpus[id]->share[part] : NULL;

        if (share && share->host + share->size > addr && (!lowest || share->host < lowest->host)) {
            lowest = share;
        }
    }
    return lowest;
}

int gvt_place_find(const struct gvt *gvt, enum gvt_part part, uint64_t size, uint64_t *start)
{
    const struct gvt_share *share;
    uint64_t at;
    uint64_t end;

    part_bounds(gvt, part, &at, &end);
    while ((share = next_share(gvt, part, at)) != NULL && share->host < at + size) {
        at = share->host + share->size;
    }
    if (at + size > end) {
        return -ENOSPC;
    }
    *start = at;
    return 0;
}

unsigned gvt_place_count(const struct gvt *gvt, enum gvt_part part, uint64_t size)
{
    uint64_t count = 0;
    uint64_t at;
    uint64_t end;

    part_bounds(gvt, part, &at, &end);
    while (at < end) {
        const struct gvt_share *share = next_share(gvt, part, at);
        uint64_t gap_end = share && share->host < end ? share->host : end;

        count += gap_end > at ? (gap_end - at) / size : 0;
        at = share ? share->host + share->size : end;
    }
    return (unsigned)count;
}
