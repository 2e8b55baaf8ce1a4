/* SPDX-License-Identifier: MIT */
/* The VF driver's peer: see fake_guc_vf.h. Written against the same layouts as the firmware, and
 * independent of it. */
#include "tests/unit/fake_guc_vf.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "firmware/abi/guc_actions_abi.h"
#include "firmware/abi/guc_actions_sriov_abi.h"
#include "firmware/abi/guc_communication_ctb_abi.h"
#include "firmware/abi/guc_errors_abi.h"
#include "firmware/abi/guc_klvs_abi.h"
#include "firmware/abi/guc_messages_abi.h"
#include "gpu_regs.h"
#include "host/abi/xe_gtt_defs.h"
#include "host/abi/xe_lrc_layout.h"
#include "tests/unit/fake_engine_vf.h"
#include "tests/unit/fake_hal.h"
#include "tests/unit/fake_relay_vf.h"

#define RAM_BYTES     (16u << 20)
#define RUN_LIMIT_NS  (60ull * HAL_NS_PER_S)
#define ENTRIES       (1u << 20)
#define GGTT_START    0x10000000u
#define GGTT_SIZE     0x01000000u
#define HWCONFIG_SIZE 16u
#define SUCCESS       0xf0000000u
#define FAILURE       0xe0000000u

/* ---- memory ---------------------------------------------------------------------------------- */

uint32_t *peer_memory(struct peer *peer, uint64_t ggtt_addr)
{
    uint64_t entry = ggtt_addr >> 12 < ENTRIES ? peer->entries[ggtt_addr >> 12] : 0;
    uint64_t addr;

    if (!(entry & GGTT_PTE_PRESENT)) {
        return NULL;
    }
    addr = (entry & XE_PTE_ADDR_MASK) | (ggtt_addr & 0xfffu);
    if (entry & XE_GGTT_PTE_DM) {
        return addr < peer->lmem_size ? fake_vram(peer->hal, addr) : NULL;
    }
    return fake_ram(peer->hal, addr, 4);
}

static uint32_t *need(struct peer *peer, uint64_t ggtt_addr)
{
    uint32_t *word = peer_memory(peer, ggtt_addr);

    cr_assert_not_null(word, "GuC: no entry for 0x%llx", (unsigned long long)ggtt_addr);
    return word;
}

uint32_t *peer_state(struct peer *peer, unsigned gt, unsigned id, uint32_t dword)
{
    uint64_t lrc = peer->gts[gt].contexts[id].descriptor & LRC_ADDRESS_MASK;

    return need(peer, lrc + LRC_PPHWSP_SIZE + 4ull * dword);
}

/* ---- interrupts and events ------------------------------------------------------------------- */

static void post_at(struct peer *peer, uint64_t status, uint64_t source)
{
    *(uint8_t *)need(peer, status) = MEMIRQ_SET;
    *(uint8_t *)need(peer, source) = MEMIRQ_SET;
    fake_irq(peer->hal, 1);
}

void peer_post(struct peer *peer, unsigned unit, unsigned byte)
{
    uint64_t page = (peer->gts[0].memirq_status & ~0xfffull);

    post_at(peer, page + XE_MEMIRQ_STATUS_OFFSET(unit) + byte,
            page + XE_MEMIRQ_SOURCE_OFFSET(unit));
}

static void post_guc(struct peer *peer, unsigned gt, unsigned byte)
{
    post_at(peer, peer->gts[gt].memirq_status + byte, peer->gts[gt].memirq_source);
}

void peer_post_migrated(struct peer *peer, unsigned gt)
{
    if (peer->gts[gt].memirq_status && peer->gts[gt].memirq_source) {
        post_guc(peer, gt, MEMIRQ_BYTE_SW_INT_0);
    }
}

