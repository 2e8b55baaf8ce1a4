/* SPDX-License-Identifier: MIT */
/* The command line from outside: each way to fail has its exit code and a message that says
 * where and why. The program is $GUCSIM, or build/gucsim. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/system/program.h"

TestSuite(cli, .init = work_dir_make, .fini = work_dir_remove, .timeout = 600);

/* Runs gucsim with these arguments. Returns its exit code. */
static int gucsim(const char *arguments)
{
    return shell("%s %s 2>&1", gucsim_path(), arguments);
}

/* Runs a scenario of this text, with its files in the work directory. */
static int run_text(const char *text, const char *options)
{
    work_file("case.lua", text);
    return shell("%s run %s/case.lua --out %s/out %s 2>&1", gucsim_path(), work_dir, work_dir,
                 options);
}

#define SMALL_MACHINE "local m = machine { gpus = { { name = 'src', gts = 1, vfs = 1 } } }\n"

#define EXPECT_RUN(text, options, code, message)                                                   \
    do {                                                                                           \
        cr_expect_eq(run_text(text, options), code, "%s\n%s", text, shell_output);                 \
        cr_expect(strstr(shell_output, message), "'%s' is missing in: %s", message, shell_output); \
    } while (0)

Test(cli, missing_scenario_is_named)
{
    cr_expect_eq(gucsim("run /nowhere/at_all.lua"), 2);
    cr_expect(strstr(shell_output, "/nowhere/at_all.lua"), "%s", shell_output);
}

Test(cli, bad_usage_exits_with_two)
{
    static const char *const arguments[] = {"",
                                            "rum",
                                            "run",
                                            "run a.lua b.lua",
                                            "run --trace fst a.lua",
                                            "run --seed x a.lua",
                                            "run --until soon a.lua",
                                            "run --nonsense a.lua",
                                            "run --out",
                                            "help nonsense",
                                            "run --set jobs a.lua"};

    for (unsigned i = 0; i < sizeof(arguments) / sizeof(arguments[0]); i++) {
        cr_expect_eq(gucsim(arguments[i]), 2, "'%s': %s", arguments[i], shell_output);
        cr_expect(*shell_output, "'%s' says nothing", arguments[i]);
    }
}

Test(cli, misspelt_command_gets_a_hint)
{
    gucsim("rum");
    cr_expect(strstr(shell_output, "did you mean run"), "%s", shell_output);
}

Test(cli, help_lists_every_command)
{
    cr_expect_eq(gucsim("help"), 0);
    cr_expect(strstr(shell_output, "run ") && strstr(shell_output, "timeline") &&
              strstr(shell_output, "list"));
    cr_expect_eq(gucsim("--version"), 0);
}

Test(cli, a_full_disk_behind_standard_output_is_told)
{
    static const char *const commands[] = {"run %1$s/case.lua --out %1$s/out",
                                           "list %1$s/case.lua",
                                           "timeline %1$s/out",
                                           "profile %1$s/out",
                                           "diff %1$s/out %1$s/out",
                                           "help"};

    cr_assert_eq(run_text(SMALL_MACHINE, ""), 0, "%s", shell_output);
    for (unsigned i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        char command[512];

        (void)snprintf(command, sizeof(command), commands[i], work_dir);
        cr_expect_eq(shell("%s %s 2>&1 >/dev/full", gucsim_path(), command), 2, "%s", command);
        cr_expect(strstr(shell_output, "standard output: No space left"), "%s: %s", command,
                  shell_output);
    }
}

Test(cli, every_command_tells_its_options_also_behind_others)
{
    static const char *const commands[] = {"run",     "sweep",  "regress", "list",
                                           "serve",   "replay", "report",  "timeline",
                                           "profile", "diff",   "image"};
    char words[64], usage[64];

    for (unsigned i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        (void)snprintf(usage, sizeof(usage), "usage: gucsim %s", commands[i]);
        for (const char *const *form =
                 (const char *const[]){"%s --help", "%s -h", "%s x --help", "help %s", NULL};
             *form; form++) {
            (void)snprintf(words, sizeof(words), *form, commands[i]);
            cr_expect_eq(gucsim(words), 0, "%s: %s", words, shell_output);
            cr_expect(strstr(shell_output, usage), "%s: %s", words, shell_output);
        }
    }
}

