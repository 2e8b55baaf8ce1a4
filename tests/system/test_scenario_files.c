/* SPDX-License-Identifier: MIT */
/* Every script in tests/scenarios and its folders passes as it stands. The program is $GUCSIM, or
 * build/gucsim. */
#include <criterion/criterion.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#define LIBRARY "tests/scenarios/lib/" /* what scenarios share */

static int scenario_run(const char *path, const char *out)
{
    const char *program = getenv("GUCSIM");
    char command[512];

    (void)snprintf(command, sizeof(command), "%s run %s --quiet --trace off --out %s",
                   program ? program : "build/gucsim", path, out);
    return WEXITSTATUS(system(command));
}

Test(scenario_files, every_one_passes, .timeout = 1800)
{
    char out[] = "/tmp/gucsim-scenarios-XXXXXX";
    char command[64];
    glob_t found;

    cr_assert_not_null(mkdtemp(out));
    cr_assert_eq(glob("tests/scenarios/*.lua", 0, NULL, &found), 0, "there are none");
    cr_assert_eq(glob("tests/scenarios/*/*.lua", GLOB_APPEND, NULL, &found), 0, "no folders");
    for (size_t i = 0; i < found.gl_pathc; i++) {
        if (strncmp(found.gl_pathv[i], LIBRARY, strlen(LIBRARY)) == 0) {
            continue;
        }
        cr_expect_eq(scenario_run(found.gl_pathv[i], out), 0, "%s fails", found.gl_pathv[i]);
    }
    globfree(&found);
    (void)snprintf(command, sizeof(command), "rm -rf %s", out);
    cr_expect_eq(system(command), 0);
}
