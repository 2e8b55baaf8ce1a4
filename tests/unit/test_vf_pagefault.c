/* SPDX-License-Identifier: MIT */
/* Page faults in the VF driver: which pages it maps, what it answers, and what becomes of reports
 * when the VM moves. */
#include <criterion/criterion.h>
#include <errno.h>

#include "firmware/abi/guc_actions_abi.h"
#include "firmware/abi/xe_guc_fwif.h"
#include "host/abi/xe_lrc_layout.h"
#include "tests/unit/fake_guc_vf.h"
#include "tests/unit/fake_hal.h"

#define PAGES         4u
#define FAR           0x345641400000ull /* with five levels: a batch, pages from the 16th on */
#define PAGE(n)       (FAR + (16u + (n)) * 0x1000ull)
#define NEW_START     0x30000000u
#define PDATA         0xbeefu
#define EVENT         0x90000000u
#define ANSWERS(peer) peer_count_h2g(peer, 0, XE_GUC_ACTION_PAGE_FAULT_RES_DESC)

static void run(void (*program)(void *peer))
{
    struct peer *peer = peer_create(PEER_ABI(1, 27));

    peer->engines_off = true;
    peer_run(peer, program);
    peer_destroy(peer);
}

/* One queue in fault mode, with a job that touches its pages. */
static void start(struct peer *peer)
{
    const struct vf_job job = {.work_cycles = 10, .touch = VF_TOUCH_PAGES};

    peer_probe(peer);
    cr_assert_eq(vf_queue_create_fault(peer->vf, VF_ENGINE_COPY, 5, PAGES), 0);
    cr_assert_eq(vf_submit(peer->vf, 0, &job), 1);
    hal_delay(peer->hal, HAL_NS_PER_MS);
}

static void send_report(struct peer *peer, unsigned gt, uint32_t asid, uint64_t addr, uint32_t type)
{
    const uint32_t hxg[] = {
        EVENT | XE_GUC_ACTION_REPORT_PAGE_FAULT_REQ_DESC,
        FIELD_PREP(PFD_ENG_CLASS, 3u) | FIELD_PREP(PFD_PDATA_LO, PDATA),
        FIELD_PREP(PFD_PDATA_HI, PDATA >> PFD_PDATA_HI_SHIFT) | FIELD_PREP(PFD_ASID, asid),
        (lower_32(addr) & PFD_VIRTUAL_ADDR_LO) | FIELD_PREP(PFD_FAULT_TYPE, type),
        upper_32(addr),
    };

    peer_send_g2h(peer, gt, hxg, ARRAY_SIZE(hxg));
}

/* Reports the absence of a page of queue 0 and returns dword 1 of the newest answer. */
static uint32_t report(struct peer *peer, uint64_t addr)
{
    unsigned before = ANSWERS(peer);

    send_report(peer, 0, 1, addr, FLT_TYPE_NOT_PRESENT_FAULT);
    hal_delay(peer->hal, HAL_NS_PER_MS);
    cr_assert_eq(ANSWERS(peer), before + 1);
    return peer_find_h2g(peer, 0, XE_GUC_ACTION_PAGE_FAULT_RES_DESC, before)->dw[1];
}

/* Entry of the last table that leads there; 0 when the walk ends before. */
static uint64_t entry_of(struct peer *peer, uint64_t addr)
{
    uint64_t entry = (uint64_t)*peer_state(peer, 0, 0, CTX_PDP_UDW(0)) << 32 |
                     *peer_state(peer, 0, 0, CTX_PDP_LDW(0));

    for (unsigned level = 5; level > 0 && entry; level--) {
        uint64_t at = (entry & ~0xfffull) + 8 * (addr >> (3 + 9 * level) & 0x1ff);

        cr_assert_eq(hal_mem_read(peer->hal, at, &entry, sizeof(entry)), 0);
    }
    return entry;
}

