/* SPDX-License-Identifier: MIT */
/* Compression contexts: when the GuC runs them, what it answers meanwhile, and what may come in
 * between. Engine 1 is the copy engine. */
#include <criterion/criterion.h>

#include "firmware/abi/guc_actions_abi.h"
#include "firmware/abi/guc_actions_sriov_abi.h"
#include "firmware/abi/guc_scheduler_abi.h"
#include "tests/unit/test_guc_bench.h"

#define V127       GUC_ABI_VERSION(1, 27, 0)
#define SAVE_ID    30u
#define RESTORE_ID 31u
#define COPY       1u
#define BUSY       0xb0000000u
#define START(m)   ((m) << 16 | GUC_ACTION_VF2GUC_RESFIX_START)
#define FIXED(m)   ((m) << 16 | GUC_ACTION_VF2GUC_RESFIX_DONE)
#define COMPLETE   GUCBUS_ENGINE_EVENT_COMPLETE

static void run(void (*test)(struct bench *bench))
{
    struct bench *bench = bench_create(V127);

    bench_run(bench, test);
    bench_destroy(bench);
}

static void add(struct bench *bench, unsigned vf, unsigned id, uint32_t type, uint32_t mask)
{
    uint32_t hxg[12] = {BENCH_EVENT(XE_GUC_ACTION_REGISTER_CONTEXT), type << 1 | 1, id,
                        GUC_BLITTER_CLASS, mask};
    uint32_t mode[] = {BENCH_FAST(XE_GUC_ACTION_SCHED_CONTEXT_MODE_SET), id, 1};

    hxg[10] = (uint32_t)(bench->fns[vf].base + BENCH_LRC(id)) | 0x19;
    bench_send(bench, vf, hxg, ARRAY_SIZE(hxg));
    bench_send(bench, vf, mode, ARRAY_SIZE(mode));
    cr_assert_eq(bench_event(bench, vf, XE_GUC_ACTION_SCHED_CONTEXT_MODE_DONE), 1);
}

static void start(struct bench *bench, unsigned vf)
{
    bench_start_vf(bench, vf);
    add(bench, vf, SAVE_ID, GUC_CONTEXT_COMPRESSION_SAVE, 1);
    add(bench, vf, RESTORE_ID, GUC_CONTEXT_COMPRESSION_RESTORE, 1);
    bench_drain(bench, 0);
}

static uint32_t head_addr(unsigned vf, unsigned id)
{
    return (uint32_t)(BENCH_VF_START(vf) + BENCH_LRC(id) + 0x1000u + 4 * 5);
}

/* Which context of which function has the copy engine; 0 when it is idle. */
static uint32_t on_copy(const struct bench *bench)
{
    return bench->engines[COPY].busy ? bench->engines[COPY].tag : 0;
}

static uint32_t tag(unsigned vf, unsigned id)
{
    return vf << 16 | id;
}

static uint32_t notification(struct bench *bench)
{
    return bench_event(bench, 0, GUC_ACTION_GUC2PF_VF_STATE_NOTIFY);
}

static uint32_t pause(struct bench *bench, unsigned vf)
{
    return bench_control(bench, vf, GUC_PF_TRIGGER_VF_PAUSE);
}

/* VF 1, which was paused and has saved, becomes VF 2, whose driver stands before RESFIX_DONE. */
static void move(struct bench *bench)
{
    uint32_t size = bench_blob(bench, 1, GUC_PF_OPCODE_VF_SAVE, 0) & 0xfffffff;

    cr_assert_eq(bench_blob(bench, 1, GUC_PF_OPCODE_VF_SAVE, size), BENCH_SUCCESS(size));
    bench_provision(bench, 2, BENCH_VF_START(2));
    cr_assert_eq(pause(bench, 2), BENCH_SUCCESS(0));
    for (uint32_t i = 0; i < size; i++) { /* provisioning used the buffer */
        fake_dma_write32(bench->hal, 0, BENCH_PF_BASE + BENCH_BUFFER + 4 * i, 0);
    }
    cr_assert_eq(bench_blob(bench, 1, GUC_PF_OPCODE_VF_SAVE, size), BENCH_SUCCESS(size));
    bench->fns[2].base = BENCH_VF_START(2);
    cr_assert_eq(bench_blob(bench, 2, GUC_PF_OPCODE_VF_RESTORE, size), BENCH_SUCCESS(size));
    cr_assert_eq(bench_control(bench, 2, GUC_PF_TRIGGER_VF_RESUME), BENCH_SUCCESS(0));
    cr_assert_eq(bench_mailbox1(bench, 2, START(5)), BENCH_SUCCESS(0));
    bench_drain(bench, 0);
}

