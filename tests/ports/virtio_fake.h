/* SPDX-License-Identifier: ISC
 *
 * tests/ports/virtio_fake.h - the device's side of virtio, and what a driver needs of the machine.
 *
 * The fake is written from the specification and shares no code with the driver. It does what a
 * test says: also what a device must not do. */
#ifndef MNET_TEST_VIRTIO_FAKE_H
#define MNET_TEST_VIRTIO_FAKE_H

#include <setjmp.h>
#include <stdint.h>
#include <virtio/virtio.h>

/* ---- a queue, seen by the device ---- */

struct fake_queue {
    const struct queue *driver; /* NULL: not set up */
    uint16_t taken;             /* of what was offered */
    uint16_t used;              /* what was given back */
    uint16_t told;              /* `used` when it was last decided about an interrupt */
    unsigned notified;          /* how often the driver called */
};

#define FAKE_PARTS_MAX 32u
struct fake_chain {
    uint16_t id;
    unsigned count;
    struct {
        uint8_t *at;
        uint32_t len;
        bool is_written;
    } part[FAKE_PARTS_MAX];
};

/* Takes the next chain that is offered; false: there is none. */
bool fake_take(struct fake_queue *queue, struct fake_chain *chain);
/* Gives a chain back. */
void fake_use(struct fake_queue *queue, uint32_t id, uint32_t len);
/* Writes into a chain that was taken; how many bytes did fit. */
uint32_t fake_write(const struct fake_chain *chain, const void *from, uint32_t len);
uint32_t fake_read(const struct fake_chain *chain, void *to, uint32_t len);
/* Whether the driver wants an interrupt for what was given back since this was last asked. */
bool fake_wants_interrupt(struct fake_queue *queue);
/* Sets what the driver is to know of the device's wish to be notified. */
void fake_notify_after(struct fake_queue *queue, uint16_t index);
void fake_be_quiet(struct fake_queue *queue, bool is_quiet);
/* Lies about how much was given back. */
void fake_set_used_index(struct fake_queue *queue, uint16_t index);

/* ---- a device ---- */

struct fake_device {
    struct virtio_device virtio; /* first, so that it can be cast back */
    uint64_t offers;             /* features */
    uint64_t taken_features;
    bool refuses_features, is_stuck, has_no_interrupts;
    uint8_t status;
    uint8_t config[64];
    uint16_t queue_max;
    struct fake_queue queue[VIRTIO_QUEUES_MAX];
};

/* A device of that kind with queues of `queue_max`; it is what bus_find finds, in this order. */
void fake_add(struct fake_device *dev, uint32_t kind, uint64_t features, uint16_t queue_max);
void fake_remove_all(void);
/* What wait.c asks, of all that are registered. */
bool fake_arm(void);
extern unsigned fake_wait_count;    /* registered */
extern void (*fake_on_clock)(void); /* called whenever somebody looks at the clock; may be NULL */
extern unsigned fake_memory_count;  /* budgets that were not given back */

/* ---- the end ---- */

/* Runs `fn`; the message of the panic that it ended in, or NULL. */
const char *fake_panic_of(void (*fn)(void *), void *arg);

#endif
