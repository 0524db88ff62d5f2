/* SPDX-License-Identifier: ISC
 *
 * The port to Solo5 on a Solo5 of the test's own, which is as strict as its documentation: a device
 * is acquired once, a buffer for a frame holds the largest one, a call of a block device moves one
 * block. */
#include "../../ports/bare/bare.h"
#include <mnet/block.h>
#include <mnet/port.h>
#include <setjmp.h>
#include <solo5.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HANDLE 7u
#define BLOCK 512u
#define BLOCKS 16u

/* ---- Solo5 ---- */

static struct {
    char console[256];
    size_t console_len;
    jmp_buf end;       /* where exit and abort go */
    int status;        /* of exit; 255: abort */
    unsigned clocks;   /* readings */
    uint64_t deadline; /* of the last yield */
    unsigned yields;
    size_t mtu;
    bool is_net_acquired, is_block_acquired;
    unsigned reads;     /* of frames, AGAIN included */
    uint8_t *frame[64]; /* waiting, malloc */
    size_t frame_len[64];
    unsigned frame_count;
    const uint8_t *written; /* the last frame */
    size_t written_len;
    solo5_result_t write_result;
    uint8_t disk[BLOCKS * BLOCK];
    unsigned block_calls;
    unsigned block_bad; /* the call that fails, counted from 1; 0: none */
    uintptr_t region;   /* what ports/bare was given */
    size_t region_len;
    const char *cmdline;
} solo5;

_Noreturn void solo5_exit(int status)
{
    solo5.status = status;
    longjmp(solo5.end, 1);
}

_Noreturn void solo5_abort(void)
{
    solo5.status = 255;
    longjmp(solo5.end, 1);
}

void solo5_console_write(const char *text, size_t len)
{
    assert_true(solo5.console_len + len < sizeof solo5.console);
    memcpy(solo5.console + solo5.console_len, text, len);
    solo5.console_len += len;
}

solo5_time_t solo5_clock_monotonic(void)
{
    return ++solo5.clocks;
}

solo5_time_t solo5_clock_wall(void)
{
    return 1000;
}

void solo5_yield(solo5_time_t deadline, solo5_handle_set_t *ready)
{
    (void)ready;
    solo5.yields++;
    solo5.deadline = deadline;
}

solo5_result_t solo5_net_acquire(const char *name, solo5_handle_t *handle,
                                 struct solo5_net_info *info)
{
    if (strcmp(name, "service") != 0)
        return SOLO5_R_EINVAL;
    assert_false(solo5.is_net_acquired);
    solo5.is_net_acquired = true;
    *handle = HANDLE;
    memcpy(info->mac_address, "\2mnet!", SOLO5_NET_ALEN);
    info->mtu = solo5.mtu;
    return SOLO5_R_OK;
}

solo5_result_t solo5_net_read(solo5_handle_t handle, uint8_t *to, size_t room, size_t *len)
{
    assert_int_equal(handle, HANDLE);
    assert_true(room >= solo5.mtu + SOLO5_NET_HLEN);
    solo5.reads++;
    if (solo5.frame_count == 0)
        return SOLO5_R_AGAIN;
    *len = solo5.frame_len[0] < room ? solo5.frame_len[0] : room;
    memcpy(to, solo5.frame[0], *len);
    free(solo5.frame[0]);
    solo5.frame_count--;
    memmove(solo5.frame, solo5.frame + 1, solo5.frame_count * sizeof solo5.frame[0]);
    memmove(solo5.frame_len, solo5.frame_len + 1, solo5.frame_count * sizeof solo5.frame_len[0]);
    return SOLO5_R_OK;
}

solo5_result_t solo5_net_write(solo5_handle_t handle, const uint8_t *from, size_t len)
{
    assert_int_equal(handle, HANDLE);
    assert_true(len <= solo5.mtu + SOLO5_NET_HLEN);
    solo5.written = from;
    solo5.written_len = len;
    return solo5.write_result;
}

