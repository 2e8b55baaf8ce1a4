/* SPDX-License-Identifier: MIT */
/* Key-length-value lists: header dword KEY 31:16 and LEN 15:0 (dwords), then the value, low dword
 * first. */
#ifndef FIRMWARE_ABI_GUC_KLVS_ABI_H
#define FIRMWARE_ABI_GUC_KLVS_ABI_H

#define GUC_KLV_LEN_MIN                                                        1

#define GUC_KLV_0_KEY                                                          0xffff0000u
#define GUC_KLV_0_LEN                                                          0xffffu

#define GUC_KLV_n_VALUE                                                        0xffffffffu

#define GUC_KLV_GLOBAL_CFG_GMD_ID_KEY                                          0x3000u
#define GUC_KLV_GLOBAL_CFG_GMD_ID_LEN                                          1
#define GUC_KLV_GLOBAL_CFG_GROUP_SCHEDULING_AVAILABLE_KEY                      0x3001u
#define GUC_KLV_GLOBAL_CFG_GROUP_SCHEDULING_AVAILABLE_LEN                      1

#define GUC_KLV_SELF_CFG_MEMIRQ_STATUS_ADDR_KEY                                0x900u
#define GUC_KLV_SELF_CFG_MEMIRQ_STATUS_ADDR_LEN                                2
#define GUC_KLV_SELF_CFG_MEMIRQ_SOURCE_ADDR_KEY                                0x901u
#define GUC_KLV_SELF_CFG_MEMIRQ_SOURCE_ADDR_LEN                                2
#define GUC_KLV_SELF_CFG_H2G_CTB_ADDR_KEY                                      0x902u
#define GUC_KLV_SELF_CFG_H2G_CTB_ADDR_LEN                                      2
#define GUC_KLV_SELF_CFG_H2G_CTB_DESCRIPTOR_ADDR_KEY                           0x903u
#define GUC_KLV_SELF_CFG_H2G_CTB_DESCRIPTOR_ADDR_LEN                           2
#define GUC_KLV_SELF_CFG_H2G_CTB_SIZE_KEY                                      0x904u
#define GUC_KLV_SELF_CFG_H2G_CTB_SIZE_LEN                                      1
#define GUC_KLV_SELF_CFG_G2H_CTB_ADDR_KEY                                      0x905u
#define GUC_KLV_SELF_CFG_G2H_CTB_ADDR_LEN                                      2
#define GUC_KLV_SELF_CFG_G2H_CTB_DESCRIPTOR_ADDR_KEY                           0x906u
#define GUC_KLV_SELF_CFG_G2H_CTB_DESCRIPTOR_ADDR_LEN                           2
#define GUC_KLV_SELF_CFG_G2H_CTB_SIZE_KEY                                      0x907u
#define GUC_KLV_SELF_CFG_G2H_CTB_SIZE_LEN                                      1

#define GUC_KLV_OPT_IN_FEATURE_EXT_CAT_ERR_TYPE_KEY                            0x4001u
#define GUC_KLV_OPT_IN_FEATURE_EXT_CAT_ERR_TYPE_LEN                            0
#define GUC_KLV_OPT_IN_FEATURE_DYNAMIC_INHIBIT_CONTEXT_SWITCH_KEY              0x4003u
#define GUC_KLV_OPT_IN_FEATURE_DYNAMIC_INHIBIT_CONTEXT_SWITCH_LEN              0

#define GUC_KLV_SCHEDULING_POLICIES_RENDER_COMPUTE_YIELD_KEY                   0x1001u
#define GUC_KLV_SCHEDULING_POLICIES_RENDER_COMPUTE_YIELD_LEN                   2

#define GUC_KLV_VGT_POLICY_SCHED_IF_IDLE_KEY                                   0x8001u
#define GUC_KLV_VGT_POLICY_SCHED_IF_IDLE_LEN                                   1
#define GUC_KLV_VGT_POLICY_ADVERSE_SAMPLE_PERIOD_KEY                           0x8002u
#define GUC_KLV_VGT_POLICY_ADVERSE_SAMPLE_PERIOD_LEN                           1
#define GUC_KLV_VGT_POLICY_ENGINE_GROUP_CONFIG_KEY                             0x8004u
#define GUC_KLV_VGT_POLICY_ENGINE_GROUP_MAX_COUNT                              8
#define GUC_KLV_VGT_POLICY_ENGINE_GROUP_CONFIG_MIN_LEN                         0
#define GUC_KLV_VGT_POLICY_ENGINE_GROUP_CONFIG_MAX_LEN                         128
#define GUC_KLV_VGT_POLICY_RESET_AFTER_VF_SWITCH_KEY                           0x8d00u
#define GUC_KLV_VGT_POLICY_RESET_AFTER_VF_SWITCH_LEN                           1

