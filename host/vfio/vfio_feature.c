/* SPDX-License-Identifier: MIT */
/* VFIO_DEVICE_FEATURE of a device with migration v2, its DMA log, and its data sessions: what a
 * user's bytes and numbers come to. The answers to wrong ones are the Linux kernel's. */
#include "host/vfio/vfio.h"

#include <errno.h>
#include <string.h>

#include "host/abi/vfio_migration_v2.h"

#define MAX_RANGES (HAL_PAGE_SIZE / sizeof(struct vfio_device_feature_dma_logging_range))

/* ---- DMA log --------------------------------------------------------------------------------- */

static bool page_size_good(uint64_t page_size)
{
    return page_size >= HAL_PAGE_SIZE && (page_size & (page_size - 1)) == 0;
}

static int check_range(uint64_t iova, uint64_t length, uint64_t page_size)
{
    uint64_t end;

    if (!length || !IS_ALIGNED(iova, page_size) || !IS_ALIGNED(length, page_size)) {
        return -EINVAL;
    }
    return __builtin_add_overflow(iova, length, &end) ? -EOVERFLOW : 0;
}

static bool overlap(const struct vfio_device_feature_dma_logging_range *a,
                    const struct vfio_device_feature_dma_logging_range *b)
{
    return a->iova < b->iova + b->length && b->iova < a->iova + a->length;
}

static int check_ranges(const struct vfio_device_feature_dma_logging_range *ranges, uint32_t count,
                        uint64_t page_size)
{
    if (count == 0) {
        return -EINVAL;
    }
    if (count > MAX_RANGES) {
        return -E2BIG;
    }
    for (uint32_t n = 0; n < count; n++) {
        int err = check_range(ranges[n].iova, ranges[n].length, page_size);

        if (err) {
            return err;
        }
        for (uint32_t before = 0; before < n && !err; before++) {
            err = overlap(&ranges[n], &ranges[before]) ? -EINVAL : 0;
        }
        if (err) {
            return err;
        }
    }
    return 0;
}

/* The device logs all that it writes: more than the ranges ask for. */
int vfio_log_start(struct vfio_device *device, uint64_t page_size,
                   const struct vfio_device_feature_dma_logging_range *ranges, uint32_t num_ranges)
{
    int err;

    if (!device->ops->dirty_log || !device->ops->dirty_report) {
        return -ENOTTY;
    }
    if (!page_size_good(page_size)) {
        return -EINVAL;
    }
    err = check_ranges(ranges, num_ranges, page_size);
    if (err) {
        return err;
    }
    if (device->logging) {
        return -EBUSY;
    }
    err = device->ops->dirty_log(device->dev, true);
    if (!err) {
        device->logging = true;
        device->log_page_size = page_size;
    }
    return err;
}

int vfio_log_stop(struct vfio_device *device)
{
    if (!device->ops->dirty_log) {
        return -ENOTTY;
    }
    if (!device->logging) {
        return -EINVAL;
    }
    device->logging = false;
    return device->ops->dirty_log(device->dev, false);
}

int64_t vfio_log_report(struct vfio_device *device, uint64_t iova, uint64_t length,
                        uint64_t page_size, uint8_t *bitmap)
{
    int err;

    if (!device->ops->dirty_report) {
        return -ENOTTY;
    }
    if (!page_size_good(page_size)) {
        return -EINVAL;
    }
    err = check_range(iova, length, page_size);
    if (err || !device->logging) {
        return err ? err : -EINVAL;
    }
    return device->ops->dirty_report(device->dev, iova, page_size, length / page_size, bitmap);
}

/* ---- features -------------------------------------------------------------------------------- */

static int get_migration(struct vfio_device *device, void *data)
{
    *(struct vfio_device_feature_migration *)data =
        (struct vfio_device_feature_migration){vfio_flags(device)};
    return 0;
}

static int get_state(struct vfio_device *device, void *data)
{
    *(struct vfio_device_feature_mig_state *)data =
        (struct vfio_device_feature_mig_state){(uint32_t)device->state, -1};
    return 0;
}

