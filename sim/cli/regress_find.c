/* SPDX-License-Identifier: MIT */
/* Finds scenarios: scripts that build a machine. Scripts that only help others do not. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/cli/regress.h"
#include "sim/script/script.h"

#define ROOT_NAME     "scenarios/" /* the folder below which scenarios have their names */
#define EXIT_COMMENT  "-- exit: "
#define TAGS_COMMENT  "-- tags: "
#define EXACT_LINE    "golden = \"exact\""
#define STATES_LINE   "golden = \"states\""
#define SIGNALS_LINE  "golden_signals = \""
#define MAX_LINE      1024
#define MAX_DEPTH     8u
#define MAX_SCENARIOS 10000u

static bool begins(const char *line, const char *with)
{
    return strncmp(line, with, strlen(with)) == 0;
}

/* What a line says about the scenario. */
static void line_read(struct scenario *scenario, const char *line)
{
    if (begins(line, EXIT_COMMENT)) {
        scenario->wanted = (int)strtol(line + strlen(EXIT_COMMENT), NULL, 10);
    } else if (begins(line, TAGS_COMMENT)) {
        line += strlen(TAGS_COMMENT);
        (void)snprintf(scenario->tags, sizeof(scenario->tags), " %.*s ", (int)strcspn(line, "\n"),
                       line);
    } else if (begins(line, EXACT_LINE)) {
        scenario->exact = true;
    } else if (begins(line, STATES_LINE)) {
        scenario->states = true;
    } else if (begins(line, SIGNALS_LINE)) {
        line += strlen(SIGNALS_LINE);
        (void)snprintf(scenario->signals, sizeof(scenario->signals), "%.*s",
                       (int)strcspn(line, "\"\n"), line);
    }
}

/* Reads what a script says about itself: whether it builds a machine, how it shall end, and what is
 * kept of it. */
static int script_read(struct scenario *scenario, bool *builds)
{
    FILE *file = fopen(scenario->path, "r");
    char line[MAX_LINE];

    *builds = false;
    if (!file) {
        return -errno;
    }
    while (fgets(line, sizeof(line), file)) {
        const char *machine = strstr(line, "machine");

        line_read(scenario, line);
        if (machine && !begins(line, "--")) {
            machine += strlen("machine");
            machine += strspn(machine, " (");
            *builds = *builds || *machine == '{';
        }
    }
    (void)fclose(file);
    return 0;
}

static void name_of(struct scenario *scenario)
{
    const char *path = scenario->path;
    const char *last = strrchr(path, '/');
    const char *below = NULL;
    size_t length;

    for (const char *at = strstr(path, ROOT_NAME); at; at = strstr(at + 1, ROOT_NAME)) {
        below = at == path || at[-1] == '/' ? at + strlen(ROOT_NAME) : below;
    }
    path = below ? below : last ? last + 1 : path;
    length = strlen(path);
    if (length > 4 && strcmp(path + length - 4, ".lua") == 0) {
        length -= 4;
    }
    (void)snprintf(scenario->name, sizeof(scenario->name), "%.*s", (int)length, path);
}

/* A script named by hand is taken whatever it holds. */
static int add_script(struct scenarios *scenarios, const char *path, bool by_hand)
{
    struct scenario *more;
    bool builds;
    int err;

    if (scenarios->count == MAX_SCENARIOS) {
        return -E2BIG;
    }
    more = realloc(scenarios->list, (scenarios->count + 1) * sizeof(*more));
    if (!more) {
        return -ENOMEM;
    }
    scenarios->list = more;
    more += scenarios->count;
    *more = (struct scenario){0};
    if (snprintf(more->path, sizeof(more->path), "%s", path) >= (int)sizeof(more->path)) {
        return -ENAMETOOLONG;
    }
    name_of(more);
    err = script_read(more, &builds);
    scenarios->count += !err && (builds || by_hand);
    return err;
}

static int is_wanted(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static int name_order(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name); /* not by locale */
}

/* Calls itself by add_entry; MAX_DEPTH bounds it. */
static int add_path(struct scenarios *scenarios, const char *path, unsigned depth);

static int add_entry(struct scenarios *scenarios, const char *dir, const char *name, unsigned depth)
{
    size_t length = strlen(name);
    char path[PATH_MAX];
    struct stat status;

    if (snprintf(path, sizeof(path), "%s/%s", dir, name) >= (int)sizeof(path)) {
        return -ENAMETOOLONG;
    }
    if (stat(path, &status)) {
        return -errno;
    }
    if (S_ISDIR(status.st_mode)) {
        return add_path(scenarios, path, depth + 1);
    }
    return length > 4 && strcmp(name + length - 4, ".lua") == 0 ? add_script(scenarios, path, false)
                                                                : 0;
}

