/* SPDX-License-Identifier: MIT */
/* The records of a session as they lie in its file: each field of each kind of record in a column
 * of its own, since like compresses well with like. A column is bytes: its numbers, seven bits a
 * byte, low ones first; addresses as the difference from the one before. The first column tells op
 * and guest, then size, of every record in order. The reader believes nothing. */
#ifndef SIM_MACHINE_SESSION_COLUMNS_H
#define SIM_MACHINE_SESSION_COLUMNS_H

#include <zlib.h>

#include "sim/machine/session.h"

struct session_columns;

/* Returns NULL without memory. */
struct session_columns *session_columns_create(void);
void session_columns_destroy(struct session_columns *columns);
/* Returns 0 or -ENOMEM. */
MUST_USE int session_columns_put(struct session_columns *columns, unsigned guest,
                                 const struct session_record *record);
/* Returns 0 or -EIO. */
MUST_USE int session_columns_write(const struct session_columns *columns, gzFile file);
/* Up to the end of the file. Returns 0, -EINVAL for nonsense or -ENOMEM. */
MUST_USE int session_columns_read(struct session_columns *columns, gzFile file);
/* The next one. Returns 1, 0 at the end, or -EINVAL for nonsense. */
int session_columns_get(struct session_columns *columns, unsigned *guest,
                        struct session_record *record);

#endif
