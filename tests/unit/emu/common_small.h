/* common_small.h - a small processor, timer and console, to test the machine without a real one */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_COMMON_SMALL_H
#define TESTS_COMMON_SMALL_H

#include "emu/machine.h"

/* One byte an instruction, but JMP, whose target is the next byte. Memory is mapped one to one; r[]
 * are registers. An interrupt or a fault saves pc, masks interrupts and goes to SMALL_IRQ_PC or
 * SMALL_FAULT_PC. */
enum small_insn {
    SMALL_NOP, SMALL_INC,      /* r0++ */
    SMALL_HLT, SMALL_STI, SMALL_CLI, SMALL_IRET,
    SMALL_STORE,             /* [0x2000 + (r0 & 0xff)] = r0, one byte */
    SMALL_LOAD,              /* r1 = [0x2000], one byte */
    SMALL_ASK,               /* r2 = a random byte, from outside */
    SMALL_CLOCK,             /* r3 = virtual ns */
    SMALL_FAULT,
    SMALL_JMP,
    SMALL_RESET, SMALL_POWEROFF, SMALL_EXIT, /* with code 7 */
    SMALL_SEND,              /* r0's low byte to the console */
    SMALL_SETTIMER,          /* r4 ns from now, once */
};
#define SMALL_START 0x100
#define SMALL_IRQ_PC 0x800
#define SMALL_FAULT_PC 0x900
#define SMALL_VAR 0x2000

#define SMALL_STATE(F, A, S, T) A(T, u64, r, 8) F(T, u64, saved_pc) F(T, u64, fault_pc) F(T, bool, ie)
struct small_cpu {
    struct cpu base;
    STATE_MEMBERS(SMALL_STATE)
    int dice;
};

#define SMALL_TIMER_STATE(F, A, S, T) F(T, u64, period) F(T, u64, ticks) F(T, bool, line)
struct small_timer {
    struct device base;
    STATE_MEMBERS(SMALL_TIMER_STATE)
    struct irq irq;
};

#define SMALL_CONSOLE_STATE(F, A, S, T) F(T, u64, received) F(T, u8, last)
struct small_console {
    struct device base;
    STATE_MEMBERS(SMALL_CONSOLE_STATE)
    struct irq irq;
    struct port *port;
};

struct small {
    struct machine_config config;
    struct machine *m;
    struct small_cpu *cpu;
    struct small_timer *timer;
    struct small_console *console;
    struct ram *ram;
};

/* Makes a machine with `program` at SMALL_START and `handler` at SMALL_IRQ_PC; IRETs after faults.
 */
void small_new(struct small *t, const u8 *program, unsigned n, const u8 *handler, unsigned n_handler);
void small_delete(struct small *t);

#endif
