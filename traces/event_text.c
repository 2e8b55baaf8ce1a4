/* SPDX-License-Identifier: MIT */
/* Events as lines of text, for comparisons. A row of the table says how a kind is told. */
#include "traces/event_text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "firmware/abi/guc_messages_abi.h"
#include "sim/hal/hal.h"
#include "traces/names.h"

#define MAX_TITLE 128u

struct line {
    char *at;
    size_t room;
};

__attribute__((format(printf, 2, 3))) static void add(struct line *line, const char *format, ...)
{
    va_list args;
    int used;

    va_start(args, format);
    used = vsnprintf(line->at, line->room, format, args);
    va_end(args);
    if (used > 0) {
        size_t taken = (size_t)used < line->room ? (size_t)used : line->room - 1;

        line->at += taken;
        line->room -= taken;
    }
}

static const char *text_of(const struct event *event, const char *field)
{
    const char *text = event_text(event, field);

    return text ? text : "";
}

static void add_payload(struct line *line, const uint32_t *hxg, unsigned len)
{
    for (unsigned i = 1; i < len; i++) {
        add(line, "%s %08" PRIx32, i == 1 ? " |" : "", hxg[i]);
    }
}

/* A message of a ring or of the mailbox. */
static void add_message(const struct event *event, struct line *line)
{
    uint32_t hxg[EVENT_MAX_HXG];
    const struct message message = {.action = (uint32_t)event_int(event, "action"),
                                    .name = event_text(event, "name"),
                                    .hxg = hxg,
                                    .len = event_hxg(event, hxg)};
    unsigned type = message_type(&message);
    const char *ev = text_of(event, "ev");
    char title[MAX_TITLE];

    add(line, " fn%" PRIu64, event_int(event, "fn"));
    if (strcmp(ev, "sent") != 0) {
        add(line, " %s", ev);
    }
    if (type == GUC_HXG_TYPE_REQUEST || type == GUC_HXG_TYPE_EVENT ||
        type == GUC_HXG_TYPE_FAST_REQUEST) {
        message_title(&message, title, sizeof(title));
        add(line, " %s", title);
    } else {
        message_answer(&message, title, sizeof(title));
        add(line, " %s: %s", message.name ? message.name : "answer", title);
    }
    add_payload(line, hxg, message.len);
}

static void add_states(const struct event *event, struct line *line)
{
    if (event_text(event, "dev")) {
        add(line, " %s", text_of(event, "dev"));
    } else {
        add(line, " vf%" PRIu64, event_int(event, "vf"));
    }
    add(line, " %s -> %s", text_of(event, "from"), text_of(event, "to"));
}

static void add_recovery(const struct event *event, struct line *line)
{
    add(line, " vf%" PRIu64 " %s", event_int(event, "vf"), text_of(event, "step"));
}

static void add_job(const struct event *event, struct line *line)
{
    const char *engine = event_text(event, "engine"); /* none: all of the context */

    add(line, " fn%" PRIu64 " ctx %" PRIu64 " %s %s", event_int(event, "fn"),
        event_int(event, "ctx"), engine ? engine : "-", text_of(event, "ev"));
}

static void add_script(const struct event *event, struct line *line)
{
    add(line, " line %" PRIu64 ": %s", event_int(event, "line"), text_of(event, "text"));
}

static void add_expect(const struct event *event, struct line *line)
{
    add(line, " %s: %s", text_of(event, "name"), event_flag(event, "ok") ? "holds" : "FAILS");
}

static void add_hop(const struct event *event, struct line *line)
{
    add(line, " fn%" PRIu64 " %s %" PRIu64 ".%" PRIu64 " call %" PRIu64 ": %s",
        event_int(event, "fn"), text_of(event, "of"), event_int(event, "epoch"),
        event_int(event, "pos"), event_int(event, "call"), text_of(event, "at"));
}

static void add_pv(const struct event *event, struct line *line)
{
    const char *name = event_text(event, "name"); /* guests' events have none */

    add(line, " vgpu%" PRIu64 " %s", event_int(event, "vgpu"), text_of(event, "ev"));
    if (name) {
        add(line, " %s", name);
    } else {
        add(line, " action %" PRIu64, event_int(event, "action"));
    }
    add(line, " fence %" PRIu64 " status %" PRId32, event_int(event, "fence"),
        (int32_t)event_int(event, "status"));
}

static void add_trap(const struct event *event, struct line *line)
{
    add(line, " fn%" PRIu64 " %s %s 0x%" PRIx64, event_int(event, "fn"), text_of(event, "ev"),
        event_flag(event, "write") ? "write" : "read", event_int(event, "addr"));
    if (event_flag(event, "write") || strcmp(text_of(event, "ev"), "served") == 0) {
        add(line, " = 0x%" PRIx64, event_int(event, "value"));
    }
}

static void add_migration(const struct event *event, struct line *line)
{
    add(line, " %s %s", text_of(event, "vm"), text_of(event, "step"));
    if (event_int(event, "round")) {
        add(line, " %" PRIu64, event_int(event, "round"));
    }
    add(line, ": %" PRIu64 " pages dirty, %" PRIu64 " bytes", event_int(event, "dirty"),
        event_int(event, "bytes"));
}

/* Faults, interrupts, doorbells: who, and what if it says. */
static void add_function(const struct event *event, struct line *line)
{
    add(line, " fn%" PRIu64, event_int(event, "fn"));
    if (event_text(event, "what")) {
        add(line, " %s", text_of(event, "what"));
    } else if (event_text(event, "source")) {
        add(line, " %s", text_of(event, "source"));
    }
}

static const struct {
    const char *kind;
    void (*add)(const struct event *event, struct line *line);
} forms[] = {
    {"h2g", add_message},       {"g2h", add_message},
    {"mmio_msg", add_message},  {"vf_state", add_states},
    {"pf_state", add_states},   {"vfio", add_states},
    {"recovery", add_recovery}, {"job", add_job},
    {"script", add_script},     {"expect", add_expect},
    {"fault", add_function},    {"peer_error", add_function},
    {"irq", add_function},      {"doorbell", add_function},
    {"hop", add_hop},           {"pv", add_pv},
    {"trap", add_trap},         {"migration", add_migration},
};

void event_line(const struct event *event, char to[EVENT_LINE_SIZE])
{
    struct line line = {.at = to, .room = EVENT_LINE_SIZE};
    size_t form = 0;

    add(&line, "%s", event->kind);
    while (form < ARRAY_SIZE(forms) && strcmp(forms[form].kind, event->kind) != 0) {
        form++;
    }
    if (form < ARRAY_SIZE(forms)) {
        forms[form].add(event, &line);
    } else {
        add(&line, " %s", event->text);
    }
    for (char *at = to; *at; at++) {
        if ((unsigned char)*at < ' ') {
            *at = '?';
        }
    }
}

void event_place(const struct event *event, char *to, size_t size)
{
    if (event->gt == HAL_GT_NONE) {
        (void)snprintf(to, size, "%s", event->gpu);
    } else {
        (void)snprintf(to, size, "%s.gt%d", event->gpu, event->gt);
    }
}
