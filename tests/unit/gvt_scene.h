/* SPDX-License-Identifier: MIT */
/* A host with a mediator and guest RAM that is an array: what tests of world B share. The chip is
 * recorded, not simulated. */
#ifndef TESTS_UNIT_GVT_SCENE_H
#define TESTS_UNIT_GVT_SCENE_H

#include "host/gvt/gvt.h"
#include "tests/unit/fake_hal.h"

#define SCENE_RAM   (2u << 20)     /* bytes of guest RAM */
#define SCENE_FRAME 0x100000000ull /* host address of guest address 0 */
#define SCENE_UUID  "00000000-1111-2222-3333-444444444444"
#define SCENE_PTES  (1u << 20) /* of a GGTT of 4 GiB */

struct gvt_scene {
    struct hal *hal;
    struct gvt *gvt;
    struct gvt_vgpu *vgpu;
    struct hal *guest; /* its RAM is the guest's */
    uint64_t *ggtt;    /* real entries */
    uint64_t fences[32];
    uint64_t aperture[3]; /* as mapped: guest's, host's, size */
    uint32_t ring_mode[5];
    uint64_t hws[5];
    unsigned chip_calls; /* all calls that change the chip */
    unsigned creates, destroys, kicks, interrupts;
    uint64_t mapped[16]; /* last entries of ppgtt_map, by call */
    unsigned maps;
    int ppgtt_error;                            /* what ppgtt_create says */
    unsigned reads;                             /* of guest RAM, by the mediator */
    uint64_t writes[SCENE_RAM / HAL_PAGE_SIZE]; /* to each page, as the test says */
    uint64_t window; /* host address of guest address 0; SCENE_FRAME when it was opened */
};

/* SKL with PV, 1 GiB of aperture, 4 GiB of GGTT. */
struct gvt_config scene_config(void);
/* NULL: scene_config. The vGPU is of the type with this suffix: '8', '4', '2', '1'. guest: whose
 * RAM is the guest's; NULL: a new one. */
void scene_open(struct gvt_scene *scene, const struct gvt_config *config, char type,
                struct hal *guest);
/* Leaves the guest's RAM to its owner. */
void scene_close(struct gvt_scene *scene);

uint32_t scene_read(struct gvt_scene *scene, uint64_t offset);
void scene_write(struct gvt_scene *scene, uint64_t offset, uint32_t value);
void scene_write_pte(struct gvt_scene *scene, uint64_t addr, uint64_t entry);
/* The recorded chip and the guest's RAM, for a scene that was moved. */
const struct gvt_ops *scene_ops(void);
/* Guest RAM by address. */
void *scene_ram(struct gvt_scene *scene, uint64_t gpa, uint64_t size);
/* Four writes to an engine's submit port. */
void scene_submit(struct gvt_scene *scene, uint32_t base, uint32_t desc0, uint32_t desc1);

#endif
