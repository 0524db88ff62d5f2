/* SPDX-License-Identifier: ISC
 *
 * See tcp_fixture.h. */
#include "tcp_fixture.h"
#include <mnet/stack.h>
#include <stdlib.h>
#include <string.h>

#define MEMORY_LEN (8u << 20)

struct fix fix;

uint8_t pattern(uint32_t offset)
{
    return (uint8_t)(offset * 7 + offset / 251);
}

/* What stack/ does for a program. */
mnet_err mnet_conn_open(struct mnet_stack *stack, const struct mnet_endpoint *local,
                        const struct mnet_endpoint *remote, mnet_conn_event_fn on_event, void *arg,
                        struct mnet_conn **conn)
{
    (void)stack;
    return mn_tcp_open(fix.transport, local, remote, on_event, arg, conn);
}

/* -- the world -- */

static struct mnet_endpoint endpoint(uint32_t v4, uint16_t port)
{
    return (struct mnet_endpoint){mnet_addr_v4(v4), port};
}

static void create(void)
{
    struct mn_env *env = &fix.env;
    memset(env, 0, sizeof *env);
    fix.memory = aligned_alloc(64, MEMORY_LEN);
    assert_non_null(fix.memory);
    fix.config.memory = fix.memory;
    if (fix.config.memory_len == 0)
        fix.config.memory_len = MEMORY_LEN;
    assert_true(mn_mem_init(&env->mem, fix.memory, fix.config.memory_len));
    env->now = MNET_SEC(1000);
    env->rng = &fix.rng.rng;
    env->name = "test";
    mn_wheel_init(&env->wheel, env->now);
    mn_pool_init(&env->pkts, &env->mem, "packets", sizeof(struct mn_pkt), UINT32_MAX);
    fix.transport = mn_tcp_create(env, fake_ip(), &fix.config);
    assert_non_null(fix.transport);
    fix.tcp = mn_tcp_of(fix.transport);
    fix.listener = NULL;
    fix.conn = NULL;
}

static void destroy(void)
{
    fix.transport->ops->deinit(fix.transport);
    ignore_tx();
    /* Nothing leaks, whatever the test has left open. */
    assert_int_equal(fix.env.pkts.count, 0);
    assert_int_equal(fix.env.mem.pages_used, 0);
    assert_true(mn_mem_ok(&fix.env.mem));
    free(fix.memory);
}

int fix_setup(void **state)
{
    (void)state;
    memset(&fix, 0, sizeof fix);
    mnet_rng_seeded_init(&fix.rng, 1);
    fix.config.tcp_rcv_buf = 65535;
    fix.config.tcp_snd_buf = 1u << 20;
    fix.config.tcp_conns_max = 64;
    fix.pmtu = 1500;
    fix.link_mtu = 1500;
    fix.probe_again = MNET_NEVER;
    fix.gso_max = 65535;
    fix.local = endpoint(0x0a000002, OUR_PORT);
    fix.remote = endpoint(0x0a000001, PEER_PORT);
    fix.irs = 0x11110000;
    fix.peer.wnd = 65535;
    fix.peer.mss = 1460;
    fix.peer.ts_val = 0x7000;
    create();
    return 0;
}

int fix_teardown(void **state)
{
    (void)state;
    expect_nothing();
    expect_events(0);
    destroy();
    return 0;
}

void fix_restart(void)
{
    destroy();
    create();
}

/* -- batches and time -- */

static void check(void)
{
    assert_true(fix.transport->ops->ok(fix.transport));
}

void settle(void)
{
    const struct mn_transport_ops *ops = fix.transport->ops;
    check();
    ops->events(fix.transport);
    ops->out(fix.transport);
    fix.is_batch_open = false;
    check();
}

static void settle_batch(void)
{
    if (fix.is_batch_open || fix.transport->ops->is_busy(fix.transport))
        settle();
}

