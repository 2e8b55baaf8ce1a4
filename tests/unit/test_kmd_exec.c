/* SPDX-License-Identifier: MIT */
/* A context for work that is waited for, against a GuC and an engine that do as a test says. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "firmware/abi/guc_actions_abi.h"
#include "firmware/abi/guc_scheduler_abi.h"
#include "gpu_regs.h"
#include "host/abi/gpu_commands_abi.h"
#include "host/abi/xe_gtt_defs.h"
#include "host/abi/xe_lrc_layout.h"
#include "tests/unit/kmd_peer.h"

#define ID       37u
#define EVENT    0x90000000u /* of the GuC */
#define DONE_NS  (10 * HAL_NS_PER_US)
#define LIMIT_NS (5 * HAL_NS_PER_MS)
#define CRUMB    32u /* bytes at the end of a work */

static struct kmd_peer peer;
static struct exec *exec;
static char order[64];  /* r register, p policies, e enable, d disable, s schedule, u deregister */
static uint32_t desc;   /* of the registration */
static bool hangs;      /* the engine never gets there */
static bool resets;     /* the GuC throws the context off */
static uint32_t ran[8]; /* first dwords of the ring when it ran */

static uint32_t *memory(uint64_t addr)
{
    uint32_t entry = GGTT_BAR0_OFFSET + (uint32_t)(addr / XE_PAGE_SIZE * 8);
    uint64_t pte = make_64(fake_reg(peer.hal, entry), fake_reg(peer.hal, entry + 4));

    cr_assert(pte & GGTT_PTE_PRESENT, "nothing at %llx", (unsigned long long)addr);
    return fake_ram(peer.hal, (pte & XE_PTE_ADDR_MASK) + addr % XE_PAGE_SIZE, 4);
}

static uint32_t *state(uint32_t dword)
{
    return memory((desc & LRC_ADDRESS_MASK) + LRC_PPHWSP_SIZE + 4ull * dword);
}

static void say(uint32_t action, uint32_t second, uint32_t len)
{
    const uint32_t hxg[] = {EVENT | action, ID, second};

    kmd_peer_say(&peer, 0, hxg, len);
}

/* The engine: does what the end of the ring says, and leaves. */
static void engine_done(void *arg)
{
    uint32_t tail = *state(CTX_RING_TAIL);
    uint32_t ring = *state(CTX_RING_START);
    bool render = *memory(ring + tail - CRUMB) == PIPE_CONTROL;

    (void)arg;
    for (uint32_t n = 0; n < 8; n++) {
        ran[n] = *memory(ring + 4 * n);
    }
    *memory(*memory(ring + tail - CRUMB + (render ? 8 : 4)) & ~7u) =
        *memory(ring + tail - CRUMB + (render ? 16 : 12));
    *state(CTX_RING_HEAD) = tail;
}

static void submitted(void)
{
    if (resets) {
        say(XE_GUC_ACTION_CONTEXT_RESET_NOTIFICATION, 0, 2);
    } else if (!hangs) {
        fake_at(peer.hal, DONE_NS, engine_done, NULL);
    }
}

static void note(char what)
{
    size_t len = strlen(order);

    cr_assert_lt(len, sizeof(order) - 1);
    order[len] = what;
}

static void on_h2g(struct kmd_peer *of, const uint32_t *words, uint32_t len)
{
    (void)of;
    (void)len;
    switch (words[1] & 0xffffu) {
    case XE_GUC_ACTION_REGISTER_CONTEXT:
        note('r');
        desc = words[1 + XE_GUC_REGISTER_CONTEXT_DATA_10_HW_LRC_ADDR];
        break;
    case XE_GUC_ACTION_HOST2GUC_UPDATE_CONTEXT_POLICIES:
        note('p');
        break;
    case XE_GUC_ACTION_SCHED_CONTEXT_MODE_SET:
        note(words[3] ? 'e' : 'd');
        say(XE_GUC_ACTION_SCHED_CONTEXT_MODE_DONE, words[3], 3);
        if (words[3]) {
            submitted();
        }
        break;
    case XE_GUC_ACTION_SCHED_CONTEXT:
        note('s');
        submitted();
        break;
    case XE_GUC_ACTION_DEREGISTER_CONTEXT:
        note('u');
        say(XE_GUC_ACTION_DEREGISTER_CONTEXT_DONE, 0, 2);
        break;
    default:
        note('?');
    }
}

static int take_event(void *arg, const uint32_t *msg, uint32_t len)
{
    (void)arg;
    return exec_event(exec, msg, len);
}

static const struct ct_handler handlers[] = {
    {XE_GUC_ACTION_SCHED_CONTEXT_MODE_DONE, take_event},
    {XE_GUC_ACTION_DEREGISTER_CONTEXT_DONE, take_event},
    {XE_GUC_ACTION_CONTEXT_RESET_NOTIFICATION, take_event},
    {0, NULL},
};

static void open_exec(void)
{
    struct exec_config config = {.engine = "bcs0", .guc_class = GUC_BLITTER_CLASS, .id = ID};

    kmd_peer_create(&peer);
    ct_destroy(peer.ct);
    peer.config.handlers = handlers;
    peer.ct = ct_create(&peer.config);
    peer.on_h2g = on_h2g;
    config.hal = peer.hal;
    config.ct = peer.ct;
    config.ggtt = peer.ggtt;
    exec = exec_create(&config);
    cr_assert(exec && peer.ct);
}

