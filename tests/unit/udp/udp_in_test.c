/* SPDX-License-Identifier: ISC
 *
 * A datagram's way in, and errors about those that went out. */
#include "udp_fixture.h"

static uint8_t data[65536];

static int setup(void **state)
{
    pattern(data, sizeof data, 5);
    return ufix_setup(state);
}

/* RFC 768; acceptance 13: every size, whole and in fragments, with a callback. */
static void test_datagrams_of_every_kind_of_size_are_delivered(void **state)
{
    struct ufix *u = *state;
    static struct user user;
    memset(&user, 0, sizeof user);
    (void)open_user(u, &user, 0, 2000);
    const uint32_t lens[] = {0, 1, 7, 8, 1000, 1472, 1473, 2010, 4000, 16312, 16384, 30000, 65507};
    for (unsigned i = 0; i < sizeof lens / sizeof lens[0]; i++)
        for (unsigned fragment = 0; fragment < 2; fragment++) {
            struct udp d = {.data = data, .len = lens[i], .fragment = fragment ? 1480 : 0};
            if (fragment && lens[i] + 8 <= 1480)
                continue;
            unsigned told = user.told;
            assert_int_equal(datagram(u, &d), MN_DONE);
            assert_int_equal(user.told, told + 1);
            assert_int_equal(user.len, lens[i]);
            assert_memory_equal(user.data, data, lens[i]);
            assert_int_equal(user.slices == 0, lens[i] == 0);
            assert_int_equal(mnet_addr_to_v4(&user.from.addr), PEER);
            assert_int_equal(user.from.port, 1000);
            assert_int_equal(mnet_addr_to_v4(&user.to.addr), OWN);
            assert_int_equal(user.to.port, 2000);
        }
    assert_int_equal(u->f->env.stats.udp_rx, user.told);
}

/* RFC 768: the length is that of header and data; what lies behind it is not delivered. */
static void test_the_length_field_is_believed_within_the_packet(void **state)
{
    struct ufix *u = *state;
    static struct user user;
    memset(&user, 0, sizeof user);
    (void)open_user(u, &user, 0, 2000);
    struct udp d = {.data = data, .len = 20, .padding = 13};
    assert_int_equal(datagram(u, &d), MN_DONE);
    assert_int_equal(user.len, 20);
    d = (struct udp){.data = data, .len = 20, .length_off = 1};
    assert_int_equal(datagram(u, &d), MN_DROP(UDP_SHORT));
    d.length_off = -21;
    assert_int_equal(datagram(u, &d), MN_DROP(UDP_SHORT));
    d.length_off = -28;
    assert_int_equal(datagram(u, &d), MN_DROP(UDP_SHORT));
    for (uint32_t len = 0; len < 8; len++) {
        struct ip4 p = {.data = data, .len = len};
        assert_int_equal(receive(u->f, &p), MN_TO_TRANSPORT);
        assert_int_equal(u->t->ops->in(u->t, u->f->pkt, &u->f->rx), MN_DROP(UDP_SHORT));
    }
    assert_int_equal(user.told, 1);
}

/* RFC 1122 4.1.3.4 MUST: a wrong checksum is dropped; RFC 768: zero is none. */
static void test_a_checksum_is_right_or_missing(void **state)
{
    struct ufix *u = *state;
    static struct user user;
    memset(&user, 0, sizeof user);
    (void)open_user(u, &user, 0, 2000);
    for (uint32_t len = 0; len < 40; len++) {
        struct udp d = {.data = data, .len = len};
        assert_int_equal(datagram(u, &d), MN_DONE);
        d.checksum = 1;
        assert_int_equal(datagram(u, &d), MN_DONE);
        d.checksum = 2;
        assert_int_equal(datagram(u, &d), MN_DROP(UDP_CHECKSUM));
    }
    assert_int_equal(user.told, 80);
}

