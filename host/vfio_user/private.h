/* SPDX-License-Identifier: MIT */
/* What the server's files share. Errors are negative errno. */
#ifndef HOST_VFIO_USER_PRIVATE_H
#define HOST_VFIO_USER_PRIVATE_H

#include <stddef.h>

#include "host/abi/vfio_user.h"
#include "host/vfio_user/vfio_user.h"

#define CONFIG_SIZE     4096u
#define MAX_FDS         16u /* in one message; told to the client */
#define MAX_TRANSFER    (1u << 20)
#define MAX_PAYLOAD     (MAX_TRANSFER + 64u)
#define MAX_MAPS        4096u
#define BAR4_SIZE       0x2000u /* MSI-X table, then its pending bits */
#define MSIX_PBA_OFFSET 0x1000u

/* One range of the client's memory. */
struct dma_map {
    uint64_t addr, size;
    uint64_t offset; /* in the file */
    uint8_t *base;   /* NULL: through the file */
    int fd;          /* -1: cannot be reached */
    bool writable;
};

/* The part of BAR0 that a client may map. Words are its quad-words. */
struct window {
    int fd; /* -1: there is none */
    uint32_t offset, size;
    uint64_t *words; /* what the client sees */
    uint64_t *known; /* what it saw last, as far as we know */
    uint32_t first, end, scan;
    bool shared; /* the client has the file */
};

/* A message as far as it has come. */
struct receive {
    struct vfio_user_header header;
    uint8_t *payload;
    uint32_t got; /* bytes, with the header */
    int fds[MAX_FDS];
    unsigned num_fds;
};

/* A request on its way to its answer. */
struct request {
    const struct vfio_user_header *header;
    const uint8_t *payload;
    uint32_t size; /* of the payload */
    int *fds;      /* the handler that keeps one sets it to -1 */
    unsigned num_fds;
    uint8_t *reply; /* room for MAX_PAYLOAD bytes */
    uint32_t reply_size;
    int reply_fd; /* -1: none; stays ours */
};

struct vfio_user {
    struct vfio_user_config config;
    const struct vfio_user_ops *ops;
    void *arg;
    char path[108]; /* of the socket; "" none */
    int listener;
    int client;
    bool negotiated;
    bool broken; /* to be closed once the present message is done */
    struct receive in;
    uint8_t *out;
    struct dma_map *maps;
    unsigned num_maps;
    unsigned last_map; /* where the last access was */
    struct window window;
    uint8_t space[CONFIG_SIZE];
    int eventfds[VFIO_USER_MAX_VECTORS];
};

/* messages.c: carries one request out; its reply, if any, is in request. Returns 0 or -errno. */
MUST_USE int message_handle(struct vfio_user *server, struct request *request);
/* Closes what the client gave for interrupts. */
void irqs_drop(struct vfio_user *server);

/* pci_config.c */
void config_reset(struct vfio_user *server);
/* Inside of the space. */
void config_read(const struct vfio_user *server, uint32_t offset, void *to, uint32_t size);
void config_write(struct vfio_user *server, uint32_t offset, const uint8_t *from, uint32_t size);
bool config_is_master(const struct vfio_user *server);
/* Does it decode its BARs? */
bool config_has_memory(const struct vfio_user *server);

/* dma.c. fd is kept on success alone; -1: none. */
MUST_USE int dma_map(struct vfio_user *server, const struct vfio_user_dma_map *map, int fd);
MUST_USE int dma_unmap(struct vfio_user *server, uint64_t addr, uint64_t size);
void dma_unmap_all(struct vfio_user *server);

/* window.c. A window that cannot be had is none. */
void window_open(struct window *window, const struct vfio_user_config *config);
void window_close(struct window *window);
/* Takes back what the client stored while the BAR was not decoded. */
void window_restore(struct window *window);

#endif
