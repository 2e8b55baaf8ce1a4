/* SPDX-License-Identifier: MIT */
/* VCD reader: the declarations at once, then one instant after the other, in memory that depends on
 * the number of signals alone. Plain or gzip. Files may come from any tool and may be damaged: what
 * is wrong is told with file and offset, and nothing of the file is believed unchecked. */
#ifndef TRACES_VCD_H
#define TRACES_VCD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/hal/bits.h"

#define VCD_MAX_WIDTH 65536u
#define VCD_NEVER     INT64_MAX /* time of an instant that does not come */

/* One variable as people know it. Several declarations of bits or slices of one bus are one signal.
 */
struct vcd_signal {
    char *name;     /* scopes and name, joined by points, without a range */
    unsigned width; /* bits; 64 for a real number or a text, whose bits only tell it from others */
    bool is_number; /* a real number: the bits of a double */
    uint32_t first_part;
    uint32_t num_parts;
};

struct vcd;

/* Opens a file and reads its declarations. Returns NULL with a message of at most size characters.
 */
struct vcd *vcd_open(const char *path, char *error, size_t size);
void vcd_close(struct vcd *vcd);
/* Signals in the order of their declaration. */
const struct vcd_signal *vcd_signals(const struct vcd *vcd, size_t *count);

/* Equal for two signals of one file exactly when they are aliases of each other. */
uint32_t vcd_alias_key(const struct vcd *vcd, uint32_t signal);
/* From here on only signals with wanted[i] are touched; the others cost no time. */
void vcd_watch(struct vcd *vcd, const bool *wanted);

/* Time of the instant that vcd_step will apply, fs; VCD_NEVER at the end. */
int64_t vcd_next_time(const struct vcd *vcd);
/* Applies all changes of the next instant. Returns 1, 0 at the end, -EINVAL when the file is
 * malformed or cut off, -EIO when it cannot be read; vcd_error tells. */
MUST_USE int vcd_step(struct vcd *vcd);
/* "file: offset N: reason", "" before an error. Offsets are of the text, uncompressed. */
const char *vcd_error(const struct vcd *vcd);
/* Indexes of the signals that the last step wrote, each once, possibly with the value it had. */
const uint32_t *vcd_touched(const struct vcd *vcd, size_t *count);

/* Words of 64 bits that a value takes: as many again say which bits are unknown. */
unsigned vcd_words(const struct vcd_signal *signal);
/* The value of a signal, by its index: vcd_words of bits, low ones first, then as many of masks.
 * Where a mask is 1 the bit is x (1) or z (0). Every bit is x before its first change. Valid until
 * the next call. */
const uint64_t *vcd_value(struct vcd *vcd, uint32_t number);

#endif
