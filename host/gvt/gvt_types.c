/* SPDX-License-Identifier: MIT */
/* Types of vGPU: how large a share each has, and how many more of each the GPU can hold. */
#include "host/gvt/gvt_private.h"

#include <stdio.h>
#include <string.h>

#define DRIVER_PREFIX "i915-"

/* Shares as the public driver offers them, smallest first. */
static const struct {
    const char *suffix;
    uint64_t low, high; /* MiB */
    unsigned weight;
    const char *resolution;
} shares[GVT_TYPES] = {
    {"8", 64, 384, 2, "1024x768"},
    {"4", 128, 512, 4, "1920x1200"},
    {"2", 256, 1024, 8, "1920x1200"},
    {"1", 512, 2048, 16, "1920x1200"},
};

void gvt_types_init(struct gvt *gvt)
{
    for (unsigned n = 0; n < ARRAY_SIZE(shares); n++) {
        struct gvt_type *type = &gvt->types[gvt->num_types];

        *type = (struct gvt_type){.resolution = shares[n].resolution,
                                  .low = shares[n].low * MIB,
                                  .high = shares[n].high * MIB,
                                  .weight = shares[n].weight};
        (void)snprintf(type->name, sizeof(type->name), "GVTg_V%d_%s", gvt->config.gen == 8 ? 4 : 5,
                       shares[n].suffix);
        /* What an empty GPU cannot hold is not offered. */
        if (!gvt_place_count(gvt, PART_APERTURE, type->low) ||
            !gvt_place_count(gvt, PART_HIDDEN, type->high)) {
            continue;
        }
        gvt_version_init(&gvt->config, type);
        gvt->num_types++;
    }
}

struct gvt_type *gvt_type_find(struct gvt *gvt, const char *name)
{
    const size_t prefix = sizeof(DRIVER_PREFIX) - 1;

    if (strncmp(name, DRIVER_PREFIX, prefix) != 0) {
        return NULL;
    }
    for (unsigned n = 0; n < gvt->num_types; n++) {
        if (strcmp(name + prefix, gvt->types[n].name) == 0) {
            return &gvt->types[n];
        }
    }
    return NULL;
}

unsigned gvt_type_available(const struct gvt *gvt, const struct gvt_type *type)
{
    unsigned low = gvt_place_count(gvt, PART_APERTURE, type->low);
    unsigned high = gvt_place_count(gvt, PART_HIDDEN, type->high);
    unsigned ids = 0;

    for (unsigned id = VGPU_ID_MIN; id <= VGPU_ID_MAX; id++) {
        ids += gvt->vgpus[id] == NULL;
    }
    low = low < high ? low : high;
    return low < ids ? low : ids;
}
