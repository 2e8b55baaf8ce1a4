/* SPDX-License-Identifier: MIT */
/* The page of a run: whole from little, hostile texts, files that are missing or damaged. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/run_files.h"
#include "traces/traces.h"

static char *page;

static void end(void)
{
    free(page);
    run_files_remove();
}

TestSuite(report, .init = run_files_make, .fini = end);

static int make_page(void)
{
    return run_files_command(report_main, "report .");
}

static void read_page(void)
{
    FILE *file = fopen("report.html", "r");
    const size_t room = 1 << 20;

    cr_assert_not_null(file);
    page = malloc(room);
    cr_assert_not_null(page);
    page[fread(page, 1, room - 1, file)] = '\0';
    (void)fclose(file);
}

static unsigned count(const char *what)
{
    unsigned found = 0;

    for (const char *at = page; (at = strstr(at, what)); at++) {
        found++;
    }
    return found;
}

static const char run[] = "{\"scenario\": \"a.lua\", \"result\": \"pass\", \"wall_s\": 1.5, "
                          "\"config\": {\"k\": \"</script><img src=x>\"}, \"expectations\": []}";
static const char state[] =
    "{\"t_ps\":1000,\"cycle\":1,\"gpu\":\"src\",\"gt\":0,\"kind\":\"vf_state\",\"vf\":1,"
    "\"from\":\"VF_READY\",\"to\":\"</script>\\\"\"}\n";

Test(report, page_holds_everything_it_needs)
{
    run_files_put("report.json", run);
    run_files_put("events.jsonl", state);
    cr_assert_eq(make_page(), 0);
    read_page();
    cr_expect_eq(strncmp(page, "<!DOCTYPE html>", 15), 0);
    cr_expect_str_eq(page + strlen(page) - 8, "</html>\n");
    cr_expect_not_null(strstr(page, "\"scenario\":\"a.lua\""));
    cr_expect_not_null(strstr(page, "[1000,\"src\",1,0,3,1,1,1,"));
    cr_expect_not_null(strstr(page, "\"files\":[\"events.jsonl\",\"report.json\"]"));
    cr_expect_eq(count("src=\"http") + count("href=\"http") + count("@import"), 0u);
    cr_expect_null(strstr(page, "wall_s"), "the same run gives the same page");
}

Test(report, texts_of_the_run_are_no_markup)
{
    run_files_put("report.json", run);
    run_files_put("events.jsonl", state);
    run_files_put("failure.txt", "</script><script>alert(1)</script>");
    cr_assert_eq(make_page(), 0);
    read_page();
    cr_expect_eq(count("</script>"), 2u, "the ends of data and script");
    cr_expect_eq(count("<img"), 0u);
    cr_expect_eq(count("<script>alert"), 0u);
    cr_expect_not_null(strstr(page, "\\u003c/script>\\u003cscript>alert(1)"));
}

Test(report, missing_or_damaged_files_leave_no_page)
{
    cr_expect_eq(make_page(), 2, "no report.json");
    run_files_put("report.json", "[1]");
    cr_expect_eq(make_page(), 2, "no object");
    run_files_put("report.json", run);
    cr_expect_eq(make_page(), 2, "no events");
    run_files_put("events.jsonl", "{}\n");
    cr_expect_eq(make_page(), 2, "damaged events");
    run_files_put("events.jsonl", state);
    run_files_put("trace.vcd", "$var wire");
    cr_expect_eq(make_page(), 2, "damaged waves");
    cr_expect_neq(access("report.html", F_OK), 0);
}

Test(report, credits_come_from_the_waves)
{
    run_files_put("report.json", run);
    run_files_put("events.jsonl", state);
    run_files_put("trace.vcd",
                  "$timescale 1ns $end\n$scope module src $end\n$scope module ct $end\n"
                  "$var wire 16 a g2h_space [15:0] $end\n$var wire 16 b fence [15:0] $end\n"
                  "$upscope $end\n$upscope $end\n$enddefinitions $end\n"
                  "#0\nb0 a\nb0 b\n#2\nb100 a\n#3\nb11 b\n#4\nb11 a\n#5\nb100 a\n");
    cr_assert_eq(make_page(), 0);
    read_page();
    cr_expect_not_null(strstr(page, "\"kind\":1,\"left_out\":0,\"name\":\"src\","
                                    "\"points\":[[0,0],[4000,1],[5000,0]]"));
    cr_expect_null(strstr(page, "fence\",\"points\""));
}

Test(report, bad_usage_is_refused)
{
    char *none[] = {"report", NULL};
    char *unknown[] = {"report", "--nonsense", NULL};

    cr_expect_eq(report_main(1, none), 2);
    cr_expect_eq(report_main(2, unknown), 2);
}
