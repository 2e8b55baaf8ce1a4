/* SPDX-License-Identifier: MIT */
/* Mediator of one GPU (world B): vGPUs by type, their registers and GGTT view as traps reach them,
 * the PV channel's host end, migration_version, and a vGPU's device config data as an image. The
 * machine calls in for every trapped access and lends the chip and guest RAM as struct gvt_ops. */
#ifndef HOST_GVT_GVT_H
#define HOST_GVT_GVT_H

#include <stdbool.h>
#include <stdint.h>

#include "host/vfio/vfio.h"
#include "sim/hal/hal.h"

struct gvt;
struct gvt_vgpu;
struct ct;
struct ggtt;

#define GVT_NAME_BYTES           16u /* type name with its NUL */
#define GVT_UUID_CHARS           36u
#define GVT_SOFTWARE_VERSION_INV 0xffffffffu /* this host cannot migrate */

/* ---- the GPU that is shared ------------------------------------------------------------------ */

struct gvt_config {
    struct hal *hal;            /* the host's, for time, traces and probes */
    unsigned gen;               /* 8 and 9 can migrate */
    uint16_t device;            /* PCI id; the vendor is Intel */
    uint8_t revision;           /* stepping */
    uint32_t platform;          /* enum gvt_platform */
    uint32_t firmware;          /* major << 16 | minor */
    uint32_t engine_mask;       /* of enum gvt_engine_id */
    uint64_t aperture;          /* bytes of GGTT below the hidden part */
    uint64_t ggtt;              /* bytes in all */
    uint64_t aperture_reserved; /* the host's own, at the bottom of each part; 0: 128 and 384 MiB */
    uint64_t hidden_reserved;   /* as above */
    uint32_t software_version;  /* of the image; GVT_SOFTWARE_VERSION_INV: no migration */
    uint32_t pv_caps;           /* PV_* offered to guests; 0: no PV */
    uint16_t pv_major, pv_minor; /* told to guests */
    uint32_t pv_register_action; /* number of REGISTER_CAP_GPA; 0: the default */
    uint32_t pv_submit_action;   /* number of SUBMIT_WORKLOAD; 0: the default */
    bool pv_one_per_trigger;     /* as first posted: a trigger serves one message */
    bool pv_fetch_status;        /* as first posted: status tells of the fetch only */
    /* What a PV message costs, in cycles of the host's: taking it out of the ring, carrying it
     * out, each page of it, telling the guest. */
    struct gvt_costs {
        uint32_t fetch, command, page, complete;
    } costs;
    /* The host's way to the engines, by GT, and its own part of the GGTT; NULL: none, and work
     * stays queued. */
    struct ct *cts[2];
    struct ggtt *host_ggtt;
    unsigned fn_base; /* vGPU n shows as function fn_base + n in traces */
};

/* Returns NULL without memory. Declares probes; call before the machine runs. */
struct gvt *gvt_create(const struct gvt_config *config);
/* Frees it with its vGPUs. */
void gvt_destroy(struct gvt *gvt);
/* Starts the programs that run the vGPUs' work on the engines. Returns 0 or -ENOMEM. */
MUST_USE int gvt_start(struct gvt *gvt);
/* A G2H event about a context of the host's. Never blocks. Returns 0, -ENOENT not the mediator's,
 * -EPROTO. */
int gvt_context_event(struct gvt *gvt, unsigned gt, const uint32_t *msg, uint32_t len);

/* The tree that an administrator sees, by path: mdev_supported_types/TYPE/ATTRIBUTE (TYPE is
 * "i915-" and the type's name), mdev_supported_types/TYPE/devices/UUID, and
 * /sys/bus/mdev/devices/UUID/{mdev_type,mdev_type/ATTRIBUTE,remove}. Reading a folder gives its
 * entries, one a line. Returns bytes (no NUL among them), -ENOENT, -EACCES where the file has no
 * such direction, -ENOSPC when to is too small, or what the attribute says. */
