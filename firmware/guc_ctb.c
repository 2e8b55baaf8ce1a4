/* SPDX-License-Identifier: MIT */
/* CTB: takes H2G messages and hands them to the action table, places G2H messages. The host may
 * write anything into its rings at any time; each index is checked against ours before it is used.
 *
 * Decisions of the model. STATUS bits: OVERFLOW for a tail (H2G) or head (G2H) out of range and
 * when what a host does not read outgrows our memory; MISMATCH when the index that we own is not
 * what we wrote; UNDERFLOW for a message that is cut off by the tail or by the ring's end, and for
 * a header that is no HXG header (format, reserved bits, no payload), since after it the stream
 * cannot be cut into messages any more. After any of them, a status set by the host, or a DMA
 * fault, the pair is out of use until CONTROL_CTB enables it again. */
#include "firmware/guc_ctb.h"

#include <errno.h>
#include <string.h>

#include "firmware/abi/guc_actions_abi.h"
#include "firmware/abi/guc_communication_ctb_abi.h"
#include "firmware/abi/guc_messages_abi.h"
#include "firmware/guc_private.h"
#include "sim/hal/trace.h"

#define MESSAGES_PER_TURN 8u /* then other functions get theirs */
#define DESC_LEN          3u /* HEAD, TAIL, STATUS */
#define QUEUE_PREFIX      2u /* length and action, before the message as it goes out */
#define MAX_LEN           GUC_CTB_HXG_MSG_MAX_LEN

struct desc {
    uint32_t head, tail, status;
};

/* Tells where the message at an end of ours stands. */
static void trace_at(struct guc *guc, unsigned fn, const char *of, uint32_t pos,
                     enum trace_hop_at at)
{
    const struct trace_hop hop = {.gt = (int)guc->config.gt,
                                  .of = of,
                                  .fn = fn,
                                  .epoch = guc->functions[fn].ctb.epoch,
                                  .pos = pos,
                                  .at = at};

    trace_hop(guc->hal, &hop);
}

/* ---- descriptors ----------------------------------------------------------------------------- */

/* Takes the rings out of use and says why. */
static void give_up(struct guc *guc, unsigned fn, const struct guc_ring *ring, uint32_t status,
                    const char *what)
{
    struct guc_ctb *ctb = &guc->functions[fn].ctb;
    bool h2g = ring == &ctb->h2g;
    uint64_t addr = ring->desc_addr + GUC_CTB_DESC_STATUS__DWORD * sizeof(uint32_t);

    ctb->broken = true;
    ctb->doorbell = false;
    ctb->queue_len = 0;
    trace_peer_error(guc->hal, (int)guc->config.gt, fn, what, ring->index);
    /* A descriptor out of reach, which status 0 stands for, cannot tell it. */
    if (status && !guc_dma_write(guc, fn, addr, &status, 1)) {
        hal_probe_set(guc->hal,
                      h2g ? guc->functions[fn].probes.h2g_status
                          : guc->functions[fn].probes.g2h_status,
                      status);
    }
}

static int read_desc(struct guc *guc, unsigned fn, const struct guc_ring *ring, struct desc *desc)
{
    uint32_t words[DESC_LEN];

    if (guc_dma_read(guc, fn, ring->desc_addr, words, DESC_LEN)) {
        give_up(guc, fn, ring, 0, "ctb descriptor out of reach");
        return -EPIPE;
    }
    desc->head = words[GUC_CTB_DESC_HEAD__DWORD];
    desc->tail = words[GUC_CTB_DESC_TAIL__DWORD];
    desc->status = words[GUC_CTB_DESC_STATUS__DWORD];
    return 0;
}

