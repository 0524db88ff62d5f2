/* SPDX-License-Identifier: ISC
 *
 * The network driver against the fake device: which device is opened, what is agreed on, frames of
 * all sizes both ways with their offload facts, and a device that lies. */
#include "virtio_fake.h"
#include <mnet/port.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <virtio/net.h>

#include <cmocka.h>

#define V1 (UINT64_C(1) << 32)
#define EVENT (UINT64_C(1) << 29)
#define CSUM (UINT64_C(1) << 0)
#define GUEST_CSUM (UINT64_C(1) << 1)
#define MTU (UINT64_C(1) << 3)
#define MAC (UINT64_C(1) << 5)
#define GUEST_TSO4 (UINT64_C(1) << 7)
#define HOST_TSO4 (UINT64_C(1) << 11)
#define MERGE (UINT64_C(1) << 15)
#define PLAIN (V1 | EVENT | MAC)
#define ALL (PLAIN | CSUM | GUEST_CSUM | GUEST_TSO4 | HOST_TSO4 | MERGE)

#define FRAME_MAX 65553u

static struct fake_device fake, other;
static struct mnet_netdev *dev;
static const char *why;
static uint8_t sent[FRAME_MAX + 12], slot_bytes[FRAME_MAX + 100], got[FRAME_MAX + 100];

static void set_up(uint64_t features)
{
    static const uint8_t mac[6] = {0x52, 0x54, 0, 0x12, 0x34, 0x56};
    if (dev)
        mnet_port_net_close(dev);
    dev = NULL;
    fake_remove_all();
    fake_add(&fake, VIRTIO_NET, features, 256);
    memcpy(fake.config, mac, 6);
    for (size_t i = 0; i < sizeof sent; i++)
        sent[i] = (uint8_t)(i * 7 + (i >> 8));
}

static void open_with(uint64_t features)
{
    set_up(features);
    assert_int_equal(mnet_port_net_open("service", NULL, &dev, &why), MNET_OK);
    assert_null(why);
}

/* A slot of two ranges, like the stack's. */
static struct mnet_frame make_slot(void)
{
    uint32_t rest = dev->rx_frame_max > 2044 ? dev->rx_frame_max - 2044 : 0;
    memset(slot_bytes, 0, sizeof slot_bytes);
    return (struct mnet_frame){.seg = {{slot_bytes, 2044}, {slot_bytes + 2044, rest}},
                               .len = 2044 + rest,
                               .seg_count = rest ? 2 : 1};
}

static void put16(uint8_t *at, unsigned value)
{
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
}

/* The device receives `len` bytes from the network, with a header of 12 bytes in front of them in
 * `sent`. False: there are too few buffers. */
static bool arrive(uint32_t len)
{
    struct fake_chain chains[40];
    uint32_t lens[40], done = 0;
    unsigned count = 0;
    chains[0].count = 0;
    while (done < len + 12) {
        if (count == 40 || !fake_take(&fake.queue[NET_RX], &chains[count]))
            return false;
        lens[count] = fake_write(&chains[count], sent + done, len + 12 - done);
        done += lens[count++];
    }
    if (chains[0].count == 0)
        return false;
    put16(chains[0].part[0].at + 10, count);
    for (unsigned i = 0; i < count; i++)
        fake_use(&fake.queue[NET_RX], chains[i].id, lens[i]);
    return true;
}

/* ---- opening ---- */

static void expect_why(const char *spec, mnet_err err, const char *text)
{
    struct mnet_netdev *none;
    assert_int_equal(mnet_port_net_open("service", spec, &none, &why), err);
    assert_null(none);
    assert_non_null(why);
    assert_non_null(strstr(why, text));
}

