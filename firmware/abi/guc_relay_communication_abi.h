/* SPDX-License-Identifier: MIT */
/* Relay: an HXG message between VF and PF inside a relay action; the GuC only carries it. */
#ifndef FIRMWARE_ABI_GUC_RELAY_COMMUNICATION_ABI_H
#define FIRMWARE_ABI_GUC_RELAY_COMMUNICATION_ABI_H

#define GUC_RELAY_MSG_MIN_LEN                   1
#define GUC_RELAY_MSG_MAX_LEN                   252

#define GUC_RELAY_ERROR_UNDISCLOSED             0x0u
#define GUC_RELAY_ERROR_OPERATION_NOT_PERMITTED 0x1u
#define GUC_RELAY_ERROR_PERMISSION_DENIED       0xdu
#define GUC_RELAY_ERROR_INVALID_ARGUMENT        0x16u
#define GUC_RELAY_ERROR_INVALID_REQUEST_CODE    0x38u
#define GUC_RELAY_ERROR_NO_DATA_AVAILABLE       0x3du
#define GUC_RELAY_ERROR_PROTOCOL_ERROR          0x47u
#define GUC_RELAY_ERROR_MESSAGE_SIZE            90

#endif
