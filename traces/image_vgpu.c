/* SPDX-License-Identifier: MIT */
/* The command "image" on a vGPU's image: its records in their order, each field by its name, and
 * what is wrong. It asks no device, so it says what the image is from, not where it may go. A
 * pre-copy puts a HEAD that stands alone before the image; it is printed as that. */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "host/abi/gvt_execlist.h"
#include "host/abi/gvt_migrate.h"
#include "host/abi/i915_pvinfo.h"
#include "sim/hal/bits.h"
#include "traces/image_private.h"

#define HEAD_RECORD  (GVT_REGION_HDR_BYTES + GVT_IMAGE_HEADER_BYTES)
#define CFG_SIZE     4096u
#define PAGE         4096u
#define PTE_SIZE     8u
#define PTE_PRESENT  1u
#define MAX_FILE     ((size_t)4 * MIGRATION_IMG_MAX_SIZE)
#define MAX_PRINTED  64u /* entries of one object */
#define MAX_RUNS     16u
#define NUM_PLATFORM ARRAY_SIZE(platforms)

static const char *const platforms[] = {"?", "BDW", "SKL", "KBL", "BXT", "CFL"};
static const char *const engines[GVT_ENGINES] = {"RCS", "BCS", "VCS", "VCS2", "VECS"};

struct image {
    const uint8_t *bytes;
    uint64_t size;
    uint64_t at;
    unsigned faults;
    struct gvt_image_header_t head;
};

/* A record's payload, all of which is there. */
struct view {
    const uint8_t *bytes;
    uint32_t size;
};

__attribute__((format(printf, 2, 3))) static void wrong(struct image *image, const char *format,
                                                        ...)
{
    va_list args;

    (void)printf("  WRONG: ");
    va_start(args, format);
    (void)vprintf(format, args);
    va_end(args);
    (void)printf("\n");
    image->faults++;
}

static uint32_t get_32(const uint8_t *bytes)
{
    uint32_t value;

    memcpy(&value, bytes, sizeof(value));
    return value;
}

static uint64_t get_64(const uint8_t *bytes)
{
    return make_64(get_32(bytes), get_32(bytes + 4));
}

bool image_is_vgpu(const uint8_t *bytes)
{
    /* Either word may be the damaged one; a VF's stream has a version of 8 bits and flags here. */
    return get_32(bytes) == GVT_MIGRATION_HEAD || get_32(bytes + 4) == GVT_IMAGE_HEADER_BYTES;
}

/* ---- HEAD ------------------------------------------------------------------------------------ */

static uint32_t head_crc(const uint8_t *record)
{
    uint8_t copy[HEAD_RECORD];
    const size_t word = GVT_REGION_HDR_BYTES + offsetof(struct gvt_image_header_t, global_data) +
                        GVT_GLOBAL_HEAD_CRC * sizeof(uint64_t);

    memcpy(copy, record, sizeof(copy));
    memset(copy + word, 0, sizeof(uint64_t));
    return (uint32_t)crc32(0, copy, sizeof(copy));
}

