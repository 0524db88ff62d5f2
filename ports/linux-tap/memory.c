/* SPDX-License-Identifier: ISC
 *
 * ports/linux-tap/memory.c - budgets and stacks, straight from the kernel.
 *
 * Budgets are reserved addresses: a page costs memory only once it is touched.
 *
 * Stacks come in slabs: one mapping holds SLAB_STACKS of them, each with a guard page below it, so
 * that an overflow is a fault and not a corrupted neighbour. Every guard splits the mapping, and
 * the kernel allows only 65,530 pieces (vm.max_map_count): past that a slab goes without guards,
 * and the scheduler's canary is what is left. Freed stacks are kept for reuse; beyond STACKS_WARM
 * their pages are given back to the kernel. */
#define _GNU_SOURCE
#include <mnet/port.h>
#include <sys/mman.h>

#define PAGE 4096u
#define BUDGET_ALIGN 65536u
#define SLAB_STACKS 32u
/* Generous: only the pages that a task touches cost anything. */
#define TASK_STACK (64u * 1024u)
/* Different stack sizes that a program uses; one is the rule. */
#define STACK_CLASSES 8u
/* Free stacks that keep their memory: as many as a burst of new clients may need at once. */
#define STACKS_WARM 256u

struct free_stack {
    struct free_stack *next;
};

struct stack_class {
    size_t len;              /* usable bytes of each; 0: this class is unused */
    struct free_stack *free; /* linked through the top of the stacks, which is warm anyway */
    size_t free_count;
};

static struct stack_class classes[STACK_CLASSES];

static void *reserve(size_t len)
{
    void *at =
        mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return at == MAP_FAILED ? NULL : at;
}

static size_t round_up(size_t len, size_t to)
{
    return (len + to - 1) / to * to;
}

void *mnet_port_memory(size_t len)
{
    if (len > SIZE_MAX / 2)
        return NULL;
    len = round_up(len, PAGE);
    char *at = reserve(len + BUDGET_ALIGN);
    if (!at)
        return NULL;
    size_t head = round_up((uintptr_t)at, BUDGET_ALIGN) - (uintptr_t)at;
    if (head > 0)
        munmap(at, head);
    if (head < BUDGET_ALIGN)
        munmap(at + head + len, BUDGET_ALIGN - head);
    return at + head;
}

void mnet_port_memory_free(void *at, size_t len)
{
    if (at)
        munmap(at, round_up(len, PAGE));
}

static struct stack_class *class_of(size_t len)
{
    for (size_t i = 0; i < STACK_CLASSES; i++) {
        if (classes[i].len == len)
            return &classes[i];
        if (classes[i].len == 0) {
            classes[i].len = len;
            return &classes[i];
        }
    }
    return NULL;
}

static struct free_stack *link_of(char *at, size_t len)
{
    return (struct free_stack *)(void *)(at + len - sizeof(struct free_stack));
}

static void put(struct stack_class *class, char *at)
{
    struct free_stack *link = link_of(at, class->len);
    link->next = class->free;
    class->free = link;
    class->free_count++;
}

static bool add_slab(struct stack_class *class)
{
    size_t each = class->len + PAGE;
    char *slab = reserve(each * SLAB_STACKS);
    if (!slab)
        return false;
    bool is_guarded = true;
    for (size_t i = SLAB_STACKS; i-- > 0;) {
        if (is_guarded)
            is_guarded = mprotect(slab + i * each, PAGE, PROT_NONE) == 0;
        put(class, slab + i * each + PAGE);
    }
    return true;
}

size_t mnet_port_stack_default(void)
{
    return TASK_STACK;
}

void *mnet_port_stack(size_t len)
{
    struct stack_class *class = class_of(round_up(len, PAGE));
    if (!class || (!class->free && !add_slab(class)))
        return NULL;
    struct free_stack *link = class->free;
    class->free = link->next;
    class->free_count--;
    return (char *)(link + 1) - class->len;
}

void mnet_port_stack_free(void *at, size_t len)
{
    struct stack_class *class = class_of(round_up(len, PAGE));
    if (!at || !class)
        return;
    /* All but the page that holds the link. */
    if (class->free_count >= STACKS_WARM && class->len > PAGE)
        madvise(at, class->len - PAGE, MADV_DONTNEED);
    put(class, at);
}
