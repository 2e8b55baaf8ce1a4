/* SPDX-License-Identifier: MIT */
/* Many runs: child processes of this very program, side by side; what regress and sweep share. */
#ifndef SIM_CLI_REGRESS_H
#define SIM_CLI_REGRESS_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "sim/cli/cli.h"
#include "sim/hal/bits.h"

#define POOL_MAX_ARGS  48u
#define POOL_MAX_JOBS  64u
#define DEFAULT_GOLDEN "traces/golden"

/* Sub-commands: argv[0] is the command's name. Return the exit code. */
int regress_main(int argc, char **argv);
int sweep_main(int argc, char **argv);

/* ---- regress_pool.c: the children ------------------------------------------------------------ */

/* One child to be started, and how it ended. */
struct pool_job {
    size_t number;                   /* the owner's */
    const char *args[POOL_MAX_ARGS]; /* of the sub-command, its name first; NULL behind the last */
    char log[PATH_MAX];              /* takes stdout and stderr */
    int code;                        /* exit code, 128 + signal */
    bool timed_out;                  /* in wall time: killed */
    double seconds;
};

struct pool_ops {
    /* Fills in number, args and log. Returns false when there is nothing to start now. Words of
     * args must stay until the child has ended. */
    bool (*next)(void *arg, struct pool_job *job);
    void (*done)(void *arg, const struct pool_job *job);
    void *arg;
};

/* Runs children, parallel at a time, until next has nothing and all have ended. No child outlives
 * this. Returns 0, -EINTR after SIGINT or SIGTERM, or -errno. */
MUST_USE int pool_run(unsigned parallel, unsigned timeout_s, const struct pool_ops *ops);
/* A whole number from 1 to max. */
bool number_parse(const char *text, unsigned long max, unsigned *number);
/* Makes a directory and its parents. Returns 0 or -errno. */
MUST_USE int path_make(const char *path);

/* ---- regress_find.c: the scenarios ----------------------------------------------------------- */

struct scenario {
    char path[PATH_MAX];
    char name[PATH_MAX]; /* below a folder called scenarios, else of the file; without .lua */
    int wanted;          /* exit code; 0 unless a comment says '-- exit: N' */
    char tags[128];    /* of the comment '-- tags: one two', with a blank before and behind each */
    bool exact;        /* golden = "exact" */
    bool states;       /* golden = "states" */
    char signals[256]; /* golden_signals = "glob,glob": whose waves are kept too; "" none */
};

struct scenarios {
    struct scenario *list;
    size_t count;
};

/* Adds a script, or all scripts below a directory that build a machine, in order of name. Returns 0
 * or -errno with a message of the command on stderr. */
MUST_USE int scenarios_add(struct scenarios *scenarios, const char *path, const char *command);
void scenarios_free(struct scenarios *scenarios);
/* The file that is meant by a word: it itself, or the scenario of that name below tests/scenarios,
 * with its path in buffer. A word that means none is returned as it is. */
const char *scenario_path(const char *word, char buffer[OUT_PATH_LEN]);
/* Whether there is such a file. Returns 0, or -errno with a message of the command on stderr that
 * names the nearest scenario. */
MUST_USE int scenario_check(const char *path, const char *command);
/* Copies the sentence at the begin of a script that tells what it shows; "" when there is none.
 * What does not fit is cut. */
void scenario_text(const char *path, char *text, size_t size);

/* ---- regress_report.c: what a run says of itself, and what regress says of all --------------- */

struct run_report {
    char result[32];
    char repeat[2 * PATH_MAX]; /* the command line that repeats it */
    char trace_sha256[65];
    char events_sha256[65];
    uint64_t seed;
};

/* Reads report.json. Fields are empty when it is not there or broken. */
void run_report_read(const char *path, struct run_report *report);

/* One scenario's outcome, for JUnit. */
struct verdict {
    const char *name;
    bool failed;
    double seconds;
    const char *reason; /* one line */
    const char *detail; /* several */
};

/* Returns 0 or -errno. The file is whole, or as it was before. */
MUST_USE int junit_write(const char *path, const struct verdict *verdicts, size_t count);

/* ---- regress_coverage.c: what all runs went through ------------------------------------------ */

struct coverage;

/* Tells all counts, and the holes. */
void regress_print_coverage(struct coverage *coverage, FILE *to);

/* ---- regress_run.c: the runs of a regression ------------------------------------------------- */

enum entry_state {
    ENTRY_WAITS,
    ENTRY_RUNS,
    ENTRY_WAITS_FOR_WAVES,
    ENTRY_RUNS_FOR_WAVES,
    ENTRY_DONE
};

/* A scenario on its way. */
struct entry {
    const struct scenario *scenario;
    enum entry_state state;
    unsigned runs;            /* that have ended */
    char out[PATH_MAX];       /* files of the first run */
    char again[PATH_MAX + 8]; /* files of repetitions */
    char golden[PATH_MAX];
    struct run_report first;
    bool failed;
    double seconds;
    char reason[256];
    char *detail; /* NULL without */
    size_t detail_size;
};

struct regress {
    unsigned parallel;
    unsigned repeat;
    unsigned timeout_s;
    unsigned shard, num_shards; /* shard from 1 */
    bool bless;
    const char *trace;         /* form of the waves that nobody compares */
    const char *tag;           /* only scenarios with it; NULL: all */
    const char *junit;         /* NULL: none */
    struct coverage *coverage; /* NULL: not asked for */
    const char *golden_root;   /* directories */
    const char *out_root;
    struct scenarios scenarios;
    struct entry *entries;
    size_t count;
    size_t ended, failed;
};

/* regress_exact.c: compares what a run left with its exact golden and tells the first difference.
 * Returns 0, 1 when they differ, -ENOENT when there is none. */
MUST_USE int exact_compare(const struct entry *entry, FILE *detail);
/* Makes it the golden. Returns 0 or -errno. */
MUST_USE int exact_bless(const struct entry *entry);

/* Runs all entries and judges them. Returns 0, -EINTR, or -errno. */
MUST_USE int regress_run(struct regress *regress);

#endif
