/* SPDX-License-Identifier: ISC
 *
 * Frames and user calls of both families in any order on a live stack, with a listener, connections
 * both ways and a UDP socket.
 *
 * The input is a program: each step builds a frame with right checksums around fields from the
 * input (TCP segments are placed relative to what the stack expects, so that many of them count),
 * or changes and repeats the last frame, or lets time pass, or makes a user call. After each step
 * every table of the stack must satisfy its invariant, every frame it has sent must be well formed,
 * and every byte received or sent must be the right one of its stream. At the end the stack is
 * destroyed, which asserts that it has given back all its memory. */
#include "peer.h"
#include <mnet/conn.h>
#include <mnet/dgram.h>
#include <mnet/stack.h>
#include <wire/arp_hdr.h>
#include <wire/udp_hdr.h>

#define CONNS 6
#define STEPS_MAX 200
#define UDP_PORT 53u

struct user {
    struct mnet_conn *conn; /* NULL: none */
    unsigned flow;          /* of the peer */
    uint32_t sent, received;
    bool is_known; /* its bytes can be told */
};

static _Alignas(65536) uint8_t memory[2 * 1024 * 1024];

struct world {
    struct mnet_stack *stack;
    struct mnet_rng_seeded rng;
    mnet_time now;
    struct peer peer;
    struct mnet_listener *listener;
    struct mnet_dgram *dgram;
    struct user user[CONNS];
};

static struct world w;

static const struct mnet_addr peer6 = {{0xfd, [15] = (uint8_t)PEER_IP}};
static const struct mnet_addr stack6 = {{0xfd, [15] = (uint8_t)PEER_STACK_IP}};

/* ---- users ---- */

static void on_event(struct mnet_conn *conn, unsigned events, void *arg)
{
    struct user *user = arg;
    FUZZ_CHECK(user->conn == conn);
    if ((events & MNET_EV_ERROR) == 0)
        return;
    FUZZ_CHECK(mnet_conn_error(conn) != 0);
    mnet_conn_close(conn);
    user->conn = NULL;
}

/* A free place for a connection; NULL if there is none. */
static struct user *free_user(void)
{
    for (unsigned i = 0; i < CONNS; i++) {
        if (!w.user[i].conn)
            return &w.user[i];
    }
    return NULL;
}

static void began(struct user *user)
{
    struct mnet_endpoint local, remote;
    mnet_conn_peers(user->conn, &local, &remote);
    user->flow = remote.port - PEER_PORT;
    user->sent = user->received = 0;
    user->is_known = user->flow < PEER_FLOWS && (mnet_addr_to_v4(&remote.addr) == PEER_IP ||
                                                 memcmp(&remote.addr, &peer6, sizeof peer6) == 0);
}

static void user_accept(void)
{
    struct user *user = free_user();
    if (user && mnet_conn_accept(w.listener, on_event, user, &user->conn) == MNET_OK)
        began(user);
}

static void user_connect(struct fuzz_input *in)
{
    struct user *user = free_user();
    uint8_t what = fuzz_u8(in);
    /* Mostly to the peer, sometimes to nobody, to itself, or beyond the gateway. */
    static const uint32_t others[] = {0x0a000063, PEER_STACK_IP, 0x7f000001, 0x08080808};
    uint32_t v4 = what < 0xc0 ? PEER_IP : others[what % 4];
    struct mnet_endpoint to = {mnet_addr_v4(v4), (uint16_t)(PEER_PORT + what % PEER_FLOWS4)};
    if ((what & 0xf0) == 0x80)
        to = (struct mnet_endpoint){peer6, (uint16_t)(to.port + PEER_FLOWS4)};
    if ((what & 0xf0) == 0xf0)
        to.addr = what & 1 ? stack6 : (struct mnet_addr){{0x20, 1, [15] = what}};
    if (user && mnet_conn_open(w.stack, NULL, &to, on_event, user, &user->conn) == MNET_OK)
        began(user);
}

static void user_send(struct user *user, size_t len)
{
    static uint8_t bytes[65536];
    for (uint32_t i = 0; i < len; i++)
        bytes[i] = peer_byte(user->flow, user->sent + i, true);
    mnet_ssize n = mnet_conn_send(user->conn, bytes, len);
    FUZZ_CHECK(n <= (mnet_ssize)len);
    if (n > 0)
        user->sent += (uint32_t)n;
}

