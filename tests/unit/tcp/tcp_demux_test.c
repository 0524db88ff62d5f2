/* SPDX-License-Identifier: ISC
 *
 * Who a segment is for, and which port is free. */
#include "pure_test.h"
#include <tcp/tcp_demux.h>
#include <tcp/tcp_listen.h>

static struct mn_tcp_demux demux;
static struct mn_tcp_entry *entries;

#define ENTRIES_MAX 200000u

static int start_demux(void **state)
{
    entries = calloc(ENTRIES_MAX, sizeof *entries);
    return start(state) || !entries || !mn_tcp_demux_init(&demux, &env, 4096) ? -1 : 0;
}

static int stop_demux(void **state)
{
    free(entries);
    return stop(state);
}

static struct mnet_endpoint at(uint32_t v4, uint16_t port)
{
    return (struct mnet_endpoint){mnet_addr_v4(v4), port};
}

#define LOCAL 0x0a000002u
#define REMOTE 0x0a000001u

static void add(unsigned i, struct mnet_endpoint local, struct mnet_endpoint remote)
{
    assert_true(i < ENTRIES_MAX);
    entries[i] = (struct mn_tcp_entry){.local = local, .remote = remote};
    mn_tcp_demux_add(&demux, &entries[i]);
}

static void test_an_entry_is_found_by_all_four_numbers_and_by_no_others(void **state)
{
    (void)state;
    struct mnet_endpoint l = at(LOCAL, 80), r = at(REMOTE, 1000);
    add(0, l, r);
    assert_ptr_equal(mn_tcp_demux_find(&demux, &l, &r), &entries[0]);
    struct mnet_endpoint others[] = {at(LOCAL, 81), at(LOCAL + 1, 80), at(REMOTE, 1001),
                                     at(REMOTE + 4, 1000)};
    assert_null(mn_tcp_demux_find(&demux, &others[0], &r));
    assert_null(mn_tcp_demux_find(&demux, &others[1], &r));
    assert_null(mn_tcp_demux_find(&demux, &l, &others[2]));
    assert_null(mn_tcp_demux_find(&demux, &l, &others[3]));
    assert_null(mn_tcp_demux_find(&demux, &r, &l));
    mn_tcp_demux_remove(&demux, &entries[0]);
    assert_null(mn_tcp_demux_find(&demux, &l, &r));
    mn_tcp_demux_remove(&demux, &entries[0]);
    assert_int_equal(demux.count, 0);
}

static void test_many_entries_come_and_go(void **state)
{
    (void)state;
    enum { COUNT = 5000 };
    for (unsigned i = 0; i < COUNT; i++)
        add(i, at(LOCAL, 80), at(REMOTE + i / 100, (uint16_t)(1024 + i % 100)));
    assert_true(mn_tcp_demux_ok(&demux));
    for (unsigned i = 0; i < COUNT; i += 2)
        mn_tcp_demux_remove(&demux, &entries[i]);
    assert_true(mn_tcp_demux_ok(&demux));
    for (unsigned i = 0; i < COUNT; i++) {
        struct mn_tcp_entry *e = mn_tcp_demux_find(&demux, &entries[i].local, &entries[i].remote);
        assert_ptr_equal(e, i % 2 ? &entries[i] : NULL);
    }
    unsigned seen = 0;
    for (struct mn_tcp_entry *e = mn_tcp_demux_next(&demux, NULL); e;
         e = mn_tcp_demux_next(&demux, e), seen++)
        assert_true((e - entries) % 2 == 1);
    assert_int_equal(seen, COUNT / 2);
}

/* More entries than buckets are more work, nothing else. */
static void test_chains_stay_short(void **state)
{
    (void)state;
    unsigned longest = 0;
    for (unsigned i = 0; i < 4096; i++)
        add(i, at(LOCAL, 80), at(REMOTE, (uint16_t)(1024 + i)));
    for (uint32_t b = 0; b <= demux.bucket_mask; b++) {
        unsigned len = 0;
        for (const struct mn_tcp_entry *e = demux.bucket[b]; e; e = e->next)
            len++;
        longest = len > longest ? len : longest;
    }
    assert_in_range(longest, 2, 12);
}

static void test_the_table_must_fit_the_budget(void **state)
{
    (void)state;
    struct mn_tcp_demux other;
    assert_false(mn_tcp_demux_init(&other, &env, UINT32_MAX));
    assert_true(mn_tcp_demux_init(&other, &env, 1));
}

/* -- ports -- */

static mnet_err bind_to(struct mnet_endpoint remote, struct mnet_endpoint *local)
{
    *local = at(LOCAL, 0);
    return mn_tcp_demux_bind(&demux, local, &remote);
}

