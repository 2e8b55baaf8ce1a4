/* SPDX-License-Identifier: MIT */
/* The command diff on small files written here: what counts as a difference, what comes first, and
 * how files that are cut off, damaged or of another sort end. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "sim/hal/bits.h"
#include "tests/unit/run_files.h"
#include "traces/traces.h"

#define HEAD(variables)                                                                            \
    "$date today $end\n$version a tool $end\n$timescale 1ns $end\n$scope module top "              \
    "$end\n" variables "$upscope $end\n$enddefinitions $end\n"
#define TWO_SIGNALS "$var wire 1 ! clk $end\n$var reg 4 \" state [3:0] $end\n"

static const char base[] = HEAD(TWO_SIGNALS) "#0\n$dumpvars\n0!\nb0 \"\n$end\n"
                                             "#10\n1!\n#20\nb11 \"\n#30\n0!\n#40\nb100 \"\n#50\n";

TestSuite(diff, .init = run_files_make, .fini = run_files_remove, .timeout = 600);

static void write_gz(const char *name, const char *text)
{
    gzFile file = gzopen(name, "wb");

    cr_assert_not_null(file);
    cr_assert_eq(gzwrite(file, text, (unsigned)strlen(text)), (int)strlen(text));
    cr_assert_eq(gzclose(file), Z_OK);
}

#define EXPECT_DIFF(words, code, message) EXPECT_COMMAND(diff_main, "diff " words, code, message)

Test(diff, equal_waves_are_the_same_plain_and_gz)
{
    run_files_put("a.vcd", base);
    write_gz("b.vcd.gz", base);
    EXPECT_DIFF("a.vcd b.vcd.gz", 0, "same");
    EXPECT_DIFF("--order-only a.vcd b.vcd.gz", 0, "same");
    EXPECT_DIFF("--skew 5ns a.vcd b.vcd.gz", 0, "same");
}

Test(diff, changed_value_is_told_first_with_time_and_names)
{
    run_files_put("a.vcd", base);
    run_files_put("b.vcd", HEAD(TWO_SIGNALS) "#0\n0!\nb0 \"\n#10\n1!\n#20\nb10 \"\n#30\n0!\n"
                                             "#40\nb100 \"\n#50\n");
    run_files_put("n.json",
                  "{\"top.state\": {\"0\": \"IDLE\", \"2\": \"BUSY\", \"3\": \"DONE\"}}\n");
    EXPECT_DIFF("--names n.json a.vcd b.vcd", 1, "first difference of signals: 0.020 us");
    cr_expect(strstr(run_files_said, "top.state\n    A  3 DONE\n    B  2 BUSY"), "%s",
              run_files_said);
    cr_expect(strstr(run_files_said, "2 compared, 1 differences"), "%s", run_files_said);
}

Test(diff, clock_of_the_run_gives_the_cycle)
{
    run_files_put("a.vcd", base);
    run_files_put("b.vcd", HEAD(TWO_SIGNALS) "#0\n0!\nb0 \"\n#10\n0!\n");
    run_files_put("report.json", "{\"config\": {\"clock.ps\": 2000}}\n");
    EXPECT_DIFF("a.vcd b.vcd", 1, "0.010 us (cycle 5)");
}

static const char moved[] = HEAD(TWO_SIGNALS) "#0\n0!\nb0 \"\n#10\n1!\n#23\nb11 \"\n#30\n0!\n"
                                              "#40\nb100 \"\n#50\n";

Test(diff, event_moved_by_3_ns_differs_unless_skew_allows_it)
{
    run_files_put("a.vcd", base);
    run_files_put("b.vcd", moved);
    EXPECT_DIFF("a.vcd b.vcd", 1, "0.020 us");
    EXPECT_DIFF("--skew 5ns a.vcd b.vcd", 0, "same");
    EXPECT_DIFF("--skew 2ns a.vcd b.vcd", 1, "no such change within 0.002 us");
    EXPECT_DIFF("--order-only a.vcd b.vcd", 0, "same");
}

Test(diff, pulse_that_is_lost_is_found_whatever_the_skew)
{
    run_files_put("a.vcd", HEAD(TWO_SIGNALS) "#0\n0!\nb0 \"\n#10\n1!\n#11\n0!\n#90\nb1 \"\n");
    run_files_put("b.vcd", HEAD(TWO_SIGNALS) "#0\n0!\nb0 \"\n#90\nb1 \"\n");
    EXPECT_DIFF("--skew 20ns a.vcd b.vcd", 1, "becomes 1 at 0.010 us");
    EXPECT_DIFF("--order-only a.vcd b.vcd", 1, "does not change any more");
}

Test(diff, shift_moves_all_of_b)
{
    run_files_put("a.vcd", base);
    run_files_put("b.vcd", HEAD(TWO_SIGNALS) "#100\n0!\nb0 \"\n#110\n1!\n#120\nb11 \"\n#130\n0!\n"
                                             "#140\nb100 \"\n#150\n");
    EXPECT_DIFF("--shift -100ns --from 1ns a.vcd b.vcd", 0, "same");
    EXPECT_DIFF("--from 1ns a.vcd b.vcd", 1, "different");
}

Test(diff, window_leaves_out_what_is_before_and_behind)
{
    run_files_put("a.vcd", base);
    run_files_put("b.vcd", moved);
    EXPECT_DIFF("--from 25ns a.vcd b.vcd", 0, "same");
    EXPECT_DIFF("--to 19ns a.vcd b.vcd", 0, "same");
    EXPECT_DIFF("--from 21ns a.vcd b.vcd", 1, "0.021 us");
    EXPECT_DIFF("--from 1us a.vcd b.vcd", 0, "same");
}

Test(diff, renamed_scope_is_mapped)
{
    static const char other[] =
        "$timescale 1 ns $end\n$scope module wrap $end\n$scope module chip $end\n" TWO_SIGNALS
        "$upscope $end\n$upscope $end\n$enddefinitions $end\n"
        "#0\n0!\nb0 \"\n#10\n1!\n#20\nb11 \"\n#30\n0!\n#40\nb100 \"\n";

    run_files_put("a.vcd", base);
    run_files_put("b.vcd", other);
    EXPECT_DIFF("a.vcd b.vcd", 1, "only in A: top.clk");
    cr_expect(strstr(run_files_said, "only in B: wrap.chip.state"), "%s", run_files_said);
    EXPECT_DIFF("--map top=wrap.chip a.vcd b.vcd", 0, "2 compared, 0 differences");
    EXPECT_DIFF("--map wrap.chip=top b.vcd a.vcd", 0, "same");
}

Test(diff, signal_of_one_file_alone_differs_unless_ignored)
{
    run_files_put("a.vcd", base);
    run_files_put("b.vcd", HEAD("$var wire 1 ! clk $end\n") "#0\n0!\n#10\n1!\n#30\n0!\n");
    EXPECT_DIFF("a.vcd b.vcd", 1, "only in A: top.state");
    EXPECT_DIFF("--ignore *.state a.vcd b.vcd", 0, "same");
    EXPECT_DIFF("--select top.c?k a.vcd b.vcd", 0, "1 compared");
    run_files_put("rules", "# of the bench\nignore top.state\n");
    EXPECT_DIFF("--rules rules a.vcd b.vcd", 0, "same");
    run_files_put("rules", "ignore top.state\nforget it\n");
    EXPECT_DIFF("--rules rules a.vcd b.vcd", 2, "rules:2:");
}

Test(diff, bits_of_a_split_bus_are_one_bus)
{
    static const char split[] =
        HEAD("$var wire 1 ! clk $end\n$var wire 1 a state [3] $end\n$var wire 1 b state[2] $end\n"
             "$var wire 2 c state [1:0] $end\n") "#0\n0!\n0a\n0b\nb0 c\n#10\n1!\n#20\nb11 c\n"
                                                 "#30\n0!\n#40\n1b\nb0 c\n";

    run_files_put("a.vcd", base);
    run_files_put("b.vcd", split);
    EXPECT_DIFF("a.vcd b.vcd", 0, "2 compared, 0 differences");
    EXPECT_DIFF("b.vcd a.vcd", 0, "same");
    EXPECT_DIFF("--order-only a.vcd b.vcd", 0, "same");
}

Test(diff, alias_is_compared_under_each_of_its_names)
{
    run_files_put("a.vcd",
                  HEAD("$var wire 1 ! one $end\n$var wire 1 ! two $end\n") "#0\n0!\n#5\n1!\n");
    run_files_put("b.vcd",
                  HEAD("$var wire 1 ! one $end\n$var wire 1 # two $end\n") "#0\n0!\n0#\n#5\n"
                                                                           "1!\n");
    EXPECT_DIFF("a.vcd b.vcd", 1, "top.two");
    EXPECT_DIFF("a.vcd a.vcd", 0, "2 compared");
}

Test(diff, width_time_scale_and_unknown_bits)
{
    run_files_put("a.vcd", base);
    run_files_put("b.vcd", HEAD("$var wire 1 ! clk $end\n$var reg 5 \" state [4:0] $end\n") "#0\n");
    EXPECT_DIFF("a.vcd b.vcd", 1, "signal of 5 bits");
    run_files_put("b.vcd", "$timescale 10 ps $end\n$scope module top $end\n" TWO_SIGNALS
                           "$upscope $end\n$enddefinitions $end\n#0\n0!\nb0000 \"\n#1000\n1!\n"
                           "#2000\nb0011 \"\n#3000\n0!\n#4000\nb0100 \"\n");
    EXPECT_DIFF("a.vcd b.vcd", 0, "same");
    run_files_put("b.vcd", HEAD(TWO_SIGNALS) "#0\n0!\nb0 \"\n#10\n1!\n#20\nbx1 \"\n#30\n0!\n"
                                             "#40\nb100 \"\n");
    EXPECT_DIFF("a.vcd b.vcd", 1, "B  bxxx1");
    EXPECT_DIFF("--x-any a.vcd b.vcd", 0, "same");
}

Test(diff, limit_bounds_what_is_told_not_what_is_counted)
{
    char text[4096] = HEAD(TWO_SIGNALS) "#0\n0!\nb0 \"\n";

    run_files_put("a.vcd", text);
    for (int i = 1; i < 50; i++) {
        size_t used = strlen(text);

        (void)snprintf(text + used, sizeof(text) - used, "#%d\n%d!\n", i, i & 1);
    }
    run_files_put("b.vcd", text);
    EXPECT_DIFF("--limit 3 a.vcd b.vcd", 1, "... and 22 more (--limit)");
    EXPECT_DIFF("--limit 3 --format json a.vcd b.vcd", 1, "\"differences\":\t25");
}

/* ---- trouble --------------------------------------------------------------------------------- */