MUST_USE int64_t gvt_sysfs_read(struct gvt *gvt, const char *path, char *to, uint64_t size);
/* Returns size, or as above; create: -EINVAL no UUID, -EEXIST, -ENOSPC no instance left. */
MUST_USE int64_t gvt_sysfs_write(struct gvt *gvt, const char *path, const char *from,
                                 uint64_t size);
/* User space's rule, over those two: may a vGPU of source's type move to target's? Both are names
 * as in the tree. Returns 0 or -EINVAL. */
MUST_USE int gvt_migration_compatible(struct gvt *source, const char *source_type,
                                      struct gvt *target, const char *target_type);

/* ---- a vGPU ---------------------------------------------------------------------------------- */

/* What a vGPU asks of the machine; arg is gvt_vgpu_attach's. All are there. None may come back
 * into the mediator. */
struct gvt_ops {
    /* Guest RAM. 0, or -EFAULT when not all of it is there (nothing moved). */
    int (*guest_read)(void *arg, uint64_t gpa, void *to, uint64_t size);
    int (*guest_write)(void *arg, uint64_t gpa, const void *from, uint64_t size);
    /* Host address of a guest's page; 0 when there is none. */
    uint64_t (*guest_frame)(void *arg, uint64_t gpa);
    /* A number that is another one after the guest's page was written, by whomever. */
    uint64_t (*guest_writes)(void *arg, uint64_t gpa);
    /* The chip: GGTT entry by index, 0: absent; fence by number. */
    void (*set_ggtt)(void *arg, uint64_t index, uint64_t entry);
    void (*set_fence)(void *arg, unsigned fence, uint64_t value);
    /* From now on size bytes of the guest's BAR2 from guest on are the host's from host on. */
    void (*map_aperture)(void *arg, uint64_t guest, uint64_t host, uint64_t size);
    /* Engine: RING_MODE bits that are on; hardware status page, host GGTT address. */
    void (*set_ring_mode)(void *arg, unsigned engine, uint32_t on);
    void (*set_hws)(void *arg, unsigned engine, uint64_t addr);
    /* Shadow of a guest's page tables. 0 or -errno. */
    int (*ppgtt_create)(void *arg, unsigned level, const uint64_t pdp[4]);
    void (*ppgtt_destroy)(void *arg, unsigned level, const uint64_t pdp[4]);
    /* PV: one entry of a root's address space, host address | flags; 0 clears. 0 or -errno. */
    int (*ppgtt_map)(void *arg, uint64_t pml4, uint64_t addr, uint64_t entry);
    void (*kick)(void *arg);      /* there is work to take */
    void (*interrupt)(void *arg); /* of the guest's virtual device */
};

struct gvt_workload {
    unsigned engine;
    uint32_t desc[2];         /* low, high dword of the context descriptor */
    bool emulate_schedule_in; /* first of its submission */
    bool pv;                  /* no context status buffer, no interrupt */
};

/* The vGPU that was created with this UUID, NULL when there is none. */
struct gvt_vgpu *gvt_vgpu_find(struct gvt *gvt, const char *uuid);
/* Lends it a machine; guest_pages: of guest RAM, for the dirty log. Returns 0 or -ENOMEM. */
MUST_USE int gvt_vgpu_attach(struct gvt_vgpu *vgpu, const struct gvt_ops *ops, void *arg,
                             uint64_t guest_pages);
/* Runs (again): queued work may be taken. */
void gvt_vgpu_start(struct gvt_vgpu *vgpu);
/* No more work is taken; waits for what runs (blocks). Returns 0, -ETIME after 10 s. */
MUST_USE int gvt_vgpu_stop(struct gvt_vgpu *vgpu);
/* As new, stopped, with its share; what ran has left its engine (blocks). */
void gvt_vgpu_reset(struct gvt_vgpu *vgpu);
unsigned gvt_vgpu_id(const struct gvt_vgpu *vgpu);
/* Guest's place of the two parts of its share in the GGTT, and where they really lie. */
void gvt_vgpu_place(const struct gvt_vgpu *vgpu, uint64_t guest[2], uint64_t host[2]);
/* Real GGTT address of a guest's; returns 0 or -EFAULT outside of its share. */
MUST_USE int gvt_vgpu_to_host(const struct gvt_vgpu *vgpu, uint64_t addr, uint64_t *host);

