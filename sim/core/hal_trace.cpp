// SPDX-License-Identifier: MIT
// The part of hal.h that only tells: events and probes.

#include <cerrno>
#include <cstdio>

#include "sim/core/core.h"

bool hal_tracing(struct hal *hal)
{
    return hal->machine->events.is_open();
}

void hal_trace(struct hal *hal, int gt, const char *kind, const struct hal_field *fields,
               unsigned count)
{
    const sim *const machine = hal->machine;
    const event_place place = {machine->now_ps(), machine->cycle,
                               hal->gpu ? hal->gpu->name.c_str() : nullptr, gt,
                               hal->vm ? static_cast<int>(hal->fn) : -1};

    hal->machine->events.write(place, kind, fields, count);
}

int hal_probe(struct hal *hal, const char *path, unsigned bits, const char *const *names)
{
    sim *const machine = hal->machine;
    const std::string signal = hal->unit + "." + path;
    const int probe = machine->started ? -EBUSY : machine->wave.declare(signal, bits, names);

    if (probe < 0) {
        fprintf(stderr, "gucsim: probe %s: %s\n", signal.c_str(),
                probe == -EBUSY    ? "declared after the machine was started"
                : probe == -EEXIST ? "declared twice"
                                   : "1 to 64 bits");
        machine->error = machine->error ? machine->error : probe;
    }
    return probe;
}

void hal_probe_set(struct hal *hal, int probe, uint64_t value)
{
    hal->machine->wave.set(probe, value);
}