solo5_result_t solo5_block_acquire(const char *name, solo5_handle_t *handle,
                                   struct solo5_block_info *info)
{
    if (strcmp(name, "disk") != 0)
        return SOLO5_R_EINVAL;
    assert_false(solo5.is_block_acquired);
    solo5.is_block_acquired = true;
    *handle = HANDLE;
    *info = (struct solo5_block_info){.capacity = sizeof solo5.disk, .block_size = BLOCK};
    return SOLO5_R_OK;
}

static solo5_result_t check_block(solo5_handle_t handle, solo5_off_t offset, size_t len)
{
    assert_int_equal(handle, HANDLE);
    assert_int_equal(len, BLOCK);
    assert_true(offset % BLOCK == 0 && offset < sizeof solo5.disk);
    return ++solo5.block_calls == solo5.block_bad ? SOLO5_R_EUNSPEC : SOLO5_R_OK;
}

solo5_result_t solo5_block_read(solo5_handle_t handle, solo5_off_t offset, uint8_t *to, size_t len)
{
    solo5_result_t result = check_block(handle, offset, len);
    memcpy(to, solo5.disk + offset, len);
    return result;
}

solo5_result_t solo5_block_write(solo5_handle_t handle, solo5_off_t offset, const uint8_t *from,
                                 size_t len)
{
    solo5_result_t result = check_block(handle, offset, len);
    memcpy(solo5.disk + offset, from, len);
    return result;
}

/* ---- ports/bare ---- */

void bare_memory_init(uintptr_t at, size_t len)
{
    solo5.region = at;
    solo5.region_len = len;
}

_Noreturn void bare_main(const char *cmdline)
{
    solo5.cmdline = cmdline;
    longjmp(solo5.end, 1);
}

/* ---- what the tests share ---- */

/* The port keeps what it has acquired, so all tests share one device; its MTU is that of the first
 * test that opens it. */
static struct mnet_netdev *net_of_mtu(size_t mtu)
{
    struct mnet_netdev *dev;
    const char *why = NULL;
    if (!solo5.is_net_acquired)
        solo5.mtu = mtu;
    assert_int_equal(solo5.mtu, mtu);
    assert_int_equal(mnet_port_net_open("service", NULL, &dev, &why), MNET_OK);
    return dev;
}

static void comes(size_t len, unsigned seed)
{
    uint8_t *bytes = malloc(len);
    for (size_t i = 0; i < len; i++)
        bytes[i] = (uint8_t)(i * 7 + (i >> 8) * 3 + seed);
    solo5.frame[solo5.frame_count] = bytes;
    solo5.frame_len[solo5.frame_count++] = len;
}

#define SLOTS 4
static uint8_t small[SLOTS][2044];
static uint8_t big[SLOTS][4][16384];

static void offer(struct mnet_frame *slots)
{
    for (unsigned i = 0; i < SLOTS; i++) {
        memset(&slots[i], 0xff, sizeof slots[i]);
        slots[i].seg[0] = (struct mnet_seg){small[i], sizeof small[i]};
        for (unsigned k = 0; k < 4; k++)
            slots[i].seg[1 + k] = (struct mnet_seg){big[i][k], sizeof big[i][k]};
        slots[i].seg_count = 5;
    }
}

static void assert_came(const struct mnet_frame *slot, size_t len, unsigned seed)
{
    size_t at = 0;
    assert_int_equal(slot->len, len);
    for (unsigned s = 0; s < slot->seg_count; s++) {
        assert_true(slot->seg[s].len > 0);
        for (size_t i = 0; i < slot->seg[s].len; i++, at++)
            assert_int_equal(slot->seg[s].at[i], (uint8_t)(at * 7 + (at >> 8) * 3 + seed));
    }
    assert_int_equal(at, len);
    assert_int_equal(slot->csum, MNET_CSUM_NONE);
    assert_int_equal(slot->gso, MNET_GSO_NONE);
}

