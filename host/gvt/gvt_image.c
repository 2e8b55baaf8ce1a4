/* SPDX-License-Identifier: MIT */
/* A vGPU's image as a whole: written object by object, and read back only after all of it has been
 * checked. A loader of such records that stops at the first type it does not know calls every
 * damaged image good; here each object is there once, in order, at its size, or nothing is. */
#include "host/gvt/gvt_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "host/abi/i915_vgpu_pv.h"

void gvt_image_refused(const struct gvt_vgpu *vgpu, const char *why, uint64_t detail)
{
    gvt_peer_error(vgpu, why, detail);
}

/* ---- HEAD ------------------------------------------------------------------------------------ */

static struct gvt_image_header_t head_of(const uint8_t *record)
{
    struct gvt_image_header_t head;

    memcpy(&head, record + GVT_REGION_HDR_BYTES, sizeof(head));
    return head;
}

/* Over record header and payload, with its own word 0. */
static uint32_t head_crc(const uint8_t *record)
{
    uint8_t copy[GVT_IMAGE_HEAD_RECORD];
    struct gvt_image_header_t head = head_of(record);

    head.global_data[GVT_GLOBAL_HEAD_CRC] = 0;
    memcpy(copy, record, GVT_REGION_HDR_BYTES);
    memcpy(copy + GVT_REGION_HDR_BYTES, &head, sizeof(head));
    return (uint32_t)crc32(0, copy, sizeof(copy));
}

/* Closes an image: what HEAD says of all that follows it. */
static void head_finish(uint8_t *image, uint64_t size)
{
    struct gvt_image_header_t head = head_of(image);

    head.data_size = (int32_t)size;
    head.crc_check =
        crc32(0, image + GVT_IMAGE_HEAD_RECORD, (unsigned)(size - GVT_IMAGE_HEAD_RECORD));
    head.global_data[GVT_GLOBAL_HEAD_CRC] = 0;
    memcpy(image + GVT_REGION_HDR_BYTES, &head, sizeof(head));
    head.global_data[GVT_GLOBAL_HEAD_CRC] = head_crc(image);
    memcpy(image + GVT_REGION_HDR_BYTES, &head, sizeof(head));
}

static struct gvt_image_view put_region(uint8_t *at, uint32_t type, uint32_t size)
{
    const struct gvt_region_t region = {.type = type, .size = size};

    memcpy(at, &region, sizeof(region));
    return (struct gvt_image_view){.payload = at + sizeof(region), .size = size};
}

void gvt_image_identity(const struct gvt_vgpu *vgpu, uint8_t to[GVT_IMAGE_HEAD_RECORD])
{
    const struct gvt_image_object *head = &gvt_image_objects[0];

    head->ops->pre_copy(vgpu, put_region(to, head->type, GVT_IMAGE_HEADER_BYTES));
    head_finish(to, GVT_IMAGE_HEAD_RECORD);
}

/* ---- saving ---------------------------------------------------------------------------------- */

uint64_t gvt_image_size(const struct gvt_vgpu *vgpu)
{
    uint64_t size = 0;

    for (unsigned n = 0; n < GVT_IMAGE_OBJECTS; n++) {
        size += GVT_REGION_HDR_BYTES + gvt_image_objects[n].ops->size(vgpu);
    }
    return size;
}

int64_t gvt_image_save(const struct gvt_vgpu *vgpu, uint8_t **image)
{
    uint64_t size = gvt_image_size(vgpu);
    uint8_t *bytes;
    uint8_t *at;

    if (vgpu->active || gvt_workload_running(vgpu)) {
        return -EBUSY;
    }
    if (size >= MIGRATION_IMG_MAX_SIZE) {
        gvt_image_refused(vgpu, "image: larger than an image may be", size);
        return GVT_SAVE_RESTORE_FAIL_ERRNO;
    }
    bytes = malloc(size);
    if (!bytes) {
        return -ENOMEM;
    }
    at = bytes;
    for (unsigned n = 0; n < GVT_IMAGE_OBJECTS; n++) {
        const struct gvt_image_object *object = &gvt_image_objects[n];
        struct gvt_image_view view =
            put_region(at, object->type, (uint32_t)object->ops->size(vgpu));

        object->ops->pre_save(vgpu, view);
        at = view.payload + view.size;
    }
    head_finish(bytes, size);
    *image = bytes;
    return (int64_t)size;
}

