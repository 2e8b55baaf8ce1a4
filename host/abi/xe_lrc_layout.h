/* SPDX-License-Identifier: MIT */
/* Logical ring context in memory, as driver, firmware-free hardware and guest share it (Linux's
 * xe_lrc.c, regs/xe_lrc_layout.h). Pages: PPHWSP, then the register state; dword indexes count from
 * the start of the register state. The driver writes all; the engine writes back CTX_RING_HEAD,
 * CTX_BB_HEAD and CTX_TIMESTAMP when the context leaves it. */
#ifndef HOST_ABI_XE_LRC_LAYOUT_H
#define HOST_ABI_XE_LRC_LAYOUT_H

#define LRC_PPHWSP_SIZE 0x1000u

/* LRC descriptor, low half; the high half is zero: class and instance come with REGISTER_CONTEXT.
 */
#define LRC_VALID                  0x1u
#define LRC_ADDRESSING_MODE        0x18u
#define LRC_LEGACY_32B_CONTEXT     1u     /* page tables of 3 levels */
#define LRC_ADVANCED_AD_CONTEXT    2u     /* of 4 levels: this model's use of it */
#define LRC_LEGACY_64B_CONTEXT     3u     /* of 5 levels */
#define LRC_PRIVILEGE              0x100u /* the context has page tables of its own */
#define LRC_ADDRESS_MASK           0xfffff000u

#define CTX_CONTEXT_CONTROL        0x03u
#define CTX_RING_HEAD              0x05u /* bytes from ring start */
#define CTX_RING_TAIL              0x07u /* bytes from ring start */
#define CTX_RING_START             0x09u /* GGTT address */
#define CTX_RING_CTL               0x0bu /* size in pages minus one at 20:12, bit 0 enable */
#define CTX_BB_HEAD_UDW            0x0du /* where in a batch it stopped: high half */
#define CTX_BB_HEAD                0x0fu /* low half; the engine writes both on leaving */
#define CTX_BB_HEAD_VALID          0x1u  /* clear: it stopped in the ring, at CTX_RING_HEAD */
#define CTX_BB_STATE               0x11u /* of that place; the engine writes it */
#define CTX_BB_STATE_PPGTT         0x20u /* in the context's own space, not in the GGTT */
#define CTX_BB_PER_CTX_PTR         0x13u /* GGTT page | 1: runs first at every switch-in; 0 none */
#define CTX_BB_PER_CTX_VALID       0x1u
#define CTX_CS_INDIRECT_CTX        0x15u
#define CTX_CS_INDIRECT_CTX_OFFSET 0x17u
#define CTX_TIMESTAMP              0x23u
#define CTX_TIMESTAMP_UDW          0x25u
#define CTX_INDIRECT_RING_STATE    0x27u
#define CTX_ASID                   0x2fu
#define CTX_PDP0_UDW               0x31u
#define CTX_PDP0_LDW               0x33u
/* Roots of page tables of 3 levels, in images of older drivers where others have CTX_ASID. */
#define CTX_PDPS                  4u
#define CTX_PDP_UDW(n)            (CTX_PDP0_UDW - 4u * (n))
#define CTX_PDP_LDW(n)            (CTX_PDP0_LDW - 4u * (n))
#define CTX_LRM_INT_MASK_ENABLE   0x50u
#define CTX_INT_MASK_ENABLE_REG   0x51u
#define CTX_INT_MASK_ENABLE_PTR   0x52u /* GGTT address of the memirq enable dword */
#define CTX_LRI_INT_REPORT_PTR    0x55u
#define CTX_INT_STATUS_REPORT_REG 0x56u
#define CTX_INT_STATUS_REPORT_PTR 0x57u /* GGTT address, status of unit 0; + 16 x unit */
#define CTX_INT_SRC_REPORT_REG    0x58u
#define CTX_INT_SRC_REPORT_PTR    0x59u /* GGTT address, source byte of unit 0; + unit */
#define CTX_CS_INT_VEC_REG        0x5au
#define CTX_CS_INT_VEC_DATA       0x5bu
#define CTX_CS_INT_VEC            0x1b8u /* what CTX_CS_INT_VEC_REG says, with MSI-X alone */
#define CTX_CS_INT_VEC_VALUE(v)   ((uint32_t)(v) << 16 | (v))

#define RING_CTL_SIZE(bytes)      ((bytes)-0x1000u)
#define RING_CTL_SIZE_MASK        0x001ff000u
#define RING_VALID                0x1u

/* Memory-based interrupts: one page of a VF (xe_memirq.c). Unit = bit position in GT_INTR_DW space.
 * The device writes 0xff to status byte(s), then to the source byte, then signals:
 * vector 0, or an engine the one that the context names. */
#define XE_MEMIRQ_STATUS_OFFSET(unit) (0x000u + 16u * (unit))
#define XE_MEMIRQ_SOURCE_OFFSET(unit) (0x400u + (unit))
#define XE_MEMIRQ_ENABLE_OFFSET       0x440u
#define XE_MEMIRQ_UNITS               64u
#define MEMIRQ_SET                    0xffu
#define MEMIRQ_UNIT_RCS0              0u
#define MEMIRQ_UNIT_BCS0              15u
#define MEMIRQ_UNIT_GUC               25u
#define MEMIRQ_UNIT_MEDIA_GUC         24u
#define MEMIRQ_UNIT_VCS0              32u
#define MEMIRQ_UNIT_CCS0              4u
#define MEMIRQ_UNIT_VECS0             63u
#define MEMIRQ_BYTE_GUC2HOST          15u
#define MEMIRQ_BYTE_SW_INT_0          0u
#define MEMIRQ_BYTE_MI_USER_INTERRUPT 0u

#endif
