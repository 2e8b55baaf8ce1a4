/* SPDX-License-Identifier: MIT */
/* Names of a migration's steps, and its waves. */
#include <stdio.h>

#include "host/vmm/vmm_private.h"

#define STEP_BITS  4u
#define DIRTY_BITS 32u

static const char *const step_names[] = {
    [VMM_CHECK] = "check",
    [VMM_SETUP] = "setup",
    [VMM_ROUND] = "round",
    [VMM_STOP_VM] = "stop_vm",
    [VMM_STOP_DEVICE] = "stop_device",
    [VMM_LAST_RAM] = "last_ram",
    [VMM_DEVICE_DATA] = "device_data",
    [VMM_PCI_CONFIG] = "pci_config",
    [VMM_SWITCH_OVER] = "switch_over",
    [VMM_START] = "start",
    [VMM_STEPS] = "idle",
    NULL,
};

const char *vmm_step_name(enum vmm_step step)
{
    return (unsigned)step < VMM_STEPS ? step_names[step] : "?";
}

void vmm_probes_init(struct vmm_probes *probes, struct hal *hal, const char *vm)
{
    char path[64];

    probes->hal = hal;
    (void)snprintf(path, sizeof(path), "%s.step", vm);
    probes->step = hal_probe(hal, path, STEP_BITS, step_names);
    hal_probe_set(hal, probes->step, VMM_STEPS);
    (void)snprintf(path, sizeof(path), "%s.dirty_pages", vm);
    probes->dirty = hal_probe(hal, path, DIRTY_BITS, NULL);
}
