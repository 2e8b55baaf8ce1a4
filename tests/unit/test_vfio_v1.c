/* SPDX-License-Identifier: MIT */
/* The v1 migration region over a device that counts what it is asked: every move, every field,
 * every width, chunks, and the dirty bitmap. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host/abi/vfio_migration_v1.h"
#include "host/vfio/vfio.h"
#include "tests/unit/fake_hal.h"

#define DATA_AT   4096u
#define DATA_SIZE 8192u
#define BITMAP_AT (DATA_AT + DATA_SIZE)
#define STREAM    20000u
#define PRECOPY   700u
#define ALL       VFIO_DEVICE_DIRTY_PFNS_ALL

/* ---- a device -------------------------------------------------------------------------------- */

static struct {
    char calls[64]; /* one letter a call, in order */
    const char *fail;
    bool intact;
    uint64_t at; /* bytes of the stream that were read */
    uint64_t precopied;
    uint8_t taken[STREAM];
    uint64_t written;
    uint64_t limit;
    uint8_t dirty[64]; /* bits of pages 0 .. 511 */
    bool log_fails;
} dev;

static int called(char call)
{
    size_t len = strlen(dev.calls);

    cr_assert_lt(len, sizeof(dev.calls) - 1);
    dev.calls[len] = call;
    return dev.fail && strchr(dev.fail, call) ? -EIO : 0;
}

#define CALL(name, letter)                                                                         \
    static int name(void *arg)                                                                     \
    {                                                                                              \
        (void)arg;                                                                                 \
        return called(letter);                                                                     \
    }

CALL(dev_pause, 'p')
CALL(dev_resume, 'r')
CALL(dev_stop, 's')
CALL(dev_reset, 'x')
CALL(dev_save_begin, 'b')
CALL(dev_save_end, 'e')
CALL(dev_load_begin, 'B')
CALL(dev_load_end, 'E')
CALL(dev_precopy_begin, 'c')
CALL(dev_precopy_end, 'C')

static int64_t dev_estimate(void *arg)
{
    (void)arg;
    return STREAM;
}

/* Byte n of the stream is n: pre-copy first. */
static int64_t stream_read(uint8_t *to, uint64_t size, uint64_t *at, uint64_t end)
{
    uint64_t count = end - *at < size ? end - *at : size;

    for (uint64_t n = 0; n < count; n++) {
        to[n] = (uint8_t)(*at + n);
    }
    *at += count;
    return (int64_t)count;
}

static int64_t dev_save_read(void *arg, void *to, uint64_t size)
{
    (void)arg;
    return stream_read(to, size < 5000 ? size : 5000, &dev.at, STREAM);
}

static int64_t dev_precopy_read(void *arg, void *to, uint64_t size)
{
    (void)arg;
    return stream_read(to, size, &dev.precopied, PRECOPY);
}

static int64_t dev_precopy_pending(void *arg)
{
    (void)arg;
    return (int64_t)(PRECOPY - dev.precopied);
}

static int64_t dev_load_write(void *arg, const void *from, uint64_t size)
{
    uint64_t count = size < 3000 ? size : 3000;

    (void)arg;
    if (dev.written + count > dev.limit) {
        return -EINVAL;
    }
    memcpy(dev.taken + dev.written, from, count);
    dev.written += count;
    return (int64_t)count;
}

static bool dev_intact(void *arg)
{
    (void)arg;
    return dev.intact;
}

static int dev_dirty_log(void *arg, bool on)
{
    (void)arg;
    (void)on;
    return 0;
}

static int64_t dev_dirty_report(void *arg, uint64_t iova, uint64_t page_size, uint64_t pages,
                                uint8_t *bitmap)
{
    int64_t found = 0;

    (void)arg;
    cr_assert_eq(page_size, 4096);
    for (uint64_t n = 0; n < pages && iova / 4096 + n < 512; n++) {
        uint64_t page = iova / 4096 + n;

        if (dev.dirty[page / 8] >> page % 8 & 1) {
            dev.dirty[page / 8] &= (uint8_t) ~(1u << page % 8);
            bitmap[n / 8] |= (uint8_t)(1u << n % 8);
            found++;
        }
    }
    return dev.log_fails ? -EIO : found;
}