/* ---- the tests ---- */

static void test_a_device_opens_as_often_as_it_is_wanted(void **state)
{
    (void)state;
    const char *why = NULL;
    struct mnet_netdev *dev = net_of_mtu(65521), *again, *none;
    assert_string_equal(dev->name, "service");
    assert_memory_equal(dev->mac.bytes, "\2mnet!", 6);
    assert_int_equal(dev->mtu, 65521);
    assert_int_equal(dev->caps, 0);
    assert_true(dev->rx_frame_max >= 65535 && dev->rx_batch >= 1);
    mnet_port_net_close(dev);
    assert_int_equal(mnet_port_net_open("service", NULL, &again, &why), MNET_OK);
    assert_ptr_equal(again, dev);
    mnet_port_net_close(again);
    mnet_port_net_close(NULL);

    assert_int_equal(mnet_port_net_open("other", NULL, &none, &why), MNET_ERR_NO_DEVICE);
    assert_null(none);
    assert_non_null(strstr(why, "manifest"));
    assert_int_equal(mnet_port_net_open("service", "tap0", &none, &why), MNET_ERR_IO);
    assert_non_null(strstr(why, "in front of the image"));
}

static void test_frames_of_any_length_fill_the_ranges_in_order(void **state)
{
    (void)state;
    static const size_t lens[] = {1, 60, 2043, 2044, 2045, 18428, 18429, 65534, 65535};
    struct mnet_netdev *dev = net_of_mtu(65521);
    struct mnet_frame slots[SLOTS];
    for (unsigned i = 0; i < sizeof lens / sizeof lens[0]; i++) {
        comes(lens[i], i);
        offer(slots);
        assert_int_equal(dev->ops->rx(dev, slots, SLOTS), 1);
        assert_came(&slots[0], lens[i], i);
    }
}

static void test_a_batch_ends_when_it_is_full_or_nothing_waits(void **state)
{
    (void)state;
    struct mnet_netdev *dev = net_of_mtu(65521);
    struct mnet_frame slots[SLOTS];
    for (unsigned i = 0; i < SLOTS + 2; i++)
        comes(100 + i, i);
    solo5.reads = 0;
    offer(slots);
    assert_int_equal(dev->ops->rx(dev, slots, SLOTS), SLOTS);
    assert_int_equal(solo5.reads, SLOTS);
    for (unsigned i = 0; i < SLOTS; i++)
        assert_came(&slots[i], 100 + i, i);
    offer(slots);
    assert_int_equal(dev->ops->rx(dev, slots, SLOTS), 2);
    assert_int_equal(solo5.reads, SLOTS + 3);
    assert_came(&slots[1], 105, 5);
    assert_int_equal(dev->ops->rx(dev, slots, SLOTS), 0);
}

static void test_a_frame_that_was_cut_is_passed_over(void **state)
{
    (void)state;
    struct mnet_netdev *dev = net_of_mtu(65521);
    struct mnet_frame slots[SLOTS];
    comes(dev->rx_frame_max + 1, 0);
    comes(80, 1);
    offer(slots);
    unsigned got = dev->ops->rx(dev, slots, SLOTS);
    if (got == 0)
        got = dev->ops->rx(dev, slots, SLOTS);
    assert_int_equal(got, 1);
    assert_came(&slots[0], 80, 1);
}

static void test_a_frame_is_sent_from_where_it_lies(void **state)
{
    (void)state;
    static uint8_t bytes[65536];
    struct mnet_netdev *dev = net_of_mtu(65521);
    struct mnet_frame frame = {
        .seg = {{bytes, 65535}}, .len = 65535, .seg_count = 1, .csum = MNET_CSUM_NONE};
    assert_int_equal(dev->ops->tx(dev, &frame), MNET_OK);
    assert_ptr_equal(solo5.written, bytes);
    assert_int_equal(solo5.written_len, 65535);
    frame.len = frame.seg[0].len = 65536;
    assert_int_equal(dev->ops->tx(dev, &frame), MNET_ERR_MSG_SIZE);
    frame.len = frame.seg[0].len = 60;
    solo5.write_result = SOLO5_R_EUNSPEC;
    assert_int_equal(dev->ops->tx(dev, &frame), MNET_ERR_IO);
}

