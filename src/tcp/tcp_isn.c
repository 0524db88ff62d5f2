/* SPDX-License-Identifier: ISC
 *
 * RFC 6528 3: ISN = M + F(localip, localport, remoteip, remoteport, secretkey). M is a clock of 4
 * us steps, so that the numbers of one pair of endpoints go forward and old segments stay behind; F
 * is SipHash-2-4 under a secret drawn once, so that the numbers of one pair tell nothing about
 * those of another. The timestamp offset is the same F under another secret, without the clock. */
#include <string.h>
#include <tcp/tcp_isn.h>

/* RFC 9293 3.4.1: the clock ticks roughly every 4 microseconds. */
#define ISN_TICK MNET_US(4)

void mn_tcp_isn_init(struct mn_tcp_isn *isn, struct mnet_rng *rng)
{
    rng->fill(rng, &isn->seq_key, sizeof isn->seq_key);
    rng->fill(rng, &isn->ts_key, sizeof isn->ts_key);
}

static size_t add_addr(uint8_t *out, size_t at, const struct mnet_addr *addr, bool is_v4)
{
    size_t skip = is_v4 ? 12 : 0;
    memcpy(out + at, addr->bytes + skip, sizeof addr->bytes - skip);
    return at + sizeof addr->bytes - skip;
}

size_t mn_tcp_tuple_bytes(const struct mnet_endpoint *local, const struct mnet_endpoint *remote,
                          uint8_t out[MN_TCP_TUPLE_LEN])
{
    bool is_v4 = mnet_addr_is_v4(&local->addr) && mnet_addr_is_v4(&remote->addr);
    size_t at = add_addr(out, 0, &local->addr, is_v4);
    at = add_addr(out, at, &remote->addr, is_v4);
    out[at++] = (uint8_t)(local->port >> 8);
    out[at++] = (uint8_t)local->port;
    out[at++] = (uint8_t)(remote->port >> 8);
    out[at++] = (uint8_t)remote->port;
    return at;
}

static uint32_t keyed(const struct mn_hash_key *key, const struct mnet_endpoint *local,
                      const struct mnet_endpoint *remote)
{
    uint8_t tuple[MN_TCP_TUPLE_LEN];
    size_t len = mn_tcp_tuple_bytes(local, remote, tuple);
    return (uint32_t)mn_siphash24(key, tuple, len);
}

struct mn_seq mn_tcp_isn_seq(const struct mn_tcp_isn *isn, mnet_time now,
                             const struct mnet_endpoint *local, const struct mnet_endpoint *remote)
{
    /* RFC 9293 3.4.1 MUST-8, SHLD-1: the clock and the keyed hash. */
    return mn_seq_add(mn_seq(keyed(&isn->seq_key, local, remote)), (uint32_t)(now / ISN_TICK));
}

uint32_t mn_tcp_isn_ts_offset(const struct mn_tcp_isn *isn, const struct mnet_endpoint *local,
                              const struct mnet_endpoint *remote)
{
    /* RFC 7323 5.4: a random offset for each connection; 7.1: it hides how long we are up. */
    return keyed(&isn->ts_key, local, remote);
}
