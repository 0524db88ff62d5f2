/* SPDX-License-Identifier: ISC
 *
 * ports/virtio/virtio.c - what is the same for all virtio devices: the way from reset to work
 * (virtio 1.2, 3.1.1), and reading the configuration.
 *
 * Only version 1 is spoken. A device that is told to stop is reset and asked until it says that it
 * has: only then does it leave our memory alone. */
#include "virtio.h"
#include "cpu.h"
#include <mnet/port.h>

#define STATUS_ACKNOWLEDGE 1u
#define STATUS_DRIVER 2u
#define STATUS_DRIVER_OK 4u
#define STATUS_FEATURES_OK 8u

/* A device resets itself at once, or it is broken. */
#define RESET_PATIENCE MNET_SEC(1)

static bool reset(const struct virtio_device *dev)
{
    mnet_time end = mnet_port_clock() + RESET_PATIENCE;
    dev->transport->set_status(dev, 0);
    while (dev->transport->status(dev) != 0) {
        if (mnet_port_clock() > end)
            return false;
        cpu_pause();
    }
    return true;
}

static void add_status(const struct virtio_device *dev, uint8_t status)
{
    dev->transport->set_status(dev, dev->transport->status(dev) | status);
}

const char *virtio_begin(struct virtio_device *dev, uint64_t wanted)
{
    if (!reset(dev))
        return "the device cannot be reset";
    add_status(dev, STATUS_ACKNOWLEDGE);
    add_status(dev, STATUS_DRIVER);
    uint64_t offered = dev->transport->features(dev);
    if (!(offered & VIRTIO_F_VERSION_1))
        return "the device speaks only the old dialect of virtio, from before version 1";
    dev->features =
        offered & (wanted | VIRTIO_F_VERSION_1 | VIRTIO_F_EVENT_IDX | VIRTIO_F_ACCESS_PLATFORM);
    dev->transport->set_features(dev, dev->features);
    add_status(dev, STATUS_FEATURES_OK);
    if (!(dev->transport->status(dev) & STATUS_FEATURES_OK))
        return "the device refuses some of its own features";
    return NULL;
}

uint16_t virtio_queue_size(const struct virtio_device *dev, unsigned number)
{
    uint16_t max = dev->transport->queue_max(dev, number);
    uint16_t size = QUEUE_SIZE_MAX;
    while (size > max)
        size /= 2;
    return size;
}

const char *virtio_add_queue(struct virtio_device *dev, unsigned number, struct queue *queue,
                             const char *name, void *memory, uint16_t size)
{
    queue_init(queue, name, memory, size, (dev->features & VIRTIO_F_EVENT_IDX) != 0);
    if (!dev->transport->queue_set(dev, number, queue))
        return "the device cannot send interrupts";
    return NULL;
}

void virtio_start(struct virtio_device *dev)
{
    dev->is_open = true;
    add_status(dev, STATUS_DRIVER_OK);
}

void virtio_stop(struct virtio_device *dev)
{
    if (!reset(dev))
        mnet_port_panic("a virtio device cannot be reset, and may still write to memory");
    dev->is_open = false;
}

void virtio_publish(const struct virtio_device *dev, unsigned number, struct queue *queue)
{
    if (queue_publish(queue))
        dev->transport->notify(dev, number);
}

/* Fields are read as wide as they are, but at most by four bytes (virtio 1.2, 4.1.3.1 and
 * 4.2.2.2). */
uint64_t virtio_config(const struct virtio_device *dev, unsigned offset, unsigned len)
{
    uint32_t generation;
    uint64_t value;
    do {
        generation = dev->transport->generation(dev);
        value = dev->transport->config(dev, offset, len < 4 ? len : 4);
        if (len == 8)
            value |= (uint64_t)dev->transport->config(dev, offset + 4, 4) << 32;
    } while (generation != dev->transport->generation(dev));
    return value;
}
