/* life.S - firmware of 64 KiB that resets and powers off in each way there is, in turn */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Memory survives a reset, so it counts its starts at 0:0x600, and does in
 *   1  a reset by port 0xcf9             5  a reset by the keyboard controller
 *   2  a reset by port 0x92              6  nothing, for ever
 *   3  a power-off                       7  a power-off
 *   4  a power-off when the power button was pressed
 * Each start is told on the serial port. The registers are those of the PIIX4's power management
 * (Intel 82371AB data sheet, 7.1 and 7.2), whose base is set here.
 */
    .code16
    .globl _start

    .set PM, 0x600
    .set PWRBTN, 0x100
    .set SOFT_OFF, 0x2000

_start:
    xor %ax, %ax
    mov %ax, %ds
    mov %ax, %ss
    mov $0x7000, %sp
    mov $0x80000b40, %eax /* slot 1, function 3: PMBASE */
    mov $(PM | 1), %ebx
    call configure
    mov $0x80000b80, %eax /* PMREGMISC */
    mov $1, %ebx
    call configure

    incb 0x600
    mov $started, %si
    call print
    mov 0x600, %al
    add $'0', %al
    call put
    mov $'\n', %al
    call put

    mov 0x600, %al
    cmp $1, %al
    je reset_cf9
    cmp $2, %al
    je reset_92
    cmp $3, %al
    je power_off
    cmp $4, %al
    je wait_button
    cmp $5, %al
    je reset_keyboard
    cmp $7, %al
    je power_off
for_ever:
    jmp for_ever

reset_cf9:
    mov $0xcf9, %dx
    mov $6, %al
    out %al, %dx
    jmp for_ever

reset_92:
    in $0x92, %al
    or $1, %al
    out %al, $0x92
    jmp for_ever

reset_keyboard:
    mov $0xfe, %al
    out %al, $0x64
    jmp for_ever

wait_button:
    mov $PM, %dx
    in %dx, %ax
    test $PWRBTN, %ax
    jz wait_button
    mov $button, %si
    call print
power_off:
    mov $PM + 4, %dx
    mov $SOFT_OFF, %ax
    out %ax, %dx
    mov $still, %si
    call print
    jmp for_ever

configure: /* register %eax of the PCI bus is set to %ebx */
    mov $0xcf8, %dx
    out %eax, %dx
    mov $0xcfc, %dx
    mov %ebx, %eax
    out %eax, %dx
    ret

print:
    mov %cs:(%si), %al
    inc %si
    test %al, %al
    jz 1f
    call put
    jmp print
1:  ret

put:
    mov $0x3f8, %dx
    out %al, %dx
    ret

started: .asciz "start "
button: .asciz "button\n"
still: .asciz "still here\n"

    .org 0xfff0
    jmp _start
    .org 0x10000
