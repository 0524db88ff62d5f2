/* SPDX-License-Identifier: ISC
 *
 * The surroundings of a layer under proof, and the contracts of what is not analysed with it. */
#ifndef PROOF_ENV_H
#define PROOF_ENV_H

#include <base/env.h>
#include <base/pkt.h>

/* Memory of which any request may fail; any time; any counters. */
void env_init(struct mn_env *env);
/* Frames up to this length are analysed one by one, each so that its last byte is the last of the
 * memory. It is more than the longest header. All longer ones are one case more, in the middle of
 * their block. */
#define FRAME_EXACT 64

/* `pkt` becomes a received packet of `len` bytes, or, with FRAME_EXACT + 1, of any number from
 * there to FRAME_MAX. */
void env_frame(struct mn_pkt *pkt, int32_t len);

/*@ requires readable: len == 0 || \valid_read(at + (0 .. len - 1));
    assigns \result \from sum, at[0 .. len - 1]; */
mn_sum mn_sum_add(mn_sum sum, const uint8_t *at, size_t len);

/*@ requires readable: len == 0 || \valid_read(at + (0 .. len - 1));
    assigns \result \from sum, offset, at[0 .. len - 1]; */
mn_sum mn_sum_add_at(mn_sum sum, size_t offset, const uint8_t *at, size_t len);

/*@ assigns \result \from sum, value; */
mn_sum mn_sum_add16(mn_sum sum, uint16_t value);

/*@ requires readable: len == 0 || \valid_read(from + (0 .. len - 1));
    requires writable: len == 0 || \valid(to + (0 .. len - 1));
    assigns \result \from sum, from[0 .. len - 1];
    assigns to[0 .. len - 1] \from from[0 .. len - 1]; */
mn_sum mn_sum_copy(mn_sum sum, uint8_t *to, const uint8_t *from, size_t len);

/*@ assigns \result \from sum; */
uint16_t mn_sum_fold(mn_sum sum);

/*@ requires readable: \valid_read((const uint8_t *)data + (0 .. len - 1));
    assigns \result \from *key, ((const uint8_t *)data)[0 .. len - 1]; */
uint64_t mn_siphash13(const struct mn_hash_key *key, const void *data, size_t len);

/*@ requires readable: \valid_read((const uint8_t *)data + (0 .. len - 1));
    assigns \result \from *key, ((const uint8_t *)data)[0 .. len - 1]; */
uint64_t mn_siphash24(const struct mn_hash_key *key, const void *data, size_t len);

#endif
