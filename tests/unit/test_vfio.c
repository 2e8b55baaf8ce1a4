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

static int dev_precopy_begin(void *dev)
{
    return called(dev, 'c');
}

static int dev_precopy_end(void *dev)
{
    return called(dev, 'C');
}

static const struct fake_device no_device;

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
    .precopy_begin = dev_precopy_begin, /* of no use without precopy_read */
    .precopy_end = dev_precopy_end,
};

static struct vfio_device make(struct device *device)
{
    struct vfio_device vfio;

    vfio_init(&vfio, fake_hal_kept(&no_device, 0), "src.vf1", &ops, device);
    return vfio;
}

TestSuite(vfio, .fini = fake_hals_close);

/* ---- states ---------------------------------------------------------------------------------- */

#define X "-" /* refused */

/* What the device is asked on the way from the row's state to the column's, by what it offers
 * beyond STOP_COPY. Columns: ERROR STOP RUNNING STOP_COPY RESUMING RUNNING_P2P PRE_COPY
 * PRE_COPY_P2P, and a state that there is not. */
#define STATES  8
#define COLUMNS (STATES + 1)

static const struct {
    const char *name;
    bool p2p, precopy;
    const char *calls[STATES][COLUMNS];
} kinds[] = {
    {"P2P and pre-copy",
     true,
     true,
     {
         {X, X, X, X, X, X, X, X, X},
         {X, "", "r", "b", "B", "", "rc", "c", X},
         {X, "p", "", "pb", "pB", "p", "c", "pc", X},
         {X, "e", "er", "", "eB", "e", X, X, X},
         {X, "E", "Er", "Eb", "", "E", "Erc", "Ec", X},
         {X, "", "r", "b", "B", "", "rc", "c", X},
         {X, "Cp", "C", "pb", "CpB", "Cp", "", "p", X},
         {X, "C", "Cr", "b", "CB", "C", "r", "", X},
     }},
    {"P2P",
     true,
     false,
     {
         {X, X, X, X, X, X, X, X, X},
         {X, "", "r", "b", "B", "", X, X, X},
         {X, "p", "", "pb", "pB", "p", X, X, X},
         {X, "e", "er", "", "eB", "e", X, X, X},
         {X, "E", "Er", "Eb", "", "E", X, X, X},
         {X, "", "r", "b", "B", "", X, X, X},
     }},
    {"pre-copy",
     false,
     true,
     {
         {X, X, X, X, X, X, X, X, X},
         {X, "", "r", "b", "B", X, "rc", X, X},
         {X, "p", "", "pb", "pB", X, "c", X, X},
         {X, "e", "er", "", "eB", X, X, X, X},
         {X, "E", "Er", "Eb", "", X, "Erc", X, X},
         {NULL},
         {X, "Cp", "C", "pb", "CpB", X, "", X, X},
     }},
    {"nothing",
     false,
     false,
     {
         {X, X, X, X, X, X, X, X, X},
         {X, "", "r", "b", "B", X, X, X, X},
         {X, "p", "", "pb", "pB", X, X, X, X},
         {X, "e", "er", "", "eB", X, X, X, X},
         {X, "E", "Er", "Eb", "", X, X, X, X},
     }},
};

static void try_pair(size_t kind, unsigned from, unsigned to)
{
    const char *calls = kinds[kind].calls[from][to];
    struct device device = {.fail = '\0'};
    struct vfio_ops offered = ops;
    struct hal *hal = fake_hal_create(&no_device, 0);
    struct vfio_device vfio;
    int err;

    offered.no_p2p = !kinds[kind].p2p;
    offered.precopy_read = kinds[kind].precopy ? dev_save_read : NULL;
    vfio_init(&vfio, hal, "src.vf1", &offered, &device);
    vfio.state = (enum vfio_device_mig_state)from;
    err = vfio_set_state(&vfio, (enum vfio_device_mig_state)to);
    if (strcmp(calls, X) != 0) {
        cr_expect_eq(err, 0, "%s, %u -> %u: %d", kinds[kind].name, from, to, err);
        cr_expect_str_eq(device.calls, calls, "%s, %u -> %u: %s", kinds[kind].name, from, to,
                         device.calls);
        cr_expect_eq(vfio.state, to, "%s, %u -> %u", kinds[kind].name, from, to);
    } else {
        cr_expect_eq(err, -EINVAL, "%s, %u -> %u: %d", kinds[kind].name, from, to, err);
        cr_expect_eq(vfio.state, from, "%s, %u -> %u", kinds[kind].name, from, to);
        cr_expect_str_empty(device.calls, "%s, %u -> %u", kinds[kind].name, from, to);
    }
    fake_hal_destroy(hal);
}

/* STOP_COPY to pre-copy on a device that has it is refused, too, not walked for ever. */
Test(vfio, every_pair_of_states_takes_the_shortest_legal_way_or_is_refused)
{
    for (size_t kind = 0; kind < ARRAY_SIZE(kinds); kind++) {
        for (unsigned from = 0; from < STATES; from++) {
            for (unsigned to = 0; kinds[kind].calls[from][0] && to < COLUMNS; to++) {
                try_pair(kind, from, to);
            }
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

static bool dev_intact(void *dev)
{
    return ((struct device *)dev)->written < 50;
}

/* A refused image leaves a device that nothing was applied to where it is. */
Test(vfio, load_that_fails_ends_in_error_unless_the_device_is_intact)
{
    struct vfio_ops asked = ops;

    asked.intact = dev_intact;
    for (uint64_t written = 0; written < 100; written += 60) {
        struct device device = {.fail = 'E', .written = written};
        struct vfio_device vfio = make(&device);

        vfio.ops = &asked;
        vfio.state = VFIO_DEVICE_STATE_RESUMING;
        cr_expect_eq(vfio_set_state(&vfio, VFIO_DEVICE_STATE_RUNNING), -EIO);
        cr_expect_eq(vfio.state, written ? VFIO_DEVICE_STATE_ERROR : VFIO_DEVICE_STATE_RESUMING);
        cr_expect_str_eq(device.calls, written ? "Es" : "E");
    }
}

Test(vfio, save_that_does_not_begin_lets_a_device_without_p2p_run_on)
{
    struct vfio_ops asked = ops;
    struct device device = {.fail = 'b'};
    struct vfio_device vfio = make(&device);

    asked.no_p2p = true;
    asked.precopy_read = dev_save_read;
    vfio.ops = &asked;
    vfio.state = VFIO_DEVICE_STATE_PRE_COPY;
    cr_expect_eq(vfio_set_state(&vfio, VFIO_DEVICE_STATE_STOP_COPY), -EIO);
    cr_expect_eq(vfio.state, VFIO_DEVICE_STATE_PRE_COPY);
    cr_expect_str_eq(device.calls, "pbr");
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