/* ---- checking -------------------------------------------------------------------------------- */

static int refuse(const struct gvt_vgpu *vgpu, const char *why, uint64_t detail)
{
    gvt_image_refused(vgpu, why, detail);
    return -EINVAL;
}

/* Words that must be as here. The revision may be newer here, and so may the firmware. */
static int check_device(const struct gvt_vgpu *vgpu, const uint64_t *data)
{
    const struct gvt_config *config = &vgpu->gvt->config;
    const struct {
        enum gvt_global_data word;
        uint64_t value;
        const char *why;
    } rows[] = {
        {GVT_GLOBAL_RESERVED, 0, "image: reserved word is not 0"},
        {GVT_GLOBAL_TAG, GVT_GLOBAL_TAG_VALUE, "image: no device info"},
        {GVT_GLOBAL_PLATFORM, config->platform, "image: from another platform"},
        {GVT_GLOBAL_DEVICE, PCI_VENDOR_ID_INTEL << 16 | config->device,
         "image: from another device"},
        {GVT_GLOBAL_LOW, vgpu->share[PART_APERTURE].size, "image: another aperture size"},
        {GVT_GLOBAL_HIGH, vgpu->share[PART_HIDDEN].size, "image: another hidden size"},
        {GVT_GLOBAL_FENCES, GVT_FENCES, "image: another count of fences"},
        {GVT_GLOBAL_ENGINES, config->engine_mask, "image: other engines"},
    };

    for (unsigned n = 0; n < ARRAY_SIZE(rows); n++) {
        if (data[rows[n].word] != rows[n].value) {
            return refuse(vgpu, rows[n].why, data[rows[n].word]);
        }
    }
    if (data[GVT_GLOBAL_REVISION] > config->revision) {
        return refuse(vgpu, "image: from a newer stepping", data[GVT_GLOBAL_REVISION]);
    }
    if (data[GVT_GLOBAL_FIRMWARE] >> 16 != config->firmware >> 16 ||
        data[GVT_GLOBAL_FIRMWARE] > config->firmware) {
        return refuse(vgpu, "image: from other or newer firmware", data[GVT_GLOBAL_FIRMWARE]);
    }
    if (data[GVT_GLOBAL_FLAGS] & ~(uint64_t)GVT_GLOBAL_FLAGS_ALL) {
        return refuse(vgpu, "image: unknown flags", data[GVT_GLOBAL_FLAGS]);
    }
    if (data[GVT_GLOBAL_FLAGS] & GVT_GLOBAL_FLAG_PV_BOUND && !(config->pv_caps & PV_PPGTT)) {
        return refuse(vgpu, "image: pages bound by PV, which this host does not do", 0);
    }
    for (unsigned n = GVT_GLOBAL_FIRMWARE + 1; n < GVT_GLOBAL_HEAD_CRC; n++) {
        if (data[n]) {
            return refuse(vgpu, "image: reserved word is not 0", data[n]);
        }
    }
    return 0;
}

int64_t gvt_image_check_head(const struct gvt_vgpu *vgpu, const uint8_t *record)
{
    struct gvt_image_header_t head = head_of(record);
    struct gvt_region_t region;
    int err;

    memcpy(&region, record, sizeof(region));
    if (region.type != GVT_MIGRATION_HEAD || region.size != GVT_IMAGE_HEADER_BYTES) {
        return refuse(vgpu, "image: does not begin with HEAD", region.type);
    }
    if (head.version != (int32_t)GVT_IMAGE_VERSION) {
        return refuse(vgpu, "image: unknown version", (uint32_t)head.version);
    }
    err = check_device(vgpu, head.global_data);
    if (err) {
        return err;
    }
    if (head.global_data[GVT_GLOBAL_HEAD_CRC] != head_crc(record)) {
        return refuse(vgpu, "image: HEAD is damaged", head.global_data[GVT_GLOBAL_HEAD_CRC]);
    }
    if (head.data_size < (int32_t)GVT_IMAGE_HEAD_RECORD ||
        head.data_size >= (int32_t)MIGRATION_IMG_MAX_SIZE) {
        return refuse(vgpu, "image: bad size", (uint32_t)head.data_size);
    }
    return head.data_size;
}

/* One record at *at: the object's, of a size that it can have, all there. */
static int check_record(const struct gvt_vgpu *vgpu, const struct gvt_image_object *object,
                        struct gvt_image_view rest, struct gvt_image_view *view)
{
    struct gvt_region_t region;

