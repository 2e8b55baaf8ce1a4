/* SPDX-License-Identifier: MIT */
/* The words after 'gucsim run'. */
#include "sim/cli/cli.h"
#include "sim/cli/help.h"
#include "sim/cli/regress.h"

#include <errno.h>
#include <getopt.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_OUT_ROOT "build/out"
#define TRACE_LAST       "last="

enum run_option {
    OPT_OUT = 1,
    OPT_TRACE,
    OPT_TRACE_SCOPE,
    OPT_TRACE_FROM,
    OPT_TRACE_TO,
    OPT_SEED,
    OPT_SET,
    OPT_UNTIL,
    OPT_SKIP_CHECK,
    OPT_NO_SKIP,
    OPT_VERIFY_SKIP,
    OPT_QUIET
};

static const struct option long_options[] = {
    {"out", required_argument, NULL, OPT_OUT},
    {"trace", required_argument, NULL, OPT_TRACE},
    {"trace-scope", required_argument, NULL, OPT_TRACE_SCOPE},
    {"trace-from", required_argument, NULL, OPT_TRACE_FROM},
    {"trace-to", required_argument, NULL, OPT_TRACE_TO},
    {"seed", required_argument, NULL, OPT_SEED},
    {"set", required_argument, NULL, OPT_SET},
    {"until", required_argument, NULL, OPT_UNTIL},
    {"skip-check", required_argument, NULL, OPT_SKIP_CHECK},
    {"no-skip", no_argument, NULL, OPT_NO_SKIP},
    {"verify-skip", no_argument, NULL, OPT_VERIFY_SKIP},
    {"quiet", no_argument, NULL, OPT_QUIET},
    {NULL, 0, NULL, 0},
};

/* What each option's value has to be, for the message. */
static const char *const wanted[] = {
    [OPT_OUT] = "a directory",
    [OPT_TRACE] = "vcd, vcd.gz, off or last=TIME",
    [OPT_TRACE_SCOPE] = "a glob of signals' names, such as '*.guc0.*'",
    [OPT_TRACE_FROM] = "a time such as 10us",
    [OPT_TRACE_TO] = "a time such as 10us",
    [OPT_SEED] = "a whole number",
    [OPT_UNTIL] = "a time such as 10us",
    [OPT_SKIP_CHECK] = "a number of cycles",
};

static int count_parse(const char *text, uint64_t *number)
{
    char *end;

    errno = 0;
    *number = strtoull(text, &end, 0);
    return errno || end == text || *end || *text == '-' ? -EINVAL : 0;
}

/* A time that is not 0. Its unit is written: charts count in us, scripts in ns. */
static int length_parse(const char *text, uint64_t *ps)
{
    int err = text[strcspn(text, "pnums")] ? time_parse(text, ps) : -EINVAL;

    return !err && *ps == 0 ? -EINVAL : err;
}

static int out_take(struct run_options *options, const char *value)
{
    size_t len = strlen(value);

    if (len == 0 || len >= sizeof(options->out)) {
        return -EINVAL;
    }
    memcpy(options->out, value, len + 1);
    options->out_is_default = false;
    return 0;
}

static int trace_take(struct run_options *options, const char *value)
{
    static const char *const forms[] = {"vcd", "vcd.gz", "off"};

    options->trace = value;
    options->trace_last_ps = 0;
    if (strncmp(value, TRACE_LAST, strlen(TRACE_LAST)) == 0) {
        return length_parse(value + strlen(TRACE_LAST), &options->trace_last_ps);
    }
    for (unsigned i = 0; i < ARRAY_SIZE(forms); i++) {
        if (strcmp(value, forms[i]) == 0) {
            return 0;
        }
    }
    return -EINVAL;
}

bool run_trace_is_good(const char *form)
{
    struct run_options options;

    return trace_take(&options, form) == 0;
}

static int time_take(struct run_time *time, const char *value)
{
    time->text = value;
    return length_parse(value, &time->ps);
}

