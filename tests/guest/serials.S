/* serials.S - firmware of 64 KiB that talks on four serial ports and the debug console */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * On each port in turn it says "port N\n", waits for a byte and sends it back. All of that is said
 * on port 0xe9 too. Then it exits by isa-debug-exit with 0x10.
 */
    .code16
    .globl _start
_start:
    xor %ax, %ax
    mov %ax, %ss
    mov $0x7000, %sp
    xor %bx, %bx
next:
    mov %cs:bases(%bx), %bp
    mov $greeting, %si
1:  mov %cs:(%si), %al
    inc %si
    test %al, %al
    jz 2f
    call put
    jmp 1b
2:  mov %bl, %al
    shr $1, %al
    add $'0', %al
    call put
    mov $'\n', %al
    call put
3:  lea 5(%bp), %dx
    in %dx, %al
    test $1, %al
    jz 3b
    mov %bp, %dx
    in %dx, %al
    call put
    add $2, %bx
    cmp $8, %bx
    jb next
    mov $0x10, %al
    out %al, $0xf4
4:  jmp 4b

put: /* to the port at %bp */
    push %ax
5:  lea 5(%bp), %dx
    in %dx, %al
    test $0x20, %al
    jz 5b
    pop %ax
    mov %bp, %dx
    out %al, %dx
    out %al, $0xe9
    ret

bases: .word 0x3f8, 0x2f8, 0x3e8, 0x2e8
greeting: .asciz "port "
    .org 0xfff0
    jmp _start
    .org 0x10000
