// SPDX-License-Identifier: MIT
// The file of recorded pins: mark, count, edges as they lie in memory; read by the same build.

#include <cstdio>
#include <cstring>

#include "tests/bench/pins.h"

namespace
{

struct header {
    uint64_t mark;
    uint64_t count;
};

} // namespace

bool pins_write(const char *path, const pins_run &run)
{
    const header head = {run.mark, run.edges.size()};
    FILE *const file = fopen(path, "wb");
    bool good = file && fwrite(&head, sizeof(head), 1, file) == 1 &&
                fwrite(run.edges.data(), sizeof(pins_edge), head.count, file) == head.count;

    if (file && fclose(file) != 0) {
        good = false;
    }
    if (!good) {
        perror(path);
    }
    return good;
}

bool pins_load(const char *path, pins_run *run)
{
    header head = {};
    FILE *const file = fopen(path, "rb");
    bool good = file && fread(&head, sizeof(head), 1, file) == 1;

    if (good) {
        run->mark = head.mark;
        run->edges.resize(head.count);
        good = fread(run->edges.data(), sizeof(pins_edge), head.count, file) == head.count;
    }
    if (file) {
        (void)fclose(file);
    }
    if (!good) {
        perror(path);
    }
    return good;
}
