/* SPDX-License-Identifier: MIT */
/* Recorded sessions as files: see session.h. A record is a byte of op and guest, one of size, and
 * its three numbers, seven bits a byte, low ones first. The reader believes nothing. */
#include "sim/machine/session.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define FIRST_LINE   "gucsim session 1"
#define LINE_LEN     1024
#define MAX_RECORDS  (64u << 20)
#define GUEST_SHIFT  4u
#define NUMBER_BYTES 10u
#define RECORD_BYTES (2u + 3u * NUMBER_BYTES)

/* ---- writing --------------------------------------------------------------------------------- */

struct session_writer {
    gzFile file;
    bool failed;
};

struct session_writer *session_create(const char *path, const struct session_info *info)
{
    struct session_writer *writer = calloc(1, sizeof(*writer));

    if (!writer) {
        return NULL;
    }
    writer->file = gzopen(path, "wb9");
    if (!writer->file) {
        (void)fprintf(stderr, "gucsim: %s: %s\n", path, strerror(errno));
        free(writer);
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

static unsigned number_put(uint8_t *to, uint64_t number)
{
    unsigned length = 0;

    for (; number > 0x7f; number >>= 7) {
        to[length++] = (uint8_t)(number | 0x80);
    }
    to[length++] = (uint8_t)number;
    return length;
}

void session_put(struct session_writer *writer, unsigned guest, const struct session_record *record)
{
    uint8_t bytes[RECORD_BYTES] = {(uint8_t)(record->op | guest << GUEST_SHIFT), record->size};
    unsigned length = 2;

    length += number_put(bytes + length, record->a);
    length += number_put(bytes + length, record->b);
    length += number_put(bytes + length, record->c);
    writer->failed |= gzwrite(writer->file, bytes, length) != (int)length;
}

int session_close(struct session_writer *writer)
{
    bool failed;

    if (!writer) {
        return 0;
    }
    failed = gzclose(writer->file) != Z_OK || writer->failed;
    free(writer);
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

static const struct {
    enum session_stream stream;
    bool sized;
} ops[SESSION_NUM_OPS] = {
    [SESSION_DELAY] = {SESSION_ACCESSES, false},
    [SESSION_READ] = {SESSION_ACCESSES, true},
    [SESSION_WRITE] = {SESSION_ACCESSES, true},
    [SESSION_RESET] = {SESSION_ACCESSES, false},
    [SESSION_CONNECTED] = {SESSION_ACCESSES, false},
    [SESSION_END] = {SESSION_ACCESSES, false},
    [SESSION_SEEN] = {SESSION_MEMORY, true},
    [SESSION_SEEN_NOTHING] = {SESSION_MEMORY, true},
    [SESSION_STORE] = {SESSION_STORES, true},
    [SESSION_STORE_NOWHERE] = {SESSION_STORES, true},
    [SESSION_RAISE] = {SESSION_RAISES, false},
};

static bool number_get(gzFile file, uint64_t *number)
{
    *number = 0;
    for (unsigned n = 0; n < NUMBER_BYTES; n++) {
        int byte = gzgetc(file);

        if (byte < 0) {
            return false;
        }
        *number |= (uint64_t)(byte & 0x7f) << 7 * n;
        if (!(byte & 0x80)) {
            return true;
        }
    }
    return false;
}

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

/* Returns 1 for a record, 0 at the end, -1 for nonsense. */
static int record_read(gzFile file, struct session *session)
{
    struct session_record record;
    int first = gzgetc(file), size;
    unsigned guest = (unsigned)first >> GUEST_SHIFT;

    if (first < 0) {
        return gzeof(file) ? 0 : -1;
    }
    record.op = (uint8_t)(first & ((1 << GUEST_SHIFT) - 1));
    size = gzgetc(file);
    if (record.op >= SESSION_NUM_OPS || guest >= session->info.num_vms || size < 0 || size > 8 ||
        (ops[record.op].sized && !size) || !number_get(file, &record.a) ||
        !number_get(file, &record.b) || !number_get(file, &record.c)) {
        return -1;
    }
    record.size = (uint8_t)size;
    record.order = session->num_records++;
    return record_keep(&session->streams[guest][ops[record.op].stream], &record) ? 1 : -1;
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
    int more = -1;

    if (!file || !session) {
        (void)fprintf(stderr, "gucsim: %s: %s\n", path, strerror(errno));
        free(session);
        if (file) {
            (void)gzclose(file);
        }
        return NULL;
    }
    if (head_read(file, &session->info)) {
        while ((more = record_read(file, session)) > 0) {
        }
    }
    (void)gzclose(file);
    if (more < 0 || !is_whole(session)) {
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
