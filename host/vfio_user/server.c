/* SPDX-License-Identifier: MIT */
/* The socket: takes messages apart into header, payload and file descriptors, without ever waiting
 * for a client that sends half of one, and sends the answers. */
#include "host/vfio_user/vfio_user.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "host/vfio_user/private.h"

#define SEND_PATIENCE_MS 1000 /* for a client that does not take its answers */
#define NOTHING_YET      (-EAGAIN)

struct vfio_user *vfio_user_create(const struct vfio_user_config *config,
                                   const struct vfio_user_ops *ops, void *arg)
{
    struct vfio_user *server = calloc(1, sizeof(*server));

    if (!server) {
        return NULL;
    }
    server->config = *config;
    if (server->config.num_vectors > VFIO_USER_MAX_VECTORS) {
        server->config.num_vectors = VFIO_USER_MAX_VECTORS;
    }
    server->ops = ops;
    server->arg = arg;
    server->listener = -1;
    server->client = -1;
    server->window.fd = -1;
    memset(server->eventfds, 0xff, sizeof(server->eventfds));
    server->in.payload = malloc(MAX_PAYLOAD);
    server->out = malloc(sizeof(struct vfio_user_header) + MAX_PAYLOAD);
    server->maps = calloc(MAX_MAPS, sizeof(*server->maps));
    if (!server->in.payload || !server->out || !server->maps) {
        vfio_user_destroy(server);
        return NULL;
    }
    config_reset(server);
    return server;
}

/* ---- clients --------------------------------------------------------------------------------- */

static void drop_fds(struct receive *in)
{
    for (unsigned n = 0; n < in->num_fds; n++) {
        if (in->fds[n] >= 0) {
            (void)close(in->fds[n]);
        }
    }
    in->num_fds = 0;
}

/* Its end takes all that it gave; the function is as after power-on. */
static void client_drop(struct vfio_user *server)
{
    drop_fds(&server->in);
    (void)close(server->client);
    server->client = -1;
    server->in.got = 0;
    server->negotiated = false;
    server->broken = false;
    irqs_drop(server);
    dma_unmap_all(server);
    config_reset(server);
    window_close(&server->window);
    server->ops->connected(server->arg, false);
}

static int client_accept(struct vfio_user *server)
{
    server->client = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (server->client < 0) {
        return 0;
    }
    window_open(&server->window, &server->config);
    server->ops->connected(server->arg, true);
    return 1;
}

int vfio_user_listen(struct vfio_user *server, const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    if (!*path || strlen(path) >= sizeof(address.sun_path)) {
        return -ENAMETOOLONG;
    }
    memcpy(address.sun_path, path, strlen(path));
    server->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (server->listener < 0) {
        return -errno;
    }
    (void)unlink(path);
    if (bind(server->listener, (const struct sockaddr *)&address, sizeof(address)) ||
        listen(server->listener, 1)) {
        int err = -errno;

        (void)close(server->listener);
        server->listener = -1;
        return err;
    }
    memcpy(server->path, address.sun_path, sizeof(server->path));
    return 0;
}

void vfio_user_destroy(struct vfio_user *server)
{
    if (!server) {
        return;
    }
    if (server->client >= 0) {
        client_drop(server);
    }
    if (server->listener >= 0) {
        (void)close(server->listener);
        (void)unlink(server->path);
    }
    free(server->in.payload);
    free(server->out);
    free(server->maps);
    free(server);
}

int vfio_user_fd(const struct vfio_user *server)
{
    return server->client >= 0 ? server->client : server->listener;
}

bool vfio_user_is_connected(const struct vfio_user *server)
{
    return server->client >= 0;
}

void vfio_user_raise(struct vfio_user *server, unsigned vector)
{
    const uint64_t one = 1;

    if (vector < VFIO_USER_MAX_VECTORS && server->eventfds[vector] >= 0 &&
        write(server->eventfds[vector], &one, sizeof(one)) < 0) {
        return; /* full: the client has not seen the last one, and one is as good as two */
    }
}

/* ---- receiving ------------------------------------------------------------------------------- */

static void take_fd(struct receive *in, int fd)
{
    if (in->num_fds < MAX_FDS) {
        in->fds[in->num_fds++] = fd;
    } else {
        (void)close(fd);
    }
}

static void take_fds(struct receive *in, struct msghdr *message)
{
    for (struct cmsghdr *item = CMSG_FIRSTHDR(message); item; item = CMSG_NXTHDR(message, item)) {
        const int *fds = (const int *)(void *)CMSG_DATA(item);
        size_t count;

        if (item->cmsg_level != SOL_SOCKET || item->cmsg_type != SCM_RIGHTS) {
            continue;
        }
        count = (item->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t n = 0; n < count; n++) {
            take_fd(in, fds[n]);
        }
    }
}

