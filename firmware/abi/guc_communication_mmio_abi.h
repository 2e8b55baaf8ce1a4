/* SPDX-License-Identifier: MIT */
/* MMIO: the mailbox of four registers (VF_SW_FLAG, MED_VF_SW_FLAG) for requests of 1..4 dwords,
 * answered in the same registers. */
#ifndef FIRMWARE_ABI_GUC_COMMUNICATION_MMIO_ABI_H
#define FIRMWARE_ABI_GUC_COMMUNICATION_MMIO_ABI_H

#define GUC_MAX_MMIO_MSG_LEN 4

#endif
