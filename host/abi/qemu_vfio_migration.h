/* SPDX-License-Identifier: MIT */
/* A VFIO device's part of QEMU's migration stream: words of 64 bits, big-endian, between which
 * stand the device's data. Sections, each closed by END_OF_STATE:
 *
 *   set-up          DEV_SETUP_STATE
 *   data            {DEV_DATA_STATE, u64 size, size bytes}, any number, also none
 *   configuration   DEV_CONFIG_STATE, PCI configuration
 *
 * Where both sides agreed on an acknowledged switch-over, DEV_INIT_DATA_SENT closes the section of
 * data with which the last of the initial data went, and the target answers on the return path.
 *
 * One set-up, then data while the guest runs and when it has stopped, then one configuration. In
 * place of the PCI configuration's VMState, a format of QEMU's own, stand u32 size and its bytes.
 */
#ifndef HOST_ABI_QEMU_VFIO_MIGRATION_H
#define HOST_ABI_QEMU_VFIO_MIGRATION_H

#include <stdint.h>

#define VFIO_MIG_FLAG_END_OF_STATE     0xffffffffef100001ull
#define VFIO_MIG_FLAG_DEV_CONFIG_STATE 0xffffffffef100002ull
#define VFIO_MIG_FLAG_DEV_SETUP_STATE  0xffffffffef100003ull
#define VFIO_MIG_FLAG_DEV_DATA_STATE   0xffffffffef100004ull
/* Only where both sides agreed on an acknowledged switch-over, or on several channels. */
#define VFIO_MIG_FLAG_DEV_INIT_DATA_SENT    0xffffffffef100005ull
#define VFIO_MIG_FLAG_DEV_CONFIG_LOAD_READY 0xffffffffef100006ull
#define VFIO_MIG_FLAG_MAGIC                 0xffffffffef10ull /* high 48 bits of all of them */

#define VFIO_MIG_WORD_BYTES                 8u
#define VFIO_MIG_CONFIG_SIZE_BYTES          4u
#define VFIO_MIG_DATA_MAX                   (1u << 20) /* of one piece: QEMU's buffer */
#define VFIO_MIG_CONFIG_MAX                 4096u

/* A message of the target on the return path: u16 type, u16 length, big-endian, then so many bytes.
 */
#define MIG_RP_HEADER_BYTES       4u
#define MIG_RP_MSG_SWITCHOVER_ACK 7u /* no bytes: go on when you like */

#endif
