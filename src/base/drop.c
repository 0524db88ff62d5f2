/* SPDX-License-Identifier: ISC
 *
 * Names and texts of drop reasons, from the one list in mnet/drop.h. */
#include <base/assert.h>
#include <mnet/drop.h>

#define NAME_ENTRY(name, text) #name,
#define TEXT_ENTRY(name, text) text,

static const char *const names[MNET_DROP_COUNT] = {MNET_DROP_MAP(NAME_ENTRY)};
static const char *const texts[MNET_DROP_COUNT] = {MNET_DROP_MAP(TEXT_ENTRY)};

const char *mnet_drop_name(enum mnet_drop reason)
{
    MN_ASSERT((unsigned)reason < MNET_DROP_COUNT);
    return names[reason];
}

const char *mnet_drop_text(enum mnet_drop reason)
{
    MN_ASSERT((unsigned)reason < MNET_DROP_COUNT);
    return texts[reason];
}
