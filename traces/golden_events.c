/* SPDX-License-Identifier: MIT */
/* What of an event log is worth a golden: messages as their sender sees them, changes of state,
 * steps of recovery, expectations. Interrupts, doorbells and jobs follow from these and would only
 * double them. Events of each GuC have a section: their order is that GuC's own. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "traces/event_text.h"
#include "traces/golden.h"

#define HOST_SECTION "host"
#define MAX_TEXT     256

static bool is_in(const struct event *event, const char *const *kinds, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(event->kind, kinds[i]) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_kept(const struct event *event, enum golden_keep keep)
{
    static const char *const kinds[] = {"expect",   "fault",    "peer_error", "mmio_msg",
                                        "vf_state", "pf_state", "recovery",   "vfio"};
    const char *ev = event_text(event, "ev");

    if (keep == GOLDEN_STATES) {
        return is_in(event, kinds, 3);
    }
    if (strcmp(event->kind, "h2g") == 0 || strcmp(event->kind, "g2h") == 0) {
        return ev && strcmp(ev, "sent") == 0;
    }
    /* Of a PV message its beginning and its end. */
    if (strcmp(event->kind, "pv") == 0) {
        return ev && (strcmp(ev, "sent") == 0 || strcmp(ev, "done") == 0);
    }
    return is_in(event, kinds, ARRAY_SIZE(kinds));
}

/* Keeps the state that an event leaves behind, in the place of the one before. */
static int keep_state(struct golden *golden, const struct event *event, const char *place)
{
    struct golden_section *section = golden_section(golden, GOLDEN_FINAL);
    const char *to = event_text(event, "to");
    const char *dev = event_text(event, "dev");
    char text[MAX_TEXT];
    size_t key;

    if (!section) {
        return -ENOMEM;
    }
    if (dev) {
        (void)snprintf(text, sizeof(text), "%s %s: ", event->kind, dev);
    } else {
        (void)snprintf(text, sizeof(text), "%s %s vf%u: ", event->kind, place,
                       (unsigned)event_int(event, "vf"));
    }
    key = strlen(text);
    (void)snprintf(text + key, sizeof(text) - key, "%s", to);
    for (size_t i = 0; i < section->count; i++) {
        struct golden_line *line = &section->lines[i];

        if (strncmp(line->text, text, key) == 0) {
            char *copy = strdup(text);

            free(line->text);
            *line = (struct golden_line){.text = copy, .line = event->line, .t_ps = event->t_ps};
            return copy ? 0 : -ENOMEM;
        }
    }
    return golden_add(golden, GOLDEN_FINAL, &(struct golden_line){text, event->line, event->t_ps});
}

static int take_event(struct golden *golden, const struct event *event, enum golden_keep keep)
{
    char place[MAX_TEXT];
    int err = 0;

    event_place(event, place, sizeof(place));
    if (is_kept(event, keep)) {
        char text[EVENT_LINE_SIZE];

        event_line(event, text);
        err = golden_add(golden, *place ? place : HOST_SECTION,
                         &(struct golden_line){text, event->line, event->t_ps});
    }
    if (!err && event_text(event, "to")) {
        err = keep_state(golden, event, place);
    }
    return err;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(((const struct golden_line *)a)->text, ((const struct golden_line *)b)->text);
}

int golden_from_events(struct golden *golden, const char *path, enum golden_keep keep, char *error,
                       size_t size)
{
    FILE *file = fopen(path, "r");
    struct event_log *log = file ? event_log_open(file, path) : NULL;
    struct golden_section *final;
    struct event event;
    int ret = log ? 0 : file ? -ENOMEM : -EIO;

    if (!file) {
        (void)snprintf(error, size, "%s: %s", path, strerror(errno));
    }
    while (!ret && (ret = event_log_next(log, &event)) > 0) {
        ret = take_event(golden, &event, keep);
    }
    if (log && event_log_error(log)[0]) {
        (void)snprintf(error, size, "%s", event_log_error(log));
    } else if (ret && file) {
        (void)snprintf(error, size, "%s: %s", path, strerror(-ret));
    }
    event_log_close(log);
    if (file) {
        (void)fclose(file);
    }
    final = ret ? NULL : golden_section(golden, GOLDEN_FINAL);
    if (final && final->count) {
        qsort(final->lines, final->count, sizeof(*final->lines), by_text);
    }
    golden_sort(golden);
    return ret;
}
