/* SPDX-License-Identifier: MIT */
/* The tools' options, and complaints of them: see tool.h. */
#include "traces/tool.h"

#include <errno.h>
#include <stdio.h>

static void option_refused(const char *command, int option, char **argv)
{
    (void)fprintf(stderr, "gucsim %s: %s: %s; see 'gucsim help %s'\n", command, argv[optind - 1],
                  option == ':' ? "its value is missing" : "no such option", command);
}

static void value_refused(const char *command, const char *name, const char *value)
{
    (void)fprintf(stderr, "gucsim %s: --%s: bad value '%s'; see 'gucsim help %s'\n", command, name,
                  value ? value : "", command);
}

int tool_options(const char *command, int argc, char **argv, const struct option *names,
                 tool_take *take, void *arg)
{
    int option;
    int index = 0;

    optind = 0; /* another command may have used getopt before */
    opterr = 0;
    while ((option = getopt_long(argc, argv, ":", names, &index)) != -1) {
        if (option == '?' || option == ':') {
            option_refused(command, option, argv);
            return -EINVAL;
        }
        if (!take(option, optarg, arg)) {
            value_refused(command, names[index].name, optarg);
            return -EINVAL;
        }
    }
    return 0;
}

void tool_usage_refused(const char *command, const char *text)
{
    (void)fprintf(stderr, "gucsim %s: %s; see 'gucsim help %s'\n", command, text, command);
}
