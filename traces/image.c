/* SPDX-License-Identifier: MIT */
/* The command "image": prints a VF's migration stream packet by packet and says what is wrong with
 * it. It reads by stream and believes no size, so that a damaged image costs no more than a good
 * one. After a fault it goes on as long as it still knows where the next packet begins. */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "firmware/abi/guc_klvs_abi.h"
#include "firmware/abi/xe_driver_klvs_abi.h"
#include "gpu_regs.h"
#include "host/abi/xe_gtt_defs.h"
#include "host/abi/xe_sriov_packet_types.h"
#include "sim/hal/bits.h"
#include "traces/image_private.h"
#include "traces/tool.h"
#include "traces/traces.h"

#define MAX_GTS        4u  /* GT numbers beyond are no GPU of ours */
#define MAX_RUNS       16u /* of a GGTT that are printed */
#define MAX_KLVS       64u
#define MMIO_SIZE      16u
#define BYTES_PER_LINE 16u
#define MAX_DUMP       64u /* bytes of an opaque payload that are printed */

struct image {
    FILE *in;
    uint64_t at;      /* offset in the file of what is read next */
    uint64_t left;    /* of the present packet's payload */
    uint64_t offset;  /* that the present packet has */
    uint64_t vram_at; /* end of the local memory so far */
    unsigned faults;
    unsigned packets;
    bool has_descriptor;
    bool has_trailer;
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
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
           (uint32_t)bytes[3] << 24;
}

static uint64_t get_64(const uint8_t *bytes)
{
    return make_64(get_32(bytes), get_32(bytes + 4));
}

/* Reads up to size bytes. Returns how many there were. */
static size_t take(struct image *image, void *to, size_t size)
{
    size_t got = fread(to, 1, size, image->in);

    image->at += got;
    return got;
}

/* Takes size bytes of the payload. Returns false when it has not so many. */
static bool take_payload(struct image *image, uint8_t *to, size_t size)
{
    size_t got;

    if (image->left < size) {
        return false;
    }
    got = take(image, to, size);
    image->left -= got;
    if (got < size) {
        wrong(image, "cut off at offset 0x%" PRIx64 ": the payload has %" PRIu64 " bytes more",
              image->at, image->left);
        image->left = 0;
        return false;
    }
    return true;
}

/* Passes over what the packet's printer did not want. */
static void skip_payload(struct image *image)
{
    uint8_t bytes[4096];

    while (image->left) {
        size_t size = image->left < sizeof(bytes) ? (size_t)image->left : sizeof(bytes);

        if (!take_payload(image, bytes, size)) {
            return;
        }
    }
}

/* ---- payloads -------------------------------------------------------------------------------- */

static void print_klv(struct image *image, uint32_t key, uint32_t len)
{
    uint8_t bytes[4];
    uint32_t value = 0;

    for (uint32_t i = 0; i < len; i++) {
        if (!take_payload(image, bytes, sizeof(bytes))) {
            wrong(image, "key 0x%04" PRIx32 " of %" PRIu32 " dwords goes past the end", key, len);
            return;
        }
        value = i ? value : get_32(bytes);
    }
    if (key == MIGRATION_KLV_DEVICE_DEVID_KEY || key == MIGRATION_KLV_DEVICE_REVID_KEY) {
        (void)printf("  %s 0x%04" PRIx32 "\n",
                     key == MIGRATION_KLV_DEVICE_DEVID_KEY ? "device id" : "revision ", value);
        if (len != 1) {
            wrong(image, "key 0x%04" PRIx32 " has %" PRIu32 " dwords instead of 1", key, len);
        }
    } else {
        (void)printf("  key 0x%04" PRIx32 ", %" PRIu32 " dwords: unknown, readers skip it\n", key,
                     len);
    }
}

static void print_descriptor(struct image *image)
{
    uint8_t bytes[4];

    if (image->left % sizeof(uint32_t)) {
        wrong(image, "size is no multiple of 4");
        return;
    }
    for (unsigned n = 0; image->left; n++) {
        uint32_t header;

        if (n == MAX_KLVS) {
            wrong(image, "more than %u keys", MAX_KLVS);
            return;
        }
        if (!take_payload(image, bytes, sizeof(bytes))) {
            return;
        }
        header = get_32(bytes);
        print_klv(image, FIELD_GET(GUC_KLV_0_KEY, header), FIELD_GET(GUC_KLV_0_LEN, header));
    }
}

