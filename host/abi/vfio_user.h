/* SPDX-License-Identifier: MIT */
/* vfio-user: messages by which a VMM attaches a PCI function that lives in another process
 * (QEMU's docs/interop/vfio-user.rst). Every message is a header and a payload; a request's file
 * descriptors come with its first byte. Integers are the host's. */
#ifndef HOST_ABI_VFIO_USER_H
#define HOST_ABI_VFIO_USER_H

#include <assert.h>
#include <stdint.h>

enum vfio_user_command {
    VFIO_USER_VERSION = 1,
    VFIO_USER_DMA_MAP = 2,
    VFIO_USER_DMA_UNMAP = 3,
    VFIO_USER_DEVICE_GET_INFO = 4,
    VFIO_USER_DEVICE_GET_REGION_INFO = 5,
    VFIO_USER_DEVICE_GET_REGION_IO_FDS = 6,
    VFIO_USER_DEVICE_GET_IRQ_INFO = 7,
    VFIO_USER_DEVICE_SET_IRQS = 8,
    VFIO_USER_REGION_READ = 9,
    VFIO_USER_REGION_WRITE = 10,
    VFIO_USER_DMA_READ = 11, /* the server's requests; unused here */
    VFIO_USER_DMA_WRITE = 12,
    VFIO_USER_DEVICE_RESET = 13,
};

#define VFIO_USER_FLAGS_TYPE_MASK 0xfu
#define VFIO_USER_FLAGS_REQUEST   0x0u
#define VFIO_USER_FLAGS_REPLY     0x1u
#define VFIO_USER_FLAGS_NO_REPLY  0x10u /* requests: no answer, not even an error */
#define VFIO_USER_FLAGS_ERROR     0x20u /* replies: header alone, errno in error */

struct vfio_user_header {
    uint16_t id; /* chosen by the sender, echoed */
    uint16_t command;
    uint32_t size; /* with the header */
    uint32_t flags;
    uint32_t error; /* errno, positive */
};
static_assert(sizeof(struct vfio_user_header) == 16, "16");

struct vfio_user_version {
    uint16_t major;
    uint16_t minor;
    /* JSON text with its NUL, or nothing */
};
static_assert(sizeof(struct vfio_user_version) == 4, "4");

#define VFIO_USER_DMA_READABLE 0x1u
#define VFIO_USER_DMA_WRITABLE 0x2u

struct vfio_user_dma_map {
    uint32_t argsz;
    uint32_t flags;
    uint64_t offset; /* in the file */
    uint64_t address;
    uint64_t size;
};
static_assert(sizeof(struct vfio_user_dma_map) == 32, "32");

#define VFIO_USER_UNMAP_ALL 0x2u /* address and size are 0 */

struct vfio_user_dma_unmap {
    uint32_t argsz;
    uint32_t flags;
    uint64_t address;
    uint64_t size;
};
static_assert(sizeof(struct vfio_user_dma_unmap) == 24, "24");

#define VFIO_DEVICE_FLAGS_RESET 0x1u
#define VFIO_DEVICE_FLAGS_PCI   0x2u

struct vfio_user_device_info {
    uint32_t argsz;
    uint32_t flags;
    uint32_t num_regions;
    uint32_t num_irqs;
};
static_assert(sizeof(struct vfio_user_device_info) == 16, "16");

enum vfio_user_region {
    VFIO_PCI_BAR0_REGION_INDEX = 0,
    VFIO_PCI_BAR4_REGION_INDEX = 4,
    VFIO_PCI_ROM_REGION_INDEX = 6,
    VFIO_PCI_CONFIG_REGION_INDEX = 7,
    VFIO_PCI_NUM_REGIONS = 9,
};

struct vfio_user_region_info {
    uint32_t argsz;
    uint32_t flags; /* VFIO_REGION_INFO_FLAG_* */
    uint32_t index;
    uint32_t cap_offset;
    uint64_t size;
    uint64_t offset;
};
static_assert(sizeof(struct vfio_user_region_info) == 32, "32");

/* Behind it, when cap_offset says so (VFIO_REGION_INFO_CAP_SPARSE_MMAP): one area to be mapped,
 * of the file that comes with the answer. */
struct vfio_user_sparse_mmap {
    uint16_t id;
    uint16_t version; /* 1 */
    uint32_t next;    /* 0: the last */
    uint32_t nr_areas;
    uint32_t reserved;
    uint64_t offset; /* in the region; in the file plus that of the region */
    uint64_t size;
};
static_assert(sizeof(struct vfio_user_sparse_mmap) == 32, "32");

enum vfio_user_irq {
    VFIO_PCI_INTX_IRQ_INDEX,
    VFIO_PCI_MSI_IRQ_INDEX,
    VFIO_PCI_MSIX_IRQ_INDEX,
    VFIO_PCI_ERR_IRQ_INDEX,
    VFIO_PCI_REQ_IRQ_INDEX,
    VFIO_PCI_NUM_IRQS,
};

#define VFIO_IRQ_INFO_EVENTFD       0x1u

#define VFIO_IRQ_SET_DATA_NONE      0x01u
#define VFIO_IRQ_SET_DATA_BOOL      0x02u
#define VFIO_IRQ_SET_DATA_EVENTFD   0x04u
#define VFIO_IRQ_SET_ACTION_MASK    0x08u
#define VFIO_IRQ_SET_ACTION_UNMASK  0x10u
#define VFIO_IRQ_SET_ACTION_TRIGGER 0x20u

struct vfio_user_irq_info {
    uint32_t argsz;
    uint32_t flags;
    uint32_t index;
    uint32_t count;
};
static_assert(sizeof(struct vfio_user_irq_info) == 16, "16");

struct vfio_user_irq_set {
    uint32_t argsz;
    uint32_t flags;
    uint32_t index;
    uint32_t start;
    uint32_t count;
};
static_assert(sizeof(struct vfio_user_irq_set) == 20, "20");

/* Of REGION_READ and REGION_WRITE, both ways; data follows. */
struct vfio_user_region_access {
    uint64_t offset;
    uint32_t region;
    uint32_t count;
};
static_assert(sizeof(struct vfio_user_region_access) == 16, "16");

#endif
