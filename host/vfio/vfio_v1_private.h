/* SPDX-License-Identifier: MIT */
/* What the files of the v1 region share. */
#ifndef HOST_VFIO_VFIO_V1_PRIVATE_H
#define HOST_VFIO_VFIO_V1_PRIVATE_H

#include "host/abi/vfio_migration_v1.h"
#include "host/vfio/vfio.h"

/* The region: a page with the struct, the data section, the bitmap of dirty pages. */
#define VFIO_V1_DATA_OFFSET HAL_PAGE_SIZE
#define VFIO_V1_DATA_SIZE   0x100000u
#define VFIO_V1_BITMAP_SIZE 0x4000u
#define VFIO_V1_BITMAP_PFNS 0x20000u /* a bit each */

struct vfio_v1 {
    struct vfio_v1_config config;
    int probe;
    uint32_t state; /* VFIO_DEVICE_STATE_V1_* */

    uint8_t *data;       /* data section */
    uint64_t chunk_size; /* bytes of it that are staged for the user to read */
    bool chunk_prepared; /* data_offset was read: the user may know of it */
    bool chunk_told;     /* data_size was read: the next iteration may drop it */
    uint64_t read_total; /* taken from the device in stop-and-copy */
    int load_error;      /* loading: the first refusal is the last word */

    uint8_t *bitmap;
    uint64_t start_pfn, page_size, total_pfns;
    uint64_t copied_pfns;
    bool pfns_known;  /* copied_pfns and bitmap answer the three above */
    bool bitmap_next; /* the next data_offset is the bitmap's */
};

/* device_state is written. Returns 0, -EINVAL (no such move, nothing happened), or a step's
 * errno. */
MUST_USE int vfio_v1_move(struct vfio_v1 *device, uint32_t to);

/* ---- vfio_v1_data.c ---- */
void vfio_v1_chunk_drop(struct vfio_v1 *device);
MUST_USE int vfio_v1_get_pending(struct vfio_v1 *device, uint64_t *value);
MUST_USE int vfio_v1_get_data_offset(struct vfio_v1 *device, uint64_t *value);
MUST_USE int vfio_v1_get_data_size(struct vfio_v1 *device, uint64_t *value);
MUST_USE int vfio_v1_set_data_size(struct vfio_v1 *device, uint64_t value);
MUST_USE int vfio_v1_get_copied_pfns(struct vfio_v1 *device, uint64_t *value);
/* Access to the data section or the bitmap. */
MUST_USE int vfio_v1_data_access(struct vfio_v1 *device, uint64_t offset, void *to,
                                 const void *from, uint64_t size);

#endif
