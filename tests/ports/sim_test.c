/* SPDX-License-Identifier: ISC
 *
 * The simulator by itself: that a seed reproduces a run, that each fault does what it says and
 * nothing else, and that devices are what they claim to be. Frames are made by hand; no stack takes
 * part. */
#include "../../ports/sim/sim.h"
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define ALL_CAPS (MNET_NETDEV_TX_CSUM | MNET_NETDEV_RX_CSUM | MNET_NETDEV_TSO4 | MNET_NETDEV_GATHER)
#define HDRS 54u /* Ethernet, IPv4, TCP */

/* ---- frames ---- */

static void put16(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static uint32_t get16(const uint8_t *at)
{
    return (uint32_t)at[0] << 8 | at[1];
}

static uint32_t sum_of(const uint8_t *at, uint32_t len, uint32_t sum)
{
    for (uint32_t i = 0; i < len; i++)
        sum += i % 2 ? at[i] : (uint32_t)at[i] << 8;
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return sum;
}

/* A TCP segment from 10.0.0.1 to 10.0.0.2 with `payload` bytes 0, 1, 2, ..., and a complete
 * checksum; `is_partial`: with the sum of the pseudo header in its place. Returns its length. */
static uint32_t make_tcp(uint8_t *frame, const struct mnet_mac *to, uint32_t payload,
                         bool is_partial)
{
    memset(frame, 0, HDRS);
    memcpy(frame, to->bytes, 6);
    frame[6] = 2;
    put16(frame + 12, 0x0800);
    uint8_t *ip = frame + 14, *tcp = frame + 34;
    ip[0] = 0x45;
    put16(ip + 2, 40 + payload);
    put16(ip + 4, 0x1234);
    ip[8] = 64;
    ip[9] = 6;
    memcpy(ip + 12, "\x0a\x00\x00\x01\x0a\x00\x00\x02", 8);
    put16(ip + 10, ~sum_of(ip, 20, 0) & 0xffff);
    put16(tcp, 1000);
    put16(tcp + 2, 2000);
    put16(tcp + 6, 0xfff0); /* the sequence number carries into its upper half */
    tcp[12] = 0x50;
    tcp[13] = 0x99; /* CWR ACK PSH FIN */
    for (uint32_t i = 0; i < payload; i++)
        frame[HDRS + i] = (uint8_t)i;
    uint32_t pseudo = sum_of(ip + 12, 8, 6 + 20 + payload);
    put16(tcp + 16, is_partial ? pseudo : ~sum_of(tcp, 20 + payload, pseudo) & 0xffff);
    return HDRS + payload;
}

static bool has_right_checksums(const uint8_t *frame, uint32_t len)
{
    const uint8_t *ip = frame + 14;
    uint32_t tcp_len = get16(ip + 2) - 20;
    return tcp_len + 34 == len && sum_of(ip, 20, 0) == 0xffff &&
           sum_of(ip + 20, tcp_len, sum_of(ip + 12, 8, 6 + tcp_len)) == 0xffff;
}

/* ---- a world of two ---- */

static struct sim *sim;
static struct sim_link *link_;
static struct mnet_netdev *a, *b;

static void make_world(uint64_t seed, const struct sim_link_config *config, uint32_t caps,
                       bool has_large_rx)
{
    sim = sim_new(seed);
    link_ = sim_link_add(sim, config);
    a = sim_device_add(link_, &(struct sim_device_config){.name = "a", .caps = caps});
    b = sim_device_add(link_, &(struct sim_device_config){
                                  .name = "b", .caps = caps, .has_large_rx = has_large_rx});
}

static int setup(void **state)
{
    (void)state;
    make_world(1, NULL, MNET_NETDEV_GATHER, false);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    sim_free(sim);
    sim = NULL;
    return 0;
}

static mnet_err send_tcp(struct mnet_netdev *dev, const struct mnet_mac *to, uint32_t payload)
{
    uint8_t bytes[2000];
    struct mnet_frame frame = {.seg_count = 1};
    frame.len = make_tcp(bytes, to, payload, false);
    frame.seg[0] = (struct mnet_seg){bytes, frame.len};
    return dev->ops->tx(dev, &frame);
}

static uint8_t got[2][40000];
static struct mnet_frame slot;

/* Receives one frame at `dev` into two ranges. */
static bool receive(struct mnet_netdev *dev)
{
    slot = (struct mnet_frame){.seg_count = 2};
    slot.seg[0] = (struct mnet_seg){got[0], 100};
    slot.seg[1] = (struct mnet_seg){got[1], sizeof got[1]};
    return dev->ops->rx(dev, &slot, 1) == 1;
}

static uint8_t whole[40100];

static const uint8_t *received(void)
{
    memcpy(whole, slot.seg[0].at, slot.seg[0].len);
    if (slot.seg_count > 1)
        memcpy(whole + slot.seg[0].len, slot.seg[1].at, slot.seg[1].len);
    return whole;
}

static unsigned drain(struct mnet_netdev *dev)
{
    unsigned count = 0;
    while (receive(dev))
        count++;
    return count;
}

/* Sends `count` segments from a to b, all at once, and lets them arrive; how many did. */
static unsigned send_many(unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        assert_int_equal(send_tcp(a, &b->mac, 100), MNET_OK);
    sim_advance(sim, sim_now(sim) + MNET_SEC(100));
    return drain(b);
}

/* ---- determinism ---- */

static uint64_t trace_hash;

static void hash_event(const struct sim_event *event, void *arg)
{
    (void)arg;
    trace_hash = (trace_hash ^ event->at) * UINT64_C(0x100000001b3);
    trace_hash = (trace_hash ^ event->what) * UINT64_C(0x100000001b3);
    for (uint32_t i = 0; i < event->len; i++)
        trace_hash = (trace_hash ^ event->bytes[i]) * UINT64_C(0x100000001b3);
}

static uint64_t run_with_seed(uint64_t seed)
{
    const struct sim_link_config bad = {.delay = MNET_MS(5),
                                        .jitter = MNET_MS(3),
                                        .bits_per_s = 10000000,
                                        .queue_bytes = 20000,
                                        .loss_ppm = 50000,
                                        .burst_ppm = 20000,
                                        .burst_frames = 4,
                                        .corrupt_ppm = 50000,
                                        .reorder_ppm = 100000,
                                        .reorder_by = MNET_MS(10),
                                        .duplicate_ppm = 50000};
    trace_hash = UINT64_C(0xcbf29ce484222325);
    make_world(seed, &bad, MNET_NETDEV_GATHER, false);
    sim_trace(sim, hash_event, NULL);
    for (uint32_t i = 0; i < 500; i++) {
        assert_int_equal(send_tcp(i % 3 ? a : b, i % 3 ? &b->mac : &a->mac, i), MNET_OK);
        sim_advance(sim, sim_now(sim) + MNET_US(700));
        drain(a);
        drain(b);
    }
    for (enum sim_what what = SIM_LOST; what <= SIM_DUPLICATED; what++)
        assert_true(sim_count(sim, what) > 0);
    teardown(NULL);
    return trace_hash;
}

static void test_one_seed_gives_one_trace(void **state)
{
    (void)state;
    uint64_t first = run_with_seed(42);
    assert_int_equal(run_with_seed(42), first);
    assert_int_not_equal(run_with_seed(43), first);
}

/* ---- a good link ---- */

static void test_a_frame_arrives_unchanged_after_the_delay(void **state)
{
    (void)state;
    uint8_t sent[2000];
    uint32_t len = make_tcp(sent, &b->mac, 300, false);
    sim_link_config(link_)->delay = MNET_MS(5);
    assert_int_equal(sim_next(sim), MNET_NEVER);
    assert_int_equal(send_tcp(a, &b->mac, 300), MNET_OK);
    assert_int_equal(sim_next(sim), sim_now(sim) + MNET_MS(5));
    sim_advance(sim, sim_next(sim) - 1);
    assert_false(receive(b));
    sim_advance(sim, sim_next(sim));
    assert_int_equal(sim_next(sim), sim_now(sim));
    assert_true(receive(b));
    assert_int_equal(slot.len, len);
    assert_int_equal(slot.seg_count, 2);
    assert_memory_equal(received(), sent, len);
    assert_int_equal(slot.csum, MNET_CSUM_NONE);
    assert_false(receive(b));
}

static void test_a_switch_sends_to_the_address_and_a_hub_to_all(void **state)
{
    (void)state;
    static const struct mnet_mac all = {{255, 255, 255, 255, 255, 255}}, nobody = {{2, 9}};
    struct mnet_netdev *c = sim_device_add(link_, &(struct sim_device_config){.name = "c"});
    assert_int_equal(send_tcp(a, &b->mac, 1), MNET_OK);
    assert_int_equal(drain(b), 1);
    assert_int_equal(drain(c), 0);
    assert_int_equal(send_tcp(a, &all, 1), MNET_OK);
    assert_int_equal(send_tcp(a, &nobody, 1), MNET_OK);
    assert_int_equal(drain(b), 2);
    assert_int_equal(drain(c), 2);
    sim_link_config(link_)->is_hub = true;
    assert_int_equal(send_tcp(a, &b->mac, 1), MNET_OK);
    assert_int_equal(drain(b), 1);
    assert_int_equal(drain(c), 1);
    assert_int_equal(drain(a), 0);
}

static void test_bandwidth_spaces_frames_and_jitter_does_not_reorder(void **state)
{
    (void)state;
    sim_link_config(link_)->bits_per_s = 8000000; /* a byte in a microsecond */
    sim_link_config(link_)->jitter = MNET_MS(10);
    mnet_time begin = sim_now(sim), last = begin;
    for (uint32_t i = 0; i < 50; i++)
        assert_int_equal(send_tcp(a, &b->mac, i), MNET_OK);
    for (uint32_t i = 0; i < 50; i++) {
        assert_true(sim_next(sim) >= last);
        last = sim_next(sim);
        sim_advance(sim, last);
        assert_true(receive(b));
        assert_int_equal(slot.len, HDRS + i);
    }
    assert_true(last >= begin + MNET_US(50 * HDRS));
}

/* ---- faults ---- */

static void test_loss_is_as_frequent_as_configured(void **state)
{
    (void)state;
    sim_link_config(link_)->loss_ppm = 200000;
    unsigned arrived = send_many(1000);
    assert_in_range(arrived, 750, 850);
    assert_int_equal(arrived + sim_count(sim, SIM_LOST), 1000);
}

static void test_losses_in_bursts_come_together(void **state)
{
    (void)state;
    sim_link_config(link_)->burst_ppm = 10000;
    sim_link_config(link_)->burst_frames = 10;
    unsigned bursts = 0;
    uint64_t lost = 0;
    for (unsigned i = 0; i < 5000; i++) {
        bool was_lost = lost > 0 && lost == sim_count(sim, SIM_LOST);
        uint64_t before = sim_count(sim, SIM_LOST);
        send_tcp(a, &b->mac, 10);
        if (sim_count(sim, SIM_LOST) > before && !was_lost)
            bursts++;
        lost = sim_count(sim, SIM_LOST) > before ? sim_count(sim, SIM_LOST) : 0;
        drain(b);
    }
    uint64_t all = sim_count(sim, SIM_LOST);
    assert_in_range(all, 200, 900);
    assert_in_range(all / bursts, 5, 15);
}

static void test_corruption_is_found_by_the_checksums(void **state)
{
    (void)state;
    sim_link_config(link_)->corrupt_ppm = 1000000;
    unsigned wrong = 0;
    for (unsigned i = 0; i < 500; i++) {
        send_tcp(a, &b->mac, 100);
        while (receive(b)) {
            assert_false(has_right_checksums(received(), slot.len));
            wrong++;
        }
    }
    /* 14 of 154 bytes are the Ethernet header, which no checksum covers. */
    assert_in_range(wrong, 400, 490);
    assert_int_equal(sim_count(sim, SIM_CORRUPTED), 500);
}

static void test_corruption_loses_what_no_checksum_covers(void **state)
{
    (void)state;
    uint8_t arp[60] = {255, 255, 255, 255, 255, 255, 2, 0, 0, 0, 0, 1, 8, 6};
    struct mnet_frame frame = {.seg_count = 1, .len = sizeof arp};
    frame.seg[0] = (struct mnet_seg){arp, sizeof arp};
    sim_link_config(link_)->corrupt_ppm = 1000000;
    for (unsigned i = 0; i < 100; i++)
        assert_int_equal(a->ops->tx(a, &frame), MNET_OK);
    assert_int_equal(drain(b), 0);
    sim_link_config(link_)->is_wild = true;
    assert_int_equal(a->ops->tx(a, &frame), MNET_OK);
    assert_int_equal(drain(b), 1);
}

static void test_a_verifying_device_does_not_vouch_for_corrupted_frames(void **state)
{
    (void)state;
    teardown(NULL);
    for (unsigned is_large = 0; is_large < 2; is_large++) {
        make_world(3, &(struct sim_link_config){.corrupt_ppm = 300000}, ALL_CAPS, is_large);
        unsigned wrong = 0;
        for (unsigned i = 0; i < 300; i++) {
            uint8_t bytes[2000];
            struct mnet_frame frame = {
                .seg_count = 1, .csum = MNET_CSUM_PARTIAL, .csum_start = 34, .csum_offset = 16};
            frame.len = make_tcp(bytes, &b->mac, 500, true);
            frame.seg[0] = (struct mnet_seg){bytes, frame.len};
            assert_int_equal(a->ops->tx(a, &frame), MNET_OK);
            while (receive(b)) {
                bool is_right = has_right_checksums(received(), slot.len);
                if (slot.csum == MNET_CSUM_PARTIAL)
                    assert_true(is_large);
                else
                    assert_int_equal(slot.csum == MNET_CSUM_VERIFIED, is_right);
                wrong += slot.csum == MNET_CSUM_NONE;
            }
        }
        assert_in_range(wrong, 50, 120);
        teardown(NULL);
    }
    setup(NULL);
}

static void test_reordered_frames_are_overtaken(void **state)
{
    (void)state;
    sim_link_config(link_)->reorder_ppm = 300000;
    sim_link_config(link_)->reorder_by = MNET_MS(1);
    for (uint32_t i = 0; i < 200; i++)
        send_tcp(a, &b->mac, i);
    sim_advance(sim, sim_now(sim) + MNET_SEC(1));
    uint32_t highest = 0, late = 0, count = 0;
    for (; receive(b); count++) {
        late += slot.len < highest;
        highest = slot.len > highest ? slot.len : highest;
    }
    assert_int_equal(count, 200);
    assert_in_range(late, 30, 120);
}

static void test_duplicates_arrive_twice(void **state)
{
    (void)state;
    sim_link_config(link_)->duplicate_ppm = 100000;
    unsigned arrived = send_many(900);
    assert_int_equal(arrived, 900 + sim_count(sim, SIM_DUPLICATED));
    assert_in_range(arrived, 950, 1000);
}

static void test_larger_frames_than_the_mtu_vanish(void **state)
{
    (void)state;
    sim_link_config(link_)->mtu = 1000;
    assert_int_equal(send_tcp(a, &b->mac, 960), MNET_OK);
    assert_int_equal(send_tcp(a, &b->mac, 961), MNET_OK);
    assert_int_equal(drain(b), 1);
    assert_int_equal(sim_count(sim, SIM_TOO_BIG), 1);
    assert_int_equal(send_tcp(a, &b->mac, 1461), MNET_ERR_MSG_SIZE);
}

static void test_full_queues_lose_frames(void **state)
{
    (void)state;
    sim_link_config(link_)->bits_per_s = 1000000;
    sim_link_config(link_)->queue_bytes = 10 * (HDRS + 100);
    assert_in_range(send_many(100), 10, 12);
    assert_in_range(sim_count(sim, SIM_QUEUE_FULL), 88, 90);
    *sim_link_config(link_) = (struct sim_link_config){0};
    assert_int_equal(send_many(1500), 1000);
    assert_int_equal(sim_count(sim, SIM_RX_FULL), 500);
}

static void test_a_link_that_is_down_loses_frames_under_way(void **state)
{
    (void)state;
    sim_link_config(link_)->delay = MNET_MS(1);
    assert_int_equal(send_tcp(a, &b->mac, 1), MNET_OK);
    sim_link_set_up(link_, false);
    assert_int_equal(send_many(1), 0);
    assert_int_equal(sim_count(sim, SIM_DOWN), 2);
    sim_link_set_up(link_, true);
    assert_int_equal(send_many(1), 1);
    sim_link_config(link_)->flap_every = MNET_SEC(10);
    sim_link_config(link_)->flap_for = MNET_SEC(1);
    sim_link_config(link_)->delay = 0;
    sim_advance(sim, MNET_SEC(1009) - MNET_MS(1));
    assert_int_equal(send_tcp(a, &b->mac, 1), MNET_OK);
    sim_advance(sim, MNET_SEC(1009));
    assert_int_equal(drain(b), 1);
    assert_int_equal(send_tcp(a, &b->mac, 1), MNET_OK);
    sim_advance(sim, MNET_SEC(1010));
    assert_int_equal(drain(b), 0);
}

static void test_a_full_device_says_again(void **state)
{
    (void)state;
    struct mnet_netdev *c =
        sim_device_add(link_, &(struct sim_device_config){.name = "c", .tx_full_ppm = 500000});
    unsigned full = 0;
    for (unsigned i = 0; i < 200; i++)
        full += send_tcp(c, &b->mac, 10) == MNET_ERR_AGAIN;
    assert_in_range(full, 70, 130);
    assert_int_equal(drain(b), 200 - full);
}

/* ---- large frames ---- */

static void send_large(uint32_t payload, uint16_t gso_size)
{
    static uint8_t bytes[40000];
    struct mnet_frame frame = {.seg_count = 2,
                               .csum = MNET_CSUM_PARTIAL,
                               .csum_start = 34,
                               .csum_offset = 16,
                               .gso = MNET_GSO_TCP4,
                               .gso_size = gso_size,
                               .gso_hdr_len = HDRS};
    frame.len = make_tcp(bytes, &b->mac, payload, true);
    frame.seg[0] = (struct mnet_seg){bytes, HDRS};
    frame.seg[1] = (struct mnet_seg){bytes + HDRS, payload};
    assert_int_equal(a->ops->tx(a, &frame), MNET_OK);
}

static void test_large_frames_are_cut_into_correct_ones(void **state)
{
    (void)state;
    teardown(NULL);
    make_world(1, NULL, ALL_CAPS, false);
    send_large(10001, 1000);
    uint32_t offset = 0;
    for (unsigned i = 0; i < 11; i++) {
        assert_true(receive(b));
        const uint8_t *frame = received();
        uint32_t payload = i < 10 ? 1000 : 1;
        assert_int_equal(slot.len, HDRS + payload);
        assert_int_equal(slot.csum, MNET_CSUM_VERIFIED);
        assert_int_equal(slot.gso, MNET_GSO_NONE);
        assert_true(has_right_checksums(frame, slot.len));
        assert_int_equal(get16(frame + 18), 0x1234 + i);
        assert_int_equal(get16(frame + 38) << 16 | get16(frame + 40), 0xfff0 + offset);
        /* CWR in the first only, PSH and FIN in the last only. */
        assert_int_equal(frame[47], i == 0 ? 0x90 : i < 10 ? 0x10 : 0x19);
        for (uint32_t k = 0; k < payload; k++)
            assert_int_equal(frame[HDRS + k], (uint8_t)(offset + k));
        offset += payload;
    }
    assert_false(receive(b));
}

static void test_large_frames_arrive_whole_where_they_can(void **state)
{
    (void)state;
    teardown(NULL);
    make_world(1, NULL, ALL_CAPS, true);
    send_large(20000, 1448);
    assert_true(receive(b));
    assert_int_equal(slot.len, HDRS + 20000);
    assert_int_equal(slot.csum, MNET_CSUM_PARTIAL);
    assert_int_equal(slot.csum_start, 34);
    assert_int_equal(slot.gso, MNET_GSO_TCP4);
    assert_int_equal(slot.gso_size, 1448);
}

/* A status other than 0 is a panic: in a child, for it ends the process. */
static void assert_refuses(const struct mnet_frame *frame)
{
    pid_t child = fork();
    if (child == 0) {
        close(2);
        signal(SIGABRT, SIG_DFL);
        if (a->ops->tx(a, frame) == MNET_OK)
            _exit(0);
        _exit(1);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

static void test_a_device_refuses_what_it_has_not_promised(void **state)
{
    (void)state;
    teardown(NULL);
    make_world(1, NULL, 0, false);
    static uint8_t bytes[2000];
    uint32_t len = make_tcp(bytes, &b->mac, 500, true);
    struct mnet_frame good = {.seg_count = 1, .len = len, .seg = {{bytes, len}}};
    assert_int_equal(a->ops->tx(a, &good), MNET_OK);
    struct mnet_frame bad = good;
    bad.csum = MNET_CSUM_PARTIAL;
    bad.csum_start = 34;
    bad.csum_offset = 16;
    assert_refuses(&bad);
    bad = good;
    bad.seg_count = 2;
    bad.seg[0].len = 54;
    bad.seg[1] = (struct mnet_seg){bytes + 54, len - 54};
    assert_refuses(&bad);
    bad = good;
    bad.gso = MNET_GSO_TCP4;
    assert_refuses(&bad);
    bad = good;
    bad.len = len + 1;
    assert_refuses(&bad);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_seed_gives_one_trace),
        TEST(test_a_frame_arrives_unchanged_after_the_delay),
        TEST(test_a_switch_sends_to_the_address_and_a_hub_to_all),
        TEST(test_bandwidth_spaces_frames_and_jitter_does_not_reorder),
        TEST(test_loss_is_as_frequent_as_configured),
        TEST(test_losses_in_bursts_come_together),
        TEST(test_corruption_is_found_by_the_checksums),
        TEST(test_corruption_loses_what_no_checksum_covers),
        TEST(test_a_verifying_device_does_not_vouch_for_corrupted_frames),
        TEST(test_reordered_frames_are_overtaken),
        TEST(test_duplicates_arrive_twice),
        TEST(test_larger_frames_than_the_mtu_vanish),
        TEST(test_full_queues_lose_frames),
        TEST(test_a_link_that_is_down_loses_frames_under_way),
        TEST(test_a_full_device_says_again),
        TEST(test_large_frames_are_cut_into_correct_ones),
        TEST(test_large_frames_arrive_whole_where_they_can),
        TEST(test_a_device_refuses_what_it_has_not_promised),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
