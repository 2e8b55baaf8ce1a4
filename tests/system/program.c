/* SPDX-License-Identifier: MIT */
#include "tests/system/program.h"

#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

char work_dir[64];
char shell_output[65536];

void work_dir_make(void)
{
    (void)snprintf(work_dir, sizeof(work_dir), "/tmp/gucsim-test-XXXXXX");
    cr_assert_not_null(mkdtemp(work_dir));
}

void work_dir_remove(void)
{
    cr_expect_eq(shell("rm -rf %s", work_dir), 0);
}

const char *gucsim_path(void)
{
    const char *path = getenv("GUCSIM");

    return path ? path : "build/gucsim";
}

int shell(const char *format, ...)
{
    char command[4096];
    va_list args;
    FILE *pipe;
    int len, status;

    va_start(args, format);
    len = vsnprintf(command, sizeof(command), format, args);
    va_end(args);
    cr_assert(len >= 0 && (size_t)len < sizeof(command), "%s", format);
    pipe = popen(command, "r");
    cr_assert_not_null(pipe);
    shell_output[fread(shell_output, 1, sizeof(shell_output) - 1, pipe)] = '\0';
    while (fgetc(pipe) != EOF) {
    }
    status = pclose(pipe);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void work_file(const char *name, const char *text)
{
    char path[256];
    FILE *file;

    (void)snprintf(path, sizeof(path), "%s/%s", work_dir, name);
    file = fopen(path, "w");
    cr_assert_not_null(file, "%s", path);
    cr_assert_geq(fputs(text, file), 0);
    cr_assert_eq(fclose(file), 0);
}
