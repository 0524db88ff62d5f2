/* SPDX-License-Identifier: ISC
 *
 * tcp/tcp_conn.h - the state of TCP: one struct mn_tcp per stack, one struct mnet_conn per
 * connection, and what the files of this folder owe each other. RFC 9293.
 *
 *        user calls               segments              timers            ICMP
 *       tcp_user.c               tcp_in.c            tcp_timer.c       tcp_error.c, tcp_mtu.c
 *            \        ___________/  |  \_________       |                /
 *             \      /              |            \      |               /
 *              \  tcp_listen.c   tcp_ack.c   tcp_text.c |              /
 *               \ tcp_time_wait  tcp_recovery           |             /
 *                \     \            |            |      |            /
 *                 `-----`---> edit the connection, mark what is wanted
 *                                   |
 *                    tcp_out.c (once per connection and batch) ---> mn_ip_out
 *
 * Below that line lie parts that never see a connection: rtt, cc, rcvq, sndq, scoreboard.
 * tcp_state.c alone writes `state`; tcp_rst.c sends what no connection sends. A SYN-RECEIVED record
 * of a listener and a TIME-WAIT record are compact structs of their own; all three kinds begin with
 * struct mn_tcp_entry and lie in one table (tcp_demux.c).
 *
 * Where each event is handled, and what tests it (tests/unit/tcp/):
 *
 *   event                              where                                    test
 *   OPEN, active                       tcp_user.c      mn_tcp_open              tcp_user_test
 *   OPEN, passive; SYN for it          tcp_listen.c, tcp_syn.c                  tcp_listen_test
 *   SEND, RECEIVE, CLOSE, ABORT        tcp_user.c      mnet_conn_*              tcp_user_test
 *   segment: parse, checksum           tcp_seg.c       mn_tcp_seg_parse         tcp_seg_test
 *   segment: find who it is for        tcp_in.c        mn_tcp_in                tcp_in_test
 *   ... in SYN-SENT: ack rst syn       tcp_in.c        syn_sent_in              tcp_in_test
 *   ... first: sequence number, PAWS   tcp_in.c        check_sequence           tcp_in_test
 *   ... second: RST                    tcp_in.c        check_rst                tcp_in_test
 *   ... fourth: SYN                    tcp_in.c        check_syn                tcp_in_test
 *   ... fifth: ACK                     tcp_ack.c       mn_tcp_ack_in            tcp_ack_test
 *   ...        duplicate ACK, recovery tcp_recovery.c  mn_tcp_recovery_*        tcp_recovery_test
 *   ... sixth: URG                     tcp_text.c      (data stays in line)     tcp_text_test
 *   ... seventh: text                  tcp_text.c      mn_tcp_text_in           tcp_text_test
 *   ... eighth: FIN                    tcp_text.c      mn_tcp_fin_in            tcp_text_test
 *   ... in TIME-WAIT                   tcp_time_wait.c mn_tcp_time_wait_in      tcp_time_wait_test
 *   ... for nobody                     tcp_rst.c       mn_tcp_rst_reply         tcp_rst_test
 *   retransmission, persist, delayed ACK, keepalive, user timeout, FIN-WAIT-2
 *                                      tcp_timer.c     mn_tcp_timer_expired     tcp_timer_test
 *   ICMP error, neighbour failure      tcp_error.c     mn_tcp_error             tcp_error_test
 *   what the path takes, without ICMP  tcp_mtu.c       mn_tcp_mtu_*             tcp_mtu_test
 *   memory short                       tcp.c           shed                     tcp_test
 */
#ifndef MN_TCP_CONN_H
#define MN_TCP_CONN_H

#include <base/assert.h>
#include <base/env.h>
#include <base/list.h>
#include <base/pkt.h>
#include <base/seq.h>
#include <ip/ip.h>
#include <mnet/conn.h>
#include <tcp/cc.h>
#include <tcp/rcvq.h>
#include <tcp/rtt.h>
#include <tcp/scoreboard.h>
#include <tcp/sndq.h>
#include <tcp/tcp.h>
#include <tcp/tcp_demux.h>
#include <tcp/tcp_isn.h>
#include <tcp/tcp_listen.h>
#include <tcp/tcp_rst.h>
#include <tcp/tcp_time_wait.h>
#include <wire/tcp_hdr.h>
#include <wire/tcp_opts.h>

