/* SPDX-License-Identifier: MIT */
/* regress and sweep from outside: goldens are made, kept and compared, failures lead to the first
 * difference, and nothing half-written or running is left behind. The program is $GUCSIM, or
 * build/gucsim. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/system/program.h"

#define MACHINE "local m = machine { gpus = { { name = 'src', gts = 1, vfs = 1 } } }\n"
#define GOOD    MACHINE "expect('one', true)\nexpect('two', true)\n"

TestSuite(regress, .init = work_dir_make, .fini = work_dir_remove, .timeout = 1800);
TestSuite(sweep, .init = work_dir_make, .fini = work_dir_remove, .timeout = 1800);

/* Runs regress with goldens and files in the test's work_dir; % stands for that work_dir. */
static int gucsim(const char *command, const char *arguments)
{
    char line[2048], words[1024];
    size_t used = 0;

    for (; *arguments && used + sizeof(work_dir) < sizeof(words); arguments++) {
        if (*arguments == '%') {
            used += (size_t)snprintf(words + used, sizeof(words) - used, "%s", work_dir);
        } else {
            words[used++] = *arguments;
        }
    }
    words[used] = '\0';
    (void)snprintf(line, sizeof(line), "%s %s --out %s/out %s 2>&1", gucsim_path(), command,
                   work_dir, words);
    return shell("%s", line);
}

static int regress(const char *arguments)
{
    char words[1024];

    (void)snprintf(words, sizeof(words), "--golden %%/golden %s", arguments);
    return gucsim("regress", words);
}

