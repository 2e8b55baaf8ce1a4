/* SPDX-License-Identifier: MIT */
/* Reads events.jsonl line by line. A table says what each kind must have; lines and names are
 * bounded, so that a damaged or hostile file costs a message and nothing else. */
#include "traces/jsonl.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "sim/hal/hal.h"

#define MAX_LINE   65536u
#define MAX_ERROR  512u
#define MAX_FIELDS 10u
/* Largest integer that a double (all that JSON readers keep) holds exactly: 2^53 ps are 2.5 hours.
 */
#define MAX_INT 9007199254740992.0

enum field_type {
    FIELD_END,
    FIELD_INT,
    FIELD_FN,     /* 0..EVENT_MAX_FN */
    FIELD_NUMBER, /* of 64 bits: a double may round it, so nobody computes with it */
    FIELD_BOOL,
    FIELD_TEXT,
    FIELD_NULL_TEXT, /* or null */
    FIELD_HEX,       /* dwords of 8 hex digits, one blank between */
};

struct field {
    const char *name;
    enum field_type type;
};

static const struct kind {
    const char *name;
    struct field fields[MAX_FIELDS + 1];
} kinds[] = {
    {"h2g",
     {{"ev", FIELD_TEXT},
      {"fn", FIELD_FN},
      {"epoch", FIELD_INT},
      {"pos", FIELD_INT},
      {"fence", FIELD_INT},
      {"type", FIELD_TEXT},
      {"action", FIELD_INT},
      {"name", FIELD_NULL_TEXT},
      {"len", FIELD_INT},
      {"hxg", FIELD_HEX}}},
    {"g2h",
     {{"ev", FIELD_TEXT},
      {"fn", FIELD_FN},
      {"epoch", FIELD_INT},
      {"pos", FIELD_INT},
      {"fence", FIELD_INT},
      {"type", FIELD_TEXT},
      {"action", FIELD_INT},
      {"name", FIELD_NULL_TEXT},
      {"len", FIELD_INT},
      {"hxg", FIELD_HEX}}},
    {"hop",
     {{"of", FIELD_TEXT},
      {"fn", FIELD_FN},
      {"epoch", FIELD_INT},
      {"pos", FIELD_INT},
      {"call", FIELD_INT},
      {"at", FIELD_TEXT}}},
    {"mmio_msg",
     {{"ev", FIELD_TEXT},
      {"fn", FIELD_FN},
      {"id", FIELD_INT},
      {"action", FIELD_INT},
      {"name", FIELD_NULL_TEXT},
      {"hxg", FIELD_HEX}}},
    {"doorbell", {{"fn", FIELD_FN}}},
    {"irq", {{"fn", FIELD_FN}}},
    {"vf_state", {{"vf", FIELD_FN}, {"from", FIELD_TEXT}, {"to", FIELD_TEXT}}},
    {"pf_state", {{"vf", FIELD_FN}, {"from", FIELD_TEXT}, {"to", FIELD_TEXT}}},
    {"recovery", {{"vf", FIELD_FN}, {"step", FIELD_TEXT}}},
    {"job",
     {{"fn", FIELD_FN}, {"ctx", FIELD_INT}, {"engine", FIELD_NULL_TEXT}, {"ev", FIELD_TEXT}}},
    {"vfio", {{"dev", FIELD_TEXT}, {"from", FIELD_TEXT}, {"to", FIELD_TEXT}}},
    {"trap",
     {{"fn", FIELD_FN},
      {"ev", FIELD_TEXT},
      {"write", FIELD_BOOL},
      {"addr", FIELD_INT},
      {"size", FIELD_INT},
      {"value", FIELD_NUMBER}}},
    {"pv",
     {{"vgpu", FIELD_INT},
      {"ev", FIELD_TEXT},
      {"fence", FIELD_INT},
      {"status", FIELD_INT},
      {"action", FIELD_INT},
      {"name", FIELD_NULL_TEXT},
      {"fn", FIELD_FN}}},
    {"fault", {{"fn", FIELD_FN}, {"what", FIELD_TEXT}}},
    {"peer_error", {{"fn", FIELD_FN}, {"what", FIELD_TEXT}}},
    {"script", {{"line", FIELD_INT}, {"text", FIELD_NULL_TEXT}}},
    {"expect", {{"name", FIELD_NULL_TEXT}, {"ok", FIELD_BOOL}}},
};

