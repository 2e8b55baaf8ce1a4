/* SPDX-License-Identifier: MIT */
/* The PF driver's control machine: every (state, event) pair against a table of its own, and the
 * operations with GuCs that answer early, late, wrongly or not at all. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "firmware/abi/guc_actions_sriov_abi.h"
#include "gpu_regs.h"
#include "host/abi/xe_gtt_defs.h"
#include "host/pf/pf_private.h"
#include "tests/unit/fake_guc_pf.h"

static struct fake_guc_pf gpu;

static void setup(void)
{
    fake_guc_pf_create(&gpu);
}

static void teardown(void)
{
    fake_guc_pf_destroy(&gpu);
}

TestSuite(pf_control, .init = setup, .fini = teardown, .timeout = 600);

static void run(void (*program)(void *arg))
{
    fake_guc_pf_run(&gpu, program, NULL);
}

static void expect_states(const char *main_gt, const char *media_gt)
{
    cr_expect_str_eq(pf_control_state(gpu.pf, 0, 1), main_gt);
    cr_expect_str_eq(pf_control_state(gpu.pf, 1, 1), media_gt);
}

/* ---- every pair ------------------------------------------------------------------------------ */

/* Where each event leads from each state; pairs that are not listed change nothing. Written down
 * again from the description of the protocol, not from the driver's table. */
struct lead {
    enum pf_event event;
    const char *from; /* names, each followed by a blank */
    enum pf_state to;
};

#define RUNNING "READY RESUMED PAUSE_FAILED PAUSE_REJECTED MISMATCH "
#define PAUSING "PAUSE_SEND_PAUSE PAUSE_WAIT_GUC PAUSE_GUC_DONE "
#define HALTED                                                                                     \
    "PAUSED SAVED RESTORED SAVE_FAILED RESTORE_FAILED RESUME_FAILED "                              \
    "RESUME_REJECTED PAUSED_MISMATCH "
#define SAVING    "SAVE_PROCESS_DATA SAVE_WAIT_DATA SAVE_DATA_DONE "
#define RESTORING "RESTORE_PROCESS_DATA RESTORE_WAIT_DATA RESTORE_DATA_DONE "
#define RESUMING  "RESUME_SEND_RESUME "
#define LOST      "STOP_FAILED STOP_REJECTED FLR_FAILED FLR_REJECTED "

#define FLR_STEPS                                                                                  \
    "FLR_SEND_START FLR_WAIT_GUC FLR_GUC_DONE FLR_SYNC FLR_RESET_CONFIG FLR_RESET_DATA "           \
    "FLR_RESET_MMIO FLR_SEND_FINISH FLR_PREPARE "