#define EXPECT(call, code, message)                                                                \
    do {                                                                                           \
        int seen = call;                                                                           \
        cr_expect_eq(seen, code, "%s gave %d: %s", #call, seen, shell_output);                     \
        cr_expect(strstr(shell_output, message), "'%s' is missing in: %s", message, shell_output); \
    } while (0)

static bool exists(const char *name)
{
    char path[256];

    (void)snprintf(path, sizeof(path), "%s/%s", work_dir, name);
    return access(path, F_OK) == 0;
}

Test(regress, scenario_without_golden_fails_and_says_how_to_make_one)
{
    work_file("a.lua", GOOD);
    EXPECT(regress("%/a.lua"), 1, "has no golden");
    cr_expect(strstr(shell_output, "to make one: gucsim regress --golden "), "%s", shell_output);
    cr_expect(strstr(shell_output, "/golden --bless "), "%s", shell_output);
    cr_expect(!exists("golden/a.golden"));
}

Test(regress, blessed_scenario_passes_and_blessing_it_again_changes_nothing)
{
    work_file("a.lua", GOOD);
    EXPECT(regress("--bless %/a.lua"), 0, "made ");
    cr_expect(exists("golden/a.golden") && !exists("golden/a.golden.tmp"));
    EXPECT(regress("%/a.lua"), 0, "1 scenario, 0 failed");
    EXPECT(regress("--bless %/a.lua"), 0, "1 scenario, 0 failed");
    cr_expect(!strstr(shell_output, "replaced"), "%s", shell_output);
}

Test(regress, changed_order_fails_with_the_first_difference_and_waves)
{
    work_file("a.lua", GOOD);
    cr_assert_eq(regress("--bless %/a.lua"), 0, "%s", shell_output);
    work_file("a.lua", MACHINE "expect('two', true)\nexpect('one', true)\n");
    EXPECT(regress("%/a.lua"), 1, "golden: expect one: holds");
    cr_expect(strstr(shell_output, "if meant: gucsim regress --golden "), "%s", shell_output);
    cr_expect(strstr(shell_output, "seen:   expect two: holds"), "%s", shell_output);
    cr_expect(strstr(shell_output, "repeat:  "), "%s", shell_output);
    cr_expect(exists("out/a/trace.vcd.gz"), "no waves of the failure");
    EXPECT(regress("--bless %/a.lua"), 0, "replaced ");
    EXPECT(regress("%/a.lua"), 0, "0 failed");
}

Test(regress, golden_or_run_that_ends_first_is_told)
{
    work_file("a.lua", GOOD);
    cr_assert_eq(regress("--bless %/a.lua"), 0, "%s", shell_output);
    work_file("a.lua", GOOD "expect('three', true)\n");
    EXPECT(regress("%/a.lua"), 1, "golden: nothing more");
    cr_expect(strstr(shell_output, "seen:   expect three: holds"), "%s", shell_output);
    cr_assert_eq(regress("--bless %/a.lua"), 0, "%s", shell_output);
    work_file("a.lua", GOOD);
    EXPECT(regress("%/a.lua"), 1, "seen:   nothing more");
    cr_expect(strstr(shell_output, "golden: expect three: holds"), "%s", shell_output);
}

Test(regress, later_time_alone_is_no_difference)
{
    work_file("a.lua", GOOD);
    cr_assert_eq(regress("--bless %/a.lua"), 0, "%s", shell_output);
    work_file("a.lua", MACHINE "sleep('5us')\nexpect('one', true)\nexpect('two', true)\n");
    EXPECT(regress("%/a.lua"), 0, "0 failed");
}

Test(regress, failed_expectation_and_mistake_are_told_and_not_blessed)
{
    work_file("a.lua", MACHINE "expect('one', false)\n");
    EXPECT(regress("--bless %/a.lua"), 1, "exit code 1 (fail), 0 is wanted");
    cr_expect(strstr(shell_output, "a.lua:2: expectation failed"), "%s", shell_output);
    cr_expect(!exists("golden/a.golden"));
    work_file("a.lua", MACHINE "nonsense()\n");
    EXPECT(regress("%/a.lua"), 1, "exit code 2");
}

Test(regress, exit_code_that_a_scenario_wants_is_no_failure)
{
    work_file("a.lua", "-- exit: 1\n" MACHINE "expect('one', false)\n");
    EXPECT(regress("--bless %/a.lua"), 0, "made ");
    EXPECT(regress("%/a.lua"), 0, "0 failed");
    work_file("a.lua", "-- exit: 1\n" GOOD);
    EXPECT(regress("%/a.lua"), 1, "exit code 0 (pass), 1 is wanted");
}

Test(regress, helpers_in_a_directory_are_no_scenarios)
{
    work_file("a.lua", GOOD);
    work_file("b.lua", GOOD);
    work_file("helper.lua", "-- machine { } is built elsewhere\nreturn {}\n");
    EXPECT(regress("--bless %"), 0, "2 scenarios, 0 failed");
}

Test(regress, folders_below_one_called_scenarios_are_part_of_the_name)
{
    work_file("a.lua", GOOD);
    cr_assert_eq(shell("cd %s && mkdir -p x/one x/two scenarios && cp a.lua x/one && "
                       "cp a.lua x/two && cp -r x/* scenarios",
                       work_dir),
                 0);
    EXPECT(regress("--bless %/x"), 2, "x/one/a.lua and ");
    cr_expect(strstr(shell_output, "have one name; below a folder 'scenarios'"), "%s",
              shell_output);
    EXPECT(regress("--bless %/scenarios"), 0, "made ");
    cr_expect(exists("golden/one/a.golden") && exists("golden/two/a.golden"));
    EXPECT(regress("%/scenarios/two/a.lua"), 0, "1 scenario, 0 failed");
}

Test(regress, shards_share_the_scenarios)
{
    work_file("a.lua", GOOD);
    work_file("b.lua", GOOD);
    work_file("c.lua", GOOD);
    EXPECT(regress("--bless %"), 0, "3 scenarios");
    EXPECT(regress("--shard 1/2 %"), 0, "2 scenarios");
    EXPECT(regress("--shard 2/2 -j 2 %"), 0, "1 scenario");
}

Test(regress, repetitions_leave_the_same_bytes)
{
    work_file("a.lua", GOOD);
    cr_assert_eq(regress("--bless %/a.lua"), 0, "%s", shell_output);
    EXPECT(regress("--repeat 3 %/a.lua"), 0, "0 failed");
    cr_expect(exists("out/a.again/report.json"));
}

Test(regress, junit_is_xml_with_the_repeat_command)
{
    char command[512];

    work_file("good.lua", GOOD);
    cr_assert_eq(regress("--bless %/good.lua"), 0, "%s", shell_output);
    work_file("bad.lua", MACHINE "expect('<&\"\\1', false)\n");
    EXPECT(regress("--junit %/junit.xml %"), 1, "2 scenarios, 1 failed");
    (void)snprintf(command, sizeof(command),
                   "python3 -c \"import sys, xml.dom.minidom as m; d = m.parse('%s/junit.xml'); "
                   "f = d.getElementsByTagName('failure'); "
                   "print(len(d.getElementsByTagName('testcase')), len(f), "
                   "f[0].getAttribute('message'), f[0].firstChild.data)\" 2>&1",
                   work_dir);
    EXPECT(shell("%s", command), 0, "2 1 exit code 1 (fail), 0 is wanted: ");
    cr_expect(strstr(shell_output, "wanted: ") < strstr(shell_output, "expectation failed"));
    cr_expect(strstr(shell_output, "repeat:  ") && strstr(shell_output, "seed:    1"), "%s",
              shell_output);
    (void)snprintf(command, sizeof(command),
                   "xmllint --noout --schema tests/system/junit.xsd %s/junit.xml 2>&1", work_dir);
    EXPECT(shell("%s", command), 0, "validates");
}

#define EXACT "golden = \"exact\"\ngolden_signals = \"*u_doorbell*\"\n"

Test(regress, exact_golden_keeps_times_and_chosen_waves)
{
    work_file("a.lua", EXACT GOOD);
    EXPECT(regress("--bless %/a.lua"), 0, "made ");
    cr_expect(exists("golden/a.events.jsonl") && exists("golden/a.vcd"));
    EXPECT(regress("%/a.lua"), 0, "0 failed");
    work_file("a.lua", EXACT MACHINE "sleep('5us')\nexpect('one', true)\nexpect('two', true)\n");
    EXPECT(regress("%/a.lua"), 1, "differs from its exact golden");
    cr_expect(strstr(shell_output, "expect one: holds"), "the first difference is shown: %s",
              shell_output);
    EXPECT(regress("--bless %/a.lua"), 0, "replaced ");
    EXPECT(regress("%/a.lua"), 0, "0 failed");
    EXPECT(regress("--repeat 2 %/a.lua"), 0, "0 failed");
}

#define STATES "golden = \"states\"\nlocal SMALL = { ggtt_size = 1 << 20 }\n"

Test(regress, golden_of_states_knows_final_states_and_expectations_but_no_messages)
{
    work_file("a.lua", STATES MACHINE "m.src:provision(1, SMALL)\nexpect('one', true)\n");
    EXPECT(regress("--bless %/a.lua"), 0, "made ");
    cr_expect_eq(shell("grep -c 'HOST2GUC\\|PF2GUC' %s/golden/a.golden", work_dir), 1, "%s",
                 shell_output);
    work_file("a.lua", STATES MACHINE
              "m.src:provision(1, SMALL)\nm.src:provision(1, SMALL)\nexpect('one', true)\n");
    EXPECT(regress("%/a.lua"), 0, "0 failed");
    work_file("a.lua",
              STATES MACHINE "m.src:provision(1, SMALL)\nm.src:pause(1)\nexpect('one', true)\n");
    EXPECT(regress("%/a.lua"), 1, "seen:   pf_state src.gt0 vf1: PAUSED");
    work_file("a.lua", STATES MACHINE "m.src:provision(1, SMALL)\nexpect('two', true)\n");
    EXPECT(regress("%/a.lua"), 1, "golden: expect one: holds");
}

Test(regress, exact_goldens_are_few)
{
    char name[16];

    for (unsigned i = 0; i < 9; i++) {
        (void)snprintf(name, sizeof(name), "s%u.lua", i);
        work_file(name, EXACT GOOD);
    }
    EXPECT(regress("%"), 2, "more than 8 scenarios with golden = \"exact\"");
}

Test(regress, coverage_counts_arcs_and_actions_and_names_the_holes)
{
    work_file("a.lua", "local m = machine { gpus = { { name = 'src', gts = 1, vfs = 1 } } }\n"
                       "m.src:provision(1)\nm.src:pause(1)\nm.src:resume(1)\n");
    cr_assert_eq(regress("--bless %/a.lua"), 0, "%s", shell_output);
    EXPECT(regress("--coverage %/a.lua"), 0,
           "           VF_UNPROVISIONED   PROVISION    -> VF_READY                  1\n");
    cr_expect(strstr(shell_output, "           VF_READY           PAUSE        -> VF_READY_PAUSED"
                                   "           1\n"),
              "%s", shell_output);
    cr_expect(strstr(shell_output, "  hole     VF_RUNNING         PAUSE "), "%s", shell_output);
    cr_expect(strstr(shell_output, "           PAUSE_WAIT_GUC                  1\n"), "%s",
              shell_output);
    cr_expect(strstr(shell_output, "  PF2GUC_VF_CONTROL                        PF"), "%s",
              shell_output);
    cr_expect(strstr(shell_output, "  hole     VF2GUC_RESFIX_DONE\n"), "%s", shell_output);
}

Test(regress, tags_pick_scenarios)
{
    work_file("a.lua", "-- tags: quick ring\n" GOOD);
    work_file("b.lua", "-- tags: ringing\n" GOOD);
    EXPECT(regress("--bless %"), 0, "2 scenarios");
    EXPECT(regress("--tag ring %"), 0, "1 scenario");
    EXPECT(regress("--tag nothing %"), 2, "and has the tag");
}

Test(regress, report_of_a_doctored_golden_leads_to_the_first_differing_message)
{
    char command[512];

    (void)snprintf(command, sizeof(command),
                   "mkdir -p %s/golden/ctb && awk '/TLB_INVALIDATION/ && !done { sub(\"TLB\", "
                   "\"NLB\"); done = 1 } { print }' traces/golden/ctb/answers.golden "
                   "> %s/golden/ctb/answers.golden",
                   work_dir, work_dir);
    cr_assert_eq(shell("%s", command), 0, "%s", shell_output);
    EXPECT(regress("tests/scenarios/ctb/answers.lua"), 1, "first difference, in [gpu.gt0], after");
    cr_expect(strstr(shell_output, "  golden: h2g fn0 NLB_INVALIDATION"), "%s", shell_output);
    cr_expect(strstr(shell_output, "  seen:   h2g fn0 TLB_INVALIDATION"), "%s", shell_output);
    cr_expect(strstr(shell_output, "answers/events.jsonl:"), "the line of the log is named: %s",
              shell_output);
    cr_expect(exists("out/ctb/answers/trace.vcd.gz"), "no waves of the failure");
}

Test(regress, damaged_golden_is_told_with_its_line)
{
    work_file("a.lua", GOOD);
    cr_assert_eq(regress("--bless %/a.lua"), 0, "%s", shell_output);
    work_file("golden/a.golden", "# heading\nno section\n");
    EXPECT(regress("%/a.lua"), 1, "a.golden:2: no line of a golden");
    work_file("golden/a.golden", "[host]\nexpect one: holds");
    EXPECT(regress("%/a.lua"), 1, "a.golden:2: no line of a golden");
}

/* Virtual time runs as it can: no bound of it may come before the wall clock's turn. */
#define ENDLESS                                                                                    \
    "params { { 'time_limit', 'time', '1000000s', 'long' }, { 'watchdog', 'time', '0s', 'off' } "  \
    "}\n" MACHINE "while true do sleep('1us') end\n"

Test(regress, endless_run_is_killed_by_the_wall_clock)
{
    work_file("a.lua", ENDLESS);
    EXPECT(regress("--timeout 1 %/a.lua"), 1, "no end within 1 s of wall time");
}

Test(regress, interrupt_leaves_no_golden_and_no_child)
{
    work_file("a.lua", ENDLESS);
    /* Its run is there once it has a log. */
    EXPECT(
        shell(
            "d=%s; %s regress --golden $d/golden --out $d/out --bless $d/a.lua >/dev/null 2>&1 & "
            "pid=$!; run=\"^[^ ]*gucsim run .*$d/a.lua\"; "
            "until find $d/out 2>&1 | grep -q events.jsonl || ! kill -0 $pid; do sleep 0.1; done; "
            "pgrep -f \"$run\" >/dev/null && echo runs; kill -INT $pid; wait $pid; echo code $?; "
            "pgrep -f \"$run\" || echo nobody; ls $d/golden 2>/dev/null; true",
            work_dir, gucsim_path()),
        0, "runs\ncode 130\nnobody\n");
    cr_expect(!strstr(shell_output, "golden"), "%s", shell_output);
    cr_expect(!exists("golden/a.golden") && !exists("golden/a.golden.tmp"));
}

Test(regress, bad_usage_exits_with_two)
{
    static const char *const arguments[] = {"--shard 3/2 %/a.lua",
                                            "--shard x %/a.lua",
                                            "--repeat 0 %/a.lua",
                                            "-j 0 %/a.lua",
                                            "--nonsense %/a.lua",
                                            "%/missing.lua",
                                            "--bless",
                                            "--bless --repeat 2 %/a.lua",
                                            "--junit /dev/null/x %/a.lua",
                                            "%/empty"};
    char path[128];

    work_file("a.lua", GOOD);
    (void)snprintf(path, sizeof(path), "%s/empty", work_dir);
    cr_assert_eq(mkdir(path, 0777), 0);
    for (unsigned i = 0; i < sizeof(arguments) / sizeof(arguments[0]); i++) {
        cr_expect_eq(regress(arguments[i]), 2, "'%s': %s", arguments[i], shell_output);
        cr_expect(*shell_output, "'%s' says nothing", arguments[i]);
    }
}

/* ---- sweep ---------------------------------------------------------------------------------- */

#define SWEPT                                                                                      \
    "local p = params { { 'n', 'int', 0, 'n', min = 0, max = 99 }, { 't', 'time', '1us', 't' } "   \
    "}\n" MACHINE "expect('small', p.n < 5 or p.t > 2000, p.n)\n"

Test(sweep, map_and_smallest_failing_point_with_its_command)
{
    work_file("a.lua", SWEPT);
    EXPECT(gucsim("sweep", "%/a.lua --set n=0..9/1"), 1, ".....FFFFF");
    cr_expect(strstr(shell_output, "smallest that does not hold: n=5 (exit code 1)"), "%s",
              shell_output);
    cr_expect(strstr(shell_output, "a.lua --set n=5\n"), "%s", shell_output);
}

Test(sweep, two_keys_with_units_make_rows)
{
    work_file("a.lua", SWEPT);
    EXPECT(gucsim("sweep", "%/a.lua --set t=1us..3us/2us --set n=4..8/2"), 1, "t=1us n=4  .FF\n");
    cr_expect(strstr(shell_output, "t=3us n=4  ...\n"), "%s", shell_output);
    cr_expect(strstr(shell_output, "--set t=1us --set n=6"), "%s", shell_output);
}

Test(sweep, units_of_time_may_be_mixed)
{
    work_file("a.lua", SWEPT);
    EXPECT(gucsim("sweep", "%/a.lua --set t=1us..3us/500ns --set n=9"), 1, "t=1000ns  FFF..\n");
    EXPECT(gucsim("sweep", "%/a.lua --set n=1us..3/500ns"), 2, "n=");
}

Test(sweep, each_way_to_fail_is_told_and_how_to_look_closer)
{
    work_file("a.lua", SWEPT);
    EXPECT(gucsim("sweep", "%/a.lua --set n=0..110/20"), 1, ".FFFFE\n");
    cr_expect(strstr(shell_output, "--set n=0..20/2\n"), "%s", shell_output);
    cr_expect(strstr(shell_output, "first E: n=100\n") &&
                  strstr(shell_output, "n=100: out of range, 0 to 99"),
              "%s", shell_output);
}

Test(sweep, waves_of_failing_points_alone)
{
    work_file("a.lua", SWEPT);
    EXPECT(gucsim("sweep", "%/a.lua --set n=4..5 --trace last=5us"), 1, ".F\n");
    cr_expect(!exists("out/0/trace.vcd.gz") && exists("out/1/trace.vcd.gz"));
    EXPECT(gucsim("sweep", "%/a.lua --set n=4..5 --trace fst"), 2, "bad value 'fst'");
}

Test(sweep, all_points_hold_also_over_seeds)
{
    work_file("a.lua", SWEPT);
    EXPECT(gucsim("sweep", "%/a.lua --set seed=1..3 --set n=4"), 0, "3 points, 3 hold");
}

Test(sweep, mistakes_and_bad_usage_exit_with_two)
{
    static const char *const arguments[] = {
        "%/a.lua",
        "--set n=1..3",
        "%/a.lua --set n=3..1",
        "%/a.lua --set n=",
        "%/a.lua --set n=1..3/0",
        "%/a.lua --set t=1us..900ns",
        "%/a.lua --set n=0..999999",
    };

    work_file("a.lua", SWEPT);
    EXPECT(gucsim("sweep", "%/a.lua --set nn=1..2"), 2, "did you mean n");
    for (unsigned i = 0; i < sizeof(arguments) / sizeof(arguments[0]); i++) {
        cr_expect_eq(gucsim("sweep", arguments[i]), 2, "'%s': %s", arguments[i], shell_output);
    }
}

#define SECOND_MOVE "tests/scenarios/migration/second_move.lua"

/* A window of half a microsecond in a recovery of fifty. */
Test(sweep, finds_the_moment_at_which_a_second_move_loses_jobs)
{
    char command[512];
    const char *offered;

    EXPECT(gucsim("sweep", SECOND_MOVE " --set pause=16000..36000/400"), 1,
           "smallest that does not hold: pause=");
    cr_expect(strstr(shell_output, "said:   ") && strstr(shell_output, "EIO"), "%s", shell_output);
    cr_expect(strstr(shell_output, "run " SECOND_MOVE " --set pause="), "%s", shell_output);
    cr_expect(strstr(shell_output, "51 points, "), "%s", shell_output);
    /* What it offers to compare is there, and differs. */
    offered = strstr(shell_output, "diff:   ");
    cr_assert(offered, "%s", shell_output);
    (void)snprintf(command, sizeof(command), "%.*s", (int)strcspn(offered + 8, "\n"), offered + 8);
    cr_expect_eq(shell("%s", command), 1, "%s: %s", command, shell_output);
    cr_expect(strstr(shell_output, "first difference of events: "), "%s", shell_output);
}

Test(sweep, there_is_no_such_moment_with_markers)
{
    EXPECT(gucsim("sweep", SECOND_MOVE " --set guc.abi=1.27 --set pause=24000..26000/250"), 0,
           "9 points, 9 hold");
}