struct event_log {
    FILE *in;
    const char *name;
    uint64_t line;
    cJSON *object;
    char error[MAX_ERROR];
    size_t length;
    char text[MAX_LINE];
};

struct event_log *event_log_open(FILE *in, const char *name)
{
    struct event_log *log = calloc(1, sizeof(*log));

    if (!log) {
        return NULL;
    }
    log->in = in;
    log->name = name;
    return log;
}

void event_log_close(struct event_log *log)
{
    if (log) {
        cJSON_Delete(log->object);
        free(log);
    }
}

const char *event_log_error(const struct event_log *log)
{
    return log->error;
}

__attribute__((format(printf, 2, 3))) static int refuse(struct event_log *log, const char *format,
                                                        ...)
{
    int used = snprintf(log->error, sizeof(log->error), "%s:%" PRIu64 ": ", log->name, log->line);
    va_list args;

    if (used < 0 || (size_t)used >= sizeof(log->error)) {
        return -EINVAL;
    }
    va_start(args, format);
    (void)vsnprintf(log->error + used, sizeof(log->error) - (size_t)used, format, args);
    va_end(args);
    return -EINVAL;
}

/* Reads one line without its end into log->text. Returns 1, 0 at the end of the file, or -errno. */
static int read_line(struct event_log *log)
{
    int c;

    log->length = 0;
    log->line++;
    while ((c = getc(log->in)) != EOF && c != '\n') {
        if (log->length == MAX_LINE - 1) {
            return refuse(log, "line is longer than %u bytes", MAX_LINE - 1);
        }
        log->text[log->length++] = (char)c;
    }
    log->text[log->length] = '\0';
    if (ferror(log->in)) {
        (void)refuse(log, "cannot be read");
        return -EIO;
    }
    if (c == EOF) {
        /* A log is written by whole lines; the rest of one means that its writer was cut off. */
        return log->length ? refuse(log, "line is cut off: no end of line") : 0;
    }
    return 1;
}

/* Reads 8 lower-case hex digits. Returns false when text begins with something else. */
static bool parse_dword(const char *text, uint32_t *dword)
{
    static const char digits[] = "0123456789abcdef";

    *dword = 0;
    for (unsigned i = 0; i < 8; i++) {
        const char *digit = text[i] ? strchr(digits, text[i]) : NULL;

        if (!digit) {
            return false;
        }
        *dword = *dword << 4 | (uint32_t)(digit - digits);
    }
    return true;
}

/* Dwords in a text of groups of 8 hex digits with one blank between; -1 when it is something else.
 */
static int parse_hxg(const char *text, uint32_t *hxg, unsigned capacity)
{
    unsigned count = 0;

    while (*text) {
        if (count && *text++ != ' ') {
            return -1;
        }
        if (count == capacity || !parse_dword(text, &hxg[count])) {
            return -1;
        }
        text += 8;
        count++;
    }
    return (int)count;
}

static bool is_int(const cJSON *item, double max)
{
    return cJSON_IsNumber(item) && item->valuedouble >= 0 && item->valuedouble <= max &&
           item->valuedouble == (double)(uint64_t)item->valuedouble;
}

static bool has_type(const cJSON *item, enum field_type type)
{
    uint32_t hxg[EVENT_MAX_HXG];

    switch (type) {
    case FIELD_INT:
        return is_int(item, MAX_INT);
    case FIELD_FN:
        return is_int(item, EVENT_MAX_FN);
    case FIELD_NUMBER:
        return cJSON_IsNumber(item);
    case FIELD_BOOL:
        return cJSON_IsBool(item);
    case FIELD_TEXT:
        return cJSON_IsString(item);
    case FIELD_NULL_TEXT:
        return cJSON_IsString(item) || cJSON_IsNull(item);
    case FIELD_HEX:
        return cJSON_IsString(item) && parse_hxg(item->valuestring, hxg, EVENT_MAX_HXG) >= 0;
    case FIELD_END:
    default:
        return false;
    }
}

static const char *type_name(enum field_type type)
{
    static const char *const names[] = {
        [FIELD_INT] = "a whole number from 0 to 2^53",
        [FIELD_FN] = "a function number, 0 to 63",
        [FIELD_NUMBER] = "a number",
        [FIELD_BOOL] = "true or false",
        [FIELD_TEXT] = "a text",
        [FIELD_NULL_TEXT] = "a text or null",
        [FIELD_HEX] = "dwords of 8 lower-case hex digits, at most 256",
    };

    return names[type];
}

