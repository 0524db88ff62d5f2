/* SPDX-License-Identifier: ISC
 *
 * Every kind of segment in every state: RFC 9293 3.10.7, as a table.
 *
 * A cell says what is answered and where the connection is then, and what the user is told:
 *
 *   answer   -        nothing
 *            ack      <SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK>
 *            rst      <SEQ=SEG.ACK><CTL=RST>
 *            rst+ack  <SEQ=0><ACK=SEG.SEQ+SEG.LEN><CTL=RST,ACK>
 *            syn+ack  <SEQ=ISS><ACK=SEG.SEQ+1><CTL=SYN,ACK>
 *   state    = the same; gone: nothing is found under the four numbers any more
 *   told     C connected, R readable, ! error
 *
 * NULL: the segment makes no sense there. Numbers in a row are relative to RCV.NXT, SND.NXT and
 * SND.UNA of the state. */
#include "tcp_fixture.h"
#include <stdio.h>
#include <string.h>

static void conn_closed(void) {}

enum column { CLO, LIS, SS, SRR, SRF, EST, FW1, FW2, CW, CLG, LA, TW, COLUMNS };

static const struct {
    const char *name;
    void (*enter)(void);
    uint32_t una, nxt; /* SND.UNA, SND.NXT */
    uint32_t rcv;      /* RCV.NXT */
} columns[COLUMNS] = {
    [CLO] = {"CLOSED", conn_closed, 1, 1, 0},
    [LIS] = {"LISTEN", conn_listen, 1, 1, 0},
    [SS] = {"SYN-SENT", conn_syn_sent, 0, 1, 0},
    [SRR] = {"SYN-RECEIVED", conn_syn_received, 0, 1, 1}, /* a record */
    [SRF] = {"SYN-RECEIVED", conn_simultaneous, 0, 1, 1}, /* a connection */
    [EST] = {"ESTABLISHED", conn_established, 1, 1, 1},
    [FW1] = {"FIN-WAIT-1", conn_fin_wait_1, 1, 2, 1},
    [FW2] = {"FIN-WAIT-2", conn_fin_wait_2, 2, 2, 1},
    [CW] = {"CLOSE-WAIT", conn_close_wait, 1, 1, 2},
    [CLG] = {"CLOSING", conn_closing, 1, 2, 2},
    [LA] = {"LAST-ACK", conn_last_ack, 1, 2, 2},
    [TW] = {"TIME-WAIT", conn_time_wait, 2, 2, 2},
};

#define TEXT "12345"
#define TEXT_LEN 5u
#define FAR 70000u /* beyond the window of 65535 */

enum base { AT_ZERO, AT_RCV }; /* what a row's seq counts from */
enum ack { NO_ACK, OF_NXT, OF_UNA };

struct row {
    const char *name;
    unsigned flags;
    enum base base;
    uint32_t seq;
    enum ack ack;
    uint32_t ack_by; /* added to what `ack` says */
    bool has_text;
    uint32_t takes; /* by how much RCV.NXT goes forward where the segment is taken */
    const char *cell[COLUMNS];
};

