// SPDX-License-Identifier: MIT
// PCI configuration of a GPU. The link answers for functions that do not exist: reads give ones,
// writes are lost.

#include "sim/core/pci_config.h"

#include <linux/pci_regs.h>

#include "sim/core/core.h"

namespace
{

// The only extended capability, hence the first.
constexpr uint32_t SRIOV = PCI_CFG_SPACE_SIZE;
constexpr uint32_t SRIOV_VERSION = 1;
constexpr uint32_t VENDOR = 0x8086;
constexpr uint32_t FIRST_VF = 1; /* routing id of VF 1 behind the PF's, and of the next */
constexpr uint16_t WRITABLE = PCI_SRIOV_CTRL_VFE | PCI_SRIOV_CTRL_MSE;

} // namespace

void pci_config::reset(uint16_t device, unsigned total, unsigned enabled)
{
    device_ = device;
    total_ = static_cast<uint16_t>(total);
    num_vfs_ = static_cast<uint16_t>(enabled);
    control_ = enabled ? WRITABLE : 0;
}

uint32_t pci_config::read(uint32_t offset) const
{
    switch (offset) {
    case PCI_VENDOR_ID:
        return VENDOR | static_cast<uint32_t>(device_) << 16;
    case SRIOV:
        return PCI_EXT_CAP_ID_SRIOV | SRIOV_VERSION << 16;
    case SRIOV + PCI_SRIOV_CTRL:
        return control_;
    case SRIOV + PCI_SRIOV_INITIAL_VF:
        return total_ | static_cast<uint32_t>(total_) << 16;
    case SRIOV + PCI_SRIOV_NUM_VF:
        return num_vfs_;
    case SRIOV + PCI_SRIOV_VF_OFFSET:
        return FIRST_VF | 1u << 16;
    case SRIOV + PCI_SRIOV_VF_DID - 2:
        return static_cast<uint32_t>(device_) << 16;
    default:
        return 0;
    }
}

// The number counts only while VFs are disabled, and more than there can be are not taken.
unsigned pci_config::write(uint32_t offset, uint32_t value)
{
    const bool were = has(PCI_SRIOV_CTRL_VFE);

    if (offset == SRIOV + PCI_SRIOV_NUM_VF && !were && (value & 0xffff) <= total_) {
        num_vfs_ = static_cast<uint16_t>(value);
    } else if (offset == SRIOV + PCI_SRIOV_CTRL) {
        control_ = static_cast<uint16_t>(value) & WRITABLE;
    }
    return were && !has(PCI_SRIOV_CTRL_VFE) ? num_vfs_ : 0;
}

bool pci_config::answers(unsigned fn) const
{
    return fn == 0 || (exists(fn) && has(PCI_SRIOV_CTRL_MSE));
}

bool pci_config::exists(unsigned fn) const
{
    return fn == 0 || (has(PCI_SRIOV_CTRL_VFE) && fn <= num_vfs_);
}

// ---- sim.h, hal.h -------------------------------------------------------------------------------

void sim_gpu_set_pci(struct sim_gpu *gpu, uint16_t device, unsigned total, unsigned enabled)
{
    if (gpu->machine->started || total >= GPU_MAX_FUNCTIONS || enabled > total) {
        gpu->machine->fatal("sim_gpu_set_pci: " + gpu->name + ": up to 63 VFs, before sim_start");
    }
    gpu->config.reset(device, total, enabled);
}

bool sim_gpu_has_vf(const struct sim_gpu *gpu, unsigned fn)
{
    return gpu->config.exists(fn);
}

uint32_t hal_config_read32(struct hal *hal, uint32_t offset)
{
    if (hal->kind != hal::PF) {
        hal->machine->fatal("hal_config_read32: " + hal->unit + " has no configuration space");
    }
    return hal->gpu->config.read(offset);
}

void hal_config_write32(struct hal *hal, uint32_t offset, uint32_t value)
{
    if (hal->kind != hal::PF) {
        hal->machine->fatal("hal_config_write32: " + hal->unit + " has no configuration space");
    }
    const unsigned gone = hal->gpu->config.write(offset, value);

    for (unsigned fn = 1; fn <= gone; fn++) {
        sim_gpu_flr(hal->gpu, fn);
    }
}
