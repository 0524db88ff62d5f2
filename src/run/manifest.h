/* SPDX-License-Identifier: ISC
 *
 * run/manifest.h - which devices a program needs, as Solo5 wants to read it. */
#ifndef MN_MANIFEST_H
#define MN_MANIFEST_H

#include <mnet/run.h>

/* Whether every device has a name of its own that Solo5 allows; if not, `why` is one line about the
 * first that has not. */
bool mn_manifest_check(struct mnet_arg *const *declared, char *why, size_t cap);

/* Writes the manifest of the declared arguments, with a final newline, at most `cap` bytes with the
 * NUL. Returns its length. The names were checked. */
size_t mn_manifest(struct mnet_arg *const *declared, char *buf, size_t cap);

/* Whether a device is among the declared arguments. */
bool mn_manifest_has_devices(struct mnet_arg *const *declared);

#endif