/* RFC 9293 3.3.2. LISTEN is a listener; SYN-RECEIVED after a passive open and TIME-WAIT are records
 * of their own, so a connection is SYN-RECEIVED only for a moment (its record has just become a
 * connection) or after a simultaneous open, and TIME-WAIT only while its user still holds it. */
enum mn_tcp_state {
    MN_TCP_CLOSED,
    MN_TCP_SYN_SENT,
    MN_TCP_SYN_RECEIVED,
    MN_TCP_ESTABLISHED,
    MN_TCP_FIN_WAIT_1,
    MN_TCP_FIN_WAIT_2,
    MN_TCP_CLOSE_WAIT,
    MN_TCP_CLOSING,
    MN_TCP_LAST_ACK,
    MN_TCP_TIME_WAIT,
    MN_TCP_STATE_COUNT
};

/* The low bits of mn_timer.kind, beside MN_TIMER_TCP: who a timer belongs to. */
enum mn_tcp_timer_kind {
    MN_TCP_TIMER_CONN,
    MN_TCP_TIMER_SYN,
    MN_TCP_TIMER_TIME_WAIT,
    MN_TCP_TIMER_LISTEN
};

/* RFC 9293 3.7.1 MUST-15: when the peer offers none; over IPv6 the second. */
#define MN_TCP_MSS_DEFAULT 536u
#define MN_TCP_MSS_DEFAULT6 1220u
/* What a peer or a path may press us to: below, headers are most of the traffic (CVE-2019-11479).
 */
#define MN_TCP_MSS_MIN 88u

/* One segment that has come, in host order: RFC 9293 3.3.1 SEG.*. It lives on the stack of
 * mn_tcp_in. */
struct mn_tcp_seg {
    struct mn_pkt *pkt;        /* the text, header pulled; borrowed, NULL once it was kept */
    const struct mn_ip_rx *rx; /* from and to which addresses */
    struct mn_seq seq; /* SEG.SEQ: of the SYN if there is one, else of the first byte of text */
    struct mn_seq ack; /* SEG.ACK, with the ACK flag */
    uint32_t len;      /* bytes of text; SEG.LEN less SYN and FIN */
    uint16_t src_port; /* the peer's */
    uint16_t dst_port; /* ours */
    uint16_t wnd;      /* SEG.WND as it was in the header, not scaled */
    uint16_t count;    /* wire segments that were merged into this one, at least 1: a guess */
    uint16_t each;     /* text of each of them but the last, as the device says; 0: not merged */
    uint8_t flags;     /* MN_TCP_FIN, MN_TCP_SYN, ... of wire/tcp_hdr.h */
    struct mn_tcp_opts opts; /* options understood */
};

/* SEG.LEN of RFC 9293 3.3.1: text, SYN and FIN. */
static inline uint32_t mn_tcp_seg_space(const struct mn_tcp_seg *seg)
{
    return seg->len + ((seg->flags & MN_TCP_SYN) ? 1u : 0u) + ((seg->flags & MN_TCP_FIN) ? 1u : 0u);
}

/* What the two SYNs have settled; from a listener's record or from an active open. */
struct mn_tcp_handshake {
    struct mn_seq iss, irs; /* initial sequence numbers: ours, the peer's */
    uint32_t rcv_wnd;       /* window that our SYN promised, bytes after irs + 1 */
    uint32_t snd_wnd;       /* window of the peer's last segment, scaled */
    uint32_t ts_recent;     /* the peer's last timestamp value */
    uint32_t ts_offset;     /* what we add to our timestamp clock for this connection */
    uint16_t mss_peer;      /* the peer's MSS option, or MN_TCP_MSS_DEFAULT */
    uint8_t snd_wscale;     /* shift of windows that the peer sends */
    uint8_t rcv_wscale;     /* shift of windows that we send */
    bool has_wscale;        /* both SYNs carried the option; likewise: */
    bool has_timestamps;
    bool has_sack;
    bool is_retransmitted; /* our SYN or SYN-ACK was sent more than once (RFC 6298 5.7, RFC
                              5681 3.1) */
    mnet_time syn_sent_at; /* when ours was sent, for the first round-trip sample */
};

