/* SPDX-License-Identifier: MIT */
/* Recorded sessions as files: see session.h. The reader believes nothing. */
#include "sim/machine/session.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/machine/session_columns.h"

#define FIRST_LINE  "gucsim session 2"
#define LINE_LEN    1024
#define MAX_RECORDS (64u << 20)

/* ---- writing --------------------------------------------------------------------------------- */

struct session_writer {
    gzFile file;
    struct session_columns *columns;
    struct session_record delay; /* one that goes on; b: how often so far */
    unsigned delay_guest;
    uint32_t count; /* of records */
    bool failed;
};

/* Returns whether the file is whole. */
static bool writer_destroy(struct session_writer *writer)
{
    const bool good = writer->file && gzclose(writer->file) == Z_OK;

    session_columns_destroy(writer->columns);
    free(writer);
    return good;
}

struct session_writer *session_create(const char *path, const struct session_info *info)
{
    struct session_writer *writer = calloc(1, sizeof(*writer));

    if (!writer) {
        return NULL;
    }
    writer->file = gzopen(path, "wb9");
    writer->columns = session_columns_create();
    if (!writer->file || !writer->columns) {
        (void)fprintf(stderr, "gucsim: %s: %s\n", path, strerror(errno));
        writer_destroy(writer);
        return NULL;
    }
    (void)gzprintf(writer->file, FIRST_LINE "\nscenario %s\nseed %" PRIu64 "\n", info->scenario,
                   info->seed);
    for (unsigned n = 0; n < info->num_sets; n++) {
        (void)gzprintf(writer->file, "set %s\n", info->sets[n]);
    }
    for (unsigned n = 0; n < info->num_vms; n++) {
        (void)gzprintf(writer->file, "vm %s\n", info->vms[n]);
    }
    (void)gzputs(writer->file, "\n");
    return writer;
}

static void delay_end(struct session_writer *writer)
{
    if (writer->delay.b) {
        writer->failed |=
            session_columns_put(writer->columns, writer->delay_guest, &writer->delay) != 0;
        writer->delay.b = 0;
    }
}

/* Like delays in a row are one record. */
uint32_t session_put(struct session_writer *writer, unsigned guest,
                     const struct session_record *record)
{
    const bool is_delay = record->op == SESSION_DELAY;

    if (!is_delay || guest != writer->delay_guest || record->a != writer->delay.a) {
        delay_end(writer);
    }
    if (is_delay && writer->delay.b) {
        writer->delay.b++;
        return writer->count;
    }
    if (is_delay) {
        writer->delay = *record;
        writer->delay.b = 1;
        writer->delay_guest = guest;
    } else {
        writer->failed |= session_columns_put(writer->columns, guest, record) != 0;
    }
    return ++writer->count;
}

int session_close(struct session_writer *writer)
{
    bool failed;

    if (!writer) {
        return 0;
    }
    delay_end(writer);
    failed = writer->failed || session_columns_write(writer->columns, writer->file);
    failed |= !writer_destroy(writer);
    return failed ? -EIO : 0;
}

/* ---- reading the head ------------------------------------------------------------------------ */

/* One line without its end. Returns false at the end of the file, or for too long a line. */
static bool line_read(gzFile file, char line[LINE_LEN])
{
    size_t length;

    if (!gzgets(file, line, LINE_LEN)) {
        return false;
    }
    length = strlen(line);
    if (!length || line[length - 1] != '\n') {
        return false;
    }
    line[length - 1] = '\0';
    return true;
}

static bool list_add(char **list, unsigned *count, unsigned max, const char *text)
{
    return *count < max && (list[(*count)++] = strdup(text));
}

static bool info_take(struct session_info *info, const char *line)
{
    if (strncmp(line, "scenario ", 9) == 0 && !info->scenario) {
        info->scenario = strdup(line + 9);
        return info->scenario;
    }
    if (strncmp(line, "seed ", 5) == 0) {
        info->seed = strtoull(line + 5, NULL, 10);
        return true;
    }
    if (strncmp(line, "set ", 4) == 0) {
        return list_add(info->sets, &info->num_sets, SESSION_MAX_SETS, line + 4);
    }
    return strncmp(line, "vm ", 3) == 0 &&
           list_add(info->vms, &info->num_vms, SESSION_MAX_GUESTS, line + 3);
}