/* Trapped access of 1..8 bytes at a BAR0 offset. Returns 0 or -EINVAL (width, alignment, range);
 * what registers refuse is not an error. */
MUST_USE int gvt_mmio_read(struct gvt_vgpu *vgpu, uint64_t offset, void *to, unsigned size);
MUST_USE int gvt_mmio_write(struct gvt_vgpu *vgpu, uint64_t offset, const void *from,
                            unsigned size);
/* Virtual config space, all of it. */
uint8_t *gvt_vgpu_config_space(struct gvt_vgpu *vgpu);
/* The guest's accesses to it, of 1, 2 or 4 bytes: 0 or -EINVAL (width, alignment, range). */
#define GVT_CONFIG_VENDOR           0x00u
#define GVT_CONFIG_DEVICE           0x02u
#define GVT_CONFIG_COMMAND          0x04u
#define GVT_CONFIG_COMMAND_MEMORY   0x0002u
#define GVT_CONFIG_COMMAND_MASTER   0x0004u
#define GVT_CONFIG_COMMAND_WRITABLE 0x0407u
#define GVT_CONFIG_REVISION         0x08u
#define GVT_CONFIG_CLASS            0x0au
#define GVT_CONFIG_BAR0             0x10u
#define GVT_CONFIG_BAR2             0x18u
#define GVT_CONFIG_INTERRUPT_LINE   0x3cu
MUST_USE int gvt_config_read(const struct gvt_vgpu *vgpu, uint32_t offset, void *to, unsigned size);
MUST_USE int gvt_config_write(struct gvt_vgpu *vgpu, uint32_t offset, const void *from,
                              unsigned size);
/* What a VMM brings from another host, size bytes from offset 0: what a guest may write is taken of
 * it. 0, or -EINVAL when it is another device's. Before the vGPU runs. */
MUST_USE int gvt_config_restore(struct gvt_vgpu *vgpu, const void *from, uint32_t size);
/* Does it answer in its BARs? */
bool gvt_vgpu_memory_enabled(const struct gvt_vgpu *vgpu);

/* The engine worker's side: the oldest queued workload is marked running. False when there is
 * none, or the vGPU or that engine is not free to run one. */
bool gvt_workload_take(struct gvt_vgpu *vgpu, unsigned engine, struct gvt_workload *workload);
/* The one taken is complete and leaves the queue. */
void gvt_workload_done(struct gvt_vgpu *vgpu, unsigned engine);
unsigned gvt_workload_count(const struct gvt_vgpu *vgpu);

/* A vCPU of the guest wrote its RAM. Tables that are shadowed are write-protected: returns how many
 * entries of them that touched; each trapped, and the shadows are as they are now. */
unsigned gvt_guest_wrote(struct gvt_vgpu *vgpu, uint64_t gpa, uint64_t size);

/* The device wrote guest RAM: log it. */
void gvt_dirty_mark(struct gvt_vgpu *vgpu, uint64_t gpa, uint64_t size);

/* ---- device config data ---------------------------------------------------------------------- */

/* Whole image of a stopped vGPU; it stays as it is, and may be saved again. Returns bytes in *image
 * (caller frees), -EBUSY while it runs or holds what no image carries, -EFAULT too large (found
 * before anything is written), -ENOMEM. */
MUST_USE int64_t gvt_image_save(const struct gvt_vgpu *vgpu, uint8_t **image);
/* Checks all of an image, then makes a stopped vGPU of it. Returns 0; -EINVAL refused, -EBUSY
 * running: nothing has changed; -EIO when memory or the machine failed on the way. */
MUST_USE int gvt_image_load(struct gvt_vgpu *vgpu, const uint8_t *image, uint64_t size);
/* The vGPU as a migratable device; dev is the struct gvt_vgpu. */
extern const struct vfio_ops gvt_vfio_ops;

#endif
