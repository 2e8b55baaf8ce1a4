/* SPDX-License-Identifier: MIT */
/* gucsim run: one scenario on one machine, from the words of the command line to an exit code
 * and a directory of files. Files are closed and valid however it ends. */
#include "sim/cli/cli.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sim/script/failure.h"
#include "traces/traces.h"

#define MAX_PRINTED 4u /* migrations */
#define WAITING_LEN 256

/* ---- the run -------------------------------------------------------------------------------- */

static void on_signal(int number)
{
    (void)number;
    sim_interrupt();
}

static void signals_take(void)
{
    struct sigaction action = {.sa_handler = on_signal};

    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
    /* a full disk and a reader that went away are errors of a write, and files still close */
    action.sa_handler = SIG_IGN;
    (void)sigaction(SIGXFSZ, &action, NULL);
    (void)sigaction(SIGPIPE, &action, NULL);
}

static uint64_t number_of(struct run_options *options, const char *key)
{
    return (uint64_t)params_find(&options->params, key)->number;
}

static struct sim *sim_open(struct run_options *options, const struct run_files *files)
{
    const struct sim_config config = {
        .clock_ps = number_of(options, "clock.ps"),
        .trace_path = *files->trace ? files->trace : NULL,
        .trace_scope = options->trace_scope,
        .trace_from_ps = options->trace_from.ps,
        .trace_to_ps = options->trace_to.ps,
        .trace_last_ps = options->trace_last_ps,
        .events_path = files->events,
        .names_path = files->names,
        .no_skip = options->no_skip,
        .skip_check = options->skip_check,
        .mmio_latency = number_of(options, "mmio.latency"),
        .mem_latency = number_of(options, "mem.latency"),
        .action_name = machine_action_name,
    };

    return sim_create(&config);
}

static bool all_hold(const struct script *script)
{
    unsigned count;
    const struct expectation *expectations = script_expectations(script, &count);

    for (unsigned i = 0; i < count; i++) {
        if (!expectations[i].ok) {
            return false;
        }
    }
    return true;
}

static void result_set(struct run_result *result, enum exit_code code, const char *word)
{
    result->code = code;
    result->word = word;
}

/* Who waits for what: actors, programs, messages, jobs. */
static void explain(const struct script *script, const struct sim *sim)
{
    script_explain(script, stderr);
    (void)fprintf(stderr, "programs:\n");
    sim_describe_waiting(sim, stderr);
}

/* Of the watchdog; 0: endless. A guest in another process may be idle for as long as it likes. */
static uint64_t patience_of(struct run_options *options)
{
    return options->prepare ? 0 : number_of(options, "watchdog");
}

/* Has nothing happened for as long as the watchdog allows? */
static bool watchdog_barks(struct run_options *options, const struct script *script,
                           const struct sim *sim)
{
    uint64_t patience = patience_of(options);

    return patience && sim_now_ps(sim) - script_last_event_ps(script) >= patience;
}

/* Why the machine came to rest, and what that means. Says what the script could not say itself. */
static void result_judge(struct run_result *result, struct run_options *options,
                         const struct script *script, struct sim *sim, enum sim_result end)
{
    char waiting[WAITING_LEN];

    script_waiting(script, waiting, sizeof(waiting));
    if (script_outcome(script) == SCRIPT_BROKEN || end == SIM_NOT_QUIET) {
        result_set(result, EXIT_TROUBLE, "error");
    } else if (script_outcome(script) == SCRIPT_FAILED) {
        result_set(result, EXIT_FAILS, "fail");
    } else if (end == SIM_INTERRUPTED) {
        result_set(result, EXIT_INTERRUPTED, "interrupted");
        (void)fprintf(stderr, "gucsim: interrupted; still waiting: %s\n", waiting);
    } else if (end == SIM_DEADLOCK) {
        result_set(result, EXIT_STUCK, "deadlock");
        (void)fprintf(stderr, "gucsim: nothing can ever happen again; actors that wait: %s\n",
                      waiting);
        explain(script, sim);
    } else if (end == SIM_UNTIL && watchdog_barks(options, script, sim)) {
        result_set(result, EXIT_STUCK, "watchdog");
        (void)fprintf(stderr, "gucsim: watchdog: no event since %.3f us; actors that wait: %s\n",
                      (double)script_last_event_ps(script) / 1e6, waiting);
        explain(script, sim);
    } else if (end == SIM_UNTIL) {
        bool asked = options->until.text && options->until.ps <= (uint64_t)sim_now_ps(sim);

        result_set(result, EXIT_FAILS, asked ? "until" : "time_limit");
        (void)fprintf(stderr, "gucsim: %s came before the end; actors that wait: %s\n",
                      asked ? "--until" : "the time limit", waiting);
        explain(script, sim);
    } else {
        result_set(result, all_hold(script) ? EXIT_HOLDS : EXIT_FAILS,
                   all_hold(script) ? "pass" : "fail");
    }
    result->error = script_error(script);
    if (*result->error) {
        (void)fprintf(stderr, "%s\n", result->error);
        script_print_failed(script, stderr);
    }
}