static void test_which_device(void **state)
{
    struct mnet_netdev *a, *b;
    (void)state;
    set_up(PLAIN);
    fake_add(&other, VIRTIO_NET, PLAIN, 256);
    other.config[5] = 0xAB;
    expect_why("2", MNET_ERR_NO_DEVICE, "no virtio network device 2");
    expect_why("x", MNET_ERR_NO_DEVICE, "'x' is not the number");
    expect_why("", MNET_ERR_NO_DEVICE, "'' is not the number");
    expect_why("52:54:00:12:34:57", MNET_ERR_NO_DEVICE, "has the address 52:54:00:12:34:57");
    expect_why("52:54:00:12:34:5", MNET_ERR_NO_DEVICE, "is not the number");
    expect_why("52:54:00:12:34:567", MNET_ERR_NO_DEVICE, "is not the number");
    assert_int_equal(mnet_port_net_open("a", "00:00:00:00:00:ab", &a, &why), MNET_OK);
    assert_int_equal(a->mac.bytes[5], 0xab);
    expect_why("1", MNET_ERR_NO_DEVICE, "in use already");
    expect_why("00:00:00:00:00:AB", MNET_ERR_NO_DEVICE, "in use already");
    assert_int_equal(mnet_port_net_open("b", NULL, &b, &why), MNET_OK);
    assert_int_equal(b->mac.bytes[5], 0x56);
    expect_why(NULL, MNET_ERR_IO, "no virtio network device 2 (start QEMU with");
    mnet_port_net_close(a);
    mnet_port_net_close(b);
    assert_int_equal(mnet_port_net_open("c", NULL, &a, &why), MNET_OK);
    assert_int_equal(a->mac.bytes[5], 0x56);
    mnet_port_net_close(a);
    assert_int_equal(fake_memory_count, 0);
    assert_int_equal(fake_wait_count, 0);
}

static void test_what_is_agreed_on(void **state)
{
    (void)state;
    open_with(PLAIN);
    assert_int_equal(dev->caps, MNET_NETDEV_GATHER);
    assert_int_equal(dev->mtu, 1500);
    assert_int_equal(dev->rx_frame_max, 1518);
    open_with(ALL | UINT64_C(0xff) << 40);
    assert_int_equal(fake.taken_features, ALL);
    assert_int_equal(dev->caps, MNET_NETDEV_GATHER | MNET_NETDEV_TX_CSUM | MNET_NETDEV_RX_CSUM |
                                    MNET_NETDEV_TSO4);
    assert_int_equal(dev->rx_frame_max, 65553);
    /* Without merging no large frames, without checksums no cutting. */
    open_with(ALL & ~MERGE);
    assert_int_equal(fake.taken_features, ALL & ~MERGE & ~GUEST_TSO4);
    open_with(ALL & ~CSUM & ~GUEST_CSUM);
    assert_int_equal(fake.taken_features, PLAIN | MERGE);
    set_up(PLAIN | MTU);
    put16(fake.config + 10, 9000);
    assert_int_equal(mnet_port_net_open("service", NULL, &dev, &why), MNET_OK);
    assert_int_equal(dev->mtu, 9000);
    open_with(PLAIN & ~MAC);
    assert_int_equal(dev->mac.bytes[0] & 3, 2);
}

static void test_what_cannot_be_opened(void **state)
{
    (void)state;
    set_up(PLAIN & ~V1);
    expect_why(NULL, MNET_ERR_IO, "before version 1");
    set_up(PLAIN);
    fake.refuses_features = true;
    expect_why(NULL, MNET_ERR_IO, "refuses");
    set_up(PLAIN);
    fake.has_no_interrupts = true;
    expect_why(NULL, MNET_ERR_IO, "interrupts");
    set_up(PLAIN);
    fake.queue_max = 16;
    expect_why(NULL, MNET_ERR_IO, "short queues");
    set_up(PLAIN | MTU);
    put16(fake.config + 10, 500);
    expect_why(NULL, MNET_ERR_IO, "MTU of 500");
    assert_int_equal(fake_memory_count, 0);
    assert_int_equal(fake.status, 0);
}

/* ---- frames ---- */

static void receive_all_sizes(uint64_t features, uint32_t max)
{
    open_with(features);
    memset(sent, 0, 12);
    for (uint32_t len = 14; len <= max; len += len < 5000 ? 1 : 997) {
        struct mnet_frame slot = make_slot();
        assert_false(fake_arm());
        assert_true(arrive(len));
        assert_true(fake_wants_interrupt(&fake.queue[NET_RX]));
        assert_true(fake_arm());
        assert_int_equal(dev->ops->rx(dev, &slot, 1), 1);
        assert_int_equal(slot.len, len);
        assert_int_equal(slot.seg[0].len + (slot.seg_count > 1 ? slot.seg[1].len : 0), len);
        assert_int_equal(slot.seg_count, len > 2044 ? 2 : 1);
        assert_memory_equal(slot_bytes, sent + 12, len);
        assert_int_equal(dev->ops->rx(dev, &slot, 1), 0);
    }
}