Test(cli, every_command_names_the_word_that_it_does_not_know)
{
    static const char *const commands[] = {"run",      "sweep",   "regress",
                                           "timeline", "profile", "diff"};
    char words[64], hint[64];

    for (unsigned i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        (void)snprintf(words, sizeof(words), "%s --qqqqqqqq x", commands[i]);
        (void)snprintf(hint, sizeof(hint), "--qqqqqqqq: no such option; see 'gucsim help %s'\n",
                       commands[i]);
        cr_expect_eq(gucsim(words), 2, "%s", words);
        cr_expect(strstr(shell_output, hint), "%s: %s", words, shell_output);
    }
    cr_expect_eq(gucsim("run --tarce off x"), 2);
    cr_expect(strstr(shell_output, "did you mean --trace?"), "%s", shell_output);
}

Test(cli, scenario_is_found_by_its_name)
{
    cr_expect_eq(gucsim("run relay/handshake --quiet --trace off"), 0, "%s", shell_output);
    cr_expect_eq(gucsim("run relay/handshaek"), 2);
    cr_expect(strstr(shell_output, "did you mean relay/handshake?"), "%s", shell_output);
}

/* What bash offers behind these words, the last of which is being written. */
static void completed(const char *words, int count)
{
    cr_assert_eq(
        shell("bash -c '. sim/cli/gucsim.bash; COMP_WORDS=(%s %s); COMP_CWORD=%d; _gucsim; "
              "echo \"${COMPREPLY[*]}\"' 2>&1",
              gucsim_path(), words, count),
        0, "%s", shell_output);
}

Test(cli, own_scenarios_and_their_helpers_are_found_from_anywhere)
{
    work_file("s.lua", "local work = require 'lib.work'\nmachine { gpus = { { name = 'a' } } }\n");
    cr_expect_eq(shell("g=$(realpath %s); cd %s && $g list pause_resume && $g list --names | "
                       "grep -x faults/late_msi && $g run s.lua --quiet --trace off 2>&1",
                       gucsim_path(), work_dir),
                 0, "%s", shell_output);
    cr_expect_eq(
        shell("g=$(realpath %s); cd %s && $g run pause_resum 2>&1", gucsim_path(), work_dir), 2);
    cr_expect(strstr(shell_output, "did you mean pause_resume?"), "%s", shell_output);
}

Test(cli, bash_completes_commands_options_scenarios_and_keys)
{
    completed("re", 1);
    cr_expect_str_eq(shell_output, "regress replay report\n");
    completed("run relay/h", 2);
    cr_expect_str_eq(shell_output, "relay/handshake\n");
    completed("sweep --t", 2);
    cr_expect_str_eq(shell_output, "--trace --timeout\n");
    completed("serve vf_restore --map", 3);
    cr_expect_str_eq(shell_output, "--map-ggtt\n");
    completed("run vf_restore --quiet --set nei", 5);
    cr_expect_str_eq(shell_output, "neighbour.work=\n");
    completed("run nowhere --set j", 4);
    cr_expect_str_eq(shell_output, "\n");
}

Test(cli, time_on_the_command_line_has_a_unit)
{
    EXPECT_RUN(SMALL_MACHINE, "--until 5", 2, "a time such as 10us");
    EXPECT_RUN(SMALL_MACHINE, "--until 5ms", 0, "pass");
    cr_expect_eq(shell("%s timeline --from 5 %s/out 2>&1", gucsim_path(), work_dir), 2);
    cr_expect_eq(shell("%s timeline --from 5us %s/out 2>&1", gucsim_path(), work_dir), 0);
}

Test(cli, broken_text_is_told_with_file_and_line)
{
    EXPECT_RUN("local a = 1\nlocal = 2\n", "", 2, "case.lua:2:");
}

Test(cli, scenario_without_machine_is_refused)
{
    EXPECT_RUN("local a = 1\n", "", 2, "there is no machine{...}");
}