static void test_a_transfer_is_a_call_for_each_block(void **state)
{
    (void)state;
    struct mnet_blockdev *disk, *again;
    const char *why = NULL;
    uint8_t to[4 * BLOCK], from[4 * BLOCK];
    assert_int_equal(mnet_port_block_open("disk", NULL, &disk, &why), MNET_OK);
    assert_int_equal(disk->length, BLOCKS * BLOCK);
    assert_int_equal(disk->page_size, BLOCK);
    for (unsigned i = 0; i < sizeof from; i++)
        from[i] = (uint8_t)(i * 5 + (i >> 8));
    assert_int_equal(disk->ops->write(disk, 3 * BLOCK, from, sizeof from), MNET_OK);
    assert_int_equal(solo5.block_calls, 4);
    assert_memory_equal(solo5.disk + 3 * BLOCK, from, sizeof from);
    assert_int_equal(disk->ops->read(disk, 3 * BLOCK, to, sizeof to), MNET_OK);
    assert_memory_equal(to, from, sizeof to);

    solo5.block_calls = 0;
    solo5.block_bad = 3;
    assert_int_equal(disk->ops->read(disk, 0, to, sizeof to), MNET_ERR_IO);
    solo5.block_calls = 0;
    assert_int_equal(disk->ops->write(disk, 0, from, sizeof from), MNET_ERR_IO);
    assert_int_equal(solo5.block_calls, 3);

    mnet_port_block_close(disk);
    assert_int_equal(mnet_port_block_open("disk", NULL, &again, &why), MNET_OK);
    assert_ptr_equal(again, disk);
    assert_int_equal(mnet_port_block_open("other", NULL, &again, &why), MNET_ERR_NO_DEVICE);
    assert_int_equal(mnet_port_block_open("disk", "disk.img", &again, &why), MNET_ERR_IO);
    assert_non_null(strstr(why, "in front of the image"));
}

static void test_a_wait_is_one_yield_and_reads_no_clock(void **state)
{
    (void)state;
    mnet_port_wait(12345);
    assert_int_equal(solo5.yields, 1);
    assert_int_equal(solo5.deadline, 12345);
    assert_int_equal(solo5.clocks, 0);
    assert_int_equal(mnet_port_clock(), 1);
    assert_int_equal(mnet_port_wall_clock(), 1000);
    assert_false(mnet_port_is_ending());
}

static int status_of(int status)
{
    if (setjmp(solo5.end) == 0)
        mnet_port_exit(status);
    return solo5.status;
}

static void test_the_end_has_a_status_that_is_not_solo5s_own(void **state)
{
    (void)state;
    static const int statuses[][2] = {{0, 0}, {1, 1}, {254, 254}, {255, 1}, {-1, 1}, {1000, 1}};
    for (unsigned i = 0; i < sizeof statuses / sizeof statuses[0]; i++)
        assert_int_equal(status_of(statuses[i][0]), statuses[i][1]);
    if (setjmp(solo5.end) == 0)
        mnet_port_panic("what cannot be");
    assert_int_equal(solo5.status, 255);
    assert_string_equal(solo5.console, "panic: what cannot be\n");
}

static void start(size_t heap_size)
{
    struct solo5_start_info info = {"--ipv4=10.0.0.2/24", 0x200000, heap_size};
    if (setjmp(solo5.end) == 0)
        (void)solo5_app_main(&info);
}

