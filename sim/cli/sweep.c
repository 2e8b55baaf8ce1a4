/* SPDX-License-Identifier: MIT */
/* gucsim sweep: runs a scenario at every point of a range of keys, draws which points hold, and
 * names the smallest that does not, with the command that repeats it. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/cli/cli.h"
#include "sim/cli/help.h"
#include "sim/cli/regress.h"

#define DEFAULT_OUT     "build/out/sweep"
#define DEFAULT_TIMEOUT 300u
#define MAX_RANGES      4u
#define MAX_FIXED       12u
#define MAX_POINTS      100000u
#define MAX_TIMEOUT     86400u
#define MAP_COLUMNS     64u
#define WORD_LEN        160
#define UNIT_LEN        8

/* KEY=A..B/STEP; the unit, if any, is that of all three. "seed" as key is the run's seed. */
struct range {
    char key[WORD_LEN / 2];
    char unit[UNIT_LEN];
    uint64_t first, last, step;
    size_t count;
};

struct point {
    int code;
    char words[MAX_RANGES][WORD_LEN]; /* KEY=VALUE, while it runs */
    char out[PATH_MAX];
};

struct sweep {
    const char *scenario;
    char path[OUT_PATH_LEN]; /* of the scenario, when it was named otherwise */
    const char *trace;
    const char *out_root;
    unsigned parallel;
    unsigned timeout_s;
    struct range ranges[MAX_RANGES]; /* the first one changes slowest */
    unsigned num_ranges;
    const char *fixed[MAX_FIXED]; /* KEY=VALUE words as they are */
    unsigned num_fixed;
    struct point *points;
    size_t count;
    size_t started, ended;
};

/* ---- ranges --------------------------------------------------------------------------------- */

/* A whole number and its unit. Returns where the text goes on, or NULL. */
static const char *number_take(const char *text, uint64_t *number, char unit[UNIT_LEN])
{
    char *end;
    size_t length;

    if (*text < '0' || *text > '9') {
        return NULL;
    }
    errno = 0;
    *number = strtoull(text, &end, 10);
    length = strspn(end, "abcdefghijklmnopqrstuvwxyz");
    if (errno || length >= UNIT_LEN) {
        return NULL;
    }
    (void)snprintf(unit, UNIT_LEN, "%.*s", (int)length, end);
    return end + length;
}

/* Multiplies by 1000 so many times. Returns false when it does not fit. */
static bool thousands_multiply(uint64_t *number, unsigned times)
{
    for (; times > 0; times--) {
        if (*number > INT64_MAX / 1000) {
            return false;
        }
        *number *= 1000;
    }
    return true;
}

/* Gives three numbers the finest of their units of time; one without a unit has it already.
 * Returns false when that cannot be. */
static bool units_join(uint64_t *const numbers[3], char units[3][UNIT_LEN], char unit[UNIT_LEN])
{
    static const char *const names[] = {"ps", "ns", "us", "ms", "s"};
    unsigned finest = ARRAY_SIZE(names);
    unsigned of[3];

    for (int i = 0; i < 3; i++) {
        for (of[i] = 0; of[i] < ARRAY_SIZE(names) && strcmp(units[i], names[of[i]]) != 0;) {
            of[i]++;
        }
        if (*units[i] && of[i] == ARRAY_SIZE(names)) {
            return false;
        }
        finest = of[i] < finest ? of[i] : finest;
    }
    for (int i = 0; i < 3; i++) {
        if (*units[i] && !thousands_multiply(numbers[i], of[i] - finest)) {
            return false;
        }
    }
    (void)snprintf(unit, UNIT_LEN, "%s", names[finest]);
    return true;
}

/* Makes one unit of three. */
static bool units_settle(struct range *range, char units[3][UNIT_LEN])
{
    uint64_t *const numbers[3] = {&range->first, &range->last, &range->step};
    bool mixed = false;

    for (int i = 0; i < 3; i++) {
        mixed |= *units[i] && *range->unit && strcmp(units[i], range->unit) != 0;
        if (*units[i]) {
            (void)snprintf(range->unit, sizeof(range->unit), "%s", units[i]);
        }
    }
    return !mixed || units_join(numbers, units, range->unit);
}

/* "A..B/STEP". A number without a unit has that of the others. Returns false when it is none. */
static bool range_parse(struct range *range, const char *text)
{
    char units[3][UNIT_LEN] = {"", "", ""};

    text = number_take(text, &range->first, units[0]);
    if (!text || strncmp(text, "..", 2) != 0) {
        return false;
    }
    text = number_take(text + 2, &range->last, units[1]);
    range->step = 1;
    if (text && *text == '/') {
        text = number_take(text + 1, &range->step, units[2]);
    }
    if (!text || *text || !units_settle(range, units) || range->step == 0 ||
        range->last < range->first || range->last > INT64_MAX) {
        return false;
    }
    range->count = (size_t)((range->last - range->first) / range->step) + 1;
    return true;
}