static const struct lead leads[] = {
    {PF_EVENT_GT_RESET,
     RUNNING PAUSING HALTED SAVING RESTORING RESUMING LOST FLR_STEPS "STOPPED STOP_SEND_STOP ",
     PF_READY},
    {PF_EVENT_PAUSE, RUNNING, PF_PAUSE_SEND_PAUSE},
    {PF_EVENT_RESUME, HALTED, PF_RESUME_SEND_RESUME},
    {PF_EVENT_STOP, RUNNING PAUSING HALTED SAVING RESTORING RESUMING LOST, PF_STOP_SEND_STOP},
    {PF_EVENT_FLR,
     RUNNING PAUSING HALTED SAVING RESTORING RESUMING LOST
     "STOPPED STOP_SEND_STOP FLR_SEND_FINISH FLR_PREPARE ",
     PF_FLR_SEND_START},
    {PF_EVENT_FLR_PREPARE,
     RUNNING PAUSING HALTED SAVING RESTORING RESUMING LOST "STOPPED STOP_SEND_STOP ",
     PF_FLR_PREPARE},
    {PF_EVENT_SAVE, HALTED, PF_SAVE_PROCESS_DATA},
    {PF_EVENT_SAVE_FINISH, "SAVE_DATA_DONE ", PF_SAVED},
    {PF_EVENT_SAVE_CANCEL, SAVING, PF_PAUSED},
    {PF_EVENT_RESTORE, HALTED, PF_RESTORE_PROCESS_DATA},
    {PF_EVENT_RESTORE_CANCEL, RESTORING, PF_RESTORE_FAILED},
    {PF_EVENT_PAUSE_DONE, "PAUSE_WAIT_GUC ", PF_PAUSE_GUC_DONE},
    {PF_EVENT_PAUSE_DONE, RUNNING "PAUSE_SEND_PAUSE PAUSE_GUC_DONE ", PF_MISMATCH},
    {PF_EVENT_PAUSE_DONE, HALTED SAVING RESTORING RESUMING, PF_PAUSED_MISMATCH},
    {PF_EVENT_FLR_DONE, "FLR_WAIT_GUC ", PF_FLR_GUC_DONE},
    {PF_EVENT_FLR_DONE, RUNNING PAUSING, PF_MISMATCH},
    {PF_EVENT_FLR_DONE, HALTED SAVING RESTORING RESUMING, PF_PAUSED_MISMATCH},
    {PF_EVENT_SENDING, "PAUSE_SEND_PAUSE ", PF_PAUSE_WAIT_GUC},
    {PF_EVENT_SENDING, "FLR_SEND_START ", PF_FLR_WAIT_GUC},
    {PF_EVENT_ACKED, RESUMING, PF_RESUMED},
    {PF_EVENT_ACKED, "STOP_SEND_STOP ", PF_STOPPED},
    {PF_EVENT_ACKED, "FLR_SEND_FINISH ", PF_READY},
    {PF_EVENT_BUSY, "PAUSE_WAIT_GUC PAUSE_GUC_DONE ", PF_PAUSE_SEND_PAUSE},
    {PF_EVENT_BUSY, "FLR_WAIT_GUC FLR_GUC_DONE ", PF_FLR_SEND_START},
    {PF_EVENT_REFUSED, "PAUSE_WAIT_GUC PAUSE_GUC_DONE ", PF_PAUSE_REJECTED},
    {PF_EVENT_REFUSED, RESUMING, PF_RESUME_REJECTED},
    {PF_EVENT_REFUSED, "STOP_SEND_STOP ", PF_STOP_REJECTED},
    {PF_EVENT_REFUSED, "FLR_WAIT_GUC FLR_GUC_DONE FLR_SEND_FINISH ", PF_FLR_REJECTED},
    {PF_EVENT_UNANSWERED, "PAUSE_WAIT_GUC PAUSE_GUC_DONE ", PF_PAUSE_FAILED},
    {PF_EVENT_UNANSWERED, RESUMING, PF_RESUME_FAILED},
    {PF_EVENT_UNANSWERED, "STOP_SEND_STOP ", PF_STOP_FAILED},
    {PF_EVENT_UNANSWERED, "FLR_WAIT_GUC FLR_GUC_DONE FLR_SEND_FINISH ", PF_FLR_FAILED},
    {PF_EVENT_NEXT, "PAUSE_GUC_DONE ", PF_PAUSED},
    /* The other GT has no FLR, so the meeting is over at once. */
    {PF_EVENT_NEXT, "FLR_GUC_DONE ", PF_FLR_RESET_CONFIG},
    {PF_EVENT_NEXT, "FLR_RESET_CONFIG ", PF_FLR_RESET_DATA},
    {PF_EVENT_NEXT, "FLR_RESET_DATA ", PF_FLR_RESET_MMIO},
    {PF_EVENT_NEXT, "FLR_RESET_MMIO ", PF_FLR_SEND_FINISH},
    {PF_EVENT_WAIT, "SAVE_PROCESS_DATA ", PF_SAVE_WAIT_DATA},
    {PF_EVENT_WAIT, "RESTORE_PROCESS_DATA ", PF_RESTORE_WAIT_DATA},
    {PF_EVENT_END, "SAVE_PROCESS_DATA ", PF_SAVE_DATA_DONE},
    {PF_EVENT_END, "RESTORE_DATA_DONE ", PF_RESTORED},
    {PF_EVENT_ERROR, "SAVE_PROCESS_DATA ", PF_SAVE_FAILED},
    {PF_EVENT_ERROR, RESTORING, PF_RESTORE_FAILED},
    {PF_EVENT_ERROR, "FLR_SYNC ", PF_FLR_FAILED},
    {PF_EVENT_SYNCED, "FLR_SYNC ", PF_FLR_RESET_CONFIG},
    {PF_EVENT_PACKET_TAKEN, "SAVE_WAIT_DATA ", PF_SAVE_PROCESS_DATA},
    {PF_EVENT_PACKET_ADDED, "RESTORE_WAIT_DATA ", PF_RESTORE_PROCESS_DATA},
    {PF_EVENT_TRAILER, "RESTORE_PROCESS_DATA RESTORE_WAIT_DATA ", PF_RESTORE_DATA_DONE},
    {PF_EVENT_TRAILER, "RESTORE_DATA_DONE RESTORED ", PF_PAUSED_MISMATCH},
};

