/* SPDX-License-Identifier: ISC */
#include "tcp_fixture.h"
#include <string.h>

/* Opens a connection from the i-th port of the peer; fix.conn is the accepted one. */
static void one_more(uint16_t i)
{
    fix.has_many = true;
    fix.remote.port = (uint16_t)(PEER_PORT + i);
    rx(SYN, 0, 0);
    expect_tx(SYN | ACK, 0, 1);
    rx(ACK, 1, 1);
    settle();
    fix_accept();
}

static void test_connections_are_counted(void **state)
{
    (void)state;
    uint32_t conns, syns, time_waits;
    conn_listen();
    for (uint16_t i = 0; i < 10; i++)
        one_more(i);
    rx(FIN | ACK, 1, 1);
    ignore_tx();
    fix.remote.port = 1;
    rx(SYN, 0, 0);
    expect_tx(SYN | ACK, 0, 1);
    mn_tcp_counts(fix.transport, &conns, &syns, &time_waits);
    assert_int_equal(conns, 10);
    assert_int_equal(syns, 1);
    assert_int_equal(time_waits, 0);
    assert_int_equal(fix.env.stats.tcp_accepted, 10);
    ignore_events();
}

/* tcp_conns_max is a hard bound. */
static void test_no_more_connections_than_configured(void **state)
{
    (void)state;
    fix.config.tcp_conns_max = 3;
    fix_restart();
    conn_listen();
    for (uint16_t i = 0; i < 3; i++)
        one_more(i);
    fix.remote.port = 7;
    rx(SYN, 0, 0);
    expect_tx(SYN | ACK, 0, 1);
    rx(ACK, 1, 1);
    expect_drop(MNET_DROP_TCP_CONN_LIMIT);
    expect_nothing();
    struct mnet_conn *conn;
    assert_int_equal(mn_tcp_open(fix.transport, NULL, &fix.remote, NULL, NULL, &conn),
                     MNET_ERR_NO_MEMORY);
}

/* What the peers will send again goes first, the oldest of it. */
static void test_shedding_gives_up_out_of_order_data_then_records(void **state)
{
    (void)state;
    const struct mn_transport_ops *ops = fix.transport->ops;
    conn_listen();
    one_more(0);
    struct mnet_conn *first = fix.conn;
    rx_len(ACK, 101, 1, 100);
    one_more(1);
    rx_len(ACK, 1, 1, 50);
    rx_len(ACK, 101, 1, 100);
    rx_len(ACK, 301, 1, 100);
    ignore_tx();
    ignore_events();
    fix.remote.port = 7;
    rx(SYN, 0, 0);
    expect_tx(SYN | ACK, 0, 1);

    assert_true(ops->shed(fix.transport, 0));
    assert_false(mn_rcvq_has_ooo(&first->rcvq));
    assert_int_equal(fix.env.drops[MNET_DROP_TCP_OOO_SHED], 1);
    assert_true(ops->shed(fix.transport, 0));
    assert_int_equal(fix.env.drops[MNET_DROP_TCP_OOO_SHED], 3);
    assert_false(ops->shed(fix.transport, 0));
    assert_int_equal(mnet_conn_recv_ready(fix.conn), 50); /* what is in order stays */
    assert_true(ops->shed(fix.transport, 1));
    assert_false(ops->shed(fix.transport, 1));
    assert_true(ops->ok(fix.transport));
}

static void test_out_of_order_data_gives_way_to_data_in_order(void **state)
{
    (void)state;
    fix.config.memory_len = 1u << 20;
    fix.config.tcp_rcv_buf = 1u << 20;
    fix_restart();
    fix.peer.has_wscale = true;
    conn_listen();
    one_more(0);
    struct mnet_conn *hoarder = fix.conn;
    hoarder->rcv_adv = mn_seq_add(hoarder->rcv_nxt, 1u << 20);
    for (uint32_t i = 1; i < 250; i++)
        rx_len(ACK, 1 + i * 1460, 1, 1460);
    assert_true(fix.tcp->rcv_used + 4096 > fix.tcp->rcv_limit);
    one_more(1);
    rx_len(ACK, 1, 1, 1460);
    assert_in_range(mnet_conn_recv_ready(fix.conn), 1, 1460); /* its window is small now */
    assert_false(mn_rcvq_has_ooo(&hoarder->rcvq));
    ignore_tx();
    ignore_events();
}

static void test_close_all_closes_and_becomes_idle(void **state)
{
    (void)state;
    const struct mn_transport_ops *ops = fix.transport->ops;
    assert_true(ops->is_idle(fix.transport));
    conn_established();
    fix.has_many = true;
    assert_false(ops->is_idle(fix.transport));
    ops->close_all(fix.transport);
    expect_tx(FIN | ACK, 1, 1);
    rx(FIN | ACK, 1, 2);
    expect_tx(ACK, 2, 2);
    assert_true(ops->is_idle(fix.transport));
    ignore_events();
    /* Nobody listens any more. */
    fix.remote.port = 7;
    rx(SYN, 0, 0);
    assert_true((expect_segment()->flags & RST) != 0);
}