static void maps_program(void *arg)
{
    struct peer *peer = arg;
    const struct peer_message *answer;
    const uint32_t value = 77;

    start(peer);
    cr_expect_eq(*peer_state(peer, 0, 0, CTX_ASID), 1);
    cr_expect_eq(entry_of(peer, PAGE(2)), 0, "nothing is mapped before");
    cr_expect_eq(report(peer, PAGE(2) + 0x123), 0x1401, "good");
    answer = peer_find_h2g(peer, 0, XE_GUC_ACTION_PAGE_FAULT_RES_DESC, 0);
    cr_expect_eq(answer->len, 3);
    cr_expect_eq(answer->dw[0], 0x20000000u | XE_GUC_ACTION_PAGE_FAULT_RES_DESC);
    cr_expect_eq(answer->dw[2], PDATA << 16 | 3u << 13, "engine and PDATA as they came");
    cr_expect_eq(entry_of(peer, PAGE(2)) & 3, 3);
    cr_expect_eq(entry_of(peer, PAGE(1)), 0, "the others stay absent");
    cr_assert_eq(hal_mem_write(peer->hal, entry_of(peer, PAGE(2)) & ~0xfffull, &value, 4), 0);
    cr_expect_eq(vf_queue_page(peer->vf, 0, 2), value);
    cr_expect_eq(report(peer, PAGE(2)), 0x1401, "asked again: it is there");
    cr_expect_eq(vf_fault_counts(peer->vf).bound, 1);
    cr_expect_eq(report(peer, FAR), 0x1401, "the batch that touches them");
    cr_expect_neq(entry_of(peer, FAR), 0);
}

Test(vf_pagefault, a_page_is_mapped_and_the_report_answered)
{
    run(maps_program);
}

static void refuses_program(void *arg)
{
    struct peer *peer = arg;

    start(peer);
    cr_expect_eq(report(peer, PAGE(PAGES)), 0x1403, "behind the last one: failed");
    cr_expect_eq(report(peer, FAR + 0x1000), 0x1403);
    cr_expect_eq(report(peer, 0), 0x1403);
    cr_expect_eq(report(peer, 0xfffffffffffff000ull), 0x1403);
    send_report(peer, 0, 2, PAGE(0), FLT_TYPE_NOT_PRESENT_FAULT);
    send_report(peer, 0, 0, PAGE(0), FLT_TYPE_NOT_PRESENT_FAULT);
    send_report(peer, 0, 1, PAGE(0), FLT_TYPE_WRITE_ACCESS_VIOLATION);
    send_report(peer, 1, 1, PAGE(0), FLT_TYPE_NOT_PRESENT_FAULT);
    hal_delay(peer->hal, HAL_NS_PER_MS);
    cr_expect_eq(vf_fault_counts(peer->vf).refused, 8,
                 "a space that there is not, none, no right to write, another GT");
    cr_expect_eq(peer_count_h2g(peer, 1, XE_GUC_ACTION_PAGE_FAULT_RES_DESC), 1,
                 "each GuC gets its own answers");
    cr_expect_null(vf_wedged(peer->vf));
}

Test(vf_pagefault, what_there_is_not_is_refused)
{
    run(refuses_program);
}

static void queue_program(void *arg)
{
    struct peer *peer = arg;

    start(peer);
    vf_fault_delay(peer->vf, HAL_NS_PER_MS);
    for (unsigned n = 0; n < PAGES; n++) {
        send_report(peer, 0, 1, PAGE(n), FLT_TYPE_NOT_PRESENT_FAULT);
    }
    hal_delay(peer->hal, 2500 * HAL_NS_PER_US);
    cr_expect_eq(ANSWERS(peer), 2, "one after the other");
    cr_expect_neq(entry_of(peer, PAGE(1)), 0);
    cr_expect_eq(entry_of(peer, PAGE(2)), 0);
    hal_delay(peer->hal, 5 * HAL_NS_PER_MS);
    cr_expect_eq(ANSWERS(peer), PAGES);
    for (unsigned n = 0; n < 18; n++) {
        send_report(peer, 0, 1, PAGE(0), FLT_TYPE_NOT_PRESENT_FAULT);
    }
    hal_delay(peer->hal, HAL_NS_PER_MS / 2);
    cr_expect_gt(fake_trace_count(peer->hal, "too many page faults"), 0);
}