static int add_path(struct scenarios *scenarios, const char *path, unsigned depth)
{
    struct dirent **entries;
    int count, err = 0;

    if (depth > MAX_DEPTH) {
        return -ELOOP;
    }
    count = scandir(path, &entries, is_wanted, name_order);
    if (count < 0) {
        return -errno;
    }
    for (int i = 0; i < count; i++) {
        err = err ? err : add_entry(scenarios, path, entries[i]->d_name, depth);
        free(entries[i]);
    }
    free(entries);
    return err;
}

/* "vf_restore" is tests/scenarios/vf_restore.lua, "faults" the folder. */
const char *scenario_path(const char *word, char buffer[OUT_PATH_LEN])
{
    static const char *const ends[] = {"", ".lua"};

    for (unsigned i = 0; *word && access(word, F_OK) && i < ARRAY_SIZE(ends); i++) {
        int len = snprintf(buffer, OUT_PATH_LEN, "%s%s%s", script_own_scenarios(), word, ends[i]);

        if (len < (int)OUT_PATH_LEN && access(buffer, F_OK) == 0) {
            return buffer;
        }
    }
    return word;
}

/* Among the names of the scenarios there are; NULL when none is alike. */
static const char *scenario_near(const struct scenarios *scenarios, const char *word)
{
    const char **names = calloc(scenarios->count + 1, sizeof(*names));
    const char *near = NULL;

    for (size_t i = 0; names && i < scenarios->count; i++) {
        names[i] = scenarios->list[i].name;
    }
    if (names) {
        near = nearest_name(word, names, (unsigned)scenarios->count);
    }
    free(names);
    return near;
}

int scenario_check(const char *path, const char *command)
{
    struct scenarios scenarios = {0};
    const char *near = NULL;
    int err = access(path, R_OK) ? -errno : 0;

    if (err && access(script_own_scenarios(), R_OK) == 0 &&
        !scenarios_add(&scenarios, script_own_scenarios(), command)) {
        near = scenario_near(&scenarios, path);
    }
    if (err) {
        (void)fprintf(stderr, "gucsim %s: %s: %s%s%s%s\n", command, path, strerror(-err),
                      near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
    }
    scenarios_free(&scenarios);
    return err;
}

/* Adds a line to a text, up to the end of a sentence. Returns whether there may be more of it. */
static bool sentence_add(char *text, size_t size, const char *line)
{
    size_t length = strlen(text);
    const char *end = strstr(line, ". ");
    size_t more = end ? (size_t)(end - line) + 1 : strlen(line);

    (void)snprintf(text + length, size - length, "%s%.*s", length ? " " : "", (int)more, line);
    return !end && line[more - 1] != '.';
}

void scenario_text(const char *path, char *text, size_t size)
{
    FILE *file = fopen(path, "r");
    char line[MAX_LINE];
    bool more = true;

    *text = '\0';
    while (file && more && fgets(line, sizeof(line), file) && begins(line, "-- ")) {
        line[strcspn(line, "\n")] = '\0';
        if (begins(line, EXIT_COMMENT) || begins(line, TAGS_COMMENT)) {
            more = *text == '\0';
        } else if (!strstr(line, "SPDX") && line[3]) {
            more = sentence_add(text, size, line + 3);
        }
    }
    if (file) {
        (void)fclose(file);
    }
}

int scenarios_add(struct scenarios *scenarios, const char *path, const char *command)
{
    char clean[PATH_MAX];
    size_t length;
    char found[OUT_PATH_LEN];
    struct stat status;
    int err;

    path = scenario_path(path, found);
    length = strlen(path);
    while (length > 1 && path[length - 1] == '/') {
        length--;
    }
    (void)snprintf(clean, sizeof(clean), "%.*s", (int)length, path);
    err = scenario_check(clean, command);
    if (err) {
        return err;
    }
    if (stat(clean, &status)) {
        err = -errno;
    } else if (S_ISDIR(status.st_mode)) {
        err = add_path(scenarios, clean, 0);
    } else {
        err = add_script(scenarios, clean, true);
    }
    if (err) {
        (void)fprintf(stderr, "gucsim %s: %s: %s\n", command, path, strerror(-err));
    }
    return err;
}

void scenarios_free(struct scenarios *scenarios)
{
    free(scenarios->list);
    *scenarios = (struct scenarios){0};
}
