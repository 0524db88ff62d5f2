/* SPDX-License-Identifier: ISC
 *
 * mnet/mnet.h - everything a service needs. Read the headers in this order; they are the manual. */
#ifndef MNET_MNET_H
#define MNET_MNET_H

#include <mnet/err.h>
#include <mnet/time.h>
#include <mnet/addr.h>
#include <mnet/run.h>
#include <mnet/task.h>
#include <mnet/tcp.h>
#include <mnet/udp.h>
#include <mnet/stack.h>
#include <mnet/conn.h>
#include <mnet/dgram.h>
#include <mnet/block.h>
#include <mnet/log.h>

#endif
