/* SPDX-License-Identifier: MIT */
/* vfio-user server: offers one PCI function to a VMM in another process, over a Unix socket.
 * It knows the protocol, the function's configuration space, the VMM's memory and its eventfds;
 * what registers do is its owner's. One client at a time; after it has gone the next may come, and
 * finds a function as after power-on. Nothing a client sends ends it: a request that is wrong gets
 * an error, a stream that is wrong is closed.
 *
 * Decisions: direct memory is used by mapping only when the file is sealed against shrinking, else
 * by reading and writing the file, so that a client cannot pull memory away under us. Memory that
 * comes without a file is accepted and cannot be reached. BAR accesses are messages, and are
 * refused while the function does not decode memory; a part of BAR0, the window, may be given to
 * the client as memory, and its owner asks what was stored there. */
#ifndef HOST_VFIO_USER_VFIO_USER_H
#define HOST_VFIO_USER_VFIO_USER_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/hal/bits.h"

#define VFIO_USER_MAX_VECTORS 32u

struct vfio_user_config {
    uint16_t device_id;
    uint8_t revision_id;
    uint64_t bar0_size;   /* power of two */
    unsigned num_vectors; /* of MSI-X, table in BAR4; 0: one MSI instead */
    /* Part of BAR0 that the client may map, whole pages; size 0: none. */
    uint32_t window_offset, window_size;
};

/* What the function does. Calls may block; no other function of the server is called meanwhile but
 * the memory's and vfio_user_raise. */
struct vfio_user_ops {
    /* BAR0, size 1, 2, 4 or 8, never beyond its end. */
    uint64_t (*read)(void *arg, uint32_t offset, unsigned size);
    void (*write)(void *arg, uint32_t offset, unsigned size, uint64_t value);
    /* FLR or a reset of the machine. */
    void (*reset)(void *arg);
    /* What the function can reach of memory has changed. */
    void (*mapped)(void *arg, uint64_t addr, uint64_t size, bool writable);
    void (*unmapped)(void *arg, uint64_t addr, uint64_t size);
    /* Bus mastering was switched on or off. */
    void (*mastering)(void *arg, bool on);
    /* A client came, or went. */
    void (*connected)(void *arg, bool here);
    /* Before each message by which the client may rely on what it stored in the window: it is time
     * to take that. May be NULL without a window. */
    void (*window)(void *arg);
};

struct vfio_user;

/* Returns NULL without memory. ops and arg must outlive it. */
struct vfio_user *vfio_user_create(const struct vfio_user_config *config,
                                   const struct vfio_user_ops *ops, void *arg);
void vfio_user_destroy(struct vfio_user *server);
/* Makes the socket; a dead one of that name is replaced. Returns 0 or -errno. */
MUST_USE int vfio_user_listen(struct vfio_user *server, const char *path);
/* What to poll for input: the client, or the socket for one to come. */
int vfio_user_fd(const struct vfio_user *server);
/* Takes at most one message, or a client, without waiting for either. Returns 1 when it took
 * something, 0 when there is nothing. */
int vfio_user_serve(struct vfio_user *server);
/* Is a client there? */
bool vfio_user_is_connected(const struct vfio_user *server);
/* Sends the vector to the client; dropped where it wants none. */
void vfio_user_raise(struct vfio_user *server, unsigned vector);
/* The window, in quad-words at offsets in BAR0. Has the client its file, and does the function
 * decode memory? If not, nothing is stored there. */
bool vfio_user_window_is_shared(const struct vfio_user *server);
/* Has the client stored anything in the own part? Begins a round of taking; what it stored
 * elsewhere is put back. */
bool vfio_user_window_stored(struct vfio_user *server);
/* Takes the next of the round: each place comes once in it. Returns false at its end. */
MUST_USE bool vfio_user_window_take(struct vfio_user *server, uint32_t *offset, uint64_t *value);
/* What the own part reads at offset from now on, where the client did not store meanwhile. */
void vfio_user_window_show(struct vfio_user *server, uint32_t offset, uint64_t value);
/* From now on that part is the function's own. It has to be shown again, word by word; what was
 * stored in the old one and not taken yet is at the same place of the new one: a client that learns
 * of the change later had stored it before. */
void vfio_user_window_own(struct vfio_user *server, uint32_t offset, uint32_t size);
/* The client's memory. Return 0, or -EFAULT: not there, read-only, or bus mastering is off (what
 * comes before the hole may have moved). */
MUST_USE int vfio_user_mem_read(struct vfio_user *server, uint64_t addr, void *to, uint64_t size);
MUST_USE int vfio_user_mem_write(struct vfio_user *server, uint64_t addr, const void *from,
                                 uint64_t size);

#endif
