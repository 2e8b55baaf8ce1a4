/* SPDX-License-Identifier: MIT */
/* A recorded guest's memory for a machine that is not exactly as fast as the recorded one: what the
 * guest had written by the time the device first saw it is there from the access before on, since
 * that is what told the device of it. A second value of the same place waits until the first was
 * read, or for the next access. */
#include <stdlib.h>

#include "sim/machine/session.h"

#define MAX_WAITING 256u

/* Dwords of one read that the guest had changed. */
struct change {
    uint64_t addr, value;
    uint32_t order;
    uint8_t size, mask;
};

struct session_memory {
    const struct session_records *accesses;
    struct session_shadow *shadow;
    struct change *changes;
    uint32_t count, next, applied_from; /* from here on in the present interval */
    uint32_t waiting[MAX_WAITING];      /* changes whose place has one that was not read yet */
    unsigned num_waiting;
    bool failed; /* no memory for what the guest wrote */
};

/* ---- what the guest changed ------------------------------------------------------------------ */

static uint8_t changed_bytes(const struct session_shadow *known, const struct session_record *seen)
{
    uint64_t differs = session_shadow_get(known, seen->b, seen->size) ^ seen->c;
    uint8_t mask = 0;

    for (unsigned n = 0; n < seen->size; n++) {
        mask |= (uint8_t)((differs >> 8 * n & 0xff ? 1u : 0) << n);
    }
    /* Whole dwords: what stood there before may be another value here. */
    return (uint8_t)((mask & 0x0f ? 0x0f : 0) | (mask & 0xf0 ? 0xf0 : 0));
}

/* Goes through both streams in the order of recording. Returns false without memory. */
static bool changes_find(struct session_memory *memory, const struct session_records *seen,
                         const struct session_records *stores)
{
    struct session_shadow *known = session_shadow_create();
    uint32_t store = 0;
    bool good = known && memory->changes;

    for (uint32_t n = 0; good && n < seen->count; n++) {
        const struct session_record *record = &seen->records[n];

        for (; store < stores->count && stores->records[store].order < record->order; store++) {
            const struct session_record *done = &stores->records[store];

            good &= session_shadow_put(known, done->a, done->size, done->b) == 0;
        }
        if (record->op == SESSION_SEEN) {
            memory->changes[memory->count++] =
                (struct change){.addr = record->b,
                                .value = record->c,
                                .order = record->order,
                                .size = record->size,
                                .mask = changed_bytes(known, record)};
            good &= session_shadow_put(known, record->b, record->size, record->c) == 0;
        }
    }
    session_shadow_destroy(known);
    return good;
}

struct session_memory *session_memory_create(const struct session *session, unsigned guest)
{
    const struct session_records *streams = session->streams[guest];
    struct session_memory *memory = calloc(1, sizeof(*memory));

    if (!memory) {
        return NULL;
    }
    memory->accesses = &streams[SESSION_ACCESSES];
    memory->shadow = session_shadow_create();
    memory->changes = calloc(streams[SESSION_MEMORY].count + 1u, sizeof(*memory->changes));
    if (!memory->shadow ||
        !changes_find(memory, &streams[SESSION_MEMORY], &streams[SESSION_STORES])) {
        session_memory_destroy(memory);
        return NULL;
    }
    return memory;
}

void session_memory_destroy(struct session_memory *memory)
{
    if (memory) {
        session_shadow_destroy(memory->shadow);
        free(memory->changes);
        free(memory);
    }
}

/* ---- when it shows --------------------------------------------------------------------------- */

static void apply(struct session_memory *memory, const struct change *change)
{
    for (unsigned n = 0; n < change->size; n++) {
        if (change->mask >> n & 1) {
            memory->failed |= session_shadow_put(memory->shadow, change->addr + n, 1,
                                                 change->value >> 8 * n & 0xff) != 0;
        }
    }
}

static bool is_applied(const struct session_memory *memory, uint32_t change)
{
    for (uint32_t n = memory->applied_from; n < change; n++) {
        if (memory->changes[n].addr == memory->changes[change].addr) {
            return true;
        }
    }
    return false;
}

/* The order of recording of the next access that is not only time. */
static uint32_t interval_end(const struct session_memory *memory, uint32_t access)
{
    for (uint32_t n = access + 1; n < memory->accesses->count; n++) {
        if (memory->accesses->records[n].op != SESSION_DELAY) {
            return memory->accesses->records[n].order;
        }
    }
    return UINT32_MAX;
}

void session_memory_access(struct session_memory *memory, uint32_t access)
{
    uint32_t end;

    if (memory->accesses->records[access].op == SESSION_DELAY) {
        return;
    }
    for (unsigned n = 0; n < memory->num_waiting; n++) {
        apply(memory, &memory->changes[memory->waiting[n]]);
    }
    memory->num_waiting = 0;
    memory->applied_from = memory->next;
    end = interval_end(memory, access);
    for (; memory->next < memory->count && memory->changes[memory->next].order < end;
         memory->next++) {
        if (memory->num_waiting < MAX_WAITING && is_applied(memory, memory->next)) {
            memory->waiting[memory->num_waiting++] = memory->next;
        } else {
            apply(memory, &memory->changes[memory->next]);
        }
    }
}

/* The first that waits for this read of its place. */
static void release(struct session_memory *memory, uint64_t addr)
{
    unsigned n = 0;

    while (n < memory->num_waiting && memory->changes[memory->waiting[n]].addr != addr) {
        n++;
    }
    if (n == memory->num_waiting) {
        return;
    }
    apply(memory, &memory->changes[memory->waiting[n]]);
    memory->num_waiting--;
    for (; n < memory->num_waiting; n++) {
        memory->waiting[n] = memory->waiting[n + 1];
    }
}

uint64_t session_memory_read(struct session_memory *memory, uint64_t addr, unsigned size)
{
    uint64_t value = session_shadow_get(memory->shadow, addr, size);

    release(memory, addr);
    return memory->failed ? UINT64_MAX : value;
}

int session_memory_write(struct session_memory *memory, uint64_t addr, unsigned size,
                         uint64_t value)
{
    return session_shadow_put(memory->shadow, addr, size, value);
}
