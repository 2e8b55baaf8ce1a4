// SPDX-License-Identifier: MIT
// The machine and its time. An instant is: the rising edges of the chips that need one, what takes
// effect in memory, timers, all programs that these made ready, one dump of the waves. Instants
// that nobody needs are left out; with no_skip every cycle is one.

#include "sim/core/sim.h"

#include <algorithm>
#include <cinttypes>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <systemc>

#include "sim/core/core.h"

// Never called: libsystemc's own main wants one.
int sc_main(int, char *[])
{
    return 0;
}

namespace
{

sim *the_machine = nullptr; // one a process: SystemC has one kernel
volatile std::sig_atomic_t interrupted = 0;

// A bug of ours ends the process; what was written so far still helps to find it.
void close_files_on_abort(int)
{
    std::signal(SIGABRT, SIG_DFL);
    if (the_machine) {
        the_machine->wave.keep();
        the_machine->close_files();
    }
}

uint64_t at_least_one(uint64_t cycles)
{
    return std::max<uint64_t>(cycles, 1);
}

} // namespace

// The process that steps the chips' clocks and resumes the programs.
class machine_clock : public sc_core::sc_module
{
  public:
    SC_HAS_PROCESS(machine_clock);
    machine_clock(const sc_core::sc_module_name &name, sim *machine)
        : sc_module(name), machine_(machine)
    {
        SC_THREAD(run);
        dont_initialize();
        sensitive << resume_;
    }

    // Returns when the run is over: with no event left, the kernel comes back.
    void start()
    {
        resume_.notify(sc_core::SC_ZERO_TIME);
        sc_core::sc_start();
    }

    // Brings SystemC's time up to the present instant. Programs see the machine's own, so it is
    // enough to do so where the run pauses, and where SystemC tells the time.
    void settle()
    {
        const uint64_t target = machine_->now_ps();
        const uint64_t present = sc_core::sc_time_stamp().value();
        if (target > present) {
            sc_core::wait(sc_core::sc_time::from_value(target - present));
        }
    }

  private:
    void run()
    {
        for (;;) {
            while (machine_->advance()) {
            }
            settle();
            wait(resume_);
        }
    }

    sim *machine_;
    sc_core::sc_event resume_;
};

sim::sim(const sim_config &options) : config(options), programs(cycle)
{
    config.mmio_latency = at_least_one(config.mmio_latency);
    config.mem_latency = at_least_one(config.mem_latency);
    config.trace_from_ps += config.clock_ps - 1;
    config.trace_from_ps -= config.trace_from_ps % config.clock_ps;
    trace_from = config.trace_from_ps / config.clock_ps;
    clock = std::make_unique<machine_clock>("clock", this);
}

sim::~sim() = default;

uint64_t sim::cycles_of(uint64_t ns) const
{
    if (ns >= UINT64_MAX / 1000 - config.clock_ps) {
        return FOREVER;
    }
    return at_least_one((ns * 1000 + config.clock_ps - 1) / config.clock_ps);
}

void sim::event(const sim_gpu *gpu, int gt, const char *kind, const hal_field *fields,
                unsigned count)
{
    events.write({now_ps(), cycle, gpu ? gpu->name.c_str() : nullptr, gt, -1}, kind, fields, count);
}

void sim::fatal(const std::string &message) const
{
    clock->settle();
    SC_REPORT_FATAL("gucsim", message.c_str());
    std::abort();
}

inline uint64_t sim::next_instant()
{
    uint64_t next = programs.next_timer();

    for (const auto &gpu : gpus) {
        gpu->due_edge = gpu->next_edge(cycle);
        next = std::min(next, std::min(gpu->due_edge, gpu->memory.due_effect));
    }
    // Waves that begin later begin with all values of that cycle.
    return next != FOREVER && trace_from > cycle ? std::min(next, trace_from) : next;
}

