/* SPDX-License-Identifier: ISC */
#include "run_test_port.h"
#include <mnet/block.h>

#define PAGES 4u
#define PAGE 512u

static uint8_t disk[PAGES * PAGE];
static unsigned calls;

static mnet_err disk_read(struct mnet_blockdev *dev, uint64_t offset, void *to, size_t len)
{
    (void)dev;
    calls++;
    memcpy(to, disk + offset, len);
    return MNET_OK;
}

static mnet_err disk_write(struct mnet_blockdev *dev, uint64_t offset, const void *from, size_t len)
{
    (void)dev;
    calls++;
    memcpy(disk + offset, from, len);
    return MNET_ERR_IO;
}

static const struct mnet_blockdev_ops ops = {disk_read, disk_write};
static struct mnet_blockdev dev = {&ops, "disk", sizeof disk, PAGE};

static int setup(void **state)
{
    (void)state;
    calls = 0;
    for (size_t i = 0; i < sizeof disk; i++)
        disk[i] = (uint8_t)(i / PAGE);
    return 0;
}

static void test_whole_pages_inside_the_device_are_read_and_written(void **state)
{
    (void)state;
    uint8_t buf[2 * PAGE];
    assert_int_equal(mnet_block_read(&dev, 2 * PAGE, buf, sizeof buf), MNET_OK);
    assert_int_equal(buf[0], 2);
    assert_int_equal(buf[PAGE], 3);
    memset(buf, 9, sizeof buf);
    /* The error of the device is the caller's. */
    assert_int_equal(mnet_block_write(&dev, 0, buf, PAGE), MNET_ERR_IO);
    assert_int_equal(disk[0], 9);
    assert_int_equal(disk[PAGE], 1);
}

static void test_what_is_not_aligned_or_not_inside_is_refused(void **state)
{
    (void)state;
    uint8_t buf[PAGE];
    static const struct {
        uint64_t offset;
        size_t len;
    } bad[] = {{1, PAGE},
               {0, 1},
               {PAGES * PAGE, PAGE},
               {(PAGES - 1) * PAGE, 2 * PAGE},
               {UINT64_MAX - PAGE + 1, PAGE},
               {0, SIZE_MAX - PAGE + 1}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(mnet_block_read(&dev, bad[i].offset, buf, bad[i].len), MNET_ERR_INVALID);
        assert_int_equal(mnet_block_write(&dev, bad[i].offset, buf, bad[i].len), MNET_ERR_INVALID);
    }
    assert_int_equal(calls, 0);
}

static void test_nothing_is_read_without_asking_the_device(void **state)
{
    (void)state;
    assert_int_equal(mnet_block_read(&dev, PAGES * PAGE, NULL, 0), MNET_OK);
    assert_int_equal(calls, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_whole_pages_inside_the_device_are_read_and_written, setup),
        cmocka_unit_test_setup(test_what_is_not_aligned_or_not_inside_is_refused, setup),
        cmocka_unit_test_setup(test_nothing_is_read_without_asking_the_device, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
