/* SPDX-License-Identifier: ISC
 *
 * Reassembly: every order, every overlap, holes, and the bounds. */
#include "ip_fixture.h"

#define LIFETIME MNET_SEC(30)

static uint8_t whole[65536];

static mn_verdict frag_of(struct fix *f, uint32_t src, uint16_t id, uint32_t start, uint32_t end,
                          bool mf)
{
    struct ip4 p = {
        .src = src, .id = id, .off = start, .mf = mf, .data = whole + start, .len = end - start};
    return receive(f, &p);
}

static mn_verdict frag(struct fix *f, uint16_t id, uint32_t start, uint32_t end, bool mf)
{
    return frag_of(f, PEER, id, start, end, mf);
}

static void assert_whole(struct fix *f, uint32_t total)
{
    static uint8_t got[65536];
    assert_int_equal(f->verdict, MN_TO_TRANSPORT);
    assert_int_equal(f->pkt->frame.len, total);
    mn_pkt_copy_out(f->pkt, 0, got, total);
    assert_memory_equal(got, whole, total);
    assert_int_equal(f->pkt->frame.csum, MNET_CSUM_NONE);
    assert_int_equal(f->pkt->gso_count, 1);
    /* The header is in front. */
    assert_int_equal(f->pkt->frame.seg[0].at[-f->pkt->l3_len] >> 4, 4);
    assert_int_equal((f->pkt->frame.seg[0].at[-f->pkt->l3_len] & 15) * 4, f->pkt->l3_len);
    assert_int_equal(f->ip.frag.open, 0);
}

static int setup(void **state)
{
    pattern(whole, sizeof whole, 99);
    return fix_setup(state);
}

/* The k-th permutation of 0 .. n-1. */
static void permutation(unsigned n, unsigned k, unsigned *out)
{
    for (unsigned i = 0; i < n; i++)
        out[i] = i;
    for (unsigned i = 0; i < n; i++) {
        unsigned rest = 1;
        for (unsigned j = 2; j < n - i; j++)
            rest *= j;
        unsigned pick = i + k / rest;
        k %= rest;
        unsigned t = out[pick];
        for (unsigned j = pick; j > i; j--)
            out[j] = out[j - 1];
        out[i] = t;
    }
}

/* RFC 791 3.2: fragments may arrive in any order, the last one first included. */
static void test_every_permutation_of_up_to_six_fragments_is_put_together(void **state)
{
    struct fix *f = *state;
    unsigned fact = 1;
    uint16_t id = 0;
    for (unsigned n = 2; n <= 6; n++) {
        fact *= n;
        for (unsigned k = 0; k < fact; k++, id++) {
            unsigned order[6];
            permutation(n, k, order);
            uint32_t total = n * 16 - 5;
            for (unsigned i = 0; i < n; i++) {
                bool is_last = order[i] == n - 1;
                uint32_t end = is_last ? total : order[i] * 16 + 16;
                mn_verdict v = frag(f, id, order[i] * 16, end, !is_last);
                assert_int_equal(v, i + 1 < n ? MN_KEPT : MN_TO_TRANSPORT);
            }
            assert_whole(f, total);
        }
    }
    assert_int_equal(f->env.stats.ip_reassembled, 2 + 6 + 24 + 120 + 720);
}