/* clang-format off */
static const struct row rows[] = {
    /* RFC 9293 3.10.7.4 fourth, RFC 5961 4.2. */
    {"the first SYN again", SYN, AT_ZERO, 0, NO_ACK, 0, false, 0, {
        [CLO] = "rst+ack =",   [LIS] = "syn+ack SYN-RECEIVED", [SS] = "syn+ack SYN-RECEIVED",
        [SRR] = "syn+ack =",   [SRF] = "syn+ack =",
        [EST] = "ack =", [FW1] = "ack =", [FW2] = "ack =", [CW] = "ack =", [CLG] = "ack =",
        [LA] = "ack =",  [TW] = "ack ="}},
    {"another SYN, in the window", SYN, AT_RCV, 100, NO_ACK, 0, false, 0, {
        [CLO] = "rst+ack =",   [LIS] = "syn+ack SYN-RECEIVED", [SS] = "syn+ack SYN-RECEIVED",
        [SRR] = "syn+ack =",   [SRF] = "ack =",
        [EST] = "ack =", [FW1] = "ack =", [FW2] = "ack =", [CW] = "ack =", [CLG] = "ack =",
        [LA] = "ack =",  [TW] = "syn+ack SYN-RECEIVED"}},
    {"another SYN, outside the window", SYN, AT_RCV, FAR, NO_ACK, 0, false, 0, {
        [CLO] = "rst+ack =",   [LIS] = "syn+ack SYN-RECEIVED", [SS] = "syn+ack SYN-RECEIVED",
        [SRR] = "ack =",       [SRF] = "ack =",
        [EST] = "ack =", [FW1] = "ack =", [FW2] = "ack =", [CW] = "ack =", [CLG] = "ack =",
        [LA] = "ack =",  [TW] = "syn+ack SYN-RECEIVED"}},
    {"SYN-ACK", SYN | ACK, AT_ZERO, 0, OF_NXT, 0, false, 0, {
        [CLO] = "rst =",       [LIS] = "rst =",       [SS] = "ack ESTABLISHED C",
        [SRR] = "ack =",       [SRF] = "- ESTABLISHED C",
        [EST] = "ack =", [FW1] = "ack =", [FW2] = "ack =", [CW] = "ack =", [CLG] = "ack =",
        [LA] = "ack =",  [TW] = "ack ="}},
    {"SYN-ACK of something else", SYN | ACK, AT_ZERO, 0, OF_NXT, 1, false, 0, {
        [CLO] = "rst =",       [LIS] = "rst =",       [SS] = "rst =",
        [SRR] = "ack =",       [SRF] = "rst =",
        [EST] = "ack =", [FW1] = "ack =", [FW2] = "ack =", [CW] = "ack =", [CLG] = "ack =",
        [LA] = "ack =",  [TW] = "ack ="}},
    /* RFC 9293 3.10.7.4 fifth. */
    {"ACK of all", ACK, AT_RCV, 0, OF_NXT, 0, false, 0, {
        [CLO] = "rst =",         [LIS] = "rst =",           [SS] = "- =",
        [SRR] = "- ESTABLISHED", [SRF] = "- ESTABLISHED C",
        [EST] = "- =",           [FW1] = "- FIN-WAIT-2",    [FW2] = "- =", [CW] = "- =",
        [CLG] = "- TIME-WAIT",   [LA] = "- gone",           [TW] = "- ="}},
    {"ACK of what was not sent", ACK, AT_RCV, 0, OF_NXT, 1, false, 0, {
        [CLO] = "rst =",  [LIS] = "rst =",  [SS] = "rst =",  [SRR] = "rst =", [SRF] = "rst =",
        [EST] = "ack =",  [FW1] = "ack =",  [FW2] = "ack =", [CW] = "ack =",
        [CLG] = "ack =",  [LA] = "ack =",   [TW] = "- ="}},
    {"old ACK", ACK, AT_RCV, 0, OF_UNA, UINT32_MAX, false, 0, {
        [CLO] = "rst =",  [LIS] = "rst =",  [SS] = "rst =",  [SRR] = "rst =", [SRF] = "rst =",
        [EST] = "- =",    [FW1] = "- =",    [FW2] = "- =",   [CW] = "- =",
        [CLG] = "- =",    [LA] = "- =",     [TW] = "- ="}},
    /* RFC 5961 5.2: older than any window that was ever offered. */
    {"very old ACK", ACK, AT_RCV, 0, OF_UNA, 0u - 0x100000u, false, 0, {
        [CLO] = "rst =",  [LIS] = "rst =",  [SS] = "rst =",  [SRR] = "rst =", [SRF] = "rst =",
        [EST] = "ack =",  [FW1] = "ack =",  [FW2] = "ack =", [CW] = "ack =",
        [CLG] = "ack =",  [LA] = "ack =",   [TW] = "- ="}},
    /* RFC 9293 3.10.7.4 seventh. */
    {"text in order", ACK, AT_RCV, 0, OF_NXT, 0, true, TEXT_LEN, {
        [CLO] = "rst =",           [LIS] = "rst =",              [SS] = "- =",
        [SRR] = "ack ESTABLISHED", [SRF] = "ack ESTABLISHED CR",
        [EST] = "ack = R",         [FW1] = "ack FIN-WAIT-2 R",   [FW2] = "ack = R",
        [CW] = "- =",              [CLG] = "- TIME-WAIT",       [LA] = "- gone",
        [TW] = "ack ="}},
    {"text out of order", ACK, AT_RCV, 10, OF_NXT, 0, true, 0, {
        [CLO] = "rst =",           [LIS] = "rst =",              [SS] = "- =",
        [SRR] = "ack ESTABLISHED", [SRF] = "ack ESTABLISHED C",
        [EST] = "ack =",           [FW1] = "ack FIN-WAIT-2",     [FW2] = "ack =",
        [CW] = "- =",              [CLG] = "- TIME-WAIT",        [LA] = "- gone",
        [TW] = "ack ="}},
    {"text outside the window", ACK, AT_RCV, FAR, OF_NXT, 0, true, 0, {
        [CLO] = "rst =", [LIS] = "rst =", [SS] = "- =",  [SRR] = "ack =", [SRF] = "ack =",
        [EST] = "ack =", [FW1] = "ack =", [FW2] = "ack =", [CW] = "ack =", [CLG] = "ack =",
        [LA] = "ack =",  [TW] = "ack ="}},
    {"text without ACK", PSH, AT_RCV, 0, NO_ACK, 0, true, 0, {
        [CLO] = "rst+ack =", [LIS] = "- =", [SS] = "- =",  [SRR] = "- =", [SRF] = "- =",
        [EST] = "- =",       [FW1] = "- =", [FW2] = "- =", [CW] = "- =",  [CLG] = "- =",
        [LA] = "- =",        [TW] = "ack ="}},
    /* RFC 9293 3.10.7.4 eighth. */
    {"FIN", FIN | ACK, AT_RCV, 0, OF_UNA, 0, false, 1, {
        [CLO] = "rst =", [LIS] = "rst =", [SS] = "rst =", [SRR] = "rst =", [SRF] = "rst =",
        [EST] = "ack CLOSE-WAIT R", [FW1] = "ack CLOSING R", [FW2] = "ack TIME-WAIT R"}},
    {"FIN and ACK of all", FIN | ACK, AT_RCV, 0, OF_NXT, 0, false, 1, {
        [CLO] = "rst =", [LIS] = "rst =", [SS] = "- =",
        [SRR] = "ack CLOSE-WAIT",   [SRF] = "ack CLOSE-WAIT CR",
        [EST] = "ack CLOSE-WAIT R", [FW1] = "ack TIME-WAIT R", [FW2] = "ack TIME-WAIT R"}},
    {"FIN behind a hole", FIN | ACK, AT_RCV, 10, OF_NXT, 0, true, 0, {
        [CLO] = "rst =", [LIS] = "rst =", [SS] = "- =",
        [SRR] = "ack ESTABLISHED", [SRF] = "ack ESTABLISHED C",
        [EST] = "ack =",           [FW1] = "ack FIN-WAIT-2", [FW2] = "ack ="}},
    {"the FIN again", FIN | ACK, AT_RCV, UINT32_MAX, OF_UNA, 0, false, 0, {
        [CW] = "ack =", [CLG] = "ack =", [LA] = "ack =", [TW] = "ack ="}},
    /* RFC 9293 3.10.7.4 second, RFC 5961 3.2, RFC 1337. */
    {"RST, exact", RST, AT_RCV, 0, NO_ACK, 0, false, 0, {
        [CLO] = "- =",      [LIS] = "- =",      [SS] = "- =",
        [SRR] = "- gone",   [SRF] = "- gone !",
        [EST] = "- gone !", [FW1] = "- gone !", [FW2] = "- gone !", [CW] = "- gone !",
        [CLG] = "- gone !", [LA] = "- gone !",  [TW] = "- ="}},
    {"RST, in the window", RST, AT_RCV, 5, NO_ACK, 0, false, 0, {
        [CLO] = "- =",   [LIS] = "- =",   [SS] = "- =",    [SRR] = "ack =", [SRF] = "ack =",
        [EST] = "ack =", [FW1] = "ack =", [FW2] = "ack =", [CW] = "ack =",  [CLG] = "ack =",
        [LA] = "ack =",  [TW] = "- ="}},
    {"RST, outside the window", RST, AT_RCV, FAR, NO_ACK, 0, false, 0, {
        [CLO] = "- =", [LIS] = "- =", [SS] = "- =",  [SRR] = "- =", [SRF] = "- =",
        [EST] = "- =", [FW1] = "- =", [FW2] = "- =", [CW] = "- =",  [CLG] = "- =",
        [LA] = "- =",  [TW] = "- ="}},
    {"RST before the window", RST, AT_RCV, UINT32_MAX, NO_ACK, 0, false, 0, {
        [CLO] = "- =", [LIS] = "- =", [SS] = "- =",  [SRR] = "- =", [SRF] = "- =",
        [EST] = "- =", [FW1] = "- =", [FW2] = "- =", [CW] = "- =",  [CLG] = "- =",
        [LA] = "- =",  [TW] = "- ="}},
    {"RST with ACK of all", RST | ACK, AT_RCV, 0, OF_NXT, 0, false, 0, {
        [CLO] = "- =",      [LIS] = "- =",      [SS] = "- gone !",
        [SRR] = "- gone",   [SRF] = "- gone !",
        [EST] = "- gone !", [FW1] = "- gone !", [FW2] = "- gone !", [CW] = "- gone !",
        [CLG] = "- gone !", [LA] = "- gone !",  [TW] = "- ="}},
    {"RST with ACK of something else", RST | ACK, AT_RCV, 0, OF_NXT, 1, false, 0, {
        [SS] = "- ="}},
};
/* clang-format on */

