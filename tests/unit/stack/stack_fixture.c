/* SPDX-License-Identifier: ISC
 *
 * See stack_fixture.h. */
#include "stack_fixture.h"
#include <stdlib.h>
#include <string.h>

void host_config(struct host *host, const char *cidr, uint64_t seed)
{
    memset(host, 0, sizeof *host);
    mnet_rng_seeded_init(&host->rng, seed);
    mnet_config_init(&host->config);
    host->config.rng = &host->rng.rng;
    host->config.mtu = 1500;
    host->config.mac = (struct mnet_mac){{2, 0, 0, 0, 0, (uint8_t)seed}};
    host->memory = aligned_alloc(64, MEMORY_LEN);
    assert_non_null(host->memory);
    host->config.memory = host->memory;
    host->config.memory_len = MEMORY_LEN;
    host->config.tcp_conns_max = 1024;
    assert_int_equal(mnet_cidr_parse(cidr, &host->config.ipv4[0]), MNET_OK);
}

void host_create(struct host *host, mnet_time now)
{
    const char *why = NULL;
    mnet_err err = mnet_stack_create(&host->config, now, &host->stack, &why);
    if (err != MNET_OK)
        fail_msg("create: %s: %s", mnet_err_name(err), why ? why : "no reason given");
}

void host_destroy(struct host *host)
{
    mnet_stack_destroy(host->stack);
    free(host->memory);
    memset(host, 0, sizeof *host);
}

void net_up(struct net *net)
{
    memset(net, 0, sizeof *net);
    net->now = MNET_SEC(1);
    host_config(&net->a, "10.0.0.1/24", 1);
    host_config(&net->b, "10.0.0.2/24", 2);
    host_create(&net->a, net->now);
    host_create(&net->b, net->now);
}

void net_down(struct net *net)
{
    host_destroy(&net->a);
    host_destroy(&net->b);
}

size_t host_frame(struct host *host, uint8_t *buf, size_t cap)
{
    return mnet_stack_frame_out(host->stack, buf, cap);
}

static unsigned carry(struct net *net, struct host *from, struct host *to)
{
    uint8_t frame[2048];
    unsigned count = 0;
    size_t len;
    while ((len = host_frame(from, frame, sizeof frame)) > 0) {
        assert_true(len <= sizeof frame);
        for (size_t i = 0; i < len; i++)
            net->digest = (net->digest ^ frame[i]) * UINT64_C(1099511628211);
        count++;
        if (net->is_cut)
            continue;
        mnet_err err = mnet_stack_frame_in(to->stack, frame, len);
        assert_true(err == MNET_OK || err == MNET_ERR_NO_MEMORY); /* then the frame is lost */
    }
    net->frames += count;
    return count;
}

void net_settle(struct net *net)
{
    for (int i = 0; i < 10000; i++) {
        mnet_time a = mnet_stack_poll(net->a.stack, net->now);
        mnet_time b = mnet_stack_poll(net->b.stack, net->now);
        unsigned count = carry(net, &net->a, &net->b) + carry(net, &net->b, &net->a);
        assert_true(mnet_stack_ok(net->a.stack));
        assert_true(mnet_stack_ok(net->b.stack));
        if (count == 0 && a > net->now && b > net->now)
            return;
    }
    fail_msg("the two stacks never come to rest");
}

void net_run(struct net *net, mnet_time duration)
{
    mnet_time end = net->now + duration;
    for (int i = 0; i < 100000; i++) {
        net_settle(net);
        mnet_time a = mnet_stack_deadline(net->a.stack);
        mnet_time b = mnet_stack_deadline(net->b.stack);
        mnet_time next = a < b ? a : b;
        if (next > end) {
            net->now = end;
            net_settle(net);
            return;
        }
        net->now = next;
    }
    fail_msg("more than 100000 deadlines");
}

struct mnet_endpoint endpoint(const char *text)
{
    struct mnet_endpoint value;
    assert_int_equal(mnet_endpoint_parse(text, &value), MNET_OK);
    return value;
}
