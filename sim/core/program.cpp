// SPDX-License-Identifier: MIT
// Programs over SystemC threads. The clock's process resumes them through an event each; SystemC
// never picks one by itself, so the order is ours and the same in every run.

#include "sim/core/program.h"

#include <systemc>

#include "sim/core/core.h"

namespace
{

constexpr int STACK_SIZE = 1 << 20;
// Programs that wake each other for ever without time going on are a bug; this many turns tell it.
constexpr unsigned MAX_TURNS = 10000000;

} // namespace

struct program {
    std::string name;
    hal *home;
    void (*entry)(void *arg);
    void *arg;
    sc_core::sc_event go;

    hal *where; /* the handle of the call that it is in */
    waits reason = WAITS_NOT;
    const char *call = "start";
    uint64_t since = 0;
    bool finished = false;
    bool parked = false; /* ready, but its VM is stopped */
    bool armed = false;
    bool access = false; /* the timer ends an access: it runs on while the VM is stopped */
    uint64_t timer_cycle = 0;
    uint64_t timer_order = 0;
    bool frozen = false;
    uint64_t frozen_left = 0;
    bool timed_out = false;
    uint64_t data = 0;
    uint64_t owed = 0; /* cycles for which it has to stand still */
};

static bool is_stopped(const program *program)
{
    return program->where->vm && program->where->vm->stopped;
}

programs::programs(const uint64_t &cycle)
    : cycle_(cycle), turn_over_(std::make_unique<sc_core::sc_event>())
{
}

programs::~programs() = default;

hal *programs::home() const
{
    return current_ ? current_->home : nullptr;
}

uint64_t programs::data() const
{
    return current_->data;
}

void programs::spawn(hal *home, const char *name, void (*entry)(void *), void *arg)
{
    all_.push_back(std::make_unique<program>());
    program *const fresh = all_.back().get();
    fresh->name = name;
    fresh->home = home;
    fresh->where = home;
    fresh->entry = entry;
    fresh->arg = arg;
    fresh->since = cycle_;

    sc_core::sc_spawn_options options;
    options.dont_initialize();
    options.set_sensitivity(&fresh->go);
    options.set_stack_size(STACK_SIZE);
    sc_core::sc_spawn([this, fresh] { body(fresh); }, sc_core::sc_gen_unique_name("program"),
                      &options);
    ready_.push_back(fresh);
}

void programs::body(program *self)
{
    wait_while_stopped(self);
    current_ = self;
    self->call = "running";
    self->entry(self->arg);
    self->finished = true;
    turn_over_->notify();
}

// Gives the turn back to the clock, in the same evaluation of SystemC's.
void programs::suspend()
{
    turn_over_->notify();
    sc_core::wait();
}

// Another program may have stopped the VM in the instant in which this one became ready.
void programs::wait_while_stopped(program *self)
{
    while (is_stopped(self)) {
        self->parked = true;
        suspend();
    }
}

bool programs::block(hal *where, waits reason, const char *call, uint64_t cycles)
{
    program *const self = current_;
    if (!self) {
        where->machine->fatal(std::string(call) + " on " + where->unit + " outside of any program");
    }
    self->where = where;
    self->reason = reason;
    self->call = call;
    self->since = cycle_;
    self->timed_out = false;
    where->waiting[reason]++;
    if (cycles < FOREVER - cycle_) {
        self->frozen = is_stopped(self);
        if (self->frozen) {
            self->frozen_left = cycles;
        } else {
            arm(self, cycle_ + cycles);
        }
    }
    suspend();
    wait_while_stopped(self);
    sit_out_stall(self);
    current_ = self;
    self->call = "running";
    return !self->timed_out;
}

void programs::owe(uint64_t cycles)
{
    current_->owed += cycles;
}

void programs::pay(hal *where, const char *call)
{
    if (current_ && current_->owed > 0) {
        const uint64_t cycles = current_->owed;

        current_->owed = 0;
        block(where, WAITS_TIME, call, cycles);
    }
}

// What the program waited for has happened; it only learns of it later.
void programs::sit_out_stall(program *self)
{
    const bool timed_out = self->timed_out;

    while (self->home->stalled_until > cycle_) {
        self->reason = WAITS_TIME;
        self->call = "stalled";
        self->where->waiting[WAITS_TIME]++;
        arm(self, self->home->stalled_until);
        suspend();
    }
    self->timed_out = timed_out;
}

void programs::wake(program *waiting)
{
    disarm(waiting);
    waiting->frozen = false;
    waiting->where->waiting[waiting->reason]--;
    waiting->reason = WAITS_NOT;
    ready_.push_back(waiting);
}

void programs::wake_all(hal *where, waits reason)
{
    if (where->waiting[reason] == 0) {
        return;
    }
    for (const auto &program : all_) {
        if (program->where == where && program->reason == reason) {
            wake(program.get());
        }
    }
}

void programs::complete_at(program *waiting, uint64_t cycle, uint64_t data)
{
    disarm(waiting);
    waiting->data = data;
    waiting->access = true;
    arm(waiting, cycle);
}

void programs::arm(program *waiting, uint64_t cycle)
{
    waiting->armed = true;
    waiting->timer_cycle = cycle;
    waiting->timer_order = armed_++;
    timers_.insert({cycle, waiting->timer_order, waiting});
}

void programs::disarm(program *waiting)
{
    if (waiting->armed) {
        timers_.erase({waiting->timer_cycle, waiting->timer_order, waiting});
        waiting->armed = false;
    }
}

void programs::freeze(const sim_vm *vm)
{
    for (const auto &program : all_) {
        if (program->where->vm == vm && program->armed && !program->access) {
            disarm(program.get());
            program->frozen = true;
            program->frozen_left = program->timer_cycle - cycle_;
        }
    }
}

void programs::thaw(const sim_vm *vm)
{
    for (const auto &program : all_) {
        if (program->where->vm != vm) {
            continue;
        }
        if (program->frozen) {
            program->frozen = false;
            arm(program.get(), cycle_ + program->frozen_left);
        }
        if (program->parked) {
            program->parked = false;
            ready_.push_back(program.get());
        }
    }
}

void programs::fire_timers()
{
    while (next_timer() <= cycle_) {
        program *const owner = timers_.begin()->owner;
        hal *const where = owner->where;
        const bool ends_access = owner->access && owner->reason == WAITS_ACCESS;
        owner->timed_out = !owner->access;
        owner->access = false;
        wake(owner);
        if (ends_access) {
            where->end_access();
        }
    }
}

void programs::run_ready()
{
    unsigned turns = 0;

    while (!ready_.empty()) {
        program *const next = ready_.front();
        ready_.pop_front();
        if (++turns > MAX_TURNS) {
            next->where->machine->fatal("programs wake each other without end, last " + next->name);
        }
        next->go.notify();
        sc_core::wait(*turn_over_);
        current_ = nullptr;
    }
}

void programs::describe_waiting(FILE *to, uint64_t clock_ps) const
{
    for (const auto &program : all_) {
        if (program->finished) {
            continue;
        }
        fprintf(to, "%s (%s): %s", program->name.c_str(), program->home->unit.c_str(),
                program->call);
        if (program->where != program->home) {
            fprintf(to, " on %s", program->where->unit.c_str());
        }
        fprintf(to, " since %llu ns", (unsigned long long)(program->since * clock_ps / 1000));
        if (program->armed) {
            fprintf(to, ", until %llu ns",
                    (unsigned long long)(program->timer_cycle * clock_ps / 1000));
        }
        fprintf(to, "%s\n", is_stopped(program.get()) ? ", VM stopped" : "");
    }
}
