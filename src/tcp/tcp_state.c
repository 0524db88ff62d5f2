/* SPDX-License-Identifier: ISC
 *
 * The state of a connection and the ways between states: RFC 9293 3.3.2, figure 5.
 *
 * Nothing else writes conn->state, so the figure cannot be left without the assertion below. Two
 * ways are not in the figure because they are not ways of one connection there: from CLOSED to
 * SYN-RECEIVED, when a listener's record becomes a connection; and to CLOSED from anywhere, by a
 * reset, a timeout or an abort. */
#include <tcp/tcp_conn.h>

#define TO(state) (1u << MN_TCP_##state)

/* Where one may go from each state, besides CLOSED. */
static const uint16_t ways[MN_TCP_STATE_COUNT] = {
    [MN_TCP_CLOSED] = TO(SYN_SENT) | TO(SYN_RECEIVED),
    /* RFC 9293 3.5 MUST-10: simultaneous open. */
    [MN_TCP_SYN_SENT] = TO(SYN_RECEIVED) | TO(ESTABLISHED),
    [MN_TCP_SYN_RECEIVED] = TO(ESTABLISHED),
    [MN_TCP_ESTABLISHED] = TO(FIN_WAIT_1) | TO(CLOSE_WAIT),
    [MN_TCP_FIN_WAIT_1] = TO(FIN_WAIT_2) | TO(CLOSING),
    [MN_TCP_FIN_WAIT_2] = TO(TIME_WAIT),
    [MN_TCP_CLOSE_WAIT] = TO(LAST_ACK),
    [MN_TCP_CLOSING] = TO(TIME_WAIT),
    [MN_TCP_LAST_ACK] = 0,
    [MN_TCP_TIME_WAIT] = 0,
};

static const char *const names[MN_TCP_STATE_COUNT] = {
    [MN_TCP_CLOSED] = "CLOSED",
    [MN_TCP_SYN_SENT] = "SYN-SENT",
    [MN_TCP_SYN_RECEIVED] = "SYN-RECEIVED",
    [MN_TCP_ESTABLISHED] = "ESTABLISHED",
    [MN_TCP_FIN_WAIT_1] = "FIN-WAIT-1",
    [MN_TCP_FIN_WAIT_2] = "FIN-WAIT-2",
    [MN_TCP_CLOSE_WAIT] = "CLOSE-WAIT",
    [MN_TCP_CLOSING] = "CLOSING",
    [MN_TCP_LAST_ACK] = "LAST-ACK",
    [MN_TCP_TIME_WAIT] = "TIME-WAIT",
};

void mn_tcp_state_set(struct mnet_conn *conn, enum mn_tcp_state state)
{
    MN_ASSERT(state < MN_TCP_STATE_COUNT && conn->state < MN_TCP_STATE_COUNT);
    MN_ASSERT(state == MN_TCP_CLOSED || (ways[conn->state] & (1u << state)) != 0);
    char tag[MNET_CONN_TAG_MAX];
    MN_LOG(conn->tcp->env, MNET_LOG_DEBUG, "tcp", mnet_conn_tag(conn, tag, sizeof tag), "%s -> %s",
           names[conn->state], names[state]);
    conn->state = (uint8_t)state;
}

const char *mn_tcp_state_name(unsigned state)
{
    MN_ASSERT(state < MN_TCP_STATE_COUNT);
    return names[state];
}
