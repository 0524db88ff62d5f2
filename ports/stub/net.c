/* SPDX-License-Identifier: ISC
 *
 * ports/stub/net.c - there is no network device. */
#include <mnet/port.h>

mnet_err mnet_port_net_open(const char *name, const char *spec, struct mnet_netdev **out,
                            const char **why)
{
    (void)name;
    (void)spec;
    *out = NULL;
    *why = "this port has no network devices";
    return MNET_ERR_NO_DEVICE;
}

void mnet_port_net_close(struct mnet_netdev *dev)
{
    (void)dev;
}
