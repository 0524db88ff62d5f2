/* SPDX-License-Identifier: ISC
 *
 * The main loop: order, fairness towards devices and timers, hooks, pollers, resources. */
#include "sched_test.h"
#include <sched/sched.h>

static int value;

static int give_value(void *arg)
{
    (void)arg;
    return value;
}

static void test_run_returns_the_first_tasks_value(void **state)
{
    (void)state;
    value = 42;
    assert_int_equal(run(give_value), 42);
    value = MNET_ERR_ADDR_IN_USE;
    assert_int_equal(run(give_value), MNET_ERR_ADDR_IN_USE);
    assert_null(*mnet_port_current());
}

static void test_run_needs_memory_for_one_stack(void **state)
{
    (void)state;
    const struct mnet_sched_config tiny = {.stack_size = 4096};
    assert_int_equal(mnet_sched_run(&tiny, give_value, NULL), MNET_ERR_INVALID);
    fake_port.stacks_limit = 1;
    struct mnet_sched_config config = {.stack_size = 20000};
    value = 1;
    assert_int_equal(mnet_sched_run(&config, give_value, NULL), 1);
    fake_port.stacks_limit = 1;
    fake_port.stacks = 1;
    assert_int_equal(mnet_sched_run(&config, give_value, NULL), MNET_ERR_NO_MEMORY);
    assert_null(*mnet_port_current());
    fake_port.stacks = 0;
}

static int say_twice(void *word)
{
    say(word);
    mnet_yield();
    say(word);
    return 0;
}

static int start_three(void *arg)
{
    (void)arg;
    struct mnet_task *tasks[3] = {mnet_async(say_twice, WORD("a")),
                                  mnet_async(say_twice, WORD("b")),
                                  mnet_async(say_twice, WORD("c"))};
    say("main");
    return mnet_await_all(tasks, 3, NULL);
}

static void test_tasks_run_in_the_order_in_which_they_became_ready(void **state)
{
    (void)state;
    assert_int_equal(run(start_three), 0);
    assert_string_equal(said, "main a b c a b c ");
}

/* ---- pollers ---- */

struct counter {
    struct mnet_poller poller;
    unsigned ins, outs;
    mnet_time due; /* what poll_out answers */
    struct mnet_trigger *trigger;
};

static void count_in(struct mnet_poller *poller, mnet_time now)
{
    assert_true(now == mnet_now());
    struct counter *c = (struct counter *)poller;
    c->ins++;
    if (c->trigger && now >= c->due) {
        mnet_trigger_signal(c->trigger);
        c->due = MNET_NEVER;
    }
}

static mnet_time count_out(struct mnet_poller *poller, mnet_time now)
{
    assert_true(now == mnet_now());
    struct counter *c = (struct counter *)poller;
    c->outs++;
    return c->due;
}

static struct counter counter(void)
{
    return (struct counter){.poller = {.poll_in = count_in, .poll_out = count_out},
                            .due = MNET_NEVER};
}

static int yield_until_polled(void *arg)
{
    (void)arg;
    struct counter c = counter();
    mnet_poller_add(&c.poller);
    unsigned yields = 0;
    while (c.ins < 3) {
        assert_int_equal(mnet_yield(), MNET_OK);
        yields++;
    }
    assert_true(c.outs >= 2);
    assert_true(fake_port.waits == 0);
    mnet_poller_remove(&c.poller);
    return (int)yields;
}

static void test_a_busy_task_does_not_keep_devices_waiting(void **state)
{
    (void)state;
    /* The clock stands still: a round ends after a number of switches. */
    assert_in_range(run(yield_until_polled), 1, 4096);
    /* The clock goes on: it ends after the budget, 16 switches for each look. */
    fake_port.tick = MNET_US(25);
    assert_in_range(run(yield_until_polled), 3 * 16, 4 * 16 * 5);
    /* A program's own budget. */
    const struct mnet_sched_config config = {.poll_budget = MNET_US(1)};
    assert_in_range(mnet_sched_run(&config, yield_until_polled, NULL), 2 * 16, 4 * 16);
}

static bool has_slept;

static int sleep_1ms(void *arg)
{
    (void)arg;
    assert_int_equal(mnet_sleep(MNET_MS(1)), MNET_OK);
    has_slept = true;
    return 0;
}

static int yield_until_slept(void *arg)
{
    (void)arg;
    has_slept = false;
    struct mnet_task *sleeper = mnet_async(sleep_1ms, NULL);
    while (!has_slept)
        assert_int_equal(mnet_yield(), MNET_OK);
    return mnet_await(sleeper, NULL);
}