static void check_received(struct user *user, const uint8_t *at, size_t len)
{
    for (uint32_t i = 0; i < len && user->is_known && !w.peer.is_wild; i++)
        FUZZ_CHECK(at[i] == peer_byte(user->flow, user->received + i, false));
    user->received += (uint32_t)len;
}

static void user_receive(struct user *user, size_t cap)
{
    static uint8_t bytes[65536];
    mnet_ssize n = mnet_conn_recv(user->conn, bytes, cap);
    FUZZ_CHECK(n <= (mnet_ssize)cap);
    if (n > 0)
        check_received(user, bytes, (size_t)n);
}

static void user_peek(struct user *user, size_t cap)
{
    struct mnet_slice slices[3];
    mnet_ssize count = mnet_conn_peek(user->conn, slices, 3);
    size_t taken = 0;
    for (mnet_ssize i = 0; i < count; i++) {
        size_t len = slices[i].len < cap - taken ? slices[i].len : cap - taken;
        check_received(user, slices[i].at, len);
        taken += len;
    }
    if (taken > 0)
        mnet_conn_consume(user->conn, taken);
}

static void user_step(struct fuzz_input *in)
{
    uint8_t what = fuzz_u8(in);
    struct user *user = &w.user[(what >> 4) % CONNS];
    if ((what & 15) == 0)
        user_accept();
    else if ((what & 15) == 1)
        user_connect(in);
    else if (!user->conn)
        user_accept();
    else {
        struct mnet_conn *conn = user->conn;
        switch (what & 15) {
        case 2:
        case 3:
            user_send(user, fuzz_u16(in));
            break;
        case 4:
        case 5:
            user_receive(user, fuzz_u16(in));
            break;
        case 6:
            user_peek(user, fuzz_u16(in));
            break;
        case 7:
            mnet_conn_shutdown(conn, (enum mnet_shutdown)(1 + fuzz_u8(in) % 3));
            break;
        case 8:
            user->conn = NULL;
            mnet_conn_close(conn);
            break;
        case 9:
            user->conn = NULL;
            mnet_conn_abort(conn);
            break;
        case 10:
            mnet_conn_set_nodelay(conn, fuzz_u8(in) & 1);
            break;
        case 11:
            mnet_conn_set_keepalive(conn, true, MNET_SEC(10), MNET_SEC(1), 3);
            break;
        default:
            mnet_conn_set_user_timeout(conn, MNET_SEC(1 + fuzz_u8(in)));
            break;
        }
    }
}

static void dgram_step(struct fuzz_input *in)
{
    static uint8_t bytes[65536];
    uint8_t what = fuzz_u8(in);
    struct mnet_endpoint to = {mnet_addr_v4(what & 4 ? PEER_STACK_IP : PEER_IP), 4000};
    if (what & 0x80)
        to.addr = what & 4 ? stack6 : peer6;
    if ((what & 0xc0) == 0xc0) /* a group, which the socket is in or not */
        to.addr = (struct mnet_addr){{0xff, 2, [15] = what}};
    struct mnet_endpoint from;
    switch (what & 3) {
    case 0:
        if (mnet_dgram_send(w.dgram, &to, bytes, fuzz_u16(in)) != MNET_OK)
            mnet_dgram_error(w.dgram);
        break;
    case 1:
        mnet_dgram_connect(w.dgram, what & 8 ? &to : NULL);
        break;
    case 2:
        mnet_dgram_error(w.dgram);
        break;
    default:
        mnet_dgram_recv(w.dgram, bytes, fuzz_u16(in), &from, NULL);
        break;
    }
}

/* ---- the peer ---- */

static size_t tcp_options(struct fuzz_input *in, uint8_t kind, const struct peer_flow *flow,
                          uint8_t *out)
{
    struct mn_tcp_opts o = {0};
    if (kind & 8) { /* any bytes */
        size_t len = fuzz_u8(in) % 11u * 4u;
        for (size_t i = 0; i < len; i++)
            out[i] = fuzz_u8(in);
        return len;
    }
    if (kind & 1) {
        o.has_ts = true;
        o.ts_val = (uint32_t)(w.now / MNET_MS(1)) + fuzz_u8(in);
        o.ts_ecr = flow->ts;
    }
    if (kind & 2) {
        o.sack_count = fuzz_u8(in) % 5;
        for (unsigned i = 0; i < o.sack_count; i++) {
            o.sack[i].start.v = flow->stack_isn + fuzz_u16(in);
            o.sack[i].end.v = o.sack[i].start.v + fuzz_u16(in);
        }
    }
    if (kind & 4) {
        o.has_mss = o.has_wscale = o.has_sack_permitted = true;
        o.mss = fuzz_u16(in);
        o.wscale = fuzz_u8(in) % 15;
    }
    struct mn_wr opts = mn_wr_over(out, MN_TCP_OPTIONS_LEN_MAX);
    mn_tcp_opts_write(&opts, &o);
    return (size_t)opts.off;
}

