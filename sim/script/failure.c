/* SPDX-License-Identifier: MIT */
/* Snapshots at failure, in the words of the xe driver: its CT snapshot, and the provisioning
 * tables of its debugfs. Nothing here takes time: drivers read their own memory. */
#include "sim/script/failure.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "host/kmd/kmd.h"

#define MAX_SNAPSHOTS 8u /* of a run: the first ones tell why */

struct failure {
    struct machine *machine;
    char *text;
    size_t size;
    FILE *out;
    unsigned count;
    bool told[MACHINE_MAX_VMS]; /* that this VM's driver gave its VF up */
};

struct failure *failure_create(struct machine *machine)
{
    struct failure *failure = calloc(1, sizeof(*failure));

    if (failure) {
        failure->machine = machine;
        failure->out = open_memstream(&failure->text, &failure->size);
    }
    if (failure && !failure->out) {
        free(failure);
        failure = NULL;
    }
    return failure;
}

void failure_destroy(struct failure *failure)
{
    if (failure) {
        (void)fclose(failure->out);
        free(failure->text);
        free(failure);
    }
}

/* ---- tables ---------------------------------------------------------------------------------- */

static void print_size(FILE *out, uint64_t size)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB"};
    unsigned unit = 0;

    while (unit + 1 < ARRAY_SIZE(units) && size >= 1024 && size % 1024 == 0) {
        size /= 1024;
        unit++;
    }
    (void)fprintf(out, "%" PRIu64 " %s", size, units[unit]);
}

/* As ggtt_provisioned, contexts_provisioned, doorbells_provisioned and lmem_provisioned. */
static void print_provisioning(FILE *out, struct machine_gpu *gpu)
{
    struct pf_vf_config configs[MACHINE_MAX_VFS];
    unsigned count = gpu->desc.num_vfs < MACHINE_MAX_VFS ? gpu->desc.num_vfs : MACHINE_MAX_VFS;

    (void)fprintf(out, "%s ggtt_provisioned:\n", gpu->desc.name);
    for (unsigned n = 0; n < count; n++) {
        pf_get_config(gpu->pf, n + 1, &configs[n]);
        if (configs[n].ggtt_size) {
            (void)fprintf(out, "VF%u:\t%#" PRIx64 "-%#" PRIx64 "\t(", n + 1, configs[n].ggtt_start,
                          configs[n].ggtt_start + configs[n].ggtt_size - 1);
            print_size(out, configs[n].ggtt_size);
            (void)fprintf(out, ")\n");
        }
    }
    (void)fprintf(out, "%s contexts_provisioned, doorbells_provisioned, lmem_provisioned:\n",
                  gpu->desc.name);
    for (unsigned n = 0; n < count; n++) {
        if (configs[n].num_contexts || configs[n].num_doorbells) {
            (void)fprintf(out, "VF%u:\t%" PRIu32 "\t%" PRIu32 "\t", n + 1, configs[n].num_contexts,
                          configs[n].num_doorbells);
            print_size(out, configs[n].lmem_size);
            (void)fprintf(out, "\n");
        }
    }
    for (unsigned gt = 0; gt < gpu->desc.num_gts; gt++) {
        (void)fprintf(out, "%s gt%u control state:\n", gpu->desc.name, gt);
        for (unsigned vf = 1; vf <= count; vf++) {
            (void)fprintf(out, "VF%u:\t%s\n", vf, pf_control_state(gpu->pf, gt, vf));
        }
    }
}

/* ---- drivers --------------------------------------------------------------------------------- */

static void print_vf(FILE *out, struct machine_vm *vm)
{
    const char *wedged = vf_wedged(vm->vf);

    (void)fprintf(out, "VF driver of %s: %s\n", vm->desc.name, wedged ? wedged : "at work");
    for (unsigned gt = 0; gt < vf_num_gts(vm->vf); gt++) {
        struct ct *ct = vf_ct(vm->vf, gt);

        (void)fprintf(out, "%s gt%u: ABI %u.%u.%u, %u recoveries, %u resets\n", vm->desc.name, gt,
                      vf_abi(vm->vf, gt) >> 16, vf_abi(vm->vf, gt) >> 8 & 0xff,
                      vf_abi(vm->vf, gt) & 0xff, vf_recovery_count(vm->vf, gt),
                      vf_reset_count(vm->vf, gt));
        if (ct) {
            ct_print(ct, machine_action_name, out);
        }
    }
}

