/* SPDX-License-Identifier: MIT */
/* See the header. */
#include "tests/unit/hostile_peers.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "firmware/abi/guc_actions_abi.h"
#include "firmware/abi/guc_actions_sriov_abi.h"

#define BOUND_NS      (2 * HAL_NS_PER_MS) /* of any answer, with the neighbour at its worst */
#define ENGINE_NS     (8 * HAL_NS_PER_MS) /* of a turn on an engine: the neighbour's, and its end */
#define PAUSE_NS      (600 * HAL_NS_PER_MS) /* a compression context may hold a pause up */
#define TICK_NS       (4 * HAL_NS_PER_US)
#define QUANTUM_MS    1u
#define PREEMPT_US    500u
#define EVENT(action) (0x90000000u | (action))
#define IMAGE_AT      0x8000u /* of the PF: VF 1's saved state */
#define IMAGE_MAX     0x4000u /* dwords */

#define EXPECT(peers, condition, ...)                                                              \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            complain(peers, #condition);                                                           \
            cr_assert_fail(__VA_ARGS__);                                                           \
        }                                                                                          \
    } while (0)

static void complain(const struct peers *peers, const char *condition)
{
    fprintf(stderr, "HOSTILE_SEED=%llu, %s: not %s; move %u was %s\n",
            (unsigned long long)peers->hostile->seed, peers->doing, condition,
            peers->hostile->moves, peers->hostile->last);
}

/* ---- the PF's ring --------------------------------------------------------------------------- */

static void pf_event(struct peers *peers, const uint32_t *words, unsigned len)
{
    if (words[1] == EVENT(GUC_ACTION_GUC2PF_VF_STATE_NOTIFY)) {
        EXPECT(peers, len == 4 && words[2] >= 1 && words[2] <= BENCH_VFS && words[3] < 8,
               "notify of %u dwords, vf %u, event %u", len, words[2], words[3]);
        peers->notified[words[2]][words[3]]++;
    } else if (words[1] == EVENT(XE_GUC_ACTION_GUC2PF_RELAY_FROM_VF)) {
        EXPECT(peers, len >= 4 && (words[2] == HOSTILE_VF || words[2] == HONEST_VF),
               "relay of %u dwords from vf %u", len, words[2]);
        peers->relayed = words[2] == HONEST_VF ? words[3] : peers->relayed;
    } else if (words[1] == EVENT(GUC_ACTION_GUC2PF_ADVERSE_EVENT)) {
        EXPECT(peers, len == 4 && words[2] == HOSTILE_VF && words[3] >> 4 == 0x8a0,
               "adverse event of %u dwords, vf %u, key 0x%x", len, words[2], words[3]);
    } else {
        EXPECT(peers, false, "the PF got 0x%08x", words[1]);
    }
}

static void pf_take(struct peers *peers)
{
    uint32_t words[BENCH_MSG];
    unsigned len;

    while ((len = bench_take(peers->bench, GUC_PF, words)) != 0) {
        if ((words[1] >> 29) == 7) {
            EXPECT(peers, words[0] >> 16 == peers->pf_fence && !peers->pf_answer,
                   "answer 0x%08x to fence %u", words[1], words[0] >> 16);
            peers->pf_answer = words[1];
        } else {
            pf_event(peers, words, len);
        }
    }
}

static void tick(struct peers *peers)
{
    hal_delay(peers->bench->hal, TICK_NS);
    pf_take(peers);
}

static void took(struct peers *peers, uint64_t ns)
{
    peers->longest_ns = ns > peers->longest_ns ? ns : peers->longest_ns;
}

/* Every request of the PF is answered, whatever VF 1 does. */
static uint32_t pf_request(struct peers *peers, const uint32_t *hxg, unsigned len)
{
    uint64_t ns = 0;

    pf_take(peers);
    peers->pf_answer = 0;
    peers->pf_fence = bench_send(peers->bench, GUC_PF, hxg, len);
    for (; ns < BOUND_NS && !peers->pf_answer; ns += TICK_NS) {
        tick(peers);
    }
    EXPECT(peers, peers->pf_answer != 0, "no answer to 0x%08x %x %x", hxg[0], hxg[1], hxg[2]);
    took(peers, ns);
    return peers->pf_answer;
}

