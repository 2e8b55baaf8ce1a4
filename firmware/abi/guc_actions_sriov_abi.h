/* SPDX-License-Identifier: MIT */
/* Actions of SR-IOV: VF2GUC by mailbox, PF2GUC by the PF's CTB, GUC2PF and GUC2VF as CTB events. */
#ifndef FIRMWARE_ABI_GUC_ACTIONS_SRIOV_ABI_H
#define FIRMWARE_ABI_GUC_ACTIONS_SRIOV_ABI_H

#define XE_GUC_ACTION_GUC2PF_RELAY_FROM_VF                 0x5100u
#define GUC2PF_RELAY_FROM_VF_EVENT_MSG_MIN_LEN             3
#define GUC2PF_RELAY_FROM_VF_EVENT_MSG_MAX_LEN             255
#define GUC2PF_RELAY_FROM_VF_EVENT_MSG_0_MBZ               0xfff0000u
#define GUC2PF_RELAY_FROM_VF_EVENT_MSG_1_VFID              0xffffffffu
#define GUC2PF_RELAY_FROM_VF_EVENT_MSG_2_RELAY_ID          0xffffffffu
#define GUC2PF_RELAY_FROM_VF_EVENT_MSG_3_RELAY_DATA1       0xffffffffu
#define GUC2PF_RELAY_FROM_VF_EVENT_MSG_n_RELAY_DATAx       0xffffffffu
#define GUC2PF_RELAY_FROM_VF_EVENT_MSG_NUM_RELAY_DATA      252

#define XE_GUC_ACTION_PF2GUC_RELAY_TO_VF                   0x5101u
#define PF2GUC_RELAY_TO_VF_REQUEST_MSG_MIN_LEN             3
#define PF2GUC_RELAY_TO_VF_REQUEST_MSG_MAX_LEN             255
#define PF2GUC_RELAY_TO_VF_REQUEST_MSG_0_MBZ               0xfff0000u
#define PF2GUC_RELAY_TO_VF_REQUEST_MSG_1_VFID              0xffffffffu
#define PF2GUC_RELAY_TO_VF_REQUEST_MSG_2_RELAY_ID          0xffffffffu
#define PF2GUC_RELAY_TO_VF_REQUEST_MSG_3_RELAY_DATA1       0xffffffffu
#define PF2GUC_RELAY_TO_VF_REQUEST_MSG_n_RELAY_DATAx       0xffffffffu
#define PF2GUC_RELAY_TO_VF_REQUEST_MSG_NUM_RELAY_DATA      252

#define XE_GUC_ACTION_GUC2VF_RELAY_FROM_PF                 0x5102u
#define GUC2VF_RELAY_FROM_PF_EVENT_MSG_MIN_LEN             2
#define GUC2VF_RELAY_FROM_PF_EVENT_MSG_MAX_LEN             254
#define GUC2VF_RELAY_FROM_PF_EVENT_MSG_0_MBZ               0xfff0000u
#define GUC2VF_RELAY_FROM_PF_EVENT_MSG_1_RELAY_ID          0xffffffffu
#define GUC2VF_RELAY_FROM_PF_EVENT_MSG_n_RELAY_DATAx       0xffffffffu
#define GUC2VF_RELAY_FROM_PF_EVENT_MSG_NUM_RELAY_DATA      252

#define XE_GUC_ACTION_VF2GUC_RELAY_TO_PF                   0x5103u
#define VF2GUC_RELAY_TO_PF_REQUEST_MSG_MIN_LEN             2
#define VF2GUC_RELAY_TO_PF_REQUEST_MSG_MAX_LEN             254
#define VF2GUC_RELAY_TO_PF_REQUEST_MSG_0_MBZ               0xfff0000u
#define VF2GUC_RELAY_TO_PF_REQUEST_MSG_1_RELAY_ID          0xffffffffu
#define VF2GUC_RELAY_TO_PF_REQUEST_MSG_n_RELAY_DATAx       0xffffffffu
#define VF2GUC_RELAY_TO_PF_REQUEST_MSG_NUM_RELAY_DATA      252

#define GUC_ACTION_GUC2PF_ADVERSE_EVENT                    0x5104u
#define GUC2PF_ADVERSE_EVENT_EVENT_MSG_LEN                 3
#define GUC2PF_ADVERSE_EVENT_EVENT_MSG_0_MBZ               0xfff0000u
#define GUC2PF_ADVERSE_EVENT_EVENT_MSG_1_VFID              0xffffffffu
#define GUC2PF_ADVERSE_EVENT_EVENT_MSG_2_THRESHOLD         0xffffffffu