static void send_g2h(struct peer *peer, unsigned gt, uint32_t fence, const uint32_t *hxg,
                     uint32_t len)
{
    struct peer_gt *guc = &peer->gts[gt];
    uint32_t *tail = need(peer, guc->g2h_desc + 4);
    uint32_t size = (uint32_t)guc->g2h_size / 4;

    for (uint32_t i = 0; i <= len; i++) {
        *need(peer, guc->g2h + 4ull * ((*tail + i) % size)) = i ? hxg[i - 1] : fence << 16 | len;
    }
    *tail = (*tail + len + 1) % size;
    post_guc(peer, gt, MEMIRQ_BYTE_GUC2HOST);
}

void peer_send_g2h(struct peer *peer, unsigned gt, const uint32_t *hxg, uint32_t len)
{
    send_g2h(peer, gt, 0, hxg, len);
}

static void send_event(struct peer *peer, unsigned gt, uint32_t action, const uint32_t *data,
                       uint32_t len)
{
    uint32_t hxg[4] = {0x90000000u | action};

    memcpy(hxg + 1, data, len * sizeof(*data));
    peer_send_g2h(peer, gt, hxg, len + 1);
}

/* ---- contexts -------------------------------------------------------------------------------- */

static void run_context(struct peer *peer, unsigned gt, unsigned id)
{
    struct peer_context *context = &peer->gts[gt].contexts[id];

    if (context->registered && context->enabled && !context->apart && !peer->gts[gt].blocked &&
        !peer->engines_off) {
        fake_engine_run(peer, context->descriptor & LRC_ADDRESS_MASK);
    }
}

void peer_run_engines(struct peer *peer)
{
    for (unsigned gt = 0; gt < PEER_GTS; gt++) {
        for (unsigned id = 0; id < PEER_CONTEXTS; id++) {
            run_context(peer, gt, id);
        }
    }
}

/* Opt-ins and policies are answered with the count of KLVs. */
static void handle_request(struct peer *peer, unsigned gt, uint32_t fence, const uint32_t *hxg,
                           uint32_t len)
{
    uint32_t reply = SUCCESS;

    if (!peer->answer_h2g || !peer->answer_h2g(peer, gt, hxg, &reply)) {
        switch (hxg[0] & 0xffffu) {
        case XE_GUC_ACTION_VF2GUC_RELAY_TO_PF:
            break;
        case XE_GUC_ACTION_OPT_IN_FEATURE_KLV:
            reply |= hxg[3];
            break;
        case XE_GUC_ACTION_UPDATE_SCHEDULING_POLICIES_KLV:
            reply |= 1;
            break;
        default:
            reply = FAILURE | XE_GUC_RESPONSE_UNKNOWN_ACTION;
            break;
        }
    }
    if (reply) {
        send_g2h(peer, gt, fence, &reply, 1);
    }
    if ((hxg[0] & 0xffffu) == XE_GUC_ACTION_VF2GUC_RELAY_TO_PF && reply == SUCCESS) {
        fake_relay_serve(peer, gt, hxg, len);
    }
}

static void handle_h2g(struct peer *peer, unsigned gt, const uint32_t *hxg)
{
    uint32_t id = hxg[1] % PEER_CONTEXTS;
    struct peer_context *context = &peer->gts[gt].contexts[id];

    switch (hxg[0] & 0xffffu) {
    case XE_GUC_ACTION_REGISTER_CONTEXT:
        context = &peer->gts[gt].contexts[hxg[2] % PEER_CONTEXTS];
        cr_expect(!context->registered || hxg[0] >> 28 == GUC_HXG_TYPE_EVENT,
                  "second registration of %u is no event", hxg[2]);
        if (!context->registered) {
            *context = (struct peer_context){
                .registered = true, .apart = hxg[1] & 6, .descriptor = hxg[10]};
        }
        break;
    case XE_GUC_ACTION_SCHED_CONTEXT_MODE_SET:
        cr_expect(context->registered, "mode set of unknown context %u", hxg[1]);
        context->enabled = hxg[2];
        run_context(peer, gt, id);
        if (!peer->no_mode_done) {
            send_event(peer, gt, XE_GUC_ACTION_SCHED_CONTEXT_MODE_DONE, hxg + 1, 2);
        }
        break;
    case XE_GUC_ACTION_SCHED_CONTEXT:
        cr_expect(context->registered, "schedule of unknown context %u", hxg[1]);
        run_context(peer, gt, id);
        break;
    case XE_GUC_ACTION_DEREGISTER_CONTEXT:
        cr_expect(context->registered && !context->enabled, "deregistration of %u", hxg[1]);
        *context = (struct peer_context){0};
        send_event(peer, gt, XE_GUC_ACTION_DEREGISTER_CONTEXT_DONE, hxg + 1, 1);
        break;
    case XE_GUC_ACTION_TLB_INVALIDATION:
        send_event(peer, gt, XE_GUC_ACTION_TLB_INVALIDATION_DONE, hxg + 1, 1);
        break;
    default:
        break;
    }
}

