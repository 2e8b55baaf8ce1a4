/* SPDX-License-Identifier: MIT */
/* Every event in every state, as a map; then the same through messages, with what each arc does. */
#include <criterion/criterion.h>
#include <string.h>

#include "firmware/abi/guc_actions_abi.h"
#include "firmware/abi/guc_actions_sriov_abi.h"
#include "tests/unit/test_guc_bench.h"

#define V127 GUC_ABI_VERSION(1, 27, 0)
#define V126 GUC_ABI_VERSION(1, 26, 0)

/* Rows: states in their order. Columns: events in their order: Provision, Unprovision, Activity,
 * Vf_reset, Pause, Quiesced, Save, Restore, Resume, sTop, Fixups start, Fixups done, fLr,
 * flr_Start, flr_Finish. A letter is the next state, a dot is a refusal. u unprovisioned, r ready,
 * p ready_paused, R running, g pausing, P running_paused, f resfix_paused, b resfix_blocked, s
 * stopped, l flr_pending, w flr_wait_finish */
static const char *const map[GUC_VF_STATE_COUNT] = {
    "ru.u...........", /* unprovisioned */
    ".uRrp....s..lw.", /* ready */
    ".uPp..pfrs..lw.", /* ready_paused */
    ".uRrg....s..lw.", /* running */
    ".ugg.P...s..lw.", /* running_pausing */
    ".uPp..P.Rs..lw.", /* running_paused */
    ".u.p..ffbsf.lw.", /* resfix_paused */
    ".u.rf....sbRlw.", /* resfix_blocked */
    ".u.......s..lw.", /* stopped */
    ".u..........lw.", /* flr_pending */
    ".u..........wwr", /* flr_wait_finish */
};

Test(guc_vf_state, every_event_in_every_state)
{
    static const char letters[] = "urpRgPfbslw";

    for (int state = 0; state < GUC_VF_STATE_COUNT; state++) {
        for (int event = 0; event < GUC_VF_EVENT_COUNT; event++) {
            const char *letter = strchr(letters, map[state][event]);
            int next = guc_vf_next((enum guc_vf_state)state, (enum guc_vf_event)event);

            cr_expect_eq(next, letter ? (int)(letter - letters) : -1, "%s, event %d: %d",
                         guc_vf_state_names[state], event, next);
        }
    }
}

/* ---- through messages ------------------------------------------------------------------------ */

static void run(uint32_t abi, void (*test)(struct bench *bench))
{
    struct bench *bench = bench_create(abi);

    bench_run(bench, test);
    bench_destroy(bench);
}

static uint32_t notification(struct bench *bench)
{
    return bench_event(bench, 0, GUC_ACTION_GUC2PF_VF_STATE_NOTIFY);
}

static void pause_ready(struct bench *bench)
{
    uint32_t hxg[] = {GUC_ACTION_PF2GUC_VF_CONTROL, 1, GUC_PF_TRIGGER_VF_PAUSE};
    uint32_t words[BENCH_MSG];

    bench_provision(bench, 1, BENCH_VF_START(1));
    bench_send(bench, 0, hxg, ARRAY_SIZE(hxg));
    bench_settle(bench);
    cr_expect_eq(bench_take(bench, 0, words), 2, "the answer comes first");
    cr_expect_eq(words[1], BENCH_SUCCESS(0));
    cr_expect_eq(bench_take(bench, 0, words), 4);
    cr_expect_arr_eq(words, ((uint32_t[]){0x00000003, 0x90005106, 1, 3}), 16);
    cr_expect_eq(bench_state(bench, 1), GUC_VF_READY_PAUSED);
    cr_expect(bench->fns[1].closed);
    cr_expect_eq(bench_control(bench, 1, GUC_PF_TRIGGER_VF_PAUSE),
                 BENCH_FAILURE(XE_GUC_RESPONSE_INVALID_STATE), "paused twice");
    cr_expect_eq(bench_control(bench, 1, GUC_PF_TRIGGER_VF_RESUME), BENCH_SUCCESS(0));
    cr_expect_eq(bench_state(bench, 1), GUC_VF_READY);
    cr_expect_not(bench->fns[1].closed);
    cr_expect_eq(bench->migrated[1], 0);
}

