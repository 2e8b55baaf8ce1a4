/* SPDX-License-Identifier: MIT */
/* VCD reader, changes: the values between time stamps. This is where the time goes, so the usual
 * change, up to 64 bits without x and z, is read eight digits at a time. */
#include "traces/vcd.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "traces/vcd_private.h"

#define WINDOW_SIZE ((1u << 20) + 16u) /* of vcd_input.c, with slack for reads of eight bytes */
#define GZ_BUFFER   (1u << 17)
/* Sums of two times must not overflow either. */
#define MAX_TIME_FS (INT64_MAX / 4)

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "digits are packed from little-endian");

struct vcd *vcd_open(const char *path, char *error, size_t size)
{
    struct vcd *vcd = calloc(1, sizeof(*vcd));
    int err = vcd ? 0 : -ENOMEM;

    if (vcd) {
        vcd->path = path;
        vcd->buffer = calloc(1, WINDOW_SIZE);
        errno = 0;
        vcd->in = vcd->buffer ? gzopen(path, "rbe") : NULL;
        err = vcd->in ? 0 : errno ? -errno : -ENOMEM;
    }
    if (!err) {
        (void)gzbuffer(vcd->in, GZ_BUFFER);
        vcd->at = vcd->end = vcd->buffer;
        err = vcd_read_header(vcd);
        err = err ? err : vcd_make_signals(vcd);
    }
    if (!err) {
        return vcd;
    }
    if (vcd && vcd->error[0]) {
        (void)snprintf(error, size, "%s", vcd->error);
    } else {
        (void)snprintf(error, size, "%s: %s", path, strerror(-err));
    }
    vcd_close(vcd);
    return NULL;
}

void vcd_close(struct vcd *vcd)
{
    if (!vcd) {
        return;
    }
    if (vcd->in) {
        (void)gzclose(vcd->in);
    }
    for (size_t i = 0; i < vcd->num_variables; i++) {
        free(vcd->variables[i].name);
    }
    for (size_t i = 0; i < vcd->num_signals; i++) {
        free(vcd->signals[i].name);
    }
    free(vcd->buffer);
    free(vcd->variables);
    free(vcd->signals);
    free(vcd->parts);
    free(vcd->codes);
    free(vcd->users);
    free(vcd->table);
    free(vcd->values);
    free(vcd->scratch);
    free(vcd->touched);
    free(vcd->stamps);
    free(vcd);
}

const struct vcd_signal *vcd_signals(const struct vcd *vcd, size_t *count)
{
    *count = vcd->num_signals;
    return vcd->signals;
}

int64_t vcd_next_time(const struct vcd *vcd)
{
    return vcd->next_fs;
}

const char *vcd_error(const struct vcd *vcd)
{
    return vcd->error;
}

const uint32_t *vcd_touched(const struct vcd *vcd, size_t *count)
{
    *count = vcd->num_touched;
    return vcd->touched;
}

/* ---- values ---------------------------------------------------------------------------------- */

unsigned vcd_words(const struct vcd_signal *signal)
{
    return (signal->width + 63) / 64;
}

/* Puts one bit of a gathered value, which was z. */
static void put_bit(uint64_t *value, unsigned words, uint32_t bit, unsigned digit)
{
    uint64_t one = (uint64_t)1 << bit % 64;

    value[bit / 64] |= digit & 1 ? one : 0;
    value[words + bit / 64] &= digit & 2 ? UINT64_MAX : ~one;
}

/* Brings the parts of a split bus together; bits that no part has are z. */
static const uint64_t *gather(struct vcd *vcd, const struct vcd_signal *signal)
{
    unsigned words = vcd_words(signal);
    unsigned used = signal->width % 64;

    memset(vcd->scratch, 0, words * sizeof(*vcd->scratch));
    memset(vcd->scratch + words, 0xff, words * sizeof(*vcd->scratch));
    if (used) {
        vcd->scratch[2 * words - 1] = UINT64_MAX >> (64 - used);
    }
    for (uint32_t p = 0; p < signal->num_parts; p++) {
        const struct vcd_part *part = &vcd->parts[signal->first_part + p];
        const struct vcd_code *code = &vcd->codes[part->code];
        const uint64_t *from = &vcd->values[code->offset];

        for (uint32_t bit = 0; bit < code->width && part->shift + bit < signal->width; bit++) {
            unsigned value = from[bit / 64] >> bit % 64 & 1;
            unsigned unknown = from[code->words + bit / 64] >> bit % 64 & 1;

            put_bit(vcd->scratch, words, part->shift + bit, value | unknown << 1);
        }
    }
    return vcd->scratch;
}