static bool head_read(gzFile file, struct session_info *info)
{
    char line[LINE_LEN];

    if (!line_read(file, line) || strcmp(line, FIRST_LINE) != 0) {
        return false;
    }
    while (line_read(file, line)) {
        if (!*line) {
            return info->scenario && info->num_vms;
        }
        if (!info_take(info, line)) {
            return false;
        }
    }
    return false;
}

/* ---- reading the records --------------------------------------------------------------------- */

static const enum session_stream streams[SESSION_NUM_OPS] = {
    [SESSION_DELAY] = SESSION_ACCESSES,     [SESSION_READ] = SESSION_ACCESSES,
    [SESSION_WRITE] = SESSION_ACCESSES,     [SESSION_RESET] = SESSION_ACCESSES,
    [SESSION_CONNECTED] = SESSION_ACCESSES, [SESSION_END] = SESSION_ACCESSES,
    [SESSION_SEEN] = SESSION_MEMORY,        [SESSION_SEEN_NOTHING] = SESSION_MEMORY,
    [SESSION_STORE] = SESSION_STORES,       [SESSION_STORE_NOWHERE] = SESSION_STORES,
    [SESSION_RAISE] = SESSION_RAISES,       [SESSION_STOPPED] = SESSION_ACCESSES,
    [SESSION_STARTED] = SESSION_ACCESSES,
};

static bool record_keep(struct session_records *list, const struct session_record *record)
{
    if (list->count == list->room) {
        uint32_t room = list->room ? 2 * list->room : 1024;
        struct session_record *records =
            room > MAX_RECORDS ? NULL : realloc(list->records, room * sizeof(*records));

        if (!records) {
            return false;
        }
        list->records = records;
        list->room = room;
    }
    list->records[list->count++] = *record;
    return true;
}

static bool records_take(struct session *session, struct session_columns *columns)
{
    struct session_record record;
    unsigned guest;
    int more;

    while ((more = session_columns_get(columns, &guest, &record)) > 0) {
        record.order = session->num_records++;
        if (guest >= session->info.num_vms ||
            !record_keep(&session->streams[guest][streams[record.op]], &record)) {
            return false;
        }
    }
    return more == 0;
}

static bool body_read(gzFile file, struct session *session)
{
    struct session_columns *columns = session_columns_create();
    bool good =
        columns && session_columns_read(columns, file) == 0 && records_take(session, columns);

    session_columns_destroy(columns);
    return good;
}

static bool ends_once(const struct session_records *accesses)
{
    for (uint32_t n = 0; n < accesses->count; n++) {
        if (accesses->records[n].op == SESSION_END) {
            return n + 1 == accesses->count;
        }
    }
    return false;
}

static bool is_whole(const struct session *session)
{
    for (unsigned guest = 0; guest < session->info.num_vms; guest++) {
        if (!ends_once(&session->streams[guest][SESSION_ACCESSES])) {
            return false;
        }
    }
    return true;
}

struct session *session_read(const char *path)
{
    struct session *session = calloc(1, sizeof(*session));
    gzFile file = gzopen(path, "rb");
    bool good;

    if (!file || !session) {
        (void)fprintf(stderr, "gucsim: %s: %s\n", path, strerror(errno));
        free(session);
        if (file) {
            (void)gzclose(file);
        }
        return NULL;
    }
    good = head_read(file, &session->info) && body_read(file, session) && is_whole(session);
    (void)gzclose(file);
    if (!good) {
        (void)fprintf(stderr, "gucsim: %s: not a recorded session, or one that was cut\n", path);
        session_free(session);
        return NULL;
    }
    return session;
}

void session_free(struct session *session)
{
    if (!session) {
        return;
    }
    free(session->info.scenario);
    for (unsigned n = 0; n < SESSION_MAX_SETS; n++) {
        free(session->info.sets[n]);
    }
    for (unsigned guest = 0; guest < SESSION_MAX_GUESTS; guest++) {
        free(session->info.vms[guest]);
        for (unsigned stream = 0; stream < SESSION_STREAMS; stream++) {
            free(session->streams[guest][stream].records);
        }
    }
    free(session);
}
