/* SPDX-License-Identifier: ISC
 *
 * What a connection says of itself, in numbers and in lines of text. */
#include <base/fmt.h>
#include <tcp/tcp_conn.h>

char *mnet_conn_tag(const struct mnet_conn *conn, char *buf, size_t cap)
{
    char local[MNET_ENDPOINT_TEXT_MAX];
    char remote[MNET_ENDPOINT_TEXT_MAX];
    mnet_endpoint_print(&conn->entry.local, local, sizeof local);
    mnet_endpoint_print(&conn->entry.remote, remote, sizeof remote);
    (void)mn_fmt(buf, cap, "%s %s", local, remote);
    return buf;
}

void mnet_conn_info(const struct mnet_conn *conn, struct mnet_conn_info *info)
{
    *info = (struct mnet_conn_info){
        .state = mn_tcp_state_name(conn->state),
        .snd_una = conn->snd_una.v,
        .snd_nxt = conn->snd_nxt.v,
        .snd_wnd = conn->snd_wnd,
        .rcv_nxt = conn->rcv_nxt.v,
        .rcv_wnd = mn_tcp_rcv_left(conn),
        .cwnd = conn->cc.cwnd,
        .ssthresh = conn->cc.ssthresh,
        .mss_send = conn->mss,
        .mss_recv = conn->rcv_mss,
        .snd_wscale = conn->snd_wscale,
        .rcv_wscale = conn->rcv_wscale,
        .has_timestamps = conn->has_timestamps,
        .has_sack = conn->has_sack,
        .has_wscale = conn->has_wscale,
        .srtt = mn_rtt_srtt(&conn->rtt),
        .rttvar = mn_rtt_rttvar(&conn->rtt),
        .rto = mn_rtt_rto(&conn->rtt, conn->backoff),
        .bytes_sent = conn->bytes_sent,
        .bytes_acked = conn->bytes_acked,
        .bytes_received = conn->bytes_received,
        .retransmits = conn->retransmits,
        .send_queued = conn->sndq.len,
        .recv_queued = conn->rcvq.len,
    };
}

void mn_tcp_show_conn(const struct mnet_conn *conn, void (*line)(void *arg, const char *text),
                      void *arg)
{
    char tag[MNET_CONN_TAG_MAX];
    char text[MNET_CONN_TAG_MAX + 160];
    (void)mn_fmt(
        text, sizeof text, "tcp %s %s queued %u/%u wnd %u/%u cwnd %u mss %u srtt %lluus rexmt %u",
        mnet_conn_tag(conn, tag, sizeof tag), mn_tcp_state_name(conn->state), conn->sndq.len,
        conn->rcvq.len, conn->snd_wnd, mn_tcp_rcv_left(conn), conn->cc.cwnd, (unsigned)conn->mss,
        (unsigned long long)(mn_rtt_srtt(&conn->rtt) / MNET_US(1)), conn->retransmits);
    line(arg, text);
}