static uint32_t control(struct peers *peers, unsigned vf, uint32_t command)
{
    const uint32_t request[] = {GUC_ACTION_PF2GUC_VF_CONTROL, vf, command};

    return pf_request(peers, request, ARRAY_SIZE(request));
}

static void await_notify(struct peers *peers, unsigned vf, unsigned event, unsigned before)
{
    for (uint64_t ns = 0; ns < ENGINE_NS && peers->notified[vf][event] == before; ns += TICK_NS) {
        tick(peers);
    }
    EXPECT(peers, peers->notified[vf][event] == before + 1, "event %u of vf %u came %u times",
           event, vf, peers->notified[vf][event] - before);
}

static void provision(struct peers *peers, unsigned vf)
{
    const uint32_t start = (uint32_t)BENCH_VF_START(vf);
    const uint32_t limit = vf == HOSTILE_VF;
    const uint32_t klvs[] = {0x00010002, start, 0, 0x00020002, BENCH_VF_SIZE, 0, 0x00040001,
                             BENCH_CONTEXTS, 0x00060001, 8, 0x8a010001, QUANTUM_MS, 0x8a020001,
                             PREEMPT_US,
                             /* Whoever has thresholds of 1 reaches them. */
                             0x8a030001, limit, 0x8a040001, limit, 0x8a050001, limit, 0x8a060001,
                             limit, 0x8a070001, limit, 0x8a080001, limit, 0x8a0d0001, limit};
    const uint32_t request[] = {GUC_ACTION_PF2GUC_UPDATE_VF_CFG, vf, BENCH_PF_BASE + BENCH_BUFFER,
                                0, ARRAY_SIZE(klvs)};
    uint32_t answer;

    for (unsigned i = 0; i < ARRAY_SIZE(klvs); i++) {
        fake_dma_write32(peers->bench->hal, GUC_PF, BENCH_PF_BASE + BENCH_BUFFER + 4 * i, klvs[i]);
    }
    answer = pf_request(peers, request, ARRAY_SIZE(request));
    EXPECT(peers, answer == BENCH_SUCCESS(13), "provisioning vf %u: 0x%08x", vf, answer);
}

/* ---- VF 2 ------------------------------------------------------------------------------------ */

/* The next message of VF 2 is this one. Returns its last dword. */
static uint32_t expect_next(struct peers *peers, uint16_t fence, uint32_t dw0, uint64_t bound_ns)
{
    uint32_t words[BENCH_MSG] = {0};
    unsigned len = 0;
    uint64_t ns = 0;

    for (; ns < bound_ns && !len; ns += TICK_NS) {
        tick(peers);
        len = bench_take(peers->bench, HONEST_VF, words);
    }
    EXPECT(peers, len >= 2 && words[1] == dw0 && words[0] >> 16 == fence,
           "expected 0x%08x, got 0x%08x with fence %u", dw0, words[1], words[0] >> 16);
    took(peers, ns);
    return words[len - 1];
}

/* Sends a message; its type and action stand in hxg[0]. */
static uint16_t send(struct peers *peers, const uint32_t *hxg, unsigned len)
{
    return bench_send(peers->bench, HONEST_VF, hxg, len);
}

static void query(struct peers *peers)
{
    static const uint32_t request[] = {GUC_ACTION_VF2GUC_QUERY_SINGLE_KLV, 1};
    struct bench_fn *function = &peers->bench->fns[HONEST_VF];
    uint64_t ns = 0;

    memcpy(function->mailbox, request, sizeof(request));
    function->doorbell |= GUCBUS_DB_MBOX;
    for (; ns < BOUND_NS && !(function->mailbox[0] >> 31); ns += TICK_NS) {
        tick(peers);
    }
    EXPECT(peers,
           function->mailbox[0] == BENCH_SUCCESS(2) &&
               function->mailbox[1] == (uint32_t)BENCH_VF_START(HONEST_VF) && !function->mailbox[2],
           "0x%08x 0x%08x", function->mailbox[0], function->mailbox[1]);
    took(peers, ns);
}