/* Random lengths up to the largest, random cuts, random order, some duplicates. */
static void test_random_cuts_in_random_order_are_put_together(void **state)
{
    (void)state;
    for (unsigned seed = 0; seed < 400; seed++) {
        struct fix *f = fix_new(64);
        mnet_rng_seeded_init(&f->rng, seed);
        uint32_t cut[MN_FRAG_RANGES + 1];
        unsigned n = 0;
        uint32_t total = 9 + mn_env_below(&f->env, seed % 4 == 0 ? 65507 : 3000);
        uint32_t max_units = total / 8 / 100 + 20;
        for (uint32_t at = 0; at < total; n++) {
            cut[n] = at;
            at += 8 * (1 + mn_env_below(&f->env, max_units));
        }
        cut[n] = total;
        if (n < 2 || n > MN_FRAG_RANGES) {
            fix_free(f);
            continue;
        }
        unsigned order[MN_FRAG_RANGES];
        for (unsigned i = 0; i < n; i++) {
            unsigned j = mn_env_below(&f->env, i + 1);
            order[i] = order[j];
            order[j] = i;
        }
        for (unsigned i = 0; i < n; i++) {
            unsigned k = order[i];
            mn_verdict v = frag(f, 1, cut[k], cut[k + 1], k != n - 1);
            assert_int_equal(v, i + 1 < n ? MN_KEPT : MN_TO_TRANSPORT);
            if (i + 1 < n && mn_env_below(&f->env, 4) == 0) {
                k = order[mn_env_below(&f->env, i + 1)];
                v = frag(f, 1, cut[k], cut[k + 1], k != n - 1);
                assert_int_equal(v, MN_DROP(FRAG_DUPLICATE));
            }
        }
        assert_whole(f, total);
        fix_free(f);
    }
}

/* RFC 5722 4 MUST: every pair of overlapping, not equal, ranges of a small grid, and then all that
 * could complete it: nothing is delivered. */
static void test_overlapping_fragment_drops_the_whole_datagram(void **state)
{
    struct fix *f = *state;
    uint16_t id = 0; /* a new one for each case */
    for (uint32_t a = 0; a < 6; a++)
        for (uint32_t b = a + 1; b <= 6; b++)
            for (uint32_t c = 0; c < 6; c++)
                for (uint32_t d = c + 1; d <= 6; d++) {
                    if (b <= c || d <= a || (a == c && b == d))
                        continue;
                    id++;
                    assert_int_equal(frag(f, id, a * 8, b * 8, true), MN_KEPT);
                    assert_int_equal(frag(f, id, c * 8, d * 8, true), MN_DROP(FRAG_OVERLAP));
                    for (uint32_t u = 0; u < 7; u++)
                        assert_int_equal(frag(f, id, u * 8, u * 8 + 8, u < 6),
                                         MN_DROP(FRAG_OVERLAP));
                    assert_int_equal(f->ip.frag.open, 0);
                    assert_int_equal(f->ip.frag.blocks, 0);
                }
    assert_true(id > 150);
}

static void test_same_range_with_other_bytes_drops_the_whole_datagram(void **state)
{
    struct fix *f = *state;
    uint8_t other[3000];
    memcpy(other, whole, sizeof other);
    for (unsigned at = 0; at < 3000; at += 599) {
        uint16_t id = (uint16_t)at;
        other[at] ^= 1;
        assert_int_equal(frag(f, id, 0, 3000, true), MN_KEPT);
        struct ip4 p = {.id = id, .mf = true, .data = other, .len = 3000};
        assert_int_equal(receive(f, &p), MN_DROP(FRAG_OVERLAP));
        other[at] ^= 1;
        assert_int_equal(frag(f, id, 3000, 3008, false), MN_DROP(FRAG_OVERLAP));
    }
}

/* In every block, and over their edges: the room in front moves them by 64 bytes. */
static void test_a_far_range_is_compared_byte_by_byte(void **state)
{
    struct fix *f = *state;
    static uint8_t other[65536];
    const uint32_t starts[] = {8, 16000, 16320, 16312, 32000, 49000, 60000};
    memcpy(other, whole, sizeof other);
    uint16_t id = 0;
    for (unsigned i = 0; i < sizeof starts / sizeof starts[0]; i++)
        for (uint32_t at = 0; at < 4000; at += 333, id++) {
            struct ip4 p = {.id = id, .off = starts[i], .mf = true, .len = 4000};
            p.data = other + starts[i];
            assert_int_equal(frag(f, id, starts[i], starts[i] + 4000, true), MN_KEPT);
            assert_int_equal(receive(f, &p), MN_DROP(FRAG_DUPLICATE));
            other[starts[i] + at] ^= 1;
            assert_int_equal(receive(f, &p), MN_DROP(FRAG_OVERLAP));
            other[starts[i] + at] ^= 1;
        }
}

