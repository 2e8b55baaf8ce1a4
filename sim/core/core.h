/* SPDX-License-Identifier: MIT */
/* The machine's own structures, behind the opaque ones of sim.h and hal.h. */
#ifndef SIM_CORE_CORE_H
#define SIM_CORE_CORE_H

#include <memory>
#include <string>
#include <vector>

#include "sim/core/events.h"
#include "sim/core/gpu.h"
#include "sim/core/memory.h"
#include "sim/core/program.h"
#include "sim/core/sim.h"
#include "sim/core/wave.h"

/* Part of a mediated guest's BAR2 that is mapped onto the host's. (aperture.cpp) */
struct aperture_map {
    uint64_t guest = 0, host = 0, size = 0;
};

/* One function as one program sees it. */
struct hal {
    enum kinds { PLAIN, PF, VF, GUC };

    hal(sim *of, kinds what, const std::string &name, uint64_t ram_size);

    /* Whether there is a function at the other end of the link that takes accesses. */
    bool answers() const;
    /* Counts an access in; the call blocks while max_in_flight are under way. */
    void begin_access(const char *call);
    void end_access();
    /* Blocks until nothing is under way. */
    void drain(const char *call);

    sim *machine;
    kinds kind;
    std::string unit;
    sim_gpu *gpu = nullptr; /* VF: the one attached now, or NULL */
    unsigned fn = 0;
    unsigned gt = 0;      /* GUC */
    sim_vm *vm = nullptr; /* VF */
    std::shared_ptr<ram> memory;
    page_allocator allocator;
    uint32_t irq_pending = 0;
    unsigned in_flight = 0;
    unsigned max_in_flight;
    unsigned waiting[WAITS_KINDS] = {}; /* programs that wait on this handle */
    program *quiet_waiter = nullptr;    /* woken when nothing is under way any more */
    uint64_t stalled_until = 0;         /* no program of it goes on before this cycle */
    bool mediated = false;              /* VF: a vGPU's guest, whose accesses the host may serve */
    aperture_map aperture;              /* of such a guest */
};

struct sim_vm {
    sim_vm(sim *machine, const char *vm_name, uint64_t ram_size);

    /* Cycles of the VM's own clock. */
    uint64_t clock() const;

    std::string name;
    hal handle;
    std::shared_ptr<ram> copy;
    /* What it had before its switch-over, until that is final. */
    std::shared_ptr<ram> old_memory;
    sim_gpu *old_gpu = nullptr;
    unsigned old_fn = 0;
    uint32_t old_irq_pending = 0;
    bool stopped = false;
    uint64_t stopped_at = 0;
    uint64_t lost = 0; /* cycles spent stopped */
    sim_write_watch write_watch{};
};

class machine_clock;

struct sim {
    explicit sim(const sim_config &options);
    ~sim();

    uint64_t now_ps() const
    {
        return cycle * config.clock_ps;
    }
    /* Rounds up to whole cycles, at least one; FOREVER stays. */
    uint64_t cycles_of(uint64_t ns) const;
    /* Writes an event of the machine's own. gpu may be NULL. */
    void event(const sim_gpu *gpu, int gt, const char *kind, const hal_field *fields,
               unsigned count);
    /* A bug of ours or of the machine's builder: ends the simulation. */
    [[noreturn]] void fatal(const std::string &message) const;

    /* One pass of the run loop: everything from the present instant to the next. Returns false when
     * the run is over and result says why. */
    bool advance();
    uint64_t next_instant();
    uint64_t step_towards(uint64_t next) const;
    void run_instant(bool step_all);
    void run_edges();
    void run_edges_of(sim_gpu *gpu, uint64_t others);
    bool quiet_in_gap(uint64_t next);
    bool dump_wanted() const;
    /* Once an instant: what changes between two runs within one instant is seen with the next
     * one's. */
    void dump();
    int close_files();

    sim_config config;
    uint64_t cycle = 0; /* last rising edge; number of the present instant */
    class events events;
    class wave wave;
    class programs programs;
    std::vector<std::unique_ptr<sim_gpu>> gpus;
    std::vector<std::unique_ptr<sim_vm>> vms;
    std::vector<std::unique_ptr<hal>> plain;
    std::unique_ptr<machine_clock> clock;
    bool started = false;
    bool stopping = false;
    bool edge_since_dump = true;
    uint64_t dumped_cycle = FOREVER;
    uint64_t trace_from = 0; /* cycle of trace_from_ps, which is a whole one */
    uint64_t instant = 0;    /* cycle of the last one that was not a step in a gap */
    uint64_t until_cycle = 0;
    sim_result result = SIM_DONE;
    int error = 0; /* -errno of a refused declaration */
};

#endif
