/* SPDX-License-Identifier: ISC
 *
 * A failed assertion: one line that names the place, then the port ends the program. Nothing else
 * is touched, because whatever the stack believes may be wrong by now. */
#include <base/assert.h>
#include <base/fmt.h>
#include <mnet/port.h>

_Noreturn void mn_assert_failed(const char *file, int line, const char *text)
{
    char message[256]; /* longer conditions are cut */
    mn_fmt(message, sizeof message, "%s:%d: assertion failed: %s", file, line, text);
    mnet_port_panic(message);
}
