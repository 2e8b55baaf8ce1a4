/* SPDX-License-Identifier: MIT */
/* Complaints of the tools: see tool.h. */
#include "traces/tool.h"

#include <getopt.h>
#include <stdio.h>

void tool_option_refused(const char *command, int option, char **argv)
{
    (void)fprintf(stderr, "gucsim %s: %s: %s; see 'gucsim help %s'\n", command, argv[optind - 1],
                  option == ':' ? "its value is missing" : "no such option", command);
}

void tool_value_refused(const char *command, const char *name, const char *value)
{
    (void)fprintf(stderr, "gucsim %s: --%s: bad value '%s'; see 'gucsim help %s'\n", command, name,
                  value ? value : "", command);
}

void tool_usage_refused(const char *command, const char *text)
{
    (void)fprintf(stderr, "gucsim %s: %s; see 'gucsim help %s'\n", command, text, command);
}
