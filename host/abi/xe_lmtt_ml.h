/* SPDX-License-Identifier: MIT */
/* Translation tables of local memory in the multi-level format (Linux's xe_lmtt_ml.c). A VF's
 * address finds, through the directory's entry of the VF, a table with an entry for each 32 GiB,
 * and through that a table with an entry for each page of 2 MiB. Tables are 64 KiB. */
#ifndef HOST_ABI_XE_LMTT_ML_H
#define HOST_ABI_XE_LMTT_ML_H

#define LMTT_PAGE_SIZE        0x200000ull
#define LMTT_TABLE_SIZE       0x10000u
#define LMTT_ML_PDE_MAX_NUM   64u /* of the directory, by VF; 8 bytes each, as the next level's */
#define LMTT_ML_PDE_L2_SHIFT  35u /* space of one entry of the second level */
#define LMTT_ML_PTE_MAX_NUM   16384u /* of the last level; 4 bytes each */

#define LMTT_ML_PDE_VALID     0x1ull
#define LMTT_ML_PDE_LMTT_PTR  0xffffffff0ull /* next table, in LMTT_TABLE_SIZE */
#define LMTT_ML_PTE_VALID     0x1u
#define LMTT_ML_PTE_LMEM_PAGE 0xffffffe0u /* in LMTT_PAGE_SIZE */

#endif
