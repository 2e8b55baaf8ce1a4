/* SPDX-License-Identifier: MIT */
/* Error codes of HXG failures, and what GUC_STATUS shows while the GuC loads. */
#ifndef FIRMWARE_ABI_GUC_ERRORS_ABI_H
#define FIRMWARE_ABI_GUC_ERRORS_ABI_H

#define XE_GUC_RESPONSE_ERROR_PROTOCOL                     0x4u
#define XE_GUC_RESPONSE_INVALID_STATE                      0xau
#define XE_GUC_RESPONSE_UNSUPPORTED_VERSION                0xbu
#define XE_GUC_RESPONSE_INVALID_VFID                       0xcu
#define XE_GUC_RESPONSE_UNPROVISIONED_VF                   0xdu
#define XE_GUC_RESPONSE_INVALID_EVENT                      0xeu
#define XE_GUC_RESPONSE_NOT_SUPPORTED                      0x20u
#define XE_GUC_RESPONSE_UNKNOWN_ACTION                     0x30u
#define XE_GUC_RESPONSE_ACTION_ABORTED                     0x31u
#define XE_GUC_RESPONSE_NO_PERMISSION                      0x40u
#define XE_GUC_RESPONSE_CANNOT_COMPLETE_ACTION             0x41u
#define XE_GUC_RESPONSE_INVALID_KLV_DATA                   0x50u
#define XE_GUC_RESPONSE_INVALID_PARAMS                     0x60u
#define XE_GUC_RESPONSE_INVALID_CONTEXT_INDEX              0x61u
#define XE_GUC_RESPONSE_INVALID_CONTEXT_REGISTRATION       0x62u
#define XE_GUC_RESPONSE_INVALID_DOORBELL_ID                0x63u
#define XE_GUC_RESPONSE_INVALID_ENGINE_ID                  0x64u
#define XE_GUC_RESPONSE_INVALID_BUFFER_RANGE               0x70u
#define XE_GUC_RESPONSE_INVALID_BUFFER                     0x71u
#define XE_GUC_RESPONSE_BUFFER_ALREADY_REGISTERED          0x72u
#define XE_GUC_RESPONSE_INVALID_GGTT_ADDRESS               0x80u
#define XE_GUC_RESPONSE_PENDING_ACTION                     0x90u
#define XE_GUC_RESPONSE_CONTEXT_NOT_REGISTERED             0x100u
#define XE_GUC_RESPONSE_CONTEXT_ALREADY_REGISTERED         0x101u
#define XE_GUC_RESPONSE_INVALID_SIZE                       0x102u
#define XE_GUC_RESPONSE_MALFORMED_KLV                      0x103u
#define XE_GUC_RESPONSE_INVALID_CONTEXT                    0x104u
#define XE_GUC_RESPONSE_INVALID_KLV_KEY                    0x105u
#define XE_GUC_RESPONSE_DATA_TOO_LARGE                     0x106u
#define XE_GUC_RESPONSE_VF_MIGRATED                        0x107u
#define XE_GUC_RESPONSE_NO_ATTRIBUTE_TABLE                 0x201u
#define XE_GUC_RESPONSE_NO_DECRYPTION_KEY                  0x202u
#define XE_GUC_RESPONSE_DECRYPTION_FAILED                  0x204u
#define XE_GUC_RESPONSE_VGT_DISABLED                       0x300u
#define XE_GUC_RESPONSE_CTB_FULL                           0x301u
#define XE_GUC_RESPONSE_VGT_UNAUTHORIZED_REQUEST           0x302u
#define XE_GUC_RESPONSE_CTB_INVALID                        0x303u
#define XE_GUC_RESPONSE_CTB_NOT_REGISTERED                 0x304u
#define XE_GUC_RESPONSE_CTB_IN_USE                         0x305u
#define XE_GUC_RESPONSE_CTB_INVALID_DESC                   0x306u
#define XE_GUC_RESPONSE_HW_TIMEOUT                         0x30cu
#define XE_GUC_RESPONSE_CTB_SOURCE_INVALID_DESCRIPTOR      0x30du
#define XE_GUC_RESPONSE_CTB_DESTINATION_INVALID_DESCRIPTOR 0x30eu
#define XE_GUC_RESPONSE_INVALID_CONFIG_STATE               0x30fu
#define XE_GUC_RESPONSE_GENERIC_FAIL                       0xf000u