/* A connection. Sequence space: the first byte of `sndq` is snd_una, or iss + 1 while our SYN is
 * not acknowledged; our FIN, once queued, comes after its last byte. */
struct mnet_conn {
    /* -- id: found by the demultiplexer -- */
    struct mn_tcp_entry entry;      /* first: addresses, ports, hash chain */
    struct mn_tcp *tcp;             /* the stack's TCP */
    struct mnet_listener *listener; /* while it waits to be accepted; NULL otherwise */
    uint32_t flow_label;            /* of the packets that we send: RFC 6437 */
    uint8_t state;                  /* enum mn_tcp_state; written by tcp_state.c only */

    /* -- user: who is told what -- */
    uint8_t events;              /* MNET_EV_* not told yet */
    int8_t error;                /* mnet_err: why it is dead, 0 while it is not */
    int8_t soft_error;           /* mnet_err: what ICMP said last; the reason if it times out */
    mnet_conn_event_fn on_event; /* may be NULL */
    void *arg;                   /* for on_event */
    struct mn_list queue_node;   /* on tcp->event_list; until accepted: on the listener's queue */
    struct mn_list out_node;     /* on tcp->out_list when mn_tcp_output shall look at it */
    bool has_user : 1;           /* somebody owns it: it is not freed behind his back */
    bool is_rd_shut : 1;         /* shutdown READ: text is refused */
    bool is_fin_queued : 1;      /* CLOSE or shutdown WRITE was called: a FIN follows the data */
    bool is_write_blocked : 1;   /* a send was cut short: WRITABLE is owed */
    bool is_nodelay : 1;         /* Nagle's algorithm is off */

    /* -- snd: RFC 9293 3.3.1, figure 3 -- */
    bool has_wscale : 1;      /* RFC 7323 2: windows are scaled */
    bool has_timestamps : 1;  /* RFC 7323 3 */
    bool has_sack : 1;        /* RFC 2018 */
    bool is_syn_acked : 1;    /* our SYN was acknowledged */
    bool is_persisting : 1;   /* rexmt_at is for a zero-window probe, not for a retransmission */
    bool is_probe_wanted : 1; /* the next output sends a zero-window probe */
    bool is_keep_wanted : 1;  /* the next output sends a keepalive probe */
    bool is_fin_acked : 1;    /* our FIN was acknowledged */
    struct mn_seq iss;        /* our initial sequence number */
    struct mn_seq snd_una;    /* oldest not acknowledged */
    struct mn_seq snd_nxt; /* next to send; goes back to snd_una after a retransmission timeout */
    struct mn_seq snd_max; /* highest sent, plus one: SND.NXT of the RFC */
    struct mn_seq snd_wl1, snd_wl2; /* SEG.SEQ and SEG.ACK of the last window update */
    uint32_t snd_wnd;               /* what the peer lets us send past snd_una, scaled */
    uint32_t snd_wnd_max;           /* the largest it ever did, for sender SWS avoidance */
    uint16_t mss_peer;              /* the peer's MSS option */
    uint16_t mss; /* bytes of text per wire segment that we send: options and path taken off */
    uint8_t snd_wscale;          /* shift of the windows that the peer sends */
    struct mn_sndq sndq;         /* data not acknowledged yet */
    struct mn_seq snd_small_end; /* end of the last segment smaller than mss, for Nagle */

    /* -- rcv -- */
    uint8_t rcv_wscale;      /* shift of the windows that we send */
    uint8_t rcv_quick;       /* segments still to be acknowledged at once: the peer starts slowly */
    uint8_t rcv_unacked;     /* full segments not acknowledged yet (RFC 9293 3.8.6.3 SHLD-19) */
    uint8_t rcv_dups_owed;   /* duplicate ACKs owed to a peer without SACK, which counts them */
    bool is_ack_now : 1;     /* an ACK leaves with this batch */
    bool is_ack_delayed : 1; /* an ACK leaves with the next data, or when delack_at comes */
    bool is_fin_known : 1;   /* the peer's FIN was seen: it is at rcv_fin */
    bool is_fin_taken : 1;   /* ... and everything before it: rcv_nxt is past it */
    struct mn_seq irs;       /* the peer's initial sequence number */
    struct mn_seq rcv_nxt;   /* next expected */
    struct mn_seq rcv_adv; /* right edge of the window as promised: RCV.WND is rcv_adv - rcv_nxt */
    struct mn_seq rcv_fin; /* see is_fin_known */
    struct mn_seq rcv_acked; /* Last.ACK.sent of RFC 7323 4.3 */
    uint32_t rcv_mss;        /* the largest segment the peer has sent: what counts as full */
    uint32_t rcv_charged;    /* bytes of rcvq as counted in tcp->rcv_used */
    uint32_t snd_charged;    /* bytes of sndq as counted in tcp->snd_used */
    struct mn_rcvq rcvq;     /* in order and unread; and what came out of order */
    struct mn_list ooo_node; /* on tcp->ooo_list while there is something out of order */
    uint32_t ts_recent;      /* TS.Recent of RFC 7323 4.3 */
    uint32_t ts_offset;      /* added to the clock for TSval */
    mnet_time ts_recent_at;  /* when TS.Recent was set: invalid after 24 days (RFC 7323 5.5) */

