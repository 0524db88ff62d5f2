/* SPDX-License-Identifier: ISC
 *
 * mnet/block.h - block devices: whole pages, read and written by offset.
 *
 * Offsets and lengths are in bytes and multiples of the device's page_size; what is read or written
 * lies inside the device. Memory may have any alignment. Errors of every read and write, in the
 * order in which they are looked for:
 *
 *   NOT_ALIGNED  offset or length is not a multiple of page_size
 *   PAST_END     offset + length is larger than the device's length
 *   READ_ONLY    a write, and the device can only be read
 *   IO           the device failed: some of the bytes may have been read or written
 *
 * A length of 0 is checked likewise and then does nothing. A write that has returned has reached
 * the device, which may still keep it in a cache of its own.
 *
 * There are two ways: at once ("atomic"), and scheduled, where the calling task waits while other
 * tasks and the network go on. Scheduled ones are cut into pieces, begin in the order of their
 * calls, and take turns, so that a short one need not wait for the end of a long one; a device that
 * can works on several at a time. Nothing is promised about the order of two that are under way at
 * the same time, scheduled or atomic: who needs one waits for the first before asking for the
 * second. */
#ifndef MNET_BLOCK_H
#define MNET_BLOCK_H

#include <mnet/err.h>
#include <mnet/task.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mnet_blockdev;

/* ---- what a port provides ---- */

/* One transfer that a device does in the background. */
struct mnet_block_op {
    struct mnet_block_op *next, *prev; /* from submit to complete the device's, for lists of its
                                          own */
    uint64_t offset;                   /* of the first byte in the device */
    void *at;                          /* where the bytes come from or go to */
    size_t len;                        /* how many: page_size .. transfer_max */
    bool is_write;                     /* the bytes at `at` are only read */
};

/* Every call gets an offset and a length which are multiples of page_size and lie inside the
 * device, a length of at least page_size and at most transfer_max, and no write if the device is
 * read-only: all this was checked. Errors of the device: IO. */
struct mnet_blockdev_ops {
    /* Does it before it returns, also while transfers that were submitted are under way; in which
     * order these and it happen is the device's affair. */
    mnet_err (*read)(struct mnet_blockdev *dev, uint64_t offset, void *to, size_t len);
    mnet_err (*write)(struct mnet_blockdev *dev, uint64_t offset, const void *from, size_t len);

    /* The two below are NULL if the device knows only the two above.
     *
     * submit: begins a transfer. `op` and its bytes are the device's from here until complete has
     * returned it. It must not call back and need not be asked to hurry: what was submitted is on
     * its way. Errors: AGAIN (no room; only while others are under way: it is asked again when one
     * of those has completed), IO (then the transfer was not begun).
     *
     * complete: returns one transfer that has ended, and how in `*result`; NULL: none has. Never
     * waits. mnet_port_wait must return when this has something new to return. */
    mnet_err (*submit)(struct mnet_blockdev *dev, struct mnet_block_op *op);
    struct mnet_block_op *(*complete)(struct mnet_blockdev *dev, mnet_err *result);
};

/* The transfers of waiting tasks. */
struct mnet_block_queue {
    struct mnet_poller poller;          /* drives it, while there are any */
    struct mnet_block_op *first, *last; /* not submitted yet, the oldest first */
    size_t under_way;                   /* submitted, not completed */
};

struct mnet_blockdev {
    const struct mnet_blockdev_ops *ops;
    const char *name;              /* as declared by the program and in the manifest: "disk" */
    uint64_t length;               /* bytes, a multiple of page_size */
    uint32_t page_size;            /* bytes, a power of two */
    uint32_t transfer_max;         /* bytes that one call of ops takes, a multiple of page_size; 0:
                                      16 KiB, or one page if that is larger */
    bool is_read_only;             /* write is never called */
    struct mnet_block_queue queue; /* the scheduler's; the port zeroes it */
};

/* ---- what a program uses ---- */

/* Reads or writes `len` bytes at `offset` before it returns, without another task having run: also
 * outside tasks, and in finalizers, hooks and callbacks. Errors: above. */
MNET_MUST_USE mnet_err mnet_block_atomic_read(struct mnet_blockdev *dev, uint64_t offset, void *to,
                                              size_t len);
MNET_MUST_USE mnet_err mnet_block_atomic_write(struct mnet_blockdev *dev, uint64_t offset,
                                               const void *from, size_t len);

/* Reads or writes `len` bytes at `offset`, which belong to the call until it returns. Waits. The
 * device cannot be made to give back what it is at work on: a task that is cancelled, or whose
 * deadline passes, meanwhile still waits for that piece, and only for that. Errors: above; CANCELED
 * and TIMED_OUT, then all, a part or nothing was read or written (TIMED_OUT: not all). */
MNET_MUST_USE mnet_err mnet_block_read(struct mnet_blockdev *dev, uint64_t offset, void *to,
                                       size_t len);
MNET_MUST_USE mnet_err mnet_block_write(struct mnet_blockdev *dev, uint64_t offset,
                                        const void *from, size_t len);

#endif
