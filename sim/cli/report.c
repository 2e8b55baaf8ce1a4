/* SPDX-License-Identifier: MIT */
/* The directory of a run, its report.json, and the command line that repeats it. */
#include "sim/cli/cli.h"

#include <cjson/cJSON.h>
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- files ---------------------------------------------------------------------------------- */

static int directories_make(char *path)
{
    for (char *at = path + 1;; at++) {
        char kept = *at;

        if (kept != '/' && kept != '\0') {
            continue;
        }
        *at = '\0';
        if (mkdir(path, 0777) && errno != EEXIST) {
            return -errno;
        }
        *at = kept;
        if (kept == '\0') {
            return access(path, W_OK | X_OK) ? -errno : 0;
        }
    }
}

static int path_join(char to[OUT_PATH_LEN], const char *out, const char *name)
{
    int len = snprintf(to, OUT_PATH_LEN, "%s/%s", out, name);

    if (len < 0 || len >= (int)OUT_PATH_LEN) {
        return -ENAMETOOLONG;
    }
    return unlink(to) && errno != ENOENT ? -errno : 0;
}

int run_files_prepare(const struct run_options *options, struct run_files *files)
{
    /* both forms of the trace go: an old one beside new files would be taken for theirs */
    static const char *const traces[] = {"report.html", "failure.txt", "trace.gtkw", "trace.vcd",
                                         "trace.vcd.gz"};
    char path[OUT_PATH_LEN];
    int err;

    (void)snprintf(path, sizeof(path), "%s", options->out);
    err = directories_make(path);
    for (unsigned i = 0; !err && i < ARRAY_SIZE(traces); i++) {
        err = path_join(files->trace, options->out, traces[i]);
    }
    if (!err) {
        err = path_join(files->names, options->out, "names.json");
    }
    if (!err) {
        err = path_join(files->events, options->out, "events.jsonl");
    }
    if (!err) {
        err = path_join(files->report, options->out, "report.json");
    }
    if (err) {
        (void)fprintf(stderr, "gucsim: %s: %s\n", options->out, strerror(-err));
        return err;
    }
    files->trace[0] = '\0';
    if (strcmp(options->trace, "off") != 0) {
        (void)snprintf(files->trace, sizeof(files->trace), "%.*s/trace.%s",
                       (int)(OUT_PATH_LEN - sizeof("/trace.vcd.gz")), options->out,
                       options->trace_last_ps ? "vcd.gz" : options->trace);
    }
    return 0;
}

/* ---- the command line that repeats ---------------------------------------------------------- */

struct text {
    char *at;
    size_t room; /* with the NUL */
};

static void text_add(struct text *text, const char *word)
{
    size_t len = strlen(word);

    if (len >= text->room) {
        len = text->room - 1;
    }
    memcpy(text->at, word, len);
    text->at += len;
    text->room -= len;
    *text->at = '\0';
}

/* A word as a shell reads it back. */
static void text_add_quoted(struct text *text, const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "_-+=./:,@%";
    char one[2] = "";

    text_add(text, " ");
    if (*word && !word[strspn(word, plain)]) {
        text_add(text, word);
        return;
    }
    text_add(text, "'");
    for (; *word; word++) {
        one[0] = *word;
        text_add(text, *word == '\'' ? "'\\''" : one);
    }
    text_add(text, "'");
}

static void text_add_option(struct text *text, const char *name, const char *value)
{
    text_add_quoted(text, name);
    text_add_quoted(text, value);
}

static void text_add_asked(struct text *text, const char *name, const char *value)
{
    if (value) {
        text_add_option(text, name, value);
    }
}

void repeat_command(const struct run_options *options, char *buffer, size_t size)
{
    struct text text = {.at = buffer, .room = size};
    char number[24];

    *buffer = '\0';
    (void)snprintf(number, sizeof(number), "%" PRIu64, options->seed);
    text_add(&text, options->program);
    for (char *const *word = options->given; word && *word; word++) {
        text_add_quoted(&text, *word);
    }
    if (options->given) { /* the session, or the client, says the rest */
        return;
    }
    text_add(&text, " run");
    text_add_quoted(&text, options->scenario);
    text_add_option(&text, "--seed", number);
    for (unsigned i = 0; i < options->params.num_sets; i++) {
        text_add_option(&text, "--set", options->params.sets[i]);
    }
    if (strcmp(options->trace, "vcd.gz") != 0) {
        text_add_option(&text, "--trace", options->trace);
    }
    text_add_asked(&text, "--trace-scope", options->trace_scope);
    text_add_asked(&text, "--trace-from", options->trace_from.text);
    text_add_asked(&text, "--trace-to", options->trace_to.text);
    text_add_asked(&text, "--until", options->until.text);
    if (options->no_skip) {
        text_add_quoted(&text, "--no-skip");
    }
    if (options->skip_check) {
        (void)snprintf(number, sizeof(number), "%" PRIu64, options->skip_check);
        text_add_option(&text, "--skip-check", number);
    }
    if (options->verify_skip) {
        text_add_quoted(&text, "--verify-skip");
    }
    if (!options->out_is_default) {
        text_add_option(&text, "--out", options->out);
    }
}

/* ---- report.json ---------------------------------------------------------------------------- */