/* The end of a stack: the peers are told. */
static void test_deinit_resets_what_is_open(void **state)
{
    (void)state;
    conn_established();
    fix.transport->ops->deinit(fix.transport);
    assert_int_equal(fix.tx_to - fix.tx_from, 1);
    assert_true((expect_segment()->flags & RST) != 0);
    assert_int_equal(fix.tcp->conns.count, 0);
}

static void test_a_connection_that_has_ended_lives_until_closed(void **state)
{
    (void)state;
    conn_established();
    rx(RST, 1, 0);
    expect_events(MNET_EV_ERROR);
    assert_int_equal(fix.tcp->conns.count, 1);
    rx(ACK, 1, 1); /* it is not found any more */
    expect_tx(RST, 1, 0);
    fix_close();
    assert_int_equal(fix.tcp->conns.count, 0);
}

static void test_nothing_is_busy_at_rest(void **state)
{
    (void)state;
    const struct mn_transport_ops *ops = fix.transport->ops;
    conn_established();
    assert_false(ops->is_busy(fix.transport));
    fix_send(1);
    assert_true(ops->is_busy(fix.transport));
    expect_text(ACK, 1, 1, 1);
    assert_false(ops->is_busy(fix.transport));
    mnet_conn_abort(fix.conn);
    fix.conn = NULL;
    assert_true(ops->is_busy(fix.transport)); /* the reset must be flushed */
    expect_tx(RST | ACK, 2, 1);
    assert_false(ops->is_busy(fix.transport));
}

static void test_buffers_decide_the_window_scale(void **state)
{
    (void)state;
    static const struct {
        uint32_t buf;
        uint8_t shift;
    } rows[] = {{1000, 0},     {65535, 0},        {65536, 1},       {1u << 20, 5},
                {4u << 20, 7}, {0x3fffffffu, 14}, {0xffffffffu, 14}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        fix.config.tcp_rcv_buf = rows[i].buf;
        fix_restart();
        assert_int_equal(fix.tcp->rcv_wscale, rows[i].shift);
    }
}

static void test_creation_fails_when_the_tables_do_not_fit(void **state)
{
    (void)state;
    static _Alignas(64) uint8_t memory[65536];
    static struct mn_env env;
    memset(&env, 0, sizeof env);
    env.rng = &fix.rng.rng;
    assert_true(mn_mem_init(&env.mem, memory, sizeof memory));
    struct mnet_config config = {.memory_len = sizeof memory, .tcp_conns_max = 1u << 20};
    assert_null(mn_tcp_create(&env, fix.tcp->ip, &config));
}

/* The same segment comes three times; at the first time the n-th request for memory fails. */
static void rx_failing(uint64_t n, unsigned flags, uint32_t seq, uint32_t len)
{
    for (int i = 0; i < 3; i++) {
        fix.env.mem.fail_at = i == 0 ? n : 0;
        rx_len(flags, seq, flags & ACK ? 1 : 0, len);
        settle();
        fix.env.mem.fail_at = 0;
        while (fix.tx_from != fix.tx_to)
            (void)expect_segment(); /* learns our ISS */
    }
}

/* Whatever fails for want of memory, nothing leaks and the connection goes on. */
static void test_input_survives_each_failure_of_memory(void **state)
{
    (void)state;
    for (uint64_t n = 1; n < 10; n++) {
        conn_listen();
        rx_failing(n, SYN, 0, 0);
        rx_failing(n, ACK, 1, 100);
        fix_accept();
        rx_failing(n, ACK, 301, 100);
        rx_failing(n, ACK, 101, 300);
        fix_recv_len(1, 400);
        expect_state(MN_TCP_ESTABLISHED);
        ignore_tx();
        ignore_events();
        fix_restart();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIX_TEST(test_connections_are_counted),
        FIX_TEST(test_no_more_connections_than_configured),
        FIX_TEST(test_shedding_gives_up_out_of_order_data_then_records),
        FIX_TEST(test_out_of_order_data_gives_way_to_data_in_order),
        FIX_TEST(test_close_all_closes_and_becomes_idle),
        FIX_TEST(test_deinit_resets_what_is_open),
        FIX_TEST(test_a_connection_that_has_ended_lives_until_closed),
        FIX_TEST(test_nothing_is_busy_at_rest),
        FIX_TEST(test_buffers_decide_the_window_scale),
        FIX_TEST(test_creation_fails_when_the_tables_do_not_fit),
        FIX_TEST(test_input_survives_each_failure_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
