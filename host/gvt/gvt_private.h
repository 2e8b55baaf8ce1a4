/* SPDX-License-Identifier: MIT */
/* What the mediator's files share and nobody else sees. */
#ifndef HOST_GVT_GVT_PRIVATE_H
#define HOST_GVT_GVT_PRIVATE_H

#include "host/abi/gvt_execlist.h"
#include "host/abi/gvt_migrate.h"
#include "host/abi/i915_pvinfo.h"
#include "host/gvt/gvt.h"
#include "host/kmd/kmd.h"

#define PCI_VENDOR_ID_INTEL 0x8086u
#define GVT_TYPES           4u
#define MIB                 (1024ull * 1024ull)
#define GVT_FENCES          4u /* of every vGPU, and of the host itself */
#define GVT_VERSION_BYTES   36u
#define GGTT_PRESENT        0x1ull
/* What one guest can make the host keep. It has a root for each context, and waits for a switch
 * before it submits more: these are far above what it needs. */
#define GVT_MAX_PPGTTS     4096u
#define GVT_MAX_REFERENCES 0x10000u
#define GVT_MAX_QUEUED     1024u
/* Tables of a shadow, and of what PV bound. */
#define GVT_MAX_SHADOW_TABLES  4096u
#define GVT_MAX_MAPPING_TABLES GVT_MAX_SHADOW_TABLES

struct gvt_type {
    char name[GVT_NAME_BYTES];
    const char *resolution;
    uint64_t low, high; /* bytes */
    unsigned weight;
    char version[GVT_VERSION_BYTES]; /* migration_version; empty: cannot migrate */
};

enum gvt_part { PART_APERTURE, PART_HIDDEN, PARTS };

struct gvt_share {
    uint64_t guest; /* where the guest believes it is */
    uint64_t host;
    uint64_t size;
};

enum gvt_failsafe {
    FAILSAFE_NONE,
    FAILSAFE_UNSUPPORTED_GUEST,
    FAILSAFE_INSUFFICIENT_RESOURCE,
    FAILSAFE_GUEST_ERR,
    FAILSAFE_MIGRATED, /* was so at the source; the image does not say why */
};

/* Of a page by PV: address in the guest's space, entry as the guest gave it. */
struct gvt_mapping {
    uint64_t addr;
    uint64_t entry;
};

struct gvt_ppgtt {
    struct gvt_ppgtt *next;
    unsigned level;
    uint32_t references;
    uint64_t pdp[4];
    struct gvt_mapping_table *mappings; /* by PV; NULL: none */
};

/* Page tables with host addresses, of the roots that a worker's last workload named. */
struct gvt_shadow {
    struct gvt_shadow_table {
        uint64_t page;   /* of the host's RAM */
        uint64_t gpa;    /* of the table that it shadows; GVT_NO_GPA: made for what PV bound */
        uint64_t writes; /* to that, as of when it was read */
        unsigned level;  /* 1: its entries are pages */
    } * tables;
    unsigned num_tables, max_tables;
    bool whole;
    uint64_t era; /* of the vGPU, as it was built */
    unsigned level;
    uint64_t pdp[4];   /* the guest's roots */
    uint64_t roots[4]; /* and what became of them */
    uint32_t cost;     /* cycles that it took the last time, to be charged */
};
#define GVT_NO_GPA  UINT64_MAX

#define ENTRIES     512u
#define INDEX_BITS  9u
#define PTE_PRESENT 0x1ull
#define PTE_WRITE   0x2ull
#define PTE_LARGE   0x80ull /* of a directory: a page, not a table */
#define PTE_NULL    0x200ull

/* What an engine does, as the guest sees it. */
struct gvt_execlist {
    bool running;
    unsigned slot;
    uint32_t context; /* that runs: its id, and where it lies */
    uint32_t lrca;
};

struct gvt_queued {
    struct gvt_queued *next;
    struct gvt_workload workload;
    struct gvt_elsp_dwords elsp; /* of the submission, when it is its first */
    bool running;
};

struct gvt_engine {
    struct gvt_queued *queue; /* oldest first */
    struct gvt_elsp_dwords elsp;
    struct gvt_execlist execlist;
};

#define GVT_RING_DWORDS  0x2000u
#define GVT_BATCH_DWORDS 0x4000u

