/* SPDX-License-Identifier: MIT */
/* Descriptors of page faults: what REPORT_PAGE_FAULT_REQ_DESC carries to a driver, and
 * PAGE_FAULT_RES_DESC back. Engines are named by their hardware class, as in an LRC descriptor. A
 * function counts itself as VFID 0; PDATA is the GuC's, and comes back as it was sent. */
#ifndef FIRMWARE_ABI_XE_GUC_FWIF_H
#define FIRMWARE_ABI_XE_GUC_FWIF_H

/* ---- struct xe_guc_pagefault_desc: four dwords ----------------------------------------------- */

#define XE_GUC_PAGEFAULT_DESC_DWORDS 4

/* dw0 */
#define PFD_FAULT_LEVEL    0x00000007u /* of the tables, 0 the last one */
#define PFD_SRC_ID         0x000007f8u
#define PFD_RSVD_0         0x0003f800u
#define XE2_PFD_TRVA_FAULT 0x00040000u
#define PFD_ENG_INSTANCE   0x01f80000u
#define PFD_ENG_CLASS      0x0e000000u
#define PFD_PDATA_LO       0xf0000000u

/* dw1 */
#define PFD_PDATA_HI       0x00000fffu
#define PFD_PDATA_HI_SHIFT 4
#define PFD_ASID           0xfffff000u

/* dw2 */
#define PFD_ACCESS_TYPE                  0x00000003u
#define FLT_ACCESS_TYPE_READ             0u
#define FLT_ACCESS_TYPE_WRITE            1u
#define FLT_ACCESS_TYPE_ATOMIC           2u
#define PFD_FAULT_TYPE                   0x0000000cu
#define FLT_TYPE_NOT_PRESENT_FAULT       0u
#define FLT_TYPE_WRITE_ACCESS_VIOLATION  1u
#define FLT_TYPE_ATOMIC_ACCESS_VIOLATION 2u
#define PFD_VFID                         0x000003f0u
#define PFD_RSVD_1                       0x00000c00u
#define PFD_VIRTUAL_ADDR_LO              0xfffff000u
#define PFD_VIRTUAL_ADDR_LO_SHIFT        12

/* dw3 */
#define PFD_VIRTUAL_ADDR_HI       0xffffffffu
#define PFD_VIRTUAL_ADDR_HI_SHIFT 32

/* ---- struct xe_guc_pagefault_reply: two dwords are sent -------------------------------------- */

#define XE_GUC_PAGEFAULT_REPLY_DWORDS 2

/* dw0 */
#define PFR_VALID             0x00000001u
#define PFR_SUCCESS           0x00000002u /* in spite of its name: set when it failed */
#define PFR_REPLY             0x0000001cu
#define PFR_ACCESS            0u
#define PFR_ENGINE            1u
#define PFR_VFID_REPLY        2u /* PFR_VFID in the enum, as the field below */
#define PFR_ALL               3u
#define PFR_INVALID           4u
#define PFR_RSVD_0            0x000003e0u
#define PFR_DESC_TYPE         0x00000c00u
#define TLB_INVALIDATION_DESC 0u
#define FAULT_RESPONSE_DESC   1u
#define PFR_ASID              0xfffff000u

/* dw1 */
#define PFR_VFID         0x0000003fu
#define PFR_RSVD_1       0x00000040u
#define PFR_ENG_INSTANCE 0x00001f80u
#define PFR_ENG_CLASS    0x0000e000u
#define PFR_PDATA        0xffff0000u

/* ---- enum xe_engine_class: hardware classes -------------------------------------------------- */

#define XE_ENGINE_CLASS_RENDER        0
#define XE_ENGINE_CLASS_VIDEO_DECODE  1
#define XE_ENGINE_CLASS_VIDEO_ENHANCE 2
#define XE_ENGINE_CLASS_COPY          3
#define XE_ENGINE_CLASS_OTHER         4
#define XE_ENGINE_CLASS_COMPUTE       5

#endif
