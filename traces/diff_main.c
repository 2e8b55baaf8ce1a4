/* SPDX-License-Identifier: MIT */
/* The command "diff": its options, and what its two arguments are. */
#include <cjson/cJSON.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "traces/diff.h"
#include "traces/tool.h"
#include "traces/traces.h"

#define EXIT_DIFFERENT   1
#define EXIT_TROUBLE     2
#define DEFAULT_LIMIT    10u
#define MAX_LIMIT        100000u
#define MAX_REPORT_BYTES (1u << 20)
#define MAX_RULE         1024
#define FS_PS            1000

/* ---- options --------------------------------------------------------------------------------- */

static bool is_map(const char *text)
{
    const char *equals = strchr(text, '=');

    return equals && equals != text;
}

/* A line of a rules file. Returns 0 or -EINVAL. */
static int take_rule(struct diff_options *options, char *line)
{
    char *save;
    const char *verb = strtok_r(line, " \t\r\n", &save);
    const char *word = verb ? strtok_r(NULL, " \t\r\n", &save) : NULL;

    if (!verb || *verb == '#') {
        return 0;
    }
    if (!word || strtok_r(NULL, " \t\r\n", &save)) {
        return -EINVAL;
    }
    if (strcmp(verb, "map") == 0 && is_map(word)) {
        return diff_add_word(&options->maps, word);
    }
    if (strcmp(verb, "ignore") == 0) {
        return diff_add_word(&options->ignores, word);
    }
    return strcmp(verb, "select") == 0 ? diff_add_word(&options->selects, word) : -EINVAL;
}

static bool read_rules(struct diff_options *options, const char *path)
{
    FILE *file = fopen(path, "r");
    char line[MAX_RULE];
    unsigned number = 0;
    int err = 0;

    if (!file) {
        (void)fprintf(stderr, "gucsim diff: %s: %s\n", path, strerror(errno));
        return false;
    }
    while (!err && fgets(line, sizeof(line), file)) {
        number++;
        err = strchr(line, '\n') ? take_rule(options, line) : -EINVAL;
    }
    (void)fclose(file);
    if (err) {
        (void)fprintf(stderr, "gucsim diff: %s:%u: map a=b, ignore GLOB or select GLOB is wanted\n",
                      path, number);
    }
    return !err;
}

static bool parse_limit(const char *text, size_t *limit)
{
    char *end;
    unsigned long value = strtoul(text, &end, 10);

    *limit = value;
    return *text >= '0' && *text <= '9' && !*end && value <= MAX_LIMIT;
}

static bool take_option(int option, const char *value, void *arg)
{
    struct diff_options *options = arg;

    switch (option) {
    case 'm':
        return is_map(value) && !diff_add_word(&options->maps, value);
    case 'i':
        return !diff_add_word(&options->ignores, value);
    case 's':
        return !diff_add_word(&options->selects, value);
    case 'r':
        return read_rules(options, value);
    case 'f':
        return diff_parse_time(value, &options->from_fs);
    case 't':
        return diff_parse_time(value, &options->to_fs);
    case 'k':
        return diff_parse_time(value, &options->skew_fs) && options->skew_fs >= 0;
    case 'S':
        return diff_parse_time(value, &options->shift_fs);
    case 'o':
        options->order_only = true;
        return true;
    case 'x':
        options->unknown = DIFF_UNKNOWN_ANY;
        return true;
    case 'z':
        options->unknown = DIFF_UNKNOWN_ALIKE;
        return true;
    case 'c':
        options->clock = value;
        return *value != '\0';
    case 'w':
        return *value != '\0' && !diff_add_word(&options->whens, value);
    case 'g':
        return diff_parse_time(value, &options->glitch_fs) && options->glitch_fs > 0;
    case 'l':
        return parse_limit(value, &options->limit) && options->limit > 0;
    case 'n':
        options->names = value;
        return true;
    default: /* 'F' */
        options->json = strcmp(value, "json") == 0;
        return options->json || strcmp(value, "text") == 0;
    }
}

