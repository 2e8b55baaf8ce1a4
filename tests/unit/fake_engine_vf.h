/* SPDX-License-Identifier: MIT */
/* An engine for unit tests of the VF driver: runs a context's ring and batches from memory. */
#ifndef TESTS_UNIT_FAKE_ENGINE_VF_H
#define TESTS_UNIT_FAKE_ENGINE_VF_H

#include <stdint.h>

#include "tests/unit/fake_guc_vf.h"

/* Runs the context whose PPHWSP is at lrc from where it stopped, until HEAD is TAIL or the peer's
 * command budget is used up; writes back where it stopped. A command it does not know fails the
 * test. */
void fake_engine_run(struct peer *peer, uint64_t lrc);

#endif
