/* test_gic.c - the interrupt controller as its architecture specification has it */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "board.h"
#include "hw/gic.h"

#define DIST UINT64_C(0x08000000)
#define CPU UINT64_C(0x08010000)
enum { CTLR = 0, TYPER = 4, ISENABLER = 0x100, ICENABLER = 0x180, ISPENDR = 0x200, ICPENDR = 0x280, IPRIORITYR = 0x400,
       ITARGETSR = 0x800, ICFGR = 0xc00, SGIR = 0xf00 };
enum { C_CTLR = 0, PMR = 4, IAR = 0xc, EOIR = 0x10, RPR = 0x14, HPPIR = 0x18 };
enum { SPURIOUS = 1023 };

static struct board *b;
static struct gic *gic;
static struct probe irq, fiq;

static void set_up(void)
{
    b = board_new();
    irq = fiq = (struct probe){0};
    gic = gic_new(b->m, DIST, CPU, 96, probe_irq(&irq), probe_irq(&fiq));
    board_reset(b);
    board_write(b, DIST + CTLR, 1);
    board_write(b, CPU + C_CTLR, 1);
    board_write(b, CPU + PMR, 0xf0);
}

static void tear_down(void)
{
    board_delete(b);
}

TestSuite(gic, .init = set_up, .fini = tear_down);

static void enable(unsigned id, u8 priority)
{
    board_write(b, DIST + ISENABLER + id / 32 * 4, 1u << id % 32);
    bus_write(b->m->mem, DIST + IPRIORITYR + id, priority, 1);
    bus_write(b->m->mem, DIST + ITARGETSR + id, 1, 1);
}

Test(gic, a_level_is_taken_and_comes_again_until_it_falls)
{
    struct irq line = gic_irq(gic, GIC_SPI(5));
    cr_assert_eq(board_read(b, DIST + TYPER), 2);
    irq_raise(line);
    cr_assert_not(irq.level, "it is not enabled");
    enable(37, 0x80);
    cr_assert(irq.level);
    cr_assert_eq(board_read(b, CPU + IAR), 37);
    cr_assert_not(irq.level, "it is active");
    cr_assert_eq(board_read(b, CPU + RPR), 0x80);
    cr_assert_eq(board_read(b, CPU + IAR), SPURIOUS);
    board_write(b, CPU + EOIR, 37);
    cr_assert(irq.level, "the line is still up");
    cr_assert_eq(board_read(b, CPU + IAR), 37);
    irq_lower(line);
    board_write(b, CPU + EOIR, 37);
    cr_assert_not(irq.level);
    cr_assert_eq(board_read(b, CPU + RPR), 0xff);
}

Test(gic, an_edge_is_remembered_once)
{
    struct irq line = gic_irq(gic, GIC_SPI(16));
    enable(48, 0x80);
    board_write(b, DIST + ICFGR + 12, 2);
    irq_raise(line);
    irq_lower(line);
    cr_assert_eq(board_read(b, CPU + IAR), 48);
    irq_raise(line);
    irq_lower(line);
    board_write(b, CPU + EOIR, 48);
    cr_assert(irq.level, "a second edge came while it was active");
    cr_assert_eq(board_read(b, CPU + IAR), 48);
    board_write(b, CPU + EOIR, 48);
    cr_assert_not(irq.level);
}

Test(gic, the_highest_priority_first_and_only_it_preempts)
{
    enable(40, 0xa0);
    enable(41, 0x40);
    enable(42, 0xa0);
    irq_raise(gic_irq(gic, 42));
    irq_raise(gic_irq(gic, 40));
    cr_assert_eq(board_read(b, CPU + HPPIR), 40, "of equals the lower number");
    cr_assert_eq(board_read(b, CPU + IAR), 40);
    cr_assert_not(irq.level, "an equal one does not preempt");
    irq_raise(gic_irq(gic, 41));
    cr_assert(irq.level);
    cr_assert_eq(board_read(b, CPU + IAR), 41);
    irq_lower(gic_irq(gic, 41));
    board_write(b, CPU + EOIR, 41);
    cr_assert_eq(board_read(b, CPU + RPR), 0xa0);
}

Test(gic, masks_targets_and_disabling)
{
    enable(50, 0x80);
    irq_raise(gic_irq(gic, 50));
    board_write(b, CPU + PMR, 0x80);
    cr_assert_not(irq.level, "a priority has to be above the mask");
    board_write(b, CPU + PMR, 0x88);
    cr_assert(irq.level);
    bus_write(b->m->mem, DIST + ITARGETSR + 50, 2, 1);
    cr_assert_not(irq.level, "it goes to another processor");
    bus_write(b->m->mem, DIST + ITARGETSR + 50, 1, 1);
    board_write(b, DIST + ICENABLER + 4, 1u << 18);
    cr_assert_not(irq.level);
    board_write(b, DIST + ISENABLER + 4, 1u << 18);
    board_write(b, DIST + CTLR, 0);
    cr_assert_not(irq.level);
}

Test(gic, software_interrupts)
{
    board_write(b, DIST + SGIR, 1u << 16 | 3);
    cr_assert(irq.level, "always enabled, of the highest priority after reset");
    cr_assert_eq(board_read(b, CPU + IAR), 3);
    board_write(b, CPU + EOIR, 3);
    board_write(b, DIST + SGIR, 2u << 16 | 3);
    cr_assert_not(irq.level, "it was sent to another processor");
    board_write(b, DIST + SGIR, 2u << 24 | 4);
    cr_assert_eq(board_read(b, CPU + IAR), 4, "to oneself");
}

Test(gic, group_0_as_fiq)
{
    enable(60, 0x80);
    board_write(b, CPU + C_CTLR, 1 | 8);
    irq_raise(gic_irq(gic, 60));
    cr_assert(fiq.level && !irq.level);
}
