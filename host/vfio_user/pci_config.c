/* SPDX-License-Identifier: MIT */
/* The function's configuration space: a PCI Express endpoint of class display with FLR, D3hot, and
 * MSI-X or one MSI. In D3hot it has its configuration space alone: no BAR, no mastering; what the
 * chip knows stays (No_Soft_Reset). The VMM answers the guest for BARs and the interrupt capability
 * itself, but needs ours when it sets up. */
#include <string.h>

#include "host/vfio_user/private.h"

#define PCI_COMMAND         0x04u
#define PCI_COMMAND_MEMORY  0x2u
#define PCI_COMMAND_MASTER  0x4u
#define PCI_STATUS          0x06u
#define PCI_STATUS_CAP_LIST 0x10u
#define PCI_BAR_64BIT       0x4u
#define PCI_CLASS_DISPLAY   0x03u

#define CAP_EXPRESS         0x40u
#define CAP_IRQ             0x80u /* behind the 0x3c bytes of the first */
#define CAP_POWER           0xa0u
#define CAP_ID_POWER        0x01u
#define CAP_ID_EXPRESS      0x10u
#define CAP_ID_MSI          0x05u
#define CAP_ID_MSIX         0x11u
#define EXPRESS_VERSION     2u /* type 0: endpoint */
#define EXPRESS_CAP_RBER    0x8000u
#define EXPRESS_CAP_FLR     0x10000000u
#define EXPRESS_CONTROL     (CAP_EXPRESS + 8u)
#define EXPRESS_CONTROL_FLR 0x8000u
#define POWER_VERSION       3u
#define POWER_CONTROL       (CAP_POWER + 4u)
#define POWER_STATE         0x3u /* 0: D0 */
#define POWER_NO_SOFT_RESET 0x8u
#define MSI_64BIT_MASKABLE  0x180u
#define BAR4_INDEX          4u

/* What a write may change, byte by byte from offset on. Everything else keeps its value. */
static const struct writable {
    uint16_t offset;
    uint8_t size;
    uint32_t mask;
} writables[] = {
    {PCI_COMMAND, 2, 0x0547},
    {0x0c, 2, 0xffff}, /* cache line, latency timer */
    {0x3c, 1, 0xff},   /* interrupt line */
    {EXPRESS_CONTROL, 2, 0x7fff},
    {CAP_EXPRESS + 0x28, 2, 0xffff}, /* device control 2 */
    {POWER_CONTROL, 1, POWER_STATE},
    {CAP_IRQ + 2, 2, 0xc071}, /* enable and mask of MSI-X, enable and count of MSI */
};

static void put(struct vfio_user *server, uint32_t offset, uint32_t value, uint32_t size)
{
    for (uint32_t n = 0; n < size; n++) {
        server->space[offset + n] = (uint8_t)(value >> 8 * n);
    }
}

static uint32_t get(const struct vfio_user *server, uint32_t offset, uint32_t size)
{
    uint32_t value = 0;

    for (uint32_t n = 0; n < size; n++) {
        value |= (uint32_t)server->space[offset + n] << 8 * n;
    }
    return value;
}

static void put_irq_capability(struct vfio_user *server)
{
    if (!server->config.num_vectors) {
        put(server, CAP_IRQ, CAP_ID_MSI | CAP_POWER << 8, 2);
        put(server, CAP_IRQ + 2, MSI_64BIT_MASKABLE, 2);
        return;
    }
    put(server, CAP_IRQ, CAP_ID_MSIX | CAP_POWER << 8, 2);
    put(server, CAP_IRQ + 2, server->config.num_vectors - 1, 2);
    put(server, CAP_IRQ + 4, BAR4_INDEX, 4);
    put(server, CAP_IRQ + 8, MSIX_PBA_OFFSET | BAR4_INDEX, 4);
}

void config_reset(struct vfio_user *server)
{
    memset(server->space, 0, sizeof(server->space));
    put(server, 0x00, 0x8086, 2);
    put(server, 0x02, server->config.device_id, 2);
    put(server, PCI_STATUS, PCI_STATUS_CAP_LIST, 2);
    put(server, 0x08, server->config.revision_id, 1);
    put(server, 0x0b, PCI_CLASS_DISPLAY, 1);
    put(server, 0x10, PCI_BAR_64BIT, 4);
    put(server, 0x2c, 0x8086, 2);
    put(server, 0x2e, server->config.device_id, 2);
    put(server, 0x34, CAP_EXPRESS, 1);
    put(server, CAP_EXPRESS, CAP_ID_EXPRESS | CAP_IRQ << 8, 2);
    put(server, CAP_EXPRESS + 2, EXPRESS_VERSION, 2);
    put(server, CAP_EXPRESS + 4, EXPRESS_CAP_RBER | EXPRESS_CAP_FLR, 4);
    put(server, CAP_POWER, CAP_ID_POWER, 2);
    put(server, CAP_POWER + 2, POWER_VERSION, 2);
    put(server, POWER_CONTROL, POWER_NO_SOFT_RESET, 2);
    put_irq_capability(server);
}

static bool is_awake(const struct vfio_user *server)
{
    return (get(server, POWER_CONTROL, 1) & POWER_STATE) == 0;
}

bool config_is_master(const struct vfio_user *server)
{
    return is_awake(server) && get(server, PCI_COMMAND, 2) & PCI_COMMAND_MASTER;
}

bool config_has_memory(const struct vfio_user *server)
{
    return is_awake(server) && get(server, PCI_COMMAND, 2) & PCI_COMMAND_MEMORY;
}

void config_read(const struct vfio_user *server, uint32_t offset, void *to, uint32_t size)
{
    memcpy(to, server->space + offset, size);
}

static uint8_t mask_of(uint32_t offset)
{
    for (unsigned n = 0; n < ARRAY_SIZE(writables); n++) {
        const struct writable *entry = &writables[n];

        if (offset >= entry->offset && offset < (uint32_t)entry->offset + entry->size) {
            return (uint8_t)(entry->mask >> 8 * (offset - entry->offset));
        }
    }
    return 0;
}

void config_write(struct vfio_user *server, uint32_t offset, const uint8_t *from, uint32_t size)
{
    const uint32_t flr_at = EXPRESS_CONTROL + 1;
    const bool was_master = config_is_master(server);
    const bool had_memory = config_has_memory(server);
    bool flr = offset <= flr_at && flr_at - offset < size &&
               from[flr_at - offset] & EXPRESS_CONTROL_FLR >> 8;

    for (uint32_t n = 0; n < size; n++) {
        const uint8_t mask = mask_of(offset + n);

        server->space[offset + n] =
            (uint8_t)((server->space[offset + n] & ~mask) | (from[n] & mask));
    }
    if (flr) {
        /* The VMM keeps its eventfds over an FLR; so do we. */
        config_reset(server);
        server->ops->reset(server->arg);
    }
    if (config_has_memory(server) && !had_memory) {
        window_restore(&server->window);
    }
    if (config_is_master(server) != was_master) {
        server->ops->mastering(server->arg, !was_master);
    }
}
