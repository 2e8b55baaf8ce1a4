/* SPDX-License-Identifier: MIT */
/* The target's end of the migration link: QEMU's words around a device's data, whole, in pieces of
 * any size, cut anywhere, in wrong order, and with words and sizes that cannot be. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "host/vmm/vmm_private.h"

#define DATA   VFIO_MIG_FLAG_DEV_DATA_STATE
#define END    VFIO_MIG_FLAG_END_OF_STATE
#define SETUP  VFIO_MIG_FLAG_DEV_SETUP_STATE
#define CONFIG VFIO_MIG_FLAG_DEV_CONFIG_STATE
#define SIZE   (4u << 20)

static uint8_t stream[SIZE];
static uint64_t size;

static struct target {
    uint8_t data[SIZE];
    uint64_t data_size;
    uint8_t config[VFIO_MIG_CONFIG_MAX];
    uint64_t config_size;
    unsigned configs, initials;
    int says; /* of the device */
} target;

static struct vmm_reader reader;

static int take_data(void *arg, const uint8_t *bytes, uint64_t count)
{
    struct target *to = arg;

    cr_assert_leq(to->data_size + count, sizeof(to->data));
    memcpy(to->data + to->data_size, bytes, count);
    to->data_size += count;
    return to->says;
}

static int take_config(void *arg, const uint8_t *bytes, uint64_t count)
{
    struct target *to = arg;

    memcpy(to->config, bytes, count);
    to->config_size = count;
    to->configs++;
    return to->says;
}

static int take_init_data(void *arg)
{
    struct target *to = arg;

    to->initials++;
    return to->says;
}

static const struct vmm_sink sink = {.data = take_data, .config = take_config};
static const struct vmm_sink acking = {
    .data = take_data, .config = take_config, .init_data = take_init_data};

static void begin(void)
{
    reader = (struct vmm_reader){.sink = &sink, .arg = &target};
    target.data_size = 0;
    target.config_size = 0;
    target.configs = 0;
    target.says = 0;
}

/* ---- streams --------------------------------------------------------------------------------- */

static void word(uint64_t value)
{
    (void)vmm_put_be(stream + size, value, 8);
    size += 8;
}

static void bytes(unsigned count, uint8_t from)
{
    for (unsigned n = 0; n < count; n++) {
        stream[size++] = (uint8_t)(from + n);
    }
}

static void config(uint32_t count)
{
    word(CONFIG);
    (void)vmm_put_be(stream + size, count, 4);
    size += 4;
    bytes(count, 0xc0);
}

static void data(unsigned count, uint8_t from)
{
    word(DATA);
    word(count);
    bytes(count, from);
}

static void setup(void)
{
    size = 0;
    word(SETUP);
    word(END);
}

/* Set-up at 0, a round at 16, an empty one at 47, the rest at 55, configuration at 105; 135 bytes.
 */
static void good_stream(void)
{
    setup();
    data(7, 0);
    word(END);
    word(END);
    data(3, 7);
    data(7, 10);
    word(END);
    config(10);
    word(END);
    cr_assert_eq(size, 135);
}

static void expect_good(const char *what)
{
    cr_expect_eq(vmm_reader_end(&reader), 0, "%s: %s", what, reader.why);
    cr_expect_eq(target.data_size, 17, "%s", what);
    for (uint8_t n = 0; n < 17; n++) {
        cr_expect_eq(target.data[n], n, "%s", what);
    }
    cr_expect(target.configs == 1 && target.config_size == 10 && target.config[9] == 0xc9, "%s",
              what);
    cr_expect_eq(reader.at, size);
}

static int take_all(void)
{
    int err;

    begin();
    err = vmm_reader_take(&reader, stream, size);
    return err ? err : vmm_reader_end(&reader);
}

static void expect_refused(int err, const char *why)
{
    int got = take_all();

    cr_expect_eq(got, err, "%s: %d", why, got);
    cr_assert_not_null(reader.why, "%s", why);
    cr_expect_str_eq(reader.why, why);
    /* And nothing makes it good again. */
    cr_expect_eq(vmm_reader_take(&reader, stream, 8), err);
    cr_expect_eq(vmm_reader_end(&reader), err);
}

/* ---- good ------------------------------------------------------------------------------------ */