Test(cli, unknown_key_gets_the_nearest_one)
{
    EXPECT_RUN(SMALL_MACHINE, "--set guc.api=1.26", 2, "did you mean guc.abi");
}

Test(cli, bad_value_of_a_key_is_refused)
{
    EXPECT_RUN(SMALL_MACHINE, "--set guc.abi=new", 2, "a version such as");
    EXPECT_RUN("params { { 'src.guc.abi', 'version', '1.26', 'old' } }\n" SMALL_MACHINE, "", 0,
               "src.guc.abi=1.26");
    EXPECT_RUN("params { { 'n', 'int', 1, 'n', min = 1, max = 9 } }\n" SMALL_MACHINE, "--set n=10",
               2, "out of range, 1 to 9");
}

#define TIMED "params { { 't', 'time', '2us', 't', min = %s, max = '1ms' } }\n" SMALL_MACHINE

Test(cli, bounds_of_a_time_are_times)
{
    char text[256];

    (void)snprintf(text, sizeof(text), TIMED, "1000"); /* ns, as everywhere */
    EXPECT_RUN(text, "--set t=1us", 0, "t=1us");
    EXPECT_RUN(text, "--set t=999ns", 2, "t=999ns: out of range, 1us to 1ms");
    EXPECT_RUN(text, "--set t=1001us", 2, "out of range, 1us to 1ms");
    (void)snprintf(text, sizeof(text), TIMED, "'soon'");
    EXPECT_RUN(text, "", 2, "t: min = soon: a time is wanted");
    EXPECT_RUN("params { { 'n', 'int', 1, 'n', max = '1us' } }\n" SMALL_MACHINE, "", 2,
               "n: max = 1us: a whole number is wanted");
    EXPECT_RUN("params { { 'b', 'bool', true, 'b', max = 1 } }\n" SMALL_MACHINE, "", 2,
               "only an int or a time has bounds");
}

Test(cli, slow_action_is_an_action_and_cycles)
{
    EXPECT_RUN(SMALL_MACHINE, "--set guc.slow=SCHED_CONTEXT+100", 0, "guc.slow=SCHED_CONTEXT+100");
    EXPECT_RUN(SMALL_MACHINE, "--set guc.slow=SCHED+100", 2, "an action and cycles are wanted");
    EXPECT_RUN(SMALL_MACHINE, "--set guc.slow=SCHED_CONTEXT", 2, "an action and cycles are wanted");
    EXPECT_RUN(SMALL_MACHINE, "--set guc.slow=SCHED_CONTEXT+1x", 2, "and cycles are wanted");
    EXPECT_RUN(SMALL_MACHINE, "--set guc.slow=SCHED_CONTEXT+-1", 2, "and cycles are wanted");
}

Test(cli, text_beside_the_script_is_read_and_a_missing_one_is_named)
{
    EXPECT_RUN(SMALL_MACHINE "expect_eq('itself', #read_text('case.lua') > 50, true)\n", "", 0,
               "1 of 1 expectations hold");
    EXPECT_RUN(SMALL_MACHINE "read_text('nothing.txt')\n", "", 2,
               "read_text: nothing.txt: No such");
}

Test(cli, unknown_field_gets_the_nearest_one)
{
    EXPECT_RUN("machine { gpus = { { nane = 'src' } } }\n", "", 2, "did you mean name");
}

Test(cli, error_in_virtual_time_is_told_with_actor_and_time)
{
    EXPECT_RUN(SMALL_MACHINE "actor('other', function() sleep('5us') nonsense() end)\n", "", 2,
               "in actor other at ");
    cr_expect(strstr(shell_output, "case.lua:2:"), "%s", shell_output);
}

Test(cli, endless_loop_is_stopped)
{
    EXPECT_RUN(SMALL_MACHINE "while true do end\n", "", 2, "an endless loop?");
}