/* The sum that comes out as zero travels as 0xffff and is right. */
static void test_a_checksum_of_all_ones_is_accepted(void **state)
{
    struct ufix *u = *state;
    static struct user user;
    memset(&user, 0, sizeof user);
    (void)open_user(u, &user, 0, 2000);
    bool was_ones = false;
    for (uint32_t i = 0; i < 65536; i++) {
        uint8_t two[2];
        put16(two, i);
        uint8_t bytes[10] = {1000 >> 8, 1000 & 255, 2000 >> 8, 2000 & 255, 0, 10, 0, 0};
        uint8_t header[20] = {0};
        header[9] = 17;
        put32(header + 12, PEER);
        put32(header + 16, OWN);
        memcpy(bytes + 8, two, 2);
        if (plain_sum(bytes, 10, pseudo(header, 10)) != 0)
            continue;
        struct udp d = {.data = two, .len = 2};
        assert_int_equal(datagram(u, &d), MN_DONE);
        was_ones = true;
    }
    assert_true(was_ones);
}

static void test_a_checksum_that_was_verified_or_is_partial_is_not_looked_at(void **state)
{
    struct ufix *u = *state;
    (void)open_queue(u, 0, 2000);
    const uint8_t bytes[12] = {3, 232, 7, 208, 0, 12, 0xba, 0xad};
    for (unsigned csum = MNET_CSUM_NONE; csum <= MNET_CSUM_VERIFIED; csum++) {
        struct ip4 p = {.data = bytes, .len = 12};
        assert_int_equal(receive(u->f, &p), MN_TO_TRANSPORT);
        u->f->pkt->frame.csum = (uint8_t)csum;
        mn_verdict v = u->t->ops->in(u->t, u->f->pkt, &u->f->rx);
        assert_int_equal(v, csum == MNET_CSUM_NONE ? MN_DROP(UDP_CHECKSUM) : MN_KEPT);
        if (v == MN_KEPT)
            u->f->pkt = NULL;
    }
}

/* RFC 1122 4.1.3.1: nobody there: port unreachable. */
static void test_without_a_socket_the_port_is_unreachable(void **state)
{
    struct ufix *u = *state;
    struct udp d = {.data = data, .len = 100};
    assert_int_equal(datagram(u, &d), MN_DROP(UDP_NO_PORT));
    assert_true(take(u->f));
    assert_int_equal(be16(u->f->sent.bytes + 20), 3 << 8 | 3);
    assert_int_equal(be16(u->f->sent.bytes + 50), 2000);
    assert_memory_equal(u->f->sent.bytes + 56, data, 100);
    d.dst = 0xffffffff;
    assert_int_equal(datagram(u, &d), MN_DROP(UDP_NO_PORT));
    d.dst = 0;
    d.ether_group = true;
    assert_int_equal(datagram(u, &d), MN_DROP(UDP_NO_PORT));
    assert_false(take(u->f));
}

static void test_a_source_port_of_zero_is_delivered(void **state)
{
    struct ufix *u = *state;
    static struct user user;
    memset(&user, 0, sizeof user);
    (void)open_user(u, &user, 0, 2000);
    struct udp d = {.data = data, .len = 1, .is_src_port_0 = true};
    assert_int_equal(datagram(u, &d), MN_DONE);
    assert_int_equal(user.from.port, 0);
}

/* RFC 1122 4.1.3.5: to a group, every socket that listens gets a copy, told in `events`. */
static void test_a_broadcast_reaches_all_sockets_on_the_port(void **state)
{
    struct ufix *u = *state;
    static struct user a, b;
    memset(&a, 0, sizeof a);
    memset(&b, 0, sizeof b);
    (void)open_user(u, &a, 0, 2000);
    struct mnet_dgram *exact = open_queue(u, OWN, 2000);
    struct udp d = {.dst = 0x0a0000ff, .data = data, .len = 300};
    assert_int_equal(datagram(u, &d), MN_DONE);
    assert_int_equal(a.told, 0);
    assert_true(u->t->ops->is_busy(u->t));
    events(u);
    assert_int_equal(a.told, 1);
    assert_int_equal(a.len, 300);
    assert_memory_equal(a.data, data, 300);
    assert_int_equal(mnet_addr_to_v4(&a.to.addr), 0x0a0000ff);
    uint8_t buf[1];
    assert_int_equal(mnet_dgram_recv(exact, buf, 1, NULL, NULL), MNET_ERR_AGAIN);
    assert_false(take(u->f));
}

