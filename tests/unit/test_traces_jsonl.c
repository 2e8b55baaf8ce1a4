/* SPDX-License-Identifier: MIT */
/* Event log reader: what a good line gives, and how each kind of damage is named. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sim/hal/hal.h"
#include "traces/jsonl.h"

#define COMMON "\"t_ps\":1500,\"cycle\":1,\"gpu\":\"src\",\"gt\":0,"

static FILE *file_of(const char *text, size_t size)
{
    FILE *file = tmpfile();

    cr_assert_not_null(file);
    cr_assert_eq(fwrite(text, 1, size, file), size);
    rewind(file);
    return file;
}

/* The error of the first line that has one; "" when the log is good. */
static void error_of(const char *text, size_t size, char *error, size_t error_size)
{
    FILE *file = file_of(text, size);
    struct event_log *log = event_log_open(file, "log");
    struct event event;
    int ret;

    cr_assert_not_null(log);
    do {
        ret = event_log_next(log, &event);
    } while (ret > 0);
    (void)snprintf(error, error_size, "%s", event_log_error(log));
    cr_assert_eq(ret, error[0] ? -EINVAL : 0);
    cr_assert_eq(event_log_next(log, &event), ret, "an error stays");
    event_log_close(log);
    (void)fclose(file);
}

Test(jsonl, fields_of_a_message_come_back)
{
    static const char text[] =
        "{" COMMON
        "\"kind\":\"h2g\",\"ev\":\"sent\",\"fn\":3,\"epoch\":1,\"pos\":7,\"fence\":32769,"
        "\"type\":\"request\",\"action\":21766,\"name\":null,\"len\":2,"
        "\"hxg\":\"00005506 deadbeef\"}\n";
    FILE *file = file_of(text, sizeof(text) - 1);
    struct event_log *log = event_log_open(file, "log");
    uint32_t hxg[EVENT_MAX_HXG];
    struct event event;

    cr_assert_not_null(log);
    cr_assert_eq(event_log_next(log, &event), 1);
    cr_expect_eq(event.t_ps, 1500);
    cr_expect_eq(event.gt, 0);
    cr_expect_str_eq(event.gpu, "src");
    cr_expect_str_eq(event.kind, "h2g");
    cr_expect_eq(event_int(&event, "fence"), 32769);
    cr_expect_str_eq(event_text(&event, "ev"), "sent");
    cr_expect_null(event_text(&event, "name"));
    cr_assert_eq(event_hxg(&event, hxg), 2);
    cr_expect_eq(hxg[1], 0xdeadbeef);
    cr_assert_eq(event_log_next(log, &event), 0);
    event_log_close(log);
    (void)fclose(file);
}

Test(jsonl, unknown_kinds_pass_with_nulls_for_gpu_and_gt)
{
    static const char text[] =
        "{\"t_ps\":0,\"cycle\":0,\"gpu\":null,\"gt\":null,\"kind\":\"new\",\"x\":[1]}\n";
    FILE *file = file_of(text, sizeof(text) - 1);
    struct event_log *log = event_log_open(file, "log");
    struct event event;

    cr_assert_not_null(log);
    cr_assert_eq(event_log_next(log, &event), 1);
    cr_expect_str_eq(event.gpu, "");
    cr_expect_eq(event.gt, HAL_GT_NONE);
    event_log_close(log);
    (void)fclose(file);
}