/* All of them, for names: X(INVALID_STATE) and so on. */
#define XE_GUC_RESPONSE_NAMES(X)                                                                   \
    X(ERROR_PROTOCOL)                                                                              \
    X(INVALID_STATE)                                                                               \
    X(UNSUPPORTED_VERSION)                                                                         \
    X(INVALID_VFID)                                                                                \
    X(UNPROVISIONED_VF)                                                                            \
    X(INVALID_EVENT)                                                                               \
    X(NOT_SUPPORTED)                                                                               \
    X(UNKNOWN_ACTION)                                                                              \
    X(ACTION_ABORTED)                                                                              \
    X(NO_PERMISSION)                                                                               \
    X(CANNOT_COMPLETE_ACTION)                                                                      \
    X(INVALID_KLV_DATA)                                                                            \
    X(INVALID_PARAMS)                                                                              \
    X(INVALID_CONTEXT_INDEX)                                                                       \
    X(INVALID_CONTEXT_REGISTRATION)                                                                \
    X(INVALID_DOORBELL_ID)                                                                         \
    X(INVALID_ENGINE_ID)                                                                           \
    X(INVALID_BUFFER_RANGE)                                                                        \
    X(INVALID_BUFFER)                                                                              \
    X(BUFFER_ALREADY_REGISTERED)                                                                   \
    X(INVALID_GGTT_ADDRESS)                                                                        \
    X(PENDING_ACTION)                                                                              \
    X(CONTEXT_NOT_REGISTERED)                                                                      \
    X(CONTEXT_ALREADY_REGISTERED)                                                                  \
    X(INVALID_SIZE)                                                                                \
    X(MALFORMED_KLV)                                                                               \
    X(INVALID_CONTEXT)                                                                             \
    X(INVALID_KLV_KEY)                                                                             \
    X(DATA_TOO_LARGE)                                                                              \
    X(VF_MIGRATED)                                                                                 \
    X(NO_ATTRIBUTE_TABLE)                                                                          \
    X(NO_DECRYPTION_KEY)                                                                           \
    X(DECRYPTION_FAILED)                                                                           \
    X(VGT_DISABLED)                                                                                \
    X(CTB_FULL)                                                                                    \
    X(VGT_UNAUTHORIZED_REQUEST)                                                                    \
    X(CTB_INVALID)                                                                                 \
    X(CTB_NOT_REGISTERED)                                                                          \
    X(CTB_IN_USE)                                                                                  \
    X(CTB_INVALID_DESC)                                                                            \
    X(HW_TIMEOUT)                                                                                  \
    X(CTB_SOURCE_INVALID_DESCRIPTOR)                                                               \
    X(CTB_DESTINATION_INVALID_DESCRIPTOR)                                                          \
    X(INVALID_CONFIG_STATE)                                                                        \
    X(GENERIC_FAIL)

#define XE_GUC_LOAD_STATUS_DEFAULT                        0x0u
#define XE_GUC_LOAD_STATUS_START                          0x1u
#define XE_GUC_LOAD_STATUS_ERROR_DEVID_BUILD_MISMATCH     0x2u
#define XE_GUC_LOAD_STATUS_GUC_PREPROD_BUILD_MISMATCH     0x3u
#define XE_GUC_LOAD_STATUS_ERROR_DEVID_INVALID_GUCTYPE    0x4u
#define XE_GUC_LOAD_STATUS_HWCONFIG_START                 0x5u
#define XE_GUC_LOAD_STATUS_HWCONFIG_DONE                  0x6u
#define XE_GUC_LOAD_STATUS_HWCONFIG_ERROR                 0x7u
#define XE_GUC_LOAD_STATUS_BOOTROM_VERSION_MISMATCH       0x8u
#define XE_GUC_LOAD_STATUS_GDT_DONE                       0x10u
#define XE_GUC_LOAD_STATUS_IDT_DONE                       0x20u
#define XE_GUC_LOAD_STATUS_LAPIC_DONE                     0x30u
#define XE_GUC_LOAD_STATUS_GUCINT_DONE                    0x40u
#define XE_GUC_LOAD_STATUS_DPC_READY                      0x50u
#define XE_GUC_LOAD_STATUS_DPC_ERROR                      0x60u
#define XE_GUC_LOAD_STATUS_EXCEPTION                      0x70u
#define XE_GUC_LOAD_STATUS_INIT_DATA_INVALID              0x71u
#define XE_GUC_LOAD_STATUS_PXP_TEARDOWN_CTRL_ENABLED      0x72u
#define XE_GUC_LOAD_STATUS_INVALID_INIT_DATA_RANGE_START  0x73u
#define XE_GUC_LOAD_STATUS_MPU_DATA_INVALID               0x73u
#define XE_GUC_LOAD_STATUS_INIT_MMIO_SAVE_RESTORE_INVALID 0x74u
#define XE_GUC_LOAD_STATUS_KLV_WORKAROUND_INIT_ERROR      0x75u
#define XE_GUC_LOAD_STATUS_INVALID_FTR_FLAG               0x76u
#define XE_GUC_LOAD_STATUS_INVALID_INIT_DATA_RANGE_END    0x77u
#define XE_GUC_LOAD_STATUS_READY                          0xf0u

#define XE_BOOTROM_STATUS_NO_KEY_FOUND                    0x13u
#define XE_BOOTROM_STATUS_AES_PROD_KEY_FOUND              0x1au
#define XE_BOOTROM_STATUS_PROD_KEY_CHECK_FAILURE          0x2bu
#define XE_BOOTROM_STATUS_RSA_FAILED                      0x50u
#define XE_BOOTROM_STATUS_PAVPC_FAILED                    0x73u
#define XE_BOOTROM_STATUS_WOPCM_FAILED                    0x74u
#define XE_BOOTROM_STATUS_LOADLOC_FAILED                  0x75u
#define XE_BOOTROM_STATUS_JUMP_PASSED                     0x76u
#define XE_BOOTROM_STATUS_JUMP_FAILED                     0x77u
#define XE_BOOTROM_STATUS_RC6CTXCONFIG_FAILED             0x79u
#define XE_BOOTROM_STATUS_MPUMAP_INCORRECT                0x7au
#define XE_BOOTROM_STATUS_EXCEPTION                       0x7eu

#endif
