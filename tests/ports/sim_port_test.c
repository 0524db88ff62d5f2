/* SPDX-License-Identifier: ISC
 *
 * The simulator as a port: clock, waiting, devices by name, console. */
#include "../../ports/sim/sim.h"
#include <mnet/block.h>
#include <mnet/port.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct sim *sim;
static struct sim_link *wire;
static struct mnet_netdev *a, *b;

static int setup(void **state)
{
    (void)state;
    sim = sim_new(1);
    wire = sim_link_add(sim, NULL);
    a = sim_device_add(wire, &(struct sim_device_config){.name = "a"});
    b = sim_device_add(wire, &(struct sim_device_config){.name = "b"});
    sim_use(sim);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    sim_use(NULL);
    sim_free(sim);
    return 0;
}

/* Sends a broadcast of 60 bytes. */
static void send_from(struct mnet_netdev *dev)
{
    uint8_t bytes[60] = {255, 255, 255, 255, 255, 255};
    const struct mnet_frame frame = {
        .len = sizeof bytes, .seg_count = 1, .seg = {{bytes, sizeof bytes}}};
    assert_int_equal(dev->ops->tx(dev, &frame), MNET_OK);
}

static bool receive(struct mnet_netdev *dev)
{
    uint8_t bytes[2000];
    struct mnet_frame slot = {.seg_count = 1, .seg = {{bytes, sizeof bytes}}};
    return dev->ops->rx(dev, &slot, 1) == 1;
}

static void test_waiting_moves_the_clock_to_what_comes_first(void **state)
{
    (void)state;
    mnet_time begin = sim_now(sim);
    mnet_port_wait(begin + MNET_SEC(5));
    assert_int_equal(sim_now(sim), begin + MNET_SEC(5));
    sim_link_config(wire)->delay = MNET_MS(3);
    send_from(a);
    mnet_port_wait(MNET_NEVER);
    assert_int_equal(sim_now(sim), begin + MNET_SEC(5) + MNET_MS(3));
    assert_true(receive(b));
    sim_end_at(sim, begin + MNET_SEC(60));
    assert_false(mnet_port_is_ending());
    mnet_port_wait(MNET_NEVER);
    assert_int_equal(sim_now(sim), begin + MNET_SEC(60));
    assert_true(mnet_port_is_ending());
}

static void test_frames_that_nobody_receives_do_not_stop_the_clock(void **state)
{
    (void)state;
    mnet_time begin = sim_now(sim);
    send_from(a);
    mnet_port_wait(begin + MNET_SEC(1));
    mnet_port_wait(begin + MNET_SEC(1));
    assert_true(sim_now(sim) > begin);
    assert_true(receive(b));
}

static void test_the_clock_goes_on_while_it_is_looked_at(void **state)
{
    (void)state;
    sim_link_config(wire)->delay = MNET_NS(200);
    send_from(a);
    mnet_time before = mnet_port_clock();
    assert_false(receive(b));
    for (unsigned i = 0; i < 10; i++)
        mnet_port_clock();
    assert_true(mnet_port_clock() > before);
    assert_true(receive(b));
}

static void test_devices_are_opened_by_name_or_join_the_first_link(void **state)
{
    (void)state;
    struct mnet_netdev *dev;
    struct mnet_blockdev *block;
    const char *why;
    assert_int_equal(mnet_port_net_open("b", "x", &dev, &why), MNET_OK);
    assert_ptr_equal(dev, b);
    assert_int_equal(mnet_port_net_open("new", "x", &dev, &why), MNET_OK);
    assert_ptr_not_equal(dev, b);
    send_from(dev);
    sim_advance(sim, sim_now(sim));
    assert_true(receive(b));
    assert_int_equal(mnet_port_net_open("b", NULL, &dev, &why), MNET_ERR_NO_DEVICE);
    sim_block_add(sim, &(struct sim_block_config){.name = "disk", .length = 2048});
    assert_int_equal(mnet_port_block_open("disk", "x", &block, &why), MNET_OK);
    assert_int_equal(block->length, 2048);
    assert_int_equal(mnet_port_block_open("none", "x", &block, &why), MNET_ERR_NO_DEVICE);
}