    if (rest.size < sizeof(region)) {
        return refuse(vgpu, "image: ends before all objects", object->type);
    }
    memcpy(&region, rest.payload, sizeof(region));
    if (region.type != object->type) {
        return refuse(vgpu, "image: object missing, unknown, twice or out of order", region.type);
    }
    if (region.size > rest.size - sizeof(region) ||
        (!object->variable && region.size != object->ops->size(vgpu))) {
        return refuse(vgpu, "image: object has a bad size", region.size);
    }
    *view = (struct gvt_image_view){.payload = rest.payload + sizeof(region), .size = region.size};
    return object->ops->check ? object->ops->check(vgpu, *view) : 0;
}

/* HEAD and PPGTT agree about runs. */
static bool runs_as_told(const struct gvt_image_view views[GVT_IMAGE_OBJECTS])
{
    struct gvt_image_header_t head;
    bool told;

    memcpy(&head, views[0].payload, sizeof(head));
    told = (head.global_data[GVT_GLOBAL_FLAGS] & GVT_GLOBAL_FLAG_PV_BOUND) != 0;
    for (unsigned n = 0; n < GVT_IMAGE_OBJECTS; n++) {
        if (gvt_image_objects[n].type == GVT_MIGRATION_PPGTT) {
            return gvt_image_has_runs(views[n]) == told;
        }
    }
    return false;
}

static int check_image(const struct gvt_vgpu *vgpu, const uint8_t *image, uint64_t size,
                       struct gvt_image_view views[GVT_IMAGE_OBJECTS])
{
    /* Views are only read from. */
    struct gvt_image_view rest = {.payload = (uint8_t *)(uintptr_t)image, .size = (uint32_t)size};
    int64_t told;
    uint32_t crc;

    if (size < GVT_IMAGE_HEAD_RECORD || size >= MIGRATION_IMG_MAX_SIZE) {
        return refuse(vgpu, "image: bad size", size);
    }
    told = gvt_image_check_head(vgpu, image);
    if (told < 0) {
        return (int)told;
    }
    if ((uint64_t)told != size) {
        return refuse(vgpu, "image: truncated, or more than it says", size);
    }
    crc =
        (uint32_t)crc32(0, image + GVT_IMAGE_HEAD_RECORD, (unsigned)(size - GVT_IMAGE_HEAD_RECORD));
    if (head_of(image).crc_check != crc) {
        return refuse(vgpu, "image: damaged", crc);
    }
    for (unsigned n = 0; n < GVT_IMAGE_OBJECTS; n++) {
        int err = check_record(vgpu, &gvt_image_objects[n], rest, &views[n]);

        if (err) {
            return err;
        }
        rest.size -= GVT_REGION_HDR_BYTES + views[n].size;
        rest.payload = views[n].payload + views[n].size;
    }
    if (rest.size) {
        return refuse(vgpu, "image: more after the last object", rest.size);
    }
    return runs_as_told(views) ? 0
                               : refuse(vgpu, "image: pages bound by PV are not as HEAD says", 0);
}

/* ---- loading --------------------------------------------------------------------------------- */

int gvt_image_load(struct gvt_vgpu *vgpu, const uint8_t *image, uint64_t size)
{
    struct gvt_image_view views[GVT_IMAGE_OBJECTS];
    int err;

    if (vgpu->active || gvt_workload_running(vgpu)) {
        return -EBUSY;
    }
    err = check_image(vgpu, image, size, views);
    if (err) {
        return err;
    }
    gvt_workload_drop_all(vgpu);
    gvt_ppgtt_drop_all(vgpu);
    for (unsigned n = 0; n < GVT_IMAGE_OBJECTS; n++) {
        if (gvt_image_objects[n].ops->pre_load(vgpu, views[n])) {
            gvt_image_refused(vgpu, "image: host failed while loading", gvt_image_objects[n].type);
            return -EIO;
        }
    }
    vgpu->loaded = true;
    return 0;
}

void gvt_image_post_load(struct gvt_vgpu *vgpu)
{
    for (unsigned n = 0; n < GVT_IMAGE_OBJECTS; n++) {
        if (gvt_image_objects[n].ops->post_load) {
            gvt_image_objects[n].ops->post_load(vgpu);
        }
    }
}
