/* SPDX-License-Identifier: MIT */
/* CTB: a pair of rings in memory, H2G written by the host and G2H by the GuC. Each has a 64-byte
 * descriptor: HEAD (receiver writes), TAIL (sender writes), STATUS (either, on error), 13 dwords
 * MBZ; head and tail count dwords. A message is one header dword (FENCE 31:16, FORMAT 15:12, MBZ
 * 11:8, NUM_DWORDS 7:0) and an HXG message. A zero header is a one-dword no-op. */
#ifndef FIRMWARE_ABI_GUC_COMMUNICATION_CTB_ABI_H
#define FIRMWARE_ABI_GUC_COMMUNICATION_CTB_ABI_H

#define GUC_CTB_STATUS_NO_ERROR    0x0u
#define GUC_CTB_STATUS_OVERFLOW    0x1u
#define GUC_CTB_STATUS_UNDERFLOW   0x2u
#define GUC_CTB_STATUS_MISMATCH    0x4u
#define GUC_CTB_STATUS_DISABLED    0x8u

#define GUC_CTB_HDR_LEN            1

#define GUC_CTB_MSG_MIN_LEN        1
#define GUC_CTB_MSG_MAX_LEN        256
#define GUC_CTB_MSG_0_FENCE        0xffff0000u
#define GUC_CTB_MSG_0_FORMAT       0xf000u

#define GUC_CTB_FORMAT_HXG         0x0u

#define GUC_CTB_MSG_0_RESERVED     0xf00u
#define GUC_CTB_MSG_0_NUM_DWORDS   0xffu

#define GUC_CTB_MAX_DWORDS         255

#define GUC_CTB_HXG_MSG_MIN_LEN    2
#define GUC_CTB_HXG_MSG_MAX_LEN    256

#define GUC_CTB_DESC_BYTES         64
#define GUC_CTB_DESC_DWORDS        16
#define GUC_CTB_DESC_HEAD__DWORD   0
#define GUC_CTB_DESC_TAIL__DWORD   1
#define GUC_CTB_DESC_STATUS__DWORD 2

#endif
