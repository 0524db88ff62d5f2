/* SPDX-License-Identifier: ISC
 *
 * The same as path_ip4 for packets of any length up to FRAME_MAX, as one case, so memory safety
 * alone: a failed MN_ASSERT, which ends the program, ends a case here.
 *
 * include: model
 * define: ASSERT_IS_END AS_ONE FIRST=0 LAST=FRAME_MAX
 * options: -eva-slevel 9000 -eva-slevel-function main:0
 * sources: src/ip/ip4_in.c src/wire/ip4_hdr.c src/wire/ip4_opts.c src/base/pkt.c src/base/addr.c
 * sources: src/base/env.c
 * reach: 40 */
#include "path_ip4_proof.c"
