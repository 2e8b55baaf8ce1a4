/* SPDX-License-Identifier: MIT */
/* docs/scenario.md against the program: every function that a scenario can call has a heading,
 * and no other. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "sim/machine/script.h"

#define MAX_HEADINGS 128
#define NAME_LEN     64

static char headings[MAX_HEADINGS][NAME_LEN];
static unsigned num_headings;

/* "### vf:submit(queue, job)" -> "vf:submit" */
static void headings_read(void)
{
    FILE *file = fopen("docs/scenario.md", "r");
    char line[1024];

    cr_assert_not_null(file, "docs/scenario.md is read from the root of the project");
    while (fgets(line, sizeof(line), file)) {
        if (strncmp(line, "### ", 4) != 0) {
            continue;
        }
        cr_assert_lt(num_headings, MAX_HEADINGS);
        (void)snprintf(headings[num_headings++], NAME_LEN, "%.*s", (int)strcspn(line + 4, "( {\n"),
                       line + 4);
    }
    (void)fclose(file);
}

static bool has_heading(const char *name)
{
    for (unsigned i = 0; i < num_headings; i++) {
        if (strcmp(headings[i], name) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_function(const char *name)
{
    const char *function;

    for (unsigned i = 0; (function = script_function_name(i)); i++) {
        if (strcmp(function, name) == 0) {
            return true;
        }
    }
    return false;
}

Test(scenario_docs, every_function_has_a_heading)
{
    const char *function;

    headings_read();
    for (unsigned i = 0; (function = script_function_name(i)); i++) {
        cr_expect(has_heading(function), "%s is not in docs/scenario.md", function);
    }
}

Test(scenario_docs, every_heading_is_a_function)
{
    headings_read();
    for (unsigned i = 0; i < num_headings; i++) {
        cr_expect(is_function(headings[i]), "docs/scenario.md tells of %s, which there is not",
                  headings[i]);
    }
}