/* Entries that follow each other with pages that do, and the same flags; or with the same value. */
struct run {
    uint64_t first; /* index */
    uint64_t count;
    uint64_t pte; /* of the first */
    uint64_t step;
};

static void print_run(const struct run *run)
{
    static const char *const pats[] = {"", " pat 1", " pat 2", " pat 3"};
    uint64_t pat = run->pte >> 52 & 3;

    (void)printf("  entry 0x%05" PRIx64 " + %-7" PRIu64, run->first, run->count);
    if (!(run->pte & GGTT_PTE_PRESENT)) {
        (void)printf(" absent%s\n", run->pte ? " (but not zero)" : "");
        return;
    }
    (void)printf(" page 0x%010" PRIx64 "%s%s%s\n", (uint64_t)(run->pte & XE_PTE_ADDR_MASK),
                 run->count > 1 && !run->step ? " each" : "",
                 run->pte & XE_GGTT_PTE_DM ? " local" : "", pats[pat]);
}

/* Adds an entry to the run. Returns false when it does not belong to it. */
static bool extend_run(struct run *run, uint64_t pte)
{
    if (run->count == 1 && (pte == run->pte || pte == run->pte + XE_PAGE_SIZE)) {
        run->step = pte - run->pte;
        run->count = 2;
        return true;
    }
    if (run->count > 1 && pte == run->pte + run->count * run->step) {
        run->count++;
        return true;
    }
    return false;
}

static void print_ggtt(struct image *image)
{
    uint64_t entries = image->left / sizeof(uint64_t);
    uint64_t foreign = 0;
    uint64_t runs = 0;
    struct run run = {0};
    uint8_t bytes[8];

    if (image->left % sizeof(uint64_t)) {
        wrong(image, "size is no multiple of 8, an entry's size");
    }
    for (uint64_t i = 0; i < entries && take_payload(image, bytes, sizeof(bytes)); i++) {
        uint64_t pte = get_64(bytes);

        foreign += (pte & GGTT_PTE_VFID) != 0;
        if (run.count && extend_run(&run, pte)) {
            continue;
        }
        if (run.count && runs++ < MAX_RUNS) {
            print_run(&run);
        }
        run = (struct run){.first = i, .count = 1, .pte = pte};
    }
    if (run.count && runs++ < MAX_RUNS) {
        print_run(&run);
    }
    if (runs > MAX_RUNS) {
        (void)printf("  ... and %" PRIu64 " more ranges\n", runs - MAX_RUNS);
    }
    if (foreign) {
        wrong(image, "%" PRIu64 " entries name an owner: the VFID field must be zero", foreign);
    }
}

static void print_mmio(struct image *image)
{
    uint8_t bytes[MMIO_SIZE];

    if (image->left != MMIO_SIZE) {
        wrong(image, "size is not %u, the four mailbox registers", MMIO_SIZE);
        return;
    }
    if (take_payload(image, bytes, sizeof(bytes))) {
        (void)printf("  mailbox %08" PRIx32 " %08" PRIx32 " %08" PRIx32 " %08" PRIx32 "\n",
                     get_32(bytes), get_32(bytes + 4), get_32(bytes + 8), get_32(bytes + 12));
    }
}

/* The blob belongs to the firmware alone: its first dwords, for comparing. */
static void print_blob(struct image *image)
{
    uint64_t size = image->left;
    uint8_t bytes[BYTES_PER_LINE];

    if (size % sizeof(uint32_t) || !size) {
        wrong(image, "size is no multiple of 4 above 0");
    }
    for (uint64_t at = 0; at < MAX_DUMP && image->left >= sizeof(bytes); at += sizeof(bytes)) {
        if (!take_payload(image, bytes, sizeof(bytes))) {
            return;
        }
        (void)printf("  +0x%04" PRIx64 "  %08" PRIx32 " %08" PRIx32 " %08" PRIx32 " %08" PRIx32
                     "\n",
                     at, get_32(bytes), get_32(bytes + 4), get_32(bytes + 8), get_32(bytes + 12));
    }
    if (image->left) {
        (void)printf("  ... %" PRIu64 " bytes more\n", image->left);
    }
}

