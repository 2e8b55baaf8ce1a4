/* SPDX-License-Identifier: MIT */
/* Of the tests of a vGPU's image: a vGPU that is saved, one on a host that places it elsewhere, and
 * the image between them. */
#ifndef TESTS_UNIT_GVT_IMAGE_BENCH_H
#define TESTS_UNIT_GVT_IMAGE_BENCH_H

#include <stdint.h>

#include "host/abi/gvt_migrate.h"
#include "tests/unit/gvt_scene.h"

#define TYPE8_IMAGE 5116596
#define DESC        (CTX_DESC_VALID | CTX_DESC_PRIVILEGE_ACCESS)
#define PTE(gpa)    ((gpa) | 1ull)

/* Offsets: behind the root objects of image_work(), of a register, of a qword of HEAD. */
#define PPGTT_AT(off)    (5116472 + (off))
#define WORKLOAD_AT(off) (5116472 + 8 + 2 * 40 + (off))
#define EXECLIST_AT(off) (WORKLOAD_AT(0) + 8 + 3 * 36 + (off))
#define VREG_AT(reg)     (IMG_OFF_VREG + 8 + (reg))
#define GLOBAL(n)        (24 + 8 * (n))

extern struct gvt_scene image_source;
extern struct gvt_scene image_target;
extern uint8_t *image_bytes; /* of the last image_save */
extern int64_t image_size;
extern uint8_t *image_before; /* the target's, by image_remember_target; a test frees it */

/* For a suite's .init and .fini. */
void image_open(void);
void image_close(void);
/* The target keeps more for itself: both parts lie elsewhere. */
struct gvt_config image_elsewhere(void);
void image_save(struct gvt_scene *scene);
uint32_t image_word(uint64_t offset);
/* Closes an image again that a test changed on purpose. */
void image_reseal(void);
/* A guest that looked at PVINFO and works: entries, fence, roots, queue, half a submission. */
void image_work(void);
/* The target gets a life of its own, that a refused load must not touch. */
void image_remember_target(void);
void image_expect_target_unchanged(const char *what, uint64_t n);

#endif
