/* SPDX-License-Identifier: ISC
 *
 * ICMP errors that we send: what they say, and when they are silent. */
#include "ip_fixture.h"

static uint8_t data[65536];

/* Receives a packet and sends an error about it; true if one left (in f->sent). */
static bool unreach(struct fix *f, const struct ip4 *p, enum mn_icmp_unreach what)
{
    assert_false(mn_verdict_is_drop(receive(f, p)));
    f->env.now += MNET_SEC(1); /* the rate is not what this is about */
    mn_icmp_send_unreach(&f->ip, f->pkt, &f->rx, what);
    return take(f);
}

/* RFC 792, RFC 1122 3.2.2.1: code 3 and 2; the header and what follows are quoted as received. */
static void test_unreachable_quotes_the_packet(void **state)
{
    struct fix *f = *state;
    uint8_t bytes[2000];
    pattern(data, sizeof data, 3);
    struct ip4 p = {.data = data, .len = 40, .ttl = 33, .id = 1234};
    uint32_t len = make(bytes, &p);
    for (unsigned what = 0; what < 2; what++) {
        assert_true(unreach(f, &p, what == 0 ? MN_UNREACH_PORT : MN_UNREACH_PROTOCOL));
        const uint8_t *h = f->sent.bytes;
        assert_int_equal(be32(h + 12), OWN);
        assert_int_equal(be32(h + 16), PEER);
        assert_int_equal(h[9], 1);
        assert_int_equal(be16(h + 20), 3 << 8 | (what == 0 ? 3 : 2));
        assert_int_equal(be32(h + 24), 0);
        assert_int_equal(plain_sum(h + 20, f->sent.len - 20, 0), 0);
        assert_int_equal(f->sent.len, 28 + len);
        assert_memory_equal(h + 28, bytes, len);
    }
    assert_int_equal(f->env.stats.icmp_errors_sent, 2);
}

/* RFC 1812 4.3.2.3: as much as fits 576 bytes. */
static void test_quotes_are_cut_at_576_bytes(void **state)
{
    struct fix *f = *state;
    for (uint32_t len = 0; len < 3000; len += 7) {
        struct ip4 p = {.proto = 99, .data = data, .len = len, .options_len = 8};
        memset(p.options, 1, 8);
        assert_true(unreach(f, &p, MN_UNREACH_PROTOCOL));
        uint32_t want = 28 + 28 + len;
        assert_int_equal(f->sent.len, want < 576 ? want : 576);
        assert_memory_equal(f->sent.bytes + 56, data, f->sent.len - 56);
    }
}

static void test_a_reassembled_packet_is_quoted_with_its_header(void **state)
{
    struct fix *f = *state;
    struct ip4 p = {.id = 3, .mf = true, .data = data, .len = 1480};
    struct ip4 q = {.id = 3, .off = 1480, .data = data + 1480, .len = 100};
    assert_int_equal(receive(f, &p), MN_KEPT);
    assert_true(unreach(f, &q, MN_UNREACH_PORT));
    assert_int_equal(f->sent.len, 576);
    assert_int_equal(be32(f->sent.bytes + 28 + 12), PEER);
    assert_memory_equal(f->sent.bytes + 48, data, 576 - 48);
}

/* RFC 1122 3.2.2 MUST NOT: a group, of whatever layer; a source that is not one host. */
static void test_groups_are_never_answered(void **state)
{
    struct fix *f = *state;
    struct ip4 p = {.dst = 0xffffffff, .data = data, .len = 40};
    assert_false(unreach(f, &p, MN_UNREACH_PORT));
    p.dst = 0x0a0000ff;
    assert_false(unreach(f, &p, MN_UNREACH_PORT));
    p.dst = 0xe0000001;
    assert_false(unreach(f, &p, MN_UNREACH_PORT));
    p = (struct ip4){.from_zero = true, .dst = 0xffffffff, .data = data, .len = 40};
    assert_false(unreach(f, &p, MN_UNREACH_PORT));
    /* A unicast packet in a frame to a group. */
    p = (struct ip4){.data = data, .len = 40};
    assert_int_equal(receive(f, &p), MN_TO_TRANSPORT);
    f->rx.is_group = true;
    mn_icmp_send_unreach(&f->ip, f->pkt, &f->rx, MN_UNREACH_PORT);
    assert_false(take(f));
    /* Sources that IPv4 input would not have let through. */
    const uint32_t bad[] = {0, 1, GROUP, 0xffffffff, 0x0a0000ff};
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        f->rx.is_group = false;
        f->rx.src = mnet_addr_v4(bad[i]);
        mn_icmp_send_unreach(&f->ip, f->pkt, &f->rx, MN_UNREACH_PORT);
        assert_false(take(f));
    }
    f->rx.src = mnet_addr_v4(PEER);
    mn_icmp_send_unreach(&f->ip, f->pkt, &f->rx, MN_UNREACH_PORT);
    assert_true(take(f));
}