static const char *const names[] = {
#define X(name) #name,
    PF_STATES(X)
#undef X
};

static bool listed(const char *list, const char *name)
{
    const size_t len = strlen(name);

    for (const char *at = list; *at; at = strchr(at, ' ') + 1) {
        if (strncmp(at, name, len) == 0 && at[len] == ' ') {
            return true;
        }
    }
    return false;
}

static enum pf_state expected(enum pf_state from, enum pf_event event)
{
    for (size_t n = 0; n < ARRAY_SIZE(leads); n++) {
        if (leads[n].event == event && listed(leads[n].from, names[from])) {
            return leads[n].to;
        }
    }
    return from;
}

Test(pf_control, every_event_in_every_state_leads_where_the_protocol_says)
{
    struct pf_gt *gt = &gpu.pf->gts[0];

    for (int from = 0; from < PF_STATE_COUNT; from++) {
        for (int event = 0; event < PF_EVENT_COUNT; event++) {
            const enum pf_state to = expected((enum pf_state)from, (enum pf_event)event);

            gt->control[1].state = (enum pf_state)from;
            (void)pf_control_post(gt, 1, (enum pf_event)event);
            cr_expect_eq(gt->control[1].state, to, "%s, event %d: %s instead of %s", names[from],
                         event, names[gt->control[1].state], names[to]);
        }
    }
}

/* What a request gets that is not allowed. */
Test(pf_control, refused_requests_get_the_codes_of_the_real_driver)
{
    static const struct {
        enum pf_event event;
        const char *from;
        int result;
    } refusals[] = {
        {PF_EVENT_PAUSE, "STOPPED STOP_FAILED FLR_FAILED ", -EPERM},
        {PF_EVENT_PAUSE, HALTED SAVING RESTORING, -ESTALE},
        {PF_EVENT_PAUSE, FLR_STEPS, -EBUSY},
        {PF_EVENT_FLR_PREPARE, FLR_STEPS, -EALREADY},
        {PF_EVENT_PAUSE, PAUSING, -EALREADY},
        {PF_EVENT_RESUME, RUNNING PAUSING "STOPPED ", -EPERM},
        {PF_EVENT_RESUME, SAVING RESTORING, -EBUSY},
        {PF_EVENT_RESUME, RESUMING, -EALREADY},
        {PF_EVENT_STOP, "STOPPED ", -ESTALE},
        {PF_EVENT_STOP, "STOP_SEND_STOP ", -EALREADY},
        {PF_EVENT_SAVE, RUNNING "STOPPED ", -EPERM},
        {PF_EVENT_SAVE, RESTORING, -EBUSY},
        {PF_EVENT_SAVE, SAVING, -EALREADY},
        {PF_EVENT_RESTORE, RUNNING "STOPPED ", -EPERM},
        {PF_EVENT_RESTORE, SAVING, -EBUSY},
        {PF_EVENT_RESTORE, RESTORING, -EALREADY},
        {PF_EVENT_TRAILER, "RESTORE_DATA_DONE RESTORED ", -EIO},
    };
    struct pf_gt *gt = &gpu.pf->gts[0];

    for (size_t n = 0; n < ARRAY_SIZE(refusals); n++) {
        for (int from = 0; from < PF_STATE_COUNT; from++) {
            int result;

            if (!listed(refusals[n].from, names[from])) {
                continue;
            }
            gt->control[1].state = (enum pf_state)from;
            result = pf_control_post(gt, 1, refusals[n].event);
            cr_expect_eq(result, refusals[n].result, "row %zu, %s: %d", n, names[from], result);
        }
    }
}

/* ---- pause, resume, stop --------------------------------------------------------------------- */

static void pause_and_resume(void *arg)
{
    (void)arg;
    cr_expect_eq(pf_control_pause(gpu.pf, 1), 0);
    expect_states("PAUSED", "PAUSED");
    cr_expect_eq(pf_control_pause(gpu.pf, 1), -EUCLEAN); /* -ESTALE, twice */
    cr_expect_eq(pf_control_resume(gpu.pf, 1), 0);
    expect_states("RESUMED", "RESUMED");
    cr_expect_eq(pf_control_pause(gpu.pf, 1), 0);
    cr_expect_eq(pf_control_stop(gpu.pf, 1), 0);
    expect_states("STOPPED", "STOPPED");
}

