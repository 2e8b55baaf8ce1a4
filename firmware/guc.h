/* SPDX-License-Identifier: MIT */
/* The GuC program: one instance for each GT. It knows its registers (GUCBUS_*), its DMA and its
 * interrupt line, and nothing of the drivers but what they write. */
#ifndef FIRMWARE_GUC_H
#define FIRMWARE_GUC_H

#include <stdint.h>

#include "sim/hal/hal.h"

#define GUC_MAX_ENGINES 4u
#define GUC_ABI_VERSION(major, minor, patch)                                                       \
    ((uint32_t)(major) << 16 | (uint32_t)(minor) << 8 | (uint32_t)(patch))

/* An engine of this GT, in the order of GUCBUS_ENGINE. */
struct guc_engine_desc {
    const char *name;  /* rcs0, bcs0, vcs0: for traces */
    uint8_t guc_class; /* GUC_*_CLASS */
    uint8_t instance;  /* logical instance in its class */
};

struct guc_config {
    unsigned gt;          /* 0 main, 1 media */
    uint32_t abi_version; /* VF/submission ABI, GUC_ABI_VERSION(1, 27, 0) */
    uint32_t gmd_id;      /* answer to KLV 0x3000 */
    unsigned total_vfs;   /* highest VF number a command may name */
    unsigned num_engines;
    struct guc_engine_desc engines[GUC_MAX_ENGINES];
};

struct guc;

/* Builds the firmware's state and declares its wave probes. hal must outlive it. Returns NULL
 * without memory. */
struct guc *guc_create(struct hal *hal, const struct guc_config *config);
void guc_destroy(struct guc *guc);
/* The program: boots, then serves for ever. Give it to hal_spawn with the guc as argument. */
void guc_main(void *arg);

#endif
