/* SPDX-License-Identifier: ISC
 *
 * What the tests of run/ share: cmocka, and a console and a panic that can be looked at. Each test
 * program is one file, so these may be defined here. */
#ifndef RUN_TEST_H
#define RUN_TEST_H

#include <mnet/port.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* What was printed since run_test_reset, of both kinds. */
static char printed[2][8192];
static size_t printed_len[2];

static inline void run_test_reset(void)
{
    memset(printed, 0, sizeof printed);
    memset(printed_len, 0, sizeof printed_len);
}

static inline void run_test_print(const char *text, size_t len, bool is_error)
{
    assert_true(printed_len[is_error] + len < sizeof printed[0]);
    memcpy(printed[is_error] + printed_len[is_error], text, len);
    printed_len[is_error] += len;
}

#endif
