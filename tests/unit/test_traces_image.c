/* SPDX-License-Identifier: MIT */
/* Image printer: streams built here, whole and damaged, and its verdict on them. */
#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "firmware/abi/xe_driver_klvs_abi.h"
#include "host/abi/xe_gtt_defs.h"
#include "host/abi/xe_sriov_packet_types.h"
#include "sim/hal/bits.h"
#include "traces/traces.h"

struct stream {
    uint8_t bytes[16384];
    size_t size;
};

static void add(struct stream *stream, const void *from, size_t size)
{
    cr_assert_leq(stream->size + size, sizeof(stream->bytes));
    memcpy(stream->bytes + stream->size, from, size);
    stream->size += size;
}

static void add_packet(struct stream *stream, unsigned type, unsigned gt, const void *payload,
                       size_t size)
{
    const struct xe_sriov_packet_hdr hdr = {
        .version = XE_SRIOV_PACKET_SUPPORTED_VERSION,
        .type = (uint8_t)type,
        .gt_id = (uint8_t)gt,
        .size = size,
    };

    add(stream, &hdr, sizeof(hdr));
    add(stream, payload, size);
}

/* Descriptor at 0, GuC blob at 40, GGTT at 96, MMIO at 152, trailer at 192; 216 bytes. */
static struct stream good_stream(void)
{
    static const uint32_t klvs[] = {MIGRATION_KLV_DEVICE_DEVID_KEY << 16 | 1, 0xb080,
                                    MIGRATION_KLV_DEVICE_REVID_KEY << 16 | 1, 4};
    static const uint32_t blob[] = {0x67756373, 1, 2, 3, 4, 5, 6, 7};
    static const uint64_t ptes[] = {0x1001, 0x2001, 0x3001, 0};
    static const uint32_t mailbox[] = {0xf0000000, 1, 2, 3};
    struct stream stream = {.size = 0};

    add_packet(&stream, XE_SRIOV_PACKET_TYPE_DESCRIPTOR, 0, klvs, sizeof(klvs));
    add_packet(&stream, XE_SRIOV_PACKET_TYPE_GUC, 1, blob, sizeof(blob));
    add_packet(&stream, XE_SRIOV_PACKET_TYPE_GGTT, 0, ptes, sizeof(ptes));
    add_packet(&stream, XE_SRIOV_PACKET_TYPE_MMIO, 0, mailbox, sizeof(mailbox));
    add_packet(&stream, XE_SRIOV_PACKET_TYPE_TRAILER, 0, mailbox, 0);
    return stream;
}

/* Criterion's redirection is a pipe that nobody empties meanwhile. */
static void silence(void)
{
    cr_assert_not_null(freopen("/dev/null", "w", stdout));
    cr_assert_not_null(freopen("/dev/null", "w", stderr));
}

/* Exit code of the command on this stream. */
static int verdict(const struct stream *stream)
{
    char path[] = "/tmp/gucsim-image-XXXXXX";
    char *argv[] = {"image", path, NULL};
    int fd = mkstemp(path);
    int ret;

    cr_assert_geq(fd, 0);
    cr_assert_eq(write(fd, stream->bytes, stream->size), (ssize_t)stream->size);
    (void)close(fd);
    ret = image_main(2, argv);
    (void)unlink(path);
    return ret;
}

Test(image, whole_stream_is_good, .init = cr_redirect_stdout)
{
    struct stream stream = good_stream();

    cr_assert_eq(verdict(&stream), 0);
    cr_assert_eq(fflush(stdout), 0);
    cr_assert_stdout_eq_str(
        "0x00000000 descriptor version 1 type 1 tile 0 gt 0 flags 0x0 offset 0x0 size 16\n"
        "  device id 0xb080\n"
        "  revision  0x0004\n"
        "0x00000028 GuC blob   version 1 type 5 tile 0 gt 1 flags 0x0 offset 0x0 size 32\n"
        "  +0x0000  67756373 00000001 00000002 00000003\n"
        "  +0x0010  00000004 00000005 00000006 00000007\n"
        "0x00000060 GGTT       version 1 type 3 tile 0 gt 0 flags 0x0 offset 0x0 size 32\n"
        "  entry 0x00000 + 3       page 0x0000001000\n"
        "  entry 0x00003 + 1       absent\n"
        "0x00000098 MMIO       version 1 type 4 tile 0 gt 0 flags 0x0 offset 0x0 size 16\n"
        "  mailbox f0000000 00000001 00000002 00000003\n"
        "0x000000c0 trailer    version 1 type 2 tile 0 gt 0 flags 0x0 offset 0x0 size 0\n"
        "5 packets, 216 bytes: good\n");
}

