/* SPDX-License-Identifier: ISC
 *
 * Every user call and every timer in every state: RFC 9293 3.10.1 to 3.10.5, 3.10.8, as tables.
 *
 * A cell says what leaves, where the connection is then, and what the call returned or the user is
 * told:
 *
 *   leaves   -        nothing
 *            syn      <SEQ=ISS><CTL=SYN>
 *            syn+ack  <SEQ=ISS><ACK=RCV.NXT><CTL=SYN,ACK>
 *            fin      <SEQ=SND.NXT - 1 or SND.NXT><ACK=RCV.NXT><CTL=FIN,ACK>
 *            text     <SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK> and text
 *            abort    <SEQ=SND.NXT><ACK=RCV.NXT><CTL=RST,ACK>
 *   state    = the same; gone: nothing is found under the four numbers any more
 *   result   ok, closed (MNET_ERR_CLOSED); ! the user is told an error */
#include "tcp_fixture.h"
#include <stdio.h>
#include <string.h>

enum column { SRR, SS, SRF, EST, FW1, FW2, CW, CLG, LA, TW, COLUMNS };

static const struct {
    const char *name;
    void (*enter)(void);
    uint32_t nxt; /* SND.NXT */
    uint32_t fin; /* the number of our FIN */
    uint32_t rcv; /* RCV.NXT */
} columns[COLUMNS] = {
    [SRR] = {"SYN-RECEIVED", conn_syn_received, 1, 1, 1}, /* a record: without user */
    [SS] = {"SYN-SENT", conn_syn_sent, 1, 1, 0},
    [SRF] = {"SYN-RECEIVED", conn_simultaneous, 1, 1, 1},
    [EST] = {"ESTABLISHED", conn_established, 1, 1, 1},
    [FW1] = {"FIN-WAIT-1", conn_fin_wait_1, 2, 1, 1},
    [FW2] = {"FIN-WAIT-2", conn_fin_wait_2, 2, 1, 1},
    [CW] = {"CLOSE-WAIT", conn_close_wait, 1, 1, 2},
    [CLG] = {"CLOSING", conn_closing, 2, 1, 2},
    [LA] = {"LAST-ACK", conn_last_ack, 2, 1, 2},
    [TW] = {"TIME-WAIT", conn_time_wait, 2, 1, 2},
};

/* -- events: each returns what the call did -- */

static mnet_ssize do_close(void)
{
    fix_close();
    return MNET_OK;
}

static mnet_ssize do_abort(void)
{
    mnet_conn_abort(fix.conn);
    fix.conn = NULL;
    return MNET_OK;
}

static mnet_ssize do_shutdown_write(void)
{
    return mnet_conn_shutdown(fix.conn, MNET_SHUTDOWN_WRITE);
}

static mnet_ssize do_shutdown_read(void)
{
    return mnet_conn_shutdown(fix.conn, MNET_SHUTDOWN_READ);
}

static mnet_ssize do_send(void)
{
    const uint8_t bytes[] = {pattern(1), pattern(2), pattern(3)};
    mnet_ssize took = mnet_conn_send(fix.conn, bytes, sizeof bytes);
    return took == sizeof bytes ? MNET_OK : took;
}

static mnet_ssize do_recv(void)
{
    uint8_t bytes[3];
    mnet_ssize got = mnet_conn_recv(fix.conn, bytes, sizeof bytes);
    assert_true(got <= 0);
    return got;
}

/* Until something is sent or changes, at most two minutes. */
static mnet_ssize first_timer(void)
{
    uint32_t entries = fix.tcp->demux.count;
    for (unsigned ms = 0; ms < 120000; ms += 20) {
        advance(20);
        if (fix.tx_from != fix.tx_to || fix.tcp->demux.count != entries)
            break;
    }
    return MNET_OK;
}

static mnet_ssize an_hour_of_silence(void)
{
    advance(3600 * 1000);
    ignore_tx();
    return MNET_OK;
}

