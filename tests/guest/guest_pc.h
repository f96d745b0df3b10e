/* guest_pc.h - the board under guest.c: a PC's serial port, interrupt controllers and timer */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdint.h>

#define TIMER_HZ 1000
#define ROUNDS_PER_AUDIT 256

#define COM1 0x3f8
#define DEBUG_EXIT 0xf4
#define PIT_HZ 1193182
#define TIMER_VECTOR 32

extern void timer_entry(void);

static inline void outb(uint16_t port, uint8_t v)
{
    __asm__ volatile("outb %0, %1" : : "a"(v), "Nd"(port));
}

static inline uint8_t inb(uint16_t port)
{
    uint8_t v;
    __asm__ volatile("inb %1, %0" : "=a"(v) : "Nd"(port));
    return v;
}

static inline void interrupts_off(void)
{
    __asm__ volatile("cli");
}

static inline void interrupts_on(void)
{
    __asm__ volatile("sti");
}

static inline void put_char(char c)
{
    while (!(inb(COM1 + 5) & 0x20))
        ;
    outb(COM1, c);
}

static inline void serial_init(void)
{
    outb(COM1 + 3, 0x03); /* 8 bits, no parity */
}

/* The program ends with status 3, by isa-debug-exit. */
static inline void give_up(void)
{
    outb(DEBUG_EXIT, 1);
    for (;;)
        __asm__ volatile("hlt");
}

static inline void timer_done(void)
{
    outb(0x20, 0x20);
}

/* Interrupts: one IDT entry, the PIC pair moved to vectors 32 to 47 (8259A data sheet, ICW1 to
 * ICW4), and the PIT's channel 0 as a rate generator (8254 data sheet, mode 2). */
static struct {
    uint16_t offset_low, selector;
    uint8_t ist, type;
    uint16_t offset_mid;
#ifdef __x86_64__
    uint32_t offset_high, zero;
#endif
} idt[256];

static struct {
    uint16_t pad[3], limit;
    uintptr_t base;
} __attribute__((packed, aligned(16))) idt_pointer;

static void interrupts_init(void)
{
    uintptr_t entry = (uintptr_t)timer_entry;
    idt[TIMER_VECTOR].offset_low = entry;
    idt[TIMER_VECTOR].selector = 8;
    idt[TIMER_VECTOR].type = 0x8e;
    idt[TIMER_VECTOR].offset_mid = entry >> 16;
#ifdef __x86_64__
    idt[TIMER_VECTOR].offset_high = entry >> 32;
#endif
    idt_pointer.limit = sizeof(idt) - 1;
    idt_pointer.base = (uintptr_t)idt;
    __asm__ volatile("lidt %0" : : "m"(idt_pointer.limit));

    static const uint8_t icw[4] = {0x11, TIMER_VECTOR, 4, 1}, icw_slave[4] = {0x11, 40, 2, 1};
    outb(0x20, icw[0]);
    outb(0xa0, icw_slave[0]);
    for (int i = 1; i < 4; i++) {
        outb(0x21, icw[i]);
        outb(0xa1, icw_slave[i]);
    }
    outb(0x21, 0xfe);
    outb(0xa1, 0xff);

    outb(0x43, 0x34);
    outb(0x40, (PIT_HZ / TIMER_HZ) & 0xff);
    outb(0x40, (PIT_HZ / TIMER_HZ) >> 8);
}