/* --set KEY=A..B/STEP, or KEY=VALUE as for run. */
static bool set_take(struct sweep *sweep, const char *word)
{
    const char *equals = strchr(word, '=');
    struct range *range = &sweep->ranges[sweep->num_ranges];

    if (!equals || equals == word) {
        return false;
    }
    if (!strstr(equals, "..")) {
        if (sweep->num_fixed == MAX_FIXED) {
            return false;
        }
        sweep->fixed[sweep->num_fixed++] = word;
        return true;
    }
    if (sweep->num_ranges == MAX_RANGES || equals - word >= (ptrdiff_t)sizeof(range->key)) {
        return false;
    }
    *range = (struct range){0};
    (void)snprintf(range->key, sizeof(range->key), "%.*s", (int)(equals - word), word);
    sweep->num_ranges += range_parse(range, equals + 1);
    return range->count > 0;
}

/* The value of range number r at a point, as it is written. */
static void value_text(const struct sweep *sweep, size_t point, unsigned r, char to[WORD_LEN])
{
    const struct range *range = &sweep->ranges[r];

    for (unsigned i = sweep->num_ranges - 1; i > r; i--) {
        point /= sweep->ranges[i].count;
    }
    (void)snprintf(to, WORD_LEN, "%" PRIu64 "%s", range->first + point % range->count * range->step,
                   range->unit);
}

/* ---- runs ----------------------------------------------------------------------------------- */

/* The words of --set or --seed behind count others. */
static void add_words(struct sweep *sweep, struct pool_job *job, size_t count)
{
    struct point *point = &sweep->points[job->number];
    char value[WORD_LEN];

    for (unsigned i = 0; i < sweep->num_fixed; i++) {
        job->args[count++] = "--set";
        job->args[count++] = sweep->fixed[i];
    }
    for (unsigned r = 0; r < sweep->num_ranges; r++) {
        bool seed = strcmp(sweep->ranges[r].key, "seed") == 0;

        value_text(sweep, job->number, r, value);
        (void)snprintf(point->words[r], WORD_LEN, "%s%s%s", seed ? "" : sweep->ranges[r].key,
                       seed ? "" : "=", value);
        job->args[count++] = seed ? "--seed" : "--set";
        job->args[count++] = point->words[r];
    }
}

static bool next_point(void *arg, struct pool_job *job)
{
    struct sweep *sweep = arg;
    struct point *point;

    if (sweep->started == sweep->count) {
        return false;
    }
    point = &sweep->points[sweep->started];
    (void)snprintf(point->out, sizeof(point->out), "%s/%zu", sweep->out_root, sweep->started);
    *job = (struct pool_job){
        .number = sweep->started++,
        .args = {"run", sweep->scenario, "--quiet", "--trace", sweep->trace, "--out", point->out},
    };
    add_words(sweep, job, 7);
    if (!path_make(point->out)) {
        (void)snprintf(job->log, sizeof(job->log), "%.*s/log.txt", (int)sizeof(job->log) - 16,
                       point->out);
    }
    return true;
}

static void point_done(void *arg, const struct pool_job *job)
{
    struct sweep *sweep = arg;

    sweep->points[job->number].code = job->code;
    sweep->ended++;
    if (isatty(STDERR_FILENO)) {
        (void)fprintf(stderr, "\r\033[K%zu of %zu points", sweep->ended, sweep->count);
    }
}

/* ---- what came out -------------------------------------------------------------------------- */

/* . holds, F fails, E a mistake, H nothing can ever happen again, ! anything else. */
static char sign_of(int code)
{
    switch (code) {
    case EXIT_HOLDS:
        return '.';
    case EXIT_FAILS:
        return 'F';
    case EXIT_TROUBLE:
        return 'E';
    case EXIT_STUCK:
        return 'H';
    default:
        return '!';
    }
}

/* KEY=VALUE of all ranges at a point, with blanks between. */
static void point_print(const struct sweep *sweep, size_t point)
{
    char value[WORD_LEN];

    for (unsigned r = 0; r < sweep->num_ranges; r++) {
        value_text(sweep, point, r, value);
        (void)printf(" %s=%s", sweep->ranges[r].key, value);
    }
}

