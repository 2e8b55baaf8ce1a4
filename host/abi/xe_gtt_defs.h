/* SPDX-License-Identifier: MIT */
/* GGTT entry and its limits (Linux's regs/xe_gtt_defs.h, xe_wopcm.c). PRESENT and VFID are in
 * rtl/gpu_regs.def. */
#ifndef HOST_ABI_XE_GTT_DEFS_H
#define HOST_ABI_XE_GTT_DEFS_H

#define XE_PAGE_SIZE        0x1000u
#define XE_GGTT_PTE_DM      0x2ull   /* local memory */
#define GGTT_PTE_VFID       0xffcull /* owner; only the PF can write it */
#define XE_PTE_ADDR_MASK    0xffffffffff000ull
#define XELPG_GGTT_PTE_PAT0 0x10000000000000ull
#define XELPG_GGTT_PTE_PAT1 0x20000000000000ull
#define GGTT_PAT_NORMAL     0x20000000000000ull /* index 2 */
#define GGTT_PAT_MEMIRQ                                                                            \
    0x30000000000000ull                /* index 3, as the real driver uses for its memirq page */
#define GUC_GGTT_TOP     0xfee00000ull /* the GuC sees nothing from here up */
#define WOPCM_SIZE       0x200000ull   /* and nothing below this */
#define XE_MAX_GGTT_SIZE 0x100000000ull

#endif
