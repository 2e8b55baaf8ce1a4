/* SPDX-License-Identifier: MIT */
/* What a user of VFIO migration v2 may say, byte by byte: features, sessions, the DMA log, and the
 * errno of everything else. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "host/abi/vfio_migration_v2.h"
#include "tests/unit/migratable.h"

#define GET   VFIO_DEVICE_FEATURE_GET
#define SET   VFIO_DEVICE_FEATURE_SET
#define PROBE VFIO_DEVICE_FEATURE_PROBE

static struct migratable device;
static struct vfio_ops ops;
static struct vfio_device vfio;

static void open_device(void)
{
    static const struct fake_device no_device;

    memset(&device, 0, sizeof(device));
    ops = migratable_ops(true, true);
    vfio_init(&vfio, fake_hal_create(&no_device, 0), "src.vf1", &ops, &device);
}

TestSuite(vfio_feature, .init = open_device);

/* The call with a struct of the feature behind its head; the answer is in data. */
static int call(uint32_t flags, void *data, uint32_t size)
{
    uint8_t bytes[64] = {0};
    const struct vfio_device_feature head = {(uint32_t)sizeof(head) + size, flags};
    int err;

    memcpy(bytes, &head, sizeof(head));
    if (size) {
        memcpy(bytes + sizeof(head), data, size);
    }
    err = vfio_feature(&vfio, bytes, sizeof(head) + size);
    if (size) {
        memcpy(data, bytes + sizeof(head), size);
    }
    return err;
}

/* Returns the data_fd, or the errno. */
static int go(uint32_t state)
{
    struct vfio_device_feature_mig_state arg = {state, 7};
    int err = call(SET | VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE, &arg, sizeof(arg));

    cr_expect(!err || arg.data_fd == -1, "no session after a failure");
    return err ? err : arg.data_fd;
}

/* ---- heads ----------------------------------------------------------------------------------- */

