/* SPDX-License-Identifier: MIT */
/* Relay of a GT: what the VF asks of the PF, with the GuC as postman, and the table of registers
 * that it got that way. Part of vf_internal.h. */
#ifndef GUEST_VF_VF_RELAY_H
#define GUEST_VF_VF_RELAY_H

#include <stdint.h>

#include "sim/hal/bits.h"

#define VF_RELAY_REGISTERS 256u /* more than any PF tells; chosen */

struct vf_gt;
struct relay_request;

struct vf_register {
    uint32_t offset;
    uint32_t value;
};

struct vf_relay {
    uint32_t last_id;               /* of a request; not reset, so that late answers miss */
    uint32_t version;               /* agreed with the PF, major << 16 | minor; 0: none */
    struct relay_request *requests; /* in flight */
    unsigned num_registers;
    struct vf_register registers[VF_RELAY_REGISTERS]; /* by offset, ascending */
};

/* Agrees on a version. Returns 0; -EREMCHG when it is another one than the last time; -EPROTO for
 * one newer than asked for, -ENOPKG for one too old; -ETIME without answer, what the PF gave as
 * reason, -ELOOP when it only puts us off, or as ct_send_recv. */
MUST_USE int vf_relay_handshake(struct vf_gt *gt);
/* Fills the table, slice by slice. Returns 0, -ENOBUFS when it does not fit, or as above; on
 * failure the table is empty. */
MUST_USE int vf_relay_query_registers(struct vf_gt *gt);
/* GUC2VF_RELAY_FROM_PF, for the CT. Never blocks. */
int vf_relay_handle(void *arg, const uint32_t *msg, uint32_t len);

#endif
