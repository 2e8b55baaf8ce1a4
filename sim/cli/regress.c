/* SPDX-License-Identifier: MIT */
/* gucsim regress: runs scenarios and compares what they did with what is kept of them. */
#include "sim/cli/regress.h"
#include "traces/traces.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/cli/cli.h"
#include "sim/cli/help.h"
#include "sim/script/script.h"

#define DEFAULT_OUT     "build/out/regress"
#define DEFAULT_TIMEOUT 300u /* s of wall time: a safety net; scenarios have virtual time limits */
#define MAX_REPEAT      1000u
#define MAX_SHARDS      1000u
#define MAX_TIMEOUT     86400u
#define MAX_EXACT       8u /* exact goldens change with every latency */

enum {
    OPT_SHARD = 256,
    OPT_REPEAT,
    OPT_JUNIT,
    OPT_BLESS,
    OPT_GOLDEN,
    OPT_OUT,
    OPT_TIMEOUT,
    OPT_TAG,
    OPT_COVERAGE,
    OPT_TRACE
};

static const struct option long_options[] = {
    {"shard", required_argument, NULL, OPT_SHARD},
    {"repeat", required_argument, NULL, OPT_REPEAT},
    {"junit", required_argument, NULL, OPT_JUNIT},
    {"bless", no_argument, NULL, OPT_BLESS},
    {"golden", required_argument, NULL, OPT_GOLDEN},
    {"out", required_argument, NULL, OPT_OUT},
    {"timeout", required_argument, NULL, OPT_TIMEOUT},
    {"tag", required_argument, NULL, OPT_TAG},
    {"coverage", no_argument, NULL, OPT_COVERAGE},
    {"trace", required_argument, NULL, OPT_TRACE},
    {NULL, 0, NULL, 0},
};

static bool shard_parse(struct regress *regress, const char *text)
{
    const char *slash = strchr(text, '/');
    char first[16];

    if (!slash || slash - text >= (ptrdiff_t)sizeof(first)) {
        return false;
    }
    (void)snprintf(first, sizeof(first), "%.*s", (int)(slash - text), text);
    return number_parse(slash + 1, MAX_SHARDS, &regress->num_shards) &&
           number_parse(first, regress->num_shards, &regress->shard);
}

static bool option_take(struct regress *regress, int option, const char *value)
{
    switch (option) {
    case 'j':
        return number_parse(value, POOL_MAX_JOBS, &regress->parallel);
    case OPT_SHARD:
        return shard_parse(regress, value);
    case OPT_REPEAT:
        return number_parse(value, MAX_REPEAT, &regress->repeat);
    case OPT_TIMEOUT:
        return number_parse(value, MAX_TIMEOUT, &regress->timeout_s);
    case OPT_JUNIT:
        regress->junit = value;
        return *value != '\0';
    case OPT_GOLDEN:
        regress->golden_root = value;
        return *value != '\0';
    case OPT_OUT:
        regress->out_root = value;
        return *value != '\0';
    case OPT_TAG:
        regress->tag = value;
        return *value && !strchr(value, ' ');
    case OPT_TRACE:
        regress->trace = value;
        return run_trace_is_good(value);
    case OPT_COVERAGE:
        regress->coverage = regress->coverage ? regress->coverage : coverage_create();
        return regress->coverage != NULL;
    default: /* OPT_BLESS */
        regress->bless = true;
        return true;
    }
}

/* Takes options and collects scenarios. Returns 0 or -EINVAL with a message. */
static int arguments_take(struct regress *regress, int argc, char **argv)
{
    int err = 0;
    int option;

    optind = 0; /* another command may have used getopt before */
    opterr = 0;
    while ((option = getopt_long(argc, argv, ":j:", long_options, NULL)) != -1) {
        if (option == '?' || option == ':') {
            option_refused("regress", option, argv, long_options);
            return -EINVAL;
        }
        if (!option_take(regress, option, optarg)) {
            (void)fprintf(stderr, "gucsim regress: bad value '%s'\n", optarg);
            return -EINVAL;
        }
    }
    if (regress->bless && regress->repeat > 1) {
        (void)fprintf(stderr, "gucsim regress: --bless takes one run, --repeat more\n");
        return -EINVAL;
    }
    if (regress->bless && optind == argc) {
        (void)fprintf(stderr, "gucsim regress: --bless needs the paths to bless\n");
        return -EINVAL;
    }
    if (optind == argc) {
        return scenarios_add(&regress->scenarios, script_own_scenarios(), "regress");
    }
    for (int i = optind; !err && i < argc; i++) {
        err = scenarios_add(&regress->scenarios, argv[i], "regress");
    }
    return err;
}

/* Fills the next entry in. */
static int entry_make(struct regress *regress, const struct scenario *scenario)
{
    struct entry *entry = &regress->entries[regress->count];
    int out = snprintf(entry->out, sizeof(entry->out), "%s/%s", regress->out_root, scenario->name);
    int golden = snprintf(entry->golden, sizeof(entry->golden), "%s/%s.golden",
                          regress->golden_root, scenario->name);

    if (out >= (int)sizeof(entry->out) || golden >= (int)sizeof(entry->golden)) {
        return -ENAMETOOLONG;
    }
    (void)snprintf(entry->again, sizeof(entry->again), "%s.again", entry->out);
    entry->scenario = scenario;
    /* Two scenarios of one name would share their files. */
    for (size_t i = 0; i < regress->count; i++) {
        if (strcmp(regress->entries[i].scenario->name, scenario->name) == 0) {
            (void)fprintf(stderr,
                          "gucsim regress: %s and %s have one name; below a folder 'scenarios' "
                          "folders are part of it\n",
                          regress->entries[i].scenario->path, scenario->path);
            return -EEXIST;
        }
    }
    regress->count++;
    return 0;
}

