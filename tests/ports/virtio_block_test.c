/* SPDX-License-Identifier: ISC
 *
 * The block driver against the fake device. Transfers that are waited for at once need a device
 * that answers while the driver asks: `answer` is called in every look at the clock. */
#include "virtio_fake.h"
#include <mnet/block.h>
#include <mnet/port.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define V1 (UINT64_C(1) << 32)
#define SIZE_MAX_BIT (UINT64_C(1) << 1)
#define READ_ONLY (UINT64_C(1) << 5)
#define BLOCK_SIZE (UINT64_C(1) << 6)
#define FLUSH (UINT64_C(1) << 9)

static struct fake_device fake;
static struct mnet_blockdev *dev;
static const char *why;
static uint8_t disk[65536];

static void put(unsigned offset, uint64_t value, unsigned len)
{
    for (unsigned i = 0; i < len; i++)
        fake.config[offset + i] = (uint8_t)(value >> 8 * i);
}

static void set_up(uint64_t features, uint16_t queue_max)
{
    if (dev)
        mnet_port_block_close(dev);
    dev = NULL;
    fake_remove_all();
    fake_add(&fake, VIRTIO_BLOCK, features, queue_max);
    put(0, sizeof disk / 512, 8);
}

static void open_with(uint64_t features, uint16_t queue_max)
{
    set_up(features, queue_max);
    assert_int_equal(mnet_port_block_open("disk", NULL, &dev, &why), MNET_OK);
}

/* What a disk does: the request that was taken, and its status. */
static void serve(const struct fake_chain *chain, uint8_t status)
{
    uint8_t header[16];
    assert_int_equal(chain->count, 3);
    assert_int_equal(chain->part[0].len, 16);
    assert_int_equal(chain->part[2].len, 1);
    memcpy(header, chain->part[0].at, 16);
    uint64_t sector;
    memcpy(&sector, header + 8, 8);
    uint8_t *at = disk + sector * 512;
    uint32_t len = chain->part[1].len;
    assert_true(sector * 512 + len <= sizeof disk);
    assert_int_equal(chain->part[1].is_written, header[0] == 0);
    if (header[0] == 0)
        memcpy(chain->part[1].at, at, len);
    else
        memcpy(at, chain->part[1].at, len);
    *chain->part[2].at = status;
    fake_use(&fake.queue[0], chain->id, header[0] == 0 ? len + 1 : 1);
}

static bool serve_next(uint8_t status)
{
    struct fake_chain chain;
    if (!fake_take(&fake.queue[0], &chain))
        return false;
    serve(&chain, status);
    return true;
}

static struct mnet_block_op op_of(uint64_t offset, void *at, size_t len, bool is_write)
{
    return (struct mnet_block_op){.offset = offset, .at = at, .len = len, .is_write = is_write};
}

static void test_what_a_device_is(void **state)
{
    (void)state;
    open_with(V1 | FLUSH, 128);
    assert_int_equal(fake.taken_features, V1); /* no cache that we would have to flush */
    assert_int_equal(dev->length, sizeof disk);
    assert_int_equal(dev->page_size, 512);
    assert_false(dev->is_read_only);
    set_up(V1 | READ_ONLY | BLOCK_SIZE | SIZE_MAX_BIT, 128);
    put(8, 10000, 4);
    put(20, 4096, 4);
    put(0, 17, 8);
    assert_int_equal(mnet_port_block_open("disk", NULL, &dev, &why), MNET_OK);
    assert_int_equal(dev->length, 8192);
    assert_int_equal(dev->page_size, 4096);
    assert_int_equal(dev->transfer_max, 8192);
    assert_true(dev->is_read_only);
}

static void test_what_cannot_be_opened(void **state)
{
    static const uint32_t pages[] = {0, 1, 256, 513, 131072};
    struct mnet_blockdev *none;
    (void)state;
    for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++) {
        set_up(V1 | BLOCK_SIZE, 128);
        put(20, pages[i], 4);
        assert_int_equal(mnet_port_block_open("disk", NULL, &none, &why), MNET_ERR_IO);
        assert_non_null(strstr(why, "pages of"));
    }
    set_up(V1, 128);
    put(0, 0, 8);
    assert_int_equal(mnet_port_block_open("disk", NULL, &none, &why), MNET_ERR_IO);
    assert_non_null(strstr(why, "too small"));
    put(0, UINT64_MAX, 8);
    assert_int_equal(mnet_port_block_open("disk", NULL, &none, &why), MNET_ERR_IO);
    set_up(V1, 2);
    assert_int_equal(mnet_port_block_open("disk", NULL, &none, &why), MNET_ERR_IO);
    assert_non_null(strstr(why, "queue"));
    fake_remove_all();
    assert_int_equal(mnet_port_block_open("disk", NULL, &none, &why), MNET_ERR_IO);
    assert_non_null(strstr(why, "no virtio block device 0 (start QEMU with -device virtio-blk-"));
    assert_int_equal(mnet_port_block_open("disk", "x.img", &none, &why), MNET_ERR_NO_DEVICE);
    assert_non_null(strstr(why, "'x.img' is not the number of a block device, like 0"));
    assert_int_equal(fake_memory_count, 0);
}

