/* SPDX-License-Identifier: ISC
 *
 * base/siphash.h - SipHash: a keyed hash, so that nobody outside can choose keys that collide.
 * SipHash-1-3 for tables (mn_siphash13), SipHash-2-4 where the value itself is seen by others
 * (mn_siphash24: sequence numbers, ports). */
#ifndef MN_SIPHASH_H
#define MN_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

struct mn_hash_key {
    uint64_t k[2]; /* random, secret; never leaves the stack */
};

/* The hash of `len` bytes at `data`. */
uint64_t mn_siphash13(const struct mn_hash_key *key, const void *data, size_t len);
uint64_t mn_siphash24(const struct mn_hash_key *key, const void *data, size_t len);

#endif
