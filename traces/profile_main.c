/* SPDX-License-Identifier: MIT */
/* The command "profile": its arguments. */
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "traces/profile_stats.h"
#include "traces/timeline.h"
#include "traces/tool.h"
#include "traces/traces.h"

#define EXIT_TROUBLE 2

typedef void printer(FILE *out, const struct profile *profile, const struct profile_stats *stats);

struct arguments {
    const char *dirs[2];
    struct profile_options options;
    printer *print; /* NULL: plots */
    printer *table; /* of CSV; NULL: not asked for */
    bool png;
    bool compare;
    double max_regress; /* negative: no gate */
};

static bool take_format(const char *value, struct arguments *arguments)
{
    static const struct {
        const char *name;
        printer *print;
    } forms[] = {{"text", profile_print_text},
                 {"json", profile_print_json},
                 {"csv", profile_print_csv},
                 {"svg", NULL},
                 {"png", NULL}};

    for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
        if (strcmp(forms[i].name, value) == 0) {
            arguments->print = forms[i].print;
            arguments->png = strcmp(value, "png") == 0;
            return true;
        }
    }
    return false;
}

static bool take_table(const char *value, struct arguments *arguments)
{
    static const struct {
        const char *name;
        printer *print;
    } tables[] = {{"messages", profile_print_csv},
                  {"stalls", profile_print_stalls_csv},
                  {"rings", profile_print_rings_csv}};

    for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
        if (strcmp(tables[i].name, value) == 0) {
            arguments->table = tables[i].print;
            return true;
        }
    }
    return false;
}

static bool take_by(const char *value, struct profile_options *options)
{
    static const struct {
        const char *name;
        enum profile_by by;
    } ways[] = {{"hop", PROFILE_BY_HOP},
                {"action", PROFILE_BY_ACTION},
                {"fn", PROFILE_BY_FN},
                {"gt", PROFILE_BY_GT}};

    for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
        if (strcmp(ways[i].name, value) == 0) {
            options->by = ways[i].by;
            return true;
        }
    }
    return false;
}

static bool take_percent(const char *value, double *percent)
{
    char *end;

    if (*value < '0' || *value > '9') {
        return false;
    }
    *percent = strtod(value, &end);
    return (*end == '\0' || strcmp(end, "%") == 0) && isfinite(*percent);
}

static bool take_fn(const char *value, int *fn)
{
    char *end;
    unsigned long number;

    if (*value < '0' || *value > '9') {
        return false;
    }
    number = strtoul(value, &end, 10);
    *fn = (int)(number & 63u);
    return *end == '\0' && number <= EVENT_MAX_FN;
}

static bool take_option(int option, const char *value, void *arg)
{
    struct arguments *arguments = arg;

    switch (option) {
    case 'T':
        return take_table(value, arguments);
    case 'F':
        return take_format(value, arguments);
    case 'b':
        return take_by(value, &arguments->options);
    case 'a':
        arguments->options.action = value;
        return *value != '\0';
    case 'n':
        return take_fn(value, &arguments->options.fn);
    case 'f':
        return timeline_parse_time(value, &arguments->options.from);
    case 't':
        return timeline_parse_time(value, &arguments->options.to);
    case 'c':
        arguments->compare = true;
        return true;
    case 'm':
        return take_percent(value, &arguments->max_regress);
    default:
        return false;
    }
}

static int take_directories(int argc, char **argv, struct arguments *arguments)
{
    int wanted = arguments->compare ? 2 : 1;

    if (argc - optind != wanted) {
        tool_usage_refused("profile", arguments->compare ? "two directories are wanted, of runs"
                                                         : "one directory is wanted, of a run");
        return -EINVAL;
    }
    if (!arguments->compare && arguments->max_regress >= 0) {
        tool_usage_refused("profile", "--max-regress needs --compare");
        return -EINVAL;
    }
    if (arguments->compare && arguments->print != profile_print_text) {
        tool_usage_refused("profile", "a comparison is text");
        return -EINVAL;
    }
    if (arguments->table && arguments->print != profile_print_csv) {
        tool_usage_refused("profile", "--table needs --format csv");
        return -EINVAL;
    }
    arguments->print = arguments->table ? arguments->table : arguments->print;
    for (int i = 0; i < wanted; i++) {
        arguments->dirs[i] = argv[optind + i];
    }
    return 0;
}