static double seconds_since(const struct timespec *start)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - start->tv_sec) + (double)(now.tv_nsec - start->tv_nsec) / 1e9;
}

static void print_opening(const struct run_options *options)
{
    char repeat[2 * OUT_PATH_LEN];

    if (options->quiet) {
        return;
    }
    (void)printf("%s: seed %" PRIu64, options->scenario, options->seed);
    for (unsigned i = 0; i < options->params.count; i++) {
        (void)printf("%s%s=%s", i ? " " : "\n  config: ", options->params.items[i].name,
                     options->params.items[i].value);
    }
    repeat_command(options, repeat, sizeof(repeat));
    (void)printf("\n  repeat: %s\n", repeat);
    (void)fflush(stdout);
}

/* A line for each; of many, the first ones. */
static void print_migrations(const struct script *script)
{
    unsigned count;
    const struct script_migration *migrations = script_migrations(script, &count);

    for (unsigned i = 0; i < count && i < MAX_PRINTED; i++) {
        const struct vmm_result *result = &migrations[i].result;

        (void)printf("  migration: %s ", migrations[i].vm);
        if (migrations[i].err) {
            (void)printf("stayed, %s at step %s", strerrorname_np(-migrations[i].err),
                         vmm_step_name(result->step));
        } else {
            (void)printf("moved");
        }
        (void)printf(", %u round%s, %" PRIu64 " bytes of RAM, %" PRIu64
                     " of the device; down %.3f of %.3f us\n",
                     result->rounds, result->rounds == 1 ? "" : "s", result->ram_bytes,
                     result->stream_size, (double)result->downtime_ns / 1e3,
                     (double)result->total_ns / 1e3);
    }
    if (count > MAX_PRINTED) {
        (void)printf("  migration: and %u more, see report.json\n", count - MAX_PRINTED);
    }
}

static void print_closing(const struct run_options *options, const struct script *script,
                          const struct run_result *result)
{
    unsigned count, good = 0;
    const struct expectation *expectations = script_expectations(script, &count);

    for (unsigned i = 0; i < count; i++) {
        good += expectations[i].ok;
    }
    if (options->quiet) {
        return;
    }
    print_migrations(script);
    (void)printf("%s: %u of %u expectations hold; %.3f us, %" PRIu64 " cycles (%" PRIu64
                 " evaluated) in %.2f s\n  files: %s\n",
                 result->word, good, count, (double)result->summary.sim_time_ps / 1e6,
                 result->summary.cycles, result->summary.rtl_evals, result->wall_s, options->out);
}

/* The machine is built: lets it run and closes its files. */
static void machine_run(struct run_options *options, struct script *script, struct sim *sim,
                        struct run_result *result)
{
    uint64_t until = number_of(options, "time_limit");
    enum sim_result end;
    struct timespec start;
    int err;

    if (options->until.text && options->until.ps < until) {
        until = options->until.ps;
    }
    (void)clock_gettime(CLOCK_MONOTONIC, &start);
    if (sim_start(sim)) {
        (void)fprintf(stderr, "gucsim run: --trace-scope %s: no signal has such a name\n",
                      options->trace_scope);
        return;
    }
    do {
        uint64_t patience = patience_of(options);
        uint64_t next = script_last_event_ps(script) + patience;

        end = sim_run(sim, patience && next < until ? next : until);
    } while (end == SIM_UNTIL && sim_now_ps(sim) < until - until % number_of(options, "clock.ps") &&
             !watchdog_barks(options, script, sim));
    result_judge(result, options, script, sim, end);
    if (result->code != EXIT_HOLDS) {
        sim_keep_trace(sim);
    }
    err = sim_finish(sim, &result->summary);
    result->wall_s = seconds_since(&start);
    if (err) {
        (void)fprintf(stderr, "gucsim: writing to %s: %s\n", options->out, strerror(-err));
        result_set(result, EXIT_TROUBLE, "error");
    }
}

