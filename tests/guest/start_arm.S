/* start_arm.S - from the loader to guest_main(), and the interrupt stub; for the Arm guest */
/* SPDX-License-Identifier: GPL-3.0-or-later */
        .syntax unified
        .arm
        .cfi_sections .debug_frame
        .text
        .globl start
        .type start, %function
start:
        .cfi_startproc
        .cfi_undefined lr               @ nobody called
        cpsid if, #0x13
        ldr sp, =stack_top
        ldr r0, =vectors
        mcr p15, 0, r0, c12, c0, 0      @ VBAR
        mov lr, #0
        bl guest_main
        .cfi_endproc
        .size start, . - start

        .balign 32
vectors:
        b .                             @ reset
        b .                             @ undefined
        b .                             @ SVC
        b .                             @ prefetch abort
        b .                             @ data abort
        b .                             @ HYP
        b timer_entry                   @ IRQ
        b .                             @ FIQ

        /* On the stack of what was interrupted, so that a debugger sees through it. */
        .globl timer_entry
        .type timer_entry, %function
timer_entry:
        .cfi_startproc
        .cfi_signal_frame
        .cfi_return_column 15
        sub lr, lr, #4
        srsdb sp!, #0x13
        cps #0x13
        push {r0-r3, r12, lr}
        .cfi_def_cfa sp, 32
        .cfi_offset 15, -8
        .cfi_offset lr, -12
        .cfi_offset r12, -16
        .cfi_offset r3, -20
        .cfi_offset r2, -24
        .cfi_offset r1, -28
        .cfi_offset r0, -32
        bl timer_interrupt
        pop {r0-r3, r12, lr}
        rfeia sp!
        .cfi_endproc
        .size timer_entry, . - timer_entry

        .bss
        .balign 8
        .space 16384
stack_top:
        .section .note.GNU-stack, "", %progbits
