/* SPDX-License-Identifier: MIT */
/* The mediator of one GPU as a whole: its configuration, its types, its probes. */
#include "host/gvt/gvt_private.h"

#include <stdio.h>
#include <stdlib.h>

#include "host/abi/i915_vgpu_pv.h"

#define HOST_APERTURE (128 * MIB)
#define HOST_HIDDEN   (384 * MIB)

static void declare_probes(struct gvt *gvt, unsigned id)
{
    const struct {
        const char *signal;
        unsigned bits;
        int *probe;
    } list[] = {
        {"active", 1, &gvt->probes[id].active},     {"pv.head", 16, &gvt->probes[id].head},
        {"pv.tail", 16, &gvt->probes[id].tail},     {"pv.fence", 32, &gvt->probes[id].fence},
        {"pv.status", 32, &gvt->probes[id].status},
    };
    char path[32];

    for (unsigned n = 0; n < ARRAY_SIZE(list); n++) {
        (void)snprintf(path, sizeof(path), "vgpu%u.%s", id, list[n].signal);
        *list[n].probe = hal_probe(gvt->config.hal, path, list[n].bits, NULL);
        hal_probe_set(gvt->config.hal, *list[n].probe, 0);
    }
}

struct gvt *gvt_create(const struct gvt_config *config)
{
    struct gvt *gvt = calloc(1, sizeof(*gvt));

    if (!gvt) {
        return NULL;
    }
    gvt->config = *config;
    if (!config->aperture_reserved) {
        gvt->config.aperture_reserved = HOST_APERTURE;
    }
    if (!config->hidden_reserved) {
        gvt->config.hidden_reserved = HOST_HIDDEN;
    }
    if (!config->pv_register_action) {
        gvt->config.pv_register_action = PV_CMD_REGISTER_CAP_GPA;
    }
    if (!config->pv_submit_action) {
        gvt->config.pv_submit_action = PV_CMD_SUBMIT_WORKLOAD;
    }
    gvt_types_init(gvt);
    /* A vGPU is created while the machine runs, when it is too late to declare its probes. */
    for (unsigned id = VGPU_ID_MIN; id <= VGPU_ID_MAX; id++) {
        declare_probes(gvt, id);
    }
    return gvt;
}

void gvt_destroy(struct gvt *gvt)
{
    if (!gvt) {
        return;
    }
    for (unsigned id = VGPU_ID_MIN; id <= VGPU_ID_MAX; id++) {
        gvt_vgpu_remove(gvt->vgpus[id]);
    }
    for (unsigned n = 0; n < GVT_MAX_VGPU * GVT_ENGINES; n++) {
        struct gvt_worker *worker = &gvt->workers[n / GVT_ENGINES][n % GVT_ENGINES];

        exec_destroy(worker->exec);
        gvt_shadow_drop(gvt, &worker->shadow);
        free(worker->shadow.tables);
        free(worker->job);
    }
    free(gvt);
}
