/* SPDX-License-Identifier: MIT */
/* The vfio-user server as a VMM sees it. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/vfio_user_scene.h"

#define RW        (VFIO_USER_DMA_READABLE | VFIO_USER_DMA_WRITABLE)
#define COMMAND   0x04u
#define MEMORY    0x2u
#define MASTER    0x4u
#define DEVCTL    0x48u
#define PMCSR     0xa4u
#define FLR       0x8000u
#define MSIX_TRIG (VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER)

static int set_irqs(struct outside *scene, uint32_t flags, uint32_t start, uint32_t count,
                    const int *fds)
{
    const struct vfio_user_irq_set set = {sizeof(set), flags, VFIO_PCI_MSIX_IRQ_INDEX, start,
                                          count};

    if (!fds) {
        return outside_ask(scene, VFIO_USER_DEVICE_SET_IRQS, &set, sizeof(set), NULL, 0);
    }
    outside_send_fds(scene, VFIO_USER_DEVICE_SET_IRQS, &set, sizeof(set), fds, count);
    return outside_answer(scene, NULL, 0, NULL);
}

static uint64_t signals(int fd)
{
    uint64_t count = 0;

    return read(fd, &count, sizeof(count)) == sizeof(count) ? count : 0;
}

/* ---- set-up ---------------------------------------------------------------------------------- */

Test(vfio_user, answer_to_version_is_no_longer_than_the_question)
{
    static const char small[] = "\0\0\0\0{}";
    struct outside *scene = outside_create(2);
    uint32_t got;

    outside_connect(scene);
    outside_send(scene, VFIO_USER_VERSION, 0, small, sizeof(small));
    cr_assert_eq(outside_answer(scene, NULL, 0, &got), 0);
    cr_expect_leq(got, sizeof(small));
    outside_destroy(scene);
}

Test(vfio_user, other_major_version_or_broken_json_is_refused_and_closed)
{
    static const struct {
        const char *bytes;
        uint32_t size;
    } bad[] = {
        {"\1\0\0\0{}", 7}, {"\0\0\0\0{", 6}, {"\0\0\0\0{}", 6}, {"\0\0\0\0[]", 7}, {"\0", 1}};
    struct outside *scene = outside_create(2);

    for (unsigned n = 0; n < sizeof(bad) / sizeof(bad[0]); n++) {
        outside_connect(scene);
        cr_expect_eq(outside_ask(scene, VFIO_USER_VERSION, bad[n].bytes, bad[n].size, NULL, 0),
                     EINVAL, "%u", n);
        outside_close(scene);
    }
    outside_open(scene);
    outside_destroy(scene);
}

Test(vfio_user, path_that_cannot_be_is_refused)
{
    const struct vfio_user_config config = {.device_id = 1, .bar0_size = 4096};
    struct vfio_user *server = vfio_user_create(&config, &(struct vfio_user_ops){NULL}, NULL);
    char path[200];

    memset(path, 'a', sizeof(path) - 1);
    path[sizeof(path) - 1] = '\0';
    cr_expect_eq(vfio_user_listen(server, ""), -ENAMETOOLONG);
    cr_expect_eq(vfio_user_listen(server, path), -ENAMETOOLONG);
    cr_expect_eq(vfio_user_listen(server, "/dev/null/socket"), -ENOTDIR);
    vfio_user_destroy(server);
}

Test(vfio_user, nothing_works_before_the_version)
{
    const struct vfio_user_device_info ask = {.argsz = sizeof(ask)};
    struct outside *scene = outside_create(2);

    outside_connect(scene);
    cr_expect_eq(outside_ask(scene, VFIO_USER_DEVICE_GET_INFO, &ask, sizeof(ask), NULL, 0), EINVAL);
    cr_expect(outside_is_closed(scene));
    outside_destroy(scene);
}

