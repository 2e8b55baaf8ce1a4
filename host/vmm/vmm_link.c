/* SPDX-License-Identifier: MIT */
/* The device's part of the migration stream, in QEMU's words (host/abi/qemu_vfio_migration.h): what
 * the source puts on the link, and the target that takes it byte by byte, however it is cut, and
 * believes nothing: QEMU itself would take sections in any order. */
#include <errno.h>
#include <string.h>

#include "host/abi/qemu_vfio_migration.h"
#include "host/vmm/vmm_private.h"

/* ---- writing --------------------------------------------------------------------------------- */

uint8_t *vmm_put_be(uint8_t *to, uint64_t value, unsigned bytes)
{
    for (unsigned n = 0; n < bytes; n++) {
        to[n] = (uint8_t)(value >> 8 * (bytes - 1 - n));
    }
    return to + bytes;
}

/* ---- reading --------------------------------------------------------------------------------- */

enum vmm_expects {
    EXPECT_SETUP,
    EXPECT_SETUP_END,
    EXPECT_SECTION, /* data or configuration */
    EXPECT_DATA,    /* more of it, or the end of the section */
    EXPECT_DATA_SIZE,
    EXPECT_BYTES,
    EXPECT_CONFIG_SIZE,
    EXPECT_CONFIG,
    EXPECT_CONFIG_END,
    EXPECT_NOTHING,
};

/* What is missing when the stream ends here; NULL: nothing. */
static const char *const missing[] = {
    [EXPECT_SETUP] = "link: ends before its set-up",
    [EXPECT_SETUP_END] = "link: ends in its set-up",
    [EXPECT_SECTION] = "link: ends without PCI configuration",
    [EXPECT_DATA] = "link: ends in a section",
    [EXPECT_DATA_SIZE] = "link: ends before the size of data",
    [EXPECT_BYTES] = "link: ends in data",
    [EXPECT_CONFIG_SIZE] = "link: ends before the size of PCI configuration",
    [EXPECT_CONFIG] = "link: ends in PCI configuration",
    [EXPECT_CONFIG_END] = "link: ends before the end of PCI configuration",
    [EXPECT_NOTHING] = NULL,
};

static void refuse(struct vmm_reader *reader, int err, const char *why, uint64_t detail)
{
    reader->err = err;
    reader->why = why;
    reader->detail = detail;
}

static void expect_word(struct vmm_reader *reader, uint64_t word, uint64_t wanted, unsigned next,
                        const char *why)
{
    if (word == wanted) {
        reader->expects = next;
    } else {
        refuse(reader, -EINVAL, why, word);
    }
}

/* In place of a section's end. */
static void init_data(struct vmm_reader *reader, uint64_t word)
{
    if (!reader->sink->init_data) {
        refuse(reader, -EINVAL, "link: word of a feature that was not agreed on", word);
        return;
    }
    reader->expects = EXPECT_SECTION;
    reader->err = reader->sink->init_data(reader->arg);
}

static void section_word(struct vmm_reader *reader, uint64_t word)
{
    if (word == VFIO_MIG_FLAG_DEV_DATA_STATE) {
        reader->expects = EXPECT_DATA_SIZE;
    } else if (word == VFIO_MIG_FLAG_END_OF_STATE) {
        reader->expects = EXPECT_SECTION;
    } else if (word == VFIO_MIG_FLAG_DEV_CONFIG_STATE && reader->expects == EXPECT_SECTION) {
        reader->expects = EXPECT_CONFIG_SIZE;
    } else if (word == VFIO_MIG_FLAG_DEV_CONFIG_STATE) {
        refuse(reader, -EINVAL, "link: PCI configuration in a section of data", word);
    } else if (word == VFIO_MIG_FLAG_DEV_SETUP_STATE) {
        refuse(reader, -EINVAL, "link: second set-up", word);
    } else if (word == VFIO_MIG_FLAG_DEV_INIT_DATA_SENT) {
        init_data(reader, word);
    } else if (word == VFIO_MIG_FLAG_DEV_CONFIG_LOAD_READY) {
        refuse(reader, -EINVAL, "link: word of a feature that was not agreed on", word);
    } else {
        refuse(reader, -EINVAL, "link: unknown word", word);
    }
}