Test(cli, migration_that_did_not_arrive_is_told_with_error_and_step)
{
    cr_expect_eq(
        shell("%s run migration/cancel_steps --trace off --out %s/out", gucsim_path(), work_dir), 0,
        "%s", shell_output);
    cr_expect(strstr(shell_output, "vm1 stayed, ECANCELED at step round, 1 round, "), "%s",
              shell_output);
    cr_expect_eq(shell("grep -q '\"error\":.*\"ECANCELED\"' %s/out/report.json", work_dir), 0);
}

Test(cli, profile_knows_a_vf_that_moved_on_from_one_that_did_not_recover)
{
    cr_expect_eq(
        shell("%s run migration/second_move --quiet --trace off --out %s/out && %s profile "
              "%s/out",
              gucsim_path(), work_dir, gucsim_path(), work_dir),
        0, "%s", shell_output);
    cr_expect(strstr(shell_output, " gt0 (moved on before it recovered)\n"), "%s", shell_output);
    cr_expect(!strstr(shell_output, "did not recover"), "%s", shell_output);
    cr_expect_eq(shell("%s profile --format json %s/out | grep -c '\"moved_on\": true'",
                       gucsim_path(), work_dir),
                 0);
    cr_expect_str_eq(shell_output, "1\n");
}

Test(cli, values_are_said_and_compared_by_their_contents)
{
    EXPECT_RUN(SMALL_MACHINE "say('at', 5, { 1, { x = 'y' }, b = true }, nil)\n"
                             "expect_eq('same', { 1, { x = 2 } }, { 1, { x = 2 } })\n"
                             "local t, u = {}, {} t.t = t t.u = t t.v = t u.t = u u.u = u u.v = u\n"
                             "expect_eq('circles', t, t)\n",
               "", 0, "us  at 5 { 1, { x = \"y\" }, b = true } nil\n");
    EXPECT_RUN(SMALL_MACHINE "expect_eq('list', { 1 }, { 1, 2 })\nexpect_eq('kind', '1', 1)\n"
                             "local t, u = {}, {} t.t = t t.u = t t.v = t u.t = u u.u = u u.v = u\n"
                             "expect_eq('circles', t, u)\n",
               "", 1, "list: seen { 1 }, wanted { 1, 2 }\n");
    cr_expect(strstr(shell_output, "kind: seen \"1\", wanted 1\n"), "%s", shell_output);
    cr_expect(strstr(shell_output, "circles: seen { t = { t = "), "%s", shell_output);
}

Test(cli, failed_expectation_exits_with_one)
{
    EXPECT_RUN(SMALL_MACHINE "expect_eq('answer', 41, 42)\n", "", 1, "seen 41, wanted 42");
    cr_expect_eq(shell("tr -d '\\n\\t' < %s/out/report.json", work_dir), 0);
    cr_expect(strstr(shell_output, "\"line\":2,\"said\":\"seen 41, wanted 42\""), "%s",
              shell_output);
}

Test(cli, uncaught_failure_exits_with_one)
{
    EXPECT_RUN(SMALL_MACHINE "wait_until(function() return false end, '5us')\n", "", 1,
               "wait_until: ETIME");
}

Test(cli, time_limit_exits_with_one_and_names_who_waits)
{
    EXPECT_RUN(SMALL_MACHINE "sleep('10s')\n", "--set time_limit=1ms", 1, "the time limit");
    cr_expect(strstr(shell_output, "main"), "%s", shell_output);
    EXPECT_RUN(SMALL_MACHINE "sleep('10s')\n", "--until 1ms", 1, "--until");
}

#define VM_MACHINE                                                                                 \
    "local m = machine { gpus = { { name = 'src', gts = 1 } }, vms = { { name = 'vm1' } } }\n"     \
    "m.src:provision(1, { ggtt_size = 4 << 20 })\n"                                                \
    "m.vm1:attach(m.src, 1)\n"

/* A job whose message nobody tells the GuC of. */
#define LOST_JOB                                                                                   \
    VM_MACHINE "local vf = m.vm1.vf\n"                                                             \
               "m.vm1:run(function()\n"                                                            \
               "  vf:probe()\n"                                                                    \
               "  local queue = vf:queue('render')\n"                                              \
               "  vf:wait(queue, vf:submit(queue, { add = { 1, 1 } }))\n"                          \
               "  m.src:drop_doorbells(1, 1)\n"                                                    \
               "  local fence = vf:submit(queue, { add = { 1, 1 } })\n"                            \
               "  expect_eq('both ran', vf:result(1), 2)\n"                                        \
               "  vf:wait(queue, fence, '900ms')\n"                                                \
               "end, '990ms')\n"

