/* SPDX-License-Identifier: MIT */
/* Store of a Chrome trace: slices on tracks, flows between them, counters. Slices of one track may
 * overlap in any way; those that neither nest nor follow each other get lanes of their own, so
 * that what is written always nests. A slice that is part of another stays with it, and nothing
 * else gets between. Inside timeline_perfetto*.c only. */
#ifndef TRACES_TIMELINE_PERFETTO_H
#define TRACES_TIMELINE_PERFETTO_H

#include "traces/profile.h"

#define PERFETTO_NONE UINT32_MAX

struct perfetto_track {
    uint32_t process; /* names */
    uint32_t thread;
    uint32_t pid;
    bool parts; /* some of its slices are parts of others */
    uint32_t lanes;
    uint32_t first_tid; /* of its lanes, within the file */
};

struct perfetto_slice {
    uint32_t number; /* in the order of adding */
    uint32_t track;
    uint32_t whole; /* number of the slice that it is a part of, or PERFETTO_NONE */
    uint32_t name;
    uint32_t lane;
    uint64_t start;
    uint64_t end;
};

/* A point of an arrow: 's' start, 't' step, 'f' end. It binds to the slice that holds it. */
struct perfetto_flow {
    uint32_t slice; /* number */
    uint32_t id;
    uint64_t at;
    char phase;
};

struct perfetto_counter {
    uint32_t process;
    uint32_t name;
    uint64_t at;
    uint64_t value;
};

struct perfetto {
    struct profile_names names;
    struct perfetto_track *tracks;
    uint32_t num_tracks;
    struct perfetto_slice *slices;
    uint32_t num_slices;
    struct perfetto_flow *flows;
    uint32_t num_flows;
    struct perfetto_counter *counters;
    uint32_t num_counters;
    int error; /* first failure, -errno; later calls do nothing */
};

/* Number of a track, added when new. */
uint32_t perfetto_track(struct perfetto *trace, const char *process, const char *thread);
/* Parts of a whole lie within it and follow each other. Returns its number, PERFETTO_NONE after a
 * failure. */
uint32_t perfetto_slice(struct perfetto *trace, uint32_t track, uint32_t whole, const char *name,
                        uint64_t start, uint64_t end);
void perfetto_flow(struct perfetto *trace, uint32_t slice, uint32_t id, char phase, uint64_t at);
void perfetto_counter(struct perfetto *trace, const char *process, const char *name, uint64_t at,
                      uint64_t value);
/* Orders what was added and writes it. */
void perfetto_write(struct perfetto *trace, FILE *out);
void perfetto_free(struct perfetto *trace);

#endif