static void save_and_move(struct bench *bench)
{
    start(bench, 1);
    cr_assert_eq(pause(bench, 1), BENCH_SUCCESS(0));
    bench_engine_event(bench, COPY, COMPLETE);
    move(bench);
}

/* ---- save ------------------------------------------------------------------------------------ */

static void saves(struct bench *bench)
{
    start(bench, 1);
    bench_context(bench, 1, 3);
    bench->engines[0].deaf = true;
    fake_dma_write32(bench->hal, 1, head_addr(1, SAVE_ID), 0x40);
    cr_expect_eq(on_copy(bench), 0, "not before the pause");
    cr_assert_eq(pause(bench, 1), BENCH_SUCCESS(0));
    cr_expect_eq(on_copy(bench), 0, "not while another context runs");
    bench_engine_event(bench, 0, GUCBUS_ENGINE_EVENT_PREEMPTED);
    cr_expect_eq(on_copy(bench), tag(1, SAVE_ID));
    cr_expect_eq(fake_dma_read32(bench->hal, 1, head_addr(1, SAVE_ID)), 0, "from its beginning");
    cr_expect_not(bench->fns[1].closed, "the engine would refuse it");
    cr_expect_eq(notification(bench), UINT32_MAX, "the pause is not over");
    cr_expect_eq(bench_state(bench, 1), GUC_VF_RUNNING_PAUSING);
    bench_engine_event(bench, COPY, COMPLETE);
    cr_expect_eq(notification(bench), GUC_PF_NOTIFY_VF_PAUSE_DONE);
    cr_expect_eq(bench_state(bench, 1), GUC_VF_RUNNING_PAUSED);
    cr_expect(bench->fns[1].closed);
    cr_expect_eq(bench->engines[0].submits + bench->engines[COPY].submits, 2, "each ran once");
    bench->engines[0].deaf = false;
    cr_assert_eq(bench_control(bench, 1, GUC_PF_TRIGGER_VF_RESUME), BENCH_SUCCESS(0));
    cr_assert_eq(pause(bench, 1), BENCH_SUCCESS(0));
    cr_expect_eq(on_copy(bench), tag(1, SAVE_ID), "at the next pause again");
}

Test(guc_ccs, save_runs_at_the_end_of_each_pause)
{
    run(saves);
}

static void h2g_stays(struct bench *bench)
{
    uint32_t sched[] = {BENCH_FAST(XE_GUC_ACTION_SCHED_CONTEXT), SAVE_ID};
    uint64_t desc = BENCH_VF_START(1) + BENCH_H2G_DESC;
    uint32_t head;

    start(bench, 1);
    head = fake_dma_read32(bench->hal, 1, desc);
    cr_assert_eq(pause(bench, 1), BENCH_SUCCESS(0));
    cr_assert_eq(on_copy(bench), tag(1, SAVE_ID));
    bench_send(bench, 1, sched, ARRAY_SIZE(sched));
    bench_settle(bench);
    cr_expect_eq(fake_dma_read32(bench->hal, 1, desc), head, "unread though the gate is open");
    bench_engine_event(bench, COPY, COMPLETE);
    cr_assert_eq(bench_control(bench, 1, GUC_PF_TRIGGER_VF_RESUME), BENCH_SUCCESS(0));
    bench_settle(bench);
    cr_expect_neq(fake_dma_read32(bench->hal, 1, desc), head, "read after the resume");
}

Test(guc_ccs, messages_stay_unread_while_it_saves)
{
    run(h2g_stays);
}

static void not_there(struct bench *bench)
{
    bench_start_vf(bench, 1);
    add(bench, 1, SAVE_ID, GUC_CONTEXT_COMPRESSION_SAVE, 1u << 8); /* an engine that is not there */
    bench_drain(bench, 0);
    cr_assert_eq(pause(bench, 1), BENCH_SUCCESS(0));
    cr_expect_eq(notification(bench), GUC_PF_NOTIFY_VF_PAUSE_DONE, "at once");
    cr_expect_eq(bench_state(bench, 1), GUC_VF_RUNNING_PAUSED);
    cr_expect_eq(bench->engines[COPY].submits, 0);
}

