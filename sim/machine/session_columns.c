/* SPDX-License-Identifier: MIT */
/* Columns of a session's records: see session_columns.h. In the file each that is not empty stands
 * as its number, its length and its bytes. */
#include "sim/machine/session_columns.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIELDS       5u
#define SIZES        9u /* of an access: none, 1..8 */
#define HEADS        0u /* the first column */
#define COLUMNS      (1u + SESSION_NUM_OPS * SIZES * FIELDS)
#define GUEST_SHIFT  4u
#define NUMBER_BYTES 10u
#define MAX_BYTES    (256u << 20) /* of a session */
#define PART_BYTES   (64u << 10)

struct column {
    uint8_t *bytes;
    size_t count, room, at;
    uint64_t previous;
};

struct session_columns {
    struct column columns[COLUMNS];
    size_t bytes; /* of all that were read */
};

/* How many fields each has, which of them is an address, and whether it has a size. */
static const struct {
    uint8_t fields;
    int8_t address; /* -1: none */
    bool sized;
} layouts[SESSION_NUM_OPS] = {
    [SESSION_DELAY] = {2, -1, false},     [SESSION_READ] = {2, 0, true},
    [SESSION_WRITE] = {2, 0, true},       [SESSION_RESET] = {0, -1, false},
    [SESSION_CONNECTED] = {1, -1, false}, [SESSION_END] = {1, -1, false},
    [SESSION_SEEN] = {5, 1, true},        [SESSION_SEEN_NOTHING] = {2, 1, true},
    [SESSION_STORE] = {2, 0, true},       [SESSION_STORE_NOWHERE] = {2, 0, true},
    [SESSION_RAISE] = {1, -1, false},     [SESSION_STOPPED] = {0, -1, false},
    [SESSION_STARTED] = {0, -1, false},
};

struct session_columns *session_columns_create(void)
{
    return calloc(1, sizeof(struct session_columns));
}

void session_columns_destroy(struct session_columns *columns)
{
    if (columns) {
        for (unsigned n = 0; n < COLUMNS; n++) {
            free(columns->columns[n].bytes);
        }
        free(columns);
    }
}

static struct column *column_of(struct session_columns *columns,
                                const struct session_record *record, unsigned field)
{
    return &columns->columns[1 + (record->op * SIZES + record->size) * FIELDS + field];
}

static uint64_t *field_of(struct session_record *record, unsigned field)
{
    switch (field) {
    case 0:
        return &record->a;
    case 1:
        return &record->b;
    case 2:
        return &record->c;
    case 3:
        return &record->d;
    default:
        return &record->e;
    }
}

/* ---- bytes and numbers ----------------------------------------------------------------------- */

static int room_make(struct column *column, size_t more)
{
    size_t room = column->room ? column->room : 256;
    uint8_t *bytes;

    while (room < column->count + more) {
        room *= 2;
    }
    if (room == column->room) {
        return 0;
    }
    bytes = realloc(column->bytes, room);
    if (!bytes) {
        return -ENOMEM;
    }
    column->bytes = bytes;
    column->room = room;
    return 0;
}

static unsigned number_encode(uint8_t to[NUMBER_BYTES], uint64_t number)
{
    unsigned length = 0;

    for (; number > 0x7f; number >>= 7) {
        to[length++] = (uint8_t)(number | 0x80);
    }
    to[length++] = (uint8_t)number;
    return length;
}

static int number_put(struct column *column, uint64_t number)
{
    if (room_make(column, NUMBER_BYTES)) {
        return -ENOMEM;
    }
    column->count += number_encode(column->bytes + column->count, number);
    return 0;
}

static bool number_get(struct column *column, uint64_t *number)
{
    *number = 0;
    for (unsigned n = 0; n < NUMBER_BYTES && column->at < column->count; n++) {
        const uint8_t byte = column->bytes[column->at++];

        *number |= (uint64_t)(byte & 0x7f) << 7 * n;
        if (!(byte & 0x80)) {
            return true;
        }
    }
    return false;
}

/* Small steps up and down are small numbers. */
static uint64_t step_encode(struct column *column, uint64_t value)
{
    const uint64_t step = value - column->previous;

    column->previous = value;
    return step << 1 ^ (step >> 63 ? UINT64_MAX : 0);
}

