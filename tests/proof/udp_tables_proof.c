/* SPDX-License-Identifier: ISC
 *
 * UDP's lookup: any question about the two sockets of a list, whatever they are bound to. The list is the one that any
 * hash says; which one it is, is a case of its own.
 *
 * include: model
 * options: -eva-split-return auto -eva-no-interprocedural-splits -eva-slevel 0 -eva-slevel-function mn_udp_find:20
 * sources: src/udp/udp_demux.c src/base/addr.c src/base/env.c
 * reach: 95 */
#include "path.h"
#include <udp/udp_state.h>

static struct mn_udp udp;
static struct mnet_dgram sock[2];
static struct mn_list bucket[MN_UDP_BUCKETS];
static bool is_any_hash; /* else the first list, which has the sockets in it */

/*@ requires readable: \valid_read((const uint8_t *)data + (0 .. len - 1));
    assigns \result \from *key, ((const uint8_t *)data)[0 .. len - 1]; */
static uint64_t any_hash(const struct mn_hash_key *key, const void *data, size_t len);

uint64_t mn_siphash13(const struct mn_hash_key *key, const void *data, size_t len)
{
    uint64_t hash = any_hash(key, data, len);
    return is_any_hash ? hash : 0;
}

static struct mnet_endpoint any_endpoint(void)
{
    struct mnet_endpoint e;
    make_any(&e, sizeof e);
    return e;
}

static void any_sock(struct mnet_dgram *s)
{
    make_any(s, sizeof *s);
    s->udp = &udp;
    s->group_count = Frama_C_unsigned_int_interval(0, MN_UDP_GROUPS);
    mn_list_push_back(&bucket[0], &s->node);
}

static void start(void)
{
    any_env();
    env.pkts.object_size = sizeof(struct mn_pkt);
    make_any(&udp, sizeof udp);
    udp.env = &env;
    udp.bucket = bucket;
    mn_list_init(&bucket[0]);
    any_sock(&sock[0]);
    any_sock(&sock[1]);
}

static void questions(void)
{
    struct mnet_endpoint to = any_endpoint(), from = any_endpoint();
    struct mnet_dgram *found = mn_udp_find(&udp, &to, &from);
    //@ assert found: found == \null || found == &sock[0] || found == &sock[1];
    mn_udp_takes_group(&sock[0], &to, &from);
    mn_udp_is_used(&udp, &to);
    mn_udp_free_port(&udp);
    is_any_hash = true;
    const struct mn_list *list = mn_udp_bucket(&udp, to.port);
    //@ assert list: \valid_read(list);
    is_any_hash = false;
}

int main(void)
{
    start();
    questions();
    return 0;
}
