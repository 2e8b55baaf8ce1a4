/* SPDX-License-Identifier: MIT */
/* Actions of every function: set-up by mailbox, submission and invalidation by CTB. Dword n of a
 * message is named _MSG_n_ or _DATA_n_. */
#ifndef FIRMWARE_ABI_GUC_ACTIONS_ABI_H
#define FIRMWARE_ABI_GUC_ACTIONS_ABI_H

#define GUC_ACTION_HOST2GUC_SELF_CFG                                0x508u

#define HOST2GUC_SELF_CFG_REQUEST_MSG_LEN                           4
#define HOST2GUC_SELF_CFG_REQUEST_MSG_0_MBZ                         0xfff0000u
#define HOST2GUC_SELF_CFG_REQUEST_MSG_1_KLV_KEY                     0xffff0000u
#define HOST2GUC_SELF_CFG_REQUEST_MSG_1_KLV_LEN                     0xffffu
#define HOST2GUC_SELF_CFG_REQUEST_MSG_2_VALUE32                     0xffffffffu
#define HOST2GUC_SELF_CFG_REQUEST_MSG_3_VALUE64                     0xffffffffu
#define HOST2GUC_SELF_CFG_RESPONSE_MSG_LEN                          1
#define HOST2GUC_SELF_CFG_RESPONSE_MSG_0_NUM                        0xfffffffu

#define GUC_ACTION_HOST2GUC_CONTROL_CTB                             0x4509u

#define HOST2GUC_CONTROL_CTB_REQUEST_MSG_LEN                        2
#define HOST2GUC_CONTROL_CTB_REQUEST_MSG_0_MBZ                      0xfff0000u
#define HOST2GUC_CONTROL_CTB_REQUEST_MSG_1_CONTROL                  0xffffffffu

#define GUC_CTB_CONTROL_DISABLE                                     0x0u
#define GUC_CTB_CONTROL_ENABLE                                      0x1u

#define HOST2GUC_CONTROL_CTB_RESPONSE_MSG_LEN                       1
#define HOST2GUC_CONTROL_CTB_RESPONSE_MSG_0_MBZ                     0xfffffffu

#define XE_GUC_SLEEP_STATE_INVALID_MASK                             0x80000000u

#define GUC_LOG_CONTROL_LOGGING_ENABLED                             0x1u
#define GUC_LOG_CONTROL_VERBOSITY_SHIFT                             4
#define GUC_LOG_CONTROL_VERBOSITY_MASK                              0xf0u
#define GUC_LOG_CONTROL_DEFAULT_LOGGING                             0x100u

#define XE_GUC_STATE_CAPTURE_EVENT_STATUS_MASK                      0xffu

#define XE_GUC_ACTION_STATE_CAPTURE_NOTIFICATION_DATA_LEN           1

#define XE_GUC_TLB_INVAL_TYPE_SHIFT                                 0
#define XE_GUC_TLB_INVAL_MODE_SHIFT                                 8
#define XE_GUC_TLB_INVAL_FLUSH_CACHE                                0x80000000u

#define XE_G2G_REGISTER_DEVICE                                      0x10000u
#define XE_G2G_REGISTER_TILE                                        0xf000u
#define XE_G2G_REGISTER_TYPE                                        0xf00u
#define XE_G2G_REGISTER_SIZE                                        0xffu

#define XE_G2G_DEREGISTER_DEVICE                                    0x10000u
#define XE_G2G_DEREGISTER_TILE                                      0xf000u
#define XE_G2G_DEREGISTER_TYPE                                      0xf00u

#define XE_GUC_CAT_ERR_TYPE_INVALID                                 0xdeadbeefu

