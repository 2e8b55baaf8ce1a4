/* SPDX-License-Identifier: MIT */
/* The driver core's peer in unit tests; see kmd_peer.h. */
#include "tests/unit/kmd_peer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "firmware/abi/guc_actions_abi.h"
#include "firmware/abi/guc_communication_ctb_abi.h"
#include "firmware/abi/guc_klvs_abi.h"
#include "firmware/abi/guc_messages_abi.h"
#include "gpu_regs.h"
#include "host/abi/xe_gtt_defs.h"

#define PEER_RAM (1024u * HAL_PAGE_SIZE)

static uint64_t cfg(const struct kmd_peer *peer, unsigned key)
{
    return peer->cfg[key - GUC_KLV_SELF_CFG_MEMIRQ_STATUS_ADDR_KEY];
}

static uint32_t *at_ggtt(struct kmd_peer *peer, uint64_t addr)
{
    uint32_t entry = GGTT_BAR0_OFFSET + (uint32_t)(addr / XE_PAGE_SIZE * 8);
    uint64_t pte = make_64(fake_reg(peer->hal, entry), fake_reg(peer->hal, entry + 4));
    uint32_t *word = NULL;

    if (pte & GGTT_PTE_PRESENT) {
        word = fake_ram(peer->hal, (pte & XE_PTE_ADDR_MASK) + addr % XE_PAGE_SIZE, 4);
    }
    if (!word) {
        fprintf(stderr, "peer: nothing at GGTT 0x%llx\n", (unsigned long long)addr);
        abort();
    }
    return word;
}

static uint32_t *desc_word(struct kmd_peer *peer, bool h2g, unsigned dword)
{
    uint64_t base = cfg(peer, h2g ? GUC_KLV_SELF_CFG_H2G_CTB_DESCRIPTOR_ADDR_KEY
                                  : GUC_KLV_SELF_CFG_G2H_CTB_DESCRIPTOR_ADDR_KEY);

    return at_ggtt(peer, base + 4u * dword);
}

static uint32_t *ring_word(struct kmd_peer *peer, bool h2g, uint32_t at)
{
    uint64_t base =
        cfg(peer, h2g ? GUC_KLV_SELF_CFG_H2G_CTB_ADDR_KEY : GUC_KLV_SELF_CFG_G2H_CTB_ADDR_KEY);

    return at_ggtt(peer, base + 4u * at);
}

static uint32_t ring_size(struct kmd_peer *peer, bool h2g)
{
    return (uint32_t)cfg(peer, h2g ? GUC_KLV_SELF_CFG_H2G_CTB_SIZE_KEY
                                   : GUC_KLV_SELF_CFG_G2H_CTB_SIZE_KEY) /
           4;
}

uint32_t kmd_peer_desc(struct kmd_peer *peer, bool h2g, unsigned dword)
{
    return *desc_word(peer, h2g, dword);
}

void kmd_peer_set_desc(struct kmd_peer *peer, bool h2g, unsigned dword, uint32_t value)
{
    *desc_word(peer, h2g, dword) = value;
}

uint32_t kmd_peer_ring_read(struct kmd_peer *peer, bool h2g, uint32_t at)
{
    return *ring_word(peer, h2g, at);
}

void kmd_peer_put(struct kmd_peer *peer, const uint32_t *words, uint32_t len)
{
    uint32_t tail = kmd_peer_desc(peer, false, GUC_CTB_DESC_TAIL__DWORD);

    for (uint32_t i = 0; i < len; i++) {
        *ring_word(peer, false, tail) = words[i];
        tail = (tail + 1) % ring_size(peer, false);
    }
    kmd_peer_set_desc(peer, false, GUC_CTB_DESC_TAIL__DWORD, tail);
    fake_irq(peer->hal, 1);
}

void kmd_peer_say(struct kmd_peer *peer, uint16_t fence, const uint32_t *hxg, uint32_t len)
{
    uint32_t words[PEER_MAX_MSG] = {FIELD_PREP(GUC_CTB_MSG_0_FENCE, (uint32_t)fence) | len};

    memcpy(words + 1, hxg, 4u * len);
    kmd_peer_put(peer, words, len + 1);
}

void kmd_peer_say1(struct kmd_peer *peer, uint16_t fence, uint32_t hxg)
{
    kmd_peer_say(peer, fence, &hxg, 1);
}

static void take_message(struct kmd_peer *peer, uint32_t len)
{
    peer->received++;
    if (peer->on_h2g) {
        peer->on_h2g(peer, peer->last, len);
    }
    if (peer->answers && FIELD_GET(GUC_HXG_MSG_0_TYPE, peer->last[1]) == GUC_HXG_TYPE_REQUEST) {
        kmd_peer_say1(peer, (uint16_t)(peer->last[0] >> 16), 0xf0000000);
    }
}

