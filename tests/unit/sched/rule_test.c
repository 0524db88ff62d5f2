/* SPDX-License-Identifier: ISC
 *
 * What is said when a rule is broken, and NO_TASK. The other rules are tested where they are
 * checked: STILL_HAS_CHILDREN in task_test.c, NOT_A_CHILD in await_test.c, NOT_OWNER and
 * RESOURCE_LEAKED in own_test.c, MUST_NOT_WAIT in sched_test.c, NOT_LOCKED in sync_test.c. */
#include "sched_test.h"
#include <sched/sched.h>

static int long_message(void *arg)
{
    (void)arg;
    char place[2000];
    memset(place, 'x', sizeof place - 1);
    place[sizeof place - 1] = '\0';
    mn_rule_broken("RULE: %s", place);
}

static void test_a_long_message_is_cut(void **state)
{
    (void)state;
    assert_true(fake_port_panics_outside(long_message, "RULE: xxxxx*x"));
}

static int call_async(void *arg)
{
    mnet_async(return_arg, arg);
    return 0;
}

static int call_yield(void *arg)
{
    (void)arg;
    return mnet_yield();
}

static int call_await(void *arg)
{
    return mnet_await(arg, NULL);
}

static int call_cancel(void *arg)
{
    mnet_cancel(arg);
    return 0;
}

static int call_now(void *arg)
{
    (void)arg;
    return mnet_now() == 0;
}

static int call_own(void *arg)
{
    static struct mnet_own own;
    mnet_own(&own, NULL, arg);
    return 0;
}

static int call_fail(void *arg)
{
    (void)arg;
    mnet_task_fail(MNET_ERR_FAILED);
}

static int call_self(void *arg)
{
    (void)arg;
    return mnet_self() == NULL;
}

static int call_mutex(void *arg)
{
    (void)arg;
    struct mnet_mutex mutex = {0};
    return mnet_mutex_lock(&mutex);
}

static int call_poller(void *arg)
{
    (void)arg;
    static struct mnet_poller poller;
    mnet_poller_add(&poller);
    return 0;
}

static int call_nowait(void *arg)
{
    (void)arg;
    mnet_nowait_begin();
    return 0;
}

static void test_calls_without_a_scheduler_break_no_task(void **state)
{
    (void)state;
    static const struct {
        int (*call)(void *);
        const char *name;
    } calls[] = {
        {call_async, "mnet_async_at"},
        {call_yield, "mnet_yield"},
        {call_await, "mnet_await"},
        {call_cancel, "mnet_cancel"},
        {call_now, "mnet_now"},
        {call_own, "mnet_own"},
        {call_fail, "mnet_task_fail"},
        {call_self, "mnet_self"},
        {call_mutex, "mnet_mutex_lock"},
        {call_poller, "mnet_poller_add"},
        {call_nowait, "mnet_nowait_begin"},
    };
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        char text[100] = "NO_TASK: ";
        strcat(text, calls[i].name);
        strcat(text, " called while no scheduler runs");
        assert_true(fake_port_panics_outside(calls[i].call, text));
    }
}

static void self_in_hook(struct mnet_hook *hook)
{
    (void)hook;
    mnet_self();
}

static int hook_asks_self(void *arg)
{
    (void)arg;
    static struct mnet_hook hook = {.call = self_in_hook};
    mnet_hook_add(&hook);
    return mnet_sleep(1);
}

static void test_calls_outside_a_task_break_no_task(void **state)
{
    (void)state;
    assert_true(fake_port_panics(hook_asks_self, "NO_TASK: mnet_self called outside a task"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TASK_TEST(test_a_long_message_is_cut),
        TASK_TEST(test_calls_without_a_scheduler_break_no_task),
        TASK_TEST(test_calls_outside_a_task_break_no_task),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