/* Small differences are what counts: most inputs give one, some any number. */
static uint32_t difference(struct fuzz_input *in, uint8_t how)
{
    switch (how & 3) {
    case 0:
        return 0;
    case 1:
        return (uint32_t)(int8_t)fuzz_u8(in);
    case 2:
        return (uint32_t)(int16_t)fuzz_u16(in);
    default:
        return fuzz_u32(in);
    }
}

static void tcp_step(struct fuzz_input *in)
{
    uint8_t which = fuzz_u8(in), how = fuzz_u8(in), flags = fuzz_u8(in);
    unsigned i = which % PEER_FLOWS4 + (w.peer.is_ipv6 ? PEER_FLOWS4 : 0);
    struct peer_flow *flow = &w.peer.flow[i];
    uint8_t options[MN_TCP_OPTIONS_LEN_MAX];
    if (which & 4)
        flow->stack_port = PEER_LISTEN_PORT;
    struct mn_tcp_hdr h = {.src_port = (uint16_t)(PEER_PORT + i),
                           .dst_port = flow->stack_port,
                           .flags = flags,
                           .window = how & 0x10 ? fuzz_u16(in) : UINT16_MAX};
    /* A stream begins where it always does; what follows is relative to what is expected. */
    if (flags & MN_TCP_SYN)
        h.seq.v = flow->isn;
    else
        h.seq.v = flow->nxt + difference(in, how);
    h.ack.v = flow->stack_nxt + difference(in, how >> 2);
    size_t options_len = tcp_options(in, which >> 4, flow, options);
    peer_tcp(&w.peer, i, h, options, options_len, how & 0x20 ? fuzz_u16(in) % 1400u : 0);
}

/* What a peer that wants to talk does: SYN, or an ACK of all that was sent, with data. */
static void polite_step(struct fuzz_input *in)
{
    uint8_t which = fuzz_u8(in);
    unsigned i = which % PEER_FLOWS4 + (w.peer.is_ipv6 ? PEER_FLOWS4 : 0);
    struct peer_flow *flow = &w.peer.flow[i];
    bool is_syn = (which & 0x80) != 0;
    struct mn_tcp_hdr h = {.src_port = (uint16_t)(PEER_PORT + i),
                           .dst_port = flow->stack_port,
                           .seq = {is_syn ? flow->isn : flow->nxt},
                           .ack = {flow->stack_nxt},
                           .flags = is_syn ? MN_TCP_SYN : MN_TCP_ACK,
                           .window = UINT16_MAX};
    if (which & 0x40)
        h.flags |= is_syn ? MN_TCP_ACK : MN_TCP_FIN;
    if (which & 4)
        h.dst_port = flow->stack_port = PEER_LISTEN_PORT;
    uint8_t options[MN_TCP_OPTIONS_LEN_MAX];
    size_t options_len = tcp_options(in, (which & 8 ? 1 : 0) | (is_syn ? 4 : 0), flow, options);
    peer_tcp(&w.peer, i, h, options, options_len, which & 0x10 ? fuzz_u16(in) % 1400u : 0);
}

