/* SPDX-License-Identifier: ISC
 *
 * A datagram's way out. */
#include "udp_fixture.h"

static uint8_t data[65536];

static int setup(void **state)
{
    pattern(data, sizeof data, 5);
    return ufix_setup(state);
}

static mnet_err send(struct mnet_dgram *dgram, uint32_t to, uint16_t port, uint32_t len)
{
    struct mnet_endpoint e = ep(to, port);
    return mnet_dgram_send(dgram, &e, data, len);
}

/* RFC 768: ports, length, checksum over the pseudo header. */
static void test_a_datagram_of_every_size_is_right(void **state)
{
    struct ufix *u = *state;
    struct mnet_dgram *dgram = open_queue(u, 0, 2000);
    for (uint32_t len = 0; len <= 1472; len++) {
        assert_int_equal(send(dgram, PEER, 53, len), MNET_OK);
        uint32_t got;
        const uint8_t *payload = take_udp(u, &got);
        assert_int_equal(got, len);
        assert_memory_equal(payload, data, len);
        assert_int_equal(be16(u->f->sent.bytes + 20), 2000);
        assert_int_equal(be16(u->f->sent.bytes + 22), 53);
        assert_int_equal(u->f->sent.csum, MNET_CSUM_PARTIAL);
        assert_int_equal(be16(u->f->sent.bytes + 6), 0x4000);
    }
    assert_int_equal(u->f->env.stats.udp_tx, 1473);
}

/* What does not fit one packet leaves in fragments, with its checksum finished. */
static void test_large_datagrams_leave_in_fragments(void **state)
{
    struct ufix *u = *state;
    static uint8_t joined[65536];
    struct mnet_dgram *dgram = open_queue(u, 0, 2000);
    const uint32_t lens[] = {1473, 3000, 20000, 65507};
    for (unsigned i = 0; i < sizeof lens / sizeof lens[0]; i++) {
        assert_int_equal(send(dgram, PEER, 53, lens[i]), MNET_OK);
        uint32_t at = 0;
        while (take(u->f)) {
            memcpy(joined + at, u->f->sent.bytes + 20, u->f->sent.len - 20);
            at += u->f->sent.len - 20;
            assert_int_equal(u->f->sent.csum, MNET_CSUM_NONE);
        }
        assert_int_equal(at, lens[i] + 8);
        assert_int_equal(plain_sum(joined, at, pseudo(u->f->sent.bytes, at)), 0);
        assert_memory_equal(joined + 8, data, lens[i]);
    }
    assert_int_equal(send(dgram, PEER, 53, 65508), MNET_ERR_MSG_SIZE);
    assert_int_equal(send(dgram, PEER, 53, 65536 + 100), MNET_ERR_MSG_SIZE);
    assert_int_equal(send(dgram, PEER, 53, 0xffffffff), MNET_ERR_MSG_SIZE);
    assert_false(take(u->f));
}

/* RFC 768: a checksum of zero is sent as all ones; here in the fragments that we finish. */
static void test_a_zero_checksum_is_sent_as_all_ones(void **state)
{
    struct ufix *u = *state;
    struct mnet_dgram *dgram = open_queue(u, 0, 2000);
    static uint8_t bytes[2000];
    struct mnet_endpoint to = ep(PEER, 53);
    uint8_t head[20] = {0};
    head[9] = 17;
    put32(head + 12, OWN);
    put32(head + 16, PEER);
    uint8_t whole[2008] = {2000 >> 8, 2000 & 255, 0, 53, 2008 >> 8, 2008 & 255};
    put16(bytes, plain_sum(whole, 2008, pseudo(head, 2008))); /* makes the sum all ones */
    assert_int_equal(mnet_dgram_send(dgram, &to, bytes, 2000), MNET_OK);
    assert_true(take(u->f));
    assert_int_equal(be16(u->f->sent.bytes + 26), 0xffff);
}

