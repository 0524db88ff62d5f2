/* SPDX-License-Identifier: ISC
 *
 * base/assert.h - what cannot happen is asserted, in release builds too. */
#ifndef MN_ASSERT_H
#define MN_ASSERT_H

/* Ends the program through mnet_port_panic with "file:line: assertion failed: text". */
_Noreturn void mn_assert_failed(const char *file, int line, const char *text);

#define MN_ASSERT(condition)                                                                       \
    ((condition) ? (void)0 : mn_assert_failed(__FILE__, __LINE__, #condition))

#endif