static mnet_ssize close_and_an_hour(void)
{
    fix_close();
    return an_hour_of_silence();
}

static const struct row {
    const char *name;
    mnet_ssize (*event)(void);
    const char *cell[COLUMNS];
} rows[] = {
    /* RFC 9293 3.10.4. */
    {"CLOSE",
     do_close,
     {[SS] = "- gone ok",
      [EST] = "fin FIN-WAIT-1 ok",
      [FW1] = "- = ok",
      [FW2] = "- = ok",
      [CW] = "fin LAST-ACK ok",
      [CLG] = "- = ok",
      [LA] = "- = ok",
      [TW] = "- = ok"}},
    {"shutdown WRITE",
     do_shutdown_write,
     {[SS] = "- = ok",
      [EST] = "fin FIN-WAIT-1 ok",
      [FW1] = "- = closed",
      [FW2] = "- = closed",
      [CW] = "fin LAST-ACK ok",
      [CLG] = "- = closed",
      [LA] = "- = closed",
      [TW] = "- = closed"}},
    {"shutdown READ",
     do_shutdown_read,
     {[SS] = "- = ok",
      [EST] = "- = ok",
      [FW1] = "- = ok",
      [FW2] = "- = ok",
      [CW] = "- = ok",
      [CLG] = "- = ok",
      [LA] = "- = ok",
      [TW] = "- = closed"}},
    /* RFC 9293 3.10.5. */
    {"ABORT",
     do_abort,
     {[SS] = "- gone ok",
      [SRF] = "abort gone ok",
      [EST] = "abort gone ok",
      [FW1] = "abort gone ok",
      [FW2] = "abort gone ok",
      [CW] = "abort gone ok",
      [TW] = "- = ok"}},
    /* RFC 9293 3.10.2. */
    {"SEND",
     do_send,
     {[SS] = "- = ok",
      [SRF] = "- = ok",
      [EST] = "text = ok",
      [FW1] = "- = closed",
      [FW2] = "- = closed",
      [CW] = "text = ok",
      [CLG] = "- = closed",
      [LA] = "- = closed",
      [TW] = "- = closed"}},
    /* RFC 9293 3.10.3: nothing yet, or the end. */
    {"RECEIVE",
     do_recv,
     {[SS] = "- = again",
      [SRF] = "- = again",
      [EST] = "- = again",
      [FW1] = "- = again",
      [FW2] = "- = again",
      [CW] = "- = ok",
      [CLG] = "- = ok",
      [LA] = "- = ok",
      [TW] = "- = ok"}},
    /* RFC 9293 3.10.8. */
    {"the first timer",
     first_timer,
     {[SRR] = "syn+ack = ok",
      [SS] = "syn = ok",
      [SRF] = "syn+ack = ok",
      [EST] = "- = ok",
      [FW1] = "fin = ok",
      [FW2] = "- = ok",
      [CW] = "- = ok",
      [CLG] = "fin = ok",
      [LA] = "fin = ok",
      [TW] = "- gone ok"}},
    /* RFC 9293 3.8.3 MUST-20: what waits for the peer ends some day; what does not, stays. */
    {"an hour of silence",
     an_hour_of_silence,
     {[SRR] = "- gone ok",
      [SS] = "- gone ok !",
      [SRF] = "- gone ok !",
      [EST] = "- = ok",
      [FW1] = "- gone ok !",
      [FW2] = "- = ok",
      [CW] = "- = ok",
      [CLG] = "- gone ok !",
      [LA] = "- gone ok !",
      [TW] = "- gone ok"}},
    /* Nobody is left who could be told, and nothing must stay for ever. */
    {"CLOSE and an hour of silence",
     close_and_an_hour,
     {[SS] = "- gone ok",
      [SRF] = "- gone ok",
      [EST] = "- gone ok",
      [FW1] = "- gone ok",
      [FW2] = "- gone ok",
      [CW] = "- gone ok",
      [CLG] = "- gone ok",
      [LA] = "- gone ok",
      [TW] = "- gone ok"}},
};