static void print_device(struct image *image)
{
    const uint64_t *data = image->head.global_data;
    const uint64_t platform = data[GVT_GLOBAL_PLATFORM];
    const uint64_t flags = data[GVT_GLOBAL_FLAGS];

    (void)printf("  device   %04" PRIx64 ":%04" PRIx64 " %s revision %" PRIu64 " firmware %" PRIu64
                 ".%" PRIu64 "\n",
                 data[GVT_GLOBAL_DEVICE] >> 16, data[GVT_GLOBAL_DEVICE] & 0xffff,
                 platform < NUM_PLATFORM ? platforms[platform] : "?", data[GVT_GLOBAL_REVISION],
                 data[GVT_GLOBAL_FIRMWARE] >> 16, data[GVT_GLOBAL_FIRMWARE] & 0xffff);
    (void)printf("  share    aperture %" PRIu64 " MiB, hidden %" PRIu64 " MiB, %" PRIu64
                 " fences, engines 0x%" PRIx64 "\n",
                 data[GVT_GLOBAL_LOW] >> 20, data[GVT_GLOBAL_HIGH] >> 20, data[GVT_GLOBAL_FENCES],
                 data[GVT_GLOBAL_ENGINES]);
    (void)printf("  flags   %s%s%s%s, PV records at 0x%" PRIx64 "\n",
                 flags & GVT_GLOBAL_FLAG_FAILSAFE ? " failsafe" : "",
                 flags & GVT_GLOBAL_FLAG_PV_ENABLED ? " PV enabled" : "",
                 flags & GVT_GLOBAL_FLAG_PV_BOUND ? " pages bound by PV" : "",
                 flags & GVT_GLOBAL_FLAGS_ALL ? "" : " none", data[GVT_GLOBAL_PV_SUB_GPA]);
    if (platform == 0 || platform >= NUM_PLATFORM) {
        wrong(image, "platform %" PRIu64 " is none", platform);
    }
    if (flags & ~(uint64_t)GVT_GLOBAL_FLAGS_ALL) {
        wrong(image, "unknown flags 0x%" PRIx64, flags);
    }
    for (unsigned n = GVT_GLOBAL_FIRMWARE + 1; n < GVT_GLOBAL_HEAD_CRC; n++) {
        if (data[n]) {
            wrong(image, "reserved word %u is not 0", n);
        }
    }
}

static void print_head(struct image *image, struct view view)
{
    const uint8_t *record = view.bytes - GVT_REGION_HDR_BYTES;
    struct gvt_image_header_t *head = &image->head;

    memcpy(head, view.bytes, sizeof(*head));
    (void)printf("  version %" PRId32 ", %" PRId32 " bytes in all, CRC %08" PRIx64
                 ", of HEAD %08" PRIx64 "\n",
                 head->version, head->data_size, head->crc_check,
                 head->global_data[GVT_GLOBAL_HEAD_CRC]);
    if (head->version != (int32_t)GVT_IMAGE_VERSION) {
        wrong(image, "version %" PRId32 ", readers take %u only", head->version, GVT_IMAGE_VERSION);
    }
    if (head->global_data[GVT_GLOBAL_TAG] != GVT_GLOBAL_TAG_VALUE ||
        head->global_data[GVT_GLOBAL_RESERVED]) {
        wrong(image, "no device info");
    }
    print_device(image);
    if (head->global_data[GVT_GLOBAL_HEAD_CRC] != head_crc(record)) {
        wrong(image, "HEAD's checksum is %08" PRIx32, head_crc(record));
    }
}

/* What HEAD says of all that follows it. */
static void check_whole(struct image *image, uint64_t start)
{
    const uint64_t size = image->size - start;
    const uint8_t *rest = image->bytes + start + HEAD_RECORD;
    uint32_t crc = (uint32_t)crc32(0, rest, (unsigned)(size - HEAD_RECORD));

    if (image->head.data_size != (int64_t)size) {
        wrong(image, "%" PRIu64 " bytes are there, HEAD says %" PRId32, size,
              image->head.data_size);
    }
    if (image->head.crc_check != crc) {
        wrong(image, "the checksum of what follows is %08" PRIx32, crc);
    }
    if (size >= MIGRATION_IMG_MAX_SIZE) {
        wrong(image, "%" PRIu64 " bytes: readers take less than %u", size, MIGRATION_IMG_MAX_SIZE);
    }
}

/* ---- config space and registers -------------------------------------------------------------- */

static void print_config(struct image *image, struct view view)
{
    const uint64_t device = image->head.global_data[GVT_GLOBAL_DEVICE];

    (void)printf("  device %04x:%04x command 0x%04x", get_32(view.bytes) & 0xffff,
                 get_32(view.bytes) >> 16, get_32(view.bytes + 4) & 0xffff);
    for (size_t bar = 0; bar < 6; bar += 2) {
        (void)printf(" BAR%zu 0x%" PRIx64, bar, get_64(view.bytes + 0x10 + bar * 4));
    }
    (void)printf("\n");
    if (get_32(view.bytes) &&
        get_32(view.bytes) != (uint32_t)(device >> 16 | (device & 0xffff) << 16)) {
        wrong(image, "another device than HEAD says");
    }
}