static void ip_step(struct fuzz_input *in)
{
    static const uint8_t protos[] = {MN_PROTO_ICMP4, MN_PROTO_UDP, MN_PROTO_TCP, 132};
    static const uint32_t addrs[] = {PEER_STACK_IP, 0x0a0000ff, 0xe0000001, 0xffffffff,
                                     PEER_IP,       0x7f000001, 0,          0x0a000003};
    uint8_t what = fuzz_u8(in), options[MN_IP4_OPTIONS_LEN_MAX], payload[1480];
    struct mn_ip4_hdr h = {.id = fuzz_u8(in),
                           .ttl = fuzz_u8(in),
                           .proto = protos[what & 3],
                           .src = PEER_IP,
                           .dst = PEER_STACK_IP};
    if (what & 4)
        h.dst = addrs[fuzz_u8(in) % 8];
    if (what & 8)
        h.src = addrs[fuzz_u8(in) % 8];
    if (what & 16) {
        uint8_t frag = fuzz_u8(in);
        h.more_fragments = frag & 1;
        h.frag_offset = (uint16_t)(frag & 2 ? fuzz_u16(in) & 0xfff8 : (frag >> 2) * 8);
    }
    size_t options_len = what & 32 ? fuzz_u8(in) % 41u & ~3u : 0;
    for (size_t i = 0; i < options_len; i++)
        options[i] = fuzz_u8(in);
    size_t len = what & 64 ? fuzz_u16(in) % sizeof payload : fuzz_u8(in);
    for (size_t i = 0; i < len; i++)
        payload[i] = i < 24 ? fuzz_u8(in) : (uint8_t)(i * 7 + h.frag_offset);
    if (h.proto == MN_PROTO_TCP)
        w.peer.is_wild = true;
    peer_ip(&w.peer, h, options, options_len, payload, len);
}

static void icmp_step(struct fuzz_input *in)
{
    uint8_t type = fuzz_u8(in), code = fuzz_u8(in), bytes[PEER_FRAME_MAX];
    size_t len = w.peer.frame_len > 14 ? w.peer.frame_len - 14 : 0;
    const struct mn_icmp4_hdr h = {type, code, 0, fuzz_u32(in)};
    /* Errors quote the last frame, cut somewhere; the stack's own if it has just sent one. */
    size_t quote = fuzz_u16(in) % 1400u;
    if (len > quote)
        len = quote;
    memcpy(bytes, w.peer.frame + 14, len);
    peer_icmp(&w.peer, h, bytes, len);
}

static void udp_step(struct fuzz_input *in)
{
    uint8_t what = fuzz_u8(in);
    size_t len = fuzz_u16(in) % 1400u;
    uint16_t length = (uint16_t)(what & 1 ? fuzz_u16(in) : MN_UDP_HDR_LEN + len);
    peer_udp(&w.peer, (uint16_t)(what & 2 ? 0 : 4000), (uint16_t)(what & 4 ? 54 : UDP_PORT), length,
             len);
}

/* A message of neighbour discovery about somebody, with options of any bytes, or of right length.
 */
static void ndp_step(struct fuzz_input *in)
{
    static const uint8_t kinds[] = {1, 2, 3, 5, 14, 24, 25, 31};
    uint8_t type = fuzz_u8(in), flags = fuzz_u8(in), about = fuzz_u8(in), options[256];
    size_t len = 0;
    for (unsigned i = 0; i < type >> 5; i++) {
        uint8_t kind = fuzz_u8(in);
        size_t units =
            kind & 0x80 ? fuzz_u8(in) % 5u : (size_t)(kind % 8 == 2 || kind % 8 >= 5 ? 4 : 1);
        options[len] = kinds[kind % 8];
        options[len + 1] = (uint8_t)units;
        for (size_t k = 2; k < units * 8; k++)
            options[len + k] = fuzz_u8(in);
        len += units * 8;
    }
    peer_ndp(&w.peer, (uint8_t)(133 + type % 5), flags, 0x0a000000u | about, options, len);
    w.peer.is_wild = true; /* the way to us may lead elsewhere now */
}

/* The last frame again, with some bytes changed, cut or lengthened. */
static void mangle_step(struct fuzz_input *in)
{
    uint8_t what = fuzz_u8(in);
    for (unsigned i = 0; i < (what & 3u) && w.peer.frame_len > 0; i++)
        w.peer.frame[fuzz_u16(in) % w.peer.frame_len] = fuzz_u8(in);
    if (what & 4)
        w.peer.frame_len = fuzz_u16(in) % PEER_FRAME_MAX;
    if (what & 8)
        peer_repair(&w.peer);
    w.peer.is_wild = true;
}

static void raw_step(struct fuzz_input *in)
{
    w.peer.frame_len = fuzz_u8(in);
    for (size_t i = 0; i < w.peer.frame_len; i++)
        w.peer.frame[i] = fuzz_u8(in);
    w.peer.is_wild = true;
}

/* ---- the world ---- */

