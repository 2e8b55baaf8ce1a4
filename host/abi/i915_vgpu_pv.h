/* SPDX-License-Identifier: MIT */
/* PV channel of a vGPU: one page of guest RAM that guest and mediator share, in version 0.1.
 *
 * |   offset | size | contents                                       |
 * |----------|------|------------------------------------------------|
 * |   0x000  |    4 | version: u16 major, u16 minor; host writes     |
 * |   0x010  |   24 | descriptor of the ring                         |
 * |   0x200  |  512 | reserved                                       |
 * |   0x400  | 1024 | submission records, one an engine              |
 * |   0x800  | 2048 | ring of 512 dwords, guest to host              |
 *
 * A message: header, fence, payload. len counts what follows the header.
 *
 * |  dw | bits  | meaning                                             |
 * |-----|-------|-----------------------------------------------------|
 * |  0  |  4:0  | len, 1..31                                          |
 * |     |   8   | write fence and status to the descriptor            |
 * |     | 31:16 | action                                              |
 * |  1  | 31:0  | fence                                               |
 * |  2- | 31:0  | payload, len - 1 dwords                             |
 *
 * Numbers of actions 5 and 6 are in no public text: they are this model's defaults. */
#ifndef HOST_ABI_I915_VGPU_PV_H
#define HOST_ABI_I915_VGPU_PV_H

#include <assert.h>
#include <stdint.h>

#define PV_MAJOR       0u
#define PV_MINOR       1u

#define PV_PAGE_SIZE   4096u
#define PV_VERSION_OFF 0x000u
#define PV_DESC_OFF    0x010u
#define PV_RSVD_OFF    0x200u
#define PV_SUB_OFF     0x400u
#define PV_CMD_OFF     0x800u
#define PV_RING_BYTES  2048u
#define PV_RING_DWORDS 512u

/* pv_caps of PVINFO: the host offers, the guest writes back what it takes. */
#define PV_NONE       0x0u
#define PV_PPGTT      0x1u
#define PV_GGTT       0x2u
#define PV_SUBMISSION 0x4u

/* addr is an offset in the page, size and the two pointers are bytes of the ring. Empty: tail ==
 * head; one dword at least stays free. */
struct vgpu_pv_ct_buffer_desc {
    uint32_t addr;   /* guest, once */
    uint32_t size;   /* guest, once */
    uint32_t head;   /* host */
    uint32_t tail;   /* guest */
    uint32_t fence;  /* host: of the last message done, written last */
    uint32_t status; /* host: 0, or the negative errno of that message */
} __attribute__((packed));
#define PV_CTB_DESC_ADDR_OFF   0x00u
#define PV_CTB_DESC_SIZE_OFF   0x04u
#define PV_CTB_DESC_HEAD_OFF   0x08u
#define PV_CTB_DESC_TAIL_OFF   0x0cu
#define PV_CTB_DESC_FENCE_OFF  0x10u
#define PV_CTB_DESC_STATUS_OFF 0x14u
#define PV_CTB_DESC_BYTES      24u
static_assert(sizeof(struct vgpu_pv_ct_buffer_desc) == PV_CTB_DESC_BYTES, "24-byte descriptor");

#define PV_CT_MSG_LEN_SHIFT           0u
#define PV_CT_MSG_LEN_MASK            0x1fu
#define PV_CT_MSG_WRITE_FENCE_TO_DESC 0x100u
#define PV_CT_MSG_ACTION_SHIFT        16u
#define PV_CT_MSG_ACTION_MASK         0xffffu
#define PV_MSG_LEN_MIN                1u
#define PV_MSG_LEN_MAX                31u
#define PV_MSG_TOTAL_DWORDS_MAX       32u
#define PV_MSG_PAYLOAD_DWORDS_MAX     30u
#define PV_FENCE_FIRST                1u

#define PV_CMD_DEFAULT                0u
#define PV_CMD_BIND_PPGTT             1u
#define PV_CMD_UNBIND_PPGTT           2u
#define PV_CMD_BIND_GGTT              3u
#define PV_CMD_UNBIND_GGTT            4u
#define PV_CMD_SUBMIT_WORKLOAD        5u /* as a value written to an engine's ELSP */
#define PV_CMD_REGISTER_CAP_GPA       6u

/* Payload of the four binds. One page: dma_addrs is its address and entry flags; more: dma_addrs
 * is where an array of such u64 lies, contiguous in guest RAM. */
struct pv_vma {
    uint32_t size;      /* pages */
    uint32_t flags;     /* 15:0 cache level */
    uint64_t start;     /* GPU address, bytes */
    uint64_t dma_addrs; /* see above */
    uint64_t pml4;      /* root of the PPGTT, as given to its creation */
} __attribute__((packed));
#define PV_VMA_BYTES            32u
#define PV_VMA_SIZE_OFF         0u
#define PV_VMA_FLAGS_OFF        4u
#define PV_VMA_START_OFF        8u
#define PV_VMA_DMA_ADDRS_OFF    16u
#define PV_VMA_PML4_OFF         24u
#define PV_VMA_MSG_LEN          9u
#define PV_VMA_CACHE_LEVEL_MASK 0xffffu
#define I915_VMA_ALLOC_BIT      12u
static_assert(sizeof(struct pv_vma) == PV_VMA_BYTES, "32-byte vma");

/* Payload of PV_CMD_REGISTER_CAP_GPA: where records of a capability lie. Packing is ours. */
struct pv_cap_gpa {
    uint32_t cap; /* PV_SUBMISSION; others are ignored */
    uint32_t gpa_lo;
    uint32_t gpa_hi;
};
static_assert(sizeof(struct pv_cap_gpa) == 12, "three dwords");

/* Record of an engine, at its id times the size. The host clears submitted. */
#define PV_SUBMISSION_DESCS 2u
struct pv_submission {
    uint64_t descs[PV_SUBMISSION_DESCS];
    uint8_t submitted;
    uint8_t reserved[7];
};
#define PV_SUBMISSION_BYTES_NATURAL 24u
#define PV_SUBMISSION_SUBMITTED_OFF 16u
static_assert(sizeof(struct pv_submission) == PV_SUBMISSION_BYTES_NATURAL, "24-byte record");

#endif