/* Exact: cJSON's own numbers are doubles. */
static void add_number(cJSON *object, const char *name, uint64_t value)
{
    char text[24];

    (void)snprintf(text, sizeof(text), "%" PRIu64, value);
    cJSON_AddRawToObject(object, name, text);
}

static void add_hash(cJSON *object, const char *name, const char *hash)
{
    if (*hash) {
        cJSON_AddStringToObject(object, name, hash);
    } else {
        cJSON_AddNullToObject(object, name);
    }
}

static void add_config(cJSON *report, const struct params *params)
{
    cJSON *config = cJSON_AddObjectToObject(report, "config");
    char text[24];

    for (unsigned i = 0; i < params->count; i++) {
        const struct param *param = &params->items[i];

        if (param->type == PARAM_BOOL) {
            cJSON_AddBoolToObject(config, param->name, param->number != 0);
        } else if (param->type == PARAM_INT) {
            (void)snprintf(text, sizeof(text), "%" PRId64, param->number);
            cJSON_AddRawToObject(config, param->name, text);
        } else {
            cJSON_AddStringToObject(config, param->name, param->value);
        }
    }
}

static void add_expectations(cJSON *report, const struct script *script)
{
    cJSON *list = cJSON_AddArrayToObject(report, "expectations");
    unsigned count;
    const struct expectation *expectations = script_expectations(script, &count);

    for (unsigned i = 0; i < count; i++) {
        cJSON *one = cJSON_CreateObject();

        cJSON_AddStringToObject(one, "name", expectations[i].name);
        cJSON_AddBoolToObject(one, "ok", expectations[i].ok);
        add_number(one, "at_ps", expectations[i].at_ps);
        if (expectations[i].line > 0) {
            add_number(one, "line", (uint64_t)expectations[i].line);
        }
        if (expectations[i].said) {
            cJSON_AddStringToObject(one, "said", expectations[i].said);
        }
        cJSON_AddItemToArray(list, one);
    }
}

static void add_migrations(cJSON *report, const struct script *script)
{
    cJSON *list = cJSON_AddArrayToObject(report, "migrations");
    unsigned count;
    const struct script_migration *migrations = script_migrations(script, &count);

    for (unsigned i = 0; i < count; i++) {
        const struct vmm_result *result = &migrations[i].result;
        cJSON *one = cJSON_CreateObject();

        cJSON_AddStringToObject(one, "vm", migrations[i].vm);
        cJSON_AddBoolToObject(one, "ok", migrations[i].err == 0);
        cJSON_AddStringToObject(one, "step", vmm_step_name(result->step));
        if (migrations[i].err) {
            cJSON_AddStringToObject(one, "error", strerrorname_np(-migrations[i].err));
        } else {
            cJSON_AddNullToObject(one, "error");
        }
        add_number(one, "rounds", result->rounds);
        add_number(one, "ram_bytes", result->ram_bytes);
        add_number(one, "device_bytes", result->stream_size);
        add_number(one, "frame_bytes", result->frame_bytes);
        add_number(one, "dirty_pages", result->dirty_pages);
        add_number(one, "downtime_ns", result->downtime_ns);
        add_number(one, "total_ns", result->total_ns);
        cJSON_AddItemToArray(list, one);
    }
}

static char *report_text(const struct run_options *options, const struct script *script,
                         const struct run_result *result)
{
    cJSON *report = cJSON_CreateObject();
    char repeat[2 * OUT_PATH_LEN];
    char wall[32];
    char *text;

    repeat_command(options, repeat, sizeof(repeat));
    cJSON_AddStringToObject(report, "scenario", options->scenario);
    add_number(report, "seed", options->seed);
    add_config(report, &options->params);
    cJSON_AddStringToObject(report, "repeat", repeat);
    cJSON_AddStringToObject(report, "result", result->word);
    add_number(report, "exit", (uint64_t)result->code);
    if (*result->error) {
        cJSON_AddStringToObject(report, "error", result->error);
    } else {
        cJSON_AddNullToObject(report, "error");
    }
    add_number(report, "sim_time_ps", result->summary.sim_time_ps);
    add_number(report, "cycles", result->summary.cycles);
    add_number(report, "rtl_evals", result->summary.rtl_evals);
    (void)snprintf(wall, sizeof(wall), "%.3f", result->wall_s);
    cJSON_AddRawToObject(report, "wall_s", wall);
    add_hash(report, "trace_sha256", result->summary.trace_sha256);
    add_hash(report, "events_sha256", result->summary.events_sha256);
    add_expectations(report, script);
    add_migrations(report, script);
    text = cJSON_Print(report);
    cJSON_Delete(report);
    return text;
}

int report_write(const char *path, const struct run_options *options, const struct script *script,
                 const struct run_result *result)
{
    char *text = report_text(options, script, result);
    FILE *file = NULL;
    int err = 0;

    if (text) {
        file = fopen(path, "w");
    }
    if (!text || !file) {
        err = text ? -errno : -ENOMEM;
    }
    if (file && fprintf(file, "%s\n", text) < 0) {
        err = -errno;
    }
    if (file && fclose(file) && !err) {
        err = -errno;
    }
    cJSON_free(text);
    if (err) {
        (void)fprintf(stderr, "gucsim: %s: %s\n", path, strerror(-err));
    }
    return err;
}