static void test_an_exact_duplicate_is_dropped_alone(void **state)
{
    struct fix *f = *state;
    assert_int_equal(frag(f, 1, 16, 40, false), MN_KEPT);
    assert_int_equal(frag(f, 1, 16, 40, false), MN_DROP(FRAG_DUPLICATE));
    assert_int_equal(frag(f, 1, 0, 8, true), MN_KEPT);
    assert_int_equal(frag(f, 1, 0, 8, true), MN_DROP(FRAG_DUPLICATE));
    assert_int_equal(frag(f, 1, 8, 16, true), MN_TO_TRANSPORT);
    assert_whole(f, 40);
}

static void test_refused_datagram_is_remembered_until_its_deadline(void **state)
{
    struct fix *f = *state;
    (void)frag(f, 1, 0, 16, true);
    (void)frag(f, 1, 8, 24, true);
    fix_pass(f, LIFETIME - MNET_SEC(1));
    assert_int_equal(frag(f, 1, 0, 8, true), MN_DROP(FRAG_OVERLAP));
    fix_pass(f, MNET_SEC(1) + MNET_MS(1));
    assert_int_equal(frag(f, 1, 0, 8, true), MN_KEPT);
    assert_int_equal(frag(f, 1, 8, 24, false), MN_TO_TRANSPORT);
    assert_int_equal(fix_drops(f, MNET_DROP_FRAG_TIMEOUT), 0);
}

/* With any one piece missing, nothing is delivered, ever: no hole becomes zero bytes. */
static void test_a_hole_is_never_delivered(void **state)
{
    struct fix *f = *state;
    uint16_t id = 0;
    for (unsigned n = 2; n <= 12; n++)
        for (unsigned hole = 0; hole < n; hole++, id++) {
            for (unsigned i = 0; i < n; i++)
                if (i != hole) {
                    assert_int_equal(frag(f, id, i * 24, i * 24 + 24, i < n - 1), MN_KEPT);
                }
            fix_pass(f, LIFETIME + MNET_MS(1));
            assert_int_equal(f->ip.frag.open, 0);
        }
    assert_int_equal(f->env.stats.ip_reassembled, 0);
    assert_int_equal(fix_drops(f, MNET_DROP_FRAG_TIMEOUT), id);
}

/* ---- against a reference ---- */

struct model {
    uint32_t start[64], end[64]; /* ranges taken */
    unsigned count;
    uint32_t total; /* 0: not known */
    bool is_refused;
};

/* What must become of a fragment, by comparing with each one before it. */
static mn_verdict predict(struct model *m, uint32_t start, uint32_t end, bool mf)
{
    uint32_t filled = 0;
    if (m->is_refused)
        return MN_DROP(FRAG_OVERLAP);
    m->is_refused = true;
    if (m->total && (end > m->total || (!mf && end != m->total)))
        return MN_DROP(FRAG_BAD);
    for (unsigned i = 0; i < m->count; i++)
        if (!mf && m->end[i] > end)
            return MN_DROP(FRAG_BAD);
    for (unsigned i = 0; i < m->count; i++)
        if (m->start[i] == start && m->end[i] == end) {
            m->is_refused = false;
            return MN_DROP(FRAG_DUPLICATE);
        }
    for (unsigned i = 0; i < m->count; i++) {
        if (m->start[i] < end && start < m->end[i])
            return MN_DROP(FRAG_OVERLAP);
        filled += m->end[i] - m->start[i];
    }
    m->is_refused = false;
    m->start[m->count] = start;
    m->end[m->count++] = end;
    if (!mf)
        m->total = end;
    return filled + end - start == m->total ? MN_TO_TRANSPORT : MN_KEPT;
}