/* Without its first view a run is as good as with it. */
static void view_write(const struct run_options *options, const struct run_files *files,
                       const struct run_result *result)
{
    int err = *files->trace ? gtkw_write(options->out, files->trace, result->summary.sim_time_ps,
                                         machine_action_name)
                            : 0;

    if (err && result->code != EXIT_TROUBLE) { /* which may have left no waves to show */
        (void)fprintf(stderr, "gucsim: %s/trace.gtkw: %s\n", options->out, strerror(-err));
    }
}

/* What channels and drivers looked like when they failed; said when the run did. */
static void failure_tell(const struct run_options *options, struct script *script,
                         const struct run_result *result)
{
    char path[OUT_PATH_LEN];
    int ret = 0;

    if (script_failure(script) &&
        snprintf(path, sizeof(path), "%s/failure.txt", options->out) < (int)sizeof(path)) {
        ret = failure_write(script_failure(script), path);
    }
    if (ret < 0) {
        (void)fprintf(stderr, "gucsim: %s: %s\n", path, strerror(-ret));
    } else if (ret > 0 && result->code != EXIT_HOLDS) {
        (void)fprintf(stderr, "gucsim: state at failure: %s\n", path);
    }
}

static int run_loaded(struct run_options *options, struct script *script,
                      const struct machine_desc *desc)
{
    struct run_result result = {.code = EXIT_TROUBLE, .word = "error", .error = ""};
    struct run_files files;
    struct machine *machine;
    struct sim *sim;

    if (run_files_prepare(options, &files)) {
        return EXIT_TROUBLE;
    }
    signals_take(); /* who sees files of the run may interrupt it */
    sim = sim_open(options, &files);
    if (!sim) {
        return EXIT_TROUBLE;
    }
    machine = machine_create(sim, desc);
    if (machine && options->prepare && options->prepare(options->prepare_arg, options, machine)) {
        machine_destroy(machine);
        machine = NULL;
    }
    if (machine) {
        print_opening(options);
        script_start(script, sim, machine);
        machine_run(options, script, sim, &result);
        if (report_write(files.report, options, script, &result)) {
            result.code = EXIT_TROUBLE;
        }
        failure_tell(options, script, &result);
        view_write(options, &files, &result);
        print_closing(options, script, &result);
        if (options->verify_skip && !verify_equal(options, &result)) {
            result.code = EXIT_TROUBLE;
        }
    }
    machine_destroy(machine);
    if (sim_destroy(sim) && result.code != EXIT_TROUBLE) {
        result.code = EXIT_TROUBLE;
    }
    return (int)result.code;
}

int run_once(struct run_options *options)
{
    const struct script_config config = {.path = options->scenario,
                                         .seed = options->seed,
                                         .out = options->out,
                                         .params = &options->params,
                                         .quiet = options->quiet};
    struct script *script = script_create(&config);
    struct machine_desc desc;
    int code = EXIT_TROUBLE;

    if (!script) {
        (void)fprintf(stderr, "gucsim: out of memory\n");
        return EXIT_TROUBLE;
    }
    if (script_load(script, &desc)) {
        (void)fprintf(stderr, "%s\n", script_error(script));
    } else {
        code = run_loaded(options, script, &desc);
    }
    script_destroy(script);
    return code;
}

int run_prepared(int argc, char **argv, char *const *given, run_prepare *prepare, void *arg)
{
    static struct run_options options; /* large */

    options = (struct run_options){.program = program_invocation_name,
                                   .out_is_default = true,
                                   .trace = "vcd.gz",
                                   .seed = 1,
                                   .given = given,
                                   .prepare = prepare,
                                   .prepare_arg = arg};
    if (run_options_parse(&options, argc, argv)) {
        return EXIT_TROUBLE;
    }
    if (options.verify_skip) {
        int code = verify_start(&options);

        if (code < 0 || code == EXIT_TROUBLE || code == EXIT_INTERRUPTED) {
            (void)fprintf(stderr, "gucsim: the run without skipping failed%s%s\n",
                          code < 0 ? ": " : "", code < 0 ? strerror(-code) : "");
            return code == EXIT_INTERRUPTED ? code : EXIT_TROUBLE;
        }
    }
    return run_once(&options);
}

int run_main(int argc, char **argv)
{
    return run_prepared(argc, argv, NULL, NULL, NULL);
}
