/* SPDX-License-Identifier: MIT */
#include "tests/unit/run_files.h"

#include <criterion/criterion.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_ARGS 16

char run_files_dir[64];
char run_files_said[RUN_FILES_SAID];
static char started_in[PATH_MAX];

void run_files_make(void)
{
    (void)snprintf(run_files_dir, sizeof(run_files_dir), "/tmp/gucsim-files-XXXXXX");
    cr_assert_not_null(getcwd(started_in, sizeof(started_in)));
    cr_assert_not_null(mkdtemp(run_files_dir));
    cr_assert_eq(chdir(run_files_dir), 0);
}

void run_files_remove(void)
{
    char command[128];

    (void)snprintf(command, sizeof(command), "rm -rf %s", run_files_dir);
    cr_assert_eq(system(command), 0);
}

void run_files_put_bytes(const char *name, const void *bytes, size_t size)
{
    FILE *file = fopen(name, "wb");

    cr_assert_not_null(file);
    cr_assert_eq(fwrite(bytes, 1, size, file), size);
    cr_assert_eq(fclose(file), 0);
}

void run_files_put(const char *name, const char *text)
{
    run_files_put_bytes(name, text, strlen(text));
}

static size_t read_into(const char *name, char *to, size_t room)
{
    FILE *file = fopen(name, "rb");
    size_t size;

    cr_assert_not_null(file);
    size = fread(to, 1, room, file);
    (void)fclose(file);
    return size;
}

int run_files_command(int (*command)(int argc, char **argv), const char *words)
{
    static char texts[MAX_ARGS][PATH_MAX + 256];
    char copy[512], *save, *argv[MAX_ARGS + 1] = {NULL};
    int argc = 0, code;
    size_t said;

    (void)snprintf(copy, sizeof(copy), "%s", words);
    for (char *word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
        cr_assert_lt(argc, MAX_ARGS);
        (void)snprintf(texts[argc], sizeof(texts[0]), "%s%s", *word == '%' ? started_in : "",
                       word + (*word == '%'));
        argv[argc] = texts[argc];
        argc++;
    }
    cr_assert_not_null(freopen(".stdout", "w", stdout));
    cr_assert_not_null(freopen(".stderr", "w", stderr));
    code = command(argc, argv);
    (void)fflush(stdout);
    (void)fflush(stderr);
    said = read_into(".stdout", run_files_said, sizeof(run_files_said) - 1);
    said += read_into(".stderr", run_files_said + said, sizeof(run_files_said) - 1 - said);
    run_files_said[said] = '\0';
    return code;
}
