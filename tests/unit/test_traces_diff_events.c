/* SPDX-License-Identifier: MIT */
/* The command diff on event logs and on directories of runs. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/run_files.h"
#include "traces/traces.h"

#define STATE(ps, gpu, from, to)                                                                   \
    "{\"t_ps\":" #ps ",\"cycle\":0,\"gpu\":\"" gpu "\",\"gt\":0,\"kind\":\"vf_state\",\"vf\":1,"   \
    "\"from\":\"" from "\",\"to\":\"" to "\"}\n"
#define SAY(ps, line, text)                                                                        \
    "{\"t_ps\":" #ps ",\"cycle\":0,\"gpu\":null,\"gt\":null,\"kind\":\"script\",\"line\":" #line   \
    ",\"text\":\"" text "\"}\n"
#define READY(ps)  STATE(ps, "src", "OFF", "READY")
#define RUN(ps)    STATE(ps, "src", "READY", "RUNNING")
#define PAUSED(ps) STATE(ps, "src", "RUNNING", "PAUSED")

TestSuite(diff_events, .init = run_files_make, .fini = run_files_remove, .timeout = 600);

#define EXPECT_DIFF(words, code, message) EXPECT_COMMAND(diff_main, "diff " words, code, message)

Test(diff_events, equal_logs_are_the_same)
{
    run_files_put("a.jsonl", READY(1000) RUN(2000));
    EXPECT_DIFF("a.jsonl a.jsonl", 0, "events: 2 compared, 0 differences");
}

Test(diff_events, other_content_is_told_with_both_lines)
{
    run_files_put("a.jsonl", READY(1000) RUN(2000) PAUSED(3000));
    run_files_put("b.jsonl", READY(1000) STATE(2000, "src", "READY", "STOPPED") PAUSED(3000));
    EXPECT_DIFF("a.jsonl b.jsonl", 1, "line 2: src.gt0 vf_state vf1 READY -> RUNNING");
    cr_expect(strstr(run_files_said, "line 2: src.gt0 vf_state vf1 READY -> STOPPED"), "%s",
              run_files_said);
    cr_expect(strstr(run_files_said, "1 differences"), "%s", run_files_said);
}

Test(diff_events, missing_event_does_not_disturb_those_behind_it)
{
    run_files_put("a.jsonl", READY(1000) RUN(2000) PAUSED(3000));
    run_files_put("b.jsonl", READY(1000) PAUSED(3000));
    EXPECT_DIFF("a.jsonl b.jsonl", 1, "B  no such event");
    cr_expect(strstr(run_files_said, "1 differences"), "%s", run_files_said);
    EXPECT_DIFF("b.jsonl a.jsonl", 1, "A  no such event");
    run_files_put("b.jsonl", READY(1000) RUN(2000));
    EXPECT_DIFF("a.jsonl b.jsonl", 1, "RUNNING -> PAUSED");
}

Test(diff_events, delay_is_a_difference_of_time_alone)
{
    run_files_put("a.jsonl", READY(1000) RUN(2000) PAUSED(3000));
    run_files_put("b.jsonl", READY(1000) RUN(5000) PAUSED(6000));
    EXPECT_DIFF("a.jsonl b.jsonl", 1, "2 differences");
    EXPECT_DIFF("--skew 3ns a.jsonl b.jsonl", 0, "same");
    EXPECT_DIFF("--skew 2999ps a.jsonl b.jsonl", 1, "different");
    EXPECT_DIFF("--order-only a.jsonl b.jsonl", 0, "same");
    EXPECT_DIFF("--shift -3ns --from 2ns a.jsonl b.jsonl", 0, "same");
    EXPECT_DIFF("--to 1ns a.jsonl b.jsonl", 0, "1 compared");
}

Test(diff_events, gpu_is_mapped_and_kinds_are_ignored)
{
    run_files_put("a.jsonl", READY(1000) SAY(1500, 7, "one"));
    run_files_put("b.jsonl", STATE(1000, "dst", "OFF", "READY") SAY(1500, 7, "two"));
    EXPECT_DIFF("--map src=dst --ignore script a.jsonl b.jsonl", 0, "1 compared");
    EXPECT_DIFF("--map src=dst a.jsonl b.jsonl", 1, "script line 7: two");
    EXPECT_DIFF("--ignore *vf_state a.jsonl b.jsonl", 1, "script");
}

Test(diff_events, damaged_log_is_trouble)
{
    run_files_put("a.jsonl", READY(1000));
    run_files_put("b.jsonl", READY(1000) "{\"t_ps\":");
    EXPECT_DIFF("a.jsonl b.jsonl", 2, "b.jsonl:2: line is cut off");
    EXPECT_DIFF("a.jsonl missing.jsonl", 2, "missing.jsonl: No such file");
    run_files_put("b.jsonl", READY(9000000000000000));
    EXPECT_DIFF("a.jsonl b.jsonl", 2, "b.jsonl:1: a time beyond");
}

#define WAVES(value)                                                                               \
    "$timescale 1ps $end\n$var wire 1 ! a $end\n$enddefinitions $end\n#0\n0!\n#2000\n" value "!\n"

Test(diff_events, runs_are_compared_by_waves_and_events_with_the_scenario)
{
    cr_assert_eq(mkdir("one", 0777) | mkdir("two", 0777), 0);
    run_files_put("one/events.jsonl", SAY(500, 12, "before") READY(1000) RUN(2000));
    run_files_put("two/events.jsonl",
                  SAY(500, 12, "before") READY(1000) STATE(2000, "src", "READY", "STOPPED"));
    run_files_put("one/trace.vcd", WAVES("1"));
    run_files_put("two/trace.vcd", WAVES("0"));
    EXPECT_DIFF("one two", 1, "first difference of signals: 0.002 us  a");
    cr_expect(strstr(run_files_said, "first difference of events: 0.002 us"), "%s", run_files_said);
    cr_expect(strstr(run_files_said, "the scenario of B: script line 12: before"), "%s",
              run_files_said);
    EXPECT_DIFF("one one", 0, "same");
}

Test(diff_events, waves_of_one_run_alone_are_a_difference)
{
    cr_assert_eq(mkdir("one", 0777) | mkdir("two", 0777), 0);
    run_files_put("one/events.jsonl", READY(1000));
    run_files_put("two/events.jsonl", READY(1000));
    run_files_put("one/trace.vcd", WAVES("1"));
    EXPECT_DIFF("one two", 1, "only in A: one/trace.vcd");
    cr_assert_eq(unlink("one/trace.vcd"), 0);
    EXPECT_DIFF("one two", 0, "same");
    EXPECT_DIFF("one missing", 2, "missing");
}

#define STEP(ps, step, round)                                                                      \
    "{\"t_ps\":" #ps ",\"cycle\":0,\"gpu\":null,\"gt\":null,\"kind\":\"migration\",\"vm\":\"vm1\"" \
    ",\"step\":\"" step "\",\"round\":" #round ",\"dirty\":12,\"bytes\":4096}\n"

Test(diff_events, step_of_a_migration_is_told_in_words)
{
    run_files_put("a.jsonl", STEP(1000, "setup", 0) STEP(2000, "round", 1));
    run_files_put("b.jsonl", STEP(1000, "setup", 0) STEP(2000, "round", 2));
    EXPECT_DIFF("a.jsonl b.jsonl", 1, "migration vm1 round 1: 12 pages dirty, 4096 bytes");
    run_files_put("b.jsonl", STEP(1000, "round", 1));
    EXPECT_DIFF("a.jsonl b.jsonl", 1, "migration vm1 setup: 12 pages dirty, 4096 bytes");
}
