/* SPDX-License-Identifier: MIT */
/* What the PV driver's files share. */
#ifndef GUEST_PV_PV_PRIVATE_H
#define GUEST_PV_PV_PRIVATE_H

#include "guest/pv/pv.h"

struct pv {
    struct pv_config config;
    uint32_t caps; /* agreed on; 0: no channel */
    uint64_t page; /* shared page */
    uint32_t next_fence;
    bool busy; /* the ring is one sender's at a time */
    int tail_probe, fence_probe;
};

#endif
