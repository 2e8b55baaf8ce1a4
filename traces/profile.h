/* SPDX-License-Identifier: MIT */
/* Where the time of messages goes. An event log becomes messages with the time at which each
 * reached each point; a message's path is the chain of points that it waited for, so its hops add
 * up to its total exactly. Inside profile*.c and timeline_perfetto.c only. All times are
 * picoseconds of the machine. */
#ifndef TRACES_PROFILE_H
#define TRACES_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "sim/hal/bits.h"
#include "sim/hal/trace.h"
#include "traces/jsonl.h"

#define PROFILE_NEVER    UINT64_MAX
#define PROFILE_MAX_GPUS 16u
#define PROFILE_GTS      2u
#define PROFILE_NAME     64u
#define PROFILE_ERROR    1024u

enum profile_kind { PROFILE_H2G, PROFILE_G2H, PROFILE_MAILBOX, PROFILE_PV, PROFILE_NUM_KINDS };

/* A request with its answer, or an event that nobody asked for. */
struct profile_message {
    uint8_t gpu; /* in profile.gpus */
    uint8_t gt;
    uint8_t fn;      /* of a PV channel: vGPU, 0: not known */
    uint8_t kind;    /* enum profile_kind */
    bool request;    /* its sender waits for the answer */
    bool part;       /* an answer: counted with its request */
    uint16_t name;   /* in profile.names */
    uint32_t action; /* of an answer: its request's */
    uint32_t epoch;  /* of a mailbox: 0 */
    uint32_t pos;    /* of a mailbox: id */
    uint32_t fence;
    uint32_t call;      /* 0: not known */
    uint32_t previous;  /* of this function and kind, PROFILE_NONE: none */
    uint32_t next_rung; /* that waits for its doorbell */
    uint32_t answers;   /* request whose answer this is, if part */
    uint32_t dwords;    /* in its ring, with the CTB header; 0: not known */
    uint64_t at[TRACE_NUM_HOPS];
};

#define PROFILE_NONE UINT32_MAX

struct profile_names {
    char (*names)[PROFILE_NAME];
    size_t count;
};

/* A step of a migration, for one GT. Steps of a migration add up to its total. */
enum profile_step {
    PROFILE_PAUSE,
    PROFILE_DRAIN,
    PROFILE_SAVE,
    PROFILE_COPY,
    PROFILE_RESTORE,
    PROFILE_RESUME,
    PROFILE_INTERRUPT,
    PROFILE_TURN,
    PROFILE_RESFIX_START,
    PROFILE_QUERIES,
    PROFILE_FIXUPS,
    PROFILE_RESTART,
    PROFILE_RESFIX_DONE,
    PROFILE_FIRST_JOB,
    PROFILE_NUM_STEPS,
};

struct profile_migration {
    uint8_t from; /* in profile.gpus */
    uint8_t to;
    uint8_t vf_from;
    uint8_t vf_to;
    bool arrived;    /* the device runs at its target */
    uint64_t start;  /* the PF gets the command to pause */
    uint64_t resume; /* the device runs again, if arrived */
    struct profile_recovery {
        bool seen;
        bool ended; /* with the first job done, or without any job */
        uint64_t end;
        uint64_t steps[PROFILE_NUM_STEPS];
    } gts[PROFILE_GTS];
};

struct profile {
    struct profile_names gpus;
    struct profile_names names;
    struct profile_message *messages;
    size_t num_messages;
    struct profile_migration *migrations;
    size_t num_migrations;
    bool has_hops; /* the log tells of hops */
};

/* Reads the whole log. Returns 0 with a profile that profile_free frees, or -errno with a message
 * of at most PROFILE_ERROR characters in error. name is for messages. */
MUST_USE int profile_read(FILE *in, const char *name, struct profile *profile, char *error);
/* The same from DIR/events.jsonl. */
MUST_USE int profile_read_dir(const char *dir, struct profile *profile, char *error);
void profile_free(struct profile *profile);

/* As the log has it. */
const char *profile_hop_name(enum trace_hop_at at);
/* As it is called for messages of this kind. */
const char *profile_point_name(enum profile_kind kind, enum trace_hop_at at);
const char *profile_step_name(enum profile_step step);
const char *profile_kind_name(enum profile_kind kind);

/* ---- rings (profile_rings.c) ----------------------------------------------------------------- */

struct series_list;

/* Adds what is in use of each function's H2G ring. Returns 0, -ENOMEM. */
MUST_USE int profile_rings(const struct profile *profile, struct series_list *list);

/* ---- paths (profile_path.c) ------------------------------------------------------------------ */

struct profile_path {
    uint64_t start;
    uint64_t total;
    uint64_t hops[TRACE_NUM_HOPS]; /* PROFILE_NEVER: not on the path */
};

/* The path of a message that was handled to its end. Returns false for any other. */
bool profile_path(const struct profile *profile, const struct profile_message *message,
                  struct profile_path *path);

/* ---- migrations (profile_downtime.c) --------------------------------------------------------- */

struct downtime;

/* Returns NULL without memory. */
struct downtime *downtime_create(void);
void downtime_destroy(struct downtime *downtime);
/* One event of the GPU with this number. Returns 0, -ENOMEM. */
MUST_USE int downtime_event(struct downtime *downtime, const struct event *event, unsigned gpu);
/* Ends what is open, at the log's last time, and hands the migrations to the profile. */
void downtime_finish(struct downtime *downtime, struct profile *profile);

#endif
