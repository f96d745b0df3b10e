/* system.c - the machine of system cases: privilege 0, page tables, interrupts */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "system.h"

#include <string.h>

#include "emu/check.h"
#include "emu/machine.h"

const u32 system_pa_window[FUZZ_WINDOW_SIZE / 0x1000] = {0xb000, 0x8000, 0xd000, 0xa000};

/* ---- a timer that interrupts at random times ---- */

#define TIMER_STATE(F, A, S, T)                                                                    \
    F(T, u64, seed) F(T, u32, left) F(T, bool, level) F(T, u64, accesses) F(T, u64, last)
struct timer {
    struct device base;
    STATE_MEMBERS(TIMER_STATE)
};
STATE_DESC(timer_state, "timer", struct timer, TIMER_STATE);

static void timer_set(struct timer *t, bool level)
{
    t->level = level;
    irq_set(cpu_irq(t->base.machine->cpu, CPU_LINE_IRQ), level);
}

static void timer_tick(struct device *d)
{
    struct timer *t = CONTAINER_OF(d, struct timer, base);
    struct rng r = {t->seed};

    d->deadline = NEVER;
    if (!t->left)
        return;
    t->left--;
    timer_set(t, true);
    device_set_deadline(d,
                        clock_ns(&d->machine->clock) + 1 + rng_below(&r, 1 + rng_below(&r, 400)));
    t->seed = r.s;
}

static void timer_reset(struct device *d)
{
    struct timer *t = CONTAINER_OF(d, struct timer, base);
    t->left = 0;
    t->level = false;
    t->accesses = t->last = 0;
}

/* Registers with side effects, that tell the time. */
static u64 timer_read(void *opaque, u64 offset, unsigned size)
{
    struct timer *t = opaque;
    (void)size;
    return t->base.machine->clock.icount * 0x10001 + offset + t->accesses++;
}

/* Interrupts soon, if it does so at all. */
static void timer_write(void *opaque, u64 offset, u64 value, unsigned size)
{
    struct timer *t = opaque;
    (void)size;
    t->last = value + offset;
    if (t->left)
        device_set_deadline(&t->base, clock_ns(&t->base.machine->clock) + (value & 31));
}

static const struct mmio_ops timer_ops = {timer_read, timer_write, 1, 8};

static int timer_acknowledge(void *opaque)
{
    timer_set(opaque, false);
    return SYSTEM_TIMER;
}

static const struct device_type timer_type = {
    .name = "timer", .state = &timer_state, .reset = timer_reset, .tick = timer_tick};

void system_attach(struct machine *m)
{
    struct timer *t = xcalloc(1, sizeof(*t));
    device_attach(m, &t->base, &timer_type);
    bus_map_mmio(m->mem, "timer", PA_TIMER, PAGE_SIZE, &timer_ops, t);
    m->cpu->intack = timer_acknowledge;
    m->cpu->intack_opaque = t;
}

void system_start_timer(struct machine *m, u64 seed)
{
    struct timer *t = CONTAINER_OF(machine_find_device(m, "timer"), struct timer, base);
    struct rng r = {seed};

    t->left = rng_below(&r, 3) ? rng_below(&r, 40) : 0;
    t->seed = r.s;
    device_set_deadline(&t->base, 1 + rng_below(&r, 300));
}

/* ---- memory ---- */

static void put64(u8 *ram, u64 pa, u64 v)
{
    memcpy(ram + pa, &v, 8);
}

enum { P = 1, W = 2, U = 4, AD = 0x60, G = 0x100, ALL = P | W | U | AD };

static unsigned directory_index(u32 va)
{
    return va >> 21 & 511;
}

static void make_space(u8 *ram, unsigned space, const struct fuzz_case *c)
{
    const u64 nx = (u64)1 << 63;
    u32 pml4 = system_pml4(space), pdpt = pml4 + 0x1000, pd = system_pd(space);
    u32 pt = system_pt_window(space);

    put64(ram, pml4, pdpt | ALL);
    put64(ram, pml4 + 8 * 511, (c->shared_high ? PA_PDPT_HIGH : pdpt) | ALL);
    put64(ram, pdpt, pd | ALL);
    put64(ram, pdpt + 8 * 510, pd | ALL);
    put64(ram, pd + 8 * directory_index(FUZZ_CODE), PA_PT_CODE | ALL);
    put64(ram, pd + 8 * directory_index(FUZZ_WINDOW), pt | ALL);
    if (c->mode == FUZZ_SYSTEM)
        put64(ram, pd + 8 * directory_index(FUZZ_TABLES), PA_PT_TABLES | ALL);
    for (u32 i = 0; i < ARRAY_SIZE(system_pa_window); i++) {
        u32 pa = system_pa_window[(i + space) % ARRAY_SIZE(system_pa_window)];
        put64(ram, pt + 8 * i, pa | nx | (i << PAGE_BITS < FUZZ_WRITABLE ? ALL : P | U | AD));
    }
}

