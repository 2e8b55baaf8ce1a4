/* SPDX-License-Identifier: MIT */
/* The runs of a regression: a scenario runs without waves, is judged by its exit code and its
 * golden, runs again as often as asked for, and once more with waves when it failed. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/cli/regress.h"
#include "traces/traces.h"

#define MAX_ERROR 1024
#define LOG_LINES 20u /* last ones of a failed run that are shown */
#define LOG_BYTES 4096

/* ---- starting -------------------------------------------------------------------------------- */

static bool next_run(void *arg, struct pool_job *job)
{
    struct regress *regress = arg;
    struct entry *entry = NULL;
    bool waves;
    const char *out;

    for (size_t i = 0; !entry && i < regress->count; i++) {
        enum entry_state state = regress->entries[i].state;

        if (state == ENTRY_WAITS || state == ENTRY_WAITS_FOR_WAVES) {
            entry = &regress->entries[i];
        }
    }
    if (!entry) {
        return false;
    }
    waves = entry->state == ENTRY_WAITS_FOR_WAVES || regress->repeat > 1;
    entry->state = entry->state == ENTRY_WAITS ? ENTRY_RUNS : ENTRY_RUNS_FOR_WAVES;
    out = entry->runs == 0 || entry->state == ENTRY_RUNS_FOR_WAVES ? entry->out : entry->again;
    *job = (struct pool_job){
        .number = (size_t)(entry - regress->entries),
        .args = {"run", entry->scenario->path, "--quiet", "--out", out, "--trace",
                 waves ? "vcd.gz" : regress->trace},
    };
    if (entry->state == ENTRY_RUNS && entry->scenario->exact && *entry->scenario->signals) {
        job->args[6] = "vcd";
        job->args[7] = "--trace-scope";
        job->args[8] = entry->scenario->signals;
    }
    (void)snprintf(job->log, sizeof(job->log), "%.*s/log.txt", (int)(sizeof(job->log) - 16), out);
    if (path_make(out)) {
        job->log[0] = '\0'; /* cannot be opened: the child ends at once, and is told so */
    }
    return true;
}

/* ---- judging --------------------------------------------------------------------------------- */

static void fail(struct regress *regress, struct entry *entry, const char *reason)
{
    regress->failed += !entry->failed;
    entry->failed = true;
    (void)snprintf(entry->reason, sizeof(entry->reason), "%s", reason);
}

/* The end of what the run printed. */
static void put_log(FILE *to, const char *path)
{
    char text[LOG_BYTES + 1];
    FILE *file = fopen(path, "r");
    const char *from;
    size_t length = 0;
    unsigned lines = 0;

    if (file) {
        if (fseek(file, -LOG_BYTES, SEEK_END)) {
            rewind(file);
        }
        length = fread(text, 1, LOG_BYTES, file);
        (void)fclose(file);
    }
    text[length] = '\0';
    for (from = text + length; from > text; from--) {
        lines += from[-1] == '\n';
        if (lines > LOG_LINES) {
            break;
        }
    }
    (void)fputs(from, to);
}

static void judge_code(struct regress *regress, struct entry *entry, const struct pool_job *job)
{
    char reason[160];

    if (job->timed_out) {
        (void)snprintf(reason, sizeof(reason), "no end within %u s of wall time",
                       regress->timeout_s);
        fail(regress, entry, reason);
    } else if (job->code != entry->scenario->wanted) {
        (void)snprintf(reason, sizeof(reason), "exit code %d (%s), %d is wanted", job->code,
                       *entry->first.result ? entry->first.result : "no report",
                       entry->scenario->wanted);
        fail(regress, entry, reason);
    }
}

static enum golden_keep kept_of(const struct entry *entry)
{
    return entry->scenario->states ? GOLDEN_STATES : GOLDEN_ORDER;
}

/* The command that makes the golden. */
static void put_bless(const struct regress *regress, const struct entry *entry, const char *when,
                      FILE *detail)
{
    bool own = strcmp(regress->golden_root, DEFAULT_GOLDEN) != 0;

    (void)fprintf(detail, "%s: gucsim regress %s%s%s--bless %s\n", when, own ? "--golden " : "",
                  own ? regress->golden_root : "", own ? " " : "", entry->scenario->path);
}

static void judge_golden(struct regress *regress, struct entry *entry, FILE *detail)
{
    char events[PATH_MAX + 16], error[MAX_ERROR] = "";
    int ret;

    (void)snprintf(events, sizeof(events), "%s/events.jsonl", entry->out);
    ret = golden_compare(entry->golden, events, kept_of(entry), detail, error, sizeof(error));
    if (ret == 1) {
        fail(regress, entry, "differs from its golden");
        put_bless(regress, entry, "if meant", detail);
    } else if (ret == -ENOENT) {
        fail(regress, entry, "has no golden");
        (void)fprintf(detail, "%s\n", error);
        put_bless(regress, entry, "to make one", detail);
    } else if (ret) {
        fail(regress, entry, "cannot be compared");
        (void)fprintf(detail, "%s\n", error);
    }
}

static void judge_exact(struct regress *regress, struct entry *entry, FILE *detail)
{
    int ret = exact_compare(entry, detail);

    if (ret == 1) {
        fail(regress, entry, "differs from its exact golden");
        put_bless(regress, entry, "if meant", detail);
    } else if (ret) {
        fail(regress, entry, "has no exact golden");
        put_bless(regress, entry, "to make one", detail);
    }
}

