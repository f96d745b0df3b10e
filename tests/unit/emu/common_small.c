/* common_small.c - a small processor, timer and console, to test the machine without a real one */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common_small.h"

#include <stdlib.h>
#include <string.h>

#include "emu/check.h"
#include "emu/ir.h"
#include "emu/tlb.h"

STATE_DESC(small_state, "small", struct small_cpu, SMALL_STATE);
STATE_DESC(timer_state, "timer", struct small_timer, SMALL_TIMER_STATE);
STATE_DESC(console_state, "console", struct small_console, SMALL_CONSOLE_STATE);

static struct small_cpu *small_of(struct cpu *c)
{
    return (struct small_cpu *)c;
}

static void small_reset(struct cpu *c)
{
    struct small_cpu *t = small_of(c);
    memset(t->r, 0, sizeof(t->r));
    t->saved_pc = t->fault_pc = 0;
    t->ie = false;
    c->pc = SMALL_START;
    c->halted = false;
}

static void small_fini(struct cpu *c)
{
    free(c);
}

enum { DO_HLT, DO_STI, DO_CLI, DO_IRET, DO_ASK, DO_CLOCK, DO_FAULT, DO_RESET, DO_POWEROFF, DO_EXIT, DO_SEND,
       DO_SETTIMER };

static void ask(struct small_cpu *t)
{
    u8 byte;
    cpu_alone(&t->base);
    door_ask(t->base.machine->door, t->dice, &byte, 1);
    t->r[2] = byte;
}

static void set_timer(struct machine *m, u64 ns)
{
    struct device *d = machine_find_device(m, "timer");
    device_set_deadline(d, machine_now_ns(m) + ns);
}

static u64 act(struct cpu *c, u64 what, u64 next, u64 unused)
{
    struct small_cpu *t = small_of(c);
    struct machine *m = c->machine;

    (void)unused;
    cpu_alone(c);
    c->pc = next;
    switch (what) {
    case DO_HLT: c->halted = true; break;
    case DO_STI: t->ie = true; break;
    case DO_CLI: t->ie = false; break;
    case DO_IRET: t->ie = true; c->pc = t->saved_pc; break;
    case DO_ASK: ask(t); break;
    case DO_CLOCK: t->r[3] = machine_now_ns(m); break;
    case DO_FAULT: cpu_raise(c);
    case DO_RESET: machine_request(m, REQUEST_RESET, 0); break;
    case DO_POWEROFF: machine_request(m, REQUEST_POWEROFF, 0); break;
    case DO_EXIT: machine_request(m, REQUEST_EXIT, 7); break;
    case DO_SEND: port_send(m->port[0], t->r[0]); break;
    case DO_SETTIMER: set_timer(m, t->r[4]); break;
    }
    return 0;
}

#define R(n) ((ir_val)(IR_WORD(struct small_cpu, r) + (n)))

static void emit_act(struct ir_block *b, u64 what, u64 next)
{
    ir_val a = ir_temp(b), n = ir_temp(b);
    ir_movi(b, a, what);
    ir_movi(b, n, next);
    ir_call(b, IR_NONE, act, a, n, n);
    ir_exit_pc(b);
}

/* False at the end of the block. */
static bool translate_one(struct ir_block *b, u8 insn, u64 pc, bool *ok)
{
    static const u8 acts[] = {
        [SMALL_HLT] = DO_HLT,     [SMALL_STI] = DO_STI,     [SMALL_CLI] = DO_CLI,
        [SMALL_IRET] = DO_IRET,   [SMALL_ASK] = DO_ASK,     [SMALL_CLOCK] = DO_CLOCK,
        [SMALL_FAULT] = DO_FAULT, [SMALL_RESET] = DO_RESET, [SMALL_POWEROFF] = DO_POWEROFF,
        [SMALL_EXIT] = DO_EXIT,   [SMALL_SEND] = DO_SEND,   [SMALL_SETTIMER] = DO_SETTIMER};
    ir_val addr = ir_temp(b);
    switch (insn) {
    case SMALL_NOP:
        return true;
    case SMALL_INC:
        ir_2i(b, IR_ADD, IR_64, R(0), R(0), 1);
        return true;
    case SMALL_STORE:
        ir_2i(b, IR_AND, IR_64, addr, R(0), 0xff);
        ir_st(b, IR_8, addr, SMALL_VAR, R(0));
        return true;
    case SMALL_LOAD:
        ir_movi(b, addr, SMALL_VAR);
        ir_ld(b, IR_8, R(1), addr, 0);
        return true;
    case SMALL_JMP:
        ir_exit(b, ir_fetch(b, 1, ok) + SMALL_START);
        return false;
    default:
        emit_act(b, insn < ARRAY_SIZE(acts) ? acts[insn] : DO_FAULT, pc + 1);
        return false;
    }
}

static void small_translate(struct cpu *c, struct ir_block *b, unsigned max_insns)
{
    u64 pc = c->pc;
    while (ir_begin_insn(b, pc, pc, max_insns)) {
        bool ok = true;
        u8 insn = ir_fetch(b, 1, &ok);
        if (!translate_one(b, insn, pc, &ok))
            return;
        pc++;
    }
    ir_exit(b, pc);
}

static u64 small_linear_pc(struct cpu *c)
{
    return c->pc;
}

