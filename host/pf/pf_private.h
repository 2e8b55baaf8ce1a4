/* SPDX-License-Identifier: MIT */
/* What the files of host/pf share: the PF, its GTs, what each VF has and does. Everything here
 * runs on the PF's own HAL handle; state changes only between blocking calls, so nothing needs a
 * lock but the buffer that carries KLVs. */
#ifndef HOST_PF_PF_PRIVATE_H
#define HOST_PF_PF_PRIVATE_H

#include <stdbool.h>
#include <stdint.h>

#include "host/abi/xe_sriov_packet_types.h"
#include "host/kmd/kmd.h"
#include "host/pf/pf.h"
#include "host/pf/pf_control_states.h"

#define PF_RING         5u /* packets between the worker of a GT and the stream */
#define PF_PTE_SIZE     8u
#define PF_GGTT_SIZE    (64ull << 20) /* kept for the PF itself, above WOPCM */
#define PF_RELAY_QUEUE  128u          /* requests of VFs that wait */
#define PF_RELAY_PER_VF 2u            /* of one VF, so that every VF finds room */
#define PF_RELAY_LEN    2u            /* of the longest request there is */
#define PF_LMEM_KEPT    (8ull << 20)  /* for the tables of all VFs */
#define PF_VRAM_CHUNK   (1ull << 20)  /* of one packet; chosen, the real driver takes 512 MiB */

/* ---- control machine (pf_control.c) ---------------------------------------------------------- */

/* Packets of one VF between one GT's worker and the stream. */
struct pf_queue {
    struct pf_packet *packets[PF_RING];
    unsigned first;
    unsigned count;
    unsigned generation;   /* grows when the packets are dropped: a step under way is then stale */
    unsigned next_section; /* save: what to produce next */
    unsigned loaded;       /* load: bit n: section n has come */
    bool held;             /* load: nothing is applied yet */
    uint64_t chunks;       /* bytes of the section in chunks that were produced, or have come */
    struct pf_packet *gathered; /* load: its chunks so far */
};

struct pf_control {
    enum pf_state state;
    bool unfixed; /* a state was loaded, and the VF's driver has not recovered since */
    int probe;
    struct pf_queue queue;
};

/* ---- stream (pf_packet.c, pf_migration.c, pf_stream.c) --------------------------------------- */

struct pf_packet {
    struct xe_sriov_packet_hdr hdr;
    uint8_t *data; /* hdr.size bytes */
};

/* A stream being read or written by the VMM, in pieces of any size. */
struct pf_stream {
    int error;                      /* sticky */
    struct pf_packet *packet;       /* under way */
    struct xe_sriov_packet_hdr hdr; /* load: of the packet under way */
    uint64_t pos;                   /* bytes of it (header and payload) that have moved */
    bool begun;                     /* the descriptor has moved */
    bool ended;                     /* the trailer has */
    bool precopy;                   /* save: begun while the VF ran */
};

/* ---- PF, GT, VF ------------------------------------------------------------------------------ */

enum pf_resource { PF_GGTT, PF_CONTEXTS, PF_DOORBELLS, PF_LMEM, PF_RESOURCE_COUNT };

struct pf_range {
    uint64_t start;
    uint64_t size; /* 0: nothing */
};

struct pf_vf {
    struct pf *pf;
    unsigned id;
    bool provisioned;
    bool by_enabling; /* provisioned because VFs were enabled: goes with them */
    struct pf_range has[PF_RESOURCE_COUNT];
    struct pf_tuning tuning;
    uint32_t adverse[PF_ADVERSE_COUNT];
    uint16_t relay_major[PF_MAX_GTS]; /* 0: no version negotiated */
    struct pf_stream stream;
    bool spoiled; /* by a load that failed and could not be cleared away */
};

/* A request that came through the relay. */
struct pf_relay {
    uint32_t vf;
    uint32_t id;
    uint32_t len; /* as it was; longer ones than PF_RELAY_LEN are cut */
    uint32_t hxg[PF_RELAY_LEN];
};

struct pf_reset {
    const char *due; /* reason, or NULL */
    uint64_t window_start;
    unsigned in_window; /* resets since then */
    unsigned asked, ended;
    int result; /* of the last one that ended */
};