Test(vfio_feature, head_that_is_wrong_in_one_way_gets_its_errno)
{
    static const struct {
        uint32_t argsz, flags;
        uint64_t size;
        int err;
        const char *what;
    } heads[] = {
        {16, GET | 1, 16, 0, "sound"},
        {7, GET | 1, 16, -EINVAL, "argsz below the head"},
        {8, GET | 1, 16, -EINVAL, "argsz without room for the data"},
        {16, GET | 1, 4, -EFAULT, "memory ends in the head"},
        {16, GET | 1, 12, -EFAULT, "memory ends in the data"},
        {16, 1, 16, -EINVAL, "no operation"},
        {16, GET | SET | 2, 16, -EINVAL, "both at once"},
        {16, GET | SET | PROBE | 2, 16, 0, "both probed"},
        {16, GET | 1 << 19 | 1, 16, -EINVAL, "unknown flag"},
        {16, SET | 1, 16, -EINVAL, "MIGRATION cannot be set"},
        {8, PROBE | GET | 1, 8, 0, "a probe needs no data"},
        {8, PROBE | SET | 1, 8, -EINVAL, "a probe of what cannot be"},
        {16, GET | 6, 16, -EINVAL, "LOGGING_START cannot be got"},
        {16, SET | 8, 16, -EINVAL, "LOGGING_REPORT cannot be set"},
        {16, GET | 3, 16, -ENOTTY, "no such feature"},
        {16, GET | 0xffff, 16, -ENOTTY, "the last index"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(heads); i++) {
        uint8_t bytes[64] = {0};
        const struct vfio_device_feature head = {heads[i].argsz, heads[i].flags};

        memcpy(bytes, &head, sizeof(head));
        cr_expect_eq(vfio_feature(&vfio, bytes, heads[i].size), heads[i].err, "%s", heads[i].what);
    }
    cr_expect_eq(vfio_feature(&vfio, NULL, 16), -EFAULT);
    cr_expect_str_empty(device.calls, "none of them reached the device");
}

Test(vfio_feature, migration_tells_what_the_device_offers)
{
    struct vfio_device_feature_migration arg = {0};

    cr_expect_eq(call(GET | VFIO_DEVICE_FEATURE_MIGRATION, &arg, sizeof(arg)), 0);
    cr_expect_eq(arg.flags, 7);
    ops.no_p2p = true;
    ops.precopy_read = NULL;
    cr_expect_eq(call(GET | VFIO_DEVICE_FEATURE_MIGRATION, &arg, sizeof(arg)), 0);
    cr_expect_eq(arg.flags, VFIO_MIGRATION_STOP_COPY);
    cr_expect_eq(call(SET | VFIO_DEVICE_FEATURE_MIG_PRECOPY_INFOv2, NULL, 0), -ENOTTY);
}

Test(vfio_feature, data_size_is_never_zero_and_can_be_asked_in_every_state)
{
    struct vfio_device_feature_mig_data_size arg = {0};

    for (unsigned state = 0; state < 8; state++) {
        vfio.state = (enum vfio_device_mig_state)state;
        cr_expect_eq(call(GET | VFIO_DEVICE_FEATURE_MIG_DATA_SIZE, &arg, sizeof(arg)), 0);
        cr_expect_eq(arg.stop_copy_length, MIGRATABLE_STREAM);
    }
}

/* ---- states and sessions --------------------------------------------------------------------- */

Test(vfio_feature, session_spans_the_saving_states_and_ends_with_them)
{
    uint8_t bytes[64];
    int first, second;

    cr_expect_eq(go(VFIO_DEVICE_STATE_RUNNING), -1, "the same state");
    first = go(VFIO_DEVICE_STATE_PRE_COPY);
    cr_expect_geq(first, 0);
    cr_expect_eq(vfio_data_read(&vfio, first, bytes, 64), MIGRATABLE_PRECOPY);
    cr_expect_eq(vfio_data_read(&vfio, first, bytes, 64), -ENOMSG, "nothing for now");
    cr_expect_eq(go(VFIO_DEVICE_STATE_PRE_COPY_P2P), -1, "it goes on");
    cr_expect_eq(go(VFIO_DEVICE_STATE_STOP_COPY), -1);
    for (uint64_t at = MIGRATABLE_PRECOPY; at < MIGRATABLE_STREAM;) {
        int64_t got = vfio_data_read(&vfio, first, bytes, 64);

        cr_assert_gt(got, 0);
        cr_expect_eq(bytes[0], at, "in order");
        at += (uint64_t)got;
    }
    cr_expect_eq(vfio_data_read(&vfio, first, bytes, 64), 0, "the end");
    cr_expect_eq(vfio_data_read(&vfio, first, bytes, 64), 0, "for ever");
    cr_expect_eq(vfio_data_write(&vfio, first, bytes, 1), -EBADF, "read only");
    cr_expect_eq(vfio_data_seek(&vfio, first), -ESPIPE);
    cr_expect_eq(go(VFIO_DEVICE_STATE_STOP), -1);
    cr_expect_eq(vfio_data_read(&vfio, first, bytes, 64), -ENODEV, "it has ended");
    second = go(VFIO_DEVICE_STATE_RESUMING);
    cr_expect(second >= 0 && second != first);
    cr_expect_eq(vfio_data_read(&vfio, second, bytes, 64), -EBADF, "write only");
    cr_expect_eq(vfio_data_write(&vfio, second, bytes, 9), 9);
    cr_expect_eq(vfio_data_write(&vfio, first, bytes, 1), -ENODEV);
    vfio_data_close(&vfio, second);
    cr_expect_eq(vfio_data_write(&vfio, second, bytes, 1), -EBADF, "closed");
    cr_expect_eq(vfio.state, VFIO_DEVICE_STATE_RESUMING, "which changes no state");
    cr_expect_eq(vfio_data_read(&vfio, 99, bytes, 1), -EBADF);
    cr_expect_eq(vfio_data_read(&vfio, -1, bytes, 1), -EBADF);
    cr_expect_eq(vfio_data_seek(&vfio, 99), -EBADF);
}

Test(vfio_feature, get_state_tells_it_without_a_session)
{
    struct vfio_device_feature_mig_state arg = {0, 9};

    cr_expect_geq(go(VFIO_DEVICE_STATE_STOP_COPY), 0);
    cr_expect_eq(call(GET | VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE, &arg, sizeof(arg)), 0);
    cr_expect_eq(arg.device_state, VFIO_DEVICE_STATE_STOP_COPY);
    cr_expect_eq(arg.data_fd, -1);
}

Test(vfio_feature, refused_states_change_nothing_and_reset_ends_the_session)
{
    static const uint32_t refused[] = {VFIO_DEVICE_STATE_ERROR, VFIO_DEVICE_STATE_PRE_COPY, 8,
                                       UINT32_MAX};
    uint8_t byte;
    int fd = go(VFIO_DEVICE_STATE_STOP_COPY);

    for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
        cr_expect_eq(go(refused[i]), -EINVAL, "%u", refused[i]);
        cr_expect_eq(vfio.state, VFIO_DEVICE_STATE_STOP_COPY);
    }
    cr_expect_eq(vfio_data_read(&vfio, fd, &byte, 1), 1, "the session goes on");
    cr_expect_eq(vfio_reset(&vfio), 0);
    cr_expect_eq(vfio_data_read(&vfio, fd, &byte, 1), -ENODEV);
}