/* Returns 0 or -EINVAL with a message printed. */
static int parse_arguments(int argc, char **argv, struct diff_options *options)
{
    static const struct option names[] = {
        {"map", required_argument, NULL, 'm'},    {"ignore", required_argument, NULL, 'i'},
        {"select", required_argument, NULL, 's'}, {"rules", required_argument, NULL, 'r'},
        {"from", required_argument, NULL, 'f'},   {"to", required_argument, NULL, 't'},
        {"skew", required_argument, NULL, 'k'},   {"shift", required_argument, NULL, 'S'},
        {"order-only", no_argument, NULL, 'o'},   {"x-any", no_argument, NULL, 'x'},
        {"x-is-z", no_argument, NULL, 'z'},       {"clock", required_argument, NULL, 'c'},
        {"when", required_argument, NULL, 'w'},   {"glitch", required_argument, NULL, 'g'},
        {"limit", required_argument, NULL, 'l'},  {"names", required_argument, NULL, 'n'},
        {"format", required_argument, NULL, 'F'}, {NULL, 0, NULL, 0},
    };

    if (tool_options("diff", argc, argv, names, take_option, options)) {
        return -EINVAL;
    }
    if (optind != argc - 2) {
        tool_usage_refused("diff", "two files or directories are wanted");
        return -EINVAL;
    }
    if ((options->unknown != DIFF_UNKNOWN_EXACT || options->clock || options->whens.count ||
         options->glitch_fs) &&
        (options->skew_fs || options->order_only)) {
        (void)fprintf(
            stderr, "gucsim diff: --x-any, --x-is-z, --clock, --when and --glitch compare values: "
                    "they go neither with --skew nor with --order-only\n");
        return -EINVAL;
    }
    options->path[DIFF_A] = argv[optind];
    options->path[DIFF_B] = argv[optind + 1];
    return 0;
}

/* ---- what is compared ------------------------------------------------------------------------ */

enum input { INPUT_WAVES, INPUT_EVENTS, INPUT_RUN, INPUT_NONE };

static enum input input_of(const char *path)
{
    size_t length = strlen(path);
    struct stat status;

    if (stat(path, &status)) {
        (void)fprintf(stderr, "gucsim diff: %s: %s\n", path, strerror(errno));
        return INPUT_NONE;
    }
    if (S_ISDIR(status.st_mode)) {
        return INPUT_RUN;
    }
    return length > 6 && strcmp(path + length - 6, ".jsonl") == 0 ? INPUT_EVENTS : INPUT_WAVES;
}

/* The clock of a run, from report.json in its directory; 0 when there is none. */
static int64_t clock_of(const char *path, bool is_directory)
{
    size_t directory = strrchr(path, '/') ? (size_t)(strrchr(path, '/') - path) : 0;
    char name[PATH_MAX];
    char *text = malloc(MAX_REPORT_BYTES);
    cJSON *report = NULL;
    const cJSON *period;
    int64_t clock_fs = 0;
    FILE *file;

    if (is_directory) {
        (void)snprintf(name, sizeof(name), "%s/report.json", path);
    } else {
        (void)snprintf(name, sizeof(name), "%.*s%sreport.json", (int)directory, path,
                       directory ? "/" : "");
    }
    file = fopen(name, "r");
    if (text && file) {
        report = cJSON_ParseWithLength(text, fread(text, 1, MAX_REPORT_BYTES, file));
    }
    period = cJSON_GetObjectItem(cJSON_GetObjectItem(report, "config"), "clock.ps");
    if (cJSON_IsNumber(period) && period->valuedouble >= 1 && period->valuedouble <= 1e9) {
        clock_fs = (int64_t)period->valuedouble * FS_PS;
    }
    if (file) {
        (void)fclose(file);
    }
    cJSON_Delete(report);
    free(text);
    return clock_fs;
}

/* Finds a run's waves. Returns whether there are any. */
static bool find_waves(const char *dir, char path[PATH_MAX])
{
    static const char *const names[] = {"trace.vcd.gz", "trace.vcd"};

    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        if (snprintf(path, PATH_MAX, "%s/%s", dir, names[i]) < PATH_MAX && !access(path, F_OK)) {
            return true;
        }
    }
    return false;
}

