/* SPDX-License-Identifier: MIT */
/* World B on the machine as a user runs it: its scenarios with other costs, links and seeds, the
 * waves and charts that they leave, and a hostile guest. GUCSIM names the program; 'make test' sets
 * it. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/system/program.h"

TestSuite(vgpu, .init = work_dir_make, .fini = work_dir_remove, .timeout = 600);

static void run(const char *name, const char *options)
{
    int code = shell("%s run tests/scenarios/%s.lua --quiet --out %s %s 2>&1", gucsim_path(), name,
                     work_dir, options);

    cr_assert_eq(code, 0, "%s %s: exit %d: %s", name, options, code, shell_output);
}

/* Count of lines of the event log that match. */
static int events(const char *pattern)
{
    (void)shell("grep -cE '%s' %s/events.jsonl", pattern, work_dir);
    return atoi(shell_output);
}

/* ---- the channel ----------------------------------------------------------------------------- */

Test(vgpu, every_message_is_fetched_run_and_answered_whatever_a_trap_costs)
{
    static const char *const costs[] = {
        "--trace off", "--trace off --set trap.exit=0 --set trap.entry=0 --set trap.work=0",
        "--trace off --set trap.exit=20000"};

    for (size_t i = 0; i < sizeof(costs) / sizeof(*costs); i++) {
        int done;

        run("vgpu_pv_ctb", costs[i]);
        done = events("\"kind\":\"pv\",\"vgpu\":[1-3],\"ev\":\"done\"");
        cr_expect_gt(done, 100);
        cr_expect_eq(events("\"kind\":\"pv\",\"vgpu\":[1-3],\"ev\":\"trap\""), done, "%s",
                     costs[i]);
        cr_expect_eq(events("\"kind\":\"pv\",\"vgpu\":[1-3],\"ev\":\"exec\""), done, "%s",
                     costs[i]);
        cr_expect_geq(events("\"kind\":\"pv\",\"vgpu\":0,\"ev\":\"sent\""), done, "%s", costs[i]);
    }
}

Test(vgpu, ring_is_in_the_waves_from_both_ends)
{
    static const char *const signals[] = {"head", "tail", "fence", "status"};
    run("vgpu_pv_ctb", "--trace vcd");
    for (size_t i = 0; i < 4; i++) {
        cr_expect_eq(
            shell("grep -A12 'module vgpu1 ' %s/trace.vcd | grep -q ' %s '", work_dir, signals[i]),
            0, "%s", signals[i]);
    }
    cr_expect_eq(shell("grep -q trap_notify_q %s/trace.vcd", work_dir), 0);
}

Test(vgpu, timeline_draws_guest_trap_mediator_and_gpu)
{
    static const char *const rows[] = {"guest       trap        mediator    GPU",
                                       "writes rcs0 ELSP", "runs shadow context",
                                       "has left shadow context", "fence written"};
    run("vgpu_migrate_v1", "--trace off");
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        cr_expect_eq(shell("%s timeline %s | grep -q '%s'", gucsim_path(), work_dir, rows[i]), 0,
                     "%s", rows[i]);
    }
}

/* ---- moves ----------------------------------------------------------------------------------- */

Test(vgpu, move_does_not_depend_on_link_and_load)
{
    static const char *const options[] = {
        "--set jobs=20 --set work=100000",
        "--set bandwidth=100000000",
        "--set trap.exit=0 --set trap.entry=0 --set work=200000",
        "--set jobs=3 --set work=60000",
        "--set mmio.latency=1 --set mem.latency=1 --set work=200000",
        "--set guc.abi=1.26"};

    for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++) {
        char all[256];

        (void)snprintf(all, sizeof(all), "--trace off %s", options[i]);
        run(i % 2 ? "vgpu_migrate_v2" : "vgpu_migrate_v1", all);
    }
}

/* ---- hostile guest --------------------------------------------------------------------------- */

Test(vgpu, hostile_guest_is_answered_and_its_neighbour_works_on)
{
    for (int seed = 1; seed <= 6; seed++) {
        char options[128];

        (void)snprintf(options, sizeof(options), "--trace off --set rounds=6 --seed %d", seed);
        run("isolation/vgpu_hostile", options);
        cr_expect_gt(events("peer_error"), 5, "seed %d", seed);
    }
}