/* A workload on its way to the engine. */
struct gvt_job {
    struct gvt_workload workload;
    struct exec_work work;
    uint32_t ring[GVT_RING_DWORDS];
    uint32_t len;
    uint32_t tail; /* of the guest's ring, bytes */
    uint32_t batch[GVT_BATCH_DWORDS];
    bool user_interrupt;
};

/* The program of one vGPU on one engine. */
struct gvt_worker {
    struct gvt *gvt;
    unsigned id; /* of the vGPU */
    unsigned engine;
    struct exec *exec; /* the host's context for it; NULL until there is work */
    struct bo batches; /* copies of the guest's batches in the GGTT */
    struct gvt_shadow shadow;
    struct gvt_job *job;
    bool running;          /* a workload */
    bool given_up;         /* it: its vGPU was reset meanwhile */
    bool arrived;          /* the one that waits was noticed */
    unsigned weight;       /* of the vGPU, as it began */
    uint64_t began, ended; /* the last one; 0: never */
    uint64_t used;         /* ns of the engine, counted by weight */
};

struct gvt_scan {
    struct gvt_vgpu *vgpu;
    uint32_t *batch; /* GVT_BATCH_DWORDS: copies of batches, as they will lie at batch_addr */
    uint32_t batch_len;
    uint32_t looked_at;           /* dwords of batches, also of those that are not copied */
    uint64_t batch_addr;          /* real GGTT address */
    uint32_t status_page;         /* of the context, the guest's GGTT address */
    const struct exec_work *work; /* with the shadow of its page tables */
    bool unprivileged;            /* in a batch of the context's own space */
    bool user_interrupt;
};

struct gvt_pv {
    bool enabled; /* shared page registered */
    uint32_t caps;
    uint64_t page_gpa;
    uint64_t sub_gpa; /* submission records; 0: none */
};

/* Bytes of the stream being saved or loaded, for gvt_vfio_ops. */
struct gvt_stream {
    uint8_t *bytes;
    uint64_t size;
    uint64_t at;
    uint8_t identity[GVT_REGION_HDR_BYTES + GVT_IMAGE_HEADER_BYTES];
    uint64_t identity_at; /* bytes of it that were read in pre-copy */
    bool renewed;         /* it is another one than at first, and nobody asked since */
    bool head_seen;       /* of what is loaded */
    int refused;          /* the errno that ended it */
};

struct gvt_vgpu {
    struct gvt *gvt;
    const struct gvt_type *type;
    const struct gvt_ops *ops;
    void *arg;
    unsigned id;
    char uuid[GVT_UUID_CHARS + 1];
    bool active;
    unsigned life;    /* counts resets: work of an earlier one concerns nobody */
    bool loaded;      /* an image, and has not run since */
    bool irq_told;    /* the guest, of what shows in its master interrupt register */
    bool pv_notified; /* the guest knows what it is: it read PVINFO */
    enum gvt_failsafe failsafe;
    struct gvt_share share[PARTS];
    uint8_t cfg[GVT_CFG_SPACE_SIZE];
    uint8_t *vreg;  /* GVT_MMIO_SIZE bytes */
    uint8_t *sreg;  /* GVT_MMIO_SIZE bytes */
    uint64_t *ggtt; /* guest's entries: aperture part, then hidden part */
    struct gvt_ppgtt *ppgtts;
    unsigned mapping_tables; /* of all of them */
    uint64_t shadow_era;     /* shadows of an earlier one are void */
    struct gvt_engine engines[GVT_ENGINES];
    struct gvt_pv pv;
    struct gvt_stream stream;
    uint8_t *dirty; /* a bit for each page of guest RAM */
    uint64_t guest_pages;
    bool dirty_logging;
};

struct gvt_probes {
    int active, head, tail, fence, status;
};

struct gvt {
    struct gvt_config config;
    struct gvt_type types[GVT_TYPES];
    unsigned num_types;
    struct gvt_vgpu *vgpus[GVT_MAX_VGPU]; /* by id; 0 is the host */
    struct gvt_probes probes[GVT_MAX_VGPU];
    struct gvt_worker workers[GVT_MAX_VGPU][GVT_ENGINES];
    uint64_t eras;               /* so many there were, of all vGPUs */
    uint64_t clock[GVT_ENGINES]; /* time used, where those are that share an engine */
};