static void test_random_fragments_agree_with_a_plain_reference(void **state)
{
    struct fix *f = *state;
    uint32_t wholes = 0;
    for (unsigned run = 0; run < 3000; run++) {
        struct model m = {0};
        uint16_t id = (uint16_t)run;
        uint32_t units = 2 + run % 5;
        for (unsigned i = 0; i < 24; i++) {
            /* Mostly single units of a datagram of `units`, sometimes anything. */
            bool is_odd = mn_env_below(&f->env, 8) == 0;
            uint32_t start = 8 * mn_env_below(&f->env, units);
            uint32_t end = start + 8 * (is_odd ? 1 + mn_env_below(&f->env, 3) : 1);
            bool mf = is_odd ? mn_env_below(&f->env, 2) : end < 8 * units;
            if (start == 0)
                mf = true; /* the last one at offset 0 would be no fragment at all */
            mn_verdict want = predict(&m, start, end, mf);
            assert_int_equal(frag(f, id, start, end, mf), want);
            if (want == MN_TO_TRANSPORT) {
                assert_whole(f, m.total);
                wholes++;
                break;
            }
        }
        mn_frag_clear(&f->ip);
    }
    assert_true(wholes > 300);
}

/* ---- impossible fragments ---- */

static void test_impossible_offsets_and_lengths_are_refused(void **state)
{
    struct fix *f = *state;
    assert_int_equal(frag(f, 1, 0, 0, true), MN_DROP(FRAG_BAD));
    assert_int_equal(frag(f, 2, 8, 8, false), MN_DROP(FRAG_BAD));
    assert_int_equal(frag(f, 3, 0, 7, true), MN_DROP(FRAG_BAD));
    /* RFC 791 3.1: 65,535 bytes in all, header included. */
    assert_int_equal(frag(f, 4, 65520, 65520 + 8, false), MN_DROP(FRAG_BAD));
    assert_int_equal(frag(f, 5, 65504, 65516, false), MN_DROP(FRAG_BAD));
    assert_int_equal(f->ip.frag.open, 0);
    assert_int_equal(frag(f, 6, 65504, 65515, false), MN_KEPT);
    /* A datagram that only its first fragment's options make too long. */
    assert_int_equal(frag(f, 1, 32768, 65515, false), MN_KEPT);
    struct ip4 p = {.id = 1, .mf = true, .data = whole, .len = 32768, .options = {1, 1, 1, 1}};
    p.options_len = 4;
    assert_int_equal(receive(f, &p), MN_DROP(FRAG_BAD));
    assert_int_equal(f->ip.frag.open, 1);
}

static void test_a_second_end_is_refused(void **state)
{
    struct fix *f = *state;
    (void)frag(f, 1, 32, 40, false);
    assert_int_equal(frag(f, 1, 16, 24, false), MN_DROP(FRAG_BAD));
    (void)frag(f, 2, 32, 40, false);
    assert_int_equal(frag(f, 2, 40, 48, true), MN_DROP(FRAG_BAD));
    (void)frag(f, 3, 32, 40, true);
    assert_int_equal(frag(f, 3, 16, 24, false), MN_DROP(FRAG_BAD));
}

static void test_the_largest_datagram_is_put_together_backwards(void **state)
{
    struct fix *f = *state;
    const uint32_t total = 65515;
    for (int32_t start = 64 * 1016; start > 0; start -= 1016) {
        uint32_t end = (uint32_t)start + 1016;
        assert_int_equal(
            frag(f, 1, (uint32_t)start, end < total ? end : total, (uint32_t)start != 64 * 1016),
            MN_KEPT);
    }
    assert_int_equal(frag(f, 1, 0, 1016, true), MN_TO_TRANSPORT);
    assert_whole(f, total);
    assert_int_equal(f->pkt->frame.seg_count, 5);
}

static void test_too_many_fragments_drop_the_datagram(void **state)
{
    struct fix *f = *state;
    for (uint32_t i = 0; i < MN_FRAG_RANGES; i++)
        assert_int_equal(frag(f, 1, i * 16, i * 16 + 8, true), MN_KEPT);
    assert_int_equal(frag(f, 1, 8, 16, true), MN_DROP(FRAG_TOO_MANY));
    assert_int_equal(f->ip.frag.open, 0);
}

/* ---- keys ---- */

