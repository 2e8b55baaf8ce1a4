/* SPDX-License-Identifier: MIT */
/* VFIO migration, version 2: the arguments of VFIO_DEVICE_FEATURE and of the data session's own
 * call, as Linux's uapi/linux/vfio.h has them. */
#ifndef HOST_ABI_VFIO_MIGRATION_V2_H
#define HOST_ABI_VFIO_MIGRATION_V2_H

#include <assert.h>
#include <stdint.h>

#define VFIO_DEVICE_FEATURE       0x3b75u
#define VFIO_MIG_GET_PRECOPY_INFO 0x3b79u

#define VFIO_DEVICE_FEATURE_MASK  0xffffu
#define VFIO_DEVICE_FEATURE_GET   (1u << 16)
#define VFIO_DEVICE_FEATURE_SET   (1u << 17)
#define VFIO_DEVICE_FEATURE_PROBE (1u << 18)

/* What VFIO_DEVICE_FEATURE takes; the feature's own struct follows. */
struct vfio_device_feature {
    uint32_t argsz; /* bytes, with what follows */
    uint32_t flags; /* index of the feature, and VFIO_DEVICE_FEATURE_* */
};
static_assert(sizeof(struct vfio_device_feature) == 8, "8 bytes");

#define VFIO_DEVICE_FEATURE_MIGRATION 1u
struct vfio_device_feature_migration {
    uint64_t flags;
};
#define VFIO_MIGRATION_STOP_COPY             (1u << 0) /* always */
#define VFIO_MIGRATION_P2P                   (1u << 1)
#define VFIO_MIGRATION_PRE_COPY              (1u << 2)

#define VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE 2u
struct vfio_device_feature_mig_state {
    uint32_t device_state; /* enum vfio_device_mig_state */
    int32_t data_fd;       /* out: the new session, or -1 */
};

#define VFIO_DEVICE_FEATURE_DMA_LOGGING_START 6u
struct vfio_device_feature_dma_logging_control {
    uint64_t page_size; /* in, out */
    uint32_t num_ranges;
    uint32_t reserved;
    uint64_t ranges; /* pointer to struct vfio_device_feature_dma_logging_range */
};
struct vfio_device_feature_dma_logging_range {
    uint64_t iova;
    uint64_t length;
};

#define VFIO_DEVICE_FEATURE_DMA_LOGGING_STOP   7u
#define VFIO_DEVICE_FEATURE_DMA_LOGGING_REPORT 8u
struct vfio_device_feature_dma_logging_report {
    uint64_t iova;
    uint64_t length;
    uint64_t page_size;
    uint64_t bitmap; /* pointer */
};

#define VFIO_DEVICE_FEATURE_MIG_DATA_SIZE 9u
struct vfio_device_feature_mig_data_size {
    uint64_t stop_copy_length;
};

#define VFIO_DEVICE_FEATURE_MIG_PRECOPY_INFOv2 12u /* no data: opts in to flags */

/* What VFIO_MIG_GET_PRECOPY_INFO takes. */
#define VFIO_PRECOPY_INFO_REINIT (1u << 0) /* there are initial data anew */
struct vfio_precopy_info {
    uint32_t argsz;
    uint32_t flags; /* out when opted in */
    uint64_t initial_bytes;
    uint64_t dirty_bytes;
};
static_assert(sizeof(struct vfio_precopy_info) == 24, "24 bytes");

#endif
