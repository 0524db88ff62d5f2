/* SPDX-License-Identifier: ISC
 *
 * base/drop.h - why a packet went no further: one list gives the counter, the name and the text of a trace.
 *
 * A bad packet is never an error. Every way to lose one has a reason here; add yours next to its module's. */
#ifndef MN_DROP_H
#define MN_DROP_H

#include <mnet/drop.h>

/* The text of a reason, e.g. "IPv4 header checksum is wrong". */
const char *mn_drop_text(enum mnet_drop reason);

#endif
