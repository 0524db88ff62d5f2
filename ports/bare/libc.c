/* SPDX-License-Identifier: ISC
 *
 * ports/bare/libc.c - what picolibc asks of a platform: three streams, the time, a way out.
 *
 * Output is written a line at a time, because a console call may be a hypercall. The heap is in
 * memory.c. There is no input: stdin is at its end. */
#include "bare.h"
#include <mnet/port.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <unistd.h>

#define LINE_MAX_BYTES 256u

struct line {
    char text[LINE_MAX_BYTES];
    size_t len;
};

static struct line lines[2];

static void flush_line(struct line *line, bool is_error)
{
    if (line->len > 0)
        mnet_port_console(line->text, line->len, is_error);
    line->len = 0;
}

static void put(char c, bool is_error)
{
    struct line *line = &lines[is_error];
    line->text[line->len++] = c;
    if (c == '\n' || line->len == sizeof line->text)
        flush_line(line, is_error);
}

static int put_out(char c, FILE *file)
{
    (void)file;
    put(c, false);
    return (unsigned char)c;
}

static int put_err(char c, FILE *file)
{
    (void)file;
    put(c, true);
    return (unsigned char)c;
}

static int flush_out(FILE *file)
{
    (void)file;
    flush_line(&lines[false], false);
    return 0;
}

static int flush_err(FILE *file)
{
    (void)file;
    flush_line(&lines[true], true);
    return 0;
}

static int get_nothing(FILE *file)
{
    (void)file;
    return EOF;
}

static FILE out_file = FDEV_SETUP_STREAM(put_out, NULL, flush_out, _FDEV_SETUP_WRITE);
static FILE err_file = FDEV_SETUP_STREAM(put_err, NULL, flush_err, _FDEV_SETUP_WRITE);
static FILE in_file = FDEV_SETUP_STREAM(NULL, get_nothing, NULL, _FDEV_SETUP_READ);
FILE *const stdout = &out_file;
FILE *const stderr = &err_file;
FILE *const stdin = &in_file;

int gettimeofday(struct timeval *restrict tv, void *restrict tz)
{
    (void)tz;
    mnet_time now = mnet_port_wall_clock();
    tv->tv_sec = (time_t)(now / MNET_SEC(1));
    tv->tv_usec = (suseconds_t)(now % MNET_SEC(1) / MNET_US(1));
    return 0;
}

_Noreturn void _exit(int status)
{
    flush_out(NULL);
    flush_err(NULL);
    mnet_port_exit(status);
}

_Noreturn void abort(void)
{
    flush_out(NULL);
    flush_err(NULL);
    mnet_port_panic("abort was called");
}

struct mnet_sched **mnet_port_current(void)
{
    static struct mnet_sched *current;
    return &current;
}
