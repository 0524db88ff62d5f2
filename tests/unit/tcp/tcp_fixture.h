/* SPDX-License-Identifier: ISC
 *
 * One TCP, driven by hand: a test plays the user and the peer.
 *
 * Below TCP is a fake IP layer that collects what is sent; no frame, no neighbour. A test reads as
 * a dialogue:
 *
 *     conn_established();
 *     rx_text(ACK, 1, 1, "hello");           the peer sends
 *     expect_events(MNET_EV_READABLE);       the user is told
 *     expect_tx(ACK, 1, 6);                  we answer
 *     expect_nothing();
 *     advance(41);                           milliseconds
 *
 * Sequence numbers are relative: those of the peer to its ISS (fix.irs), ours to our ISS (fix.iss),
 * so the SYN is 0 and the first byte 1 on both sides, whatever the absolute ones are.
 *
 * Timers fire up to 66 us late, so advance(41) for what is due after 40 ms.
 *
 * `rx*` hands a segment to TCP and nothing more; the first `expect_*`, `advance` or `settle` after
 * it ends the batch: it calls the callbacks and lets TCP send. Invariants are checked after each
 * batch.
 *
 * There is one connection at a time, `fix.conn`; what else a test needs it makes by itself. */
#ifndef TCP_FIXTURE_H
#define TCP_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants those first. */
#include <cmocka.h>
#include <tcp/tcp_conn.h>

#define FIN MN_TCP_FIN
#define SYN MN_TCP_SYN
#define RST MN_TCP_RST
#define PSH MN_TCP_PSH
#define ACK MN_TCP_ACK
#define URG MN_TCP_URG

#define OUR_PORT 9000u
#define PEER_PORT 40000u

/* A segment, in relative sequence numbers. */
struct seg {
    unsigned flags;
    uint32_t seq, ack;
    uint32_t
        wnd; /* rx: as in the header; 0 means fix.peer.wnd, NO_WND means 0. tx: as in the header */
    uint32_t len;            /* bytes of text */
    const char *text;        /* rx: its text; NULL: the stream pattern at seq */
    struct mn_tcp_opts opts; /* rx: has_ts is filled in from fix.peer; tx: as sent */
    uint16_t count;          /* rx: merged from so many; 0 means 1 */
    uint16_t gso_size;       /* tx: to be cut into these; 0: one segment */
    bool is_mtu_probe;       /* tx: may be larger than the known path */
    bool has_no_ts;          /* rx: without the timestamp that fix.peer would put in */
    bool has_ts_val;         /* rx: opts.ts_val and ts_ecr are given */
    bool is_checksum_wrong;  /* rx */
    bool is_group;           /* rx: sent to a broadcast address */
    bool is_merged_csum;     /* rx: checksum verified by the device */
    uint8_t ref[8];          /* tx: first bytes of the text */
};
#define NO_WND 0x10000u /* for seg.wnd: a window of 0 */

#define FIX_TX_MAX 4096u

struct fix {
    /* The world. */
    struct mnet_config config; /* change it, then fix_restart() */
    struct mn_env env;
    struct mnet_rng_seeded rng;
    struct mn_transport *transport;
    struct mn_tcp *tcp;
    void *memory;

    /* The fake IP layer: what it answers, and what it has seen. */
    uint32_t pmtu;             /* 1500 */
    uint32_t link_mtu;         /* 1500 */
    uint32_t probe_size;       /* what to try next; 0: nothing */
    mnet_time probe_again;     /* when to ask again if it is 0; MNET_NEVER */
    unsigned probe_asks;       /* how often it was asked for */
    unsigned arrived, missed;  /* probes as they were told */
    uint32_t fell, fell_lost;  /* the last mn_ip_pmtu_fell; 0: none */
    uint32_t gso_max;          /* 65535 */
    mnet_err out_err;          /* what mn_ip_out says */
    mnet_err source_err;       /* what mn_ip_source says */
    unsigned confirms;         /* calls of mn_ip_confirm */
    struct seg tx[FIX_TX_MAX]; /* what was sent, absolute, not expected yet: [tx_from, tx_to) */
    uint8_t *tx_text[FIX_TX_MAX];
    unsigned tx_from, tx_to;
    mnet_time tx_at; /* when the last one was sent */

