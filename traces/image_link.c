/* SPDX-License-Identifier: MIT */
/* What went over a migration's link of a device: QEMU's words with their sections, then the
 * device's data that stood between them, as an image of its own. A word that is not due ends it:
 * nobody knows what would follow. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "host/abi/qemu_vfio_migration.h"
#include "traces/image_private.h"

struct link {
    FILE *in;
    FILE *data; /* of the device, without words */
    uint64_t at;
    uint64_t data_bytes;
    unsigned sections;
    bool failed;  /* told why */
    bool trouble; /* a file cannot be written */
};

static const struct {
    uint64_t word;
    const char *name;
} names[] = {
    {VFIO_MIG_FLAG_END_OF_STATE, "end of state"},
    {VFIO_MIG_FLAG_DEV_CONFIG_STATE, "PCI configuration"},
    {VFIO_MIG_FLAG_DEV_SETUP_STATE, "set-up"},
    {VFIO_MIG_FLAG_DEV_DATA_STATE, "data"},
    {VFIO_MIG_FLAG_DEV_INIT_DATA_SENT, "initial data sent"},
    {VFIO_MIG_FLAG_DEV_CONFIG_LOAD_READY, "configuration load ready"},
};

static const char *name_of(uint64_t word)
{
    for (size_t n = 0; n < sizeof(names) / sizeof(names[0]); n++) {
        if (names[n].word == word) {
            return names[n].name;
        }
    }
    return "no word";
}

static uint64_t wrong(struct link *link, const char *what, uint64_t value)
{
    (void)printf("  WRONG at offset 0x%" PRIx64 ": %s 0x%" PRIx64 "\n", link->at, what, value);
    link->failed = true;
    return 0;
}

/* Next bytes as a number, the high one first. */
static uint64_t get(struct link *link, unsigned count)
{
    uint64_t value = 0;

    for (unsigned n = 0; n < count && !link->failed; n++) {
        int byte = fgetc(link->in);

        if (byte == EOF) {
            return wrong(link, "cut off in a word or size, bytes missing:", count - n);
        }
        value = value << 8 | (uint64_t)byte;
        link->at++;
    }
    return value;
}

static uint64_t get_word(struct link *link)
{
    const uint64_t at = link->at;
    const uint64_t word = get(link, VFIO_MIG_WORD_BYTES);

    if (!link->failed) {
        (void)printf("0x%08" PRIx64 " %016" PRIx64 " %s", at, word, name_of(word));
    }
    return word;
}

static void expect(struct link *link, uint64_t wanted, const char *what)
{
    const uint64_t word = get_word(link);

    if (!link->failed) {
        (void)printf("\n");
    }
    if (!link->failed && word != wanted) {
        link->at -= VFIO_MIG_WORD_BYTES;
        (void)wrong(link, what, word);
    }
}

/* Moves bytes to the device's data, or passes over them. */
static void move(struct link *link, uint64_t size, FILE *to)
{
    uint8_t bytes[4096];

    while (size > 0 && !link->failed) {
        const size_t part = size < sizeof(bytes) ? (size_t)size : sizeof(bytes);
        const size_t got = fread(bytes, 1, part, link->in);

        link->at += got;
        size -= got;
        if (to && fwrite(bytes, 1, got, to) != got) {
            link->trouble = true;
        }
        if (got < part) {
            (void)wrong(link, "cut off, bytes missing:", size);
        }
    }
}

static void print_data(struct link *link)
{
    const uint64_t size = get(link, VFIO_MIG_WORD_BYTES);

    if (link->failed) {
        return;
    }
    (void)printf(", %" PRIu64 " bytes\n", size);
    if (size > VFIO_MIG_DATA_MAX) {
        (void)wrong(link, "more than readers take in one piece:", size);
        return;
    }
    move(link, size, link->data);
    link->data_bytes += size;
}

static void print_config(struct link *link)
{
    const uint64_t size = get(link, VFIO_MIG_CONFIG_SIZE_BYTES);

    if (link->failed) {
        return;
    }
    (void)printf(", %" PRIu64 " bytes\n", size);
    if (size > VFIO_MIG_CONFIG_MAX) {
        (void)wrong(link, "more than a configuration has:", size);
        return;
    }
    move(link, size, NULL);
    expect(link, VFIO_MIG_FLAG_END_OF_STATE, "end of state expected, found");
}

/* One section. Returns false when it was the last one that there should be. */
static bool print_section(struct link *link)
{
    uint64_t word = get_word(link);
    bool first = true;

    while (!link->failed && word == VFIO_MIG_FLAG_DEV_DATA_STATE) {
        print_data(link);
        first = false;
        word = get_word(link);
    }
    if (link->failed) {
        return false;
    }
    if (first && word == VFIO_MIG_FLAG_DEV_CONFIG_STATE) {
        print_config(link);
        return false;
    }
    (void)printf("\n");
    if (word != VFIO_MIG_FLAG_END_OF_STATE && word != VFIO_MIG_FLAG_DEV_INIT_DATA_SENT) {
        link->at -= VFIO_MIG_WORD_BYTES;
        (void)wrong(link,
                    first ? "data or configuration expected, found"
                          : "data or end of state expected, found",
                    word);
    }
    return !link->failed;
}

static void print_words(struct link *link)
{
    expect(link, VFIO_MIG_FLAG_DEV_SETUP_STATE, "set-up expected, found");
    if (!link->failed) {
        expect(link, VFIO_MIG_FLAG_END_OF_STATE, "end of state expected, found");
    }
    while (!link->failed && print_section(link)) {
        link->sections++;
    }
    if (!link->failed && fgetc(link->in) != EOF) {
        (void)wrong(link, "bytes behind the end, sections before:", link->sections);
    }
}

bool image_is_link(const uint8_t *bytes)
{
    uint64_t high = 0;

    for (unsigned n = 0; n < 6; n++) {
        high = high << 8 | bytes[n];
    }
    return high == VFIO_MIG_FLAG_MAGIC;
}

int image_print_link(FILE *in, const char *name)
{
    struct link link = {.in = in, .data = tmpfile()};
    int ret;

    if (!link.data) {
        (void)fprintf(stderr, "gucsim image: %s: no temporary file: %s\n", name, strerror(errno));
        return EXIT_TROUBLE;
    }
    print_words(&link);
    (void)printf("link: %" PRIu64 " bytes, %" PRIu64 " of them the device's: %s\n\n", link.at,
                 link.data_bytes, link.failed ? "not whole" : "good");
    if (fflush(link.data) != 0 || link.trouble || ferror(in)) {
        (void)fprintf(stderr, "gucsim image: %s: cannot be read, or its data not be kept\n", name);
        (void)fclose(link.data);
        return EXIT_TROUBLE;
    }
    rewind(link.data);
    ret = image_print_device(link.data, name);
    (void)fclose(link.data);
    return link.failed && ret == 0 ? EXIT_BAD_IMAGE : ret;
}
