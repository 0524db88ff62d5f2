/* SPDX-License-Identifier: ISC
 *
 * ports/virtio/pci_device.c - virtio devices that are PCI functions (virtio 1.2, 4.1).
 *
 * Capabilities of the function say in which of its memory windows, and where, the registers are.
 * Interrupts are messages (MSI-X): all queues of a device use the first entry of its table, because
 * the handler has nothing to do and wait.c looks at all queues anyway. Lines are not used: which
 * one belongs to a function only ACPI's interpreted code would tell. */
#include "cpu.h"
#include "pci.h"
#include "virtio.h"

#define ID_DEVICE 0x02u
#define COMMAND 0x04u
#define STATUS 0x06u
#define SUBSYSTEM 0x2eu
#define CAPABILITIES 0x34u
#define COMMAND_MEMORY 0x0002u
#define COMMAND_MASTER 0x0004u
#define COMMAND_NO_LINE 0x0400u
#define STATUS_HAS_CAPABILITIES 0x0010u
#define CAPABILITY_VENDOR 0x09u
#define CAPABILITY_MSIX 0x11u
#define CAPABILITIES_MAX 48u
#define DEVICE_FIRST_MODERN 0x1040u
#define DEVICE_LAST 0x107fu

/* A capability of virtio. */
#define CAP_TYPE 3u
#define CAP_BAR 4u
#define CAP_OFFSET 8u
#define CAP_LENGTH 12u
#define CAP_MULTIPLIER 16u
#define CAP_COMMON 1u
#define CAP_NOTIFY 2u
#define CAP_SPECIFIC 4u

/* Message table. */
#define MSIX_CONTROL 2u
#define MSIX_TABLE 4u
#define MSIX_ENABLE 0x8000u
#define MSIX_MASK_ALL 0x4000u
#define MSIX_BAR 7u
#define MESSAGE_LEN 16u
#define MESSAGE_DATA 8u
#define MESSAGE_MASKED 12u

/* Common registers. */
#define COMMON_LEN 56u
#define DEVICE_FEATURES_HALF 0u
#define DEVICE_FEATURES 4u
#define DRIVER_FEATURES_HALF 8u
#define DRIVER_FEATURES 12u
#define CONFIG_MESSAGE 16u
#define DEVICE_STATUS 20u
#define GENERATION 21u
#define QUEUE 22u
#define QUEUE_SIZE 24u
#define QUEUE_MESSAGE 26u
#define QUEUE_ENABLE 28u
#define QUEUE_NOTIFY 30u
#define QUEUE_TABLE 32u
#define QUEUE_OFFERED 40u
#define QUEUE_USED 48u
#define NO_MESSAGE 0xffffu

static uint8_t pci_status(const struct virtio_device *dev)
{
    return cpu_read8(dev->common + DEVICE_STATUS);
}

static void pci_set_status(const struct virtio_device *dev, uint8_t status)
{
    cpu_write8(dev->common + DEVICE_STATUS, status);
}

static uint64_t pci_features(const struct virtio_device *dev)
{
    cpu_write32(dev->common + DEVICE_FEATURES_HALF, 1);
    uint64_t high = cpu_read32(dev->common + DEVICE_FEATURES);
    cpu_write32(dev->common + DEVICE_FEATURES_HALF, 0);
    return high << 32 | cpu_read32(dev->common + DEVICE_FEATURES);
}

static void pci_set_features(const struct virtio_device *dev, uint64_t features)
{
    cpu_write32(dev->common + DRIVER_FEATURES_HALF, 1);
    cpu_write32(dev->common + DRIVER_FEATURES, (uint32_t)(features >> 32));
    cpu_write32(dev->common + DRIVER_FEATURES_HALF, 0);
    cpu_write32(dev->common + DRIVER_FEATURES, (uint32_t)features);
}

static uint32_t pci_generation(const struct virtio_device *dev)
{
    return cpu_read8(dev->common + GENERATION);
}

static uint32_t pci_config(const struct virtio_device *dev, unsigned offset, unsigned len)
{
    return offset + len <= dev->config_len ? cpu_read(dev->specific + offset, len) : 0;
}

static uint16_t pci_queue_max(const struct virtio_device *dev, unsigned number)
{
    cpu_write16(dev->common + QUEUE, (uint16_t)number);
    return cpu_read16(dev->common + QUEUE_SIZE);
}

static void set_address(const struct virtio_device *dev, unsigned reg, const void *at)
{
    cpu_write32(dev->common + reg, (uint32_t)(uintptr_t)at);
    cpu_write32(dev->common + reg + 4, (uint32_t)((uintptr_t)at >> 32));
}

/* Fills the first message of the table. */
static void set_message(const struct virtio_device *dev)
{
    uint64_t to = apic_message_address();
    cpu_write32(dev->msix, (uint32_t)to);
    cpu_write32(dev->msix + 4, (uint32_t)(to >> 32));
    cpu_write32(dev->msix + MESSAGE_DATA, APIC_DEVICE);
    cpu_write32(dev->msix + MESSAGE_MASKED, 0);
}

