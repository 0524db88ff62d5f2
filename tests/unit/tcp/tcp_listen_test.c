/* SPDX-License-Identifier: ISC
 *
 * Listeners and the queue of connections that wait to be accepted. The fixture's has a backlog of
 * 4. */
#include "tcp_fixture.h"

#define BACKLOG 4u

static struct mnet_listener *other;

static mnet_err listen_on(struct mnet_endpoint local, unsigned backlog)
{
    return mn_tcp_listen(fix.transport, &local, backlog, NULL, NULL, &other);
}

/* A client that comes from another port each time, up to its last ACK; the next one is `port`. */
static void client(uint16_t port)
{
    fix.has_many = true;
    fix.remote.port = port;
    rx(SYN, 0, 0);
    expect_tx(SYN | ACK, 0, 1);
    rx(ACK, 1, 1);
}

static uint16_t port_of(const struct mnet_conn *conn)
{
    struct mnet_endpoint local, remote;
    mnet_conn_peers(conn, &local, &remote);
    return remote.port;
}

static struct mnet_conn *accept_one(void)
{
    struct mnet_conn *conn;
    assert_int_equal(mnet_conn_accept(fix.listener, NULL, NULL, &conn), MNET_OK);
    return conn;
}

static void accept_none(void)
{
    struct mnet_conn *conn = (void *)&fix;
    assert_int_equal(mnet_conn_accept(fix.listener, NULL, NULL, &conn), MNET_ERR_AGAIN);
    assert_null(conn);
}

static void test_impossible_places_to_listen_are_refused(void **state)
{
    (void)state;
    struct mnet_endpoint any = {.port = OUR_PORT};
    struct mnet_endpoint strange = {mnet_addr_v4(0x0a000063), OUR_PORT};
    assert_int_equal(listen_on((struct mnet_endpoint){.port = 0}, 1), MNET_ERR_INVALID);
    assert_null(other);
    assert_int_equal(listen_on(any, 0), MNET_ERR_INVALID);
    assert_int_equal(listen_on(strange, 1), MNET_ERR_ADDR_NOT_AVAIL);
    conn_listen();
    assert_int_equal(listen_on(any, 1), MNET_ERR_ADDR_IN_USE);
    assert_null(other);
    assert_int_equal(listen_on(fix.local, 1), MNET_ERR_ADDR_IN_USE);
    fix.env.mem.fail_at = 1;
    any.port++;
    mnet_conn_unlisten(fix.listener);
    assert_int_equal(listen_on(any, 1), MNET_ERR_NO_MEMORY);
    assert_int_equal(listen_on(any, UINT32_MAX), MNET_OK);
    struct mnet_endpoint where = mnet_listener_local(other);
    assert_int_equal(where.port, any.port);
    assert_true(mnet_addr_is_any(&where.addr));
    mnet_conn_unlisten(NULL);
}

static void test_connections_are_accepted_in_the_order_of_their_handshakes(void **state)
{
    (void)state;
    conn_listen();
    accept_none();
    /* Two handshakes that cross: the second to begin is the first to end. */
    fix.remote.port = 1001;
    rx(SYN, 0, 0);
    expect_tx(SYN | ACK, 0, 1);
    uint32_t iss = fix.iss;
    client(1002);
    fix.remote.port = 1001;
    fix.iss = iss;
    rx(ACK, 1, 1);
    settle();
    assert_int_equal(port_of(accept_one()), 1002);
    assert_int_equal(port_of(accept_one()), 1001);
    accept_none();
    assert_int_equal(fix.env.stats.tcp_accepted, 2);
}

static void test_two_accepts_never_give_the_same_connection(void **state)
{
    (void)state;
    conn_listen();
    struct mnet_conn *conns[BACKLOG];
    for (uint16_t i = 0; i < BACKLOG; i++)
        client((uint16_t)(2000 + i));
    settle();
    for (uint16_t i = 0; i < BACKLOG; i++) {
        conns[i] = accept_one();
        assert_int_equal(port_of(conns[i]), 2000 + i);
        for (uint16_t j = 0; j < i; j++)
            assert_ptr_not_equal(conns[i], conns[j]);
    }
    accept_none();
}

static unsigned calls;

static void count_call(struct mnet_listener *listener, void *arg)
{
    (void)listener;
    assert_ptr_equal(arg, &calls);
    calls++;
}

static void test_the_listener_is_told_once_for_a_batch(void **state)
{
    (void)state;
    calls = 0;
    struct mnet_endpoint any = {.port = OUR_PORT};
    assert_int_equal(mn_tcp_listen(fix.transport, &any, BACKLOG, count_call, &calls, &fix.listener),
                     MNET_OK);
    uint32_t iss[2];
    fix.has_many = true;
    for (uint16_t i = 0; i < 2; i++) {
        fix.remote.port = (uint16_t)(2001 + i);
        rx(SYN, 0, 0);
        expect_tx(SYN | ACK, 0, 1);
        iss[i] = fix.iss;
    }
    for (uint16_t i = 0; i < 2; i++) {
        fix.remote.port = (uint16_t)(2001 + i);
        fix.iss = iss[i];
        rx(ACK, 1, 1);
    }
    assert_int_equal(calls, 0);
    settle();
    assert_int_equal(calls, 1);
    settle();
    assert_int_equal(calls, 1);
    client(2003);
    settle();
    assert_int_equal(calls, 2);
    assert_int_equal(fix.listener->queue_count, 3);
}

