/* SPDX-License-Identifier: MIT */
/* A replay and the two ways to play a guest of it: exactly (replay.c), or in the order of cause and
 * effect on a machine of another speed (replay_loose.c). */
#ifndef SIM_CLI_REPLAY_H
#define SIM_CLI_REPLAY_H

#include "sim/machine/outside.h"

#define REPLAY_SEED_LEN 24u

struct loose;

struct replayed {
    struct outside outside;
    struct replay *replay;
    uint32_t at[SESSION_STREAMS];  /* next record of each */
    struct session_shadow *shadow; /* exact */
    uint64_t reads;                /* exact: since the last record of one */
    struct loose *loose;           /* NULL: exact */
};

struct replay {
    struct session *session;
    struct replayed guests[SESSION_MAX_GUESTS];
    struct sim *sim;
    char seed[REPLAY_SEED_LEN]; /* as a word */
    bool loose;                 /* a machine of another speed is as good */
    bool diverged;
};

/* The next record of a stream, or NULL. */
const struct session_record *replay_peek(const struct replayed *guest, enum session_stream stream);
/* Says once what came and what the session has, and stops the run. */
__attribute__((format(printf, 3, 4))) void
replay_diverge(struct replayed *guest, enum session_stream stream, const char *came, ...);
/* Plays one access. Returns what a read gave, else 0. */
uint64_t replay_access(struct replayed *guest, const struct session_record *record);

/* Makes it the loose kind; session and outside are filled in. Returns 0 or -ENOMEM. */
MUST_USE int loose_start(struct replayed *guest);
void loose_destroy(struct loose *loose);

#endif
