/* SPDX-License-Identifier: ISC
 *
 * Changing stacks on AArch64, AAPCS64 calling convention: contracts in sched/context.h.
 *
 * A stopped stack looks like this, from its sp upwards: x19 to x28, x29 (frame), x30 (where to go
 * on), and the low halves of v8 to v15. Nothing else survives a call. */
    .text

/* void mn_context_switch(void **save, void *to) */
    .globl mn_context_switch
    .type mn_context_switch, %function
    .p2align 4
mn_context_switch:
    .cfi_startproc
    sub sp, sp, #160
    .cfi_adjust_cfa_offset 160
    stp x19, x20, [sp, #0]
    .cfi_rel_offset x19, 0
    .cfi_rel_offset x20, 8
    stp x21, x22, [sp, #16]
    .cfi_rel_offset x21, 16
    .cfi_rel_offset x22, 24
    stp x23, x24, [sp, #32]
    .cfi_rel_offset x23, 32
    .cfi_rel_offset x24, 40
    stp x25, x26, [sp, #48]
    .cfi_rel_offset x25, 48
    .cfi_rel_offset x26, 56
    stp x27, x28, [sp, #64]
    .cfi_rel_offset x27, 64
    .cfi_rel_offset x28, 72
    stp x29, x30, [sp, #80]
    .cfi_rel_offset x29, 80
    .cfi_rel_offset x30, 88
    stp d8, d9, [sp, #96]
    stp d10, d11, [sp, #112]
    stp d12, d13, [sp, #128]
    stp d14, d15, [sp, #144]
    mov x2, sp
    str x2, [x0]
    mov sp, x1
    ldp d14, d15, [sp, #144]
    ldp d12, d13, [sp, #128]
    ldp d10, d11, [sp, #112]
    ldp d8, d9, [sp, #96]
    ldp x29, x30, [sp, #80]
    ldp x27, x28, [sp, #64]
    ldp x25, x26, [sp, #48]
    ldp x23, x24, [sp, #32]
    ldp x21, x22, [sp, #16]
    ldp x19, x20, [sp, #0]
    add sp, sp, #160
    .cfi_adjust_cfa_offset -160
    .cfi_restore x19
    .cfi_restore x20
    .cfi_restore x21
    .cfi_restore x22
    .cfi_restore x23
    .cfi_restore x24
    .cfi_restore x25
    .cfi_restore x26
    .cfi_restore x27
    .cfi_restore x28
    .cfi_restore x29
    .cfi_restore x30
    br x30
    .cfi_endproc
    .size mn_context_switch, . - mn_context_switch

/* void *mn_context_init(void *top, void (*entry)(void *), void *arg) */
    .globl mn_context_init
    .type mn_context_init, %function
    .p2align 4
mn_context_init:
    .cfi_startproc
    sub x0, x0, #160
    stp x1, x2, [x0, #0]        /* x19: entry, x20: arg */
    stp xzr, xzr, [x0, #16]
    stp xzr, xzr, [x0, #32]
    stp xzr, xzr, [x0, #48]
    stp xzr, xzr, [x0, #64]
    adr x3, start
    stp xzr, x3, [x0, #80]      /* x29: the end of the chain of frames */
    stp xzr, xzr, [x0, #96]
    stp xzr, xzr, [x0, #112]
    stp xzr, xzr, [x0, #128]
    stp xzr, xzr, [x0, #144]
    ret
    .cfi_endproc
    .size mn_context_init, . - mn_context_init

/* The outermost frame of every new stack. */
    .type start, %function
    .p2align 4
start:
    .cfi_startproc
    .cfi_undefined x30
    mov x30, xzr
    mov x0, x20
    blr x19
    brk #0
    .cfi_endproc
    .size start, . - start

/* int mn_context_call(int (*fn)(void *), void *arg) */
    .globl mn_context_call
    .type mn_context_call, %function
    .p2align 4
mn_context_call:
    .cfi_startproc
    stp x29, x30, [sp, #-16]!
    .cfi_adjust_cfa_offset 16
    .cfi_rel_offset x29, 0
    .cfi_rel_offset x30, 8
    mov x29, sp
    .cfi_def_cfa_register x29
    sub sp, sp, #1024           /* MN_CONTEXT_GAP */
    mov x2, x0
    mov x0, x1
    blr x2
    mov sp, x29
    .cfi_def_cfa_register sp
    ldp x29, x30, [sp], #16
    .cfi_adjust_cfa_offset -16
    .cfi_restore x29
    .cfi_restore x30
    ret
    .cfi_endproc
    .size mn_context_call, . - mn_context_call

    .section .note.GNU-stack, "", %progbits
