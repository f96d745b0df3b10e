/* common_guest.c - a small machine with a guest whose every step the tests know */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "guest.h"

#include <stdlib.h>
#include <string.h>

#include "arch/x86/x86.h"
#include "emu/check.h"
#include "emu/tlb.h"

/* From the reset vector to 32-bit protected mode with a timer interrupt; addresses are absolute. */
__asm__(".section .rodata\n"
        ".set BASE, 0x7c00\n"
        ".global guest_start, guest_end, guest_pm, guest_loop, guest_incremented, guest_f\n"
        ".global guest_store, guest_ret, guest_handler\n"
        ".code16\n"
        "guest_start:\n"
        "  cli\n"
        "  xorw %ax, %ax\n"
        "  movw %ax, %ds\n"
        "  movw %ax, %ss\n"
        "  movw $0x7000, %sp\n"
        "  lgdtl BASE + gdtr - guest_start\n"
        "  lidtl BASE + idtr - guest_start\n"
        "  movl %cr0, %eax\n"
        "  orb $1, %al\n"
        "  movl %eax, %cr0\n"
        "  ljmpl $8, $(BASE + guest_pm - guest_start)\n"
        ".code32\n"
        "guest_pm:\n"
        "  movw $16, %ax\n"
        "  movw %ax, %ds\n"
        "  movw %ax, %es\n"
        "  movw %ax, %ss\n"
        "  movl $0x7000, %esp\n"
        "  movl $(BASE + guest_handler - guest_start), %eax\n" /* gate 0x20 at 0x6000 */
        "  movw %ax, 0x6100\n"
        "  movw $8, 0x6102\n"
        "  movw $0x8e00, 0x6104\n"
        "  shrl $16, %eax\n"
        "  movw %ax, 0x6106\n"
        "  sti\n"
        "guest_loop:\n"
        "  incl 0x5000\n"
        "guest_incremented:\n"
        "  call guest_f\n"
        "  cmpl $400, 0x5000\n"
        "  jne guest_loop\n"
        "  movb $2, %al\n"
        "  outb %al, $0xf4\n"
        "1: jmp 1b\n"
        "guest_f:\n"
        "  movl 0x5000, %eax\n"
        "guest_store:\n"
        "  movl %eax, 0x5004\n"
        "guest_ret:\n"
        "  ret\n"
        "guest_handler:\n"
        "  pushl %eax\n"
        "  incl 0x5008\n"
        "  popl %eax\n"
        "  iret\n"
        ".balign 8\n"
        "gdt: .quad 0, 0x00cf9b000000ffff, 0x00cf93000000ffff\n"
        "gdtr: .word 23; .long BASE + gdt - guest_start\n"
        "idtr: .word 0x107; .long 0x6000\n"
        "guest_end:\n"
        ".text\n"
#ifdef __x86_64__
        ".code64\n"
#endif
);

/* A timer that raises the CPU's interrupt line. */
#define TIMER_STATE(F, A, S, T) F(T, bool, raised)
struct timer {
    struct device device;
    STATE_MEMBERS(TIMER_STATE)
    struct irq irq;
};
STATE_DESC(timer_state, "timer", struct timer, TIMER_STATE);

static void timer_tick(struct device *d)
{
    struct timer *t = CONTAINER_OF(d, struct timer, device);
    t->raised = true;
    irq_raise(t->irq);
    device_set_deadline(d, d->deadline + ((u64)TIMER_STEPS << CLOCK_DEFAULT_SHIFT));
}

static void timer_reset(struct device *d)
{
    struct timer *t = CONTAINER_OF(d, struct timer, device);
    t->raised = false;
    irq_lower(t->irq);
    device_set_deadline(d, (u64)TIMER_STEPS << CLOCK_DEFAULT_SHIFT);
}

static const struct device_type timer_type = {
    .name = "timer", .state = &timer_state, .reset = timer_reset, .tick = timer_tick};

static int timer_vector(void *opaque)
{
    struct timer *t = opaque;
    t->raised = false;
    irq_lower(t->irq);
    return 0x20;
}

static void exit_write(void *opaque, u64 offset, u64 value, unsigned size)
{
    (void)offset, (void)size;
    machine_request(opaque, REQUEST_EXIT, (int)(value << 1 | 1));
}

static u64 exit_read(void *opaque, u64 offset, unsigned size)
{
    (void)opaque, (void)offset, (void)size;
    return 0xff;
}

static const struct mmio_ops exit_ops = {exit_read, exit_write, 1, 1};

static void build(struct machine *m)
{
    static const u8 reset_jump[] = {0xea, 0x00, 0x7c, 0x00, 0x00}; /* jmp 0:7c00 */
    struct ram *low = machine_add_ram(m, "low", 64 * KiB),
               *rom = machine_add_ram(m, "rom", 64 * KiB);
    bus_map_ram(m->mem, "low", 0, 64 * KiB, low, 0, false);
    bus_map_ram(m->mem, "rom", 0xffff0000, 64 * KiB, rom, 0, true);
    ram_write(NULL, low, GUEST_CODE, guest_start, guest_end - guest_start);
    ram_write(NULL, rom, 0xfff0, reset_jump, sizeof(reset_jump));
    bus_map_mmio(m->io, "exit", 0xf4, 1, &exit_ops, m);
    struct timer *t = xcalloc(1, sizeof(*t));
    t->irq = cpu_irq(m->cpu, CPU_LINE_IRQ);
    m->cpu->intack = timer_vector;
    m->cpu->intack_opaque = t;
    device_attach(m, &t->device, &timer_type);
}

void guest_init(struct guest *g)
{
    memset(g, 0, sizeof(*g));
    config_init(&g->config);
    free(g->config.arch);
    g->config.arch = xstrdup("i386");
    g->config.sleep = false;
    g->machine = machine_new(&g->config);
    machine_set_cpu(g->machine, x86_cpu_new("qemu32", false));
    build(g->machine);
    machine_start(g->machine);
    const struct timeline_options o = {
        .history = true, .auto_snapshots = true, .snapshot_steps = 500};
    g->timeline = timeline_new_live(g->machine, NULL, &o);
    g->session = session_new(g->machine, g->timeline, false);
}

void guest_fini(struct guest *g)
{
    session_delete(g->session);
    timeline_delete(g->timeline);
    machine_delete(g->machine);
    config_fini(&g->config);
}

void guest_move(struct guest *g)
{
    while (session_wants_move(g->session))
        session_move(g->session);
}

u64 guest_icount(struct guest *g)
{
    return g->machine->clock.icount;
}

u64 guest_pc(struct guest *g)
{
    return g->machine->cpu->arch->linear_pc(g->machine->cpu);
}

u32 guest_word(struct guest *g, u64 addr)
{
    u32 v = 0;
    CHECK(mem_debug_read(g->machine->cpu, addr, &v, 4) == 4);
    return v;
}