    /* -- timers: instants, MNET_NEVER when not running; tcp_timer.c describes them -- */
    struct mn_timer timer;     /* for the earliest of these, or earlier */
    mnet_time rexmt_at;        /* retransmission, or zero-window probe if is_persisting */
    mnet_time delack_at;       /* delayed ACK */
    mnet_time keep_at;         /* keepalive; in FIN-WAIT-2 without user: end of patience */
    mnet_time user_at;         /* connect or user timeout */
    mnet_time user_timeout;    /* duration; 0: the stack's */
    mnet_time oow_ack_at;      /* when an unacceptable segment may be answered again */
    uint32_t keep_idle_ms;     /* keepalive: silence before the first probe; 0: off */
    uint32_t keep_interval_ms; /* ... between probes */
    uint8_t keep_count;        /* ... how many may stay unanswered */
    uint8_t keep_sent;         /* probes since the peer was heard */
    uint8_t backoff;           /* expiries in a row of rexmt_at */
    mnet_time sent_at;         /* when data was sent last */
    mnet_time heard_at;        /* when the peer was heard last */
    mnet_time confirm_at;      /* when the next ACK of new data is news for the neighbour table */

    /* -- recovery -- */
    struct mn_rtt rtt;     /* SRTT, RTTVAR, RTO */
    struct mn_seq rtt_seq; /* when this is acknowledged ... */
    mnet_time rtt_sent_at; /* ... this long ago is a sample; MNET_NEVER: nothing is timed */
    struct mn_scoreboard scoreboard; /* what the peer has said to hold out of order */
    struct mn_seq recover;           /* RFC 6582: highest sent when recovery began */
    uint32_t inflation; /* RFC 6582: segments known to have left the network, bytes added to cwnd */
    struct mn_seq rexmt_nxt;  /* RFC 6675 2, HighRxt: sent again up to here in this recovery */
    uint8_t dup_acks;         /* duplicate ACKs in a row, saturating */
    bool is_recovering : 1;   /* in fast recovery */
    bool is_rexmt_wanted : 1; /* the next output sends the segment at snd_una first */
    bool is_after_rto : 1;    /* resending after a timeout, until `recover` is acknowledged */

    /* -- path MTU: tcp_mtu.c -- */
    mnet_time mtu_probe_at;     /* when a larger size may be tried; MNET_NEVER: no reason to */
    struct mn_seq mtu_probe;    /* where the probe's text begins */
    uint16_t mtu_probe_len;     /* its bytes; 0: there is none under way, nor a lost one */
    uint16_t mtu_lost;          /* IP packets of this size vanished; 0: none, or the cache knows */
    bool is_mtu_probe_lost : 1; /* this recovery is for the probe alone: no sign of congestion */

    /* -- cc -- */
    struct mn_cc cc; /* congestion window and its algorithm */

    /* -- counters -- */
    uint32_t retransmits;    /* wire segments sent again */
    uint64_t bytes_sent;     /* text, the first time */
    uint64_t bytes_acked;    /* text */
    uint64_t bytes_received; /* text in order */
};

_Static_assert(sizeof(struct mnet_conn) < 640,
               "an idle connection is meant to cost well under 1 KiB");