static void log_message(struct peer_message *log, unsigned *count, unsigned gt,
                        const uint32_t *words, uint32_t len)
{
    cr_assert_lt(*count, PEER_LOG, "log is full");
    log[*count].gt = gt;
    log[*count].len = len;
    memcpy(log[*count].dw, words, (len < PEER_MSG_DW ? len : PEER_MSG_DW) * sizeof(*words));
    ++*count;
}

static void serve_ctb(struct peer *peer, unsigned gt)
{
    struct peer_gt *guc = &peer->gts[gt];
    uint32_t hxg[GUC_CTB_MAX_DWORDS];

    while (guc->ctb_on && !guc->blocked) {
        uint32_t *head = need(peer, guc->h2g_desc);

        if (*head == *need(peer, guc->h2g_desc + 4)) {
            return;
        }
        uint32_t header = *need(peer, guc->h2g + 4ull * *head);
        uint32_t len = header & GUC_CTB_MSG_0_NUM_DWORDS;

        for (uint32_t i = 0; i < len; i++) {
            hxg[i] = *need(peer, guc->h2g + 4ull * (*head + 1 + i));
        }
        *head = (uint32_t)((*head + len + 1) % (guc->h2g_size / 4));
        if (len) {
            log_message(peer->h2g_log, &peer->h2g_count, gt, hxg, len);
            if (hxg[0] >> 28 == GUC_HXG_TYPE_REQUEST) {
                handle_request(peer, gt, header >> 16, hxg, len);
            } else {
                handle_h2g(peer, gt, hxg);
            }
        }
    }
}

/* ---- mailbox --------------------------------------------------------------------------------- */

static void self_cfg(struct peer_gt *guc, const uint32_t *request, uint32_t *reply)
{
    const struct {
        uint32_t key;
        uint64_t *to;
    } keys[] = {
        {GUC_KLV_SELF_CFG_MEMIRQ_STATUS_ADDR_KEY, &guc->memirq_status},
        {GUC_KLV_SELF_CFG_MEMIRQ_SOURCE_ADDR_KEY, &guc->memirq_source},
        {GUC_KLV_SELF_CFG_H2G_CTB_ADDR_KEY, &guc->h2g},
        {GUC_KLV_SELF_CFG_H2G_CTB_DESCRIPTOR_ADDR_KEY, &guc->h2g_desc},
        {GUC_KLV_SELF_CFG_H2G_CTB_SIZE_KEY, &guc->h2g_size},
        {GUC_KLV_SELF_CFG_G2H_CTB_ADDR_KEY, &guc->g2h},
        {GUC_KLV_SELF_CFG_G2H_CTB_DESCRIPTOR_ADDR_KEY, &guc->g2h_desc},
        {GUC_KLV_SELF_CFG_G2H_CTB_SIZE_KEY, &guc->g2h_size},
    };

    reply[0] = SUCCESS;
    for (unsigned i = 0; i < ARRAY_SIZE(keys); i++) {
        if (request[1] >> 16 == keys[i].key) {
            *keys[i].to = make_64(request[2], request[3]);
            reply[0] = SUCCESS | 1;
        }
    }
}

