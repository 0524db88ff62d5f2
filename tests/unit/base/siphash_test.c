/* SPDX-License-Identifier: ISC
 *
 * SipHash against the vectors of its authors (2-4) and of CPython, whose bytes hash is SipHash-1-3.
 */
#include "base_test.h"
#include <base/siphash.h>

/* The data of both is 0, 1, 2, ... */
static void count_up(uint8_t *to, size_t len)
{
    for (size_t i = 0; i < len; i++)
        to[i] = (uint8_t)i;
}

/* Key 00 01 ... 0f; lengths 0 to 8, and the 15 bytes of the paper's appendix. */
static void test_siphash24_gives_its_authors_vectors(void **state)
{
    (void)state;
    static const struct {
        size_t len;
        uint64_t hash;
    } vector[] = {
        {0, UINT64_C(0x726fdb47dd0e0e31)}, {1, UINT64_C(0x74f839c593dc67fd)},
        {2, UINT64_C(0x0d6c8009d9a94f5a)}, {3, UINT64_C(0x85676696d7fb7e2d)},
        {4, UINT64_C(0xcf2794e0277187b7)}, {5, UINT64_C(0x18765564cd99a68d)},
        {6, UINT64_C(0xcbc9466e58fee3ce)}, {7, UINT64_C(0xab0200f58b01d137)},
        {8, UINT64_C(0x93f5f5799a932462)}, {15, UINT64_C(0xa129ca6149be45e5)},
    };
    const struct mn_hash_key key = {
        {UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908)},
    };
    uint8_t data[16];
    count_up(data, sizeof data);
    for (size_t i = 0; i < COUNT_OF(vector); i++)
        assert_true(mn_siphash24(&key, data, vector[i].len) == vector[i].hash);
}

/* Key 0: hash(bytes(range(len))) with PYTHONHASHSEED=0. */
static void test_siphash13_gives_what_cpython_gives(void **state)
{
    (void)state;
    static const struct {
        size_t len;
        uint64_t hash;
    } vector[] = {
        {1, UINT64_C(0x68a914128e01e473)},  {2, UINT64_C(0x10bac45c41e3669)},
        {3, UINT64_C(0x4d4c9a4a8ef6e0ad)},  {4, UINT64_C(0x7cc43f98813e4dbd)},
        {7, UINT64_C(0x2f098ab0c751325a)},  {8, UINT64_C(0xead411e67ebe2eea)},
        {9, UINT64_C(0x75927f9d95124362)},  {15, UINT64_C(0xf30eb725bb91c9ea)},
        {16, UINT64_C(0x8972188433a5c5b7)}, {31, UINT64_C(0x169739443111d49b)},
        {36, UINT64_C(0xac77921fcc642bd3)}, {63, UINT64_C(0x385d3e39e5f37359)},
        {64, UINT64_C(0x75e05fd5bbc870c6)},
    };
    const struct mn_hash_key key = {{0, 0}};
    uint8_t data[64];
    count_up(data, sizeof data);
    for (size_t i = 0; i < COUNT_OF(vector); i++)
        assert_true(mn_siphash13(&key, data, vector[i].len) == vector[i].hash);
}

static void test_every_bit_of_key_and_data_counts(void **state)
{
    (void)state;
    uint8_t data[37];
    count_up(data, sizeof data);
    struct mn_hash_key key = {{1, 2}};
    uint64_t hash = mn_siphash13(&key, data, sizeof data);
    for (unsigned bit = 0; bit < 8 * sizeof data; bit++) {
        data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_true(mn_siphash13(&key, data, sizeof data) != hash);
        data[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    for (unsigned bit = 0; bit < 128; bit++) {
        key.k[bit / 64] ^= UINT64_C(1) << bit % 64;
        assert_true(mn_siphash13(&key, data, sizeof data) != hash);
        key.k[bit / 64] ^= UINT64_C(1) << bit % 64;
    }
    assert_true(mn_siphash13(&key, data, sizeof data) == hash);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_siphash24_gives_its_authors_vectors),
        cmocka_unit_test(test_siphash13_gives_what_cpython_gives),
        cmocka_unit_test(test_every_bit_of_key_and_data_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
