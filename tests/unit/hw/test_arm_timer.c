/* test_arm_timer.c - the generic timer's registers and outputs */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "board.h"
#include "hw/arm_timer.h"

#define REG(o, n, m, q) CPU_ARM_SYSREG(15, o, n, m, q)
#define REG64(o, m) CPU_ARM_SYSREG64(15, o, m)
enum { TICK = 16 /* ns at 62.5 MHz */, ENABLE = 1, MASKED = 2, STATUS = 4 };

static struct board *b;
static struct probe probe[ARM_TIMERS];

static void set_up(void)
{
    struct irq irq[ARM_TIMERS];
    b = board_new();
    for (unsigned i = 0; i < ARM_TIMERS; i++) {
        probe[i] = (struct probe){0};
        irq[i] = probe_irq(&probe[i]);
    }
    arm_timer_new(b->m, irq);
    board_reset(b);
}

static void tear_down(void)
{
    board_delete(b);
}

TestSuite(arm_timer, .init = set_up, .fini = tear_down);

static u64 get(u32 number)
{
    u64 v = 0;
    cr_assert(b->m->cpu->sysregs->read(b->m->cpu->sysregs_opaque, number, &v));
    return v;
}

static void put(u32 number, u64 v)
{
    cr_assert(b->m->cpu->sysregs->write(b->m->cpu->sysregs_opaque, number, v));
}

Test(arm_timer, counts_virtual_time)
{
    cr_assert_eq(get(REG(0, 14, 0, 0)), ARM_TIMER_HZ);
    board_run_to(b, 1000 * TICK);
    cr_assert_eq(get(REG64(0, 14)), 1000);
    put(REG64(4, 14), 300);
    cr_assert_eq(get(REG64(1, 14)), 700, "the virtual count is behind by CNTVOFF");
}

Test(arm_timer, a_compare_value_is_reached)
{
    put(REG64(2, 14), 500);
    put(REG(0, 14, 2, 1), ENABLE);
    board_run_to(b, 500 * TICK - 1);
    cr_assert_not(probe[ARM_TIMER_PHYS].level);
    cr_assert_eq(get(REG(0, 14, 2, 1)), ENABLE);
    board_run_to(b, 500 * TICK);
    cr_assert(probe[ARM_TIMER_PHYS].level);
    cr_assert_eq(get(REG(0, 14, 2, 1)), ENABLE | STATUS);
    put(REG(0, 14, 2, 1), ENABLE | MASKED);
    cr_assert_not(probe[ARM_TIMER_PHYS].level);
}

Test(arm_timer, a_timer_value_counts_down)
{
    board_run_to(b, 100 * TICK);
    put(REG(0, 14, 3, 0), 50);
    put(REG(0, 14, 3, 1), ENABLE);
    cr_assert_eq(get(REG64(3, 14)), 150);
    board_run(b, 20 * TICK);
    cr_assert_eq(get(REG(0, 14, 3, 0)), 30);
    board_run(b, 30 * TICK);
    cr_assert(probe[ARM_TIMER_VIRT].level && !probe[ARM_TIMER_PHYS].level);
    board_run(b, 5 * TICK);
    cr_assert_eq((u32)get(REG(0, 14, 3, 0)), (u32)-5);
}

Test(arm_timer, usr_mode_has_what_is_opened)
{
    u64 v;
    u32 phys = REG64(0, 14) | CPU_ARM_SYSREG_USER;
    void *s = b->m->cpu->sysregs_opaque;
    cr_assert(b->m->cpu->sysregs->read(s, phys, &v));
    put(REG(0, 14, 1, 0), 0);
    cr_assert_not(b->m->cpu->sysregs->read(s, phys, &v));
    cr_assert_not(b->m->cpu->sysregs->write(s, REG(0, 14, 2, 0) | CPU_ARM_SYSREG_USER, 1));
}