static void test_multicast_reaches_its_members(void **state)
{
    struct ufix *u = *state;
    static struct user user[3];
    memset(user, 0, sizeof user);
    fix_addr(u->f, OWN + 1, 24);
    struct mnet_addr group = mnet_addr_v4(GROUP);
    const uint32_t addr[3] = {0, OWN, OWN + 1};
    for (unsigned i = 0; i < 3; i++)
        (void)open_user(u, &user[i], addr[i], 2000);
    struct udp d = {.dst = GROUP, .data = data, .len = 4000, .fragment = 1480};
    assert_int_equal(mnet_dgram_join(user[0].dgram, &group), MNET_OK);
    assert_int_equal(mnet_dgram_join(user[1].dgram, &group), MNET_OK);
    assert_int_equal(datagram(u, &d), MN_DONE);
    events(u);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(user[i].told, 1);
        assert_int_equal(user[i].len, 4000);
        assert_memory_equal(user[i].data, data, 4000);
    }
    assert_int_equal(user[2].told, 0);
}

/* The frame of a unicast packet was sent to all: still one socket, and no copies. */
static void test_a_unicast_packet_in_a_group_frame_is_for_one(void **state)
{
    struct ufix *u = *state;
    static struct user user;
    memset(&user, 0, sizeof user);
    (void)open_user(u, &user, OWN, 2000);
    struct udp d = {.data = data, .len = 10, .ether_group = true};
    assert_int_equal(datagram(u, &d), MN_DONE);
    assert_int_equal(user.told, 1);
}

static void test_without_memory_for_a_copy_a_group_datagram_is_lost(void **state)
{
    struct ufix *u = *state;
    static struct user user;
    memset(&user, 0, sizeof user);
    (void)open_user(u, &user, 0, 2000);
    struct ip4 p = {.dst = 0xffffffff, .data = (uint8_t[]){1, 1, 7, 208, 0, 8, 0, 0}, .len = 8};
    assert_int_equal(receive(u->f, &p), MN_TO_TRANSPORT);
    u->f->env.mem.fail_at = 1;
    assert_int_equal(u->t->ops->in(u->t, u->f->pkt, &u->f->rx), MN_DONE);
    assert_int_equal(fix_drops(u->f, MNET_DROP_RX_NO_MEMORY), 1);
    events(u);
    assert_int_equal(user.told, 0);
}

static void test_a_callback_may_answer(void **state)
{
    struct ufix *u = *state;
    static struct user user;
    memset(&user, 0, sizeof user);
    user.echoes = true;
    (void)open_user(u, &user, 0, 2000);
    for (uint32_t len = 0; len < 1472; len += 91) {
        struct udp d = {.data = data, .len = len};
        assert_int_equal(datagram(u, &d), MN_DONE);
        uint32_t got;
        const uint8_t *payload = take_udp(u, &got);
        assert_int_equal(got, len);
        assert_memory_equal(payload, data, len);
        assert_int_equal(be16(u->f->sent.bytes + 20), 2000);
        assert_int_equal(be16(u->f->sent.bytes + 22), 1000);
        assert_int_equal(be32(u->f->sent.bytes + 16), PEER);
    }
}