const uint64_t *vcd_value(struct vcd *vcd, uint32_t number)
{
    const struct vcd_signal *signal = &vcd->signals[number];
    const struct vcd_code *code = &vcd->codes[vcd->parts[signal->first_part].code];

    if (signal->num_parts == 1 && code->width == signal->width) {
        return &vcd->values[code->offset];
    }
    return gather(vcd, signal);
}

/* ---- changes --------------------------------------------------------------------------------- */

static void touch(struct vcd *vcd, const struct vcd_code *code)
{
    for (uint32_t i = 0; i < code->num_users; i++) {
        uint32_t signal = vcd->users[code->first_user + i];

        if (vcd->stamps[signal] != vcd->instant) {
            vcd->stamps[signal] = vcd->instant;
            vcd->touched[vcd->num_touched++] = signal;
        }
    }
}

/* Reads an identifier code at text. Returns NULL with a message when there is none. */
static const struct vcd_code *read_code(struct vcd *vcd, const char *text)
{
    uint64_t id = 0;
    unsigned length = 0;
    uint32_t code;

    while (length < VCD_CODE_CHARS && (unsigned char)text[length] > ' ') {
        id |= (uint64_t)(unsigned char)text[length] << 8 * length;
        length++;
    }
    if (text + length >= vcd->end) {
        (void)vcd_refuse(vcd, text, "the file is cut off: no end of line");
        return NULL;
    }
    code = length && (unsigned char)text[length] <= ' ' ? vcd_find_code(vcd, id) : VCD_NO_CODE;
    if (code == VCD_NO_CODE) {
        (void)vcd_refuse(vcd, text, "a change of code '%.*s', which is not declared", (int)length,
                         text);
        return NULL;
    }
    vcd->at = text + length;
    return &vcd->codes[code];
}

/* What a digit means: bit 0 value, bit 1 unknown; -1 for something else. The nine values of VHDL
 * fall together as its tools do it. */
static int digit_of(char digit)
{
    switch (digit) {
    case '0':
    case 'l':
    case 'L':
        return 0;
    case '1':
    case 'h':
    case 'H':
        return 1;
    case 'z':
    case 'Z':
        return 2;
    case 'x':
    case 'X':
    case 'u':
    case 'U':
    case 'w':
    case 'W':
    case '-':
        return 3;
    default:
        return -1;
    }
}

/* Eight binary digits at text as a number, the first one highest; -1 when there is another. */
static inline int eight_digits(const char *text)
{
    uint64_t chars;

    memcpy(&chars, text, sizeof(chars));
    if ((chars ^ 0x3030303030303030u) & 0xfefefefefefefefeu) {
        return -1;
    }
    return (int)((chars & 0x0101010101010101u) * 0x8040201008040201u >> 56);
}

/* At most 64 digits without x and z, ended by a blank. Returns how many there are; 0 when this is
 * something else. */
static inline unsigned short_digits(const char *text, uint64_t *bits)
{
    unsigned length = 0;
    int eight;

    *bits = 0;
    while (length <= 56 && (eight = eight_digits(text + length)) >= 0) {
        *bits = *bits << 8 | (uint64_t)eight;
        length += 8;
    }
    while (length < 64 && (text[length] == '0' || text[length] == '1')) {
        *bits = *bits << 1 | (uint64_t)(text[length] & 1);
        length++;
    }
    return text[length] == ' ' ? length : 0;
}