Test(image, cut_anywhere_it_is_bad, .init = silence)
{
    struct stream whole = good_stream();

    for (size_t size = 0; size < whole.size; size++) {
        struct stream part = whole;

        part.size = size;
        cr_expect_eq(verdict(&part), 1, "%zu bytes", size);
    }
}

Test(image, each_broken_field_is_noticed, .init = silence)
{
    static const struct {
        const char *what;
        size_t at;
        uint8_t value;
    } cases[] = {
        {"version", 0, 2},
        {"first packet's type", 1, 5},
        {"tile", 2, 1},
        {"gt", 3, 1},
        {"descriptor size", 16, 15},
        {"KLV length", 24, 200},
        {"blob size", 40 + 16, 31},
        {"GGTT entry's owner", 96 + 24, 0x05},
        {"GGTT size", 96 + 16, 31},
        {"GGTT on media", 96 + 3, 1},
        {"MMIO size", 152 + 16, 17},
        {"huge size", 152 + 23, 0xff},
        {"trailer offset", 200, 1},
        {"trailer size", 208, 1},
        {"trailer type", 193, 0},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct stream stream = good_stream();

        stream.bytes[cases[i].at] = cases[i].value;
        cr_expect_eq(verdict(&stream), 1, "%s", cases[i].what);
    }
}

/* Two chunks of a page each, the second at an offset. */
static struct stream stream_with_vram(uint64_t offset, size_t size)
{
    static const uint8_t pages[2][XE_PAGE_SIZE] = {{0}, {1}};
    struct stream stream = good_stream();
    size_t at;

    stream.size -= sizeof(struct xe_sriov_packet_hdr);
    add_packet(&stream, XE_SRIOV_PACKET_TYPE_VRAM, 0, pages[0], XE_PAGE_SIZE);
    at = stream.size;
    add_packet(&stream, XE_SRIOV_PACKET_TYPE_VRAM, 0, pages[1], size);
    memcpy(stream.bytes + at + offsetof(struct xe_sriov_packet_hdr, offset), &offset,
           sizeof(offset));
    add_packet(&stream, XE_SRIOV_PACKET_TYPE_TRAILER, 0, "", 0);
    return stream;
}

Test(image, chunks_of_local_memory_follow_each_other, .init = silence)
{
    struct stream stream = stream_with_vram(XE_PAGE_SIZE, XE_PAGE_SIZE);

    cr_expect_eq(verdict(&stream), 0);
    stream = stream_with_vram(0, XE_PAGE_SIZE);
    cr_expect_eq(verdict(&stream), 1, "twice the same");
    stream = stream_with_vram(2ull * XE_PAGE_SIZE, XE_PAGE_SIZE);
    cr_expect_eq(verdict(&stream), 1, "a gap");
    stream = stream_with_vram(XE_PAGE_SIZE, XE_PAGE_SIZE - 8);
    cr_expect_eq(verdict(&stream), 1, "no whole page");
}

Test(image, packets_behind_the_trailer_are_bad, .init = silence)
{
    struct stream stream = good_stream();

    add_packet(&stream, XE_SRIOV_PACKET_TYPE_TRAILER, 0, "", 0);
    cr_assert_eq(verdict(&stream), 1);
}

Test(image, unknown_types_are_passed_over, .init = silence)
{
    struct stream stream = good_stream();

    stream.size -= sizeof(struct xe_sriov_packet_hdr);
    add_packet(&stream, 77, 0, "payload", 7);
    add_packet(&stream, XE_SRIOV_PACKET_TYPE_TRAILER, 0, "", 0);
    cr_assert_eq(verdict(&stream), 0);
}

Test(image, trouble_is_no_verdict, .init = silence)
{
    char *missing[] = {"image", "/nonexistent/file", NULL};
    char *folder[] = {"image", "/tmp", NULL};

    cr_expect_eq(image_main(2, missing), 2);
    cr_expect_eq(image_main(2, folder), 2);
    cr_expect_eq(image_main(1, missing), 2);
}