/* TCP of one stack. */
struct mn_tcp {
    struct mn_transport transport;       /* first: the operations */
    struct mn_env *env;                  /* time, memory, timers, counters */
    struct mn_ip *ip;                    /* the layer below */
    struct mn_pool conns;                /* struct mnet_conn */
    struct mn_tcp_demux demux;           /* all entries by their four numbers; listeners by port */
    struct mn_tcp_isn isn;               /* keys for sequence numbers, timestamps, ports */
    struct mn_rcvq_mem rcvq_mem;         /* what receive queues share */
    struct mn_sndq_mem sndq_mem;         /* what send queues share */
    struct mn_pool scoreboards;          /* what scoreboards are made of */
    struct mn_tcp_rst_rate rst_rate;     /* of resets for no connection */
    struct mn_tcp_syns syns;             /* SYN-RECEIVED records */
    struct mn_tcp_time_waits time_waits; /* TIME-WAIT records */
    struct mn_list out_list;             /* connections that may have something to send: out_node */
    struct mn_list ended_list;           /* those that have ended and still have a user: out_node */
    struct mn_list event_list;           /* connections whose users are owed events: queue_node */
    struct mn_list ooo_list; /* connections with out-of-order data, oldest first: ooo_node */
    bool has_sent;           /* something left outside `out`: the link must still be flushed */

    /* Configuration. */
    uint32_t rcv_buf;          /* receive buffer of a connection, bytes */
    uint32_t snd_buf;          /* send buffer of a connection, bytes */
    uint8_t rcv_wscale;        /* shift that lets rcv_buf be said in 16 bits */
    mnet_time msl;             /* maximum segment lifetime */
    mnet_time user_timeout;    /* RFC 9293 3.8.3 */
    mnet_time connect_timeout; /* of a SYN */

    /* Memory: bytes of the budget, counted in whole blocks. */
    uint64_t rcv_used, rcv_limit; /* all receive queues together; at most 1/2 of the budget */
    uint64_t snd_used, snd_limit; /* all send queues together; at most 1/3 */

    /* RFC 5961 7: challenge ACKs of the current second. */
    mnet_time challenge_until; /* end of that second */
    uint32_t challenge_left;   /* how many more */
};

/* What a step of input makes of a segment, besides DONE, KEPT and a drop: the next step goes on
 * with it. Apart from enum mn_verdict_code. */
#define MN_TCP_GO_ON 0x100

static inline struct mn_tcp *mn_tcp_of(struct mn_transport *t)
{
    return (struct mn_tcp *)(void *)t;
}

/* -- tcp_conn.c: life of a connection; tcp.c: lists, memory -- */

/* A new connection in state CLOSED, with its place in the table; NULL when there is no memory or no
 * more are allowed. */
struct mnet_conn *mn_tcp_conn_new(struct mn_tcp *tcp, const struct mnet_endpoint *local,
                                  const struct mnet_endpoint *remote);
/* Takes over what the SYNs have settled; the state is the caller's. snd_una is iss: our SYN still
 * waits for its ACK. */
void mn_tcp_conn_start(struct mnet_conn *conn, const struct mn_tcp_handshake *hs);
/* The end: out of all tables and lists, queues freed. The user, if there is one, is told ERROR with
 * `err` and still owns a CLOSED connection; otherwise `conn` is freed. `err` 0: nothing is told. */
void mn_tcp_conn_end(struct mnet_conn *conn, mnet_err err);
/* Frees at once; the user is gone. */
void mn_tcp_conn_free(struct mnet_conn *conn);
void mn_tcp_want_output(struct mnet_conn *conn);
/* Owes events to the user, if there is one. */
void mn_tcp_want_event(struct mnet_conn *conn, unsigned events);
/* Counts anew what the queues of `conn` hold. */
void mn_tcp_charge(struct mnet_conn *conn);
/* Gives up the out-of-order data of one connection: true if there was any. */
bool mn_tcp_shed_ooo(struct mn_tcp *tcp);
/* Bytes of payload that all receive queues together can still take. */
uint32_t mn_tcp_rcv_room(const struct mn_tcp *tcp);
/* TSval of RFC 7323 for a connection with this offset: ms. */
uint32_t mn_tcp_ts_now(const struct mn_tcp *tcp, uint32_t ts_offset);
/* Both FINs are acknowledged: a TIME-WAIT record takes the place of `conn`, which is freed unless
 * it has a user. */
