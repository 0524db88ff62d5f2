/* SPDX-License-Identifier: ISC
 *
 * The little of mnet/port.h that tests of the lower layers need: a panic that a test can see, and a
 * console. */
#include <mnet/port.h>
#include <stdio.h>
#include <stdlib.h>

_Noreturn void mnet_port_panic(const char *message)
{
    fprintf(stderr, "panic: %s\n", message);
    abort();
}

void mnet_port_console(const char *text, size_t len, bool is_error)
{
    fwrite(text, 1, len, is_error ? stderr : stdout);
}