/* What both scenarios said last before the first difference. */
static void find_story(struct diff_report *report, const char *const events[2])
{
    int64_t t_fs = diff_first_time(report);
    char text[DIFF_TEXT_SIZE];

    for (int side = 0; t_fs != INT64_MAX && side < 2; side++) {
        diff_story(events[side], t_fs - (side == DIFF_B ? report->options->shift_fs : 0), text,
                   sizeof(text));
        report->story[side] = *text ? strdup(text) : NULL;
    }
}

static int diff_runs(const struct diff_options *options, struct diff_report *report, char *error)
{
    static char waves[2][PATH_MAX], events[2][PATH_MAX];
    const char *const wave_paths[2] = {waves[0], waves[1]};
    const char *const event_paths[2] = {events[0], events[1]};
    bool has_waves[2];
    int ret = 0;

    for (int side = 0; side < 2; side++) {
        has_waves[side] = find_waves(options->path[side], waves[side]);
        (void)snprintf(events[side], PATH_MAX, "%s/events.jsonl", options->path[side]);
    }
    if (has_waves[DIFF_A] && has_waves[DIFF_B]) {
        ret = diff_waves(options, wave_paths, report, error);
    } else if (has_waves[DIFF_A] != has_waves[DIFF_B]) {
        enum diff_side side = has_waves[DIFF_A] ? DIFF_A : DIFF_B;

        report->signals.title = "signals";
        ret = diff_found_only(options, &report->signals, side, waves[side]);
    }
    ret = ret ? ret : diff_event_logs(options, event_paths, report, error);
    if (!ret) {
        diff_sort(report);
        find_story(report, event_paths);
    }
    return ret;
}

static int compare(const struct diff_options *options, struct diff_report *report, char *error)
{
    const enum input inputs[2] = {input_of(options->path[DIFF_A]), input_of(options->path[DIFF_B])};

    if (inputs[DIFF_A] == INPUT_NONE || inputs[DIFF_B] == INPUT_NONE) {
        return -ENOENT;
    }
    if (inputs[DIFF_A] != inputs[DIFF_B]) {
        (void)snprintf(error, DIFF_ERROR_SIZE,
                       "%s and %s are of different sorts: two VCDs, two .jsonl or two directories "
                       "are wanted",
                       options->path[DIFF_A], options->path[DIFF_B]);
        return -EINVAL;
    }
    report->clock_fs = clock_of(options->path[DIFF_A], inputs[DIFF_A] == INPUT_RUN);
    if (inputs[DIFF_A] == INPUT_RUN) {
        return diff_runs(options, report, error);
    }
    return inputs[DIFF_A] == INPUT_EVENTS ? diff_event_logs(options, options->path, report, error)
                                          : diff_waves(options, options->path, report, error);
}

static int tell(const struct diff_report *report)
{
    int ret = 0;

    if (report->options->json) {
        ret = diff_print_json(report, stdout);
    } else {
        diff_print(report, stdout);
    }
    if (ret) {
        (void)fprintf(stderr, "gucsim diff: standard output: %s\n", strerror(-ret));
        return EXIT_TROUBLE;
    }
    return diff_is_same(report) ? 0 : EXIT_DIFFERENT;
}

int diff_main(int argc, char **argv)
{
    struct diff_options options = {
        .from_fs = INT64_MIN, .to_fs = INT64_MAX, .limit = DEFAULT_LIMIT};
    struct diff_report report = {.options = &options};
    char error[DIFF_ERROR_SIZE] = "";
    int ret = parse_arguments(argc, argv, &options);

    if (ret) {
        ret = EXIT_TROUBLE;
    } else if (compare(&options, &report, error)) {
        if (error[0]) {
            (void)fprintf(stderr, "gucsim diff: %s\n", error);
        }
        ret = EXIT_TROUBLE;
    } else {
        diff_sort(&report);
        ret = tell(&report);
    }
    diff_free(&report);
    diff_free_words(&options.maps);
    diff_free_words(&options.ignores);
    diff_free_words(&options.selects);
    diff_free_words(&options.whens);
    return ret;
}