Test(guc_vf_state, pause_answers_then_reports)
{
    run(V127, pause_ready);
}

static void pause_busy(struct bench *bench)
{
    uint32_t disable[] = {BENCH_FAST(XE_GUC_ACTION_SCHED_CONTEXT_MODE_SET), 3, 0};
    uint32_t words[BENCH_MSG];

    bench_start_vf(bench, 1);
    bench_context(bench, 1, 3);
    bench->engines[0].deaf = true; /* in the middle of what cannot be left */
    bench_drain(bench, 0);
    bench_send(bench, 1, disable, ARRAY_SIZE(disable));
    bench_settle(bench);
    cr_expect_eq(bench_control(bench, 1, GUC_PF_TRIGGER_VF_PAUSE), BENCH_SUCCESS(0));
    cr_expect_eq(bench_state(bench, 1), GUC_VF_RUNNING_PAUSING);
    cr_expect_eq(notification(bench), UINT32_MAX, "no PAUSE_DONE yet");
    cr_expect_eq(bench_control(bench, 1, GUC_PF_TRIGGER_VF_RESUME),
                 BENCH_FAILURE(XE_GUC_RESPONSE_INVALID_STATE));
    bench_engine_event(bench, 0, GUCBUS_ENGINE_EVENT_PREEMPTED);
    cr_expect_eq(notification(bench), GUC_PF_NOTIFY_VF_PAUSE_DONE);
    cr_expect_eq(bench_state(bench, 1), GUC_VF_RUNNING_PAUSED);
    cr_expect_eq(bench_take(bench, 1, words), 4, "what was owed is in the ring");
    cr_expect_arr_eq(words, ((uint32_t[]){0x00000003, 0x90001002, 3, 0}), 16);
}

Test(guc_vf_state, pause_waits_for_the_engine_and_for_what_is_owed)
{
    run(V127, pause_busy);
}

static void resume_goes_on(struct bench *bench)
{
    bench_start_vf(bench, 1);
    bench_context(bench, 1, 3);
    cr_expect_eq(bench_control(bench, 1, GUC_PF_TRIGGER_VF_PAUSE), BENCH_SUCCESS(0));
    cr_expect_eq(bench_state(bench, 1), GUC_VF_RUNNING_PAUSED);
    cr_expect_not(bench->engines[0].busy);
    bench_settle(bench);
    cr_expect_eq(bench->engines[0].submits, 1, "nothing starts while paused");
    cr_expect_eq(bench_control(bench, 1, GUC_PF_TRIGGER_VF_RESUME), BENCH_SUCCESS(0));
    cr_expect(bench->engines[0].busy, "the context goes on");
    cr_expect_eq(bench->engines[0].tag, 1u << 16 | 3);
    cr_expect_eq(bench->migrated[1], 0);
}

Test(guc_vf_state, resume_continues_where_it_was)
{
    run(V127, resume_goes_on);
}

static void stop(struct bench *bench)
{
    bench_start_vf(bench, 1);
    bench_context(bench, 1, 3);
    cr_expect_eq(bench_control(bench, 1, GUC_PF_TRIGGER_VF_STOP), BENCH_SUCCESS(0));
    cr_expect_eq(bench_state(bench, 1), GUC_VF_STOPPED);
    cr_expect(bench->fns[1].closed);
    cr_expect_not(bench->engines[0].busy);
    cr_expect_eq(bench_mailbox1(bench, 1, GUC_ACTION_VF2GUC_VF_RESET),
                 BENCH_FAILURE(XE_GUC_RESPONSE_INVALID_STATE));
    cr_expect_eq(bench_mailbox2(bench, 1, GUC_ACTION_VF2GUC_QUERY_SINGLE_KLV, 2), BENCH_SUCCESS(2));
    cr_expect_eq(bench_control(bench, 1, GUC_PF_TRIGGER_VF_RESUME),
                 BENCH_FAILURE(XE_GUC_RESPONSE_INVALID_STATE));
}

Test(guc_vf_state, stop_is_for_good)
{
    run(V127, stop);
}

