/* SPDX-License-Identifier: ISC
 *
 * Lines on the console: "[+12.345678s] [WARNING] tcp 10.0.0.2:9000 10.0.0.1:51234: what happened".
 * The time is since the program began, in microseconds: finer would be noise. */
#include <base/fmt.h>
#include <mnet/port.h>
#include <mnet/run.h>
#include <run/log.h>
#include <string.h>

/* A message of the log and what stands before it. */
#define LINE_MAX 512u

void mn_console_line(bool is_error, const char *text)
{
    char buf[LINE_MAX];
    size_t len = mn_fmt(buf, sizeof buf - 1, "%s", text);
    buf[len++] = '\n';
    mnet_port_console(buf, len, is_error);
}

static void sink(struct mnet_log *log, const struct mnet_log_record *record)
{
    static const char *const names[] = {"QUIET", "ERROR", "WARNING", "INFO", "DEBUG"};
    const struct mn_console_log *console = (const struct mn_console_log *)log;
    uint64_t us = (record->now - console->start) / MNET_US(1);
    char buf[LINE_MAX];
    mn_fmt(buf, sizeof buf, "[+%llu.%06us] [%s] %s%s%s: %s", (unsigned long long)(us / 1000000),
           (unsigned)(us % 1000000), names[record->level], record->source,
           record->tag[0] ? " " : "", record->tag, record->message);
    mn_console_line(true, buf);
}

void mn_console_log_init(struct mn_console_log *log, mnet_time start)
{
    memset(log, 0, sizeof *log);
    log->log.sink = sink;
    log->log.level = MNET_LOG_WARNING;
    log->start = start;
}

void mnet_print(const char *format, ...)
{
    char buf[LINE_MAX];
    va_list args;
    va_start(args, format);
    mn_fmt_v(buf, sizeof buf, format, args);
    va_end(args);
    mn_console_line(false, buf);
}