Test(vfio_user, device_has_regions_and_interrupts_as_a_vmm_wants_them)
{
    struct vfio_user_device_info info = {.argsz = sizeof(info)};
    struct vfio_user_irq_info irq = {.argsz = sizeof(irq), .index = VFIO_PCI_MSIX_IRQ_INDEX};
    static const uint64_t sizes[VFIO_PCI_NUM_REGIONS] = {SCENE_BAR0, 0, 0,    0, 0x2000,
                                                         0,          0, 4096, 0};
    struct outside *scene = outside_create(2);

    outside_open(scene);
    cr_assert_eq(
        outside_ask(scene, VFIO_USER_DEVICE_GET_INFO, &info, sizeof(info), &info, sizeof(info)), 0);
    cr_expect_eq(info.flags, 3);
    cr_expect_eq(info.num_regions, 9);
    cr_expect_eq(info.num_irqs, 5);
    for (uint32_t n = 0; n < VFIO_PCI_NUM_REGIONS; n++) {
        struct vfio_user_region_info region = {.argsz = sizeof(region), .index = n};

        cr_assert_eq(outside_ask(scene, VFIO_USER_DEVICE_GET_REGION_INFO, &region, sizeof(region),
                                 &region, sizeof(region)),
                     0);
        cr_expect_eq(region.size, sizes[n], "region %u", n);
        cr_expect_eq(region.flags, sizes[n] ? 3 : 0, "region %u cannot be mapped", n);
    }
    cr_assert_eq(
        outside_ask(scene, VFIO_USER_DEVICE_GET_IRQ_INFO, &irq, sizeof(irq), &irq, sizeof(irq)), 0);
    cr_expect_eq(irq.count, 2);
    cr_expect_eq(irq.flags, VFIO_IRQ_INFO_EVENTFD);
    outside_destroy(scene);
}

/* ---- accesses -------------------------------------------------------------------------------- */

Test(vfio_user, posted_writes_get_no_answer_and_reads_see_them)
{
    const struct {
        struct vfio_user_region_access access;
        uint32_t data;
    } __attribute__((packed)) write = {{0x1901f0, 0, 4}, 7};
    const struct vfio_user_region_access beyond = {SCENE_BAR0, 0, 4};
    struct outside *scene = outside_create(2);
    uint32_t value;

    outside_open(scene);
    outside_send(scene, VFIO_USER_REGION_WRITE, VFIO_USER_FLAGS_NO_REPLY, &write, sizeof(write));
    outside_send(scene, VFIO_USER_REGION_WRITE, VFIO_USER_FLAGS_NO_REPLY, &beyond, sizeof(beyond));
    outside_send(scene, 99, VFIO_USER_FLAGS_NO_REPLY, NULL, 0);
    cr_expect_eq(outside_answer(scene, NULL, 0, NULL), -1, "not even an error is answered");
    cr_expect_eq(scene->num_writes, 1);
    cr_expect_eq(scene->last_value, 7);
    cr_assert_eq(outside_read(scene, 0, 0x1901f8, 4, &value), 0);
    cr_expect_eq(value, 0x55667788);
    cr_expect_eq(scene->last_offset, 0x1901f8);
    outside_destroy(scene);
}

Test(vfio_user, access_is_cut_into_natural_pieces)
{
    struct outside *scene = outside_create(2);
    uint8_t bytes[16];

    outside_open(scene);
    cr_assert_eq(outside_read(scene, 0, 0x800000, 16, bytes), 0);
    cr_expect_eq(scene->num_reads, 2);
    cr_expect_eq(scene->last_size, 8);
    cr_assert_eq(outside_write(scene, 0, 0x800004, 8, 1), 0);
    cr_expect_eq(scene->num_writes, 2);
    cr_expect_eq(scene->last_size, 4);
    outside_destroy(scene);
}

Test(vfio_user, accesses_out_of_a_region_are_refused)
{
    static const struct vfio_user_region_access bad[] = {
        {SCENE_BAR0, 0, 4},
        {SCENE_BAR0 - 2, 0, 4},
        {UINT64_MAX - 1, 0, 4},
        {0, 0, 0},
        {0, 1, 4},
        {0, 6, 4},
        {0, 8, 1},
        {0, 9, 4},
        {0, UINT32_MAX, 4},
        {4096, 7, 1},
        {4095, 7, 2},
        {0, 0, UINT32_MAX},
        {0, 0, (1u << 20) + 1},
    };
    struct outside *scene = outside_create(2);

    outside_open(scene);
    for (unsigned n = 0; n < ARRAY_SIZE(bad); n++) {
        cr_expect_eq(outside_ask(scene, VFIO_USER_REGION_READ, &bad[n], sizeof(bad[n]), NULL, 0),
                     EINVAL, "read %u", n);
        cr_expect_eq(outside_ask(scene, VFIO_USER_REGION_WRITE, &bad[n], sizeof(bad[n]), NULL, 0),
                     EINVAL, "write %u", n);
    }
    cr_expect_eq(scene->num_reads + scene->num_writes, 0);
    outside_destroy(scene);
}

