/* SPDX-License-Identifier: MIT */
/* Packets of the migration stream as such: memory for one, and the descriptor that opens a
 * stream. What data packets hold is in pf_migration.c, how they become bytes in pf_stream.c. */
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

/* ---- descriptor ----------------------------------------------------------------------------- */

/* Keys that must be there, each of one dword; others are skipped. */
enum { KEY_DEVICE, KEY_REVISION, KEY_COUNT };

#define KEY_LEN MIGRATION_KLV_DEVICE_DEVID_LEN

struct klv {
    uint32_t header;
    uint32_t value;
};

static uint32_t klv_header(uint32_t key)
{
    return FIELD_PREP(GUC_KLV_0_KEY, key) | FIELD_PREP(GUC_KLV_0_LEN, (uint32_t)KEY_LEN);
}

static void describe(const struct pf_config *config, struct klv *klvs)
{
    klvs[KEY_DEVICE] = (struct klv){klv_header(MIGRATION_KLV_DEVICE_DEVID_KEY), config->device_id};
    klvs[KEY_REVISION] =
        (struct klv){klv_header(MIGRATION_KLV_DEVICE_REVID_KEY), config->revision_id};
}

struct pf_packet *pf_packet_descriptor(const struct pf_config *config)
{
    struct klv klvs[KEY_COUNT];
    struct pf_packet *packet = pf_packet_new(XE_SRIOV_PACKET_TYPE_DESCRIPTOR, 0, sizeof(klvs));

    if (packet) {
        describe(config, klvs);
        memcpy(packet->data, klvs, sizeof(klvs));
    }
    return packet;
}

static uint32_t dword(const uint8_t *data, uint64_t index)
{
    uint32_t value;

    memcpy(&value, data + index * sizeof(value), sizeof(value));
    return value;
}

/* Which of the keys a header names, KEY_COUNT for any other. */
static unsigned find_key(const struct klv *klvs, uint32_t header)
{
    unsigned n = 0;

    while (n < KEY_COUNT && ((klvs[n].header ^ header) & GUC_KLV_0_KEY)) {
        n++;
    }
    return n;
}

/* The whole list is checked before a value of it counts. */
int pf_packet_check_descriptor(const struct pf_config *config, const uint8_t *data, uint64_t size)
{
    const uint64_t end = size / sizeof(uint32_t);
    struct klv wanted[KEY_COUNT];
    struct klv found[KEY_COUNT] = {{0, 0}};

    describe(config, wanted);
    if (size % sizeof(uint32_t)) {
        return -EINVAL;
    }
    for (uint64_t at = 0; at < end;) {
        const uint32_t header = dword(data, at++);
        const uint32_t len = FIELD_GET(GUC_KLV_0_LEN, header);
        const unsigned n = find_key(wanted, header);

        if (len > end - at || (n < KEY_COUNT && (len != KEY_LEN || found[n].header))) {
            return -EINVAL;
        }
        if (n < KEY_COUNT) {
            found[n] = (struct klv){header, dword(data, at)};
        }
        at += len;
    }
    return memcmp(found, wanted, sizeof(wanted)) == 0 ? 0 : -ENODEV;
}
