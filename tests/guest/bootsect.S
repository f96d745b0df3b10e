/* bootsect.S - a boot sector: reads and writes its disk by the BIOS, says what it found, exits */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * It adds up the words of 100 sectors from sector 1 on, writes the sum into sector 200, reads that
 * sector back, and exits by isa-debug-exit with 0x21 when it is the same, 0x22 when not, and 0x23
 * when the BIOS reports an error.
 */
    .code16
    .globl _start
_start:
    ljmp $0, $1f
1:  xor %ax, %ax
    mov %ax, %ds
    mov %ax, %es
    mov %ax, %ss
    mov $0x7c00, %sp
    cld
    mov %dl, drive
    mov $banner, %si
    call print

    xor %ebx, %ebx /* the sum */
    movl $1, packet_lba
    mov $100, %cx
next_sector:
    push %cx
    mov $0x42, %ah
    call transfer
    mov $0x8000, %si
    mov $128, %cx
add_word:
    lodsl
    add %eax, %ebx
    rol $1, %ebx
    loop add_word
    incl packet_lba
    pop %cx
    loop next_sector

    mov %ebx, 0x8000
    movl $200, packet_lba
    mov $0x43, %ah
    call transfer
    movl $0, 0x8000
    mov $0x42, %ah
    call transfer
    mov $0x21, %al
    cmp %ebx, 0x8000
    je leave
    mov $0x22, %al
leave:
    push %ax
    mov $farewell, %si
    call print
    pop %ax
    mov $0xf4, %dx
    out %al, %dx
    cli
    hlt

transfer: /* one sector between 0x8000 and packet_lba, by function %ah */
    xor %al, %al
    mov drive, %dl
    mov $packet, %si
    int $0x13
    mov $0x23, %al
    jc leave
    ret

print:
    lodsb
    test %al, %al
    jz 2f
    mov $0x0e, %ah
    mov $7, %bx
    int $0x10
    jmp print
2:  ret

banner: .asciz "boot sector: here\r\n"
farewell: .asciz "boot sector: over\r\n"
    .balign 4
packet: .byte 16, 0, 1, 0
    .word 0x8000, 0
packet_lba: .long 0, 0
drive: .byte 0
    .org 510
    .word 0xaa55
