/* SPDX-License-Identifier: ISC
 *
 * The console and the panic of a test that has no port. */
#ifndef RUN_TEST_PORT_H
#define RUN_TEST_PORT_H

#include "run_test.h"

static jmp_buf panic_to;
static char panic_text[256];

void mnet_port_console(const char *text, size_t len, bool is_error)
{
    run_test_print(text, len, is_error);
}

_Noreturn void mnet_port_panic(const char *message)
{
    strncpy(panic_text, message, sizeof panic_text - 1);
    longjmp(panic_to, 1);
}

/* Runs `statement` and expects that it ends the program with a message that contains `words`. */
#define ASSERT_PANICS(statement, words)                                                            \
    do {                                                                                           \
        panic_text[0] = '\0';                                                                      \
        if (setjmp(panic_to) == 0) {                                                               \
            statement;                                                                             \
            fail_msg("no panic");                                                                  \
        }                                                                                          \
        assert_non_null(strstr(panic_text, words));                                                \
    } while (0)

#endif
