/* SPDX-License-Identifier: MIT */
/* What a served guest does and is answered, into a session's file. */
#ifndef SIM_CLI_RECORD_H
#define SIM_CLI_RECORD_H

#include "sim/cli/record_pages.h"
#include "sim/machine/session.h"

struct recorder;

/* Returns NULL with a message on stderr. */
struct recorder *recorder_create(const char *path, const struct session_info *info);
/* Writes the file. Returns 0 or -EIO. NULL is allowed. */
MUST_USE int recorder_close(struct recorder *recorder);
/* One record. NULL is allowed, as below. */
void recorder_put(struct recorder *recorder, unsigned guest, enum session_op op, unsigned size,
                  uint64_t a, uint64_t b);
/* Where a guest's memory is: before it is seen. Returns 0 or -ENOMEM. */
MUST_USE int recorder_watch(struct recorder *recorder, unsigned guest, record_pages_read *read,
                            void *arg);
/* The guest is about to tell the device something: what it changed in memory, it changed before. */
void recorder_look(struct recorder *recorder, unsigned guest);
/* The device read this value, or err says that nothing is there: noted where it is not what it
 * would expect. */
void recorder_seen(struct recorder *recorder, unsigned guest, uint64_t addr, unsigned size,
                   uint64_t value, int err);
/* The device stored it, or err says that nothing is there. */
void recorder_stored(struct recorder *recorder, unsigned guest, uint64_t addr, unsigned size,
                     uint64_t value, int err);

#endif