/* Where the four numbers lead now. */
static const char *where(void)
{
    struct mn_tcp_entry *entry = mn_tcp_demux_find(&fix.tcp->demux, &fix.local, &fix.remote);
    if (!entry)
        return "gone";
    switch (entry->kind) {
    case MN_TCP_ENTRY_SYN:
        return "SYN-RECEIVED";
    case MN_TCP_ENTRY_TIME_WAIT:
        return "TIME-WAIT";
    default:
        return mn_tcp_state_name(mn_tcp_conn_of(entry)->state);
    }
}

static void expect_answer(const char *answer, const struct seg *seg, unsigned column,
                          uint32_t takes)
{
    uint32_t space = seg->len + !!(seg->flags & SYN) + !!(seg->flags & FIN);
    /* After the peer's FIN nothing more is taken. */
    uint32_t rcv = columns[column].rcv + (column < CW ? takes : 0);
    if (columns[column].rcv == 0)
        rcv = seg->seq + 1; /* what SYN-SENT learns */
    if (!strcmp(answer, "ack"))
        expect_tx(ACK, columns[column].nxt, rcv);
    else if (!strcmp(answer, "rst"))
        expect_tx(RST, seg->ack, 0);
    else if (!strcmp(answer, "rst+ack"))
        expect_tx(RST | ACK, 0u - fix.iss, seg->seq + space);
    else if (!strcmp(answer, "syn+ack"))
        expect_tx(SYN | ACK, 0, seg->seq + 1);
    else
        assert_string_equal(answer, "-");
    expect_nothing();
}