// Where to go on the way to the next instant. Nothing may happen before.
inline uint64_t sim::step_towards(uint64_t next) const
{
    const uint64_t margin = config.skip_check;

    if (config.no_skip || cycle - instant < margin) {
        return cycle + 1;
    }
    return std::max(cycle + 1, next - std::min(next, margin));
}

bool sim::quiet_in_gap(uint64_t next)
{
    const std::string change = wave.dump_quiet(now_ps());

    edge_since_dump = false;
    dumped_cycle = cycle;
    if (change.empty() && !programs.any_ready() && next_instant() == next) {
        return true;
    }
    fprintf(stderr, "gucsim: cycle %" PRIu64 " is skipped as idle, but %s%s; see --verify-skip\n",
            cycle, change.empty() ? "something is due then" : "a signal changes: ", change.c_str());
    return false;
}

// Edges, memory, timers of the instant that has just begun.
inline void sim::run_instant(bool step_all)
{
    for (const auto &gpu : gpus) {
        if (step_all || gpu->due_edge <= cycle) {
            gpu->edge(cycle);
            edge_since_dump = true;
        }
    }
    for (const auto &gpu : gpus) {
        if (gpu->memory.due_effect <= cycle) {
            gpu->memory.apply(cycle);
        }
    }
    if (programs.next_timer() <= cycle) {
        programs.fire_timers();
    }
}

// One chip's edges that follow each other, while no program is ready and before anything of the
// others is due: what the next instant is need not be asked then.
void sim::run_edges_of(sim_gpu *gpu, uint64_t others)
{
    while (cycle + 1 < others && gpu->next_edge(cycle) == cycle + 1 && !programs.any_ready() &&
           !interrupted && !stopping) {
        if (wave.is_open()) {
            dump();
        }
        cycle++;
        instant = cycle;
        gpu->edge(cycle);
        edge_since_dump = true;
        if (gpu->memory.due_effect <= cycle) {
            gpu->memory.apply(cycle);
        }
        if (programs.next_timer() <= cycle) {
            programs.fire_timers();
        }
    }
}

void sim::run_edges()
{
    uint64_t others = trace_from > cycle ? trace_from : FOREVER;
    sim_gpu *running = nullptr;

    others = until_cycle < others ? until_cycle + 1 : others;
    for (const auto &gpu : gpus) {
        if (gpu->due_edge == cycle && !running) {
            running = gpu.get();
        } else {
            others = std::min(others, std::min(gpu->due_edge, gpu->memory.due_effect));
        }
    }
    if (running) {
        run_edges_of(running, others);
    }
}

bool sim::dump_wanted() const
{
    const uint64_t now = now_ps();

    if (now < config.trace_from_ps || (config.trace_to_ps && now > config.trace_to_ps)) {
        return false;
    }
    return edge_since_dump || wave.probes_changed() || now == config.trace_from_ps;
}

void sim::dump()
{
    if (cycle != dumped_cycle && dump_wanted()) {
        wave.dump(now_ps());
        edge_since_dump = false;
        dumped_cycle = cycle;
    }
}

bool sim::advance()
{
    if (programs.any_ready()) {
        programs.run_ready();
    }
    if (wave.is_open()) {
        dump();
    }

    const uint64_t next = next_instant();
    if (interrupted) {
        result = SIM_INTERRUPTED;
        return false;
    }
    if (stopping || next == FOREVER) {
        result = stopping ? SIM_DONE : SIM_DEADLOCK;
        return false;
    }
    if (next > until_cycle && (!config.no_skip || cycle >= until_cycle)) {
        cycle = std::max(cycle, until_cycle);
        result = SIM_UNTIL;
        return false;
    }
    cycle = step_towards(next);
    const bool in_gap = cycle < next;
    run_instant(in_gap || config.no_skip);
    if (!in_gap) {
        instant = cycle;
        if (!config.no_skip && config.skip_check == 0) {
            run_edges();
        }
    } else if (config.skip_check && !quiet_in_gap(next)) {
        result = SIM_NOT_QUIET;
        return false;
    }
    return true;
}

