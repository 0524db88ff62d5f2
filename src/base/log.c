/* SPDX-License-Identifier: ISC
 *
 * Log lines: the level of the source decides first, and only then is anything formatted. */
#include <base/fmt.h>
#include <mnet/log.h>
#include <string.h>

/* A message of this many bytes fits a line of any console; longer ones are cut. */
#define MESSAGE_MAX 256

bool mnet_log_shows(const struct mnet_log *log, const char *source, enum mnet_log_level level)
{
    if (!log || level == MNET_LOG_QUIET)
        return false;
    for (unsigned i = 0; i < MNET_LOG_SOURCES; i++)
        if (log->own[i].source && strcmp(log->own[i].source, source) == 0)
            return level <= log->own[i].level;
    return level <= log->level;
}

bool mnet_log_source_level(struct mnet_log *log, const char *source, enum mnet_log_level level)
{
    unsigned place = MNET_LOG_SOURCES;
    for (unsigned i = MNET_LOG_SOURCES; i-- > 0;) {
        if (!log->own[i].source) {
            place = i;
        } else if (strcmp(log->own[i].source, source) == 0) {
            log->own[i].level = level;
            return true;
        }
    }
    if (place == MNET_LOG_SOURCES)
        return false;
    log->own[place].source = source;
    log->own[place].level = level;
    return true;
}

void mnet_log_write(struct mnet_log *log, mnet_time now, enum mnet_log_level level,
                    const char *source, const char *tag, const char *format, ...)
{
    if (!mnet_log_shows(log, source, level))
        return;
    char message[MESSAGE_MAX];
    va_list args;
    va_start(args, format);
    mn_fmt_v(message, sizeof message, format, args);
    va_end(args);
    const struct mnet_log_record record = {now, level, source, tag ? tag : "", message};
    log->sink(log, &record);
}
