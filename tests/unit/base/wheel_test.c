/* SPDX-License-Identifier: ISC
 *
 * The timing wheel against a model that looks at every timer: never early, at most a tick late, in
 * order, and time may jump as far as it likes. */
#include "base_test.h"
#include <base/wheel.h>

#define TICK (UINT64_C(1) << MN_WHEEL_TICK_SHIFT)
#define TIMERS 200

static struct mn_wheel wheel;
static struct mn_timer timer[TIMERS];

static void start(mnet_time now)
{
    mn_wheel_init(&wheel, now);
    for (unsigned i = 0; i < TIMERS; i++)
        mn_timer_init(&timer[i], (uint8_t)i);
}

/* The instant at which a timer for `at` goes off: the first whole tick that is not before it. */
static mnet_time due(mnet_time at)
{
    return at % TICK == 0 ? at : (at / TICK + 1) * TICK;
}

/* ---- one timer ---- */

static void test_a_timer_is_never_early_and_at_most_a_tick_late(void **state)
{
    (void)state;
    random_state = 1;
    for (unsigned bits = 0; bits < 63; bits++) {
        for (unsigned round = 0; round < 50; round++) {
            mnet_time now = random64() >> 2;
            mnet_time at = now + (random64() >> (63 - bits)) % (UINT64_C(1) << bits);
            start(now);
            assert_null(mn_wheel_expire(&wheel, now));
            mn_timer_arm(&wheel, &timer[0], at);
            assert_true(mn_timer_is_armed(&timer[0]));
            if (at > now) {
                assert_null(mn_wheel_expire(&wheel, now));
                assert_null(mn_wheel_expire(&wheel, at - 1));
            }
            assert_true(mn_timer_is_armed(&timer[0]));
            assert_ptr_equal(mn_wheel_expire(&wheel, at + TICK), &timer[0]);
            assert_false(mn_timer_is_armed(&timer[0]));
            assert_null(mn_wheel_expire(&wheel, at + TICK));
        }
    }
}

static void test_the_next_expiry_of_a_timer_alone_is_exact(void **state)
{
    (void)state;
    random_state = 2;
    for (unsigned bits = 0; bits < 63; bits++) {
        for (unsigned round = 0; round < 50; round++) {
            mnet_time now = random64() >> 2;
            mnet_time at = now + TICK + (random64() >> (63 - bits)) % (UINT64_C(1) << bits);
            start(now);
            mn_timer_arm(&wheel, &timer[0], at);
            assert_true(mn_wheel_next(&wheel) == due(at));
            assert_ptr_equal(mn_wheel_expire(&wheel, due(at)), &timer[0]);
            assert_true(mn_wheel_next(&wheel) == MNET_NEVER);
        }
    }
}

static void test_what_has_passed_expires_at_once(void **state)
{
    (void)state;
    start(MNET_SEC(100));
    assert_null(mn_wheel_expire(&wheel, MNET_SEC(100)));
    mn_timer_arm(&wheel, &timer[0], MNET_SEC(50));
    mn_timer_arm(&wheel, &timer[1], 0);
    assert_true(mn_wheel_next(&wheel) <= MNET_SEC(100));
    assert_ptr_equal(mn_wheel_expire(&wheel, MNET_SEC(100)), &timer[0]);
    /* One that was handed out is armed again while others wait to be. */
    mn_timer_arm(&wheel, &timer[0], MNET_SEC(99));
    assert_ptr_equal(mn_wheel_expire(&wheel, MNET_SEC(100)), &timer[1]);
    mn_timer_disarm(&wheel, &timer[0]);
    assert_null(mn_wheel_expire(&wheel, MNET_SEC(100)));
}

static void test_arming_for_never_disarms(void **state)
{
    (void)state;
    start(0);
    mn_timer_arm(&wheel, &timer[0], MNET_SEC(1));
    mn_timer_arm(&wheel, &timer[0], MNET_NEVER);
    assert_false(mn_timer_is_armed(&timer[0]));
    mn_timer_arm(&wheel, &timer[0], MNET_NEVER);
    mn_timer_disarm(&wheel, &timer[0]);
    assert_true(mn_wheel_next(&wheel) == MNET_NEVER);
    assert_null(mn_wheel_expire(&wheel, MNET_SEC(10)));
}