Test(vf_pagefault, reports_wait_for_the_pager_but_not_without_end)
{
    run(queue_program);
}

static void malformed_program(void *arg)
{
    const uint32_t hxg[] = {EVENT | XE_GUC_ACTION_REPORT_PAGE_FAULT_REQ_DESC, 0, 0, 0};
    struct peer *peer = arg;

    start(peer);
    peer_send_g2h(peer, 0, hxg, ARRAY_SIZE(hxg));
    hal_delay(peer->hal, HAL_NS_PER_MS / 2);
    cr_expect_eq(fake_trace_count(peer->hal, "page fault malformed"), 1);
    cr_expect_eq(vf_fault_counts(peer->vf).taken, 0);
}

Test(vf_pagefault, a_report_of_another_length_ends_the_channel)
{
    run(malformed_program);
}

static void moved_program(void *arg)
{
    struct peer *peer = arg;

    start(peer);
    vf_fault_delay(peer->vf, 5 * HAL_NS_PER_MS);
    for (unsigned n = 0; n < PAGES; n++) {
        send_report(peer, 0, 1, PAGE(n), FLT_TYPE_NOT_PRESENT_FAULT);
    }
    hal_delay(peer->hal, HAL_NS_PER_MS);
    peer_migrate(peer, NEW_START, false);
    hal_delay(peer->hal, 20 * HAL_NS_PER_MS);
    cr_expect_eq(vf_recovery_count(peer->vf, 0), 1);
    cr_expect_eq(ANSWERS(peer), 0, "the new GuC asked for nothing yet");
    cr_expect_eq(vf_fault_counts(peer->vf).dropped, PAGES);
    cr_expect_eq(*peer_state(peer, 0, 0, CTX_ASID), 1, "the space is the same");
    vf_fault_delay(peer->vf, 0);
    cr_expect_eq(report(peer, PAGE(3)), 0x1401);
    cr_expect_eq(vf_fault_counts(peer->vf).bound, 2, "one was brought though nobody was told");
}

Test(vf_pagefault, a_move_throws_reports_away)
{
    run(moved_program);
}

static void arguments_program(void *arg)
{
    const struct vf_job plain = {.work_cycles = 10};
    const struct vf_job touches = {.touch = VF_TOUCH_PAGES, .touch_from = 1};
    const struct vf_job too_far = {.touch = VF_TOUCH_PAGES, .touch_from = PAGES};
    struct peer *peer = arg;

    peer_probe(peer);
    cr_expect_eq(vf_queue_create_fault(peer->vf, VF_ENGINE_COPY, 3, PAGES), -EINVAL, "no id");
    cr_expect_eq(vf_queue_create_fault(peer->vf, VF_ENGINE_COPY, 6, PAGES), -EINVAL);
    cr_expect_eq(vf_queue_create_fault(peer->vf, VF_ENGINE_COPY, 5, 0), -EINVAL);
    cr_expect_eq(vf_queue_create_fault(peer->vf, VF_ENGINE_COPY, 5, VF_FAULT_PAGES + 1), -EINVAL);
    cr_assert_eq(vf_queue_create_fault(peer->vf, VF_ENGINE_COPY, 4, PAGES), 0);
    cr_assert_eq(vf_queue_create_vm(peer->vf, VF_ENGINE_COPY, 5), 1);
    cr_expect_eq(vf_submit(peer->vf, 0, &too_far), -EINVAL);
    cr_expect_eq(vf_submit(peer->vf, 1, &touches), -EINVAL, "not in fault mode");
    cr_expect_eq(vf_submit(peer->vf, 0, &touches), 1);
    cr_expect_eq(vf_submit(peer->vf, 1, &plain), 1);
    hal_delay(peer->hal, HAL_NS_PER_MS);
    cr_expect_eq(*peer_state(peer, 0, 1, CTX_ASID), 0, "its faults are errors");
    cr_expect_eq(vf_queue_page(peer->vf, 1, 0), 0);
    vf_remove(peer->vf);
    cr_assert_eq(vf_probe(peer->vf), 0, "the pager ends with the driver");
}

Test(vf_pagefault, arguments_are_checked)
{
    run(arguments_program);
}
