/* SPDX-License-Identifier: MIT */
/* See core_machine.h. */

#include "tests/system/core_machine.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void core_files_create(struct core_files *files)
{
    snprintf(files->folder, sizeof(files->folder), "/tmp/gucsim-core-XXXXXX");
    cr_assert_not_null(mkdtemp(files->folder), "mkdtemp");
    snprintf(files->trace, sizeof(files->trace), "%s/trace.vcd", files->folder);
    snprintf(files->events, sizeof(files->events), "%s/events.jsonl", files->folder);
    snprintf(files->names, sizeof(files->names), "%s/names.json", files->folder);
}

void core_files_remove(const struct core_files *files)
{
    unlink(files->trace);
    unlink(files->events);
    unlink(files->names);
    rmdir(files->folder);
}

struct sim *core_machine(const struct core_files *files, bool no_skip)
{
    const struct sim_config config = {
        .clock_ps = CORE_CLOCK_PS,
        .trace_path = files ? files->trace : NULL,
        .events_path = files ? files->events : NULL,
        .names_path = files ? files->names : NULL,
        .no_skip = no_skip,
        .mmio_latency = 100,
        .mem_latency = 50,
    };
    struct sim *sim = sim_create(&config);

    cr_assert_not_null(sim, "sim_create");
    return sim;
}

char *core_read_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    cr_assert_not_null(file, "%s", path);
    fseek(file, 0, SEEK_END);
    const size_t size = (size_t)ftell(file);
    rewind(file);

    char *text = malloc(size + 1);
    cr_assert_not_null(text, "malloc");
    cr_assert_eq(fread(text, 1, size, file), size, "%s", path);
    text[size] = '\0';
    fclose(file);
    return text;
}

unsigned core_count(const char *text, const char *needle)
{
    unsigned count = 0;

    for (const char *at = strstr(text, needle); at; at = strstr(at + 1, needle)) {
        count++;
    }
    return count;
}