static void test_the_last_instants_have_their_place(void **state)
{
    (void)state;
    start(5);
    mn_timer_arm(&wheel, &timer[0], MNET_NEVER - 1);
    mn_timer_arm(&wheel, &timer[1], MNET_NEVER - TICK);
    assert_null(mn_wheel_expire(&wheel, MNET_NEVER - 2 * TICK));
    assert_non_null(mn_wheel_expire(&wheel, MNET_NEVER - 1));
    assert_non_null(mn_wheel_expire(&wheel, MNET_NEVER - 1));
    assert_null(mn_wheel_expire(&wheel, MNET_NEVER - 1));
}

static void test_time_that_stands_or_goes_back_changes_nothing(void **state)
{
    (void)state;
    start(MNET_SEC(10));
    mn_timer_arm(&wheel, &timer[0], MNET_SEC(20));
    assert_null(mn_wheel_expire(&wheel, MNET_SEC(15)));
    assert_null(mn_wheel_expire(&wheel, MNET_SEC(15)));
    assert_null(mn_wheel_expire(&wheel, MNET_SEC(1)));
    assert_null(mn_wheel_expire(&wheel, MNET_SEC(20) - 1));
    assert_ptr_equal(mn_wheel_expire(&wheel, MNET_SEC(21)), &timer[0]);
}

/* Wheel and timer keep the kind that the owner gave. */
static void test_the_kind_is_the_owners(void **state)
{
    (void)state;
    start(0);
    mn_timer_arm(&wheel, &timer[77], MNET_MS(1));
    mn_timer_arm(&wheel, &timer[77], MNET_MS(300));
    struct mn_timer *expired = mn_wheel_expire(&wheel, MNET_SEC(1));
    assert_non_null(expired);
    assert_int_equal(expired->kind, 77);
}

/* ---- many timers, against the model ---- */

static mnet_time model_at[TIMERS]; /* MNET_NEVER: not armed */

static mnet_time model_next(void)
{
    mnet_time next = MNET_NEVER;
    for (unsigned i = 0; i < TIMERS; i++)
        if (model_at[i] < next)
            next = model_at[i];
    return next == MNET_NEVER ? next : due(next);
}

/* Expires all at `now` and checks that these are the right ones, in order. */
static unsigned expire_all(mnet_time now)
{
    unsigned count = 0;
    mnet_time last = 0;
    struct mn_timer *expired;
    while ((expired = mn_wheel_expire(&wheel, now)) != NULL) {
        size_t i = (size_t)(expired - timer);
        assert_true(i < TIMERS);
        assert_true(due(model_at[i]) <= now);
        assert_true(due(model_at[i]) >= last);
        last = due(model_at[i]);
        assert_false(mn_timer_is_armed(expired));
        model_at[i] = MNET_NEVER;
        count++;
    }
    assert_true(model_next() > now);
    return count;
}

static mnet_time random_delay(void)
{
    return random64() >> (64 - random_below(random_below(3) == 0 ? 62 : 42) - 1);
}

static void check_against_model(mnet_time now)
{
    mnet_time next = mn_wheel_next(&wheel);
    assert_true(next <= model_next());
    assert_true(next > now);
    assert_int_equal(next == MNET_NEVER, model_next() == MNET_NEVER);
    if (model_next() != MNET_NEVER && model_next() / TICK / 64 == now / TICK / 64)
        assert_true(next == model_next());
    for (unsigned i = 0; i < TIMERS; i++)
        assert_int_equal(mn_timer_is_armed(&timer[i]), model_at[i] != MNET_NEVER);
}

