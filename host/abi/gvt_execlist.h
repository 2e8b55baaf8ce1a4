/* SPDX-License-Identifier: MIT */
/* Execlist registers of a gen8/gen9 engine as a vGPU shows them (Linux's gvt/execlist.{c,h} and
 * the i915 register list): offsets from the engine's base, bits by their public names. */
#ifndef HOST_ABI_GVT_EXECLIST_H
#define HOST_ABI_GVT_EXECLIST_H

/* Engines by their id in image records; the generation has five places, a part may lack some. */
enum gvt_engine_id {
    GVT_ENGINE_RCS = 0,
    GVT_ENGINE_BCS = 1,
    GVT_ENGINE_VCS = 2,
    GVT_ENGINE_VCS2 = 3,
    GVT_ENGINE_VECS = 4,
};
#define GVT_ENGINES 5u

#define RCS_BASE    0x02000u
#define VCS_BASE    0x12000u
#define VECS_BASE   0x1a000u
#define VCS2_BASE   0x1c000u
#define BCS_BASE    0x22000u

/* The k-th of four writes is dword 3 - k of {desc0 lo, desc0 hi, desc1 lo, desc1 hi}; the fourth
 * submits. */
#define EL_OFFSET_ELSP       0x230u
#define EL_OFFSET_STATUS     0x234u /* lo, hi */
#define EL_OFFSET_STATUS_BUF 0x370u /* entry n at + 8 n: status, context id */
#define EL_OFFSET_STATUS_PTR 0x3a0u
#define CSB_ENTRIES          6u
#define CSB_WRITE_PTR_RESET  7u /* nothing written yet */
#define EXECLIST_SLOTS       2u
#define RING_HWS_PGA_OFFSET  0x80u
#define RING_IMR_OFFSET      0xa8u  /* 1: the engine does not tell of it */
#define RING_MODE_OFFSET     0x29cu /* masked: the high half selects */
#define GFX_RUN_LIST_ENABLE  0x8000u
#define GFX_PPGTT_ENABLE     0x200u
#define GEN8_GFX_PPGTT_48B   0x80u

/* Context descriptor, 64 bits; the high dword is the context id. */
#define CTX_DESC_VALID                0x00000001u
#define CTX_DESC_FORCE_PD_RESTORE     0x00000002u
#define CTX_DESC_FORCE_RESTORE        0x00000004u
#define CTX_DESC_ADDRESSING_MODE      0x00000018u
#define CTX_DESC_LLC_COHERENCY        0x00000020u
#define CTX_DESC_FAULT_HANDLING       0x000000c0u
#define CTX_DESC_PRIVILEGE_ACCESS     0x00000100u
#define CTX_DESC_LRCA                 0xfffff000u

#define EXECLIST_STATUS_CURRENT_PTR   0x00000001u
#define EXECLIST_STATUS_WRITE_PTR     0x00000002u
#define EXECLIST_STATUS_QUEUE_FULL    0x00000004u
#define EXECLIST_STATUS_LIST1_VALID   0x00000008u
#define EXECLIST_STATUS_LIST0_VALID   0x00000010u
#define EXECLIST_STATUS_SWITCH_REASON 0x00003fe0u
#define EXECLIST_STATUS_ACTIVE        0x0000c000u
#define EXECLIST_STATUS_ARBITRATION   0x00010000u
#define EXECLIST_STATUS_LIST1_ACTIVE  0x00020000u
#define EXECLIST_STATUS_LIST0_ACTIVE  0x00040000u

#define CSB_IDLE_TO_ACTIVE            0x0001u
#define CSB_PREEMPTED                 0x0002u
#define CSB_ELEMENT_SWITCH            0x0004u
#define CSB_ACTIVE_TO_IDLE            0x0008u
#define CSB_CONTEXT_COMPLETE          0x0010u
#define CSB_WAIT_SYNC_FLIP            0x0020u
#define CSB_WAIT_VBLANK               0x0040u
#define CSB_WAIT_SEMAPHORE            0x0080u
#define CSB_WAIT_SCANLINE             0x0100u
#define CSB_LITE_RESTORE              0x8000u

#endif
