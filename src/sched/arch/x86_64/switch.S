/* SPDX-License-Identifier: ISC
 *
 * Changing stacks on x86-64, System V calling convention: contracts in sched/context.h.
 *
 * A stopped stack looks like this, from its sp upwards: r15 r14 r13 r12 rbx rbp, then where to go
 * on. Nothing else survives a call, but for the control words of the floating point units, which no
 * task changes. The switch goes on by a jump instead of a return: the processor would predict a
 * return to the stack that was just left. */
    .text

/* void mn_context_switch(void **save, void *to) */
    .globl mn_context_switch
    .type mn_context_switch, @function
    .p2align 4
mn_context_switch:
    .cfi_startproc
    pushq %rbp
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset %rbp, 0
    pushq %rbx
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset %rbx, 0
    pushq %r12
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset %r12, 0
    pushq %r13
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset %r13, 0
    pushq %r14
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset %r14, 0
    pushq %r15
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset %r15, 0
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    popq %r15
    .cfi_adjust_cfa_offset -8
    .cfi_restore %r15
    popq %r14
    .cfi_adjust_cfa_offset -8
    .cfi_restore %r14
    popq %r13
    .cfi_adjust_cfa_offset -8
    .cfi_restore %r13
    popq %r12
    .cfi_adjust_cfa_offset -8
    .cfi_restore %r12
    popq %rbx
    .cfi_adjust_cfa_offset -8
    .cfi_restore %rbx
    popq %rbp
    .cfi_adjust_cfa_offset -8
    .cfi_restore %rbp
    popq %rcx
    .cfi_adjust_cfa_offset -8
    .cfi_register %rip, %rcx
    jmp *%rcx
    .cfi_endproc
    .size mn_context_switch, . - mn_context_switch

/* void *mn_context_init(void *top, void (*entry)(void *), void *arg) */
    .globl mn_context_init
    .type mn_context_init, @function
    .p2align 4
mn_context_init:
    .cfi_startproc
    leaq -72(%rdi), %rax
    xorl %ecx, %ecx
    movq %rcx, 0(%rax)          /* r15 */
    movq %rcx, 8(%rax)          /* r14 */
    movq %rsi, 16(%rax)         /* r13: entry */
    movq %rdx, 24(%rax)         /* r12: arg */
    movq %rcx, 32(%rax)         /* rbx */
    movq %rcx, 40(%rax)         /* rbp: the end of the chain of frames */
    leaq start(%rip), %rdx
    movq %rdx, 48(%rax)
    movq %rcx, 56(%rax)         /* the caller of start: none */
    movq %rcx, 64(%rax)         /* keeps sp a multiple of 16 where start calls */
    ret
    .cfi_endproc
    .size mn_context_init, . - mn_context_init

/* The outermost frame of every new stack. */
    .type start, @function
    .p2align 4
start:
    .cfi_startproc
    .cfi_undefined %rip
    movq %r12, %rdi
    call *%r13
    ud2
    .cfi_endproc
    .size start, . - start

/* int mn_context_call(int (*fn)(void *), void *arg) */
    .globl mn_context_call
    .type mn_context_call, @function
    .p2align 4
mn_context_call:
    .cfi_startproc
    pushq %rbp
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset %rbp, 0
    movq %rsp, %rbp
    .cfi_def_cfa_register %rbp
    subq $1024, %rsp            /* MN_CONTEXT_GAP */
    movq %rdi, %rax
    movq %rsi, %rdi
    call *%rax
    leave
    .cfi_def_cfa %rsp, 8
    .cfi_restore %rbp
    ret
    .cfi_endproc
    .size mn_context_call, . - mn_context_call

    .section .note.GNU-stack, "", @progbits