Test(vfio_user, function_that_does_not_decode_memory_refuses_its_bars)
{
    struct outside *scene = outside_create(2);
    uint32_t value;

    outside_open(scene);
    cr_expect_eq(outside_read(scene, 0, 0x1901f8, 4, &value), 0);
    cr_assert_eq(outside_write(scene, 7, COMMAND, 2, MASTER), 0);
    cr_expect_eq(outside_read(scene, 0, 0x1901f8, 4, &value), EIO);
    cr_expect_eq(outside_write(scene, 0, 0x1901f0, 4, 0), EIO);
    cr_expect_eq(outside_read(scene, 4, 0, 4, &value), EIO);
    cr_expect_eq(scene->num_reads + scene->num_writes, 1);
    cr_assert_eq(outside_write(scene, 7, COMMAND, 2, MEMORY), 0);
    cr_expect_eq(outside_read(scene, 0, 0x1901f8, 4, &value), 0);
    cr_assert_eq(outside_write(scene, 7, DEVCTL, 2, FLR), 0);
    cr_expect_eq(outside_read(scene, 0, 0x1901f8, 4, &value), EIO, "after FLR");
    outside_destroy(scene);
}

/* ---- configuration space --------------------------------------------------------------------- */

Test(vfio_user, configuration_space_is_that_of_an_endpoint_with_flr_and_msix)
{
    struct outside *scene = outside_create(2);
    uint8_t space[4096], irq, power;

    outside_open(scene);
    cr_assert_eq(outside_read(scene, 7, 0, sizeof(space), space), 0);
    cr_expect_eq(space[0] | space[1] << 8, 0x8086);
    cr_expect_eq(space[2] | space[3] << 8, 0xb080);
    cr_expect_eq(space[6] & 0x10, 0x10, "capability list");
    cr_expect_eq(space[0x0b], 3, "display");
    cr_expect_eq(space[0x10], 4, "64-bit BAR");
    cr_expect_eq(space[0x3d], 0, "no pin");
    cr_expect_eq(space[space[0x34]], 0x10);
    cr_expect_eq(space[space[0x34] + 7] & 0x10, 0x10, "FLR");
    irq = space[space[0x34] + 1];
    cr_expect_geq(irq, space[0x34] + 0x3c, "behind all of the first");
    cr_expect_eq(space[irq], 0x11);
    cr_expect_eq(space[irq + 2], 1, "two vectors");
    power = space[irq + 1];
    cr_expect_eq(space[power], 0x01);
    cr_expect_eq(space[power + 4], 0x08, "D0, and it forgets nothing");
    cr_expect_eq(space[power + 1], 0, "the last");
    outside_destroy(scene);
}

Test(vfio_user, read_only_bits_of_the_configuration_space_stay)
{
    struct outside *scene = outside_create(2);
    uint32_t value;

    outside_open(scene);
    for (uint32_t offset = 0; offset < 0x100; offset += 4) {
        (void)outside_write(scene, 7, offset, 4, offset == DEVCTL ? 0 : UINT32_MAX);
    }
    cr_assert_eq(outside_read(scene, 7, 0, 4, &value), 0);
    cr_expect_eq(value, 0xb0808086);
    cr_assert_eq(outside_read(scene, 7, 0x10, 4, &value), 0);
    cr_expect_eq(value, 4, "a BAR is the VMM's");
    cr_assert_eq(outside_read(scene, 7, 0x30, 4, &value), 0);
    cr_expect_eq(value, 0, "no ROM");
    cr_expect_eq(scene->num_resets, 0);
    outside_destroy(scene);
}