static const struct vfio_ops ops = {
    .pause = dev_pause,
    .resume = dev_resume,
    .stop = dev_stop,
    .reset = dev_reset,
    .estimate = dev_estimate,
    .save_begin = dev_save_begin,
    .save_read = dev_save_read,
    .save_end = dev_save_end,
    .load_begin = dev_load_begin,
    .load_write = dev_load_write,
    .load_end = dev_load_end,
    .intact = dev_intact,
    .precopy_begin = dev_precopy_begin,
    .precopy_pending = dev_precopy_pending,
    .precopy_read = dev_precopy_read,
    .precopy_end = dev_precopy_end,
    .dirty_log = dev_dirty_log,
    .dirty_report = dev_dirty_report,
};

static struct hal *hal;
static struct vfio_v1 *v1;

static void make(enum vfio_v1_form form)
{
    static const struct fake_device no_device;
    struct vfio_v1_config config = {
        .name = "src.vgpu1", .ops = &ops, .form = form, .data_size = DATA_SIZE};

    if (v1) {
        vfio_v1_destroy(v1);
        fake_hal_destroy(hal);
    }
    memset(&dev, 0, sizeof(dev));
    dev.limit = STREAM;
    hal = fake_hal_create(&no_device, 0);
    config.hal = hal;
    v1 = vfio_v1_create(&config);
    cr_assert(v1);
}

static void open_region(void)
{
    make(VFIO_V1_WITH_PFNS);
}

static void close_region(void)
{
    vfio_v1_destroy(v1);
    fake_hal_destroy(hal);
    v1 = NULL;
}

TestSuite(vfio_v1, .init = open_region, .fini = close_region);

static int set(uint32_t state)
{
    return vfio_v1_write(v1, VFIO_MIG_V1_DEVICE_STATE_OFF, &state, sizeof(state));
}

static uint64_t get(uint64_t offset)
{
    uint64_t value = 0;

    cr_assert_eq(vfio_v1_read(v1, offset, &value, sizeof(value)), 0, "0x%lx", offset);
    return value;
}

static int put(uint64_t offset, uint64_t value)
{
    return vfio_v1_write(v1, offset, &value, sizeof(value));
}

/* Legal ways from running to each state, for the start of a test. */
static void go(uint32_t state)
{
    if (state == VFIO_DEVICE_STATE_V1_ERROR) {
        dev.fail = "p";
        cr_assert_eq(set(0), -EIO);
        dev.fail = NULL;
    } else {
        cr_assert_eq(set(state), 0);
    }
    cr_assert_eq(vfio_v1_state(v1), state);
    memset(dev.calls, 0, sizeof(dev.calls));
}

/* ---- moves ----------------------------------------------------------------------------------- */

/* Rows: from; columns: to, 0 .. 7. What the device is asked; NULL: -EINVAL, nothing happens. */
static const struct {
    uint32_t from;
    const char *calls[8];
} moves[] = {
    {0, {"", "r", "b", "cr", "B", NULL, NULL, NULL}},
    {1, {"p", "", "pb", "c", "pB", NULL, NULL, NULL}},
    {2, {"e", "er", "", NULL, NULL, NULL, NULL, NULL}},
    {3, {"pC", "C", "pb", "", NULL, NULL, NULL, NULL}},
    {4, {"E", "Er", NULL, NULL, "", NULL, NULL, NULL}},
    {6, {NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL}},
};

Test(vfio_v1, every_pair_of_state_and_request)
{
    for (size_t i = 0; i < ARRAY_SIZE(moves); i++) {
        for (uint32_t to = 0; to < 8; to++) {
            const char *calls = moves[i].calls[to];
            int err;

            make(VFIO_V1_WITH_PFNS);
            go(moves[i].from);
            err = set(to);
            cr_expect_eq(err, calls ? 0 : -EINVAL, "%u -> %u: %d", moves[i].from, to, err);
            cr_expect_str_eq(dev.calls, calls ? calls : "", "%u -> %u: %s", moves[i].from, to,
                             dev.calls);
            cr_expect_eq(vfio_v1_state(v1), calls ? to : moves[i].from, "%u -> %u", moves[i].from,
                         to);
        }
    }
}

Test(vfio_v1, reserved_bits_of_the_state_are_refused)
{
    for (uint32_t bit = 3; bit < 32; bit++) {
        cr_expect_eq(set(1u << bit | 1u), -EINVAL);
    }
    cr_expect_str_empty(dev.calls);
}

