/* SPDX-License-Identifier: MIT */
/* SVG form of a timeline: well formed, no label over another, hostile texts and sizes. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "traces/timeline.h"

#define MAX_LABELS 512u

struct label {
    double x, y, width;
};

static char *log_text;
static size_t log_size;
static FILE *lines;
static char *drawing;

static void begin(void)
{
    lines = open_memstream(&log_text, &log_size);
    cr_assert_not_null(lines);
}

static void end(void)
{
    (void)fclose(lines);
    free(log_text);
    free(drawing);
}

TestSuite(timeline_svg, .init = begin, .fini = end);

static void at(unsigned ns, const char *gpu, const char *kind, const char *format, ...)
{
    va_list args;

    (void)fprintf(lines, "{\"t_ps\":%u000,\"cycle\":%u,\"gpu\":\"%s\",\"gt\":0,\"kind\":\"%s\",",
                  ns, ns, gpu, kind);
    va_start(args, format);
    (void)vfprintf(lines, format, args);
    va_end(args);
    (void)fputs("}\n", lines);
}

static void pause_vf(unsigned ns, const char *gpu, unsigned pos)
{
    at(ns, gpu, "h2g",
       "\"ev\":\"sent\",\"fn\":0,\"epoch\":1,\"pos\":%u,\"fence\":%u,\"type\":\"request\","
       "\"action\":21766,\"name\":\"PF2GUC_VF_CONTROL\",\"len\":3,"
       "\"hxg\":\"00005506 00000001 00000001\"",
       pos, pos);
    at(ns + 500, gpu, "vf_state", "\"vf\":1,\"from\":\"VF_RUNNING\",\"to\":\"VF_RUNNING_PAUSED\"");
    at(ns + 500, gpu, "g2h",
       "\"ev\":\"sent\",\"fn\":0,\"epoch\":1,\"pos\":%u,\"fence\":%u,\"type\":\"response\","
       "\"action\":21766,\"name\":\"PF2GUC_VF_CONTROL\",\"len\":1,\"hxg\":\"f0000000\"",
       pos, pos);
}

static int draw(const struct timeline_options *options, char *error, size_t size)
{
    size_t length = 0;
    FILE *out = open_memstream(&drawing, &length);
    FILE *in;
    int ret;

    (void)fflush(lines);
    in = fmemopen(log_text, log_size + !log_size, "r");
    cr_assert(in && out);
    ret = timeline_svg(out, in, "log", options, error, size);
    (void)fclose(in);
    (void)fclose(out);
    return ret;
}

static const struct timeline_options all = {.vf = -1, .gt = -1, .to_ps = UINT64_MAX, .all = true};

static unsigned count(const char *what)
{
    unsigned found = 0;

    for (const char *from = drawing; (from = strstr(from, what)); from++) {
        found++;
    }
    return found;
}

/* Labels of class l, t and h, with their left edges. */
static unsigned labels_of(struct label *labels)
{
    unsigned found = 0;

    for (const char *from = drawing; (from = strstr(from, "<text class=\"")); from++) {
        char class = from[strlen("<text class=\"")];
        struct label label;

        cr_assert_lt(found, MAX_LABELS);
        label.x = strtod(strstr(from, "x=\"") + 3, NULL);
        label.y = strtod(strstr(from, " y=\"") + 4, NULL);
        label.width = 6.63 * (double)strcspn(strchr(from, '>') + 1, "<");
        if (class != 'l') {
            label.x -= class == 't' ? label.width : label.width / 2;
        }
        labels[found++] = label;
    }
    return found;
}

static void expect_no_overlap(void)
{
    static struct label labels[MAX_LABELS];
    unsigned found = labels_of(labels);

    cr_expect_gt(found, 5u);
    for (unsigned i = 0; i < found; i++) {
        for (unsigned j = 0; j < i; j++) {
            cr_expect(labels[i].y - labels[j].y >= 11 || labels[j].y - labels[i].y >= 11 ||
                          labels[i].x >= labels[j].x + labels[j].width ||
                          labels[j].x >= labels[i].x + labels[i].width,
                      "labels %u and %u overlap", i, j);
        }
    }
}

Test(timeline_svg, labels_do_not_overlap)
{
    char error[256];

    for (unsigned i = 0; i < 20; i++) {
        pause_vf(1000 * i * i, i & 1 ? "dst" : "src", i);
    }
    cr_assert_eq(draw(&all, error, sizeof(error)), 0, "%s", error);
    expect_no_overlap();
    cr_expect_eq(count("<text"), count("</text>"));
    cr_expect_eq(count("class=\"req\""), 20u);
    cr_expect_eq(count("class=\"ans\""), 20u);
    cr_expect_eq(count("class=\"h\""), 8u, "PF and GuC of two GPUs, above and below");
    cr_expect_not_null(strstr(drawing, "us pass"));
    cr_expect_str_eq(drawing + strlen(drawing) - 7, "</svg>\n");
}

Test(timeline_svg, window_and_gpu_choose_a_part)
{
    struct timeline_options options = all;
    char error[256];

    for (unsigned i = 0; i < 4; i++) {
        pause_vf(10000 * i, i & 1 ? "dst" : "src", i);
    }
    options.gpu = "dst";
    options.from_ps = 20000000;
    cr_assert_eq(draw(&options, error, sizeof(error)), 0);
    cr_expect_eq(count("class=\"req\""), 1u);
}

Test(timeline_svg, empty_log_says_so)
{
    char error[256];

    (void)fputs("{\"t_ps\":1,\"cycle\":1,\"gpu\":null,\"gt\":null,\"kind\":\"x\"}\n", lines);
    cr_assert_eq(draw(&all, error, sizeof(error)), 0);
    cr_expect_not_null(strstr(drawing, "nothing to draw"));
}

Test(timeline_svg, hostile_texts_are_escaped)
{
    char error[256];

    at(1, "s<&>", "recovery", "\"vf\":1,\"step\":\"</text><script>&\\u0007\"");
    at(2, "s<&>", "vf_state", "\"vf\":63,\"from\":\"<\",\"to\":\"\\\"'&amp;\"");
    cr_assert_eq(draw(&all, error, sizeof(error)), 0);
    cr_expect_null(strstr(drawing, "<script>"));
    cr_expect_not_null(strstr(drawing, "s&lt;&amp;&gt; VF 1"));
    cr_expect_eq(count("<text"), count("</text>"));
}

Test(timeline_svg, too_much_is_refused)
{
    char error[256];

    for (unsigned i = 0; i < 20001; i++) {
        at(i, "src", "recovery", "\"vf\":1,\"step\":\"idle\"");
    }
    cr_expect_eq(draw(&all, error, sizeof(error)), -E2BIG);
    cr_expect_not_null(strstr(error, "--from"));
}

Test(timeline_svg, damaged_line_is_named)
{
    char error[256];

    (void)fputs("{}\n", lines);
    cr_expect_eq(draw(&all, error, sizeof(error)), -EINVAL);
    cr_expect_not_null(strstr(error, "log:1"));
}
