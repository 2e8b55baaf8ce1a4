/* SPDX-License-Identifier: MIT */
/* Sequence chart: event logs written by hand, and what the chart makes of them. */
#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "traces/timeline.h"
#include "traces/traces.h"

/* Lines of a log, times in microseconds: VF 1 of GPU "dst", main GT unless gt is given. */
#define LINE(us, gt, kind, fields)                                                                 \
    "{\"t_ps\":" #us "000000,\"cycle\":" #us "000,\"gpu\":\"dst\",\"gt\":" #gt ",\"kind\":\"" kind \
    "\"," fields "}\n"
#define RING(us, gt, kind, ev, fence, type, action, hxg)                                           \
    LINE(us, gt, kind,                                                                             \
         "\"ev\":\"" ev "\",\"fn\":0,\"epoch\":1,\"pos\":0,\"fence\":" #fence ",\"type\":\"" type  \
         "\",\"action\":" #action ",\"name\":null,\"len\":1,\"hxg\":\"" hxg "\"")
#define MAIL(us, gt, ev, action, hxg)                                                              \
    LINE(us, gt, "mmio_msg",                                                                       \
         "\"ev\":\"" ev "\",\"fn\":1,\"id\":1,\"action\":" #action ",\"name\":null,\"hxg\":\"" hxg \
         "\"")
#define STATE(us, gt, from, to)                                                                    \
    LINE(us, gt, "vf_state", "\"vf\":1,\"from\":\"" from "\",\"to\":\"" to "\"")
#define IRQ(us, gt)        LINE(us, gt, "irq", "\"fn\":1,\"source\":0")
#define RECOVERY(us, step) LINE(us, 0, "recovery", "\"vf\":1,\"step\":\"" step "\"")
#define LOADS(us)                                                                                  \
    LINE(us, 0, "pf_state", "\"vf\":1,\"from\":\"PAUSED\",\"to\":\"RESTORE_PROCESS_DATA\"")

/* Actions: 21766 VF_CONTROL, 21771 SAVE_RESTORE_VF, 21768 RESFIX_DONE, 21775 RESFIX_START,
 * 21769 QUERY_SINGLE_KLV. */
#define PAUSE(us, fence)                                                                           \
    RING(us, 0, "h2g", "sent", fence, "request", 21766, "00005506 00000001 00000001")
#define RESUME(us, fence)                                                                          \
    RING(us, 0, "h2g", "sent", fence, "request", 21766, "00005506 00000001 00000002")
#define CONTROL_DONE(us, fence) RING(us, 0, "g2h", "sent", fence, "response", 21766, "f0000000")

static const char *const restore[] = {
    STATE(0, 0, "VF_UNPROVISIONED", "VF_READY"),
    PAUSE(1, 1),
    RING(1, 0, "h2g", "taken", 1, "request", 21766, "00005506 00000001 00000001"),
    STATE(2, 0, "VF_READY", "VF_READY_PAUSED"),
    CONTROL_DONE(3, 1),
    LOADS(4),
    RING(5, 0, "h2g", "sent", 2, "request", 21771, "0001550b 00000001 00200000 00000000 00000100"),
    STATE(6, 0, "VF_READY_PAUSED", "VF_RESFIX_PAUSED"),
    RING(7, 0, "g2h", "sent", 2, "response", 21771, "f0000100"),
    RESUME(8, 3),
    STATE(9, 0, "VF_RESFIX_PAUSED", "VF_RESFIX_BLOCKED"),
    IRQ(10, 0),
    CONTROL_DONE(11, 3),
    MAIL(12, 0, "request", 21775, "0001550f"),
    MAIL(13, 0, "reply", 21775, "f0000000"),
    MAIL(14, 0, "request", 21769, "00005509 00000001"),
    MAIL(15, 0, "reply", 21769, "f0000002 08000000 00000001"),
    RECOVERY(16, "fixups"),
    MAIL(17, 0, "request", 21768, "00015508"),
    STATE(18, 0, "VF_RESFIX_BLOCKED", "VF_RUNNING"),
    MAIL(19, 0, "reply", 21768, "f0000000"),
    IRQ(20, 0),
    NULL,
};

static const struct timeline_options everything = {.vf = -1, .gt = -1, .to_ps = UINT64_MAX};

static FILE *log_of(const char *const *lines)
{
    FILE *log = tmpfile();

    cr_assert_not_null(log);
    for (; *lines; lines++) {
        cr_assert_geq(fputs(*lines, log), 0);
    }
    rewind(log);
    return log;
}

/* The whole chart as a text that the caller frees. */
static char *chart_of(const char *const *lines, const struct timeline_options *options)
{
    FILE *log = log_of(lines);
    char error[256] = "";
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    struct timeline_survey survey;
    struct timeline_ascii *chart;
    struct timeline_sink sink;

    cr_assert_not_null(out);
    cr_assert_eq(timeline_survey(log, "log", options, &survey, error, sizeof(error)), 0, "%s",
                 error);
    rewind(log);
    chart = timeline_ascii_create(out, options, survey.num_gts);
    cr_assert_not_null(chart);
    sink = timeline_ascii_sink(chart);
    cr_assert_eq(timeline_read(log, "log", options, &sink, error, sizeof(error)), 0, "%s", error);
    timeline_ascii_finish(chart);
    (void)fclose(out);
    (void)fclose(log);
    return text;
}

/* Each text of the list must come after the one before it. */
static void expect_order(const char *chart, const char *const *texts)
{
    const char *at = chart;

    for (; *texts; texts++) {
        const char *found = strstr(at, *texts);

        cr_assert_not_null(found, "'%s' is missing or out of order in\n%s", *texts, chart);
        at = found + strlen(*texts);
    }
}

Test(timeline, restore_is_drawn_in_the_documented_order)
{
    static const char *const order[] = {
        "PF2GUC_VF_CONTROL(pause)",
        "VF_READY_PAUSED",
        "success",
        "PF loads resources",
        "GUC_PF_OPCODE_VF_RESTORE",
        "VF_RESFIX_PAUSED",
        "success, 256 dwords",
        "GUC_PF_TRIGGER_VF_RESUME",
        "VF_RESFIX_BLOCKED",
        "GUC_INTR_SW_INT_0",
        "success",
        "VF2GUC_RESFIX_START(1)",
        "success",
        "VF2GUC_QUERY_SINGLE_KLV",
        "(GGTT_START)",
        "success 0x108000000",
        "VF driver applies",
        "VF2GUC_RESFIX_DONE(1)",
        "VF_RUNNING",
        "success",
        NULL,
    };
    char *chart = chart_of(restore, &everything);

    expect_order(chart, order);
    free(chart);
}

Test(timeline, a_message_and_its_answer_look_like_this)
{
    static const char *const lines[] = {PAUSE(1, 1), STATE(2, 0, "VF_READY", "VF_READY_PAUSED"),
                                        CONTROL_DONE(3, 1), NULL};
    static const char wanted[] =
        "dst, VF 1\n"
        "\n"
        "    time [us]  PF                            GuC                           VF\n"
        "                |                             |                             |\n"
        "        1.000  [ ] PF2GUC_VF_CONTROL(pause)   |                             |\n"
        "               [ ]-------------------------> [ ]                            |\n"
        "        2.000  [ ]                           [ ]---.  new VF state          |\n"
        "               [ ]                           [ ] <-'  VF_READY_PAUSED       |\n"
        "        3.000  [ ] success                   [ ]                            |\n"
        "               [ ] <-------------------------[ ]                            |\n";
    struct timeline_options narrow = everything;
    char *chart;

    narrow.width = 80;
    chart = chart_of(lines, &narrow);
    cr_assert_str_eq(chart, wanted, "%s", chart);
    free(chart);
}

Test(timeline, states_before_the_first_command_are_no_part_of_the_story)
{
    char *chart = chart_of(restore, &everything);

    cr_assert_null(strstr(chart, "VF_READY\n"), "%s", chart);
    cr_assert_null(strstr(chart, "   0.000 "), "%s", chart);
    free(chart);
}

Test(timeline, only_the_first_interrupt_after_blocking_is_migrated)
{
    char *chart = chart_of(restore, &everything);
    const char *first = strstr(chart, "SW_INT_0");

    cr_assert_not_null(first);
    cr_assert_null(strstr(first + 1, "SW_INT_0"));
    free(chart);
}

Test(timeline, without_marker_resfix_done_has_its_older_name)
{
    static const char *const lines[] = {MAIL(1, 0, "request", 21768, "00005508"), NULL};
    char *chart = chart_of(lines, &everything);

    cr_assert_not_null(strstr(chart, "VF2GUC_NOTIFY_RESFIX_DONE"), "%s", chart);
    free(chart);
}

Test(timeline, repeated_messages_are_folded)
{
    static const char *const lines[] = {PAUSE(1, 1), PAUSE(2, 1), PAUSE(3, 1), NULL};
    char *chart = chart_of(lines, &everything);

    cr_assert_not_null(strstr(chart, "PF2GUC_VF_CONTROL(pause) x 3"), "%s", chart);
    cr_assert_null(strstr(chart, "2.000"), "%s", chart);
    free(chart);
}

Test(timeline, failures_show_code_and_name)
{
    static const char *const lines[] = {MAIL(1, 0, "request", 21768, "00075508"),
                                        MAIL(2, 0, "reply", 21768, "e0000107"), NULL};
    char *chart = chart_of(lines, &everything);

    cr_assert_not_null(strstr(chart, "failure 0x107 VF_MIGRATED"), "%s", chart);
    free(chart);
}

Test(timeline, each_guc_has_a_lifeline_of_its_own)
{
    static const char *const lines[] = {
        PAUSE(1, 1), RING(2, 1, "h2g", "sent", 1, "request", 21766, "00005506 00000001 00000001"),
        NULL};
    struct timeline_options media = everything;
    char *both = chart_of(lines, &everything);
    char *one;

    media.gt = 1;
    one = chart_of(lines, &media);
    cr_assert_not_null(strstr(both, "GuC main"), "%s", both);
    cr_assert_not_null(strstr(both, "GuC media"), "%s", both);
    cr_assert_null(strstr(one, "GuC main"), "%s", one);
    cr_assert_not_null(strstr(one, "GuC media"), "%s", one);
    cr_assert_null(strstr(one, "1.000"), "%s", one);
    free(both);
    free(one);
}

/* A step of the VMM, which is of no GPU. */
#define VMM(us, step, round, dirty, bytes)                                                         \
    "{\"t_ps\":" #us "000000,\"cycle\":" #us "000,\"gpu\":null,\"gt\":null,"                       \
    "\"kind\":\"migration\",\"vm\":\"vm1\",\"step\":\"" step "\",\"round\":" #round                \
    ",\"dirty\":" #dirty ",\"bytes\":" #bytes "}\n"

Test(timeline, steps_of_the_vmm_are_remarks_and_rounds_are_told_by_the_first)
{
    static const char *const log[] = {VMM(0, "setup", 0, 0, 0),
                                      VMM(0, "round", 1, 4096, 0),
                                      VMM(0, "round", 2, 7, 99),
                                      VMM(0, "stop_device", 2, 7, 99999),
                                      PAUSE(1, 1),
                                      CONTROL_DONE(3, 1),
                                      VMM(4, "done", 2, 0, 123456),
                                      NULL};
    static const char *const order[] = {"-- vmm vm1: setup --",
                                        "-- vmm vm1: round 1, 4096 pages dirty --",
                                        "-- vmm vm1: stop_device, 7 pages dirty, 99999 bytes",
                                        "\n\ndst, VF 1\n",
                                        "(pause)",
                                        "-- vmm vm1: done, 123456 bytes sent --",
                                        NULL};
    struct timeline_options options = everything;
    char *chart = chart_of(log, &options);

    expect_order(chart, order);
    cr_expect_null(strstr(chart, "round 2"), "%s", chart);
    free(chart);
    options.gpu = "dst"; /* what is of no GPU concerns each */
    chart = chart_of(log, &options);
    expect_order(chart, order);
    free(chart);
    options.all = true;
    chart = chart_of(log, &options);
    cr_expect_not_null(strstr(chart, "round 2, 7 pages dirty, 99 bytes"), "%s", chart);
    free(chart);
}

Test(timeline, a_window_of_time_hides_rows_but_not_what_they_mean)
{
    struct timeline_options window = everything;
    char *chart;

    window.from_ps = 14000000;
    window.to_ps = 15000000;
    chart = chart_of(restore, &window);
    cr_assert_null(strstr(chart, "RESFIX_START"), "%s", chart);
    cr_assert_not_null(strstr(chart, "(GGTT_START)"), "%s", chart);
    cr_assert_not_null(strstr(chart, "15.000"), "%s", chart);
    cr_assert_null(strstr(chart, "16.000"), "%s", chart);
    free(chart);
}

Test(timeline, text_of_the_log_cannot_steer_the_terminal)
{
    static const char *const lines[] = {
        PAUSE(1, 1), STATE(2, 0, "VF_READY", "\\u001b[2J\\u00e9"),
        LINE(3, 0, "vfio", "\"dev\":\"a\\nb\",\"from\":\"x\",\"to\":\"y\""), NULL};
    char *chart = chart_of(lines, &everything);

    cr_assert_null(strchr(chart, '\x1b'));
    cr_assert_not_null(strstr(chart, "?[2J??"), "%s", chart);
    cr_assert_not_null(strstr(chart, "vfio a?b: x -> y"), "%s", chart);
    free(chart);
}

Test(timeline, long_words_stay_inside_the_drawing)
{
    static char state[400];
    const char *const lines[] = {PAUSE(1, 1), state, PAUSE(9, 2), NULL};
    char word[200];
    char *chart;

    memset(word, 'W', sizeof(word) - 1);
    word[sizeof(word) - 1] = '\0';
    (void)snprintf(state, sizeof(state),
                   LINE(2, 0, "vf_state", "\"vf\":1,\"from\":\"\",\"to\":\"%s\""), word);
    chart = chart_of(lines, &everything);
    for (char *line = strtok(chart, "\n"); line; line = strtok(NULL, "\n")) {
        cr_assert_leq(strlen(line), 100, "%s", line);
    }
    free(chart);
}

Test(timeline, answers_without_requests_do_no_harm)
{
    static const char *const lines[] = {CONTROL_DONE(1, 7),
                                        CONTROL_DONE(2, 7),
                                        PAUSE(3, 1),
                                        CONTROL_DONE(4, 1),
                                        CONTROL_DONE(5, 1),
                                        MAIL(6, 0, "reply", 21768, ""),
                                        RING(7, 0, "g2h", "sent", 0, "event", 20742, ""),
                                        NULL};
    struct timeline_options all = everything;
    char *chart;

    all.all = true;
    chart = chart_of(lines, &all);
    cr_assert_not_null(strstr(chart, "success"), "%s", chart);
    free(chart);
}

Test(timeline, a_seventeenth_gpu_is_refused_with_its_line)
{
    char text[17][160];
    const char *lines[18] = {NULL};
    struct timeline_survey survey;
    char error[256] = "";
    FILE *log;

    for (unsigned i = 0; i < 17; i++) {
        (void)snprintf(
            text[i], sizeof(text[i]),
            "{\"t_ps\":1,\"cycle\":1,\"gpu\":\"g%u\",\"gt\":0,\"kind\":\"irq\",\"fn\":1}\n", i);
        lines[i] = text[i];
    }
    log = log_of(lines);
    cr_assert_eq(timeline_survey(log, "log", &everything, &survey, error, sizeof(error)), -EINVAL);
    cr_assert_str_eq(error, "log:17: more than 16 GPUs");
    (void)fclose(log);
}

Test(timeline, bad_arguments_exit_with_2, .init = cr_redirect_stderr)
{
    static char *const bad[][4] = {
        {"timeline"},
        {"timeline", "/nonexistent"},
        {"timeline", "--vf", "x", "."},
        {"timeline", "--vf", "99", "."},
        {"timeline", "--from", "3 weeks", "."},
        {"timeline", "--format", "png", "."},
        {"timeline", "--what", "."},
        {"timeline", "a", "b"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        char *argv[5] = {NULL};
        int argc = 0;

        for (; argc < 4 && bad[i][argc]; argc++) {
            argv[argc] = bad[i][argc];
        }
        cr_expect_eq(timeline_main(argc, argv), 2, "case %zu", i);
    }
}