/* RFC 791 3.2: source, destination, protocol and identification. */
static void test_fragments_of_different_datagrams_do_not_mix(void **state)
{
    struct fix *f = *state;
    struct ip4 p = {.id = 1, .mf = true, .data = whole, .len = 8};
    assert_int_equal(receive(f, &p), MN_KEPT);
    struct ip4 q = {.id = 2, .off = 8, .data = whole + 8, .len = 8};
    assert_int_equal(receive(f, &q), MN_KEPT);
    q.id = 1;
    q.proto = 99;
    assert_int_equal(receive(f, &q), MN_KEPT);
    q.proto = 0;
    q.src = PEER + 4;
    assert_int_equal(receive(f, &q), MN_KEPT);
    q.src = 0;
    q.dst = 0x0a0000ff;
    assert_int_equal(receive(f, &q), MN_KEPT);
    q.dst = 0;
    assert_int_equal(receive(f, &q), MN_TO_TRANSPORT);
    assert_int_equal(f->ip.frag.open, 4);
}

static void test_facts_of_fragments_become_the_datagrams(void **state)
{
    struct fix *f = *state;
    struct ip4 p = {.id = 1, .mf = true, .data = whole, .len = 8, .tos = 0x41};
    struct ip4 q = {.id = 1, .off = 8, .data = whole + 8, .len = 8, .tos = 0x43};
    p.options_len = 4;
    memset(p.options, 1, 4);
    assert_int_equal(receive(f, &q), MN_KEPT);
    assert_int_equal(receive(f, &p), MN_TO_TRANSPORT);
    /* RFC 3168 5.3 MUST: congestion experienced is kept. */
    assert_int_equal(f->rx.tos & 3, 3);
    assert_int_equal(f->pkt->l3_len, 24);
    assert_false(f->rx.is_group);

    q.dst = p.dst = 0xffffffff;
    assert_int_equal(receive(f, &q), MN_KEPT);
    assert_int_equal(receive(f, &p), MN_TO_TRANSPORT);
    assert_true(f->rx.is_group);
}

/* A packet received in one piece of 64 KiB, as over loopback devices, goes through the same. */
static void test_large_fragments_in_many_ranges_are_copied(void **state)
{
    struct fix *f = *state;
    assert_int_equal(frag(f, 1, 40000, 65000, false), MN_KEPT);
    assert_int_equal(frag(f, 1, 0, 40000, true), MN_TO_TRANSPORT);
    assert_whole(f, 65000);
}

/* ---- bounds ---- */

static void test_a_flood_from_many_sources_keeps_to_the_slots(void **state)
{
    struct fix *f = *state;
    for (uint32_t i = 0; i < 1000; i++) {
        f->env.now += 1000;
        assert_int_equal(frag_of(f, 0xc0000000 + i, (uint16_t)i, 8, 16, true), MN_KEPT);
        assert_true(f->ip.frag.blocks <= f->env.mem.page_count / 8);
    }
    /* 1/8 of 256 pages is less than the slots. */
    assert_int_equal(f->ip.frag.open, f->env.mem.page_count / 8);
    assert_int_equal(fix_drops(f, MNET_DROP_FRAG_NO_ROOM), 1000 - f->ip.frag.open);
    /* The newest are kept. */
    assert_int_equal(frag_of(f, 0xc0000000 + 999, 999, 0, 8, true), MN_KEPT);
    assert_int_equal(frag_of(f, 0xc0000000 + 999, 999, 16, 24, false), MN_TO_TRANSPORT);
}

static void test_the_slots_are_the_bound_of_a_large_budget(void **state)
{
    (void)state;
    struct fix *f = fix_new(1024);
    for (uint32_t i = 0; i < 1000; i++) {
        f->env.now += 1000;
        assert_int_equal(frag_of(f, 0xc0000000 + i, (uint16_t)i, 8, 16, true), MN_KEPT);
    }
    assert_int_equal(f->ip.frag.open, MN_FRAG_SLOTS);
    fix_free(f);
}

/* One source cannot push out the others. */
static void test_a_flood_from_one_source_leaves_the_others_alone(void **state)
{
    struct fix *f = *state;
    assert_int_equal(frag_of(f, 0xc0000001, 1, 8, 16, false), MN_KEPT);
    for (uint16_t i = 0; i < 500; i++) {
        f->env.now += 1000;
        assert_int_equal(frag_of(f, 0xc0000002, i, 8, 16, true), MN_KEPT);
        assert_true(f->ip.frag.open <= 1 + MN_FRAG_PER_SOURCE);
    }
    assert_int_equal(f->ip.frag.open, 1 + MN_FRAG_PER_SOURCE);
    assert_int_equal(frag_of(f, 0xc0000001, 1, 0, 8, true), MN_TO_TRANSPORT);
}