/* Returns 0, or -EINVAL with a message printed. */
static int parse_arguments(int argc, char **argv, struct arguments *arguments)
{
    static const struct option names[] = {
        {"format", required_argument, NULL, 'F'},      {"by", required_argument, NULL, 'b'},
        {"action", required_argument, NULL, 'a'},      {"fn", required_argument, NULL, 'n'},
        {"from", required_argument, NULL, 'f'},        {"to", required_argument, NULL, 't'},
        {"table", required_argument, NULL, 'T'},       {"compare", no_argument, NULL, 'c'},
        {"max-regress", required_argument, NULL, 'm'}, {NULL, 0, NULL, 0},
    };

    *arguments = (struct arguments){
        .options = {.fn = -1, .to = UINT64_MAX}, .print = profile_print_text, .max_regress = -1};
    if (tool_options("profile", argc, argv, names, take_option, arguments)) {
        return -EINVAL;
    }
    return take_directories(argc, argv, arguments);
}

/* Reads a run and its statistics. Returns 0, or -errno with a message printed. */
static int load(const char *dir, const struct profile_options *options, struct profile *profile,
                struct profile_stats *stats)
{
    char error[PROFILE_ERROR];
    int ret = profile_read_dir(dir, profile, error);

    if (ret) {
        (void)fprintf(stderr, "gucsim profile: %s\n", error);
        return ret;
    }
    ret = profile_stats(profile, options, stats);
    if (ret) {
        (void)fprintf(stderr, "gucsim profile: %s: no memory\n", dir);
        profile_free(profile);
    }
    return ret;
}

static int show(const struct arguments *arguments)
{
    struct profile profile;
    struct profile_stats stats;
    int err = 0;

    if (load(arguments->dirs[0], &arguments->options, &profile, &stats)) {
        return EXIT_TROUBLE;
    }
    if (!stats.num_groups && (arguments->options.action || arguments->options.fn >= 0)) {
        (void)fprintf(stderr, "gucsim profile: %s: no such message in this run\n",
                      arguments->dirs[0]);
        err = -ENOENT;
    } else if (arguments->print) {
        arguments->print(stdout, &profile, &stats);
    } else {
        err = profile_plot(arguments->dirs[0], arguments->png, &profile, &stats);
    }
    profile_stats_free(&stats);
    profile_free(&profile);
    return err ? EXIT_TROUBLE : 0;
}

/* Returns 1 when a migration is beyond the gate. */
static int gate_migrations(const struct profile *a, const struct profile *b, double max_regress)
{
    size_t beyond = profile_compare_migrations(stdout, a, b, max_regress);

    if (max_regress >= 0) {
        (void)printf("gate: %zu times of migrations grew by more than %g%%\n", beyond, max_regress);
    }
    return beyond > 0;
}

static int compare(const struct arguments *arguments)
{
    struct profile profiles[2];
    struct profile_stats stats[2];
    int ret = EXIT_TROUBLE;

    if (load(arguments->dirs[0], &arguments->options, &profiles[0], &stats[0])) {
        return EXIT_TROUBLE;
    }
    if (!load(arguments->dirs[1], &arguments->options, &profiles[1], &stats[1])) {
        ret = profile_compare(stdout, &stats[0], &stats[1], arguments->max_regress);
        if (ret < 0) {
            (void)fprintf(stderr, "gucsim profile: no memory\n");
            ret = EXIT_TROUBLE;
        } else {
            ret |= gate_migrations(&profiles[0], &profiles[1], arguments->max_regress);
        }
        profile_stats_free(&stats[1]);
        profile_free(&profiles[1]);
    }
    profile_stats_free(&stats[0]);
    profile_free(&profiles[0]);
    return ret;
}

int profile_main(int argc, char **argv)
{
    struct arguments arguments;
    int ret = parse_arguments(argc, argv, &arguments);

    if (ret) {
        return EXIT_TROUBLE;
    }
    return arguments.compare ? compare(&arguments) : show(&arguments);
}