/* ---- gvt_types.c, gvt_version.c ---- */
void gvt_types_init(struct gvt *gvt);
/* By name as in the tree, with the driver's prefix; NULL when there is none. */
struct gvt_type *gvt_type_find(struct gvt *gvt, const char *name);
unsigned gvt_type_available(const struct gvt *gvt, const struct gvt_type *type);
void gvt_version_init(const struct gvt_config *config, struct gvt_type *type);
MUST_USE int64_t gvt_version_show(const struct gvt_type *type, char *to, uint64_t size);
MUST_USE int64_t gvt_version_store(struct gvt *gvt, const struct gvt_type *type, const char *from,
                                   uint64_t size);

/* ---- gvt_vgpu.c, gvt_place.c ---- */
MUST_USE int gvt_vgpu_create(struct gvt *gvt, const struct gvt_type *type, const char *uuid);
void gvt_vgpu_remove(struct gvt_vgpu *vgpu);
/* Finds room for a part of a type. Returns 0 or -ENOSPC. */
MUST_USE int gvt_place_find(const struct gvt *gvt, enum gvt_part part, uint64_t size,
                            uint64_t *start);
/* How many more of this size fit in. */
unsigned gvt_place_count(const struct gvt *gvt, enum gvt_part part, uint64_t size);
/* Tells that the guest, or an image, is wrong. */
void gvt_peer_error(const struct gvt_vgpu *vgpu, const char *what, uint64_t detail);
void gvt_vgpu_enter_failsafe(struct gvt_vgpu *vgpu, enum gvt_failsafe why);
uint32_t gvt_vreg32(const struct gvt_vgpu *vgpu, uint32_t offset);
void gvt_vreg32_set(struct gvt_vgpu *vgpu, uint32_t offset, uint32_t value);
uint64_t gvt_vreg64(const struct gvt_vgpu *vgpu, uint32_t offset);
int gvt_guest_write(struct gvt_vgpu *vgpu, uint64_t gpa, const void *from, uint64_t size);

/* ---- gvt_config.c ---- */
void gvt_config_init(struct gvt_vgpu *vgpu);
/* The guest's aperture is there, or not, as its command register says. */
void gvt_config_map(struct gvt_vgpu *vgpu);

/* ---- gvt_ggtt.c ---- */
uint64_t gvt_ggtt_count(const struct gvt_vgpu *vgpu);
/* Place in vgpu->ggtt of a guest GGTT address; false when it is not in the guest's share. */
bool gvt_ggtt_slot(const struct gvt_vgpu *vgpu, uint64_t addr, uint64_t *slot);
/* Takes the guest's entry and points the real one to the host's page, or makes it absent. Returns
 * 0, -ENXIO when the entry is present and its page is not there. */
int gvt_ggtt_set(struct gvt_vgpu *vgpu, uint64_t slot, uint64_t entry);
/* Memory behind a guest's GGTT address. 0 or -EFAULT (some of it may have moved). */
MUST_USE int gvt_ggtt_read(const struct gvt_vgpu *vgpu, uint64_t addr, void *to, uint64_t size);
MUST_USE int gvt_ggtt_write(struct gvt_vgpu *vgpu, uint64_t addr, const void *from, uint64_t size);
int gvt_ggtt_mmio_write(struct gvt_vgpu *vgpu, uint64_t offset, const void *from, unsigned size);
/* Takes the guest's fence, re-based, or none. */
void gvt_fence_write(struct gvt_vgpu *vgpu, unsigned n);
void gvt_fence_clear(const struct gvt_vgpu *vgpu, unsigned n);

/* ---- gvt_ppgtt.c ---- */
struct gvt_ppgtt *gvt_ppgtt_find(const struct gvt_vgpu *vgpu, uint64_t root);
/* The same for one of three levels, by its four roots. */
struct gvt_ppgtt *gvt_ppgtt_find_3(struct gvt_vgpu *vgpu, const uint64_t pdp[4]);
/* Takes references to a root, which is created when it is new. 0 or -errno. */
MUST_USE int gvt_ppgtt_get(struct gvt_vgpu *vgpu, unsigned level, const uint64_t pdp[4],
                           uint32_t references);
/* Drops one. 0 or -EINVAL. */
MUST_USE int gvt_ppgtt_put(struct gvt_vgpu *vgpu, unsigned level, const uint64_t pdp[4]);
void gvt_ppgtt_drop_all(struct gvt_vgpu *vgpu);
/* A page by PV into a space of four levels; entry 0 takes it away. 0, -ENXIO the guest has no such
 * page, or -errno. */
MUST_USE int gvt_ppgtt_map(struct gvt_vgpu *vgpu, struct gvt_ppgtt *ppgtt, uint64_t addr,
                           uint64_t entry);