static int set_state(struct vfio_device *device, void *data)
{
    struct vfio_device_feature_mig_state *state = data;
    const int before = device->sessions;
    int err = vfio_set_state(device, (enum vfio_device_mig_state)state->device_state);

    state->data_fd = !err && device->session_open && device->sessions != before ? before + 1 : -1;
    return err;
}

static int set_log_start(struct vfio_device *device, void *data)
{
    struct vfio_device_feature_dma_logging_control *control = data;

    if (control->num_ranges && !control->ranges) {
        return -EFAULT;
    }
    return vfio_log_start(device, control->page_size, (const void *)(uintptr_t)control->ranges,
                          control->num_ranges);
}

static int set_log_stop(struct vfio_device *device, void *data)
{
    (void)data;
    return vfio_log_stop(device);
}

static int get_log_report(struct vfio_device *device, void *data)
{
    const struct vfio_device_feature_dma_logging_report *report = data;
    int64_t found;

    if (!report->bitmap) {
        return -EFAULT;
    }
    found = vfio_log_report(device, report->iova, report->length, report->page_size,
                            (uint8_t *)(uintptr_t)report->bitmap);
    return found < 0 ? (int)found : 0;
}

/* Never 0: a user that makes its buffer by this number would have none. */
static int get_data_size(struct vfio_device *device, void *data)
{
    int64_t size = vfio_estimate(device);

    if (size < 0) {
        return (int)size;
    }
    *(struct vfio_device_feature_mig_data_size *)data =
        (struct vfio_device_feature_mig_data_size){size ? (uint64_t)size : 1};
    return 0;
}

/* Opts in to flags of VFIO_MIG_GET_PRECOPY_INFO, for good. */
static int set_precopy_info(struct vfio_device *device, void *data)
{
    (void)data;
    if (!(vfio_flags(device) & VFIO_MIGRATION_PRE_COPY)) {
        return -ENOTTY;
    }
    device->info_v2 = true;
    return 0;
}

#define MAX_DATA sizeof(struct vfio_device_feature_dma_logging_report)

static const struct feature {
    uint32_t index;
    uint64_t size;
    int (*get)(struct vfio_device *device, void *data);
    int (*set)(struct vfio_device *device, void *data);
} features[] = {
    {VFIO_DEVICE_FEATURE_MIGRATION, sizeof(struct vfio_device_feature_migration), get_migration,
     NULL},
    {VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE, sizeof(struct vfio_device_feature_mig_state), get_state,
     set_state},
    {VFIO_DEVICE_FEATURE_DMA_LOGGING_START, sizeof(struct vfio_device_feature_dma_logging_control),
     NULL, set_log_start},
    {VFIO_DEVICE_FEATURE_DMA_LOGGING_STOP, 0, NULL, set_log_stop},
    {VFIO_DEVICE_FEATURE_DMA_LOGGING_REPORT, sizeof(struct vfio_device_feature_dma_logging_report),
     get_log_report, NULL},
    {VFIO_DEVICE_FEATURE_MIG_DATA_SIZE, sizeof(struct vfio_device_feature_mig_data_size),
     get_data_size, NULL},
    {VFIO_DEVICE_FEATURE_MIG_PRECOPY_INFOv2, 0, NULL, set_precopy_info},
};

/* NULL: this device has no such feature. */
static const struct feature *find_feature(const struct vfio_device *device, uint32_t index)
{
    bool is_log = index >= VFIO_DEVICE_FEATURE_DMA_LOGGING_START &&
                  index <= VFIO_DEVICE_FEATURE_DMA_LOGGING_REPORT;

    for (unsigned n = 0; n < ARRAY_SIZE(features); n++) {
        if (features[n].index == index && !(is_log && !device->ops->dirty_log)) {
            return &features[n];
        }
    }
    return NULL;
}

