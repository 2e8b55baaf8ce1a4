/* SPDX-License-Identifier: MIT */
/* A guest in another process that maps its GGTT entries: what it stores there reaches the chip in
 * time, and what the chip says is what it sees there. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gpu_regs.h"
#include "tests/system/serve_client.h"

#define SIZE    0x100000u /* of a VF's GGTT range */
#define COUNT   (SIZE / 4096)
#define WINDOW  0x800000u
#define WORDS   (WINDOW / 8)
#define CLEARED 1u                    /* an entry that has no page */
#define PLAIN   0x003ffffffffff003ull /* bits of an entry that a VF can change */
#define TRIES   200000

/* VF 1 and VF 2 have their ranges in the other order on dst. What is VF 2's, and what is nobody's
 * behind it, has to be at the end what it was. The guest asks for a move by a register. */
static const char scenario[] =
    "local p = params { { 'move', 'bool', false, 'to dst' },\n"
    "                   { 'echo', 'bool', false, 'an entry of its own, when it has stored one' } "
    "}\n"
    "local m = machine { gpus = { { name = 'src', gts = 1, vfs = 2 },\n"
    "                             { name = 'dst', gts = 1, vfs = 2 } },\n"
    "  vms = { { name = 'vm1', ram = 4 << 20 } } }\n"
    "local share = { ggtt_size = 1 << 20, contexts = 16, doorbells = 16 }\n"
    "m.src:provision(1, share)\n"
    "m.src:provision(2, share)\n"
    "m.dst:provision(2, share)\n"
    "m.dst:provision(1, share)\n"
    "m.vm1:attach(m.src, 1)\n"
    "local first = m.src:config(2).ggtt_start // 4096\n"
    "for n = 0, 511 do\n"
    "  m.src:write64(0x800000 + 8 * (first + n), (n << 12) | (n < 256 and 9 or 0))\n"
    "end\n"
    "local function is(state)\n"
    "  return function() return m.vm1:outside() == state end\n"
    "end\n"
    "wait_until(is('here'), '300s', '100us')\n"
    "if p.echo then\n"
    "  local at = 0x800000 + 8 * (m.src:config(1).ggtt_start // 4096)\n"
    "  wait_until(function() return m.src:read64(at) == 0x5005 end, '300s', '100us')\n"
    "  m.src:write64(at + 8, 0x7005)\n"
    "end\n"
    "if p.move then\n"
    "  wait_event({ kind = 'mmio_msg', ev = 'request', action = 0x5509 }, '300s')\n"
    "  vmm.migrate { vm = m.vm1, to = { m.dst, 1 } }\n"
    "  m.src:reset(1)\n"
    "end\n"
    "wait_until(is('gone'), '300s', '100us')\n"
    "local same = true\n"
    "for n = 0, 511 do\n"
    "  local pte = m.src:read64(0x800000 + 8 * (first + n))\n"
    "  same = same and pte == ((n << 12) | (n < 256 and 9 or 0))\n"
    "end\n"
    "expect('entries of others stay', same)\n";

static void setup(void)
{
    serve_setup(scenario);
}

TestSuite(serve_window, .init = setup, .fini = serve_teardown, .timeout = 600);

/* Whatever is stored before has been taken when it returns. */
static void settle(void)
{
    cr_expect_eq(serve_read(VF_CAP_REG), 1);
}

static uint64_t entry(uint32_t page)
{
    return serve_read64(WINDOW + 8 * page);
}

static void start(const char *options, uint64_t **words, uint32_t *first)
{
    char text[256];

    (void)snprintf(text, sizeof(text), "--map-ggtt on --record %s/session %s", serve_directory,
                   options);
    serve_start(text);
    serve_share_memory();
    *words = serve_map_window();
    if (first) {
        *first = serve_ggtt_start() / 4096;
    }
}

/* The session has all that a session without a window has. */
static void expect_same_again(void)
{
    cr_expect_eq(serve_end(), 0);
    cr_expect_eq(serve_replay("again", "--trace off"), 0, "%s", serve_output);
    cr_expect(serve_same_events("served", "again"));
}

Test(serve_window, rings_open_over_entries_that_were_stored)
{
    uint64_t *words;

    start("", &words, NULL);
    cr_expect_eq(serve_open_rings(), 27);
    serve_invalidate_tlb();
    expect_same_again();
}

