/* SPDX-License-Identifier: MIT */
/* The page of memory-based interrupts as the VF driver reads it. These tests look inside the
 * driver: the order in which bytes fall is the point. */
#include <criterion/criterion.h>

#include "guest/vf/vf_internal.h"
#include "host/abi/xe_lrc_layout.h"
#include "tests/unit/fake_guc_vf.h"
#include "tests/unit/fake_hal.h"

#define GUC_STATUS_BYTE(byte) (XE_MEMIRQ_STATUS_OFFSET(MEMIRQ_UNIT_GUC) + (byte))
#define GUC_SOURCE            XE_MEMIRQ_SOURCE_OFFSET(MEMIRQ_UNIT_GUC)

static uint8_t *byte_at(struct peer *peer, uint64_t offset)
{
    return (uint8_t *)fake_ram(peer->hal, peer->vf->memirq.phys + offset, 1);
}

static void run(void (*program)(void *peer))
{
    struct peer *peer = peer_create(PEER_ABI(1, 27));

    peer_run(peer, program);
    peer_destroy(peer);
}

static void all_units_program(void *arg)
{
    static const unsigned units[] = {MEMIRQ_UNIT_RCS0, MEMIRQ_UNIT_BCS0, MEMIRQ_UNIT_VCS0};
    struct peer *peer = arg;

    peer_probe(peer);
    for (unsigned i = 0; i < ARRAY_SIZE(units); i++) {
        *byte_at(peer, XE_MEMIRQ_SOURCE_OFFSET(units[i])) = MEMIRQ_SET;
        *byte_at(peer, XE_MEMIRQ_STATUS_OFFSET(units[i])) = MEMIRQ_SET;
    }
    *byte_at(peer, GUC_SOURCE) = MEMIRQ_SET;
    *byte_at(peer, GUC_STATUS_BYTE(MEMIRQ_BYTE_GUC2HOST)) = MEMIRQ_SET;
    vf_memirq_scan(peer->vf, VF_ALL_VECTORS);
    for (unsigned i = 0; i < ARRAY_SIZE(units); i++) {
        cr_expect_eq(*byte_at(peer, XE_MEMIRQ_SOURCE_OFFSET(units[i])), 0);
        cr_expect_eq(*byte_at(peer, XE_MEMIRQ_STATUS_OFFSET(units[i])), 0);
    }
    cr_expect_eq(*byte_at(peer, GUC_SOURCE), 0);
    cr_expect_eq(*byte_at(peer, GUC_STATUS_BYTE(MEMIRQ_BYTE_GUC2HOST)), 0);
}

Test(vf_memirq, sources_and_their_status_are_cleared)
{
    run(all_units_program);
}

static void no_source_program(void *arg)
{
    struct peer *peer = arg;

    peer_probe(peer);
    *byte_at(peer, GUC_STATUS_BYTE(MEMIRQ_BYTE_GUC2HOST)) = MEMIRQ_SET;
    vf_memirq_scan(peer->vf, VF_ALL_VECTORS);
    cr_expect_eq(*byte_at(peer, GUC_STATUS_BYTE(MEMIRQ_BYTE_GUC2HOST)), MEMIRQ_SET);
}

Test(vf_memirq, status_without_source_is_not_looked_at)
{
    run(no_source_program);
}

static void strange_value_program(void *arg)
{
    struct peer *peer = arg;

    peer_probe(peer);
    *byte_at(peer, GUC_SOURCE) = 1;
    vf_memirq_scan(peer->vf, VF_ALL_VECTORS);
    cr_expect_eq(*byte_at(peer, GUC_SOURCE), 0);
    cr_expect_eq(fake_trace_count(peer->hal, "neither clear nor set"), 1);
}

Test(vf_memirq, a_value_that_is_neither_is_told)
{
    run(strange_value_program);
}

static void visible_program(void *arg)
{
    struct peer *peer = arg;

    peer_probe(peer);
    vf_recovery_hold(peer->vf, VF_HOLD_BEFORE_RESFIX_START);
    *byte_at(peer, GUC_SOURCE) = MEMIRQ_SET;
    *byte_at(peer, GUC_STATUS_BYTE(MEMIRQ_BYTE_SW_INT_0)) = MEMIRQ_SET;
    cr_expect(vf_recovery_gt_pending(&peer->vf->gts[0]), "pending by the byte alone");
    cr_expect(!vf_recovery_gt_pending(&peer->vf->gts[1]));
    vf_memirq_scan(peer->vf, VF_ALL_VECTORS);
    cr_expect_eq(*byte_at(peer, GUC_STATUS_BYTE(MEMIRQ_BYTE_SW_INT_0)), 0);
    cr_expect(vf_recovery_gt_pending(&peer->vf->gts[0]), "pending by the driver's own flag");
}

Test(vf_memirq, pending_is_seen_before_and_after_the_handler)
{
    run(visible_program);
}

static void own_vector_program(void *arg)
{
    struct peer *peer = arg;

    peer_probe(peer);
    *byte_at(peer, GUC_SOURCE) = MEMIRQ_SET;
    *byte_at(peer, XE_MEMIRQ_SOURCE_OFFSET(MEMIRQ_UNIT_RCS0)) = MEMIRQ_SET;
    vf_memirq_scan(peer->vf, VF_VECTORS_ENGINES);
    cr_expect_eq(*byte_at(peer, GUC_SOURCE), MEMIRQ_SET, "a GuC's own vector has not come");
    vf_memirq_scan(peer->vf, VF_VECTORS_GUC);
    cr_expect_eq(*byte_at(peer, GUC_SOURCE), 0);
}

Test(vf_memirq, each_vector_looks_at_what_is_its_own)
{
    run(own_vector_program);
}
