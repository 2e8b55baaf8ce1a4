/* SPDX-License-Identifier: MIT */
/* Where gucsim's own scenarios are: as seen from where the program was started, else beside the
 * folder that it was built in, so that it can be started from anywhere. */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sim/script/script.h"

#define HERE     "tests/scenarios/"
#define MAX_UP   4u /* build/gucsim, build/san/gucsim, ... */
#define PATH_LEN 1024u

const char *script_own_scenarios(void)
{
    static char path[PATH_LEN];
    char program[PATH_LEN];
    ssize_t length = access(HERE, F_OK) ? readlink("/proc/self/exe", program, PATH_LEN - 1) : 0;

    program[length > 0 ? length : 0] = '\0';
    for (unsigned i = 0; i < MAX_UP && strrchr(program, '/'); i++) {
        int fits;

        *strrchr(program, '/') = '\0';
        fits = snprintf(path, sizeof(path), "%s/" HERE, program);
        if (fits > 0 && fits < (int)sizeof(path) && access(path, F_OK) == 0) {
            return path;
        }
    }
    return HERE;
}
