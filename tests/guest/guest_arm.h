/* guest_arm.h - the board under guest.c: PL011, GICv2 and generic timer of -M virt */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Source: PL011 (DDI 0183), GICv2 (IHI 0048), Arm ARM chapter B8 (generic timer), PSCI (DEN 0022). */
#include <stdint.h>

#define TIMER_HZ 1000
#define ROUNDS_PER_AUDIT 16 /* here there is nothing at 0 for an empty pool to be taken for */

#define UART 0x09000000
#define GIC_DISTRIBUTOR 0x08000000
#define GIC_CPU 0x08010000
#define TIMER_IRQ 27 /* the virtual timer's, private to the processor */
#define COUNTER_HZ 62500000
#define PSCI_SYSTEM_OFF 0x84000008

static inline volatile uint32_t *reg(uintptr_t at)
{
    return (volatile uint32_t *)at;
}

static inline void interrupts_off(void)
{
    __asm__ volatile("cpsid i" : : : "memory");
}

static inline void interrupts_on(void)
{
    __asm__ volatile("cpsie i" : : : "memory");
}

static inline void serial_init(void)
{
    *reg(UART + 0x2c) = 0x60;  /* LCR_H: 8 bits */
    *reg(UART + 0x30) = 0x301; /* CR: on, both ways */
}

static inline void put_char(char c)
{
    while (*reg(UART + 0x18) & 0x20)
        ;
    *reg(UART) = (uint8_t)c;
}

/* The machine is powered off. */
static inline void give_up(void)
{
    register uint32_t call __asm__("r0") = PSCI_SYSTEM_OFF;
    __asm__ volatile(".arch_extension virt\n\thvc #0" : : "r"(call));
    for (;;)
        __asm__ volatile("wfi");
}

static inline void timer_again(void)
{
    __asm__ volatile("mcr p15, 0, %0, c14, c3, 0" : : "r"(COUNTER_HZ / TIMER_HZ)); /* CNTV_TVAL */
}

static inline void timer_done(void)
{
    uint32_t irq = *reg(GIC_CPU + 0x0c); /* acknowledged, and at once ended */
    timer_again();
    *reg(GIC_CPU + 0x10) = irq;
}

static void interrupts_init(void)
{
    *reg(GIC_DISTRIBUTOR + 0x100) = 1u << TIMER_IRQ;
    *reg(GIC_DISTRIBUTOR) = 1;
    *reg(GIC_CPU + 0x04) = 0xff; /* all priorities */
    *reg(GIC_CPU) = 1;
    timer_again();
    __asm__ volatile("mcr p15, 0, %0, c14, c3, 1" : : "r"(1)); /* CNTV_CTL: on */
}