/* Reads a descriptor and judges it. mine is the index that we own there, theirs the other. */
static int check_desc(struct guc *guc, unsigned fn, const struct guc_ring *ring, uint32_t *theirs)
{
    bool h2g = ring == &guc->functions[fn].ctb.h2g;
    struct desc desc;

    if (read_desc(guc, fn, ring, &desc)) {
        return -EPIPE;
    }
    *theirs = h2g ? desc.tail : desc.head;
    if (desc.status) {
        give_up(guc, fn, ring, 0, "ctb status set by the host");
    } else if ((h2g ? desc.head : desc.tail) != ring->index) {
        give_up(guc, fn, ring, GUC_CTB_STATUS_MISMATCH, "ctb index written by the wrong side");
    } else if (*theirs >= ring->size) {
        give_up(guc, fn, ring, GUC_CTB_STATUS_OVERFLOW, "ctb index out of range");
    } else {
        return 0;
    }
    return -EPIPE;
}

static int publish(struct guc *guc, unsigned fn, struct guc_ring *ring, uint32_t moved)
{
    bool h2g = ring == &guc->functions[fn].ctb.h2g;
    uint32_t dword = h2g ? GUC_CTB_DESC_HEAD__DWORD : GUC_CTB_DESC_TAIL__DWORD;

    ring->index = (ring->index + moved) % ring->size;
    ring->pos += moved;
    if (guc_dma_write(guc, fn, ring->desc_addr + dword * sizeof(uint32_t), &ring->index, 1)) {
        give_up(guc, fn, ring, 0, "ctb descriptor out of reach");
        return -EPIPE;
    }
    hal_probe_set(guc->hal,
                  h2g ? guc->functions[fn].probes.h2g_head : guc->functions[fn].probes.g2h_tail,
                  ring->index);
    return 0;
}

/* ---- life ------------------------------------------------------------------------------------ */

static uint64_t self(const struct guc *guc, unsigned fn, uint32_t key)
{
    return guc->functions[fn].self[key - GUC_KLV_SELF_CFG_MEMIRQ_STATUS_ADDR_KEY];
}

static uint32_t describe_ring(struct guc *guc, unsigned fn, uint32_t addr_key,
                              struct guc_ring *ring)
{
    /* The keys of a ring stand in one order: address, descriptor, size. */
    uint64_t size_bytes = self(guc, fn, addr_key + 2);
    uint32_t words[GUC_CTB_DESC_DWORDS];

    *ring = (struct guc_ring){.addr = self(guc, fn, addr_key),
                              .desc_addr = self(guc, fn, addr_key + 1),
                              .size = (uint32_t)(size_bytes / sizeof(uint32_t))};
    if (!ring->addr || !ring->desc_addr || !ring->size) {
        return XE_GUC_RESPONSE_CTB_NOT_REGISTERED;
    }
    if (!guc_fn_owns(guc, fn, ring->addr, size_bytes) ||
        !guc_fn_owns(guc, fn, ring->desc_addr, GUC_CTB_DESC_BYTES)) {
        return XE_GUC_RESPONSE_INVALID_GGTT_ADDRESS;
    }
    if (guc_dma_read(guc, fn, ring->desc_addr, words, GUC_CTB_DESC_DWORDS)) {
        return XE_GUC_RESPONSE_CTB_INVALID_DESC;
    }
    for (unsigned i = 0; i < GUC_CTB_DESC_DWORDS; i++) {
        if (words[i]) {
            return XE_GUC_RESPONSE_CTB_INVALID_DESC;
        }
    }
    return 0;
}

uint32_t guc_ctb_enable(struct guc *guc, unsigned fn)
{
    struct guc_ctb *ctb = &guc->functions[fn].ctb;
    const struct guc_probes *probes = &guc->functions[fn].probes;
    struct guc_ring h2g, g2h;
    uint32_t error = describe_ring(guc, fn, GUC_KLV_SELF_CFG_H2G_CTB_ADDR_KEY, &h2g);

    if (!error) {
        error = describe_ring(guc, fn, GUC_KLV_SELF_CFG_G2H_CTB_ADDR_KEY, &g2h);
    }
    if (error) {
        return error;
    }
    ctb->h2g = h2g;
    ctb->g2h = g2h;
    ctb->enabled = true;
    ctb->broken = false;
    ctb->queue_len = 0;
    ctb->epoch++;
    hal_probe_set(guc->hal, probes->h2g_head, 0);
    hal_probe_set(guc->hal, probes->h2g_tail, 0);
    hal_probe_set(guc->hal, probes->g2h_head, 0);
    hal_probe_set(guc->hal, probes->g2h_tail, 0);
    hal_probe_set(guc->hal, probes->h2g_status, 0);
    hal_probe_set(guc->hal, probes->g2h_status, 0);
    return 0;
}

