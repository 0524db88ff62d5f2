/* SPDX-License-Identifier: ISC
 *
 * The fake port. Panics print to the standard error stream and abort, so that a forked child can be
 * watched by its parent. */
#define _GNU_SOURCE
#include "fake_port.h"
#include <mnet/task.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* Bytes below each stack that may be overwritten, as on a platform without guard pages. */
#define BELOW 4096u

struct fake_port fake_port;

void fake_port_reset(void)
{
    memset(&fake_port, 0, sizeof fake_port);
    fake_port.now = MNET_SEC(1);
}

mnet_time mnet_port_clock(void)
{
    fake_port.now += fake_port.tick;
    return fake_port.now;
}

void mnet_port_wait(mnet_time deadline)
{
    fake_port.waits++;
    if (fake_port.has_event && fake_port.has_event())
        return;
    if (deadline == MNET_NEVER)
        mnet_port_panic("deadlock");
    if (deadline > fake_port.now)
        fake_port.now = deadline;
}

size_t mnet_port_stack_default(void)
{
    return 64u * 1024u;
}

void *mnet_port_stack(size_t len)
{
    if (fake_port.stacks_limit > 0 && fake_port.stacks >= fake_port.stacks_limit)
        return NULL;
    char *at = mmap(NULL, BELOW + len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED)
        return NULL;
    fake_port.stacks++;
    fake_port.stacks_ever++;
    return at + BELOW;
}

void mnet_port_stack_free(void *at, size_t len)
{
    fake_port.stacks--;
    munmap((char *)at - BELOW, BELOW + len);
}

struct mnet_sched **mnet_port_current(void)
{
    return &fake_port.current;
}

void mnet_port_console(const char *text, size_t len, bool is_error)
{
    fwrite(text, 1, len, is_error ? stderr : stdout);
}

_Noreturn void mnet_port_panic(const char *message)
{
    fprintf(stderr, "panic: %s\n", message);
    fflush(stderr);
    abort();
}

bool fake_port_matches(const char *text, const char *pattern)
{
    const char *star = NULL, *retry = NULL;
    while (*text) {
        if (*pattern == '*') {
            star = ++pattern;
            retry = text;
        } else if (*pattern == *text) {
            pattern++;
            text++;
        } else if (star) {
            pattern = star;
            text = ++retry;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return *pattern == '\0';
}

static bool panics(int (*body)(void *), bool is_task, const char *text)
{
    int ends[2];
    if (pipe(ends) != 0)
        return false;
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        dup2(ends[1], 2);
        close(ends[0]);
        if (is_task)
            mnet_sched_run(NULL, body, NULL);
        else
            body(NULL);
        _exit(0);
    }
    close(ends[1]);
    char said[4096];
    size_t len = 0;
    ssize_t n;
    while (len < sizeof said - 1 && (n = read(ends[0], said + len, sizeof said - 1 - len)) > 0)
        len += (size_t)n;
    close(ends[0]);
    said[len] = '\0';
    int status = 0;
    waitpid(pid, &status, 0);
    char *line = strstr(said, "panic: ");
    char *end = line ? strchr(line, '\n') : NULL;
    if (end)
        *end = '\0';
    if (end && WIFSIGNALED(status) && fake_port_matches(line + strlen("panic: "), text))
        return true;
    fprintf(stderr, "# wanted \"%s\"\n# got status %d \"%s\"\n", text, status, said);
    return false;
}

bool fake_port_panics(int (*body)(void *), const char *text)
{
    return panics(body, true, text);
}

bool fake_port_panics_outside(int (*body)(void *), const char *text)
{
    return panics(body, false, text);
}