void mn_tcp_time_wait(struct mnet_conn *conn);
bool mn_tcp_conn_ok(const struct mnet_conn *conn);
/* tcp_show.c: one line for reports. */
void mn_tcp_show_conn(const struct mnet_conn *conn, void (*line)(void *arg, const char *text),
                      void *arg);

/* The end of a wait that begins now: MNET_NEVER when time ends before it. */
static inline mnet_time mn_tcp_after(const struct mn_tcp *tcp, mnet_time wait)
{
    mnet_time now = tcp->env->now;
    return wait < MNET_NEVER - now ? now + wait : MNET_NEVER;
}

static inline struct mnet_conn *mn_tcp_conn_of(struct mn_tcp_entry *entry)
{
    MN_ASSERT(entry->kind == MN_TCP_ENTRY_CONN);
    return (struct mnet_conn *)(void *)entry;
}

/* RCV.WND: what is left of what was promised. */
static inline uint32_t mn_tcp_rcv_left(const struct mnet_conn *conn)
{
    return mn_seq_diff(conn->rcv_adv, conn->rcv_nxt);
}

/* -- tcp_state.c -- */
void mn_tcp_state_set(struct mnet_conn *conn, enum mn_tcp_state state);
const char *mn_tcp_state_name(unsigned state);

/* -- tcp_seg.c -- */
/* Header, options, checksum: fills `seg` and pulls the header from `pkt`. DONE or a drop. */
mn_verdict mn_tcp_seg_parse(struct mn_env *env, struct mn_pkt *pkt, const struct mn_ip_rx *rx,
                            struct mn_tcp_seg *seg);

/* -- tcp_in.c -- */
mn_verdict mn_tcp_in(struct mn_transport *t, struct mn_pkt *pkt, const struct mn_ip_rx *rx);
/* RFC 5961 7: whether one more challenge ACK may leave in this second. */
bool mn_tcp_may_challenge(struct mn_tcp *tcp);

/* -- tcp_ack.c, tcp_recovery.c -- */
/* RFC 9293 3.10.7.4 fifth. GO_ON, DONE (the connection is gone, or nothing is left to do) or a
 * drop. */
mn_verdict mn_tcp_ack_in(struct mnet_conn *conn, const struct mn_tcp_seg *seg);
/* The part for an ACK of new data, shared with the fast path: snd_una < ack <= snd_max. */
void mn_tcp_ack_advance(struct mnet_conn *conn, const struct mn_tcp_seg *seg);
/* ... and the part for the window that a segment brings. */
void mn_tcp_ack_window(struct mnet_conn *conn, const struct mn_tcp_seg *seg);
void mn_tcp_recovery_dup_ack(struct mnet_conn *conn);
/* After snd_una went forward by `acked` bytes of text; `inflight` bytes were in flight before. */
void mn_tcp_recovery_new_ack(struct mnet_conn *conn, uint32_t acked, uint32_t inflight);
void mn_tcp_recovery_timeout(struct mnet_conn *conn);
/* Bytes believed to be in flight: what cwnd is compared with. */
uint32_t mn_tcp_recovery_inflight(const struct mnet_conn *conn);
/* The next sequence numbers to send again in recovery, at most a segment; false: none, or not now.
 */
bool mn_tcp_recovery_next(const struct mnet_conn *conn, struct mn_tcp_sack *range);
/* They were sent up to `end`. */
void mn_tcp_recovery_resent(struct mnet_conn *conn, struct mn_seq end);

/* -- tcp_text.c -- */
/* RFC 9293 3.10.7.4 seventh. May keep seg->pkt (then it is NULL). */
mn_verdict mn_tcp_text_in(struct mnet_conn *conn, struct mn_tcp_seg *seg);
/* Whether the fast path may give the text of `seg`, which lies at rcv_nxt inside the window, to
 * mn_tcp_text_in. */
bool mn_tcp_text_is_fast(const struct mnet_conn *conn, const struct mn_tcp_seg *seg);
/* ... eighth: notes the FIN of `seg`, and takes one that lies at rcv_nxt. */
mn_verdict mn_tcp_fin_in(struct mnet_conn *conn, const struct mn_tcp_seg *seg);
/* The window to advertise now, bytes; never takes back what was promised. */
uint32_t mn_tcp_rcv_wnd(const struct mnet_conn *conn);
/* The user has read: whether the peer should be told of the larger window. */
void mn_tcp_wnd_update(struct mnet_conn *conn);