static void print_count(struct view view)
{
    uint32_t count = 0;

    for (uint32_t at = 0; at < view.size; at += sizeof(uint32_t)) {
        count += get_32(view.bytes + at) != 0;
    }
    (void)printf("  %" PRIu32 " of %zu registers are not 0\n", count, view.size / sizeof(uint32_t));
}

static void print_shadow(struct image *image, struct view view)
{
    (void)image;
    print_count(view);
}

static void print_registers(struct image *image, struct view view)
{
    const uint8_t *bytes = view.bytes;
    const uint64_t *data = image->head.global_data;

    print_count(view);
    (void)printf("  PVINFO  version %u.%u vgt_id %u caps 0x%x fences %u\n",
                 get_32(bytes + PVINFO_VERSION_MAJOR) & 0xffff,
                 get_32(bytes + PVINFO_VERSION_MAJOR) >> 16, get_32(bytes + PVINFO_VGT_ID),
                 get_32(bytes + PVINFO_VGT_CAPS), get_32(bytes + PVINFO_FENCE_NUM));
    (void)printf("          aperture 0x%08x + 0x%x, hidden 0x%08x + 0x%x\n",
                 get_32(bytes + PVINFO_MAPPABLE_GMADR_BASE),
                 get_32(bytes + PVINFO_MAPPABLE_GMADR_SIZE),
                 get_32(bytes + PVINFO_NONMAPPABLE_GMADR_BASE),
                 get_32(bytes + PVINFO_NONMAPPABLE_GMADR_SIZE));
    (void)printf("          pv_caps 0x%x, shared page at 0x%" PRIx64 "\n",
                 get_32(bytes + PVINFO_PV_CAPS), get_64(bytes + PVINFO_SHARED_PAGE_GPA));
    if (get_64(bytes + PVINFO_MAGIC) != VGT_MAGIC) {
        wrong(image, "PVINFO has no magic");
    }
    if (get_32(bytes + PVINFO_MAPPABLE_GMADR_SIZE) != data[GVT_GLOBAL_LOW] ||
        get_32(bytes + PVINFO_NONMAPPABLE_GMADR_SIZE) != data[GVT_GLOBAL_HIGH] ||
        get_32(bytes + PVINFO_FENCE_NUM) != data[GVT_GLOBAL_FENCES]) {
        wrong(image, "PVINFO's share is not HEAD's");
    }
}

/* ---- GTT ------------------------------------------------------------------------------------- */

static void print_gtt(struct image *image, struct view view)
{
    const uint64_t *data = image->head.global_data;
    uint64_t present = 0;
    uint64_t runs = 0;

    for (uint32_t at = 0; at + PTE_SIZE <= view.size; at += PTE_SIZE) {
        const uint64_t pte = get_64(view.bytes + at);
        const bool goes_on = at && get_64(view.bytes + at - PTE_SIZE) + PAGE == pte;

        if (!(pte & PTE_PRESENT)) {
            continue;
        }
        present++;
        if (!goes_on && runs++ < MAX_RUNS) {
            (void)printf("  entry 0x%05x page 0x%010" PRIx64 " and on\n", at / PTE_SIZE,
                         pte & ~(uint64_t)(PAGE - 1));
        }
    }
    (void)printf("  %" PRIu64 " of %u entries are present, %" PRIu64 " ranges\n", present,
                 view.size / PTE_SIZE, runs);
    if (view.size != (data[GVT_GLOBAL_LOW] + data[GVT_GLOBAL_HIGH]) / PAGE * PTE_SIZE) {
        wrong(image, "HEAD's share has another count of entries");
    }
}

/* ---- objects with one entry for each --------------------------------------------------------- */

static void print_root(struct image *image, const struct gvt_ppgtt_entry_t *entry, bool shown)
{
    if (shown) {
        (void)printf("  level %" PRId32 " references %u pdp 0x%" PRIx64 " 0x%" PRIx64 " 0x%" PRIx64
                     " 0x%" PRIx64 "\n",
                     entry->page_table_level, entry->extra_references + 1, entry->pdp[0],
                     entry->pdp[1], entry->pdp[2], entry->pdp[3]);
    }
    if (entry->page_table_level != 3 && entry->page_table_level != 4) {
        wrong(image, "a root of level %" PRId32, entry->page_table_level);
    }
}

