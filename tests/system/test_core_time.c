/* SPDX-License-Identifier: MIT */
/* Time, waiting, VMs and deadlock: the core with programs alone, no chip. */

#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/system/core_machine.h"

#define MAX_NOTES 64u

/* What programs did, in order. */
struct notes {
    struct sim *sim;
    struct hal *hal;
    struct sim_vm *vm;
    struct {
        int what;
        uint64_t at_ps;
    } note[MAX_NOTES];
    unsigned count;
    uint64_t value;
};

static void take_note(struct notes *notes, int what)
{
    if (notes->count < MAX_NOTES) {
        notes->note[notes->count].what = what;
        notes->note[notes->count].at_ps = sim_now_ps(notes->sim);
        notes->count++;
    }
}

static void expect_note(const struct notes *notes, unsigned index, int what, uint64_t at_ps)
{
    cr_assert_lt(index, notes->count, "note %u of %u", index, notes->count);
    cr_expect_eq(notes->note[index].what, what, "note %u is %d, not %d", index,
                 notes->note[index].what, what);
    cr_expect_eq(notes->note[index].at_ps, at_ps, "note %u at %lu, not %lu", index,
                 notes->note[index].at_ps, at_ps);
}

static void first_sleeper(void *arg)
{
    struct notes *notes = arg;

    take_note(notes, 10);
    hal_cycles(notes->hal, 5);
    take_note(notes, 11);
    hal_delay(notes->hal, 5);
    take_note(notes, 12);
}

static void second_sleeper(void *arg)
{
    struct notes *notes = arg;

    take_note(notes, 20);
    hal_cycles(notes->hal, 5);
    take_note(notes, 21);
    hal_delay(notes->hal, 4);
    take_note(notes, 22);
    sim_stop(notes->sim);
}

Test(core_time, timers_of_one_instant_fire_in_the_order_in_which_they_were_set)
{
    struct sim *sim = core_machine(NULL, false);
    struct notes notes = {.sim = sim, .hal = sim_hal_plain(sim, "script")};

    hal_spawn(notes.hal, "first", first_sleeper, &notes);
    hal_spawn(notes.hal, "second", second_sleeper, &notes);
    sim_start(sim);
    cr_expect_eq(sim_run(sim, HAL_FOREVER), SIM_DONE);
    cr_expect_eq(notes.count, 5, "%u notes", notes.count);
    expect_note(&notes, 0, 10, 0);
    expect_note(&notes, 1, 20, 0);
    expect_note(&notes, 2, 11, 5000);
    expect_note(&notes, 3, 21, 5000);
    expect_note(&notes, 4, 22, 9000);
    cr_expect_eq(sim_destroy(sim), 0);
}

static void waiter(void *arg)
{
    struct notes *notes = arg;

    take_note(notes, hal_wait(notes->hal, 30) ? 1 : 2);
    take_note(notes, hal_wait(notes->hal, 30) ? 1 : 2);
    take_note(notes, hal_wait(notes->hal, HAL_FOREVER) ? 1 : 2);
}

static void waker(void *arg)
{
    struct notes *notes = arg;

    hal_delay(notes->hal, 10);
    hal_wake(notes->hal);
}

Test(core_time, wait_ends_by_wake_or_by_time_and_the_last_one_is_a_deadlock)
{
    struct sim *sim = core_machine(NULL, false);
    struct notes notes = {.sim = sim, .hal = sim_hal_plain(sim, "script")};

    hal_spawn(notes.hal, "waiter", waiter, &notes);
    hal_spawn(notes.hal, "waker", waker, &notes);
    sim_start(sim);
    cr_expect_eq(sim_run(sim, HAL_FOREVER), SIM_DEADLOCK);
    cr_expect_eq(notes.count, 2, "%u notes", notes.count);
    expect_note(&notes, 0, 1, 10000);
    expect_note(&notes, 1, 2, 40000);

    char *text = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&text, &size);
    sim_describe_waiting(sim, to);
    fclose(to);
    cr_expect_str_eq(text, "waiter (script): hal_wait since 40 ns\n");
    free(text);
    sim_destroy(sim);
}

Test(core_time, run_until_a_time_goes_on_from_there)
{
    struct sim *sim = core_machine(NULL, false);
    struct notes notes = {.sim = sim, .hal = sim_hal_plain(sim, "script")};

    hal_spawn(notes.hal, "second", second_sleeper, &notes);
    sim_start(sim);
    cr_expect_eq(sim_run(sim, 7000), SIM_UNTIL);
    cr_expect_eq(sim_now_ps(sim), 7000);
    cr_expect_eq(notes.count, 2);
    cr_expect_eq(sim_run(sim, HAL_FOREVER), SIM_DONE);
    expect_note(&notes, 2, 22, 9000);
    sim_destroy(sim);
}

static void interrupted_program(void *arg)
{
    struct notes *notes = arg;

    for (;;) {
        hal_delay(notes->hal, 10);
        if (++notes->value == 3) {
            sim_interrupt();
        }
    }
}