static bool is_ours(const struct peer *peer, const uint32_t *request)
{
    uint32_t key = request[1] >> 16;

    return key == GUC_KLV_SELF_CFG_H2G_CTB_SIZE_KEY || key == GUC_KLV_SELF_CFG_G2H_CTB_SIZE_KEY ||
           (request[2] >= peer->ggtt_start && request[2] - peer->ggtt_start < peer->ggtt_size);
}

/* Not while recovery has not ended, and not elsewhere. */
static void set_up(struct peer *peer, unsigned gt, const uint32_t *request, uint32_t *reply)
{
    struct peer_gt *guc = &peer->gts[gt];
    bool self = (request[0] & GUC_HXG_REQUEST_MSG_0_ACTION) == GUC_ACTION_HOST2GUC_SELF_CFG;

    if (guc->blocked) {
        reply[0] = FAILURE | XE_GUC_RESPONSE_INVALID_STATE;
    } else if (self && !is_ours(peer, request)) {
        reply[0] = FAILURE | XE_GUC_RESPONSE_INVALID_GGTT_ADDRESS;
    } else if (self) {
        self_cfg(guc, request, reply);
    } else {
        guc->ctb_on = request[1];
        reply[0] = SUCCESS;
    }
}

static void query(struct peer *peer, unsigned gt, const uint32_t *request, uint32_t *reply)
{
    const struct {
        uint32_t key;
        uint32_t len;
        uint64_t value;
    } keys[] = {
        {GUC_KLV_VF_CFG_GGTT_START_KEY, 2, peer->ggtt_start},
        {GUC_KLV_VF_CFG_GGTT_SIZE_KEY, 2, peer->ggtt_size},
        {GUC_KLV_VF_CFG_NUM_CONTEXTS_KEY, 1, peer->num_contexts},
        {GUC_KLV_VF_CFG_NUM_DOORBELLS_KEY, 1, peer->num_doorbells},
        {GUC_KLV_GLOBAL_CFG_GROUP_SCHEDULING_AVAILABLE_KEY, 1, 0},
        {GUC_KLV_GLOBAL_CFG_GMD_ID_KEY, 1, peer->gmd_id[gt]},
        {GUC_KLV_VF_CFG_LMEM_SIZE_KEY, peer->lmem_size ? 2 : 0, peer->lmem_size},
    };

    reply[0] = SUCCESS;
    for (unsigned i = 0; i < ARRAY_SIZE(keys); i++) {
        if (request[1] == keys[i].key) {
            reply[0] = SUCCESS | keys[i].len;
            reply[1] = lower_32(keys[i].value);
            reply[2] = upper_32(keys[i].value);
        }
    }
}

static uint32_t resfix_start(struct peer_gt *guc, uint32_t marker)
{
    if (!guc->blocked || !marker) {
        return FAILURE | XE_GUC_RESPONSE_INVALID_STATE;
    }
    guc->marker = marker;
    return SUCCESS;
}

static uint32_t resfix_done(struct peer *peer, unsigned gt, uint32_t marker)
{
    struct peer_gt *guc = &peer->gts[gt];

    if (!guc->blocked) {
        return FAILURE | XE_GUC_RESPONSE_INVALID_STATE;
    }
    if (marker != guc->marker || (!marker && peer->abi >= PEER_ABI(1, 27))) {
        return FAILURE | XE_GUC_RESPONSE_VF_MIGRATED;
    }
    guc->blocked = false;
    guc->resfix_done++;
    for (unsigned id = 0; id < PEER_CONTEXTS; id++) {
        run_context(peer, gt, id);
    }
    return SUCCESS;
}

