/* SPDX-License-Identifier: MIT */
/* Relay actions: what a VF asks of the PF through the GuC, and the answers. */
#ifndef FIRMWARE_ABI_GUC_RELAY_ACTIONS_ABI_H
#define FIRMWARE_ABI_GUC_RELAY_ACTIONS_ABI_H

#define GUC_RELAY_VERSION_BASE_MAJOR                   1
#define GUC_RELAY_VERSION_BASE_MINOR                   0
#define GUC_RELAY_VERSION_LATEST_MAJOR                 1
#define GUC_RELAY_VERSION_LATEST_MINOR                 0

#define GUC_RELAY_ACTION_VF2PF_HANDSHAKE               0x1u

#define VF2PF_HANDSHAKE_REQUEST_MSG_LEN                2
#define VF2PF_HANDSHAKE_REQUEST_MSG_0_MBZ              0xfff0000u
#define VF2PF_HANDSHAKE_REQUEST_MSG_1_MAJOR            0xffff0000u

#define VF2PF_HANDSHAKE_MAJOR_ANY                      0

#define VF2PF_HANDSHAKE_REQUEST_MSG_1_MINOR            0xffffu

#define VF2PF_HANDSHAKE_MINOR_ANY                      0

#define VF2PF_HANDSHAKE_RESPONSE_MSG_LEN               2
#define VF2PF_HANDSHAKE_RESPONSE_MSG_0_MBZ             0xfffffffu
#define VF2PF_HANDSHAKE_RESPONSE_MSG_1_MAJOR           0xffff0000u
#define VF2PF_HANDSHAKE_RESPONSE_MSG_1_MINOR           0xffffu

#define GUC_RELAY_ACTION_VF2PF_QUERY_RUNTIME           0x101u

#define VF2PF_QUERY_RUNTIME_REQUEST_MSG_LEN            2
#define VF2PF_QUERY_RUNTIME_REQUEST_MSG_0_LIMIT        0xfff0000u
#define VF2PF_QUERY_RUNTIME_NO_LIMIT                   0x0u
#define VF2PF_QUERY_RUNTIME_REQUEST_MSG_1_START        0xffffffffu
#define VF2PF_QUERY_RUNTIME_RESPONSE_MSG_MIN_LEN       2
#define VF2PF_QUERY_RUNTIME_RESPONSE_MSG_MAX_LEN       252
#define VF2PF_QUERY_RUNTIME_RESPONSE_MSG_0_COUNT       0xfffffffu
#define VF2PF_QUERY_RUNTIME_MIN_COUNT                  0
#define VF2PF_QUERY_RUNTIME_MAX_COUNT                  125
#define VF2PF_QUERY_RUNTIME_RESPONSE_MSG_1_REMAINING   0xffffffffu
#define VF2PF_QUERY_RUNTIME_RESPONSE_DATAn_REG_OFFSETx 0xffffffffu
#define VF2PF_QUERY_RUNTIME_RESPONSE_DATAn_REG_VALUEx  0xffffffffu

#define GUC_RELAY_ACTION_DEBUG_ONLY_START              0xdeb0u
#define GUC_RELAY_ACTION_DEBUG_ONLY_END                0xdeffu
#define GUC_RELAY_ACTION_VFXPF_TESTLOOP                0xdeb1u

#define VFXPF_TESTLOOP_OPCODE_NOP                      0x0u
#define VFXPF_TESTLOOP_OPCODE_BUSY                     0xbu
#define VFXPF_TESTLOOP_OPCODE_RETRY                    0xdu
#define VFXPF_TESTLOOP_OPCODE_ECHO                     0xeu
#define VFXPF_TESTLOOP_OPCODE_FAIL                     0xfu

#endif