static void close_exec(void)
{
    exec_destroy(exec);
    kmd_peer_destroy(&peer);
}

TestSuite(kmd_exec, .init = open_exec, .fini = close_exec);

static bool given_up;

static int work(unsigned levels)
{
    const uint32_t dwords[] = {MI_MODEL_WORK, 7, MI_NOOP};
    const struct exec_work one = {.dwords = dwords,
                                  .len = ARRAY_SIZE(dwords),
                                  .levels = levels,
                                  .roots = {0x11000, 0x22000, 0x33000, 0x44000},
                                  .timeout_ns = LIMIT_NS,
                                  .given_up = &given_up};

    return exec_run(exec, &one);
}

static void two_works(struct kmd_peer *of)
{
    of->rets[0] = work(0);
    of->rets[1] = work(0);
}

Test(kmd_exec, first_work_registers_and_enables_and_the_next_only_schedules)
{
    kmd_peer_run(&peer, two_works);
    cr_expect_eq(peer.rets[0], 0);
    cr_expect_eq(peer.rets[1], 0);
    cr_expect_str_eq(order, "rpes");
    cr_expect_eq(ran[0], MI_MODEL_WORK, "its commands are at the start of the ring");
    cr_expect_eq(ran[1], 7);
}

static void reset_then_work(struct kmd_peer *of)
{
    of->rets[0] = work(0);
    resets = true;
    of->rets[1] = work(0);
    resets = false;
    of->rets[2] = work(0);
}

Test(kmd_exec, context_that_was_thrown_off_is_registered_anew)
{
    kmd_peer_run(&peer, reset_then_work);
    cr_expect_eq(peer.rets[0], 0);
    cr_expect_eq(peer.rets[1], -EIO);
    cr_expect_eq(peer.rets[2], 0);
    cr_expect_str_eq(order, "rpesurpe");
}

static void hang_then_work(struct kmd_peer *of)
{
    hangs = true;
    of->rets[0] = work(0);
    of->at = hal_now(of->hal);
    hangs = false;
    of->rets[1] = work(0);
}

Test(kmd_exec, work_that_hangs_is_thrown_off_in_time)
{
    kmd_peer_run(&peer, hang_then_work);
    cr_expect_eq(peer.rets[0], -ETIME);
    cr_expect_lt(peer.at, 2 * LIMIT_NS);
    cr_expect_eq(peer.rets[1], 0);
    cr_expect_str_eq(order, "rpepdurpe");
}

static void give_up_then_work(struct kmd_peer *of)
{
    hangs = given_up = true;
    of->rets[0] = work(0);
    of->at = hal_now(of->hal);
    hangs = given_up = false;
    of->rets[1] = work(0);
}

Test(kmd_exec, work_that_is_given_up_is_thrown_off_at_once)
{
    kmd_peer_run(&peer, give_up_then_work);
    cr_expect_eq(peer.rets[0], -ECANCELED);
    cr_expect_lt(peer.at, LIMIT_NS / 2);
    cr_expect_eq(peer.rets[1], 0);
    cr_expect_str_eq(order, "rpepdurpe");
}

static void other_levels(struct kmd_peer *of)
{
    of->rets[0] = work(4);
    of->rets[1] = work(0);
    of->rets[2] = (int)FIELD_GET(LRC_ADDRESSING_MODE, desc);
    of->rets[3] = work(3);
}

Test(kmd_exec, number_of_levels_is_told_with_the_registration)
{
    kmd_peer_run(&peer, other_levels);
    cr_expect_eq(peer.rets[0] | peer.rets[1] | peer.rets[3], 0);
    cr_expect_eq(peer.rets[2], GUCBUS_ENGINE_MODE_4_LEVELS);
    cr_expect_eq(FIELD_GET(LRC_ADDRESSING_MODE, desc), GUCBUS_ENGINE_MODE_3_LEVELS);
    cr_expect_str_eq(order, "rpespdurpe", "a work without a space fits either");
    for (uint32_t n = 0; n < 4; n++) {
        cr_expect_eq(*state(CTX_PDP0_LDW - 4 * n), 0x11000 * (n + 1), "root %u", n);
    }
}

static void too_long(struct kmd_peer *of)
{
    static const uint32_t dwords[EXEC_MAX_DWORDS + 1];
    const struct exec_work one = {.dwords = dwords, .len = ARRAY_SIZE(dwords)};

    of->rets[0] = exec_run(exec, &one);
}

Test(kmd_exec, work_that_does_not_fit_is_refused_before_anything_is_sent)
{
    kmd_peer_run(&peer, too_long);
    cr_expect_eq(peer.rets[0], -EMSGSIZE);
    cr_expect_str_eq(order, "");
}

Test(kmd_exec, event_of_another_kind_is_no_event_of_a_context)
{
    const uint32_t msg[] = {EVENT | XE_GUC_ACTION_TLB_INVALIDATION_DONE, ID};

    cr_expect_eq(exec_event(exec, msg, 2), -EPROTO);
}
