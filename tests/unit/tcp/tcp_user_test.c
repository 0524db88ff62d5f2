/* SPDX-License-Identifier: ISC */
#include "tcp_fixture.h"
#include <string.h>

/* -- OPEN -- */

static void test_open_refuses_what_cannot_be(void **state)
{
    (void)state;
    struct mnet_conn *conn = NULL;
    struct mnet_endpoint remote = fix.remote;
    remote.port = 0;
    assert_int_equal(mn_tcp_open(fix.transport, NULL, &remote, NULL, NULL, &conn),
                     MNET_ERR_INVALID);
    /* RFC 9293 3.9.1.1 MUST-46. */
    static const uint32_t never[] = {0, 0xe0000001u, 0x0a0000ffu};
    for (int i = 0; i < 3; i++) {
        remote = (struct mnet_endpoint){mnet_addr_v4(never[i]), 80};
        assert_int_equal(mn_tcp_open(fix.transport, NULL, &remote, NULL, NULL, &conn),
                         MNET_ERR_INVALID);
    }
    struct mnet_endpoint local = {mnet_addr_v4(0x0a000009u), 0};
    assert_int_equal(mn_tcp_open(fix.transport, &local, &fix.remote, NULL, NULL, &conn),
                     MNET_ERR_ADDR_NOT_AVAIL);
    fix.source_err = MNET_ERR_NET_UNREACH;
    assert_int_equal(mn_tcp_open(fix.transport, NULL, &fix.remote, NULL, NULL, &conn),
                     MNET_ERR_NET_UNREACH);
    assert_null(conn);
    assert_int_equal(fix.tcp->conns.count, 0);
}

/* RFC 9293 3.9.1.1 MUST-43, MUST-44. */
static void test_open_chooses_a_port_and_refuses_one_in_use(void **state)
{
    (void)state;
    struct mnet_conn *conn;
    fix_open();
    expect_tx(SYN, 0, 0);
    assert_int_equal(mn_tcp_open(fix.transport, &fix.local, &fix.remote, NULL, NULL, &conn),
                     MNET_ERR_ADDR_IN_USE);
    assert_int_equal(mn_tcp_open(fix.transport, NULL, &fix.remote, NULL, NULL, &conn), MNET_OK);
    struct mnet_endpoint local, remote;
    mnet_conn_peers(conn, &local, &remote);
    assert_true(local.port >= 49152);
    assert_int_equal(remote.port, PEER_PORT);
    mnet_conn_close(conn);
}

static void test_open_without_memory_says_so(void **state)
{
    (void)state;
    struct mnet_conn *conn = NULL;
    fix.env.mem.fail_at = 1;
    assert_int_equal(mn_tcp_open(fix.transport, NULL, &fix.remote, NULL, NULL, &conn),
                     MNET_ERR_NO_MEMORY);
    assert_null(conn);
}

/* -- SEND -- */

static void test_what_is_sent_before_the_connection_is_open_follows(void **state)
{
    (void)state;
    conn_syn_sent();
    fix_send(100);
    expect_nothing();
    rx(SYN | ACK, 0, 1);
    expect_text(ACK, 1, 1, 100);
    expect_events(MNET_EV_CONNECTED);
}

static void test_sending_after_the_own_shutdown_is_closed(void **state)
{
    (void)state;
    conn_fin_wait_1();
    assert_int_equal(mnet_conn_send(fix.conn, "x", 1), MNET_ERR_CLOSED);
    assert_int_equal(mnet_conn_send_all(fix.conn, "x", 1), MNET_ERR_CLOSED);
    assert_int_equal(mnet_conn_send_room(fix.conn), 0);
    assert_int_equal(mnet_conn_shutdown(fix.conn, MNET_SHUTDOWN_WRITE), MNET_ERR_CLOSED);
}

static void test_send_all_goes_beyond_the_buffer(void **state)
{
    (void)state;
    fix.config.tcp_snd_buf = 1000;
    fix_restart();
    conn_established();
    static const char bytes[5000];
    assert_int_equal(mnet_conn_send_all(fix.conn, bytes, sizeof bytes), MNET_OK);
    assert_int_equal(fix.conn->sndq.len, 5000);
    assert_int_equal(mnet_conn_send(fix.conn, bytes, 1), 0);
    settle();
    fix.tx_from = fix.tx_to;
}

static void test_sending_is_bounded_by_the_budget(void **state)
{
    (void)state;
    fix.config.memory_len = 1u << 20;
    fix.config.tcp_snd_buf = 16u << 20;
    fix_restart();
    conn_established();
    static const char bytes[4096];
    size_t total = 0;
    for (int i = 0; i < 1000; i++) {
        mnet_ssize took = mnet_conn_send(fix.conn, bytes, sizeof bytes);
        assert_true(took >= 0);
        total += (size_t)took;
    }
    assert_true(fix.tcp->snd_used <= fix.tcp->snd_limit + MN_BLOCK_LARGE + 64);
    assert_in_range(total, 250000, 400000);
    /* Resets and ACKs still leave. */
    rx_len(ACK, 1, 1, 1);
    settle();
    assert_true(fix.tx_to > fix.tx_from);
    fix.tx_from = fix.tx_to;
    ignore_events();
}

