/* SPDX-License-Identifier: MIT */
/* A recorded session of outside guests: what each did to the machine and what it was answered, with
 * the scenario that the machine came from. A gzip file: lines of text ("gucsim session 2",
 * "scenario PATH", "seed N", "set KEY=VALUE"..., "vm NAME"... in order of their index), an empty
 * line, then records, by columns (session_columns.h). */
#ifndef SIM_MACHINE_SESSION_H
#define SIM_MACHINE_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/hal/bits.h"

#define SESSION_MAX_GUESTS 8u
#define SESSION_MAX_SETS   32u

enum session_op {
    /* the program of the accesses, in its order */
    SESSION_DELAY,     /* a: ns, b: how often */
    SESSION_READ,      /* size, a: offset, b: what it gave */
    SESSION_WRITE,     /* size, a: offset, b: value */
    SESSION_RESET,     /* FLR */
    SESSION_CONNECTED, /* a: 1 a client came, 0 it went */
    SESSION_END,       /* a: 1 when the run was broken off here */
    /* the guest's memory as the device saw it: what differs from what was last seen or stored */
    SESSION_SEEN,         /* size, a: number of the read since the last such record, b: address,
                            c: content, d: how many records back its first dword became so, 0:
                            before all; e: the second one */
    SESSION_SEEN_NOTHING, /* size, a, b; nothing is there */
    /* what the device did */
    SESSION_STORE,         /* size, a: address, b: value */
    SESSION_STORE_NOWHERE, /* the same; nothing is there */
    SESSION_RAISE,         /* a: vector */
    /* what the host did, in the program of the accesses */
    SESSION_STOPPED, /* the VM */
    SESSION_STARTED,
    SESSION_NUM_OPS
};

struct session_record {
    uint8_t op;
    uint8_t size;   /* bytes, 1..8 where it applies */
    uint32_t order; /* its number in the file; the reader's */
    uint64_t a, b, c, d, e;
};

struct session_info {
    char *scenario;
    uint64_t seed;
    char *sets[SESSION_MAX_SETS];
    unsigned num_sets;
    char *vms[SESSION_MAX_GUESTS];
    unsigned num_vms;
};

/* ---- writing --------------------------------------------------------------------------------- */

struct session_writer;

/* Returns NULL with a message on stderr. */
struct session_writer *session_create(const char *path, const struct session_info *info);
/* Returns how many records there are now. */
uint32_t session_put(struct session_writer *writer, unsigned guest,
                     const struct session_record *record);
/* Returns 0, or -EIO when something could not be written. NULL is allowed. */
MUST_USE int session_close(struct session_writer *writer);

/* ---- reading --------------------------------------------------------------------------------- */

enum session_stream {
    SESSION_ACCESSES,
    SESSION_MEMORY,
    SESSION_STORES,
    SESSION_RAISES,
    SESSION_STREAMS
};

struct session {
    struct session_info info;
    struct session_records {
        struct session_record *records;
        uint32_t count, room;
    } streams[SESSION_MAX_GUESTS][SESSION_STREAMS];
    uint32_t num_records;
};

/* Reads a whole file. Returns NULL with a message on stderr: no session, or a broken one. */
struct session *session_read(const char *path);
void session_free(struct session *session);

/* ---- what is known of each byte of a guest's memory ------------------------------------------ */

struct session_shadow;

struct session_shadow *session_shadow_create(void);
void session_shadow_destroy(struct session_shadow *shadow);
/* Content of 1..8 bytes; zero where nothing is known. */
uint64_t session_shadow_get(const struct session_shadow *shadow, uint64_t addr, unsigned size);
/* Returns 0 or -ENOMEM. */
MUST_USE int session_shadow_put(struct session_shadow *shadow, uint64_t addr, unsigned size,
                                uint64_t value);

/* ---- the same for a machine of another speed ------------------------------------------------ */

struct session_memory;

/* The guest's memory as the session tells it. session must outlive it. Returns NULL without
 * memory. */
struct session_memory *session_memory_create(const struct session *session, unsigned guest);
void session_memory_destroy(struct session_memory *memory);
/* The guest has come to the record of that order. */
void session_memory_advance(struct session_memory *memory, uint32_t order);
/* The device's: 1..8 bytes. */
uint64_t session_memory_read(const struct session_memory *memory, uint64_t addr, unsigned size);
MUST_USE int session_memory_write(struct session_memory *memory, uint64_t addr, unsigned size,
                                  uint64_t value);

#endif
