/* SPDX-License-Identifier: MIT */
#include "tests/unit/vfio_user_scene.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define MAX_TURNS  100000
#define MAX_ANSWER (1u << 21)
#define MAX_FDS    16u
#define COMMAND    4u
#define MEMORY     2u

/* ---- the function ---------------------------------------------------------------------------- */

static uint64_t fn_read(void *arg, uint32_t offset, unsigned size)
{
    struct outside *scene = arg;

    scene->last_offset = offset;
    scene->last_size = size;
    scene->num_reads++;
    return 0x1122334455667788ull;
}

static void fn_write(void *arg, uint32_t offset, unsigned size, uint64_t value)
{
    struct outside *scene = arg;

    scene->last_offset = offset;
    scene->last_size = size;
    scene->last_value = value;
    scene->num_writes++;
}

static void fn_reset(void *arg)
{
    ((struct outside *)arg)->num_resets++;
}

static void fn_mapped(void *arg, uint64_t addr, uint64_t size, bool writable)
{
    (void)addr, (void)size, (void)writable;
    ((struct outside *)arg)->num_maps++;
}

static void fn_unmapped(void *arg, uint64_t addr, uint64_t size)
{
    (void)addr, (void)size;
    ((struct outside *)arg)->num_unmaps++;
}

static void fn_mastering(void *arg, bool on)
{
    ((struct outside *)arg)->mastering = on;
}

static void fn_connected(void *arg, bool here)
{
    struct outside *scene = arg;

    scene->num_connects += here;
    scene->num_disconnects += !here;
}

static void fn_window(void *arg)
{
    ((struct outside *)arg)->num_windows++;
}

static const struct vfio_user_ops ops = {fn_read,     fn_write,     fn_reset,     fn_mapped,
                                         fn_unmapped, fn_mastering, fn_connected, fn_window};

/* ---- both ends ------------------------------------------------------------------------------- */

static struct outside *create(const struct vfio_user_config *config)
{
    struct outside *scene = calloc(1, sizeof(*scene));

    cr_assert_not_null(scene);
    scene->client = -1;
    scene->window = -1;
    scene->server = vfio_user_create(config, &ops, scene);
    cr_assert_not_null(scene->server);
    (void)snprintf(scene->path, sizeof(scene->path), "/tmp/vfio_user_test.%d", (int)getpid());
    cr_assert_eq(vfio_user_listen(scene->server, scene->path), 0);
    return scene;
}

struct outside *outside_create(unsigned num_vectors)
{
    const struct vfio_user_config config = {
        .device_id = 0xb080, .revision_id = 4, .bar0_size = SCENE_BAR0, .num_vectors = num_vectors};

    return create(&config);
}

struct outside *outside_create_window(void)
{
    const struct vfio_user_config config = {.device_id = 0xb080,
                                            .revision_id = 4,
                                            .bar0_size = SCENE_BAR0,
                                            .window_offset = SCENE_WINDOW,
                                            .window_size = SCENE_WINDOW};

    return create(&config);
}

void outside_destroy(struct outside *scene)
{
    outside_close(scene);
    vfio_user_destroy(scene->server);
    free(scene);
}

void outside_serve(struct outside *scene)
{
    for (unsigned turns = 0; vfio_user_serve(scene->server); turns++) {
        cr_assert_lt(turns, MAX_TURNS, "the server is never done");
    }
}

void outside_connect(struct outside *scene)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    (void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", scene->path);
    scene->client = socket(AF_UNIX, SOCK_STREAM, 0);
    cr_assert_eq(connect(scene->client, (const struct sockaddr *)&address, sizeof(address)), 0);
    outside_serve(scene);
    cr_assert(vfio_user_is_connected(scene->server));
}

void outside_close(struct outside *scene)
{
    if (scene->client >= 0) {
        (void)close(scene->client);
        scene->client = -1;
        if (scene->window >= 0) {
            (void)close(scene->window);
            scene->window = -1;
        }
        outside_serve(scene);
    }
}

void outside_open(struct outside *scene)
{
    static const char version[] = "\0\0\0\0{\"capabilities\":{\"max_msg_fds\":16,\"pgsizes\":4096,"
                                  "\"max_data_xfer_size\":1048576,\"write_multiple\":true}}";

    outside_connect(scene);
    cr_assert_eq(outside_ask(scene, VFIO_USER_VERSION, version, sizeof(version), NULL, 0), 0);
    cr_assert_eq(outside_write(scene, VFIO_PCI_CONFIG_REGION_INDEX, COMMAND, 2, MEMORY), 0);
}

/* ---- messages -------------------------------------------------------------------------------- */

void outside_send_raw(struct outside *scene, const void *bytes, size_t size)
{
    const uint8_t *at = bytes;

    while (size) {
        ssize_t sent = send(scene->client, at, size, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (sent < 0 && errno != EAGAIN) {
            return; /* the server has closed */
        }
        at += sent > 0 ? sent : 0;
        size -= sent > 0 ? (size_t)sent : 0;
        outside_serve(scene);
    }
}

void outside_send(struct outside *scene, uint16_t command, uint32_t flags, const void *payload,
                  uint32_t size)
{
    const struct vfio_user_header header = {.id = scene->next_id++,
                                            .command = command,
                                            .size = (uint32_t)sizeof(header) + size,
                                            .flags = flags};

    outside_send_raw(scene, &header, sizeof(header));
    outside_send_raw(scene, payload, size);
}

void outside_send_fds(struct outside *scene, uint16_t command, const void *payload, uint32_t size,
                      const int *fds, unsigned num_fds)
{
    const struct vfio_user_header header = {
        .id = scene->next_id++, .command = command, .size = (uint32_t)sizeof(header) + size};
    char control[CMSG_SPACE(2 * MAX_FDS * sizeof(int))] = {0};
    struct iovec part = {(void *)(uintptr_t)&header, sizeof(header)};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = CMSG_SPACE(num_fds * sizeof(int))};
    struct cmsghdr *item = CMSG_FIRSTHDR(&message);

    item->cmsg_level = SOL_SOCKET;
    item->cmsg_type = SCM_RIGHTS;
    item->cmsg_len = CMSG_LEN(num_fds * sizeof(int));
    memcpy(CMSG_DATA(item), fds, num_fds * sizeof(int));
    cr_assert_eq(sendmsg(scene->client, &message, 0), (ssize_t)sizeof(header));
    outside_send_raw(scene, payload, size);
}

