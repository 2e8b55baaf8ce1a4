/* SPDX-License-Identifier: MIT */
/* What the files of gucsim serve share. */
#ifndef SIM_CLI_SERVE_H
#define SIM_CLI_SERVE_H

#include "gpu_regs.h"
#include "host/vfio_user/vfio_user.h"
#include "sim/machine/outside.h"

#define SERVE_WINDOW_SIZE (BAR0_SIZE - GGTT_BAR0_OFFSET)

/* What a guest that maps its GGTT window was shown of it. */
struct served_view {
    const struct machine_fn *fn;
    uint32_t start, size;           /* in BAR0, and bytes of entries: the function's own */
    uint64_t seen[SIM_GGTT_BLOCKS]; /* see sim_gpu_ggtt_written; plus 1, 0: not seen */
};

/* One guest. */
struct served {
    struct outside outside;
    struct serve *serve;
    struct vfio_user *server;
    unsigned vf; /* on the command line */
    const char *socket;
    struct served_view view;
};

struct serve {
    struct served guests[OUTSIDE_MAX];
    unsigned num_guests;
    double pace; /* virtual seconds a wall second at most; 0: as fast as can be */
    unsigned num_vectors;
    bool map_ggtt;
    uint64_t settle_ns; /* after a doorbell */
    const char *record;
    struct recorder *recorder;            /* NULL: not recorded */
    uint64_t wall_origin, virtual_origin; /* ns; the pace counts from here */
    uint64_t step_ns;
    unsigned alert; /* turns for which short waits are worth their price */
};

/* serve.c: one record of the guest's session, if there is one. */
void serve_record(struct served *guest, enum session_op op, unsigned size, uint64_t a, uint64_t b);

/* serve_window.c: gives the chip what the guest stored in the window, as writes of the guest, and
 * the guest what the PF changed (blocks). */
void serve_window_take(struct served *guest);
/* The guest wrote there by a message. */
void serve_window_written(struct served *guest, uint32_t offset);

#endif
