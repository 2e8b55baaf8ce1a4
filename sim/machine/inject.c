/* SPDX-License-Identifier: MIT */
/* Disturbed messages: the fault point of each GuC asks here, finds the first disturbance that
 * wants the message, and each one that took effect is told as a fault event. */
#include "sim/machine/inject.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "firmware/abi/guc_communication_ctb_abi.h"
#include "firmware/abi/guc_messages_abi.h"

static const char *const kind_names[] = {
    [GUC_MESSAGE_H2G] = "h2g",
    [GUC_MESSAGE_G2H] = "g2h",
    [GUC_MESSAGE_REQUEST] = "request",
    [GUC_MESSAGE_REPLY] = "reply",
};

static const char *const fault_names[] = {
    [GUC_FAULT_NONE] = "message_changed",   [GUC_FAULT_DROP] = "message_dropped",
    [GUC_FAULT_DELAY] = "message_delayed",  [GUC_FAULT_SWAP] = "message_swapped",
    [GUC_FAULT_TWICE] = "message_repeated",
};

/* error and data0 are what an answer has where a request has its action. */
static const struct {
    const char *name;
    int dword;
    uint32_t mask;
} fields[] = {
    {"fence", INJECT_HEADER, GUC_CTB_MSG_0_FENCE},
    {"format", INJECT_HEADER, GUC_CTB_MSG_0_FORMAT},
    {"len", INJECT_HEADER, GUC_CTB_MSG_0_NUM_DWORDS},
    {"origin", 0, GUC_HXG_MSG_0_ORIGIN},
    {"type", 0, GUC_HXG_MSG_0_TYPE},
    {"action", 0, GUC_HXG_REQUEST_MSG_0_ACTION},
    {"data0", 0, GUC_HXG_RESPONSE_MSG_0_DATA0},
    {"hint", 0, GUC_HXG_FAILURE_MSG_0_HINT},
    {"error", 0, GUC_HXG_FAILURE_MSG_0_ERROR},
};

int inject_kind(const char *name)
{
    for (unsigned i = 0; i < ARRAY_SIZE(kind_names); i++) {
        if (strcmp(kind_names[i], name) == 0) {
            return (int)i;
        }
    }
    return -1;
}

bool inject_field(const char *name, int *dword, uint32_t *mask)
{
    for (unsigned i = 0; i < ARRAY_SIZE(fields); i++) {
        if (strcmp(fields[i].name, name) == 0) {
            *dword = fields[i].dword;
            *mask = fields[i].mask;
            return true;
        }
    }
    return false;
}

const char *const *inject_field_names(unsigned *count)
{
    static const char *names[ARRAY_SIZE(fields)];

    for (unsigned i = 0; i < ARRAY_SIZE(fields); i++) {
        names[i] = fields[i].name;
    }
    *count = ARRAY_SIZE(fields);
    return names;
}

void inject_text(const struct inject *inject, char *text, size_t size)
{
    const char *name = inject->action == INJECT_ANY_ACTION
                           ? "any action"
                           : machine_action_name((uint16_t)inject->action, false);

    (void)snprintf(text, size, "%s.gt%u %s fn%u %s from %u on, %u times: %s",
                   inject->gpu->desc.name, inject->gt, kind_names[inject->kind], inject->fn,
                   name ? name : "an action", inject->nth, inject->count,
                   fault_names[inject->what]);
}

/* ---- a message is met ----------------------------------------------------------------------- */

static bool wants(const struct inject *inject, const struct guc_fault_message *message)
{
    return inject->kind == message->kind && inject->fn == message->fn &&
           (inject->action == INJECT_ANY_ACTION || inject->action == message->action);
}

static void edit(const struct inject *inject, struct guc_fault_message *message)
{
    for (unsigned i = 0; i < inject->num_edits; i++) {
        const struct inject_edit *change = &inject->edits[i];
        uint32_t *word = NULL;

        if (change->dword == INJECT_HEADER) {
            word = message->header;
        } else if ((uint32_t)change->dword < message->len) {
            word = &message->hxg[change->dword];
        }
        if (word) {
            *word = ((*word & ~change->mask) | change->value) ^ change->flip;
        }
    }
}

static void tell(const struct inject *inject, const struct guc_fault_message *message)
{
    const struct hal_field told[] = {
        {.name = "fn", .type = HAL_INT, .value = message->fn},
        {.name = "what", .type = HAL_STR, .pointer = fault_names[inject->what]},
        {.name = "of", .type = HAL_STR, .pointer = kind_names[message->kind]},
        {.name = "action", .type = HAL_INT, .value = message->action},
        {.name = "name",
         .type = HAL_STR,
         .pointer = machine_action_name((uint16_t)message->action, false)},
        {.name = "hxg", .type = HAL_HEX, .value = message->len, .pointer = message->hxg},
    };

    hal_trace(sim_gpu_guc(inject->gpu->sim, inject->gt), (int)inject->gt, "fault", told,
              ARRAY_SIZE(told));
}

/* guc_fault_point; arg: the GT's list. */
static enum guc_fault meet(void *arg, struct guc_fault_message *message)
{
    struct inject *const *list = arg;

    for (struct inject *inject = *list; inject; inject = inject->next) {
        if (!wants(inject, message)) {
            continue;
        }
        inject->met++;
        if (inject->met >= inject->nth && inject->met - inject->nth < inject->count) {
            edit(inject, message);
            message->delay_ns = inject->delay_ns;
            tell(inject, message);
            return inject->what;
        }
    }
    return GUC_FAULT_NONE;
}

/* ---- what is asked for ---------------------------------------------------------------------- */

int inject_add(struct machine_gpu *gpu, const struct inject *inject)
{
    struct inject **end = &gpu->injects[inject->gt];
    struct inject *copy = malloc(sizeof(*copy));

    if (!copy || guc_set_fault_point(gpu->gucs[inject->gt], meet, &gpu->injects[inject->gt])) {
        free(copy);
        return -ENOMEM;
    }
    *copy = *inject;
    copy->gpu = gpu;
    copy->met = 0;
    copy->next = NULL;
    while (*end) {
        end = &(*end)->next;
    }
    *end = copy;
    return 0;
}

void inject_clear(struct machine_gpu *gpu)
{
    for (unsigned gt = 0; gt < MACHINE_MAX_GTS; gt++) {
        for (struct inject *inject = gpu->injects[gt], *next; inject; inject = next) {
            next = inject->next;
            free(inject);
        }
        gpu->injects[gt] = NULL;
    }
}
