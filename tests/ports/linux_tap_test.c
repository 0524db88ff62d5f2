/* SPDX-License-Identifier: ISC
 *
 * The parts of the port to Linux that need no TAP: memory, stacks, waiting, signals, the end. What
 * kills the process is done in a child. */
#include <errno.h>
#include <mnet/port.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define STACK 65536u

/* The wait status of a child that runs `fn`; what it writes to its error stream goes to `text`. */
static int status_of(void (*fn)(void), char *text, size_t cap)
{
    int out[2];
    assert_int_equal(pipe(out), 0);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        struct rlimit no_core = {0, 0};
        setrlimit(RLIMIT_CORE, &no_core);
        signal(SIGSEGV, SIG_DFL);
        dup2(out[1], 2);
        fn();
        _exit(0);
    }
    close(out[1]);
    size_t len = 0;
    for (ssize_t n; (n = read(out[0], text + len, cap - 1 - len)) > 0;)
        len += (size_t)n;
    text[len] = '\0';
    close(out[0]);
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

/* ---- memory ---- */

static void test_budgets_are_aligned_and_zeroed(void **state)
{
    (void)state;
    for (size_t len = 1; len < ((size_t)1 << 28); len = len * 7 + 1) {
        uint8_t *at = mnet_port_memory(len);
        assert_non_null(at);
        assert_int_equal((uintptr_t)at % 65536, 0);
        assert_int_equal(at[0] | at[len / 2] | at[len - 1], 0);
        at[0] = at[len - 1] = 1;
        mnet_port_memory_free(at, len);
    }
    assert_null(mnet_port_memory(SIZE_MAX));
    mnet_port_memory_free(NULL, 0);
}

static void write_below_a_stack(void)
{
    volatile uint8_t *at = mnet_port_stack(STACK);
    at[0] = 1;
    at[STACK - 1] = 1;
    at[-1] = 1;
}

static void test_below_a_stack_is_a_guard(void **state)
{
    (void)state;
    char text[4096];
    int status = status_of(write_below_a_stack, text, sizeof text);
    /* A sanitizer turns the signal into a status of its own. */
    assert_true(WIFSIGNALED(status) ? WTERMSIG(status) == SIGSEGV : WEXITSTATUS(status) != 0);
}

static void test_stacks_are_reused(void **state)
{
    (void)state;
    void *first = mnet_port_stack(STACK);
    assert_non_null(first);
    mnet_port_stack_free(first, STACK);
    assert_ptr_equal(mnet_port_stack(STACK), first);
    mnet_port_stack_free(first, STACK);
}

static void test_stacks_of_different_sizes_do_not_mix(void **state)
{
    (void)state;
    uint8_t *small = mnet_port_stack(8192);
    mnet_port_stack_free(small, 8192);
    uint8_t *large = mnet_port_stack(STACK);
    memset(large, 1, STACK);
    assert_ptr_equal(mnet_port_stack(8192), small);
    mnet_port_stack_free(small, 8192);
    mnet_port_stack_free(large, STACK);
}

/* More than the kernel allows pieces of mappings for, with guards. In a child: it would stay at
 * that limit, and a sanitizer then finds no room for its own work. */
#define MANY 40000u

static void use_many_stacks(void)
{
    static uint8_t *stacks[MANY];
    for (unsigned i = 0; i < MANY; i++) {
        stacks[i] = mnet_port_stack(STACK);
        if (!stacks[i])
            _exit(1);
        stacks[i][STACK - 1] = (uint8_t)i;
    }
    for (unsigned i = 0; i < MANY; i++) {
        if (stacks[i][STACK - 1] != (uint8_t)i)
            _exit(2);
        mnet_port_stack_free(stacks[i], STACK);
    }
}

static void test_more_stacks_than_the_kernel_has_guards_for(void **state)
{
    (void)state;
    char text[256];
    assert_int_equal(status_of(use_many_stacks, text, sizeof text), 0);
}

/* ---- time ---- */