void guc_ctb_disable(struct guc *guc, unsigned fn, bool mark)
{
    struct guc_ctb *ctb = &guc->functions[fn].ctb;
    const struct guc_ring *rings[] = {&ctb->h2g, &ctb->g2h};
    uint32_t status = GUC_CTB_STATUS_DISABLED;
    bool usable = guc_ctb_usable(guc, fn);

    ctb->enabled = false;
    ctb->doorbell = false;
    ctb->queue_len = 0;
    for (unsigned i = 0; mark && usable && i < ARRAY_SIZE(rings); i++) {
        uint64_t addr = rings[i]->desc_addr + GUC_CTB_DESC_STATUS__DWORD * sizeof(uint32_t);

        /* A fault is traced; there is no one else to tell. */
        if (guc_dma_write(guc, fn, addr, &status, 1)) {
            return;
        }
    }
}

bool guc_ctb_usable(const struct guc *guc, unsigned fn)
{
    return guc->functions[fn].ctb.enabled && !guc->functions[fn].ctb.broken;
}

/* ---- G2H ------------------------------------------------------------------------------------- */

static int write_ring(struct guc *guc, unsigned fn, const uint32_t *words, uint32_t len)
{
    const struct guc_ring *ring = &guc->functions[fn].ctb.g2h;
    uint32_t first = len < ring->size - ring->index ? len : ring->size - ring->index;
    uint64_t addr = ring->addr + ring->index * sizeof(uint32_t);

    if (guc_dma_write(guc, fn, addr, words, first) ||
        (first < len && guc_dma_write(guc, fn, ring->addr, words + first, len - first))) {
        give_up(guc, fn, ring, 0, "g2h buffer out of reach");
        return -EPIPE;
    }
    return 0;
}

/* Returns 0, -ENOSPC when the ring has no room (nothing written), -EPIPE. words: header and HXG
 * message. */
static int place(struct guc *guc, unsigned fn, uint16_t action, const uint32_t *words, uint32_t len)
{
    struct guc_ctb *ctb = &guc->functions[fn].ctb;
    struct trace_ctb message = {.gt = (int)guc->config.gt,
                                .sent = true,
                                .fn = fn,
                                .epoch = ctb->epoch,
                                .pos = ctb->g2h.pos,
                                .fence = FIELD_GET(GUC_CTB_MSG_0_FENCE, words[0]),
                                .action = action,
                                .hxg = words + GUC_CTB_HDR_LEN,
                                .len_dw = len - GUC_CTB_HDR_LEN};
    uint32_t head;

    trace_at(guc, fn, "g2h", message.pos, TRACE_HOP_G2H_BEGUN);
    if (check_desc(guc, fn, &ctb->g2h, &head)) {
        return -EPIPE;
    }
    hal_probe_set(guc->hal, guc->functions[fn].probes.g2h_head, head);
    /* One dword always stays free: a full ring must not look empty. */
    if ((head + ctb->g2h.size - ctb->g2h.index - 1) % ctb->g2h.size < len) {
        return -ENOSPC;
    }
    /* The tail follows the whole message, the interrupt follows the tail. */
    if (write_ring(guc, fn, words, len)) {
        return -EPIPE;
    }
    trace_at(guc, fn, "g2h", message.pos, TRACE_HOP_G2H_WRITTEN);
    if (publish(guc, fn, &ctb->g2h, len)) {
        return -EPIPE;
    }
    hal_probe_set(guc->hal, guc->functions[fn].probes.g2h_fence, message.fence);
    hal_probe_set(guc->hal, guc->functions[fn].probes.g2h_action, message.action);
    trace_g2h(guc->hal, &message);
    guc_irq_send(guc, fn, GUC_INTR_GUC2HOST);
    trace_at(guc, fn, "g2h", message.pos, TRACE_HOP_IRQ_RAISED);
    return 0;
}

