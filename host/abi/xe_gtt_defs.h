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
    0x30000000000000ull /* index 3, as the real driver uses for its memirq page */
/* Entries of page tables (Linux's xe_bo.h, regs/xe_gtt_defs.h). Addresses as in the GGTT. */
#define XE_PAGE_PRESENT  0x1ull
#define XE_PAGE_RW       0x2ull
#define XE_PDE_64K       0x40ull  /* of a directory: the table has 32 pages of 64 KiB */
#define XE_PDE_PS_2M     0x80ull  /* level 2: a page, not a table */
#define XE_PDPE_PS_1G    0x80ull  /* level 3 */
#define XE_PTE_PS64      0x100ull /* one of 16 entries of a page of 64 KiB */
#define XE_PTE_NULL      0x200ull
#define XE_PPGTT_PTE_DM  0x800ull /* local memory */

#define GUC_GGTT_TOP     0xfee00000ull /* the GuC sees nothing from here up */
#define WOPCM_SIZE       0x200000ull   /* and nothing below this */
#define XE_MAX_GGTT_SIZE 0x100000000ull

#endif