Test(pf_control, pause_resume_and_stop_run_on_both_gts)
{
    run(pause_and_resume);
    cr_expect_str_eq(gpu.gts[0].commands, "1213");
    cr_expect_str_eq(gpu.gts[1].commands, "1213");
}

static void command_nobody(void *arg)
{
    static int (*const commands[])(struct pf *, unsigned) = {
        pf_control_pause, pf_control_resume,      pf_control_stop,
        pf_control_flr,   pf_control_flr_prepare, pf_control_flr_wait,
    };
    static const unsigned numbers[] = {0, FAKE_GUC_VFS + 1, UINT32_MAX};

    (void)arg;
    for (size_t c = 0; c < ARRAY_SIZE(commands); c++) {
        for (size_t n = 0; n < ARRAY_SIZE(numbers); n++) {
            cr_expect_eq(commands[c](gpu.pf, numbers[n]), -EINVAL, "command %zu, VF %u", c,
                         numbers[n]);
        }
    }
}

Test(pf_control, numbers_that_are_no_vf_are_refused)
{
    run(command_nobody);
    cr_expect_str_eq(gpu.gts[0].commands, "");
}

static void pause_once(void *arg)
{
    *(int *)arg = pf_control_pause(gpu.pf, 1);
}

Test(pf_control, pause_done_may_overtake_the_reply)
{
    int ret = 1;

    gpu.gts[0].script.done_first = true;
    fake_guc_pf_run(&gpu, pause_once, &ret);
    cr_expect_eq(ret, 0, "%d", ret);
    expect_states("PAUSED", "PAUSED");
}

Test(pf_control, pause_that_the_guc_refuses_is_kept_and_the_other_gt_goes_on)
{
    int ret = 1;

    gpu.gts[0].script.control[GUC_PF_TRIGGER_VF_PAUSE] = FAKE_REFUSE;
    fake_guc_pf_run(&gpu, pause_once, &ret);
    cr_expect_eq(ret, -EIO, "%d", ret);
    expect_states("PAUSE_REJECTED", "PAUSED");
}

static void pause_without_reply(void *arg)
{
    (void)arg;
    cr_expect_eq(pf_control_pause(gpu.pf, 1), -EUCLEAN);
    hal_delay(gpu.hal, 2 * HAL_NS_PER_S);
    expect_states("PAUSE_FAILED", "PAUSE_FAILED");
    gpu.gts[0].script.control[GUC_PF_TRIGGER_VF_PAUSE] = FAKE_ACK;
    gpu.gts[1].script.control[GUC_PF_TRIGGER_VF_PAUSE] = FAKE_ACK;
    cr_expect_eq(pf_control_pause(gpu.pf, 1), 0);
}

Test(pf_control, pause_without_reply_fails_and_may_be_tried_again)
{
    gpu.gts[0].script.control[GUC_PF_TRIGGER_VF_PAUSE] = FAKE_SILENT;
    gpu.gts[1].script.control[GUC_PF_TRIGGER_VF_PAUSE] = FAKE_SILENT;
    run(pause_without_reply);
}

static void pause_without_event(void *arg)
{
    const uint64_t start = hal_now(gpu.hal);

    (void)arg;
    cr_expect_eq(pf_control_pause(gpu.pf, 1), -ETIMEDOUT);
    cr_expect_lt(hal_now(gpu.hal) - start, 2 * HAL_NS_PER_S);
    expect_states("PAUSE_WAIT_GUC", "PAUSED");
    /* The operation goes on: the late event ends it. */
    fake_guc_pf_notify(&gpu.gts[0], 1, GUC_PF_NOTIFY_VF_PAUSE_DONE);
    hal_delay(gpu.hal, HAL_NS_PER_MS);
    expect_states("PAUSED", "PAUSED");
}

Test(pf_control, pause_without_event_times_out_after_a_second_and_stays_in_progress)
{
    gpu.gts[0].script.no_done = true;
    run(pause_without_event);
}