/* Each step of each move, failing: what is undone and where the device is then. */
static const struct {
    uint32_t from, to;
    const char *fail;
    const char *calls;
    uint32_t after;
} failures[] = {
    {0, 1, "r", "rs", 6},    {0, 2, "b", "b", 0},   {0, 3, "c", "c", 0},   {0, 3, "r", "crs", 6},
    {0, 4, "B", "B", 0},     {1, 0, "p", "ps", 6},  {1, 2, "p", "ps", 6},  {1, 2, "b", "pbr", 1},
    {1, 2, "br", "pbrs", 6}, {1, 3, "c", "c", 1},   {1, 4, "B", "pBr", 1}, {2, 0, "e", "e", 2},
    {2, 1, "e", "e", 2},     {2, 1, "r", "ers", 6}, {3, 0, "p", "ps", 6},  {3, 0, "C", "pCr", 3},
    {3, 1, "C", "C", 3},     {3, 2, "b", "pbr", 3}, {4, 0, "E", "Es", 6},  {4, 1, "E", "Es", 6},
    {4, 1, "r", "Ers", 6},
};

Test(vfio_v1, failing_step_is_taken_back_or_ends_in_error)
{
    for (size_t i = 0; i < ARRAY_SIZE(failures); i++) {
        make(VFIO_V1_WITH_PFNS);
        go(failures[i].from);
        dev.fail = failures[i].fail;
        cr_expect_eq(set(failures[i].to), -EIO, "row %zu", i);
        cr_expect_eq(vfio_v1_state(v1), failures[i].after, "row %zu: %u", i, vfio_v1_state(v1));
        cr_expect_str_eq(dev.calls, failures[i].calls, "row %zu: %s", i, dev.calls);
    }
}

Test(vfio_v1, refused_image_leaves_an_intact_device_in_resuming)
{
    go(4);
    dev.fail = "E";
    dev.intact = true;
    cr_expect_eq(set(0), -EIO);
    cr_expect_eq(vfio_v1_state(v1), 4);
    cr_expect_eq(set(1), -EIO);
    cr_expect_eq(vfio_v1_reset(v1), 0);
    cr_expect_eq(vfio_v1_state(v1), 1);
}

Test(vfio_v1, only_a_reset_leaves_error)
{
    go(6);
    for (uint32_t to = 0; to < 8; to++) {
        cr_expect_eq(set(to), -EINVAL);
    }
    cr_expect_eq(vfio_v1_reset(v1), 0);
    cr_expect_eq(vfio_v1_state(v1), 1);
    dev.fail = "x";
    cr_expect_eq(vfio_v1_reset(v1), -EIO);
    cr_expect_eq(vfio_v1_state(v1), 6);
}

/* ---- fields ---------------------------------------------------------------------------------- */

static const struct {
    uint32_t offset, size;
    int read, write; /* in state running, of the value 4096 (the state: 1) */
} fields[] = {
    {VFIO_MIG_V1_DEVICE_STATE_OFF, 4, 0, 0},        {VFIO_MIG_V1_RESERVED_OFF, 4, 0, 0},
    {VFIO_MIG_V1_PENDING_BYTES_OFF, 8, 0, -EFAULT}, {VFIO_MIG_V1_DATA_OFFSET_OFF, 8, 0, -EFAULT},
    {VFIO_MIG_V1_DATA_SIZE_OFF, 8, 0, -EINVAL},     {VFIO_MIG_V1_START_PFN_OFF, 8, -EFAULT, 0},
    {VFIO_MIG_V1_PAGE_SIZE_OFF, 8, -EFAULT, 0},     {VFIO_MIG_V1_TOTAL_PFNS_OFF, 8, -EFAULT, 0},
    {VFIO_MIG_V1_COPIED_PFNS_OFF, 8, 0, -EFAULT},
};

static int expected(enum vfio_v1_form form, uint64_t offset, uint64_t size, bool write)
{
    uint64_t end = form == VFIO_V1_FINAL ? 0x20 : 0x40;

    for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
        if (fields[i].offset == offset && fields[i].size == size && offset < end) {
            return write ? fields[i].write : fields[i].read;
        }
    }
    return -EINVAL;
}

