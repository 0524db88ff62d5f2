/* SPDX-License-Identifier: ISC
 *
 * SipHash-c-d (Aumasson and Bernstein, 2012): c rounds for each eight bytes of data, d at the end.
 * Data is read in little-endian order on every machine. */
#include <base/siphash.h>

struct state {
    uint64_t v0, v1, v2, v3;
};

static inline uint64_t rotate(uint64_t value, unsigned by)
{
    return (value << by) | (value >> (64 - by));
}

static inline void rounds(struct state *s, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        s->v0 += s->v1;
        s->v2 += s->v3;
        s->v1 = rotate(s->v1, 13) ^ s->v0;
        s->v3 = rotate(s->v3, 16) ^ s->v2;
        s->v0 = rotate(s->v0, 32);
        s->v2 += s->v1;
        s->v0 += s->v3;
        s->v1 = rotate(s->v1, 17) ^ s->v2;
        s->v3 = rotate(s->v3, 21) ^ s->v0;
        s->v2 = rotate(s->v2, 32);
    }
}

/* Eight bytes, the first the lowest; compilers make it one load. */
static inline uint64_t load64(const uint8_t *at)
{
    return (uint64_t)at[0] | (uint64_t)at[1] << 8 | (uint64_t)at[2] << 16 | (uint64_t)at[3] << 24 |
           (uint64_t)at[4] << 32 | (uint64_t)at[5] << 40 | (uint64_t)at[6] << 48 |
           (uint64_t)at[7] << 56;
}

static inline uint64_t siphash(const struct mn_hash_key *key, const void *data, size_t len,
                               unsigned rounds_each, unsigned rounds_last)
{
    /* The constants spell "somepseudorandomlygeneratedbytes". */
    struct state s = {
        key->k[0] ^ UINT64_C(0x736f6d6570736575),
        key->k[1] ^ UINT64_C(0x646f72616e646f6d),
        key->k[0] ^ UINT64_C(0x6c7967656e657261),
        key->k[1] ^ UINT64_C(0x7465646279746573),
    };
    const uint8_t *bytes = data;
    size_t whole = len & ~(size_t)7;
    for (size_t i = 0; i < whole; i += 8) {
        uint64_t word = load64(bytes + i);
        s.v3 ^= word;
        rounds(&s, rounds_each);
        s.v0 ^= word;
    }
    uint64_t last = (uint64_t)len << 56;
    for (size_t i = whole; i < len; i++)
        last |= (uint64_t)bytes[i] << (8 * (i - whole));
    s.v3 ^= last;
    rounds(&s, rounds_each);
    s.v0 ^= last;
    s.v2 ^= 0xff;
    rounds(&s, rounds_last);
    return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

uint64_t mn_siphash13(const struct mn_hash_key *key, const void *data, size_t len)
{
    return siphash(key, data, len, 1, 3);
}

uint64_t mn_siphash24(const struct mn_hash_key *key, const void *data, size_t len)
{
    return siphash(key, data, len, 2, 4);
}