Test(serve_window, guest_sees_its_own_entries_as_the_chip_has_them)
{
    uint64_t *words;
    uint32_t first;

    start("", &words, &first);
    settle();
    cr_expect_eq(words[first], CLEARED);
    cr_expect_eq(words[first + COUNT - 1], CLEARED);
    cr_expect_eq(words[first - 1] | words[first + COUNT], 0, "nothing of others");
    words[first + 5] = UINT64_MAX;
    words[first + 6] = 0x123ffc; /* not present, and an owner */
    settle();
    cr_expect_eq(words[first + 5], PLAIN);
    cr_expect_eq(words[first + 6], 0x123000);
    cr_expect_eq(entry(first + 5), PLAIN);
    cr_expect_eq(entry(first + 6), 0x123000);
    serve_write(0, WINDOW + 8 * (first + 7) + 4, 4, 0x7);
    serve_write(0, WINDOW + 8 * (first + COUNT), 8, 0x7);
    settle();
    cr_expect_eq(words[first + 7], 0x700000001, "a write by message is seen too");
    cr_expect_eq(words[first + COUNT], 0);
    expect_same_again();
}

/* Not one message in between. */
Test(serve_window, entries_come_and_go_as_time_goes_on)
{
    uint64_t *words;
    uint32_t first;

    start("--set echo=true", &words, &first);
    words[first] = 0x5001;
    for (int tries = 0; __atomic_load_n(&words[first + 1], __ATOMIC_ACQUIRE) != 0x7001; tries++) {
        cr_assert_lt(tries, TRIES, "the PF's answer is never seen");
        (void)usleep(1000);
    }
    expect_same_again();
}

Test(serve_window, garbage_in_all_of_the_window_changes_the_own_entries_alone)
{
    uint64_t *words, others = 0;
    uint32_t first;

    start("", &words, &first);
    for (uint32_t n = 0; n < WORDS; n++) {
        words[n] = (n + 1) * 0x9e3779b97f4a7c15ull;
    }
    settle();
    for (uint32_t n = 0; n < WORDS; n++) {
        if (n < first || n >= first + COUNT) {
            others |= words[n];
        }
    }
    cr_expect_eq(others, 0);
    for (uint32_t n = first; n < first + COUNT; n += 17) {
        cr_expect_eq(words[n], (n + 1) * 0x9e3779b97f4a7c15ull & PLAIN);
        cr_expect_eq(entry(n), words[n]);
    }
    cr_expect_eq(entry(first + COUNT) | entry(first - 1), 0);
    expect_same_again();
}

/* The PF clears the entries; the driver that comes then stores what stood there before. */
Test(serve_window, entries_that_a_reset_cleared_can_be_stored_again)
{
    uint64_t *words;
    uint32_t first;

    start("", &words, &first);
    words[first] = 0x1001;
    words[first + COUNT - 1] = 0x2001;
    settle();
    serve_write(VFIO_PCI_CONFIG_REGION_INDEX, 0x48, 2, 0x8000);
    serve_write(VFIO_PCI_CONFIG_REGION_INDEX, 4, 2, 6); /* an FLR switched memory off */
    for (int tries = 0; words[first] != CLEARED || words[first + COUNT - 1] != CLEARED; tries++) {
        cr_assert_lt(tries, TRIES, "the PF never clears them");
        settle();
    }
    words[first] = 0x1001;
    words[first + COUNT - 1] = 0x2001;
    cr_expect_eq(entry(first), 0x1001);
    cr_expect_eq(entry(first + COUNT - 1), 0x2001);
    expect_same_again();
}

Test(serve_window, entries_move_with_the_vf_to_another_place)
{
    uint64_t *words;
    uint32_t from, to;

    start("--set move=true", &words, NULL);
    settle();
    for (from = 1; words[from] != CLEARED; from++) {
        cr_assert_lt(from, WORDS - COUNT, "no entry of its own");
    }
    for (uint32_t n = 0; n < COUNT; n++) {
        words[from + n] = (uint64_t)n << 12 | 1;
    }
    (void)serve_ggtt_start();
    for (int tries = 0; (to = serve_ggtt_start() / 4096) == from; tries++) {
        cr_assert_lt(tries, TRIES, "it never moves");
    }
    for (uint32_t n = 0; n < COUNT; n++) {
        cr_expect_eq(words[to + n], (uint64_t)n << 12 | 1, "entry %u", n);
    }
    cr_expect_eq(words[from] | words[from + COUNT - 1], 0, "the old place is another's");
    words[from + 3] = 0x3001;
    words[to + 3] = 0x4001;
    cr_expect_eq(entry(to + 3), 0x4001);
    cr_expect_eq(words[from + 3], 0);
    expect_same_again();
}

Test(serve_window, words_for_the_window_are_on_and_off)
{
    cr_expect_eq(serve_gucsim("serve tests/linux/bind.lua --vf 1 --socket x --map-ggtt yes"), 2);
}
