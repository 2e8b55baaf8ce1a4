/* SPDX-License-Identifier: MIT */
/* The struct at the start of a v1 region, as a table: width, and what a read and a write of each
 * field do. */
#include "host/vfio/vfio_v1_private.h"

#include <errno.h>
#include <string.h>

static int get_state(struct vfio_v1 *device, uint64_t *value)
{
    *value = device->state;
    return 0;
}

static int set_state(struct vfio_v1 *device, uint64_t value)
{
    if (value & ~(uint64_t)VFIO_DEVICE_STATE_V1_MASK) {
        return -EINVAL;
    }
    return vfio_v1_move(device, (uint32_t)value);
}

static int get_reserved(struct vfio_v1 *device, uint64_t *value)
{
    (void)device;
    *value = 0;
    return 0;
}

static int set_reserved(struct vfio_v1 *device, uint64_t value)
{
    (void)device;
    (void)value;
    return 0;
}

static int set_start_pfn(struct vfio_v1 *device, uint64_t value)
{
    device->start_pfn = value;
    device->pfns_known = false;
    return 0;
}

static int set_page_size(struct vfio_v1 *device, uint64_t value)
{
    if (value < HAL_PAGE_SIZE || (value & (value - 1))) {
        return -EINVAL;
    }
    device->page_size = value;
    device->pfns_known = false;
    return 0;
}

static int set_total_pfns(struct vfio_v1 *device, uint64_t value)
{
    device->total_pfns = value;
    device->pfns_known = false;
    return 0;
}

/* NULL: -EFAULT. */
static const struct field {
    uint32_t offset, size;
    int (*get)(struct vfio_v1 *device, uint64_t *value);
    int (*set)(struct vfio_v1 *device, uint64_t value);
} fields[] = {
    {VFIO_MIG_V1_DEVICE_STATE_OFF, 4, get_state, set_state},
    {VFIO_MIG_V1_RESERVED_OFF, 4, get_reserved, set_reserved},
    {VFIO_MIG_V1_PENDING_BYTES_OFF, 8, vfio_v1_get_pending, NULL},
    {VFIO_MIG_V1_DATA_OFFSET_OFF, 8, vfio_v1_get_data_offset, NULL},
    {VFIO_MIG_V1_DATA_SIZE_OFF, 8, vfio_v1_get_data_size, vfio_v1_set_data_size},
    {VFIO_MIG_V1_START_PFN_OFF, 8, NULL, set_start_pfn},
    {VFIO_MIG_V1_PAGE_SIZE_OFF, 8, NULL, set_page_size},
    {VFIO_MIG_V1_TOTAL_PFNS_OFF, 8, NULL, set_total_pfns},
    {VFIO_MIG_V1_COPIED_PFNS_OFF, 8, vfio_v1_get_copied_pfns, NULL},
};

/* A field is accessed whole, or not at all. */
static const struct field *find_field(const struct vfio_v1 *device, uint64_t offset, uint64_t size)
{
    uint32_t end = device->config.form == VFIO_V1_WITH_PFNS ? VFIO_MIG_V1_STRUCT_BYTES_S4
                                                            : VFIO_MIG_V1_STRUCT_BYTES_FINAL;

    for (unsigned n = 0; n < ARRAY_SIZE(fields) && fields[n].offset < end; n++) {
        if (fields[n].offset == offset && fields[n].size == size) {
            return &fields[n];
        }
    }
    return NULL;
}

int vfio_v1_read(struct vfio_v1 *device, uint64_t offset, void *to, uint64_t size)
{
    const struct field *field;
    uint64_t value = 0;
    int err;

    if (offset >= VFIO_V1_DATA_OFFSET) {
        return vfio_v1_data_access(device, offset, to, NULL, size);
    }
    field = find_field(device, offset, size);
    if (!field) {
        return -EINVAL;
    }
    err = field->get ? field->get(device, &value) : -EFAULT;
    if (!err) {
        memcpy(to, &value, size);
    }
    return err;
}

int vfio_v1_write(struct vfio_v1 *device, uint64_t offset, const void *from, uint64_t size)
{
    const struct field *field;
    uint64_t value = 0;

    if (offset >= VFIO_V1_DATA_OFFSET) {
        return vfio_v1_data_access(device, offset, NULL, from, size);
    }
    field = find_field(device, offset, size);
    if (!field) {
        return -EINVAL;
    }
    memcpy(&value, from, size);
    return field->set ? field->set(device, value) : -EFAULT;
}

uint64_t vfio_v1_region_size(const struct vfio_v1 *device)
{
    return VFIO_V1_DATA_OFFSET + device->config.data_size +
           (device->config.form == VFIO_V1_WITH_PFNS ? VFIO_V1_BITMAP_SIZE : 0);
}
