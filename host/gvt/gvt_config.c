/* SPDX-License-Identifier: MIT */
/* Virtual config space of a vGPU: that of a display controller with two 64-bit BARs, registers and
 * aperture. What a guest may write are the command register, the BARs, which tell their size when
 * they are written with ones, and the interrupt line; the rest stays as it is. Memory decoding is
 * off at first, as after any reset of a PCI function: the guest's firmware turns it on. Bus
 * mastering is kept and keeps nobody from the guest's RAM: the accesses are the host's. */
#include "host/gvt/gvt_private.h"

#include <errno.h>
#include <string.h>

#define CLASS_DISPLAY      0x0300u
#define BAR_64BIT          0x04u
#define BAR_64BIT_PREFETCH 0x0cu
#define BAR_FLAGS          0x0full
#define REGISTERS_SIZE     (16ull * MIB)

static void put(uint8_t *to, uint64_t value, unsigned bytes)
{
    for (unsigned n = 0; n < bytes; n++) {
        to[n] = (uint8_t)(value >> 8 * n);
    }
}

void gvt_config_init(struct gvt_vgpu *vgpu)
{
    memset(vgpu->cfg, 0, sizeof(vgpu->cfg));
    put(vgpu->cfg + GVT_CONFIG_VENDOR, PCI_VENDOR_ID_INTEL, 2);
    put(vgpu->cfg + GVT_CONFIG_DEVICE, vgpu->gvt->config.device, 2);
    vgpu->cfg[GVT_CONFIG_REVISION] = vgpu->gvt->config.revision;
    put(vgpu->cfg + GVT_CONFIG_CLASS, CLASS_DISPLAY, 2);
    vgpu->cfg[GVT_CONFIG_BAR0] = BAR_64BIT;
    vgpu->cfg[GVT_CONFIG_BAR2] = BAR_64BIT_PREFETCH;
}

bool gvt_vgpu_memory_enabled(const struct gvt_vgpu *vgpu)
{
    return vgpu->cfg[GVT_CONFIG_COMMAND] & GVT_CONFIG_COMMAND_MEMORY;
}

void gvt_config_map(struct gvt_vgpu *vgpu)
{
    const struct gvt_share *aperture = &vgpu->share[PART_APERTURE];

    vgpu->ops->map_aperture(vgpu->arg, aperture->guest, aperture->host,
                            gvt_vgpu_memory_enabled(vgpu) ? aperture->size : 0);
}

/* Which bits of a byte the guest may write. */
static uint8_t writable(const struct gvt_vgpu *vgpu, uint32_t offset)
{
    const struct {
        uint32_t offset, bytes;
        uint64_t mask;
    } rows[] = {
        {GVT_CONFIG_COMMAND, 2, GVT_CONFIG_COMMAND_WRITABLE},
        {GVT_CONFIG_BAR0, 8, ~(REGISTERS_SIZE - 1) & ~BAR_FLAGS},
        {GVT_CONFIG_BAR2, 8, ~(vgpu->gvt->config.aperture - 1) & ~BAR_FLAGS},
        {GVT_CONFIG_INTERRUPT_LINE, 1, 0xff},
    };

    for (unsigned n = 0; n < ARRAY_SIZE(rows); n++) {
        if (offset >= rows[n].offset && offset - rows[n].offset < rows[n].bytes) {
            return (uint8_t)(rows[n].mask >> 8 * (offset - rows[n].offset));
        }
    }
    return 0;
}

static void write_bytes(struct gvt_vgpu *vgpu, uint32_t offset, const uint8_t *from, uint32_t size)
{
    for (uint32_t n = 0; n < size; n++) {
        const uint8_t mask = writable(vgpu, offset + n);

        vgpu->cfg[offset + n] = (vgpu->cfg[offset + n] & (uint8_t)~mask) | (from[n] & mask);
    }
}

static bool access_good(uint32_t offset, unsigned size)
{
    return (size == 1 || size == 2 || size == 4) && IS_ALIGNED(offset, size) &&
           offset <= GVT_CFG_SPACE_SIZE - size;
}

int gvt_config_read(const struct gvt_vgpu *vgpu, uint32_t offset, void *to, unsigned size)
{
    if (!access_good(offset, size)) {
        return -EINVAL;
    }
    memcpy(to, vgpu->cfg + offset, size);
    return 0;
}

int gvt_config_write(struct gvt_vgpu *vgpu, uint32_t offset, const void *from, unsigned size)
{
    const bool before = gvt_vgpu_memory_enabled(vgpu);

    if (!access_good(offset, size)) {
        return -EINVAL;
    }
    write_bytes(vgpu, offset, from, size);
    if (vgpu->active && gvt_vgpu_memory_enabled(vgpu) != before) {
        gvt_config_map(vgpu);
    }
    return 0;
}

int gvt_config_restore(struct gvt_vgpu *vgpu, const void *from, uint32_t size)
{
    const uint8_t *bytes = from;

    if (size < GVT_CONFIG_COMMAND || size > sizeof(vgpu->cfg) ||
        memcmp(vgpu->cfg, bytes, GVT_CONFIG_COMMAND) != 0) {
        return -EINVAL;
    }
    write_bytes(vgpu, 0, bytes, size);
    return 0;
}
