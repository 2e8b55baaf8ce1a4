/* SPDX-License-Identifier: MIT */
/* The command line: sub-commands, exit codes, one run and its report. */
#ifndef SIM_CLI_CLI_H
#define SIM_CLI_CLI_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/core/sim.h"
#include "sim/script/params.h"
#include "sim/script/script.h"

enum exit_code {
    EXIT_HOLDS = 0,         /* all expectations hold */
    EXIT_FAILS = 1,         /* one does not, a verb failed, or time was up */
    EXIT_TROUBLE = 2,       /* bad usage, input, script or file */
    EXIT_STUCK = 3,         /* nothing can ever happen again */
    EXIT_INTERRUPTED = 130, /* by SIGINT or SIGTERM */
};

#define OUT_PATH_LEN 1024u

/* Files of a run's directory. */
struct run_files {
    char trace[OUT_PATH_LEN]; /* "" when waves are off */
    char names[OUT_PATH_LEN];
    char events[OUT_PATH_LEN];
    char report[OUT_PATH_LEN];
};

struct run_options;

/* Called when the machine is built, before its scenario goes on. Returns 0, or -errno with a text
 * on stderr. */
typedef int run_prepare(void *arg, const struct run_options *options, struct machine *machine);

/* A time of the command line. */
struct run_time {
    const char *text; /* as written; NULL: not asked for */
    uint64_t ps;
};

/* One run as the command line asks for it. */
struct run_options {
    const char *program; /* argv[0] */
    const char *scenario;
    char path[OUT_PATH_LEN]; /* of the scenario, when it was named otherwise */
    char out[OUT_PATH_LEN];
    bool out_is_default;
    const char *trace;       /* vcd, vcd.gz, off or last=TIME, as written */
    uint64_t trace_last_ps;  /* 0: all of it */
    const char *trace_scope; /* NULL: all signals */
    struct run_time trace_from, trace_to, until;
    uint64_t seed;
    uint64_t skip_check; /* cycles; 0: off */
    bool no_skip;
    bool verify_skip;
    bool quiet;
    struct params params;
    char *const *given;   /* words of the command that is no plain run; NULL: it is one */
    run_prepare *prepare; /* NULL: nothing to do */
    void *prepare_arg;
};

/* What is known when a run is over. */
struct run_result {
    enum exit_code code;
    const char *word;  /* pass, fail, time_limit, until, error, deadlock, interrupted */
    const char *error; /* text, or "" */
    double wall_s;
    struct sim_summary summary;
};

/* Sub-commands: argv[0] is the command's name. Return the exit code. */
int run_main(int argc, char **argv);
int list_main(int argc, char **argv);
int serve_main(int argc, char **argv);
int replay_main(int argc, char **argv);

/* run.c: as run_main, with something to do first, for a command that was given by these words (NULL
 * behind the last). */
int run_prepared(int argc, char **argv, char *const *given, run_prepare *prepare, void *arg);

/* run_options.c: fills in options from the words after "run". Returns 0, or -EINVAL with a message
 * on stderr. */
MUST_USE int run_options_parse(struct run_options *options, int argc, char **argv);
/* run_options.c: whether --trace takes this. */
bool run_trace_is_good(const char *form);
/* run.c: one run by these options. Returns the exit code. */
int run_once(struct run_options *options);
/* verify.c: does the run without skipping, in another process and DIR/no-skip. Returns its exit
 * code, or -errno. */
MUST_USE int verify_start(struct run_options *options);
/* verify.c: whether that run wrote the same bytes; complains on stderr when it did not. */
MUST_USE bool verify_equal(const struct run_options *options, const struct run_result *result);

/* Makes the directory and its parents, removes what an earlier run left there, and fills in the
 * paths. Returns 0, or -errno with a message on stderr. */
MUST_USE int run_files_prepare(const struct run_options *options, struct run_files *files);
/* Writes report.json. Returns 0, or -errno with a message on stderr. */
MUST_USE int report_write(const char *path, const struct run_options *options,
                          const struct script *script, const struct run_result *result);
/* The one command line that does this run again, into buffer. */
void repeat_command(const struct run_options *options, char *buffer, size_t size);

#endif
