/* SPDX-License-Identifier: MIT */
/* The PF that a VF driver's relay requests reach in unit tests. Part of fake_guc_vf.h. */
#ifndef TESTS_UNIT_FAKE_RELAY_VF_H
#define TESTS_UNIT_FAKE_RELAY_VF_H

#include <stdint.h>

#include "tests/unit/fake_guc_vf.h"

/* Answers a VF2GUC_RELAY_TO_PF message of len dwords. */
void fake_relay_serve(struct peer *peer, unsigned gt, const uint32_t *msg, uint32_t len);

#endif