static void print_pf(FILE *out, struct machine_gpu *gpu)
{
    for (unsigned gt = 0; gt < gpu->desc.num_gts; gt++) {
        (void)fprintf(out, "PF driver of %s, gt%u\n", gpu->desc.name, gt);
        ct_print(pf_ct(gpu->pf, gt), machine_action_name, out);
    }
}

static bool begin(struct failure *failure, const struct sim_event *event, const char *who,
                  const char *what, const char *why)
{
    if (failure->count >= MAX_SNAPSHOTS) {
        return false;
    }
    failure->count++;
    (void)fprintf(failure->out, "==== %.3f us: %s %s: %s\n", (double)event->t_ps / 1e6, who, what,
                  why);
    return true;
}

static void snapshot_vm(struct failure *failure, const struct sim_event *event,
                        struct machine_vm *vm, const char *why)
{
    const char *what = vf_wedged(vm->vf) ? "gave its device up" : "has a dead channel";

    if (begin(failure, event, vm->desc.name, what, why)) {
        print_vf(failure->out, vm);
        if (vm->fn) {
            print_provisioning(failure->out, vm->fn->gpu);
        }
    }
}

static void snapshot_pf(struct failure *failure, const struct sim_event *event,
                        struct machine_gpu *gpu, const char *why)
{
    if (begin(failure, event, gpu->desc.name, "has a dead channel", why)) {
        print_pf(failure->out, gpu);
        print_provisioning(failure->out, gpu);
    }
}

/* ---- events ---------------------------------------------------------------------------------- */

static const struct hal_field *field_of(const struct sim_event *event, const char *name)
{
    for (unsigned i = 0; i < event->count; i++) {
        if (strcmp(event->fields[i].name, name) == 0) {
            return &event->fields[i];
        }
    }
    return NULL;
}

/* The channel of this function is dead: its driver has just said so. */
static void on_dead_channel(struct failure *failure, const struct sim_event *event, unsigned fn,
                            const char *why)
{
    struct machine *machine = failure->machine;

    for (unsigned i = 0; i < machine->num_vms && fn; i++) {
        struct machine_vm *vm = &machine->vms[i];

        if (vm->vf && vm->fn && vm->fn->vf == fn && event->gpu &&
            strcmp(vm->fn->gpu->desc.name, event->gpu) == 0) {
            snapshot_vm(failure, event, vm, why);
        }
    }
    for (unsigned i = 0; i < machine->num_gpus && !fn; i++) {
        struct machine_gpu *gpu = &machine->gpus[i];

        if (event->gpu && strcmp(gpu->desc.name, event->gpu) == 0) {
            snapshot_pf(failure, event, gpu, why);
        }
    }
}

void failure_observe(struct failure *failure, const struct sim_event *event)
{
    const struct hal_field *what, *fn;

    if (strcmp(event->kind, "peer_error") != 0) {
        return;
    }
    what = field_of(event, "what");
    fn = field_of(event, "fn");
    /* A channel belongs to a GT; a driver that gives up says why without one. */
    if (what && fn && what->pointer && event->gt != HAL_GT_NONE &&
        strncmp(what->pointer, "ct_", 3) == 0) {
        on_dead_channel(failure, event, (unsigned)fn->value, what->pointer);
    }
    for (unsigned i = 0; i < failure->machine->num_vms; i++) {
        struct machine_vm *vm = &failure->machine->vms[i];
        const char *wedged = vm->vf ? vf_wedged(vm->vf) : NULL;

        if (wedged && !failure->told[i]) {
            snapshot_vm(failure, event, vm, wedged);
        }
        failure->told[i] = wedged != NULL;
    }
}

int failure_write(struct failure *failure, const char *path)
{
    FILE *file;
    int err = 0;

    (void)fflush(failure->out);
    if (!failure->count) {
        return 0;
    }
    file = fopen(path, "w");
    if (!file) {
        return -errno;
    }
    if (fwrite(failure->text, 1, failure->size, file) != failure->size) {
        err = -EIO;
    }
    if (fclose(file) && !err) {
        err = -errno;
    }
    return err ? err : 1;
}
