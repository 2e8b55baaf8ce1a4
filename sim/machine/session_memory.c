/* SPDX-License-Identifier: MIT */
/* A recorded guest's memory for a machine that is not exactly as fast as the recorded one: what the
 * guest changed shows from where it changed it, whenever the device comes for it. */
#include <stdlib.h>

#include "sim/machine/session.h"

#define DWORD 4u

struct change {
    uint64_t addr;
    uint32_t value;
    uint32_t at; /* shows when the guest comes to the record of that order */
    uint32_t number;
    uint8_t size;
};

struct session_memory {
    struct session_shadow *shadow;
    struct change *changes; /* in the order in which they show */
    uint32_t count, next;
    bool failed; /* no memory for what the guest wrote */
};

/* ---- what the guest changed ------------------------------------------------------------------ */

static void change_add(struct session_memory *memory, const struct session_record *seen,
                       unsigned from, uint64_t age)
{
    const unsigned left = seen->size - from;
    const bool known = age && age <= seen->order + 1u;

    memory->changes[memory->count] =
        (struct change){.addr = seen->b + from,
                        .value = (uint32_t)(seen->c >> 8 * from),
                        .at = known ? seen->order + 1u - (uint32_t)age : 0,
                        .number = memory->count,
                        .size = (uint8_t)(left < DWORD ? left : DWORD)};
    memory->count++;
}

/* One or two dwords. The other may be another value here than it was there. */
static void changes_add(struct session_memory *memory, const struct session_shadow *known,
                        const struct session_record *seen)
{
    const uint64_t differs = session_shadow_get(known, seen->b, seen->size) ^ seen->c;

    if ((uint32_t)differs) {
        change_add(memory, seen, 0, seen->d);
    }
    if (differs >> 32 && seen->size > DWORD) {
        change_add(memory, seen, DWORD, seen->e);
    }
}

/* Goes through the streams in the order of recording. Returns false without memory. */
static bool changes_find(struct session_memory *memory, const struct session_records *seen,
                         const struct session_records *stores)
{
    struct session_shadow *known = session_shadow_create();
    bool good = known && memory->changes;
    uint32_t store = 0;

    for (uint32_t n = 0; good && n < seen->count; n++) {
        const struct session_record *record = &seen->records[n];

        for (; store < stores->count && stores->records[store].order < record->order; store++) {
            const struct session_record *done = &stores->records[store];

            good &= session_shadow_put(known, done->a, done->size, done->b) == 0;
        }
        if (record->op == SESSION_SEEN) {
            changes_add(memory, known, record);
            good &= session_shadow_put(known, record->b, record->size, record->c) == 0;
        }
    }
    session_shadow_destroy(known);
    return good;
}

static int by_place(const void *a, const void *b)
{
    const struct change *x = a, *y = b;

    if (x->at != y->at) {
        return x->at < y->at ? -1 : 1;
    }
    return x->number < y->number ? -1 : x->number > y->number;
}

struct session_memory *session_memory_create(const struct session *session, unsigned guest)
{
    const struct session_records *streams = session->streams[guest];
    struct session_memory *memory = calloc(1, sizeof(*memory));

    if (!memory) {
        return NULL;
    }
    memory->shadow = session_shadow_create();
    memory->changes = calloc(2u * streams[SESSION_MEMORY].count + 1u, sizeof(*memory->changes));
    if (!memory->shadow ||
        !changes_find(memory, &streams[SESSION_MEMORY], &streams[SESSION_STORES])) {
        session_memory_destroy(memory);
        return NULL;
    }
    qsort(memory->changes, memory->count, sizeof(*memory->changes), by_place);
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

/* ---- as it shows ----------------------------------------------------------------------------- */

void session_memory_advance(struct session_memory *memory, uint32_t order)
{
    for (; memory->next < memory->count && memory->changes[memory->next].at <= order;
         memory->next++) {
        const struct change *change = &memory->changes[memory->next];

        memory->failed |=
            session_shadow_put(memory->shadow, change->addr, change->size, change->value) != 0;
    }
}

uint64_t session_memory_read(const struct session_memory *memory, uint64_t addr, unsigned size)
{
    return memory->failed ? UINT64_MAX : session_shadow_get(memory->shadow, addr, size);
}

int session_memory_write(struct session_memory *memory, uint64_t addr, unsigned size,
                         uint64_t value)
{
    return session_shadow_put(memory->shadow, addr, size, value);
}