static void test_payload_keeps_to_its_share_and_the_oldest_gives_way(void **state)
{
    (void)state;
    struct fix *f = fix_new(128); /* 16 blocks: four datagrams of 64,000 bytes */
    uint32_t limit = f->env.mem.page_count / 8;
    for (uint16_t id = 0; id < 6; id++) {
        f->env.now += 1000;
        for (uint32_t start = 0; start < 64000; start += 8000) {
            assert_int_equal(frag_of(f, 0xc0000000u + id, id, start, start + 8000, true), MN_KEPT);
            assert_true(f->ip.frag.blocks <= limit);
        }
    }
    assert_int_equal(fix_drops(f, MNET_DROP_FRAG_NO_ROOM), 2);
    assert_int_equal(frag_of(f, 0xc0000005, 5, 64000, 64008, false), MN_TO_TRANSPORT);
    assert_int_equal(frag_of(f, 0xc0000000, 0, 64000, 64008, false), MN_KEPT); /* begins anew */
    fix_free(f);
}

static void test_a_datagram_larger_than_the_share_is_refused(void **state)
{
    (void)state;
    struct fix *f = fix_new(24); /* 3 blocks */
    uint32_t limit = f->env.mem.page_count / 8;
    mn_verdict v = MN_KEPT;
    uint32_t start = 0;
    for (; v == MN_KEPT && start < 64000; start += 8000)
        v = frag(f, 1, start, start + 8000, true);
    assert_int_equal(v, MN_DROP(FRAG_NO_ROOM));
    assert_true(start > (limit - 1) * MN_BLOCK_LARGE);
    assert_int_equal(f->ip.frag.blocks, 0);
    fix_free(f);
}

static void test_shedding_gives_up_the_oldest(void **state)
{
    struct fix *f = *state;
    (void)frag(f, 99, 8, 24, true);
    (void)frag(f, 99, 16, 32, true); /* refused: holds nothing that could be shed */
    for (uint16_t id = 0; id < 3; id++) {
        f->env.now += 1000;
        (void)frag(f, id, 8, 16, false);
    }
    assert_true(mn_ip_shed(&f->ip));
    assert_int_equal(f->ip.frag.open, 2);
    assert_int_equal(frag(f, 2, 0, 8, true), MN_TO_TRANSPORT);
    assert_true(mn_ip_shed(&f->ip));
    assert_false(mn_ip_shed(&f->ip));
    assert_int_equal(fix_drops(f, MNET_DROP_FRAG_NO_ROOM), 2);
}

static void test_with_the_kth_allocation_failing_nothing_leaks_and_the_rest_works(void **state)
{
    (void)state;
    for (uint64_t k = 1; k < 20; k++) {
        struct fix *f = fix_new(64);
        f->env.mem.fail_at = k;
        for (uint32_t start = 0; start < 60000; start += 20000)
            (void)frag(f, 1, start, start + 20000, start < 40000);
        bool is_whole = f->verdict == MN_TO_TRANSPORT;
        assert_true(f->env.mem.failures == 0 ? is_whole : true);
        f->env.mem.fail_at = 0;
        (void)frag(f, 2, 0, 16, true);
        assert_int_equal(frag(f, 2, 16, 24, false), MN_TO_TRANSPORT);
        assert_int_equal(f->pkt->frame.len, 24);
        fix_free(f);
    }
}

/* ---- time ---- */

