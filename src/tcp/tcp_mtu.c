/* SPDX-License-Identifier: ISC
 *
 * What the path takes, found out without the help of ICMP: RFC 4821, RFC 8899; the black holes of
 * RFC 2923 2.1.
 *
 * Down: when full segments time out three times in a row and nobody says why, segments get smaller;
 * after two more timeouts once more. Since what is to be sent again are bytes of the send queue and
 * no segments, it leaves in the new size by itself. The size is believed, and told to other
 * connections through the cache of ip/pmtu.c, when something of it is acknowledged: a link that was
 * down for a while teaches nobody anything.
 *
 * Up: the cache says which larger size is worth a try. One segment of that size, a packet of its
 * own whatever the device can cut, is sent as new data in front of at least three others. If it is
 * acknowledged, it is the new size. If those behind it arrive and it does not, it is sent again in
 * segments of the old size; that is no sign of congestion, so the window stays as it is, and the
 * next probe waits for some round trips.
 *
 * A connection whose segments are as large as link and peer allow has mtu_probe_at at MNET_NEVER:
 * it pays one comparison for each output. */
#include <tcp/tcp_conn.h>

/* RFC 4821 7.7: a full stop is several timeouts. The third one in a row is seldom chance, or a link
 * that was down for a second; once we are about it, two more are enough. */
#define FALL_FIRST 3u
#define FALL_EACH 2u
/* RFC 4821 7.4: so many segments behind the probe tell of its loss by duplicate ACKs. */
#define FOLLOWERS 3u
/* A lost probe is a loss without answer. One in so many round trips is less than congestion control
 * allows itself on paths where it matters. */
#define PAUSE_RTTS 8u
#define PAUSE_MIN MNET_MS(100)

static const struct mnet_addr *peer(const struct mnet_conn *conn)
{
    return &conn->entry.remote.addr;
}

/* What a packet of full size has beside its text. */
static uint32_t overhead(const struct mnet_conn *conn)
{
    return mn_tcp_mtu(conn) - conn->mss;
}

/* The size of the next probe, as an IP packet with at most `text` bytes of text. 0: none;
 * mtu_probe_at says when to ask again. */
static uint32_t next_size(struct mnet_conn *conn, uint32_t text)
{
    mnet_time again;
    uint32_t opts = conn->has_timestamps ? (uint32_t)MN_TCP_TS_LEN : 0u;
    uint32_t full = (conn->mss_peer > MN_TCP_MSS_MIN ? conn->mss_peer : MN_TCP_MSS_MIN) - opts;
    uint32_t most = (text < full ? text : full) + overhead(conn);
    uint32_t size = mn_ip_pmtu_probe(conn->tcp->ip, peer(conn), mn_tcp_mtu(conn), most, &again);
    if (size == 0)
        conn->mtu_probe_at = again;
    return size;
}

void mn_tcp_mtu_look(struct mnet_conn *conn)
{
    if (next_size(conn, UINT16_MAX) != 0)
        conn->mtu_probe_at = conn->tcp->env->now;
}

void mn_tcp_mtu_forget(struct mnet_conn *conn)
{
    conn->mtu_probe_len = 0;
    conn->is_mtu_probe_lost = false;
}

static void pause_probing(struct mnet_conn *conn)
{
    mnet_time pause = PAUSE_RTTS * mn_rtt_srtt(&conn->rtt);
    conn->mtu_probe_at = conn->tcp->env->now + (pause > PAUSE_MIN ? pause : PAUSE_MIN);
}

/* Whether nothing is known to be wrong: a probe in a recovery, which duplicate ACKs begin, would
 * tell nothing. SACK blocks of ours would make it larger than it is meant to be. */
static bool is_calm(const struct mnet_conn *conn)
{
    return !conn->is_after_rto && conn->dup_acks == 0 && conn->scoreboard.len == 0 &&
           mn_seq_eq(conn->snd_nxt, conn->snd_max) && !mn_rcvq_has_ooo(&conn->rcvq);
}