static void test_the_stack_at_the_top_is_nobodys_memory(void **state)
{
    (void)state;
    start(16u << 20);
    assert_int_equal(solo5.region, 0x200000);
    assert_true(solo5.region_len <= (16u << 20) - (64u << 10));
    assert_true(solo5.region_len >= 15u << 20);
    assert_string_equal(solo5.cmdline, "--ipv4=10.0.0.2/24");
    solo5.cmdline = NULL;
    start(512u << 10);
    assert_null(solo5.cmdline);
    assert_int_equal(solo5.status, 255);
    assert_non_null(strstr(solo5.console, "--mem"));
}

static void test_entropy_is_whole_or_none(void **state)
{
    (void)state;
    uint8_t some[64] = {0}, more[64] = {0};
    size_t given = mnet_port_entropy(some, 61);
    assert_true(given == 61 || given == 0);
    assert_int_equal(some[61] | some[62] | some[63], 0);
    if (given == 61) {
        assert_int_equal(mnet_port_entropy(more, 61), 61);
        assert_memory_not_equal(some, more, 61);
    }
    assert_int_not_equal(mnet_port_cycles(), mnet_port_cycles());
}

static int setup(void **state)
{
    (void)state;
    bool is_net = solo5.is_net_acquired, is_block = solo5.is_block_acquired;
    size_t mtu = solo5.mtu;
    memset(&solo5, 0, sizeof solo5);
    solo5.is_net_acquired = is_net;
    solo5.is_block_acquired = is_block;
    solo5.mtu = mtu;
    return 0;
}

/* The MTUs below need a port that has not acquired its device: a program of its own for each. */
static void test_an_mtu_of_that_size(void **state)
{
    struct mnet_netdev *dev;
    const char *why = NULL;
    struct mnet_frame slots[SLOTS];
    solo5.mtu = *(size_t *)*state;
    mnet_err err = mnet_port_net_open("service", NULL, &dev, &why);
    if (solo5.mtu < 576) {
        assert_int_equal(err, MNET_ERR_IO);
        assert_non_null(strstr(why, "576"));
        return;
    }
    assert_int_equal(err, MNET_OK);
    assert_int_equal(dev->mtu, solo5.mtu);
    comes(solo5.mtu + SOLO5_NET_HLEN, 1);
    comes(solo5.mtu + SOLO5_NET_HLEN + 4, 2); /* with a VLAN tag */
    offer(slots);
    assert_int_equal(dev->ops->rx(dev, slots, SLOTS), 2);
    assert_came(&slots[0], solo5.mtu + SOLO5_NET_HLEN, 1);
    assert_came(&slots[1], solo5.mtu + SOLO5_NET_HLEN + 4, 2);
}

int main(int argc, char **argv)
{
    static size_t mtu;
    mtu = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
    const struct CMUnitTest with_mtu[] = {
        cmocka_unit_test_prestate(test_an_mtu_of_that_size, &mtu),
    };
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_a_device_opens_as_often_as_it_is_wanted, setup),
        cmocka_unit_test_setup(test_frames_of_any_length_fill_the_ranges_in_order, setup),
        cmocka_unit_test_setup(test_a_batch_ends_when_it_is_full_or_nothing_waits, setup),
        cmocka_unit_test_setup(test_a_frame_that_was_cut_is_passed_over, setup),
        cmocka_unit_test_setup(test_a_frame_is_sent_from_where_it_lies, setup),
        cmocka_unit_test_setup(test_a_transfer_is_a_call_for_each_block, setup),
        cmocka_unit_test_setup(test_a_wait_is_one_yield_and_reads_no_clock, setup),
        cmocka_unit_test_setup(test_the_end_has_a_status_that_is_not_solo5s_own, setup),
        cmocka_unit_test_setup(test_the_stack_at_the_top_is_nobodys_memory, setup),
        cmocka_unit_test_setup(test_entropy_is_whole_or_none, setup),
    };
    return mtu ? cmocka_run_group_tests(with_mtu, NULL, NULL)
               : cmocka_run_group_tests(tests, NULL, NULL);
}
