/* SPDX-License-Identifier: MIT */
/* Page faults in the firmware: what a driver is told, which answers count, and that nobody waits
 * for a driver who has to wait for nobody. */
#include <criterion/criterion.h>

#include "firmware/abi/guc_actions_abi.h"
#include "firmware/abi/guc_actions_sriov_abi.h"
#include "firmware/abi/xe_guc_fwif.h"
#include "tests/unit/test_guc_bench.h"

#define V127     GUC_ABI_VERSION(1, 27, 0)
#define ADDR     0x7f1234567890ull
#define ASID     0xabcdeu
#define LEVEL(n) FIELD_PREP(GUCBUS_FAULT_LEVEL, (uint32_t)(n))
#define ANSWER   BENCH_REQUEST(XE_GUC_ACTION_PAGE_FAULT_RES_DESC)
#define BAD      BENCH_FAILURE(XE_GUC_RESPONSE_INVALID_PARAMS)
#define GOOD     BENCH_SUCCESS(0)

static void run(void (*test)(struct bench *bench))
{
    struct bench *bench = bench_create(V127);

    bench->fault_asid = ASID;
    bench_run(bench, test);
    bench_destroy(bench);
}

/* VF 1 with context 3 on the first engine. */
static void start(struct bench *bench)
{
    bench_start_vf(bench, 1);
    bench_context(bench, 1, 3);
    cr_assert(bench->engines[0].busy);
}

/* Descriptor of the next report. Returns false without one. */
static bool next_report(struct bench *bench, unsigned fn, uint32_t *desc)
{
    uint32_t words[BENCH_MSG];
    unsigned len;

    bench_settle(bench);
    while ((len = bench_take(bench, fn, words)) != 0) {
        if (words[1] == (0x90000000u | XE_GUC_ACTION_REPORT_PAGE_FAULT_REQ_DESC)) {
            cr_assert_eq(len, 6, "header, action and four dwords");
            for (unsigned i = 0; i < 4; i++) {
                desc[i] = words[2 + i];
            }
            return true;
        }
    }
    return false;
}

/* An access of engine 0 waits, and its driver knows. */
static void fault(struct bench *bench, uint32_t *desc)
{
    bench_page_fault(bench, 0, ADDR, LEVEL(1));
    cr_assert(next_report(bench, 1, desc));
}

static void make_answer(const uint32_t *desc, bool failed, uint32_t hxg[3])
{
    uint32_t pdata = FIELD_GET(PFD_PDATA_LO, desc[0]) | FIELD_GET(PFD_PDATA_HI, desc[1])
                                                            << PFD_PDATA_HI_SHIFT;

    hxg[0] = ANSWER;
    hxg[1] = PFR_VALID | (failed ? PFR_SUCCESS : 0) |
             FIELD_PREP(PFR_DESC_TYPE, FAULT_RESPONSE_DESC) |
             FIELD_PREP(PFR_ASID, FIELD_GET(PFD_ASID, desc[1]));
    hxg[2] = FIELD_PREP(PFR_ENG_INSTANCE, FIELD_GET(PFD_ENG_INSTANCE, desc[0])) |
             FIELD_PREP(PFR_ENG_CLASS, FIELD_GET(PFD_ENG_CLASS, desc[0])) |
             FIELD_PREP(PFR_PDATA, pdata);
}

/* Returns what the GuC says to it. */
static uint32_t answer(struct bench *bench, unsigned fn, const uint32_t *desc, bool failed)
{
    uint32_t hxg[3];

    make_answer(desc, failed, hxg);
    return bench_request(bench, fn, hxg, ARRAY_SIZE(hxg));
}

/* ---- reports --------------------------------------------------------------------------------- */

