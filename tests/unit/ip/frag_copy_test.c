/* SPDX-License-Identifier: ISC
 *
 * The bytes of reassembly: in their places, across blocks, and compared byte by byte. */
#include "ip_fixture.h"

#define ACROSS (MN_BLOCK_LARGE - MN_FRAG_ROOM) /* first payload byte of the second block */

static struct mn_frag_body body;

static void give_back(struct fix *f)
{
    for (unsigned b = 0; b < MN_FRAG_BLOCKS; b++) {
        if (!body.block[b])
            continue;
        mn_block_unref(&f->env.mem, body.block[b]);
        f->ip.frag.blocks--;
        body.block[b] = NULL;
    }
}

static bool store(struct fix *f, const struct mn_pkt *pkt, uint32_t start)
{
    return mn_frag_store(&f->ip, &f->ip.frag.slot[0], &body, pkt, start);
}

static uint8_t byte_at(uint32_t start)
{
    uint32_t at = MN_FRAG_ROOM + start;
    return body.block[at / MN_BLOCK_LARGE][at % MN_BLOCK_LARGE];
}

static void test_bytes_come_to_their_places_across_blocks(void **state)
{
    struct fix *f = *state;
    const uint32_t starts[] = {8, ACROSS - 8, ACROSS - 1000, ACROSS, ACROSS + MN_BLOCK_LARGE - 8};
    struct mn_pkt *pkt = pattern_pkt(f, 1001);
    uint8_t want[1001];
    mn_pkt_copy_out(pkt, 0, want, sizeof want);
    for (unsigned i = 0; i < sizeof starts / sizeof starts[0]; i++) {
        assert_true(store(f, pkt, starts[i]));
        for (uint32_t n = 0; n < sizeof want; n++)
            assert_int_equal(byte_at(starts[i] + n), want[n]);
        assert_true(mn_frag_is_same(&body, pkt, starts[i]));
        give_back(f);
    }
    mn_pkt_free(&f->env, pkt);
}

static void test_one_other_byte_is_not_the_same(void **state)
{
    struct fix *f = *state;
    struct mn_pkt *pkt = pattern_pkt(f, 600);
    uint32_t start = ACROSS - 304;
    assert_true(store(f, pkt, start));
    for (uint32_t n = 0; n < 600; n++) {
        uint8_t *at = &body.block[(MN_FRAG_ROOM + start + n) / MN_BLOCK_LARGE]
                                 [(MN_FRAG_ROOM + start + n) % MN_BLOCK_LARGE];
        *at ^= 1;
        assert_false(mn_frag_is_same(&body, pkt, start));
        *at ^= 1;
    }
    assert_true(mn_frag_is_same(&body, pkt, start));
    assert_false(mn_frag_is_same(&body, pkt, start + MN_BLOCK_LARGE)); /* nothing is there */
    mn_pkt_free(&f->env, pkt);
    give_back(f);
}

static void test_the_header_of_the_first_lies_in_front(void **state)
{
    struct fix *f = *state;
    struct mn_pkt *pkt = pattern_pkt(f, 100);
    pkt->l3_len = 24;
    for (unsigned i = 0; i < 24; i++)
        pkt->frame.seg[0].at[(int)i - 24] = (uint8_t)(100 + i);
    assert_true(store(f, pkt, 0));
    for (unsigned i = 0; i < 24; i++)
        assert_int_equal(body.block[0][MN_FRAG_ROOM - 24 + i], 100 + i);
    assert_true(mn_frag_is_same(&body, pkt, 0));
    mn_pkt_free(&f->env, pkt);
    give_back(f);
}

static void test_without_memory_nothing_is_stored(void **state)
{
    struct fix *f = *state;
    struct mn_pkt *pkt = pattern_pkt(f, 100);
    uint32_t pages = f->env.mem.page_count;
    f->env.mem.page_count = 0; /* so is the share of it */
    assert_false(store(f, pkt, 8));
    assert_null(body.block[0]);
    f->env.mem.page_count = pages;
    mn_pkt_free(&f->env, pkt);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fix_setup, fix_teardown)
    const struct CMUnitTest tests[] = {
        T(test_bytes_come_to_their_places_across_blocks),
        T(test_one_other_byte_is_not_the_same),
        T(test_the_header_of_the_first_lies_in_front),
        T(test_without_memory_nothing_is_stored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