Test(vmm_link, pieces_of_any_size_are_one_stream)
{
    good_stream();
    for (uint64_t step = 1; step <= size; step++) {
        begin();
        for (uint64_t at = 0; at < size; at += step) {
            cr_assert_eq(vmm_reader_take(&reader, stream + at, size - at < step ? size - at : step),
                         0);
        }
        expect_good("pieces");
    }
}

Test(vmm_link, data_may_be_none_and_configuration_empty)
{
    setup();
    word(DATA);
    word(0);
    word(END);
    config(0);
    word(END);
    cr_expect_eq(take_all(), 0);
    cr_expect(target.data_size == 0 && target.configs == 0);
}

Test(vmm_link, largest_piece_and_largest_configuration_are_taken)
{
    setup();
    data(VFIO_MIG_DATA_MAX, 0);
    word(END);
    config(VFIO_MIG_CONFIG_MAX);
    word(END);
    cr_expect_eq(take_all(), 0, "%s", reader.why);
    cr_expect_eq(target.data_size, VFIO_MIG_DATA_MAX);
    cr_expect_eq(target.config_size, VFIO_MIG_CONFIG_MAX);
}

/* ---- bad ------------------------------------------------------------------------------------- */

Test(vmm_link, stream_cut_anywhere_is_refused)
{
    good_stream();
    for (uint64_t cut = 0; cut < size; cut++) {
        begin();
        cr_assert_eq(vmm_reader_take(&reader, stream, cut), 0, "%lu", cut);
        cr_expect_eq(vmm_reader_end(&reader), -EINVAL, "%lu", cut);
        cr_expect(reader.why && strncmp(reader.why, "link: ends", 10) == 0, "%lu", cut);
        cr_expect_eq(target.configs, 0, "no configuration without its end");
    }
}

static void flip(uint64_t bit)
{
    stream[bit / 8] ^= (uint8_t)(1u << bit % 8);
}

Test(vmm_link, flipped_bit_of_a_word_is_refused)
{
    static const struct {
        uint64_t from, to;
    } words[] = {{0, 24}, {39, 63}, {74, 82}, {97, 113}, {127, 135}};

    good_stream();
    for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
        for (uint64_t bit = 8 * words[i].from; bit < 8 * words[i].to; bit++) {
            flip(bit);
            cr_expect_eq(take_all(), -EINVAL, "bit %lu of byte %lu", bit % 8, bit / 8);
            flip(bit);
        }
    }
    cr_expect_eq(take_all(), 0);
}

/* A size may take a word for data: what then comes out is another state, for the device to refuse.
 */
Test(vmm_link, flipped_bit_of_a_size_is_refused_or_gives_other_data)
{
    static const uint64_t sizes[] = {24, 63, 82};

    good_stream();
    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
        for (uint64_t bit = 8 * sizes[i]; bit < 8 * (sizes[i] + 8); bit++) {
            flip(bit);
            cr_expect(take_all() < 0 || target.data_size != 17, "bit %lu of byte %lu", bit % 8,
                      bit / 8);
            flip(bit);
        }
    }
    for (uint64_t bit = 8 * 113ull; bit < 8 * 117ull; bit++) {
        flip(bit);
        cr_expect_lt(take_all(), 0, "bit %lu of the configuration's size", bit - 8 * 113);
        flip(bit);
    }
}