static int ask_precopy(int fd, struct vfio_precopy_info *info, uint64_t size)
{
    return vfio_data_ioctl(&vfio, fd, VFIO_MIG_GET_PRECOPY_INFO, info, size);
}

Test(vfio_feature, precopy_info_falls_as_data_are_read_and_has_its_states)
{
    struct vfio_precopy_info info = {.argsz = sizeof(info)};
    uint8_t bytes[15];
    int fd = go(VFIO_DEVICE_STATE_PRE_COPY);

    cr_expect_eq(ask_precopy(fd, &info, sizeof(info)), 0);
    cr_expect_eq(info.initial_bytes, MIGRATABLE_PRECOPY);
    cr_expect_eq(info.dirty_bytes, 0);
    cr_expect_eq(vfio_data_read(&vfio, fd, bytes, sizeof(bytes)), 15);
    cr_expect_eq(ask_precopy(fd, &info, sizeof(info)), 0);
    cr_expect_eq(info.initial_bytes, MIGRATABLE_PRECOPY - 15);
    info.argsz = 23;
    cr_expect_eq(ask_precopy(fd, &info, sizeof(info)), -EINVAL, "argsz");
    info.argsz = sizeof(info);
    cr_expect_eq(ask_precopy(fd, &info, 12), -EFAULT);
    cr_expect_eq(ask_precopy(fd, NULL, 24), -EFAULT);
    cr_expect_eq(vfio_data_ioctl(&vfio, fd, 0x3b75, &info, sizeof(info)), -ENOTTY);
    cr_expect_eq(go(VFIO_DEVICE_STATE_STOP_COPY), -1);
    cr_expect_eq(ask_precopy(fd, &info, sizeof(info)), -EINVAL, "not in pre-copy any more");
    cr_expect_eq(go(VFIO_DEVICE_STATE_STOP), -1);
    cr_expect_eq(ask_precopy(fd, &info, sizeof(info)), -ENODEV);
}

/* ---- DMA log --------------------------------------------------------------------------------- */

static int start(uint64_t page_size, const struct vfio_device_feature_dma_logging_range *ranges,
                 uint32_t count)
{
    struct vfio_device_feature_dma_logging_control arg = {
        .page_size = page_size, .num_ranges = count, .ranges = (uint64_t)(uintptr_t)ranges};

    return call(SET | VFIO_DEVICE_FEATURE_DMA_LOGGING_START, &arg, sizeof(arg));
}

static int report(uint64_t iova, uint64_t length, uint64_t page_size, uint8_t *bitmap)
{
    struct vfio_device_feature_dma_logging_report arg = {iova, length, page_size,
                                                         (uint64_t)(uintptr_t)bitmap};

    return call(GET | VFIO_DEVICE_FEATURE_DMA_LOGGING_REPORT, &arg, sizeof(arg));
}