static unsigned events_of(const char *letters)
{
    return (strchr(letters, 'C') ? MNET_EV_CONNECTED : 0) |
           (strchr(letters, 'R') ? MNET_EV_READABLE : 0) |
           (strchr(letters, '!') ? MNET_EV_ERROR : 0);
}

/* One cell, in a world of its own. */
static void check_cell(const struct row *row, unsigned column)
{
    char answer[16] = "", state[16] = "", told[8] = "";
    print_message("# %s in %s: %s\n", row->name, columns[column].name, row->cell[column]);
    assert_true(sscanf(row->cell[column], "%15s %15s %7s", answer, state, told) >= 2);
    columns[column].enter();
    struct seg seg = {.flags = row->flags, .seq = row->seq};
    seg.seq += row->base == AT_RCV ? columns[column].rcv : 0;
    seg.ack = row->ack_by + (row->ack == OF_NXT ? columns[column].nxt : columns[column].una);
    if (row->ack == NO_ACK)
        seg.ack = 0;
    if (row->has_text) {
        seg.text = TEXT;
        seg.len = TEXT_LEN;
    }
    (void)rx_seg(&seg);
    expect_answer(answer, &seg, column, row->takes);
    const char *before = column <= LIS ? "gone" : columns[column].name;
    assert_string_equal(where(), strcmp(state, "=") ? state : before);
    fix.events &= MNET_EV_CONNECTED | MNET_EV_READABLE | MNET_EV_ERROR;
    expect_events(events_of(told));
    fix_restart();
}

static void check_column(unsigned column)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].cell[column])
            check_cell(&rows[i], column);
}

#define COLUMN(name, column)                                                                       \
    static void test_segments_in_##name(void **state)                                              \
    {                                                                                              \
        (void)state;                                                                               \
        check_column(column);                                                                      \
    }

COLUMN(closed, CLO)
COLUMN(listen, LIS)
COLUMN(syn_sent, SS)
COLUMN(syn_received_as_a_record, SRR)
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
        FIX_TEST(test_segments_in_closed),
        FIX_TEST(test_segments_in_listen),
        FIX_TEST(test_segments_in_syn_sent),
        FIX_TEST(test_segments_in_syn_received_as_a_record),
        FIX_TEST(test_segments_in_syn_received_as_a_connection),
        FIX_TEST(test_segments_in_established),
        FIX_TEST(test_segments_in_fin_wait_1),
        FIX_TEST(test_segments_in_fin_wait_2),
        FIX_TEST(test_segments_in_close_wait),
        FIX_TEST(test_segments_in_closing),
        FIX_TEST(test_segments_in_last_ack),
        FIX_TEST(test_segments_in_time_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