Test(jsonl, each_damage_is_named_with_its_line)
{
    static const struct {
        const char *text;
        const char *error;
    } cases[] = {
        {"", ""},
        {"{\"t_ps\":1", "log:1: line is cut off: no end of line"},
        {"{\"t_ps\":1\n", "log:1: is not a JSON object"},
        {"\n", "log:1: is not a JSON object"},
        {"[]\n", "log:1: is not a JSON object"},
        {"{} {}\n", "log:1: is not a JSON object"},
        {"{}\n", "log:1: \"t_ps\" is missing"},
        {"{\"t_ps\":\"1\"}\n", "log:1: \"t_ps\" is not a whole number from 0 to 2^53"},
        {"{\"t_ps\":-1}\n", "log:1: \"t_ps\" is not a whole number from 0 to 2^53"},
        {"{\"t_ps\":1.5}\n", "log:1: \"t_ps\" is not a whole number from 0 to 2^53"},
        {"{\"t_ps\":1e999}\n", "log:1: \"t_ps\" is not a whole number from 0 to 2^53"},
        {"{\"t_ps\":1,\"cycle\":1,\"gpu\":7,\"gt\":0,\"kind\":\"x\"}\n",
         "log:1: \"gpu\" is not a text"},
        {"{\"t_ps\":1,\"cycle\":1,\"gpu\":null,\"gt\":2,\"kind\":\"x\"}\n",
         "log:1: \"gt\" is not 0, 1 or null"},
        {"{\"t_ps\":1,\"cycle\":1,\"gpu\":null,\"gt\":0}\n", "log:1: \"kind\" is missing"},
        {"{\"t_ps\":1,\"cycle\":1,\"gpu\":\"0123456789012345678901234567890123456789\",\"gt\":0,"
         "\"kind\":\"x\"}\n",
         "log:1: \"gpu\" is longer than 31 characters"},
        {"{" COMMON "\"kind\":\"x\"}\n{" COMMON "\"kind\":\"irq\",\"fn\":64}\n",
         "log:2: \"fn\" is not a function number, 0 to 63"},
        {"{" COMMON "\"kind\":\"vf_state\",\"vf\":1,\"from\":\"A\",\"to\":null}\n",
         "log:1: \"to\" is not a text"},
        {"{" COMMON "\"kind\":\"mmio_msg\",\"ev\":\"reply\",\"fn\":1,\"id\":1,\"action\":1,"
         "\"name\":null,\"hxg\":\"0000550\"}\n",
         "log:1: \"hxg\" is not dwords of 8 lower-case hex digits, at most 256"},
        {"{" COMMON "\"kind\":\"mmio_msg\",\"ev\":\"reply\",\"fn\":1,\"id\":1,\"action\":1,"
         "\"name\":null,\"hxg\":\"00005509 \"}\n",
         "log:1: \"hxg\" is not dwords of 8 lower-case hex digits, at most 256"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        char error[256];

        error_of(cases[i].text, strlen(cases[i].text), error, sizeof(error));
        cr_expect_str_eq(error, cases[i].error, "%s gave '%s'", cases[i].text, error);
    }
}

Test(jsonl, nul_bytes_and_endless_lines_are_refused)
{
    static const char nul[] = "{\"t_ps\":1}\0\n";
    size_t size = 70000;
    char *endless = malloc(size);
    char error[256];

    cr_assert_not_null(endless);
    memset(endless, ' ', size);
    error_of(nul, sizeof(nul) - 1, error, sizeof(error));
    cr_expect_str_eq(error, "log:1: holds a NUL byte");
    error_of(endless, size, error, sizeof(error));
    cr_expect_str_eq(error, "log:1: line is longer than 65535 bytes");
    free(endless);
}

Test(jsonl, deep_nesting_is_refused_not_followed)
{
    size_t depth = 60000;
    char *deep = malloc(depth + 1);
    char error[256];

    cr_assert_not_null(deep);
    memset(deep, '[', depth);
    deep[depth] = '\n';
    error_of(deep, depth + 1, error, sizeof(error));
    cr_expect_str_eq(error, "log:1: is not a JSON object");
    free(deep);
}

Test(jsonl, more_dwords_than_a_message_can_hold_are_refused)
{
    char text[4096];
    char error[256];
    int used = snprintf(text, sizeof(text),
                        "{" COMMON "\"kind\":\"mmio_msg\",\"ev\":\"reply\",\"fn\":1,\"id\":1,"
                        "\"action\":1,\"name\":null,\"hxg\":\"00000000");

    for (unsigned i = 0; i < EVENT_MAX_HXG; i++) {
        used += snprintf(text + used, sizeof(text) - (size_t)used, " 00000000");
    }
    used += snprintf(text + used, sizeof(text) - (size_t)used, "\"}\n");
    error_of(text, (size_t)used, error, sizeof(error));
    cr_expect_str_eq(error, "log:1: \"hxg\" is not dwords of 8 lower-case hex digits, at most 256");
}