Test(vfio_feature, log_that_is_asked_for_wrongly_does_not_begin)
{
    static struct vfio_device_feature_dma_logging_range many[257];
    static const struct {
        uint64_t page_size;
        struct vfio_device_feature_dma_logging_range ranges[2];
        uint32_t count;
        int err;
    } asked[] = {
        {4096, {{0, 4096}}, 0, -EINVAL},
        {4096, {{1, 4096}}, 1, -EINVAL},
        {4096, {{0, 4095}}, 1, -EINVAL},
        {4096, {{0, 0}}, 1, -EINVAL},
        {4096, {{UINT64_MAX - 4095, 8192}}, 1, -EOVERFLOW},
        {4096, {{0, 8192}, {4096, 4096}}, 2, -EINVAL},
        {2048, {{0, 4096}}, 1, -EINVAL},
        {5000, {{0, 5000}}, 1, -EINVAL},
        {0, {{0, 4096}}, 1, -EINVAL},
        {65536, {{0, 4096}}, 1, -EINVAL},
    };

    for (size_t i = 0; i < ARRAY_SIZE(asked); i++) {
        cr_expect_eq(start(asked[i].page_size, asked[i].ranges, asked[i].count), asked[i].err,
                     "row %zu", i);
    }
    for (uint64_t n = 0; n < ARRAY_SIZE(many); n++) {
        many[n] = (struct vfio_device_feature_dma_logging_range){n * 8192, 4096};
    }
    cr_expect_eq(start(4096, many, 257), -E2BIG);
    cr_expect_eq(start(4096, NULL, 1), -EFAULT);
    cr_expect_str_empty(device.calls);
    cr_expect_eq(start(4096, many, 256), 0);
    cr_expect_eq(start(4096, many, 1), -EBUSY);
    cr_expect_eq(call(SET | VFIO_DEVICE_FEATURE_DMA_LOGGING_STOP, NULL, 0), 0);
    cr_expect_eq(call(SET | VFIO_DEVICE_FEATURE_DMA_LOGGING_STOP, NULL, 0), -EINVAL, "none");
    cr_expect_str_eq(device.calls, "Ll");
}

Test(vfio_feature, report_sets_bits_only_and_tells_each_page_once)
{
    const struct vfio_device_feature_dma_logging_range all = {0, MIGRATABLE_RAM};
    uint8_t bitmap[MIGRATABLE_PAGES / 8] = {0x80};

    cr_expect_eq(report(0, MIGRATABLE_RAM, 4096, bitmap), -EINVAL, "not begun");
    cr_assert_eq(start(4096, &all, 1), 0);
    device.dirty[0] = 0x05;
    device.dirty[7] = 0x10;
    cr_expect_eq(report(0, MIGRATABLE_RAM, 4096, bitmap), 0);
    cr_expect_eq(bitmap[0], 0x85, "the user's own bit is kept");
    cr_expect_eq(bitmap[7], 0x10);
    memset(bitmap, 0, sizeof(bitmap));
    cr_expect_eq(report(0, MIGRATABLE_RAM, 4096, bitmap), 0);
    cr_expect_eq(bitmap[0] | bitmap[7], 0, "it forgot them");
    device.dirty[1] = 0x01;
    cr_expect_eq(report(0, MIGRATABLE_RAM, 32768, bitmap), 0);
    cr_expect_eq(bitmap[0], 0x02, "larger pages");
    cr_expect_eq(report(100, 4096, 4096, bitmap), -EINVAL);
    cr_expect_eq(report(0, 4096, 3000, bitmap), -EINVAL);
    cr_expect_eq(report(UINT64_MAX - 4095, 8192, 4096, bitmap), -EOVERFLOW);
    cr_expect_eq(report(0, 4096, 4096, NULL), -EFAULT);
    device.fail = 'D';
    cr_expect_eq(report(0, 4096, 4096, bitmap), -EIO, "then all may be dirty");
}

Test(vfio_feature, device_without_a_log_has_no_such_feature)
{
    const struct vfio_device_feature_dma_logging_range all = {0, MIGRATABLE_RAM};
    uint8_t bitmap[8];

    ops = migratable_ops(false, false);
    cr_expect_eq(call(PROBE | SET | VFIO_DEVICE_FEATURE_DMA_LOGGING_START, NULL, 0), -ENOTTY);
    cr_expect_eq(start(4096, &all, 1), -ENOTTY);
    cr_expect_eq(report(0, MIGRATABLE_RAM, 4096, bitmap), -ENOTTY);
    cr_expect_eq(call(SET | VFIO_DEVICE_FEATURE_DMA_LOGGING_STOP, NULL, 0), -ENOTTY);
}