/* -- tcp_out.c -- */
/* Sends what may be sent: data, FIN, SYN, probes, or a bare ACK. */
void mn_tcp_output(struct mnet_conn *conn);
/* Whether SYN, text or FIN from snd_nxt on wait to be sent, or sent again. */
bool mn_tcp_has_unsent(const struct mnet_conn *conn);
/* Sends a reset for `conn` at once: <SEQ=SND.NXT><ACK=RCV.NXT><CTL=RST,ACK>. */
void mn_tcp_send_rst(struct mnet_conn *conn);

/* -- tcp_build.c -- */
/* What is to be sent in one packet. */
struct mn_tcp_piece {
    struct mn_seq seq; /* of the first byte, or of SYN or FIN alone */
    uint32_t len;      /* bytes of text */
    uint8_t flags;     /* MN_TCP_* */
    bool is_mtu_probe; /* one wire segment, larger than the others */
};
/* The segment; `p` becomes what it is: less than was asked for when the packet has no ranges for
 * more. NULL: no memory. */
struct mn_pkt *mn_tcp_build(struct mnet_conn *conn, struct mn_tcp_piece *p);
/* Text that one wire segment has room for now: mss, less the SACK blocks that are due. */
uint32_t mn_tcp_text_mss(const struct mnet_conn *conn);
/* Text that one packet can carry: whole segments of `mss` bytes. */
uint32_t mn_tcp_piece_max(const struct mnet_conn *conn, uint32_t mss);
/* What a peer takes that offers no MSS. */
uint16_t mn_tcp_mss_default(const struct mnet_addr *remote);
/* conn->mss at the start of a connection: from the peer's offer and what is known of the path. */
void mn_tcp_mss_init(struct mnet_conn *conn);
/* Lowers it if the path takes less meanwhile. What it takes more is found by probes only. */
void mn_tcp_mss_update(struct mnet_conn *conn);
/* MSS option that we offer towards `dst`: RFC 9293 3.7.1, the link's MTU less fixed headers. */
uint16_t mn_tcp_mss_offer(const struct mn_tcp *tcp, const struct mnet_addr *dst);
/* The size of the IP packets that full segments make, and back: conn->mss for packets of `mtu`. */
uint32_t mn_tcp_mtu(const struct mnet_conn *conn);
void mn_tcp_mtu_set(struct mnet_conn *conn, uint32_t mtu);

/* Where the first byte of the send queue lies. */
static inline struct mn_seq mn_tcp_data_start(const struct mnet_conn *conn)
{
    return conn->is_syn_acked ? conn->snd_una : mn_seq_add(conn->iss, 1);
}

/* -- tcp_mtu.c -- */
/* conn->mss has changed: when the next probe is due. */
void mn_tcp_mtu_look(struct mnet_conn *conn);
/* Text of the probe that is to leave next, `queued` bytes being there to be sent; 0: none now. */
uint32_t mn_tcp_mtu_probe_len(struct mnet_conn *conn, uint32_t queued);
/* A probe of `len` bytes should have left, and `p` did (NULL: nothing). */
void mn_tcp_mtu_probe_sent(struct mnet_conn *conn, const struct mn_tcp_piece *p, uint32_t len);
/* snd_una went forward: only if mtu_probe_len or mtu_lost is set. */
void mn_tcp_mtu_acked(struct mnet_conn *conn);
/* Something is lost: `is_alone` when it is the probe and nothing else. */
void mn_tcp_mtu_loss(struct mnet_conn *conn, bool is_alone);
/* The retransmission timer has expired. */
void mn_tcp_mtu_timeout(struct mnet_conn *conn);
/* There is no probe any more. */
void mn_tcp_mtu_forget(struct mnet_conn *conn);

/* Where the probe's text ends. */
static inline struct mn_seq mn_tcp_mtu_probe_end(const struct mnet_conn *conn)
{
    return mn_seq_add(conn->mtu_probe, conn->mtu_probe_len);
}

/* -- tcp_timer.c -- */
/* Sees to it that conn->timer expires no later than the earliest deadline. */
void mn_tcp_timer_sync(struct mnet_conn *conn);
void mn_tcp_timer_expired(struct mnet_conn *conn);
/* Starts or stops the retransmission or persist timer, as snd_una, snd_nxt and what waits demand;
 * `is_restart`: new data was acknowledged. */
