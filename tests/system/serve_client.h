/* SPDX-License-Identifier: MIT */
/* A guest of gucsim serve that is the test itself: a driver's first steps, with rings in memory
 * that it shares. The program is $GUCSIM, or build/gucsim. */
#ifndef TESTS_SYSTEM_SERVE_CLIENT_H
#define TESTS_SYSTEM_SERVE_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "host/abi/vfio_user.h"

extern char serve_directory[], serve_output[];
extern uint8_t *serve_memory; /* the guest's */
extern int serve_client;      /* the connection */

/* A folder with the scenario. */
void serve_setup(const char *scenario);
void serve_teardown(void);
/* Returns the exit code; what it prints is in serve_output. */
int serve_gucsim(const char *arguments);

/* Starts a server with further options, and connects. */
void serve_start(const char *options);
/* Leaves; returns the server's exit code. */
int serve_end(void);
int serve_replay(const char *out, const char *options);
/* Are the events of two runs of the folder the same bytes? */
bool serve_same_events(const char *a, const char *b);

void serve_send(uint16_t command, uint32_t flags, const void *payload, uint32_t size, int fd);
/* Returns the file that came beside, -1: none. */
int serve_take(void *to, size_t room);
/* Posted, but to the configuration. */
void serve_write(uint32_t region, uint64_t offset, uint32_t count, uint64_t value);
uint32_t serve_read(uint64_t offset);
uint64_t serve_read64(uint64_t offset);

/* Gives the guest's memory to the device and switches it on. */
void serve_share_memory(void);
/* Returns the file, which can be cut. */
int serve_share_memory_that_shrinks(void);
/* The window of GGTT entries; from now on they are stored there. */
uint64_t *serve_map_window(void);
/* One exchange over the mailbox; dword n of the answer. */
uint32_t serve_mailbox(const uint32_t *request, unsigned len, unsigned n);
/* Where the VF's GGTT range starts, as its GuC says. */
uint32_t serve_ggtt_start(void);
/* The main GuC's rings at the start of the VF's range. Returns the ABI's minor version. */
uint32_t serve_open_rings(void);
/* One message on the ring, and its answer on the other. */
void serve_invalidate_tlb(void);

#endif