/* A client beyond the backlog waits: its last ACK is dropped, its data comes again. */
static void test_with_a_full_backlog_the_record_stays_until_there_is_room(void **state)
{
    (void)state;
    conn_listen();
    for (uint16_t i = 0; i < BACKLOG; i++)
        client((uint16_t)(2000 + i));
    client(3000);
    expect_drop(MNET_DROP_TCP_BACKLOG_FULL);
    rx_text(ACK, 1, 1, "hello");
    expect_drop(MNET_DROP_TCP_BACKLOG_FULL);
    expect_nothing();
    assert_int_equal(fix.tcp->syns.pool.count, 1);
    settle();
    for (uint16_t i = 0; i < BACKLOG; i++)
        assert_int_equal(port_of(accept_one()), 2000 + i);
    accept_none();
    rx_text(ACK, 1, 1, "hello");
    expect_tx(ACK, 1, 6);
    fix_accept();
    expect_events(MNET_EV_READABLE);
    fix_recv("hello");
    assert_int_equal(fix.tcp->syns.pool.count, 0);
}

/* ... and a client that waits for us to speak first answers our next SYN-ACK. */
static void test_with_a_full_backlog_the_syn_ack_comes_again(void **state)
{
    (void)state;
    conn_listen();
    for (uint16_t i = 0; i < BACKLOG; i++)
        client((uint16_t)(2000 + i));
    client(3000);
    expect_drop(MNET_DROP_TCP_BACKLOG_FULL);
    settle();
    accept_one();
    advance(1001);
    expect_tx(SYN | ACK, 0, 1);
    rx(ACK, 1, 1);
    settle();
    assert_int_equal(fix.listener->queue_count, BACKLOG);
}

/* With as many behind them, a SYN is not answered: its client will try again, and none that was
 * answered has to give way. */
static void test_with_a_full_backlog_new_clients_wait_outside(void **state)
{
    (void)state;
    conn_listen();
    for (uint16_t i = 0; i < BACKLOG; i++)
        client((uint16_t)(2000 + i));
    for (uint16_t i = 0; i < BACKLOG; i++) {
        client((uint16_t)(3000 + i));
        expect_drop(MNET_DROP_TCP_BACKLOG_FULL);
    }
    fix.remote.port = 4000;
    rx(SYN, 0, 0);
    expect_drop(MNET_DROP_TCP_BACKLOG_FULL);
    expect_nothing();
    assert_int_equal(fix.tcp->syns.pool.count, BACKLOG);
    settle();
    accept_one();
    rx(SYN, 0, 0);
    expect_tx(SYN | ACK, 0, 1);
}

static void test_with_too_many_connections_the_record_stays(void **state)
{
    (void)state;
    fix.config.tcp_conns_max = 1;
    fix_restart();
    conn_listen();
    client(2000);
    settle();
    fix.conn = accept_one();
    client(2001);
    expect_drop(MNET_DROP_TCP_CONN_LIMIT);
    fix.remote.port = 2000;
    mnet_conn_abort(fix.conn);
    fix.conn = NULL;
    (void)expect_segment();
    fix.remote.port = 2001;
    rx(ACK, 1, 1);
    ignore_tx();
    assert_int_equal(fix.tcp->conns.count, 1);
    assert_int_equal(fix.tcp->syns.pool.count, 0);
}

static void test_without_memory_for_a_connection_the_record_stays(void **state)
{
    (void)state;
    conn_syn_received();
    fix.tcp->conns.count_max = 100;
    /* The packet that brings the ACK takes the first two pieces. */
    fix.env.mem.fail_at = 3;
    rx(ACK, 1, 1);
    expect_drop(MNET_DROP_TCP_NO_MEMORY);
    assert_int_equal(fix.tcp->syns.pool.count, 1);
    rx(ACK, 1, 1);
    settle();
    fix_accept();
    expect_state(MN_TCP_ESTABLISHED);
}

static void test_what_came_before_accept_is_told_after_it(void **state)
{
    (void)state;
    conn_syn_received();
    rx(ACK, 1, 1);
    rx_text(ACK, 1, 1, "early");
    rx(FIN | ACK, 6, 1);
    expect_tx(ACK, 1, 7);
    expect_events(0);
    fix_accept();
    expect_events(MNET_EV_READABLE);
    fix_recv("early");
    fix_recv("");
    expect_state(MN_TCP_CLOSE_WAIT);
}

