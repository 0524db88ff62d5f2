/* SPDX-License-Identifier: ISC
 *
 * AddressSanitizer sees the stacks of tasks like any other: built only with it. */
#include "sched_test.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* Local variables are in frames of the sanitizer's own, which it marks after a return. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "detect_stack_use_after_return=1";
}

/* Runs `body` as the first task of another process; whether the sanitizer ends that with `report`.
 */
static bool is_reported(mnet_task_fn body, const char *report)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        dup2(ends[1], 2);
        close(ends[0]);
        _exit(mnet_sched_run(NULL, body, NULL));
    }
    close(ends[1]);
    static char text[1 << 16];
    size_t len = 0;
    ssize_t n;
    while (len < sizeof text - 1 && (n = read(ends[0], text + len, sizeof text - 1 - len)) > 0)
        len += (size_t)n;
    text[len] = '\0';
    close(ends[0]);
    int status = 0;
    waitpid(pid, &status, 0);
    return status != 0 && strstr(text, report) != NULL;
}

static int write_past_local(void *arg)
{
    char local[16];
    char *volatile at = local;
    memset(local, 0, sizeof local);
    mnet_yield();
    at[sizeof local] = 1;
    return local[0] + (arg != NULL);
}

static int child_writes_past_local(void *arg)
{
    (void)arg;
    return mnet_await(mnet_async(write_past_local, NULL), NULL);
}

static void test_an_overflow_on_a_tasks_stack_is_reported(void **state)
{
    (void)state;
    assert_true(is_reported(child_writes_past_local, "stack-buffer-overflow"));
}

static volatile unsigned bottom = 0;

static void fill(unsigned depth)
{
    volatile char room[512];
    room[0] = (char)depth;
    if (depth == bottom)
        mnet_task_fail(MNET_ERR_FAILED);
    if (depth > bottom)
        fill(depth - 1);
    room[511] = room[0];
}

/* Leaves marked frames behind. */
static int fail_below(void *arg)
{
    fill(*(unsigned *)arg);
    return 0;
}

/* Uses the whole stack in one frame. */
static int use_room(void *arg)
{
    volatile char room[40000];
    for (size_t i = 0; i < sizeof room; i++)
        room[i] = (char)i;
    return room[100] + (arg == NULL);
}

static int use_stacks_again(void *arg)
{
    (void)arg;
    for (unsigned i = 0; i < 40; i++) {
        assert_int_equal(mnet_await(mnet_async(fail_below, &i), NULL), MNET_OK);
        assert_int_equal(mnet_await(mnet_async(use_room, &i), NULL), MNET_OK);
    }
    return 0;
}

static void test_a_stack_may_be_used_again_after_frames_that_never_returned(void **state)
{
    (void)state;
    assert_int_equal(run(use_stacks_again), 0);
    assert_int_equal(fake_port.stacks_ever, 2);
    assert_int_equal(run(use_stacks_again), 0);
}

static void final_say(void *word)
{
    say(word);
}

/* Leaves handles and orphans in a frame that is gone when they are dealt with. */
static int return_with_handles(void *arg)
{
    (void)arg;
    struct mnet_own own[3];
    struct mnet_orphans orphans = {0};
    for (int i = 0; i < 3; i++)
        mnet_own(&own[i], final_say, WORD("released"));
    mnet_async_orphan(&orphans, say_arg, WORD("ended"));
    mnet_async_orphan(&orphans, hang, NULL);
    mnet_async_orphan(&orphans, hang, NULL);
    mnet_yield();
    mnet_release(&own[1]);
    return MNET_ERR_FAILED;
}

static int await_handles(void *arg)
{
    (void)arg;
    return mnet_await(mnet_async(return_with_handles, NULL), NULL);
}

static void test_a_task_may_return_an_error_with_handles_in_its_frame(void **state)
{
    (void)state;
    assert_int_equal(run(await_handles), 0);
    assert_string_equal(said, "ended released released released ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TASK_TEST(test_an_overflow_on_a_tasks_stack_is_reported),
        TASK_TEST(test_a_stack_may_be_used_again_after_frames_that_never_returned),
        TASK_TEST(test_a_task_may_return_an_error_with_handles_in_its_frame),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
