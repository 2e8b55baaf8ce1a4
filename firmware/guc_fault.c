/* SPDX-License-Identifier: MIT */
/* Fault points: a test may lose, hold back, double, reorder or damage single messages between the
 * rings (or mailboxes) and the program. What is held back lies here, copied, until its time comes
 * or until it was passed by the next message of its kind; it is forgotten when the function's rings
 * were enabled anew meanwhile. Without a fault point nothing here takes time. */
#include <stdlib.h>
#include <string.h>

#include "firmware/abi/guc_communication_ctb_abi.h"
#include "firmware/abi/guc_messages_abi.h"
#include "firmware/guc_private.h"

#define MAX_KEPT 16u /* a message that finds no place passes as it is */
#define MAX_LEN  GUC_CTB_HXG_MSG_MAX_LEN

struct kept {
    bool used;
    bool swapped; /* leaves as soon as another one has passed */
    enum guc_message_kind kind;
    unsigned fn;
    uint32_t epoch; /* of the function's rings */
    uint64_t due_ns;
    uint64_t order;
    struct guc_kept_message message;
    uint32_t words[MAX_LEN];
};

struct guc_faults {
    guc_fault_point *point;
    void *arg;
    uint64_t kept_count; /* of all times */
    struct kept kept[MAX_KEPT];
};

int guc_set_fault_point(struct guc *guc, guc_fault_point *point, void *arg)
{
    if (!guc->faults) {
        guc->faults = calloc(1, sizeof(*guc->faults));
    }
    if (!guc->faults) {
        return -1;
    }
    guc->faults->point = point;
    guc->faults->arg = arg;
    return 0;
}

void guc_fault_free(struct guc *guc)
{
    free(guc->faults);
}

static struct kept *find_room(struct guc_faults *faults)
{
    for (unsigned i = 0; i < MAX_KEPT; i++) {
        if (!faults->kept[i].used) {
            return &faults->kept[i];
        }
    }
    return NULL;
}

static bool keep(struct guc *guc, const struct guc_fault_message *met, bool swapped,
                 const struct guc_kept_message *message)
{
    struct guc_faults *faults = guc->faults;
    struct kept *kept = find_room(faults);

    if (!kept || message->len > MAX_LEN) {
        return false;
    }
    kept->used = true;
    kept->swapped = swapped;
    kept->kind = met->kind;
    kept->fn = met->fn;
    kept->epoch = guc->functions[met->fn].ctb.epoch;
    kept->due_ns = hal_now(guc->hal) + met->delay_ns;
    kept->order = faults->kept_count++;
    kept->message = *message;
    memset(kept->words, 0, sizeof(kept->words));
    memcpy(kept->words, message->words, message->len * sizeof(uint32_t));
    kept->message.words = kept->words;
    return true;
}

unsigned guc_fault_meets(struct guc *guc, enum guc_message_kind kind, unsigned fn,
                         struct guc_kept_message *message)
{
    bool ring = kind == GUC_MESSAGE_H2G || kind == GUC_MESSAGE_G2H;
    uint32_t header_len = ring ? GUC_CTB_HDR_LEN : 0;
    struct guc_fault_message met = {.kind = kind,
                                    .fn = fn,
                                    .action = message->action,
                                    .header = ring ? message->words : NULL,
                                    .hxg = message->words + header_len,
                                    .len = message->len - header_len};

    if (!guc->faults || !guc->faults->point) {
        return 1;
    }
    switch (guc->faults->point(guc->faults->arg, &met)) {
    case GUC_FAULT_DROP:
        return 0;
    case GUC_FAULT_TWICE:
        return 2;
    case GUC_FAULT_DELAY:
        return keep(guc, &met, false, message) ? 0 : 1;
    case GUC_FAULT_SWAP:
        return keep(guc, &met, true, message) ? 0 : 1;
    default:
        return 1;
    }
}

/* Gives a message back to where it was taken from. */
static void release(struct guc *guc, struct kept *kept)
{
    struct kept copy = *kept; /* what handles it may keep others */

    kept->used = false;
    copy.message.words = copy.words;
    if (copy.kind == GUC_MESSAGE_REQUEST) {
        guc_mailbox_run(guc, copy.fn, copy.words);
    } else if (copy.kind == GUC_MESSAGE_REPLY) {
        guc_mailbox_answer(guc, copy.fn, &copy.message);
    } else if (copy.epoch != guc->functions[copy.fn].ctb.epoch || !guc_ctb_usable(guc, copy.fn)) {
        return;
    } else if (copy.kind == GUC_MESSAGE_H2G) {
        guc_ctb_handle(guc, copy.fn, &copy.message);
    } else {
        guc_ctb_send_words(guc, copy.fn, &copy.message);
    }
}

/* The oldest one that is to go, or NULL. */
static struct kept *find_due(struct guc *guc, uint64_t now)
{
    struct kept *found = NULL;

    for (unsigned i = 0; i < MAX_KEPT; i++) {
        struct kept *kept = &guc->faults->kept[i];

        if (kept->used && kept->due_ns <= now && (!found || kept->order < found->order)) {
            found = kept;
        }
    }
    return found;
}

void guc_fault_passed(struct guc *guc, enum guc_message_kind kind, unsigned fn)
{
    for (unsigned i = 0; guc->faults && i < MAX_KEPT; i++) {
        struct kept *kept = &guc->faults->kept[i];

        if (kept->used && kept->swapped && kept->kind == kind && kept->fn == fn) {
            release(guc, kept);
        }
    }
}

uint64_t guc_fault_run(struct guc *guc)
{
    uint64_t next = HAL_FOREVER;
    struct kept *due;

    if (!guc->faults) {
        return next;
    }
    /* Each released one leaves its place; handlers may fill it again, but never with what is due.
     */
    for (unsigned i = 0; i < MAX_KEPT && (due = find_due(guc, hal_now(guc->hal))); i++) {
        release(guc, due);
    }
    for (unsigned i = 0; i < MAX_KEPT; i++) {
        const struct kept *kept = &guc->faults->kept[i];

        if (kept->used && kept->due_ns < next) {
            next = kept->due_ns;
        }
    }
    return next;
}