Test(vfio_user, function_in_d3hot_has_its_configuration_space_alone)
{
    struct outside *scene = outside_create(2);
    int fd = outside_memory(0x1000, true);
    uint32_t value;

    outside_open(scene);
    cr_assert_eq(outside_write(scene, 7, COMMAND, 2, MEMORY | MASTER), 0);
    cr_assert_eq(outside_map(scene, 0, 0x1000, 0, RW, fd), 0);
    cr_assert_eq(outside_write(scene, 7, PMCSR, 2, 3), 0);
    cr_assert_eq(outside_read(scene, 7, PMCSR, 2, &value), 0);
    cr_expect_eq((uint16_t)value, 0x0b);
    cr_expect_eq(outside_read(scene, 0, 0x1901f8, 4, &value), EIO);
    cr_expect_eq(vfio_user_mem_read(scene->server, 0, &value, 4), -EFAULT);
    cr_expect_not(scene->mastering);
    cr_assert_eq(outside_write(scene, 7, PMCSR, 2, 0), 0);
    cr_expect_eq(outside_read(scene, 0, 0x1901f8, 4, &value), 0);
    cr_expect_eq(vfio_user_mem_read(scene->server, 0, &value, 4), 0);
    cr_expect(scene->mastering);
    cr_expect_eq(scene->num_resets, 0, "it was not reset");
    cr_assert_eq(outside_write(scene, 7, PMCSR, 2, 3), 0);
    cr_assert_eq(outside_write(scene, 7, DEVCTL, 2, FLR), 0);
    cr_assert_eq(outside_read(scene, 7, PMCSR, 2, &value), 0);
    cr_expect_eq((uint16_t)value, 0x08, "FLR wakes it");
    outside_destroy(scene);
    (void)close(fd);
}

Test(vfio_user, flr_resets_the_function_and_keeps_the_eventfds)
{
    struct outside *scene = outside_create(2);
    int fd = eventfd(0, EFD_NONBLOCK);

    outside_open(scene);
    cr_assert_eq(set_irqs(scene, MSIX_TRIG, 0, 1, &fd), 0);
    cr_assert_eq(outside_write(scene, 7, COMMAND, 2, MASTER), 0);
    cr_expect(scene->mastering);
    cr_assert_eq(outside_write(scene, 7, DEVCTL, 2, FLR | 0xf), 0);
    cr_expect_eq(scene->num_resets, 1);
    cr_expect_not(scene->mastering);
    vfio_user_raise(scene->server, 0);
    cr_expect_eq(signals(fd), 1);
    outside_destroy(scene);
    (void)close(fd);
}

Test(vfio_user, reset_message_may_come_twice)
{
    struct outside *scene = outside_create(2);

    outside_open(scene);
    cr_expect_eq(outside_ask(scene, VFIO_USER_DEVICE_RESET, NULL, 0, NULL, 0), 0);
    cr_expect_eq(outside_ask(scene, VFIO_USER_DEVICE_RESET, NULL, 0, NULL, 0), 0);
    cr_expect_eq(scene->num_resets, 2);
    outside_destroy(scene);
}

/* ---- memory ---------------------------------------------------------------------------------- */

static void check_memory(bool sealed)
{
    struct outside *scene = outside_create(2);
    int fd = outside_memory(0x4000, sealed);
    uint64_t value = 0x0123456789abcdefull, seen = 0;

    outside_open(scene);
    cr_assert_eq(outside_map(scene, 0x10000, 0x2000, 0x2000, RW, fd), 0);
    cr_expect_eq(vfio_user_mem_write(scene->server, 0x10008, &value, 8), -EFAULT,
                 "bus mastering is off");
    cr_assert_eq(outside_write(scene, 7, COMMAND, 2, MASTER), 0);
    cr_assert_eq(vfio_user_mem_write(scene->server, 0x10008, &value, 8), 0);
    cr_assert_eq(pread(fd, &seen, 8, 0x2008), 8);
    cr_expect_eq(seen, value);
    value = 42;
    cr_assert_eq(pwrite(fd, &value, 8, 0x2010), 8);
    cr_assert_eq(vfio_user_mem_read(scene->server, 0x10010, &seen, 8), 0);
    cr_expect_eq(seen, 42);
    cr_expect_eq(vfio_user_mem_read(scene->server, 0x11ffc, &seen, 8), -EFAULT);
    cr_expect_eq(vfio_user_mem_read(scene->server, 0xfff8, &seen, 8), -EFAULT);
    cr_assert_eq(outside_unmap(scene, 0x10000, 0x2000), 0);
    cr_expect_eq(vfio_user_mem_read(scene->server, 0x10010, &seen, 8), -EFAULT);
    outside_destroy(scene);
    (void)close(fd);
}