#define GUC_KLV_VF_CFG_GGTT_START_KEY                                          0x1u
#define GUC_KLV_VF_CFG_GGTT_START_LEN                                          2
#define GUC_KLV_VF_CFG_GGTT_SIZE_KEY                                           0x2u
#define GUC_KLV_VF_CFG_GGTT_SIZE_LEN                                           2
#define GUC_KLV_VF_CFG_LMEM_SIZE_KEY                                           0x3u
#define GUC_KLV_VF_CFG_LMEM_SIZE_LEN                                           2
#define GUC_KLV_VF_CFG_NUM_CONTEXTS_KEY                                        0x4u
#define GUC_KLV_VF_CFG_NUM_CONTEXTS_LEN                                        1
#define GUC_KLV_VF_CFG_TILE_MASK_KEY                                           0x5u
#define GUC_KLV_VF_CFG_TILE_MASK_LEN                                           1
#define GUC_KLV_VF_CFG_NUM_DOORBELLS_KEY                                       0x6u
#define GUC_KLV_VF_CFG_NUM_DOORBELLS_LEN                                       1
#define GUC_KLV_VF_CFG_EXEC_QUANTUM_KEY                                        0x8a01u
#define GUC_KLV_VF_CFG_EXEC_QUANTUM_LEN                                        1
#define GUC_KLV_VF_CFG_EXEC_QUANTUM_MAX_VALUE                                  0x186a0u
#define GUC_KLV_VF_CFG_PREEMPT_TIMEOUT_KEY                                     0x8a02u
#define GUC_KLV_VF_CFG_PREEMPT_TIMEOUT_LEN                                     1
#define GUC_KLV_VF_CFG_PREEMPT_TIMEOUT_MAX_VALUE                               0x5f5e100u
#define GUC_KLV_VF_CFG_THRESHOLD_CAT_ERR_KEY                                   0x8a03u
#define GUC_KLV_VF_CFG_THRESHOLD_CAT_ERR_LEN                                   1
#define GUC_KLV_VF_CFG_THRESHOLD_ENGINE_RESET_KEY                              0x8a04u
#define GUC_KLV_VF_CFG_THRESHOLD_ENGINE_RESET_LEN                              1
#define GUC_KLV_VF_CFG_THRESHOLD_PAGE_FAULT_KEY                                0x8a05u
#define GUC_KLV_VF_CFG_THRESHOLD_PAGE_FAULT_LEN                                1
#define GUC_KLV_VF_CFG_THRESHOLD_H2G_STORM_KEY                                 0x8a06u
#define GUC_KLV_VF_CFG_THRESHOLD_H2G_STORM_LEN                                 1
#define GUC_KLV_VF_CFG_THRESHOLD_IRQ_STORM_KEY                                 0x8a07u
#define GUC_KLV_VF_CFG_THRESHOLD_IRQ_STORM_LEN                                 1
#define GUC_KLV_VF_CFG_THRESHOLD_DOORBELL_STORM_KEY                            0x8a08u
#define GUC_KLV_VF_CFG_THRESHOLD_DOORBELL_STORM_LEN                            1
#define GUC_KLV_VF_CFG_BEGIN_DOORBELL_ID_KEY                                   0x8a0au
#define GUC_KLV_VF_CFG_BEGIN_DOORBELL_ID_LEN                                   1
#define GUC_KLV_VF_CFG_BEGIN_CONTEXT_ID_KEY                                    0x8a0bu
#define GUC_KLV_VF_CFG_BEGIN_CONTEXT_ID_LEN                                    1
#define GUC_KLV_VF_CFG_SCHED_PRIORITY_KEY                                      0x8a0cu
#define GUC_KLV_VF_CFG_SCHED_PRIORITY_LEN                                      1

