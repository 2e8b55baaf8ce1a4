/* SPDX-License-Identifier: MIT */
/* gucsim: picks the sub-command. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "sim/cli/cli.h"
#include "sim/cli/help.h"
#include "sim/cli/regress.h"
#include "traces/traces.h"

#define GUCSIM_VERSION "0.1.0"

static int help_main(int argc, char **argv);

static const struct command {
    const char *name;
    int (*main)(int argc, char **argv);
} commands[] = {
    {"run", run_main},       {"sweep", sweep_main},       {"regress", regress_main},
    {"list", list_main},     {"serve", serve_main},       {"replay", replay_main},
    {"report", report_main}, {"timeline", timeline_main}, {"profile", profile_main},
    {"diff", diff_main},     {"image", image_main},       {"help", help_main},
};

static const struct command *command_find(const char *name)
{
    for (unsigned i = 0; i < ARRAY_SIZE(commands); i++) {
        if (strcmp(commands[i].name, name) == 0) {
            return &commands[i];
        }
    }
    return NULL;
}

static int command_unknown(const char *name)
{
    const char *names[ARRAY_SIZE(commands)];
    const char *near;

    for (unsigned i = 0; i < ARRAY_SIZE(commands); i++) {
        names[i] = commands[i].name;
    }
    near = nearest_name(name, names, ARRAY_SIZE(commands));
    (void)fprintf(stderr, "gucsim: no command %s%s%s%s; see 'gucsim help'\n", name,
                  near ? ", did you mean " : "", near ? near : "", near ? "?" : "");
    return EXIT_TROUBLE;
}

static int help_main(int argc, char **argv)
{
    if (argc < 2) {
        help_print_all(stdout);
        return EXIT_HOLDS;
    }
    return help_print(argv[1], stdout) ? EXIT_HOLDS : command_unknown(argv[1]);
}

static bool is_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

/* Whether a command's words ask for its help, wherever that stands among them. */
static bool asks_for_help(int argc, char **argv)
{
    for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (is_help(argv[i])) {
            return true;
        }
    }
    return false;
}

/* What a command printed has to have arrived, whatever it says of itself. */
static int command_run(const struct command *command, int argc, char **argv)
{
    int ret = command->main(argc, argv);

    if (fflush(stdout) != 0 || ferror(stdout)) {
        (void)fprintf(stderr, "gucsim %s: standard output: %s\n", command->name, strerror(errno));
        return EXIT_TROUBLE;
    }
    return ret;
}

int main(int argc, char **argv)
{
    const struct command *command;

    if (argc < 2) {
        help_print_all(stderr);
        return EXIT_TROUBLE;
    }
    if (strcmp(argv[1], "--version") == 0) {
        (void)printf("gucsim " GUCSIM_VERSION "\n");
        return EXIT_HOLDS;
    }
    if (is_help(argv[1])) {
        return help_main(argc - 1, argv + 1);
    }
    command = command_find(argv[1]);
    if (command && asks_for_help(argc - 2, argv + 2)) {
        return help_print(argv[1], stdout) ? EXIT_HOLDS : EXIT_TROUBLE;
    }
    return command ? command_run(command, argc - 1, argv + 1) : command_unknown(argv[1]);
}
