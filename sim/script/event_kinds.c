/* SPDX-License-Identifier: MIT */
/* What kinds of events there are and which fields each has: a pattern that no event can ever look
 * like is a mistake of the scenario, not a watch that sees nothing. */
#include "sim/script/event_kinds.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "host/pf/pf.h"
#include "sim/hal/trace.h"
#include "sim/script/script.h"

#define MAX_WORDS         160u /* names of actions */
#define WORD_LEN          48u
#define SHORT_LEN         3u

#define OR_HOP(hop, name) name "|"

#define PLACE             "gpu gt# "
#define VF_STATES                                                                                  \
    "VF_UNPROVISIONED|VF_READY|VF_READY_PAUSED|VF_RUNNING|VF_RUNNING_PAUSING|VF_RUNNING_PAUSED|"   \
    "VF_RESFIX_PAUSED|VF_RESFIX_BLOCKED|VF_STOPPED|VF_FLR_PENDING|VF_FLR_WAIT_FINISH "
#define VFIO_STATES "ERROR|STOP|RUNNING|STOP_COPY|RESUMING|RUNNING_P2P|PRE_COPY|PRE_COPY_P2P "
#define CTB                                                                                        \
    PLACE "ev=sent|taken fn# epoch# pos# fence# "                                                  \
          "type=request|event|fast_request|busy|reserved|retry|response_failure|response "         \
          "action# name@ len# hxg"

/* A field a word. With # it is a whole number, with ? true or false, with @ the name of an action,
 * with % a state of the PF's control machine, with = one of these texts, else any text. */
static const struct {
    const char *name, *fields;
} kinds[] = {
    {"h2g", CTB},
    {"g2h", CTB},
    {"mmio_msg", PLACE "ev=request|reply fn# id# action# name@ hxg"},
    {"hop", PLACE "of=h2g|g2h|mmio_msg fn# epoch# pos# call# at=" TRACE_HOPS(OR_HOP)},
    {"doorbell", PLACE "fn#"},
    {"irq", "gpu fn# source"},
    {"vf_state", PLACE "vf# from=" VF_STATES "to=" VF_STATES},
    {"pf_state", PLACE "vf# from% to%"},
    {"recovery", PLACE "vf# step=irq|start|resfix_start|query|fixups|fixups_done|restart|"
                       "resfix_done|requeued|ended|wedged|gt_reset|gt_reset_ended"},
    {"job", PLACE "fn# ctx# engine "
                  "ev=submit|switch_in|switch_out|switch_reset|complete|preempt|fault|reset"},
    {"vfio", "gpu dev from=" VFIO_STATES "to=" VFIO_STATES},
    {"migration", "vm step=check|setup|round|stop_vm|stop_device|last_ram|device_data|pci_config|"
                  "switch_over|start|init_data_sent|switchover_ack|done|failed|cancelled "
                  "round# dirty# bytes#"},
    {"fault", PLACE "fn# what addr# of=h2g|g2h|request|reply action# name@ hxg cycles# engine#"},
    {"peer_error", PLACE "fn# what detail#"},
    {"trap", "gpu fn# ev=exit|served|table write? addr# size# value# bar#"},
    {"pv", "gpu vgpu# ev=sent|seen|timeout|trap|exec|done fence# status# action# name fn#"},
    {"script", "line# text"},
    {"expect", "name ok?"},
};

/* Names as they are collected, for a message. */
struct names {
    char texts[MAX_WORDS][WORD_LEN];
    const char *pointers[MAX_WORDS];
    unsigned count;
};

static void names_add(struct names *names, const char *text, size_t len)
{
    if (len > 0 && len < WORD_LEN && names->count < MAX_WORDS) {
        (void)snprintf(names->texts[names->count], WORD_LEN, "%.*s", (int)len, text);
        names->pointers[names->count] = names->texts[names->count];
        names->count++;
    }
}

static bool names_have(const struct names *names, const char *text)
{
    for (unsigned i = 0; i < names->count; i++) {
        if (strcmp(names->texts[i], text) == 0) {
            return true;
        }
    }
    return false;
}

/* ", did you mean a?", or all of them when none is near; to a short word many are. */
static void names_offer(const struct names *names, const char *word, char *text, size_t size)
{
    const char *near =
        strlen(word) < SHORT_LEN ? NULL : nearest_name(word, names->pointers, names->count);
    size_t len = 0;

    if (near) {
        (void)snprintf(text, size, ", did you mean %s?", near);
        return;
    }
    *text = '\0';
    for (unsigned i = 0; i < names->count && len < size; i++) {
        len += (size_t)snprintf(text + len, size - len, "%s%s", i ? ", " : "; there are ",
                                names->texts[i]);
    }
}

/* The words of a text between separators, each up to what cannot belong to a name. */
static void names_split(struct names *names, const char *text, const char *separators,
                        const char *end)
{
    while (*text) {
        size_t word = strcspn(text, separators), name = strcspn(text, end);

        names_add(names, text, name < word ? name : word);
        text += word;
        text += strspn(text, separators);
    }
}

static void names_add_once(struct names *names, const char *name)
{
    if (name && !names_have(names, name)) {
        names_add(names, name, strlen(name));
    }
}