Test(core_time, interrupt_ends_the_run_after_its_instant)
{
    struct sim *sim = core_machine(NULL, false);
    struct notes notes = {.sim = sim, .hal = sim_hal_plain(sim, "script")};

    hal_spawn(notes.hal, "program", interrupted_program, &notes);
    sim_start(sim);
    cr_expect_eq(sim_run(sim, HAL_FOREVER), SIM_INTERRUPTED);
    cr_expect_eq(sim_now_ps(sim), 30000);
    sim_destroy(sim);
}

Test(core_time, interrupt_before_there_is_a_machine_is_not_lost)
{
    struct sim *sim;

    sim_interrupt();
    sim = core_machine(NULL, false);
    sim_start(sim);
    cr_expect_eq(sim_run(sim, HAL_FOREVER), SIM_INTERRUPTED);
    sim_destroy(sim);
}

/* ---- VMs ------------------------------------------------------------------------------------- */

static void guest(void *arg)
{
    struct notes *notes = arg;

    for (int i = 0; i < 4; i++) {
        hal_delay(notes->hal, 100);
        take_note(notes, (int)hal_now(notes->hal));
    }
    sim_stop(notes->sim);
}

static void stopper(void *arg)
{
    struct notes *notes = arg;
    struct hal *script = sim_hal_plain(notes->sim, "clock");

    hal_delay(script, 150);
    sim_vm_stop(notes->vm);
    hal_delay(script, 1000);
    sim_vm_start(notes->vm);
}

Test(core_vm, stop_freezes_the_clock_and_its_timers)
{
    struct sim *sim = core_machine(NULL, false);
    struct notes notes = {.sim = sim, .vm = sim_vm_create(sim, "vm1", 1 << 20)};

    notes.hal = sim_vm_hal(notes.vm);
    hal_spawn(notes.hal, "guest", guest, &notes);
    hal_spawn(sim_hal_plain(sim, "script"), "stopper", stopper, &notes);
    sim_start(sim);
    cr_expect_eq(sim_run(sim, HAL_FOREVER), SIM_DONE);
    expect_note(&notes, 0, 100, 100000);
    expect_note(&notes, 1, 200, 1200000);
    expect_note(&notes, 2, 300, 1300000);
    expect_note(&notes, 3, 400, 1400000);
    sim_destroy(sim);
}

static void kicker(void *arg)
{
    struct notes *notes = arg;

    sim_vm_stop(notes->vm);
    hal_wake(notes->hal); /* ready in the instant of the stop: must not run */
    hal_delay(sim_hal_plain(notes->sim, "clock"), 500);
    take_note(notes, 7);
    sim_vm_start(notes->vm);
}

static void kicked(void *arg)
{
    struct notes *notes = arg;

    hal_wait(notes->hal, HAL_FOREVER);
    take_note(notes, (int)hal_now(notes->hal));
    sim_stop(notes->sim);
}

Test(core_vm, a_program_woken_while_stopped_runs_after_the_start)
{
    struct sim *sim = core_machine(NULL, false);
    struct notes notes = {.sim = sim, .vm = sim_vm_create(sim, "vm1", 1 << 20)};

    notes.hal = sim_vm_hal(notes.vm);
    hal_spawn(notes.hal, "kicked", kicked, &notes);
    hal_spawn(sim_hal_plain(sim, "script"), "kicker", kicker, &notes);
    sim_start(sim);
    cr_expect_eq(sim_run(sim, HAL_FOREVER), SIM_DONE);
    expect_note(&notes, 0, 7, 500000);
    expect_note(&notes, 1, 0, 500000);
    sim_destroy(sim);
}

/* ---- memory ---------------------------------------------------------------------------------- */

Test(core_memory, allocation_is_first_fit_by_page_and_zeroed)
{
    struct sim *sim = core_machine(NULL, false);
    struct hal *hal = sim_vm_hal(sim_vm_create(sim, "vm1", 8 * HAL_PAGE_SIZE));
    uint8_t byte = 0xaa;

    cr_expect_eq(hal_mem_alloc(hal, 1), HAL_PAGE_SIZE);
    cr_expect_eq(hal_mem_alloc(hal, 2 * HAL_PAGE_SIZE), 2 * HAL_PAGE_SIZE);
    cr_expect_eq(hal_mem_alloc(hal, HAL_PAGE_SIZE), 4 * HAL_PAGE_SIZE);
    cr_expect_eq(hal_mem_alloc(hal, 4 * HAL_PAGE_SIZE), 0, "three pages are left");
    cr_expect_eq(hal_mem_write(hal, 2 * HAL_PAGE_SIZE, &byte, 1), 0);
    hal_mem_free(hal, 2 * HAL_PAGE_SIZE);
    cr_expect_eq(hal_mem_alloc(hal, HAL_PAGE_SIZE), 2 * HAL_PAGE_SIZE);
    cr_expect_eq(hal_mem_read(hal, 2 * HAL_PAGE_SIZE, &byte, 1), 0);
    cr_expect_eq(byte, 0);
    sim_destroy(sim);
}

