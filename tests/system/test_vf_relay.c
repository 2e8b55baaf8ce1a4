/* SPDX-License-Identifier: MIT */
/* The relay in a whole machine: tests/scenarios/relay/handshake.lua through the built program, and
 * what its event log says of a bind. GUCSIM names the program; 'make test' sets it. */
#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SCENARIO "tests/scenarios/relay/handshake.lua"

static char out_dir[64];

/* First line of a shell command's output. */
static const char *shell(const char *format, ...)
{
    static char text[512];
    char command[1024];
    va_list args;
    FILE *pipe;

    va_start(args, format);
    (void)vsnprintf(command, sizeof(command), format, args);
    va_end(args);
    pipe = popen(command, "r");
    cr_assert_not_null(pipe);
    if (!fgets(text, sizeof(text), pipe)) {
        text[0] = '\0';
    }
    while (fgetc(pipe) != EOF) {
    }
    (void)pclose(pipe);
    text[strcspn(text, "\n")] = '\0';
    return text;
}

static void run_scenario(void)
{
    const char *gucsim = getenv("GUCSIM");
    const char *result;

    (void)snprintf(out_dir, sizeof(out_dir), "/tmp/gucsim-test-XXXXXX");
    cr_assert_not_null(mkdtemp(out_dir));
    result = shell("%s run " SCENARIO " --set binds=1 --trace off --quiet --out %s 2>&1 && echo ok",
                   gucsim ? gucsim : "build/gucsim", out_dir);
    cr_assert_str_eq(result, "ok", "%s", result);
}

static void remove_files(void)
{
    cr_expect_str_eq(shell("rm -rf %s", out_dir), "");
}

TestSuite(vf_relay_run, .init = run_scenario, .fini = remove_files, .timeout = 600);

/* Messages of a bind that VF 1 of src sent or took on a GT: HXG words after an edit by sed, joined
 * with commas. */
static const char *vf1_messages(const char *kind, const char *ev, unsigned gt, const char *edit)
{
    return shell("grep '\"gpu\":\"src\",\"gt\":%u,\"kind\":\"%s\",\"ev\":\"%s\",\"fn\":1,' "
                 "%s/events.jsonl | grep -E 'RELAY|OPT_IN|SCHEDULING_POLICIES' | "
                 "sed -E 's/.*\"hxg\":\"//; s/\".*//; %s' | head -n 8 | paste -sd,",
                 gt, kind, ev, out_dir, edit);
}

/* Where the KLVs of the opt-in lie is no matter here. */
#define NO_ADDRESS "s/^(0000550e) [0-9a-f]+/\\1/"
/* Of the PF's answers as far as who speaks and how it ends, not the values. */
#define HEADERS "s/^(90005102 [0-9a-f]+ [0-9a-f]).*/\\1/"

Test(vf_relay_run, a_bind_asks_in_the_order_of_the_linux_driver)
{
    cr_expect_str_eq(vf1_messages("h2g", "sent", 0, NO_ADDRESS),
                     "00005103 00000001 00000001 00010000,"
                     "00005103 00000002 00100101 00000000,"
                     "00005103 00000003 00000001 00010000,"
                     "0000550e 00000000 00000002,"
                     "00000509 10010002 00000050 00000014");
    cr_expect_str_eq(vf1_messages("h2g", "sent", 1, NO_ADDRESS),
                     "00005103 00000001 00000001 00010000,"
                     "00005103 00000002 00100101 00000000,"
                     "00005103 00000003 00000001 00010000,"
                     "0000550e 00000000 00000001");
}

Test(vf_relay_run, the_pf_answers_as_a_host)
{
    cr_expect_str_eq(vf1_messages("g2h", "taken", 1, HEADERS), "f0000000,90005102 00000001 7,"
                                                               "f0000000,90005102 00000002 7,"
                                                               "f0000000,90005102 00000003 7,"
                                                               "f0000001");
}

Test(vf_relay_run, nobody_breaks_a_rule)
{
    cr_expect_str_eq(shell("grep -c peer_error %s/events.jsonl", out_dir), "0");
}