void advance(uint64_t ms)
{
    settle_batch();
    mnet_time end = fix.env.now + MNET_MS(ms);
    uint32_t ts_base = fix.peer.ts_val;
    mnet_time start = fix.env.now;
    for (int i = 0; i < 1000000; i++) {
        mnet_time next = mn_wheel_next(&fix.env.wheel);
        fix.env.now = next < end ? (next > fix.env.now ? next : fix.env.now) : end;
        struct mn_timer *timer;
        while ((timer = mn_wheel_expire(&fix.env.wheel, fix.env.now)) != NULL)
            fix.transport->ops->timer(fix.transport, timer);
        settle_batch();
        if (next > end)
            break;
    }
    fix.env.now = end;
    fix.peer.ts_val = ts_base + (uint32_t)((end - start) / MNET_MS(1));
}

/* -- the peer -- */

/* RFC 1071 as the RFC says it, byte by byte. */
static uint16_t plain_checksum(const uint8_t *bytes, size_t len)
{
    uint32_t sum = 6 + (uint32_t)len;
    for (int i = 12; i < 16; i += 2) {
        sum += (uint32_t)(fix.remote.addr.bytes[i] << 8 | fix.remote.addr.bytes[i + 1]);
        sum += (uint32_t)(fix.local.addr.bytes[i] << 8 | fix.local.addr.bytes[i + 1]);
    }
    for (size_t i = 0; i < len; i++)
        sum += (uint32_t)(i % 2 == 0 ? bytes[i] << 8 : bytes[i]);
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

static size_t build(const struct seg *seg, uint8_t *out, size_t cap)
{
    struct mn_tcp_opts opts = seg->opts;
    if (fix.peer.has_ts && !seg->has_no_ts && !seg->has_ts_val && !(seg->flags & RST)) {
        opts.has_ts = true;
        opts.ts_val = fix.peer.ts_val;
        opts.ts_ecr = (seg->flags & ACK) ? fix.ts_ecr : 0;
    }
    if (seg->flags & SYN) {
        opts.has_mss = opts.has_mss || fix.peer.mss != 0;
        opts.mss = opts.mss ? opts.mss : fix.peer.mss;
        opts.has_wscale = fix.peer.has_wscale;
        opts.wscale = fix.peer.wscale;
        opts.has_sack_permitted = fix.peer.has_sack;
    }
    int32_t opts_len = mn_tcp_opts_len(&opts);
    struct mn_tcp_hdr hdr = {
        .src_port = fix.remote.port,
        .dst_port = fix.local.port,
        .seq = mn_seq(fix.irs + seg->seq),
        .ack = mn_seq((seg->flags & ACK) ? fix.iss + seg->ack : 0),
        .header_len = (uint8_t)(20 + opts_len),
        .flags = (uint8_t)seg->flags,
        .window = (uint16_t)(seg->wnd == NO_WND ? 0
                             : seg->wnd         ? seg->wnd
                                                : fix.peer.wnd),
    };
    struct mn_wr wr = mn_wr_over(out, cap);
    mn_tcp_hdr_write(&wr, &hdr);
    mn_tcp_opts_write(&wr, &opts);
    for (uint32_t i = 0; i < seg->len; i++)
        mn_wr_u8(&wr, seg->text ? (uint8_t)seg->text[i] : pattern(seg->seq + i));
    assert_true(mn_wr_ok(&wr));
    uint16_t sum = plain_checksum(out, (size_t)wr.off);
    if (seg->is_checksum_wrong)
        sum = (uint16_t)(sum + 1);
    out[16] = (uint8_t)(sum >> 8);
    out[17] = (uint8_t)sum;
    return (size_t)wr.off;
}

mn_verdict rx_seg(const struct seg *seg)
{
    static uint8_t bytes[70000];
    size_t len = build(seg, bytes, sizeof bytes);
    struct mn_pkt *pkt = mn_pkt_new_rx(&fix.env, (uint32_t)len);
    if (!pkt) /* link/ drops the frame */
        return MN_DROP(RX_NO_MEMORY);
    size_t at = 0;
    unsigned used = 0;
    struct mnet_seg offered[MNET_FRAME_SEGS];
    unsigned offered_count = pkt->frame.seg_count;
    memcpy(offered, pkt->frame.seg, sizeof offered);
    for (; used < offered_count && at < len; used++) {
        uint32_t part = pkt->frame.seg[used].len;
        if (part > len - at)
            part = (uint32_t)(len - at);
        memcpy(pkt->frame.seg[used].at, bytes + at, part);
        pkt->frame.seg[used].len = part;
        at += part;
    }
    assert_int_equal(at, len);
    pkt->frame.seg_count = (uint8_t)used;
    pkt->frame.len = (uint32_t)len;
    mn_pkt_rx_cut(&fix.env, pkt, offered, offered_count);
    pkt->gso_count = seg->count ? seg->count : 1;
    pkt->frame.csum = seg->is_merged_csum ? MNET_CSUM_VERIFIED : MNET_CSUM_NONE;
    struct mn_ip_rx ip = {.src = fix.remote.addr,
                          .dst = fix.local.addr,
                          .proto = 6,
                          .ttl = 64,
                          .is_group = seg->is_group};
    fix.is_batch_open = true;
    mn_verdict verdict = fix.transport->ops->in(fix.transport, pkt, &ip);
    if (mn_verdict_is_drop(verdict))
        mn_pkt_drop(&fix.env, pkt, mn_verdict_reason(verdict));
    else if (verdict != MN_KEPT)
        mn_pkt_free(&fix.env, pkt);
    check();
    return verdict;
}

void rx(unsigned flags, uint32_t seq, uint32_t ack)
{
    rx_len(flags, seq, ack, 0);
}

void rx_text(unsigned flags, uint32_t seq, uint32_t ack, const char *text)
{
    (void)rx_seg(&(struct seg){
        .flags = flags, .seq = seq, .ack = ack, .text = text, .len = (uint32_t)strlen(text)});
}

void rx_len(unsigned flags, uint32_t seq, uint32_t ack, uint32_t len)
{
    (void)rx_seg(&(struct seg){.flags = flags, .seq = seq, .ack = ack, .len = len});
}

void rx_wnd(unsigned flags, uint32_t seq, uint32_t ack, uint32_t wnd)
{
    (void)rx_seg(
        &(struct seg){.flags = flags, .seq = seq, .ack = ack, .wnd = wnd == 0 ? NO_WND : wnd});
}

static void icmp(mnet_err err, bool is_hard, bool is_local, uint32_t mtu, uint32_t seq)
{
    uint8_t quote[8];
    struct mn_wr wr = mn_wr_over(quote, sizeof quote);
    mn_wr_be16(&wr, fix.local.port);
    mn_wr_be16(&wr, fix.remote.port);
    mn_wr_be32(&wr, fix.iss + seq);
    struct mn_ip_err ip_err = {.err = err,
                               .is_hard = is_hard,
                               .is_local = is_local,
                               .mtu = mtu,
                               .src = fix.local.addr,
                               .dst = fix.remote.addr,
                               .proto = 6,
                               .quote = mn_rd_over(quote, sizeof quote)};
    fix.is_batch_open = true;
    fix.transport->ops->error(fix.transport, &ip_err);
    check();
}

void rx_icmp(mnet_err err, bool is_hard, uint32_t mtu, uint32_t seq)
{
    icmp(err, is_hard, false, mtu, seq);
}

void rx_neighbour_failed(void)
{
    icmp(MNET_ERR_NET_UNREACH, false, true, 0, 0);
}

/* -- what must have happened -- */

const struct seg *expect_segment(void)
{
    settle_batch();
    if (fix.tx_from == fix.tx_to)
        fail_msg("nothing was sent");
    struct seg *seg = &fix.tx[fix.tx_from];
    const uint8_t *text = fix.tx_text[fix.tx_from++];
    if (seg->flags & SYN)
        fix.iss = seg->seq;
    seg->seq -= fix.iss;
    seg->ack -= (seg->flags & ACK) ? fix.irs : 0;
    for (uint32_t i = 0; i < seg->len; i++)
        if (text[i] != pattern(seg->seq + i))
            fail_msg("byte %u of the segment at %u is not the stream's", i, seg->seq);
    memcpy(seg->ref, text, seg->len < 8 ? seg->len : 8);
    return seg;
}

static const struct seg *expect(unsigned flags, unsigned mask, uint32_t seq, uint32_t ack,
                                uint32_t len)
{
    const struct seg *seg = expect_segment();
    if ((seg->flags & mask) != (flags & mask) || seg->seq != seq ||
        ((flags & ACK) && seg->ack != ack) || seg->len != len)
        fail_msg("sent flags %02x seq %u ack %u len %u; expected %02x %u %u %u", seg->flags,
                 seg->seq, seg->ack, seg->len, flags, seq, ack, len);
    return seg;
}

const struct seg *expect_tx(unsigned flags, uint32_t seq, uint32_t ack)
{
    return expect(flags, 0xff, seq, ack, 0);
}

const struct seg *expect_text(unsigned flags, uint32_t seq, uint32_t ack, uint32_t len)
{
    return expect(flags, (unsigned)~PSH & 0xff, seq, ack, len);
}

void expect_nothing(void)
{
    settle_batch();
    if (fix.tx_from != fix.tx_to) {
        const struct seg *seg = expect_segment();
        fail_msg("sent flags %02x seq %u ack %u len %u; expected nothing", seg->flags, seg->seq,
                 seg->ack, seg->len);
    }
    for (unsigned i = 0; i < fix.tx_to; i++)
        free(fix.tx_text[i]);
    fix.tx_from = fix.tx_to = 0;
}

void ignore_tx(void)
{
    settle_batch();
    fix.tx_from = fix.tx_to;
    expect_nothing();
}

void expect_events(unsigned events)
{
    settle_batch();
    if (fix.events != events)
        fail_msg("told %02x; expected %02x", fix.events, events);
    fix.events = 0;
}

void ignore_events(void)
{
    settle_batch();
    fix.events = 0;
}

void expect_state(enum mn_tcp_state state)
{
    assert_non_null(fix.conn);
    assert_string_equal(mn_tcp_state_name(fix.conn->state), mn_tcp_state_name(state));
}

void expect_drop(enum mnet_drop reason)
{
    if (fix.env.drops[reason] != 1)
        fail_msg("\"%s\" was counted %llu times", mnet_drop_text(reason),
                 (unsigned long long)fix.env.drops[reason]);
    fix.env.drops[reason] = 0;
}

void expect_no_drop(enum mnet_drop reason)
{
    assert_int_equal(fix.env.drops[reason], 0);
}

/* -- the user -- */

void fix_on_event(struct mnet_conn *conn, unsigned events, void *arg)
{
    (void)arg;
    if (conn == fix.conn)
        fix.events |= events;
}

static void on_conn(struct mnet_listener *listener, void *arg)
{
    (void)arg;
    assert_ptr_equal(listener, fix.listener);
    fix.accepts++;
}

void fix_listen(void)
{
    struct mnet_endpoint any = {.port = OUR_PORT};
    assert_int_equal(mn_tcp_listen(fix.transport, &any, 4, on_conn, NULL, &fix.listener), MNET_OK);
}

void fix_open(void)
{
    assert_int_equal(
        mn_tcp_open(fix.transport, &fix.local, &fix.remote, fix_on_event, NULL, &fix.conn),
        MNET_OK);
}

void fix_open_iss(uint32_t iss)
{
    fix_open();
    struct mn_seq seq = mn_seq(iss);
    fix.conn->iss = fix.conn->snd_una = fix.conn->snd_nxt = fix.conn->snd_max = seq;
    fix.conn->recover = fix.conn->snd_small_end = seq;
}

void fix_accept(void)
{
    assert_int_equal(mnet_conn_accept(fix.listener, fix_on_event, NULL, &fix.conn), MNET_OK);
}

void fix_send(uint32_t len)
{
    uint32_t at = mn_seq_diff(fix.conn->snd_una, fix.conn->iss) + (fix.conn->is_syn_acked ? 0 : 1) +
                  fix.conn->sndq.len;
    uint8_t *bytes = malloc(len + 1);
    for (uint32_t i = 0; i < len; i++)
        bytes[i] = pattern(at + i);
    assert_int_equal(mnet_conn_send(fix.conn, bytes, len), len);
    free(bytes);
}

void fix_recv(const char *text)
{
    char buf[256];
    settle_batch();
    mnet_ssize len = mnet_conn_recv(fix.conn, buf, sizeof buf - 1);
    assert_true(len >= 0);
    buf[len] = 0;
    assert_string_equal(buf, text);
}

void fix_recv_len(uint32_t seq, uint32_t len)
{
    uint8_t *bytes = malloc(len + 1);
    settle_batch();
    assert_int_equal(mnet_conn_recv(fix.conn, bytes, len), len);
    for (uint32_t i = 0; i < len; i++)
        if (bytes[i] != pattern(seq + i))
            fail_msg("received byte %u is not the stream's", i);
    free(bytes);
}

void fix_close(void)
{
    mnet_conn_close(fix.conn);
    fix.conn = NULL;
}

/* -- connections in each state -- */

void conn_listen(void)
{
    fix_listen();
    expect_nothing();
}

void conn_syn_received(void)
{
    conn_listen();
    rx(SYN, 0, 0);
    expect_tx(SYN | ACK, 0, 1);
}

void conn_established(void)
{
    conn_syn_received();
    rx(ACK, 1, 1);
    settle();
    fix_accept();
    expect_nothing();
    expect_events(0);
    expect_state(MN_TCP_ESTABLISHED);
}

void conn_syn_sent(void)
{
    fix_open();
    expect_tx(SYN, 0, 0);
    expect_nothing();
    expect_state(MN_TCP_SYN_SENT);
}

void conn_active(void)
{
    conn_syn_sent();
    rx(SYN | ACK, 0, 1);
    expect_tx(ACK, 1, 1);
    expect_nothing();
    expect_events(MNET_EV_CONNECTED);
    expect_state(MN_TCP_ESTABLISHED);
}

void conn_simultaneous(void)
{
    conn_syn_sent();
    rx(SYN, 0, 0);
    expect_tx(SYN | ACK, 0, 1);
    expect_nothing();
    expect_state(MN_TCP_SYN_RECEIVED);
}

void conn_fin_wait_1(void)
{
    conn_established();
    assert_int_equal(mnet_conn_shutdown(fix.conn, MNET_SHUTDOWN_WRITE), MNET_OK);
    expect_tx(FIN | ACK, 1, 1);
    expect_nothing();
    expect_state(MN_TCP_FIN_WAIT_1);
}

void conn_fin_wait_2(void)
{
    conn_fin_wait_1();
    rx(ACK, 1, 2);
    expect_nothing();
    expect_state(MN_TCP_FIN_WAIT_2);
}

void conn_close_wait(void)
{
    conn_established();
    rx(FIN | ACK, 1, 1);
    expect_tx(ACK, 1, 2);
    expect_nothing();
    expect_events(MNET_EV_READABLE);
    expect_state(MN_TCP_CLOSE_WAIT);
}

void conn_closing(void)
{
    conn_fin_wait_1();
    rx(FIN | ACK, 1, 1);
    expect_tx(ACK, 2, 2);
    expect_nothing();
    expect_events(MNET_EV_READABLE);
    expect_state(MN_TCP_CLOSING);
}

void conn_last_ack(void)
{
    conn_close_wait();
    assert_int_equal(mnet_conn_shutdown(fix.conn, MNET_SHUTDOWN_WRITE), MNET_OK);
    expect_tx(FIN | ACK, 1, 2);
    expect_nothing();
    expect_state(MN_TCP_LAST_ACK);
}

void conn_time_wait(void)
{
    conn_fin_wait_2();
    rx(FIN | ACK, 1, 2);
    expect_tx(ACK, 2, 2);
    expect_nothing();
    expect_events(MNET_EV_READABLE);
    expect_state(MN_TCP_TIME_WAIT);
}