#define GUC_SCHED_PRIORITY_LOW                                                 0
#define GUC_SCHED_PRIORITY_NORMAL                                              1
#define GUC_SCHED_PRIORITY_HIGH                                                2

#define GUC_KLV_VF_CFG_THRESHOLD_MULTI_LRC_COUNT_KEY                           0x8a0du
#define GUC_KLV_VF_CFG_THRESHOLD_MULTI_LRC_COUNT_LEN                           1
#define GUC_KLV_VF_CFG_ENGINE_GROUP_EXEC_QUANTUM_KEY                           0x8a0eu
#define GUC_KLV_VF_CFG_ENGINE_GROUP_EXEC_QUANTUM_MIN_LEN                       1
#define GUC_KLV_VF_CFG_ENGINE_GROUP_EXEC_QUANTUM_MAX_LEN                       8
#define GUC_KLV_VF_CFG_ENGINE_GROUP_PREEMPT_TIMEOUT_KEY                        0x8a0fu
#define GUC_KLV_VF_CFG_ENGINE_GROUP_PREEMPT_TIMEOUT_MIN_LEN                    1
#define GUC_KLV_VF_CFG_ENGINE_GROUP_PREEMPT_TIMEOUT_MAX_LEN                    8

#define GUC_CONTEXT_POLICIES_KLV_ID_EXECUTION_QUANTUM                          0x2001u
#define GUC_CONTEXT_POLICIES_KLV_ID_PREEMPTION_TIMEOUT                         0x2002u
#define GUC_CONTEXT_POLICIES_KLV_ID_SCHEDULING_PRIORITY                        0x2003u
#define GUC_CONTEXT_POLICIES_KLV_ID_PREEMPT_TO_IDLE_ON_QUANTUM_EXPIRY          0x2004u
#define GUC_CONTEXT_POLICIES_KLV_ID_SLPM_GT_FREQUENCY                          0x2005u
#define GUC_CONTEXT_POLICIES_KLV_NUM_IDS                                       5

#define GUC_WORKAROUND_KLV_BLOCK_INTERRUPTS_WHEN_MGSR_BLOCKED                  0x9002u
#define GUC_WORKAROUND_KLV_DISABLE_PSMI_INTERRUPTS_AT_C6_ENTRY_RESTORE_AT_EXIT 0x9004u
#define GUC_WORKAROUND_KLV_ID_GAM_PFQ_SHADOW_TAIL_POLLING                      0x9005u
#define GUC_WORKAROUND_KLV_ID_DISABLE_MTP_DURING_ASYNC_COMPUTE                 0x9007u

#define GUC_WA_KLV_NP_RD_WRITE_TO_CLEAR_RCSM_AT_CGP_LATE_RESTORE               0x9008u

#define GUC_WORKAROUND_KLV_ID_BACK_TO_BACK_RCS_ENGINE_RESET                    0x9009u

#define GUC_WA_KLV_WAKE_POWER_DOMAINS_FOR_OUTBOUND_MMIO                        0x900au
#define GUC_WA_KLV_RESET_BB_STACK_PTR_ON_VF_SWITCH                             0x900bu
#define GUC_WA_KLV_RESTORE_UNSAVED_MEDIA_CONTROL_REG                           0x900cu

#define GUC_KLV_GLOBAL_CFG_NUM_PAGING_ENGINE_INSTANCES_KEY                     0x3003u

#define GUC_KLV_OPT_IN_FEATURE_UNCORRECTABLE_LOCAL_ERROR_NOTIFICATION_KEY      0x4004u

#define GUC_FEATURE_KLV_DISABLE_MULTI_QUEUE                                    0x5001u

#define GUC_WA_KLV_CLR_CS_INDIRECT_RING_STATE_IF_IDLE_AT_CTX_REG               0x900eu
#define GUC_WA_KLV_REMAP_RANGED_TLB_INV                                        0x900fu
#define GUC_WA_KLV_IGNORE_MMIO_READ_SEM_TOKEN_64                               0x9010u

#define GUC_KLV_RESERVED_RANGE_START                                           0xf000u
#define GUC_KLV_RESERVED_RANGE_LEN                                             0x400u

#endif