struct pf_gt {
    struct pf *pf;
    unsigned id;
    bool probed;
    struct pf_reset reset;
    struct mailbox mailbox;
    struct ct *ct;
    uint32_t tlb_seqno;      /* last one asked for */
    uint32_t tlb_seqno_done; /* last one the GuC reported */
    struct bo klvs;          /* carries KLVs to the GuC */
    bool klvs_busy;
    struct pf_relay relay[PF_RELAY_QUEUE];
    unsigned relay_first;
    unsigned relay_count;
    uint64_t due;     /* VFs with a control step to do, bit n: VF n */
    unsigned last_vf; /* served last */
    struct pf_control control[PF_MAX_VFS + 1];
};

struct pf {
    struct hal *hal;
    struct pf_config config;
    struct ggtt *ggtt; /* the PF's own part */
    unsigned sharers;  /* VFs that a fair share is reckoned for */
    struct pf_client client;
    struct pf_gt gts[PF_MAX_GTS];
    struct pf_policies policies;
    struct pf_vf vfs[PF_MAX_VFS + 1]; /* [0]: what the PF gave itself */
};

/* First error of a loop over GTs; a second one makes it -EUCLEAN, as the GTs now differ. */
static inline int pf_first_error(int first, int err)
{
    if (!err) {
        return first;
    }
    return first ? -117 /* EUCLEAN */ : err;
}

/* pf.c */
bool pf_vf_valid(const struct pf *pf, unsigned vf);
/* Offset of a GT's copy of a register below MEDIA_GT_GSI_LENGTH. */
uint32_t pf_gt_reg(const struct pf_gt *gt, uint32_t offset);
/* Register n of a VF's mailbox on this GT, through the PF's view of that VF. */
uint32_t pf_vf_mailbox(const struct pf_gt *gt, unsigned vf, unsigned n);
/* Makes the GPU forget cached GGTT entries; blocks until it has. */
void pf_invalidate_ggtt(struct pf *pf);

/* pf_irq.c: interrupts, and the events that the GuC sends by CTB. */
extern const struct ct_handler pf_handlers[];
void pf_irq_start(struct pf *pf);

/* pf_config.c: messages that configure a function. All return 0 or -errno. */
MUST_USE int pf_config_push_self(struct pf_gt *gt);
MUST_USE int pf_config_push(struct pf_gt *gt, const struct pf_vf *vf);
MUST_USE int pf_config_push_no_ggtt(struct pf_gt *gt, unsigned vf);
MUST_USE int pf_config_reset(struct pf_gt *gt, unsigned vf);
/* Only what tunes a function, 0 being the PF. */
MUST_USE int pf_config_push_tuning(struct pf_gt *gt, unsigned vf);
MUST_USE int pf_config_push_policies(struct pf_gt *gt);

/* pf_provision.c: gives every entry of a VF's GGTT range to the VF, pointing nowhere. */
void pf_provision_clear_ggtt(struct pf *pf, const struct pf_vf *vf);

/* pf_vram.c: local memory. Nothing to do on a GPU, or for a VF, that has none. All block. */
void pf_vram_start(struct pf *pf);
/* Makes the VF's share its own in the translation; takes it away. */
void pf_vram_assign(struct pf *pf, const struct pf_vf *vf);
void pf_vram_release(struct pf *pf, const struct pf_vf *vf);
/* Zeroes the VF's share. */
void pf_vram_clear(struct pf *pf, const struct pf_vf *vf);
/* As sections of pf_migration.c, of a packet's part of the share. */
int64_t pf_vram_bytes(struct pf_gt *gt, unsigned vf);
MUST_USE int pf_vram_save(struct pf_gt *gt, unsigned vf, struct pf_packet *packet);
MUST_USE int pf_vram_load(struct pf_gt *gt, unsigned vf, const struct pf_packet *packet);

/* pf_reset.c: reset of a GT, by its control worker, since no control step may be under way. */
/* Asks for one. Never blocks. */
void pf_reset_request(struct pf_gt *gt, const char *reason);
void pf_reset_run(struct pf_gt *gt);
/* pf.c: connection to the GuC and its own configuration, after boot and after a reset. */
MUST_USE int pf_wait_guc_ready(struct pf_gt *gt);

