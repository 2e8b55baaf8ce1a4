/* SPDX-License-Identifier: MIT */
/* Keys of a run: what a value may look like, who wins, and what is said of mistakes. */
#include <criterion/criterion.h>
#include <string.h>

#include "sim/script/params.h"

static struct params params;
static char error[ERROR_TEXT_LEN];

static struct param jobs = {
    .name = "jobs", .type = PARAM_INT, .default_value = "8", .min = 1, .max = 100};

Test(params, times_are_read_exactly)
{
    static const struct {
        const char *text;
        uint64_t ps;
    } good[] = {
        {"0", 0},       {"5", 5000},          {"7ps", 7}, {"5us", 5000000}, {"1.5ms", 1500000000},
        {"0.001ns", 1}, {"2s", 2000000000000}};
    static const char *const bad[] = {
        "", "us", "-1us", "1.us", "1 us", "5m", "1e3", "99999999999999999999", "1.5.5", "5usx"};
    uint64_t ps;

    for (unsigned i = 0; i < ARRAY_SIZE(good); i++) {
        cr_expect_eq(time_parse(good[i].text, &ps), 0, "%s", good[i].text);
        cr_expect_eq(ps, good[i].ps, "%s: %lu", good[i].text, ps);
    }
    for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
        cr_expect_lt(time_parse(bad[i], &ps), 0, "%s", bad[i]);
    }
}

Test(params, versions_have_two_or_three_parts)
{
    static const char *const bad[] = {"", "1", "1.", "1.2.3.4", "1.256", "a.b", "1.2x"};
    uint32_t version;

    cr_expect_eq(version_parse("1.27", &version), 0);
    cr_expect_eq(version, 0x011b00);
    cr_expect_eq(version_parse("1.26.3", &version), 0);
    cr_expect_eq(version, 0x011a03);
    for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
        cr_expect_lt(version_parse(bad[i], &version), 0, "%s", bad[i]);
    }
}

Test(params, command_line_beats_the_default)
{
    cr_assert_eq(params_set(&params, "jobs=5", error), 0);
    cr_assert_eq(params_set(&params, "jobs=6", error), 0);
    cr_assert_not_null(params_declare(&params, &jobs, error));
    cr_expect_eq(params_find(&params, "jobs")->number, 6, "the last one counts");
    cr_expect_eq(params_check(&params, error), 0);
}

Test(params, second_declaration_gives_a_new_default)
{
    struct param again = jobs;

    strcpy(again.default_value, "9");
    cr_assert_not_null(params_declare(&params, &jobs, error));
    cr_assert_not_null(params_declare(&params, &again, error));
    cr_expect_eq(params_find(&params, "jobs")->number, 9);
    cr_expect_eq(params.count, 1);
    again.type = PARAM_TIME;
    cr_expect_null(params_declare(&params, &again, error), "another type is refused");
}

Test(params, value_out_of_range_is_refused)
{
    cr_assert_eq(params_set(&params, "jobs=101", error), 0);
    cr_expect_null(params_declare(&params, &jobs, error));
    cr_expect(strstr(error, "1 to 100"), "%s", error);
}

Test(params, unknown_key_is_told_with_the_nearest)
{
    cr_assert_eq(params_set(&params, "job=5", error), 0);
    cr_assert_not_null(params_declare(&params, &jobs, error));
    cr_expect_lt(params_check(&params, error), 0);
    cr_expect(strstr(error, "did you mean jobs"), "%s", error);
}

Test(params, word_without_equals_is_refused)
{
    cr_expect_lt(params_set(&params, "jobs", error), 0);
    cr_expect_lt(params_set(&params, "=5", error), 0);
}
