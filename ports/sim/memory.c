/* SPDX-License-Identifier: ISC
 *
 * ports/sim/memory.c - memory of the process, so that sanitizers watch its edges. */
#include <mnet/port.h>
#include <stdlib.h>

#define BUDGET_ALIGN 65536u

/* The block that malloc gave is noted just below the aligned address. */
void *mnet_port_memory(size_t len)
{
    if (len > SIZE_MAX / 2)
        return NULL;
    char *block = calloc(1, len + BUDGET_ALIGN + sizeof(char *));
    if (!block)
        return NULL;
    char *at = block + sizeof(char *);
    at += BUDGET_ALIGN - (uintptr_t)at % BUDGET_ALIGN;
    ((char **)(void *)at)[-1] = block;
    return at;
}

void mnet_port_memory_free(void *at, size_t len)
{
    (void)len;
    if (at)
        free(((char **)at)[-1]);
}

size_t mnet_port_stack_default(void)
{
    return 64u * 1024u;
}

void *mnet_port_stack(size_t len)
{
    return aligned_alloc(64, (len + 63) / 64 * 64);
}

void mnet_port_stack_free(void *at, size_t len)
{
    (void)len;
    free(at);
}