#define XE_GUC_ACTION_DEFAULT                                       0x0u
#define XE_GUC_ACTION_REQUEST_PREEMPTION                            0x2u
#define XE_GUC_ACTION_REQUEST_ENGINE_RESET                          0x3u
#define XE_GUC_ACTION_ALLOCATE_DOORBELL                             0x10u
#define XE_GUC_ACTION_DEALLOCATE_DOORBELL                           0x20u
#define XE_GUC_ACTION_LOG_BUFFER_FILE_FLUSH_COMPLETE                0x30u
#define XE_GUC_ACTION_UK_LOG_ENABLE_LOGGING                         0x40u
#define XE_GUC_ACTION_FORCE_LOG_BUFFER_FLUSH                        0x302u
#define XE_GUC_ACTION_ENTER_S_STATE                                 0x501u
#define XE_GUC_ACTION_EXIT_S_STATE                                  0x502u
#define XE_GUC_ACTION_GLOBAL_SCHED_POLICY_CHANGE                    0x506u
#define XE_GUC_ACTION_UPDATE_SCHEDULING_POLICIES_KLV                0x509u
#define XE_GUC_ACTION_SCHED_CONTEXT                                 0x1000u
#define XE_GUC_ACTION_SCHED_CONTEXT_MODE_SET                        0x1001u
#define XE_GUC_ACTION_SCHED_CONTEXT_MODE_DONE                       0x1002u
#define XE_GUC_ACTION_SCHED_ENGINE_MODE_SET                         0x1003u
#define XE_GUC_ACTION_SCHED_ENGINE_MODE_DONE                        0x1004u
#define XE_GUC_ACTION_SET_CONTEXT_PRIORITY                          0x1005u
#define XE_GUC_ACTION_SET_CONTEXT_EXECUTION_QUANTUM                 0x1006u
#define XE_GUC_ACTION_SET_CONTEXT_PREEMPTION_TIMEOUT                0x1007u
#define XE_GUC_ACTION_CONTEXT_RESET_NOTIFICATION                    0x1008u
#define XE_GUC_ACTION_ENGINE_FAILURE_NOTIFICATION                   0x1009u
#define XE_GUC_ACTION_HOST2GUC_UPDATE_CONTEXT_POLICIES              0x100bu
#define XE_GUC_ACTION_AUTHENTICATE_HUC                              0x4000u
#define XE_GUC_ACTION_GET_HWCONFIG                                  0x4100u
#define XE_GUC_ACTION_REGISTER_CONTEXT                              0x4502u
#define XE_GUC_ACTION_DEREGISTER_CONTEXT                            0x4503u
#define XE_GUC_ACTION_REGISTER_COMMAND_TRANSPORT_BUFFER             0x4505u
#define XE_GUC_ACTION_DEREGISTER_COMMAND_TRANSPORT_BUFFER           0x4506u
#define XE_GUC_ACTION_REGISTER_G2G                                  0x4507u
#define XE_GUC_ACTION_DEREGISTER_G2G                                0x4508u
#define XE_GUC_ACTION_DEREGISTER_CONTEXT_DONE                       0x4600u
#define XE_GUC_ACTION_REGISTER_CONTEXT_MULTI_LRC                    0x4601u
#define XE_GUC_ACTION_REGISTER_CONTEXT_MULTI_QUEUE                  0x4602u
#define XE_GUC_ACTION_MULTI_QUEUE_CONTEXT_CGP_SYNC                  0x4603u
#define XE_GUC_ACTION_NOTIFY_MULTI_QUEUE_CONTEXT_CGP_SYNC_DONE      0x4604u
#define XE_GUC_ACTION_NOTIFY_MULTI_QUEUE_CGP_CONTEXT_ERROR          0x4605u
#define XE_GUC_ACTION_CLIENT_SOFT_RESET                             0x5507u
#define XE_GUC_ACTION_SET_ENG_UTIL_BUFF                             0x550au
#define XE_GUC_ACTION_SET_DEVICE_ENGINE_ACTIVITY_BUFFER             0x550cu
#define XE_GUC_ACTION_SET_FUNCTION_ENGINE_ACTIVITY_BUFFER           0x550du
#define XE_GUC_ACTION_OPT_IN_FEATURE_KLV                            0x550eu
#define XE_GUC_ACTION_NOTIFY_MEMORY_CAT_ERROR                       0x6000u
#define XE_GUC_ACTION_REPORT_PAGE_FAULT_REQ_DESC                    0x6002u
#define XE_GUC_ACTION_PAGE_FAULT_RES_DESC                           0x6003u
#define XE_GUC_ACTION_ACCESS_COUNTER_NOTIFY                         0x6004u
#define XE_GUC_ACTION_TLB_INVALIDATION                              0x7000u
#define XE_GUC_ACTION_TLB_INVALIDATION_DONE                         0x7001u
#define XE_GUC_ACTION_TLB_INVALIDATION_ALL                          0x7002u
#define XE_GUC_ACTION_PAGE_RECLAMATION                              0x7003u
#define XE_GUC_ACTION_PAGE_RECLAMATION_DONE                         0x7004u
#define XE_GUC_ACTION_STATE_CAPTURE_NOTIFICATION                    0x8002u
#define XE_GUC_ACTION_NOTIFY_FLUSH_LOG_BUFFER_TO_FILE               0x8003u
#define XE_GUC_ACTION_NOTIFY_CRASH_DUMP_POSTED                      0x8004u
#define XE_GUC_ACTION_NOTIFY_EXCEPTION                              0x8005u
#define XE_GUC_ACTION_TEST_G2G_SEND                                 0xf001u
#define XE_GUC_ACTION_TEST_G2G_RECV                                 0xf002u
#define XE_GUC_ACTION_LIMIT                                         0xf003u

