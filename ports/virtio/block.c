/* SPDX-License-Identifier: ISC
 *
 * ports/virtio/block.c - virtio block devices (virtio 1.2, 5.2).
 *
 * A request is three descriptors: a header, the program's own bytes where they are, and one byte of
 * status that the device writes last. Header and status belong to the number of the request's first
 * descriptor. Any number of requests is under way at once; those that nobody waits for at the
 * moment are kept in two lists, the good and the bad, when they come back while something else is
 * waited for.
 *
 * The feature FLUSH is not taken, so a device must not keep writes to itself. */
#include "cpu.h"
#include "virtio.h"
#include <base/fmt.h>
#include <mnet/block.h>
#include <mnet/port.h>
#include <string.h>

/* Features (virtio 1.2, 5.2.3). */
#define F_SIZE_MAX (UINT64_C(1) << 1)
#define F_READ_ONLY (UINT64_C(1) << 5)
#define F_BLOCK_SIZE (UINT64_C(1) << 6)

/* Configuration (virtio 1.2, 5.2.4). */
#define CONFIG_SECTORS 0u
#define CONFIG_SIZE_MAX 8u
#define CONFIG_BLOCK_SIZE 20u

#define SECTOR 512u
#define PAGE_MAX 65536u
#define TYPE_READ 0u
#define TYPE_WRITE 1u
#define STATUS_GOOD 0u
#define STATUS_NONE 0xffu
#define DESCRIPTORS 3u /* of a request */
/* Long enough that the cost of asking does not matter, short enough that others get their turn. */
#define TRANSFER_MAX 131072u
/* A device that takes longer than this for one request is taken to be dead. */
#define PATIENCE MNET_SEC(30)
#define DEVICES_MAX 16u

struct header {
    uint32_t type;
    uint32_t reserved;
    uint64_t sector;
};

struct request {
    struct header header;
    uint8_t status;
    bool is_waited_for;       /* at once: `op` is NULL, and this is cleared when it is done */
    struct mnet_block_op *op; /* in the background */
};

struct block {
    struct mnet_blockdev dev;     /* what the program sees; first, so that it can be cast back */
    struct virtio_device *virtio; /* NULL: this is not open */
    struct queue queue;           /* the only one */
    char queue_name[80];          /* for messages */
    struct wait_source wait;
    void *memory;                     /* of the queue */
    struct mnet_block_op *good, *bad; /* done, not yet returned */
    struct request request[QUEUE_SIZE_MAX];
};

static char why_text[128];

static void push(struct mnet_block_op **list, struct mnet_block_op *op)
{
    while (*list)
        list = &(*list)->next;
    op->next = NULL;
    *list = op;
}

static struct mnet_block_op *pop(struct mnet_block_op **list)
{
    struct mnet_block_op *op = *list;
    if (op)
        *list = op->next;
    return op;
}

/* Takes back what the device has done. */
static void collect(struct block *block)
{
    uint32_t len;
    uint16_t id;
    while ((id = queue_take(&block->queue, &len)) != QUEUE_NONE) {
        struct request *request = &block->request[id];
        request->is_waited_for = false;
        if (request->op)
            push(request->status == STATUS_GOOD ? &block->good : &block->bad, request->op);
        request->op = NULL;
    }
}

/* NULL: there is no room. */
static struct request *send(struct block *block, bool is_write, uint64_t offset, void *at,
                            size_t len)
{
    if (block->queue.free_count < DESCRIPTORS)
        return NULL;
    struct request *request = &block->request[queue_next(&block->queue)];
    request->header =
        (struct header){.type = is_write ? TYPE_WRITE : TYPE_READ, .sector = offset / SECTOR};
    request->status = STATUS_NONE;
    queue_begin(&block->queue, (uintptr_t)&request->header, sizeof request->header, false);
    queue_more(&block->queue, (uintptr_t)at, (uint32_t)len, !is_write);
    queue_more(&block->queue, (uintptr_t)&request->status, 1, true);
    queue_offer(&block->queue);
    virtio_publish(block->virtio, 0, &block->queue);
    return request;
}

/* ---- at once ---- */

static void check_patience(const struct block *block, mnet_time end)
{
    if (mnet_port_clock() > end)
        queue_fail(&block->queue,
                   "does not answer; seconds waited:", (uint32_t)(PATIENCE / MNET_SEC(1)));
    cpu_pause();
}

static mnet_err transfer(struct block *block, bool is_write, uint64_t offset, void *at, size_t len)
{
    mnet_time end = mnet_port_clock() + PATIENCE;
    struct request *request;
    while ((request = send(block, is_write, offset, at, len)) == NULL) {
        collect(block);
        check_patience(block, end);
    }
    request->is_waited_for = true;
    while (request->is_waited_for) {
        collect(block);
        if (request->is_waited_for)
            check_patience(block, end);
    }
    return request->status == STATUS_GOOD ? MNET_OK : MNET_ERR_IO;
}

static mnet_err block_read(struct mnet_blockdev *dev, uint64_t offset, void *to, size_t len)
{
    return transfer((struct block *)dev, false, offset, to, len);
}