static void answer_mailbox(struct peer *peer, unsigned gt, const uint32_t *request, uint32_t *reply)
{
    struct peer_gt *guc = &peer->gts[gt];

    switch (request[0] & GUC_HXG_REQUEST_MSG_0_ACTION) {
    case GUC_ACTION_VF2GUC_VF_RESET:
        *guc = (struct peer_gt){.resfix_done = guc->resfix_done};
        reply[0] = SUCCESS;
        break;
    case GUC_ACTION_VF2GUC_MATCH_VERSION:
        reply[0] = SUCCESS;
        reply[1] = peer->abi;
        break;
    case GUC_ACTION_VF2GUC_QUERY_SINGLE_KLV:
        query(peer, gt, request, reply);
        break;
    case GUC_ACTION_HOST2GUC_SELF_CFG:
    case GUC_ACTION_HOST2GUC_CONTROL_CTB:
        set_up(peer, gt, request, reply);
        break;
    case XE_GUC_ACTION_GET_HWCONFIG:
        reply[0] = SUCCESS | HWCONFIG_SIZE;
        break;
    case GUC_ACTION_VF2GUC_RESFIX_START:
        reply[0] = resfix_start(guc, request[0] >> 16);
        break;
    case GUC_ACTION_VF2GUC_RESFIX_DONE:
        reply[0] = resfix_done(peer, gt, request[0] >> 16);
        break;
    default:
        reply[0] = FAILURE | XE_GUC_RESPONSE_UNKNOWN_ACTION;
        break;
    }
}

static void serve_mailbox(struct peer *peer, unsigned gt)
{
    uint32_t *mailbox = peer->gts[gt].mailbox;
    uint32_t request[4];
    uint32_t reply[4] = {0};

    if (!mailbox[0] || mailbox[0] & GUC_HXG_MSG_0_ORIGIN) {
        return;
    }
    memcpy(request, mailbox, sizeof(request));
    log_message(peer->mailbox_log, &peer->mailbox_count, gt, request, 4);
    if (gt >= peer->num_gts) {
        return;
    }
    if (!peer->answer || !peer->answer(peer, gt, request, reply)) {
        answer_mailbox(peer, gt, request, reply);
    }
    if (reply[0]) {
        memcpy(peer->gts[gt].mailbox, reply, sizeof(reply));
    }
}

/* ---- registers ------------------------------------------------------------------------------- */

static uint32_t *find_mailbox(struct peer *peer, uint32_t offset)
{
    if (offset >= VF_SW_FLAG(0) && offset <= VF_SW_FLAG(3)) {
        return &peer->gts[0].mailbox[(offset - VF_SW_FLAG(0)) / 4];
    }
    if (offset >= MED_VF_SW_FLAG(0) && offset <= MED_VF_SW_FLAG(3)) {
        return &peer->gts[1].mailbox[(offset - MED_VF_SW_FLAG(0)) / 4];
    }
    return NULL;
}

static uint64_t read_register(void *arg, uint32_t offset, unsigned size)
{
    struct peer *peer = arg;
    const uint32_t *mailbox = find_mailbox(peer, offset);

    (void)size;
    if (mailbox) {
        return *mailbox;
    }
    return offset == VF_CAP_REG && peer->is_vf ? VF_CAP : 0;
}

static void write_register(void *arg, uint32_t offset, uint64_t value, unsigned size)
{
    struct peer *peer = arg;
    uint32_t *mailbox = find_mailbox(peer, offset);

    if (mailbox) {
        *mailbox = (uint32_t)value;
    } else if (offset == GUC_HOST_INTERRUPT || offset == MED_GUC_HOST_INTERRUPT) {
        unsigned gt = offset == MED_GUC_HOST_INTERRUPT;

        serve_mailbox(peer, gt);
        serve_ctb(peer, gt);
    } else if (offset >= GGTT_BAR0_OFFSET && size == 8) {
        uint64_t addr = (uint64_t)(offset - GGTT_BAR0_OFFSET) / 8 << 12;

        /* The owner check: an entry outside of the range is not ours. */
        if (addr >= peer->ggtt_start && addr - peer->ggtt_start < peer->ggtt_size) {
            peer->entries[addr >> 12] = value;
        }
    }
}

/* ---- migration ------------------------------------------------------------------------------- */

static void shift(uint64_t *addr, uint64_t by)
{
    *addr += *addr ? by : 0;
}

