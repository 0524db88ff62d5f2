/* SPDX-License-Identifier: ISC
 *
 * ports/solo5/start.c - where the unikernel begins, speaks and ends.
 *
 * The tender (or QEMU) loads the image, the bindings that are linked into it take `--solo5:quiet`
 * and its like off the front of the command line and call solo5_app_main on a stack at the top of
 * the free memory. That stack stays: it is the scheduler's. What is below it is given to
 * ports/bare.
 *
 * There is one stream to speak to, so diagnostics go where output goes. There is no request to end:
 * whoever wants the end kills the tender, and nothing of the unikernel is left. */
#include "../bare/bare.h"
#include <base/fmt.h>
#include <mnet/port.h>
#include <solo5.h>
#include <string.h>

/* For main, the scheduler and the stacks that it polls; a few KiB are used. */
#define INITIAL_STACK (256u * 1024u)
/* Below it lies nothing that a program could still run in. */
#define MEMORY_MIN (1024u * 1024u)
/* Solo5 keeps 255 and above. */
#define STATUS_MAX 254
/* More calls than any that are nested here; the innermost say most. */
#define CALLS_MAX 32u

/* The free memory: all stacks lie in it. */
static uintptr_t memory_start, memory_end;

int solo5_app_main(const struct solo5_start_info *info)
{
    if (info->heap_size < INITIAL_STACK + MEMORY_MIN)
        mnet_port_panic("there is too little memory: give the tender a larger --mem");
    memory_start = info->heap_start;
    memory_end = info->heap_start + info->heap_size;
    bare_memory_init(info->heap_start, info->heap_size - INITIAL_STACK);
    bare_main(info->cmdline);
}

/* Memory is not protected page by page here. Below each stack lies a page that nothing uses, and
 * the scheduler looks at its canary. */
void bare_guard(void *page)
{
    (void)page;
}

void mnet_port_console(const char *text, size_t len, bool is_error)
{
    (void)is_error;
    solo5_console_write(text, len);
}

_Noreturn void mnet_port_exit(int status)
{
    solo5_exit(status < 0 || status > STATUS_MAX ? SOLO5_EXIT_FAILURE : status);
}

/* Frames are linked by what the frame pointer points to: the caller's, and above it where the
 * caller goes on; one less lies in the call, also where nothing of the caller follows it. Only
 * stacks are looked at, and only upwards, so this ends whatever is there. */
static void print_calls(const uint64_t *frame)
{
    char line[40];
    for (unsigned i = 0; i < CALLS_MAX; i++) {
        uintptr_t at = (uintptr_t)frame;
        if (at % 8 != 0 || at < memory_start || at + 16 > memory_end || frame[1] == 0)
            return;
        solo5_console_write(line, mn_fmt(line, sizeof line, "  called from 0x%lx\n", frame[1] - 1));
        if (frame[0] <= at)
            return;
        frame = (const uint64_t *)frame[0];
    }
}

/* Aborts, so that a tender that was asked to keeps a core. */
_Noreturn void mnet_port_panic(const char *message)
{
    solo5_console_write("panic: ", 7);
    solo5_console_write(message, strlen(message));
    solo5_console_write("\n", 1);
    print_calls(__builtin_frame_address(0));
    solo5_abort();
}
