/* SPDX-License-Identifier: ISC
 *
 * ports/virtio/bus.c - all virtio devices of the machine, in one order: those on the command line
 * as they stand there, then those that ACPI describes, then PCI by bus, slot and function. QEMU and
 * Firecracker name devices in the order in which they were given to them, so that the first network
 * device of a user is the first one here. */
#include "pci.h"
#include "virtio.h"
#include <string.h>

#define DEVICES_MAX 32u

static struct virtio_device devices[DEVICES_MAX];
static unsigned device_count;

struct virtio_device *bus_add(void)
{
    if (device_count == DEVICES_MAX) {
        console_print("virtio: there are more than %u devices; the others are passed over\n",
                      DEVICES_MAX);
        return NULL;
    }
    memset(&devices[device_count], 0, sizeof devices[0]);
    return &devices[device_count++];
}

struct virtio_device *bus_find(uint32_t kind, unsigned index)
{
    for (unsigned i = 0; i < device_count; i++) {
        if (devices[i].kind == kind && index-- == 0)
            return &devices[i];
    }
    return NULL;
}

/* One vector serves all, so all are told: also those that were not expected to call. */
void bus_acknowledge(void)
{
    for (unsigned i = 0; i < device_count; i++) {
        if (devices[i].is_open)
            devices[i].transport->acknowledge(&devices[i]);
    }
}

/* True if there was any. */
static bool add_from_cmdline(char *line)
{
    struct cmdline_device device;
    const char *bad;
    bool is_any = false;
    while (cmdline_take(line, &device, &bad)) {
        is_any = true;
        if (bad)
            console_print("virtio: virtio_mmio.device=%s: not LENGTH@ADDRESS:LINE\n", bad);
        else /* by edge: Firecracker pulses its lines */
            mmio_add(device.at, device.line, false, false);
    }
    return is_any;
}

void bus_init(struct info *info, const struct acpi *acpi)
{
    if (!add_from_cmdline(info->cmdline)) {
        for (unsigned i = 0; i < acpi->virtio_count; i++)
            mmio_add(acpi->virtio[i].at, acpi->virtio[i].line.number, acpi->virtio[i].line.is_level,
                     acpi->virtio[i].line.is_low);
    }
    pci_scan(acpi, PCI_VENDOR_VIRTIO, pci_device_add);
}
