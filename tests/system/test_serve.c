/* SPDX-License-Identifier: MIT */
/* A guest in another process, over the socket and again from its session. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gpu_regs.h"
#include "tests/system/serve_client.h"

static const char scenario[] =
    "local m = machine { gpus = { { name = 'src', gts = 1, vfs = 1 } },\n"
    "  vms = { { name = 'vm1', ram = 4 << 20 } } }\n"
    "m.src:provision(1, { ggtt_size = 1 << 20 })\n"
    "m.vm1:attach(m.src, 1)\n"
    "expect_eq('nobody yet', m.vm1:outside(), 'waiting')\n"
    "wait_until(function() return m.vm1:outside() == 'gone' end, '300s', '100us')\n";

static void setup(void)
{
    serve_setup(scenario);
}

TestSuite(serve, .init = setup, .fini = serve_teardown, .timeout = 600);

/* ---- tests ----------------------------------------------------------------------------------- */

static void record_session(void)
{
    char option[128];

    (void)snprintf(option, sizeof(option), "--record %s/session", serve_directory);
    serve_start(option);
    serve_share_memory();
    cr_expect_eq(serve_read(VF_CAP_REG), 1);
    cr_expect_eq(serve_open_rings(), 27);
    serve_invalidate_tlb();
    cr_expect_eq(serve_end(), 0);
}

Test(serve, session_of_an_outside_guest_replays_event_for_event)
{
    record_session();
    cr_expect_eq(serve_replay("first", "--trace off"), 0, "%s", serve_output);
    cr_expect_eq(serve_replay("second", "--trace vcd.gz"), 0, "%s", serve_output);
    cr_expect(serve_same_events("served", "first"));
    cr_expect(serve_same_events("first", "second"));
}

Test(serve, command_that_repeats_it_is_the_one_that_was_given)
{
    char command[256];

    record_session();
    cr_expect_eq(serve_replay("loose", "--trace off --loose"), 0, "%s", serve_output);
    (void)snprintf(command, sizeof(command),
                   "cd %s && grep -q '\"repeat\":.* replay .*/session .*--loose' loose/report.json "
                   "&& grep -q '\"repeat\":.* serve .* --vf 1 --socket ' served/report.json",
                   serve_directory);
    cr_expect_eq(system(command), 0);
}

Test(serve, replay_against_other_answers_stops_at_the_first_one)
{
    record_session();
    cr_expect_eq(serve_replay("other", "--trace off --set guc.abi=1.26"), 1);
    cr_expect(strstr(serve_output, "the session diverges at"), "%s", serve_output);
    cr_expect(strstr(serve_output, "a read of 4 at 0x190244 gives 0x11a00"), "%s", serve_output);
}

Test(serve, session_replays_loosely_on_a_machine_of_another_speed)
{
    record_session();
    cr_expect_eq(serve_replay("slow", "--trace off --loose --set mem.latency=300"), 0, "%s",
                 serve_output);
    cr_expect_eq(serve_replay("fast", "--trace off --loose --set mem.latency=10"), 0, "%s",
                 serve_output);
    cr_expect_eq(serve_replay("other", "--trace off --loose --set guc.abi=1.26"), 1);
}

Test(serve, machine_outlives_a_client_that_breaks_off)
{
    serve_start("");
    cr_expect_eq(send(serve_client, "\1\0\11\0\377\377\377\377", 8, MSG_NOSIGNAL), 8);
    cr_expect_eq(serve_end(), 0);
}

/* Its GuC reads a ring that is no more. */
Test(serve, machine_outlives_a_client_that_cuts_its_memory)
{
    int fd;

    serve_start("");
    fd = serve_share_memory_that_shrinks();
    cr_expect_eq(serve_open_rings(), 27);
    serve_invalidate_tlb();
    cr_assert_eq(ftruncate(fd, 0), 0);
    for (unsigned n = 0; n < 10; n++) {
        serve_write(0, GUC_HOST_INTERRUPT, 4, 0);
        cr_expect_eq(serve_read(VF_CAP_REG), 1);
    }
    (void)close(fd);
    cr_expect_eq(serve_end(), 0);
}

/* More than a process may usually have open. */
Test(serve, client_has_a_thousand_pieces_of_memory)
{
    struct vfio_user_dma_map map = {sizeof(map), 3, 0, 1u << 30, 4096};
    uint8_t none[16];
    int fd;

    serve_start("");
    fd = serve_share_memory_that_shrinks();
    for (unsigned n = 0; n < 1500; n++) {
        serve_send(VFIO_USER_DMA_MAP, 0, &map, sizeof(map), fd);
        (void)serve_take(none, sizeof(none));
        map.address += map.size;
    }
    cr_expect_eq(serve_read(VF_CAP_REG), 1);
    (void)close(fd);
    cr_expect_eq(serve_end(), 0);
}

Test(serve, cut_or_foreign_session_is_refused)
{
    char command[256];

    record_session();
    (void)snprintf(command, sizeof(command),
                   "cd %s && gzip -dc session | head -c 400 | gzip > cut && mv cut session",
                   serve_directory);
    cr_assert_eq(system(command), 0);
    cr_expect_eq(serve_replay("cut", ""), 2);
    (void)snprintf(command, sizeof(command), "cp %s/case.lua %s/session", serve_directory,
                   serve_directory);
    cr_assert_eq(system(command), 0);
    cr_expect_eq(serve_replay("foreign", ""), 2);
    cr_expect(strstr(serve_output, "not a recorded session"), "%s", serve_output);
}

Test(serve, wrong_words_are_refused)
{
    cr_expect_eq(serve_gucsim("serve tests/scenarios/pause_resume.lua"), 2);
    cr_expect_eq(serve_gucsim("serve tests/scenarios/pause_resume.lua --vf 1"), 2);
    cr_expect_eq(serve_gucsim("serve tests/scenarios/pause_resume.lua --socket x --vf 1"), 2);
    cr_expect_eq(serve_gucsim("serve tests/scenarios/pause_resume.lua --vf 0 --socket x"), 2);
    cr_expect_eq(serve_gucsim("replay"), 2);
    cr_expect_eq(serve_gucsim("replay /nowhere"), 2);
}
