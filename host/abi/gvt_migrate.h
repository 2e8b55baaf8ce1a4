/* SPDX-License-Identifier: MIT */
/* Image of a vGPU's device config data: records of header and payload, back to back, in the order
 * HEAD, CFG_SPACE, SREG, VREG, GTT, PPGTT, WORKLOAD, EXECLIST, each exactly once (types and
 * layouts as in the interface proposed for Linux's gvt/migrate.h). What the proposal left open is
 * settled here: version 1 carries checksums and says which device it is from. Little endian. */
#ifndef HOST_ABI_GVT_MIGRATE_H
#define HOST_ABI_GVT_MIGRATE_H

#include <assert.h>
#include <stdint.h>

#define MIGRATION_DIRTY_BITMAP_SIZE  0x4000u /* 16 KiB */
#define MIGRATION_DIRTY_BITMAP_PAGES 0x20000u
/* An image of this size or more is refused. */
#define MIGRATION_IMG_MAX_SIZE 0x900000u
#define GVT_MMIO_SIZE          0x200000u
#define GVT_MIGRATION_VERSION  0u /* of the proposal: neither checksums nor device info */
#define GVT_IMAGE_VERSION      1u /* ours */

enum gvt_migration_type_t {
    GVT_MIGRATION_NONE = 0,
    GVT_MIGRATION_HEAD = 1,
    GVT_MIGRATION_CFG_SPACE = 2,
    GVT_MIGRATION_VREG = 3,
    GVT_MIGRATION_SREG = 4,
    GVT_MIGRATION_GTT = 5,
    GVT_MIGRATION_PPGTT = 6,
    GVT_MIGRATION_WORKLOAD = 7,
    GVT_MIGRATION_EXECLIST = 8,
};

struct gvt_region_t {
    uint32_t type;
    uint32_t size; /* bytes of payload */
};
#define GVT_REGION_HDR_BYTES 8u
static_assert(sizeof(struct gvt_region_t) == GVT_REGION_HDR_BYTES, "8-byte record header");

/* Payload of HEAD. data_size is 0 until the image is whole, and -1 when saving failed. */
#define GVT_IMAGE_GLOBAL_DATA_WORDS 64u
struct gvt_image_header_t {
    int32_t version;
    int32_t data_size;  /* bytes of the whole image, HEAD included */
    uint64_t crc_check; /* CRC-32 of zlib over all that follows HEAD, high half 0 */
    uint64_t global_data[GVT_IMAGE_GLOBAL_DATA_WORDS];
};
#define GVT_IMAGE_HEADER_BYTES 528u
static_assert(sizeof(struct gvt_image_header_t) == GVT_IMAGE_HEADER_BYTES, "528-byte header");

/* Words of global_data; those not named are 0. */
enum gvt_global_data {
    GVT_GLOBAL_RESERVED = 0,
    GVT_GLOBAL_TAG = 1,      /* GVT_GLOBAL_TAG_VALUE */
    GVT_GLOBAL_DEVICE = 2,   /* vendor << 16 | device */
    GVT_GLOBAL_PLATFORM = 3, /* enum gvt_platform */
    GVT_GLOBAL_REVISION = 4, /* stepping: a target may be newer */
    GVT_GLOBAL_LOW = 5,      /* aperture share, bytes */
    GVT_GLOBAL_HIGH = 6,     /* hidden share, bytes */
    GVT_GLOBAL_FENCES = 7,
    GVT_GLOBAL_ENGINES = 8,     /* mask of enum gvt_engine_id */
    GVT_GLOBAL_FLAGS = 9,       /* GVT_GLOBAL_FLAG_* */
    GVT_GLOBAL_PV_SUB_GPA = 10, /* 0: none registered */
    GVT_GLOBAL_FIRMWARE = 11, /* major << 16 | minor: same major, a target may have a newer minor */
    GVT_GLOBAL_HEAD_CRC = 63, /* CRC-32 over HEAD, taken with this word 0 */
};
#define GVT_GLOBAL_TAG_VALUE       0x4e49564544545647ull /* "GVTDEVIN" */
#define GVT_GLOBAL_FLAG_FAILSAFE   0x1u
#define GVT_GLOBAL_FLAG_PV_ENABLED 0x2u
#define GVT_GLOBAL_FLAG_PV_BOUND   0x4u /* PPGTT has runs: of pages that PV messages bound */
#define GVT_GLOBAL_FLAGS_ALL       0x7u

enum gvt_platform {
    GVT_PLATFORM_BDW = 1,
    GVT_PLATFORM_SKL = 2,
    GVT_PLATFORM_KBL = 3,
    GVT_PLATFORM_BXT = 4,
    GVT_PLATFORM_CFL = 5,
};

/* Payload of PPGTT: one of these for each live root. What PV messages bound is in no table of the
 * guest that a target could read, so behind a root of level 4 there may be runs of such pages, by
 * rising address: level 1, in the same bytes. An image with runs says so in HEAD's flags, and a
 * host that does not know them refuses it for that. */
struct gvt_ppgtt_entry_t {
    int32_t page_table_level;  /* 3 or 4; 1: a run */
    uint32_t extra_references; /* creations of this root beyond the first; pages but the first */
    uint64_t pdp[4];           /* of a run: GVT_RUN_* */
};
#define GVT_PPGTT_ENTRY_BYTES 40u
#define GVT_PPGTT_RUN_LEVEL   1
enum gvt_run_word {
    GVT_RUN_ADDR = 0,  /* in the space, of the first page */
    GVT_RUN_ENTRY = 1, /* of the first page, with the guest's frame; frames follow each other */
    GVT_RUN_ZERO = 2,  /* this and the next are 0 */
};
static_assert(sizeof(struct gvt_ppgtt_entry_t) == GVT_PPGTT_ENTRY_BYTES, "40-byte entry");

/* What was written to an engine's submit port since its last submission. Payload of EXECLIST: one
 * for each engine id. */
struct gvt_elsp_dwords {
    uint32_t data[4];
    uint32_t index;
};
#define GVT_ELSP_DWORDS_BYTES 20u
static_assert(sizeof(struct gvt_elsp_dwords) == GVT_ELSP_DWORDS_BYTES, "20-byte port");

/* Payload of WORKLOAD: one of these for each queued workload, engine by engine, oldest first. */
struct gvt_pending_workload_t {
    int32_t ring_id;
    uint8_t emulate_schedule_in; /* 0 or 1: first of its submission, elsp_dwords is valid */
    uint8_t pv;                  /* 0 or 1: by the PV channel, no switch is told of */
    uint8_t reserved[2];         /* 0 */
    uint32_t ctx_desc[2];
    struct gvt_elsp_dwords elsp_dwords;
};
#define GVT_PENDING_WORKLOAD_BYTES 36u
static_assert(sizeof(struct gvt_pending_workload_t) == GVT_PENDING_WORKLOAD_BYTES, "36 bytes");

/* Where records whose place is fixed begin. */
#define IMG_OFF_HEAD                0u
#define IMG_OFF_CFG                 536u
#define IMG_OFF_SREG                4640u
#define IMG_OFF_VREG                2101800u
#define IMG_OFF_GTT                 4198960u
#define GVT_SAVE_RESTORE_FAIL_ERRNO (-14) /* -EFAULT */

#endif