static void judge_repetition(struct regress *regress, struct entry *entry, FILE *detail)
{
    char path[PATH_MAX + 32], reason[160];
    struct run_report report;

    (void)snprintf(path, sizeof(path), "%s/report.json", entry->again);
    run_report_read(path, &report);
    if (strcmp(report.events_sha256, entry->first.events_sha256) == 0 &&
        strcmp(report.trace_sha256, entry->first.trace_sha256) == 0) {
        return;
    }
    (void)snprintf(reason, sizeof(reason), "run %u of %u differs from the first", entry->runs + 1,
                   regress->repeat);
    fail(regress, entry, reason);
    (void)fprintf(detail, "the first divergence: gucsim diff %s %s\n", entry->out, entry->again);
}

/* ---- blessing -------------------------------------------------------------------------------- */

/* Writes the golden beside its place and moves it there whole: none is ever half written. */
static int replace_golden(struct entry *entry, const char *events, char error[MAX_ERROR])
{
    char temporary[PATH_MAX + 8], dir[PATH_MAX];
    FILE *file;
    int err;

    (void)snprintf(dir, sizeof(dir), "%s", entry->golden);
    *strrchr(dir, '/') = '\0';
    (void)snprintf(temporary, sizeof(temporary), "%s.tmp", entry->golden);
    err = path_make(dir);
    file = err ? NULL : fopen(temporary, "w");
    if (!file) {
        (void)snprintf(error, MAX_ERROR, "%s: %s", temporary, strerror(err ? -err : errno));
        return err ? err : -EIO;
    }
    err = golden_write(events, kept_of(entry), file, error, MAX_ERROR);
    if ((fclose(file) || (!err && rename(temporary, entry->golden))) && !err) {
        err = -errno;
        (void)snprintf(error, MAX_ERROR, "%s: %s", entry->golden, strerror(errno));
    }
    if (err) {
        (void)unlink(temporary);
    }
    return err;
}

static void bless(struct regress *regress, struct entry *entry, FILE *detail)
{
    char events[PATH_MAX + 16], error[MAX_ERROR] = "";
    int ret;

    (void)snprintf(events, sizeof(events), "%s/events.jsonl", entry->out);
    ret = golden_compare(entry->golden, events, kept_of(entry), detail, error, sizeof(error));
    if (entry->scenario->exact && ret == 0) {
        ret = exact_compare(entry, detail);
    }
    if (ret == 0) {
        return;
    }
    if (replace_golden(entry, events, error) || (entry->scenario->exact && exact_bless(entry))) {
        fail(regress, entry, "cannot be blessed");
        (void)fprintf(detail, "%s\n", error);
        return;
    }
    (void)snprintf(entry->reason, sizeof(entry->reason), "%s %s", ret == 1 ? "replaced" : "made",
                   entry->golden);
}

/* ---- the ends of runs ------------------------------------------------------------------------ */

static void judge(struct regress *regress, struct entry *entry, const struct pool_job *job)
{
    FILE *detail = open_memstream(&entry->detail, &entry->detail_size);

    if (!detail) {
        fail(regress, entry, "no memory");
        return;
    }
    if (entry->runs == 0) {
        char path[PATH_MAX + 32];

        (void)snprintf(path, sizeof(path), "%s/report.json", entry->out);
        run_report_read(path, &entry->first);
        if (regress->coverage) {
            (void)snprintf(path, sizeof(path), "%s/events.jsonl", entry->out);
            coverage_take(regress->coverage, path);
        }
    }
    judge_code(regress, entry, job);
    if (!entry->failed && entry->runs > 0) {
        judge_repetition(regress, entry, detail);
    } else if (!entry->failed && regress->bless) {
        bless(regress, entry, detail);
    } else if (!entry->failed) {
        judge_golden(regress, entry, detail);
        if (!entry->failed && entry->scenario->exact) {
            judge_exact(regress, entry, detail);
        }
    } else {
        put_log(detail, job->log);
    }
    if (entry->failed) {
        (void)fprintf(detail, "seed:    %" PRIu64 "\nrepeat:  %s\nfiles:   %s\n", entry->first.seed,
                      *entry->first.repeat ? entry->first.repeat : "no report was written",
                      entry->out);
    }
    (void)fclose(detail);
}

static void run_done(void *arg, const struct pool_job *job)
{
    struct regress *regress = arg;
    struct entry *entry = &regress->entries[job->number];

    if (entry->state == ENTRY_RUNS_FOR_WAVES) {
        entry->state = ENTRY_DONE;
        regress->ended++;
        return;
    }
    free(entry->detail);
    entry->detail = NULL;
    judge(regress, entry, job);
    entry->seconds += job->seconds;
    entry->runs++;
    if (entry->failed && !job->timed_out && regress->repeat == 1 && !regress->bless) {
        entry->state = ENTRY_WAITS_FOR_WAVES;
    } else if (!entry->failed && entry->runs < regress->repeat) {
        entry->state = ENTRY_WAITS;
    } else {
        entry->state = ENTRY_DONE;
        regress->ended++;
    }
    if (isatty(STDERR_FILENO)) {
        (void)fprintf(stderr, "\r\033[K%zu of %zu, %zu failed: %s", regress->ended, regress->count,
                      regress->failed, entry->scenario->name);
    }
}

int regress_run(struct regress *regress)
{
    const struct pool_ops ops = {.next = next_run, .done = run_done, .arg = regress};
    int ret = pool_run(regress->parallel, regress->timeout_s, &ops);

    if (isatty(STDERR_FILENO)) {
        (void)fprintf(stderr, "\r\033[K");
    }
    return ret;
}