static void unasked_event(void *arg)
{
    (void)arg;
    fake_guc_pf_notify(&gpu.gts[0], 1, GUC_PF_NOTIFY_VF_PAUSE_DONE);
    hal_delay(gpu.hal, HAL_NS_PER_MS);
    expect_states("MISMATCH", "READY");
    cr_expect_eq(pf_control_resume(gpu.pf, 1), -EUCLEAN);
    cr_expect_eq(pf_control_pause(gpu.pf, 1), 0);
    expect_states("PAUSED", "PAUSED");
    fake_guc_pf_notify(&gpu.gts[1], 1, GUC_PF_NOTIFY_VF_PAUSE_DONE);
    hal_delay(gpu.hal, HAL_NS_PER_MS);
    expect_states("PAUSED", "PAUSED_MISMATCH");
    cr_expect_eq(pf_control_resume(gpu.pf, 1), 0);
}

Test(pf_control, unasked_pause_done_is_a_mismatch_that_the_next_success_clears)
{
    run(unasked_event);
    cr_expect_eq(fake_trace_count(gpu.hal, "unasked event"), 2);
}

static void hostile_events(void *arg)
{
    static const uint32_t events[][4] = {
        {0x90015106, 1, 3}, {0x90005106, 64, 3}, {0x90005106, 0xffffffff, 3},
        {0x90005106, 1, 9}, {0x90005106, 0, 3},  {0x90005104, 99, 0x8a03},
        {0x90005104, 1, 1}, {0x90005100, 9, 1},
    };

    (void)arg;
    for (size_t n = 0; n < ARRAY_SIZE(events); n++) {
        fake_guc_pf_event(&gpu.gts[0], events[n], 3);
        fake_guc_pf_event(&gpu.gts[0], events[n], 1);
        fake_guc_pf_event(&gpu.gts[0], events[n], 4);
        hal_delay(gpu.hal, HAL_NS_PER_MS);
    }
    expect_states("READY", "READY");
    cr_expect_eq(pf_control_pause(gpu.pf, 1), 0);
}

Test(pf_control, events_with_impossible_contents_change_nothing)
{
    run(hostile_events);
}

/* ---- FLR ------------------------------------------------------------------------------------- */

static void flr(void *arg)
{
    const uint64_t first = 0x10000000 / XE_PAGE_SIZE;

    (void)arg;
    fake_guc_pf_set_pte(&gpu, first + 3, 0x1234005 | GGTT_PTE_PRESENT);
    fake_set_reg(gpu.hal, VF_SW_FLAG(1) + VF_VIEW_STRIDE, 77);
    fake_set_reg(gpu.hal, MED_VF_SW_FLAG(3) + VF_VIEW_STRIDE, 78);
    cr_expect_eq(pf_control_pause(gpu.pf, 1), 0);
    cr_expect_eq(pf_control_flr(gpu.pf, 1), 0);
    expect_states("READY", "READY");
    cr_expect_eq(fake_guc_pf_pte(&gpu, first + 3), 1u << GGTT_PTE_VFID_SHIFT | GGTT_PTE_PRESENT);
    cr_expect_eq(fake_reg(gpu.hal, VF_SW_FLAG(1) + VF_VIEW_STRIDE), 0);
    cr_expect_eq(fake_reg(gpu.hal, MED_VF_SW_FLAG(3) + VF_VIEW_STRIDE), 0);
}

Test(pf_control, flr_resets_entries_and_mailboxes_between_start_and_finish)
{
    gpu.gts[1].script.done_first = true;
    run(flr);
    cr_expect_str_eq(gpu.gts[0].commands, "145");
    cr_expect_str_eq(gpu.gts[1].commands, "145");
}

static void flr_of_one_gt_late(void *arg)
{
    (void)arg;
    cr_expect_eq(pf_control_flr(gpu.pf, 1), -EUCLEAN);
    expect_states("FLR_SYNC", "FLR_WAIT_GUC");
    cr_expect_str_eq(gpu.gts[0].commands, "4");
    fake_guc_pf_notify(&gpu.gts[1], 1, GUC_PF_NOTIFY_VF_FLR_DONE);
    cr_expect_eq(pf_control_flr(gpu.pf, 1), 0); /* joins the one under way */
    expect_states("READY", "READY");
}

Test(pf_control, flr_resets_nothing_before_all_gts_are_quiet)
{
    gpu.gts[1].script.no_done = true;
    run(flr_of_one_gt_late);
}

static void flr_refused(void *arg)
{
    (void)arg;
    cr_expect_lt(pf_control_flr(gpu.pf, 1), 0);
    expect_states("FLR_FAILED", "FLR_REJECTED");
    cr_expect_eq(pf_control_pause(gpu.pf, 1), -EUCLEAN);
}