Test(diff, damaged_waves_are_told_with_offset_and_reason)
{
    static const struct {
        const char *text;
        const char *message;
    } cases[] = {
        {"", "offset 0: the file is empty"},
        {"hello\n", "offset 0: not a VCD"},
        {"$scope module top $end\n", "ends before $enddefinitions"},
        {"$scope module top", "the file is cut off"},
        {"$upscope $end\n", "$upscope without a scope"},
        {"$timescale 3 ns $end\n", "time scale '3ns'"},
        {"$var wire 0 ! a $end\n", "width '0'"},
        {"$var wire 99999999 ! a $end\n", "width '99999999'"},
        {"$var wire 1 ! $end\n", "a variable without a name"},
        {"$var wire $end\n", "$var without type, width and code"},
        {"$var wire 1 morethaneight a $end\n", "too long"},
        {HEAD(TWO_SIGNALS) "#0\n1?\n", "code '?', which is not declared"},
        {HEAD(TWO_SIGNALS) "#0\nb11111 \"\n", "a value of 5 digits for a signal of 4 bits"},
        {HEAD(TWO_SIGNALS) "#0\nb1q1 \"\n", "a digit that is not"},
        {HEAD(TWO_SIGNALS) "#0\nb \"\n", "a value of 0 digits"},
        {HEAD(TWO_SIGNALS) "#5\n0!\n#4\n", "time goes backwards"},
        {HEAD(TWO_SIGNALS) "#99999999999999999999\n", "a time beyond"},
        {HEAD(TWO_SIGNALS) "#x\n", "a malformed time stamp"},
        {HEAD(TWO_SIGNALS) "#0\n0!\n?\n", "begins neither a change nor a time"},
        {HEAD(TWO_SIGNALS) "#0\nr1.5 !\n", "for a signal of another type"},
        {HEAD(TWO_SIGNALS) "#0\nb01", "the file is cut off"},
        {HEAD(TWO_SIGNALS) "#0\n0!\n#1", "the file is cut off"},
        {HEAD(TWO_SIGNALS) "#0\n0", "the file is cut off"},
        {HEAD(TWO_SIGNALS) "#0\n$comment a", "cut off"},
        {HEAD(TWO_SIGNALS) "#0\nbzx0 \"", "no end of line"},
        {HEAD("$var real 64 r ratio $end\n") "#0\nr1.5e r\n", "a malformed number"},
        {HEAD("$var real 64 r ratio $end\n") "#0\nr1.5 s\n", "code 's', which is not declared"},
        {HEAD("$var real 64 r ratio $end\n") "#0\n1r\n", "one bit for a number"},
        {HEAD("$var real 64 r ratio $end\n") "#0\nb1 r\n", "a value of 1 digits"},
        {HEAD("$var real 64 r ratio $end\n$var wire 1 r bit $end\n") "#0\n",
         "a number here and bits elsewhere"},
    };

    run_files_put("good.vcd", base);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        run_files_put("bad.vcd", cases[i].text);
        EXPECT_DIFF("good.vcd bad.vcd", 2, cases[i].message);
        cr_expect(strstr(run_files_said, "bad.vcd: offset "), "%s", run_files_said);
        EXPECT_DIFF("bad.vcd good.vcd", 2, cases[i].message);
    }
}

