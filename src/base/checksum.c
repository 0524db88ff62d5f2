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

/* One's complement addition. */
static inline uint64_t add(uint64_t sum, uint64_t word)
{
    sum += word;
    return sum + (sum < word);
}

/* Loads eight bytes, and stores them at `to` unless that is NULL. */
static inline uint64_t take64(uint8_t *to, const uint8_t *from, size_t i)
{
    uint64_t word;
    memcpy(&word, from + i, sizeof word);
    if (to)
        memcpy(to + i, &word, sizeof word);
    return word;
}

/* The last 0 to 7 bytes from `i` on, the very last one of an odd number as if a zero followed. */
static inline uint64_t take_tail(uint8_t *to, const uint8_t *from, size_t i, size_t len)
{
    uint64_t sum = 0;
    uint32_t four;
    uint16_t two;
    if (i + 4 <= len) {
        memcpy(&four, from + i, sizeof four);
        if (to)
            memcpy(to + i, &four, sizeof four);
        sum += four;
        i += 4;
    }
    if (i + 2 <= len) {
        memcpy(&two, from + i, sizeof two);
        if (to)
            memcpy(to + i, &two, sizeof two);
        sum += two;
        i += 2;
    }
    if (i + 1 <= len) {
        const uint8_t padded[2] = {from[i], 0};
        memcpy(&two, padded, sizeof two);
        if (to)
            to[i] = from[i];
        sum += two;
    }
    return sum;
}

/* Sums, and copies unless `to` is NULL: each of the two calls below is its own copy of this. */
static inline mn_sum sum_range(mn_sum sum, uint8_t *to, const uint8_t *from, size_t len)
{
    uint64_t s0 = sum, s1 = 0, s2 = 0, s3 = 0;
    size_t i = 0;
    for (; i + 32 <= len; i += 32) {
        s0 = add(s0, take64(to, from, i));
        s1 = add(s1, take64(to, from, i + 8));
        s2 = add(s2, take64(to, from, i + 16));
        s3 = add(s3, take64(to, from, i + 24));
    }
    for (; i + 8 <= len; i += 8)
        s0 = add(s0, take64(to, from, i));
    s1 = add(s1, take_tail(to, from, i, len));
    return add(add(s0, s1), add(s2, s3));
}

mn_sum mn_sum_add(mn_sum sum, const uint8_t *at, size_t len)
{
    return sum_range(sum, NULL, at, len);
}

mn_sum mn_sum_copy(mn_sum sum, uint8_t *to, const uint8_t *from, size_t len)
{
    return sum_range(sum, to, from, len);
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
