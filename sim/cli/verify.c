/* SPDX-License-Identifier: MIT */
/* run --verify-skip: does the same run once more, in a process of its own, with every cycle
 * evaluated, and compares the files by their hashes. */
#include "sim/cli/cli.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SUBDIRECTORY     "/no-skip"
#define MAX_REPORT_BYTES (1u << 20)

/* The other run's report.json as JSON, or NULL. */
static cJSON *report_read(const char *path)
{
    char *text = malloc(MAX_REPORT_BYTES);
    FILE *file = fopen(path, "r");
    cJSON *report = NULL;

    if (text && file) {
        size_t len = fread(text, 1, MAX_REPORT_BYTES, file);

        report = cJSON_ParseWithLength(text, len);
    }
    if (file) {
        (void)fclose(file);
    }
    free(text);
    return report;
}

/* A hash that both runs did not write ("", null) is equal too. */
static bool hash_equal(const cJSON *report, const char *name, const char *hash)
{
    const char *other = cJSON_GetStringValue(cJSON_GetObjectItem(report, name));

    return strcmp(other ? other : "", hash) == 0;
}

int verify_start(struct run_options *options)
{
    size_t len = strlen(options->out);
    pid_t pid;
    int status;

    if (len + sizeof(SUBDIRECTORY) > sizeof(options->out)) {
        return -ENAMETOOLONG;
    }
    (void)fflush(NULL);
    pid = fork();
    if (pid < 0) {
        return -errno;
    }
    if (pid == 0) {
        memcpy(options->out + len, SUBDIRECTORY, sizeof(SUBDIRECTORY));
        options->verify_skip = false;
        options->no_skip = true;
        options->quiet = true;
        exit(run_once(options));
    }
    if (waitpid(pid, &status, 0) < 0) {
        return -errno;
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : -EIO;
}

bool verify_equal(const struct run_options *options, const struct run_result *result)
{
    char path[OUT_PATH_LEN + sizeof(SUBDIRECTORY "/report.json")];
    cJSON *report;
    bool equal;

    (void)snprintf(path, sizeof(path), "%s" SUBDIRECTORY "/report.json", options->out);
    report = report_read(path);
    equal = report && hash_equal(report, "trace_sha256", result->summary.trace_sha256) &&
            hash_equal(report, "events_sha256", result->summary.events_sha256);
    cJSON_Delete(report);
    if (!equal) {
        (void)fprintf(stderr,
                      "gucsim: skipping idle time changed the run: compare %s with %s" SUBDIRECTORY
                      "\n",
                      options->out, options->out);
    }
    return equal;
}
