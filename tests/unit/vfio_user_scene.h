/* SPDX-License-Identifier: MIT */
/* A vfio-user server over a function that notes what it is asked, and a client that says anything
 * to it. One thread: the server takes its turn whenever the client waits. */
#ifndef TESTS_UNIT_VFIO_USER_SCENE_H
#define TESTS_UNIT_VFIO_USER_SCENE_H

#include <stddef.h>

#include "host/abi/vfio_user.h"
#include "host/vfio_user/vfio_user.h"

#define SCENE_BAR0   0x1000000u
#define SCENE_WINDOW 0x800000u /* where it starts, and its size */

struct outside {
    struct vfio_user *server;
    char path[64];
    int client; /* -1: none */
    uint16_t next_id;
    /* what the function saw */
    uint32_t last_offset;
    unsigned last_size, num_reads, num_writes, num_resets, num_maps, num_unmaps;
    uint64_t last_value;
    unsigned num_connects, num_disconnects, num_windows;
    bool mastering;
    int window; /* the file that came with the last answer; -1: none */
};

struct outside *outside_create(unsigned num_vectors);
/* The upper half of BAR0 is the window. */
struct outside *outside_create_window(void);
void outside_destroy(struct outside *scene);
void outside_connect(struct outside *scene);
/* Connects, negotiates, and switches memory decoding on. */
void outside_open(struct outside *scene);
void outside_close(struct outside *scene);
/* Lets the server take all that there is. */
void outside_serve(struct outside *scene);

/* Sends a message with header and payload as they should be. */
void outside_send(struct outside *scene, uint16_t command, uint32_t flags, const void *payload,
                  uint32_t size);
void outside_send_fds(struct outside *scene, uint16_t command, const void *payload, uint32_t size,
                      const int *fds, unsigned num_fds);
void outside_send_raw(struct outside *scene, const void *bytes, size_t size);
/* Takes one answer; its payload goes to `to`. Returns its errno (positive), 0 success, -1 when
 * none comes or the connection is at its end. *got: bytes of payload. */
int outside_answer(struct outside *scene, void *to, uint32_t room, uint32_t *got);
/* Sends and takes the answer. */
int outside_ask(struct outside *scene, uint16_t command, const void *payload, uint32_t size,
                void *to, uint32_t room);
bool outside_is_closed(struct outside *scene);

int outside_read(struct outside *scene, uint32_t region, uint64_t offset, uint32_t count, void *to);
int outside_write(struct outside *scene, uint32_t region, uint64_t offset, uint32_t count,
                  uint64_t value);
/* A file of memory; sealed as a VMM's is. */
int outside_memory(uint64_t size, bool sealed);
int outside_map(struct outside *scene, uint64_t addr, uint64_t size, uint64_t offset,
                uint32_t flags, int fd);
int outside_unmap(struct outside *scene, uint64_t addr, uint64_t size);

#endif