Test(vmm_link, words_in_wrong_order_are_refused)
{
    static const struct {
        const char *why;
        uint64_t words[6];
        unsigned count;
    } orders[] = {
        {"link: begins without set-up", {END}, 1},
        {"link: begins without set-up", {DATA, 0, END}, 3},
        {"link: begins without set-up", {0}, 1},
        {"link: set-up without an end", {SETUP, DATA, 0, END}, 4},
        {"link: set-up without an end", {SETUP, SETUP}, 2},
        {"link: second set-up", {SETUP, END, SETUP, END}, 4},
        {"link: second set-up", {SETUP, END, DATA, 0, SETUP}, 5},
        {"link: PCI configuration in a section of data", {SETUP, END, DATA, 0, CONFIG}, 5},
        {"link: unknown word", {SETUP, END, 0xffffffffef100000}, 3},
        {"link: unknown word", {SETUP, END, 0xffffffffef100007}, 3},
        {"link: unknown word", {SETUP, END, 0x01001 + (0xefull << 32)}, 3},
        {"link: unknown word", {SETUP, END, DATA, 0, 5}, 5},
        {"link: word of a feature that was not agreed on",
         {SETUP, END, DATA, 0, VFIO_MIG_FLAG_DEV_INIT_DATA_SENT},
         5},
        {"link: word of a feature that was not agreed on",
         {SETUP, END, VFIO_MIG_FLAG_DEV_CONFIG_LOAD_READY},
         3},
    };

    for (size_t i = 0; i < ARRAY_SIZE(orders); i++) {
        size = 0;
        for (unsigned n = 0; n < orders[i].count; n++) {
            word(orders[i].words[n]);
        }
        expect_refused(-EINVAL, orders[i].why);
    }
    good_stream();
    word(END);
    expect_refused(-EINVAL, "link: bytes behind the end");
    setup();
    config(4);
    word(CONFIG);
    expect_refused(-EINVAL, "link: PCI configuration without an end");
    cr_expect_eq(target.configs, 0);
}

Test(vmm_link, initial_data_sent_ends_a_section_where_it_was_agreed_on)
{
    begin();
    target.initials = 0;
    reader.sink = &acking;
    setup();
    data(7, 0);
    word(VFIO_MIG_FLAG_DEV_INIT_DATA_SENT);
    word(VFIO_MIG_FLAG_DEV_INIT_DATA_SENT); /* in a section without data: of others than before */
    data(10, 7);
    word(END);
    config(10);
    word(END);
    cr_expect_eq(vmm_reader_take(&reader, stream, size), 0, "%s", reader.why);
    expect_good("with the word");
    cr_expect_eq(target.initials, 2);

    begin();
    reader.sink = &acking;
    setup();
    data(7, 0);
    word(VFIO_MIG_FLAG_DEV_INIT_DATA_SENT);
    target.says = 0;
    cr_expect_eq(vmm_reader_take(&reader, stream, size), 0);
    cr_expect_eq(vmm_reader_end(&reader), -EINVAL);
    cr_expect_str_eq(reader.why, "link: ends without PCI configuration");
}

Test(vmm_link, sizes_beyond_the_limits_are_refused)
{
    static const uint64_t sizes[] = {VFIO_MIG_DATA_MAX + 1, 1ull << 32, 1ull << 63, UINT64_MAX};

    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
        setup();
        word(DATA);
        word(sizes[i]);
        expect_refused(-EFBIG, "link: too many bytes of data in one piece");
        cr_expect_eq(reader.detail, sizes[i]);
        cr_expect_eq(target.data_size, 0);
    }
    setup();
    config(0);
    size -= 4;
    (void)vmm_put_be(stream + size, VFIO_MIG_CONFIG_MAX + 1, 4);
    size += 4;
    expect_refused(-EFBIG, "link: too much PCI configuration");
}

static int count_data(void *arg, const uint8_t *at, uint64_t count)
{
    (void)at;
    *(uint64_t *)arg += count;
    return 0;
}

Test(vmm_link, stream_without_end_is_refused_at_the_limit)
{
    static const struct vmm_sink counter = {.data = count_data, .config = take_config};
    uint64_t counted = 0;
    int err;

    setup();
    begin();
    reader.sink = &counter;
    reader.arg = &counted;
    cr_assert_eq(vmm_reader_take(&reader, stream, size), 0);
    size = 0;
    data(VFIO_MIG_DATA_MAX, 0);
    do {
        err = vmm_reader_take(&reader, stream, size);
    } while (!err);
    cr_expect_eq(err, -EFBIG);
    cr_expect_str_eq(reader.why, "link: too many bytes of data");
    cr_expect_eq(counted, VMM_STREAM_LIMIT);
}

Test(vmm_link, what_the_device_says_ends_it_too)
{
    good_stream();
    begin();
    target.says = -EPROTO;
    cr_expect_eq(vmm_reader_take(&reader, stream, size), -EPROTO);
    cr_expect_eq(reader.at, 39, "with the first of its data");
    cr_expect_null(reader.why);
    cr_expect_eq(vmm_reader_end(&reader), -EPROTO);
}