Test(vfio_v1, every_offset_and_width_of_the_struct_in_both_forms)
{
    static const uint64_t sizes[] = {0, 1, 2, 3, 4, 7, 8, 16};

    for (unsigned form = 0; form < 2; form++) {
        make((enum vfio_v1_form)form);
        for (uint64_t offset = 0; offset < 0x50; offset++) {
            for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
                uint64_t value[2] = {offset == 0 ? 1 : 4096, 0};
                int read = expected((enum vfio_v1_form)form, offset, sizes[i], false);
                int write = expected((enum vfio_v1_form)form, offset, sizes[i], true);

                cr_expect_eq(vfio_v1_write(v1, offset, value, sizes[i]), write, "w 0x%lx %lu",
                             offset, sizes[i]);
                cr_expect_eq(vfio_v1_read(v1, offset, value, sizes[i]), read, "r 0x%lx %lu", offset,
                             sizes[i]);
            }
        }
    }
}

Test(vfio_v1, reserved_word_reads_zero_whatever_was_written)
{
    uint32_t value = 0xffffffff;

    cr_expect_eq(vfio_v1_write(v1, VFIO_MIG_V1_RESERVED_OFF, &value, 4), 0);
    cr_expect_eq(vfio_v1_read(v1, VFIO_MIG_V1_RESERVED_OFF, &value, 4), 0);
    cr_expect_eq(value, 0);
}

Test(vfio_v1, data_section_has_its_states_widths_and_end)
{
    uint8_t bytes[64] = {0};
    uint64_t end = vfio_v1_region_size(v1);

    cr_expect_eq(end, BITMAP_AT + 16384);
    cr_expect_eq(vfio_v1_read(v1, DATA_AT, bytes, 8), -EINVAL, "running");
    cr_expect_eq(vfio_v1_write(v1, DATA_AT, bytes, 8), -EINVAL);
    go(2);
    for (uint64_t width = 1; width <= 8; width *= 2) {
        cr_expect_eq(vfio_v1_read(v1, DATA_AT + width, bytes, width), 0);
        cr_expect_eq(vfio_v1_read(v1, DATA_AT + width + 1, bytes, width), width > 1 ? -EINVAL : 0);
    }
    cr_expect_eq(vfio_v1_read(v1, DATA_AT, bytes, 3), -EINVAL);
    cr_expect_eq(vfio_v1_read(v1, DATA_AT, bytes, 64), 0);
    cr_expect_eq(vfio_v1_write(v1, DATA_AT, bytes, 8), -EINVAL, "saving");
    cr_expect_eq(vfio_v1_read(v1, BITMAP_AT - 8, bytes, 16), -EINVAL, "across two sections");
    cr_expect_eq(vfio_v1_read(v1, end - 8, bytes, 8), 0);
    cr_expect_eq(vfio_v1_read(v1, end, bytes, 8), -EINVAL);
    cr_expect_eq(vfio_v1_read(v1, end - 8, bytes, 16), -EINVAL);
    cr_expect_eq(vfio_v1_read(v1, ~0ull - 7, bytes, 8), -EINVAL);
    cr_assert_eq(set(0), 0);
    go(4);
    cr_expect_eq(vfio_v1_write(v1, DATA_AT, bytes, 8), 0);
    cr_expect_eq(vfio_v1_read(v1, DATA_AT, bytes, 8), -EINVAL, "resuming");
    cr_expect_eq(vfio_v1_write(v1, BITMAP_AT, bytes, 8), -EINVAL, "no data there");
}

/* ---- saving and loading ---------------------------------------------------------------------- */

/* One iteration of the user's loop. Returns how many bytes came. */
static uint64_t iterate(uint8_t *to, bool repeat)
{
    uint64_t pending = get(VFIO_MIG_V1_PENDING_BYTES_OFF);
    uint64_t offset;
    uint64_t size;

    if (!pending) {
        return 0;
    }
    cr_expect_eq(get(VFIO_MIG_V1_DATA_SIZE_OFF), 0, "before data_offset");
    for (unsigned n = repeat ? 2 : 1; n > 0; n--) {
        offset = get(VFIO_MIG_V1_DATA_OFFSET_OFF);
        size = get(VFIO_MIG_V1_DATA_SIZE_OFF);
    }
    cr_assert(size > 0 && size <= pending, "%lu of %lu", size, pending);
    for (uint64_t n = 0; n < size; n++) {
        cr_assert_eq(vfio_v1_read(v1, offset + n, to + n, 1), 0);
    }
    return size;
}

