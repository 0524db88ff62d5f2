/* SPDX-License-Identifier: ISC
 *
 * ports/stub/start.c - a console that shows nothing, and an end that only stands still. */
#include <mnet/port.h>

void mnet_port_console(const char *text, size_t len, bool is_error)
{
    (void)text;
    (void)len;
    (void)is_error;
}

_Noreturn void mnet_port_exit(int status)
{
    (void)status;
    for (;;) {
    }
}

_Noreturn void mnet_port_panic(const char *message)
{
    (void)message;
    for (;;) {
    }
}

struct mnet_sched **mnet_port_current(void)
{
    static struct mnet_sched *current;
    return &current;
}
