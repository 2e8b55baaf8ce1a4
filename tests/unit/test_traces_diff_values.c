/* SPDX-License-Identifier: MIT */
/* The command diff: when values count, what unknown bits are equal to, short differences, waves of
 * other tools, and memory that does not grow with the files. */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/unit/run_files.h"
#include "traces/traces.h"

/* A sanitizer keeps what is freed. */
#ifdef __SANITIZE_ADDRESS__
#define MAX_MORE_KB (1l << 20)
#else
#define MAX_MORE_KB 4096
#endif

#define SAMPLES "%/tests/unit/vcd/"

#define HEAD                                                                                       \
    "$timescale 1ns $end\n$scope module top $end\n$var wire 1 c clk $end\n$var wire 1 v valid "    \
    "$end\n$var wire 4 d data [3:0] $end\n$upscope $end\n$enddefinitions $end\n"

TestSuite(diff_values, .init = run_files_make, .fini = run_files_remove, .timeout = 600);

#define EXPECT_DIFF(words, code, message) EXPECT_COMMAND(diff_main, "diff " words, code, message)

/* ---- instants -------------------------------------------------------------------------------- */

/* data differs between the edges at 10 and 30, and is the same at them. */
static void put_clocked(void)
{
    run_files_put("a.vcd", HEAD "#0\n0c\n1v\nb0 d\n#10\n1c\nb1 d\n#20\n0c\n#22\nb10 d\n#30\n1c\n");
    run_files_put("b.vcd",
                  HEAD "#0\n0c\n1v\nb0 d\n#10\n1c\nb1 d\n#20\n0c\n#21\nb111 d\n#25\nb10 d\n"
                       "#30\n1c\n");
}

Test(diff_values, with_a_clock_only_its_edges_count)
{
    put_clocked();
    EXPECT_DIFF("a.vcd b.vcd", 1, "first difference of signals: 0.021 us");
    EXPECT_DIFF("--clock top.clk a.vcd b.vcd", 0, "same");
    run_files_put("b.vcd", HEAD "#0\n0c\n1v\nb0 d\n#10\n1c\nb1 d\n#20\n0c\n#22\nb11 d\n#30\n1c\n");
    EXPECT_DIFF("--clock top.clk a.vcd b.vcd", 1, "first difference of signals: 0.030 us");
}

Test(diff_values, clock_that_stays_high_is_no_edge)
{
    run_files_put("a.vcd", HEAD "#0\n0c\n1v\nb0 d\n#10\n1c\n#20\nb1 d\n#30\n0c\n");
    run_files_put("b.vcd", HEAD "#0\n0c\n1v\nb0 d\n#10\n1c\n#20\nb10 d\n#30\n0c\n");
    EXPECT_DIFF("--clock top.clk a.vcd b.vcd", 0, "same");
}

Test(diff_values, edge_of_one_side_alone_counts)
{
    run_files_put("a.vcd", HEAD "#0\n0c\n1v\nb0 d\n#10\n1c\n");
    run_files_put("b.vcd", HEAD "#0\n0c\n1v\nb0 d\n#12\n1c\n");
    EXPECT_DIFF("--clock top.clk a.vcd b.vcd", 1, "top.clk");
}

Test(diff_values, with_a_condition_values_count_while_it_holds)
{
    run_files_put("a.vcd", HEAD "#0\n0c\n0v\nb0 d\n#10\nb1 d\n#20\n1v\nb10 d\n#30\n0v\nb11 d\n");
    run_files_put("b.vcd", HEAD "#0\n0c\n0v\nb0 d\n#10\nb100 d\n#20\n1v\nb10 d\n#30\n0v\nb101 d\n");
    EXPECT_DIFF("a.vcd b.vcd", 1, "0.010 us");
    EXPECT_DIFF("--when top.valid a.vcd b.vcd", 0, "same");
    EXPECT_DIFF("--when top.valid=0 a.vcd b.vcd", 1, "0.010 us");
    EXPECT_DIFF("--when top.valid!=1 --when top.data=3 a.vcd b.vcd", 1, "0.030 us");
    EXPECT_DIFF("--when top.valid=x a.vcd b.vcd", 2, "SIGNAL=NUMBER");
    EXPECT_DIFF("--when top.nothing a.vcd b.vcd", 2, "not a signal of both");
    EXPECT_DIFF("--clock top.nothing a.vcd b.vcd", 2, "not a signal of both");
}

Test(diff_values, clock_that_is_not_compared_still_counts)
{
    put_clocked();
    EXPECT_DIFF("--clock top.clk --ignore top.clk a.vcd b.vcd", 0, "2 compared");
}

Test(diff_values, values_alone_can_be_clocked)
{
    put_clocked();
    EXPECT_DIFF("--clock top.clk --skew 5ns a.vcd b.vcd", 2, "neither with --skew");
    EXPECT_DIFF("--glitch 5ns --order-only a.vcd b.vcd", 2, "neither with --skew");
}

/* ---- glitches, unknown bits ------------------------------------------------------------------ */