Test(guc_ccs, context_without_an_engine_holds_nothing_up)
{
    run(not_there);
}

static void other_runs(struct bench *bench)
{
    start(bench, 1);
    bench_start_vf(bench, 2);
    add(bench, 2, 3, GUC_CONTEXT_NORMAL, 1);
    cr_assert_eq(on_copy(bench), tag(2, 3));
    cr_assert_eq(pause(bench, 1), BENCH_SUCCESS(0));
    cr_expect_eq(on_copy(bench), tag(1, SAVE_ID), "another VF's context makes room");
    bench_engine_event(bench, COPY, COMPLETE);
    cr_expect_eq(on_copy(bench), tag(2, 3), "and goes on");
    cr_expect_eq(bench_state(bench, 2), GUC_VF_RUNNING);
}

Test(guc_ccs, other_functions_make_room_and_go_on)
{
    run(other_runs);
}

static void never_ends(struct bench *bench)
{
    start(bench, 1);
    bench->engines[COPY].deaf = true;
    cr_assert_eq(pause(bench, 1), BENCH_SUCCESS(0));
    hal_delay(bench->hal, 400 * HAL_NS_PER_MS);
    cr_expect_eq(on_copy(bench), tag(1, SAVE_ID));
    cr_expect_eq(bench_state(bench, 1), GUC_VF_RUNNING_PAUSING);
    hal_delay(bench->hal, 200 * HAL_NS_PER_MS);
    cr_expect_eq(bench->engines[COPY].resets, 1);
    cr_expect_eq(bench_state(bench, 1), GUC_VF_RUNNING_PAUSED, "the pause ends all the same");
    cr_expect_eq(fake_trace_count(bench->hal, "compression context failed"), 1);
}

Test(guc_ccs, save_that_does_not_end_is_reset_before_the_pf_gives_up)
{
    run(never_ends);
}

static void reset_meanwhile(struct bench *bench)
{
    start(bench, 1);
    cr_assert_eq(pause(bench, 1), BENCH_SUCCESS(0));
    cr_assert_eq(on_copy(bench), tag(1, SAVE_ID));
    cr_assert_eq(bench_mailbox1(bench, 1, GUC_ACTION_VF2GUC_VF_RESET), BENCH_SUCCESS(0));
    cr_expect_eq(on_copy(bench), 0, "nothing of the VF runs");
    cr_expect_eq(bench_state(bench, 1), GUC_VF_RUNNING_PAUSED);
    cr_expect(bench->fns[1].closed);
    cr_expect_eq(bench_control(bench, 1, GUC_PF_TRIGGER_VF_FLR_START), BENCH_SUCCESS(0));
    cr_expect_eq(bench_control(bench, 1, GUC_PF_TRIGGER_VF_FLR_FINISH), BENCH_SUCCESS(0));
    cr_expect_eq(bench_state(bench, 1), GUC_VF_READY);
}

Test(guc_ccs, vf_reset_stops_a_save)
{
    run(reset_meanwhile);
}

/* ---- restore --------------------------------------------------------------------------------- */

static void restores(struct bench *bench)
{
    save_and_move(bench);
    cr_expect_eq(bench_mailbox1(bench, 2, FIXED(4)), BENCH_FAILURE(0x107), "another marker");
    cr_expect_eq(on_copy(bench), 0);
    cr_expect_eq(bench_mailbox1(bench, 2, FIXED(5)), BUSY);
    cr_expect_eq(on_copy(bench), tag(2, RESTORE_ID));
    cr_expect_eq(bench_state(bench, 2), GUC_VF_RESFIX_BLOCKED);
    cr_expect_eq(notification(bench), UINT32_MAX);
    bench_engine_event(bench, COPY, COMPLETE);
    cr_expect_eq(bench->fns[2].mailbox[0], BENCH_SUCCESS(0));
    cr_expect_eq(bench_state(bench, 2), GUC_VF_RUNNING);
    cr_expect_eq(notification(bench), GUC_PF_NOTIFY_VF_FIXUP_DONE);
    cr_expect_not(bench->fns[2].closed);
    cr_expect_eq(on_copy(bench), 0, "neither runs again");
}

Test(guc_ccs, resfix_done_is_busy_until_the_restore_has_ended)
{
    run(restores);
}

