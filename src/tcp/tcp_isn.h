/* SPDX-License-Identifier: ISC
 *
 * tcp/tcp_isn.h - initial sequence numbers (RFC 6528) and timestamp offsets (RFC 7323 5.4): not to
 * be guessed from outside, and yet going forward for each pair of endpoints. Pure. */
#ifndef MN_TCP_ISN_H
#define MN_TCP_ISN_H

#include <base/seq.h>
#include <base/siphash.h>
#include <mnet/addr.h>
#include <mnet/rng.h>
#include <mnet/time.h>

struct mn_tcp_isn {
    struct mn_hash_key seq_key; /* the secret of RFC 6528 3 */
    struct mn_hash_key ts_key;  /* the same for timestamp offsets */
};

/* Draws the secrets. */
void mn_tcp_isn_init(struct mn_tcp_isn *isn, struct mnet_rng *rng);

/* The ISS of a connection that begins now. */
struct mn_seq mn_tcp_isn_seq(const struct mn_tcp_isn *isn, mnet_time now,
                             const struct mnet_endpoint *local, const struct mnet_endpoint *remote);
/* What is added to our timestamp clock on a connection; the same for every incarnation of it. */
uint32_t mn_tcp_isn_ts_offset(const struct mn_tcp_isn *isn, const struct mnet_endpoint *local,
                              const struct mnet_endpoint *remote);

/* Bytes of the largest hash input. */
#define MN_TCP_TUPLE_LEN 36
/* Writes what identifies a connection: addresses and ports, 12 bytes for IPv4, 36 otherwise.
 * Returns how many. */
size_t mn_tcp_tuple_bytes(const struct mnet_endpoint *local, const struct mnet_endpoint *remote,
                          uint8_t out[MN_TCP_TUPLE_LEN]);

#endif
