/* test_apic.c - local and I/O APIC, by the SDM and the 82093AA data sheet */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "board.h"
#include "hw/apic.h"
#include "hw/i8259.h"
#include "hw/ioapic.h"

enum {
    APIC = 0xfee00000,
    TPR = 0x80,
    PPR = 0xa0,
    EOI = 0xb0,
    LDR = 0xd0,
    DFR = 0xe0,
    SVR = 0xf0,
    ISR = 0x100,
    TMR = 0x180,
    IRR = 0x200,
    ESR = 0x280,
    ICR = 0x300,
    ICR2 = 0x310,
    LVT_TIMER = 0x320,
    LINT0 = 0x350,
    ERROR = 0x370,
    INITIAL = 0x380,
    CURRENT = 0x390,
    DIVIDE = 0x3e0
};

static struct board *b;
static struct apic *apic;
static struct ioapic *ioapic;
static struct i8259 *pic;

static int acknowledge_pic(void *opaque)
{
    return i8259_acknowledge(opaque);
}

static u32 get(u32 reg)
{
    return board_read(b, APIC + reg);
}

static void put(u32 reg, u32 value)
{
    board_write(b, APIC + reg, value);
}

static void put_io(u32 reg, u32 value)
{
    board_write(b, IOAPIC_BASE, reg);
    board_write(b, IOAPIC_BASE + 0x10, value);
}

static u32 get_io(u32 reg)
{
    board_write(b, IOAPIC_BASE, reg);
    return board_read(b, IOAPIC_BASE + 0x10);
}

static void set_up(void)
{
    b = board_new();
    apic = apic_new(b->m);
    ioapic = ioapic_new(b->m, apic);
    pic = i8259_new(b->m, apic_lint0(apic));
    apic_set_pic(apic, acknowledge_pic, pic);
    board_reset(b);
    put(SVR, 0x1ff);
}

static void tear_down(void)
{
    board_delete(b);
}

TestSuite(apic, .init = set_up, .fini = tear_down);

static u64 msr(u32 n)
{
    u64 v = 0;
    cr_assert(b->m->cpu->sysregs->read(b->m->cpu->sysregs_opaque, n, &v));
    return v;
}

static bool set_msr(u32 n, u64 v)
{
    return b->m->cpu->sysregs->write(b->m->cpu->sysregs_opaque, n, v);
}

Test(apic, state_after_reset)
{
    board_reset(b);
    cr_assert_eq(get(SVR), 0xff);
    cr_assert_eq(get(0x30) & 0xff00ff, 0x050014);
    cr_assert_eq(get(DFR), 0xffffffff);
    cr_assert_eq(get(LVT_TIMER), 0x10000);
    cr_assert_eq(msr(0x1b), 0xfee00900);
    put(LVT_TIMER, 0x40);
    cr_assert_eq(get(LVT_TIMER), 0x10040, "masked while software-disabled");
}

Test(apic, self_ipi_priority_and_eoi)
{
    put(ICR, 0x40031);
    put(ICR, 0x40052);
    cr_assert(board_intr(b));
    cr_assert_eq(get(IRR + 0x10), 1u << 0x11);
    cr_assert_eq(board_acknowledge(b), 0x52);
    cr_assert_eq(get(PPR), 0x50);
    cr_assert_not(board_intr(b), "0x31 waits");
    put(ICR, 0x40058);
    cr_assert_not(board_intr(b), "same priority class");
    put(ICR, 0x40060);
    cr_assert_eq(board_acknowledge(b), 0x60);
    cr_assert_eq(get(ISR + 0x20), 1u << 0x12);
    cr_assert_eq(get(ISR + 0x30), 1u << 0x00);
    put(EOI, 0);
    put(EOI, 0);
    cr_assert_eq(board_acknowledge(b), 0x58);
    put(EOI, 0);
    cr_assert_eq(board_acknowledge(b), 0x31);
    put(EOI, 0);
    cr_assert_not(board_intr(b));
}

Test(apic, task_priority_holds_back)
{
    put(TPR, 0x50);
    put(ICR, 0x4005f);
    cr_assert_not(board_intr(b));
    put(TPR, 0x4f);
    cr_assert(board_intr(b));
    cr_assert_eq(get(PPR), 0x4f);
    put(TPR, 0xf0);
    cr_assert_eq(board_acknowledge(b), 0xff, "spurious when it was withdrawn in between");
    cr_assert_eq(get(ISR + 0x20), 0);
}

