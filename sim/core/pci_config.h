/* SPDX-License-Identifier: MIT */
/* Configuration space of a GPU's PF: the header's ids and PCI's SR-IOV capability, which says which
 * of the GPU's other functions exist. Fields and bits as in the kernel's linux/pci_regs.h. */
#ifndef SIM_CORE_PCI_CONFIG_H
#define SIM_CORE_PCI_CONFIG_H

#include <cstdint>

class pci_config
{
  public:
    /* total VFs that can exist, of which enabled do from the start; device: of PF and VFs. */
    void reset(uint16_t device, unsigned total, unsigned enabled);
    /* One dword; offset is dword-aligned. What is not there reads 0. */
    uint32_t read(uint32_t offset) const;
    /* Returns how many VFs a write made disappear; they are to be reset. */
    unsigned write(uint32_t offset, uint32_t value);
    /* Whether the function answers accesses of its BARs. The PF always does. */
    bool answers(unsigned fn) const;
    /* Whether the function exists. */
    bool exists(unsigned fn) const;

  private:
    bool has(uint16_t bits) const
    {
        return (control_ & bits) == bits;
    }

    uint16_t device_ = 0;
    uint16_t total_ = 0;
    uint16_t num_vfs_ = 0;
    uint16_t control_ = 0;
};

#endif
