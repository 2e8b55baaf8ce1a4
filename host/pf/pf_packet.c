/* SPDX-License-Identifier: MIT */
/* Packets of the migration stream as such: memory for one, and the descriptor that opens a stream. What data
 * packets hold is in pf_migration.c, how they become bytes in pf_stream.c. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "firmware/abi/guc_klvs_abi.h"
#include "firmware/abi/xe_driver_klvs_abi.h"
#include "host/pf/pf_private.h"

struct pf_packet *pf_packet_new(uint8_t type, unsigned gt, uint64_t size)
{
    struct pf_packet *packet = calloc(1, sizeof(*packet));

    if (!packet) {
        return NULL;
    }
    packet->hdr.version = XE_SRIOV_PACKET_SUPPORTED_VERSION;
    packet->hdr.type = type;
    packet->hdr.gt_id = (uint8_t)gt;
    packet->hdr.size = size;
    if (size) {
        packet->data = calloc(1, size);
        if (!packet->data) {
            free(packet);
            return NULL;
        }
    }
    return packet;
}

void pf_packet_free(struct pf_packet *packet)
{
    if (packet) {
        free(packet->data);
        free(packet);
    }
}

/* ---- descriptor --------------------------------------------------------------------------------------- */

/* Keys that must be there, each one dword; others are skipped. */
enum { KEY_DEVICE, KEY_REVISION, KEY_COUNT };

static const uint16_t keys[KEY_COUNT] = {
    [KEY_DEVICE] = MIGRATION_KLV_DEVICE_DEVID_KEY,
    [KEY_REVISION] = MIGRATION_KLV_DEVICE_REVID_KEY,
};

#define KEY_LEN        MIGRATION_KLV_DEVICE_DEVID_LEN
#define DESCRIPTOR_LEN (KEY_COUNT * (1 + KEY_LEN))

static void expected(const struct pf_config *config, uint32_t *values)
{
    values[KEY_DEVICE] = config->device_id;
    values[KEY_REVISION] = config->revision_id;
}

struct pf_packet *pf_packet_descriptor(const struct pf_config *config)
{
    struct pf_packet *packet =
        pf_packet_new(XE_SRIOV_PACKET_TYPE_DESCRIPTOR, 0, DESCRIPTOR_LEN * sizeof(uint32_t));
    uint32_t values[KEY_COUNT];
    uint32_t dw[DESCRIPTOR_LEN];

    if (!packet) {
        return NULL;
    }
    expected(config, values);
    for (unsigned n = 0; n < KEY_COUNT; n++) {
        dw[2 * n] = FIELD_PREP(GUC_KLV_0_KEY, (uint32_t)keys[n]) |
                    FIELD_PREP(GUC_KLV_0_LEN, (uint32_t)KEY_LEN);
        dw[2 * n + 1] = values[n];
    }
    memcpy(packet->data, dw, sizeof(dw));
    return packet;
}

static uint32_t dword(const uint8_t *data, uint64_t index)
{
    uint32_t value;

    memcpy(&value, data + index * sizeof(value), sizeof(value));
    return value;
}

/* The whole list is checked before a value of it counts. */
int pf_packet_check_descriptor(const struct pf_config *config, const uint8_t *data, uint64_t size)
{
    const uint64_t end = size / sizeof(uint32_t);
    uint32_t values[KEY_COUNT];
    uint32_t found[KEY_COUNT];
    unsigned times[KEY_COUNT] = {0};

    if (size % sizeof(uint32_t)) {
        return -EINVAL;
    }
    for (uint64_t at = 0; at < end;) {
        const uint32_t header = dword(data, at++);
        const uint32_t len = FIELD_GET(GUC_KLV_0_LEN, header);

        if (len > end - at) {
            return -EINVAL;
        }
        for (unsigned n = 0; n < KEY_COUNT; n++) {
            if (FIELD_GET(GUC_KLV_0_KEY, header) != keys[n]) {
                continue;
            }
            if (len != KEY_LEN || times[n]++) {
                return -EINVAL;
            }
            found[n] = dword(data, at);
        }
        at += len;
    }
    expected(config, values);
    for (unsigned n = 0; n < KEY_COUNT; n++) {
        if (!times[n] || found[n] != values[n]) {
            return -ENODEV;
        }
    }
    return 0;
}
