/* SPDX-License-Identifier: MIT */
/* Races of migration as a user runs them: the scenarios judge themselves, and here the events
 * that decide are looked up in what they leave. GUCSIM names the program; 'make test' sets it. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/system/program.h"

/* ---- helpers --------------------------------------------------------------------------------- */

TestSuite(races, .init = work_dir_make, .fini = work_dir_remove, .timeout = 600);

static void run_scenario(const char *name, const char *options)
{
    int code = shell("%s run tests/scenarios/%s.lua --quiet --trace off --out %s %s 2>&1",
                     gucsim_path(), name, work_dir, options);

    cr_assert_eq(code, 0, "%s %s: exit %d: %s", name, options, code, shell_output);
}

/* Count of event lines that match an extended regular expression. */
static int events(const char *pattern)
{
    (void)shell("grep -cE '%s' %s/events.jsonl", pattern, work_dir);
    return atoi(shell_output);
}

/* Cycle of the first event that matches, -1 when there is none. */
static long long first_cycle(const char *pattern)
{
    (void)shell("grep -m1 -E '%s' %s/events.jsonl | sed 's/.*\"cycle\":\\([0-9]*\\).*/\\1/'",
                pattern, work_dir);
    return shell_output[0] ? atoll(shell_output) : -1;
}

#define REQUEST(name) "\"ev\":\"request\".*" name
#define REFUSED       "\"ev\":\"reply\".*VF2GUC_RESFIX_DONE.*\"hxg\":\"e0000107\""
#define STALE         "\"kind\":\"fault\".*\"what\":\"stale "
#define TO_RUNNING                                                                                 \
    "\"kind\":\"vf_state\",\"vf\":1,\"from\":\"VF_RESFIX_BLOCKED\",\"to\":\"VF_RUNNING\""
#define REQUEUED       "\"kind\":\"recovery\".*\"step\":\"requeued\""
#define RESFIX_STARTED REQUEST("VF2GUC_RESFIX_START")

/* ---- second migrations ----------------------------------------------------------------------- */

/* Whether DONE of the first migration is refused, and every START has a marker of its own. */
static void expect_refusals(const char *letter, int refusals)
{
    char options[32];
    int starts;

    (void)snprintf(options, sizeof(options), "--set case=%s", letter);
    run_scenario("vf_double_migration", options);
    cr_expect_eq(events(REFUSED), refusals, "case %s", letter);
    cr_expect_eq(events(REQUEUED), refusals, "case %s", letter);
    cr_expect_eq(events(TO_RUNNING), 2, "case %s: each GT once", letter);
    cr_expect_eq(events(STALE), 0, "case %s", letter);

    starts = events("\"gt\":0,.*" RESFIX_STARTED);
    cr_expect_eq(starts, 1 + refusals, "case %s", letter);
    (void)shell("grep -E '\"gt\":0,.*" RESFIX_STARTED
                "' %s/events.jsonl | sed 's/.*\"hxg\"//' | sort -u | wc -l",
                work_dir);
    cr_expect_eq(atoi(shell_output), starts, "case %s: a new marker each time", letter);
}

Test(races, second_migration_before_start_is_met_by_one_recovery)
{
    expect_refusals("a", 0);
}

Test(races, second_migration_during_fixups_refuses_done)
{
    expect_refusals("b", 1);
}

Test(races, second_migration_before_restart_refuses_done)
{
    expect_refusals("c", 1);
}

Test(races, second_migration_before_done_refuses_done)
{
    expect_refusals("d", 1);
}

Test(races, second_migration_to_a_third_gpu_refuses_done)
{
    expect_refusals("e", 1);
    cr_expect_gt(events("\"gpu\":\"third\".*" TO_RUNNING), 0);
}

Test(races, second_migrations_in_a_row_share_nothing)
{
    run_scenario("vf_double_migration", "");
    cr_expect_eq(events(REFUSED), 4);
}

/* Without markers the driver looks itself, in time at each of these points. */
Test(races, second_migration_below_abi_1_27_is_seen_by_the_driver)
{
    run_scenario("vf_double_migration", "--set guc.abi=1.26");
    cr_expect_eq(events(RESFIX_STARTED), 0);
    cr_expect_eq(events(REFUSED), 0);
    cr_expect_gt(events(REQUEUED), 0);
    cr_expect_eq(events(STALE), 0);
}

/* ---- the race -------------------------------------------------------------------------------- */

Test(races, done_of_another_migration_runs_stale_contexts_without_marker_only)
{
    run_scenario("vf_resfix_race", "");
    /* Reported where it happened, for each of the three contexts, after the GuC was told. */
    cr_expect_eq(events("\"gpu\":\"old1\".*" STALE), 3);
    cr_expect_eq(events(STALE), 3, "nowhere else");
    long long told = first_cycle("\"gpu\":\"old1\".*" REQUEST("VF2GUC_RESFIX_DONE"));
    long long fault = first_cycle(STALE);
    cr_expect(told > 0 && fault > told && fault - told < 10000, "%lld %lld", told, fault);
    /* The same timing with a marker. */
    cr_expect_eq(events("\"gpu\":\"new1\".*" REFUSED), 1);
    /* A blob of 1.27 at a GuC of 1.26. */
    cr_expect_gt(events("\"gpu\":\"old2\".*PF2GUC_SAVE_RESTORE_VF.*\"hxg\":\"e000000b\""), 0);
    /* A driver of 1.26 at a GuC of 1.27: no marker. */
    cr_expect_eq(events("\"gpu\":\"new2\".*" REQUEST("VF2GUC_RESFIX_DONE") ".*\"00005508\""), 2);
}

/* ---- other resources ------------------------------------------------------------------------- */

Test(races, target_with_other_resources_wedges_that_vf_only)
{
    static const char *const abis[] = {"--set guc.abi=1.27", "--set guc.abi=1.26"};

    for (unsigned i = 0; i < 2; i++) {
        run_scenario("vf_wedge", abis[i]);
        /* Without memory interrupts only the flow with markers gives up. */
        cr_expect_eq(events("\"kind\":\"recovery\".*\"step\":\"wedged\""), i == 0 ? 4 : 3);
        cr_expect_eq(events("\"what\":\"number of contexts changed\""), 1);
        cr_expect_eq(events("\"what\":\"number of doorbells changed\""), 1);
        cr_expect_eq(events("\"what\":\"GGTT size changed\""), 1);
        /* A wedged driver says nothing; the one that goes on, once for each GT. */
        cr_expect_eq(events(REQUEST("VF2GUC_RESFIX_DONE")), i == 0 ? 0 : 2);
    }
}

/* ---- resets ---------------------------------------------------------------------------------- */

Test(races, resets_leave_no_vf_behind)
{
    run_scenario("vf_flr", "");
    cr_expect_eq(events("\"kind\":\"pf_state\".*\"to\":\"FLR_(FAILED|REJECTED)\""), 0);
    cr_expect_eq(events("\"kind\":\"pf_state\".*\"to\":\"(PAUSED_)?MISMATCH\""), 0);
    /* The chip's way: the GuC tells the PF. */
    cr_expect_gt(events("\"to\":\"VF_FLR_PENDING\""), 0);
    cr_expect_gt(events("\"ev\":\"taken\".*\"hxg\":\"90005106 00000001 00000001\""), 0);
    /* A second reset behind FLR_FINISH begins anew. */
    cr_expect_gt(events("\"from\":\"FLR_SEND_FINISH\",\"to\":\"FLR_SEND_START\""), 0);
}