static void check_stream(const uint8_t *bytes, uint64_t precopied, uint64_t size)
{
    for (uint64_t n = 0; n < size; n++) {
        uint8_t value = (uint8_t)(n < precopied ? n : n - precopied);

        cr_assert_eq(bytes[n], value, "byte %lu", n);
    }
}

Test(vfio_v1, stop_and_copy_gives_the_stream_in_order_and_ends_with_nothing_pending)
{
    static uint8_t bytes[STREAM + DATA_SIZE];
    uint64_t total = 0;
    uint64_t got;

    go(2);
    cr_expect_eq(get(VFIO_MIG_V1_PENDING_BYTES_OFF), STREAM);
    cr_expect_eq(get(VFIO_MIG_V1_PENDING_BYTES_OFF), STREAM, "repeatable");
    while ((got = iterate(bytes + total, total % 2)) > 0) {
        total += got;
    }
    cr_expect_eq(total, STREAM);
    check_stream(bytes, 0, total);
    cr_expect_eq(get(VFIO_MIG_V1_PENDING_BYTES_OFF), 0);
    cr_expect_eq(get(VFIO_MIG_V1_DATA_SIZE_OFF), 0);
}

/* The user may go on to stop-and-copy with a chunk prepared and not taken. */
Test(vfio_v1, pre_copy_comes_first_and_what_it_left_is_not_lost)
{
    for (unsigned left = 0; left < 3; left++) {
        static uint8_t bytes[PRECOPY + STREAM + DATA_SIZE];
        uint64_t total = 0;
        uint64_t got;

        make(VFIO_V1_WITH_PFNS);
        go(3);
        cr_expect_eq(get(VFIO_MIG_V1_PENDING_BYTES_OFF), PRECOPY);
        if (left == 0) {
            total = iterate(bytes, true);
            cr_expect_eq(get(VFIO_MIG_V1_PENDING_BYTES_OFF), 0);
        } else if (left == 1) {
            (void)get(VFIO_MIG_V1_DATA_OFFSET_OFF);
        }
        cr_assert_eq(set(2), 0);
        while ((got = iterate(bytes + total, false)) > 0) {
            total += got;
        }
        cr_expect_eq(total, PRECOPY + STREAM, "%u: %lu", left, total);
        check_stream(bytes, PRECOPY, total);
    }
}

Test(vfio_v1, load_takes_any_segmentation)
{
    static const uint64_t sizes[] = {1, 8192, 17, 5000, 0, 6790};
    uint64_t at = 0;

    go(4);
    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
        uint64_t offset = get(VFIO_MIG_V1_DATA_OFFSET_OFF);

        for (uint64_t n = 0; n < sizes[i]; n++) {
            uint8_t byte = (uint8_t)(at + n);

            cr_assert_eq(vfio_v1_write(v1, offset + n, &byte, 1), 0);
        }
        cr_expect_eq(put(VFIO_MIG_V1_DATA_SIZE_OFF, sizes[i]), 0);
        at += sizes[i];
    }
    cr_expect_eq(dev.written, STREAM);
    check_stream(dev.taken, 0, STREAM);
    cr_expect_eq(set(1), 0);
}

Test(vfio_v1, chunk_larger_than_the_section_or_the_image_is_refused_for_good)
{
    go(4);
    cr_expect_eq(put(VFIO_MIG_V1_DATA_SIZE_OFF, DATA_SIZE + 1), -EINVAL);
    cr_expect_eq(put(VFIO_MIG_V1_DATA_SIZE_OFF, ~0ull), -EINVAL);
    cr_expect_eq(put(VFIO_MIG_V1_DATA_SIZE_OFF, DATA_SIZE), 0, "those took nothing");
    dev.limit = DATA_SIZE + 100;
    cr_expect_eq(put(VFIO_MIG_V1_DATA_SIZE_OFF, 101), -EINVAL);
    cr_expect_eq(put(VFIO_MIG_V1_DATA_SIZE_OFF, 1), -EINVAL, "sticky");
    cr_expect_eq(set(0), -EINVAL);
    cr_expect_eq(vfio_v1_state(v1), 4);
    cr_expect_str_empty(dev.calls, "nothing was applied");
}

/* ---- dirty pages ----------------------------------------------------------------------------- */