static void test_block_transfers_take_their_time_and_overtake(void **state)
{
    (void)state;
    uint8_t from[8][512], to[8][512];
    struct mnet_block_op ops[8];
    mnet_err result;
    struct mnet_blockdev *dev =
        sim_block_add(sim, &(struct sim_block_config){.name = "disk",
                                                      .length = 8 * 512,
                                                      .has_background = true,
                                                      .delay = MNET_MS(1),
                                                      .jitter = MNET_MS(1)});
    mnet_time begin = sim_now(sim);
    for (unsigned i = 0; i < 8; i++) {
        memset(from[i], (int)i + 1, 512);
        ops[i] =
            (struct mnet_block_op){.offset = i * 512, .at = from[i], .len = 512, .is_write = true};
        assert_int_equal(dev->ops->submit(dev, &ops[i]), MNET_OK);
    }
    assert_int_equal(dev->ops->submit(dev, &ops[0]), MNET_ERR_AGAIN);
    assert_null(dev->ops->complete(dev, &result));
    bool has_overtaken = false;
    const struct mnet_block_op *last = ops, *op;
    for (unsigned done = 0; done < 8; last = op) {
        assert_in_range(sim_next(sim), begin + MNET_MS(1), begin + MNET_MS(2));
        sim_advance(sim, sim_next(sim));
        op = dev->ops->complete(dev, &result);
        assert_non_null(op);
        assert_int_equal(result, MNET_OK);
        has_overtaken |= op < last;
        done++;
    }
    assert_true(has_overtaken);
    assert_int_equal(sim_next(sim), MNET_NEVER);
    assert_int_equal(dev->ops->read(dev, 0, to, sizeof to), MNET_OK);
    assert_memory_equal(to, from, sizeof to);
}

static void test_block_transfers_fail_as_often_as_wanted(void **state)
{
    (void)state;
    uint8_t page[512] = {0};
    unsigned failures = 0;
    struct mnet_blockdev *dev = sim_block_add(
        sim, &(struct sim_block_config){.name = "disk", .length = 512, .fail_ppm = 100000});
    assert_null(dev->ops->submit);
    for (unsigned i = 0; i < 1000; i++)
        failures += dev->ops->write(dev, 0, page, sizeof page) == MNET_ERR_IO;
    assert_in_range(failures, 60, 140);
}

static void test_a_closed_device_forgets_what_came(void **state)
{
    (void)state;
    send_from(a);
    sim_advance(sim, sim_now(sim));
    mnet_port_net_close(b);
    assert_false(receive(b));
    assert_int_equal(sim_next(sim), MNET_NEVER);
}

static void test_entropy_comes_from_the_seed_and_cycles_advance(void **state)
{
    uint8_t first[40], again[40];
    assert_int_equal(mnet_port_entropy(first, sizeof first), sizeof first);
    uint64_t cycles = mnet_port_cycles();
    assert_true(mnet_port_cycles() > cycles);
    teardown(state);
    setup(state);
    mnet_port_entropy(again, sizeof again);
    assert_memory_equal(first, again, sizeof first);
}

static void test_memory_is_aligned_and_zeroed(void **state)
{
    (void)state;
    uint8_t *at = mnet_port_memory(100000);
    assert_int_equal((uintptr_t)at % 65536, 0);
    assert_int_equal(at[0] | at[99999], 0);
    mnet_port_memory_free(at, 100000);
    mnet_port_memory_free(NULL, 0);
    at = mnet_port_stack(10000);
    memset(at, 1, 10000);
    mnet_port_stack_free(at, 10000);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_waiting_moves_the_clock_to_what_comes_first),
        TEST(test_frames_that_nobody_receives_do_not_stop_the_clock),
        TEST(test_the_clock_goes_on_while_it_is_looked_at),
        TEST(test_devices_are_opened_by_name_or_join_the_first_link),
        TEST(test_block_transfers_take_their_time_and_overtake),
        TEST(test_block_transfers_fail_as_often_as_wanted),
        TEST(test_a_closed_device_forgets_what_came),
        TEST(test_entropy_comes_from_the_seed_and_cycles_advance),
        TEST(test_memory_is_aligned_and_zeroed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
