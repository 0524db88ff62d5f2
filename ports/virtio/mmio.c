/* SPDX-License-Identifier: ISC
 *
 * ports/virtio/mmio.c - virtio devices whose registers lie in memory (virtio 1.2, 4.2).
 *
 * The interrupt is a line. It stays up until the device is told that the interrupt was seen, which
 * wait.c has done in the handler; so it does not matter whether the line counts by level or by
 * edge. */
#include "cpu.h"
#include "virtio.h"

#define MAGIC 0x000u
#define VERSION 0x004u
#define KIND 0x008u
#define DEVICE_FEATURES 0x010u
#define DEVICE_FEATURES_HALF 0x014u
#define DRIVER_FEATURES 0x020u
#define DRIVER_FEATURES_HALF 0x024u
#define QUEUE 0x030u
#define QUEUE_MAX 0x034u
#define QUEUE_SIZE 0x038u
#define QUEUE_READY 0x044u
#define QUEUE_NOTIFY 0x050u
#define INTERRUPT_STATUS 0x060u
#define INTERRUPT_ACK 0x064u
#define STATUS 0x070u
#define QUEUE_TABLE 0x080u
#define QUEUE_OFFERED 0x090u
#define QUEUE_USED 0x0a0u
#define GENERATION 0x0fcu
#define CONFIG 0x100u

#define MAGIC_VALUE 0x74726976u /* "virt" */
#define VERSION_MODERN 2u
#define REGISTERS_LEN 0x200u

static uint32_t get(const struct virtio_device *dev, unsigned reg)
{
    return cpu_read32(dev->common + reg);
}

static void set(const struct virtio_device *dev, unsigned reg, uint32_t value)
{
    cpu_write32(dev->common + reg, value);
}

static uint8_t mmio_status(const struct virtio_device *dev)
{
    return (uint8_t)get(dev, STATUS);
}

static void mmio_set_status(const struct virtio_device *dev, uint8_t status)
{
    set(dev, STATUS, status);
}

static uint64_t mmio_features(const struct virtio_device *dev)
{
    set(dev, DEVICE_FEATURES_HALF, 1);
    uint64_t high = get(dev, DEVICE_FEATURES);
    set(dev, DEVICE_FEATURES_HALF, 0);
    return high << 32 | get(dev, DEVICE_FEATURES);
}

static void mmio_set_features(const struct virtio_device *dev, uint64_t features)
{
    set(dev, DRIVER_FEATURES_HALF, 1);
    set(dev, DRIVER_FEATURES, (uint32_t)(features >> 32));
    set(dev, DRIVER_FEATURES_HALF, 0);
    set(dev, DRIVER_FEATURES, (uint32_t)features);
}

static uint32_t mmio_generation(const struct virtio_device *dev)
{
    return get(dev, GENERATION);
}

static uint32_t mmio_config(const struct virtio_device *dev, unsigned offset, unsigned len)
{
    return cpu_read(dev->specific + offset, len);
}

static uint16_t mmio_queue_max(const struct virtio_device *dev, unsigned number)
{
    set(dev, QUEUE, number);
    uint32_t max = get(dev, QUEUE_MAX);
    return max > UINT16_MAX ? UINT16_MAX : (uint16_t)max;
}

static void set_address(const struct virtio_device *dev, unsigned reg, const void *at)
{
    set(dev, reg, (uint32_t)(uintptr_t)at);
    set(dev, reg + 4, (uint32_t)((uintptr_t)at >> 32));
}

static bool mmio_queue_set(struct virtio_device *dev, unsigned number, const struct queue *queue)
{
    if (!apic_route(dev->line, APIC_DEVICE, dev->is_line_level, dev->is_line_low))
        return false;
    set(dev, QUEUE, number);
    set(dev, QUEUE_SIZE, queue->size);
    set_address(dev, QUEUE_TABLE, queue->table);
    set_address(dev, QUEUE_OFFERED, queue->offered);
    set_address(dev, QUEUE_USED, queue->used);
    set(dev, QUEUE_READY, 1);
    return true;
}

static void mmio_notify(const struct virtio_device *dev, unsigned number)
{
    set(dev, QUEUE_NOTIFY, number);
}

static void mmio_acknowledge(const struct virtio_device *dev)
{
    uint32_t status = get(dev, INTERRUPT_STATUS);
    if (status)
        set(dev, INTERRUPT_ACK, status);
}

static const struct virtio_transport mmio = {
    .status = mmio_status,
    .set_status = mmio_set_status,
    .features = mmio_features,
    .set_features = mmio_set_features,
    .generation = mmio_generation,
    .config = mmio_config,
    .queue_max = mmio_queue_max,
    .queue_set = mmio_queue_set,
    .notify = mmio_notify,
    .acknowledge = mmio_acknowledge,
};

void mmio_add(uint64_t at, uint32_t line, bool is_level, bool is_low)
{
    pages_map_device(at, REGISTERS_LEN);
    if (cpu_read32((uintptr_t)at + MAGIC) != MAGIC_VALUE)
        return;
    uint32_t kind = cpu_read32((uintptr_t)at + KIND);
    if (kind == 0)
        return; /* a place without a device */
    if (cpu_read32((uintptr_t)at + VERSION) != VERSION_MODERN) {
        console_print("virtio: the device at 0x%lx speaks the old dialect and is passed over; "
                      "QEMU: -global virtio-mmio.force-legacy=false\n",
                      (unsigned long)at);
        return;
    }
    struct virtio_device *dev = bus_add();
    if (!dev)
        return;
    dev->transport = &mmio;
    dev->kind = kind;
    dev->common = (uintptr_t)at;
    dev->specific = dev->common + CONFIG;
    dev->line = line;
    dev->is_line_level = is_level;
    dev->is_line_low = is_low;
}