static void invalidate(struct peers *peers)
{
    const uint32_t seqno = ++peers->next_id;
    const uint32_t request[] = {BENCH_FAST(XE_GUC_ACTION_TLB_INVALIDATION), seqno, 3};
    uint32_t done;

    send(peers, request, ARRAY_SIZE(request));
    done = expect_next(peers, 0, EVENT(XE_GUC_ACTION_TLB_INVALIDATION_DONE), BOUND_NS);
    EXPECT(peers, done == seqno, "invalidation %u, not %u", done, seqno);
}

static void opt_in(struct peers *peers)
{
    static const uint32_t request[] = {XE_GUC_ACTION_UPDATE_SCHEDULING_POLICIES_KLV, 0x10010002, 80,
                                       20};

    expect_next(peers, send(peers, request, ARRAY_SIZE(request)), BENCH_SUCCESS(1), BOUND_NS);
}

/* VF 1 may fill the PF's ring with its own messages; then VF 2 hears so, and asks again. */
static void relay(struct peers *peers)
{
    const uint32_t id = ++peers->next_id;
    const uint32_t request[] = {XE_GUC_ACTION_VF2GUC_RELAY_TO_PF, id, 1, 0x10000};
    uint32_t words[BENCH_MSG] = {0};

    for (unsigned tries = 0; tries < 100 && words[1] != BENCH_SUCCESS(0); tries++) {
        unsigned len = 0;

        send(peers, request, ARRAY_SIZE(request));
        for (uint64_t ns = 0; ns < BOUND_NS && !len; ns += TICK_NS) {
            tick(peers);
            len = bench_take(peers->bench, HONEST_VF, words);
        }
        EXPECT(peers,
               len == 2 && (words[1] == BENCH_SUCCESS(0) ||
                            words[1] == BENCH_FAILURE(XE_GUC_RESPONSE_CTB_FULL)),
               "relay: 0x%08x", words[1]);
    }
    EXPECT(peers, words[1] == BENCH_SUCCESS(0), "the PF's ring stays full");
    pf_take(peers);
    EXPECT(peers, peers->relayed == id, "the PF saw relay %u, not %u", peers->relayed, id);
}

/* Registers, runs, disables and deregisters a context beside those of VF 1. */
static void job(struct peers *peers)
{
    struct bench *bench = peers->bench;
    const uint32_t id = ++peers->next_id % BENCH_CONTEXTS;
    const uint32_t tag = FIELD_PREP(GUCBUS_ENGINE_TAG_FN, HONEST_VF) | id;
    const uint32_t lrc = (uint32_t)BENCH_VF_START(HONEST_VF) + BENCH_LRC(id);
    uint32_t reg[12] = {BENCH_EVENT(XE_GUC_ACTION_REGISTER_CONTEXT), 1, id, 0, 1};
    const uint32_t enable[] = {BENCH_FAST(XE_GUC_ACTION_SCHED_CONTEXT_MODE_SET), id, 1};
    const uint32_t disable[] = {BENCH_FAST(XE_GUC_ACTION_SCHED_CONTEXT_MODE_SET), id, 0};
    const uint32_t deregister[] = {BENCH_FAST(XE_GUC_ACTION_DEREGISTER_CONTEXT), id};

    reg[10] = lrc | 0x19;
    send(peers, reg, ARRAY_SIZE(reg));
    send(peers, enable, ARRAY_SIZE(enable));
    expect_next(peers, 0, EVENT(XE_GUC_ACTION_SCHED_CONTEXT_MODE_DONE), BOUND_NS);
    for (uint64_t ns = 0;
         ns < ENGINE_NS && !(bench->engines[0].busy && bench->engines[0].tag == tag);
         ns += TICK_NS) {
        tick(peers);
    }
    EXPECT(peers, bench->engines[0].busy && bench->engines[0].tag == tag,
           "the engine has 0x%08x, busy %d", bench->engines[0].tag, bench->engines[0].busy);
    EXPECT(peers, bench->engines[0].lrca == lrc, "runs 0x%x", bench->engines[0].lrca);
    bench_engine_event(bench, 0, GUCBUS_ENGINE_EVENT_COMPLETE);
    send(peers, disable, ARRAY_SIZE(disable));
    send(peers, deregister, ARRAY_SIZE(deregister));
    expect_next(peers, 0, EVENT(XE_GUC_ACTION_SCHED_CONTEXT_MODE_DONE), BOUND_NS);
    expect_next(peers, 0, EVENT(XE_GUC_ACTION_DEREGISTER_CONTEXT_DONE), BOUND_NS);
}