/* RFC 6056 3.2: the dynamic range first. */
static void test_ports_come_from_the_dynamic_range_and_do_not_repeat(void **state)
{
    (void)state;
    static bool used[65536];
    memset(used, 0, sizeof used);
    for (unsigned i = 0; i < 10000; i++) {
        struct mnet_endpoint local;
        assert_int_equal(bind_to(at(REMOTE, 80), &local), MNET_OK);
        assert_in_range(local.port, 49152, 65535);
        assert_false(used[local.port]);
        used[local.port] = true;
        /* Given back at once: still the next one is another. */
    }
}

/* RFC 6056 3.1: a peer cannot tell from the ports it sees where those for another one begin. */
static void test_ports_for_other_peers_begin_elsewhere(void **state)
{
    (void)state;
    unsigned near_by = 0;
    struct mnet_endpoint before = at(LOCAL, 0);
    for (uint32_t i = 0; i < 200; i++) {
        struct mnet_endpoint local;
        assert_int_equal(bind_to(at(REMOTE + i, 80), &local), MNET_OK);
        near_by += abs(local.port - before.port) < 64;
        before = local;
    }
    assert_true(near_by < 20);
}

static void test_all_ports_can_be_used_for_one_peer_and_then_no_more(void **state)
{
    (void)state;
    struct mnet_endpoint local;
    unsigned count = 0, dynamic = 0;
    while (bind_to(at(REMOTE, 80), &local) == MNET_OK) {
        assert_in_range(local.port, count < 16384 ? 49152 : 1024, 65535);
        dynamic += local.port >= 49152;
        add(count++, local, at(REMOTE, 80));
    }
    assert_int_equal(dynamic, 16384);
    assert_int_equal(count, 65536 - 1024);
    assert_int_equal(bind_to(at(REMOTE, 80), &local), MNET_ERR_ADDR_IN_USE);
    assert_int_equal(local.port, 0);
    /* The port that becomes free is found. */
    struct mnet_endpoint freed = entries[12345].local;
    mn_tcp_demux_remove(&demux, &entries[12345]);
    assert_int_equal(bind_to(at(REMOTE, 80), &local), MNET_OK);
    assert_int_equal(local.port, freed.port);
    /* Another peer, another port of the same peer, another address of ours: all is free. */
    assert_int_equal(bind_to(at(REMOTE + 1, 80), &local), MNET_OK);
    assert_int_equal(bind_to(at(REMOTE, 81), &local), MNET_OK);
}

/* A stack that could use a local port once would end after 65,535 connections. */
static void test_more_than_64_k_connections_to_several_peers(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 150000; i++) {
        struct mnet_endpoint local, remote = at(REMOTE + i % 10, 80);
        assert_int_equal(bind_to(remote, &local), MNET_OK);
        add(i, local, remote);
    }
    assert_int_equal(demux.count, 150000);
}

static void test_a_port_that_was_asked_for_must_be_free_for_the_peer(void **state)
{
    (void)state;
    struct mnet_endpoint local = at(LOCAL, 5000), peer = at(REMOTE, 80), other = at(REMOTE, 81);
    assert_int_equal(mn_tcp_demux_bind(&demux, &local, &peer), MNET_OK);
    assert_int_equal(local.port, 5000);
    add(0, local, peer);
    assert_int_equal(mn_tcp_demux_bind(&demux, &local, &peer), MNET_ERR_ADDR_IN_USE);
    assert_int_equal(mn_tcp_demux_bind(&demux, &local, &other), MNET_OK);
}

/* Records in TIME-WAIT keep their pair busy. */
static void test_a_pair_in_time_wait_is_not_used_again(void **state)
{
    (void)state;
    struct mnet_endpoint local = at(LOCAL, 5000), peer = at(REMOTE, 80);
    add(0, local, peer);
    entries[0].kind = MN_TCP_ENTRY_TIME_WAIT;
    assert_int_equal(mn_tcp_demux_bind(&demux, &local, &peer), MNET_ERR_ADDR_IN_USE);
}

static void test_a_connection_to_oneself_uses_another_port(void **state)
{
    (void)state;
    struct mnet_endpoint local = at(LOCAL, 5000), peer = at(LOCAL, 5000);
    assert_int_equal(mn_tcp_demux_bind(&demux, &local, &peer), MNET_ERR_ADDR_IN_USE);
    peer.port = 50000;
    for (unsigned i = 0; i < 20000; i++) {
        local.port = 0;
        assert_int_equal(mn_tcp_demux_bind(&demux, &local, &peer), MNET_OK);
        assert_int_not_equal(local.port, 50000);
    }
}

/* -- listeners -- */

static struct mnet_listener listeners[8];

static mnet_err listen_at(unsigned i, struct mnet_addr addr, uint16_t port)
{
    listeners[i] = (struct mnet_listener){.local = {addr, port}};
    return mn_tcp_demux_listen(&demux, &listeners[i]);
}

static struct mnet_listener *listener_for(uint32_t v4, uint16_t port)
{
    struct mnet_endpoint local = at(v4, port);
    return mn_tcp_demux_listener(&demux, &local);
}

