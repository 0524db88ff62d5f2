/* SPDX-License-Identifier: ISC
 *
 * block - fills a block device with a pattern and reads it back. Several tasks write, whichever is
 * free the next chunk, while another counts how often it has its turn meanwhile; then all is read
 * and compared. Exit status 1 if anything differs. With --verify nothing is written: a second start
 * finds what the first one has left.
 *
 *     block --block:disk=disk.img [--tasks=4] [--seed=1] [--verify] */
#include <mnet/mnet.h>

#define TASKS_MAX 64
/* A quarter of a small task's stack, and a whole number of pages of any usual size. */
#define CHUNK 4096

static struct mnet_block_arg disk = MNET_BLOCK("disk");

static unsigned number_of(const char *value)
{
    unsigned number = 0;
    for (const char *c = value; *c; c++) {
        if (*c < '0' || *c > '9' || number > 99999999)
            return 0;
        number = number * 10 + (unsigned)(*c - '0');
    }
    return number;
}

static const char *check_tasks(const char *value)
{
    return number_of(value) >= 1 && number_of(value) <= TASKS_MAX ? NULL : "not a number 1 .. 64";
}

static const char *check_seed(const char *value)
{
    return number_of(value) >= 1 && number_of(value) <= 255 ? NULL : "not a number 1 .. 255";
}

static struct mnet_option_arg tasks = {.arg = {MNET_ARG_OPTION, "tasks", MNET_HERE},
                                       .help = "how many write",
                                       .value = "4",
                                       .check = check_tasks};
static struct mnet_option_arg seed = {.arg = {MNET_ARG_OPTION, "seed", MNET_HERE},
                                      .help = "which pattern",
                                      .value = "1",
                                      .check = check_seed};
static struct mnet_option_arg verify = MNET_FLAG("verify", "only read and compare");

static uint64_t next_offset; /* of the first chunk that no task has begun */
static unsigned turns;       /* of the task that only counts */

/* No page is like one near it, and no byte is the same with another seed. */
static uint8_t byte_at(uint64_t offset)
{
    return (uint8_t)(offset * 7 + (offset >> 8) * 31 + (offset >> 16) * 17 + number_of(seed.value));
}

static size_t chunk_at(uint64_t offset)
{
    uint64_t left = disk.block->length - offset;
    return left < CHUNK ? (size_t)left : CHUNK;
}

static int write_chunks(void *arg)
{
    (void)arg;
    uint8_t buf[CHUNK];
    while (next_offset < disk.block->length) {
        uint64_t offset = next_offset;
        size_t len = chunk_at(offset);
        next_offset += len;
        for (size_t i = 0; i < len; i++)
            buf[i] = byte_at(offset + i);
        mnet_err err = mnet_block_write(disk.block, offset, buf, len);
        if (err)
            return err;
    }
    return MNET_OK;
}

static int count_turns(void *arg)
{
    (void)arg;
    while (mnet_yield() == MNET_OK)
        turns++;
    return MNET_OK;
}

static mnet_err write_all(void)
{
    struct mnet_task *writers[TASKS_MAX];
    int results[TASKS_MAX];
    unsigned count = number_of(tasks.value);
    struct mnet_task *counter = mnet_async(count_turns, NULL);
    for (unsigned i = 0; i < count; i++) {
        writers[i] = mnet_async(write_chunks, NULL);
        if (!writers[i])
            return MNET_ERR_NO_MEMORY;
    }
    mnet_err err = counter ? mnet_await_all(writers, count, results) : MNET_ERR_NO_MEMORY;
    if (err)
        return err;
    mnet_cancel(counter);
    for (unsigned i = 0; i < count && !err; i++)
        err = results[i];
    if (!err)
        mnet_print("%u tasks have written, another had %u turns meanwhile", count, turns);
    return err;
}

/* Reads to the end, or to the first byte that differs. */
static mnet_err compare_all(void)
{
    uint8_t buf[CHUNK];
    for (uint64_t offset = 0; offset < disk.block->length;) {
        size_t len = chunk_at(offset);
        mnet_err err = mnet_block_atomic_read(disk.block, offset, buf, len);
        if (err)
            return err;
        for (size_t i = 0; i < len; i++) {
            if (buf[i] != byte_at(offset + i)) {
                mnet_print("the byte at %llu differs", (unsigned long long)(offset + i));
                return MNET_ERR_FAILED;
            }
        }
        offset += len;
    }
    mnet_print("all is there");
    return MNET_OK;
}

static int body(void *arg)
{
    (void)arg;
    mnet_print("disk: %llu bytes in pages of %u%s", (unsigned long long)disk.block->length,
               (unsigned)disk.block->page_size, disk.block->is_read_only ? ", read-only" : "");
    mnet_err err = verify.is_set ? MNET_OK : write_all();
    return err ? err : compare_all();
}

int main(int argc, char **argv)
{
    return mnet_run(argc, argv, body, NULL,
                    MNET_ARGS(&disk.arg, &tasks.arg, &seed.arg, &verify.arg));
}
