/* SPDX-License-Identifier: ISC
 *
 * ports/virtio/boot.S - from the hypervisor's jump to C.
 *
 * The image is an ELF file that hypervisors start by the PVH convention: a note says where, and
 * there the processor is in 32-bit protected mode with flat segments and no paging; ebx points to
 * struct hvm_start_info. (The 64-bit Linux entry of some hypervisors is not used.) Here the first
 * 4 GiB are mapped one to one, long mode, SSE and no-execute are switched on, and C begins in
 * start.c, which makes finer tables.
 *
 * Exceptions and interrupts come in at the end of this file: each pushes its number, and trap.c
 * goes on. */

#define CR0_PG_WP_NE_ET_MP_PE 0x80010033
#define CR4_PAE_OSFXSR_OSXMMEXCPT 0x620
#define MSR_EFER 0xc0000080
#define EFER_LME_NXE 0x900
#define PAGE_PRESENT_WRITE 0x3
#define PAGE_PRESENT_WRITE_LARGE 0x83
#define SELECTOR_CODE 8
#define SELECTOR_DATA 16

        .section .note.Xen, "a", @note
        .balign 4
        .long 4                         /* length of the name */
        .long 8                         /* length of the value */
        .long 18                        /* XEN_ELFNOTE_PHYS32_ENTRY */
        .asciz "Xen"
        .quad boot_entry

        .text
        .code32
        .globl boot_entry
        .type boot_entry, @function
boot_entry:
        cli
        cld
        /* Levels 4 and 3, which lie side by side. */
        movl $boot_level4, %edi
        movl $2048, %ecx
        xorl %eax, %eax
        rep stosl

        /* Four directories of 512 pages of 2 MiB. */
        movl $boot_directories, %edi
        movl $PAGE_PRESENT_WRITE_LARGE, %eax
        movl $2048, %ecx
1:      movl %eax, (%edi)
        movl $0, 4(%edi)
        addl $0x200000, %eax
        addl $8, %edi
        loop 1b
        movl $(boot_directories + PAGE_PRESENT_WRITE), %eax
        movl %eax, boot_level3
        addl $4096, %eax
        movl %eax, boot_level3 + 8
        addl $4096, %eax
        movl %eax, boot_level3 + 16
        addl $4096, %eax
        movl %eax, boot_level3 + 24
        movl $(boot_level3 + PAGE_PRESENT_WRITE), boot_level4

        movl $CR4_PAE_OSFXSR_OSXMMEXCPT, %eax
        movl %eax, %cr4
        movl $boot_level4, %eax
        movl %eax, %cr3
        movl $MSR_EFER, %ecx
        rdmsr
        orl $EFER_LME_NXE, %eax
        wrmsr
        movl $CR0_PG_WP_NE_ET_MP_PE, %eax
        movl %eax, %cr0
        lgdt boot_gdt_pointer
        ljmp $SELECTOR_CODE, $boot_long

        .code64
boot_long:
        movl $SELECTOR_DATA, %eax
        movl %eax, %ds
        movl %eax, %es
        movl %eax, %ss
        xorl %eax, %eax
        movl %eax, %fs
        movl %eax, %gs
        movl $boot_stack_top, %esp
        xorl %ebp, %ebp
        fninit
        movl %ebx, %edi
        call start
        ud2

        .section .rodata
        .balign 8
boot_gdt_pointer:
        .word boot_gdt_end - boot_gdt - 1
        .quad boot_gdt

        /* The task segment is filled in by trap.c. */
        .data
        .balign 16
        .globl boot_gdt
boot_gdt:
        .quad 0
        .quad 0x00af9b000000ffff        /* 64-bit code */
        .quad 0x00cf93000000ffff        /* data */
        .quad 0, 0
boot_gdt_end:

        /* Not cleared: every byte is written before it is read. */
        .section .bss..noinit, "aw", @nobits
        .balign 4096
boot_level4:
        .skip 4096
boot_level3:
        .skip 4096
boot_directories:
        .skip 4 * 4096

        /* Below each stack is a page that pages.c takes away. */
        .globl boot_stack_guard, boot_stack_top, trap_stack_guard, trap_stack_top
boot_stack_guard:
        .skip 4096
        .skip 65536
boot_stack_top:
trap_stack_guard:
        .skip 4096
        .skip 16384
trap_stack_top:

        .text
        /* Exceptions: those that push no error code get a 0, so that struct trap_frame is the same
         * for all. They are fatal, so nothing comes back from trap_fatal. */
        .altmacro
        .macro exception number
trap_exception_\number:
        .if (\number == 8) || ((\number >= 10) && (\number <= 14)) || (\number == 17) || (\number == 21) || (\number == 29) || (\number == 30)
        .else
        pushq $0
        .endif
        pushq $\number
        jmp trap_common
        .endm

        .set number, 0
        .rept 32
        exception %number
        .set number, number + 1
        .endr

trap_common:
        pushq %rax
        pushq %rbx
        pushq %rcx
        pushq %rdx
        pushq %rsi
        pushq %rdi
        pushq %rbp
        pushq %r8
        pushq %r9
        pushq %r10
        pushq %r11
        pushq %r12
        pushq %r13
        pushq %r14
        pushq %r15
        cld
        movq %rsp, %rdi
        call trap_fatal
        ud2

        /* Interrupts: only the registers that C may change. Vector registers are not among them,
         * because this port is compiled without; the stack is aligned by the processor. */
        .macro interrupt name, handler
        .globl \name
\name:
        pushq %rax
        pushq %rcx
        pushq %rdx
        pushq %rsi
        pushq %rdi
        pushq %r8
        pushq %r9
        pushq %r10
        pushq %r11
        cld
        call \handler
        popq %r11
        popq %r10
        popq %r9
        popq %r8
        popq %rdi
        popq %rsi
        popq %rdx
        popq %rcx
        popq %rax
        iretq
        .endm

        interrupt trap_timer, wait_on_timer
        interrupt trap_device, wait_on_device
        interrupt trap_power, wait_on_power

        .globl trap_spurious
trap_spurious:
        iretq

        .section .rodata
        .balign 8
        .globl trap_exceptions
        .macro entry number
        .quad trap_exception_\number
        .endm
trap_exceptions:
        .set number, 0
        .rept 32
        entry %number
        .set number, number + 1
        .endr

        .section .note.GNU-stack, "", @progbits