#define GUC_ACTION_GUC2PF_VF_STATE_NOTIFY                  0x5106u
#define GUC2PF_VF_STATE_NOTIFY_EVENT_MSG_LEN               3
#define GUC2PF_VF_STATE_NOTIFY_EVENT_MSG_0_MBZ             0xfff0000u
#define GUC2PF_VF_STATE_NOTIFY_EVENT_MSG_1_VFID            0xffffffffu
#define GUC2PF_VF_STATE_NOTIFY_EVENT_MSG_2_EVENT           0xffffffffu
#define GUC_PF_NOTIFY_VF_ENABLE                            0x1u
#define GUC_PF_NOTIFY_VF_FLR                               0x1u
#define GUC_PF_NOTIFY_VF_FLR_DONE                          0x2u
#define GUC_PF_NOTIFY_VF_PAUSE_DONE                        0x3u
#define GUC_PF_NOTIFY_VF_FIXUP_DONE                        0x4u

#define GUC_ACTION_VF2GUC_MATCH_VERSION                    0x5500u
#define VF2GUC_MATCH_VERSION_REQUEST_MSG_LEN               2
#define VF2GUC_MATCH_VERSION_REQUEST_MSG_0_MBZ             0xfff0000u
#define VF2GUC_MATCH_VERSION_REQUEST_MSG_1_BRANCH          0xff000000u
#define GUC_VERSION_BRANCH_ANY                             0x0u
#define VF2GUC_MATCH_VERSION_REQUEST_MSG_1_MAJOR           0xff0000u
#define GUC_VERSION_MAJOR_ANY                              0
#define VF2GUC_MATCH_VERSION_REQUEST_MSG_1_MINOR           0xff00u
#define GUC_VERSION_MINOR_ANY                              0
#define VF2GUC_MATCH_VERSION_REQUEST_MSG_1_MBZ             0xffu
#define VF2GUC_MATCH_VERSION_RESPONSE_MSG_LEN              2
#define VF2GUC_MATCH_VERSION_RESPONSE_MSG_0_MBZ            0xfffffffu
#define VF2GUC_MATCH_VERSION_RESPONSE_MSG_1_BRANCH         0xff000000u
#define VF2GUC_MATCH_VERSION_RESPONSE_MSG_1_MAJOR          0xff0000u
#define VF2GUC_MATCH_VERSION_RESPONSE_MSG_1_MINOR          0xff00u
#define VF2GUC_MATCH_VERSION_RESPONSE_MSG_1_PATCH          0xffu

#define GUC_ACTION_PF2GUC_UPDATE_VGT_POLICY                0x5502u
#define PF2GUC_UPDATE_VGT_POLICY_REQUEST_MSG_LEN           4
#define PF2GUC_UPDATE_VGT_POLICY_REQUEST_MSG_0_MBZ         0xfff0000u
#define PF2GUC_UPDATE_VGT_POLICY_REQUEST_MSG_1_CFG_ADDR_LO 0xffffffffu
#define PF2GUC_UPDATE_VGT_POLICY_REQUEST_MSG_2_CFG_ADDR_HI 0xffffffffu
#define PF2GUC_UPDATE_VGT_POLICY_REQUEST_MSG_3_CFG_SIZE    0xffffffffu
#define PF2GUC_UPDATE_VGT_POLICY_RESPONSE_MSG_LEN          1
#define PF2GUC_UPDATE_VGT_POLICY_RESPONSE_MSG_0_COUNT      0xfffffffu

#define GUC_ACTION_PF2GUC_UPDATE_VF_CFG                    0x5503u
#define PF2GUC_UPDATE_VF_CFG_REQUEST_MSG_LEN               5
#define PF2GUC_UPDATE_VF_CFG_REQUEST_MSG_0_MBZ             0xfff0000u
#define PF2GUC_UPDATE_VF_CFG_REQUEST_MSG_1_VFID            0xffffffffu
#define PF2GUC_UPDATE_VF_CFG_REQUEST_MSG_2_CFG_ADDR_LO     0xffffffffu
#define PF2GUC_UPDATE_VF_CFG_REQUEST_MSG_3_CFG_ADDR_HI     0xffffffffu
#define PF2GUC_UPDATE_VF_CFG_REQUEST_MSG_4_CFG_SIZE        0xffffffffu
#define PF2GUC_UPDATE_VF_CFG_RESPONSE_MSG_LEN              1
#define PF2GUC_UPDATE_VF_CFG_RESPONSE_MSG_0_COUNT          0xfffffffu

#define GUC_ACTION_PF2GUC_VF_CONTROL                       0x5506u
#define PF2GUC_VF_CONTROL_REQUEST_MSG_LEN                  3
#define PF2GUC_VF_CONTROL_REQUEST_MSG_0_MBZ                0xfff0000u
#define PF2GUC_VF_CONTROL_REQUEST_MSG_1_VFID               0xffffffffu
#define PF2GUC_VF_CONTROL_REQUEST_MSG_2_COMMAND            0xffffffffu
#define GUC_PF_TRIGGER_VF_PAUSE                            0x1u
#define GUC_PF_TRIGGER_VF_RESUME                           0x2u
#define GUC_PF_TRIGGER_VF_STOP                             0x3u
#define GUC_PF_TRIGGER_VF_FLR_START                        0x4u
#define GUC_PF_TRIGGER_VF_FLR_FINISH                       0x5u