static uint64_t query(uint64_t start, uint64_t page_size, uint64_t total)
{
    cr_assert_eq(put(VFIO_MIG_V1_START_PFN_OFF, start), 0);
    cr_assert_eq(put(VFIO_MIG_V1_PAGE_SIZE_OFF, page_size), 0);
    cr_assert_eq(put(VFIO_MIG_V1_TOTAL_PFNS_OFF, total), 0);
    return get(VFIO_MIG_V1_COPIED_PFNS_OFF);
}

Test(vfio_v1, bitmap_tells_each_page_once)
{
    go(3);
    dev.dirty[0] = 0x81;
    dev.dirty[2] = 0x10;
    cr_expect_eq(query(0, 4096, 64), 64);
    cr_expect_eq(get(VFIO_MIG_V1_COPIED_PFNS_OFF), 64, "repeatable");
    cr_expect_eq(get(VFIO_MIG_V1_DATA_OFFSET_OFF), BITMAP_AT);
    cr_expect_eq(get(BITMAP_AT), 0x100081);
    cr_expect_eq(get(VFIO_MIG_V1_DATA_OFFSET_OFF), DATA_AT, "then the chunk's again");
    cr_expect_eq(query(0, 4096, 64), 0, "reported");
    dev.dirty[2] = 0x10;
    cr_expect_eq(query(20, 4096, 8), 8);
    cr_expect_eq(get(VFIO_MIG_V1_DATA_OFFSET_OFF), BITMAP_AT);
    cr_expect_eq(get(BITMAP_AT), 1, "bit 0 is start_pfn");
}

Test(vfio_v1, all_and_none_speak_of_the_whole_range)
{
    go(2);
    memset(dev.dirty, 0xff, 2);
    cr_expect_eq(query(0, 4096, 16), ALL);
    cr_expect_eq(query(0, 4096, 16), VFIO_DEVICE_DIRTY_PFNS_NONE);
    cr_expect_eq(query(0, 4096, 0), VFIO_DEVICE_DIRTY_PFNS_NONE);
    cr_expect_eq(query(0, 4096, 200000), 131072, "no more fits into the bitmap");
    dev.log_fails = true;
    cr_expect_eq(query(0, 4096, 16), ALL, "a log that failed");
}

Test(vfio_v1, pages_are_asked_for_while_saving_only)
{
    memset(dev.dirty, 0xff, sizeof(dev.dirty));
    cr_expect_eq(query(0, 4096, 16), 0);
    go(4);
    cr_expect_eq(query(0, 4096, 16), 0);
}

Test(vfio_v1, hostile_ranges_are_refused)
{
    uint64_t value;

    go(3);
    cr_expect_eq(put(VFIO_MIG_V1_PAGE_SIZE_OFF, 0), -EINVAL);
    cr_expect_eq(put(VFIO_MIG_V1_PAGE_SIZE_OFF, 2048), -EINVAL);
    cr_expect_eq(put(VFIO_MIG_V1_PAGE_SIZE_OFF, 12288), -EINVAL);
    cr_assert_eq(put(VFIO_MIG_V1_TOTAL_PFNS_OFF, 1), 0);
    cr_expect_eq(vfio_v1_read(v1, VFIO_MIG_V1_COPIED_PFNS_OFF, &value, 8), -EINVAL, "no size yet");
    cr_assert_eq(put(VFIO_MIG_V1_PAGE_SIZE_OFF, 4096), 0);
    cr_assert_eq(put(VFIO_MIG_V1_START_PFN_OFF, ~0ull), 0);
    cr_expect_eq(vfio_v1_read(v1, VFIO_MIG_V1_COPIED_PFNS_OFF, &value, 8), -EINVAL);
    cr_assert_eq(put(VFIO_MIG_V1_TOTAL_PFNS_OFF, ~0ull), 0);
    cr_assert_eq(put(VFIO_MIG_V1_START_PFN_OFF, 0), 0);
    cr_expect_eq(vfio_v1_read(v1, VFIO_MIG_V1_COPIED_PFNS_OFF, &value, 8), -EINVAL);
    cr_expect_eq(query(1ull << 40, 4096, 1ull << 50), 131072, "far beyond RAM");
}

Test(vfio_v1, state_is_traced_and_probed)
{
    go(3);
    cr_expect_eq(fake_trace_count(hal, "vfio dev=src.vgpu1 from=RUNNING to=PRE_COPY"), 1);
    cr_expect_eq(fake_probe_value(hal, "vfio.vgpu1.state"), 3);
}