#define EXPECT_OUTPUT(message)                                                                     \
    cr_expect(strstr(shell_output, message), "'%s' is missing in: %s", message, shell_output)

Test(cli, nothing_that_can_happen_exits_with_three_and_says_who_waits)
{
    EXPECT_RUN(VM_MACHINE "m.vm1:actor('guest', function() sleep('5us') end)\nm.vm1:stop()\n", "",
               3, "nothing can ever happen again; actors that wait: guest");
    EXPECT_OUTPUT("its VM is stopped");
    EXPECT_OUTPUT("src.gt0 vf1 state: GuC VF_READY");
    EXPECT_OUTPUT("guc (src.guc0): hal_irq_wait since");
}

Test(cli, watchdog_exits_with_three_and_explains_what_is_open)
{
    EXPECT_RUN(LOST_JOB, "--set watchdog=80ms", 3, "watchdog: no event since");
    EXPECT_OUTPUT("actor vm1.run waits in wait(0, 2, 900ms), ");
    EXPECT_OUTPUT("case.lua:12");
    EXPECT_OUTPUT("src.gt0 vf1 h2g: the GuC has not taken dwords ");
    EXPECT_OUTPUT("src.gt0 vf1 context 0 on rcs0: 1 jobs");
    EXPECT_OUTPUT("sent    fast_request SCHED_CONTEXT fence ");
    EXPECT_OUTPUT("vf submit gt0 (vm1.vf): hal_wait since");
    EXPECT_RUN(SMALL_MACHINE "m.src:provision(1)\nsleep('100ms')\n", "--set watchdog=80ms", 3,
               "actor main waits in sleep(100ms), ");
    EXPECT_RUN(SMALL_MACHINE "for i = 1, 10 do sleep('20ms') say(i) end\n", "--set watchdog=80ms",
               0, "pass");
}

Test(cli, failed_expectation_names_line_time_value_and_last_messages)
{
    EXPECT_RUN(LOST_JOB, "--set watchdog=80ms", 3, "case.lua:11: expectation failed at ");
    EXPECT_OUTPUT(" us: both ran: seen 1, wanted 2\n  last messages of the actor's VF:\n");
    EXPECT_OUTPUT("taken   event SCHED_CONTEXT_MODE_DONE | 90001002");
}

Test(cli, last_messages_name_what_the_guc_refused_with)
{
    EXPECT_RUN("local m = machine { gpus = { { name = 'a' } } }\nm.a:pause(1)\n", "--trace off", 1,
               " UNPROVISIONED_VF | e000000d\n");
}

Test(cli, uncaught_failure_tells_the_last_messages)
{
    EXPECT_RUN(LOST_JOB, "--set watchdog=0", 1, "vf:wait: ETIME");
    EXPECT_OUTPUT("last messages of the actor's VF:");
    EXPECT_OUTPUT("sent    fast_request SCHED_CONTEXT fence ");
}

Test(cli, any_or_all_of_several_conditions_are_waited_for)
{
    EXPECT_RUN(
        SMALL_MACHINE
        "local script = watch { kind = 'script' }\n"
        "local slow = actor('slow', function() sleep('30us') end)\n"
        "local fast = actor('fast', function() sleep('10us') say('here') end)\n"
        "local t = now()\n"
        "local which, event = wait_any { slow, script, '50us', function() return false end }\n"
        "expect_eq('the event came first', which, 2)\n"
        "expect_eq('it is given', event.text, 'here')\n"
        "expect('in its instant', now() - t < 10200, now() - t)\n"
        "expect_eq('a time is one', wait_any({ slow, 5000 }), 2)\n"
        "local all = wait_all { slow, fast, '40us', function() return 'yes' end }\n"
        "expect_eq('as many', #all, 4)\n"
        "expect_eq('what a function gave', all[4], 'yes')\n"
        "expect('after the last', now() - t >= 40000, now() - t)\n"
        "local failed, failure = pcall(wait_any, { script }, '5us')\n"
        "expect('a limit', not failed and failure.errno == 'ETIME', failure)\n"
        "wait_cycle(cycle() + 1234)\n",
        "", 0, "8 of 8 expectations hold");
    EXPECT_RUN(SMALL_MACHINE "wait_any {}\n", "", 2, "1 to 64 conditions");
    EXPECT_RUN(SMALL_MACHINE "wait_all { 'soon' }\n", "", 2, "case.lua:2:");
}

