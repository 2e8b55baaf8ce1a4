/* SPDX-License-Identifier: MIT */
/* What the tests of the VF driver's recovery have in common: a driver with unfinished jobs on two
 * queues, one for each GT, and what must be true of them in the end. */
#ifndef TESTS_UNIT_VF_RECOVERY_SCENE_H
#define TESTS_UNIT_VF_RECOVERY_SCENE_H

#include "tests/unit/fake_guc_vf.h"

#define SCENE_BASE_2  0x20000000u /* above the first range */
#define SCENE_BASE_3  0x08000000u /* below it */
#define SCENE_WAIT_NS HAL_NS_PER_S

extern const struct vf_job scene_job;

/* Runs a guest program against a new peer of that ABI. */
void scene_run(uint32_t abi, void (*program)(void *peer));
/* Probes; queue 0 on an engine of the main GT, queue 1 video, jobs on each that stay unfinished. */
void scene_start_jobs(struct peer *peer, enum vf_engine engine, unsigned jobs);
/* peer_migrate to SCENE_BASE_2, for fake_at. */
void scene_migrate(void *peer);
/* Longer than a recovery takes. */
void scene_settle(struct peer *peer);
/* Lets the engines run; each queue's jobs must have run once. */
void scene_expect_jobs_done(struct peer *peer, unsigned jobs);
/* How often a GT's recovery was traced at a step. */
unsigned scene_steps(struct peer *peer, const char *step, unsigned gt);

#endif
