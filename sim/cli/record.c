/* SPDX-License-Identifier: MIT */
/* Recording of served guests: see record.h. */
#include "sim/cli/record.h"

#include <errno.h>
#include <stdlib.h>

#define DWORD 4u

struct recorder {
    struct session_writer *writer;
    uint32_t count; /* records so far */
    bool failed;
    struct recorded {
        struct session_shadow *known; /* what the device would expect */
        struct record_pages *pages;   /* NULL: not watched */
        uint64_t reads;               /* since the last record of one */
    } guests[SESSION_MAX_GUESTS];
};

static void recorder_destroy(struct recorder *recorder)
{
    for (unsigned n = 0; n < SESSION_MAX_GUESTS; n++) {
        session_shadow_destroy(recorder->guests[n].known);
        record_pages_destroy(recorder->guests[n].pages);
    }
    free(recorder);
}

struct recorder *recorder_create(const char *path, const struct session_info *info)
{
    struct recorder *recorder = calloc(1, sizeof(*recorder));
    bool good = recorder != NULL;

    for (unsigned n = 0; good && n < info->num_vms; n++) {
        recorder->guests[n].known = session_shadow_create();
        good = recorder->guests[n].known;
    }
    if (good) {
        recorder->writer = session_create(path, info);
    }
    if (recorder && !recorder->writer) {
        recorder_destroy(recorder);
        return NULL;
    }
    return recorder;
}

int recorder_close(struct recorder *recorder)
{
    int err;

    if (!recorder) {
        return 0;
    }
    err = session_close(recorder->writer);
    for (unsigned n = 0; n < SESSION_MAX_GUESTS; n++) {
        recorder->failed |=
            recorder->guests[n].pages && record_pages_failed(recorder->guests[n].pages);
    }
    err = recorder->failed ? -EIO : err;
    recorder_destroy(recorder);
    return err;
}

void recorder_put(struct recorder *recorder, unsigned guest, enum session_op op, unsigned size,
                  uint64_t a, uint64_t b)
{
    const struct session_record record = {.op = (uint8_t)op, .size = (uint8_t)size, .a = a, .b = b};

    if (recorder) {
        recorder->count = session_put(recorder->writer, guest, &record);
    }
}

/* ---- the guest's memory ---------------------------------------------------------------------- */

int recorder_watch(struct recorder *recorder, unsigned guest, record_pages_read *read, void *arg)
{
    if (recorder) {
        recorder->guests[guest].pages = record_pages_create(read, arg);
    }
    return !recorder || recorder->guests[guest].pages ? 0 : -ENOMEM;
}

void recorder_look(struct recorder *recorder, unsigned guest)
{
    if (recorder) {
        record_pages_look(recorder->guests[guest].pages, recorder->count);
    }
}

/* How far back a dword became as the device finds it; 0: before anything. */
static uint64_t age(struct recorder *recorder, unsigned guest, uint64_t addr, uint32_t value)
{
    const uint32_t since =
        record_pages_since(recorder->guests[guest].pages, addr, value, recorder->count);

    return since ? recorder->count + 1u - since : 0;
}

/* Fills in the ages of the dwords that are not as the device would expect. */
static void ages_take(struct recorder *recorder, unsigned guest, struct session_record *seen)
{
    const uint64_t differs =
        session_shadow_get(recorder->guests[guest].known, seen->b, seen->size) ^ seen->c;

    if (seen->b % DWORD || seen->size % DWORD) { /* never by this device */
        seen->d = 1;
        seen->e = 1;
        return;
    }
    if ((uint32_t)differs) {
        seen->d = age(recorder, guest, seen->b, (uint32_t)seen->c);
    }
    if (differs >> 32) {
        seen->e = age(recorder, guest, seen->b + DWORD, (uint32_t)(seen->c >> 32));
    }
}

void recorder_seen(struct recorder *recorder, unsigned guest, uint64_t addr, unsigned size,
                   uint64_t value, int err)
{
    struct session_record record = {
        .op = SESSION_SEEN, .size = (uint8_t)size, .b = addr, .c = value};
    struct recorded *recorded;

    if (!recorder) {
        return;
    }
    recorded = &recorder->guests[guest];
    recorded->reads++;
    record_pages_touch(recorded->pages, addr);
    if (!err && session_shadow_get(recorded->known, addr, size) == value) {
        return;
    }
    if (err) {
        record.op = SESSION_SEEN_NOTHING;
        record.c = 0;
    } else {
        ages_take(recorder, guest, &record);
        recorder->failed |= session_shadow_put(recorded->known, addr, size, value) != 0;
    }
    record.a = recorded->reads;
    recorded->reads = 0;
    recorder->count = session_put(recorder->writer, guest, &record);
}

void recorder_stored(struct recorder *recorder, unsigned guest, uint64_t addr, unsigned size,
                     uint64_t value, int err)
{
    if (!recorder) {
        return;
    }
    if (!err) {
        recorder->failed |=
            session_shadow_put(recorder->guests[guest].known, addr, size, value) != 0;
        record_pages_store(recorder->guests[guest].pages, addr, size, value);
    }
    recorder_put(recorder, guest, err ? SESSION_STORE_NOWHERE : SESSION_STORE, size, addr, value);
}