static void test_send_without_memory_says_so_when_nothing_is_queued(void **state)
{
    (void)state;
    conn_established();
    fix.env.mem.fail_at = 1;
    assert_int_equal(mnet_conn_send(fix.conn, "x", 1), MNET_ERR_NO_MEMORY);
    fix.env.mem.fail_at = 1;
    assert_int_equal(mnet_conn_send_all(fix.conn, "x", 1), MNET_ERR_NO_MEMORY);
    fix_send(1);
    expect_text(ACK, 1, 1, 1);
}

/* -- RECEIVE -- */

static void test_receive_says_again_until_something_comes(void **state)
{
    (void)state;
    char c;
    struct mnet_slice slice;
    conn_established();
    assert_int_equal(mnet_conn_recv(fix.conn, &c, 1), MNET_ERR_AGAIN);
    assert_int_equal(mnet_conn_peek(fix.conn, &slice, 1), MNET_ERR_AGAIN);
    rx_text(ACK, 1, 1, "ab");
    ignore_tx();
    expect_events(MNET_EV_READABLE);
    assert_int_equal(mnet_conn_recv(fix.conn, &c, 0), 0);
    assert_int_equal(mnet_conn_recv(fix.conn, &c, 1), 1);
    assert_int_equal(mnet_conn_peek(fix.conn, &slice, 1), 1);
    assert_int_equal(slice.len, 1);
    assert_int_equal(slice.at[0], 'b');
    mnet_conn_consume(fix.conn, 100);
    assert_int_equal(mnet_conn_recv(fix.conn, &c, 1), MNET_ERR_AGAIN);
}

static void test_receive_in_syn_sent_says_again(void **state)
{
    (void)state;
    char c;
    conn_syn_sent();
    assert_int_equal(mnet_conn_recv(fix.conn, &c, 1), MNET_ERR_AGAIN);
}

static void test_receive_after_shutdown_read_is_closed(void **state)
{
    (void)state;
    char c;
    conn_established();
    rx_text(ACK, 1, 1, "abc");
    ignore_tx();
    ignore_events();
    assert_int_equal(mnet_conn_shutdown(fix.conn, MNET_SHUTDOWN_READ), MNET_OK);
    assert_int_equal(mnet_conn_recv(fix.conn, &c, 1), MNET_ERR_CLOSED);
    assert_int_equal(mnet_conn_shutdown(fix.conn, MNET_SHUTDOWN_READ), MNET_ERR_CLOSED);
    assert_int_equal(mnet_conn_shutdown(fix.conn, MNET_SHUTDOWN_BOTH), MNET_OK);
    expect_tx(FIN | ACK, 1, 4);
}

/* -- CLOSE -- */

/* A bug of the ancestor: shutdown failed in CLOSE-WAIT. */
static void test_shutdown_works_in_close_wait(void **state)
{
    (void)state;
    conn_last_ack();
}

static void test_close_in_syn_sent_leaves_nothing(void **state)
{
    (void)state;
    conn_syn_sent();
    fix_close();
    expect_nothing();
    assert_int_equal(fix.tcp->conns.count, 0);
    rx(SYN | ACK, 0, 1);
    expect_tx(RST, 1, 0);
    expect_drop(MNET_DROP_TCP_NO_CONN);
}

/* RFC 9293 3.10.4, SYN-RECEIVED: the FIN waits until the connection is open. */
static void test_close_in_syn_received_waits(void **state)
{
    (void)state;
    conn_simultaneous();
    fix_close();
    expect_nothing();
    rx(ACK, 1, 1);
    expect_tx(FIN | ACK, 1, 1);
    rx(FIN | ACK, 1, 2);
    expect_tx(ACK, 2, 2);
    assert_int_equal(fix.tcp->time_waits.pool.count, 1);
    assert_int_equal(fix.tcp->conns.count, 0);
}

static void test_close_sends_what_is_queued_first(void **state)
{
    (void)state;
    conn_established();
    fix_send(20000);
    fix_close();
    uint32_t next = 1;
    for (int i = 0; i < 20; i++) {
        settle();
        bool has_fin = false;
        while (fix.tx_from != fix.tx_to) {
            const struct seg *seg = expect_segment();
            assert_int_equal(seg->seq, next);
            next += seg->len;
            has_fin = (seg->flags & FIN) != 0;
        }
        rx(has_fin ? FIN | ACK : ACK, 1, next + (has_fin ? 1 : 0));
        if (has_fin)
            break;
    }
    assert_int_equal(next, 20001);
    expect_tx(ACK, 20002, 2);
    assert_int_equal(fix.tcp->conns.count, 0);
}

