/* SPDX-License-Identifier: MIT */
/* A run whose channel dies leaves the state of that moment, and says where. GUCSIM names the
 * program; 'make test' sets it. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char directory[64];
static char output[65536];

static void setup(void)
{
    (void)snprintf(directory, sizeof(directory), "/tmp/gucsim-failure-XXXXXX");
    cr_assert_not_null(mkdtemp(directory));
}

static void teardown(void)
{
    char command[128];

    (void)snprintf(command, sizeof(command), "rm -rf %s", directory);
    cr_assert_eq(system(command), 0);
}

TestSuite(failure, .init = setup, .fini = teardown, .timeout = 600);

/* Runs a command; what it prints is in output. Returns its exit code. */
static int run(const char *format, const char *argument)
{
    const char *program = getenv("GUCSIM");
    char command[512];
    FILE *pipe;
    int status;

    (void)snprintf(command, sizeof(command), format, program ? program : "build/gucsim", argument,
                   directory);
    pipe = popen(command, "r");
    cr_assert_not_null(pipe);
    output[fread(output, 1, sizeof(output) - 1, pipe)] = '\0';
    status = pclose(pipe);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

#define RUN_DEAD "%s run tests/scenarios/ctb/dead_channel.lua --quiet --trace off %s --out %s 2>&1"

static void expect(const char *wanted)
{
    cr_expect(strstr(output, wanted), "'%s' is missing in: %s", wanted, output);
}

Test(failure, dead_channel_leaves_a_snapshot_that_the_error_names)
{
    cr_expect_eq(run(RUN_DEAD, "--until 600us"), 1, "%s", output);
    expect("state at failure: /tmp/gucsim-failure-");
    expect("/failure.txt");
    cr_expect_eq(run("cat %.0s%.0s%s/failure.txt", ""), 0);
    expect("==== 541.951 us: vm1 has a dead channel: ct_h2g_write\n");
    expect("H2G CTB (all sizes in DW):\n\tsize: 1024\n");
    expect("\tbroken: 1\n\thead (memory): ");
    expect("\tstatus (memory): 0x1\n");
    expect("pending fences:");
    expect("gpu ggtt_provisioned:\nVF1:\t0x");
    expect("\t(4 MiB)\nVF2:\t0x");
    expect("gpu gt0 control state:\nVF1:\tREADY\n");
}

Test(failure, device_given_up_is_told_and_a_good_run_is_quiet)
{
    cr_expect_eq(run(RUN_DEAD, ""), 0, "%s", output);
    cr_expect_null(strstr(output, "state at failure"), "%s", output);
    cr_expect_eq(run("grep -c ==== %.0s%.0s%s/failure.txt", ""), 0);
    cr_expect_eq(run("grep gave %.0s%.0s%s/failure.txt", ""), 0);
    expect("vm1 gave its device up: ct_h2g_write");
}

Test(failure, run_without_failure_leaves_no_snapshot)
{
    cr_expect_eq(run("%s run tests/scenarios/pause_resume.lua --quiet --trace off %s --out %s", ""),
                 0);
    cr_expect_neq(run("test -e %.0s%.0s%s/failure.txt", ""), 0);
}