static void flr(struct bench *bench)
{
    bench_start_vf(bench, 1);
    bench_context(bench, 1, 3);
    bench_drain(bench, 0);
    bench->flr = GUCBUS_FLR_VALID | 1;
    cr_expect_eq(notification(bench), GUC_PF_NOTIFY_VF_FLR);
    cr_expect_eq(bench_state(bench, 1), GUC_VF_FLR_PENDING);
    cr_expect(bench->fns[1].closed, "the chip lets nothing of the VF pass");
    cr_expect_not(bench->engines[0].busy);
    cr_expect_eq(bench_mailbox1(bench, 1, GUC_ACTION_VF2GUC_VF_RESET), GUC_ACTION_VF2GUC_VF_RESET,
                 "the mailbox sleeps");
    cr_expect_eq(bench_control(bench, 1, GUC_PF_TRIGGER_VF_FLR_FINISH),
                 BENCH_FAILURE(XE_GUC_RESPONSE_INVALID_STATE));
    cr_expect_eq(bench_control(bench, 1, GUC_PF_TRIGGER_VF_FLR_START), BENCH_SUCCESS(0));
    bench_settle(bench);
    cr_expect(fake_trace_last(bench->hal, "hxg=90005106 00000001 00000002"), "FLR_DONE");
    cr_expect(bench->fns[1].closed);
    cr_expect_eq(bench_control(bench, 1, GUC_PF_TRIGGER_VF_FLR_FINISH), BENCH_SUCCESS(0));
    cr_expect_eq(bench_state(bench, 1), GUC_VF_READY);
    cr_expect_not(bench->fns[1].closed);
    bench->flr = GUCBUS_FLR_VALID | 3;
    cr_expect_eq(notification(bench), UINT32_MAX, "an unprovisioned VF has nothing to clean");
    bench_rings(bench, 1, BENCH_VF_START(1));
    bench_context(bench, 1, 3);
}

Test(guc_vf_state, flr_cleans_and_keeps_provisioning)
{
    run(V127, flr);
}

static void flr_in_flr(struct bench *bench)
{
    bench_start_vf(bench, 1);
    bench_drain(bench, 0);
    bench->flr = GUCBUS_FLR_VALID | 1;
    cr_expect_eq(notification(bench), GUC_PF_NOTIFY_VF_FLR);
    cr_expect_eq(bench_control(bench, 1, GUC_PF_TRIGGER_VF_FLR_START), BENCH_SUCCESS(0));
    bench->flr = GUCBUS_FLR_VALID | 1;
    bench_settle(bench);
    cr_expect_eq(bench_state(bench, 1), GUC_VF_FLR_WAIT_FINISH);
    cr_expect_eq(fake_trace_count(bench->hal, "hxg=90005106 00000001 00000002"), 1, "one FLR_DONE");
    cr_expect_eq(bench_control(bench, 1, GUC_PF_TRIGGER_VF_FLR_FINISH), BENCH_SUCCESS(0));
    cr_expect_eq(bench_state(bench, 1), GUC_VF_READY);
}

Test(guc_vf_state, flr_during_an_flr_is_part_of_it)
{
    run(V127, flr_in_flr);
}

static void flr_in_pause(struct bench *bench)
{
    bench_start_vf(bench, 1);
    bench_context(bench, 1, 3);
    bench->engines[0].deaf = true;
    cr_expect_eq(bench_control(bench, 1, GUC_PF_TRIGGER_VF_PAUSE), BENCH_SUCCESS(0));
    cr_expect_eq(bench_control(bench, 1, GUC_PF_TRIGGER_VF_FLR_START), BENCH_SUCCESS(0));
    bench_settle(bench);
    cr_expect_eq(fake_trace_count(bench->hal, "hxg=90005106 00000001 00000003"), 0,
                 "no PAUSE_DONE after FLR_START");
    cr_expect_eq(fake_trace_count(bench->hal, "hxg=90005106 00000001 00000002"), 1);
}

Test(guc_vf_state, flr_ends_a_pause_silently)
{
    run(V127, flr_in_pause);
}