static bool small_walk(struct cpu *c, u64 va, enum mem_access access, enum mmu_mode mode, unsigned flags,
                     struct page_walk *w)
{
    (void)c, (void)access, (void)mode, (void)flags;
    *w = (struct page_walk){.pa = va, .read = true, .write = true, .exec = true};
    return true;
}

static NORETURN void small_raise_walk_fault(struct cpu *c, u64 va, const struct page_walk *w)
{
    (void)va, (void)w;
    cpu_raise(c);
}

static bool small_interrupt_ready(struct cpu *c)
{
    return small_of(c)->ie && c->lines & 1 << CPU_LINE_IRQ;
}

static void small_interrupt_take(struct cpu *c)
{
    struct small_cpu *t = small_of(c);
    c->intack(c->intack_opaque);
    t->saved_pc = c->pc;
    t->ie = false;
    c->halted = false;
    c->pc = SMALL_IRQ_PC;
}

static void small_exception_take(struct cpu *c)
{
    small_of(c)->fault_pc = c->pc;
    small_of(c)->r[5]++;
    c->pc = SMALL_FAULT_PC;
    small_of(c)->saved_pc = small_of(c)->fault_pc + 1;
}

static void small_nothing(struct cpu *c)
{
    (void)c;
}

/* The debugger's view: r0 and a read-only r1. */
static const struct debug_reg small_regs[] = {{"r0", 64, "int64", NULL, false}, {"r1", 64, "int64", NULL, true}};
static const struct debug_feature small_feature = {"small", NULL, small_regs, 2};
static const struct debug_feature *const small_features[] = {&small_feature};
static const struct debug_view small_view = {.architecture = "small", .features = small_features, .n_features = 1};

static const struct debug_view *view(struct cpu *c)
{
    (void)c;
    return &small_view;
}

static unsigned debug_write(struct cpu *c, const struct debug_view *v, u32 regno, const u8 *in)
{
    (void)v;
    memcpy(&small_of(c)->r[regno], in, 8);
    return 8;
}

static const struct arch_debug small_debug = {.view = view, .write = debug_write};

static const struct arch small_arch = {
    .name = "small",
    .state = &small_state,
    .reset = small_reset,
    .fini = small_fini,
    .translate = small_translate,
    .linear_pc = small_linear_pc,
    .walk = small_walk,
    .raise_walk_fault = small_raise_walk_fault,
    .interrupt_ready = small_interrupt_ready,
    .interrupt_take = small_interrupt_take,
    .exception_take = small_exception_take,
    .sync = small_nothing,
    .after_load = small_nothing,
    .debug = &small_debug,
};

static void timer_tick(struct device *d)
{
    struct small_timer *t = (struct small_timer *)d;
    u64 was = d->deadline;
    d->deadline = t->period ? was + t->period : NEVER;
    t->ticks++;
    irq_raise(t->irq);
}

static const struct device_type timer_type = {.name = "timer", .state = &timer_state, .tick = timer_tick};
static const struct device_type console_type = {.name = "console", .state = &console_state};

static int small_intack(void *opaque)
{
    irq_lower(cpu_irq(opaque, CPU_LINE_IRQ));
    return 0;
}

static void console_receive(void *opaque, const u8 *data, u32 len)
{
    struct small_console *c = opaque;
    for (u32 i = 0; i < len; i++)
        c->last = data[i];
    c->received += len;
    irq_raise(c->irq);
}

static u32 console_room(void *opaque)
{
    (void)opaque;
    return 4;
}

static void roll_dice(void *opaque, u8 *data, u32 len)
{
    static const u8 six = 6;
    (void)opaque;
    memset(data, six, len);
}

void small_new(struct small *t, const u8 *program, unsigned n, const u8 *handler, unsigned n_handler)
{
    static const struct port_ops ops = {console_receive, console_room};
    const u8 iret = SMALL_IRET;

    if (!t->config.arch)
        config_init(&t->config);
    t->m = machine_new(&t->config);
    t->cpu = xcalloc(1, sizeof(*t->cpu));
    t->cpu->base.arch = &small_arch;
    t->cpu->base.intack = small_intack;
    t->cpu->base.intack_opaque = t->cpu;
    machine_set_cpu(t->m, &t->cpu->base);
    t->ram = machine_add_ram(t->m, "ram", 64 * KiB);
    bus_map_ram(t->m->mem, "ram", 0, t->ram->size, t->ram, 0, false);
    t->timer = xcalloc(1, sizeof(*t->timer));
    device_attach(t->m, &t->timer->base, &timer_type);
    t->console = xcalloc(1, sizeof(*t->console));
    device_attach(t->m, &t->console->base, &console_type);
    t->timer->irq = t->console->irq = cpu_irq(&t->cpu->base, CPU_LINE_IRQ);
    t->console->port = port_new(t->m, "serial0", &ops, t->console);
    t->cpu->dice = door_add_source(t->m->door, "dice", NULL, roll_dice, t);
    bus_write_bytes(t->m->mem, SMALL_START, program, n, false);
    bus_write_bytes(t->m->mem, SMALL_IRQ_PC, handler, n_handler, false);
    bus_write_bytes(t->m->mem, SMALL_FAULT_PC, &iret, 1, false);
    machine_start(t->m);
}

void small_delete(struct small *t)
{
    machine_delete(t->m);
    config_fini(&t->config);
}
