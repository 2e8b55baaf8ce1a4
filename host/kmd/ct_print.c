/* SPDX-License-Identifier: MIT */
/* CT client: its state in the words of the xe driver's snapshot, each message in a ring explained.
 * What stands in memory is the peer's as well and may be anything. */
#include <inttypes.h>

#include "firmware/abi/guc_communication_ctb_abi.h"
#include "firmware/abi/guc_messages_abi.h"
#include "host/kmd/ct_private.h"

#define MAX_SHOWN 512u /* dwords of a ring */

struct printing {
    const struct ct *ct;
    const struct ct_ring *ring;
    bool g2h;
    ct_action_name *name;
    FILE *out;
};

static const char *const type_names[] = {"request", "event", "fast_request", "busy",
                                         "-",       "retry", "failure",      "success"};

static uint32_t dword_at(const struct printing *printing, uint32_t at)
{
    uint32_t value;

    bo_read(printing->ct->hal, &printing->ring->bo, CT_BUFFER_OFFSET + 4ull * at, &value,
            sizeof(value));
    return value;
}

/* What the HXG message says: a request's action, the request that an answer belongs to. */
static void print_hxg(const struct printing *printing, uint32_t header, uint32_t hxg)
{
    unsigned type = FIELD_GET(GUC_HXG_MSG_0_TYPE, hxg);
    uint16_t fence = (uint16_t)(FIELD_GET(GUC_CTB_MSG_0_FENCE, header) & CT_FENCE_MASK);
    uint16_t action = (uint16_t)FIELD_GET(GUC_HXG_REQUEST_MSG_0_ACTION, hxg);
    const char *name;

    if (type >= GUC_HXG_TYPE_NO_RESPONSE_BUSY) {
        action = printing->ct->actions[fence];
    }
    name = printing->name ? printing->name(action, printing->g2h) : NULL;
    (void)fprintf(printing->out, "\t%s %s(0x%04x)", type_names[type], name ? name : "action",
                  action);
}

/* What of a message was shown last. */
struct walk {
    uint32_t header;
    uint32_t left; /* dwords */
};

static void print_dword(const struct printing *printing, uint32_t at, struct walk *walk)
{
    uint32_t value = dword_at(printing, at);

    (void)fprintf(printing->out, "\tcmd[%" PRIu32 "]: 0x%08" PRIx32, at, value);
    if (walk->left == 0) {
        walk->header = value;
        walk->left = FIELD_GET(GUC_CTB_MSG_0_NUM_DWORDS, value);
        (void)fprintf(printing->out, "\tfence 0x%" PRIx32 ", %" PRIu32 " dwords",
                      FIELD_GET(GUC_CTB_MSG_0_FENCE, value), walk->left);
    } else if (walk->left-- == FIELD_GET(GUC_CTB_MSG_0_NUM_DWORDS, walk->header)) {
        print_hxg(printing, walk->header, value);
    }
    (void)fputc('\n', printing->out);
}

/* From head to tail, as far as both lie in the ring. */
static void print_messages(const struct printing *printing, uint32_t head, uint32_t tail)
{
    struct walk walk = {.left = 0};

    if (head >= printing->ring->size_dw || tail >= printing->ring->size_dw) {
        (void)fprintf(printing->out, "\thead or tail is not in the ring\n");
        return;
    }
    for (uint32_t shown = 0; head != tail && shown < MAX_SHOWN; shown++) {
        print_dword(printing, head, &walk);
        head = (head + 1) % printing->ring->size_dw;
    }
    if (head != tail) {
        (void)fprintf(printing->out, "\t...\n");
    }
}

static void print_ring(const struct printing *printing, uint32_t reserved)
{
    const struct ct_ring *ring = printing->ring;
    uint32_t head = ct_desc_read(printing->ct, ring, GUC_CTB_DESC_HEAD__DWORD);
    uint32_t tail = ct_desc_read(printing->ct, ring, GUC_CTB_DESC_TAIL__DWORD);

    (void)fprintf(printing->out,
                  "%s CTB (all sizes in DW):\n\tsize: %" PRIu32 "\n\tresv_space: %" PRIu32
                  "\n\t%s: %" PRIu32 "\n\tspace: %" PRIu32 "\n\tbroken: %d\n",
                  printing->g2h ? "G2H" : "H2G", ring->size_dw, reserved,
                  printing->g2h ? "head" : "tail", ring->at, ring->space, printing->ct->broken);
    (void)fprintf(printing->out,
                  "\thead (memory): %" PRIu32 "\n\ttail (memory): %" PRIu32
                  "\n\tstatus (memory): 0x%" PRIx32 "\n",
                  head, tail, ct_desc_read(printing->ct, ring, GUC_CTB_DESC_STATUS__DWORD));
    print_messages(printing, head, tail);
}

static void print_waiters(const struct printing *printing)
{
    (void)fprintf(printing->out, "\tpending fences:");
    for (const struct ct_waiter *waiter = printing->ct->waiters; waiter; waiter = waiter->next) {
        uint16_t action = printing->ct->actions[waiter->fence & CT_FENCE_MASK];
        const char *name = printing->name ? printing->name(action, false) : NULL;

        (void)fprintf(printing->out, " 0x%x %s(0x%04x)", waiter->fence, name ? name : "action",
                      action);
    }
    (void)fprintf(printing->out, "%s\n", printing->ct->waiters ? "" : " none");
}

void ct_print(const struct ct *ct, ct_action_name *name, FILE *out)
{
    struct printing printing = {.ct = ct, .ring = &ct->h2g, .name = name, .out = out};

    if (ct->state != CT_ENABLED && ct->state != CT_STOPPED) {
        (void)fprintf(out, "CT disabled\n");
        return;
    }
    (void)fprintf(out, "CT %s\n", ct->state == CT_ENABLED ? "enabled" : "stopped");
    print_ring(&printing, 0);
    printing.ring = &ct->g2h;
    printing.g2h = true;
    print_ring(&printing, CT_G2H_SIZE_DW - CT_G2H_CREDITS - 1);
    (void)fprintf(out, "\tg2h outstanding: %" PRIu32 "\n", ct->outstanding);
    print_waiters(&printing);
}
