/* SPDX-License-Identifier: MIT */
/* Engine classes, context flags, priorities and context modes as the GuC counts them. */
#ifndef FIRMWARE_ABI_GUC_SCHEDULER_ABI_H
#define FIRMWARE_ABI_GUC_SCHEDULER_ABI_H

#define GUC_RENDER_CLASS                0

#define GUC_VIDEO_CLASS                 1

#define GUC_VIDEOENHANCE_CLASS          2

#define GUC_BLITTER_CLASS               3

#define GUC_COMPUTE_CLASS               4

#define GUC_GSC_OTHER_CLASS             5

#define GUC_LAST_ENGINE_CLASS           5

#define GUC_MAX_ENGINE_CLASSES          16

#define GUC_MAX_INSTANCES_PER_CLASS     32

#define GUC_CLIENT_PRIORITY_KMD_HIGH    0
#define GUC_CLIENT_PRIORITY_HIGH        1
#define GUC_CLIENT_PRIORITY_KMD_NORMAL  2
#define GUC_CLIENT_PRIORITY_NORMAL      3
#define GUC_CLIENT_PRIORITY_NUM         4

#define GUC_ID_MAX                      0xffffu

#define GUC_ID_UNKNOWN                  0xffffffffu

#define CONTEXT_REGISTRATION_FLAG_KMD   0x1u
#define CONTEXT_REGISTRATION_FLAG_TYPE  0x6u

#define GUC_CONTEXT_NORMAL              0x0u

#define GUC_CONTEXT_COMPRESSION_SAVE    0x1u
#define GUC_CONTEXT_COMPRESSION_RESTORE 0x2u

#define GUC_CONTEXT_COUNT               3

#define GUC_CONTEXT_DISABLE             0x0u

#define GUC_CONTEXT_ENABLE              0x1u

#define GUC_MAX_SCHED_GROUPS            8

#endif