/* More than a reader has room for. */
Test(diff, deep_scopes_and_long_names_are_refused)
{
    static char text[16384];
    size_t used = 0;

    run_files_put("good.vcd", base);
    for (unsigned n = 0; n < 300; n++) {
        used += (size_t)snprintf(text + used, sizeof(text) - used, "$scope module s $end\n");
    }
    run_files_put("bad.vcd", text);
    EXPECT_DIFF("good.vcd bad.vcd", 2, "scopes are nested too deep");
    used = (size_t)snprintf(text, sizeof(text), "$var wire 1 ! a ");
    while (used < 5000) {
        used += (size_t)snprintf(text + used, sizeof(text) - used, "word ");
    }
    run_files_put("bad.vcd", text);
    EXPECT_DIFF("good.vcd bad.vcd", 2, "a name is longer than");
    memset(text + strlen("$var wire 1 ! a"), 'a', 5000);
    run_files_put("bad.vcd", text);
    EXPECT_DIFF("good.vcd bad.vcd", 2, "characters is too long here");
}

Test(diff, nul_bytes_are_no_waves)
{
    static const char text[] = HEAD(TWO_SIGNALS) "#0\n0!\n\0\0\0\0";

    run_files_put("a.vcd", base);
    run_files_put_bytes("b.vcd", text, sizeof(text) - 1);
    EXPECT_DIFF("a.vcd b.vcd", 2, "byte 0x00");
}

