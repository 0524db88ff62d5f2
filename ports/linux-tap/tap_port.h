/* SPDX-License-Identifier: ISC
 *
 * ports/linux-tap/tap_port.h - what the files of this port share. */
#ifndef MNET_TAP_PORT_H
#define MNET_TAP_PORT_H

#include <mnet/time.h>
#include <stdbool.h>

/* How many devices a program can have open. */
#define TAP_DEVICES_MAX 16

/* wait.c: wakes mnet_port_wait when `fd` becomes readable, until it is removed. `spin` is how long
 * to look at it before sleeping. False: there are TAP_DEVICES_MAX already. */
bool tap_wait_add(int fd, mnet_time spin);
void tap_wait_remove(int fd);

/* start.c: a file descriptor that is readable once the program is asked to end. */
int tap_ending_fd(void);

/* start.c: keeps a sentence for a caller; good until the next one is made. */
const char *tap_why(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* start.c: one line for the user, who has to know but not to stop. */
void tap_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