static uint64_t step_decode(struct column *column, uint64_t step)
{
    column->previous += step >> 1 ^ (step & 1 ? UINT64_MAX : 0);
    return column->previous;
}

/* ---- records --------------------------------------------------------------------------------- */

int session_columns_put(struct session_columns *columns, unsigned guest,
                        const struct session_record *record)
{
    struct session_record copy = *record;
    int err = number_put(&columns->columns[HEADS], record->op | guest << GUEST_SHIFT);

    err = err ? err : number_put(&columns->columns[HEADS], record->size);
    for (unsigned field = 0; !err && field < layouts[record->op].fields; field++) {
        struct column *column = column_of(columns, record, field);
        uint64_t value = *field_of(&copy, field);

        if ((int)field == layouts[record->op].address) {
            value = step_encode(column, value);
        }
        err = number_put(column, value);
    }
    return err;
}

int session_columns_get(struct session_columns *columns, unsigned *guest,
                        struct session_record *record)
{
    struct column *heads = &columns->columns[HEADS];
    uint64_t head, size;

    if (heads->at == heads->count) {
        return 0;
    }
    if (!number_get(heads, &head) || !number_get(heads, &size)) {
        return -EINVAL;
    }
    *record = (struct session_record){.op = (uint8_t)(head & ((1u << GUEST_SHIFT) - 1)),
                                      .size = (uint8_t)size};
    *guest = (unsigned)(head >> GUEST_SHIFT);
    if (head >> GUEST_SHIFT >= SESSION_MAX_GUESTS || record->op >= SESSION_NUM_OPS ||
        size >= SIZES || layouts[record->op].sized != (size > 0)) {
        return -EINVAL;
    }
    for (unsigned field = 0; field < layouts[record->op].fields; field++) {
        struct column *column = column_of(columns, record, field);
        uint64_t *value = field_of(record, field);

        if (!number_get(column, value)) {
            return -EINVAL;
        }
        if ((int)field == layouts[record->op].address) {
            *value = step_decode(column, *value);
        }
    }
    return 1;
}

/* ---- files ----------------------------------------------------------------------------------- */

int session_columns_write(const struct session_columns *columns, gzFile file)
{
    bool good = true;

    for (unsigned n = 0; good && n < COLUMNS; n++) {
        const struct column *column = &columns->columns[n];
        uint8_t head[2 * NUMBER_BYTES];
        unsigned length = number_encode(head, n);

        if (column->count) {
            length += number_encode(head + length, column->count);
            good = gzwrite(file, head, length) == (int)length &&
                   gzfwrite(column->bytes, 1, column->count, file) == column->count;
        }
    }
    return good ? 0 : -EIO;
}

/* Returns whether there was one. */
static bool file_number(gzFile file, uint64_t *number)
{
    uint8_t bytes[NUMBER_BYTES];
    struct column one = {.bytes = bytes};
    int byte = 0x80;

    while (byte & 0x80 && one.count < NUMBER_BYTES) {
        byte = gzgetc(file);
        if (byte < 0) {
            return false;
        }
        bytes[one.count++] = (uint8_t)byte;
    }
    return number_get(&one, number);
}

/* Memory is taken as the bytes come, not as the file promises them. */
static int column_read(struct column *column, gzFile file, uint64_t left)
{
    while (left) {
        const unsigned part = left < PART_BYTES ? (unsigned)left : PART_BYTES;

        if (room_make(column, part)) {
            return -ENOMEM;
        }
        if (gzread(file, column->bytes + column->count, part) != (int)part) {
            return -EINVAL;
        }
        column->count += part;
        left -= part;
    }
    return 0;
}

int session_columns_read(struct session_columns *columns, gzFile file)
{
    uint64_t number, length;
    int err = 0, byte;

    while (!err && (byte = gzgetc(file)) >= 0) {
        if (gzungetc(byte, file) < 0 || !file_number(file, &number) ||
            !file_number(file, &length) || number >= COLUMNS || columns->columns[number].count ||
            length > MAX_BYTES - columns->bytes) {
            return -EINVAL;
        }
        columns->bytes += length;
        err = column_read(&columns->columns[number], file, length);
    }
    return err ? err : gzeof(file) ? 0 : -EINVAL;
}
