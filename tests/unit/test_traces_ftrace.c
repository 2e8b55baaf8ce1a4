/* SPDX-License-Identifier: MIT */
/* The form of the xe driver's tracepoints: words, places in rings, flow control, filters. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "traces/timeline.h"

static char *log_text;
static size_t log_size;
static FILE *lines;
static char *printed;

static void begin(void)
{
    lines = open_memstream(&log_text, &log_size);
    cr_assert_not_null(lines);
}

static void end(void)
{
    (void)fclose(lines);
    free(log_text);
    free(printed);
}

TestSuite(timeline_ftrace, .init = begin, .fini = end);

static void event(unsigned ns, unsigned gt, const char *kind, const char *rest)
{
    (void)fprintf(lines,
                  "{\"t_ps\":%u000,\"cycle\":%u,\"gpu\":\"src\",\"gt\":%u,\"kind\":\"%s\",%s}\n",
                  ns, ns, gt, kind, rest);
}

static void message(unsigned ns, const char *kind, const char *ev, unsigned pos, const char *hxg)
{
    char rest[256];

    (void)snprintf(rest, sizeof(rest),
                   "\"ev\":\"%s\",\"fn\":1,\"epoch\":1,\"pos\":%u,\"fence\":1,\"type\":\"request\","
                   "\"action\":4096,\"name\":null,\"len\":%u,\"hxg\":\"%s\"",
                   ev, pos, (unsigned)(strlen(hxg) + 1) / 9, hxg);
    event(ns, 0, kind, rest);
}

/* SELF_CFG of a ring of 16 dwords. */
static void ring_size(unsigned key)
{
    char rest[192];

    (void)snprintf(rest, sizeof(rest),
                   "\"ev\":\"request\",\"fn\":1,\"id\":1,\"action\":1288,\"name\":null,"
                   "\"hxg\":\"00000508 %04x0001 00000040 00000000\"",
                   key);
    event(1, 0, "mmio_msg", rest);
}

static const char *print(const struct timeline_options *options)
{
    size_t length = 0;
    FILE *out = open_memstream(&printed, &length);
    char error[256];
    FILE *in;

    (void)fflush(lines);
    in = fmemopen(log_text, log_size, "r");
    cr_assert(in && out);
    cr_assert_eq(timeline_ftrace(out, in, "log", options, error, sizeof(error)), 0, "%s", error);
    (void)fclose(in);
    (void)fclose(out);
    return printed;
}

static const struct timeline_options all = {.vf = -1, .gt = -1, .to_ps = UINT64_MAX};

static void expect_line(const char *wanted)
{
    cr_expect(strstr(printed, wanted), "'%s' is not in\n%s", wanted, printed);
}

Test(timeline_ftrace, messages_have_the_drivers_words)
{
    message(1234000, "h2g", "sent", 0, "00001000 00000007");
    message(1235000, "h2g", "taken", 0, "00001000 00000007");
    message(1236000, "g2h", "sent", 0, "f0000005");
    message(1237000, "g2h", "taken", 0, "f0000005");
    (void)print(&all);
    expect_line("         src.vf1-1001    [000] .....     0.001234: xe_guc_ctb_h2g: H2G CTB: "
                "dev=0000:03:00.1, gt0: action=0x1000, len=3, tail=3, head=0\n");
    expect_line("0.001237: xe_guc_ctb_g2h: G2H CTB: dev=0000:03:00.1, gt0: action=0x5, len=2, "
                "tail=2, head=2\n");
}

Test(timeline_ftrace, places_wrap_with_the_ring)
{
    ring_size(0x904);
    message(10, "h2g", "sent", 15, "00001000 00000007");
    message(11, "h2g", "taken", 15, "00001000 00000007");
    message(12, "h2g", "sent", 18, "00001000 00000007");
    (void)print(&all);
    expect_line("tail=2, head=0\n");
    expect_line("tail=5, head=2\n");
}

Test(timeline_ftrace, waits_are_flow_control_of_the_next_message)
{
    ring_size(0x904);
    message(10, "h2g", "sent", 0, "00001000 00000007");
    event(20, 0, "hop",
          "\"of\":\"h2g\",\"fn\":1,\"epoch\":0,\"pos\":0,\"call\":2,\"at\":\"waited_room\"");
    message(30, "h2g", "sent", 3, "00001000 00000007");
    message(40, "h2g", "sent", 6, "00001000 00000007");
    (void)print(&all);
    expect_line("xe_guc_ct_h2g_flow_control: h2g flow control: dev=0000:03:00.1, head=0, tail=3, "
                "size=16, space=12, len=3\n");
    cr_expect_null(strstr(strstr(printed, "flow control") + 12, "flow control: "));
}

Test(timeline_ftrace, message_of_a_strange_driver_is_told_when_it_is_taken)
{
    message(5000, "h2g", "taken", 0, "00001000 00000007");
    (void)print(&all);
    expect_line("0.000005: xe_guc_ctb_h2g: H2G CTB: ");
}

Test(timeline_ftrace, function_and_window_choose)
{
    struct timeline_options options = all;

    message(5000, "h2g", "sent", 0, "00001000 00000007");
    message(9000, "h2g", "sent", 3, "00001001 00000007");
    options.from_ps = 6000000;
    (void)print(&options);
    cr_expect_null(strstr(printed, "action=0x1000"));
    expect_line("action=0x1001, len=3, tail=6");
    free(printed);
    options.vf = 2;
    (void)print(&options);
    cr_expect_null(strstr(printed, "CTB"));
}