Test(cli, sandbox_has_no_way_out)
{
    EXPECT_RUN(SMALL_MACHINE
               "expect('none', not (io or os or debug or load or dofile or string.dump))\n",
               "", 0, "1 of 1 expectations hold");
}

Test(cli, good_run_leaves_all_files)
{
    static const char *const names[] = {"trace.vcd.gz", "names.json", "events.jsonl",
                                        "report.json"};
    char path[128];
    struct stat status;

    EXPECT_RUN(SMALL_MACHINE "expect('true', true)\n", "", 0, "pass: 1 of 1");
    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        (void)snprintf(path, sizeof(path), "%s/out/%s", work_dir, names[i]);
        cr_expect_eq(stat(path, &status), 0, "%s is missing", path);
        cr_expect_gt(status.st_size, 0, "%s is empty", path);
    }
}

Test(cli, directory_that_cannot_be_made_is_told)
{
    char arguments[256];

    cr_expect_eq(run_text(SMALL_MACHINE, "--out /dev/null/out"), 2, "%s", shell_output);
    cr_expect(strstr(shell_output, "/dev/null/out"), "%s", shell_output);
    (void)snprintf(arguments, sizeof(arguments), "run %s/case.lua --out ''", work_dir);
    cr_expect_eq(gucsim(arguments), 2, "%s", shell_output);
}

Test(cli, disk_that_is_full_is_told)
{
    char command[512];
    FILE *pipe;
    size_t len;

    cr_assert_eq(run_text(SMALL_MACHINE, ""), 0, "%s", shell_output);
    (void)snprintf(command, sizeof(command),
                   "bash -c 'ulimit -f 1; %s run %s/case.lua --quiet --out %s/out' 2>&1",
                   gucsim_path(), work_dir, work_dir);
    pipe = popen(command, "r");
    cr_assert_not_null(pipe);
    len = fread(shell_output, 1, sizeof(shell_output) - 1, pipe);
    shell_output[len] = '\0';
    cr_expect_eq(WEXITSTATUS(pclose(pipe)), 2, "%s", shell_output);
    cr_expect(strstr(shell_output, "File too large"), "%s", shell_output);
}

Test(cli, same_run_twice_writes_the_same_bytes)
{
    static const char text[] = SMALL_MACHINE "for _, v in pairs { b = 1, a = 2 } do\n"
                                             "  say(v + math.random(1000))\n"
                                             "  sleep(math.random(1000))\n"
                                             "end\n";
    char command[256];

    cr_assert_eq(run_text(text, "--seed 7 --trace vcd"), 0, "%s", shell_output);
    (void)snprintf(command, sizeof(command), "mv %s/out %s/first", work_dir, work_dir);
    cr_assert_eq(system(command), 0);
    cr_assert_eq(run_text(text, "--seed 7 --trace vcd"), 0, "%s", shell_output);
    for (const char *const *name = (const char *const[]){"trace.vcd", "events.jsonl", NULL}; *name;
         name++) {
        (void)snprintf(command, sizeof(command), "cmp %s/first/%s %s/out/%s", work_dir, *name,
                       work_dir, *name);
        cr_expect_eq(system(command), 0, "%s differs", *name);
    }
}

