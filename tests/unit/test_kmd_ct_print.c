/* SPDX-License-Identifier: MIT */
/* CT client: its state as text, with messages that nobody took, and with memory that lies. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "firmware/abi/guc_actions_abi.h"
#include "tests/unit/kmd_peer.h"

#define H2G true
#define G2H false

static char *text;

static const char *action_name(uint16_t action, bool g2h)
{
    (void)g2h;
    return action == XE_GUC_ACTION_SCHED_CONTEXT ? "SCHED_CONTEXT" : NULL;
}

static void print(struct kmd_peer *peer)
{
    size_t size = 0;
    FILE *out;
    uint64_t before;

    free(text);
    text = NULL;
    out = open_memstream(&text, &size);
    before = hal_now(peer->hal);
    cr_assert_not_null(out);
    ct_print(peer->ct, action_name, out);
    (void)fclose(out);
    cr_assert_not_null(text);
    cr_expect_eq(hal_now(peer->hal), before, "it takes no time");
}

static void expect_text(const char *wanted)
{
    cr_expect(strstr(text, wanted), "'%s' is not in\n%s", wanted, text);
}

static void send_to_the_deaf(struct kmd_peer *peer)
{
    static const uint32_t sched[] = {XE_GUC_ACTION_SCHED_CONTEXT, 3};

    peer->deaf = true;
    cr_expect_eq(ct_send(peer->ct, sched, 2, 4, 1), 0);
    print(peer);
}

Test(kmd_ct_print, messages_that_were_not_taken_are_explained)
{
    struct kmd_peer peer;

    kmd_peer_create(&peer);
    kmd_peer_run(&peer, send_to_the_deaf);
    expect_text("CT enabled\nH2G CTB (all sizes in DW):\n\tsize: 1024\n\tresv_space: 0\n\ttail: 3\n"
                "\tspace: 1020\n\tbroken: 0\n\thead (memory): 0\n\ttail (memory): 3\n"
                "\tstatus (memory): 0x0\n\tcmd[0]: 0x");
    expect_text(", 2 dwords\n\tcmd[1]: 0x");
    expect_text("fast_request SCHED_CONTEXT(0x1000)\n\tcmd[2]: 0x00000003\nG2H CTB");
    expect_text("\tg2h outstanding: 1\n\tpending fences: none\n");
    kmd_peer_destroy(&peer);
}

static void lie(struct kmd_peer *peer)
{
    kmd_peer_set_desc(peer, H2G, 0, 0xffffffff);
    kmd_peer_set_desc(peer, G2H, 1, 32768);
    print(peer);
    expect_text("\thead (memory): 4294967295\n");
    expect_text("\thead or tail is not in the ring\nG2H CTB");
    expect_text(
        "\ttail (memory): 32768\n\tstatus (memory): 0x0\n\thead or tail is not in the ring\n");
    kmd_peer_set_desc(peer, H2G, 0, 5);
    print(peer);
    expect_text("\tcmd[516]: 0x00000000\tfence 0x0, 0 dwords\n\t...\n");
    /* Garbage as a message: a length beyond the tail, an answer to what was never asked. */
    kmd_peer_set_desc(peer, G2H, 1, 3);
    print(peer);
    expect_text("cmd[2]: 0x00000000");
}

Test(kmd_ct_print, what_lies_in_memory_is_shown_as_it_is)
{
    struct kmd_peer peer;

    kmd_peer_create(&peer);
    kmd_peer_run(&peer, lie);
    kmd_peer_destroy(&peer);
}

Test(kmd_ct_print, channel_without_rings_says_so)
{
    struct kmd_peer peer;

    kmd_peer_create(&peer);
    print(&peer);
    cr_expect_str_eq(text, "CT disabled\n");
    kmd_peer_destroy(&peer);
}
