/* SPDX-License-Identifier: MIT */
/* Keys set aside for drivers: the device descriptor of a migration stream. */
#ifndef FIRMWARE_ABI_XE_DRIVER_KLVS_ABI_H
#define FIRMWARE_ABI_XE_DRIVER_KLVS_ABI_H

#define MIGRATION_KLV_DEVICE_DEVID_KEY 0xf001u
#define MIGRATION_KLV_DEVICE_DEVID_LEN 1
#define MIGRATION_KLV_DEVICE_REVID_KEY 0xf002u
#define MIGRATION_KLV_DEVICE_REVID_LEN 1

#endif
