/* SPDX-License-Identifier: MIT */
/* VFIO migration region, version 1: in its form of 2019 with the dirty-page fields (0x40 bytes) and
 * in that of Linux 5.8 without them (0x20 bytes). Names of states carry V1: those without are
 * version 2's. */
#ifndef HOST_ABI_VFIO_MIGRATION_V1_H
#define HOST_ABI_VFIO_MIGRATION_V1_H

#include <assert.h>
#include <stdint.h>

#define VFIO_REGION_TYPE_GFX             1u
#define VFIO_REGION_TYPE_CCW             2u
#define VFIO_REGION_TYPE_MIGRATION       3u
#define VFIO_REGION_SUBTYPE_MIGRATION    1u
#define VFIO_PCI_DEVICE_CAP_MIGRATION    0x01u

#define VFIO_REGION_INFO_FLAG_READ       1u
#define VFIO_REGION_INFO_FLAG_WRITE      2u
#define VFIO_REGION_INFO_FLAG_MMAP       4u
#define VFIO_REGION_INFO_FLAG_CAPS       8u
#define VFIO_REGION_INFO_CAP_SPARSE_MMAP 1u
#define VFIO_REGION_INFO_CAP_TYPE        2u

/* At offset 0 of the region. */
struct vfio_device_migration_info {
    uint32_t device_state;  /* rw */
    uint32_t reserved;      /* reads 0, writes are ignored */
    uint64_t pending_bytes; /* ro; a read begins an iteration and acknowledges the chunk before */
    uint64_t data_offset;   /* ro; a read has the device prepare a chunk */
    uint64_t data_size;     /* rw */
    uint64_t start_pfn;     /* wo, from here on in the form of 2019 only */
    uint64_t page_size;     /* wo */
    uint64_t total_pfns;    /* wo */
    uint64_t copied_pfns;   /* ro */
} __attribute__((packed));
#define VFIO_MIG_V1_DEVICE_STATE_OFF   0x00u
#define VFIO_MIG_V1_RESERVED_OFF       0x04u
#define VFIO_MIG_V1_PENDING_BYTES_OFF  0x08u
#define VFIO_MIG_V1_DATA_OFFSET_OFF    0x10u
#define VFIO_MIG_V1_DATA_SIZE_OFF      0x18u
#define VFIO_MIG_V1_START_PFN_OFF      0x20u
#define VFIO_MIG_V1_PAGE_SIZE_OFF      0x28u
#define VFIO_MIG_V1_TOTAL_PFNS_OFF     0x30u
#define VFIO_MIG_V1_COPIED_PFNS_OFF    0x38u
#define VFIO_MIG_V1_STRUCT_BYTES_S4    64u
#define VFIO_MIG_V1_STRUCT_BYTES_FINAL 32u
static_assert(sizeof(struct vfio_device_migration_info) == VFIO_MIG_V1_STRUCT_BYTES_S4, "0x40");

/* device_state is bits; ERROR (SAVING and RESUMING together) is left by a reset only. */
#define VFIO_DEVICE_STATE_V1_STOP     0u
#define VFIO_DEVICE_STATE_V1_RUNNING  1u
#define VFIO_DEVICE_STATE_V1_SAVING   2u
#define VFIO_DEVICE_STATE_V1_RESUMING 4u
#define VFIO_DEVICE_STATE_V1_MASK     7u
#define VFIO_DEVICE_STATE_V1_ERROR    6u

/* copied_pfns, instead of a count. */
#define VFIO_DEVICE_DIRTY_PFNS_NONE 0ull
#define VFIO_DEVICE_DIRTY_PFNS_ALL  (~0ull)

#endif