static void test_a_busy_task_does_not_keep_timers_waiting(void **state)
{
    (void)state;
    fake_port.tick = MNET_US(1);
    assert_int_equal(run(yield_until_slept), 0);
    assert_int_equal(fake_port.waits, 0);
}

static int wait_for_poller(void *arg)
{
    (void)arg;
    struct mnet_trigger trigger = {0};
    struct counter c = counter();
    c.trigger = &trigger;
    c.due = mnet_now() + MNET_MS(7);
    mnet_time due = c.due;
    mnet_poller_add(&c.poller);
    assert_int_equal(mnet_trigger_wait(&trigger), MNET_OK);
    assert_true(mnet_now() == due);
    mnet_poller_remove(&c.poller);
    return 0;
}

static void test_the_port_waits_until_a_poller_is_due(void **state)
{
    (void)state;
    assert_int_equal(run(wait_for_poller), 0);
    assert_int_equal(fake_port.waits, 1);
}

static int sleep_with_eager_poller(void *arg)
{
    (void)arg;
    struct counter c = counter();
    c.due = 0; /* always has more to do */
    mnet_poller_add(&c.poller);
    fake_port.tick = MNET_US(10);
    assert_int_equal(mnet_sleep(MNET_MS(1)), MNET_OK);
    mnet_poller_remove(&c.poller);
    return (int)c.ins;
}

static void test_the_port_does_not_wait_while_a_poller_has_more_to_do(void **state)
{
    (void)state;
    assert_in_range(run(sleep_with_eager_poller), 50, 110);
    assert_int_equal(fake_port.waits, 0);
}

static int sleep_a_little(void *arg)
{
    (void)arg;
    mnet_time start = mnet_now();
    assert_int_equal(mnet_sleep(MNET_MS(3)), MNET_OK);
    assert_in_range(mnet_now() - start, MNET_MS(3), MNET_MS(3) + MNET_US(70));
    return 0;
}

static void test_the_port_waits_until_a_timer_is_due(void **state)
{
    (void)state;
    assert_int_equal(run(sleep_a_little), 0);
    assert_in_range(fake_port.waits, 1, 3);
}

/* ---- hooks ---- */

struct test_hook {
    struct mnet_hook hook;
    struct mnet_hook *victim; /* is removed in the call */
    struct mnet_hook *fresh;  /* is added in the call */
    const char *word;
};

static void call_hook(struct mnet_hook *hook)
{
    struct test_hook *h = (struct test_hook *)hook;
    say(h->word);
    if (h->victim)
        mnet_hook_remove(h->victim);
    h->victim = NULL;
    if (h->fresh)
        mnet_hook_add(h->fresh);
    h->fresh = NULL;
}

static int rounds(void *arg)
{
    (void)arg;
    struct test_hook fresh = {.hook.call = call_hook, .word = "fresh"};
    struct test_hook gone = {.hook.call = call_hook, .word = "gone"};
    struct test_hook self = {.hook.call = call_hook, .word = "self", .victim = &self.hook};
    struct test_hook killer = {
        .hook.call = call_hook, .word = "killer", .victim = &gone.hook, .fresh = &fresh.hook};
    mnet_hook_add(&self.hook);
    mnet_hook_add(&gone.hook);
    mnet_hook_add(&killer.hook);
    for (int i = 0; i < 3; i++) {
        say("|");
        assert_int_equal(mnet_sleep(MNET_MS(1)), MNET_OK);
    }
    mnet_hook_remove(&killer.hook);
    mnet_hook_remove(&fresh.hook);
    return 0;
}

static void test_hooks_may_remove_and_add_hooks(void **state)
{
    (void)state;
    assert_int_equal(run(rounds), 0);
    const char *first = strstr(said, "killer");
    assert_non_null(first);
    assert_null(strstr(said, "gone"));
    assert_true(strncmp(said, "| killer self ", 14) == 0);
    assert_null(strstr(strstr(said, "self") + 1, "self"));
    assert_non_null(strstr(said, "fresh killer "));
}

static void wait_in_hook(struct mnet_hook *hook)
{
    (void)hook;
    mnet_yield();
}

static int hook_that_waits(void *arg)
{
    (void)arg;
    static struct mnet_hook hook = {.call = wait_in_hook};
    mnet_hook_add(&hook);
    return mnet_sleep(1);
}

static void wait_in_poller(struct mnet_poller *poller, mnet_time now)
{
    (void)poller;
    (void)now;
    mnet_sleep(1);
}

static int poller_that_waits(void *arg)
{
    (void)arg;
    struct counter c = counter();
    c.poller.poll_in = wait_in_poller;
    mnet_poller_add(&c.poller);
    return mnet_sleep(1);
}

static void start_in_hook(struct mnet_hook *hook)
{
    (void)hook;
    mnet_async(say_arg, WORD("never"));
}

