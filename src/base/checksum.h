/* SPDX-License-Identifier: ISC
 *
 * base/checksum.h - the Internet checksum (RFC 1071), 64 bits at a time.
 *
 * A sum is an unfolded accumulator in the byte order of the machine; only mn_sum_fold gives the 16
 * bits in host order that go into a header with mn_wr_be16. Ranges may be added one after the
 * other; a range of odd length must be the last, or be told so with mn_sum_add_at. */
#ifndef MN_CHECKSUM_H
#define MN_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

typedef uint64_t mn_sum;

/* `sum` plus the bytes of a range that starts at an even offset of what is summed. */
mn_sum mn_sum_add(mn_sum sum, const uint8_t *at, size_t len);
/* The same for a range that starts at byte `offset` (odd offsets swap the bytes). */
mn_sum mn_sum_add_at(mn_sum sum, size_t offset, const uint8_t *at, size_t len);
/* `sum` plus one 16-bit number in host order. */
mn_sum mn_sum_add16(mn_sum sum, uint16_t value);
/* Copies and sums in one pass; the ranges must not overlap. */
mn_sum mn_sum_copy(mn_sum sum, uint8_t *to, const uint8_t *from, size_t len);
/* The one's complement sum, not inverted, in host order. */
uint16_t mn_sum_fold(mn_sum sum);

/* The value of a checksum field, in host order: the inverse of the folded sum. */
static inline uint16_t mn_sum_finish(mn_sum sum)
{
    return (uint16_t)~mn_sum_fold(sum);
}

#endif
