/* SPDX-License-Identifier: MIT */
/* Reads the report of one run, writes that of all as JUnit XML. */
#include <cjson/cJSON.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/cli/regress.h"

#define MAX_REPORT_BYTES (1u << 20)
#define MAX_MESSAGE      256u

static void take_text(const cJSON *report, const char *name, char *to, size_t size)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(report, name));

    (void)snprintf(to, size, "%s", text ? text : "");
}

void run_report_read(const char *path, struct run_report *report)
{
    char *text = malloc(MAX_REPORT_BYTES);
    FILE *file = fopen(path, "r");
    cJSON *json = NULL;
    const cJSON *seed;

    *report = (struct run_report){0};
    if (text && file) {
        json = cJSON_ParseWithLength(text, fread(text, 1, MAX_REPORT_BYTES, file));
    }
    if (file) {
        (void)fclose(file);
    }
    free(text);
    take_text(json, "result", report->result, sizeof(report->result));
    take_text(json, "repeat", report->repeat, sizeof(report->repeat));
    take_text(json, "trace_sha256", report->trace_sha256, sizeof(report->trace_sha256));
    take_text(json, "events_sha256", report->events_sha256, sizeof(report->events_sha256));
    seed = cJSON_GetObjectItem(json, "seed");
    if (cJSON_IsNumber(seed) && seed->valuedouble >= 0 && seed->valuedouble < 0x1p63) {
        report->seed = (uint64_t)seed->valuedouble;
    }
    cJSON_Delete(json);
}

/* ---- JUnit ----------------------------------------------------------------------------------- */

/* Text as XML: what XML 1.0 cannot hold becomes '?'. */
static void put_text(FILE *file, const char *text)
{
    for (; *text; text++) {
        switch (*text) {
        case '&':
            (void)fputs("&amp;", file);
            break;
        case '<':
            (void)fputs("&lt;", file);
            break;
        case '>':
            (void)fputs("&gt;", file);
            break;
        case '"':
            (void)fputs("&quot;", file);
            break;
        case '\n':
        case '\t':
            (void)putc(*text, file);
            break;
        default:
            /* Bytes beyond ASCII may be broken UTF-8, which a parser would refuse. */
            (void)putc((unsigned char)*text < ' ' || (unsigned char)*text > '~' ? '?' : *text,
                       file);
        }
    }
}

/* The reason and the first line of why: often all that a page of results shows. */
static void put_message(FILE *file, const struct verdict *verdict)
{
    put_text(file, verdict->reason);
    if (*verdict->detail && *verdict->detail != '\n') {
        char line[MAX_MESSAGE];

        (void)snprintf(line, sizeof(line), ": %.*s", (int)strcspn(verdict->detail, "\n"),
                       verdict->detail);
        put_text(file, line);
    }
}

static void put_case(FILE *file, const struct verdict *verdict)
{
    const char *slash = strrchr(verdict->name, '/');

    (void)fputs("    <testcase classname=\"scenarios", file);
    if (slash) {
        (void)fprintf(file, ".%.*s", (int)(slash - verdict->name), verdict->name);
    }
    (void)fputs("\" name=\"", file);
    put_text(file, slash ? slash + 1 : verdict->name);
    (void)fprintf(file, "\" time=\"%.3f\"", verdict->seconds);
    if (!verdict->failed) {
        (void)fputs("/>\n", file);
        return;
    }
    (void)fputs(">\n      <failure message=\"", file);
    put_message(file, verdict);
    (void)fputs("\" type=\"regression\">", file);
    put_text(file, verdict->detail);
    (void)fputs("</failure>\n    </testcase>\n", file);
}

static void put_all(FILE *file, const struct verdict *verdicts, size_t count)
{
    double seconds = 0;
    size_t failures = 0;

    for (size_t i = 0; i < count; i++) {
        seconds += verdicts[i].seconds;
        failures += verdicts[i].failed;
    }
    (void)fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n", file);
    (void)fprintf(file, "<testsuites tests=\"%zu\" failures=\"%zu\" errors=\"0\" time=\"%.3f\">\n",
                  count, failures, seconds);
    (void)fprintf(
        file,
        "  <testsuite name=\"gucsim regress\" tests=\"%zu\" failures=\"%zu\" errors=\"0\" "
        "skipped=\"0\" time=\"%.3f\">\n",
        count, failures, seconds);
    for (size_t i = 0; i < count; i++) {
        put_case(file, &verdicts[i]);
    }
    (void)fputs("  </testsuite>\n</testsuites>\n", file);
}

int junit_write(const char *path, const struct verdict *verdicts, size_t count)
{
    char temporary[PATH_MAX];
    FILE *file;
    int err = 0;

    if (snprintf(temporary, sizeof(temporary), "%s.tmp", path) >= (int)sizeof(temporary)) {
        return -ENAMETOOLONG;
    }
    file = fopen(temporary, "w");
    if (!file) {
        return -errno;
    }
    put_all(file, verdicts, count);
    err = ferror(file) ? -EIO : 0;
    if (fclose(file) && !err) {
        err = -errno;
    }
    if (!err && rename(temporary, path)) {
        err = -errno;
    }
    if (err) {
        (void)unlink(temporary);
    }
    return err;
}
