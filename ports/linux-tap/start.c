/* SPDX-License-Identifier: ISC
 *
 * ports/linux-tap/start.c - where the process begins, speaks and ends.
 *
 * SIGTERM and SIGINT do not end the process: the first sets a flag that the program sees through
 * mnet_port_is_ending, and makes an event descriptor readable so that a sleeping mnet_port_wait
 * returns. A second one ends the process on the spot with status 130. */
#include "tap_port.h"
#include <errno.h>
#include <execinfo.h>
#include <mnet/port.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <unistd.h>

/* Exit statuses: EX_SOFTWARE of sysexits.h, and what a shell reports for an interrupt. */
#define STATUS_PANIC 70
#define STATUS_INTERRUPTED 130
#define TRACE_DEPTH_MAX 64

static volatile sig_atomic_t ending; /* how many signals there were */
static int ending_fd = -1;           /* readable once there was one */

static void write_all(int fd, const char *text, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, text, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return;
        text += n;
        len -= (size_t)n;
    }
}

static void on_end_signal(int number)
{
    (void)number;
    if (ending)
        _exit(STATUS_INTERRUPTED);
    ending = 1;
    int saved = errno;
    uint64_t one = 1;
    write_all(ending_fd, (const char *)&one, sizeof one);
    errno = saved;
}

/* Before main: from the first moment on a signal is seen. */
static void __attribute__((constructor)) start(void)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_end_signal;
    action.sa_flags = SA_RESTART;
    ending_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    /* The default of 50 us would be added to every timer. */
    prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
}

bool mnet_port_is_ending(void)
{
    return ending != 0;
}

int tap_ending_fd(void)
{
    return ending_fd;
}

const char *tap_why(const char *format, ...)
{
    static char text[256];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return text;
}

void tap_warn(const char *format, ...)
{
    char text[256];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    fprintf(stderr, "warning: %s\n", text);
}

void mnet_port_console(const char *text, size_t len, bool is_error)
{
    write_all(is_error ? STDERR_FILENO : STDOUT_FILENO, text, len);
}

_Noreturn void mnet_port_exit(int status)
{
    exit(status);
}

_Noreturn void mnet_port_panic(const char *message)
{
    void *trace[TRACE_DEPTH_MAX];
    write_all(STDERR_FILENO, "panic: ", 7);
    write_all(STDERR_FILENO, message, strlen(message));
    write_all(STDERR_FILENO, "\n", 1);
    backtrace_symbols_fd(trace, backtrace(trace, TRACE_DEPTH_MAX), STDERR_FILENO);
    _exit(STATUS_PANIC);
}

struct mnet_sched **mnet_port_current(void)
{
    static _Thread_local struct mnet_sched *current;
    return &current;
}