static void move_guc(struct peer_gt *guc, uint64_t by)
{
    uint64_t *const addrs[] = {&guc->memirq_source, &guc->memirq_status, &guc->h2g_desc,
                               &guc->h2g,           &guc->g2h_desc,      &guc->g2h};

    for (unsigned i = 0; i < ARRAY_SIZE(addrs); i++) {
        shift(addrs[i], by);
    }
    for (unsigned i = 0; i < PEER_CONTEXTS; i++) {
        shift(&guc->contexts[i].descriptor, by);
    }
    guc->blocked = true;
    guc->marker = 0;
}

void peer_migrate(struct peer *peer, uint64_t ggtt_start, bool quiet)
{
    uint64_t pages = peer->ggtt_size >> 12;
    uint64_t *copy = calloc(pages, sizeof(*copy));

    cr_assert_not_null(copy);
    memcpy(copy, peer->entries + (peer->ggtt_start >> 12), pages * sizeof(*copy));
    memset(peer->entries, 0, ENTRIES * sizeof(*peer->entries));
    memcpy(peer->entries + (ggtt_start >> 12), copy, pages * sizeof(*copy));
    free(copy);
    for (unsigned i = 0; i < peer->num_gts; i++) {
        move_guc(&peer->gts[i], ggtt_start - peer->ggtt_start);
    }
    peer->ggtt_start = ggtt_start;
    for (unsigned i = 0; i < peer->num_gts && !quiet; i++) {
        peer_post_migrated(peer, i);
    }
}

/* ---- life ------------------------------------------------------------------------------------ */

struct peer *peer_create(uint32_t abi)
{
    struct peer *peer = calloc(1, sizeof(*peer));
    struct fake_device device = {.read = read_register, .write = write_register, .arg = peer};
    const struct vf_config config = {0};

    cr_assert_not_null(peer);
    peer->entries = calloc(ENTRIES, sizeof(*peer->entries));
    cr_assert_not_null(peer->entries);
    peer->hal = fake_hal_create(&device, RAM_BYTES);
    peer->num_gts = PEER_GTS;
    peer->is_vf = true;
    peer->abi = abi;
    peer->ggtt_start = GGTT_START;
    peer->ggtt_size = GGTT_SIZE;
    peer->num_contexts = PEER_CONTEXTS;
    peer->num_doorbells = 4;
    peer->num_registers = 3;
    peer->gmd_id[0] = peer->gmd_id[1] = 0x07800004;
    peer->command_budget = ~0u;
    peer->vf = vf_create(peer->hal, &config);
    cr_assert_not_null(peer->vf);
    return peer;
}

void peer_destroy(struct peer *peer)
{
    vf_destroy(peer->vf);
    fake_hal_destroy(peer->hal);
    free(peer->entries);
    free(peer);
}

void peer_run(struct peer *peer, void (*program)(void *peer))
{
    fake_run(peer->hal, program, peer, RUN_LIMIT_NS);
}

void peer_probe(struct peer *peer)
{
    int ret = vf_probe(peer->vf);

    cr_assert_eq(ret, 0, "probe: %d", ret);
}

/* ---- the log --------------------------------------------------------------------------------- */

static bool is_action(const struct peer_message *message, unsigned gt, uint32_t action)
{
    return message->gt == gt && (message->dw[0] & GUC_HXG_REQUEST_MSG_0_ACTION) == action;
}

unsigned peer_count_mailbox(const struct peer *peer, unsigned gt, uint32_t action)
{
    unsigned count = 0;

    for (unsigned i = 0; i < peer->mailbox_count; i++) {
        count += is_action(&peer->mailbox_log[i], gt, action);
    }
    return count;
}

unsigned peer_count_h2g(const struct peer *peer, unsigned gt, uint32_t action)
{
    unsigned count = 0;

    while (peer_find_h2g(peer, gt, action, count)) {
        count++;
    }
    return count;
}

const struct peer_message *peer_find_h2g(const struct peer *peer, unsigned gt, uint32_t action,
                                         unsigned n)
{
    for (unsigned i = 0; i < peer->h2g_count; i++) {
        if (is_action(&peer->h2g_log[i], gt, action) && n-- == 0) {
            return &peer->h2g_log[i];
        }
    }
    return NULL;
}
