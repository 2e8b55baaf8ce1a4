/* SPDX-License-Identifier: MIT */
/* The fake HAL's programs: coroutines and one virtual clock. Whatever is due first runs first;
 * of two that are due at the same time, the one that was told so first. Nothing depends on
 * addresses or on the wall clock. */
#include "tests/unit/fake_hal_private.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/common_interface_defs.h>
#endif

#define STACK_SIZE    (256u * 1024u)
#define STACK_CANARY  0x5afe57ac5afe57acull
#define STEPS_AT_ONCE 1000000u /* more than this without time passing is an endless loop */

enum sleep_kind { SLEEP_DELAY, SLEEP_WAIT, SLEEP_IRQ, SLEEP_ENDED };

struct program {
    struct program *next;
    struct hal *hal;
    const char *name;
    void (*body)(void *arg);
    void *arg;
    enum sleep_kind kind;
    bool woken;     /* by hal_wake or an interrupt, not by time */
    uint64_t due;   /* when it goes on */
    uint64_t order; /* among those due at the same time */
    ucontext_t context;
    uint64_t *stack; /* its lowest word is a canary */
};

struct timer {
    struct timer *next;
    struct hal *hal;
    uint64_t due;
    uint64_t order;
    void (*fn)(void *arg);
    void *arg;
};

static struct {
    uint64_t now;
    uint64_t orders;
    unsigned steps; /* since time last passed */
    bool running;
    struct program *programs;
    struct timer *timers;
    struct program *current;
    ucontext_t scheduler;
    const void *scheduler_stack; /* for the address sanitizer */
    size_t scheduler_size;
} world;

/* ---- switching stacks ------------------------------------------------------------------------ */

static void announce_switch(void **save, const void *bottom, size_t size)
{
#ifdef __SANITIZE_ADDRESS__
    __sanitizer_start_switch_fiber(save, bottom, size);
#else
    (void)save;
    (void)bottom;
    (void)size;
#endif
}

static void announce_arrival(void *save, const void **old_bottom, size_t *old_size)
{
#ifdef __SANITIZE_ADDRESS__
    __sanitizer_finish_switch_fiber(save, old_bottom, old_size);
#else
    (void)save;
    (void)old_bottom;
    (void)old_size;
#endif
}

static void enter(struct program *program)
{
    void *save = NULL;

    world.current = program;
    announce_switch(&save, program->stack, STACK_SIZE);
    if (swapcontext(&world.scheduler, &program->context) != 0) {
        fake_fatal("swapcontext: %s", strerror(errno));
    }
    announce_arrival(save, NULL, NULL);
    world.current = NULL;
    if (program->stack[0] != STACK_CANARY) {
        fake_fatal("program '%s' overran its stack", program->name);
    }
}

static void leave(struct program *program)
{
    void *save = NULL;
    bool for_ever = program->kind == SLEEP_ENDED;

    announce_switch(for_ever ? NULL : &save, world.scheduler_stack, world.scheduler_size);
    if (swapcontext(&program->context, &world.scheduler) != 0) {
        fake_fatal("swapcontext: %s", strerror(errno));
    }
    announce_arrival(save, NULL, NULL);
}

static void program_main(void)
{
    struct program *program = world.current;

    announce_arrival(NULL, &world.scheduler_stack, &world.scheduler_size);
    program->body(program->arg);
    program->kind = SLEEP_ENDED;
    program->due = HAL_FOREVER;
    leave(program);
}

/* ---- what is next ---------------------------------------------------------------------------- */

static uint64_t after(uint64_t ns)
{
    return ns > HAL_FOREVER - world.now ? HAL_FOREVER : world.now + ns;
}

static bool sooner(uint64_t due, uint64_t order, uint64_t than_due, uint64_t than_order)
{
    return due < than_due || (due == than_due && order < than_order);
}

static void wake(struct program *program)
{
    if (!program->woken) {
        program->woken = true;
        program->due = world.now;
        program->order = world.orders++;
    }
}

static struct program *next_program(void)
{
    struct program *best = NULL;

    for (struct program *p = world.programs; p; p = p->next) {
        if (p->kind == SLEEP_IRQ && fake_irq_is_up(p->hal)) {
            wake(p);
        }
        if (p->kind != SLEEP_ENDED && p->due != HAL_FOREVER &&
            (!best || sooner(p->due, p->order, best->due, best->order))) {
            best = p;
        }
    }
    return best;
}

static struct timer **next_timer(void)
{
    struct timer **best = NULL;

    for (struct timer **t = &world.timers; *t; t = &(*t)->next) {
        if (!best || sooner((*t)->due, (*t)->order, (*best)->due, (*best)->order)) {
            best = t;
        }
    }
    return best;
}

static void describe_programs(void)
{
    static const char *const kinds[] = {"delay", "wait", "irq_wait", "ended"};

    for (const struct program *p = world.programs; p; p = p->next) {
        fprintf(stderr, "  program '%s': %s\n", p->name, kinds[p->kind]);
    }
}

static void pass_time_to(uint64_t due, uint64_t deadline)
{
    if (due > deadline) {
        describe_programs();
        fake_fatal("virtual time ran out: the next thing is due at %llu ns, the limit is %llu ns",
                   (unsigned long long)due, (unsigned long long)deadline);
    }
    if (due > world.now) {
        world.now = due;
        world.steps = 0;
    } else if (++world.steps > STEPS_AT_ONCE) {
        describe_programs();
        fake_fatal("programs go round without time passing at %llu ns",
                   (unsigned long long)world.now);
    }
}