static void test_a_connection_that_was_reset_is_not_accepted(void **state)
{
    (void)state;
    conn_listen();
    client(2000);
    rx(RST, 1, 0);
    accept_none();
    assert_int_equal(fix.listener->queue_count, 0);
    assert_int_equal(fix.tcp->conns.count, 0);
}

/* A listener that goes must leave nobody waiting for an answer. */
static void test_unlisten_resets_who_waits(void **state)
{
    (void)state;
    conn_listen();
    rx(SYN, 0, 0);
    expect_tx(SYN | ACK, 0, 1);
    mnet_conn_unlisten(fix.listener);
    expect_tx(RST | ACK, 1, 1);
    assert_int_equal(fix.tcp->syns.pool.count, 0);
    conn_listen();
    client(PEER_PORT);
    mnet_conn_unlisten(fix.listener);
    fix.listener = NULL;
    expect_tx(RST | ACK, 1, 1);
    expect_nothing();
    assert_int_equal(fix.tcp->conns.count, 0);
    assert_int_equal(fix.tcp->demux.count, 0);
    rx(SYN, 0, 0);
    fix.iss = 0;
    expect_tx(RST | ACK, 0, 1);
    expect_drop(MNET_DROP_TCP_NO_CONN);
}

static void test_unlisten_leaves_accepted_connections_alone(void **state)
{
    (void)state;
    conn_established();
    mnet_conn_unlisten(fix.listener);
    fix.listener = NULL;
    expect_nothing();
    rx_text(ACK, 1, 1, "still here");
    expect_tx(ACK, 1, 11);
    expect_events(MNET_EV_READABLE);
    fix_recv("still here");
}

static void unlisten_now(struct mnet_listener *listener, void *arg)
{
    count_call(listener, arg);
    mnet_conn_unlisten(listener);
}

static void accept_now(struct mnet_listener *listener, void *arg)
{
    struct mnet_conn *conn;
    count_call(listener, arg);
    while (mnet_conn_accept(listener, fix_on_event, NULL, &conn) == MNET_OK)
        fix.conn = conn;
}

static void test_a_callback_may_accept_or_unlisten(void **state)
{
    (void)state;
    calls = 0;
    assert_int_equal(mn_tcp_listen(fix.transport, &fix.local, 2, accept_now, &calls, &fix.listener),
                     MNET_OK);
    client(PEER_PORT);
    expect_nothing();
    assert_int_equal(calls, 1);
    expect_state(MN_TCP_ESTABLISHED);
    mnet_conn_unlisten(fix.listener);
    assert_int_equal(
        mn_tcp_listen(fix.transport, &fix.local, 2, unlisten_now, &calls, &fix.listener), MNET_OK);
    client(PEER_PORT + 1);
    expect_tx(RST | ACK, 1, 1);
    expect_nothing();
    assert_int_equal(calls, 2);
}

/* The stack closes: listeners stop, and their owners may still unlisten. */
static void test_closing_everything_stops_listeners(void **state)
{
    (void)state;
    conn_listen();
    client(PEER_PORT);
    settle();
    fix.transport->ops->close_all(fix.transport);
    expect_tx(RST | ACK, 1, 1);
    accept_none();
    fix.transport->ops->close_all(fix.transport);
    mnet_conn_unlisten(fix.listener);
    fix.listener = NULL;
    expect_nothing();
    assert_int_equal(fix.tcp->syns.listen_pool.count, 0);
}

static void test_a_stack_that_goes_takes_listeners_and_records_with_it(void **state)
{
    (void)state;
    conn_listen();
    rx(SYN, 0, 0);
    expect_tx(SYN | ACK, 0, 1);
    fix_restart(); /* asserts that all memory is back */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIX_TEST(test_impossible_places_to_listen_are_refused),
        FIX_TEST(test_connections_are_accepted_in_the_order_of_their_handshakes),
        FIX_TEST(test_two_accepts_never_give_the_same_connection),
        FIX_TEST(test_the_listener_is_told_once_for_a_batch),
        FIX_TEST(test_with_a_full_backlog_the_record_stays_until_there_is_room),
        FIX_TEST(test_with_a_full_backlog_the_syn_ack_comes_again),
        FIX_TEST(test_with_a_full_backlog_new_clients_wait_outside),
        FIX_TEST(test_with_too_many_connections_the_record_stays),
        FIX_TEST(test_without_memory_for_a_connection_the_record_stays),
        FIX_TEST(test_what_came_before_accept_is_told_after_it),
        FIX_TEST(test_a_connection_that_was_reset_is_not_accepted),
        FIX_TEST(test_unlisten_resets_who_waits),
        FIX_TEST(test_unlisten_leaves_accepted_connections_alone),
        FIX_TEST(test_a_callback_may_accept_or_unlisten),
        FIX_TEST(test_closing_everything_stops_listeners),
        FIX_TEST(test_a_stack_that_goes_takes_listeners_and_records_with_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