/* Stores length digits, extended to the left as the format says: by 0, or by x or z. */
static int store_digits(struct vcd *vcd, const struct vcd_code *code, const char *text,
                        size_t length)
{
    uint64_t *to = &vcd->values[code->offset];
    int digit = digit_of(text[0]);

    memset(to, 0, (size_t)2 * code->words * sizeof(*to));
    for (uint32_t bit = 0; bit < code->width; bit++) {
        uint64_t one = (uint64_t)1 << bit % 64;

        if (bit < length) {
            digit = digit_of(text[length - 1 - bit]);
        } else if (digit == 1) {
            digit = 0;
        }
        if (digit < 0) {
            return vcd_refuse(vcd, text, "a value with a digit that is not 0, 1, x or z");
        }
        to[bit / 64] |= digit & 1 ? one : 0;
        to[code->words + bit / 64] |= digit & 2 ? one : 0;
    }
    return 0;
}

/* "b0101 !" of any length and with any digits. */
static int long_vector(struct vcd *vcd)
{
    const struct vcd_code *code;
    const char *token;
    const char *id;
    size_t length, id_length;
    int ret = vcd_token(vcd, &token, &length);

    if (ret <= 0) {
        return ret < 0 ? ret : vcd_refuse(vcd, vcd->end, "the file is cut off");
    }
    /* No refill from here on: the window holds the longest value and its code. */
    while ((unsigned char)*vcd->at <= ' ' && *vcd->at) {
        vcd->at++;
    }
    id = vcd->at;
    for (id_length = 0; (unsigned char)id[id_length] > ' '; id_length++) {
    }
    if (id + id_length >= vcd->end) {
        return vcd_refuse(vcd, id, "the file is cut off: no end of line");
    }
    code = read_code(vcd, id);
    if (!code) {
        return -EINVAL;
    }
    if (length < 2 || length - 1 > code->width || code->type != VCD_BITS) {
        return vcd_refuse(vcd, token, "a value of %zu digits for a signal of %u bits", length - 1,
                          code->width);
    }
    ret = store_digits(vcd, code, token + 1, length - 1);
    if (!ret) {
        touch(vcd, code);
    }
    return ret;
}

static inline int vector_change(struct vcd *vcd)
{
    const struct vcd_code *code;
    uint64_t bits;
    unsigned length = short_digits(vcd->at + 1, &bits);
    const char *start = vcd->at;

    if (!length) {
        return long_vector(vcd);
    }
    code = read_code(vcd, vcd->at + 1 + length + 1);
    if (!code) {
        return -EINVAL;
    }
    if (code->words != 1 || length > code->width || code->type != VCD_BITS) {
        vcd->at = start;
        return long_vector(vcd);
    }
    vcd->values[code->offset] = bits;
    vcd->values[code->offset + 1] = 0;
    touch(vcd, code);
    return 0;
}

static inline int scalar_change(struct vcd *vcd, int digit)
{
    static const char digits[] = "01zx";
    const struct vcd_code *code = read_code(vcd, vcd->at + 1);

    if (!code) {
        return -EINVAL;
    }
    if (code->type != VCD_BITS) {
        return vcd_refuse(vcd, vcd->at, "one bit for a number");
    }
    if (code->width == 1) {
        vcd->values[code->offset] = (uint64_t)(digit & 1);
        vcd->values[code->offset + 1] = (uint64_t)(digit >> 1);
    } else if (store_digits(vcd, code, &digits[digit], 1)) {
        return -EINVAL;
    }
    touch(vcd, code);
    return 0;
}