static void print_run(struct image *image, const struct gvt_ppgtt_entry_t *run, bool shown)
{
    if (shown) {
        (void)printf("    by PV at 0x%" PRIx64 ": %" PRIu64 " pages from entry 0x%" PRIx64 "\n",
                     run->pdp[GVT_RUN_ADDR], (uint64_t)run->extra_references + 1,
                     run->pdp[GVT_RUN_ENTRY]);
    }
    if (!(image->head.global_data[GVT_GLOBAL_FLAGS] & GVT_GLOBAL_FLAG_PV_BOUND)) {
        wrong(image, "HEAD knows of no pages bound by PV");
    }
    if (run->pdp[GVT_RUN_ZERO] || run->pdp[GVT_RUN_ZERO + 1] || run->pdp[GVT_RUN_ADDR] % PAGE) {
        wrong(image, "a run that is none");
    }
}

static void print_ppgtt(struct image *image, struct view view)
{
    for (uint32_t at = 0; at + GVT_PPGTT_ENTRY_BYTES <= view.size; at += GVT_PPGTT_ENTRY_BYTES) {
        const bool shown = at / GVT_PPGTT_ENTRY_BYTES < MAX_PRINTED;
        struct gvt_ppgtt_entry_t entry;

        memcpy(&entry, view.bytes + at, sizeof(entry));
        if (at && entry.page_table_level == GVT_PPGTT_RUN_LEVEL) {
            print_run(image, &entry, shown);
        } else {
            print_root(image, &entry, shown);
        }
    }
}

static void print_port(const struct gvt_elsp_dwords *port)
{
    (void)printf("%08x %08x %08x %08x index %u\n", port->data[0], port->data[1], port->data[2],
                 port->data[3], port->index);
}

static void print_workloads(struct image *image, struct view view)
{
    for (uint32_t at = 0; at + GVT_PENDING_WORKLOAD_BYTES <= view.size;
         at += GVT_PENDING_WORKLOAD_BYTES) {
        struct gvt_pending_workload_t load;
        bool there;

        memcpy(&load, view.bytes + at, sizeof(load));
        there = load.ring_id >= 0 && load.ring_id < (int32_t)GVT_ENGINES &&
                image->head.global_data[GVT_GLOBAL_ENGINES] >> load.ring_id & 1;
        if (at / GVT_PENDING_WORKLOAD_BYTES < MAX_PRINTED) {
            (void)printf("  %-4s %s%s context %u descriptor %08x",
                         there ? engines[load.ring_id] : "?",
                         load.emulate_schedule_in ? "first" : "next", load.pv ? ", by PV," : ",",
                         load.ctx_desc[1], load.ctx_desc[0]);
            (void)printf(" port ");
            print_port(&load.elsp_dwords);
        }
        if (!there) {
            wrong(image, "HEAD has no engine %" PRId32, load.ring_id);
        }
        if (load.emulate_schedule_in > 1 || load.pv > 1 || load.reserved[0] || load.reserved[1]) {
            wrong(image, "flags are neither 0 nor 1");
        }
    }
}

static void print_execlists(struct image *image, struct view view)
{
    for (unsigned n = 0; n < GVT_ENGINES && n * sizeof(struct gvt_elsp_dwords) < view.size; n++) {
        struct gvt_elsp_dwords port;

        memcpy(&port, view.bytes + n * sizeof(port), sizeof(port));
        (void)printf("  %-4s ", engines[n]);
        print_port(&port);
        if (port.index > 3) {
            wrong(image, "the port's index is beyond 3");
        }
    }
}

/* ---- records --------------------------------------------------------------------------------- */

static const struct object {
    uint32_t type;
    const char *name;
    uint32_t size; /* or of one entry */
    bool many;
    void (*print)(struct image *image, struct view view);
} objects[] = {
    {GVT_MIGRATION_HEAD, "HEAD", GVT_IMAGE_HEADER_BYTES, false, print_head},
    {GVT_MIGRATION_CFG_SPACE, "CFG_SPACE", CFG_SIZE, false, print_config},
    {GVT_MIGRATION_SREG, "SREG", GVT_MMIO_SIZE, false, print_shadow},
    {GVT_MIGRATION_VREG, "VREG", GVT_MMIO_SIZE, false, print_registers},
    {GVT_MIGRATION_GTT, "GTT", PTE_SIZE, true, print_gtt},
    {GVT_MIGRATION_PPGTT, "PPGTT", GVT_PPGTT_ENTRY_BYTES, true, print_ppgtt},
    {GVT_MIGRATION_WORKLOAD, "WORKLOAD", GVT_PENDING_WORKLOAD_BYTES, true, print_workloads},
    {GVT_MIGRATION_EXECLIST, "EXECLIST", GVT_ENGINES *GVT_ELSP_DWORDS_BYTES, false,
     print_execlists},
};