static void bad_commands(struct bench *bench)
{
    cr_expect_eq(bench_control(bench, 0, 1), BENCH_FAILURE(XE_GUC_RESPONSE_INVALID_VFID));
    cr_expect_eq(bench_control(bench, BENCH_VFS + 1, 1),
                 BENCH_FAILURE(XE_GUC_RESPONSE_INVALID_VFID));
    cr_expect_eq(bench_control(bench, 0xffffffff, 1), BENCH_FAILURE(XE_GUC_RESPONSE_INVALID_VFID));
    cr_expect_eq(bench_control(bench, 1, 1), BENCH_FAILURE(XE_GUC_RESPONSE_UNPROVISIONED_VF));
    bench_provision(bench, 1, BENCH_VF_START(1));
    cr_expect_eq(bench_control(bench, 1, 0), BENCH_FAILURE(XE_GUC_RESPONSE_INVALID_EVENT));
    cr_expect_eq(bench_control(bench, 1, 6), BENCH_FAILURE(XE_GUC_RESPONSE_INVALID_EVENT));
    cr_expect_eq(bench_blob(bench, 1, 0, 64), BENCH_FAILURE(XE_GUC_RESPONSE_INVALID_STATE));
    cr_expect_eq(bench_blob(bench, 1, 1, 64), BENCH_FAILURE(XE_GUC_RESPONSE_INVALID_STATE));
    cr_expect_eq(bench_blob(bench, 1, 2, 64), BENCH_FAILURE(XE_GUC_RESPONSE_INVALID_PARAMS));
}

Test(guc_vf_state, refuses_commands_about_no_vf_or_of_no_meaning)
{
    run(V127, bad_commands);
}

/* ---- recovery -------------------------------------------------------------------------------- */

/* Moves VF 1 of this GuC to VF 2. */
static void migrate(struct bench *bench)
{
    uint32_t size;

    cr_assert_eq(bench_control(bench, 1, GUC_PF_TRIGGER_VF_PAUSE), BENCH_SUCCESS(0));
    size = bench_blob(bench, 1, GUC_PF_OPCODE_VF_SAVE, 0) & 0xfffffff;
    cr_assert_eq(bench_blob(bench, 1, GUC_PF_OPCODE_VF_SAVE, size), BENCH_SUCCESS(size));
    if (bench_state(bench, 2) == GUC_VF_READY) {
        cr_assert_eq(bench_control(bench, 2, GUC_PF_TRIGGER_VF_PAUSE), BENCH_SUCCESS(0));
    }
    bench->fns[2].base = BENCH_VF_START(2);
    cr_assert_eq(bench_blob(bench, 2, GUC_PF_OPCODE_VF_RESTORE, size), BENCH_SUCCESS(size));
}

static void marker(struct bench *bench)
{
    bench_start_vf(bench, 1);
    bench_context(bench, 1, 3);
    bench_provision(bench, 2, BENCH_VF_START(2));
    migrate(bench);
    cr_expect_eq(bench_state(bench, 2), GUC_VF_RESFIX_PAUSED);
    cr_expect_eq(bench->migrated[2], 0, "not at RESTORE: the VF's entries may be absent");
    cr_expect_eq(bench_control(bench, 2, GUC_PF_TRIGGER_VF_RESUME), BENCH_SUCCESS(0));
    cr_expect_eq(bench_state(bench, 2), GUC_VF_RESFIX_BLOCKED);
    cr_expect_eq(bench->migrated[2], 1, "at RESUME");
    cr_expect(bench->fns[2].closed);
    cr_expect_eq(bench_mailbox2(bench, 2, GUC_ACTION_VF2GUC_QUERY_SINGLE_KLV, 1), BENCH_SUCCESS(2));
    cr_expect_eq(bench->fns[2].mailbox[1], BENCH_VF_START(2), "the new range");
    cr_expect_eq(bench_mailbox1(bench, 2, 0x00005508), BENCH_FAILURE(0x107), "without marker");
    cr_expect_eq(bench_mailbox1(bench, 2, 0x00055508), BENCH_FAILURE(0x107), "never started");
    cr_expect_eq(bench_mailbox1(bench, 2, 0x0000550f), BENCH_FAILURE(0x60), "start without");
    cr_expect_eq(bench_mailbox1(bench, 2, 0x0005550f), BENCH_SUCCESS(0));
    cr_expect_eq(bench_mailbox1(bench, 2, 0x00065508), BENCH_FAILURE(0x107), "another one");
    cr_expect_eq(bench_mailbox1(bench, 2, 0x0006550f), BENCH_SUCCESS(0), "begun again");
    cr_expect_eq(bench_mailbox1(bench, 2, 0x00055508), BENCH_FAILURE(0x107), "the first one");
    cr_expect_not(bench->engines[0].busy);
    bench_drain(bench, 0);
    cr_expect_eq(bench_mailbox1(bench, 2, 0x00065508), BENCH_SUCCESS(0));
    cr_expect_eq(bench_state(bench, 2), GUC_VF_RUNNING);
    cr_expect(bench->engines[0].busy, "the context runs at its new place");
    cr_expect_eq(bench->engines[0].lrca, BENCH_VF_START(2) + BENCH_LRC(3));
    cr_expect_eq(notification(bench), GUC_PF_NOTIFY_VF_FIXUP_DONE);
    cr_expect_eq(bench_mailbox1(bench, 2, 0x00065508), BENCH_FAILURE(0x107), "stale");
    cr_expect_eq(bench_mailbox1(bench, 2, 0x0007550f),
                 BENCH_FAILURE(XE_GUC_RESPONSE_INVALID_STATE));
}