/* RFC 1122 3.2.2 MUST NOT: an ICMP error. Here one that was never completed. */
static void test_icmp_errors_are_never_answered(void **state)
{
    struct fix *f = *state;
    for (unsigned type = 0; type < 20; type++) {
        uint8_t message[16] = {(uint8_t)type};
        struct ip4 p = {.proto = 1, .id = (uint16_t)type, .mf = true, .data = message, .len = 16};
        assert_int_equal(receive(f, &p), MN_KEPT);
        fix_pass(f, MNET_SEC(31));
        bool is_error = type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
        assert_int_equal(take(f), !is_error);
    }
}

static void test_loopback_is_answered(void **state)
{
    struct fix *f = *state;
    struct mn_ip_tx tx = {.dst = mnet_addr_v4(0x7f000001), .proto = 17};
    assert_int_equal(mn_ip_out(&f->ip, pattern_pkt(f, 5000), &tx), MNET_OK);
    assert_int_equal(receive_loopback(f), MN_TO_TRANSPORT);
    mn_icmp_send_unreach(&f->ip, f->pkt, &f->rx, MN_UNREACH_PORT);
    assert_int_equal(receive_loopback(f), MN_TO_ERROR);
    assert_int_equal(f->err.err, MNET_ERR_PORT_UNREACH);
    assert_int_equal(mnet_addr_to_v4(&f->err.dst), 0x7f000001);
}

/* A burst, and then what comes back with time; both are bounded and neither can be counted. */
static void test_errors_keep_to_a_rate(void **state)
{
    struct fix *f = *state;
    struct ip4 p = {.data = data, .len = 40};
    uint32_t burst[8];
    bool is_random = false;
    for (unsigned round = 0; round < 8; round++) {
        burst[round] = 0;
        f->env.now += MNET_SEC(10);
        for (unsigned i = 0; i < 1000; i++) {
            assert_int_equal(receive(f, &p), MN_TO_TRANSPORT);
            mn_icmp_send_unreach(&f->ip, f->pkt, &f->rx, MN_UNREACH_PORT);
            burst[round] += take(f);
        }
        assert_in_range(burst[round], 100 / 3, 100);
        is_random |= burst[round] != burst[0];
    }
    assert_true(is_random);
    assert_true(fix_drops(f, MNET_DROP_ICMP_RATE) > 7000);
    /* One second of a flood. */
    uint32_t count = 0;
    for (unsigned i = 0; i < 10000; i++) {
        f->env.now += MNET_US(100);
        assert_int_equal(receive(f, &p), MN_TO_TRANSPORT);
        mn_icmp_send_unreach(&f->ip, f->pkt, &f->rx, MN_UNREACH_PORT);
        count += take(f);
    }
    assert_in_range(count, 350, 700);
}

static void test_without_memory_it_is_silent(void **state)
{
    struct fix *f = *state;
    struct ip4 p = {.data = data, .len = 40};
    assert_int_equal(receive(f, &p), MN_TO_TRANSPORT);
    for (uint64_t k = 1; k < 3; k++) {
        f->env.mem.fail_at = k;
        mn_icmp_send_unreach(&f->ip, f->pkt, &f->rx, MN_UNREACH_PORT);
        f->env.mem.fail_at = 0;
        assert_int_equal(fix_drops(f, MNET_DROP_TX_NO_MEMORY), k);
        assert_false(take(f));
    }
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fix_setup, fix_teardown)
    const struct CMUnitTest tests[] = {
        T(test_unreachable_quotes_the_packet),
        T(test_quotes_are_cut_at_576_bytes),
        T(test_a_reassembled_packet_is_quoted_with_its_header),
        T(test_groups_are_never_answered),
        T(test_icmp_errors_are_never_answered),
        T(test_loopback_is_answered),
        T(test_errors_keep_to_a_rate),
        T(test_without_memory_it_is_silent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
