/* SPDX-License-Identifier: MIT */
/* HXG: the message format of every transport. A message is 1..n little-endian dwords;
 * dword 0 is ORIGIN 31, TYPE 30:28, AUX 27:0. Requests carry DATA0 27:16 and ACTION 15:0 in AUX. */
#ifndef FIRMWARE_ABI_GUC_MESSAGES_ABI_H
#define FIRMWARE_ABI_GUC_MESSAGES_ABI_H

#define GUC_HXG_MSG_MIN_LEN              1
#define GUC_HXG_MSG_0_ORIGIN             0x80000000u

#define GUC_HXG_ORIGIN_HOST              0x0u
#define GUC_HXG_ORIGIN_GUC               0x1u

#define GUC_HXG_MSG_0_TYPE               0x70000000u

#define GUC_HXG_TYPE_REQUEST             0x0u
#define GUC_HXG_TYPE_EVENT               0x1u
#define GUC_HXG_TYPE_FAST_REQUEST        0x2u
#define GUC_HXG_TYPE_NO_RESPONSE_BUSY    0x3u
#define GUC_HXG_TYPE_NO_RESPONSE_RETRY   0x5u
#define GUC_HXG_TYPE_RESPONSE_FAILURE    0x6u
#define GUC_HXG_TYPE_RESPONSE_SUCCESS    0x7u

#define GUC_HXG_MSG_0_AUX                0xfffffffu
#define GUC_HXG_MSG_n_PAYLOAD            0xffffffffu

#define GUC_HXG_REQUEST_MSG_MIN_LEN      1
#define GUC_HXG_REQUEST_MSG_0_DATA0      0xfff0000u
#define GUC_HXG_REQUEST_MSG_0_ACTION     0xffffu
#define GUC_HXG_REQUEST_MSG_n_DATAn      0xffffffffu

#define GUC_HXG_EVENT_MSG_MIN_LEN        1
#define GUC_HXG_EVENT_MSG_0_DATA0        0xfff0000u
#define GUC_HXG_EVENT_MSG_0_ACTION       0xffffu
#define GUC_HXG_EVENT_MSG_n_DATAn        0xffffffffu

#define GUC_HXG_BUSY_MSG_LEN             1
#define GUC_HXG_BUSY_MSG_0_COUNTER       0xfffffffu

#define GUC_HXG_RETRY_MSG_LEN            1
#define GUC_HXG_RETRY_MSG_0_REASON       0xfffffffu
#define GUC_HXG_RETRY_REASON_UNSPECIFIED 0x0u

#define GUC_HXG_FAILURE_MSG_LEN          1
#define GUC_HXG_FAILURE_MSG_0_HINT       0xfff0000u
#define GUC_HXG_FAILURE_MSG_0_ERROR      0xffffu

#define GUC_HXG_RESPONSE_MSG_MIN_LEN     1
#define GUC_HXG_RESPONSE_MSG_0_DATA0     0xfffffffu
#define GUC_HXG_RESPONSE_MSG_n_DATAn     0xffffffffu

#endif
