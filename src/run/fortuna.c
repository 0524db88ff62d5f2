/* SPDX-License-Identifier: ISC
 *
 * Fortuna. Output comes from AES-256 in counter mode. After each request of at most 64 KiB two more
 * blocks become the next key, and the old one is overwritten: who sees the state later cannot
 * compute what was given before.
 *
 * Samples are spread over 32 pools, each source going round on its own. When pool 0 has enough and
 * the last time is long enough ago, pool i is mixed into the key on every 2^i-th occasion: an
 * attacker who knows or controls some sources cannot keep up with all pools, however slowly the
 * honest ones come in, and nobody has to estimate entropy.
 *
 * What the stack asks for are a few bytes at a time, so small requests are served from a stock that
 * one request fills: a new key for each would cost more than the bytes. They are overwritten in the
 * stock when they are given, and all of it when pools are used, so that both promises above hold.
 *
 * The hash is SHA-256 applied twice, so that a hash is never a prefix of another. Both primitives
 * are BearSSL's constant-time ones. */
#include <base/assert.h>
#include <run/fortuna.h>
#include <string.h>

/* A pool with less is not worth a reseed: an attacker could try all values of what came in. */
#define POOL0_MIN 64u
/* More often, an attacker who forces reseeds would make the pools run empty. The book says 100 ms;
 * nothing here needs to recover from a compromise that fast. */
#define RESEED_INTERVAL MNET_SEC(1)
/* Bytes under one key: the birthday bound of the block size stays far away. */
#define REQUEST_MAX 65536u
#define BLOCK 16u
#define IV 12u /* of the counter: what BearSSL does not count */

void mn_wipe(void *at, size_t len)
{
    memset(at, 0, len);
    /* Somebody may read it here, as far as the compiler knows. */
    __asm__ volatile("" : : "r"(at) : "memory");
}

/* digest = SHA-256(SHA-256(what is in `hash`)). */
static void finish_twice(const br_sha256_context *hash, uint8_t *digest)
{
    br_sha256_context outer;
    br_sha256_out(hash, digest);
    br_sha256_init(&outer);
    br_sha256_update(&outer, digest, br_sha256_SIZE);
    br_sha256_out(&outer, digest);
    mn_wipe(&outer, sizeof outer);
}

/* The upper 12 bytes of the counter as a number, plus one. */
static void count_iv(uint8_t *counter)
{
    for (unsigned i = IV; i-- > 0;) {
        counter[i]++;
        if (counter[i] != 0)
            return;
    }
}

static uint32_t get_low(const uint8_t *counter)
{
    return (uint32_t)counter[12] << 24 | (uint32_t)counter[13] << 16 | (uint32_t)counter[14] << 8 |
           counter[15];
}

static void put_low(uint8_t *counter, uint32_t low)
{
    counter[12] = (uint8_t)(low >> 24);
    counter[13] = (uint8_t)(low >> 16);
    counter[14] = (uint8_t)(low >> 8);
    counter[15] = (uint8_t)low;
}

static void fill_blocks(struct mn_fortuna *f, const br_aes_ct64_ctr_keys *cipher, void *out,
                        size_t len)
{
    uint32_t blocks = (uint32_t)((len + BLOCK - 1) / BLOCK);
    /* Rather than wrap in the middle, skip the last values of this round. */
    if (get_low(f->counter) > UINT32_MAX - blocks) {
        put_low(f->counter, 0);
        count_iv(f->counter);
    }
    uint32_t low = get_low(f->counter);
    memset(out, 0, len);
    br_aes_ct64_ctr_run(cipher, f->counter, low, out, len);
    put_low(f->counter, low + blocks);
}

static void request(struct mn_fortuna *f, void *out, size_t len)
{
    br_aes_ct64_ctr_keys cipher;
    br_aes_ct64_ctr_init(&cipher, f->key, sizeof f->key);
    fill_blocks(f, &cipher, out, len);
    fill_blocks(f, &cipher, f->key, sizeof f->key);
    mn_wipe(&cipher, sizeof cipher);
}

