/* SPDX-License-Identifier: MIT */
/* Parts of the waves, and the check of idle skip that does not step everything. The program is
 * $GUCSIM, or build/gucsim. */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "tests/system/program.h"

#define SCENARIO "tests/scenarios/pause_resume.lua"

TestSuite(trace_parts, .init = work_dir_make, .fini = work_dir_remove, .timeout = 1800);

/* Runs the scenario into WORK_DIR/name. Returns the exit code. */
static int run(const char *name, const char *options)
{
    return shell("%s run " SCENARIO " --quiet --out %s/%s %s 2>&1", gucsim_path(), work_dir, name,
                 options);
}

/* What one reads off a VCD. */
struct vcd {
    unsigned signals, foreign; /* foreign: outside a GGTT's scope */
    uint64_t first_ps, last_ps;
    unsigned first_changes; /* in the first instant */
};

static struct vcd vcd_read(const char *name)
{
    char path[128], line[4096];
    unsigned depth = 0, inside = 0; /* of scopes; where a GGTT's began, or 0 */
    struct vcd vcd = {0};
    unsigned instants = 0;
    gzFile file;

    (void)snprintf(path, sizeof(path), "%s/%s/trace.vcd.gz", work_dir, name);
    file = gzopen(path, "r");
    cr_assert_not_null(file, "%s", path);
    while (gzgets(file, line, sizeof(line))) {
        const char *text = line + strspn(line, " ");

        if (strncmp(text, "$scope", 6) == 0) {
            depth++;
            inside = !inside && strstr(text, "ggtt") ? depth : inside;
        } else if (strncmp(text, "$upscope", 8) == 0) {
            inside = inside == depth ? 0 : inside;
            depth--;
        } else if (strncmp(text, "$var", 4) == 0) {
            vcd.signals++;
            vcd.foreign += !inside;
        } else if (*text == '#') {
            vcd.last_ps = strtoull(text + 1, NULL, 10);
            vcd.first_ps = instants++ ? vcd.first_ps : vcd.last_ps;
        } else if (instants == 1) {
            vcd.first_changes++;
        }
    }
    (void)gzclose(file);
    return vcd;
}

Test(trace_parts, a_scope_leaves_other_signals_out)
{
    struct vcd all, part;

    cr_assert_eq(run("all", ""), 0);
    cr_assert_eq(run("part", "--trace-scope '*ggtt.*'"), 0);
    all = vcd_read("all");
    part = vcd_read("part");
    cr_expect_gt(part.signals, 0);
    cr_expect_eq(part.foreign, 0);
    cr_expect_lt(part.signals, all.signals / 10);
    cr_expect_gt(part.first_changes, 0);
    cr_expect_leq(part.first_changes, part.signals, "some signals share a code");
}

Test(trace_parts, a_scope_may_name_states_of_programs_alone)
{
    cr_assert_eq(run("part", "--trace-scope 'src.guc?.vf1.state'"), 0);
    cr_expect_eq(vcd_read("part").signals, 2);
}

Test(trace_parts, a_scope_without_signals_is_refused)
{
    cr_expect_eq(run("none", "--trace-scope 'nix.*'"), 2);
}

Test(trace_parts, a_window_begins_with_all_values_and_keeps_to_its_times)
{
    struct vcd all, part;

    cr_assert_eq(run("all", ""), 0);
    cr_assert_eq(run("part", "--trace-from 30us --trace-to 40us --verify-skip"), 0);
    all = vcd_read("all");
    part = vcd_read("part");
    cr_expect_eq(part.first_ps, 30000000);
    cr_expect_eq(part.first_changes, all.first_changes);
    cr_expect_leq(part.last_ps, 40000000);
    cr_expect_gt(part.last_ps, 39000000, "%" PRIu64, part.last_ps);
}

Test(trace_parts, a_recorder_writes_nothing_of_a_good_run)
{
    char path[128];

    cr_assert_eq(run("good", "--trace last=5us"), 0);
    (void)snprintf(path, sizeof(path), "%s/good/trace.vcd.gz", work_dir);
    cr_expect_neq(access(path, F_OK), 0);
}

Test(trace_parts, a_recorder_writes_the_last_stretch_of_a_failed_run)
{
    struct vcd all, part;

    cr_assert_eq(run("all", "--until 50us"), 1);
    cr_assert_eq(run("part", "--until 50us --trace last=5us"), 1);
    all = vcd_read("all");
    part = vcd_read("part");
    cr_expect_eq(part.last_ps, all.last_ps);
    cr_expect_geq(part.first_ps, all.last_ps - 2 * 5000000ull - 1000000);
    cr_expect_leq(part.first_ps, all.last_ps - 4000000);
    cr_expect_eq(part.signals, all.signals);
    cr_expect_eq(part.first_changes, all.first_changes);
}

/* Of longer runs 'make check-skip' tells. */
Test(trace_parts, idle_skip_changes_no_byte_of_waves_or_events)
{
    cr_expect_eq(run("whole", "--verify-skip"), 0);
}

Test(trace_parts, the_ends_of_gaps_are_quiet_and_checking_them_changes_nothing)
{
    char command[256];

    cr_assert_eq(run("plain", ""), 0);
    cr_assert_eq(run("checked", "--skip-check 50"), 0);
    (void)snprintf(command, sizeof(command),
                   "cmp %s/plain/trace.vcd.gz %s/checked/trace.vcd.gz && "
                   "cmp %s/plain/events.jsonl %s/checked/events.jsonl",
                   work_dir, work_dir, work_dir, work_dir);
    cr_expect_eq(system(command), 0);
    cr_assert_eq(run("silent", "--skip-check 50 --trace off"), 0);
}

Test(trace_parts, options_that_contradict_each_other_are_refused)
{
    static const char *const options[] = {
        "--trace last=5us --trace-from 1us",
        "--trace-from 2us --trace-to 1us",
        "--trace last=5us --verify-skip",
        "--skip-check 5 --no-skip",
        "--skip-check 5 --trace last=1us",
        "--trace last=",
        "--trace last=0us",
        "--skip-check many",
    };

    for (unsigned i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
        cr_expect_eq(run("bad", options[i]), 2, "%s", options[i]);
    }
}
