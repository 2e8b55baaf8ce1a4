// SPDX-License-Identifier: MIT
// What a scenario lets go wrong between chip and software: signals that are lost or come late,
// and a GuC that stands still. Nothing here is a matter of chance.

#include <algorithm>
#include <cassert>

#include "sim/core/core.h"

bool sim_gpu::disturbed(sim_signal what, unsigned fn, sim_disturbance *how)
{
    static const char *const names[SIM_NUM_SIGNALS][4] = {
        {"doorbell_lost", "doorbell_late", "doorbell_repeated", "doorbell_elsewhere"},
        {"msi_lost", "msi_late", "msi_repeated", "msi_elsewhere"}};
    sim_disturbance &asked = functions[fn].disturbances[what];

    if (asked.count == 0) {
        return false;
    }
    if (asked.after > 0) {
        asked.after--;
        return false;
    }
    asked.count--;
    *how = asked;
    const hal_field fields[] = {{"fn", HAL_INT, fn, nullptr},
                                {"what", HAL_STR, 0, names[what][asked.how]},
                                {"cycles", HAL_INT, asked.cycles, nullptr}};
    machine->event(this, HAL_GT_NONE, "fault", fields, ARRAY_SIZE(fields));
    return true;
}

// ---- sim.h --------------------------------------------------------------------------------------

void sim_set_observer(struct sim *sim, void (*observe)(void *arg, const struct sim_event *event),
                      void *arg)
{
    sim->events.watch(observe, arg);
}

void sim_gpu_disturb(struct sim_gpu *gpu, enum sim_signal what, unsigned fn,
                     const struct sim_disturbance *disturbance)
{
    assert(what < SIM_NUM_SIGNALS && fn < GPU_MAX_FUNCTIONS && disturbance->fn < GPU_MAX_FUNCTIONS);
    gpu->functions[fn].disturbances[what] = *disturbance;
}

void sim_gpu_stall_guc(struct sim_gpu *gpu, unsigned gt, uint64_t cycles)
{
    hal *const guc = sim_gpu_guc(gpu, gt);
    const hal_field fields[] = {{"fn", HAL_INT, 0, nullptr},
                                {"what", HAL_STR, 0, "guc_stalled"},
                                {"cycles", HAL_INT, cycles, nullptr}};

    guc->stalled_until = std::max(guc->stalled_until, gpu->machine->cycle + cycles);
    gpu->machine->event(gpu, static_cast<int>(gt), "fault", fields, ARRAY_SIZE(fields));
}

void sim_gpu_deafen_engine(struct sim_gpu *gpu, unsigned gt, unsigned engine, unsigned count)
{
    assert(gt < GPU_MAX_GTS && engine < ARRAY_SIZE(gpu->bus[gt].deaf));
    gpu->bus[gt].deaf[engine] = count;
}
