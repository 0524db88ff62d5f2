/* SPDX-License-Identifier: ISC
 *
 * run/log.h - lines on the console. */
#ifndef MN_RUN_LOG_H
#define MN_RUN_LOG_H

#include <mnet/log.h>
#include <stdbool.h>

/* Prints `text` and a newline, in one piece so that lines of several programs do not mix. */
void mn_console_line(bool is_error, const char *text);

/* A log whose lines go to the error console, warnings and worse at first; its instants count from
 * `start`. */
struct mn_console_log {
    struct mnet_log log; /* what others see; first, so that it can be cast back */
    mnet_time start;     /* when the program began */
};
void mn_console_log_init(struct mn_console_log *log, mnet_time start);

#endif
