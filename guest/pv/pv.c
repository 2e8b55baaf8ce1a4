/* SPDX-License-Identifier: MIT */
/* Start of the PV channel: detection, features, shared page, version. */
#include "guest/pv/pv.h"

#include <errno.h>
#include <stdlib.h>

#include "guest/pv/pv_private.h"
#include "host/abi/i915_pvinfo.h"

#define SPIN_NS    (5 * HAL_NS_PER_US)
#define TIMEOUT_NS (10 * HAL_NS_PER_MS)

struct pv *pv_create(const struct pv_config *config)
{
    struct pv *pv = calloc(1, sizeof(*pv));

    if (!pv) {
        return NULL;
    }
    pv->config = *config;
    pv->next_fence = config->first_fence ? config->first_fence : PV_FENCE_FIRST;
    if (!config->register_action) {
        pv->config.register_action = PV_CMD_REGISTER_CAP_GPA;
    }
    if (!config->submit_action) {
        pv->config.submit_action = PV_CMD_SUBMIT_WORKLOAD;
    }
    if (!config->spin_ns) {
        pv->config.spin_ns = SPIN_NS;
    }
    if (!config->timeout_ns) {
        pv->config.timeout_ns = TIMEOUT_NS;
    }
    pv->tail_probe = hal_probe(config->hal, "pv.tail", 16, NULL);
    pv->fence_probe = hal_probe(config->hal, "pv.fence", 32, NULL);
    hal_probe_set(config->hal, pv->tail_probe, 0);
    hal_probe_set(config->hal, pv->fence_probe, 0);
    return pv;
}

void pv_destroy(struct pv *pv)
{
    if (pv) {
        ggtt_destroy(pv->ggtt);
    }
    free(pv);
}

uint32_t pv_caps(const struct pv *pv)
{
    return pv->caps;
}

uint64_t pv_shared_page(const struct pv *pv)
{
    return pv->page;
}

/* ---- start ----------------------------------------------------------------------------------- */

static uint64_t read64(struct hal *hal, uint32_t offset)
{
    uint32_t low = hal_read32(hal, offset);

    return make_64(low, hal_read32(hal, offset + 4));
}

static bool is_vgpu(struct hal *hal)
{
    return read64(hal, PVINFO_MAGIC) == VGT_MAGIC &&
           (hal_read32(hal, PVINFO_VERSION_MAJOR) & 0xffffu) >= VGT_VERSION_MAJOR;
}

/* The mediator writes its version into a page that it takes, so a page that it refuses shows 0.0
 * and fails here. */
static int register_page(struct pv *pv)
{
    struct hal *hal = pv->config.hal;
    uint16_t version[2];

    hal_write32(hal, PVINFO_SHARED_PAGE_GPA, lower_32(pv->page));
    hal_write32(hal, PVINFO_SHARED_PAGE_GPA + 4, upper_32(pv->page));
    if (read64(hal, PVINFO_SHARED_PAGE_GPA) != pv->page) {
        return -EIO;
    }
    hal_write32(hal, PVINFO_G2V_NOTIFY, VGT_G2V_SHARED_PAGE_REGISTER);
    /* The write is posted; a read's answer comes after it. */
    (void)hal_read32(hal, PVINFO_PV_CAPS);
    if (hal_mem_read(hal, pv->page + PV_VERSION_OFF, version, sizeof(version))) {
        return -EIO;
    }
    return version[0] == PV_MAJOR && version[1] == PV_MINOR ? 0 : -EIO;
}

static int init_descriptor(struct pv *pv)
{
    const struct vgpu_pv_ct_buffer_desc desc = {.addr = PV_CMD_OFF, .size = PV_RING_BYTES};

    return hal_mem_write(pv->config.hal, pv->page + PV_DESC_OFF, &desc, sizeof(desc));
}

int pv_start(struct pv *pv)
{
    struct hal *hal = pv->config.hal;
    uint32_t caps;

    if (!is_vgpu(hal)) {
        return -ENODEV;
    }
    if (!(hal_read32(hal, PVINFO_VGT_CAPS) & VGT_CAPS_PV)) {
        return 0;
    }
    caps = hal_read32(hal, PVINFO_PV_CAPS) & pv->config.caps;
    hal_write32(hal, PVINFO_PV_CAPS, caps);
    if (!caps) {
        return 0;
    }
    pv->page = hal_mem_alloc(hal, PV_PAGE_SIZE);
    if (!pv->page) {
        hal_write32(hal, PVINFO_PV_CAPS, PV_NONE);
        return -ENOMEM;
    }
    if (register_page(pv) || init_descriptor(pv)) {
        hal_write32(hal, PVINFO_PV_CAPS, PV_NONE);
        hal_mem_free(hal, pv->page);
        pv->page = 0;
        return -EIO;
    }
    pv->caps = caps;
    return (int)caps;
}