/* pf_control.c: the machine. */
void pf_control_init(struct pf_gt *gt);
/* The worker of a GT (arg), a program. */
void pf_control_worker(void *arg);
/* Tells the machine that something happened. Returns 0, or what a request that is refused gets. */
int pf_control_post(struct pf_gt *gt, unsigned vf, enum pf_event event);
enum pf_state pf_control_get(const struct pf_gt *gt, unsigned vf);
/* Whether the state is one of a set. */
static inline bool pf_control_in(const struct pf_gt *gt, unsigned vf, uint64_t states)
{
    return states >> pf_control_get(gt, vf) & 1;
}
/* pf_control_api.c: of all GTs, as the calls of pf.h. */
MUST_USE int pf_control_save_begin(struct pf *pf, unsigned vf);
MUST_USE int pf_control_save_finish(struct pf *pf, unsigned vf);
MUST_USE int pf_control_restore_begin(struct pf *pf, unsigned vf);
MUST_USE int pf_control_restore_finish(struct pf *pf, unsigned vf);
/* Gives a save or restore up: the VF is paused again, or its restore has failed. */
void pf_control_abandon(struct pf *pf, unsigned vf);

/* pf_packet.c: packets as such. */
/* Returns NULL without memory; data is zeroed. */
struct pf_packet *pf_packet_new(uint8_t type, unsigned gt, uint64_t size);
void pf_packet_free(struct pf_packet *packet);
struct pf_packet *pf_packet_descriptor(const struct pf_config *config);
/* Whether a descriptor is sound and of this device: 0, -EINVAL, -ENODEV. */
MUST_USE int pf_packet_check_descriptor(const struct pf_config *config, const uint8_t *data,
                                        uint64_t size);

/* pf_migration.c: what the packets of a GT hold. */
/* One step of saving or loading, by the worker; posts what came of it. */
void pf_migration_save_step(struct pf_gt *gt, unsigned vf);
void pf_migration_load_step(struct pf_gt *gt, unsigned vf);
/* Drops all packets and begins anew. */
void pf_migration_drop(struct pf_gt *gt, unsigned vf);
/* Takes the next packet of a saving GT, NULL when there is none now. */
struct pf_packet *pf_migration_take(struct pf_gt *gt, unsigned vf);
/* Whether a data packet with this header may follow now: 0, -EINVAL. */
MUST_USE int pf_migration_check(const struct pf_gt *gt, unsigned vf,
                                const struct xe_sriov_packet_hdr *hdr);
/* Hands a packet to a loading GT, waiting for room. Returns 0, -ETIMEDOUT, -EIO: loading has
 * failed; takes the packet in all cases. */
MUST_USE int pf_migration_add(struct pf_gt *gt, unsigned vf, struct pf_packet *packet);
/* Whether every section of this GT has come. */
bool pf_migration_complete(const struct pf_gt *gt, unsigned vf);
/* Bytes that saving this GT would give now, or -errno. */
int64_t pf_migration_estimate(struct pf_gt *gt, unsigned vf);

/* pf_stream.c: the stream of a VF as bytes. */
MUST_USE int pf_stream_save_begin(struct pf_vf *vf);
int64_t pf_stream_read(struct pf_vf *vf, void *to, uint64_t size);
MUST_USE int pf_stream_save_end(struct pf_vf *vf);
/* Pre-copy: the descriptor alone; a save goes on behind what was read. */
MUST_USE int pf_stream_precopy_begin(struct pf_vf *vf);
int64_t pf_stream_precopy_pending(struct pf_vf *vf);
int64_t pf_stream_precopy_read(struct pf_vf *vf, void *to, uint64_t size);
void pf_stream_precopy_end(struct pf_vf *vf);
MUST_USE int pf_stream_load_begin(struct pf_vf *vf);
int64_t pf_stream_write(struct pf_vf *vf, const void *from, uint64_t size);
MUST_USE int pf_stream_load_end(struct pf_vf *vf);
/* After a load that failed: is the VF as it was before it? */
bool pf_stream_intact(const struct pf_vf *vf);

/* pf_service.c: answers to what VFs ask through the relay. */
void pf_service_start(struct pf_gt *gt);
int pf_service_request(struct pf_gt *gt, const uint32_t *msg, uint32_t len);
void pf_service_reset_vf(struct pf *pf, unsigned vf);

#endif
