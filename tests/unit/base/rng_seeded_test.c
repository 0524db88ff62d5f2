/* SPDX-License-Identifier: ISC
 *
 * The seeded generator: the published vectors of its two parts, and the same bytes everywhere. */
#include "base_test.h"
#include <mnet/rng.h>

static uint64_t next(struct mnet_rng_seeded *seeded)
{
    uint8_t at[8];
    uint64_t value = 0;
    seeded->rng.fill(&seeded->rng, at, sizeof at);
    for (unsigned i = 8; i-- > 0;)
        value = value << 8 | at[i];
    return value;
}

static void test_xoshiro_gives_its_vectors_low_byte_first(void **state)
{
    (void)state;
    static const uint64_t wanted[] = {
        UINT64_C(11520),
        UINT64_C(0),
        UINT64_C(1509978240),
        UINT64_C(1215971899390074240),
        UINT64_C(1216172134540287360),
        UINT64_C(607988272756665600),
        UINT64_C(16172922978634559625),
        UINT64_C(8476171486693032832),
        UINT64_C(10595114339597558777),
        UINT64_C(2904607092377533576),
    };
    struct mnet_rng_seeded seeded;
    mnet_rng_seeded_init(&seeded, 0);
    for (unsigned i = 0; i < 4; i++)
        seeded.state[i] = i + 1;
    for (size_t i = 0; i < COUNT_OF(wanted); i++)
        assert_true(next(&seeded) == wanted[i]);
}

static void test_the_seed_is_spread_by_splitmix(void **state)
{
    (void)state;
    static const uint64_t wanted[4] = {
        UINT64_C(1985237415132408290),
        UINT64_C(2979275885539914483),
        UINT64_C(13511426838097143398),
        UINT64_C(8488337342461049707),
    };
    struct mnet_rng_seeded seeded;
    mnet_rng_seeded_init(&seeded, UINT64_C(1477776061723855037));
    for (unsigned i = 0; i < 4; i++)
        assert_true(seeded.state[i] == wanted[i]);
}

static void test_seeds_give_their_own_sequences_again_and_again(void **state)
{
    (void)state;
    struct mnet_rng_seeded a;
    struct mnet_rng_seeded b;
    struct mnet_rng_seeded c;
    mnet_rng_seeded_init(&a, 5);
    mnet_rng_seeded_init(&b, 5);
    mnet_rng_seeded_init(&c, 6);
    for (unsigned i = 0; i < 100; i++) {
        uint64_t number = next(&a);
        assert_true(number == next(&b));
        assert_true(number != next(&c));
    }
}

static void test_fill_writes_exactly_what_was_asked_for(void **state)
{
    (void)state;
    struct mnet_rng_seeded seeded;
    for (size_t len = 0; len < 20; len++) {
        uint8_t at[24] = {0};
        uint8_t whole[24];
        mnet_rng_seeded_init(&seeded, 9);
        seeded.rng.fill(&seeded.rng, whole, sizeof whole);
        mnet_rng_seeded_init(&seeded, 9);
        seeded.rng.fill(&seeded.rng, at, len);
        assert_memory_equal(at, whole, len);
        for (size_t i = len; i < sizeof at; i++)
            assert_int_equal(at[i], 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_xoshiro_gives_its_vectors_low_byte_first),
        cmocka_unit_test(test_the_seed_is_spread_by_splitmix),
        cmocka_unit_test(test_seeds_give_their_own_sequences_again_and_again),
        cmocka_unit_test(test_fill_writes_exactly_what_was_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