/* ---- gvt_mappings.c: what PV bound ---- */
/* Entry 0 takes it away. *tables: all that one guest has. 0 or -ENOMEM. */
MUST_USE int gvt_mapping_set(unsigned *tables, struct gvt_ppgtt *ppgtt, uint64_t addr,
                             uint64_t entry);
/* The first at or behind mapping->addr; false when there is none. */
bool gvt_mapping_next(const struct gvt_ppgtt *ppgtt, struct gvt_mapping *mapping);
/* As above, and how many pages go on from it: in the space, in the guest's memory, and alike. */
bool gvt_mapping_next_run(const struct gvt_ppgtt *ppgtt, struct gvt_mapping *mapping,
                          uint32_t *pages);
bool gvt_mapping_any(const struct gvt_vgpu *vgpu);
/* All of a space's. */
void gvt_mapping_drop(unsigned *tables, struct gvt_ppgtt *ppgtt);

/* ---- gvt_shadow.c: tables with host addresses ---- */
/* Makes it the shadow of these roots, and tells the work of it: as it is when it is theirs and no
 * table was written since, else built anew. 0, -EINVAL unknown, -ENOMEM. */
MUST_USE int gvt_shadow_build(struct gvt_vgpu *vgpu, struct gvt_shadow *shadow,
                              const uint64_t roots[4], struct exec_work *work);
/* What an entry of a guest's table is on this host, with all below it. 0 or -ENOMEM. */
MUST_USE int gvt_shadow_entry(struct gvt_vgpu *vgpu, struct gvt_shadow *shadow, unsigned level,
                              uint64_t *entry);
/* Puts one mapping by PV into a shadow of four levels. 0 or -errno. */
MUST_USE int gvt_shadow_insert(struct gvt_vgpu *vgpu, struct gvt_shadow *shadow,
                               const struct gvt_mapping *mapping);
/* Memory behind an address of the guest's space. 0 or -EFAULT (some of it may have moved). */
MUST_USE int gvt_shadow_read(const struct gvt_vgpu *vgpu, const struct exec_work *work,
                             uint64_t addr, void *to, uint64_t size);
/* Whatever was built for this vGPU is void: something changed that is in no table of the guest. */
void gvt_shadow_forget(struct gvt_vgpu *vgpu);
/* PV bound a page of this root, or took it away: a shadow in which an engine is has it at once. */
void gvt_shadow_bound(struct gvt_vgpu *vgpu, const struct gvt_ppgtt *ppgtt,
                      const struct gvt_mapping *mapping);
/* Gives the tables back. */
void gvt_shadow_drop(struct gvt *gvt, struct gvt_shadow *shadow);

/* ---- gvt_scan.c ---- */
/* Makes a guest's commands, in place, what the engine may run. 0 or -EFAULT. */
MUST_USE int gvt_scan_commands(struct gvt_scan *scan, uint32_t *dwords, uint32_t len);

/* ---- gvt_execlist.c ---- */
void gvt_execlist_init(struct gvt_vgpu *vgpu, unsigned engine);
void gvt_execlist_write_pointer(struct gvt_vgpu *vgpu, unsigned engine, uint32_t value);
void gvt_execlist_schedule_in(struct gvt_vgpu *vgpu, unsigned engine,
                              const struct gvt_workload *workload);
void gvt_execlist_schedule_out(struct gvt_vgpu *vgpu, unsigned engine,
                               const struct gvt_workload *done, const struct gvt_workload *next);

/* ---- gvt_irq.c: interrupts by source ---- */
void gvt_irq_init(struct gvt_vgpu *vgpu);
/* GT_*_INTERRUPT of an engine. */
void gvt_irq_raise(struct gvt_vgpu *vgpu, unsigned engine, uint32_t sources);
/* Tells the guest if there is something to tell. */
void gvt_irq_update(struct gvt_vgpu *vgpu);
/* Returns whether the register is one of these. */
bool gvt_irq_write(struct gvt_vgpu *vgpu, uint32_t offset, uint32_t value);

/* ---- gvt_schedule.c: an engine's time, by weight ---- */
/* Whether the worker may begin the oldest workload of its queue: 0, or for how long it has to wait
 * if nothing happens before. */
uint64_t gvt_schedule_wait(struct gvt_worker *worker);
void gvt_schedule_begin(struct gvt_worker *worker);
void gvt_schedule_end(struct gvt_worker *worker);