static void test_waiting_ends_at_the_deadline_and_not_before(void **state)
{
    (void)state;
    mnet_time begin = mnet_port_clock();
    mnet_port_wait(begin + MNET_MS(20));
    mnet_time took = mnet_port_clock() - begin;
    assert_in_range(took, MNET_MS(20), MNET_SEC(2));
    mnet_port_wait(begin);
    mnet_port_wait(0);
    assert_true(mnet_port_wall_clock() > MNET_SEC(1600000000));
}

static void test_entropy_and_cycles_change(void **state)
{
    (void)state;
    uint8_t a[300], b[300];
    assert_int_equal(mnet_port_entropy(a, sizeof a), sizeof a);
    assert_int_equal(mnet_port_entropy(b, sizeof b), sizeof b);
    assert_memory_not_equal(a, b, sizeof a);
    assert_int_not_equal(mnet_port_cycles(), mnet_port_cycles());
}

/* ---- the end ---- */

static void end_by_a_signal(void)
{
    if (mnet_port_is_ending())
        _exit(1);
    raise(SIGTERM);
    if (!mnet_port_is_ending())
        _exit(2);
    /* The first wait returns at once, the next ones sleep again. */
    mnet_time begin = mnet_port_clock();
    mnet_port_wait(begin + MNET_SEC(60));
    if (mnet_port_clock() - begin > MNET_SEC(30))
        _exit(3);
    begin = mnet_port_clock();
    mnet_port_wait(begin + MNET_MS(10));
    if (mnet_port_clock() - begin < MNET_MS(10))
        _exit(4);
    if (!mnet_port_is_ending())
        _exit(5);
    raise(SIGINT);
    _exit(6);
}

static void test_the_first_signal_asks_and_the_second_ends(void **state)
{
    (void)state;
    char text[256];
    int status = status_of(end_by_a_signal, text, sizeof text);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 130);
}

static void panic(void)
{
    mnet_port_panic("it must not be");
}

static void test_a_panic_says_why_and_where(void **state)
{
    (void)state;
    char text[8192];
    int status = status_of(panic, text, sizeof text);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 70);
    assert_int_equal(strncmp(text, "panic: it must not be\n", 22), 0);
    assert_non_null(strstr(text + 22, "linux_tap_test"));
}

/* ---- devices ---- */

static const char *why_not(const char *spec)
{
    struct mnet_netdev *dev;
    const char *why = NULL;
    assert_int_equal(mnet_port_net_open("service", spec, &dev, &why), MNET_ERR_NO_DEVICE);
    assert_null(dev);
    assert_non_null(why);
    return why;
}

static void test_what_is_wrong_with_a_device_is_one_sentence(void **state)
{
    (void)state;
    assert_non_null(strstr(why_not(NULL), "--net:service=tap0"));
    assert_non_null(strstr(why_not("nosuchtap"), "ip tuntap add nosuchtap mode tap user $USER"));
    assert_non_null(strstr(why_not(""), "cannot be the name"));
    assert_non_null(strstr(why_not("sixteencharacter"), "cannot be the name"));
    static const char *const options[] = {
        "offload",   "offload=",     "offload=offf", "spin=50",    "spin=us",
        "spin=-1us", "spin=10001us", "spin=5ms",     "spin= 50us", "offload=off,x=1"};
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        char spec[64];
        snprintf(spec, sizeof spec, "tap0,%s", options[i]);
        assert_non_null(strstr(why_not(spec), "is not an option"));
    }
    assert_null(strstr(why_not("nosuchtap,offload=off,spin=10000us"), "option"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_budgets_are_aligned_and_zeroed),
        cmocka_unit_test(test_below_a_stack_is_a_guard),
        cmocka_unit_test(test_stacks_are_reused),
        cmocka_unit_test(test_stacks_of_different_sizes_do_not_mix),
        cmocka_unit_test(test_waiting_ends_at_the_deadline_and_not_before),
        cmocka_unit_test(test_entropy_and_cycles_change),
        cmocka_unit_test(test_the_first_signal_asks_and_the_second_ends),
        cmocka_unit_test(test_a_panic_says_why_and_where),
        cmocka_unit_test(test_what_is_wrong_with_a_device_is_one_sentence),
        cmocka_unit_test(test_more_stacks_than_the_kernel_has_guards_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