Test(vfio_user, memory_of_the_client_is_read_and_written)
{
    check_memory(true);
}

Test(vfio_user, memory_that_may_shrink_is_reached_through_its_file)
{
    check_memory(false);
}

Test(vfio_user, buffer_crosses_two_maps_and_a_read_only_one_is_not_written)
{
    struct outside *scene = outside_create(2);
    int fd = outside_memory(0x2000, true);
    uint64_t words[2] = {1, 2}, seen[2] = {0, 0};

    outside_open(scene);
    cr_assert_eq(outside_write(scene, 7, COMMAND, 2, MASTER), 0);
    cr_assert_eq(outside_map(scene, 0, 0x1000, 0x1000, RW, fd), 0);
    cr_assert_eq(outside_map(scene, 0x1000, 0x1000, 0, VFIO_USER_DMA_READABLE, fd), 0);
    cr_assert_eq(vfio_user_mem_read(scene->server, 0xff8, seen, 16), 0);
    cr_expect_eq(vfio_user_mem_write(scene->server, 0xff8, words, 16), -EFAULT);
    cr_expect_eq(vfio_user_mem_write(scene->server, 0x1000, words, 8), -EFAULT);
    cr_assert_eq(pread(fd, seen, 16, 0), 16);
    cr_expect_eq(seen[0] + seen[1], 0);
    outside_destroy(scene);
    (void)close(fd);
}

Test(vfio_user, maps_that_lie_are_refused)
{
    struct outside *scene = outside_create(2);
    int fd = outside_memory(0x2000, true), pipe_fds[2];

    cr_assert_eq(pipe(pipe_fds), 0);
    outside_open(scene);
    cr_expect_eq(outside_map(scene, 0, 0x3000, 0, RW, fd), EINVAL, "larger than its file");
    cr_expect_eq(outside_map(scene, 0, 0x1000, 0x2000, RW, fd), EINVAL, "behind its file");
    cr_expect_eq(outside_map(scene, 0, 0x1000, UINT64_MAX - 0xfff, RW, fd), EINVAL);
    cr_expect_eq(outside_map(scene, 0, 0x1000, 0x10, RW, fd), EINVAL, "not a page of it");
    cr_expect_eq(outside_map(scene, 0x10, 0x1000, 0, RW, fd), EINVAL);
    cr_expect_eq(outside_map(scene, 0, 0, 0, RW, fd), EINVAL);
    cr_expect_eq(outside_map(scene, UINT64_MAX - 0xfff, 0x2000, 0, RW, fd), EINVAL, "wraps");
    cr_expect_eq(outside_map(scene, 0, 0x1000, 0, 0, fd), EINVAL, "no right at all");
    cr_expect_eq(outside_map(scene, 0, 0x1000, 0, 0x80 | RW, fd), EINVAL);
    cr_expect_eq(outside_map(scene, 0, 0x1000, 0, RW, pipe_fds[0]), EINVAL, "no memory");
    cr_expect_eq(outside_map(scene, 0, 0x2000, 0, RW, fd), 0);
    cr_expect_eq(outside_map(scene, 0x1000, 0x1000, 0, RW, fd), EEXIST);
    cr_expect_eq(outside_unmap(scene, 0, 0x1000), ENOENT, "half of a map");
    cr_expect_eq(outside_unmap(scene, 0x8000, 0x1000), ENOENT);
    cr_expect_eq(scene->num_maps, 1);
    outside_destroy(scene);
    (void)close(fd), (void)close(pipe_fds[0]), (void)close(pipe_fds[1]);
}

Test(vfio_user, file_that_shrinks_under_a_map_is_a_fault)
{
    struct outside *scene = outside_create(2);
    int fd = outside_memory(0x2000, false);
    uint64_t word = 1;

    outside_open(scene);
    cr_assert_eq(outside_write(scene, 7, COMMAND, 2, MASTER), 0);
    cr_assert_eq(outside_map(scene, 0, 0x2000, 0, RW, fd), 0);
    cr_assert_eq(ftruncate(fd, 0x1000), 0);
    cr_expect_eq(vfio_user_mem_read(scene->server, 0x1800, &word, 8), -EFAULT);
    outside_destroy(scene);
    (void)close(fd);
}

