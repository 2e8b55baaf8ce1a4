/* SPDX-License-Identifier: MIT */
/* Migration stream of a VF: descriptor packet, data packets, trailer packet (Linux's
 * xe_sriov_packet_types.h). Little endian, packed; payload of size bytes follows each header. */
#ifndef HOST_ABI_XE_SRIOV_PACKET_TYPES_H
#define HOST_ABI_XE_SRIOV_PACKET_TYPES_H

#include <assert.h>
#include <stdint.h>

#define XE_SRIOV_PACKET_SUPPORTED_VERSION 1u

#define XE_SRIOV_PACKET_TYPE_DESCRIPTOR   1u /* tile = gt = 0; KLVs of xe_driver_klvs_abi.h */
#define XE_SRIOV_PACKET_TYPE_TRAILER      2u /* tile = gt = offset = size = 0 */
#define XE_SRIOV_PACKET_TYPE_GGTT         3u /* u64 entries of the range, VFID zeroed; main GT */
#define XE_SRIOV_PACKET_TYPE_MMIO         4u /* the four mailbox registers, 16 bytes */
#define XE_SRIOV_PACKET_TYPE_GUC          5u /* the GuC's opaque blob */
#define XE_SRIOV_PACKET_TYPE_VRAM         6u /* chunk of local memory at offset; main GT */

struct xe_sriov_packet_hdr {
    uint8_t version;
    uint8_t type;
    uint8_t tile_id;
    uint8_t gt_id;
    uint32_t flags;
    uint64_t offset;
    uint64_t size;
} __attribute__((packed));
static_assert(sizeof(struct xe_sriov_packet_hdr) == 24, "24-byte header");

#endif
