/* SPDX-License-Identifier: ISC
 *
 * The configuration's defaults and limits. Zero means "the default" in every field, so a program
 * that zeroes the struct, or calls mnet_config_init, keeps its meaning when fields are added. */
#include <mnet/config.h>
#include <stack/stack_state.h>
#include <string.h>

/* Enough for the device's receive slots, a few packets each way and one page for each kind of
 * record. */
#define PAGES_MIN 48u

void mnet_config_init(struct mnet_config *config)
{
    memset(config, 0, sizeof *config);
}

size_t mnet_config_memory_min(const struct mnet_config *config)
{
    /* Carved tables grow with the connections that the config asks for: 16 bytes of hash table
     * each. */
    return sizeof(struct mnet_stack) + (size_t)config->tcp_conns_max * 16 +
           (PAGES_MIN + 2) * (size_t)MN_PAGE_SIZE;
}