Test(vfio_user, memory_without_a_file_is_accepted_and_out_of_reach)
{
    struct outside *scene = outside_create(2);
    uint64_t word;

    outside_open(scene);
    cr_assert_eq(outside_write(scene, 7, COMMAND, 2, MASTER), 0);
    cr_expect_eq(outside_map(scene, 0xfffc0000, 0x40000, 0, VFIO_USER_DMA_READABLE, -1), 0);
    cr_expect_eq(vfio_user_mem_read(scene->server, 0xfffc0000, &word, 8), -EFAULT);
    cr_expect_eq(outside_unmap(scene, 0xfffc0000, 0x40000), 0);
    outside_destroy(scene);
}

/* ---- interrupts ------------------------------------------------------------------------------ */

Test(vfio_user, vector_goes_to_its_eventfd)
{
    struct outside *scene = outside_create(3);
    int fds[3] = {eventfd(0, EFD_NONBLOCK), eventfd(0, EFD_NONBLOCK), eventfd(0, EFD_NONBLOCK)};

    outside_open(scene);
    cr_assert_eq(set_irqs(scene, MSIX_TRIG, 1, 2, fds + 1), 0);
    vfio_user_raise(scene->server, 0);
    vfio_user_raise(scene->server, 1);
    vfio_user_raise(scene->server, 2);
    vfio_user_raise(scene->server, 99);
    cr_expect_eq(signals(fds[1]), 1);
    cr_expect_eq(signals(fds[2]), 1);
    cr_assert_eq(set_irqs(scene, MSIX_TRIG, 1, 1, NULL), 0, "no fds: taken away");
    vfio_user_raise(scene->server, 1);
    vfio_user_raise(scene->server, 2);
    cr_expect_eq(signals(fds[1]), 0);
    cr_expect_eq(signals(fds[2]), 1);
    cr_assert_eq(set_irqs(scene, VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_TRIGGER, 0, 0, NULL),
                 0);
    vfio_user_raise(scene->server, 2);
    cr_expect_eq(signals(fds[2]), 0, "the whole index is disabled");
    outside_destroy(scene);
    for (unsigned n = 0; n < 3; n++) {
        (void)close(fds[n]);
    }
}

Test(vfio_user, client_may_ask_for_interrupts_that_nobody_raised)
{
    const struct {
        struct vfio_user_irq_set set;
        uint8_t bools[3];
    } asked = {{sizeof(asked.set), VFIO_IRQ_SET_DATA_BOOL | VFIO_IRQ_SET_ACTION_TRIGGER,
                VFIO_PCI_MSIX_IRQ_INDEX, 0, 3},
               {1, 0, 1}};
    struct outside *scene = outside_create(3);
    int fds[3] = {eventfd(0, EFD_NONBLOCK), eventfd(0, EFD_NONBLOCK), eventfd(0, EFD_NONBLOCK)};

    outside_open(scene);
    cr_assert_eq(set_irqs(scene, MSIX_TRIG, 0, 3, fds), 0);
    cr_assert_eq(set_irqs(scene, VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_TRIGGER, 1, 2, NULL),
                 0);
    cr_assert_eq(outside_ask(scene, VFIO_USER_DEVICE_SET_IRQS, &asked,
                             sizeof(asked.set) + sizeof(asked.bools), NULL, 0),
                 0);
    cr_expect_eq(signals(fds[0]), 1, "by its bool");
    cr_expect_eq(signals(fds[1]), 1, "by the range");
    cr_expect_eq(signals(fds[2]), 2, "by both");
    cr_assert_eq(set_irqs(scene, VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_MASK, 0, 3, NULL), 0);
    cr_expect_eq(signals(fds[0]), 0, "a mask raises nothing");
    outside_destroy(scene);
    for (unsigned n = 0; n < 3; n++) {
        (void)close(fds[n]);
    }
}

