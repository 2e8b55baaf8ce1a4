/* SPDX-License-Identifier: MIT */
/* gucsim list: the scenarios there are, or the keys of one. */
#include "sim/cli/cli.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SCENARIO_DIR "tests/scenarios"
#define LINE_LEN     256

/* A scenario's first comment line says what it shows. */
static void scenario_print(const char *name)
{
    char path[OUT_PATH_LEN], line[LINE_LEN] = "";
    FILE *file;
    const char *text = "";

    (void)snprintf(path, sizeof(path), SCENARIO_DIR "/%s", name);
    file = fopen(path, "r");
    while (file && !*text && fgets(line, sizeof(line), file)) {
        if (strncmp(line, "--", 2) != 0) {
            break;
        }
        if (!strstr(line, "SPDX")) {
            line[strcspn(line, "\n")] = '\0';
            text = line + 2 + strspn(line + 2, " ");
        }
    }
    if (file) {
        (void)fclose(file);
    }
    (void)printf("%-44s %s\n", path, text);
}

static int is_scenario(const struct dirent *entry)
{
    size_t len = strlen(entry->d_name);

    return len > 4 && strcmp(entry->d_name + len - 4, ".lua") == 0;
}

static int name_order(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name); /* not by locale */
}

static int scenarios_list(void)
{
    struct dirent **entries;
    int count = scandir(SCENARIO_DIR, &entries, is_scenario, name_order);

    if (count < 0) {
        (void)fprintf(stderr, "gucsim list: " SCENARIO_DIR ": %s\n", strerror(errno));
        return EXIT_TROUBLE;
    }
    for (int i = 0; i < count; i++) {
        scenario_print(entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    return EXIT_HOLDS;
}

static int keys_list(const char *path)
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
        (void)printf("%-20s %-8s %-8s %-12s %s\n", "KEY", "TYPE", "UNIT", "DEFAULT", "MEANING");
        for (unsigned i = 0; i < params.count; i++) {
            const struct param *param = &params.items[i];

            (void)printf("%-20s %-8s %-8s %-12s %s\n", param->name, param_type_name(param->type),
                         param->unit, param->default_value, param->text);
        }
        code = EXIT_HOLDS;
    }
    script_destroy(script);
    return code;
}

int list_main(int argc, char **argv)
{
    if (argc > 2) {
        (void)fprintf(stderr, "gucsim list: one scenario at most; see 'gucsim help list'\n");
        return EXIT_TROUBLE;
    }
    return argc == 2 ? keys_list(argv[1]) : scenarios_list();
}
