/* SPDX-License-Identifier: ISC
 *
 * ports/bare/memory.c - budgets, stacks and the C library's heap, from one region.
 *
 *     at                   heap_end            low                      end of the region
 *     | heap of the C library -> |     free     | <- budgets and stacks |
 *
 * Budgets and stacks are cut from the upper end and never joined again: what is given back waits in
 * a list of its size, and of its kind because below a stack is a page that nobody may touch, for
 * the next request. A program uses one or two sizes of stacks and a budget for each stack, which it
 * makes once. Nothing is cleared: a large budget costs no time at the start.
 *
 * Here a stack is memory that is really there, all of it; so tasks get less than on Linux. */
#include "bare.h"
#include <errno.h>
#include <mnet/port.h>
#include <unistd.h>

#define PAGE 4096u
#define BUDGET_ALIGN 65536u
/* Different sizes of budgets and stacks. */
#define CLASSES 16u
/* Enough for a few nested calls of the stack and a printf; 10,000 of them in 512 MB. */
#define TASK_STACK (16u * 1024u)

struct chunk {
    struct chunk *next;
};

struct class
{
    size_t len;
    bool is_stack;      /* its first page is a guard */
    struct chunk *free; /* linked through their ends, which of a stack is warm anyway */
};

static struct class classes[CLASSES];
static uintptr_t heap_end;
static uintptr_t low;

void bare_memory_init(uintptr_t at, size_t len)
{
    heap_end = (at + 15) & ~(uintptr_t)15;
    low = (at + len) & ~(uintptr_t)(PAGE - 1);
}

/* ---- chunks ---- */

/* The class of that size, or one that is still free: the request may come to nothing, so only who
 * gives a chunk of it makes it one. NULL: all are of other sizes. */
static struct class *class_of(size_t len, bool is_stack)
{
    for (size_t i = 0; i < CLASSES; i++) {
        struct class *class = &classes[i];
        if (class->len == 0 || (class->len == len && class->is_stack == is_stack))
            return class;
    }
    return NULL;
}

static struct chunk *link_of(uintptr_t at, size_t len)
{
    return (struct chunk *)(at + len - sizeof(struct chunk));
}

/* 0 if there is none. `is_new` tells that it was never given before. */
static uintptr_t take(size_t len, bool is_stack, bool *is_new)
{
    struct class *class = class_of(len, is_stack);
    size_t align = is_stack ? PAGE : BUDGET_ALIGN;
    if (!class)
        return 0;
    struct chunk *chunk = class->free;
    *is_new = chunk == NULL;
    if (chunk) {
        class->free = chunk->next;
        return (uintptr_t)(chunk + 1) - len;
    }
    if (len > low - heap_end)
        return 0;
    uintptr_t at = (low - len) & ~(uintptr_t)(align - 1);
    if (at < heap_end)
        return 0;
    low = at;
    class->len = len;
    class->is_stack = is_stack;
    return at;
}

static void give(uintptr_t at, size_t len, bool is_stack)
{
    struct class *class = class_of(len, is_stack);
    struct chunk *chunk = link_of(at, len);
    if (!class)
        return;
    chunk->next = class->free;
    class->free = chunk;
}

static size_t pages(size_t len)
{
    return len > SIZE_MAX / 2 ? SIZE_MAX / 2 / PAGE * PAGE : (len + PAGE - 1) / PAGE * PAGE;
}

/* ---- mnet/port.h ---- */

void *mnet_port_memory(size_t len)
{
    bool is_new;
    return (void *)take(pages(len), false, &is_new);
}

void mnet_port_memory_free(void *at, size_t len)
{
    if (at)
        give((uintptr_t)at, pages(len), false);
}

size_t mnet_port_stack_default(void)
{
    return TASK_STACK;
}

void *mnet_port_stack(size_t len)
{
    bool is_new;
    uintptr_t at = take(pages(len) + PAGE, true, &is_new);
    if (!at)
        return NULL;
    if (is_new)
        bare_guard((void *)at);
    return (void *)(at + PAGE);
}

void mnet_port_stack_free(void *at, size_t len)
{
    if (at)
        give((uintptr_t)at - PAGE, pages(len) + PAGE, true);
}

/* ---- the C library ---- */

void *sbrk(ptrdiff_t change)
{
    uintptr_t before = heap_end;
    if (change < 0 || (uintptr_t)change > low - heap_end) {
        errno = ENOMEM;
        return (void *)-1;
    }
    heap_end += (uintptr_t)change;
    return (void *)before;
}
