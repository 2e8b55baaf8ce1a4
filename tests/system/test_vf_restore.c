/* SPDX-License-Identifier: MIT */
/* The main job as a user runs it: tests/scenarios/vf_restore.lua through the built program, judged
 * by the files it leaves. GUCSIM names the program; 'make test' sets it. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/system/program.h"

#define SCENARIO "tests/scenarios/vf_restore.lua"

static void run_scenario(const char *name, const char *more)
{
    int code = shell("%s run " SCENARIO " --quiet --out %s/%s %s 2>&1", gucsim_path(), work_dir,
                     name, more);

    cr_assert_eq(code, 0, "exit %d: %s", code, shell_output);
}

/* Count of event lines that match an extended regular expression. */
static int events(const char *name, const char *pattern)
{
    (void)shell("grep -cE '%s' %s/%s/events.jsonl", pattern, work_dir, name);
    return atoi(shell_output);
}

/* Line number of the first event from line `after` on that matches, or 0. */
static int event_line(const char *name, const char *pattern, int after)
{
    (void)shell("tail -n +%d %s/%s/events.jsonl | grep -nE -m1 '%s' | cut -d: -f1", after + 1,
                work_dir, name, pattern);
    return shell_output[0] ? after + atoi(shell_output) : 0;
}

/* Every pattern appears, each behind the one before it. */
static void expect_order(const char *name, const char *const *patterns)
{
    int line = 0;

    for (; *patterns; patterns++) {
        line = event_line(name, *patterns, line);
        cr_assert_gt(line, 0, "missing, or too early: %s", *patterns);
    }
}

/* ---- tests ----------------------------------------------------------------------------------- */

#define VF1_STATE(gt, to)                                                                          \
    "\"gpu\":\"dst\",\"gt\":" #gt ",\"kind\":\"vf_state\",\"vf\":1,.*\"to\":\"" to "\""

Test(vf_restore, target_walks_the_documented_states_in_order, .init = work_dir_make,
     .fini = work_dir_remove)
{
    static const char *const order[] = {VF1_STATE(0, "VF_READY_PAUSED"),
                                        VF1_STATE(0, "VF_RESFIX_PAUSED"),
                                        VF1_STATE(0, "VF_RESFIX_BLOCKED"),
                                        "\"gpu\":\"dst\".*\"kind\":\"irq\",\"fn\":1",
                                        "\"gpu\":\"dst\",\"gt\":0.*VF2GUC_RESFIX_START",
                                        "\"gpu\":\"dst\",\"gt\":0.*VF2GUC_QUERY_SINGLE_KLV",
                                        "\"kind\":\"recovery\".*\"step\":\"fixups\"",
                                        "\"gpu\":\"dst\",\"gt\":0.*VF2GUC_RESFIX_DONE",
                                        VF1_STATE(0, "VF_RUNNING"),
                                        NULL};

    run_scenario("run", "--trace off");
    expect_order("run", order);
    cr_expect_eq(events("run", "\"kind\":\"expect\".*\"ok\":false"), 0);
    cr_expect_gt(events("run", "\"kind\":\"expect\".*\"ok\":true"), 0);
}

Test(vf_restore, below_abi_1_27_recovery_waits_for_both_gts_and_uses_no_marker,
     .init = work_dir_make, .fini = work_dir_remove)
{
    run_scenario("run", "--trace off --set guc.abi=1.26");
    cr_expect_eq(events("run", "VF2GUC_RESFIX_START"), 0);
    /* Requests to both GuCs of dst, DATA0 zero. */
    cr_expect_eq(events("run", "\"ev\":\"request\".*VF2GUC_RESFIX_DONE.*\"hxg\":\"00005508"), 2);
    /* Both GTs had been blocked before the first of them was told. */
    int blocked = event_line("run", VF1_STATE(0, "VF_RESFIX_BLOCKED"), 0);
    int media = event_line("run", VF1_STATE(1, "VF_RESFIX_BLOCKED"), 0);
    int done = event_line("run", "\"ev\":\"request\".*VF2GUC_RESFIX_DONE", 0);
    cr_expect(blocked > 0 && media > 0 && done > blocked && done > media, "%d %d %d", blocked,
              media, done);
}

Test(vf_restore, two_runs_write_the_same_bytes, .init = work_dir_make, .fini = work_dir_remove)
{
    run_scenario("a", "");
    run_scenario("b", "");
    cr_expect_eq(shell("cmp %s/a/trace.vcd.gz %s/b/trace.vcd.gz 2>&1", work_dir, work_dir), 0, "%s",
                 shell_output);
    cr_expect_eq(shell("cmp %s/a/events.jsonl %s/b/events.jsonl 2>&1", work_dir, work_dir), 0, "%s",
                 shell_output);
}

Test(vf_restore, waves_are_accepted_by_gtkwaves_converter_and_name_what_readers_look_for,
     .init = work_dir_make, .fini = work_dir_remove)
{
    static const char *const signals[] = {"state",    "h2g_head", "h2g_tail", "fence", "status",
                                          "doorbell", "msi",      "step",     "engine"};

    run_scenario("run", "--trace vcd");
    cr_expect_eq(shell("vcd2fst %s/run/trace.vcd %s/run/trace.fst 2>&1", work_dir, work_dir), 0,
                 "%s", shell_output);
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        (void)shell("grep -cE '^ *\\$(var|scope).*%s' %s/run/trace.vcd", signals[i], work_dir);
        cr_expect_gt(atoi(shell_output), 0, "no signal or scope named %s", signals[i]);
    }
}
