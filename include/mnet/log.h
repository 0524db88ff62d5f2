/* SPDX-License-Identifier: ISC
 *
 * mnet/log.h - log lines with a level, a source and a tag.
 *
 * The source is the module that speaks ("arp", "tcp", an application's own word); the tag says
 * about what: a flow's tag names its two endpoints. Levels are set for all sources or for one. */
#ifndef MNET_LOG_H
#define MNET_LOG_H

#include <mnet/time.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

enum mnet_log_level {
    MNET_LOG_QUIET,
    MNET_LOG_ERROR,
    MNET_LOG_WARNING,
    MNET_LOG_INFO,
    MNET_LOG_DEBUG
};

struct mnet_log_record {
    mnet_time now;             /* the stack's time */
    enum mnet_log_level level; /* how bad it is */
    const char *source;        /* who speaks */
    const char *tag;           /* about what; "" if none */
    const char *message;       /* without a final newline; valid during the call */
};

/* So many sources can have a level of their own: more than anybody looks at together. */
#define MNET_LOG_SOURCES 8

struct mnet_log {
    /* Called for each record that passes the levels; must not call back into the stack. */
    void (*sink)(struct mnet_log *log, const struct mnet_log_record *record);
    void *sink_arg;            /* the sink's own */
    enum mnet_log_level level; /* of sources that have none of their own */
    struct {
        const char *source;
        enum mnet_log_level level;
    } own[MNET_LOG_SOURCES]; /* source NULL: free */
};

/* Whether a record of `source` at `level` would be shown. `log` may be NULL: never. */
bool mnet_log_shows(const struct mnet_log *log, const char *source, enum mnet_log_level level);

/* Gives `source`, which is kept, a level of its own. False when MNET_LOG_SOURCES have one. */
bool mnet_log_source_level(struct mnet_log *log, const char *source, enum mnet_log_level level);

/* Formats and hands to the sink. Conversions: %s %d %u %ld %lu %lld %llu %zu %x %llx %c %%, with
 * width and zero padding; %s also with a precision. */
void mnet_log_write(struct mnet_log *log, mnet_time now, enum mnet_log_level level,
                    const char *source, const char *tag, const char *format, ...)
    __attribute__((format(printf, 6, 7)));

#endif