Test(core_memory, access_outside_of_ram_moves_nothing)
{
    struct sim *sim = core_machine(NULL, false);
    struct hal *hal = sim_vm_hal(sim_vm_create(sim, "vm1", 2 * HAL_PAGE_SIZE));
    uint32_t dwords[2] = {1, 2};

    cr_expect_eq(hal_mem_write(hal, 2 * HAL_PAGE_SIZE - 4, dwords, 8), -EFAULT);
    cr_expect_eq(hal_mem_write(hal, UINT64_MAX - 3, dwords, 8), -EFAULT);
    cr_expect_eq(hal_mem_read(hal, 2 * HAL_PAGE_SIZE - 4, dwords, 4), 0);
    cr_expect_eq(dwords[0], 0);
    sim_destroy(sim);
}

/* ---- files ----------------------------------------------------------------------------------- */

Test(core_files, a_late_probe_is_refused_and_fails_the_run)
{
    struct sim *sim = core_machine(NULL, false);
    struct hal *hal = sim_hal_plain(sim, "script");

    cr_expect_eq(hal_probe(hal, "early", 8, NULL), 0);
    sim_start(sim);
    cr_expect_eq(hal_probe(hal, "late", 8, NULL), -EBUSY);
    cr_expect_eq(sim_destroy(sim), -EBUSY);
}

static void probing(void *arg)
{
    struct notes *notes = arg;
    const uint32_t dwords[] = {0x12, 0xabcdef01};
    const struct hal_field fields[] = {
        {.name = "text", .type = HAL_STR, .pointer = "a\"b\n\x01"},
        {.name = "none", .type = HAL_STR},
        {.name = "yes", .type = HAL_BOOL, .value = 1},
        {.name = "hxg", .type = HAL_HEX, .value = 2, .pointer = dwords},
    };

    hal_delay(notes->hal, 3);
    hal_probe_set(notes->hal, 0, 1);
    hal_probe_set(notes->hal, 1, 0x123456789abcull);
    hal_trace(notes->hal, 1, "sample", fields, 4);
    sim_stop(notes->sim);
}

Test(core_files, probes_names_and_events_are_written)
{
    static const char *const states[] = {"IDLE", "BUSY", NULL};
    struct core_files files;
    core_files_create(&files);
    struct sim *sim = core_machine(&files, false);
    struct notes notes = {.sim = sim, .hal = sim_hal_plain(sim, "src.guc0")};

    cr_expect_eq(hal_probe(notes.hal, "vf1.state", 2, states), 0);
    cr_expect_eq(hal_probe(notes.hal, "vf1.value", 48, NULL), 1);
    hal_spawn(notes.hal, "probing", probing, &notes);
    sim_start(sim);
    sim_run(sim, HAL_FOREVER);
    cr_expect_eq(sim_destroy(sim), 0);

    char *text = core_read_file(files.events);
    cr_expect_str_eq(text, "{\"t_ps\":3000,\"cycle\":3,\"gpu\":null,\"gt\":1,\"kind\":\"sample\","
                           "\"text\":\"a\\\"b\\n\\u0001\",\"none\":null,\"yes\":true,"
                           "\"hxg\":\"00000012 abcdef01\"}\n");
    free(text);
    text = core_read_file(files.names);
    cr_expect_str_eq(text, "{\n\"src.guc0.vf1.state\": {\"0\": \"IDLE\", \"1\": \"BUSY\"}\n}\n");
    free(text);
    text = core_read_file(files.trace);
    cr_expect_eq(core_count(text, "$scope module vf1 $end"), 1);
    cr_expect_not_null(strstr(text, "#3000\nb01 "), "%s", text);
    free(text);
    core_files_remove(&files);
}

static void wrong_program(void *arg)
{
    struct notes *notes = arg;

    hal_delay(notes->hal, 5);
    hal_probe_set(notes->hal, 0, 1);
    hal_trace(notes->hal, HAL_GT_NONE, "sample", NULL, 0);
    hal_delay(notes->hal, 5);
    hal_read32(notes->hal, 0); /* a script has no registers */
}

Test(core_files, files_are_whole_when_a_bug_of_ours_aborts)
{
    struct core_files files;
    core_files_create(&files);
    int status = 0;

    const pid_t child = fork();
    if (child == 0) {
        struct sim *sim = core_machine(&files, false);
        struct notes notes = {.sim = sim, .hal = sim_hal_plain(sim, "script")};
        hal_probe(notes.hal, "step", 8, NULL);
        hal_spawn(notes.hal, "wrong", wrong_program, &notes);
        sim_start(sim);
        fclose(stdout);
        fclose(stderr);
        sim_run(sim, HAL_FOREVER);
        _exit(0);
    }
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT, "status %x", (unsigned)status);

    char *text = core_read_file(files.events);
    cr_expect_eq(core_count(text, "\"t_ps\":5000"), 1, "%s", text);
    free(text);
    text = core_read_file(files.trace);
    cr_expect_eq(core_count(text, "#5000\nb00000001 "), 1, "%s", text);
    free(text);
    core_files_remove(&files);
}