Test(vfio_user, wrong_interrupt_requests_are_refused)
{
    struct outside *scene = outside_create(2);
    int fds[2] = {eventfd(0, 0), eventfd(0, 0)};

    outside_open(scene);
    cr_expect_eq(set_irqs(scene, MSIX_TRIG, 2, 1, fds), EINVAL);
    cr_expect_eq(set_irqs(scene, MSIX_TRIG, UINT32_MAX, 2, fds), EINVAL);
    cr_expect_eq(set_irqs(scene, VFIO_IRQ_SET_ACTION_TRIGGER, 0, 1, NULL), EINVAL, "no data form");
    cr_expect_eq(set_irqs(scene, VFIO_IRQ_SET_DATA_NONE, 0, 1, NULL), EINVAL, "no action");
    cr_expect_eq(set_irqs(scene, 0x38 | VFIO_IRQ_SET_DATA_NONE, 0, 1, NULL), EINVAL);
    cr_expect_eq(set_irqs(scene, VFIO_IRQ_SET_DATA_BOOL | VFIO_IRQ_SET_ACTION_TRIGGER, 0, 2, NULL),
                 EINVAL, "bools are missing");
    outside_destroy(scene);
    (void)close(fds[0]), (void)close(fds[1]);
}

/* ---- the stream ------------------------------------------------------------------------------ */

Test(vfio_user, message_may_come_byte_by_byte)
{
    struct {
        struct vfio_user_header header;
        struct vfio_user_region_access access;
    } read = {{7, VFIO_USER_REGION_READ, sizeof(read), 0, 0}, {0x1901f8, 0, 4}};
    struct outside *scene = outside_create(2);

    outside_open(scene);
    for (size_t n = 0; n < sizeof(read); n++) {
        cr_expect_eq(scene->num_reads, 0);
        outside_send_raw(scene, (const uint8_t *)&read + n, 1);
    }
    cr_expect_eq(outside_answer(scene, NULL, 0, NULL), 0);
    outside_destroy(scene);
}

Test(vfio_user, broken_streams_are_closed_and_the_next_client_is_served)
{
    static const struct vfio_user_header bad[] = {
        {1, VFIO_USER_REGION_READ, 0, 0, 0},
        {1, VFIO_USER_REGION_READ, 15, 0, 0},
        {1, VFIO_USER_REGION_READ, UINT32_MAX, 0, 0},
        {1, VFIO_USER_REGION_READ, 16 + (1u << 20) + 65, 0, 0},
        {1, VFIO_USER_DMA_READ, 16, VFIO_USER_FLAGS_REPLY, 0},
    };
    struct outside *scene = outside_create(2);

    for (unsigned n = 0; n < ARRAY_SIZE(bad); n++) {
        outside_open(scene);
        outside_send_raw(scene, &bad[n], sizeof(bad[n]));
        cr_expect(outside_is_closed(scene), "header %u", n);
        outside_close(scene);
    }
    outside_open(scene);
    cr_expect_eq(outside_ask(scene, 14, NULL, 0, NULL, 0), EINVAL, "unknown, and goes on");
    cr_expect_eq(outside_ask(scene, VFIO_USER_DEVICE_RESET, NULL, 0, NULL, 0), 0);
    cr_expect_eq(scene->num_connects, ARRAY_SIZE(bad) + 1);
    cr_expect_eq(scene->num_disconnects, ARRAY_SIZE(bad));
    outside_destroy(scene);
}

Test(vfio_user, client_that_goes_takes_its_memory_and_interrupts_along)
{
    struct outside *scene = outside_create(2);
    int memory = outside_memory(0x1000, true), fd = eventfd(0, EFD_NONBLOCK);
    uint64_t word;

    outside_open(scene);
    cr_assert_eq(outside_write(scene, 7, COMMAND, 2, MASTER), 0);
    cr_assert_eq(outside_map(scene, 0, 0x1000, 0, RW, memory), 0);
    cr_assert_eq(set_irqs(scene, MSIX_TRIG, 0, 1, &fd), 0);
    outside_send_raw(scene, "half", 4);
    outside_close(scene);
    cr_expect_eq(scene->num_unmaps, 1);
    vfio_user_raise(scene->server, 0);
    cr_expect_eq(signals(fd), 0);
    outside_open(scene);
    cr_expect_eq(vfio_user_mem_read(scene->server, 0, &word, 8), -EFAULT);
    cr_assert_eq(outside_read(scene, 7, COMMAND, 2, &word), 0);
    cr_expect_eq((uint16_t)word & MASTER, 0, "configuration as after power-on");
    outside_destroy(scene);
    (void)close(memory), (void)close(fd);
}
