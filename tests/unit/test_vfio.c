/* SPDX-License-Identifier: MIT */
/* VFIO v2 states over a device that only counts what it is asked. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "host/vfio/vfio.h"
#include "tests/unit/fake_hal.h"

/* ---- a device -------------------------------------------------------------------------------- */

struct device {
    char calls[256]; /* one letter a call, in order */
    char fail;       /* this call fails with -EIO */
    uint64_t left;   /* bytes of the stream still to read */
    uint64_t written;
};

static int called(struct device *device, char call)
{
    size_t len = strlen(device->calls);

    cr_assert_lt(len, sizeof(device->calls) - 1);
    device->calls[len] = call;
    device->calls[len + 1] = '\0';
    return device->fail == call ? -EIO : 0;
}

static int dev_pause(void *dev)
{
    return called(dev, 'p');
}

static int dev_resume(void *dev)
{
    return called(dev, 'r');
}

static int dev_stop(void *dev)
{
    return called(dev, 's');
}

static int dev_reset(void *dev)
{
    return called(dev, 'x');
}

static int64_t dev_estimate(void *dev)
{
    (void)dev;
    return 100;
}

static int dev_save_begin(void *dev)
{
    ((struct device *)dev)->left = 100;
    return called(dev, 'b');
}

static int64_t dev_save_read(void *dev, void *to, uint64_t size)
{
    struct device *device = dev;
    uint64_t count = device->left < 30 ? device->left : 30;

    if (device->fail == 'R') {
        return -EIO;
    }
    count = count < size ? count : size;
    memset(to, 0x5a, count);
    device->left -= count;
    return (int64_t)count;
}

static int dev_save_end(void *dev)
{
    return called(dev, 'e');
}

static int dev_load_begin(void *dev)
{
    ((struct device *)dev)->written = 0;
    return called(dev, 'B');
}

static int64_t dev_load_write(void *dev, const void *from, uint64_t size)
{
    struct device *device = dev;

    (void)from;
    if (device->fail == 'W') {
        return -EINVAL;
    }
    device->written += size;
    return (int64_t)size;
}

static int dev_load_end(void *dev)
{
    return called(dev, 'E');
}

static const struct vfio_ops ops = {
    .pause = dev_pause,
    .resume = dev_resume,
    .stop = dev_stop,
    .reset = dev_reset,
    .estimate = dev_estimate,
    .save_begin = dev_save_begin,
    .save_read = dev_save_read,
    .save_end = dev_save_end,
    .load_begin = dev_load_begin,
    .load_write = dev_load_write,
    .load_end = dev_load_end,
};

static struct vfio_device make(struct device *device)
{
    static const struct fake_device no_device;
    struct vfio_device vfio;

    vfio_init(&vfio, fake_hal_create(&no_device, 0), "src.vf1", &ops, device);
    return vfio;
}

/* ---- states ---------------------------------------------------------------------------------- */

/* What the device is asked on the way between any two states; NULL: refused. */
static const struct {
    enum vfio_device_mig_state from, to;
    const char *calls;
} ways[] = {
    {VFIO_DEVICE_STATE_RUNNING, VFIO_DEVICE_STATE_RUNNING, ""},
    {VFIO_DEVICE_STATE_RUNNING, VFIO_DEVICE_STATE_RUNNING_P2P, "p"},
    {VFIO_DEVICE_STATE_RUNNING, VFIO_DEVICE_STATE_STOP, "p"},
    {VFIO_DEVICE_STATE_RUNNING, VFIO_DEVICE_STATE_STOP_COPY, "pb"},
    {VFIO_DEVICE_STATE_RUNNING, VFIO_DEVICE_STATE_RESUMING, "pB"},
    {VFIO_DEVICE_STATE_RUNNING_P2P, VFIO_DEVICE_STATE_RUNNING, "r"},
    {VFIO_DEVICE_STATE_RUNNING_P2P, VFIO_DEVICE_STATE_STOP, ""},
    {VFIO_DEVICE_STATE_RUNNING_P2P, VFIO_DEVICE_STATE_STOP_COPY, "b"},
    {VFIO_DEVICE_STATE_RUNNING_P2P, VFIO_DEVICE_STATE_RESUMING, "B"},
    {VFIO_DEVICE_STATE_STOP, VFIO_DEVICE_STATE_RUNNING, "r"},
    {VFIO_DEVICE_STATE_STOP, VFIO_DEVICE_STATE_RUNNING_P2P, ""},
    {VFIO_DEVICE_STATE_STOP, VFIO_DEVICE_STATE_STOP_COPY, "b"},
    {VFIO_DEVICE_STATE_STOP, VFIO_DEVICE_STATE_RESUMING, "B"},
    {VFIO_DEVICE_STATE_STOP_COPY, VFIO_DEVICE_STATE_RUNNING, "er"},
    {VFIO_DEVICE_STATE_STOP_COPY, VFIO_DEVICE_STATE_RUNNING_P2P, "e"},
    {VFIO_DEVICE_STATE_STOP_COPY, VFIO_DEVICE_STATE_STOP, "e"},
    {VFIO_DEVICE_STATE_STOP_COPY, VFIO_DEVICE_STATE_RESUMING, "eB"},
    {VFIO_DEVICE_STATE_RESUMING, VFIO_DEVICE_STATE_RUNNING, "Er"},
    {VFIO_DEVICE_STATE_RESUMING, VFIO_DEVICE_STATE_RUNNING_P2P, "E"},
    {VFIO_DEVICE_STATE_RESUMING, VFIO_DEVICE_STATE_STOP, "E"},
    {VFIO_DEVICE_STATE_RESUMING, VFIO_DEVICE_STATE_STOP_COPY, "Eb"},
    {VFIO_DEVICE_STATE_RUNNING, VFIO_DEVICE_STATE_ERROR, NULL},
    {VFIO_DEVICE_STATE_RUNNING, VFIO_DEVICE_STATE_PRE_COPY, NULL},
    {VFIO_DEVICE_STATE_STOP_COPY, VFIO_DEVICE_STATE_PRE_COPY, NULL},
    {VFIO_DEVICE_STATE_STOP, VFIO_DEVICE_STATE_PRE_COPY_P2P, NULL},
    {VFIO_DEVICE_STATE_STOP, (enum vfio_device_mig_state)8, NULL},
    {VFIO_DEVICE_STATE_ERROR, VFIO_DEVICE_STATE_RUNNING, NULL},
    {VFIO_DEVICE_STATE_ERROR, VFIO_DEVICE_STATE_STOP, NULL},
};

