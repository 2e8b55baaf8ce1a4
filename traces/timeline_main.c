/* SPDX-License-Identifier: MIT */
/* The command "timeline": its arguments, and the two readings of the log that a drawing takes. */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "traces/timeline.h"
#include "traces/tool.h"
#include "traces/traces.h"

#define EXIT_TROUBLE 2
#define MAX_PATH     4096
#define MAX_MESSAGE  1024

enum form { FORM_ASCII, FORM_SVG, FORM_PERFETTO, FORM_FTRACE };

struct arguments {
    const char *dir;
    enum form form;
    struct timeline_options options;
};

/* A decimal number of at most 10 digits up to max. */
static bool parse_number(const char *text, unsigned max, unsigned *number)
{
    char *end;
    unsigned long value;

    if (*text < '0' || *text > '9' || strlen(text) > 10) {
        return false;
    }
    value = strtoul(text, &end, 10);
    if (*end || value > max) {
        return false;
    }
    *number = (unsigned)value;
    return true;
}

bool timeline_parse_time(const char *text, uint64_t *t_ps)
{
    static const struct {
        const char *name;
        double ps;
    } units[] = {{"ps", 1}, {"ns", 1e3}, {"us", 1e6}, {"ms", 1e9}, {"s", 1e12}};
    char *end;
    double value;

    if (*text < '0' || *text > '9') {
        return false;
    }
    value = strtod(text, &end);
    for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
        /* 1e18 ps are eleven days: far beyond any run, and far from overflow. */
        if (strcmp(end, units[i].name) == 0 && value * units[i].ps < 1e18) {
            *t_ps = (uint64_t)(value * units[i].ps + 0.5);
            return true;
        }
    }
    return false;
}

static bool take_form(const char *value, enum form *form)
{
    static const char *const names[] = {
        [FORM_ASCII] = "ascii",
        [FORM_SVG] = "svg",
        [FORM_PERFETTO] = "perfetto",
        [FORM_FTRACE] = "ftrace",
    };

    for (unsigned i = 0; i < ARRAY_SIZE(names); i++) {
        if (strcmp(names[i], value) == 0) {
            *form = (enum form)i;
            return true;
        }
    }
    return false;
}

static bool take_option(int option, const char *value, void *arg)
{
    struct arguments *arguments = arg;

    struct timeline_options *options = &arguments->options;
    unsigned number = 0;

    switch (option) {
    case 'a':
        options->all = true;
        return true;
    case 'F':
        return take_form(value, &arguments->form);
    case 'p':
        options->gpu = value;
        return true;
    case 'f':
        return timeline_parse_time(value, &options->from_ps);
    case 't':
        return timeline_parse_time(value, &options->to_ps);
    case 'w':
        return parse_number(value, 512, &options->width);
    case 'v':
        if (!parse_number(value, EVENT_MAX_FN, &number)) {
            return false;
        }
        options->vf = (int)number;
        return true;
    case 'g':
        if (!parse_number(value, TIMELINE_MAX_GTS - 1, &number)) {
            return false;
        }
        options->gt = (int)number;
        return true;
    default:
        return false;
    }
}

/* Returns 0, or -EINVAL with a message printed. */
static int parse_arguments(int argc, char **argv, struct arguments *arguments)
{
    static const struct option names[] = {
        {"all", no_argument, NULL, 'a'},
        {"vf", required_argument, NULL, 'v'},
        {"gpu", required_argument, NULL, 'p'},
        {"gt", required_argument, NULL, 'g'},
        {"from", required_argument, NULL, 'f'},
        {"to", required_argument, NULL, 't'},
        {"width", required_argument, NULL, 'w'},
        {"format", required_argument, NULL, 'F'},
        {NULL, 0, NULL, 0},
    };

    *arguments = (struct arguments){.options = {.vf = -1, .gt = -1, .to_ps = UINT64_MAX}};
    if (tool_options("timeline", argc, argv, names, take_option, arguments)) {
        return -EINVAL;
    }
    if (optind != argc - 1) {
        tool_usage_refused("timeline", "one directory is wanted, of a run");
        return -EINVAL;
    }
    arguments->dir = argv[optind];
    return 0;
}

static int rewind_log(FILE *in, const char *path, char *error)
{
    if (fseek(in, 0, SEEK_SET) != 0) {
        (void)snprintf(error, MAX_MESSAGE, "%s: %s", path, strerror(errno));
        return -EIO;
    }
    return 0;
}

static int draw_ascii(FILE *in, const char *path, const struct timeline_options *options,
                      char *error)
{
    struct timeline_survey survey;
    struct timeline_ascii *chart;
    struct timeline_sink sink;
    uint64_t rows;
    const struct timeline_vgpu_out vgpus = {stdout, &rows};
    int ret = timeline_vgpu(in, path, options, &vgpus, error, MAX_MESSAGE);

    ret = ret ? ret : rewind_log(in, path, error);
    if (ret || rows) {
        return ret; /* of a run with vGPUs all is said */
    }
    ret = timeline_survey(in, path, options, &survey, error, MAX_MESSAGE);
    if (ret) {
        return ret;
    }
    if (survey.rows == 0) {
        (void)printf("nothing to draw: no %smessage%s%s%s\n", options->all ? "" : "control ",
                     options->gpu ? " of GPU " : "", options->gpu ? options->gpu : "",
                     options->all ? "" : " (--all shows every message)");
        return 0;
    }
    ret = rewind_log(in, path, error);
    if (ret) {
        return ret;
    }
    chart = timeline_ascii_create(stdout, options, survey.num_gts);
    if (!chart) {
        (void)snprintf(error, MAX_MESSAGE, "no memory");
        return -ENOMEM;
    }
    sink = timeline_ascii_sink(chart);
    ret = timeline_read(in, path, options, &sink, error, MAX_MESSAGE);
    timeline_ascii_finish(chart);
    return ret;
}

static int draw(FILE *in, const char *path, const struct arguments *arguments, char *error)
{
    switch (arguments->form) {
    case FORM_PERFETTO:
        return timeline_perfetto(stdout, in, path, &arguments->options, error, MAX_MESSAGE);
    case FORM_FTRACE:
        return timeline_ftrace(stdout, in, path, &arguments->options, error, MAX_MESSAGE);
    case FORM_SVG:
        return timeline_svg(stdout, in, path, &arguments->options, error, MAX_MESSAGE);
    default:
        return draw_ascii(in, path, &arguments->options, error);
    }
}

int timeline_main(int argc, char **argv)
{
    struct arguments arguments;
    char path[MAX_PATH];
    char error[MAX_MESSAGE];
    FILE *in;
    int ret = parse_arguments(argc, argv, &arguments);

    if (ret) {
        return EXIT_TROUBLE;
    }
    ret = snprintf(path, sizeof(path), "%s/events.jsonl", arguments.dir);
    errno = ENAMETOOLONG;
    in = ret > 0 && (size_t)ret < sizeof(path) ? fopen(path, "r") : NULL;
    if (!in) {
        (void)fprintf(stderr, "gucsim timeline: %s/events.jsonl: %s\n", arguments.dir,
                      strerror(errno));
        return EXIT_TROUBLE;
    }
    ret = draw(in, path, &arguments, error);
    (void)fclose(in);
    if (ret) {
        (void)fprintf(stderr, "gucsim timeline: %s\n", error);
        return EXIT_TROUBLE;
    }
    return 0;
}