static void test_frames_come_in(void **state)
{
    (void)state;
    receive_all_sizes(PLAIN, 1518);
    receive_all_sizes(PLAIN | MERGE, 1518);
    receive_all_sizes(ALL, FRAME_MAX);
    receive_all_sizes(ALL & ~EVENT, FRAME_MAX);
}

static void expect_facts(const uint8_t *hdr, struct mnet_frame want)
{
    struct mnet_frame slot = make_slot();
    memcpy(sent, hdr, 12);
    assert_true(arrive(100));
    assert_int_equal(dev->ops->rx(dev, &slot, 1), 1);
    assert_int_equal(slot.csum, want.csum);
    assert_int_equal(slot.csum_start, want.csum_start);
    assert_int_equal(slot.csum_offset, want.csum_offset);
    assert_int_equal(slot.gso, want.gso);
    assert_int_equal(slot.gso_size, want.gso_size);
}

static void test_facts_come_in(void **state)
{
    (void)state;
    open_with(ALL);
    expect_facts((const uint8_t[12]){0}, (struct mnet_frame){0});
    expect_facts((const uint8_t[12]){2}, (struct mnet_frame){.csum = MNET_CSUM_VERIFIED});
    expect_facts((const uint8_t[12]){1, 1, 54, 0, 0xb4, 5, 34, 0, 16},
                 (struct mnet_frame){.csum = MNET_CSUM_PARTIAL,
                                     .csum_start = 34,
                                     .csum_offset = 16,
                                     .gso = MNET_GSO_TCP4,
                                     .gso_size = 1460});
    expect_facts(
        (const uint8_t[12]){2, 0x84, 0, 0, 100},
        (struct mnet_frame){.csum = MNET_CSUM_VERIFIED, .gso = MNET_GSO_TCP6, .gso_size = 100});
    /* A checksum that lies outside of the frame is none. */
    expect_facts((const uint8_t[12]){1, 0, 0, 0, 0, 0, 83, 0, 16}, (struct mnet_frame){0});
}

static void test_a_batch_and_a_frame_that_is_not_complete(void **state)
{
    struct mnet_frame slots[3];
    struct fake_chain chain;
    (void)state;
    open_with(ALL);
    for (unsigned i = 0; i < 3; i++)
        slots[i] = make_slot();
    memset(sent, 0, 12);
    arrive(100);
    arrive(200);
    assert_int_equal(dev->ops->rx(dev, slots, 3), 2);
    assert_int_equal(slots[1].len, 200);
    /* Two buffers are promised and one has come. */
    fake_take(&fake.queue[NET_RX], &chain);
    memset(chain.part[0].at, 0, 12);
    chain.part[0].at[10] = 2;
    fake_use(&fake.queue[NET_RX], chain.id, 112);
    slots[0] = make_slot();
    assert_int_equal(dev->ops->rx(dev, slots, 1), 0);
    fake_take(&fake.queue[NET_RX], &chain);
    fake_use(&fake.queue[NET_RX], chain.id, 50);
    assert_int_equal(dev->ops->rx(dev, slots, 1), 1);
    assert_int_equal(slots[0].len, 150);
    /* All buffers can be filled, and are given back. */
    for (unsigned round = 0; round < 3; round++) {
        unsigned count = 0;
        while (arrive(100))
            count++;
        assert_int_equal(count, 256);
        for (unsigned i = 0; i < count; i++) {
            slots[0] = make_slot();
            assert_int_equal(dev->ops->rx(dev, slots, 1), 1);
        }
    }
}

static struct mnet_frame frame_of(uint32_t len)
{
    uint32_t head = len < 54 ? len : 54, half = (len - head) / 2;
    return (struct mnet_frame){
        .seg = {{sent, head}, {sent + head, half}, {sent + head + half, len - head - half}},
        .len = len,
        .seg_count = 3};
}

static uint32_t leave(void)
{
    struct fake_chain chain;
    if (!fake_take(&fake.queue[NET_TX], &chain))
        return 0;
    uint32_t len = fake_read(&chain, got, sizeof got);
    memset(chain.part[0].at, 0xee, 64); /* ours no more */
    fake_use(&fake.queue[NET_TX], chain.id, 0);
    return len;
}