static bool is_zero(const uint8_t *bytes, size_t size)
{
    return bytes[0] == 0 && memcmp(bytes, bytes + 1, size - 1) == 0;
}

/* Chunks of local memory come in order and without gap. Of one: how many of its pages hold
 * something. */
static void print_vram(struct image *image)
{
    uint64_t pages = image->left / XE_PAGE_SIZE;
    uint64_t used = 0;
    uint8_t bytes[XE_PAGE_SIZE];

    if (!image->left || image->left % XE_PAGE_SIZE) {
        wrong(image, "size is no multiple of a page above 0");
    }
    if (image->offset != image->vram_at) {
        wrong(image, "the chunk before ended at 0x%" PRIx64, image->vram_at);
    }
    image->vram_at = image->offset + image->left;
    for (uint64_t i = 0; i < pages && take_payload(image, bytes, sizeof(bytes)); i++) {
        used += !is_zero(bytes, sizeof(bytes));
    }
    (void)printf("  local memory 0x%010" PRIx64 " + 0x%" PRIx64 ", %" PRIu64 " of %" PRIu64
                 " pages not zero\n",
                 image->offset, image->vram_at - image->offset, used, pages);
}

static void print_nothing(struct image *image)
{
    (void)image;
}

/* ---- packets --------------------------------------------------------------------------------- */

static const struct packet_type {
    const char *name;
    bool main_gt_only;
    void (*print)(struct image *image);
} packet_types[] = {
    [XE_SRIOV_PACKET_TYPE_DESCRIPTOR] = {"descriptor", true, print_descriptor},
    [XE_SRIOV_PACKET_TYPE_TRAILER] = {"trailer", true, print_nothing},
    [XE_SRIOV_PACKET_TYPE_GGTT] = {"GGTT", true, print_ggtt},
    [XE_SRIOV_PACKET_TYPE_MMIO] = {"MMIO", false, print_mmio},
    [XE_SRIOV_PACKET_TYPE_GUC] = {"GuC blob", false, print_blob},
    [XE_SRIOV_PACKET_TYPE_VRAM] = {"VRAM", true, print_vram},
};

static const struct packet_type *type_of(const struct xe_sriov_packet_hdr *hdr)
{
    return hdr->type > 0 && hdr->type < ARRAY_SIZE(packet_types) ? &packet_types[hdr->type] : NULL;
}

static void check_order(struct image *image, const struct xe_sriov_packet_hdr *hdr)
{
    bool is_descriptor = hdr->type == XE_SRIOV_PACKET_TYPE_DESCRIPTOR;

    if (image->has_trailer) {
        wrong(image, "packet behind the trailer");
    }
    if (!image->has_descriptor && !is_descriptor && image->packets == 1) {
        wrong(image, "the first packet is no descriptor");
    }
    if (is_descriptor && image->packets > 1) {
        wrong(image, image->has_descriptor ? "second descriptor" : "descriptor comes too late");
    }
    image->has_descriptor = image->has_descriptor || is_descriptor;
    image->has_trailer = image->has_trailer || hdr->type == XE_SRIOV_PACKET_TYPE_TRAILER;
}

static void check_header(struct image *image, const struct xe_sriov_packet_hdr *hdr)
{
    const struct packet_type *type = type_of(hdr);

    if (hdr->version != XE_SRIOV_PACKET_SUPPORTED_VERSION) {
        wrong(image, "version %u, readers take %u only", hdr->version,
              XE_SRIOV_PACKET_SUPPORTED_VERSION);
    }
    if (hdr->type == 0) {
        wrong(image, "type 0");
    }
    if (hdr->tile_id || hdr->gt_id >= MAX_GTS) {
        wrong(image, "no GPU has a GT %u of tile %u", hdr->gt_id, hdr->tile_id);
    }
    if (type && type->main_gt_only && hdr->gt_id) {
        wrong(image, "%s belongs to GT 0", type->name);
    }
    if (hdr->type == XE_SRIOV_PACKET_TYPE_TRAILER && (hdr->offset || hdr->size)) {
        wrong(image, "a trailer has offset and size 0");
    }
    if (hdr->offset + hdr->size < hdr->offset) {
        wrong(image, "offset + size overflows");
    }
}