/* The head of an answer, with what comes beside it. */
static bool take_head(struct outside *scene, struct vfio_user_header *header)
{
    char control[CMSG_SPACE(sizeof(int))] = {0};
    struct iovec part = {header, sizeof(*header)};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = sizeof(control)};
    const struct cmsghdr *item;

    if (recvmsg(scene->client, &message, MSG_DONTWAIT) != (ssize_t)sizeof(*header)) {
        return false;
    }
    item = CMSG_FIRSTHDR(&message);
    if (item) {
        if (scene->window >= 0) {
            (void)close(scene->window);
        }
        memcpy(&scene->window, CMSG_DATA(item), sizeof(scene->window));
    }
    return true;
}

static bool take(struct outside *scene, void *to, size_t size)
{
    uint8_t *at = to;

    while (size) {
        ssize_t got = recv(scene->client, at, size, MSG_DONTWAIT);

        if (got <= 0) {
            return false;
        }
        at += got;
        size -= (size_t)got;
    }
    return true;
}

int outside_answer(struct outside *scene, void *to, uint32_t room, uint32_t *got)
{
    static uint8_t payload[MAX_ANSWER];
    struct vfio_user_header header;
    uint32_t size;

    outside_serve(scene);
    if (!take_head(scene, &header)) {
        return -1;
    }
    size = header.size - (uint32_t)sizeof(header);
    cr_assert_leq(size, MAX_ANSWER);
    cr_assert_eq(header.flags & VFIO_USER_FLAGS_TYPE_MASK, VFIO_USER_FLAGS_REPLY);
    if (!take(scene, payload, size)) {
        cr_assert(outside_is_closed(scene), "an answer ends where its header says");
        return -1; /* too long for a client that does not read meanwhile */
    }
    if (got) {
        *got = size;
    }
    if (to) {
        memcpy(to, payload, size < room ? size : room);
    }
    return header.flags & VFIO_USER_FLAGS_ERROR ? (int)header.error : 0;
}

int outside_ask(struct outside *scene, uint16_t command, const void *payload, uint32_t size,
                void *to, uint32_t room)
{
    outside_send(scene, command, 0, payload, size);
    return outside_answer(scene, to, room, NULL);
}

bool outside_is_closed(struct outside *scene)
{
    char byte;

    outside_serve(scene);
    return recv(scene->client, &byte, 1, MSG_DONTWAIT | MSG_PEEK) == 0 || errno == ECONNRESET;
}

int outside_read(struct outside *scene, uint32_t region, uint64_t offset, uint32_t count, void *to)
{
    const struct vfio_user_region_access access = {offset, region, count};
    struct {
        struct vfio_user_region_access access;
        uint8_t data[4096];
    } answer;
    int err =
        outside_ask(scene, VFIO_USER_REGION_READ, &access, sizeof(access), &answer, sizeof(answer));

    if (!err) {
        cr_assert_eq(answer.access.count, count);
        memcpy(to, answer.data, count);
    }
    return err;
}

int outside_write(struct outside *scene, uint32_t region, uint64_t offset, uint32_t count,
                  uint64_t value)
{
    const struct vfio_user_region_access access = {offset, region, count};
    uint8_t request[sizeof(access) + sizeof(value)];

    memcpy(request, &access, sizeof(access));
    memcpy(request + sizeof(access), &value, sizeof(value));
    return outside_ask(scene, VFIO_USER_REGION_WRITE, request, (uint32_t)sizeof(access) + count,
                       NULL, 0);
}

int outside_memory(uint64_t size, bool sealed)
{
    int fd = memfd_create("guest", MFD_ALLOW_SEALING | MFD_CLOEXEC);

    cr_assert_eq(ftruncate(fd, (off_t)size), 0);
    if (sealed) {
        cr_assert_eq(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW), 0);
    }
    return fd;
}

int outside_map(struct outside *scene, uint64_t addr, uint64_t size, uint64_t offset,
                uint32_t flags, int fd)
{
    const struct vfio_user_dma_map map = {sizeof(map), flags, offset, addr, size};

    if (fd < 0) {
        return outside_ask(scene, VFIO_USER_DMA_MAP, &map, sizeof(map), NULL, 0);
    }
    outside_send_fds(scene, VFIO_USER_DMA_MAP, &map, sizeof(map), &fd, 1);
    return outside_answer(scene, NULL, 0, NULL);
}

int outside_unmap(struct outside *scene, uint64_t addr, uint64_t size)
{
    const struct vfio_user_dma_unmap unmap = {sizeof(unmap), 0, addr, size};

    return outside_ask(scene, VFIO_USER_DMA_UNMAP, &unmap, sizeof(unmap), NULL, 0);
}
