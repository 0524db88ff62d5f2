/* SPDX-License-Identifier: ISC
 *
 * ports/virtio/pci.h - the configuration of PCI functions. */
#ifndef MNET_VIRTIO_PCI_H
#define MNET_VIRTIO_PCI_H

#include "acpi.h"

/* Bus, slot and function in one number, as in the address of a configuration. */
typedef uint32_t pci_function;

uint32_t pci_read(pci_function function, unsigned offset); /* offset: a multiple of 4 */
uint16_t pci_read16(pci_function function, unsigned offset);
uint8_t pci_read8(pci_function function, unsigned offset);
void pci_write16(pci_function function, unsigned offset, uint16_t value);

/* Where a base address register points to; 0: not to memory, or to nothing. */
uint64_t pci_bar(pci_function function, unsigned index);

/* Calls `found` for each function of the vendor, in the order of the bus. */
void pci_scan(const struct acpi *acpi, uint16_t vendor, void (*found)(pci_function function));

/* pci_device.c: adds a function of virtio's vendor as a device. */
#define PCI_VENDOR_VIRTIO 0x1af4
void pci_device_add(pci_function function);

#endif
