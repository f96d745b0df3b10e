/* board.h - devices under test on a machine without a real processor */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_HW_BOARD_H
#define TESTS_HW_BOARD_H

#include <criterion/criterion.h>

#include "emu/check.h"
#include "emu/config.h"
#include "emu/machine.h"

struct board {
    struct machine_config config;
    struct machine *m;
};

/* With a processor that has lines and an acknowledge but runs nothing. Time is 1 ns a step. */
struct board *board_new(void);
void board_delete(struct board *b);
void board_reset(struct board *b);             /* every device's, in order */
void board_run_to(struct board *b,
                  u64 ns); /* ticks what becomes due on the way, each at its time */
void board_run(struct board *b, u64 ns);       /* for so long */

u8 board_in(struct board *b, u16 port);
void board_out(struct board *b, u16 port, u8 value);
u32 board_in32(struct board *b, u16 port);
void board_out32(struct board *b, u16 port, u32 value);
u32 board_read(struct board *b, u64 addr);
void board_write(struct board *b, u64 addr, u32 value);

/* An interrupt line that remembers. */
struct probe {
    bool level;
    unsigned rises;
};
struct irq probe_irq(struct probe *p);

static inline bool board_intr(struct board *b)
{
    return b->m->cpu->lines >> CPU_LINE_IRQ & 1;
}

static inline int board_acknowledge(struct board *b)
{
    return b->m->cpu->intack(b->m->cpu->intack_opaque);
}

#endif