static int check_field(struct event_log *log, const struct field *field)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(log->object, field->name);

    if (!item) {
        return refuse(log, "\"%s\" is missing", field->name);
    }
    if (!has_type(item, field->type)) {
        return refuse(log, "\"%s\" is not %s", field->name, type_name(field->type));
    }
    return 0;
}

/* The fields that kind must have, ended by FIELD_END; none for an unknown kind. */
static const struct field *fields_of(const char *kind)
{
    static const struct field nothing = {NULL, FIELD_END};

    for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
        if (strcmp(kinds[k].name, kind) == 0) {
            return kinds[k].fields;
        }
    }
    return &nothing;
}

static int check_kind(struct event_log *log, const char *kind)
{
    for (const struct field *field = fields_of(kind); field->type != FIELD_END; field++) {
        int err = check_field(log, field);

        if (err) {
            return err;
        }
    }
    return 0;
}

/* Copies a text field into a name of bounded size; null leaves it empty when that is allowed. */
static int take_name(struct event_log *log, const char *field, bool null_allowed, char *to)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(log->object, field);

    to[0] = '\0';
    if (null_allowed && cJSON_IsNull(item)) {
        return 0;
    }
    if (!cJSON_IsString(item)) {
        return refuse(log, "\"%s\" is %s", field, item ? "not a text" : "missing");
    }
    if (strlen(item->valuestring) >= EVENT_NAME_SIZE) {
        return refuse(log, "\"%s\" is longer than %u characters", field, EVENT_NAME_SIZE - 1);
    }
    memcpy(to, item->valuestring, strlen(item->valuestring) + 1);
    return 0;
}

/* The fields that every event has. */
static int take_common(struct event_log *log, struct event *event)
{
    static const struct field times[] = {{"t_ps", FIELD_INT}, {"cycle", FIELD_INT}};
    const cJSON *gt = cJSON_GetObjectItemCaseSensitive(log->object, "gt");
    int err;

    for (size_t i = 0; i < ARRAY_SIZE(times); i++) {
        err = check_field(log, &times[i]);
        if (err) {
            return err;
        }
    }
    err = take_name(log, "gpu", true, event->gpu);
    if (!err) {
        err = take_name(log, "kind", false, event->kind);
    }
    if (err) {
        return err;
    }
    if (!cJSON_IsNull(gt) && !is_int(gt, 1)) {
        return refuse(log, "\"gt\" is not 0, 1 or null");
    }
    event->gt = cJSON_IsNull(gt) ? HAL_GT_NONE : gt->valueint;
    event->line = log->line;
    event->text = log->text;
    event->fields = log->object;
    event->t_ps = event_int(event, "t_ps");
    event->cycle = event_int(event, "cycle");
    return 0;
}

static int parse_event(struct event_log *log, struct event *event)
{
    int err;

    if (memchr(log->text, '\0', log->length)) {
        return refuse(log, "holds a NUL byte");
    }
    cJSON_Delete(log->object);
    log->object = cJSON_ParseWithLengthOpts(log->text, log->length + 1, NULL, true);
    if (!cJSON_IsObject(log->object)) {
        return refuse(log, "is not a JSON object");
    }
    err = take_common(log, event);
    return err ? err : check_kind(log, event->kind);
}

int event_log_next(struct event_log *log, struct event *event)
{
    int ret = log->error[0] ? -EINVAL : read_line(log);

    if (ret <= 0) {
        return ret;
    }
    ret = parse_event(log, event);
    return ret ? ret : 1;
}

uint64_t event_int(const struct event *event, const char *field)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(event->fields, field);

    return is_int(item, MAX_INT) ? (uint64_t)item->valuedouble : 0;
}

bool event_flag(const struct event *event, const char *field)
{
    return cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(event->fields, field));
}

const char *event_text(const struct event *event, const char *field)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(event->fields, field);

    return cJSON_IsString(item) ? item->valuestring : NULL;
}

unsigned event_hxg(const struct event *event, uint32_t hxg[EVENT_MAX_HXG])
{
    const char *text = event_text(event, "hxg");
    int count = text ? parse_hxg(text, hxg, EVENT_MAX_HXG) : 0;

    return count > 0 ? (unsigned)count : 0;
}