static void reports(struct bench *bench)
{
    static const struct {
        uint32_t chip, level, access, type;
    } kinds[] = {
        {LEVEL(1), 0, FLT_ACCESS_TYPE_READ, FLT_TYPE_NOT_PRESENT_FAULT},
        {LEVEL(5) | GUCBUS_FAULT_WRITE, 4, FLT_ACCESS_TYPE_WRITE, FLT_TYPE_NOT_PRESENT_FAULT},
        {GUCBUS_FAULT_WRITE, 0, FLT_ACCESS_TYPE_WRITE, FLT_TYPE_WRITE_ACCESS_VIOLATION},
        {GUCBUS_FAULT_WRITE | GUCBUS_FAULT_ATOMIC, 0, FLT_ACCESS_TYPE_ATOMIC,
         FLT_TYPE_ATOMIC_ACCESS_VIOLATION},
    };
    uint32_t desc[4];

    start(bench);
    bench_start_vf(bench, 2);
    for (unsigned i = 0; i < ARRAY_SIZE(kinds); i++) {
        bench_page_fault(bench, 0, ADDR, kinds[i].chip);
        cr_assert(next_report(bench, 1, desc));
        cr_expect_eq(FIELD_GET(PFD_FAULT_LEVEL, desc[0]), kinds[i].level);
        cr_expect_eq(FIELD_GET(PFD_ENG_CLASS, desc[0]), XE_ENGINE_CLASS_RENDER);
        cr_expect_eq(FIELD_GET(PFD_ASID, desc[1]), ASID);
        cr_expect_eq(FIELD_GET(PFD_ACCESS_TYPE, desc[2]), kinds[i].access);
        cr_expect_eq(FIELD_GET(PFD_FAULT_TYPE, desc[2]), kinds[i].type);
        cr_expect_eq(FIELD_GET(PFD_VFID, desc[2]), 0, "a VF does not learn its number");
        cr_expect_eq((uint64_t)desc[3] << 32 | (desc[2] & PFD_VIRTUAL_ADDR_LO), ADDR & ~0xfffull);
        cr_expect_eq(answer(bench, 1, desc, false), GOOD);
        cr_expect_eq(bench->engines[0].retries, i + 1);
    }
    cr_expect_not(next_report(bench, 2, desc), "nobody else hears");
    cr_expect_eq(bench->engines[0].fails, 0);
    cr_expect_eq(bench->engines[0].submits, 1, "the context stayed");
}

Test(guc_pagefault, a_driver_is_told_what_was_wanted_and_its_answer_goes_on)
{
    run(reports);
}

static void refusal(struct bench *bench)
{
    uint32_t desc[4];

    start(bench);
    fault(bench, desc);
    cr_expect_eq(answer(bench, 1, desc, true), GOOD);
    cr_expect_eq(bench->engines[0].fails, 1);
    cr_expect_eq(bench_event(bench, 1, XE_GUC_ACTION_NOTIFY_MEMORY_CAT_ERROR), 3);
    cr_expect_eq(bench_event(bench, 1, XE_GUC_ACTION_CONTEXT_RESET_NOTIFICATION), 3);
    bench_context(bench, 1, 4);
    cr_expect(bench->engines[0].busy, "others go on");
}

Test(guc_pagefault, a_page_that_never_comes_ends_the_context)
{
    run(refusal);
}

/* ---- answers --------------------------------------------------------------------------------- */