static void test_the_source_is_the_sockets_or_chosen_for_the_route(void **state)
{
    struct ufix *u = *state;
    fix_addr(u->f, 0xc0a80105, 24);
    struct mnet_dgram *any = open_queue(u, 0, 2000);
    struct mnet_dgram *bound = open_queue(u, 0xc0a80105, 2000);
    struct mnet_addr own = mnet_addr_v4(OWN), foreign = mnet_addr_v4(PEER + 3);
    struct mnet_endpoint to = ep(PEER, 53);
    assert_int_equal(send(any, PEER, 53, 1), MNET_OK);
    assert_true(take(u->f));
    assert_int_equal(be32(u->f->sent.bytes + 12), OWN);
    assert_int_equal(send(any, 0xc0a80109, 53, 1), MNET_OK);
    assert_true(take(u->f));
    assert_int_equal(be32(u->f->sent.bytes + 12), 0xc0a80105);
    assert_int_equal(send(bound, PEER, 53, 1), MNET_OK);
    assert_true(take(u->f));
    assert_int_equal(be32(u->f->sent.bytes + 12), 0xc0a80105);
    assert_int_equal(mnet_dgram_send_from(bound, &own, &to, data, 1), MNET_OK);
    assert_true(take(u->f));
    assert_int_equal(be32(u->f->sent.bytes + 12), OWN);
    assert_int_equal(mnet_dgram_send_from(bound, &foreign, &to, data, 1), MNET_ERR_ADDR_NOT_AVAIL);
    assert_false(take(u->f));
}

static void test_sending_fails_as_the_header_says(void **state)
{
    struct ufix *u = *state;
    struct mnet_dgram *dgram = open_queue(u, 0, 2000);
    assert_int_equal(send(dgram, PEER, 0, 1), MNET_ERR_INVALID);
    assert_int_equal(send(dgram, FAR, 53, 1), MNET_ERR_NET_UNREACH);
    struct mnet_endpoint v6 = {{{0x20}}, 53};
    assert_int_equal(mnet_dgram_send(dgram, &v6, data, 1), MNET_ERR_NET_UNREACH);
    for (uint64_t k = 1; k < 7; k++) {
        u->f->env.mem.fail_at = k;
        mnet_err err = send(dgram, PEER, 53, 50000);
        bool has_failed = u->f->env.mem.fail_at == 0;
        assert_int_equal(err, has_failed ? MNET_ERR_NO_MEMORY : MNET_OK);
        assert_int_equal(fix_drops(u->f, MNET_DROP_TX_NO_MEMORY), has_failed ? k : 6);
        u->f->env.mem.fail_at = 0;
        while (take(u->f))
            ;
    }
    assert_int_equal(u->f->env.pkts.count, 0);
    u->f->link.refuse = MNET_ERR_NET_UNREACH;
    assert_int_equal(send(dgram, PEER, 53, 1), MNET_ERR_NET_UNREACH);
}

static void test_broadcast_and_multicast_leave_on_the_link(void **state)
{
    struct ufix *u = *state;
    struct mnet_dgram *dgram = open_queue(u, 0, 2000);
    assert_int_equal(send(dgram, 0xffffffff, 67, 10), MNET_OK);
    assert_true(take(u->f));
    assert_true(u->f->sent.is_broadcast);
    assert_int_equal(send(dgram, GROUP, 5353, 10), MNET_OK);
    assert_true(take(u->f));
    assert_int_equal(mnet_addr_to_v4(&u->f->sent.next), GROUP);
    assert_int_equal(u->f->sent.bytes[8], 1);
}

static void test_a_datagram_to_ourselves_arrives(void **state)
{
    struct ufix *u = *state;
    static uint8_t buf[65536];
    struct mnet_dgram *a = open_queue(u, 0, 2000);
    struct mnet_dgram *b = open_queue(u, 0x7f000001, 3000);
    struct mnet_endpoint from;
    const uint32_t lens[] = {0, 1, 1888, 5000, 65507};
    for (unsigned i = 0; i < sizeof lens / sizeof lens[0]; i++) {
        assert_int_equal(send(a, 0x7f000001, 3000, lens[i]), MNET_OK);
        assert_int_equal(loopback(u), MN_KEPT);
        assert_int_equal(mnet_dgram_recv(b, buf, sizeof buf, &from, NULL), lens[i]);
        assert_memory_equal(buf, data, lens[i]);
        assert_int_equal(from.port, 2000);
        assert_int_equal(mnet_addr_to_v4(&from.addr), 0x7f000001);
    }
    assert_int_equal(send(b, OWN, 2000, 7), MNET_OK);
    assert_int_equal(loopback(u), MN_KEPT);
    assert_int_equal(mnet_dgram_recv(a, buf, sizeof buf, NULL, NULL), 7);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, ufix_teardown)
    const struct CMUnitTest tests[] = {
        T(test_a_datagram_of_every_size_is_right),
        T(test_large_datagrams_leave_in_fragments),
        T(test_a_zero_checksum_is_sent_as_all_ones),
        T(test_the_source_is_the_sockets_or_chosen_for_the_route),
        T(test_sending_fails_as_the_header_says),
        T(test_broadcast_and_multicast_leave_on_the_link),
        T(test_a_datagram_to_ourselves_arrives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