static int value_take(struct run_options *options, int option, const char *value)
{
    switch (option) {
    case OPT_OUT:
        return out_take(options, value);
    case OPT_TRACE:
        return trace_take(options, value);
    case OPT_TRACE_SCOPE:
        options->trace_scope = value;
        return *value ? 0 : -EINVAL;
    case OPT_TRACE_FROM:
        return time_take(&options->trace_from, value);
    case OPT_TRACE_TO:
        return time_take(&options->trace_to, value);
    case OPT_SEED:
        return count_parse(value, &options->seed);
    case OPT_UNTIL:
        return time_take(&options->until, value);
    case OPT_SKIP_CHECK:
        return count_parse(value, &options->skip_check);
    case OPT_NO_SKIP:
        options->no_skip = true;
        return 0;
    case OPT_VERIFY_SKIP:
        options->verify_skip = true;
        return 0;
    default:
        options->quiet = true;
        return 0;
    }
}

/* Returns 0, or -EINVAL with a message in error. */
static int option_take(struct run_options *options, int option, const char *value,
                       char error[ERROR_TEXT_LEN])
{
    if (option == OPT_SET) {
        return params_set(&options->params, value, error);
    }
    if (value_take(options, option, value)) {
        (void)snprintf(error, ERROR_TEXT_LEN, "--%s %s: %s is wanted",
                       long_options[option - 1].name, value, wanted[option]);
        return -EINVAL;
    }
    return 0;
}

/* Options that do not go together: the text of why, or NULL. */
static const char *contradiction(const struct run_options *options)
{
    const bool part = options->trace_last_ps || options->trace_from.text || options->trace_to.text;

    if (options->trace_last_ps && (options->trace_from.text || options->trace_to.text)) {
        return "--trace last=TIME goes without --trace-from and --trace-to";
    }
    if (options->trace_to.text && options->trace_from.ps > options->trace_to.ps) {
        return "--trace-to comes before --trace-from";
    }
    if (options->trace_last_ps && options->verify_skip) {
        return "--verify-skip compares whole waves: it goes without --trace last=TIME";
    }
    if (options->skip_check && (part || options->no_skip || options->verify_skip)) {
        return "--skip-check goes without parts of the waves, --no-skip and --verify-skip";
    }
    return NULL;
}

/* build/out/<name of the scenario without .lua> */
static void out_default(struct run_options *options)
{
    char copy[OUT_PATH_LEN];
    char *name, *dot;

    (void)snprintf(copy, sizeof(copy), "%s", options->scenario);
    name = basename(copy);
    dot = strrchr(name, '.');
    if (dot && dot != name) {
        *dot = '\0';
    }
    /* basename of a path that fits is no longer than it */
    (void)snprintf(options->out, sizeof(options->out), DEFAULT_OUT_ROOT "/%.*s",
                   (int)(sizeof(options->out) - sizeof(DEFAULT_OUT_ROOT) - 1), name);
}

static int complain(const char *text)
{
    (void)fprintf(stderr, "gucsim run: %s\n", text);
    return -EINVAL;
}

int run_options_parse(struct run_options *options, int argc, char **argv)
{
    char error[ERROR_TEXT_LEN] = "";
    int option;

    optind = 1;
    opterr = 0;
    while ((option = getopt_long(argc, argv, ":", long_options, NULL)) != -1) {
        if (option == '?' || option == ':') {
            option_refused("run", option, argv, long_options);
            return -EINVAL;
        }
        if (option_take(options, option, optarg, error)) {
            return complain(error);
        }
    }
    if (contradiction(options)) {
        return complain(contradiction(options));
    }
    if (optind + 1 != argc) {
        (void)fprintf(stderr,
                      "gucsim run: one scenario is wanted, %d are given; see 'gucsim help run'\n",
                      argc - optind);
        return -EINVAL;
    }
    options->scenario = scenario_path(argv[optind], options->path);
    if (scenario_check(options->scenario, "run")) {
        return -EINVAL;
    }
    if (options->out_is_default) {
        out_default(options);
    }
    return 0;
}
