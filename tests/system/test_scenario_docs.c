/* SPDX-License-Identifier: MIT */
/* docs/scenario.md against the program: every function that a scenario can call has a heading,
 * and no other; each is called by a scenario of the pack; the first example runs as it stands. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/script/script.h"

#define MAX_HEADINGS 256
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

/* ---- the pack ------------------------------------------------------------------------------- */

/* Is there a call of the function in a script of the pack? Only the name's last part counts. */
static bool is_called(const char *function)
{
    const char *last = strpbrk(function, ":.");
    char command[256];

    (void)snprintf(command, sizeof(command),
                   "grep -rqE --include='*.lua' '\\b%s *[({,]|\\b%s *\"' tests/scenarios",
                   last ? last + 1 : function, last ? last + 1 : function);
    return system(command) == 0;
}

Test(scenario_docs, every_function_is_used_by_a_scenario)
{
    const char *function;

    for (unsigned i = 0; (function = script_function_name(i)); i++) {
        /* A guest in another process is the tests' of serve. */
        cr_expect(is_called(function) || strcmp(function, "vm:outside") == 0,
                  "no scenario calls %s", function);
    }
}

/* ---- the first example ---------------------------------------------------------------------- */

#define EXAMPLE_LINES 15

/* Copies the first lua block of docs/scenario.md to a file. Returns its lines. */
static unsigned example_copy(const char *path)
{
    FILE *from = fopen("docs/scenario.md", "r"), *to = fopen(path, "w");
    char line[1024];
    unsigned lines = 0;
    bool inside = false;

    cr_assert(from && to);
    while (fgets(line, sizeof(line), from) && strcmp(line, "```\n") != 0) {
        lines += inside && fputs(line, to) >= 0;
        inside = inside || strcmp(line, "```lua\n") == 0;
    }
    (void)fclose(from);
    cr_assert_eq(fclose(to), 0);
    return lines;
}

Test(scenario_docs, first_example_pauses_and_resumes_in_fifteen_lines, .timeout = 600)
{
    const char *program = getenv("GUCSIM");
    char directory[] = "/tmp/gucsim-example-XXXXXX";
    char path[64], command[256];

    cr_assert_not_null(mkdtemp(directory));
    (void)snprintf(path, sizeof(path), "%s/example.lua", directory);
    cr_expect_eq(example_copy(path), EXAMPLE_LINES);
    (void)snprintf(command, sizeof(command),
                   "%s run %s --trace off --out %s/out | grep -q 'pass: 2 of 2'",
                   program ? program : "build/gucsim", path, directory);
    cr_expect_eq(system(command), 0, "the example fails");
    (void)snprintf(command, sizeof(command), "rm -rf %s", directory);
    cr_expect_eq(system(command), 0);
}
