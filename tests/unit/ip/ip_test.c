/* SPDX-License-Identifier: ISC
 *
 * Start and end of the layer, and its invariant. */
#include "ip_fixture.h"

static void test_without_room_for_its_tables_it_does_not_start(void **state)
{
    (void)state;
    for (size_t len = MN_PAGE_SIZE * 2 + 4096; len < MN_PAGE_SIZE * 3; len += 512) {
        struct mn_env env = {0};
        struct mnet_rng_seeded rng;
        struct mn_ip ip;
        struct mn_link link = {0};
        struct mnet_config config = {0};
        void *region = aligned_alloc(64, (len + 63) & ~(size_t)63);
        if (mn_mem_init(&env.mem, region, len)) {
            mnet_rng_seeded_init(&rng, 1);
            env.rng = &rng.rng;
            mn_wheel_init(&env.wheel, 0);
            /* Leaves less than the tables need. */
            while (mn_mem_carve(&env.mem, 512))
                ;
            assert_int_equal(mn_ip_init(&ip, &env, &link, &config), MNET_ERR_NO_MEMORY);
            mn_ip_deinit(&ip);
        }
        free(region);
    }
}

/* The end frees packets and fragments that wait; fix_free() asserts it. */
static void test_the_end_frees_what_waits(void **state)
{
    struct fix *f = *state;
    uint8_t bytes[64] = {0};
    struct ip4 p = {.mf = true, .data = bytes, .len = 64};
    assert_int_equal(receive(f, &p), MN_KEPT);
    struct mn_ip_tx tx = {.dst = mnet_addr_v4(OWN), .proto = 17};
    assert_int_equal(mn_ip_out(&f->ip, pattern_pkt(f, 100), &tx), MNET_OK);
    assert_true(f->env.mem.pages_used > 0);
}

/* Rule 6 of verification.md: an invariant that can fail. */
static void test_the_invariant_sees_damage(void **state)
{
    struct fix *f = *state;
    uint8_t bytes[64] = {0};
    struct ip4 p = {.mf = true, .data = bytes, .len = 64};
    assert_int_equal(receive(f, &p), MN_KEPT);
    struct mnet_addr far = mnet_addr_v4(FAR);
    (void)mn_ip_pmtu_update(&f->ip, &far, 1000);
    fix_route(f, 0, 0, ROUTER);
    fix_route(f, 0xc6000000, 8, ROUTER);
    assert_true(mn_ip_ok(&f->ip));
#define DAMAGE(field, value)                                                                       \
    do {                                                                                           \
        struct mn_ip saved = f->ip;                                                                \
        f->ip.field = (value);                                                                     \
        assert_false(mn_ip_ok(&f->ip));                                                            \
        f->ip = saved;                                                                             \
        assert_true(mn_ip_ok(&f->ip));                                                             \
    } while (0)
    DAMAGE(own_count, MN_IP_ADDRS + 1);
    DAMAGE(own[0].mask, 1);
    DAMAGE(route[0].prefix_len, 0);
    DAMAGE(route[1].net, 1);
    DAMAGE(group[0].count, 1);
    DAMAGE(loopback.count, 1);
    DAMAGE(frag.open, 2);
    DAMAGE(frag.blocks, 0);
    struct mn_frag_slot *slot = f->ip.frag.slot;
    while (slot->state == MN_FRAG_FREE)
        slot++;
    slot->filled++;
    assert_false(mn_ip_ok(&f->ip));
    slot->filled--;
    slot->body->range[0].end += 8;
    assert_false(mn_ip_ok(&f->ip));
    slot->body->range[0].end -= 8;
    struct mn_ip_pmtu_entry *entry = f->ip.pmtu;
    while (entry->mtu == 0)
        entry++;
    entry->mtu = 100;
    assert_false(mn_ip_ok(&f->ip));
    entry->mtu = 1000;
    assert_true(mn_ip_ok(&f->ip));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fix_setup, fix_teardown)
    const struct CMUnitTest tests[] = {
        T(test_without_room_for_its_tables_it_does_not_start),
        T(test_the_end_frees_what_waits),
        T(test_the_invariant_sees_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