/* The PF pauses VF 2, saves it and lets it go on: what it asked meanwhile is answered then. */
static void pause(struct peers *peers)
{
    static const uint32_t size[] = {GUC_ACTION_PF2GUC_SAVE_RESTORE_VF, HONEST_VF, 0, 0, 0};
    static const uint32_t save[] = {GUC_ACTION_PF2GUC_SAVE_RESTORE_VF, HONEST_VF,
                                    BENCH_PF_BASE + BENCH_BUFFER, 0, 0x400};
    const uint32_t seqno = ++peers->next_id;
    const uint32_t request[] = {BENCH_FAST(XE_GUC_ACTION_TLB_INVALIDATION), seqno, 3};
    unsigned before = peers->notified[HONEST_VF][GUC_PF_NOTIFY_VF_PAUSE_DONE];
    uint32_t words[BENCH_MSG];
    uint32_t len;

    EXPECT(peers, control(peers, HONEST_VF, GUC_PF_TRIGGER_VF_PAUSE) == BENCH_SUCCESS(0), "pause");
    await_notify(peers, HONEST_VF, GUC_PF_NOTIFY_VF_PAUSE_DONE, before);
    send(peers, request, ARRAY_SIZE(request));
    len = pf_request(peers, size, ARRAY_SIZE(size));
    EXPECT(peers, pf_request(peers, save, ARRAY_SIZE(save)) == len && len >> 28 == 0xf, "save");
    EXPECT(peers, !bench_take(peers->bench, HONEST_VF, words), "a paused VF got 0x%08x", words[1]);
    EXPECT(peers, control(peers, HONEST_VF, GUC_PF_TRIGGER_VF_RESUME) == BENCH_SUCCESS(0),
           "resume");
    EXPECT(peers,
           expect_next(peers, 0, EVENT(XE_GUC_ACTION_TLB_INVALIDATION_DONE), BOUND_NS) == seqno,
           "the invalidation of the pause");
}

void peers_work(struct peers *peers)
{
    static const struct {
        const char *name;
        void (*play)(struct peers *peers);
    } works[] = {{"VF 2: query", query},     {"VF 2: invalidation", invalidate},
                 {"VF 2: policies", opt_in}, {"VF 2: relay", relay},
                 {"VF 2: job", job},         {"VF 2: pause", pause}};
    unsigned i = peers->count++ % ARRAY_SIZE(works);
    uint32_t words[BENCH_MSG];

    peers->doing = works[i].name;
    works[i].play(peers);
    tick(peers);
    EXPECT(peers, !bench_take(peers->bench, HONEST_VF, words), "one too many: 0x%08x", words[1]);
}

/* ---- the PF and VF 1 ------------------------------------------------------------------------- */

static bool in_flr(struct peers *peers)
{
    enum guc_vf_state state = bench_state(peers->bench, HOSTILE_VF);

    return state == GUC_VF_FLR_PENDING || state == GUC_VF_FLR_WAIT_FINISH;
}

/* What the PF was answered: yes, or a refusal with a code. */
static bool answered_yes(struct peers *peers, uint32_t answer)
{
    EXPECT(peers, answer >> 28 == 0xf || (answer >> 28 == 0xe && (answer & 0xffff)), "0x%08x",
           answer);
    return answer >> 28 == 0xf;
}

static void command_pause(struct peers *peers)
{
    unsigned before = peers->notified[HOSTILE_VF][GUC_PF_NOTIFY_VF_PAUSE_DONE];
    struct hal *hal = peers->bench->hal;

    if (!answered_yes(peers, control(peers, HOSTILE_VF, GUC_PF_TRIGGER_VF_PAUSE))) {
        return;
    }
    for (uint64_t end = hal_now(hal) + PAUSE_NS; hal_now(hal) < end && !in_flr(peers);) {
        if (peers->notified[HOSTILE_VF][GUC_PF_NOTIFY_VF_PAUSE_DONE] == before + 1) {
            return;
        }
        hal_delay(hal, hal_now(hal) + PAUSE_NS < end + ENGINE_NS ? 0 : HAL_NS_PER_MS);
        tick(peers);
    }
    EXPECT(peers, in_flr(peers), "no PAUSE_DONE"); /* which only a reset may swallow */
}

