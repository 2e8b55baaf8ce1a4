/* SPDX-License-Identifier: MIT */
/* Image printer on what went over a migration's link: words and sections around a VF's stream,
 * whole, cut, and damaged. */
#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "firmware/abi/xe_driver_klvs_abi.h"
#include "host/abi/qemu_vfio_migration.h"
#include "host/abi/xe_sriov_packet_types.h"
#include "traces/traces.h"

#define END VFIO_MIG_FLAG_END_OF_STATE
/* Descriptor with two keys, trailer. */
#define DEVICE_BYTES (24 + 16 + 24)

static struct {
    uint8_t bytes[8192];
    size_t size;
} stream;

static void put(uint64_t value, unsigned count)
{
    for (unsigned n = 0; n < count; n++) {
        stream.bytes[stream.size++] = (uint8_t)(value >> 8 * (count - 1 - n));
    }
}

static void put_data(const void *from, size_t size)
{
    put(VFIO_MIG_FLAG_DEV_DATA_STATE, 8);
    put(size, 8);
    memcpy(stream.bytes + stream.size, from, size);
    stream.size += size;
}

static void device(uint8_t to[DEVICE_BYTES])
{
    static const uint32_t klvs[] = {MIGRATION_KLV_DEVICE_DEVID_KEY << 16 | 1, 0xb080,
                                    MIGRATION_KLV_DEVICE_REVID_KEY << 16 | 1, 4};
    const struct xe_sriov_packet_hdr first = {.version = XE_SRIOV_PACKET_SUPPORTED_VERSION,
                                              .type = XE_SRIOV_PACKET_TYPE_DESCRIPTOR,
                                              .size = sizeof(klvs)};
    const struct xe_sriov_packet_hdr last = {.version = XE_SRIOV_PACKET_SUPPORTED_VERSION,
                                             .type = XE_SRIOV_PACKET_TYPE_TRAILER};

    memcpy(to, &first, sizeof(first));
    memcpy(to + sizeof(first), klvs, sizeof(klvs));
    memcpy(to + sizeof(first) + sizeof(klvs), &last, sizeof(last));
}

/* A packet cut by two sections: set-up at 0, sections at 16, 54, 62, configuration at 136. */
static void good_stream(void)
{
    uint8_t bytes[DEVICE_BYTES];

    device(bytes);
    stream.size = 0;
    put(VFIO_MIG_FLAG_DEV_SETUP_STATE, 8);
    put(END, 8);
    put_data(bytes, 14);
    put(END, 8);
    put(END, 8);
    put_data(bytes + 14, sizeof(bytes) - 14);
    put(END, 8);
    put(VFIO_MIG_FLAG_DEV_CONFIG_STATE, 8);
    put(4, 4);
    put(0x12345678, 4);
    put(END, 8);
}

/* Criterion's redirection is a pipe that nobody empties meanwhile. */
static void silence(void)
{
    cr_assert_not_null(freopen("/dev/null", "w", stdout));
    cr_assert_not_null(freopen("/dev/null", "w", stderr));
}

static int verdict(size_t size)
{
    char path[] = "/tmp/gucsim-link-XXXXXX";
    char *argv[] = {"image", path, NULL};
    int fd = mkstemp(path);
    int ret;

    cr_assert_geq(fd, 0);
    cr_assert_eq(write(fd, stream.bytes, size), (ssize_t)size);
    (void)close(fd);
    ret = image_main(2, argv);
    (void)unlink(path);
    return ret;
}

Test(traces_image_link, words_are_named_and_the_device_s_data_follow)
{
    char text[4096];
    size_t got;

    good_stream();
    cr_redirect_stdout();
    cr_expect_eq(verdict(stream.size), 0);
    (void)fflush(stdout);
    got = fread(text, 1, sizeof(text) - 1, cr_get_redirected_stdout());
    text[got] = '\0';
    cr_expect_not_null(strstr(text, "0x00000000 ffffffffef100003 set-up\n"), "%s", text);
    cr_expect_not_null(strstr(text, "0x00000010 ffffffffef100004 data, 14 bytes\n"), "%s", text);
    cr_expect_not_null(strstr(text, "ffffffffef100002 PCI configuration, 4 bytes\n"), "%s", text);
    cr_expect_not_null(strstr(text, "64 of them the device's: good\n"), "%s", text);
    cr_expect_not_null(strstr(text, "2 packets, 64 bytes: good\n"), "%s", text);
}

Test(traces_image_link, stream_cut_anywhere_is_bad)
{
    silence();
    good_stream();
    for (size_t size = 0; size < stream.size; size++) {
        cr_expect_eq(verdict(size), 1, "%zu", size);
    }
    stream.bytes[stream.size++] = 0;
    cr_expect_eq(verdict(stream.size), 1, "a byte too many");
}

static bool data_ends(size_t at)
{
    return at == 46 || at == 54 || at == 128;
}

Test(traces_image_link, each_word_that_is_not_due_is_bad)
{
    static const size_t words[] = {0, 8, 16, 46, 54, 62, 128, 136, 152};

    silence();
    good_stream();
    cr_assert_eq(stream.size, 160);
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        for (uint8_t low = 0; low < 9; low++) {
            uint8_t *byte = &stream.bytes[words[i] + 7];
            const uint8_t before = *byte;

            /* Where a section of data ends, the last of the initial data may have gone too. */
            *byte = low;
            cr_expect_eq(verdict(stream.size), low != before && !(data_ends(words[i]) && low == 5),
                         "%u at %zu", low, words[i]);
            *byte = before;
        }
    }
}

Test(traces_image_link, size_beyond_the_limit_is_bad)
{
    silence();
    good_stream();
    stream.bytes[24] = 0xff;
    cr_expect_eq(verdict(stream.size), 1);
    good_stream();
    stream.bytes[29] = 0x10;
    cr_expect_eq(verdict(stream.size), 1);
    good_stream();
    stream.bytes[145] = 0x10;
    cr_expect_eq(verdict(stream.size), 1, "more than is there");
    stream.bytes[144] = 0x10;
    cr_expect_eq(verdict(stream.size), 1, "more than there may be");
}

Test(traces_image_link, fault_of_the_device_s_data_is_bad_too)
{
    silence();
    good_stream();
    stream.bytes[33] = 9; /* type of the first packet */
    cr_expect_eq(verdict(stream.size), 1);
}
