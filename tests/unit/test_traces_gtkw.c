/* SPDX-License-Identifier: MIT */
/* First view for GTKWave: groups, names of values, hostile names. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/run_files.h"
#include "traces/traces.h"

static char text[8192];

TestSuite(gtkw, .init = run_files_make, .fini = run_files_remove);

/* The file's content, "" when there is none. */
static const char *get(const char *name)
{
    FILE *file = fopen(name, "r");

    text[file ? fread(text, 1, sizeof(text) - 1, file) : 0] = '\0';
    if (file) {
        (void)fclose(file);
    }
    return text;
}

static const char *action_name(uint16_t action, bool g2h)
{
    (void)g2h;
    return action == 0x5506 ? "PF2GUC_VF_CONTROL" : NULL;
}

static int write_view(void)
{
    char waves[96];

    (void)snprintf(waves, sizeof(waves), "%s/trace.vcd", run_files_dir);
    return gtkw_write(run_files_dir, waves, 1000000, action_name);
}

static const char vcd[] = "$timescale 1ps $end\n"
                          "$scope module src $end\n$scope module guc0 $end\n"
                          "$scope module vf1 $end\n"
                          "$var wire 4 a state [3:0] $end\n"
                          "$var wire 16 b h2g_action [15:0] $end\n"
                          "$upscope $end\n$upscope $end\n"
                          "$scope module pf $end\n$scope module gt0 $end\n"
                          "$scope module ct $end\n$var wire 1 c broken $end\n"
                          "$upscope $end\n$upscope $end\n$upscope $end\n"
                          "$upscope $end\n$enddefinitions $end\n#0\nb0 a\n";

Test(gtkw, states_and_actions_have_groups_and_names)
{
    run_files_put("trace.vcd", vcd);
    run_files_put("names.json",
                  "{\"src.guc0.vf1.state\": {\"0\": \"VF_READY\", \"1\": \"VF_PAUSED\"}}");
    cr_assert_eq(write_view(), 0);
    (void)get("trace.gtkw");
    cr_expect_not_null(strstr(text, "-VFs, as their GuC sees them\n@2024\n^1 /tmp/gucsim-files-"));
    cr_expect_not_null(strstr(text, "+src/guc0/vf1/state src.guc0.vf1.state[3:0]\n"));
    cr_expect_not_null(strstr(text, "filters/actions.txt\n[color] 5\n+src/guc0/vf1/h2g_action "));
    cr_expect_not_null(strstr(text, "+src/pf/gt0/ct/broken src.pf.gt0.ct.broken\n"));
    cr_expect_null(strstr(text, "recovery"), "a group without signals");
    cr_expect_str_eq(get("filters/states-1.txt"), "0 VF_READY\n1 ?orange4?VF_PAUSED\n");
    cr_expect_str_eq(get("filters/actions.txt"), "21766 PF2GUC_VF_CONTROL\n");
}

Test(gtkw, names_that_are_no_table_are_left_out)
{
    run_files_put("trace.vcd", vcd);
    run_files_put("names.json", "{\"src.guc0.vf1.state\": [1, {}]");
    cr_assert_eq(write_view(), 0);
    cr_expect_not_null(strstr(get("trace.gtkw"), "@24\n[color] 4\n+src/guc0/vf1/state "));
    run_files_put("names.json", "{\"src.guc0.vf1.state\": {\"0\": 7, \"1\": null}}");
    cr_assert_eq(write_view(), 0);
    cr_expect_str_eq(get("filters/states-1.txt"), "0 \n1 \n");
}

Test(gtkw, waves_that_are_none_are_refused)
{
    run_files_put("trace.vcd", "$var wire");
    cr_expect_lt(write_view(), 0);
    cr_expect_str_eq(get("trace.gtkw"), "");
}