uint32_t mn_tcp_mtu_probe_len(struct mnet_conn *conn, uint32_t queued)
{
    uint32_t sent = mn_seq_diff(conn->snd_nxt, conn->snd_una);
    uint32_t room = conn->snd_wnd > sent ? conn->snd_wnd - sent : 0;
    room = room < queued ? room : queued;
    room = room < conn->cc.cwnd ? room : conn->cc.cwnd;
    /* RFC 4821 7.4: only if what follows can leave, too; and not for a few bytes more. */
    uint32_t behind = FOLLOWERS * (uint32_t)conn->mss;
    if (!is_calm(conn) || room < behind + conn->mss + conn->mss / 4u)
        return 0;
    uint32_t size = next_size(conn, room - behind);
    return size == 0 ? 0 : size - overhead(conn);
}

void mn_tcp_mtu_probe_sent(struct mnet_conn *conn, const struct mn_tcp_piece *p, uint32_t len)
{
    if (!p || p->len != len) {
        pause_probing(conn);
        return;
    }
    conn->tcp->env->stats.tcp_mtu_probes++;
    conn->mtu_probe = p->seq;
    conn->mtu_probe_len = (uint16_t)len;
    conn->mtu_probe_at = MNET_NEVER;
}

static uint32_t probe_size(const struct mnet_conn *conn)
{
    return conn->mtu_probe_len + overhead(conn);
}

/* RFC 4821 7.6.1: the probe has arrived. */
static void probe_arrived(struct mnet_conn *conn)
{
    uint32_t size = probe_size(conn);
    mn_tcp_mtu_forget(conn);
    mn_ip_pmtu_probed(conn->tcp->ip, peer(conn), mn_tcp_mtu(conn), size, true);
    mn_tcp_mtu_set(conn, size);
    mn_tcp_mtu_look(conn);
}

void mn_tcp_mtu_acked(struct mnet_conn *conn)
{
    if (conn->mtu_lost != 0) {
        mn_ip_pmtu_fell(conn->tcp->ip, peer(conn), mn_tcp_mtu(conn), conn->mtu_lost);
        conn->mtu_lost = 0;
        mn_tcp_mtu_look(conn);
    }
    if (conn->mtu_probe_len != 0 && !conn->is_mtu_probe_lost &&
        mn_seq_ge(conn->snd_una, mn_tcp_mtu_probe_end(conn)))
        probe_arrived(conn);
}

/* RFC 4821 7.6.2, 7.6.4: a loss among others tells nothing of the probe. */
void mn_tcp_mtu_loss(struct mnet_conn *conn, bool is_alone)
{
    if (conn->mtu_probe_len == 0 || conn->is_mtu_probe_lost)
        return;
    pause_probing(conn);
    if (is_alone) {
        conn->is_mtu_probe_lost = true;
        mn_ip_pmtu_probed(conn->tcp->ip, peer(conn), mn_tcp_mtu(conn), probe_size(conn), false);
    } else {
        conn->mtu_probe_len = 0;
    }
}

/* RFC 4821 7.7, RFC 8899 4.3, RFC 2923 2.1: what times out again and again may be too large. */
static void fall(struct mnet_conn *conn)
{
    struct mn_ip *ip = conn->tcp->ip;
    uint32_t mtu = mn_tcp_mtu(conn);
    uint32_t lower = mn_ip_pmtu_fallback(ip, peer(conn), mtu);
    uint32_t text = conn->sndq.len < conn->snd_wnd ? conn->sndq.len : conn->snd_wnd;
    uint32_t lost = text < conn->mss ? text + overhead(conn) : mtu;
    /* A segment that would be no smaller is lost for another reason. */
    if (lower >= mtu || lost <= lower)
        return;
    if (conn->mtu_lost == 0)
        conn->mtu_lost = (uint16_t)mtu;
    conn->tcp->env->stats.tcp_mtu_falls++;
    mn_tcp_mtu_set(conn, lower);
}

void mn_tcp_mtu_timeout(struct mnet_conn *conn)
{
    /* RFC 4821 7.6.3: those that should have told of the probe's loss may be lost themselves. */
    mn_tcp_mtu_loss(conn, mn_seq_eq(conn->snd_una, conn->mtu_probe));
    mn_tcp_mtu_forget(conn);
    if (conn->backoff >= FALL_FIRST && (conn->backoff - FALL_FIRST) % FALL_EACH == 0)
        fall(conn);
}
