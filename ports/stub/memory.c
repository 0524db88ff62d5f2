/* SPDX-License-Identifier: ISC
 *
 * ports/stub/memory.c - there is no memory to give. */
#include <mnet/port.h>

void *mnet_port_memory(size_t len)
{
    (void)len;
    return NULL;
}

void mnet_port_memory_free(void *at, size_t len)
{
    (void)at;
    (void)len;
}

size_t mnet_port_stack_default(void)
{
    return 64u * 1024u;
}

void *mnet_port_stack(size_t len)
{
    (void)len;
    return NULL;
}

void mnet_port_stack_free(void *at, size_t len)
{
    (void)at;
    (void)len;
}