/* Takes the record that has to be here. Returns false when it is not: there is no way on. */
static bool print_record(struct image *image, const struct object *object)
{
    struct view view;
    uint32_t type;

    if (image->size - image->at < GVT_REGION_HDR_BYTES) {
        wrong(image, "cut off at 0x%" PRIx64 ": %s is missing", image->at, object->name);
        return false;
    }
    type = get_32(image->bytes + image->at);
    view.size = get_32(image->bytes + image->at + sizeof(type));
    view.bytes = image->bytes + image->at + GVT_REGION_HDR_BYTES;
    (void)printf("0x%08" PRIx64 " %-10s type %" PRIu32 " size %" PRIu32 "\n", image->at,
                 object->name, type, view.size);
    if (type != object->type) {
        wrong(image, "type %" PRIu32 " stands where %s (%" PRIu32 ") has to", type, object->name,
              object->type);
        return false;
    }
    if (object->many ? view.size % object->size : view.size != object->size) {
        wrong(image, "size is %s%" PRIu32, object->many ? "no multiple of " : "not ", object->size);
        return false;
    }
    if (view.size > image->size - image->at - GVT_REGION_HDR_BYTES) {
        wrong(image, "cut off: the payload has %" PRIu64 " bytes only",
              image->size - image->at - GVT_REGION_HDR_BYTES);
        return false;
    }
    object->print(image, view);
    image->at += GVT_REGION_HDR_BYTES + view.size;
    return true;
}

/* HEADs of a pre-copy stand alone: their image is they themselves. Returns false at a bad one. */
static bool print_identities(struct image *image)
{
    while (print_record(image, &objects[0])) {
        if (image->head.data_size != (int32_t)HEAD_RECORD || image->at == image->size) {
            return true;
        }
        (void)printf("  alone: told in pre-copy\n");
    }
    return false;
}

static void print_objects(struct image *image)
{
    const uint64_t start = image->at - HEAD_RECORD;

    check_whole(image, start);
    for (unsigned n = 1; n < ARRAY_SIZE(objects); n++) {
        if (!print_record(image, &objects[n])) {
            return;
        }
    }
    if (image->at < image->size) {
        wrong(image, "%" PRIu64 " bytes follow the last record", image->size - image->at);
    }
}

/* All of a file; NULL on trouble, which is told. */
static uint8_t *read_all(FILE *in, const char *name, uint64_t *size)
{
    uint8_t *bytes = malloc(MAX_FILE);

    if (!bytes) {
        (void)fprintf(stderr, "gucsim image: %s: out of memory\n", name);
        return NULL;
    }
    *size = fread(bytes, 1, MAX_FILE, in);
    if (ferror(in) || *size == MAX_FILE) {
        (void)fprintf(stderr, "gucsim image: %s: %s\n", name,
                      ferror(in) ? "cannot be read" : "far too long for an image");
        free(bytes);
        return NULL;
    }
    return bytes;
}

int image_print_vgpu(FILE *in, const char *name)
{
    struct image image = {.at = 0};
    uint8_t *bytes = read_all(in, name, &image.size);

    if (!bytes) {
        return EXIT_TROUBLE;
    }
    image.bytes = bytes;
    if (print_identities(&image)) {
        print_objects(&image);
    }
    free(bytes);
    (void)printf("image of a vGPU, %" PRIu64 " bytes: ", image.size);
    if (image.faults) {
        (void)printf("%u fault%s\n", image.faults, image.faults == 1 ? "" : "s");
        return EXIT_BAD_IMAGE;
    }
    (void)printf("good\n");
    return 0;
}