static void names_of_actions(struct names *names)
{
    for (uint32_t action = 0; action <= UINT16_MAX; action++) {
        names_add_once(names, machine_action_name((uint16_t)action, false));
        names_add_once(names, machine_action_name((uint16_t)action, true));
    }
}

/* The field's word in the list of a kind, NULL when it has none. */
static const char *field_find(const char *fields, const char *name)
{
    size_t len = strlen(name);

    for (const char *at = fields; *at;) {
        if (strncmp(at, name, len) == 0 && strchr("#?@%= ", at[len])) { /* the NUL too */
            return at + len;
        }
        at += strcspn(at, " ");
        at += strspn(at, " ");
    }
    return NULL;
}

static int wrong(char error[ERROR_TEXT_LEN], const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static int wrong(char error[ERROR_TEXT_LEN], const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(error, ERROR_TEXT_LEN, format, arguments);
    va_end(arguments);
    return -EINVAL;
}

/* A text against those that the field can have. */
static int text_check(const char *kind, const struct event_term *term, const char *form,
                      char error[ERROR_TEXT_LEN])
{
    struct names names = {.count = 0};
    char offer[ERROR_TEXT_LEN / 2];
    char list[ERROR_TEXT_LEN * 2];

    if (*form == '@') {
        names_of_actions(&names);
    } else if (*form == '%') {
        for (unsigned i = 0; pf_control_state_names[i]; i++) {
            names_add(&names, pf_control_state_names[i], strlen(pf_control_state_names[i]));
        }
    } else if (*form == '=') {
        (void)snprintf(list, sizeof(list), "%.*s", (int)strcspn(form + 1, " "), form + 1);
        names_split(&names, list, "|", "|");
    } else {
        return 0;
    }
    if (names_have(&names, term->text)) {
        return 0;
    }
    names_offer(&names, term->text, offer, sizeof(offer));
    return wrong(error, "no event %s has %s = \"%s\"%s", kind, term->name, term->text, offer);
}

static int no_field(unsigned kind, const char *field, char error[ERROR_TEXT_LEN])
{
    struct names names = {.count = 0};
    char offer[ERROR_TEXT_LEN / 2];

    names_split(&names, kinds[kind].fields, " ", " #?@%=");
    names_offer(&names, field, offer, sizeof(offer));
    return wrong(error, "an event %s has no field %s%s", kinds[kind].name, field, offer);
}

static int term_check(unsigned kind, const struct event_term *term, char error[ERROR_TEXT_LEN])
{
    const char *form = field_find(kinds[kind].fields, term->name);
    enum hal_field_type type;

    if (!form) {
        return no_field(kind, term->name, error);
    }
    type = *form == '#' ? HAL_INT : *form == '?' ? HAL_BOOL : HAL_STR;
    if (type != term->type) {
        return wrong(error, "%s of an event %s is %s", term->name, kinds[kind].name,
                     type == HAL_INT    ? "a whole number"
                     : type == HAL_BOOL ? "true or false"
                                        : "a text");
    }
    return type == HAL_STR ? text_check(kinds[kind].name, term, form, error) : 0;
}

static int terms_check(unsigned kind, const struct event_term *terms, unsigned count,
                       char error[ERROR_TEXT_LEN])
{
    for (unsigned t = 0; t < count; t++) {
        if (strcmp(terms[t].name, "kind") != 0 && term_check(kind, &terms[t], error)) {
            return -EINVAL;
        }
    }
    return 0;
}

static int kind_check(const char *kind, const struct event_term *terms, unsigned count,
                      char error[ERROR_TEXT_LEN])
{
    struct names names = {.count = 0};
    char offer[ERROR_TEXT_LEN / 2];

    for (unsigned i = 0; i < ARRAY_SIZE(kinds); i++) {
        if (strcmp(kinds[i].name, kind) == 0) {
            return terms_check(i, terms, count, error);
        }
        names_add(&names, kinds[i].name, strlen(kinds[i].name));
    }
    names_offer(&names, kind, offer, sizeof(offer));
    return wrong(error, "there is no event %s%s", kind, offer);
}

int event_terms_check(const struct event_term *terms, unsigned count, char error[ERROR_TEXT_LEN])
{
    char ignored[ERROR_TEXT_LEN];

    for (unsigned t = 0; t < count; t++) {
        if (strcmp(terms[t].name, "kind") == 0) {
            return terms[t].type == HAL_STR ? kind_check(terms[t].text, terms, count, error)
                                            : wrong(error, "kind is a text");
        }
    }
    for (unsigned i = 0; i < ARRAY_SIZE(kinds); i++) { /* of any kind */
        if (kind_check(kinds[i].name, terms, count, ignored) == 0) {
            return 0;
        }
    }
    return wrong(error, "no event looks like this; with its kind this could say why");
}

const char *event_kind_name(unsigned n)
{
    return n < ARRAY_SIZE(kinds) ? kinds[n].name : NULL;
}

const char *event_kind_fields(unsigned n)
{
    return n < ARRAY_SIZE(kinds) ? kinds[n].fields : NULL;
}