static void again_meanwhile(struct bench *bench)
{
    save_and_move(bench);
    cr_assert_eq(bench_mailbox1(bench, 2, FIXED(5)), BUSY);
    cr_expect_eq(bench_mailbox1(bench, 2, FIXED(5)), BENCH_FAILURE(XE_GUC_RESPONSE_PENDING_ACTION));
    cr_expect_eq(bench_mailbox1(bench, 2, START(6)), BENCH_FAILURE(XE_GUC_RESPONSE_PENDING_ACTION));
    cr_expect_eq(bench->engines[COPY].submits, 2, "save and restore");
    bench_engine_event(bench, COPY, COMPLETE);
    cr_expect_eq(bench_state(bench, 2), GUC_VF_RUNNING);
}

Test(guc_ccs, second_resfix_done_meanwhile_is_refused)
{
    run(again_meanwhile);
}

static void paused_meanwhile(struct bench *bench)
{
    save_and_move(bench);
    cr_assert_eq(bench_mailbox1(bench, 2, FIXED(5)), BUSY);
    cr_assert_eq(pause(bench, 2), BENCH_SUCCESS(0));
    cr_expect_eq(on_copy(bench), 0);
    cr_expect_eq(bench_state(bench, 2), GUC_VF_RESFIX_PAUSED);
    cr_expect_eq(bench->fns[2].mailbox[0], BENCH_FAILURE(0x107), "which moves with the VF");
    cr_expect(bench->fns[2].closed);
    cr_assert_eq(bench_control(bench, 2, GUC_PF_TRIGGER_VF_RESUME), BENCH_SUCCESS(0));
    cr_assert_eq(bench_mailbox1(bench, 2, START(6)), BENCH_SUCCESS(0));
    cr_assert_eq(bench_mailbox1(bench, 2, FIXED(6)), BUSY, "all is done again");
    bench_engine_event(bench, COPY, COMPLETE);
    cr_expect_eq(bench->fns[2].mailbox[0], BENCH_SUCCESS(0));
    cr_expect_eq(bench_state(bench, 2), GUC_VF_RUNNING);
}

Test(guc_ccs, pause_stops_a_restore_and_tells_the_driver)
{
    run(paused_meanwhile);
}

static void faults(struct bench *bench)
{
    save_and_move(bench);
    cr_assert_eq(bench_mailbox1(bench, 2, FIXED(5)), BUSY);
    bench_engine_event(bench, COPY, GUCBUS_ENGINE_EVENT_FAULT);
    cr_expect_eq(bench->fns[2].mailbox[0], BENCH_FAILURE(XE_GUC_RESPONSE_CANNOT_COMPLETE_ACTION));
    cr_expect_eq(bench_state(bench, 2), GUC_VF_RESFIX_BLOCKED);
    cr_expect(bench->fns[2].closed);
    cr_assert_eq(bench_mailbox1(bench, 2, FIXED(5)), BUSY, "it may be tried again");
    bench_engine_event(bench, COPY, COMPLETE);
    cr_expect_eq(bench_state(bench, 2), GUC_VF_RUNNING);
}

Test(guc_ccs, restore_that_faults_fails_resfix_done)
{
    run(faults);
}

static void flr_meanwhile(struct bench *bench)
{
    uint32_t last;

    save_and_move(bench);
    cr_assert_eq(bench_mailbox1(bench, 2, FIXED(5)), BUSY);
    cr_assert_eq(bench_control(bench, 2, GUC_PF_TRIGGER_VF_FLR_START), BENCH_SUCCESS(0));
    cr_expect_eq(on_copy(bench), 0);
    cr_assert_eq(bench_control(bench, 2, GUC_PF_TRIGGER_VF_FLR_FINISH), BENCH_SUCCESS(0));
    cr_expect_eq(bench->fns[2].mailbox[0], BUSY, "no answer comes out of the past");
    bench_start_vf(bench, 2);
    last = bench->fns[2].mailbox[0];
    cr_assert_eq(pause(bench, 2), BENCH_SUCCESS(0));
    cr_expect_eq(bench_state(bench, 2), GUC_VF_RUNNING_PAUSED, "nothing is left to run");
    cr_expect_eq(bench->fns[2].mailbox[0], last, "nor to answer");
}

Test(guc_ccs, flr_stops_a_restore_for_good)
{
    run(flr_meanwhile);
}
