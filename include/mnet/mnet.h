/* SPDX-License-Identifier: ISC
 *
 * mnet/mnet.h - everything a service needs. The headers are the manual; read them in this order:
 * err.h time.h addr.h run.h task.h tcp.h udp.h, then stack.h conn.h dgram.h config.h. */
#ifndef MNET_MNET_H
#define MNET_MNET_H

#include <mnet/addr.h>
#include <mnet/block.h>
#include <mnet/conn.h>
#include <mnet/dgram.h>
#include <mnet/err.h>
#include <mnet/log.h>
#include <mnet/run.h>
#include <mnet/stack.h>
#include <mnet/task.h>
#include <mnet/tcp.h>
#include <mnet/time.h>
#include <mnet/udp.h>

#endif