#define GUC_ACTION_VF2GUC_VF_RESET                         0x5507u
#define VF2GUC_VF_RESET_REQUEST_MSG_LEN                    1
#define VF2GUC_VF_RESET_REQUEST_MSG_0_MBZ                  0xfff0000u
#define VF2GUC_VF_RESET_RESPONSE_MSG_LEN                   1
#define VF2GUC_VF_RESET_RESPONSE_MSG_0_MBZ                 0xfffffffu

#define GUC_ACTION_VF2GUC_RESFIX_DONE                      0x5508u
#define VF2GUC_RESFIX_DONE_REQUEST_MSG_LEN                 1
#define VF2GUC_RESFIX_DONE_REQUEST_MSG_0_MARKER            0xfff0000u
#define VF2GUC_RESFIX_DONE_RESPONSE_MSG_LEN                1
#define VF2GUC_RESFIX_DONE_RESPONSE_MSG_0_MBZ              0xfffffffu

#define GUC_ACTION_VF2GUC_QUERY_SINGLE_KLV                 0x5509u
#define VF2GUC_QUERY_SINGLE_KLV_REQUEST_MSG_LEN            2
#define VF2GUC_QUERY_SINGLE_KLV_REQUEST_MSG_0_MBZ          0xfff0000u
#define VF2GUC_QUERY_SINGLE_KLV_REQUEST_MSG_1_MBZ          0xffff0000u
#define VF2GUC_QUERY_SINGLE_KLV_REQUEST_MSG_1_KEY          0xffffu
#define VF2GUC_QUERY_SINGLE_KLV_RESPONSE_MSG_MIN_LEN       1
#define VF2GUC_QUERY_SINGLE_KLV_RESPONSE_MSG_MAX_LEN       4
#define VF2GUC_QUERY_SINGLE_KLV_RESPONSE_MSG_0_MBZ         0xfff0000u
#define VF2GUC_QUERY_SINGLE_KLV_RESPONSE_MSG_0_LENGTH      0xffffu
#define VF2GUC_QUERY_SINGLE_KLV_RESPONSE_MSG_1_VALUE32     0xffffffffu
#define VF2GUC_QUERY_SINGLE_KLV_RESPONSE_MSG_2_VALUE64     0xffffffffu
#define VF2GUC_QUERY_SINGLE_KLV_RESPONSE_MSG_3_VALUE96     0xffffffffu

#define GUC_ACTION_PF2GUC_SAVE_RESTORE_VF                  0x550bu
#define PF2GUC_SAVE_RESTORE_VF_REQUEST_MSG_LEN             5
#define PF2GUC_SAVE_RESTORE_VF_REQUEST_MSG_0_OPCODE        0xfff0000u
#define GUC_PF_OPCODE_VF_SAVE                              0x0u
#define GUC_PF_OPCODE_VF_RESTORE                           0x1u
#define PF2GUC_SAVE_RESTORE_VF_REQUEST_MSG_1_VFID          0xffffffffu
#define PF2GUC_SAVE_RESTORE_VF_REQUEST_MSG_2_ADDR_LO       0xffffffffu
#define PF2GUC_SAVE_RESTORE_VF_REQUEST_MSG_3_ADDR_HI       0xffffffffu
#define PF2GUC_SAVE_RESTORE_VF_REQUEST_MSG_4_SIZE          0xfffffffu
#define PF2GUC_SAVE_RESTORE_VF_REQUEST_MSG_4_MBZ           0xf0000000u
#define PF2GUC_SAVE_RESTORE_VF_RESPONSE_MSG_LEN            1
#define PF2GUC_SAVE_RESTORE_VF_RESPONSE_MSG_0_USED         0xfffffffu

#define GUC_ACTION_VF2GUC_RESFIX_START                     0x550fu
#define VF2GUC_RESFIX_START_REQUEST_MSG_LEN                1
#define VF2GUC_RESFIX_START_REQUEST_MSG_0_MARKER           0xfff0000u
#define VF2GUC_RESFIX_START_RESPONSE_MSG_LEN               1
#define VF2GUC_RESFIX_START_RESPONSE_MSG_0_MBZ             0xfffffffu

#define GUC_ACTION_VF2GUC_NOTIFY_RESFIX_DONE               0x5508u
#define VER_GUC_FW_SAVE_RESTORE                            0x461900u

#endif