/* One row for each value of the keys but the last, at most MAP_COLUMNS points long. */
static void map_print(const struct sweep *sweep)
{
    size_t width = sweep->ranges[sweep->num_ranges - 1].count;

    for (size_t i = 0; i < sweep->count; i++) {
        size_t column = i % width;

        if (column % MAP_COLUMNS == 0) {
            (void)printf(" ");
            point_print(sweep, i);
            (void)printf("  ");
        }
        (void)putchar(sign_of(sweep->points[i].code));
        if ((column + 1) % MAP_COLUMNS == 0 || column + 1 == width) {
            (void)putchar('\n');
        }
    }
    (void)printf("  . holds  F fails  E mistake  H stuck  ! killed\n");
}

/* The command that runs a point with all its files, where a plain run would leave them. */
static void repeat_print(const struct sweep *sweep, size_t point)
{
    char value[WORD_LEN];

    (void)printf("repeat: %s run %s", program_invocation_name, sweep->scenario);
    for (unsigned i = 0; i < sweep->num_fixed; i++) {
        (void)printf(" --set %s", sweep->fixed[i]);
    }
    for (unsigned r = 0; r < sweep->num_ranges; r++) {
        bool seed = strcmp(sweep->ranges[r].key, "seed") == 0;

        value_text(sweep, point, r, value);
        (void)printf(seed ? " --seed %s%s%s" : " --set %s%s%s", seed ? "" : sweep->ranges[r].key,
                     seed ? "" : "=", value);
    }
    (void)printf("\n");
}

/* Prints the first line that the run printed, which says what is wrong. */
static void reason_print(const struct point *point, const char *title)
{
    char path[PATH_MAX + 16], line[512];
    FILE *file;

    (void)snprintf(path, sizeof(path), "%s/log.txt", point->out);
    file = fopen(path, "r");
    if (file && fgets(line, sizeof(line), file)) {
        line[strcspn(line, "\n")] = '\0';
        (void)printf("%s%s\n", title, line);
    }
    if (file) {
        (void)fclose(file);
    }
}

/* The first point of each other way to fail, and what it said. */
static void others_print(const struct sweep *sweep, size_t smallest)
{
    static const char signs[] = "FEH!";

    for (const char *sign = signs; *sign; sign++) {
        size_t i = 0;

        while (i < sweep->count && sign_of(sweep->points[i].code) != *sign) {
            i++;
        }
        if (i == sweep->count || sign_of(sweep->points[smallest].code) == *sign) {
            continue;
        }
        (void)printf("first %c:", *sign);
        point_print(sweep, i);
        (void)printf("\n");
        reason_print(&sweep->points[i], "        ");
    }
}

/* With one range: how to look closer at the step between the last point that holds and the first
 * that does not, in ten smaller ones. */
static void finer_print(const struct sweep *sweep, size_t smallest)
{
    static const char *const finer_units[][2] = {
        {"s", "ms"}, {"ms", "us"}, {"us", "ns"}, {"ns", "ps"}};
    const struct range *range = &sweep->ranges[0];
    uint64_t step = range->step;
    const char *unit = range->unit;
    char before[WORD_LEN], at[WORD_LEN];

    for (unsigned i = 0; step < 10 && i < ARRAY_SIZE(finer_units); i++) {
        if (strcmp(unit, finer_units[i][0]) == 0) {
            unit = finer_units[i][1];
            step *= 1000;
        }
    }
    if (sweep->num_ranges > 1 || smallest == 0 || step < 2) {
        return;
    }
    value_text(sweep, smallest - 1, 0, before);
    value_text(sweep, smallest, 0, at);
    (void)printf("finer:  %s sweep %s", program_invocation_name, sweep->scenario);
    for (unsigned i = 0; i < sweep->num_fixed; i++) {
        (void)printf(" --set %s", sweep->fixed[i]);
    }
    (void)printf(" --set %s=%s..%s/%" PRIu64 "%s\n", range->key, before, at,
                 step < 10 ? 1 : step / 10, unit);
}

/* The point before it holds: what both left is at hand. */
static void diff_print(const struct sweep *sweep, size_t smallest)
{
    if (sweep->num_ranges == 1 && smallest > 0) {
        (void)printf("diff:   %s diff --order-only %s %s\n", program_invocation_name,
                     sweep->points[smallest - 1].out, sweep->points[smallest].out);
    }
}