static int keep(struct guc *guc, unsigned fn, uint16_t action, const uint32_t *words, uint32_t len)
{
    struct guc_ctb *ctb = &guc->functions[fn].ctb;
    uint32_t *entry = ctb->queue + ctb->queue_len;

    if (GUC_G2H_QUEUE_LEN - ctb->queue_len < QUEUE_PREFIX + len) {
        give_up(guc, fn, &ctb->g2h, GUC_CTB_STATUS_OVERFLOW, "g2h not read for too long");
        return -EPIPE;
    }
    entry[0] = len - GUC_CTB_HDR_LEN;
    entry[1] = action;
    memcpy(entry + QUEUE_PREFIX, words, len * sizeof(uint32_t));
    ctb->queue_len += QUEUE_PREFIX + len;
    return 0;
}

int guc_ctb_send_words(struct guc *guc, unsigned fn, const struct guc_kept_message *message)
{
    int ret = -ENOSPC;

    if (!guc_ctb_flush(guc, fn) && guc_ctb_usable(guc, fn)) {
        ret = place(guc, fn, message->action, message->words, message->len);
    }
    if (ret == -ENOSPC && guc_ctb_usable(guc, fn)) {
        ret = keep(guc, fn, message->action, message->words, message->len);
    }
    return ret ? -EPIPE : 0;
}

int guc_ctb_send(struct guc *guc, unsigned fn, uint16_t fence, uint16_t action, const uint32_t *hxg,
                 uint32_t len)
{
    uint32_t words[MAX_LEN];
    struct guc_kept_message message = {
        .action = action, .words = words, .len = len + GUC_CTB_HDR_LEN};
    unsigned times;
    int ret = 0;

    if (!guc_ctb_usable(guc, fn)) {
        return -EPIPE;
    }
    words[0] = FIELD_PREP(GUC_CTB_MSG_0_FENCE, (uint32_t)fence) |
               FIELD_PREP(GUC_CTB_MSG_0_NUM_DWORDS, len);
    memcpy(words + GUC_CTB_HDR_LEN, hxg, len * sizeof(uint32_t));
    times = guc_fault_meets(guc, GUC_MESSAGE_G2H, fn, &message);
    for (unsigned i = 0; !ret && i < times; i++) {
        ret = guc_ctb_send_words(guc, fn, &message);
    }
    if (times) {
        guc_fault_passed(guc, GUC_MESSAGE_G2H, fn);
    }
    return ret;
}

void guc_ctb_event(struct guc *guc, unsigned fn, uint16_t action, const uint32_t *payload,
                   uint32_t len)
{
    uint32_t hxg[MAX_LEN - GUC_CTB_HDR_LEN];

    hxg[0] = FIELD_PREP(GUC_HXG_MSG_0_ORIGIN, GUC_HXG_ORIGIN_GUC) |
             FIELD_PREP(GUC_HXG_MSG_0_TYPE, GUC_HXG_TYPE_EVENT) | action;
    memcpy(hxg + 1, payload, len * sizeof(uint32_t));
    /* Events carry fence 0. A function that lost its rings misses them; give_up has said so. */
    (void)guc_ctb_send(guc, fn, 0, action, hxg, len + 1);
}

bool guc_ctb_flush(struct guc *guc, unsigned fn)
{
    struct guc_ctb *ctb = &guc->functions[fn].ctb;

    while (ctb->queue_len) {
        uint32_t len = ctb->queue[0] + GUC_CTB_HDR_LEN;
        uint32_t used = QUEUE_PREFIX + len;

        if (place(guc, fn, (uint16_t)ctb->queue[1], ctb->queue + QUEUE_PREFIX, len)) {
            break;
        }
        ctb->queue_len -= used;
        memmove(ctb->queue, ctb->queue + used, ctb->queue_len * sizeof(uint32_t));
    }
    return ctb->queue_len != 0;
}

/* ---- H2G ------------------------------------------------------------------------------------- */