static void test_a_listener_takes_its_port_and_address_only(void **state)
{
    (void)state;
    assert_int_equal(listen_at(0, mnet_addr_v4(LOCAL), 80), MNET_OK);
    assert_int_equal(listen_at(1, mnet_addr_v4(LOCAL + 1), 80), MNET_OK);
    assert_int_equal(listen_at(2, mnet_addr_any(), 80 + MN_TCP_LISTEN_BUCKETS), MNET_OK);
    assert_int_equal(listen_at(3, mnet_addr_v4(0), 90), MNET_OK);
    assert_ptr_equal(listener_for(LOCAL, 80), &listeners[0]);
    assert_ptr_equal(listener_for(LOCAL + 1, 80), &listeners[1]);
    assert_null(listener_for(LOCAL + 2, 80));
    assert_null(listener_for(LOCAL, 81));
    assert_ptr_equal(listener_for(LOCAL + 2, 80 + MN_TCP_LISTEN_BUCKETS), &listeners[2]);
    assert_ptr_equal(listener_for(LOCAL + 2, 90), &listeners[3]);
    struct mnet_endpoint v6 = {mnet_addr_any(), 90};
    v6.addr.bytes[0] = 0xfe;
    assert_null(mn_tcp_demux_listener(&demux, &v6));
    v6.port = 80 + MN_TCP_LISTEN_BUCKETS;
    assert_ptr_equal(mn_tcp_demux_listener(&demux, &v6), &listeners[2]);
    mn_tcp_demux_unlisten(&demux, &listeners[0]);
    assert_null(listener_for(LOCAL, 80));
    assert_ptr_equal(listener_for(LOCAL + 1, 80), &listeners[1]);
}

static void test_two_listeners_never_share_a_connection(void **state)
{
    (void)state;
    struct mnet_addr v6 = mnet_addr_any();
    v6.bytes[0] = 0xfe;
    assert_int_equal(listen_at(0, mnet_addr_v4(LOCAL), 80), MNET_OK);
    assert_int_equal(listen_at(1, mnet_addr_v4(LOCAL), 80), MNET_ERR_ADDR_IN_USE);
    assert_int_equal(listen_at(1, mnet_addr_any(), 80), MNET_ERR_ADDR_IN_USE);
    assert_int_equal(listen_at(1, mnet_addr_v4(0), 80), MNET_ERR_ADDR_IN_USE);
    assert_int_equal(listen_at(1, v6, 80), MNET_OK);
    assert_int_equal(listen_at(2, mnet_addr_any(), 90), MNET_OK);
    assert_int_equal(listen_at(3, mnet_addr_v4(LOCAL), 90), MNET_ERR_ADDR_IN_USE);
    assert_int_equal(listen_at(3, mnet_addr_v4(0), 90), MNET_ERR_ADDR_IN_USE);
    assert_int_equal(listen_at(3, mnet_addr_any(), 90), MNET_ERR_ADDR_IN_USE);
    assert_int_equal(listen_at(3, mnet_addr_v4(0), 70), MNET_OK);
    assert_int_equal(listen_at(4, v6, 70), MNET_OK);
    mn_tcp_demux_unlisten(&demux, &listeners[2]);
    assert_int_equal(listen_at(2, mnet_addr_any(), 90), MNET_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_an_entry_is_found_by_all_four_numbers_and_by_no_others,
                                        start_demux, stop_demux),
        cmocka_unit_test_setup_teardown(test_many_entries_come_and_go, start_demux, stop_demux),
        cmocka_unit_test_setup_teardown(test_chains_stay_short, start_demux, stop_demux),
        cmocka_unit_test_setup_teardown(test_the_table_must_fit_the_budget, start_demux,
                                        stop_demux),
        cmocka_unit_test_setup_teardown(test_ports_come_from_the_dynamic_range_and_do_not_repeat,
                                        start_demux, stop_demux),
        cmocka_unit_test_setup_teardown(test_ports_for_other_peers_begin_elsewhere, start_demux,
                                        stop_demux),
        cmocka_unit_test_setup_teardown(test_all_ports_can_be_used_for_one_peer_and_then_no_more,
                                        start_demux, stop_demux),
        cmocka_unit_test_setup_teardown(test_more_than_64_k_connections_to_several_peers,
                                        start_demux, stop_demux),
        cmocka_unit_test_setup_teardown(test_a_port_that_was_asked_for_must_be_free_for_the_peer,
                                        start_demux, stop_demux),
        cmocka_unit_test_setup_teardown(test_a_pair_in_time_wait_is_not_used_again, start_demux,
                                        stop_demux),
        cmocka_unit_test_setup_teardown(test_a_connection_to_oneself_uses_another_port, start_demux,
                                        stop_demux),
        cmocka_unit_test_setup_teardown(test_a_listener_takes_its_port_and_address_only,
                                        start_demux, stop_demux),
        cmocka_unit_test_setup_teardown(test_two_listeners_never_share_a_connection, start_demux,
                                        stop_demux),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