static const char *where(void)
{
    struct mn_tcp_entry *entry = mn_tcp_demux_find(&fix.tcp->demux, &fix.local, &fix.remote);
    if (!entry)
        return "gone";
    if (entry->kind == MN_TCP_ENTRY_SYN)
        return "SYN-RECEIVED";
    if (entry->kind == MN_TCP_ENTRY_TIME_WAIT)
        return "TIME-WAIT";
    return mn_tcp_state_name(mn_tcp_conn_of(entry)->state);
}

static void expect_leaves(const char *what, unsigned column)
{
    uint32_t rcv = columns[column].rcv;
    if (!strcmp(what, "syn"))
        expect_tx(SYN, 0, 0);
    else if (!strcmp(what, "syn+ack"))
        expect_tx(SYN | ACK, 0, rcv);
    else if (!strcmp(what, "fin"))
        expect_tx(FIN | ACK, columns[column].fin, rcv);
    else if (!strcmp(what, "text"))
        expect_text(ACK, columns[column].nxt, rcv, 3);
    else if (!strcmp(what, "abort"))
        expect_tx(RST | ACK, columns[column].nxt, rcv);
    else
        assert_string_equal(what, "-");
    expect_nothing();
}

static mnet_ssize result_of(const char *word)
{
    if (!strcmp(word, "closed"))
        return MNET_ERR_CLOSED;
    if (!strcmp(word, "again"))
        return MNET_ERR_AGAIN;
    assert_string_equal(word, "ok");
    return MNET_OK;
}

static void check_cell(const struct row *row, unsigned column)
{
    char leaves[16] = "", state[16] = "", result[16] = "", told[4] = "";
    print_message("# %s in %s: %s\n", row->name, columns[column].name, row->cell[column]);
    assert_true(sscanf(row->cell[column], "%15s %15s %15s %3s", leaves, state, result, told) >= 3);
    columns[column].enter();
    assert_int_equal(row->event(), result_of(result));
    expect_leaves(leaves, column);
    assert_string_equal(where(), strcmp(state, "=") ? state : columns[column].name);
    settle();
    assert_int_equal(fix.events & MNET_EV_ERROR, *told == '!' ? MNET_EV_ERROR : 0);
    fix.events = 0;
    if (*told == '!')
        assert_int_equal(mnet_conn_error(fix.conn), MNET_ERR_TIMED_OUT);
    fix_restart();
}

static void check_column(unsigned column)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].cell[column])
            check_cell(&rows[i], column);
}

#define COLUMN(name, column)                                                                       \
    static void test_calls_and_timers_in_##name(void **state)                                      \
    {                                                                                              \
        (void)state;                                                                               \
        check_column(column);                                                                      \
    }

COLUMN(syn_received_as_a_record, SRR)
COLUMN(syn_sent, SS)
COLUMN(syn_received_as_a_connection, SRF)
COLUMN(established, EST)
COLUMN(fin_wait_1, FW1)
COLUMN(fin_wait_2, FW2)
COLUMN(close_wait, CW)
COLUMN(closing, CLG)
COLUMN(last_ack, LA)
COLUMN(time_wait, TW)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIX_TEST(test_calls_and_timers_in_syn_received_as_a_record),
        FIX_TEST(test_calls_and_timers_in_syn_sent),
        FIX_TEST(test_calls_and_timers_in_syn_received_as_a_connection),
        FIX_TEST(test_calls_and_timers_in_established),
        FIX_TEST(test_calls_and_timers_in_fin_wait_1),
        FIX_TEST(test_calls_and_timers_in_fin_wait_2),
        FIX_TEST(test_calls_and_timers_in_close_wait),
        FIX_TEST(test_calls_and_timers_in_closing),
        FIX_TEST(test_calls_and_timers_in_last_ack),
        FIX_TEST(test_calls_and_timers_in_time_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
