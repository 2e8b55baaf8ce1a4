/* SPDX-License-Identifier: MIT */
/* Messages as people call them: the names of the public interface with the argument that matters.
 * Inputs come from a file and may be anything; an unknown code is shown as a number. */
#ifndef TRACES_NAMES_H
#define TRACES_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct message {
    uint32_t action;  /* of an answer: its request's */
    const char *name; /* of the action, by the log; NULL when it has none */
    const uint32_t *hxg;
    unsigned len; /* of hxg, dwords; 0 is possible */
};

/* HXG type of a message, GUC_HXG_TYPE_*; 4 (reserved) for an empty one. */
unsigned message_type(const struct message *message);
/* Dword n, 0 when the message is shorter. */
uint32_t message_dword(const struct message *message, unsigned n);
/* "PF2GUC_VF_CONTROL(pause)", "VF2GUC_RESFIX_DONE(1)", ... for requests and events. */
void message_title(const struct message *message, char *to, size_t size);
/* "success", "success 0x10000000", "failure 0x107 VF_MIGRATED", "busy", "retry". */
void message_answer(const struct message *message, char *to, size_t size);
/* Name of a configuration key, "GGTT_START"; NULL when unknown. */
const char *klv_name(uint32_t key);

#endif