static void test_many_in_the_background(void **state)
{
    static uint8_t bytes[42][1024];
    struct mnet_block_op ops[43], *op;
    mnet_err result;
    (void)state;
    open_with(V1, 128); /* 42 requests of 3 descriptors */
    for (unsigned i = 0; i < 42; i++) {
        memset(bytes[i], (int)i + 1, sizeof bytes[i]);
        ops[i] = op_of(1024 * i, bytes[i], 1024, true);
        assert_int_equal(dev->ops->submit(dev, &ops[i]), MNET_OK);
    }
    ops[42] = op_of(0, bytes[0], 1024, false);
    assert_int_equal(dev->ops->submit(dev, &ops[42]), MNET_ERR_AGAIN);
    assert_null(dev->ops->complete(dev, &result));
    assert_false(fake_arm());
    for (unsigned i = 0; i < 42; i++)
        assert_true(serve_next(i == 7 ? 1 : 0));
    assert_true(fake_arm());
    unsigned good = 0, bad = 0;
    while ((op = dev->ops->complete(dev, &result)) != NULL) {
        good += result == MNET_OK;
        bad += result == MNET_ERR_IO;
        assert_int_equal(result == MNET_ERR_IO, op == &ops[7]);
    }
    assert_int_equal(good, 41);
    assert_int_equal(bad, 1);
    assert_int_equal(disk[1024 * 41], 42);
    assert_false(fake_arm());
    assert_int_equal(dev->ops->submit(dev, &ops[42]), MNET_OK);
    serve_next(0);
    assert_ptr_equal(dev->ops->complete(dev, &result), &ops[42]);
    assert_int_equal(bytes[0][1023], 1);
}

/* A status that was never written is not a good one. */
static void test_no_status_is_an_error(void **state)
{
    uint8_t bytes[512];
    struct mnet_block_op op = op_of(0, bytes, 512, false);
    struct fake_chain chain;
    mnet_err result;
    (void)state;
    open_with(V1, 128);
    assert_int_equal(dev->ops->submit(dev, &op), MNET_OK);
    fake_take(&fake.queue[0], &chain);
    fake_use(&fake.queue[0], chain.id, 0);
    assert_ptr_equal(dev->ops->complete(dev, &result), &op);
    assert_int_equal(result, MNET_ERR_IO);
}

static uint8_t answer_status;
static unsigned answer_count;

static void answer(void)
{
    if (answer_count > 0 && serve_next(answer_status))
        answer_count--;
}

static void test_at_once_while_others_are_under_way(void **state)
{
    static uint8_t bytes[42][512], mine[512];
    struct mnet_block_op ops[42];
    mnet_err result;
    (void)state;
    open_with(V1, 128);
    fake_on_clock = answer;
    for (unsigned i = 0; i < 42; i++) {
        ops[i] = op_of(512 * i, bytes[i], 512, false);
        assert_int_equal(dev->ops->submit(dev, &ops[i]), MNET_OK);
    }
    memset(mine, 77, sizeof mine);
    answer_count = 43;
    answer_status = 0;
    assert_int_equal(dev->ops->write(dev, 60 * 512, mine, 512), MNET_OK);
    assert_int_equal(disk[60 * 512], 77);
    assert_true(fake_arm()); /* what came back meanwhile is not forgotten */
    unsigned count = 0;
    while (dev->ops->complete(dev, &result))
        count++;
    assert_int_equal(count, 42);
    memset(mine, 0, sizeof mine);
    answer_count = 1;
    assert_int_equal(dev->ops->read(dev, 60 * 512, mine, 512), MNET_OK);
    assert_int_equal(mine[511], 77);
    answer_count = 1;
    answer_status = 2;
    assert_int_equal(dev->ops->read(dev, 0, mine, 512), MNET_ERR_IO);
    fake_on_clock = NULL;
}

static void read_one(void *arg)
{
    static uint8_t bytes[512];
    (void)arg;
    (void)dev->ops->read(dev, 0, bytes, 512);
}

static void test_a_dead_device_ends_the_program(void **state)
{
    (void)state;
    open_with(V1, 128);
    const char *message = fake_panic_of(read_one, NULL);
    assert_non_null(message);
    assert_non_null(strstr(message, "disk: the device does not answer"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_a_device_is),
        cmocka_unit_test(test_what_cannot_be_opened),
        cmocka_unit_test(test_many_in_the_background),
        cmocka_unit_test(test_no_status_is_an_error),
        cmocka_unit_test(test_at_once_while_others_are_under_way),
        cmocka_unit_test(test_a_dead_device_ends_the_program),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