/* "r1.5 !" or "stext !": kept as the double's bits, or as a hash of the text. */
static int number_change(struct vcd *vcd)
{
    const struct vcd_code *code;
    const char *token;
    char *end;
    size_t length;
    enum vcd_type type = *vcd->at == 'r' || *vcd->at == 'R' ? VCD_REAL : VCD_TEXT;
    uint64_t bits = 0xcbf29ce484222325u; /* FNV-1a */
    int ret = vcd_token(vcd, &token, &length);

    if (ret <= 0) {
        return ret < 0 ? ret : -EINVAL;
    }
    if (type == VCD_REAL) {
        double value = strtod(token + 1, &end);

        if (end != token + length) {
            return vcd_refuse(vcd, token, "a malformed number");
        }
        memcpy(&bits, &value, sizeof(bits));
    } else {
        for (size_t i = 1; i < length; i++) {
            bits = (bits ^ (unsigned char)token[i]) * 0x100000001b3u;
        }
    }
    while ((unsigned char)*vcd->at <= ' ' && *vcd->at) {
        vcd->at++;
    }
    code = read_code(vcd, vcd->at);
    if (!code) {
        return -EINVAL;
    }
    if (code->type != type) {
        return vcd_refuse(vcd, vcd->at, "a number or text for a signal of another type");
    }
    vcd->values[code->offset] = bits;
    vcd->values[code->offset + 1] = 0;
    touch(vcd, code);
    return 0;
}

/* A time stamp at the reading point. Returns 1 when a later instant begins, 0 when the present one
 * goes on, or -EINVAL. */
static int time_stamp(struct vcd *vcd)
{
    const char *text = vcd->at + 1;
    int64_t time = 0;
    bool later;

    for (; *text >= '0' && *text <= '9'; text++) {
        if (time > MAX_TIME_FS / vcd->unit_fs / 10 - 1) {
            return vcd_refuse(vcd, vcd->at, "a time beyond %" PRId64 " s",
                              MAX_TIME_FS / 1000000000000000);
        }
        time = 10 * time + (*text - '0');
    }
    if (text >= vcd->end) {
        return vcd_refuse(vcd, text, "the file is cut off: no end of line");
    }
    if (text == vcd->at + 1 || (unsigned char)*text > ' ') {
        return vcd_refuse(vcd, vcd->at, "a malformed time stamp");
    }
    time *= vcd->unit_fs;
    if (time < vcd->next_fs) {
        return vcd_refuse(vcd, vcd->at, "time goes backwards");
    }
    later = time > vcd->next_fs;
    vcd->next_fs = time;
    vcd->at = text;
    return later;
}

/* $dumpvars and its like bracket changes that count as any others; $comment is skipped. */
static int keyword(struct vcd *vcd)
{
    static const char *const brackets[] = {"$end",     "$dumpvars", "$dumpall",
                                           "$dumpoff", "$dumpon",   "$dumpports"};
    const char *token;
    size_t length;
    int ret = vcd_token(vcd, &token, &length);

    if (ret <= 0) {
        return ret < 0 ? ret : -EINVAL;
    }
    for (size_t i = 0; i < ARRAY_SIZE(brackets); i++) {
        if (vcd_is(token, length, brackets[i])) {
            return 0;
        }
    }
    return vcd_skip_section(vcd);
}

/* One thing other than a time stamp. */
static inline int read_change(struct vcd *vcd)
{
    int digit;

    switch (*vcd->at) {
    case 'b':
    case 'B':
        return vector_change(vcd);
    case 'r':
    case 'R':
    case 's':
    case 'S':
        return number_change(vcd);
    case '$':
        return keyword(vcd);
    default:
        digit = digit_of(*vcd->at);
        if (digit < 0) {
            return vcd_refuse(vcd, vcd->at, "byte 0x%02x begins neither a change nor a time",
                              (unsigned)(unsigned char)*vcd->at);
        }
        return scalar_change(vcd, digit);
    }
}

int vcd_step(struct vcd *vcd)
{
    if (vcd->error[0]) {
        return -EINVAL;
    }
    if (vcd->next_fs == VCD_NEVER) {
        return 0;
    }
    vcd->instant++;
    vcd->num_touched = 0;
    for (;;) {
        int ret = vcd_fill(vcd);

        while (!ret && (unsigned char)*vcd->at <= ' ' && vcd->at < vcd->end && *vcd->at) {
            vcd->at++;
        }
        if (!ret && vcd->at == vcd->end && vcd->all_read) {
            vcd->next_fs = VCD_NEVER;
            return 1;
        }
        if (!ret && vcd->at < vcd->end) {
            ret = *vcd->at == '#' ? time_stamp(vcd) : read_change(vcd);
        }
        if (ret) {
            return ret;
        }
    }
}