static int run_feature(struct vfio_device *device, const struct feature *feature, bool set,
                       uint8_t *data)
{
    uint64_t words[(MAX_DATA + 7) / 8] = {0}; /* aligned, whatever the user's memory is */
    int err;

    memcpy(words, data, feature->size);
    err = set ? feature->set(device, words) : feature->get(device, words);
    /* A state's data_fd is -1 after a failure too. */
    if (!err || feature->set == set_state) {
        memcpy(data, words, feature->size);
    }
    return err;
}

int vfio_feature(struct vfio_device *device, void *arg, uint64_t size)
{
    struct vfio_device_feature head;
    const struct feature *feature;
    uint32_t operation;

    if (!arg || size < sizeof(head)) {
        return -EFAULT;
    }
    memcpy(&head, arg, sizeof(head));
    operation = head.flags & (VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_SET);
    if (head.argsz < sizeof(head) ||
        head.flags & ~(VFIO_DEVICE_FEATURE_MASK | VFIO_DEVICE_FEATURE_GET |
                       VFIO_DEVICE_FEATURE_SET | VFIO_DEVICE_FEATURE_PROBE)) {
        return -EINVAL;
    }
    if (!(head.flags & VFIO_DEVICE_FEATURE_PROBE) &&
        operation == (VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_SET)) {
        return -EINVAL;
    }
    feature = find_feature(device, head.flags & VFIO_DEVICE_FEATURE_MASK);
    if (!feature) {
        return -ENOTTY;
    }
    if ((operation & VFIO_DEVICE_FEATURE_GET && !feature->get) ||
        (operation & VFIO_DEVICE_FEATURE_SET && !feature->set)) {
        return -EINVAL;
    }
    if (head.flags & VFIO_DEVICE_FEATURE_PROBE) {
        return 0;
    }
    if (!operation || head.argsz - sizeof(head) < feature->size) {
        return -EINVAL;
    }
    if (size - sizeof(head) < feature->size) {
        return -EFAULT;
    }
    return run_feature(device, feature, operation == VFIO_DEVICE_FEATURE_SET,
                       (uint8_t *)arg + sizeof(head));
}

/* ---- data sessions --------------------------------------------------------------------------- */

/* Is the session open in this direction? */
static int check_session(const struct vfio_device *device, int fd, bool load)
{
    if (fd < 1 || fd > device->sessions) {
        return -EBADF;
    }
    if (fd < device->sessions || !device->session_open) {
        return fd == device->sessions && device->session_closed ? -EBADF : -ENODEV;
    }
    return device->session_closed || load != (device->state == VFIO_DEVICE_STATE_RESUMING) ? -EBADF
                                                                                           : 0;
}

int64_t vfio_data_read(struct vfio_device *device, int fd, void *to, uint64_t size)
{
    int err = check_session(device, fd, false);

    return err ? err : vfio_read(device, to, size);
}

int64_t vfio_data_write(struct vfio_device *device, int fd, const void *from, uint64_t size)
{
    int err = check_session(device, fd, true);

    return err ? err : vfio_write(device, from, size);
}

int64_t vfio_data_seek(const struct vfio_device *device, int fd)
{
    return fd < 1 || fd > device->sessions ? -EBADF : -ESPIPE;
}

int vfio_data_ioctl(struct vfio_device *device, int fd, uint32_t request, void *arg, uint64_t size)
{
    struct vfio_precopy_info info;
    int err;

    if (request != VFIO_MIG_GET_PRECOPY_INFO) {
        return -ENOTTY;
    }
    err = check_session(device, fd, false);
    if (err) {
        return err;
    }
    if (!arg || size < sizeof(info.argsz)) {
        return -EFAULT;
    }
    memcpy(&info.argsz, arg, sizeof(info.argsz));
    if (info.argsz < sizeof(info)) {
        return -EINVAL;
    }
    if (size < sizeof(info)) {
        return -EFAULT;
    }
    err = vfio_precopy_ask(device, &info);
    if (!err) {
        memcpy(arg, &info, sizeof(info));
    }
    return err;
}

void vfio_data_close(struct vfio_device *device, int fd)
{
    if (fd == device->sessions) {
        device->session_closed = true;
    }
}