#define XE_GUC_PREEMPT_OPTION_DROP_WORK_Q                           0x4u
#define XE_GUC_PREEMPT_OPTION_DROP_SUBMIT_Q                         0x8u

#define XE_GUC_REGISTER_CONTEXT_DATA_0_MBZ                          0
#define XE_GUC_REGISTER_CONTEXT_DATA_1_FLAGS                        1
#define XE_GUC_REGISTER_CONTEXT_DATA_2_CONTEXT_INDEX                2
#define XE_GUC_REGISTER_CONTEXT_DATA_3_ENGINE_CLASS                 3
#define XE_GUC_REGISTER_CONTEXT_DATA_4_ENGINE_SUBMIT_MASK           4
#define XE_GUC_REGISTER_CONTEXT_DATA_5_WQ_DESC_ADDR_LOWER           5
#define XE_GUC_REGISTER_CONTEXT_DATA_6_WQ_DESC_ADDR_UPPER           6
#define XE_GUC_REGISTER_CONTEXT_DATA_7_WQ_BUF_BASE_LOWER            7
#define XE_GUC_REGISTER_CONTEXT_DATA_8_WQ_BUF_BASE_UPPER            8
#define XE_GUC_REGISTER_CONTEXT_DATA_9_WQ_BUF_SIZE                  9
#define XE_GUC_REGISTER_CONTEXT_DATA_10_HW_LRC_ADDR                 10
#define XE_GUC_REGISTER_CONTEXT_MSG_LEN                             11

#define XE_GUC_REGISTER_CONTEXT_MULTI_LRC_DATA_0_MBZ                0
#define XE_GUC_REGISTER_CONTEXT_MULTI_LRC_DATA_1_FLAGS              1
#define XE_GUC_REGISTER_CONTEXT_MULTI_LRC_DATA_2_PARENT_CONTEXT     2
#define XE_GUC_REGISTER_CONTEXT_MULTI_LRC_DATA_3_ENGINE_CLASS       3
#define XE_GUC_REGISTER_CONTEXT_MULTI_LRC_DATA_4_ENGINE_SUBMIT_MASK 4
#define XE_GUC_REGISTER_CONTEXT_MULTI_LRC_DATA_5_WQ_DESC_ADDR_LOWER 5
#define XE_GUC_REGISTER_CONTEXT_MULTI_LRC_DATA_6_WQ_DESC_ADDR_UPPER 6
#define XE_GUC_REGISTER_CONTEXT_MULTI_LRC_DATA_7_WQ_BUF_BASE_LOWER  7
#define XE_GUC_REGISTER_CONTEXT_MULTI_LRC_DATA_8_WQ_BUF_BASE_UPPER  8
#define XE_GUC_REGISTER_CONTEXT_MULTI_LRC_DATA_9_WQ_BUF_SIZE        9
#define XE_GUC_REGISTER_CONTEXT_MULTI_LRC_DATA_10_NUM_CTXS          10
#define XE_GUC_REGISTER_CONTEXT_MULTI_LRC_DATA_11_HW_LRC_ADDR       11
#define XE_GUC_REGISTER_CONTEXT_MULTI_LRC_MSG_MIN_LEN               11

#define XE_GUC_REPORT_STATUS_UNKNOWN                                0x0u
#define XE_GUC_REPORT_STATUS_ACKED                                  0x1u
#define XE_GUC_REPORT_STATUS_ERROR                                  0x2u
#define XE_GUC_REPORT_STATUS_COMPLETE                               0x4u

#define XE_GUC_SLEEP_STATE_SUCCESS                                  0x1u
#define XE_GUC_SLEEP_STATE_PREEMPT_TO_IDLE_FAILED                   0x2u
#define XE_GUC_SLEEP_STATE_ENGINE_RESET_FAILED                      0x3u

#define XE_GUC_STATE_CAPTURE_EVENT_STATUS_SUCCESS                   0x0u
#define XE_GUC_STATE_CAPTURE_EVENT_STATUS_NOSPACE                   0x1u

#define XE_GUC_TLB_INVAL_FULL                                       0x0u
#define XE_GUC_TLB_INVAL_PAGE_SELECTIVE                             0x1u
#define XE_GUC_TLB_INVAL_PAGE_SELECTIVE_CTX                         0x2u
#define XE_GUC_TLB_INVAL_GUC                                        0x3u
#define XE_GUC_TLB_INVAL_MODE_HEAVY                                 0x0u
#define XE_GUC_TLB_INVAL_MODE_LITE                                  0x1u

#define XE_G2G_TYPE_IN                                              0x0u
#define XE_G2G_TYPE_OUT                                             0x1u
#define XE_G2G_TYPE_LIMIT                                           0x2u

#endif