static int hook_that_starts(void *arg)
{
    (void)arg;
    static struct mnet_hook hook = {.call = start_in_hook};
    mnet_hook_add(&hook);
    return mnet_sleep(1);
}

static void test_hooks_and_pollers_must_not_wait(void **state)
{
    (void)state;
    assert_true(fake_port_panics(hook_that_waits,
                                 "MUST_NOT_WAIT: mnet_yield called in a hook or callback"));
    assert_true(fake_port_panics(poller_that_waits,
                                 "MUST_NOT_WAIT: mnet_sleep called in a hook or callback"));
    assert_true(fake_port_panics(hook_that_starts, "NO_TASK: mnet_async_at called outside a task"));
}

static int nowait_twice(void *arg)
{
    (void)arg;
    mnet_nowait_begin();
    mnet_nowait_begin();
    mnet_nowait_end();
    say("one left");
    mnet_yield();
    return 0;
}

static int nowait_balanced(void *arg)
{
    (void)arg;
    mnet_nowait_begin();
    mnet_nowait_begin();
    mnet_nowait_end();
    mnet_nowait_end();
    return mnet_yield();
}

static int end_in_nowait(void *arg)
{
    (void)arg;
    mnet_nowait_begin();
    return 0;
}

static void test_nowait_nests(void **state)
{
    (void)state;
    assert_int_equal(run(nowait_balanced), 0);
    assert_true(fake_port_panics(nowait_twice,
                                 "MUST_NOT_WAIT: task started at mnet_sched_run calls mnet_yield "
                                 "in a finalizer or between mnet_nowait_begin and its end"));
    assert_true(
        fake_port_panics(end_in_nowait, "MUST_NOT_WAIT: task started at mnet_sched_run ends in *"));
}

/* ---- resources ---- */

static struct mnet_resource stack = {.kind = "stack", .name = "service", .place = "hello.c:12"};

static int leak(void *arg)
{
    mnet_resource_open(&stack);
    return arg ? 0 : 3;
}

static int leak_and_fail(void *arg)
{
    (void)arg;
    mnet_resource_open(&stack);
    return MNET_ERR_ADDR_IN_USE;
}

static int open_and_close(void *arg)
{
    (void)arg;
    mnet_resource_open(&stack);
    mnet_resource_close(&stack);
    return 0;
}

static void test_a_resource_must_be_gone_at_the_end(void **state)
{
    (void)state;
    assert_int_equal(run(open_and_close), 0);
    assert_true(fake_port_panics(leak, "RESOURCE_LEAKED: stack 'service' made at hello.c:12 was "
                                       "not killed"));
    assert_true(fake_port_panics(leak_and_fail,
                                 "RESOURCE_LEAKED: stack 'service' made at hello.c:12 was not "
                                 "killed (the program ended with ADDR_IN_USE)"));
}

static int wait_for_nobody(void *arg)
{
    (void)arg;
    return hang(NULL);
}

static void test_when_nothing_can_happen_the_port_waits_for_ever(void **state)
{
    (void)state;
    assert_true(fake_port_panics(wait_for_nobody, "deadlock"));
}

static int use_context(void *arg)
{
    void **context = mn_sched_context(mn_sched_current());
    assert_null(*context);
    *context = arg;
    mnet_yield();
    return *mn_sched_context(mn_sched_current()) == arg ? 0 : -1;
}

static void test_run_may_keep_a_context_with_the_scheduler(void **state)
{
    (void)state;
    int context = 0;
    assert_null(mn_sched_current());
    assert_int_equal(mnet_sched_run(NULL, use_context, &context), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TASK_TEST(test_run_returns_the_first_tasks_value),
        TASK_TEST(test_run_needs_memory_for_one_stack),
        TASK_TEST(test_tasks_run_in_the_order_in_which_they_became_ready),
        TASK_TEST(test_a_busy_task_does_not_keep_devices_waiting),
        TASK_TEST(test_a_busy_task_does_not_keep_timers_waiting),
        TASK_TEST(test_the_port_waits_until_a_poller_is_due),
        TASK_TEST(test_the_port_does_not_wait_while_a_poller_has_more_to_do),
        TASK_TEST(test_the_port_waits_until_a_timer_is_due),
        TASK_TEST(test_hooks_may_remove_and_add_hooks),
        TASK_TEST(test_hooks_and_pollers_must_not_wait),
        TASK_TEST(test_nowait_nests),
        TASK_TEST(test_a_resource_must_be_gone_at_the_end),
        TASK_TEST(test_when_nothing_can_happen_the_port_waits_for_ever),
        TASK_TEST(test_run_may_keep_a_context_with_the_scheduler),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
