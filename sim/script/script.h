/* SPDX-License-Identifier: MIT */
/* One scenario as the commands see it, without Lua: load it, learn which machine it
 * wants, let its actors run, ask how it went. */
#ifndef SIM_SCRIPT_SCRIPT_H
#define SIM_SCRIPT_SCRIPT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "sim/machine/machine.h"
#include "sim/script/params.h"

struct script;
struct failure; /* failure.h */

struct script_config {
    const char *path;
    uint64_t seed;         /* of math.random */
    struct params *params; /* with the --set words; gets all declared keys */
    const char *out;       /* directory of the run's files; NULL: none */
    bool quiet;            /* no say, no expectations on the terminal */
};

enum script_outcome {
    SCRIPT_RUNNING, /* some actor has not ended */
    SCRIPT_ENDED,
    SCRIPT_FAILED, /* a verb failed and no one caught it */
    SCRIPT_BROKEN, /* wrong Lua, or a wrong use of a function */
};

struct expectation {
    char *name;
    char *said; /* "seen 1, wanted 2" of one that does not hold, or NULL */
    int line;   /* of the script */
    bool ok;
    uint64_t at_ps;
};

/* A migration that a scenario had done, or that failed. */
struct script_migration {
    const char *vm;
    int err;
    struct vmm_result result;
};

/* Returns NULL without memory. config's pointers must outlive it. */
struct script *script_create(const struct script_config *config);
/* After sim_destroy: its actors' stacks are gone then. NULL is allowed. */
void script_destroy(struct script *script);
/* Runs the text up to machine{...}. Returns 0 with *desc filled in, or -EINVAL with script_error
 * set. */
MUST_USE int script_load(struct script *script, struct machine_desc *desc);
/* Between building and sim_start: the text goes on behind machine{...} as the actor "main". */
void script_start(struct script *script, struct sim *sim, struct machine *machine);

/* Snapshots of what failed so far; NULL before script_start, or without memory. */
struct failure *script_failure(struct script *script);
/* How it ended. */
enum script_outcome script_outcome(const struct script *script);
/* What went wrong, with file, line and traceback; "" when nothing did. */
const char *script_error(const struct script *script);
const struct expectation *script_expectations(const struct script *script, unsigned *count);
const struct script_migration *script_migrations(const struct script *script, unsigned *count);
/* Names the actors that have not ended, comma separated, into text. */
void script_waiting(const struct script *script, char *text, size_t size);
/* Tells where each actor stands, and what is open in the machine. */
void script_explain(const struct script *script, FILE *to);
/* After SCRIPT_FAILED: tells the last messages of the actor whose function failed. */
void script_print_failed(const struct script *script, FILE *to);
/* Time of the machine's last event. */
uint64_t script_last_event_ps(const struct script *script);

/* The folder of gucsim's own scenarios, with a slash at its end: "tests/scenarios/" where the
 * program was started in its tree. */
const char *script_own_scenarios(void);
/* Name of the n-th function that a scenario can call, as docs/scenario.md spells it
 * ("vf:submit"); NULL past the last. */
const char *script_function_name(unsigned n);

#endif