static void command_resume(struct peers *peers)
{
    answered_yes(peers, control(peers, HOSTILE_VF, GUC_PF_TRIGGER_VF_RESUME));
}

static void command_stop(struct peers *peers)
{
    answered_yes(peers, control(peers, HOSTILE_VF, GUC_PF_TRIGGER_VF_STOP));
}

static void command_save(struct peers *peers)
{
    uint32_t request[] = {GUC_ACTION_PF2GUC_SAVE_RESTORE_VF, HOSTILE_VF, 0, 0, 0};
    uint32_t answer = pf_request(peers, request, ARRAY_SIZE(request));
    uint32_t len = answer & 0xfffffff;

    if (!answered_yes(peers, answer)) {
        return;
    }
    EXPECT(peers, len <= IMAGE_MAX, "a state of %u dwords", len);
    request[2] = BENCH_PF_BASE + IMAGE_AT;
    request[4] = IMAGE_MAX;
    answer = pf_request(peers, request, ARRAY_SIZE(request));
    if (answered_yes(peers, answer)) {
        peers->image_len = answer & 0xfffffff;
    }
}

static void command_restore(struct peers *peers)
{
    const uint32_t request[] = {GUC_PF_OPCODE_VF_RESTORE << 16 | GUC_ACTION_PF2GUC_SAVE_RESTORE_VF,
                                HOSTILE_VF, BENCH_PF_BASE + IMAGE_AT, 0, peers->image_len};

    answered_yes(peers, pf_request(peers, request, ARRAY_SIZE(request)));
}

/* From here on the GuC counts what VF 1 does, over periods of a millisecond. */
static void watch(struct peers *peers)
{
    const uint32_t request[] = {GUC_ACTION_PF2GUC_UPDATE_VGT_POLICY, BENCH_PF_BASE + BENCH_BUFFER,
                                0, 2};

    fake_dma_write32(peers->bench->hal, GUC_PF, BENCH_PF_BASE + BENCH_BUFFER, 0x80020001);
    fake_dma_write32(peers->bench->hal, GUC_PF, BENCH_PF_BASE + BENCH_BUFFER + 4, 1);
    EXPECT(peers, pf_request(peers, request, ARRAY_SIZE(request)) == BENCH_SUCCESS(1), "policy");
}

static void command_provision(struct peers *peers)
{
    static const uint32_t reset[] = {GUC_ACTION_PF2GUC_UPDATE_VF_CFG, HOSTILE_VF, 0, 0, 0};

    EXPECT(peers, pf_request(peers, reset, ARRAY_SIZE(reset)) == BENCH_SUCCESS(0), "reset");
    provision(peers, HOSTILE_VF);
    watch(peers);
}

/* A message for VF 1, which may not read it. */
static void command_relay(struct peers *peers)
{
    const uint32_t request[] = {XE_GUC_ACTION_PF2GUC_RELAY_TO_VF, HOSTILE_VF, 1, 0x70000000};

    answered_yes(peers, pf_request(peers, request, ARRAY_SIZE(request)));
}

void peers_heal(struct peers *peers)
{
    enum guc_vf_state state;
    unsigned before;

    peers->doing = "PF: reset of VF 1";
    bench_settle(peers->bench); /* an FLR that the chip still has comes first */
    pf_take(peers);
    before = peers->notified[HOSTILE_VF][GUC_PF_NOTIFY_VF_FLR_DONE];
    EXPECT(peers, control(peers, HOSTILE_VF, GUC_PF_TRIGGER_VF_FLR_START) == BENCH_SUCCESS(0),
           "FLR_START");
    await_notify(peers, HOSTILE_VF, GUC_PF_NOTIFY_VF_FLR_DONE, before);
    EXPECT(peers, control(peers, HOSTILE_VF, GUC_PF_TRIGGER_VF_FLR_FINISH) == BENCH_SUCCESS(0),
           "FLR_FINISH");
    state = bench_state(peers->bench, HOSTILE_VF); /* the guest may have gone on from READY */
    EXPECT(peers, state == GUC_VF_READY || state == GUC_VF_RUNNING || state == GUC_VF_FLR_PENDING,
           "state %d", state);
}

