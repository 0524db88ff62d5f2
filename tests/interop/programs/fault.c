/* SPDX-License-Identifier: ISC
 *
 * Does something wrong, deliberately: `--do=NAME`. What the port makes of it is what the test looks
 * at. Nothing of this may be removed by the compiler, hence the volatile pointers. */
#include <mnet/mnet.h>
#include <stdlib.h>
#include <string.h>

static struct mnet_option_arg what = MNET_OPTION("do", "abort", "what to do wrong");

/* So that a trace names it. */
#define NOINLINE static __attribute__((noinline))

static const char constant[64] = "constant";
static unsigned char in_data[16] = {0xc3}; /* a return, if it were code */

static int *volatile nowhere;
static volatile int hundred = 100, zero;

NOINLINE void fault_abort(void)
{
    abort();
}

NOINLINE void fault_null(void)
{
    *nowhere = 1;
}

NOINLINE void fault_divide(void)
{
    zero = hundred / zero;
}

/* Far away from everything, but an address that a processor can have. */
NOINLINE void fault_wild(void)
{
    *(volatile char *)(uintptr_t)0x123456789000 = 1;
}

NOINLINE void fault_write_text(void)
{
    *(volatile unsigned char *)(uintptr_t)fault_null = 0xc3;
}

NOINLINE void fault_write_constant(void)
{
    *(volatile char *)(uintptr_t)constant = 1;
}

/* Comes back, so that it is a call and not a jump. */
NOINLINE void call(const volatile void *code)
{
    ((void (*)(void))(uintptr_t)code)();
    zero = 1;
}

NOINLINE void fault_run_data(void)
{
    call(in_data);
    zero = 2;
}

NOINLINE void fault_run_stack(void)
{
    volatile unsigned char code[16] = {0xc3};
    call(code);
    zero = 2;
}

NOINLINE void fault_run_budget(void)
{
    volatile unsigned char *code = malloc(16);
    if (code) {
        code[0] = 0xc3;
        call(code);
        zero = 2;
    }
}

NOINLINE unsigned deeper(unsigned depth)
{
    volatile char here[128];
    here[0] = (char)depth;
    return depth == UINT32_MAX ? 0 : deeper(depth + 1) + (unsigned char)here[0];
}

NOINLINE void fault_overflow(void)
{
    mnet_print("%u", deeper(0));
}

static int task(void *arg)
{
    (void)arg;
    fault_overflow();
    return 0;
}

NOINLINE void fault_task_overflow(void)
{
    struct mnet_task *child = mnet_async(task, NULL);
    if (child && mnet_await(child, NULL) != MNET_OK)
        mnet_cancel(child);
}

NOINLINE void fault_overrun(void)
{
    char buf[16];
    volatile char *at = buf;
    for (volatile unsigned i = 0; i < 64; i++)
        at[i] = 'x';
}

static const struct {
    const char *name;
    void (*run)(void);
} faults[] = {
    {"abort", fault_abort},
    {"null", fault_null},
    {"divide", fault_divide},
    {"wild", fault_wild},
    {"write-text", fault_write_text},
    {"write-constant", fault_write_constant},
    {"run-data", fault_run_data},
    {"run-stack", fault_run_stack},
    {"run-budget", fault_run_budget},
    {"overflow", fault_overflow},
    {"task-overflow", fault_task_overflow},
    {"overrun", fault_overrun},
};

static int body(void *arg)
{
    (void)arg;
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        if (strcmp(what.value, faults[i].name) == 0) {
            mnet_print("now: %s", what.value);
            faults[i].run();
            mnet_print("nothing happened");
        }
    }
    return 0;
}

int main(int argc, char **argv)
{
    return mnet_run(argc, argv, body, NULL, MNET_ARGS(&what.arg));
}