Test(pf_control, flr_that_one_guc_refuses_fails_on_all)
{
    gpu.gts[1].script.control[GUC_PF_TRIGGER_VF_FLR_START] = FAKE_REFUSE;
    run(flr_refused);
}

static void flr_by_pci(void *arg)
{
    (void)arg;
    fake_guc_pf_notify(&gpu.gts[0], 1, GUC_PF_NOTIFY_VF_FLR);
    fake_guc_pf_notify(&gpu.gts[1], 1, GUC_PF_NOTIFY_VF_FLR);
    fake_guc_pf_notify(&gpu.gts[1], 1, GUC_PF_NOTIFY_VF_FLR);
    hal_delay(gpu.hal, HAL_NS_PER_MS);
    expect_states("READY", "READY");
}

Test(pf_control, flr_that_the_guc_reports_is_carried_out_once)
{
    run(flr_by_pci);
    cr_expect_str_eq(gpu.gts[0].commands, "45");
    cr_expect_str_eq(gpu.gts[1].commands, "45");
}

static void announced(void *arg)
{
    (void)arg;
    cr_expect_eq(pf_control_flr_wait(gpu.pf, 1), 0, "nothing is under way");
    cr_expect_eq(pf_control_flr_prepare(gpu.pf, 1), 0);
    expect_states("FLR_PREPARE", "FLR_PREPARE");
    cr_expect_eq(pf_control_flr_prepare(gpu.pf, 1), -EUCLEAN); /* -EALREADY, twice */
    cr_expect_eq(pf_control_pause(gpu.pf, 1), -EUCLEAN);       /* -EBUSY, twice */
    fake_guc_pf_notify(&gpu.gts[0], 1, GUC_PF_NOTIFY_VF_FLR);
    hal_delay(gpu.hal, HAL_NS_PER_MS);
    expect_states("FLR_SYNC", "FLR_PREPARE");
    fake_guc_pf_notify(&gpu.gts[1], 1, GUC_PF_NOTIFY_VF_FLR);
    cr_expect_eq(pf_control_flr_wait(gpu.pf, 1), 0);
    expect_states("READY", "READY");
}

Test(pf_control, flr_that_was_announced_is_waited_for_before_any_guc_tells_of_it)
{
    run(announced);
    cr_expect_str_eq(gpu.gts[0].commands, "45");
}

static void announced_in_vain(void *arg)
{
    (void)arg;
    cr_expect_eq(pf_control_flr_prepare(gpu.pf, 1), 0);
    cr_expect_eq(pf_control_flr_wait(gpu.pf, 1), -EUCLEAN); /* -ETIMEDOUT, twice */
    cr_expect_eq(pf_control_flr(gpu.pf, 1), 0, "a reset of our own takes its place");
    expect_states("READY", "READY");
}

Test(pf_control, announced_flr_that_does_not_come_ends_with_the_next_one)
{
    run(announced_in_vain);
}

/* One GT has ended the first reset and begins a second; the other is still waiting for the GuC. */
static void second_flr(void *arg)
{
    (void)arg;
    cr_expect_eq(pf_control_flr(gpu.pf, 1), -EUCLEAN);
    expect_states("FLR_SYNC", "FLR_WAIT_GUC");
    gpu.gts[0].script.no_done = true;
    gpu.pf->gts[0].control[1].state = PF_FLR_SEND_FINISH; /* it came that far alone */
    fake_guc_pf_notify(&gpu.gts[0], 1, GUC_PF_NOTIFY_VF_FLR);
    hal_delay(gpu.hal, HAL_NS_PER_MS);
    expect_states("FLR_WAIT_GUC", "FLR_WAIT_GUC");
    fake_guc_pf_notify(&gpu.gts[1], 1, GUC_PF_NOTIFY_VF_FLR_DONE);
    hal_delay(gpu.hal, HAL_NS_PER_MS);
    expect_states("FLR_WAIT_GUC", "FLR_SYNC");
    fake_guc_pf_notify(&gpu.gts[0], 1, GUC_PF_NOTIFY_VF_FLR_DONE);
    hal_delay(gpu.hal, HAL_NS_PER_MS);
    expect_states("READY", "READY");
}

Test(pf_control, second_flr_of_one_gt_does_not_leave_the_other_behind)
{
    gpu.gts[1].script.no_done = true;
    run(second_flr);
}