static bool has_tag(const struct scenario *scenario, const char *tag)
{
    char word[sizeof(scenario->tags)];

    (void)snprintf(word, sizeof(word), " %s ", tag);
    return strstr(scenario->tags, word) != NULL;
}

/* Leaves the scenarios with the tag. */
static void scenarios_pick(struct scenarios *scenarios, const char *tag)
{
    size_t kept = 0;

    for (size_t i = 0; i < scenarios->count; i++) {
        if (has_tag(&scenarios->list[i], tag)) {
            scenarios->list[kept++] = scenarios->list[i];
        }
    }
    scenarios->count = kept;
}

static bool too_many_exact(const struct scenarios *scenarios)
{
    size_t exact = 0;

    for (size_t i = 0; i < scenarios->count; i++) {
        exact += scenarios->list[i].exact;
    }
    return exact > MAX_EXACT;
}

/* An entry for each scenario of the shard. */
static int entries_make(struct regress *regress)
{
    int err = 0;

    if (regress->tag) {
        scenarios_pick(&regress->scenarios, regress->tag);
    }
    if (too_many_exact(&regress->scenarios)) {
        (void)fprintf(stderr, "gucsim regress: more than %u scenarios with golden = \"exact\"\n",
                      MAX_EXACT);
        return -E2BIG;
    }

    regress->entries = calloc(regress->scenarios.count + 1, sizeof(*regress->entries));
    if (!regress->entries) {
        return -ENOMEM;
    }
    for (size_t i = regress->shard - 1; !err && i < regress->scenarios.count;
         i += regress->num_shards) {
        err = entry_make(regress, &regress->scenarios.list[i]);
    }
    return err;
}

static void tell(const struct regress *regress)
{
    double seconds = 0;

    for (size_t i = 0; i < regress->count; i++) {
        const struct entry *entry = &regress->entries[i];

        seconds += entry->seconds;
        if (entry->failed || *entry->reason) {
            (void)printf("%s %s: %s\n%s\n", entry->failed ? "FAIL" : "    ", entry->scenario->path,
                         entry->reason, entry->detail ? entry->detail : "");
        }
    }
    (void)printf("%zu scenario%s, %zu failed, %.1f s of runs\n", regress->count,
                 regress->count == 1 ? "" : "s", regress->failed, seconds);
}

static int junit_tell(const struct regress *regress)
{
    struct verdict *verdicts = calloc(regress->count + 1, sizeof(*verdicts));
    int err = -ENOMEM;

    for (size_t i = 0; verdicts && i < regress->count; i++) {
        const struct entry *entry = &regress->entries[i];

        verdicts[i] = (struct verdict){.name = entry->scenario->name,
                                       .failed = entry->failed,
                                       .seconds = entry->seconds,
                                       .reason = entry->reason,
                                       .detail = entry->detail ? entry->detail : ""};
    }
    if (verdicts) {
        err = junit_write(regress->junit, verdicts, regress->count);
    }
    free(verdicts);
    if (err) {
        (void)fprintf(stderr, "gucsim regress: %s: %s\n", regress->junit, strerror(-err));
    }
    return err;
}

static int regress_all(struct regress *regress)
{
    int err = entries_make(regress);

    if (!err && regress->scenarios.count == 0) {
        (void)fprintf(stderr, "gucsim regress: no scenario there: none that builds a machine%s\n",
                      regress->tag ? " and has the tag" : "");
        return EXIT_TROUBLE;
    }
    if (!err) {
        err = regress_run(regress);
    }
    if (err == -EINTR) {
        (void)fprintf(stderr, "gucsim regress: interrupted\n");
        return EXIT_INTERRUPTED;
    }
    if (err) {
        (void)fprintf(stderr, "gucsim regress: %s\n", strerror(-err));
        return EXIT_TROUBLE;
    }
    tell(regress);
    if (regress->coverage) {
        regress_print_coverage(regress->coverage, stdout);
    }
    if (regress->junit && junit_tell(regress)) {
        return EXIT_TROUBLE;
    }
    return regress->failed ? EXIT_FAILS : EXIT_HOLDS;
}

int regress_main(int argc, char **argv)
{
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    struct regress regress = {
        .parallel = cpus < 1               ? 1
                    : cpus > POOL_MAX_JOBS ? POOL_MAX_JOBS
                                           : (unsigned)cpus,
        .repeat = 1,
        .timeout_s = DEFAULT_TIMEOUT,
        .shard = 1,
        .num_shards = 1,
        .trace = "off",
        .golden_root = DEFAULT_GOLDEN,
        .out_root = DEFAULT_OUT,
    };
    int code = EXIT_TROUBLE;

    if (!arguments_take(&regress, argc, argv)) {
        code = regress_all(&regress);
    }
    for (size_t i = 0; i < regress.count; i++) {
        free(regress.entries[i].detail);
    }
    free(regress.entries);
    coverage_destroy(regress.coverage);
    scenarios_free(&regress.scenarios);
    return code;
}
