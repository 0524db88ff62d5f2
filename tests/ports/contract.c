/* SPDX-License-Identifier: ISC
 *
 * Names every call of mnet/port.h: a port links with it if and only if it is complete. Never run.
 */
#include <mnet/port.h>

typedef void (*call)(void);
#define CALL(name) ((call)(name))

static const call calls[] = {
    CALL(mnet_port_clock),         CALL(mnet_port_wall_clock),  CALL(mnet_port_wait),
    CALL(mnet_port_is_ending),     CALL(mnet_port_entropy),     CALL(mnet_port_cycles),
    CALL(mnet_port_console),       CALL(mnet_port_exit),        CALL(mnet_port_panic),
    CALL(mnet_port_memory),        CALL(mnet_port_memory_free), CALL(mnet_port_stack),
    CALL(mnet_port_stack_default), CALL(mnet_port_stack_free),  CALL(mnet_port_current),
    CALL(mnet_port_net_open),      CALL(mnet_port_net_close),   CALL(mnet_port_block_open),
    CALL(mnet_port_block_close),
};

int main(int argc, char **argv)
{
    (void)argv;
    return calls[(unsigned)argc % (sizeof calls / sizeof calls[0])] == 0;
}