static void wrong_answers(struct bench *bench)
{
    static const struct {
        unsigned dword;
        uint32_t flip;
        uint32_t answer;
    } wrong[] = {
        {1, PFR_VALID, BAD},
        {1, 1u << 5, BAD},                   /* reserved */
        {1, FIELD_PREP(PFR_REPLY, 1u), BAD}, /* all of the engine's */
        {1, FIELD_PREP(PFR_DESC_TYPE, 1u), BAD},
        {1, FIELD_PREP(PFR_ASID, 1u), BAD},
        {2, 1u, BAD}, /* in the name of VF 1 */
        {2, PFR_RSVD_1, BAD},
        {2, FIELD_PREP(PFR_PDATA, 1u), BAD},
        {2, FIELD_PREP(PFR_ENG_CLASS, 3u), BAD}, /* the other engine's */
        {2, FIELD_PREP(PFR_ENG_CLASS, 7u), BENCH_FAILURE(XE_GUC_RESPONSE_INVALID_ENGINE_ID)},
        {2, FIELD_PREP(PFR_ENG_INSTANCE, 1u), BENCH_FAILURE(XE_GUC_RESPONSE_INVALID_ENGINE_ID)},
    };
    uint32_t desc[4], hxg[3];

    start(bench);
    bench_start_vf(bench, 2);
    fault(bench, desc);
    for (unsigned i = 0; i < ARRAY_SIZE(wrong); i++) {
        make_answer(desc, false, hxg);
        hxg[wrong[i].dword] ^= wrong[i].flip;
        cr_expect_eq(bench_request(bench, 1, hxg, 3), wrong[i].answer, "%u", i);
    }
    cr_expect_eq(bench_request(bench, 1, hxg, 2), BENCH_FAILURE(XE_GUC_RESPONSE_INVALID_SIZE));
    cr_expect_eq(answer(bench, 2, desc, false), BAD, "of another function");
    cr_expect_eq(bench->engines[0].retries + bench->engines[0].fails, 0, "it still waits");
    cr_expect_eq(answer(bench, 1, desc, false), GOOD);
    cr_expect_eq(answer(bench, 1, desc, false), BAD, "a second time");
    cr_expect_eq(answer(bench, 1, desc, true), BAD);
    cr_expect_eq(bench->engines[0].retries, 1);
    cr_expect_eq(bench->engines[0].fails, 0);
}

Test(guc_pagefault, wrong_foreign_and_second_answers_are_refused)
{
    run(wrong_answers);
}

/* ---- contexts that leave --------------------------------------------------------------------- */

static void set_mode(struct bench *bench, unsigned id, uint32_t mode)
{
    uint32_t hxg[] = {BENCH_FAST(XE_GUC_ACTION_SCHED_CONTEXT_MODE_SET), id, mode};

    bench_send(bench, 1, hxg, ARRAY_SIZE(hxg));
    cr_expect_eq(bench_event(bench, 1, XE_GUC_ACTION_SCHED_CONTEXT_MODE_DONE), mode);
}

static void leaves(struct bench *bench)
{
    uint32_t old[4], desc[4];

    start(bench);
    fault(bench, old);
    set_mode(bench, 3, 0);
    cr_expect_not(bench->engines[0].busy, "a disable waits for no page");
    set_mode(bench, 3, 1);
    cr_assert(bench->engines[0].busy);
    fault(bench, desc);
    cr_expect_neq(desc[0], old[0], "a report of its own");
    cr_expect_eq(answer(bench, 1, old, false), GOOD, "the driver could not know");
    cr_expect_eq(bench->engines[0].retries, 0, "and it changes nothing");
    cr_expect_eq(answer(bench, 1, old, false), BAD, "once");
    cr_expect_eq(answer(bench, 1, desc, false), GOOD);
    cr_expect_eq(bench->engines[0].retries, 1);
}

Test(guc_pagefault, an_answer_to_a_context_that_has_left_is_dropped)
{
    run(leaves);
}

/* The chip's word of the first fault is read when the engine runs again already. */
static void unread(struct bench *bench)
{
    uint32_t desc[4];
    uint32_t word;

    start(bench);
    bench_page_fault(bench, 0, ADDR, LEVEL(1));
    word = bench->fault;
    bench->fault = 0;
    set_mode(bench, 3, 0);
    set_mode(bench, 3, 1);
    cr_assert(bench->engines[0].busy);
    bench->fault = word;
    cr_expect_not(next_report(bench, 1, desc), "nobody is told of it");
    fault(bench, desc);
    cr_expect_eq(answer(bench, 1, desc, false), GOOD);
    cr_expect_eq(bench->engines[0].retries, 1);
}

Test(guc_pagefault, a_late_word_of_the_chip_is_nobodys)
{
    run(unread);
}