static void test_frames_go_out(void **state)
{
    (void)state;
    open_with(ALL);
    for (uint32_t len = 14; len <= FRAME_MAX - 4; len += len < 9000 ? 1 : 997) {
        struct mnet_frame frame = frame_of(len);
        frame.csum = MNET_CSUM_PARTIAL;
        frame.csum_start = 34;
        frame.csum_offset = 16;
        frame.gso = MNET_GSO_TCP4;
        frame.gso_size = 1460;
        frame.gso_hdr_len = 54;
        assert_int_equal(dev->ops->tx(dev, &frame), MNET_OK);
        assert_int_equal(leave(), 0); /* before the flush nothing is shown */
        dev->ops->flush(dev);
        assert_int_equal(leave(), 12 + len);
        assert_memory_equal(got, ((const uint8_t[12]){1, 1, 54, 0, 0xb4, 5, 34, 0, 16}), 12);
        assert_memory_equal(got + 12, sent, len);
        assert_false(fake_wants_interrupt(&fake.queue[NET_TX]));
    }
    struct mnet_frame frame = frame_of(100);
    assert_int_equal(dev->ops->tx(dev, &frame), MNET_OK);
    dev->ops->flush(dev);
    leave();
    assert_memory_equal(got, (const uint8_t[12]){0}, 12);
    frame.len = 17 * 4096;
    assert_int_equal(dev->ops->tx(dev, &frame), MNET_ERR_MSG_SIZE);
}

static void test_a_batch_is_one_notification(void **state)
{
    (void)state;
    open_with(ALL);
    struct mnet_frame frame = frame_of(100);
    unsigned before = fake.queue[NET_TX].notified;
    for (unsigned i = 0; i < 10; i++)
        assert_int_equal(dev->ops->tx(dev, &frame), MNET_OK);
    dev->ops->flush(dev);
    dev->ops->flush(dev);
    assert_int_equal(fake.queue[NET_TX].notified, before + 1);
}

static void test_a_full_queue_wakes_when_there_is_room(void **state)
{
    (void)state;
    open_with(ALL);
    struct mnet_frame frame = frame_of(100);
    for (unsigned i = 0; i < 256; i++)
        assert_int_equal(dev->ops->tx(dev, &frame), MNET_OK);
    assert_int_equal(dev->ops->tx(dev, &frame), MNET_ERR_AGAIN);
    assert_false(fake_arm());
    assert_int_equal(leave(), 112); /* was shown without a flush */
    assert_true(fake_wants_interrupt(&fake.queue[NET_TX]));
    assert_true(fake_arm());
    assert_int_equal(dev->ops->tx(dev, &frame), MNET_OK);
    assert_int_equal(dev->ops->tx(dev, &frame), MNET_ERR_AGAIN);
}

static void let_leave(void)
{
    leave();
}

/* A reset would forget what still lies in the queue. */
static void test_what_was_sent_last_leaves_before_the_end(void **state)
{
    (void)state;
    open_with(ALL);
    struct mnet_frame frame = frame_of(100);
    memset(got, 0, sizeof got);
    assert_int_equal(dev->ops->tx(dev, &frame), MNET_OK);
    fake_on_clock = let_leave;
    mnet_port_net_close(dev);
    fake_on_clock = NULL;
    dev = NULL;
    assert_memory_equal(got + 12, sent, 100);
    /* But it is not waited for without end. */
    open_with(ALL);
    assert_int_equal(dev->ops->tx(dev, &frame), MNET_OK);
    mnet_port_net_close(dev);
    dev = NULL;
}

/* ---- lies ---- */

static void receive(void *arg)
{
    struct mnet_frame slot = make_slot();
    (void)arg;
    while (dev->ops->rx(dev, &slot, 1) == 1)
        slot = make_slot();
}

static void expect_panic(const char *text)
{
    const char *message = fake_panic_of(receive, NULL);
    assert_non_null(message);
    assert_int_equal(strncmp(message, "service: receive queue: the device ", 35), 0);
    assert_non_null(strstr(message, text));
    dev = NULL; /* a program that has ended closes nothing */
    fake_remove_all();
}