int sim::close_files()
{
    const int wave_error = wave.close();
    const int events_error = events.close();

    return wave_error ? wave_error : events_error ? events_error : error;
}

// ---- sim.h --------------------------------------------------------------------------------------

struct sim *sim_create(const struct sim_config *config)
{
    if (the_machine) {
        the_machine->fatal("a process has one machine");
    }
    auto machine = std::make_unique<sim>(*config);
    int err =
        config->events_path ? machine->events.open(config->events_path, config->action_name) : 0;
    if (err) {
        fprintf(stderr, "gucsim: %s: %s\n", config->events_path, strerror(-err));
        return nullptr;
    }
    err = machine->wave.open(
        {config->trace_path, config->trace_scope, config->trace_last_ps, config->skip_check != 0});
    if (err) {
        fprintf(stderr, "gucsim: %s: %s\n", config->trace_path, strerror(-err));
        return nullptr;
    }
    the_machine = machine.release();
    std::signal(SIGABRT, close_files_on_abort);
    return the_machine;
}

int sim_destroy(struct sim *sim)
{
    if (!sim) {
        return 0;
    }
    const int err = sim->close_files();
    if (sim->config.events_path) {
        const std::string events = sim->config.events_path;
        gpu_rtl::write_coverage(events.substr(0, events.rfind('/') + 1) + "coverage.dat");
    }
    std::signal(SIGABRT, SIG_DFL);
    the_machine = nullptr;
    delete sim;
    return err;
}

struct hal *sim_hal_plain(struct sim *sim, const char *unit)
{
    sim->plain.push_back(std::make_unique<hal>(sim, hal::PLAIN, unit, 0));
    return sim->plain.back().get();
}

int sim_start(struct sim *sim)
{
    if (sim->started) {
        sim->fatal("sim_start twice");
    }
    sim->started = true;
    for (const auto &gpu : sim->gpus) {
        gpu->start();
    }
    const int unknown_scope = sim->wave.start();
    const int err = sim->config.names_path ? sim->wave.write_names(sim->config.names_path) : 0;
    if (err) {
        fprintf(stderr, "gucsim: %s: %s\n", sim->config.names_path, strerror(-err));
        sim->error = err;
    }
    return unknown_scope;
}

enum sim_result sim_run(struct sim *sim, uint64_t until_ps)
{
    if (!sim->started) {
        sim->fatal("sim_run before sim_start");
    }
    sim->until_cycle = until_ps == HAL_FOREVER ? FOREVER : until_ps / sim->config.clock_ps;
    sim->stopping = false;
    sim->clock->start();
    return sim->result;
}

void sim_stop(struct sim *sim)
{
    sim->stopping = true;
}

void sim_interrupt(void)
{
    interrupted = 1;
}

uint64_t sim_now_ps(const struct sim *sim)
{
    return sim->now_ps();
}

uint64_t sim_cycles(const struct sim *sim)
{
    return sim->cycle;
}

uint64_t sim_rtl_evals(const struct sim *sim)
{
    uint64_t evals = 0;

    for (const auto &gpu : sim->gpus) {
        evals += gpu->evals;
    }
    return evals;
}

void sim_describe_waiting(const struct sim *sim, FILE *to)
{
    sim->programs.describe_waiting(to, sim->config.clock_ps);
}

void sim_keep_trace(struct sim *sim)
{
    sim->wave.keep();
}

int sim_finish(struct sim *sim, struct sim_summary *summary)
{
    const int err = sim->close_files();

    snprintf(summary->trace_sha256, sizeof(summary->trace_sha256), "%s",
             sim->wave.sha256().c_str());
    snprintf(summary->events_sha256, sizeof(summary->events_sha256), "%s",
             sim->events.sha256().c_str());
    summary->sim_time_ps = sim_now_ps(sim);
    summary->cycles = sim_cycles(sim);
    summary->rtl_evals = sim_rtl_evals(sim);
    return err;
}