Test(apic, timer_one_shot)
{
    put(DIVIDE, 0xb); /* by 1 */
    put(LVT_TIMER, 0xec);
    put(INITIAL, 1000);
    board_run(b, 400);
    cr_assert_eq(get(CURRENT), 600);
    board_run(b, 599);
    cr_assert_not(board_intr(b));
    board_run(b, 1);
    cr_assert_eq(board_acknowledge(b), 0xec);
    put(EOI, 0);
    cr_assert_eq(get(CURRENT), 0);
    board_run(b, 100000);
    cr_assert_not(board_intr(b));
}

Test(apic, timer_periodic_with_divider)
{
    put(DIVIDE, 0x3); /* by 16 */
    put(LVT_TIMER, 0x200ec);
    put(INITIAL, 100);
    for (unsigned i = 1; i <= 10; i++) {
        board_run_to(b, i * 1600 - 1);
        cr_assert_not(board_intr(b));
        board_run_to(b, i * 1600);
        cr_assert_eq(board_acknowledge(b), 0xec);
        put(EOI, 0);
        cr_assert_eq(get(CURRENT), 100);
    }
    put(INITIAL, 0);
    board_run(b, 100000);
    cr_assert_not(board_intr(b), "a count of zero stops it");
}

Test(apic, masked_timer_counts_silently)
{
    put(DIVIDE, 0xb);
    put(LVT_TIMER, 0x300ec);
    put(INITIAL, 1000);
    board_run(b, 2500);
    cr_assert_eq(get(CURRENT), 500);
    cr_assert_not(board_intr(b));
    put(LVT_TIMER, 0x200ec);
    board_run(b, 499);
    cr_assert_not(board_intr(b));
    board_run(b, 1);
    cr_assert(board_intr(b));
}

Test(apic, pic_through_lint0_and_directly)
{
    board_out(b, 0x20, 0x11);
    board_out(b, 0x21, 0x20);
    board_out(b, 0x21, 4);
    board_out(b, 0x21, 1);
    board_out(b, 0x21, 0);
    irq_raise(i8259_irq(pic, 4));
    cr_assert_not(board_intr(b), "LINT0 is masked after reset");
    put(LINT0, 0x700);
    cr_assert(board_intr(b));
    cr_assert_eq(board_acknowledge(b), 0x24);
    cr_assert_not(board_intr(b));
    board_out(b, 0x20, 0x20);

    put(LINT0, 0x10700);
    irq_raise(i8259_irq(pic, 5));
    cr_assert_not(board_intr(b));
    cr_assert(set_msr(0x1b, 0xfee00100)); /* the APIC is off: INTR is a pin again */
    cr_assert(board_intr(b));
    cr_assert_eq(board_acknowledge(b), 0x25);
    cr_assert_eq(get(SVR), 0xffffffff, "and its registers are gone");
}

Test(apic, lint0_fixed)
{
    board_out(b, 0x20, 0x11), board_out(b, 0x21, 0x20), board_out(b, 0x21, 4),
        board_out(b, 0x21, 1);
    board_out(b, 0x21, 0);
    put(LINT0, 0x71);
    irq_raise(i8259_irq(pic, 0));
    cr_assert_eq(board_acknowledge(b), 0x71);
}

Test(apic, nmi_ipi)
{
    put(ICR, 0x40400);
    cr_assert(b->m->cpu->lines >> CPU_LINE_NMI & 1);
}

Test(apic, destinations)
{
    put(ICR2, 0u << 24);
    put(ICR, 0x41);
    cr_assert_eq(board_acknowledge(b), 0x41);
    put(EOI, 0);
    put(ICR2, 5u << 24);
    put(ICR, 0x41);
    cr_assert_not(board_intr(b));
    put(LDR, 4u << 24);
    put(ICR2, 6u << 24);
    put(ICR, 0x841); /* logical, flat */
    cr_assert_eq(board_acknowledge(b), 0x41);
    put(EOI, 0);
    put(DFR, 0x0fffffff); /* cluster */
    put(LDR, 0x12000000);
    put(ICR2, 0x23u << 24);
    put(ICR, 0x841);
    cr_assert_not(board_intr(b));
    put(ICR2, 0x1fu << 24);
    put(ICR, 0x841);
    cr_assert(board_intr(b));
    put(ICR, 0xc0042); /* all but self */
    cr_assert_eq(board_acknowledge(b), 0x41);
    put(EOI, 0);
    cr_assert_not(board_intr(b));
}