static void test_a_callback_may_close_its_socket(void **state)
{
    struct ufix *u = *state;
    static struct user user;
    memset(&user, 0, sizeof user);
    user.closes = true;
    (void)open_user(u, &user, 0, 2000);
    struct udp d = {.data = data, .len = 100};
    assert_int_equal(datagram(u, &d), MN_DONE);
    assert_int_equal(user.told, 1);
    assert_int_equal(u->udp->sockets.count, 0);
    assert_int_equal(datagram(u, &d), MN_DROP(UDP_NO_PORT));
}

/* The first of two that are told of a broadcast closes the second, in either order. */
static void test_a_callback_may_close_another_that_waits_to_be_told(void **state)
{
    (void)state;
    for (unsigned which = 0; which < 2; which++) {
        struct ufix *u = ufix_new(64, 0);
        static struct user user[2];
        memset(user, 0, sizeof user);
        struct mnet_addr group = mnet_addr_v4(GROUP);
        (void)open_user(u, &user[0], 0, 2000);
        (void)open_user(u, &user[1], OWN, 2000);
        assert_int_equal(mnet_dgram_join(user[0].dgram, &group), MNET_OK);
        assert_int_equal(mnet_dgram_join(user[1].dgram, &group), MNET_OK);
        user[which].other = &user[1 - which].dgram;
        user[which].closes = true;
        struct udp d = {.dst = GROUP, .data = data, .len = 100};
        assert_int_equal(datagram(u, &d), MN_DONE);
        assert_int_equal(datagram(u, &d), MN_DONE);
        events(u);
        assert_int_equal(user[which].told, 1);
        assert_true(user[1 - which].told <= 1);
        assert_int_equal(u->udp->sockets.count, 0);
        ufix_free(u);
    }
}

/* ---- errors ---- */

/* An error about a datagram that we sent, or did not. */
static void error(struct ufix *u, mnet_err err, uint16_t src_port, uint32_t dst, uint16_t dst_port,
                  uint32_t mtu)
{
    uint8_t quote[8];
    put16(quote, src_port);
    put16(quote + 2, dst_port);
    put16(quote + 4, 100);
    put16(quote + 6, 0);
    struct mn_ip_err e = {.err = err, .mtu = mtu, .proto = 17, .quote = mn_rd_over(quote, 8)};
    e.src = mnet_addr_v4(OWN);
    e.dst = mnet_addr_v4(dst);
    u->t->ops->error(u->t, &e);
    assert_true(u->t->ops->ok(u->t));
}

/* RFC 1122 4.1.3.3 MUST: errors reach the user. */
static void test_errors_are_told_to_a_connected_socket_once(void **state)
{
    struct ufix *u = *state;
    static struct user user;
    memset(&user, 0, sizeof user);
    (void)open_user(u, &user, 0, 2000);
    struct mnet_endpoint peer = ep(PEER, 53);
    mnet_dgram_connect(user.dgram, &peer);
    error(u, MNET_ERR_PORT_UNREACH, 2000, PEER, 53, 0);
    events(u);
    assert_int_equal(user.ready, 1);
    assert_int_equal(mnet_dgram_error(user.dgram), MNET_ERR_PORT_UNREACH);
    assert_int_equal(mnet_dgram_error(user.dgram), MNET_OK);
    error(u, MNET_ERR_NET_UNREACH, 2000, PEER, 53, 0);
    assert_int_equal(mnet_dgram_send(user.dgram, &peer, data, 1), MNET_ERR_NET_UNREACH);
    assert_int_equal(mnet_dgram_send(user.dgram, &peer, data, 1), MNET_OK);
    events(u);
    assert_int_equal(user.told, 0);
}