Test(diff, gz_that_is_cut_off_or_damaged_is_told)
{
    char bytes[4096];
    size_t size;
    FILE *file;

    run_files_put("a.vcd", base);
    write_gz("whole.gz", base);
    file = fopen("whole.gz", "rb");
    cr_assert_not_null(file);
    size = fread(bytes, 1, sizeof(bytes), file);
    (void)fclose(file);
    for (size_t cut = size - 1; cut > 4; cut /= 2) {
        run_files_put_bytes("b.vcd.gz", bytes, cut);
        EXPECT_DIFF("a.vcd b.vcd.gz", 2, "b.vcd.gz");
    }
    run_files_put_bytes("b.vcd.gz", bytes, size - 4);
    EXPECT_DIFF("a.vcd b.vcd.gz", 2, "the compressed file is cut off");
    bytes[size - 6] ^= 1; /* of its checksum */
    run_files_put_bytes("b.vcd.gz", bytes, size);
    EXPECT_DIFF("a.vcd b.vcd.gz", 2, "the compressed file is damaged");
}

Test(diff, bad_usage_exits_with_two)
{
    static const char *const words[] = {
        "diff",
        "diff a.vcd",
        "diff a.vcd a.vcd a.vcd",
        "diff --nonsense a.vcd a.vcd",
        "diff --skew -5ns a.vcd a.vcd",
        "diff --skew soon a.vcd a.vcd",
        "diff --map top a.vcd a.vcd",
        "diff --limit 0 a.vcd a.vcd",
        "diff --limit 1x a.vcd a.vcd",
        "diff --format xml a.vcd a.vcd",
        "diff --names missing.json a.vcd a.vcd",
        "diff --rules missing a.vcd a.vcd",
        "diff --x-any --skew 1ns a.vcd a.vcd",
        "diff a.vcd missing.vcd",
        "diff a.vcd .",
    };

    run_files_put("a.vcd", base);
    for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
        cr_expect_eq(run_files_command(diff_main, words[i]), 2, "'%s': %s", words[i],
                     run_files_said);
        cr_expect(*run_files_said, "'%s' says nothing", words[i]);
    }
}