static void run_timer(struct timer **link)
{
    struct timer timer = **link;

    free(*link);
    *link = timer.next;
    timer.fn(timer.arg);
}

static void step(uint64_t deadline)
{
    struct program *program = next_program();
    struct timer **timer = next_timer();

    if (!program && !timer) {
        describe_programs();
        fake_fatal("all programs wait for ever at %llu ns", (unsigned long long)world.now);
    }
    if (timer &&
        (!program || sooner((*timer)->due, (*timer)->order, program->due, program->order))) {
        pass_time_to((*timer)->due, deadline);
        run_timer(timer);
    } else {
        pass_time_to(program->due, deadline);
        enter(program);
    }
}

static struct program *add_program(struct hal *hal, const char *name, void (*body)(void *arg),
                                   void *arg)
{
    struct program *program = calloc(1, sizeof(*program));
    struct program **end = &world.programs;

    if (!program || !(program->stack = malloc(STACK_SIZE)) || getcontext(&program->context) != 0) {
        fake_fatal("no memory for program '%s'", name);
    }
    program->stack[0] = STACK_CANARY;
    program->hal = hal;
    program->name = name;
    program->body = body;
    program->arg = arg;
    program->due = world.now;
    program->order = world.orders++;
    program->context.uc_stack.ss_sp = program->stack;
    program->context.uc_stack.ss_size = STACK_SIZE;
    program->context.uc_link = NULL;
    makecontext(&program->context, program_main, 0);
    while (*end) {
        end = &(*end)->next;
    }
    *end = program;
    return program;
}

static void remove_program(struct program **link)
{
    struct program *program = *link;

    *link = program->next;
    free(program->stack);
    free(program);
}

/* ---- for the tests --------------------------------------------------------------------------- */

void fake_run(struct hal *hal, void (*program)(void *arg), void *arg, uint64_t limit_ns)
{
    struct program *run;
    uint64_t deadline;

    if (world.running) {
        fake_fatal("fake_run called from inside of a run");
    }
    run = add_program(hal, "test", program, arg);
    deadline = after(limit_ns);
    world.running = true;
    hal->started = true;
    world.steps = 0;
    while (run->kind != SLEEP_ENDED) {
        step(deadline);
    }
    world.running = false;
    for (struct program **p = &world.programs; *p;) {
        if ((*p)->kind == SLEEP_ENDED) {
            remove_program(p);
        } else {
            p = &(*p)->next;
        }
    }
}

void fake_at(struct hal *hal, uint64_t ns, void (*fn)(void *arg), void *arg)
{
    struct timer *timer = calloc(1, sizeof(*timer));

    if (!timer) {
        fake_fatal("no memory for a timer");
    }
    *timer = (struct timer){.next = world.timers,
                            .hal = hal,
                            .due = after(ns),
                            .order = world.orders++,
                            .fn = fn,
                            .arg = arg};
    world.timers = timer;
}

void fake_charge(uint64_t ns)
{
    struct program *self = world.current;

    if (self) {
        self->kind = SLEEP_DELAY;
        self->due = after(ns);
        self->order = world.orders++;
        leave(self);
    }
}

void fake_programs_drop(struct hal *hal)
{
    for (struct program **p = &world.programs; *p;) {
        if ((*p)->hal == hal) {
            remove_program(p);
        } else {
            p = &(*p)->next;
        }
    }
    for (struct timer **t = &world.timers; *t;) {
        if ((*t)->hal == hal) {
            struct timer *timer = *t;

            *t = timer->next;
            free(timer);
        } else {
            t = &(*t)->next;
        }
    }
}

/* ---- time and waiting, as hal.h says --------------------------------------------------------- */

/* Returns true when woken, false when the time was over. */
static bool sleep_as(enum sleep_kind kind, uint64_t ns)
{
    struct program *self = world.current;

    if (!self) {
        fake_fatal("a call that waits was made outside of programs");
    }
    self->kind = kind;
    self->woken = false;
    self->due = after(ns);
    self->order = world.orders++;
    leave(self);
    self->kind = SLEEP_DELAY;
    return self->woken;
}

uint64_t hal_now(struct hal *hal)
{
    (void)hal;
    return world.now;
}

void hal_cycles(struct hal *hal, uint64_t n)
{
    (void)hal;
    sleep_as(SLEEP_DELAY, n);
}

void hal_delay(struct hal *hal, uint64_t ns)
{
    (void)hal;
    sleep_as(SLEEP_DELAY, ns);
}

bool hal_wait(struct hal *hal, uint64_t timeout_ns)
{
    (void)hal;
    return sleep_as(SLEEP_WAIT, timeout_ns);
}

void hal_wake(struct hal *hal)
{
    for (struct program *p = world.programs; p; p = p->next) {
        if (p->hal == hal && p->kind == SLEEP_WAIT) {
            wake(p);
        }
    }
}

uint32_t hal_irq_wait(struct hal *hal, uint64_t timeout_ns)
{
    uint32_t mask;

    sleep_as(SLEEP_IRQ, timeout_ns);
    if (hal->device.irq_line) {
        return hal->device.irq_line(hal->device.arg) ? 1 : 0;
    }
    mask = hal->irq;
    hal->irq = 0;
    return mask;
}

void hal_spawn(struct hal *hal, const char *name, void (*program)(void *arg), void *arg)
{
    add_program(hal, name, program, arg);
}
