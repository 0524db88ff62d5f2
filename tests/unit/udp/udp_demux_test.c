/* SPDX-License-Identifier: ISC
 *
 * Which socket a datagram is for, and free ports. */
#include "udp_fixture.h"

static struct mnet_dgram *find(struct ufix *u, uint32_t to, uint16_t to_port, uint32_t from,
                               uint16_t from_port)
{
    struct mnet_endpoint t = ep(to, to_port), s = ep(from, from_port);
    return mn_udp_find(u->udp, &t, &s);
}

static void test_port_and_address_decide(void **state)
{
    struct ufix *u = *state;
    fix_addr(u->f, OWN + 1, 24);
    assert_null(find(u, OWN, 53, PEER, 9));
    struct mnet_dgram *any = open_queue(u, 0, 53);
    struct mnet_dgram *exact = open_queue(u, OWN, 53);
    assert_ptr_equal(find(u, OWN, 53, PEER, 9), exact);
    assert_ptr_equal(find(u, OWN + 1, 53, PEER, 9), any);
    assert_null(find(u, OWN, 54, PEER, 9));
    mnet_dgram_close(any);
    assert_null(find(u, OWN + 1, 53, PEER, 9));
}

static void test_a_connected_socket_is_preferred_and_takes_only_its_peers(void **state)
{
    struct ufix *u = *state;
    struct mnet_dgram *exact = open_queue(u, OWN, 53);
    struct mnet_dgram *connected = open_queue(u, 0, 53);
    struct mnet_endpoint peer = ep(PEER, 9);
    mnet_dgram_connect(connected, &peer);
    assert_ptr_equal(find(u, OWN, 53, PEER, 9), connected);
    assert_ptr_equal(find(u, OWN, 53, PEER, 10), exact);
    assert_ptr_equal(find(u, OWN, 53, PEER + 5, 9), exact);
    mnet_dgram_close(exact);
    assert_null(find(u, OWN, 53, PEER, 10));
    mnet_dgram_connect(connected, NULL);
    assert_ptr_equal(find(u, OWN, 53, PEER, 10), connected);
}

/* The best of all combinations, whatever the order in which they were opened. */
static void test_the_most_specific_socket_wins_in_every_order(void **state)
{
    (void)state;
    for (unsigned order = 0; order < 6; order++) {
        static const unsigned perm[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                            {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
        struct ufix *u = ufix_new(64, 0);
        struct mnet_dgram *sock[3];
        fix_addr(u->f, OWN + 1, 24);
        for (unsigned i = 0; i < 3; i++) {
            unsigned k = perm[order][i];
            sock[k] = open_queue(u, k == 0 ? 0 : k == 1 ? OWN : OWN + 1, 7);
        }
        struct mnet_endpoint peer = ep(PEER, 1);
        mnet_dgram_connect(sock[0], &peer);
        assert_ptr_equal(find(u, OWN, 7, PEER, 1), sock[0]); /* connected before exact */
        assert_ptr_equal(find(u, OWN, 7, PEER, 2), sock[1]);
        mnet_dgram_connect(sock[1], &peer);
        assert_ptr_equal(find(u, OWN, 7, PEER, 1), sock[1]); /* connected and exact */
        assert_null(find(u, OWN, 7, PEER, 2));
        ufix_free(u);
    }
}

static void test_groups_are_for_members_and_broadcasts_for_everybody(void **state)
{
    struct ufix *u = *state;
    struct mnet_dgram *any = open_queue(u, 0, 5353);
    struct mnet_dgram *exact = open_queue(u, OWN, 5353);
    struct mnet_endpoint to = ep(GROUP, 5353), from = ep(PEER, 5353), all = ep(0xffffffff, 5353);
    assert_false(mn_udp_takes_group(any, &to, &from));
    assert_int_equal(mnet_dgram_join(any, &to.addr), MNET_OK);
    assert_true(mn_udp_takes_group(any, &to, &from));
    assert_false(mn_udp_takes_group(exact, &to, &from));
    assert_true(mn_udp_takes_group(any, &all, &from));
    assert_false(mn_udp_takes_group(exact, &all, &from));
    to.port = 5354;
    assert_false(mn_udp_takes_group(any, &to, &from));
    to.port = 5353;
    struct mnet_endpoint other = ep(PEER, 1);
    mnet_dgram_connect(any, &other);
    assert_false(mn_udp_takes_group(any, &to, &from));
    assert_false(mn_udp_takes_group(any, &all, &from));
}

/* RFC 6056 3.3.2: random, over the whole range, never one that is taken. */
static void test_free_ports_are_random_and_free(void **state)
{
    struct ufix *u = *state;
    static uint8_t used[65536];
    uint32_t high = 0, low = 0, sorted = 0;
    uint16_t last = 0;
    memset(used, 0, sizeof used);
    for (unsigned i = 0; i < 2000; i++) {
        struct mnet_dgram *dgram = open_queue(u, 0, 0);
        uint16_t port = mnet_dgram_local(dgram).port;
        assert_true(port >= 1024);
        assert_int_equal(used[port]++, 0);
        high += port >= 49152;
        low += port < 16384;
        sorted += port > last;
        last = port;
    }
    assert_in_range(high, 350, 700); /* a quarter of the range */
    assert_in_range(low, 350, 700);
    assert_in_range(sorted, 900, 1100);
}

static void test_a_lookup_looks_at_few_of_many_sockets(void **state)
{
    (void)state;
    struct ufix *u = ufix_new(256, 0);
    for (unsigned i = 0; i < MN_UDP_SOCKETS_MAX; i++)
        (void)open_queue(u, 0, (uint16_t)(2000 + i));
    unsigned longest = 0;
    for (unsigned i = 0; i < MN_UDP_BUCKETS; i++) {
        unsigned n = 0;
        for (struct mn_list *l = u->udp->bucket[i].next; l != &u->udp->bucket[i]; l = l->next)
            n++;
        longest = n > longest ? n : longest;
    }
    assert_true(longest < 20);
    for (unsigned i = 0; i < MN_UDP_SOCKETS_MAX; i++)
        assert_int_equal(find(u, OWN, (uint16_t)(2000 + i), PEER, 1)->local.port, 2000 + i);
    struct mnet_dgram *more;
    struct mnet_endpoint local = ep(0, 1);
    assert_int_equal(mn_udp_open(u->t, &local, NULL, NULL, NULL, &more), MNET_ERR_NO_MEMORY);
    ufix_free(u);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, ufix_setup, ufix_teardown)
    const struct CMUnitTest tests[] = {
        T(test_port_and_address_decide),
        T(test_a_connected_socket_is_preferred_and_takes_only_its_peers),
        T(test_the_most_specific_socket_wins_in_every_order),
        T(test_groups_are_for_members_and_broadcasts_for_everybody),
        T(test_free_ports_are_random_and_free),
        T(test_a_lookup_looks_at_few_of_many_sockets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
