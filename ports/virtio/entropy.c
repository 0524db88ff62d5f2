/* SPDX-License-Identifier: ISC
 *
 * ports/virtio/entropy.c - randomness from the hypervisor's virtio-rng device, else from the
 * processor.
 *
 * The device is asked for more than is needed and waited for: while the generator is seeded there
 * is no other work, and each question costs two switches to the hypervisor. What is given away is
 * erased. A device that does not answer in time is not asked again. */
#include "../bare/bare.h"
#include "cpu.h"
#include "virtio.h"
#include <mnet/port.h>
#include <string.h>

#define QUEUE_LEN 8u
/* What seeding takes, and some. */
#define BUFFER_LEN 256u
#define PATIENCE MNET_MS(200)

static struct queue queue;
static struct virtio_device *device;
static bool is_set_up;
static uint8_t buffer[BUFFER_LEN];
static uint32_t buffer_from, buffer_end; /* what is left in it */
static uint8_t queue_memory[512] __attribute__((aligned(16)));

/* ---- the device ---- */

static void set_up(void)
{
    is_set_up = true;
    struct virtio_device *dev = bus_find(VIRTIO_ENTROPY, 0);
    if (!dev)
        return;
    const char *why = virtio_begin(dev, 0);
    uint16_t size = why ? 0 : virtio_queue_size(dev, 0);
    if (size > QUEUE_LEN)
        size = QUEUE_LEN;
    if (!why && size == 0)
        why = "the device has no queue";
    if (!why)
        why = virtio_add_queue(dev, 0, &queue, "virtio-rng", queue_memory, size);
    if (why) {
        console_print("virtio-rng: %s; it is not used\n", why);
        return;
    }
    virtio_start(dev);
    device = dev;
}

static void fill_buffer(void)
{
    queue_begin(&queue, (uintptr_t)buffer, BUFFER_LEN, true);
    queue_offer(&queue);
    virtio_publish(device, 0, &queue);
    mnet_time end = mnet_port_clock() + PATIENCE;
    while (queue_take(&queue, &buffer_end) == QUEUE_NONE) {
        if (mnet_port_clock() > end) {
            console_print("virtio-rng: the device does not answer; it is not used any more\n");
            virtio_stop(device);
            device = NULL;
            return;
        }
        cpu_pause();
    }
    buffer_from = 0;
}

/* Takes what the device has given, at most `len` bytes; 0: it gives none. */
static size_t ask_device(uint8_t *out, size_t len)
{
    if (buffer_from == buffer_end)
        fill_buffer();
    size_t part = buffer_end - buffer_from < len ? buffer_end - buffer_from : len;
    memcpy(out, buffer + buffer_from, part);
    memset(buffer + buffer_from, 0, part);
    buffer_from += (uint32_t)part;
    return part;
}

/* ---- both ---- */

size_t mnet_port_entropy(void *out, size_t len)
{
    uint8_t *at = out;
    size_t left = len;
    if (!is_set_up)
        set_up();
    while (left > 0 && device) {
        size_t given = ask_device(at, left);
        if (given == 0)
            break;
        at += given;
        left -= given;
    }
    left -= bare_random(at, left);
    return len - left;
}