Test(diff_values, short_difference_is_marked_as_a_glitch)
{
    run_files_put("a.vcd", HEAD "#0\n0c\n0v\nb0 d\n#40\n1v\n");
    run_files_put("b.vcd",
                  HEAD "#0\n0c\n0v\nb0 d\n#10\nb1 d\n#12\nb0 d\n#20\nb1 d\n#30\nb0 d\n#40\n1v\n");
    EXPECT_DIFF("--glitch 5ns a.vcd b.vcd", 1, "0x1 (glitch: for 0.002 us)");
    cr_expect_null(strstr(strstr(run_files_said, "glitch") + 1, "glitch"), "%s", run_files_said);
    cr_expect_not_null(strstr(run_files_said, "2 differences"), "%s", run_files_said);
    run_files_put("b.vcd", HEAD "#0\n0c\n0v\nb0 d\n#38\nb1 d\n#40\n1v\n");
    EXPECT_DIFF("--glitch 5ns a.vcd b.vcd", 1, "0x1\n");
    cr_expect_null(strstr(run_files_said, "glitch"), "one that lasts to the end: %s",
                   run_files_said);
}

Test(diff_values, unknown_bits_by_policy)
{
    run_files_put("a.vcd", HEAD "#0\n0c\n0v\nbx0 d\n");
    run_files_put("b.vcd", HEAD "#0\n0c\n0v\nbz0 d\n");
    run_files_put("c.vcd", HEAD "#0\n0c\n0v\nb10 d\n");
    EXPECT_DIFF("a.vcd b.vcd", 1, "top.data");
    EXPECT_DIFF("--x-is-z a.vcd b.vcd", 0, "same");
    EXPECT_DIFF("--x-is-z a.vcd c.vcd", 1, "top.data");
    EXPECT_DIFF("--x-any a.vcd c.vcd", 0, "same");
}

Test(diff_values, numbers_and_texts_are_compared_whole)
{
#define NUMBERS                                                                                    \
    "$timescale 1ns $end\n$scope module top $end\n$var real 64 r ratio $end\n$var string 1 s "     \
    "step $end\n$upscope $end\n$enddefinitions $end\n#0\n"
    run_files_put("a.vcd", NUMBERS "r1.5 r\nsIDLE s\n#10\nR2e3 r\nsRUN s\n");
    run_files_put("b.vcd", NUMBERS "r1.50 r\nsIDLE s\n#10\nr2000 r\nsRUN s\n");
    EXPECT_DIFF("a.vcd b.vcd", 0, "same");
    run_files_put("b.vcd", NUMBERS "r1.5 r\nsIDLE s\n#10\nr2000.0001 r\nsRUN s\n");
    EXPECT_DIFF("a.vcd b.vcd", 1, "top.ratio");
    run_files_put("b.vcd", NUMBERS "r1.5 r\nsIDLE s\n#10\nr2000 r\nsRUNS s\n");
    EXPECT_DIFF("a.vcd b.vcd", 1, "top.step");
}

/* ---- other tools, large files ---------------------------------------------------------------- */

Test(diff_values, waves_of_other_tools_are_read)
{
    EXPECT_DIFF(SAMPLES "counter_icarus.vcd " SAMPLES "counter_fst2vcd.vcd", 0, "5 compared");
    EXPECT_DIFF("--map tb=TOP.tb " SAMPLES "counter_icarus.vcd " SAMPLES "counter_verilator.vcd", 0,
                "5 compared");
    EXPECT_DIFF("--map tb=TOP.tb --from 66ns " SAMPLES "counter_fst2vcd.vcd " SAMPLES
                "counter_verilator.vcd",
                0, "same");
}

static void put_large(const char *name, unsigned instants, unsigned odd_one)
{
    FILE *file = fopen(name, "w");

    cr_assert_not_null(file);
    (void)fputs(HEAD, file);
    for (unsigned i = 0; i < instants; i++) {
        (void)fprintf(file, "#%u\n%uc\n%uv\nb%u d\n", i, i & 1, i == odd_one ? 0 : 1u, i >> 3 & 1);
    }
    cr_assert_eq(fclose(file), 0);
}

static long memory_kb(void)
{
    struct rusage usage;

    cr_assert_eq(getrusage(RUSAGE_SELF, &usage), 0);
    return usage.ru_maxrss;
}

Test(diff_values, memory_does_not_grow_with_the_files)
{
    long before;

    put_large("a.vcd", 1000, 1u << 30);
    EXPECT_DIFF("a.vcd a.vcd", 0, "same");
    before = memory_kb();
    put_large("a.vcd", 1500000, 1u << 30);
    put_large("b.vcd", 1500000, 1400000);
    EXPECT_DIFF("a.vcd b.vcd", 1, "first difference of signals: 1400.000 us");
    EXPECT_DIFF("--order-only a.vcd a.vcd", 0, "same");
    cr_expect_lt(memory_kb() - before, MAX_MORE_KB, "%ld KiB more", memory_kb() - before);
}
