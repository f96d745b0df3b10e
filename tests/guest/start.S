/* start.S - from the loader to guest_main(), and the interrupt stub; for the 32- and the 64-bit guest */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The loader enters by PVH (boot ABI of Xen, "x86/HVM direct boot") or, the 32-bit one, multiboot: flat 32-bit protected mode. */

        .section .note.pvh, "a", @note
        .long 4, 4, 18                  /* name size, value size, XEN_ELFNOTE_PHYS32_ENTRY */
        .asciz "Xen"
        .long start

#ifndef __x86_64__
        .section .multiboot, "a"
        .balign 4
        .long 0x1badb002, 0, -0x1badb002
#endif

        .text
        .code32
        .globl start
start:
        cld
        movl $stack_top, %esp
#ifdef __x86_64__
        /* Identity-map the first GiB with 2 MiB pages, and go to long mode. */
        movl $pdpt + 3, pml4
        movl $page_dir + 3, pdpt
        movl $page_dir, %edi
        movl $0x83, %eax
1:      movl %eax, (%edi)
        addl $0x200000, %eax
        addl $8, %edi
        cmpl $page_dir + 4096, %edi
        jne 1b
        movl %cr4, %eax
        orl $0x20, %eax                 /* PAE */
        movl %eax, %cr4
        movl $pml4, %eax
        movl %eax, %cr3
        movl $0xc0000080, %ecx          /* EFER.LME */
        rdmsr
        orl $0x100, %eax
        wrmsr
        movl %cr0, %eax
        orl $0x80000001, %eax           /* PG, PE */
        movl %eax, %cr0
#endif
        lgdt gdt_pointer
        ljmp $8, $2f
#ifdef __x86_64__
        .code64
#endif
2:      movw $16, %ax
        movw %ax, %ds
        movw %ax, %es
        movw %ax, %ss
#ifdef __x86_64__
        movq $stack_top, %rsp
        xorl %ebp, %ebp
#else
        xorl %ebp, %ebp
#endif
        call guest_main
3:      cli
        hlt
        jmp 3b

/* The timer interrupt. The frame is described as a signal frame, so that a debugger's backtrace goes
 * through it into what was interrupted. */
        .globl timer_entry
        .type timer_entry, @function
timer_entry:
        .cfi_startproc simple
        .cfi_signal_frame
#ifdef __x86_64__
        .cfi_def_cfa rsp, 40
        .cfi_offset rip, -40
        .cfi_offset rsp, -16
        .irp reg, rax, rcx, rdx, rsi, rdi, r8, r9, r10, r11
        pushq %\reg
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset \reg, 0
        .endr
        pushq %rbp
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset rbp, 0
        cld
        call timer_interrupt
        popq %rbp
        .cfi_adjust_cfa_offset -8
        .cfi_same_value rbp
        .irp reg, r11, r10, r9, r8, rdi, rsi, rdx, rcx, rax
        popq %\reg
        .cfi_adjust_cfa_offset -8
        .cfi_same_value \reg
        .endr
        iretq
#else
        .cfi_def_cfa esp, 12
        .cfi_offset eip, -12
        .irp reg, eax, ecx, edx, ebp
        pushl %\reg
        .cfi_adjust_cfa_offset 4
        .cfi_rel_offset \reg, 0
        .endr
        cld
        call timer_interrupt
        .irp reg, ebp, edx, ecx, eax
        popl %\reg
        .cfi_adjust_cfa_offset -4
        .cfi_same_value \reg
        .endr
        iretl
#endif
        .cfi_endproc
        .size timer_entry, . - timer_entry

        .section .rodata
        .balign 8
gdt:    .quad 0
#ifdef __x86_64__
        .quad 0x00af9b000000ffff        /* code, 64 bits */
#else
        .quad 0x00cf9b000000ffff        /* code, 32 bits, flat */
#endif
        .quad 0x00cf93000000ffff        /* data, flat */
gdt_pointer:
        .word gdt_pointer - gdt - 1
        .long gdt, 0

        .bss
        .balign 4096
pml4:   .skip 4096
pdpt:   .skip 4096
page_dir: .skip 4096
        .skip 16384
stack_top:

        .section .note.GNU-stack, "", @progbits