/* RFC 1122 3.3.2, RFC 792: ICMP time exceeded, code 1, with the first fragment quoted. */
static void test_timeout_with_the_first_fragment_is_told_to_the_sender(void **state)
{
    struct fix *f = *state;
    assert_int_equal(frag(f, 77, 0, 1000, true), MN_KEPT);
    fix_pass(f, LIFETIME - MNET_MS(10));
    assert_false(take(f));
    assert_int_equal(f->ip.frag.open, 1);
    fix_pass(f, MNET_MS(20));
    assert_int_equal(f->ip.frag.open, 0);
    assert_int_equal(fix_drops(f, MNET_DROP_FRAG_TIMEOUT), 1);
    assert_true(take(f));
    assert_int_equal(be32(f->sent.bytes + 16), PEER);
    assert_int_equal(be32(f->sent.bytes + 12), OWN);
    assert_int_equal(f->sent.bytes[9], 1);
    assert_int_equal(be16(f->sent.bytes + 20), 11 << 8 | 1);
    assert_int_equal(plain_sum(f->sent.bytes + 20, f->sent.len - 20, 0), 0);
    assert_int_equal(f->sent.len, 576);
    assert_int_equal(be16(f->sent.bytes + 28 + 4), 77); /* the quoted identification */
    assert_memory_equal(f->sent.bytes + 48, whole, 576 - 48);
    assert_false(take(f));
}

static void test_timeout_without_the_first_fragment_is_silent(void **state)
{
    struct fix *f = *state;
    (void)frag(f, 1, 8, 16, true);
    struct ip4 p = {.id = 2, .mf = true, .dst = 0xffffffff, .data = whole, .len = 8};
    (void)receive(f, &p);
    fix_pass(f, LIFETIME + MNET_MS(1));
    assert_int_equal(fix_drops(f, MNET_DROP_FRAG_TIMEOUT), 2);
    assert_false(take(f));
}

static void test_each_datagram_has_its_own_deadline_from_its_first_fragment(void **state)
{
    struct fix *f = *state;
    (void)frag(f, 1, 8, 16, false);
    fix_pass(f, MNET_SEC(20));
    (void)frag(f, 2, 8, 16, false);
    (void)frag(f, 1, 24, 32, true); /* does not prolong it, and is impossible */
    fix_pass(f, MNET_SEC(10) + MNET_MS(1));
    assert_int_equal(frag(f, 1, 0, 8, true), MN_KEPT); /* begins anew */
    assert_int_equal(frag(f, 2, 0, 8, true), MN_TO_TRANSPORT);
    fix_pass(f, MNET_SEC(31));
    assert_false(mn_timer_is_armed(&f->ip.frag.timer));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, fix_teardown)
    const struct CMUnitTest tests[] = {
        T(test_every_permutation_of_up_to_six_fragments_is_put_together),
        T(test_random_cuts_in_random_order_are_put_together),
        T(test_overlapping_fragment_drops_the_whole_datagram),
        T(test_same_range_with_other_bytes_drops_the_whole_datagram),
        T(test_a_far_range_is_compared_byte_by_byte),
        T(test_an_exact_duplicate_is_dropped_alone),
        T(test_refused_datagram_is_remembered_until_its_deadline),
        T(test_a_hole_is_never_delivered),
        T(test_random_fragments_agree_with_a_plain_reference),
        T(test_impossible_offsets_and_lengths_are_refused),
        T(test_a_second_end_is_refused),
        T(test_the_largest_datagram_is_put_together_backwards),
        T(test_too_many_fragments_drop_the_datagram),
        T(test_fragments_of_different_datagrams_do_not_mix),
        T(test_facts_of_fragments_become_the_datagrams),
        T(test_large_fragments_in_many_ranges_are_copied),
        T(test_a_flood_from_many_sources_keeps_to_the_slots),
        T(test_the_slots_are_the_bound_of_a_large_budget),
        T(test_a_flood_from_one_source_leaves_the_others_alone),
        T(test_payload_keeps_to_its_share_and_the_oldest_gives_way),
        T(test_a_datagram_larger_than_the_share_is_refused),
        T(test_shedding_gives_up_the_oldest),
        T(test_with_the_kth_allocation_failing_nothing_leaks_and_the_rest_works),
        T(test_timeout_with_the_first_fragment_is_told_to_the_sender),
        T(test_timeout_without_the_first_fragment_is_silent),
        T(test_each_datagram_has_its_own_deadline_from_its_first_fragment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