static void begin_key(struct mn_fortuna *f, br_sha256_context *hash)
{
    br_sha256_init(hash);
    br_sha256_update(hash, f->key, sizeof f->key);
}

static void end_key(struct mn_fortuna *f, br_sha256_context *hash)
{
    finish_twice(hash, f->key);
    mn_wipe(hash, sizeof *hash);
    mn_wipe(f->stock, sizeof f->stock);
    f->stock_len = 0;
    f->is_seeded = true;
}

void mn_fortuna_seed(struct mn_fortuna *f, const void *data, size_t len)
{
    br_sha256_context hash;
    begin_key(f, &hash);
    br_sha256_update(&hash, data, len);
    end_key(f, &hash);
}

static void reseed(struct mn_fortuna *f)
{
    br_sha256_context hash;
    uint8_t digest[br_sha256_SIZE];
    f->reseeds++;
    f->reseeded_at = f->now;
    f->pool0_len = 0;
    begin_key(f, &hash);
    for (unsigned i = 0; i < MN_FORTUNA_POOLS && f->reseeds % (UINT64_C(1) << i) == 0; i++) {
        finish_twice(&f->pool[i], digest);
        br_sha256_update(&hash, digest, sizeof digest);
        br_sha256_init(&f->pool[i]);
    }
    end_key(f, &hash);
    mn_wipe(digest, sizeof digest);
}

static void reseed_if_due(struct mn_fortuna *f)
{
    MN_ASSERT(f->is_seeded);
    if (f->pool0_len >= POOL0_MIN && f->now - f->reseeded_at >= RESEED_INTERVAL)
        reseed(f);
}

void mn_fortuna_fill(struct mn_fortuna *f, void *out, size_t len)
{
    reseed_if_due(f);
    uint8_t *at = out;
    while (len > 0) {
        size_t part = len < REQUEST_MAX ? len : REQUEST_MAX;
        request(f, at, part);
        at += part;
        len -= part;
    }
}

void mn_fortuna_draw(struct mn_fortuna *f, void *out, size_t len)
{
    if (len > sizeof f->stock / 4) {
        mn_fortuna_fill(f, out, len);
        return;
    }
    reseed_if_due(f);
    if (f->stock_len < len) {
        mn_fortuna_fill(f, f->stock, sizeof f->stock);
        f->stock_len = sizeof f->stock;
    }
    f->stock_len -= len;
    memcpy(out, f->stock + f->stock_len, len);
    mn_wipe(f->stock + f->stock_len, len);
}

static void rng_fill(struct mnet_rng *rng, void *out, size_t len)
{
    mn_fortuna_draw((struct mn_fortuna *)rng, out, len);
}

void mn_fortuna_init(struct mn_fortuna *f, mnet_time now)
{
    memset(f, 0, sizeof *f);
    f->rng.fill = rng_fill;
    f->now = f->reseeded_at = now;
    for (unsigned i = 0; i < MN_FORTUNA_POOLS; i++)
        br_sha256_init(&f->pool[i]);
}

void mn_fortuna_add(struct mn_fortuna *f, enum mn_fortuna_source source, const void *data,
                    size_t len)
{
    MN_ASSERT(len >= 1 && len <= MN_FORTUNA_SAMPLE_MAX);
    const uint8_t head[2] = {(uint8_t)source, (uint8_t)len};
    unsigned i = f->turn[source];
    f->turn[source] = (uint8_t)((i + 1) % MN_FORTUNA_POOLS);
    br_sha256_update(&f->pool[i], head, sizeof head);
    br_sha256_update(&f->pool[i], data, len);
    if (i == 0 && f->pool0_len < POOL0_MIN)
        f->pool0_len += (uint32_t)(sizeof head + len);
}

static void rng_fill_killed(struct mnet_rng *rng, void *out, size_t len)
{
    mn_wipe(out, len);
    MN_ASSERT(rng == NULL && "the generator is used after it was killed");
}

void mn_fortuna_kill(struct mn_fortuna *f)
{
    mn_wipe(f, sizeof *f);
    f->rng.fill = rng_fill_killed;
}
