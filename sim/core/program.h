/* SPDX-License-Identifier: MIT */
/* Programs: C functions, each on an SC_THREAD of its own, that give control away only inside a
 * hal_* call. One runs at a time, in the order in which they became ready; all of an instant run
 * before time goes on. */
#ifndef SIM_CORE_PROGRAM_H
#define SIM_CORE_PROGRAM_H

#include <cstdint>
#include <cstdio>
#include <deque>
#include <memory>
#include <set>
#include <string>
#include <vector>

struct hal;
struct sim_vm;
struct program;
namespace sc_core
{
class sc_event;
}

constexpr uint64_t FOREVER = UINT64_MAX;

/* What a program waits for. */
enum waits {
    WAITS_NOT,
    WAITS_TIME,   /* its timer alone */
    WAITS_WAKE,   /* hal_wake */
    WAITS_IRQ,    /* an interrupt */
    WAITS_ACCESS, /* the answer to a register read */
    WAITS_LINK,   /* room for a posted write */
    WAITS_DRAIN,  /* the end of the accesses under way */
    WAITS_DMA,    /* its turn, or the end of its transfer */
    WAITS_TRAP,   /* an access that a guest's trap window took */
    WAITS_KINDS
};

class programs
{
  public:
    explicit programs(const uint64_t &cycle);
    ~programs();

    /* The program starts in the present instant, or in the first one. */
    void spawn(hal *home, const char *name, void (*entry)(void *), void *arg);
    /* The one that runs; NULL outside of all programs. */
    program *current() const
    {
        return current_;
    }
    hal *home() const;

    /* Blocks the current program inside a call on a handle, at most some cycles (FOREVER: no
     * bound). Returns false when the time was over. A program of a stopped VM comes back only after
     * the VM's start. */
    bool block(hal *where, waits reason, const char *call, uint64_t cycles);
    /* The current program stands still for so many cycles, before it next pays. */
    void owe(uint64_t cycles);
    void pay(hal *where, const char *call);
    void wake(program *waiting);
    /* Wakes all that wait so on this handle, oldest program first. */
    void wake_all(hal *where, waits reason);
    /* Ends an access of a blocked program at a cycle from now on; a stopped VM does not hold that
     * up. */
    void complete_at(program *waiting, uint64_t cycle, uint64_t data);
    /* What complete_at told the current program. */
    uint64_t data() const;

    /* Stops and starts the clocks of a VM's programs. */
    void freeze(const sim_vm *vm);
    void thaw(const sim_vm *vm);

    /* For the clock, from its own process: timers that are due, and running everything that is
     * ready. */
    uint64_t next_timer() const
    {
        return timers_.empty() ? FOREVER : timers_.begin()->cycle;
    }
    void fire_timers();
    bool any_ready() const
    {
        return !ready_.empty();
    }
    void run_ready();

    void describe_waiting(FILE *to, uint64_t clock_ps) const;

  private:
    void body(program *self);
    void suspend();
    void wait_while_stopped(program *self);
    void sit_out_stall(program *self);
    void arm(program *waiting, uint64_t cycle);
    void disarm(program *waiting);

    struct timer {
        uint64_t cycle;
        uint64_t order; /* of arming: the same cycle fires in this order */
        program *owner;
        bool operator<(const timer &other) const
        {
            return cycle != other.cycle ? cycle < other.cycle : order < other.order;
        }
    };

    const uint64_t &cycle_;
    std::vector<std::unique_ptr<program>> all_;
    std::deque<program *> ready_;
    std::set<timer> timers_;
    uint64_t armed_ = 0;
    program *current_ = nullptr;
    std::unique_ptr<sc_core::sc_event> turn_over_; /* the clock's turn again */
};

#endif
