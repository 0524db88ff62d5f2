/* SPDX-License-Identifier: ISC */
#include "run_test_port.h"
#include <mnet/block.h>

#define PAGES 40u
#define PAGE 512u
#define LEN (PAGES * PAGE)

static uint8_t disk[LEN], wanted[LEN], got[LEN];
static unsigned calls;
static unsigned fails_at; /* the call that fails; 0: none */
static size_t longest;    /* call */

static mnet_err transfer(void *to, const void *from, size_t len)
{
    calls++;
    longest = len > longest ? len : longest;
    if (calls == fails_at)
        return MNET_ERR_IO;
    memcpy(to, from, len);
    return MNET_OK;
}

static mnet_err disk_read(struct mnet_blockdev *dev, uint64_t offset, void *to, size_t len)
{
    (void)dev;
    return transfer(to, disk + offset, len);
}

static mnet_err disk_write(struct mnet_blockdev *dev, uint64_t offset, const void *from, size_t len)
{
    (void)dev;
    return transfer(disk + offset, from, len);
}

static const struct mnet_blockdev_ops ops = {.read = disk_read, .write = disk_write};
static struct mnet_blockdev dev;

static int setup(void **state)
{
    (void)state;
    dev = (struct mnet_blockdev){.ops = &ops, .name = "disk", .length = LEN, .page_size = PAGE};
    calls = fails_at = 0;
    longest = 0;
    memset(disk, 0xee, sizeof disk);
    memset(got, 0xdd, sizeof got);
    for (size_t i = 0; i < LEN; i++)
        wanted[i] = (uint8_t)(i / PAGE + i);
    return 0;
}

static void test_what_was_written_is_read(void **state)
{
    (void)state;
    assert_int_equal(mnet_block_atomic_write(&dev, 3 * PAGE, wanted, 2 * PAGE), MNET_OK);
    assert_int_equal(disk[3 * PAGE - 1], 0xee);
    assert_int_equal(disk[5 * PAGE], 0xee);
    assert_int_equal(mnet_block_atomic_read(&dev, 4 * PAGE, got, PAGE), MNET_OK);
    assert_memory_equal(got, wanted + PAGE, PAGE);
    assert_int_equal(got[PAGE], 0xdd);
    assert_int_equal(calls, 2);
}

static void test_a_device_gets_pieces_that_it_takes(void **state)
{
    (void)state;
    assert_int_equal(mnet_block_atomic_write(&dev, 0, wanted, LEN), MNET_OK);
    assert_int_equal(longest, 16384);
    longest = 0;
    dev.transfer_max = 3 * PAGE;
    assert_int_equal(mnet_block_atomic_read(&dev, 0, got, LEN), MNET_OK);
    assert_int_equal(longest, 3 * PAGE);
    assert_memory_equal(got, wanted, LEN);
    assert_memory_equal(disk, wanted, LEN);
}

static void test_a_large_page_is_one_piece(void **state)
{
    (void)state;
    dev.page_size = 32768;
    dev.length = 32768;
    assert_int_equal(mnet_block_atomic_read(&dev, 0, NULL, 0), MNET_OK);
    fails_at = 1;
    assert_int_equal(mnet_block_atomic_read(&dev, 0, got, 32768), MNET_ERR_IO);
    assert_int_equal(longest, 32768);
}

static void test_what_is_not_aligned_is_refused(void **state)
{
    (void)state;
    static const struct {
        uint64_t offset;
        size_t len;
    } bad[] = {{1, PAGE}, {0, 1}, {PAGE / 2, 0}, {PAGE / 2, PAGE / 2}, {UINT64_MAX, 1}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(mnet_block_atomic_read(&dev, bad[i].offset, got, bad[i].len),
                         MNET_ERR_NOT_ALIGNED);
        assert_int_equal(mnet_block_atomic_write(&dev, bad[i].offset, wanted, bad[i].len),
                         MNET_ERR_NOT_ALIGNED);
    }
    assert_int_equal(calls, 0);
}

static void test_what_lies_beyond_the_end_is_refused(void **state)
{
    (void)state;
    static const struct {
        uint64_t offset;
        size_t len;
    } bad[] = {{LEN, PAGE},
               {LEN - PAGE, 2 * PAGE},
               {LEN + PAGE, 0},
               {UINT64_MAX - PAGE + 1, PAGE},
               {PAGE, SIZE_MAX - PAGE + 1},
               {0, SIZE_MAX - PAGE + 1}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(mnet_block_atomic_read(&dev, bad[i].offset, got, bad[i].len),
                         MNET_ERR_PAST_END);
        assert_int_equal(mnet_block_atomic_write(&dev, bad[i].offset, wanted, bad[i].len),
                         MNET_ERR_PAST_END);
    }
    assert_int_equal(calls, 0);
}

static void test_a_read_only_device_is_not_asked_to_write(void **state)
{
    (void)state;
    dev.is_read_only = true;
    assert_int_equal(mnet_block_atomic_write(&dev, 0, wanted, PAGE), MNET_ERR_READ_ONLY);
    assert_int_equal(mnet_block_atomic_write(&dev, 0, wanted, 0), MNET_ERR_READ_ONLY);
    assert_int_equal(mnet_block_atomic_write(&dev, 1, wanted, PAGE), MNET_ERR_NOT_ALIGNED);
    assert_int_equal(calls, 0);
    assert_int_equal(mnet_block_atomic_read(&dev, 0, got, PAGE), MNET_OK);
}

static void test_nothing_is_done_without_asking_the_device(void **state)
{
    (void)state;
    assert_int_equal(mnet_block_atomic_read(&dev, LEN, NULL, 0), MNET_OK);
    assert_int_equal(mnet_block_atomic_write(&dev, 0, NULL, 0), MNET_OK);
    assert_int_equal(calls, 0);
}

static void test_the_first_error_of_the_device_ends_it(void **state)
{
    (void)state;
    dev.transfer_max = PAGE;
    for (unsigned k = 1; k <= PAGES; k++) {
        calls = 0;
        fails_at = k;
        assert_int_equal(mnet_block_atomic_read(&dev, 0, got, LEN), MNET_ERR_IO);
        assert_int_equal(calls, k);
        calls = 0;
        assert_int_equal(mnet_block_atomic_write(&dev, 0, wanted, LEN), MNET_ERR_IO);
        assert_int_equal(calls, k);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_what_was_written_is_read, setup),
        cmocka_unit_test_setup(test_a_device_gets_pieces_that_it_takes, setup),
        cmocka_unit_test_setup(test_a_large_page_is_one_piece, setup),
        cmocka_unit_test_setup(test_what_is_not_aligned_is_refused, setup),
        cmocka_unit_test_setup(test_what_lies_beyond_the_end_is_refused, setup),
        cmocka_unit_test_setup(test_a_read_only_device_is_not_asked_to_write, setup),
        cmocka_unit_test_setup(test_nothing_is_done_without_asking_the_device, setup),
        cmocka_unit_test_setup(test_the_first_error_of_the_device_ends_it, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