/* RFC 2525 2.17, RFC 9293 3.10.4: what nobody has read must not look delivered. */
static void test_close_with_unread_data_resets(void **state)
{
    (void)state;
    conn_established();
    rx_text(ACK, 1, 1, "unread");
    expect_tx(ACK, 1, 7);
    ignore_events();
    fix_close();
    expect_tx(RST | ACK, 1, 7);
    assert_int_equal(fix.tcp->conns.count, 0);
}

static void test_close_in_time_wait_leaves_the_record(void **state)
{
    (void)state;
    conn_time_wait();
    fix_close();
    assert_int_equal(fix.tcp->conns.count, 0);
    assert_int_equal(fix.tcp->time_waits.pool.count, 1);
    rx(FIN | ACK, 1, 2);
    expect_tx(ACK, 2, 2);
    advance(60001);
    assert_int_equal(fix.tcp->time_waits.pool.count, 0);
}

static void test_close_of_nothing_is_fine(void **state)
{
    (void)state;
    mnet_conn_close(NULL);
    mnet_conn_abort(NULL);
}

/* RFC 9293 3.10.5. */
static void test_abort_resets_where_the_peer_knows_us(void **state)
{
    (void)state;
    static void (*const opened[])(void) = {conn_simultaneous, conn_established, conn_fin_wait_1,
                                           conn_fin_wait_2, conn_close_wait};
    for (int i = 0; i < 5; i++) {
        opened[i]();
        ignore_events();
        mnet_conn_abort(fix.conn);
        assert_true((expect_segment()->flags & RST) != 0);
        expect_nothing();
        assert_int_equal(fix.tcp->conns.count, 0);
        fix_restart();
    }
    conn_syn_sent();
    mnet_conn_abort(fix.conn);
    expect_nothing();
}

/* -- callbacks -- */

static struct mnet_conn *victims[3];

static void closes_two(struct mnet_conn *conn, unsigned events, void *arg)
{
    (void)events;
    (void)arg;
    struct mnet_conn *other = conn == victims[0] ? victims[1] : NULL;
    mnet_conn_abort(other);
    mnet_conn_close(conn);
}

static void test_a_callback_may_close_any_connection(void **state)
{
    (void)state;
    fix.has_many = true;
    for (uint16_t i = 0; i < 3; i++) {
        fix.local.port = (uint16_t)(1000 + i);
        assert_int_equal(
            mn_tcp_open(fix.transport, &fix.local, &fix.remote, closes_two, NULL, &victims[i]),
            MNET_OK);
    }
    settle();
    for (uint16_t i = 0; i < 3; i++) {
        fix.local.port = (uint16_t)(1000 + i);
        expect_tx(SYN, 0, 0);
        rx(SYN | ACK, 0, 1);
        fix.is_batch_open = false;
    }
    /* All three are owed CONNECTED; the first one closes itself and the second. */
    fix.transport->ops->events(fix.transport);
    assert_int_equal(fix.tcp->conns.count, 2); /* with a FIN to send each */
    ignore_tx();
}

static void test_a_new_callback_is_told_what_waits(void **state)
{
    (void)state;
    conn_established();
    mnet_conn_on_event(fix.conn, NULL, NULL);
    rx_text(ACK, 1, 1, "x");
    expect_tx(ACK, 1, 2);
    expect_events(0);
    mnet_conn_on_event(fix.conn, fix_on_event, NULL);
    expect_events(MNET_EV_READABLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIX_TEST(test_open_refuses_what_cannot_be),
        FIX_TEST(test_open_chooses_a_port_and_refuses_one_in_use),
        FIX_TEST(test_open_without_memory_says_so),
        FIX_TEST(test_what_is_sent_before_the_connection_is_open_follows),
        FIX_TEST(test_sending_after_the_own_shutdown_is_closed),
        FIX_TEST(test_send_all_goes_beyond_the_buffer),
        FIX_TEST(test_sending_is_bounded_by_the_budget),
        FIX_TEST(test_send_without_memory_says_so_when_nothing_is_queued),
        FIX_TEST(test_receive_says_again_until_something_comes),
        FIX_TEST(test_receive_in_syn_sent_says_again),
        FIX_TEST(test_receive_after_shutdown_read_is_closed),
        FIX_TEST(test_shutdown_works_in_close_wait),
        FIX_TEST(test_close_in_syn_sent_leaves_nothing),
        FIX_TEST(test_close_in_syn_received_waits),
        FIX_TEST(test_close_sends_what_is_queued_first),
        FIX_TEST(test_close_with_unread_data_resets),
        FIX_TEST(test_close_in_time_wait_leaves_the_record),
        FIX_TEST(test_close_of_nothing_is_fine),
        FIX_TEST(test_abort_resets_where_the_peer_knows_us),
        FIX_TEST(test_a_callback_may_close_any_connection),
        FIX_TEST(test_a_new_callback_is_told_what_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
