/* SPDX-License-Identifier: MIT */
/* A recorded session of Linux's own driver, moved twice with jobs in flight, on machines of other
 * speeds than the recorded one. Its scenario expects both GuCs to accept RESFIX_DONE. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/system/serve_client.h"

#define SESSION "tests/linux/sessions/move.session"

static void setup(void)
{
    char command[128];

    serve_setup("");
    (void)snprintf(command, sizeof(command), "cp " SESSION " %s/session", serve_directory);
    cr_assert_eq(system(command), 0);
}

TestSuite(session_move, .init = setup, .fini = serve_teardown, .timeout = 6000);

/* How often a GuC accepted the end of the driver's fixups. */
static unsigned recoveries(const char *out, const char *gpu, unsigned gt)
{
    char name[128], line[1024], where[64];
    unsigned count = 0;
    FILE *file;

    (void)snprintf(name, sizeof(name), "%s/%s/events.jsonl", serve_directory, out);
    (void)snprintf(where, sizeof(where), "\"gpu\":\"%s\",\"gt\":%u,", gpu, gt);
    file = fopen(name, "r");
    cr_assert_not_null(file);
    while (fgets(line, sizeof(line), file)) {
        count += strstr(line, "\"kind\":\"mmio_msg\",\"ev\":\"reply\"") && strstr(line, where) &&
                 strstr(line, "\"name\":\"VF2GUC_RESFIX_DONE\"") &&
                 strstr(line, "\"hxg\":\"f0000000\"");
    }
    (void)fclose(file);
    return count;
}

static void expect_recovered(const char *out)
{
    for (unsigned gt = 0; gt < 2; gt++) {
        cr_expect_eq(recoveries(out, "dst", gt), 1, "%s: GT %u there", out, gt);
        cr_expect_eq(recoveries(out, "src", gt), 1, "%s: GT %u back", out, gt);
    }
}

static void expect_survives(const char *out, const char *changes)
{
    char options[128];

    (void)snprintf(options, sizeof(options), "--loose --trace off %s", changes);
    cr_expect_eq(serve_replay(out, options), 0, "%s: %s", changes, serve_output);
    expect_recovered(out);
}

Test(session_move, replays_twice_to_the_same_events)
{
    expect_survives("first", "");
    expect_survives("second", "");
    cr_expect(serve_same_events("first", "second"));
}

Test(session_move, recovers_on_machines_of_half_and_double_latency)
{
    expect_survives("fast", "--set mem.latency=50 --set mmio.latency=100");
    expect_survives("slow", "--set mem.latency=200 --set mmio.latency=400");
}

/* So much slower that only a guest that waits for its interrupts gets through. */
Test(session_move, recovers_with_a_firmware_that_takes_10_ms_to_invalidate)
{
    expect_survives("firmware", "--set guc.slow=TLB_INVALIDATION+10000000");
}

Test(session_move, another_answer_is_the_first_divergence)
{
    cr_expect_eq(serve_replay("other", "--loose --trace off --set guc.abi=1.26"), 1);
    cr_expect(strstr(serve_output, "the session diverges at"), "%s", serve_output);
    cr_expect(strstr(serve_output, "gives 0x11a00"), "%s", serve_output);
}