static int outcome_print(const struct sweep *sweep)
{
    size_t smallest = sweep->count;
    size_t failed = 0, mistakes = 0;

    map_print(sweep);
    for (size_t i = 0; i < sweep->count; i++) {
        failed += sweep->points[i].code != EXIT_HOLDS;
        mistakes += sweep->points[i].code == EXIT_TROUBLE;
        if (smallest == sweep->count && sweep->points[i].code != EXIT_HOLDS) {
            smallest = i;
        }
    }
    (void)printf("%zu points, %zu hold, %zu do not\n", sweep->count, sweep->count - failed, failed);
    if (!failed) {
        return EXIT_HOLDS;
    }
    (void)printf("smallest that does not hold:");
    point_print(sweep, smallest);
    (void)printf(" (exit code %d)\n", sweep->points[smallest].code);
    reason_print(&sweep->points[smallest], "said:   ");
    repeat_print(sweep, smallest);
    finer_print(sweep, smallest);
    diff_print(sweep, smallest);
    others_print(sweep, smallest);
    /* Nothing ran: that says nothing about the scenario. */
    return mistakes == sweep->count ? EXIT_TROUBLE : EXIT_FAILS;
}

/* ---- the command ---------------------------------------------------------------------------- */

static bool option_take(struct sweep *sweep, int option, const char *value)
{
    switch (option) {
    case 'j':
        return number_parse(value, POOL_MAX_JOBS, &sweep->parallel);
    case 's':
        return set_take(sweep, value);
    case 't':
        return number_parse(value, MAX_TIMEOUT, &sweep->timeout_s);
    case 'T':
        sweep->trace = value;
        return run_trace_is_good(value);
    default: /* 'o' */
        sweep->out_root = value;
        return *value != '\0';
    }
}

static int arguments_take(struct sweep *sweep, int argc, char **argv)
{
    static const struct option names[] = {{"set", required_argument, NULL, 's'},
                                          {"trace", required_argument, NULL, 'T'},
                                          {"out", required_argument, NULL, 'o'},
                                          {"timeout", required_argument, NULL, 't'},
                                          {NULL, 0, NULL, 0}};
    int option;

    optind = 0; /* another command may have used getopt before */
    opterr = 0;
    while ((option = getopt_long(argc, argv, ":j:", names, NULL)) != -1) {
        if (option == '?' || option == ':') {
            option_refused("sweep", option, argv, names);
            return -EINVAL;
        }
        if (!option_take(sweep, option, optarg)) {
            (void)fprintf(
                stderr, "gucsim sweep: bad value '%s'%s; see 'gucsim help sweep'\n", optarg,
                option == 's' ? ": a range is KEY=A..B/STEP, such as delay=1us..9us/500ns" : "");
            return -EINVAL;
        }
    }
    if (optind + 1 != argc || sweep->num_ranges == 0) {
        (void)fprintf(stderr, "gucsim sweep: one scenario and a --set KEY=A..B/STEP are wanted\n");
        return -EINVAL;
    }
    sweep->scenario = scenario_path(argv[optind], sweep->path);
    if (scenario_check(sweep->scenario, "sweep")) {
        return -EINVAL;
    }
    sweep->count = 1;
    for (unsigned r = 0; r < sweep->num_ranges; r++) {
        if (sweep->ranges[r].count > MAX_POINTS / sweep->count) {
            (void)fprintf(stderr, "gucsim sweep: more than %u points\n", MAX_POINTS);
            return -EINVAL;
        }
        sweep->count *= sweep->ranges[r].count;
    }
    return 0;
}

static int sweep_all(struct sweep *sweep)
{
    const struct pool_ops ops = {.next = next_point, .done = point_done, .arg = sweep};
    int err = -ENOMEM;

    sweep->points = calloc(sweep->count, sizeof(*sweep->points));
    if (sweep->points) {
        err = pool_run(sweep->parallel, sweep->timeout_s, &ops);
    }
    if (isatty(STDERR_FILENO)) {
        (void)fprintf(stderr, "\r\033[K");
    }
    if (err) {
        (void)fprintf(stderr, "gucsim sweep: %s\n", err == -EINTR ? "interrupted" : strerror(-err));
        return err == -EINTR ? EXIT_INTERRUPTED : EXIT_TROUBLE;
    }
    return outcome_print(sweep);
}

int sweep_main(int argc, char **argv)
{
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    struct sweep sweep = {
        .trace = "off",
        .out_root = DEFAULT_OUT,
        .parallel = cpus < 1               ? 1
                    : cpus > POOL_MAX_JOBS ? POOL_MAX_JOBS
                                           : (unsigned)cpus,
        .timeout_s = DEFAULT_TIMEOUT,
    };
    int code = arguments_take(&sweep, argc, argv) ? EXIT_TROUBLE : sweep_all(&sweep);

    free(sweep.points);
    return code;
}
