/* SPDX-License-Identifier: ISC */
#include "udp_fixture.h"

struct ufix *ufix_new(uint32_t pages, uint16_t queue_kib)
{
    struct ufix *u = calloc(1, sizeof *u);
    struct mnet_config config = {.udp_queue_bytes_kib = queue_kib};
    u->f = fix_new(pages);
    u->t = mn_udp_create(&u->f->env, &u->f->ip, &config);
    assert_non_null(u->t);
    u->udp = (struct mn_udp *)u->t;
    return u;
}

void ufix_free(struct ufix *u)
{
    assert_true(u->t->ops->ok(u->t));
    u->t->ops->deinit(u->t);
    fix_free(u->f); /* asserts that nothing leaked */
    free(u);
}

int ufix_setup(void **state)
{
    *state = ufix_new(256, 0);
    return 0;
}

int ufix_teardown(void **state)
{
    ufix_free(*state);
    return 0;
}

struct mnet_endpoint ep(uint32_t addr, uint16_t port)
{
    return (struct mnet_endpoint){addr ? mnet_addr_v4(addr) : mnet_addr_any(), port};
}

void on_dgram(struct mnet_dgram *dgram, const struct mnet_dgram_rx *rx, void *arg)
{
    struct user *user = arg;
    assert_ptr_equal(dgram, user->dgram);
    user->told++;
    user->from = rx->from;
    user->to = rx->to;
    user->len = 0;
    user->slices = rx->count;
    for (unsigned i = 0; i < rx->count; i++) {
        assert_true(rx->slices[i].len > 0);
        memcpy(user->data + user->len, rx->slices[i].at, rx->slices[i].len);
        user->len += rx->slices[i].len;
    }
    assert_int_equal(user->len, rx->len);
    if (user->echoes)
        assert_int_equal(mnet_dgram_send(dgram, &rx->from, user->data, user->len), MNET_OK);
    if (user->other) {
        mnet_dgram_close(*user->other);
        *user->other = NULL;
    }
    if (user->closes) {
        mnet_dgram_close(dgram);
        user->dgram = NULL;
    }
}

void on_ready(struct mnet_dgram *dgram, void *arg)
{
    struct user *user = arg;
    assert_ptr_equal(dgram, user->dgram);
    user->ready++;
    if (user->closes) {
        mnet_dgram_close(dgram);
        user->dgram = NULL;
    }
}

struct mnet_dgram *open_queue(struct ufix *u, uint32_t addr, uint16_t port)
{
    struct mnet_endpoint local = ep(addr, port);
    struct mnet_dgram *dgram;
    assert_int_equal(mn_udp_open(u->t, &local, NULL, NULL, NULL, &dgram), MNET_OK);
    return dgram;
}

struct mnet_dgram *open_user(struct ufix *u, struct user *user, uint32_t addr, uint16_t port)
{
    struct mnet_endpoint local = ep(addr, port);
    user->u = u;
    assert_int_equal(mn_udp_open(u->t, &local, on_dgram, on_ready, user, &user->dgram), MNET_OK);
    return user->dgram;
}

/* What stack/ does with a packet for UDP. */
static mn_verdict deliver(struct ufix *u)
{
    struct fix *f = u->f;
    assert_int_equal(f->rx.proto, MN_PROTO_UDP);
    mn_verdict verdict = u->t->ops->in(u->t, f->pkt, &f->rx);
    if (verdict == MN_DROP(UDP_NO_PORT))
        mn_icmp_send_unreach(&f->ip, f->pkt, &f->rx, MN_UNREACH_PORT);
    if (verdict == MN_KEPT)
        f->pkt = NULL;
    if (mn_verdict_is_drop(verdict))
        mn_env_count_drop(&f->env, mn_verdict_reason(verdict));
    drop_received(f);
    assert_true(u->t->ops->ok(u->t));
    return verdict;
}

mn_verdict datagram(struct ufix *u, const struct udp *d)
{
    static uint8_t bytes[70000];
    uint8_t header[20] = {0};
    uint32_t len = 8 + d->len;
    header[9] = 17;
    put32(header + 12, d->src ? d->src : PEER);
    put32(header + 16, d->dst ? d->dst : OWN);
    put16(bytes, d->is_src_port_0 ? 0 : d->src_port ? d->src_port : 1000);
    put16(bytes + 2, d->dst_port ? d->dst_port : 2000);
    put16(bytes + 4, (uint32_t)((int32_t)len + d->length_off));
    put16(bytes + 6, 0);
    if (d->len)
        memcpy(bytes + 8, d->data, d->len);
    uint16_t sum = plain_sum(bytes, len, pseudo(header, len));
    if (d->checksum != 1)
        put16(bytes + 6, (sum == 0 ? 0xffffu : sum) ^ (d->checksum == 2 ? 0x0101u : 0));
    memset(bytes + len, 0xee, d->padding);
    len += d->padding;

    struct ip4 p = {.src = d->src, .dst = d->dst, .data = bytes, .len = len, .id = 5};
    if (d->fragment == 0) {
        mn_verdict v = receive(u->f, &p);
        if (v != MN_TO_TRANSPORT)
            return v;
        u->f->rx.is_group |= d->ether_group;
        return deliver(u);
    }
    for (uint32_t off = 0; off < len; off += d->fragment) {
        p.off = off;
        p.data = bytes + off;
        p.len = len - off < d->fragment ? len - off : d->fragment;
        p.mf = off + p.len < len;
        assert_int_equal(receive(u->f, &p), p.mf ? MN_KEPT : MN_TO_TRANSPORT);
    }
    return deliver(u);
}

mn_verdict loopback(struct ufix *u)
{
    mn_verdict v = receive_loopback(u->f);
    if (v == MN_TO_ERROR) {
        u->t->ops->error(u->t, &u->f->err);
        return v;
    }
    return v == MN_TO_TRANSPORT ? deliver(u) : v;
}

void events(struct ufix *u)
{
    u->t->ops->events(u->t);
    assert_false(u->t->ops->is_busy(u->t));
    assert_true(u->t->ops->ok(u->t));
}

const uint8_t *take_udp(struct ufix *u, uint32_t *len)
{
    struct sent *s = &u->f->sent;
    assert_true(take(u->f));
    const uint8_t *h = s->bytes;
    assert_int_equal(h[9], 17);
    *len = be16(h + 24) - 8u;
    assert_int_equal(*len + 28, s->len);
    assert_int_not_equal(be16(h + 26), 0);
    assert_int_equal(plain_sum(h + 20, s->len - 20, pseudo(h, s->len - 20)), 0);
    return h + 28;
}