void kmd_peer_take_h2g(struct kmd_peer *peer)
{
    uint32_t head = kmd_peer_desc(peer, true, GUC_CTB_DESC_HEAD__DWORD);

    while (head != kmd_peer_desc(peer, true, GUC_CTB_DESC_TAIL__DWORD)) {
        uint32_t len = (*ring_word(peer, true, head) & GUC_CTB_MSG_0_NUM_DWORDS) + 1;

        if (*ring_word(peer, true, head) == 0) {
            peer->noops++;
        } else {
            for (uint32_t i = 0; i < len; i++) {
                peer->last[i] = *ring_word(peer, true, head + i);
            }
            take_message(peer, len);
        }
        head = (head + len) % ring_size(peer, true);
        kmd_peer_set_desc(peer, true, GUC_CTB_DESC_HEAD__DWORD, head);
    }
}

static void note_order(struct kmd_peer *peer, char what)
{
    size_t len = strlen(peer->order);

    if (len + 1 < sizeof(peer->order)) {
        peer->order[len] = what;
    }
}

static void answer_mailbox(struct kmd_peer *peer)
{
    uint32_t request[4];

    for (uint32_t i = 0; i < 4; i++) {
        request[i] = fake_reg(peer->hal, VF_SW_FLAG(i));
    }
    if (request[0] == 0 || request[0] & GUC_HXG_MSG_0_ORIGIN) {
        return;
    }
    if (request[0] == GUC_ACTION_HOST2GUC_SELF_CFG) {
        uint32_t key = request[1] >> 16;

        peer->cfg[key - GUC_KLV_SELF_CFG_MEMIRQ_STATUS_ADDR_KEY] = make_64(request[2], request[3]);
        note_order(peer, (char)('0' + key % 16));
        fake_set_reg(peer->hal, VF_SW_FLAG(0), 0xf0000001);
    } else {
        peer->enabled = request[1] == GUC_CTB_CONTROL_ENABLE;
        note_order(peer, 'e');
        fake_set_reg(peer->hal, VF_SW_FLAG(0), 0xf0000000);
    }
}

static void peer_write(void *arg, uint32_t offset, uint64_t value, unsigned size)
{
    struct kmd_peer *peer = arg;

    (void)value;
    (void)size;
    if (offset != GUC_HOST_INTERRUPT) {
        return;
    }
    peer->doorbells++;
    answer_mailbox(peer);
    if (peer->enabled && !peer->deaf) {
        kmd_peer_take_h2g(peer);
    }
}

static int note_event(void *arg, const uint32_t *msg, uint32_t len)
{
    struct kmd_peer *peer = arg;

    peer->events++;
    memcpy(peer->event, msg, 4u * len);
    peer->event_len = len;
    return 0;
}

static int refuse_event(void *arg, const uint32_t *msg, uint32_t len)
{
    (void)arg;
    (void)msg;
    (void)len;
    return -1;
}

static const struct ct_handler handlers[] = {
    {XE_GUC_ACTION_SCHED_CONTEXT_MODE_DONE, note_event},
    {XE_GUC_ACTION_TLB_INVALIDATION_DONE, note_event},
    {XE_GUC_ACTION_CONTEXT_RESET_NOTIFICATION, note_event},
    {XE_GUC_ACTION_ENGINE_FAILURE_NOTIFICATION, refuse_event},
    {0, NULL},
};

static bool is_recovering(void *arg)
{
    return ((struct kmd_peer *)arg)->recovering;
}

static void note_death(void *arg, const char *reason)
{
    ((struct kmd_peer *)arg)->death = reason;
}

void kmd_peer_create(struct kmd_peer *peer)
{
    const struct fake_device device = {.write = peer_write, .arg = peer};

    memset(peer, 0, sizeof(*peer));
    peer->hal = fake_hal_create(&device, PEER_RAM);
    peer->ggtt = ggtt_create(peer->hal, PEER_GGTT_START, PEER_GGTT_SIZE);
    mailbox_init(&peer->mailbox, peer->hal, 0);
    peer->config = (struct ct_config){.hal = peer->hal,
                                      .ggtt = peer->ggtt,
                                      .mailbox = &peer->mailbox,
                                      .probe = "gt0.ct",
                                      .handlers = handlers,
                                      .arg = peer,
                                      .recovery_pending = is_recovering,
                                      .died = note_death};
    peer->ct = ct_create(&peer->config);
}

void kmd_peer_destroy(struct kmd_peer *peer)
{
    ct_destroy(peer->ct);
    ggtt_destroy(peer->ggtt);
    fake_hal_destroy(peer->hal);
}

struct run {
    struct kmd_peer *peer;
    void (*program)(struct kmd_peer *peer);
};

static void take_interrupts(void *arg)
{
    struct kmd_peer *peer = arg;

    for (;;) {
        if (hal_irq_wait(peer->hal, HAL_FOREVER)) {
            ct_receive(peer->ct);
        }
    }
}

static void run_program(void *arg)
{
    const struct run *run = arg;

    hal_spawn(run->peer->hal, "irq", take_interrupts, run->peer);
    run->peer->ret = ct_enable(run->peer->ct);
    run->peer->doorbells = 0;
    if (run->peer->ret == 0) {
        run->program(run->peer);
    }
}

void kmd_peer_run(struct kmd_peer *peer, void (*program)(struct kmd_peer *peer))
{
    struct run run = {peer, program};

    fake_run(peer->hal, run_program, &run, 100 * HAL_NS_PER_S);
}
