/* SPDX-License-Identifier: ISC
 *
 * The port's panic for tests that break rules on purpose: it jumps back to the test. A program that
 * includes this must not link another port. */
#ifndef PANIC_TEST_H
#define PANIC_TEST_H

#include "base_test.h"
#include <mnet/port.h>
#include <stdio.h>

static jmp_buf panic_return;
static bool panic_is_wanted;
static char panic_message[512];

_Noreturn void mnet_port_panic(const char *text)
{
    if (!panic_is_wanted) {
        fprintf(stderr, "panic: %s\n", text);
        abort();
    }
    snprintf(panic_message, sizeof panic_message, "%s", text);
    longjmp(panic_return, 1);
}

/* `statement` ends in a failed assertion. */
#define ASSERT_PANICS(statement)                                                                   \
    do {                                                                                           \
        panic_message[0] = '\0';                                                                   \
        panic_is_wanted = true;                                                                    \
        if (setjmp(panic_return) == 0) {                                                           \
            statement;                                                                             \
        }                                                                                          \
        panic_is_wanted = false;                                                                   \
        assert_string_not_equal(panic_message, "");                                                \
    } while (0)

#endif