/* The device only reads what it is given to write. */
static mnet_err block_write(struct mnet_blockdev *dev, uint64_t offset, const void *from,
                            size_t len)
{
    return transfer((struct block *)dev, true, offset, (void *)(uintptr_t)from, len);
}

/* ---- in the background ---- */

static mnet_err block_submit(struct mnet_blockdev *dev, struct mnet_block_op *op)
{
    struct block *block = (struct block *)dev;
    struct request *request = send(block, op->is_write, op->offset, op->at, op->len);
    if (!request) {
        collect(block);
        request = send(block, op->is_write, op->offset, op->at, op->len);
    }
    if (!request)
        return MNET_ERR_AGAIN;
    request->op = op;
    return MNET_OK;
}

static struct mnet_block_op *block_complete(struct mnet_blockdev *dev, mnet_err *result)
{
    struct block *block = (struct block *)dev;
    if (!block->good && !block->bad)
        collect(block);
    struct mnet_block_op *op = pop(&block->good);
    *result = MNET_OK;
    if (!op) {
        op = pop(&block->bad);
        *result = op ? MNET_ERR_IO : MNET_OK;
    }
    return op;
}

static const struct mnet_blockdev_ops ops = {
    .read = block_read, .write = block_write, .submit = block_submit, .complete = block_complete};

static bool arm(struct wait_source *source)
{
    struct block *block = (struct block *)(void *)((char *)source - offsetof(struct block, wait));
    bool is_ready = queue_arm(&block->queue);
    return is_ready || block->good || block->bad;
}

/* ---- opening ---- */

static uint32_t config32(const struct block *block, unsigned offset)
{
    return (uint32_t)virtio_config(block->virtio, offset, 4);
}

static const char *describe(struct block *block, const char *name)
{
    uint64_t features = block->virtio->features;
    uint64_t sectors = virtio_config(block->virtio, CONFIG_SECTORS, 8);
    uint32_t page = features & F_BLOCK_SIZE ? config32(block, CONFIG_BLOCK_SIZE) : SECTOR;
    uint32_t most = features & F_SIZE_MAX ? config32(block, CONFIG_SIZE_MAX) : TRANSFER_MAX;
    if (page < SECTOR || page > PAGE_MAX || (page & (page - 1)) != 0) {
        mn_fmt(why_text, sizeof why_text, "the device has pages of %u bytes", (unsigned)page);
        return why_text;
    }
    if (most > TRANSFER_MAX)
        most = TRANSFER_MAX;
    most = most / page * page;
    if (most == 0 || sectors > UINT64_MAX / SECTOR || sectors * SECTOR < page)
        return "the device is too small";
    block->dev = (struct mnet_blockdev){
        .ops = &ops,
        .name = name,
        .length = sectors * SECTOR / page * page,
        .page_size = page,
        .transfer_max = most,
        .is_read_only = (features & F_READ_ONLY) != 0,
    };
    return NULL;
}

static const char *set_up(struct block *block, const char *name)
{
    const char *why = virtio_begin(block->virtio, F_SIZE_MAX | F_READ_ONLY | F_BLOCK_SIZE);
    if (!why)
        why = describe(block, name);
    if (why)
        return why;
    uint16_t size = virtio_queue_size(block->virtio, 0);
    if (size < DESCRIPTORS)
        return "the device has too short a queue";
    block->memory = mnet_port_memory(queue_memory_len(size));
    if (!block->memory)
        return "there is no memory for its queue";
    mn_fmt(block->queue_name, sizeof block->queue_name, "%s", name);
    why = virtio_add_queue(block->virtio, 0, &block->queue, block->queue_name, block->memory, size);
    if (why)
        return why;
    virtio_start(block->virtio);
    block->wait = (struct wait_source){.arm = arm};
    wait_add(&block->wait);
    return NULL;
}

/* The device is stopped. */
static void release(struct block *block)
{
    if (block->memory)
        mnet_port_memory_free(block->memory, queue_memory_len(block->queue.size));
    block->virtio = NULL;
}

mnet_err mnet_port_block_open(const char *name, const char *spec, struct mnet_blockdev **out,
                              const char **why)
{
    static struct block blocks[DEVICES_MAX];
    struct virtio_device *virtio = NULL;
    struct block *block = blocks;
    *out = NULL;
    *why = choose(VIRTIO_BLOCK, spec, &virtio);
    if (*why) /* as in net.c */
        return spec ? MNET_ERR_NO_DEVICE : MNET_ERR_IO;
    while (block < blocks + DEVICES_MAX && block->virtio)
        block++;
    if (block == blocks + DEVICES_MAX) {
        *why = "there are too many block devices open";
        return MNET_ERR_IO;
    }
    memset(block, 0, sizeof *block);
    block->virtio = virtio;
    *why = set_up(block, name);
    if (*why) {
        virtio_stop(virtio);
        release(block);
        return MNET_ERR_IO;
    }
    *out = &block->dev;
    return MNET_OK;
}

void mnet_port_block_close(struct mnet_blockdev *dev)
{
    if (!dev)
        return;
    struct block *block = (struct block *)dev;
    wait_remove(&block->wait);
    virtio_stop(block->virtio);
    release(block);
}
