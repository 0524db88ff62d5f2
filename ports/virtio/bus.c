/* SPDX-License-Identifier: ISC
 *
 * ports/virtio/bus.c - all virtio devices of the machine, in one order: those on the command line
 * as they stand there, then those that ACPI describes, then PCI by bus, slot and function. QEMU and
 * Firecracker name devices in the order in which they were given to them, so that the first network
 * device of a user is the first one here. */
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

void bus_init(struct info *info)
{
    struct cmdline_device device;
    const char *bad;
    while (cmdline_take(info->cmdline, &device, &bad)) {
        if (bad)
            console_print("virtio: virtio_mmio.device=%s: not LENGTH@ADDRESS:LINE\n", bad);
        else
            /* By edge: Firecracker pulses its lines. */
            mmio_add(device.at, device.line, false, false);
    }
}
