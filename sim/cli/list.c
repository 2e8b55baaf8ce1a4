/* SPDX-License-Identifier: MIT */
/* gucsim list: the scenarios there are, or the keys of one. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "sim/cli/cli.h"
#include "sim/cli/regress.h"
#include "sim/script/script.h"

#define TEXT_LEN    1024u
#define COLUMNS     100
#define NAME_COLUMN 34
#define RANGE_LEN   64u

/* Prints a text in lines that begin at a column; the first one has got there. */
static void text_print(const char *text, int column)
{
    int at = column;

    while (*text) {
        int length = (int)strcspn(text, " ");

        if (at > column && at + 1 + length > COLUMNS) {
            (void)printf("\n%*s", column, "");
            at = column;
        }
        at += printf("%s%.*s", at > column ? " " : "", length, text);
        text += length;
        text += strspn(text, " ");
    }
    (void)printf("\n");
}

static int scenarios_list(const char *path, bool names)
{
    struct scenarios scenarios = {0};
    char text[TEXT_LEN];
    int err = scenarios_add(&scenarios, path, "list");

    for (size_t i = 0; !err && i < scenarios.count; i++) {
        const struct scenario *scenario = &scenarios.list[i];
        char found[OUT_PATH_LEN];
        /* The name, where it is enough to run it. */
        const char *name =
            scenario_path(scenario->name, found) == found ? scenario->name : scenario->path;

        if (names) {
            (void)printf("%s\n", name);
            continue;
        }
        scenario_text(scenario->path, text, sizeof(text));
        (void)printf("%-*s ", NAME_COLUMN - 1, name);
        text_print(text, NAME_COLUMN);
    }
    scenarios_free(&scenarios);
    return err ? EXIT_TROUBLE : EXIT_HOLDS;
}

/* ---- keys ------------------------------------------------------------------------------------ */

/* "1..9", "1..", "..9", or "" for any. */
static void range_text(const struct param *param, char to[RANGE_LEN])
{
    const bool counts = param->type == PARAM_INT || param->type == PARAM_TIME;
    const int64_t least = param->type == PARAM_TIME ? 2 : INT64_MIN + 1;
    char min[RANGE_LEN / 2] = "", max[RANGE_LEN / 2] = "";

    if (counts && param->min >= least) {
        param_bound_text(param, param->min, min, sizeof(min));
    }
    if (counts && param->max < INT64_MAX) {
        param_bound_text(param, param->max, max, sizeof(max));
    }
    (void)snprintf(to, RANGE_LEN, "%s%s%s", min, *min || *max ? ".." : "", max);
}

static void keys_print(const struct params *params, bool own, const char *title)
{
    bool any = false;

    for (unsigned i = 0; i < params->count; i++) {
        const struct param *param = &params->items[i];
        char range[RANGE_LEN];

        if (param->from_script != own) {
            continue;
        }
        if (!any) {
            (void)printf("\n%-20s %-8s %-8s %-12s %-16s %s\n", title, "TYPE", "UNIT", "DEFAULT",
                         "RANGE", "MEANING");
        }
        any = true;
        range_text(param, range);
        (void)printf("%-20s %-8s %-8s %-12s %-16s %s\n", param->name, param_type_name(param->type),
                     param->unit, param->default_value, range, param->text);
    }
}

static void scenario_print(const char *path, const struct params *params, bool names)
{
    for (unsigned i = 0; names && i < params->count; i++) {
        (void)printf("%s\n", params->items[i].name);
    }
    if (!names) {
        char text[TEXT_LEN];

        scenario_text(path, text, sizeof(text));
        (void)printf("%s\n", path);
        text_print(text, 0);
        keys_print(params, true, "ITS KEYS");
        keys_print(params, false, "OF EVERY MACHINE");
    }
}

static int keys_list(const char *path, bool names)
{
    static struct params params; /* large */
    const struct script_config config = {.path = path, .seed = 1, .params = &params, .quiet = true};
    struct script *script = script_create(&config);
    struct machine_desc desc;
    int code = EXIT_TROUBLE;

    if (!script) {
        (void)fprintf(stderr, "gucsim list: out of memory\n");
    } else if (script_load(script, &desc)) {
        (void)fprintf(stderr, "%s\n", script_error(script));
    } else {
        scenario_print(path, &params, names);
        code = EXIT_HOLDS;
    }
    script_destroy(script);
    return code;
}

int list_main(int argc, char **argv)
{
    bool names = false;
    char found[OUT_PATH_LEN];
    struct stat status;
    const char *path;

    for (int n = 1; n < argc && !names; n++) { /* before the scenario or behind it */
        names = strcmp(argv[n], "--names") == 0;
        if (names) {
            memmove(&argv[n], &argv[n + 1], (size_t)(argc - n) * sizeof(*argv));
        }
    }
    argc -= names;
    if (argc > 2 || (argc == 2 && *argv[1] == '-')) {
        (void)fprintf(stderr, "gucsim list: one scenario or folder is wanted; see 'gucsim help "
                              "list'\n");
        return EXIT_TROUBLE;
    }
    path = argc == 2 ? scenario_path(argv[1], found) : script_own_scenarios();
    if (scenario_check(path, "list") || stat(path, &status)) {
        return EXIT_TROUBLE;
    }
    return S_ISDIR(status.st_mode) ? scenarios_list(path, names) : keys_list(path, names);
}