static void test_errors_of_others_are_not_told(void **state)
{
    struct ufix *u = *state;
    struct mnet_dgram *connected = open_queue(u, 0, 2000);
    struct mnet_dgram *open = open_queue(u, 0, 3000);
    struct mnet_endpoint peer = ep(PEER, 53);
    mnet_dgram_connect(connected, &peer);
    error(u, MNET_ERR_PORT_UNREACH, 2000, PEER, 54, 0);
    error(u, MNET_ERR_PORT_UNREACH, 2000, PEER + 7, 53, 0);
    error(u, MNET_ERR_PORT_UNREACH, 2001, PEER, 53, 0);
    assert_int_equal(fix_drops(u->f, MNET_DROP_ICMP_QUOTE_BAD), 3);
    error(u, MNET_ERR_PORT_UNREACH, 3000, PEER, 53, 0);
    assert_int_equal(mnet_dgram_error(connected), MNET_OK);
    assert_int_equal(mnet_dgram_error(open), MNET_OK);
    assert_false(u->t->ops->is_busy(u->t));
}

/* RFC 1191, RFC 5927 7.2: believed only of a port that is open; then datagrams are cut to fit. */
static void test_a_smaller_path_is_believed_for_an_open_port(void **state)
{
    struct ufix *u = *state;
    struct mnet_addr far = mnet_addr_v4(FAR);
    struct mnet_dgram *dgram = open_queue(u, 0, 2000);
    fix_route(u->f, 0, 0, ROUTER);
    error(u, MNET_ERR_MSG_SIZE, 2001, FAR, 53, 1000);
    assert_int_equal(mn_ip_pmtu(&u->f->ip, &far), 1500);
    error(u, MNET_ERR_MSG_SIZE, 2000, FAR, 53, 1000);
    assert_int_equal(mn_ip_pmtu(&u->f->ip, &far), 1000);
    struct mnet_endpoint to = ep(FAR, 53);
    assert_int_equal(mnet_dgram_send(dgram, &to, data, 1400), MNET_OK);
    for (unsigned i = 0; i < 2; i++) {
        assert_true(take(u->f));
        assert_true(u->f->sent.len <= 1000);
    }
    assert_false(take(u->f));
    struct mnet_endpoint peer = ep(FAR, 53);
    mnet_dgram_connect(dgram, &peer);
    error(u, MNET_ERR_MSG_SIZE, 2000, FAR, 53, 900);
    assert_int_equal(mnet_dgram_error(dgram), MNET_OK);
}

static void test_an_error_about_a_datagram_to_ourselves_comes_back(void **state)
{
    struct ufix *u = *state;
    struct mnet_dgram *dgram = open_queue(u, 0, 2000);
    struct mnet_endpoint to = ep(0x7f000001, 2001);
    mnet_dgram_connect(dgram, &to);
    assert_int_equal(mnet_dgram_send(dgram, &to, data, 3000), MNET_OK);
    assert_int_equal(loopback(u), MN_DROP(UDP_NO_PORT));
    assert_int_equal(loopback(u), MN_TO_ERROR);
    assert_int_equal(mnet_dgram_error(dgram), MNET_ERR_PORT_UNREACH);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, ufix_teardown)
    const struct CMUnitTest tests[] = {
        T(test_datagrams_of_every_kind_of_size_are_delivered),
        T(test_the_length_field_is_believed_within_the_packet),
        T(test_a_checksum_is_right_or_missing),
        T(test_a_checksum_of_all_ones_is_accepted),
        T(test_a_checksum_that_was_verified_or_is_partial_is_not_looked_at),
        T(test_without_a_socket_the_port_is_unreachable),
        T(test_a_source_port_of_zero_is_delivered),
        T(test_a_broadcast_reaches_all_sockets_on_the_port),
        T(test_multicast_reaches_its_members),
        T(test_a_unicast_packet_in_a_group_frame_is_for_one),
        T(test_without_memory_for_a_copy_a_group_datagram_is_lost),
        T(test_a_callback_may_answer),
        T(test_a_callback_may_close_its_socket),
        T(test_a_callback_may_close_another_that_waits_to_be_told),
        T(test_errors_are_told_to_a_connected_socket_once),
        T(test_errors_of_others_are_not_told),
        T(test_a_smaller_path_is_believed_for_an_open_port),
        T(test_an_error_about_a_datagram_to_ourselves_comes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