static void decode_header(const uint8_t *bytes, struct xe_sriov_packet_hdr *hdr)
{
    hdr->version = bytes[0];
    hdr->type = bytes[1];
    hdr->tile_id = bytes[2];
    hdr->gt_id = bytes[3];
    hdr->flags = get_32(bytes + 4);
    hdr->offset = get_64(bytes + 8);
    hdr->size = get_64(bytes + 16);
}

/* Returns false at the end of what can be read. */
static bool print_packet(struct image *image)
{
    uint8_t bytes[sizeof(struct xe_sriov_packet_hdr)];
    struct xe_sriov_packet_hdr hdr;
    const struct packet_type *type;
    uint64_t at = image->at;
    size_t got = take(image, bytes, sizeof(bytes));

    if (got < sizeof(bytes)) {
        if (got) {
            (void)printf("0x%08" PRIx64 " packet header\n", at);
            wrong(image, "cut off: %zu bytes of a header of %zu", got, sizeof(bytes));
        }
        return false;
    }
    decode_header(bytes, &hdr);
    type = type_of(&hdr);
    image->packets++;
    image->left = hdr.size;
    image->offset = hdr.offset;
    (void)printf("0x%08" PRIx64 " %-10s version %u type %u tile %u gt %u flags 0x%" PRIx32
                 " offset 0x%" PRIx64 " size %" PRIu64 "\n",
                 at, type ? type->name : "unknown", hdr.version, hdr.type, hdr.tile_id, hdr.gt_id,
                 hdr.flags, hdr.offset, hdr.size);
    check_order(image, &hdr);
    check_header(image, &hdr);
    if (type) {
        type->print(image);
    }
    skip_payload(image);
    return true;
}

static int print_image(FILE *in, const char *name)
{
    struct image image = {.in = in};

    while (print_packet(&image)) {
    }
    if (ferror(in)) {
        (void)fprintf(stderr, "gucsim image: %s: cannot be read at offset %" PRIu64 "\n", name,
                      image.at);
        return EXIT_TROUBLE;
    }
    if (!image.packets && !image.faults) {
        wrong(&image, "no packet at all");
    } else if (!image.has_trailer) {
        wrong(&image, "no trailer: the stream is not whole");
    }
    (void)printf("%u packet%s, %" PRIu64 " bytes: ", image.packets, image.packets == 1 ? "" : "s",
                 image.at);
    if (image.faults) {
        (void)printf("%u fault%s\n", image.faults, image.faults == 1 ? "" : "s");
        return EXIT_BAD_IMAGE;
    }
    (void)printf("good\n");
    return 0;
}

/* What its first bytes say it is. */
static bool begins_with(FILE *in, bool (*is)(const uint8_t *bytes))
{
    uint8_t bytes[8] = {0};
    size_t got = fread(bytes, 1, sizeof(bytes), in);

    rewind(in);
    return got == sizeof(bytes) && is(bytes);
}

int image_print_device(FILE *in, const char *name)
{
    return begins_with(in, image_is_vgpu) ? image_print_vgpu(in, name) : print_image(in, name);
}

int image_main(int argc, char **argv)
{
    FILE *in;
    int ret;

    if (argc != 2 || *argv[1] == '-') {
        tool_usage_refused("image", "one file is wanted");
        return EXIT_TROUBLE;
    }
    in = fopen(argv[1], "rb");
    if (!in) {
        (void)fprintf(stderr, "gucsim image: %s: %s\n", argv[1], strerror(errno));
        return EXIT_TROUBLE;
    }
    ret = begins_with(in, image_is_link) ? image_print_link(in, argv[1])
                                         : image_print_device(in, argv[1]);
    (void)fclose(in);
    return ret;
}