static void test_lies_about_frames_end_the_program(void **state)
{
    static const unsigned counts[] = {0, 257, 65535};
    struct fake_chain chain;
    (void)state;
    open_with(ALL);
    fake_take(&fake.queue[NET_RX], &chain);
    put16(chain.part[0].at + 10, 1);
    fake_use(&fake.queue[NET_RX], chain.id, 11);
    expect_panic("without a header, of bytes: 11");
    for (size_t i = 0; i < 3; i++) {
        open_with(ALL);
        fake_take(&fake.queue[NET_RX], &chain);
        memset(chain.part[0].at, 0, 12);
        put16(chain.part[0].at + 10, counts[i]);
        fake_use(&fake.queue[NET_RX], chain.id, 100);
        expect_panic("number of buffers is");
    }
    open_with(ALL);
    fake_take(&fake.queue[NET_RX], &chain);
    fake_use(&fake.queue[NET_RX], chain.id, 4097);
    expect_panic("more than there is room for: bytes 4097");
}

/* A device that gives back what it likes, filled with what it likes: frames of any kind, or the
 * end, but nothing beside a slot is touched, and every frame keeps the promises of mnet/netdev.h.
 */
static void receive_checked(void *arg)
{
    unsigned *frames = arg;
    struct mnet_frame slot = make_slot();
    while (dev->ops->rx(dev, &slot, 1) == 1) {
        uint32_t len = 0;
        for (unsigned i = 0; i < slot.seg_count; i++)
            len += slot.seg[i].len;
        assert_true(slot.seg_count >= 1 && slot.seg_count <= 2);
        assert_int_equal(slot.len, len);
        assert_true(slot.csum != MNET_CSUM_PARTIAL ||
                    slot.csum_start + slot.csum_offset + 2u <= slot.len);
        ++*frames;
        slot = make_slot();
    }
}

static void test_garbage_stays_inside_its_slot(void **state)
{
    unsigned frames = 0, panics = 0;
    (void)state;
    srand(4);
    for (unsigned round = 0; round < 300; round++) {
        open_with(round % 2 ? ALL : PLAIN);
        for (unsigned i = 0; i < 60; i++) {
            struct fake_chain chain;
            if (!fake_take(&fake.queue[NET_RX], &chain))
                break;
            for (unsigned k = 0; k < 12; k++)
                chain.part[0].at[k] = (uint8_t)(rand() % 4 ? rand() % 4 : rand());
            put16(chain.part[0].at + 10, (unsigned)(rand() % 50 ? 1 + rand() % 3 : rand()));
            uint32_t len = 12 + (uint32_t)rand() % 4085;
            fake_use(&fake.queue[NET_RX], rand() % 100 ? chain.id : (unsigned)rand() % 300,
                     rand() % 100 ? len : (uint32_t)rand() % 5000);
        }
        panics += fake_panic_of(receive_checked, &frames) != NULL;
        mnet_port_net_close(dev);
        dev = NULL;
    }
    assert_in_range(panics, 100, 290);
    assert_true(frames > 1000);
}

static void test_a_frame_that_is_too_long_is_passed_over(void **state)
{
    (void)state;
    open_with(PLAIN | MERGE);
    struct mnet_frame slot = make_slot();
    memset(sent, 0, 12);
    arrive(9000);
    arrive(0);
    arrive(60);
    assert_int_equal(dev->ops->rx(dev, &slot, 1), 1);
    assert_int_equal(slot.len, 60);
}

static void close_dev(void *arg)
{
    (void)arg;
    mnet_port_net_close(dev);
}

static void test_a_device_that_does_not_stop_ends_the_program(void **state)
{
    (void)state;
    open_with(ALL);
    fake.is_stuck = true;
    assert_non_null(strstr(fake_panic_of(close_dev, NULL), "cannot be reset"));
    dev = NULL;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_which_device),
        cmocka_unit_test(test_what_is_agreed_on),
        cmocka_unit_test(test_what_cannot_be_opened),
        cmocka_unit_test(test_frames_come_in),
        cmocka_unit_test(test_facts_come_in),
        cmocka_unit_test(test_a_batch_and_a_frame_that_is_not_complete),
        cmocka_unit_test(test_frames_go_out),
        cmocka_unit_test(test_a_batch_is_one_notification),
        cmocka_unit_test(test_a_full_queue_wakes_when_there_is_room),
        cmocka_unit_test(test_what_was_sent_last_leaves_before_the_end),
        cmocka_unit_test(test_lies_about_frames_end_the_program),
        cmocka_unit_test(test_garbage_stays_inside_its_slot),
        cmocka_unit_test(test_a_frame_that_is_too_long_is_passed_over),
        cmocka_unit_test(test_a_device_that_does_not_stop_ends_the_program),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
