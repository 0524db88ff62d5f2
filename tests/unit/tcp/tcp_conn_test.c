/* SPDX-License-Identifier: ISC */
#include "tcp_fixture.h"

/* The invariant must see what it is there for. */
static void test_the_invariant_notices_each_kind_of_damage(void **state)
{
    (void)state;
    conn_established();
    fix_send(5000);
    ignore_tx();
    rx_len(ACK, 101, 1, 100);
    ignore_tx();
    struct mnet_conn *c = fix.conn;
    assert_true(mn_tcp_conn_ok(c));
    struct mn_seq seq = c->snd_nxt;
    c->snd_nxt = mn_seq_add(c->snd_max, 1);
    assert_false(mn_tcp_conn_ok(c));
    c->snd_nxt = seq;
    seq = c->snd_max;
    c->snd_max = mn_seq_add(seq, 1);
    assert_false(mn_tcp_conn_ok(c));
    c->snd_max = seq;
    seq = c->rcv_adv;
    c->rcv_adv = c->rcv_nxt;
    assert_false(mn_tcp_conn_ok(c));
    c->rcv_adv = seq;
    mnet_time at = c->rexmt_at;
    c->rexmt_at = MNET_NEVER;
    assert_false(mn_tcp_conn_ok(c));
    c->rexmt_at = at;
    c->rcv_charged++;
    assert_false(mn_tcp_conn_ok(c));
    c->rcv_charged--;
    uint32_t cwnd = c->cc.cwnd;
    c->cc.cwnd = 0;
    assert_false(mn_tcp_conn_ok(c));
    c->cc.cwnd = cwnd;
    assert_true(mn_tcp_conn_ok(c));
}

static void test_the_timestamp_clock_ticks_in_milliseconds(void **state)
{
    (void)state;
    /* RFC 7323 5.4. */
    uint32_t before = mn_tcp_ts_now(fix.tcp, 77);
    fix.env.now += MNET_MS(5);
    assert_int_equal(mn_tcp_ts_now(fix.tcp, 77) - before, 5);
    assert_int_equal(mn_tcp_ts_now(fix.tcp, 78) - mn_tcp_ts_now(fix.tcp, 77), 1);
}

static void test_an_idle_connection_is_small_and_holds_no_buffer(void **state)
{
    (void)state;
    conn_established();
    assert_true(sizeof(struct mnet_conn) < 640);
    assert_int_equal(fix.tcp->rcv_used, 0);
    assert_int_equal(fix.tcp->snd_used, 0);
    assert_false(mn_timer_is_armed(&fix.conn->timer) &&
                 fix.conn->timer.at > fix.env.now + MNET_SEC(60));
    fix_send(1000);
    ignore_tx();
    rx(ACK, 1, 1001);
    rx_len(ACK, 1, 1001, 1000);
    ignore_tx();
    fix_recv_len(1, 1000);
    assert_int_equal(fix.tcp->rcv_used, 0);
    assert_int_equal(fix.tcp->snd_used, 0);
    ignore_events();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIX_TEST(test_the_invariant_notices_each_kind_of_damage),
        FIX_TEST(test_the_timestamp_clock_ticks_in_milliseconds),
        FIX_TEST(test_an_idle_connection_is_small_and_holds_no_buffer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
