/* SPDX-License-Identifier: MIT */
/* Parts of the VCD reader: input, declarations, changes. Inside vcd*.c only. */
#ifndef TRACES_VCD_PRIVATE_H
#define TRACES_VCD_PRIVATE_H

#include <zlib.h>

#include "traces/vcd.h"

#define VCD_MAX_CODES (1u << 22)
#define VCD_NO_CODE   UINT32_MAX
/* The longest thing that is parsed in one piece, a change of the widest value with its code. */
#define VCD_MAX_TOKEN  (VCD_MAX_WIDTH + 64u)
#define VCD_CODE_CHARS 8u

enum vcd_type { VCD_BITS, VCD_REAL, VCD_TEXT };

/* What an identifier code stands for. */
struct vcd_code {
    uint64_t id; /* its characters; never 0 */
    uint32_t width;
    uint32_t words;
    uint32_t offset; /* into values */
    enum vcd_type type;
    uint32_t first_user; /* into users: signals that it is a part of */
    uint32_t num_users;
};

struct vcd_part {
    uint32_t code;
    uint32_t shift; /* of its lowest bit in the signal */
};

/* A $var before slices of one bus are brought together. */
struct vcd_variable {
    char *name;
    uint32_t code;
    uint32_t order;
    uint32_t width;
    int32_t low; /* lowest bit by its range, -1 without one */
};

struct vcd {
    const char *path;
    char error[512];

    gzFile in;
    char *buffer;
    const char *at; /* not yet parsed; a NUL stands behind the last byte */
    const char *end;
    int64_t base; /* offset of buffer in the text */
    bool all_read;

    int64_t unit_fs;
    struct vcd_variable *variables;
    size_t num_variables;
    struct vcd_signal *signals;
    size_t num_signals;
    struct vcd_part *parts;
    struct vcd_code *codes;
    uint32_t num_codes;
    uint32_t *users;
    uint32_t *table; /* hash of codes, by id */
    uint32_t table_mask;

    int64_t next_fs;
    bool started;     /* the first time stamp was seen */
    uint64_t *values; /* of all codes */
    uint64_t *scratch;
    uint32_t *touched;
    size_t num_touched;
    uint32_t *stamps; /* of signals: the instant that touched them last */
    uint32_t instant;
};

/* vcd_input.c: makes at least VCD_MAX_TOKEN bytes parseable, or all that are left. Returns 0 or
 * -errno. Cheap when they already are. */
MUST_USE int vcd_fill(struct vcd *vcd);
MUST_USE int vcd_refill(struct vcd *vcd);
/* Steps over blanks to the next token. Returns 1 with its length, 0 at the end, or -errno. The
 * token is whole: one that the end of the file cuts off is an error. */
MUST_USE int vcd_token(struct vcd *vcd, const char **token, size_t *length);
/* Keeps a message with the place of at. Returns -EINVAL. */
__attribute__((format(printf, 3, 4))) int vcd_refuse(struct vcd *vcd, const char *at,
                                                     const char *format, ...);
bool vcd_is(const char *token, size_t length, const char *word);

/* vcd_header.c: reads up to $enddefinitions. */
MUST_USE int vcd_read_header(struct vcd *vcd);
/* Steps over everything up to $end. */
MUST_USE int vcd_skip_section(struct vcd *vcd);
/* vcd_signals.c: brings variables together to signals. */
MUST_USE int vcd_make_signals(struct vcd *vcd);

/* vcd_header.c. Returns VCD_NO_CODE when there is none. */
uint32_t vcd_find_code(const struct vcd *vcd, uint64_t id);

#endif