static void paused(struct bench *bench)
{
    uint32_t desc[4];

    start(bench);
    fault(bench, desc);
    cr_assert_eq(bench_control(bench, 1, GUC_PF_TRIGGER_VF_PAUSE), BENCH_SUCCESS(0));
    bench_settle(bench);
    cr_expect_eq(bench_state(bench, 1), GUC_VF_RUNNING_PAUSED, "no driver is waited for");
    cr_assert_eq(bench_control(bench, 1, GUC_PF_TRIGGER_VF_RESUME), BENCH_SUCCESS(0));
    bench_settle(bench);
    cr_expect(bench->engines[0].busy, "the context comes back");
    cr_expect_eq(answer(bench, 1, desc, false), GOOD, "the answer is void");
    fault(bench, desc);
    cr_expect_eq(answer(bench, 1, desc, false), GOOD);
    cr_expect_eq(bench->engines[0].retries, 1);
    guc_pages_moved(bench->guc, 1);
    for (unsigned i = 0; i < 40; i++) {
        cr_expect_eq(answer(bench, 1, desc, false), GOOD, "as it would be after a move");
    }
}

Test(guc_pagefault, a_pause_ends_the_wait_and_the_access_faults_anew)
{
    run(paused);
}

static void flr(struct bench *bench)
{
    uint32_t desc[4];

    start(bench);
    fault(bench, desc);
    cr_assert_eq(bench_control(bench, 1, GUC_PF_TRIGGER_VF_FLR_START), BENCH_SUCCESS(0));
    cr_expect_not(bench->engines[0].busy);
    cr_assert_eq(bench_control(bench, 1, GUC_PF_TRIGGER_VF_FLR_FINISH), BENCH_SUCCESS(0));
    bench_rings(bench, 1, bench->fns[1].base);
    cr_expect_eq(answer(bench, 1, desc, false), BAD, "nothing is owed to the new driver");
    bench_context(bench, 1, 3);
    fault(bench, desc);
    cr_expect_eq(answer(bench, 1, desc, false), GOOD);
}

Test(guc_pagefault, a_function_reset_forgets)
{
    run(flr);
}

/* ---- silence and room ------------------------------------------------------------------------ */

static void silence(struct bench *bench)
{
    uint32_t first[4], desc[4];

    start(bench);
    fault(bench, first);
    hal_delay(bench->hal, 70 * HAL_NS_PER_MS);
    cr_assert(next_report(bench, 1, desc), "told again");
    cr_expect_eq(answer(bench, 1, first, false), GOOD, "late");
    cr_expect_eq(bench->engines[0].retries, 0);
    cr_expect_eq(answer(bench, 1, desc, false), GOOD);
    cr_expect_eq(bench->engines[0].retries, 1);
    fault(bench, desc);
    hal_delay(bench->hal, 500 * HAL_NS_PER_MS);
    cr_expect_eq(bench->engines[0].fails, 1, "nobody is there");
    for (unsigned i = 0; i < 2; i++) {
        cr_expect(next_report(bench, 1, desc));
    }
    cr_expect_not(next_report(bench, 1, desc), "three reports in all");
}

Test(guc_pagefault, a_driver_that_is_silent_hears_again_and_then_loses_the_context)
{
    run(silence);
}

static void no_room(struct bench *bench)
{
    uint32_t desc[4];

    start(bench);
    while (!bench->guc->functions[1].ctb.queue_len) {
        uint32_t hxg[] = {BENCH_FAST(XE_GUC_ACTION_SCHED_CONTEXT_MODE_SET), 3, 1};

        bench_send(bench, 1, hxg, ARRAY_SIZE(hxg));
        bench_settle(bench);
    }
    bench_page_fault(bench, 0, ADDR, LEVEL(1));
    hal_delay(bench->hal, HAL_NS_PER_MS);
    cr_expect_eq(bench->guc->engines[0].page.state, GUC_PAGE_UNTOLD, "it waits for room");
    bench_drain(bench, 1);
    cr_assert(next_report(bench, 1, desc));
    cr_expect_eq(answer(bench, 1, desc, false), GOOD);
    cr_expect_eq(bench->engines[0].retries, 1);
}

Test(guc_pagefault, a_report_waits_for_room)
{
    run(no_room);
}