static bool pci_queue_set(struct virtio_device *dev, unsigned number, const struct queue *queue)
{
    set_message(dev);
    cpu_write16(dev->common + CONFIG_MESSAGE, NO_MESSAGE);
    cpu_write16(dev->common + QUEUE, (uint16_t)number);
    cpu_write16(dev->common + QUEUE_SIZE, queue->size);
    cpu_write16(dev->common + QUEUE_MESSAGE, 0);
    if (cpu_read16(dev->common + QUEUE_MESSAGE) != 0)
        return false;
    uint64_t notify = (uint64_t)cpu_read16(dev->common + QUEUE_NOTIFY) * dev->notify_multiplier;
    if (notify + 2 > dev->notify_len)
        queue_fail(queue, "wants to be notified outside of its window, at", (uint32_t)notify);
    dev->notify[number] = dev->notify_window + (uintptr_t)notify;
    set_address(dev, QUEUE_TABLE, queue->table);
    set_address(dev, QUEUE_OFFERED, queue->offered);
    set_address(dev, QUEUE_USED, queue->used);
    cpu_write16(dev->common + QUEUE_ENABLE, 1);
    return true;
}

static void pci_notify(const struct virtio_device *dev, unsigned number)
{
    cpu_write16(dev->notify[number], (uint16_t)number);
}

/* A message is over when it was sent. */
static void pci_acknowledge(const struct virtio_device *dev)
{
    (void)dev;
}

static const struct virtio_transport pci = {
    .status = pci_status,
    .set_status = pci_set_status,
    .features = pci_features,
    .set_features = pci_set_features,
    .generation = pci_generation,
    .config = pci_config,
    .queue_max = pci_queue_max,
    .queue_set = pci_queue_set,
    .notify = pci_notify,
    .acknowledge = pci_acknowledge,
};

/* ---- finding the registers ---- */

/* Maps `len` bytes of a window; 0: it has no address. */
static uintptr_t map_window(pci_function function, unsigned bar, uint32_t offset, uint32_t len)
{
    uint64_t at = pci_bar(function, bar);
    if (at == 0)
        return 0;
    pages_map_device(at + offset, len);
    return (uintptr_t)(at + offset);
}

static void read_registers(struct virtio_device *dev, pci_function function, unsigned cap)
{
    uint8_t type = pci_read8(function, cap + CAP_TYPE);
    uint32_t len = pci_read(function, cap + CAP_LENGTH);
    if (type != CAP_COMMON && type != CAP_NOTIFY && type != CAP_SPECIFIC)
        return;
    uintptr_t at = map_window(function, pci_read8(function, cap + CAP_BAR),
                              pci_read(function, cap + CAP_OFFSET), len);
    /* There may be several of a type; the first one is the best. */
    if (type == CAP_COMMON && !dev->common && len >= COMMON_LEN) {
        dev->common = at;
    } else if (type == CAP_NOTIFY && !dev->notify_window) {
        dev->notify_window = at;
        dev->notify_len = len;
        dev->notify_multiplier = pci_read(function, cap + CAP_MULTIPLIER);
    } else if (type == CAP_SPECIFIC && !dev->specific) {
        dev->specific = at;
        dev->config_len = len;
    }
}

static void read_messages(struct virtio_device *dev, pci_function function, unsigned cap)
{
    uint32_t table = pci_read(function, cap + MSIX_TABLE);
    dev->msix = map_window(function, table & MSIX_BAR, table & ~MSIX_BAR, MESSAGE_LEN);
    uint16_t control = pci_read16(function, cap + MSIX_CONTROL);
    control = (uint16_t)((control | MSIX_ENABLE) & ~MSIX_MASK_ALL);
    pci_write16(function, cap + MSIX_CONTROL, control);
}

static void read_capabilities(struct virtio_device *dev, pci_function function)
{
    if (!(pci_read16(function, STATUS) & STATUS_HAS_CAPABILITIES))
        return;
    unsigned cap = pci_read8(function, CAPABILITIES) & ~3u;
    for (unsigned i = 0; cap >= 0x40 && i < CAPABILITIES_MAX; i++) {
        uint8_t id = pci_read8(function, cap);
        if (id == CAPABILITY_VENDOR)
            read_registers(dev, function, cap);
        else if (id == CAPABILITY_MSIX)
            read_messages(dev, function, cap);
        cap = pci_read8(function, cap + 1) & ~3u;
    }
}

/* NULL, or what the function lacks. */
static const char *read_function(struct virtio_device *dev, pci_function function)
{
    uint16_t id = pci_read16(function, ID_DEVICE);
    dev->kind =
        id >= DEVICE_FIRST_MODERN ? id - DEVICE_FIRST_MODERN : pci_read16(function, SUBSYSTEM);
    uint16_t command = pci_read16(function, COMMAND);
    pci_write16(function, COMMAND, command | COMMAND_MEMORY | COMMAND_MASTER | COMMAND_NO_LINE);
    read_capabilities(dev, function);
    if (!dev->common || !dev->notify_window)
        return "has no registers of virtio 1 (QEMU: disable-modern=off), or they have no address";
    return dev->msix ? NULL : "has no message interrupts (QEMU: vectors=4)";
}

void pci_device_add(pci_function function)
{
    struct virtio_device found = {.transport = &pci};
    if (pci_read16(function, ID_DEVICE) > DEVICE_LAST)
        return;
    const char *why = read_function(&found, function);
    if (why) {
        console_print("virtio: the device at PCI %02x:%02x.%u %s; it is passed over\n",
                      (unsigned)(function >> 16), (unsigned)(function >> 11 & 31),
                      (unsigned)(function >> 8 & 7), why);
        return;
    }
    struct virtio_device *dev = bus_add();
    if (dev)
        *dev = found;
}