static void make_shared(u8 *ram, const struct fuzz_case *c)
{
    u64 code = P | W | AD | G | (c->mode != FUZZ_SYSTEM || c->user_code ? U : 0);

    put64(ram, PA_PDPT_HIGH + 8 * 510, PA_PD_HIGH | ALL);
    put64(ram, PA_PD_HIGH + 8 * directory_index(FUZZ_CODE), PA_PT_CODE | ALL);
    put64(ram, PA_PD_HIGH + 8 * directory_index(FUZZ_WINDOW), system_pt_window(0) | ALL);
    put64(ram, PA_PD_HIGH + 8 * directory_index(FUZZ_TABLES), PA_PT_TABLES | ALL);
    put64(ram, PA_PT_CODE, PA_CODE0 | code);
    put64(ram, PA_PT_CODE + 8, PA_CODE1 | code);
    memcpy(ram + PA_ALT0, c->alt, PAGE_SIZE);
    memcpy(ram + PA_ALT1, c->alt + PAGE_SIZE, PAGE_SIZE);
    for (u32 pa = 0; pa < FUZZ_RAM; pa += PAGE_SIZE)
        put64(ram, PA_PT_TABLES + pa / PAGE_SIZE * 8, pa | P | W | AD | G);
}

static void make_gate(u8 *ram, u64 tables, unsigned vector, u32 offset, bool user)
{
    u64 at = tables + PA_HANDLER + offset;
    u64 low = (at & 0xffff) | KERNEL_CS << 16 | (u64)(user ? 0xee00 : 0x8e00) << 32 |
              (at >> 16 & 0xffff) << 48;
    put64(ram, PA_IDT + 16 * vector, low);
    put64(ram, PA_IDT + 16 * vector + 8, at >> 32);
}

static void make_handlers(u8 *ram, u64 tables)
{
    const u8 top = (u8)(tables >> 24); /* of addresses; the rest of the base is zeros */
    const u8 fault[] = {
        0x48, 0xc7, 0xc4, 0x00, 0xe0, 0x01, top,       /* MOV RSP, kernel stack's end */
        0xff, 0x04, 0x25, 0x00, 0xe0, 0x01, top,       /* INC dword [data] */
        0x83, 0x3c, 0x25, 0x00, 0xe0, 0x01, top, 0x3c, /* CMP dword [data], 60 */
        0x77, 0x04,                                    /* JA over */
        0xfb,                                          /* STI */
        0x41, 0xff, 0xe7,                              /* JMP R15 */
        0xfa, 0xf4, 0xeb, 0xfc,                        /* CLI; HLT; again */
    };
    const u8 timer[] = {0xff, 0x04, 0x25, 0x10, 0xe0,
                        0x01, top,  0x48, 0xcf}; /* INC [data + 16]; IRETQ */
    static const u8 end[] = {0xfa, 0xf4, 0xeb, 0xfc};

    memcpy(ram + PA_HANDLER, fault, sizeof(fault));
    memcpy(ram + PA_HANDLER + 0x40, timer, sizeof(timer));
    memcpy(ram + PA_HANDLER + 0x80, end, sizeof(end));
    for (unsigned v = 0; v < 32; v++)
        make_gate(ram, tables, v, 0, v == EXC_BP || v == EXC_OF);
    make_gate(ram, tables, SYSTEM_GATE, 0, true);
    make_gate(ram, tables, SYSTEM_TIMER, 0x40, false);
    make_gate(ram, tables, SYSTEM_END, 0x80, true);
}

void system_make_ram(u8 *ram, const struct fuzz_case *c)
{
    u64 rsp0 = system_tables(c) + PA_KERNEL_STACK + PAGE_SIZE;

    for (unsigned i = 0; i < FUZZ_SPACES; i++)
        make_space(ram, i, c);
    make_shared(ram, c);
    put64(ram, PA_GDT + KERNEL_CS, UINT64_C(0x00af9b000000ffff));
    put64(ram, PA_GDT + KERNEL_SS, UINT64_C(0x00cf93000000ffff));
    put64(ram, PA_GDT + (USER_SS & ~7), UINT64_C(0x00cff3000000ffff));
    put64(ram, PA_GDT + (USER_CS & ~7), UINT64_C(0x00affb000000ffff));
    memcpy(ram + PA_TSS + 4, &rsp0, 8);
    make_handlers(ram, system_tables(c));
}

/* ---- the processor ---- */

void system_set_state(struct x86_cpu *x, const struct fuzz_case *c)
{
    u64 tables = system_tables(c);
    struct x86_segment data = {.selector = KERNEL_SS, .limit = 0xffffffff, .attr = 0xc09300};

    x->seg[SEG_CS] =
        (struct x86_segment){.selector = KERNEL_CS, .limit = 0xffffffff, .attr = 0xa09b00};
    x->seg[SEG_SS] = x->seg[SEG_DS] = x->seg[SEG_ES] = data;
    x->seg[SEG_FS] = x->seg[SEG_GS] = data;
    x->seg[SEG_GS].base = FUZZ_WINDOW + FUZZ_GS;
    x->seg[SEG_TR] = (struct x86_segment){0x18, tables + PA_TSS, 0x67, 0x8b00};
    x->gdt_base = tables + PA_GDT;
    x->gdt_limit = 0x3f;
    x->idt_base = tables + PA_IDT;
    x->idt_limit = 16 * (SYSTEM_END + 1) - 1;
    x->cr4 |= CR4_PGE;
    x->gpr[RSP] = tables + PA_KERNEL_STACK + 0x800;
}