static void command_flr(struct peers *peers)
{
    peers_heal(peers);
}

static const struct {
    char letter;
    const char *name;
    void (*play)(struct peers *peers);
} commands[] = {{'p', "PF: pause", command_pause},      {'s', "PF: save", command_save},
                {'l', "PF: restore", command_restore},  {'r', "PF: resume", command_resume},
                {'m', "PF: relay", command_relay},      {'x', "PF: stop", command_stop},
                {'c', "PF: config", command_provision}, {'f', "PF: reset", command_flr}};

/* A pause, migrations to itself, one that a second one hits, orders that are none. */
static const char *const scripts[] = {"pr",           "fplr",   "fplplr", "psr", "psfplr",
                                      "psfplrpsfplr", "plmr",   "mm",     "xf",  "pfl",
                                      "lsrf",         "psplsr", "fc"};

void peers_command(struct peers *peers)
{
    unsigned i = 0;

    if (!peers->script || !*peers->script) {
        peers->script = scripts[hostile_below(peers->hostile, ARRAY_SIZE(scripts))];
    }
    while (commands[i].letter != *peers->script) {
        i++;
    }
    peers->script++;
    peers->doing = commands[i].name;
    commands[i].play(peers);
}

/* ---- the firmware's own ---------------------------------------------------------------------- */

static void check_ring(struct peers *peers, const struct guc_ring *ring)
{
    EXPECT(peers, ring->size && ring->index < ring->size, "index %u of %u", ring->index,
           ring->size);
}

static void check_queues(struct peers *peers, unsigned e)
{
    const struct guc_engine *engine = &peers->bench->guc->engines[e];

    EXPECT(peers,
           !engine->context ||
               (engine->busy && engine->context->on_engine && engine->context->registered),
           "engine %u runs what nobody knows", e);
    for (unsigned fn = 0; fn < GUC_FUNCTIONS; fn++) {
        for (const struct guc_context *context = engine->queues[fn]; context;
             context = context->next) {
            EXPECT(peers,
                   context->registered && context->enabled && context->queued &&
                       !context->on_engine && context->fn == fn && context->engine == e,
                   "context %u of function %u is in a queue", context->id, fn);
        }
    }
}

void peers_check_firmware(struct peers *peers)
{
    const struct guc *guc = peers->bench->guc;

    peers->doing = "firmware";
    for (unsigned fn = 0; fn <= BENCH_VFS; fn++) {
        const struct guc_function *function = &guc->functions[fn];

        EXPECT(peers, function->state < GUC_VF_STATE_COUNT, "state %d", function->state);
        EXPECT(peers, function->ctb.queue_len <= GUC_G2H_QUEUE_LEN, "%u", function->ctb.queue_len);
        if (function->ctb.enabled) {
            check_ring(peers, &function->ctb.h2g);
            check_ring(peers, &function->ctb.g2h);
        }
    }
    for (unsigned e = 0; e < BENCH_ENGINES; e++) {
        check_queues(peers, e);
    }
    EXPECT(peers, guc_ctb_usable(guc, GUC_PF) && guc_ctb_usable(guc, HONEST_VF), "rings broken");
    EXPECT(peers, guc->functions[HONEST_VF].state == GUC_VF_RUNNING, "state of VF 2");
    EXPECT(peers, guc->functions[3].state == GUC_VF_UNPROVISIONED, "state of VF 3");
}

void peers_init(struct peers *peers, struct bench *bench, struct hostile *hostile)
{
    *peers = (struct peers){.bench = bench, .hostile = hostile, .doing = "set-up"};
    provision(peers, HOSTILE_VF);
    provision(peers, HONEST_VF);
    fake_dma_map(bench->hal, HONEST_VF, BENCH_VF_START(HONEST_VF), BENCH_VF_SIZE);
    bench_rings(bench, HONEST_VF, BENCH_VF_START(HONEST_VF));
}