static void begin(void)
{
    struct mnet_config config;
    const char *why = NULL;
    memset(&w, 0, sizeof w);
    w.now = MNET_SEC(1);
    mnet_rng_seeded_init(&w.rng, 1);
    peer_init(&w.peer);
    mnet_config_init(&config);
    config.mac = (struct mnet_mac){{2, 0, 0, 0, 0, 2}};
    config.mtu = 1500;
    config.rng = &w.rng.rng;
    config.memory = memory;
    config.memory_len = sizeof memory;
    config.ipv4[0] = (struct mnet_cidr){mnet_addr_v4(PEER_STACK_IP), 24};
    config.ipv4_gateway = mnet_addr_v4(PEER_IP);
    config.tcp_conns_max = 16;
    config.tcp_syn_max = 4;
    config.tcp_time_wait_max = 4;
    config.tcp_rcv_buf = 16384;
    config.tcp_snd_buf = 16384;
    config.ipv6_mode = MNET_IPV6_PRIVATE;
    config.ipv6_temporary = true;
    config.ipv6[0] = (struct mnet_cidr){stack6, 64};
    FUZZ_CHECK(mnet_stack_create(&config, w.now, &w.stack, &why) == MNET_OK);
    const struct mnet_endpoint listen = {mnet_addr_any(), PEER_LISTEN_PORT};
    const struct mnet_endpoint dgram = {mnet_addr_any(), UDP_PORT};
    FUZZ_CHECK(mnet_conn_listen(w.stack, &listen, 2, NULL, NULL, &w.listener) == MNET_OK);
    FUZZ_CHECK(mnet_dgram_open(w.stack, &dgram, NULL, NULL, NULL, &w.dgram) == MNET_OK);
}

static void poll(void)
{
    static uint8_t out[65536];
    size_t len;
    mnet_stack_poll(w.stack, w.now);
    while ((len = mnet_stack_frame_out(w.stack, out, sizeof out)) > 0)
        peer_see(&w.peer, out, len);
    FUZZ_CHECK(mnet_stack_ok(w.stack));
}

static void frame_in(void)
{
    /* A block of its own length would be better still, but it is copied at once. */
    if (mnet_stack_frame_in(w.stack, w.peer.frame, w.peer.frame_len) == MNET_OK)
        poll();
}

/* Waits until the addresses of IPv6 are the stack's, and lets it know where the peer is. */
static void acquaint(void)
{
    static const uint8_t mac[] = {1, 1, 2, 0, 0, 0, 0, 1};
    for (unsigned i = 0; i < 2; i++) { /* up to a second, and a second of silence */
        w.now += MNET_MS(1050);
        poll();
    }
    FUZZ_CHECK(mnet_stack_is_ready(w.stack));
    peer_ndp(&w.peer, 135, 8, PEER_STACK_IP, mac, sizeof mac);
    frame_in();
    peer_arp(&w.peer, MN_ARP_OP_REQUEST, PEER_IP, PEER_STACK_IP);
    frame_in();
}

static void step(struct fuzz_input *in)
{
    uint8_t what = fuzz_u8(in);
    w.peer.is_ipv6 = (what & 0x80) != 0;
    switch (what % 16) {
    case 0:
    case 1:
    case 2:
        tcp_step(in);
        break;
    case 3:
    case 4:
    case 5:
        polite_step(in);
        break;
    case 6:
        ip_step(in);
        break;
    case 7:
        icmp_step(in);
        break;
    case 8:
        udp_step(in);
        break;
    case 9:
        mangle_step(in);
        break;
    case 10:
        if (w.peer.is_ipv6)
            ndp_step(in);
        else
            raw_step(in);
        break;
    case 11:
        peer_arp(&w.peer, 1 + (what >> 4) % 3, (what & 0x80) ? PEER_STACK_IP : PEER_IP,
                 (what & 0x40) ? 0x0a000063 : PEER_STACK_IP);
        break;
    case 12:
        w.now += MNET_MS(1) << (what >> 4);
        poll();
        return;
    case 13:
        dgram_step(in);
        poll();
        return;
    case 14:
        mnet_stack_fail_at(w.stack, what >> 4);
        return;
    default:
        user_step(in);
        poll();
        return;
    }
    frame_in();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct fuzz_input in = {data, len};
    begin();
    acquaint();
    for (unsigned i = 0; i < STEPS_MAX && in.left > 0; i++)
        step(&in);
    for (unsigned i = 0; i < CONNS; i++)
        mnet_conn_close(w.user[i].conn);
    mnet_conn_unlisten(w.listener);
    mnet_dgram_close(w.dgram);
    mnet_stack_fail_at(w.stack, 0);
    poll();
    mnet_stack_destroy(w.stack);
    return 0;
}