static void handle(struct guc *guc, unsigned fn, const struct trace_ctb *message)
{
    const uint32_t *hxg = message->hxg;
    struct guc_request request = {.fn = fn,
                                  .transport = GUC_CTB,
                                  .type = FIELD_GET(GUC_HXG_MSG_0_TYPE, hxg[0]),
                                  .hxg = hxg,
                                  .len = message->len_dw};
    uint32_t answer[GUC_MAX_MMIO_MSG_LEN];
    uint32_t answer_len = guc_action_run(guc, &request, answer);

    trace_at(guc, fn, "h2g", message->pos, TRACE_HOP_HANDLER_ENDED);
    if (answer_len) {
        /* Without rings the answer is lost; the driver sees their status. */
        (void)guc_ctb_send(guc, fn, (uint16_t)message->fence, (uint16_t)message->action, answer,
                           answer_len);
    }
}

/* Length with header of the message at words, of which available dwords were sent and contiguous
 * lie before the ring's end. Returns 0 after giving the rings up. */
static uint32_t message_len(struct guc *guc, unsigned fn, uint32_t header, uint32_t available,
                            uint32_t contiguous)
{
    struct guc_ring *ring = &guc->functions[fn].ctb.h2g;
    uint32_t len = FIELD_GET(GUC_CTB_MSG_0_NUM_DWORDS, header) + GUC_CTB_HDR_LEN;
    const char *what = NULL;

    if (FIELD_GET(GUC_CTB_MSG_0_FORMAT, header) != GUC_CTB_FORMAT_HXG ||
        FIELD_GET(GUC_CTB_MSG_0_RESERVED, header) || len < GUC_CTB_HXG_MSG_MIN_LEN) {
        what = "h2g header malformed";
    } else if (len > available) {
        what = "h2g message behind the tail";
    } else if (len > contiguous) {
        what = "h2g message wraps";
    }
    if (what) {
        give_up(guc, fn, ring, GUC_CTB_STATUS_UNDERFLOW, what);
        return 0;
    }
    return len;
}

void guc_ctb_handle(struct guc *guc, unsigned fn, const struct guc_kept_message *message)
{
    const struct trace_ctb trace = {.pos = message->pos,
                                    .fence = FIELD_GET(GUC_CTB_MSG_0_FENCE, message->words[0]),
                                    .action = message->action,
                                    .hxg = message->words + GUC_CTB_HDR_LEN,
                                    .len_dw = message->len - GUC_CTB_HDR_LEN};

    handle(guc, fn, &trace);
}

/* Lets the fault point meet the message at words, before anyone has checked it. */
static unsigned meet_fault(struct guc *guc, unsigned fn, uint32_t *words, uint32_t copied)
{
    struct guc_kept_message message = {.pos = guc->functions[fn].ctb.h2g.pos,
                                       .words = words,
                                       .len = FIELD_GET(GUC_CTB_MSG_0_NUM_DWORDS, words[0]) +
                                              GUC_CTB_HDR_LEN};

    if (message.len < GUC_CTB_HXG_MSG_MIN_LEN || message.len > copied) {
        return 1;
    }
    message.action = (uint16_t)FIELD_GET(GUC_HXG_REQUEST_MSG_0_ACTION, words[1]);
    return guc_fault_meets(guc, GUC_MESSAGE_H2G, fn, &message);
}

/* Passes one message: from here on its room is the host's again, so it was copied before.
 * times: how often it counts. */
static int take(struct guc *guc, unsigned fn, const uint32_t *words, uint32_t len, unsigned times)
{
    struct guc_ctb *ctb = &guc->functions[fn].ctb;
    struct trace_ctb message = {.gt = (int)guc->config.gt,
                                .fn = fn,
                                .epoch = ctb->epoch,
                                .pos = ctb->h2g.pos,
                                .fence = FIELD_GET(GUC_CTB_MSG_0_FENCE, words[0]),
                                .action = FIELD_GET(GUC_HXG_REQUEST_MSG_0_ACTION, words[1]),
                                .hxg = words + GUC_CTB_HDR_LEN,
                                .len_dw = len - GUC_CTB_HDR_LEN};

    if (publish(guc, fn, &ctb->h2g, len)) {
        return -EPIPE;
    }
    hal_probe_set(guc->hal, guc->functions[fn].probes.h2g_fence, message.fence);
    hal_probe_set(guc->hal, guc->functions[fn].probes.h2g_action, message.action);
    trace_h2g(guc->hal, &message);
    for (unsigned i = 0; i < times; i++) {
        handle(guc, fn, &message);
    }
    if (times) {
        guc_fault_passed(guc, GUC_MESSAGE_H2G, fn);
    }
    return 0;
}