/* Returns bytes > 0, 0 at the end of the stream, -EAGAIN, or another -errno. */
static ssize_t receive(struct vfio_user *server, void *to, size_t size)
{
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(MAX_FDS * sizeof(int))];
    } control;
    struct iovec part = {to, size};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof(control.bytes)};
    ssize_t got = recvmsg(server->client, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);

    if (got < 0) {
        return -errno;
    }
    take_fds(&server->in, &message);
    return (message.msg_flags & MSG_CTRUNC) ? -EPROTO : got;
}

/* Goes on with the present message. Returns 1 when it is whole, else as receive. */
static int receive_more(struct vfio_user *server)
{
    const uint32_t head = sizeof(struct vfio_user_header);
    struct receive *in = &server->in;

    for (;;) {
        const uint32_t size = in->got < head ? head : in->header.size;
        ssize_t got;

        if (in->got >= head && (size < head || size - head > MAX_PAYLOAD)) {
            return -EPROTO;
        }
        if (in->got == size) {
            return 1;
        }
        got = receive(server,
                      in->got < head ? (uint8_t *)&in->header + in->got
                                     : in->payload + in->got - head,
                      size - in->got);
        if (got <= 0) {
            return (int)got;
        }
        in->got += (uint32_t)got;
    }
}

/* ---- sending --------------------------------------------------------------------------------- */

/* The file descriptor goes with the first byte. */
static ssize_t send_some(struct vfio_user *server, const uint8_t *data, uint32_t size, int fd)
{
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control = {.bytes = {0}};
    struct iovec part = {(void *)(uintptr_t)data, size}; /* only read */
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

    if (fd >= 0) {
        message.msg_control = control.bytes;
        message.msg_controllen = sizeof(control.bytes);
        CMSG_FIRSTHDR(&message)->cmsg_level = SOL_SOCKET;
        CMSG_FIRSTHDR(&message)->cmsg_type = SCM_RIGHTS;
        CMSG_FIRSTHDR(&message)->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(CMSG_FIRSTHDR(&message)), &fd, sizeof(fd));
    }
    return sendmsg(server->client, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static int send_all(struct vfio_user *server, const uint8_t *data, uint32_t size, int fd)
{
    while (size) {
        struct pollfd room = {.fd = server->client, .events = POLLOUT};
        ssize_t sent = send_some(server, data, size, fd);

        if (sent >= 0) {
            fd = -1;
            data += sent;
            size -= (uint32_t)sent;
        } else if ((errno != EAGAIN && errno != EINTR) || poll(&room, 1, SEND_PATIENCE_MS) == 0) {
            return -EPIPE;
        }
    }
    return 0;
}

static int reply(struct vfio_user *server, const struct request *request, int err)
{
    struct vfio_user_header header = {.id = request->header->id,
                                      .command = request->header->command,
                                      .size = (uint32_t)sizeof(header),
                                      .flags = VFIO_USER_FLAGS_REPLY};

    if (err) {
        header.flags |= VFIO_USER_FLAGS_ERROR;
        header.error = (uint32_t)-err;
    } else {
        header.size += request->reply_size;
    }
    memcpy(server->out, &header, sizeof(header));
    return send_all(server, server->out, header.size, err ? -1 : request->reply_fd);
}

/* ---- serving --------------------------------------------------------------------------------- */

/* Returns 0, or -errno when the stream has to end. */
static int handle(struct vfio_user *server)
{
    struct receive *in = &server->in;
    struct request request = {.header = &in->header,
                              .payload = in->payload,
                              .size = in->header.size - (uint32_t)sizeof(in->header),
                              .fds = in->fds,
                              .num_fds = in->num_fds,
                              .reply = server->out + sizeof(in->header),
                              .reply_fd = -1};
    int err;

    if ((in->header.flags & VFIO_USER_FLAGS_TYPE_MASK) != VFIO_USER_FLAGS_REQUEST) {
        return -EPROTO; /* an answer: we ask nothing */
    }
    err = message_handle(server, &request);
    drop_fds(in);
    in->got = 0;
    if (!(in->header.flags & VFIO_USER_FLAGS_NO_REPLY)) {
        err = reply(server, &request, err);
        if (err) {
            return err;
        }
    }
    return server->broken ? -EPROTO : 0;
}

int vfio_user_serve(struct vfio_user *server)
{
    int more;

    if (server->client < 0) {
        return server->listener >= 0 ? client_accept(server) : 0;
    }
    more = receive_more(server);
    if (more == NOTHING_YET) {
        return 0;
    }
    if (more <= 0 || handle(server)) {
        client_drop(server);
    }
    return 1;
}