Test(apic, illegal_vectors_are_errors)
{
    put(ICR, 0x4000f);
    put(ESR, 0);
    cr_assert_eq(get(ESR), 0x20);
    put(ESR, 0);
    cr_assert_eq(get(ESR), 0);
    put(ERROR, 0xfe);
    put(ICR, 0x40003);
    cr_assert_eq(board_acknowledge(b), 0xfe);
}

Test(apic, x2apic_mode)
{
    cr_assert_not(set_msr(0x80b, 0), "no such register in xAPIC mode");
    cr_assert(set_msr(0x1b, 0xfee00d00));
    cr_assert_eq(get(SVR), 0xffffffff);
    cr_assert_eq(msr(0x80f), 0x1ff);
    cr_assert_eq(msr(0x802), 0);
    cr_assert_eq(msr(0x80d), 1);
    cr_assert(set_msr(0x830, 0x41));
    cr_assert_eq(board_acknowledge(b), 0x41);
    cr_assert_eq(msr(0x812), 2);
    cr_assert_not(set_msr(0x80b, 1), "EOI takes only zero");
    cr_assert(set_msr(0x80b, 0));
    cr_assert_eq(msr(0x812), 0);
    cr_assert(set_msr(0x83f, 0x99));
    cr_assert_eq(board_acknowledge(b), 0x99);
    cr_assert_not(set_msr(0x802, 1), "the ID is read-only");
    cr_assert_not(set_msr(0x1b, 0xfee00900), "back to xAPIC goes by disabling");
    cr_assert(set_msr(0x1b, 0xfee00100));
    cr_assert_not(set_msr(0x1b, 0xfee00d00));
    cr_assert(set_msr(0x1b, 0xfee00900));
    cr_assert_eq(get(SVR), 0xff);
}

Test(apic, registers_move_with_the_base)
{
    cr_assert(set_msr(0x1b, 0xfed00900));
    cr_assert_eq(get(SVR), 0xffffffff);
    cr_assert_eq(board_read(b, 0xfed00000 + SVR), 0x1ff);
}

/* ---- I/O APIC ---- */

Test(apic, ioapic_identity)
{
    cr_assert_eq(get_io(1), 0x00170011);
    put_io(0, 0x05000000);
    cr_assert_eq(get_io(0), 0x05000000);
    cr_assert_eq(get_io(0x10 + 2 * 7), 0x10000);
}

Test(apic, ioapic_edge)
{
    put_io(0x10 + 2 * 4, 0x44);
    irq_raise(ioapic_irq(ioapic, 4));
    cr_assert_eq(board_acknowledge(b), 0x44);
    put(EOI, 0);
    cr_assert_not(board_intr(b));
    irq_lower(ioapic_irq(ioapic, 4));
    put_io(0x10 + 2 * 4, 0x10044);
    irq_raise(ioapic_irq(ioapic, 4));
    put_io(0x10 + 2 * 4, 0x44);
    cr_assert_not(board_intr(b), "an edge on a masked pin is lost");
}

Test(apic, ioapic_level_and_remote_irr)
{
    put_io(0x10 + 2 * 9, 0x8049);
    irq_raise(ioapic_irq(ioapic, 9));
    cr_assert_eq(get_io(0x10 + 2 * 9), 0xc049);
    cr_assert_eq(board_acknowledge(b), 0x49);
    cr_assert_eq(get(TMR + 0x20), 1u << 9);
    cr_assert_not(board_intr(b));
    put(EOI, 0);
    cr_assert(board_intr(b), "still asserted: again");
    cr_assert_eq(board_acknowledge(b), 0x49);
    irq_lower(ioapic_irq(ioapic, 9));
    put(EOI, 0);
    cr_assert_not(board_intr(b));
    cr_assert_eq(get_io(0x10 + 2 * 9), 0x8049);
}

Test(apic, ioapic_level_waits_behind_its_mask)
{
    put_io(0x10 + 2 * 9, 0x18049);
    irq_raise(ioapic_irq(ioapic, 9));
    cr_assert_not(board_intr(b));
    put_io(0x10 + 2 * 9, 0x8049);
    cr_assert(board_intr(b));
}