/* What serving needs of a function; it may change with every message. */
static bool may_serve(const struct guc *guc, unsigned fn)
{
    /* While answers wait for room no more requests are taken, so what must be kept stays
     * bounded. */
    return guc_ctb_usable(guc, fn) && guc_fn_runs(guc, fn) && !guc->functions[fn].ctb.queue_len;
}

/* Serves from a copy of what lies between head and tail up to the ring's end. */
static void serve_copy(struct guc *guc, unsigned fn, uint32_t *words, uint32_t copied,
                       uint32_t available)
{
    struct guc_ring *ring = &guc->functions[fn].ctb.h2g;
    uint32_t contiguous = ring->size - ring->index;
    uint32_t at = 0;

    for (unsigned served = 0; at < copied && served < MESSAGES_PER_TURN && may_serve(guc, fn);
         served++) {
        uint32_t zeros = 0;
        unsigned times;
        uint32_t len;

        while (at + zeros < copied && words[at + zeros] == 0) {
            zeros++;
        }
        if (zeros) {
            hal_cycles(guc->hal, zeros);
        }
        if (zeros && publish(guc, fn, ring, zeros)) {
            return;
        }
        at += zeros;
        if (at == copied) {
            return;
        }
        times = meet_fault(guc, fn, words + at, copied - at);
        len = message_len(guc, fn, words[at], available - at, contiguous - at);
        /* A message that the copy cuts off is taken from the next copy, where it comes first. */
        if (!len || len > copied - at || take(guc, fn, words + at, len, times)) {
            return;
        }
        at += len;
    }
}

void guc_ctb_rang(struct guc *guc, unsigned fn)
{
    struct guc_ctb *ctb = &guc->functions[fn].ctb;

    ctb->doorbell = true;
    trace_at(guc, fn, "h2g", ctb->h2g.pos, TRACE_HOP_GUC_SEES);
}

bool guc_ctb_serve(struct guc *guc, unsigned fn)
{
    struct guc_ctb *ctb = &guc->functions[fn].ctb;
    uint32_t words[MAX_LEN];
    uint32_t tail, available, copied;

    if (!may_serve(guc, fn)) {
        return false;
    }
    trace_at(guc, fn, "h2g", ctb->h2g.pos, TRACE_HOP_TURN_BEGUN);
    if (check_desc(guc, fn, &ctb->h2g, &tail)) {
        return false;
    }
    hal_probe_set(guc->hal, guc->functions[fn].probes.h2g_tail, tail);
    available = (tail + ctb->h2g.size - ctb->h2g.index) % ctb->h2g.size;
    if (!available) {
        ctb->doorbell = false;
        return false;
    }
    trace_at(guc, fn, "h2g", ctb->h2g.pos, TRACE_HOP_DESC_FETCHED);
    copied =
        available < ctb->h2g.size - ctb->h2g.index ? available : ctb->h2g.size - ctb->h2g.index;
    copied = copied < MAX_LEN ? copied : MAX_LEN;
    if (guc_dma_read(guc, fn, ctb->h2g.addr + ctb->h2g.index * sizeof(uint32_t), words, copied)) {
        give_up(guc, fn, &ctb->h2g, 0, "h2g buffer out of reach");
        return false;
    }
    trace_at(guc, fn, "h2g", ctb->h2g.pos, TRACE_HOP_PAYLOAD_FETCHED);
    serve_copy(guc, fn, words, copied, available);
    /* The ring is read once more before its doorbell counts as served, even when it looks empty
     * now. */
    return may_serve(guc, fn);
}