Test(vfio, every_pair_of_states_takes_the_shortest_legal_way_or_is_refused)
{
    for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
        struct device device = {.fail = '\0'};
        struct vfio_device vfio = make(&device);
        int err;

        vfio.state = ways[i].from;
        err = vfio_set_state(&vfio, ways[i].to);
        if (ways[i].calls) {
            cr_expect_eq(err, 0, "row %zu: %d", i, err);
            cr_expect_str_eq(device.calls, ways[i].calls, "row %zu: %s", i, device.calls);
            cr_expect_eq(vfio.state, ways[i].to, "row %zu", i);
        } else {
            cr_expect_eq(err, -EINVAL, "row %zu: %d", i, err);
            cr_expect_eq(vfio.state, ways[i].from, "row %zu", i);
            cr_expect_str_empty(device.calls, "row %zu", i);
        }
    }
}

/* Each arc that asks something of the device, failing. */
static const struct {
    char fail;
    enum vfio_device_mig_state from, to, after;
    const char *calls;
} failures[] = {
    {'p', VFIO_DEVICE_STATE_RUNNING, VFIO_DEVICE_STATE_STOP, VFIO_DEVICE_STATE_ERROR, "ps"},
    {'r', VFIO_DEVICE_STATE_STOP, VFIO_DEVICE_STATE_RUNNING, VFIO_DEVICE_STATE_ERROR, "rs"},
    {'b', VFIO_DEVICE_STATE_RUNNING, VFIO_DEVICE_STATE_STOP_COPY, VFIO_DEVICE_STATE_STOP, "pb"},
    {'e', VFIO_DEVICE_STATE_STOP_COPY, VFIO_DEVICE_STATE_RUNNING, VFIO_DEVICE_STATE_STOP, "e"},
    {'B', VFIO_DEVICE_STATE_STOP, VFIO_DEVICE_STATE_RESUMING, VFIO_DEVICE_STATE_STOP, "B"},
    {'E', VFIO_DEVICE_STATE_RESUMING, VFIO_DEVICE_STATE_STOP, VFIO_DEVICE_STATE_ERROR, "Es"},
};

Test(vfio, failing_arc_keeps_its_errno_and_stops_the_device_unless_it_only_read)
{
    for (size_t i = 0; i < ARRAY_SIZE(failures); i++) {
        struct device device = {.fail = failures[i].fail};
        struct vfio_device vfio = make(&device);

        vfio.state = failures[i].from;
        cr_expect_eq(vfio_set_state(&vfio, failures[i].to), -EIO, "row %zu", i);
        cr_expect_eq(vfio.state, failures[i].after, "row %zu: %s", i, vfio_state_name(vfio.state));
        cr_expect_str_eq(device.calls, failures[i].calls, "row %zu: %s", i, device.calls);
    }
}

Test(vfio, only_a_reset_leaves_error)
{
    struct device device = {.fail = 'p'};
    struct vfio_device vfio = make(&device);

    cr_expect_eq(vfio_set_state(&vfio, VFIO_DEVICE_STATE_STOP), -EIO);
    cr_expect_eq(vfio_set_state(&vfio, VFIO_DEVICE_STATE_RUNNING), -EINVAL);
    cr_expect_eq(vfio_reset(&vfio), 0);
    cr_expect_eq(vfio.state, VFIO_DEVICE_STATE_RUNNING);
    device.fail = 'x';
    cr_expect_eq(vfio_reset(&vfio), -EIO);
    cr_expect_eq(vfio.state, VFIO_DEVICE_STATE_ERROR);
}

Test(vfio, data_moves_only_in_the_state_for_it)
{
    struct device device = {.fail = '\0'};
    struct vfio_device vfio = make(&device);
    uint8_t byte = 0;

    cr_expect_eq(vfio_read(&vfio, &byte, 1), -ENODEV);
    cr_expect_eq(vfio_write(&vfio, &byte, 1), -ENODEV);
    cr_assert_eq(vfio_set_state(&vfio, VFIO_DEVICE_STATE_STOP_COPY), 0);
    cr_expect_eq(vfio_read(&vfio, &byte, 1), 1);
    cr_expect_eq(vfio_write(&vfio, &byte, 1), -ENODEV);
    cr_assert_eq(vfio_set_state(&vfio, VFIO_DEVICE_STATE_RESUMING), 0);
    cr_expect_eq(vfio_read(&vfio, &byte, 1), -ENODEV);
    cr_expect_eq(vfio_write(&vfio, &byte, 1), 1);
}