void mn_tcp_timer_rexmt(struct mnet_conn *conn, bool is_restart);
/* (Re)starts keepalive, if it is on. */
void mn_tcp_timer_keep(struct mnet_conn *conn);
/* In FIN-WAIT-2, when nobody can receive any more: starts the wait for the peer's FIN. */
void mn_tcp_timer_fin_wait_2(struct mnet_conn *conn);
/* (Re)starts the user timeout: the peer shows that it lives, or something is sent to it for the
 * first time. */
void mn_tcp_timer_user(struct mnet_conn *conn);

/* -- tcp_error.c -- */
void mn_tcp_error(struct mn_transport *t, const struct mn_ip_err *err);

/* -- tcp_listen.c (records: tcp_listen.h); mn_tcp_listen, mnet_conn_accept, mnet_conn_unlisten,
 * mnet_listener_local are there, too -- */
/* A segment for a listener: RFC 9293 3.10.7.2. Answers a SYN with a SYN-ACK (mn_tcp_rst.c sends
 * it). */
mn_verdict mn_tcp_listen_in(struct mn_tcp *tcp, struct mnet_listener *listener,
                            const struct mn_tcp_seg *seg);
/* A segment for a SYN-RECEIVED record. When it completes the handshake: GO_ON, the record is gone
 * and `*conn` is a new connection in state SYN-RECEIVED (made with mn_tcp_conn_new,
 * mn_tcp_conn_start; listener set, not yet queued), for which the same segment is processed next.
 */
mn_verdict mn_tcp_syn_in(struct mn_tcp *tcp, struct mn_tcp_syn *syn, const struct mn_tcp_seg *seg,
                         struct mnet_conn **conn);
/* The connection is ESTABLISHED: puts it on its listener's queue. */
void mn_tcp_listen_ready(struct mnet_conn *conn);
/* It is gone before it was accepted: takes it off. */
void mn_tcp_listen_forget(struct mnet_conn *conn);
/* Calls the callbacks of listeners for which connections wait. */
void mn_tcp_listen_events(struct mn_tcp *tcp);
bool mn_tcp_listen_has_events(const struct mn_tcp *tcp);
/* A timer of kind SYN or LISTEN: SYN-ACK again, or giving up. */
void mn_tcp_syn_timer(struct mn_tcp *tcp, struct mn_timer *timer);
/* An ICMP error for a record, sequence number checked by this call. */
void mn_tcp_syn_error(struct mn_tcp *tcp, struct mn_tcp_syn *syn, const struct mn_ip_err *err);
/* Gives up the oldest record: true if there was one. */
bool mn_tcp_syn_shed(struct mn_tcp *tcp);

/* -- tcp_time_wait.c (records: tcp_time_wait.h) -- */
/* Takes `conn`, whose FIN and ours are both acknowledged, out of the table and puts a record in its
 * place; without memory for one, nothing. */
void mn_tcp_time_wait_enter(struct mnet_conn *conn);
/* A segment for a record. GO_ON: a new SYN may reuse the four numbers (RFC 6191, RFC
 * 9293 3.10.7.4): the record is gone, look for a listener. */
mn_verdict mn_tcp_time_wait_in(struct mn_tcp *tcp, struct mn_tcp_time_wait *tw,
                               const struct mn_tcp_seg *seg);
void mn_tcp_time_wait_timer(struct mn_tcp *tcp, struct mn_timer *timer);

/* -- tcp_rst.c: segments that no connection sends; they leave at once -- */
struct mn_tcp_bare {
    struct mnet_endpoint local, remote;
    struct mn_seq seq, ack;
    uint16_t wnd;            /* as it goes into the header */
    uint8_t flags;           /* MN_TCP_* */
    struct mn_tcp_opts opts; /* what to put into the options; zeroed: none */
};
/* Errors: those of mn_ip_out, NO_MEMORY. */
mnet_err mn_tcp_send_bare(struct mn_tcp *tcp, const struct mn_tcp_bare *bare);
/* RFC 9293 3.10.7.1: the reset that answers `seg`; nothing for a reset or a group address. */
void mn_tcp_rst_reply(struct mn_tcp *tcp, const struct mn_tcp_seg *seg);

#endif