/* ---- gvt_workload.c ---- */
uint32_t gvt_engine_base(unsigned engine);
void gvt_elsp_write(struct gvt_vgpu *vgpu, unsigned engine, uint32_t value);
/* Queues one; elsp may be NULL. Returns 0 or -ENOMEM. */
MUST_USE int gvt_workload_queue(struct gvt_vgpu *vgpu, const struct gvt_workload *workload,
                                const struct gvt_elsp_dwords *elsp);
/* Two context descriptors of which the first must be valid. Returns 0, -EINVAL or -ENOMEM. */
MUST_USE int gvt_workload_submit(struct gvt_vgpu *vgpu, unsigned engine, const uint32_t desc[4],
                                 bool pv);
void gvt_workload_drop_all(struct gvt_vgpu *vgpu);
/* The one behind the running one; false when there is none. */
bool gvt_workload_next(const struct gvt_vgpu *vgpu, unsigned engine, struct gvt_workload *next);
bool gvt_workload_running(const struct gvt_vgpu *vgpu);

/* ---- gvt_pvinfo.c, gvt_pv.c, gvt_pv_commands.c ---- */
void gvt_pvinfo_init(struct gvt_vgpu *vgpu);
void gvt_pvinfo_read(struct gvt_vgpu *vgpu, uint32_t offset);
void gvt_pvinfo_write(struct gvt_vgpu *vgpu, uint32_t offset, const void *from, unsigned size);
void gvt_pv_register_page(struct gvt_vgpu *vgpu);
void gvt_pv_trigger(struct gvt_vgpu *vgpu);
/* Runs one command. Returns 0 or -errno for the descriptor's status. */
MUST_USE int gvt_pv_execute(struct gvt_vgpu *vgpu, uint32_t action, const uint32_t *payload,
                            uint32_t len);
const char *gvt_pv_action_name(const struct gvt *gvt, uint32_t action);
void gvt_pv_submit(struct gvt_vgpu *vgpu, unsigned engine);

/* ---- gvt_image.c, gvt_image_objects.c ---- */
struct gvt_image_object {
    const char *name;
    const struct gvt_image_ops *ops;
    uint32_t type;
    bool variable; /* a multiple of something, not just what this vGPU would save now */
};

/* Payload of one record: where it lies and how long it is. */
struct gvt_image_view {
    uint8_t *payload;
    uint32_t size;
};

/* What an object can do at each stage; NULL: nothing. */
struct gvt_image_ops {
    /* While the VM runs: what can be told already, of size bytes. */
    void (*pre_copy)(const struct gvt_vgpu *vgpu, struct gvt_image_view view);
    uint64_t (*size)(const struct gvt_vgpu *vgpu); /* payload as of now */
    void (*pre_save)(const struct gvt_vgpu *vgpu, struct gvt_image_view view);
    /* Looks only. 0 or -EINVAL. */
    int (*check)(const struct gvt_vgpu *vgpu, struct gvt_image_view view);
    int (*pre_load)(struct gvt_vgpu *vgpu, struct gvt_image_view view);
    void (*post_load)(struct gvt_vgpu *vgpu); /* the VM runs again */
};

#define GVT_IMAGE_OBJECTS 8u
extern const struct gvt_image_object gvt_image_objects[GVT_IMAGE_OBJECTS];
/* ---- gvt_image_ppgtt.c ---- */
extern const struct gvt_image_ops gvt_image_ppgtt_ops;
/* Is there in a good PPGTT what PV bound? */
bool gvt_image_has_runs(struct gvt_image_view view);
/* Bytes of a whole image as of now. */
uint64_t gvt_image_size(const struct gvt_vgpu *vgpu);
/* HEAD alone, complete in itself: what a running vGPU can say of its image. */
#define GVT_IMAGE_HEAD_RECORD (GVT_REGION_HDR_BYTES + GVT_IMAGE_HEADER_BYTES)
void gvt_image_identity(const struct gvt_vgpu *vgpu, uint8_t to[GVT_IMAGE_HEAD_RECORD]);
/* Is this the first record of an image for this vGPU? Returns the image's size, or -EINVAL. */
MUST_USE int64_t gvt_image_check_head(const struct gvt_vgpu *vgpu, const uint8_t *record);
/* The VM runs again on what was loaded. */
void gvt_image_post_load(struct gvt_vgpu *vgpu);
void gvt_image_refused(const struct gvt_vgpu *vgpu, const char *why, uint64_t detail);

#endif
