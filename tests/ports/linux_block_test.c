/* SPDX-License-Identifier: ISC
 *
 * A file of the host as a block device. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <mnet/block.h>
#include <mnet/port.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define NOBODY 65534

static char path[64];
static int fd; /* of the file, beside the device's own */

static int setup(void **state)
{
    (void)state;
    strcpy(path, "/tmp/mnet-block-XXXXXX");
    fd = mkstemp(path);
    return fd >= 0 && ftruncate(fd, 2048) == 0 ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    close(fd);
    unlink(path);
    return 0;
}

static struct mnet_blockdev *open_dev(const char *file)
{
    struct mnet_blockdev *dev;
    const char *why = "";
    if (mnet_port_block_open("disk", file, &dev, &why) != MNET_OK)
        fail_msg("%s", why);
    return dev;
}

static void test_a_file_is_a_block_device(void **state)
{
    (void)state;
    char page[512];
    struct mnet_blockdev *dev = open_dev(path);
    assert_int_equal(dev->length, 2048);
    assert_int_equal(dev->page_size, 512);
    assert_string_equal(dev->name, "disk");
    assert_false(dev->is_read_only);
    memset(page, 'x', sizeof page);
    assert_int_equal(mnet_block_atomic_write(dev, 1024, page, sizeof page), MNET_OK);
    assert_int_equal(pread(fd, page, 1, 1023), 1);
    assert_int_equal(page[0], 0);
    memset(page, 0, sizeof page);
    assert_int_equal(mnet_block_atomic_read(dev, 1024, page, sizeof page), MNET_OK);
    assert_int_equal(page[0], 'x');
    assert_int_equal(page[511], 'x');
    assert_int_equal(mnet_block_atomic_read(dev, 1536, page, sizeof page), MNET_OK);
    assert_int_equal(page[0], 0);
    mnet_port_block_close(dev);
}

static void test_offsets_have_64_bits(void **state)
{
    (void)state;
    char page[512] = "far out", again[512];
    off_t len = (off_t)5 << 30;
    assert_int_equal(ftruncate(fd, len), 0);
    struct mnet_blockdev *dev = open_dev(path);
    assert_true(dev->length == (uint64_t)len);
    assert_int_equal(mnet_block_atomic_write(dev, (uint64_t)len - 512, page, 512), MNET_OK);
    assert_int_equal(mnet_block_atomic_read(dev, (uint64_t)len - 512, again, 512), MNET_OK);
    assert_string_equal(again, "far out");
    assert_int_equal(mnet_block_atomic_read(dev, (uint64_t)len, again, 512), MNET_ERR_PAST_END);
    mnet_port_block_close(dev);
}

static void test_a_file_that_is_cut_short_or_sealed_fails(void **state)
{
    (void)state;
    char page[512] = "", sealed[64];
    struct mnet_blockdev *dev = open_dev(path);
    assert_int_equal(ftruncate(fd, 1000), 0);
    assert_int_equal(mnet_block_atomic_read(dev, 512, page, 512), MNET_ERR_IO);
    assert_int_equal(mnet_block_atomic_read(dev, 1024, page, 512), MNET_ERR_IO);
    mnet_port_block_close(dev);

    int memory = memfd_create("disk", MFD_ALLOW_SEALING);
    assert_true(memory >= 0);
    assert_int_equal(ftruncate(memory, 1024), 0);
    snprintf(sealed, sizeof sealed, "/proc/self/fd/%d", memory);
    dev = open_dev(sealed);
    assert_int_equal(fcntl(memory, F_ADD_SEALS, F_SEAL_WRITE), 0);
    assert_int_equal(mnet_block_atomic_write(dev, 0, page, 512), MNET_ERR_IO);
    assert_int_equal(mnet_block_atomic_read(dev, 0, page, 512), MNET_OK);
    mnet_port_block_close(dev);
    close(memory);
}

/* In a child: root may write everything. */
static int status_of_read_only(void)
{
    char page[512] = "";
    if (geteuid() == 0 && seteuid(NOBODY) != 0)
        return 1;
    struct mnet_blockdev *dev;
    const char *why = "";
    if (mnet_port_block_open("disk", path, &dev, &why) != MNET_OK)
        return 2;
    if (!dev->is_read_only)
        return 3;
    if (mnet_block_atomic_write(dev, 0, page, 512) != MNET_ERR_READ_ONLY)
        return 4;
    if (mnet_block_atomic_read(dev, 0, page, 512) != MNET_OK || strcmp(page, "old") != 0)
        return 5;
    mnet_port_block_close(dev);
    return 0;
}

static void test_a_file_that_may_not_be_written_can_be_read(void **state)
{
    (void)state;
    assert_int_equal(pwrite(fd, "old", 3, 0), 3);
    assert_int_equal(fchmod(fd, 0444), 0);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0)
        _exit(status_of_read_only());
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static const char *why_not(const char *spec)
{
    struct mnet_blockdev *dev = (void *)&dev;
    const char *why = NULL;
    assert_int_equal(mnet_port_block_open("disk", spec, &dev, &why), MNET_ERR_NO_DEVICE);
    assert_null(dev);
    return why;
}

static void test_what_is_wrong_with_a_file_is_one_sentence(void **state)
{
    (void)state;
    assert_int_equal(ftruncate(fd, 1000), 0);
    assert_non_null(strstr(why_not(path), "1000 bytes, is not a multiple of 512"));
    assert_int_equal(ftruncate(fd, 0), 0);
    assert_non_null(strstr(why_not(path), "is empty"));
    assert_non_null(strstr(why_not("/tmp"), strerror(EISDIR)));
    assert_non_null(strstr(why_not("/dev/null"), "not a regular file"));
    assert_non_null(strstr(why_not("/nowhere/disk.img"), strerror(ENOENT)));
    assert_non_null(strstr(why_not("/nowhere/disk.img"), "/nowhere/disk.img"));
    assert_non_null(strstr(why_not(NULL), "--block:disk="));
    mnet_port_block_close(NULL);
}

static void test_a_fifo_is_refused_and_not_waited_for(void **state)
{
    (void)state;
    unlink(path);
    assert_int_equal(mkfifo(path, 0600), 0);
    alarm(10);
    assert_non_null(strstr(why_not(path), "not a regular file"));
    alarm(0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_file_is_a_block_device, setup, teardown),
        cmocka_unit_test_setup_teardown(test_offsets_have_64_bits, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_file_that_is_cut_short_or_sealed_fails, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_a_file_that_may_not_be_written_can_be_read, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_what_is_wrong_with_a_file_is_one_sentence, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_a_fifo_is_refused_and_not_waited_for, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