Test(guc_resfix, only_the_last_marker_ends_a_recovery)
{
    run(V127, marker);
}

static void second_migration(struct bench *bench)
{
    bench_start_vf(bench, 1);
    bench_provision(bench, 2, BENCH_VF_START(2));
    migrate(bench);
    cr_expect_eq(bench_control(bench, 2, GUC_PF_TRIGGER_VF_RESUME), BENCH_SUCCESS(0));
    cr_expect_eq(bench_mailbox1(bench, 2, 0x0005550f), BENCH_SUCCESS(0));
    cr_expect_eq(bench_control(bench, 2, GUC_PF_TRIGGER_VF_PAUSE), BENCH_SUCCESS(0));
    cr_expect_eq(bench_state(bench, 2), GUC_VF_RESFIX_PAUSED);
    cr_expect_neq(bench_blob(bench, 2, GUC_PF_OPCODE_VF_SAVE, 1024), BENCH_FAILURE(0xa));
    cr_expect_eq(bench_control(bench, 2, GUC_PF_TRIGGER_VF_RESUME), BENCH_SUCCESS(0));
    cr_expect_eq(bench_mailbox1(bench, 2, 0x00055508), BENCH_FAILURE(0x107), "marker is gone");
    cr_expect_eq(bench->migrated[2], 2);
    cr_expect_eq(bench_mailbox1(bench, 2, 0x0006550f), BENCH_SUCCESS(0));
    cr_expect_eq(bench_mailbox1(bench, 2, GUC_ACTION_VF2GUC_VF_RESET), BENCH_SUCCESS(0));
    cr_expect_eq(bench_state(bench, 2), GUC_VF_READY);
    cr_expect_not(bench->fns[2].closed);
    bench_rings(bench, 2, BENCH_VF_START(2));
}

Test(guc_resfix, a_second_pause_and_a_reset_drop_the_marker)
{
    run(V127, second_migration);
}

static void old_flow(struct bench *bench)
{
    bench_start_vf(bench, 1);
    bench_context(bench, 1, 3);
    bench_provision(bench, 2, BENCH_VF_START(2));
    migrate(bench);
    cr_expect_eq(bench_control(bench, 2, GUC_PF_TRIGGER_VF_RESUME), BENCH_SUCCESS(0));
    cr_expect_eq(bench_mailbox1(bench, 2, 0x0005550f),
                 BENCH_FAILURE(XE_GUC_RESPONSE_UNKNOWN_ACTION));
    cr_expect_eq(bench_mailbox1(bench, 2, 0x00055508),
                 BENCH_FAILURE(XE_GUC_RESPONSE_INVALID_PARAMS));
    cr_expect_eq(bench_state(bench, 2), GUC_VF_RESFIX_BLOCKED);
    cr_expect_eq(bench_mailbox1(bench, 2, 0x00005508), BENCH_SUCCESS(0));
    cr_expect_eq(bench_state(bench, 2), GUC_VF_RUNNING);
    cr_expect(bench->engines[0].busy);
    cr_expect_eq(bench_mailbox1(bench, 2, 0x00005508), BENCH_SUCCESS(0),
                 "a second one is harmless");
}

Test(guc_resfix, below_1_27_there_is_no_marker)
{
    run(V126, old_flow);
}
