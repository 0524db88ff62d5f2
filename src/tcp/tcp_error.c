/* SPDX-License-Identifier: ISC
 *
 * What ICMP, or our own neighbour table, says of a segment that we sent: RFC 9293 3.9.2.2, RFC
 * 1191, RFC 5927.
 *
 * Anybody can send an ICMP message. It is believed only when it quotes a sequence number that is in
 * flight (RFC 5927 4.1), and then as little as possible: a smaller path MTU is taken over and what
 * is in flight sent again in smaller segments; anything else is remembered as the likely reason if
 * the connection dies. Only an attempt to open a connection ends at once, when the message says
 * that nobody is there to answer. */
#include <tcp/tcp_conn.h>

/* RFC 5927 4.1: SND.UNA =< SEG.SEQ < SND.NXT. What our own host says needs no proof. */
static bool is_in_flight(const struct mnet_conn *conn, struct mn_seq seq)
{
    return mn_seq_le(conn->snd_una, seq) && mn_seq_lt(seq, conn->snd_max);
}

/* RFC 1191 6.4: segments that were too large are lost for sure; this is no sign of congestion. */
static void path_mtu(struct mnet_conn *conn, const struct mn_ip_err *err)
{
    uint16_t before = conn->mss;
    (void)mn_ip_pmtu_update(conn->tcp->ip, &conn->entry.remote.addr, err->mtu);
    mn_tcp_mss_update(conn);
    if (conn->mss >= before)
        return;
    conn->snd_nxt = conn->snd_una;
    conn->rtt_sent_at = MNET_NEVER;
    mn_tcp_mtu_loss(conn, false);
    mn_tcp_want_output(conn);
}

/* An attempt to open meets an error. RFC 9293 3.9.2.2 MUST-56: a soft one does not end it. */
static void opening_error(struct mnet_conn *conn, const struct mn_ip_err *err)
{
    if (err->is_local)
        mn_tcp_conn_end(conn, MNET_ERR_NET_UNREACH);
    else if (err->is_hard)
        mn_tcp_conn_end(conn, MNET_ERR_CONN_REFUSED);
    else
        conn->soft_error = (int8_t)err->err;
}

static void conn_error(struct mnet_conn *conn, const struct mn_ip_err *err, struct mn_seq seq)
{
    if (!err->is_local && !is_in_flight(conn, seq)) {
        mn_env_count_drop(conn->tcp->env, MNET_DROP_ICMP_QUOTE_BAD);
        return;
    }
    if (err->err == MNET_ERR_MSG_SIZE)
        path_mtu(conn, err);
    else if (conn->state == MN_TCP_SYN_SENT)
        opening_error(conn, err);
    else
        /* RFC 5927 5.2: on an open connection even a hard error is taken for a soft one. */
        conn->soft_error = (int8_t)err->err;
}

void mn_tcp_error(struct mn_transport *t, const struct mn_ip_err *err)
{
    struct mn_tcp *tcp = mn_tcp_of(t);
    struct mn_rd rd = err->quote;
    struct mn_tcp_hdr hdr;
    if (!mn_tcp_quote_read(&rd, &hdr)) {
        mn_env_count_drop(tcp->env, MNET_DROP_ICMP_QUOTE_BAD);
        return;
    }
    struct mnet_endpoint local = {err->src, hdr.src_port};
    struct mnet_endpoint remote = {err->dst, hdr.dst_port};
    struct mn_tcp_entry *entry = mn_tcp_demux_find(&tcp->demux, &local, &remote);
    if (entry && entry->kind == MN_TCP_ENTRY_CONN)
        conn_error(mn_tcp_conn_of(entry), err, hdr.seq);
    else if (entry && entry->kind == MN_TCP_ENTRY_SYN)
        mn_tcp_syn_error(tcp, (struct mn_tcp_syn *)(void *)entry, err);
    else
        mn_env_count_drop(tcp->env, MNET_DROP_ICMP_QUOTE_BAD);
}