/* QEMU's older sources end a round with a piece of no bytes. */
static void data_size(struct vmm_reader *reader, uint64_t size)
{
    if (size > VFIO_MIG_DATA_MAX) {
        refuse(reader, -EFBIG, "link: too many bytes of data in one piece", size);
    } else if (size > VMM_STREAM_LIMIT - reader->total) {
        refuse(reader, -EFBIG, "link: too many bytes of data", size);
    } else {
        reader->total += size;
        reader->left = size;
        reader->expects = size ? EXPECT_BYTES : EXPECT_DATA;
    }
}

static void config_size(struct vmm_reader *reader, uint64_t size)
{
    if (size > sizeof(reader->config)) {
        refuse(reader, -EFBIG, "link: too much PCI configuration", size);
        return;
    }
    reader->config_size = size;
    reader->left = size;
    reader->expects = size ? EXPECT_CONFIG : EXPECT_CONFIG_END;
}

static void config_end(struct vmm_reader *reader, uint64_t word)
{
    expect_word(reader, word, VFIO_MIG_FLAG_END_OF_STATE, EXPECT_NOTHING,
                "link: PCI configuration without an end");
    if (!reader->err && reader->config_size) {
        reader->err = reader->sink->config(reader->arg, reader->config, reader->config_size);
    }
}

static void take_word(struct vmm_reader *reader, uint64_t word)
{
    switch (reader->expects) {
    case EXPECT_SETUP:
        expect_word(reader, word, VFIO_MIG_FLAG_DEV_SETUP_STATE, EXPECT_SETUP_END,
                    "link: begins without set-up");
        break;
    case EXPECT_SETUP_END:
        expect_word(reader, word, VFIO_MIG_FLAG_END_OF_STATE, EXPECT_SECTION,
                    "link: set-up without an end");
        break;
    case EXPECT_DATA_SIZE:
        data_size(reader, word);
        break;
    case EXPECT_CONFIG_SIZE:
        config_size(reader, word);
        break;
    case EXPECT_CONFIG_END:
        config_end(reader, word);
        break;
    default:
        section_word(reader, word);
        break;
    }
}

/* Takes what belongs to the data or the configuration under way. Returns how many bytes. */
static uint64_t take_bytes(struct vmm_reader *reader, const uint8_t *bytes, uint64_t size)
{
    const uint64_t part = size < reader->left ? size : reader->left;

    if (reader->expects == EXPECT_BYTES) {
        reader->err = reader->sink->data(reader->arg, bytes, part);
    } else {
        memcpy(reader->config + reader->config_size - reader->left, bytes, part);
    }
    reader->left -= part;
    if (!reader->left) {
        reader->expects = reader->expects == EXPECT_BYTES ? EXPECT_DATA : EXPECT_CONFIG_END;
    }
    return part;
}

static void take_byte(struct vmm_reader *reader, uint8_t byte)
{
    const unsigned bytes =
        reader->expects == EXPECT_CONFIG_SIZE ? VFIO_MIG_CONFIG_SIZE_BYTES : VFIO_MIG_WORD_BYTES;

    if (reader->expects == EXPECT_NOTHING) {
        refuse(reader, -EINVAL, "link: bytes behind the end", byte);
        return;
    }
    reader->word = reader->word << 8 | byte;
    if (++reader->have == bytes) {
        const uint64_t word = reader->word;

        reader->have = 0;
        reader->word = 0;
        take_word(reader, word);
    }
}

int vmm_reader_take(struct vmm_reader *reader, const uint8_t *bytes, uint64_t size)
{
    while (size > 0 && !reader->err) {
        uint64_t part = 1;

        if (reader->left) {
            part = take_bytes(reader, bytes, size);
        } else {
            take_byte(reader, *bytes);
        }
        bytes += part;
        size -= part;
        reader->at += part;
    }
    return reader->err;
}

int vmm_reader_end(struct vmm_reader *reader)
{
    if (!reader->err && missing[reader->expects]) {
        refuse(reader, -EINVAL, missing[reader->expects], reader->at);
    }
    return reader->err;
}
