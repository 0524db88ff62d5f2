/* SPDX-License-Identifier: ISC
 *
 * Block devices, for tasks that wait.
 *
 * A request lives in the frame of the task that waits for it, so their number has no bound and they
 * need no memory. It is always in one of three places: in the queue of its device; under way, then
 * the device has it; or done. What it asks for next is one piece (mnet_block_op).
 *
 *     mnet_block_read -> queue --poll_out--> the device --poll_in--> done -> the task is woken
 *                          ^                                |
 *                          +--------- more to do -----------+
 *
 * A device that knows only read and write gets one piece in each round, when the ready tasks have
 * run: frames and timers wait for one piece at most. Any other gets all that it takes, and wakes
 * the port when it has done some.
 *
 * A waiting task that is cancelled, or late, takes its request out of the queue. From the device
 * nothing can be taken back: then it goes on waiting, whatever happens, but only for the end of
 * that piece. So no device ever holds the memory of a task that is gone, and when the scheduler
 * ends, which is after all tasks have, no device has anything to do. */
#include <base/list.h>
#include <run/block.h>
#include <sched/sched.h>

struct request {
    struct mnet_block_op op;  /* the piece that is asked for */
    size_t left;              /* bytes that are not done, those of the piece among them */
    struct mnet_waitq waiter; /* the task */
    bool is_under_way;        /* the device has it */
    bool is_withdrawn;        /* no more than this piece is wanted */
    bool is_done;             /* nobody but the task looks at it any more */
    mnet_err result;          /* once done; before, what it will be if it is withdrawn */
};

/* ---- the queue ---- */

static void push(struct mnet_blockdev *dev, struct request *request)
{
    struct mnet_block_queue *queue = &dev->queue;
    struct mnet_block_op *op = &request->op;
    op->len = mn_blockdev_piece(dev, request->left);
    op->next = NULL;
    op->prev = queue->last;
    if (queue->last)
        queue->last->next = op;
    else
        queue->first = op;
    queue->last = op;
}

static void push_front(struct mnet_blockdev *dev, struct mnet_block_op *op)
{
    struct mnet_block_queue *queue = &dev->queue;
    op->next = queue->first;
    op->prev = NULL;
    if (queue->first)
        queue->first->prev = op;
    else
        queue->last = op;
    queue->first = op;
}

static void take(struct mnet_blockdev *dev, struct mnet_block_op *op)
{
    struct mnet_block_queue *queue = &dev->queue;
    if (op->prev)
        op->prev->next = op->next;
    else
        queue->first = op->next;
    if (op->next)
        op->next->prev = op->prev;
    else
        queue->last = op->prev;
    op->next = op->prev = NULL;
}

static void end(struct request *request, mnet_err result)
{
    request->result = result;
    request->is_done = true;
    mn_waitq_wake(&request->waiter);
}

/* A piece has ended, well or not; it is in no queue. */
static void end_piece(struct mnet_blockdev *dev, struct mnet_block_op *op, mnet_err err)
{
    struct request *request = MN_CONTAINER(op, struct request, op);
    request->is_under_way = false;
    request->left -= op->len;
    op->offset += op->len;
    op->at = (char *)op->at + op->len;
    if (err != MNET_OK || request->left == 0)
        end(request, err);
    else if (request->is_withdrawn)
        end(request, request->result);
    else
        push(dev, request);
}

/* ---- the device ---- */

static void do_one(struct mnet_blockdev *dev)
{
    struct mnet_block_op *op = dev->queue.first;
    take(dev, op);
    end_piece(dev, op,
              op->is_write ? dev->ops->write(dev, op->offset, op->at, op->len)
                           : dev->ops->read(dev, op->offset, op->at, op->len));
}

/* Returns whether the device may take another one now. */
static bool submit_one(struct mnet_blockdev *dev)
{
    struct mnet_block_op *op = dev->queue.first;
    struct request *request = MN_CONTAINER(op, struct request, op);
    take(dev, op);
    mnet_err err = dev->ops->submit(dev, op);
    if (err == MNET_OK) {
        dev->queue.under_way++;
        request->is_under_way = true;
        return true;
    }
    if (err == MNET_ERR_AGAIN && dev->queue.under_way > 0) {
        push_front(dev, op);
        return false;
    }
    /* A device that is full of nothing would never be asked again. */
    end_piece(dev, op, MNET_ERR_IO);
    return true;
}

static void collect_all(struct mnet_blockdev *dev)
{
    struct mnet_block_op *op;
    mnet_err err;
    while (dev->queue.under_way > 0 && (op = dev->ops->complete(dev, &err)) != NULL) {
        dev->queue.under_way--;
        end_piece(dev, op, err);
    }
}

/* ---- the poller ---- */

static void stop_if_idle(struct mnet_blockdev *dev)
{
    struct mnet_block_queue *queue = &dev->queue;
    if (!queue->first && queue->under_way == 0 && queue->poller.node.next)
        mnet_poller_remove(&queue->poller);
}

static void poll_in(struct mnet_poller *poller, mnet_time now)
{
    struct mnet_blockdev *dev = MN_CONTAINER(poller, struct mnet_blockdev, queue.poller);
    (void)now;
    if (dev->ops->complete)
        collect_all(dev);
    stop_if_idle(dev);
}

static mnet_time poll_out(struct mnet_poller *poller, mnet_time now)
{
    struct mnet_blockdev *dev = MN_CONTAINER(poller, struct mnet_blockdev, queue.poller);
    mnet_time due = MNET_NEVER;
    if (dev->ops->submit) {
        while (dev->queue.first && submit_one(dev)) {
        }
    } else {
        do_one(dev);
        due = dev->queue.first ? now : MNET_NEVER;
    }
    stop_if_idle(dev);
    return due;
}

static void start(struct mnet_blockdev *dev)
{
    struct mnet_poller *poller = &dev->queue.poller;
    if (poller->node.next)
        return;
    poller->poll_in = poll_in;
    poller->poll_out = poll_out;
    mnet_poller_add(poller);
}

/* ---- the task ---- */

static mnet_err wait_for(struct mnet_blockdev *dev, struct request *request)
{
    mnet_err err = mn_waitq_wait(&request->waiter);
    if (!request->is_done && !request->is_under_way) {
        take(dev, &request->op);
        stop_if_idle(dev);
        return err;
    }
    if (!request->is_done) {
        request->is_withdrawn = true;
        request->result = err;
        mn_waitq_wait_stubborn(&request->waiter);
    }
    return mnet_is_cancelled() ? MNET_ERR_CANCELED : request->result;
}

static mnet_err transfer(struct mnet_blockdev *dev, uint64_t offset, void *at, size_t len,
                         bool is_write)
{
    struct request request = {
        .op = {.offset = offset, .at = at, .is_write = is_write},
        .left = len,
    };
    mnet_err err = mn_blockdev_check(dev, offset, len, is_write);
    if (err != MNET_OK || len == 0)
        return err;
    push(dev, &request);
    start(dev);
    return wait_for(dev, &request);
}

mnet_err mnet_block_read(struct mnet_blockdev *dev, uint64_t offset, void *to, size_t len)
{
    mnet_err err = mn_wait_begin(__func__);
    return err == MNET_OK ? transfer(dev, offset, to, len, false) : err;
}

mnet_err mnet_block_write(struct mnet_blockdev *dev, uint64_t offset, const void *from, size_t len)
{
    mnet_err err = mn_wait_begin(__func__);
    /* Not written to: see is_write. */
    return err == MNET_OK ? transfer(dev, offset, (void *)from, len, true) : err;
}
