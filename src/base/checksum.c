/* SPDX-License-Identifier: ISC
 *
 * The Internet checksum, RFC 1071.
 *
 * RFC 1071 2(B): the sum does not depend on the order of bytes in a word, as long as it is stored
 * the way it was read, so words are added as the machine loads them and only the folded result is
 * turned. RFC 1071 2(C): nor on the size of the words, so they are 64 bits wide, and a carry out of
 * the top goes round to the bottom. Four sums run side by side, because an addition with carry has
 * to wait for the one before it. */
#include <base/checksum.h>
#include <string.h>

static inline uint64_t load64(const uint8_t *at)
{
    uint64_t word;
    memcpy(&word, at, sizeof word);
    return word;
}

/* One's complement addition. */
static inline uint64_t add(uint64_t sum, uint64_t word)
{
    sum += word;
    return sum + (sum < word);
}

/* The sum of the last 0 to 7 bytes, the very last one of an odd number as if a zero followed. */
static inline uint64_t add_tail(const uint8_t *at, size_t len)
{
    uint64_t sum = 0;
    uint32_t four;
    uint16_t two;
    if ((len & 4) != 0) {
        memcpy(&four, at, sizeof four);
        sum += four;
        at += 4;
    }
    if ((len & 2) != 0) {
        memcpy(&two, at, sizeof two);
        sum += two;
        at += 2;
    }
    if ((len & 1) != 0) {
        const uint8_t padded[2] = {*at, 0};
        memcpy(&two, padded, sizeof two);
        sum += two;
    }
    return sum;
}

mn_sum mn_sum_add(mn_sum sum, const uint8_t *at, size_t len)
{
    uint64_t s0 = sum, s1 = 0, s2 = 0, s3 = 0;
    for (; len >= 32; len -= 32, at += 32) {
        s0 = add(s0, load64(at));
        s1 = add(s1, load64(at + 8));
        s2 = add(s2, load64(at + 16));
        s3 = add(s3, load64(at + 24));
    }
    for (; len >= 8; len -= 8, at += 8)
        s0 = add(s0, load64(at));
    s1 = add(s1, add_tail(at, len));
    return add(add(s0, s1), add(s2, s3));
}

mn_sum mn_sum_copy(mn_sum sum, uint8_t *to, const uint8_t *from, size_t len)
{
    uint64_t s0 = sum, s1 = 0, s2 = 0, s3 = 0;
    for (; len >= 32; len -= 32, from += 32, to += 32) {
        uint64_t word[4];
        memcpy(word, from, sizeof word);
        memcpy(to, word, sizeof word);
        s0 = add(s0, word[0]);
        s1 = add(s1, word[1]);
        s2 = add(s2, word[2]);
        s3 = add(s3, word[3]);
    }
    sum = add(add(s0, s1), add(s2, s3));
    memcpy(to, from, len);
    return mn_sum_add(sum, to, len);
}

/* The 16 bits of a sum that is read in the machine's order. */
static uint16_t fold(mn_sum sum)
{
    sum = (sum & 0xffffffff) + (sum >> 32);
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)sum;
}

mn_sum mn_sum_add_at(mn_sum sum, size_t offset, const uint8_t *at, size_t len)
{
    if ((offset & 1) == 0)
        return mn_sum_add(sum, at, len);
    unsigned part = fold(mn_sum_add(0, at, len));
    return add(sum, (part << 8 | part >> 8) & 0xffff);
}

mn_sum mn_sum_add16(mn_sum sum, uint16_t value)
{
    const uint8_t bytes[2] = {(uint8_t)(value >> 8), (uint8_t)value};
    uint16_t word;
    memcpy(&word, bytes, sizeof word);
    return add(sum, word);
}

uint16_t mn_sum_fold(mn_sum sum)
{
    uint16_t word = fold(sum);
    uint8_t bytes[2];
    memcpy(bytes, &word, sizeof bytes);
    return (uint16_t)(bytes[0] << 8 | bytes[1]);
}
