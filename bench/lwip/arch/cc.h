/* SPDX-License-Identifier: ISC
 *
 * What lwIP asks of a compiler: the host's, with its fast checksum (LWIP_CHKSUM_ALGORITHM 3 sums 32
 * bits at a time). */
#ifndef BENCH_CC_H
#define BENCH_CC_H

#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>

#define LWIP_CHKSUM_ALGORITHM 3
#define LWIP_RAND() ((u32_t)rand())
#define LWIP_PLATFORM_ASSERT(text)                                                                 \
    do {                                                                                           \
        fprintf(stderr, "lwIP: %s\n", text);                                                       \
        abort();                                                                                   \
    } while (0)
#define LWIP_PLATFORM_DIAG(text)                                                                   \
    do {                                                                                           \
    } while (0)

#endif