    /* The connection under test. */
    struct mnet_endpoint local, remote;
    struct mnet_listener *listener;
    struct mnet_conn *conn;
    bool has_many;     /* more than one connection: ports are not looked at */
    unsigned events;   /* told and not expected yet */
    unsigned accepts;  /* calls of the listener's callback */
    uint32_t iss, irs; /* ours, the peer's */
    struct {
        uint32_t wnd;    /* its window, as in the header */
        uint16_t mss;    /* its MSS option; 0: none */
        bool has_wscale; /* its SYN has the option */
        uint8_t wscale;  /* ... with this shift */
        bool has_ts;     /* it does timestamps */
        bool has_sack;   /* its SYN has SACK permitted */
        uint32_t ts_val; /* its clock; advance() advances it */
    } peer;
    uint32_t ts_ecr;    /* the last TSval that we sent */
    bool is_batch_open; /* something came in since the last settle */
};

extern struct fix fix;

/* cmocka's setup and teardown: a TCP with a listener-free, connection-free state. The teardown
 * checks that nothing leaks and that nothing was sent or told that the test did not expect. */
int fix_setup(void **state);
int fix_teardown(void **state);
/* The same test, in a world with another configuration. */
void fix_restart(void);

/* The fake IP layer: tcp_fake_ip.c. */
struct mn_ip *fake_ip(void);

/* -- the peer -- */
void rx(unsigned flags, uint32_t seq, uint32_t ack);
void rx_text(unsigned flags, uint32_t seq, uint32_t ack, const char *text);
void rx_len(unsigned flags, uint32_t seq, uint32_t ack, uint32_t len);
void rx_wnd(unsigned flags, uint32_t seq, uint32_t ack, uint32_t wnd);
/* Returns what mn_tcp_in said. */
mn_verdict rx_seg(const struct seg *seg);
/* An ICMP error that quotes a segment of ours with sequence number `seq`. */
void rx_icmp(mnet_err err, bool is_hard, uint32_t mtu, uint32_t seq);
/* The neighbour table says that the peer does not answer. */
void rx_neighbour_failed(void);

/* -- batches and time -- */
void settle(void);
void advance(uint64_t ms);

/* -- what must have happened -- */
/* The next segment that we sent: exactly these flags and numbers, and no text. */
const struct seg *expect_tx(unsigned flags, uint32_t seq, uint32_t ack);
/* The same with `len` bytes of text, which are those of the stream that fix_send sends. PSH is not
 * looked at. */
const struct seg *expect_text(unsigned flags, uint32_t seq, uint32_t ack, uint32_t len);
/* The next segment, whatever it is. */
const struct seg *expect_segment(void);
/* Nothing was sent. */
void expect_nothing(void);
/* Forgets what was sent. */
void ignore_tx(void);
/* Exactly these events were told, since the last time. */
void expect_events(unsigned events);
void ignore_events(void);
void expect_state(enum mn_tcp_state state);
/* This drop was counted, since the last expect_drop of it. */
void expect_drop(enum mnet_drop reason);
void expect_no_drop(enum mnet_drop reason);

/* -- the user -- */
void fix_listen(void);
/* mnet_conn_open without patience for errors. */
void fix_open(void);
/* The same with an ISS of one's choice. */
void fix_open_iss(uint32_t iss);
void fix_accept(void);
/* Sends `len` bytes of the stream pattern; all are taken. */
void fix_send(uint32_t len);
/* Receives what is there: exactly this. */
void fix_recv(const char *text);
/* Receives `len` bytes of the peer's stream pattern that begins at `seq`. */
void fix_recv_len(uint32_t seq, uint32_t len);
void fix_close(void);
/* The on_event of fix.conn, for what tests open by themselves. */
void fix_on_event(struct mnet_conn *conn, unsigned events, void *arg);

/* -- connections in each state; they build on each other. Sequence numbers after them: 1 and 1, and
 * 2 on a side whose FIN was sent. Nothing is left to expect. -- */
void conn_listen(void);       /* LISTEN, on OUR_PORT */
void conn_syn_received(void); /* a record: SYN answered */
void conn_established(void);  /* passive, accepted */
void conn_syn_sent(void);
void conn_active(void);       /* ESTABLISHED by our open */
void conn_simultaneous(void); /* SYN-RECEIVED by a simultaneous open */
void conn_fin_wait_1(void);   /* shutdown WRITE, FIN sent */
void conn_fin_wait_2(void);
void conn_close_wait(void);
void conn_closing(void);
void conn_last_ack(void);
void conn_time_wait(void); /* a record; the user still has fix.conn */

/* One entry of a group. */
#define FIX_TEST(name) cmocka_unit_test_setup_teardown(name, fix_setup, fix_teardown)

/* Byte `offset` of either stream pattern (offset = relative sequence number). */
uint8_t pattern(uint32_t offset);

#endif