Test(cli, filter_that_lets_nothing_through_is_told)
{
    EXPECT_RUN(SMALL_MACHINE, "--trace off", 0, "pass");
    cr_expect_eq(shell("%s profile --action NOPE %s/out 2>&1", gucsim_path(), work_dir), 2);
    cr_expect(strstr(shell_output, "out: no such message in this run"), "%s", shell_output);
    cr_expect_eq(shell("%s profile --fn 0 %s/out 2>&1", gucsim_path(), work_dir), 0);
    cr_expect_eq(shell("%s timeline --gpu zz %s/out 2>&1", gucsim_path(), work_dir), 0);
    cr_expect(strstr(shell_output, "no control message of GPU zz"), "%s", shell_output);
}

Test(cli, signals_that_there_are_not_are_told_in_one_line)
{
    EXPECT_RUN(SMALL_MACHINE, "--trace-scope 'no*' --quiet", 2, "no signal has such a name");
    cr_expect(!strstr(shell_output, "gtkw"), "%s", shell_output);
}

Test(cli, list_shows_scenarios_and_keys)
{
    cr_expect_eq(gucsim("list"), 0);
    cr_expect(strstr(shell_output, "\nvf_restore ") && strstr(shell_output, "\nfaults/guc_dead "),
              "%s", shell_output);
    cr_expect(!strstr(shell_output, "lib/"), "%s", shell_output);
    cr_expect_eq(gucsim("list vf_migrate_v2"), 0);
    cr_expect(strstr(shell_output, "dst.guc.abi") && strstr(shell_output, "1ns..1s"), "%s",
              shell_output);
    cr_expect(strstr(shell_output, "ITS KEYS") < strstr(shell_output, "\njobs ") &&
                  strstr(shell_output, "\njobs ") < strstr(shell_output, "OF EVERY MACHINE"),
              "%s", shell_output);
    cr_expect_eq(gucsim("list /nowhere.lua"), 2);
}

/* What a scenario says of itself may go over several lines; its first sentence is shown. */
Test(cli, list_shows_scenarios_of_another_folder)
{
    char arguments[128];

    work_file("mine.lua",
              "-- SPDX-License-Identifier: MIT\n-- It shows\n-- this. Not that.\n" SMALL_MACHINE);
    (void)snprintf(arguments, sizeof(arguments), "list %s", work_dir);
    cr_expect_eq(gucsim(arguments), 0);
    cr_expect(strstr(shell_output, "mine.lua ") && strstr(shell_output, " It shows this.\n"), "%s",
              shell_output);
    cr_expect_eq(gucsim("list relay --names"), 0);
    cr_expect_str_eq(shell_output, "relay/errors\nrelay/handshake\nrelay/versions\n");
    cr_expect_eq(gucsim("list --names relay"), 0);
    cr_expect_str_eq(shell_output, "relay/errors\nrelay/handshake\nrelay/versions\n");
}

Test(cli, scenario_of_another_folder_has_the_helpers_of_ours)
{
    EXPECT_RUN("local work = require 'lib.work'\n" SMALL_MACHINE
               "expect('there', work.open ~= nil)\n",
               "", 0, "1 of 1");
    EXPECT_RUN("require 'lib.nothing'\n" SMALL_MACHINE, "", 2, "lib/nothing.lua");
}

Test(cli, interrupt_leaves_valid_files)
{
    char path[128];

    cr_assert_eq(run_text(SMALL_MACHINE "while true do sleep('1us') end\n", "--until 1us"), 1);
    /* Once its log is there it takes signals; virtual time has no end until then. */
    cr_expect_eq(shell("%s run %s/case.lua --quiet --out %s/cut --set time_limit=1000000s "
                       "--set watchdog=0 2>&1 & until [ -e %s/cut/events.jsonl ] || ! kill -0 $!; "
                       "do sleep 0.1; done; "
                       "kill -INT $!; wait $!",
                       gucsim_path(), work_dir, work_dir, work_dir),
                 130, "%s", shell_output);
    (void)snprintf(path, sizeof(path), "gzip -t %s/cut/trace.vcd.gz", work_dir);
    cr_expect_eq(system(path), 0, "the trace is not whole");
    (void)snprintf(path, sizeof(path), "grep -q interrupted %s/cut/report.json", work_dir);
    cr_expect_eq(system(path), 0, "the report does not say so");
}