static void test_random_timers_and_jumps_match_the_model(void **state)
{
    (void)state;
    random_state = 3;
    for (unsigned run = 0; run < 20; run++) {
        mnet_time now = random64() >> (2 + random_below(40));
        start(now);
        for (unsigned i = 0; i < TIMERS; i++)
            model_at[i] = MNET_NEVER;
        for (unsigned round = 0; round < 3000 && now < UINT64_C(1) << 62; round++) {
            for (unsigned changes = random_below(20); changes > 0; changes--) {
                unsigned i = random_below(TIMERS);
                if (random_below(4) == 0) {
                    mn_timer_disarm(&wheel, &timer[i]);
                    model_at[i] = MNET_NEVER;
                    continue;
                }
                /* Often only a little later than before, as retransmission timers are. */
                mnet_time at = random_below(3) == 0 && model_at[i] != MNET_NEVER
                                   ? model_at[i] + random_below(1000000)
                                   : now + random_delay();
                mn_timer_arm(&wheel, &timer[i], at);
                model_at[i] = at;
            }
            expire_all(now);
            check_against_model(now);
            switch (random_below(4)) {
            case 0: /* as a machine does: sleep until the next expiry */
                if (mn_wheel_next(&wheel) != MNET_NEVER)
                    now = mn_wheel_next(&wheel);
                break;
            case 1: /* too late */
                now += random_delay();
                break;
            default: /* a frame came */
                now += random_below(10000000);
                break;
            }
            expire_all(now);
            check_against_model(now);
        }
    }
}

/* An idle machine is not woken again and again for what is far away. */
static void test_few_timers_wake_once_each(void **state)
{
    (void)state;
    random_state = 4;
    for (unsigned run = 0; run < 200; run++) {
        mnet_time now = random64() >> 3;
        start(now);
        for (unsigned i = 0; i < TIMERS; i++)
            model_at[i] = MNET_NEVER;
        for (unsigned i = 0; i < 8; i++) {
            model_at[i] = now + TICK + random_delay() / 64;
            mn_timer_arm(&wheel, &timer[i], model_at[i]);
        }
        unsigned fired = 0;
        for (unsigned wakes = 1; fired < 8; wakes++) {
            assert_true(wakes <= 8);
            now = mn_wheel_next(&wheel);
            unsigned count = expire_all(now);
            assert_true(count > 0);
            fired += count;
        }
    }
}

/* And many in one far slot cost only a few more. */
static void test_many_timers_far_away_wake_at_most_once_a_level(void **state)
{
    (void)state;
    start(0);
    for (unsigned i = 0; i < TIMERS; i++) {
        model_at[i] = MNET_SEC(7200) + i;
        mn_timer_arm(&wheel, &timer[i], model_at[i]);
    }
    unsigned wakes = 0;
    unsigned fired = 0;
    for (; fired < TIMERS; wakes++)
        fired += expire_all(mn_wheel_next(&wheel));
    assert_true(wakes <= MN_WHEEL_LEVELS);
}

static void test_disarming_all_leaves_nothing_to_wake_for(void **state)
{
    (void)state;
    random_state = 5;
    start(0);
    for (unsigned i = 0; i < TIMERS; i++)
        mn_timer_arm(&wheel, &timer[i], random_delay());
    for (unsigned i = 0; i < TIMERS; i++)
        mn_timer_disarm(&wheel, &timer[i * 7 % TIMERS]);
    assert_true(mn_wheel_next(&wheel) == MNET_NEVER);
    for (unsigned level = 0; level < MN_WHEEL_LEVELS; level++)
        assert_true(wheel.used[level] == 0);
    assert_null(mn_wheel_expire(&wheel, MNET_NEVER - 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_timer_is_never_early_and_at_most_a_tick_late),
        cmocka_unit_test(test_the_next_expiry_of_a_timer_alone_is_exact),
        cmocka_unit_test(test_what_has_passed_expires_at_once),
        cmocka_unit_test(test_arming_for_never_disarms),
        cmocka_unit_test(test_the_last_instants_have_their_place),
        cmocka_unit_test(test_time_that_stands_or_goes_back_changes_nothing),
        cmocka_unit_test(test_the_kind_is_the_owners),
        cmocka_unit_test(test_random_timers_and_jumps_match_the_model),
        cmocka_unit_test(test_few_timers_wake_once_each),
        cmocka_unit_test(test_many_timers_far_away_wake_at_most_once_a_level),
        cmocka_unit_test(test_disarming_all_leaves_nothing_to_wake_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
