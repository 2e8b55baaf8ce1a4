/* SPDX-License-Identifier: MIT */
/* Of the tests of the migration stream: a VF with something in each section, what it is saved to,
 * and a loader of pieces. */
#ifndef TESTS_UNIT_PF_STREAM_BENCH_H
#define TESTS_UNIT_PF_STREAM_BENCH_H

#include <stdbool.h>
#include <stdint.h>

#include "host/abi/xe_gtt_defs.h"
#include "host/abi/xe_sriov_packet_types.h"
#include "host/vfio/vfio.h"
#include "tests/unit/fake_guc_pf.h"

#define PAGES       16u
#define FIRST_PTE   (0x10000000u / XE_PAGE_SIZE)
#define HDR         sizeof(struct xe_sriov_packet_hdr)
#define GUC_SIZE    (FAKE_GUC_BLOB_LEN * 4u)
#define STREAM_SIZE (7u * HDR + 16u + 2u * GUC_SIZE + PAGES * 8u + 2u * 16u)

/* Offsets of packets in the stream that save gives. */
enum {
    AT_DESCRIPTOR = 0,
    AT_GUC0 = AT_DESCRIPTOR + 24 + 16,
    AT_GGTT = AT_GUC0 + 24 + GUC_SIZE,
    AT_MMIO0 = AT_GGTT + 24 + 8 * PAGES,
    AT_GUC1 = AT_MMIO0 + 24 + 16,
    AT_MMIO1 = AT_GUC1 + 24 + GUC_SIZE,
    AT_TRAILER = AT_MMIO1 + 24 + 16,
};

extern struct fake_guc_pf stream_gpu;
extern const struct vfio_ops *stream_ops;
extern void *stream_dev;
extern uint8_t stream_saved[STREAM_SIZE];

/* For a suite's .init and .fini. */
void stream_setup(void);
void stream_teardown(void);
/* Entry of a page of the VF that is saved, and the bits that make an entry a VF's. */
uint64_t stream_pte(unsigned page);
uint64_t stream_owner(unsigned vf);
/* A VF with something in each section, saved to stream_saved. */
void stream_save(void);
/* The target: same GPU, as a VF that was just provisioned. */
void stream_blank(void);
bool stream_is_blank(void);
/* Loads a stream in pieces; the first error, or that of the end. */
int stream_load(const uint8_t *stream, uint64_t size, uint64_t piece);
/* Whether the stream has no redundancy for this byte: a payload that is only carried. */
bool stream_carried(uint64_t at);

#endif
