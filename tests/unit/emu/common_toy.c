/* common_toy.c - a made-up processor and machine for testing the engine */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/emu/toy.h"

#include <stdlib.h>
#include <string.h>

STATE_DESC(toy_state, "toy", struct toy, TOY_STATE);
STATE_DESC(timer_state, "timer", struct toy_timer, TOY_TIMER_STATE);

#define R(n) ((ir_val)(IR_WORD(struct toy, r) + (n)))
#define CC_WORD IR_WORD(struct toy, cc_x)
#define ADDRESS_MASK 0x1fffff

static struct toy *toy_of(struct cpu *c)
{
    return (struct toy *)c;
}

u64 toy_random(u64 *seed)
{
    u64 z = (*seed += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* ---- helpers ---- */

static NORETURN void raise_toy(struct cpu *c, u64 cause, u64 va)
{
    toy_of(c)->new_cause = cause;
    toy_of(c)->new_va = va;
    cpu_raise(c);
}

static u64 help_undefined(struct cpu *c, u64 a, u64 b, u64 d)
{
    (void)a, (void)b, (void)d;
    raise_toy(c, TOY_CAUSE_UNDEFINED, 0);
}

static u64 help_clock(struct cpu *c, u64 a, u64 b, u64 d)
{
    (void)a, (void)b, (void)d;
    cpu_alone(c);
    return c->machine->clock.icount;
}

static u64 help_setpt(struct cpu *c, u64 root, u64 b, u64 d)
{
    (void)b, (void)d;
    toy_of(c)->root = root & 0x3f000;
    tlb_flush(c);
    return 0;
}

static u64 help_invpg(struct cpu *c, u64 va, u64 b, u64 d)
{
    (void)b, (void)d;
    tlb_flush_page(c, va & ADDRESS_MASK);
    return 0;
}

static void update_mode(struct cpu *c)
{
    c->mode = toy_of(c)->toy_mode;
    c->mmu = MMU_KERNEL;
}

static u64 help_mode(struct cpu *c, u64 a, u64 b, u64 d)
{
    (void)a, (void)b, (void)d;
    toy_of(c)->toy_mode = toy_of(c)->r[15] >> 1 & 1;
    update_mode(c);
    return 0;
}

static u64 help_iret(struct cpu *c, u64 a, u64 b, u64 d)
{
    struct toy *t = toy_of(c);
    (void)a, (void)b, (void)d;
    c->pc = t->epc;
    c->attention = true;
    if (t->in_handler && t->root != t->saved_root) {
        t->root = t->saved_root;
        tlb_flush(c);
    }
    t->in_handler = false;
    return 0;
}

static u64 help_fill(struct cpu *c, u64 pc, u64 next_pc, u64 d)
{
    struct toy *t = toy_of(c);
    u64 left = MIN(t->r[2], 300), va = t->r[1] & ADDRESS_MASK, n = 1;
    (void)d;
    if (left) {
        n = MIN(MIN(left, engine_steps_left(c)), PAGE_SIZE - PAGE_OFFSET(va));
        u8 *p = mem_direct(c, va, (unsigned)n, MEM_WRITE, c->mmu);
        if (p) {
            memset(p, (u8)t->r[3], n);
        } else {
            n = 1;
            mem_write(c, va, (u8)t->r[3], 1, c->mmu);
        }
        t->r[1] += n;
        t->r[2] = left - n;
    }
    c->pc = t->r[2] ? pc : next_pc;
    engine_take_steps(c, n);
    return 0;
}

/* ---- translation ---- */

struct tr {
    struct ir_block *b;
    u64 pc, next;
    bool ended;
};

static ir_val imm_value(struct tr *t, u64 v)
{
    ir_val d = ir_temp(t->b);
    ir_movi(t->b, d, v);
    return d;
}

static ir_val address(struct tr *t, unsigned reg, u64 disp)
{
    ir_val a = ir_temp(t->b), b = ir_temp(t->b);
    ir_2i(t->b, IR_ADD, IR_64, a, R(reg), disp);
    ir_2i(t->b, IR_AND, IR_64, b, a, ADDRESS_MASK);
    return b;
}

static ir_val indexed(struct tr *t, unsigned reg, u64 disp, enum ir_size size)
{
    ir_val base = ir_temp(t->b), index = ir_temp(t->b), d = ir_temp(t->b);
    ir_2i(t->b, IR_AND, IR_64, base, R(reg), ADDRESS_MASK);
    ir_2i(t->b, IR_AND, IR_32, index, R((reg + 1) & 15), 0xff);
    ir_lea(t->b, size, d, base, index, 2, (disp & 0xff) - 0x80);
    return d;
}

static void end_at(struct tr *t, u64 pc)
{
    ir_exit(t->b, pc & 0xfffff);
    t->ended = true;
}

static void arith(struct tr *t, enum ir_opcode op, unsigned d, unsigned s)
{
    ir_val v = ir_temp(t->b);
    ir_2(t->b, op, IR_64, v, R(d), R(s));
    ir_cc(t->b, CC_WORD, v, R(s), op == IR_ADD ? 1 : 2);
    ir_mov(t->b, R(d), v);
}

static void emit_store(struct tr *t, enum ir_size size, unsigned d, unsigned s, u64 disp)
{
    ir_st(t->b, size, address(t, d, disp), 0, R(s));
}

static void emit_load(struct tr *t, enum ir_size size, unsigned d, unsigned s, u64 disp)
{
    ir_val v = ir_temp(t->b);
    ir_ld(t->b, size, v, address(t, s, disp), 0);
    ir_mov(t->b, R(d), v);
}

static void emit_skip(struct tr *t, unsigned d, unsigned s)
{
    ir_val less = ir_temp(t->b);
    unsigned over = ir_label(t->b);
    ir_2(t->b, IR_LTU, IR_64, less, R(d), R(s));
    ir_bri(t->b, IR_BR_NE, IR_64, less, 0, over);
    ir_2i(t->b, IR_ADD, IR_64, R(d), R(d), 1);
    ir_bind(t->b, over);
    ir_2i(t->b, IR_ROL, IR_32, R(s), R(s), 1);
}

static void emit_jnz(struct tr *t, u64 target)
{
    ir_val v = ir_temp(t->b), nz = ir_temp(t->b);
    unsigned taken = ir_label(t->b);
    ir_2(t->b, IR_XOR, IR_64, v, CC_WORD, CC_WORD + 2);
    ir_2i(t->b, IR_NE, IR_64, nz, v, 0);
    ir_bri(t->b, IR_BR_NE, IR_64, nz, 0, taken);
    end_at(t, t->next);
    ir_bind(t->b, taken);
    end_at(t, target);
}

static void emit_addm(struct tr *t, unsigned d, unsigned s, u64 disp)
{
    ir_val a = address(t, d, disp), old = ir_temp(t->b), sum = ir_temp(t->b);
    ir_ld(t->b, IR_64, old, a, 0);
    ir_2(t->b, IR_ADD, IR_64, sum, old, R(s));
    ir_st(t->b, IR_64, a, 0, sum);
    ir_cc(t->b, CC_WORD, sum, R(s), 1);
}

static void emit_shl8(struct tr *t, unsigned d, unsigned n)
{
    ir_val low = ir_temp(t->b), v = ir_temp(t->b);
    ir_extract(t->b, low, R(d), 0, 8);
    ir_2i(t->b, IR_SHL, IR_8, v, low, n & 7);
    ir_insert(t->b, R(d), v, 0, 8);
}

static void emit_call_end(struct tr *t, ir_helper fn, ir_val a, ir_val b, bool sets_pc)
{
    ir_call(t->b, IR_NONE, fn, a, b, IR_NONE);
    if (sets_pc)
        ir_exit_pc(t->b);
    else
        ir_exit(t->b, t->next);
    t->ended = true;
}

static unsigned length_of(unsigned opcode)
{
    switch (opcode) {
    case TOY_JR:
    case TOY_CLK:
    case TOY_SETPT:
    case TOY_INVPG:
    case TOY_RDF:
        return 2;
    case TOY_ADD:
    case TOY_SUB:
    case TOY_SKIP:
    case TOY_SHL8:
    case TOY_JNZ:
    case TOY_JMP:
        return 3;
    case TOY_LD64:
    case TOY_LD8:
    case TOY_ST64:
    case TOY_ST32:
    case TOY_ST8:
    case TOY_LDX:
    case TOY_STX:
    case TOY_ADDM:
        return 4;
    case TOY_MOVI:
    case TOY_XORI:
        return 6;
    default:
        return 1;
    }
}

static void emit_jr(struct tr *t, unsigned reg)
{
    ir_val v = ir_temp(t->b);
    ir_2i(t->b, IR_AND, IR_64, v, R(reg), 0xfffff);
    ir_exit_ind(t->b, v);
    t->ended = true;
}

static void emit_other(struct tr *t, unsigned opcode, unsigned d)
{
    switch (opcode) {
    case TOY_NOP:
        break;
    case TOY_JR:
        emit_jr(t, d);
        break;
    case TOY_CLK:
        ir_call(t->b, R(d), help_clock, IR_NONE, IR_NONE, IR_NONE);
        end_at(t, t->next);
        break;
    case TOY_SETPT:
        emit_call_end(t, help_setpt, R(d), IR_NONE, false);
        break;
    case TOY_INVPG:
        ir_call(t->b, IR_NONE, help_invpg, R(d), IR_NONE, IR_NONE);
        break;
    case TOY_FILL:
        emit_call_end(t, help_fill, imm_value(t, t->pc), imm_value(t, t->next), true);
        break;
    case TOY_MODE:
        emit_call_end(t, help_mode, IR_NONE, IR_NONE, false);
        break;
    case TOY_IRET:
        emit_call_end(t, help_iret, IR_NONE, IR_NONE, true);
        break;
    case TOY_RDF:
        ir_2(t->b, IR_ADD, IR_64, R(d), CC_WORD, CC_WORD + 1);
        break;
    default:
        emit_call_end(t, help_undefined, IR_NONE, IR_NONE, false);
    }
}

static void emit_memory(struct tr *t, unsigned opcode, unsigned d, unsigned s, u64 disp)
{
    ir_val v;
    switch (opcode) {
    case TOY_LD64:
        emit_load(t, IR_64, d, s, disp);
        break;
    case TOY_LD8:
        emit_load(t, IR_8, d, s, disp);
        break;
    case TOY_ST64:
        emit_store(t, IR_64, d, s, disp);
        break;
    case TOY_ST32:
        emit_store(t, IR_32, d, s, disp);
        break;
    case TOY_ST8:
        emit_store(t, IR_8, d, s, disp);
        break;
    case TOY_LDX:
        v = ir_temp(t->b);
        ir_ld(t->b, IR_16, v, indexed(t, s, disp, IR_64), 1);
        ir_mov(t->b, R(d), v);
        break;
    case TOY_STX:
        ir_st(t->b, IR_16, indexed(t, s, disp, IR_32), 0, R(d));
        break;
    default:
        emit_addm(t, d, s, disp);
    }
}

static void emit_insn(struct tr *t, unsigned opcode, u64 bytes, u32 mode)
{
    unsigned d = bytes & 15, s = (bytes >> 8) & 15;
    u64 disp = (bytes >> 16) & 0xff, imm32 = (u32)(bytes >> 8);
    u64 target = t->next + (u64)(i64)(i16)bytes;
    switch (opcode) {
    case TOY_MOVI:
        ir_movi(t->b, R(d), imm32);
        break;
    case TOY_ADD:
        arith(t, IR_ADD, d, s);
        break;
    case TOY_SUB:
        arith(t, IR_SUB, d, s);
        break;
    case TOY_JNZ:
        emit_jnz(t, target);
        break;
    case TOY_JMP:
        end_at(t, target);
        break;
    case TOY_SKIP:
        emit_skip(t, d, s);
        break;
    case TOY_XORI:
        ir_2i(t->b, mode ? IR_ADD : IR_XOR, IR_32, R(d), R(d), imm32);
        break;
    case TOY_SHL8:
        emit_shl8(t, d, s);
        break;
    default:
        if (length_of(opcode) == 4)
            emit_memory(t, opcode, d, s, disp);
        else
            emit_other(t, opcode, d);
    }
}

static void toy_translate(struct cpu *c, struct ir_block *b, unsigned max_insns)
{
    struct tr t = {.b = b, .next = c->pc & 0xfffff};
    while (!t.ended && ir_begin_insn(b, t.next, t.next, max_insns)) {
        bool ok = true;
        unsigned opcode = (unsigned)ir_fetch(b, 1, &ok);
        unsigned n = length_of(opcode);
        u64 bytes = n > 1 ? ir_fetch(b, n - 1, &ok) : 0;
        if (!ok) {
            ir_drop_insn(b);
            break;
        }
        t.pc = t.next;
        t.next = (t.pc + n) & 0xfffff;
        emit_insn(&t, opcode, bytes, c->mode & 1);
    }
    if (!t.ended)
        ir_exit(b, t.next);
}

/* ---- the architecture ---- */

static u64 toy_linear_pc(struct cpu *c)
{
    return c->pc;
}

static void touch(struct cpu *c, u64 pa, u64 bits, const struct tlb_use *use)
{
    u64 e = tlb_walk_read(c, pa, 8, use);
    if (use && (e | bits) != e)
        tlb_walk_write(c, pa, e | bits, 8);
}

static bool toy_walk(struct cpu *c, u64 va, enum mem_access access, enum mmu_mode mode, unsigned flags,
                     struct page_walk *w)
{
    struct toy *t = toy_of(c);
    bool debug = flags & WALK_DEBUG;
    (void)mode;
    t->walks += !debug;
    *w = (struct page_walk){.pa = va, .read = true, .write = true, .exec = true};
    if (va >> 32)
        return false;
    if (!t->root)
        return true;
    u64 top = t->root + ((va >> 21) & 511) * 8;
    const struct tlb_use in_top = {.va = va, .shift = 21, .bits = 64, .exec = access == MEM_EXEC};
    const struct tlb_use in_leaf = {.va = va, .shift = 12, .bits = 64, .exec = access == MEM_EXEC};
    const struct tlb_use *use_top = debug ? NULL : &in_top, *use_leaf = debug ? NULL : &in_leaf;
    u64 e = tlb_walk_read(c, top, 8, use_top);
    if (!(e & PTE_P))
        return false;
    u64 leaf = (e & 0x3ff000) + ((va >> 12) & 511) * 8;
    u64 p = tlb_walk_read(c, leaf, 8, use_leaf);
    if (!(p & PTE_P) || (access == MEM_WRITE && !(p & PTE_W)) || (access == MEM_EXEC && (p & PTE_NX)))
        return false;
    touch(c, top, PTE_A, use_top);
    touch(c, leaf, access == MEM_WRITE ? PTE_A | PTE_D : PTE_A, use_leaf);
    p = tlb_walk_read(c, leaf, 8, use_leaf);
    w->pa = (p & 0x3ff000) | PAGE_OFFSET(va);
    w->write = (p & (PTE_W | PTE_D)) == (PTE_W | PTE_D);
    w->exec = !(p & PTE_NX);
    return true;
}

static NORETURN void toy_raise_walk_fault(struct cpu *c, u64 va, const struct page_walk *w)
{
    (void)w;
    raise_toy(c, TOY_CAUSE_PAGE, va);
}

/* The handler runs without paging. */
static void enter_handler(struct toy *t, u64 cause, u64 epc)
{
    if (!t->in_handler) {
        t->saved_root = t->root;
        t->root = 0;
        if (t->saved_root)
            tlb_flush(&t->base);
    }
    t->in_handler = true;
    t->cause = cause;
    t->epc = epc & 0xfffff;
    t->base.pc = t->vector;
}

/* Goes on somewhere else, so that any program gets somewhere. */
static void toy_exception_take(struct cpu *c)
{
    struct toy *t = toy_of(c);
    bool fetch = t->new_cause == TOY_CAUSE_PAGE && t->new_va >> PAGE_BITS == c->pc >> PAGE_BITS;
    t->fault_va = t->new_va;
    enter_handler(t, t->new_cause,
                  c->pc + (fetch                            ? 0x777
                           : t->new_cause == TOY_CAUSE_PAGE ? 4
                                                            : 1));
}

static bool toy_interrupt_ready(struct cpu *c)
{
    return (c->lines & 1) && !toy_of(c)->in_handler;
}

static void toy_interrupt_take(struct cpu *c)
{
    enter_handler(toy_of(c), TOY_CAUSE_IRQ, c->pc);
}

static void toy_reset(struct cpu *c)
{
    struct toy *t = toy_of(c);
    memset(t->r, 0, sizeof(t->r));
    t->root = t->saved_root = t->epc = t->cause = t->cc_x = t->cc_y = t->cc_kind = 0;
    t->vector = TOY_VECTOR;
    t->in_handler = false;
    t->toy_mode = 0;
    c->pc = 0x1000;
    update_mode(c);
}

static void toy_fini(struct cpu *c)
{
    free(c);
}

static bool toy_page_watched(struct cpu *c, u64 va)
{
    u64 page = toy_of(c)->guest_watch;
    return page && page >> PAGE_BITS == va >> PAGE_BITS;
}

static void toy_watched_access(struct cpu *c, u64 va, unsigned size, bool write)
{
    (void)va, (void)size, (void)write;
    toy_of(c)->guest_watch_hits++;
}

/* Some of those that programs use: so the JIT has words of both kinds. */
static const u16 hot_words[] = {R(0), R(2), R(4), R(7), R(9), R(14), R(15), R(1), R(3), R(5), R(8), 0};

static const struct arch toy_arch = {
    .hot_words = hot_words,
    .name = "toy",
    .state = &toy_state,
    .reset = toy_reset,
    .fini = toy_fini,
    .translate = toy_translate,
    .linear_pc = toy_linear_pc,
    .walk = toy_walk,
    .raise_walk_fault = toy_raise_walk_fault,
    .page_watched = toy_page_watched,
    .watched_access = toy_watched_access,
    .interrupt_ready = toy_interrupt_ready,
    .interrupt_take = toy_interrupt_take,
    .exception_take = toy_exception_take,
    .sync = update_mode,
    .after_load = update_mode,
};

/* ---- the timer ---- */

static void likely_insn(u64 *seed, u8 out[8])
{
    u64 r = toy_random(seed);
    memcpy(out, &r, 8);
    unsigned op = (r >> 56) % (TOY_N_OPCODES + 20);
    if (op >= TOY_N_OPCODES) /* more of the ordinary ones */
        op =
            (const u8[]){TOY_ADD, TOY_SUB, TOY_LD64, TOY_ST64, TOY_SKIP, TOY_ADDM, TOY_LDX}[op % 7];
    if ((r >> 48 & 63) == 0)
        op = 0x80; /* undefined */
    out[0] = (u8)op;
    i16 rel = (i16)((r >> 40 & 0x1ff) - 0x100);
    if (op == TOY_JNZ || op == TOY_JMP)
        memcpy(out + 1, &rel, 2);
}

static u64 likely_pte(u64 *seed)
{
    u64 r = toy_random(seed);
    u64 e = (r >> 20) % 0x42 << 12;
    if (r & 15)
        e |= PTE_P;
    if (r >> 4 & 7)
        e |= PTE_W;
    if (!(r >> 8 & 15))
        e |= PTE_NX;
    return e | (r & (PTE_A | PTE_D));
}

/* Writes what a careless device would: code, and page tables. And keeps things moving. */
static void scribble(struct toy_timer *t)
{
    struct machine *m = t->dev.machine;
    struct toy *c = (struct toy *)m->cpu;
    u64 r = toy_random(&t->seed), pte;
    u8 code[8];
    likely_insn(&t->seed, code);
    u64 at = r >> 50 & 1 ? toy_random(&t->seed) : c->base.pc + (r >> 51 & 63); /* ahead of it */
    bus_write_bytes(m->mem, at % (TOY_RAM_SIZE - 8), code, 8, false);
    if (!(r & 3)) {
        pte = likely_pte(&t->seed);
        bus_write_bytes(m->mem, TOY_LEAF + (r >> 8 & 511) * 8, &pte, 8, false);
    }
    if (!(r & 0x30) && !c->in_handler) {
        c->root = TOY_ROOT;
        pte = TOY_LEAF | PTE_P | PTE_W;
        bus_write_bytes(m->mem, TOY_ROOT, &pte, 8, false);
        tlb_flush(m->cpu);
    }
    c->r[r >> 20 & 15] = toy_random(&t->seed) >> (r >> 24 & 63);
    c->r[r >> 16 & 15] = c->base.pc + (r >> 57); /* for stores into code */
    if (!(r & 0x300000000))
        c->base.pc = r >> 40 & 0xfffff;
}

static void timer_tick(struct device *d)
{
    struct toy_timer *t = (struct toy_timer *)d;
    if (t->chaos)
        scribble(t);
    irq_raise(t->irq);
    device_set_deadline(d, clock_ns(&d->machine->clock) + 100 + toy_random(&t->seed) % 4000);
}

static u64 timer_read(void *opaque, u64 offset, unsigned size)
{
    struct toy_timer *t = opaque;
    (void)offset, (void)size;
    t->reads++;
    return machine_now_ns(t->dev.machine) ^ t->reads;
}

static void timer_write(void *opaque, u64 offset, u64 value, unsigned size)
{
    struct toy_timer *t = opaque;
    (void)size;
    t->last = value ^ (machine_now_ns(t->dev.machine) << 8);
    if (!(offset & 4))
        irq_lower(t->irq);
    else
        device_set_deadline(&t->dev, machine_now_ns(t->dev.machine) + (value & 0xfff));
}

static const struct device_type timer_type = {.name = "timer", .state = &timer_state, .tick = timer_tick};
static const struct mmio_ops timer_ops = {timer_read, timer_write, 1, 8};

/* ---- the machine ---- */

struct toy_machine *toy_new(unsigned max_insns)
{
    struct toy_machine *t = xcalloc(1, sizeof(*t));
    config_init(&t->config);
    t->config.block_insns = max_insns;
    t->config.no_reboot = true;
    t->m = machine_new(&t->config);
    t->cpu = xcalloc(1, sizeof(*t->cpu));
    t->cpu->base.arch = &toy_arch;
    machine_set_cpu(t->m, &t->cpu->base);
    t->ram = machine_add_ram(t->m, "ram", TOY_RAM_SIZE);
    t->rom = machine_add_ram(t->m, "rom", PAGE_SIZE);
    bus_map_ram(t->m->mem, "ram", 0, TOY_RAM_SIZE, t->ram, 0, false);
    bus_map_ram(t->m->mem, "rom", TOY_ROM, PAGE_SIZE, t->rom, 0, true);
    t->timer = xcalloc(1, sizeof(*t->timer));
    device_attach(t->m, &t->timer->dev, &timer_type);
    t->timer->irq = cpu_irq(&t->cpu->base, CPU_LINE_IRQ);
    bus_map_mmio(t->m->mem, "timer", TOY_MMIO, PAGE_SIZE, &timer_ops, t->timer);
    machine_start(t->m);
    return t;
}

void toy_delete(struct toy_machine *t)
{
    machine_delete(t->m);
    config_fini(&t->config);
    free(t);
}

u64 toy_peek(struct toy_machine *t, u64 pa)
{
    u64 v;
    memcpy(&v, t->ram->host + pa, 8);
    return v;
}

void toy_poke(struct toy_machine *t, u64 pa, u64 v)
{
    ram_write(&t->cpu->base, t->ram, pa, &v, 8);
}

void toy_map_identity(struct toy_machine *t)
{
    toy_poke(t, TOY_ROOT, TOY_LEAF | PTE_P | PTE_W);
    for (u64 i = 0; i < 512; i++)
        toy_poke(t, TOY_LEAF + i * 8, i << 12 | PTE_P | PTE_W);
    t->cpu->root = TOY_ROOT;
    tlb_flush(&t->cpu->base);
}

u64 toy_pte(struct toy_machine *t, u64 va)
{
    return toy_peek(t, TOY_LEAF + (va >> 12) * 8);
}

/* In ROM: quiets the timer, stirs a register, returns. */
static void put_handler(struct toy_machine *t)
{
    const u8 code[] = {TOY_MOVI, 0, IMM32(TOY_MMIO), TOY_LD8, 3, 0, 2,       TOY_ST8, 0, 3, 0,
                       TOY_CLK,  3, TOY_ADD,         10,      3, TOY_IRET};
    bus_write_bytes(t->m->mem, TOY_ROM, code, sizeof(code), true);
    t->cpu->vector = TOY_ROM;
}

void toy_chaos(struct toy_machine *t, u64 seed)
{
    u64 *s = &t->timer->seed;
    *s = seed;
    t->timer->chaos = true;
    u8 insn[8];
    for (u64 at = 0; at + 8 <= TOY_RAM_SIZE; at += length_of(insn[0])) {
        likely_insn(s, insn);
        ram_write(&t->cpu->base, t->ram, at, insn, 8);
    }
    toy_map_identity(t);
    for (u64 i = 0; i < 512; i++)
        if (i >= 0x42 || !(i & 7))
            toy_poke(t, TOY_LEAF + i * 8, likely_pte(s));
    for (unsigned i = 0; i < 16; i++)
        t->cpu->r[i] = toy_random(s);
    device_set_deadline(&t->timer->dev, clock_ns(&t->m->clock) + 500);
    put_handler(t);
}

void toy_selfmod(struct toy_machine *t)
{
    struct toy_asm a = {t, 0x1000};
    put_handler(t);
    toy_map_identity(t);
    TOY(&a, TOY_MOVI, 1, IMM32(0)); /* filled in below */
    TOY(&a, TOY_MOVI, 7, IMM32(TOY_LEAF + 0x20 * 8));
    TOY(&a, TOY_MOVI, 8, IMM32(0x20000 | PTE_P));
    TOY(&a, TOY_MOVI, 9, IMM32(0x20010));
    TOY(&a, TOY_MOVI, 11, IMM32(TOY_LEAF + 8));
    TOY(&a, TOY_MOVI, 12, IMM32(0x1000 | PTE_P | PTE_W));
    TOY(&a, TOY_MOVI, 6, IMM32(0x12345));
    TOY(&a, TOY_MOVI, 13, IMM32(0x1ff0)); /* the jump there runs over the page's end */
    u64 loop = a.at;
    TOY(&a, TOY_ADD, 5, 6);
    TOY(&a, TOY_ST32, 1, 5, 0);
    TOY(&a, TOY_ADD, 2, 5);
    u64 target = a.at;
    TOY(&a, TOY_XORI, 6, IMM32(0));
    TOY(&a, TOY_ST64, 7, 8, 0);
    TOY(&a, TOY_ST64, 11, 12, 0); /* not accessed, it says of the page it is on; */
    TOY(&a, TOY_ADD, 2, 6);
    TOY(&a, TOY_LD64, 14, 11, 0); /* but it is */
    TOY(&a, TOY_ADD, 5, 14);
    TOY(&a, TOY_ST64, 9, 6, 0);
    TOY(&a, TOY_XORI, 8, IMM32(PTE_W));
    TOY(&a, TOY_ADDM, 9, 5, 8);
    TOY(&a, TOY_ST8, 13, 5, 16 - 3); /* a byte of the MOVI there, on its first page */
    TOY(&a, TOY_ST8, 13, 6, 16);     /* and one on its second */
    TOY(&a, TOY_JMP, REL16(0x1ff0 - (a.at + 3)));
    struct toy_asm b = {t, 0x1001 + 1};
    TOY(&b, IMM32(target + 2));
    b.at = 0x1ff0;
    TOY(&b, TOY_ADD, 4, 5, TOY_NOP, TOY_NOP, TOY_NOP, TOY_NOP, TOY_NOP);
    TOY(&b, TOY_ADD, 10, 4);
    TOY(&b, TOY_MOVI, 3, IMM32(0x55)); /* at 0x1ffb */
    TOY(&b, TOY_ADD, 4, 3);
    TOY(&b, TOY_JMP, REL16(loop - (b.at + 3)));
    t->cpu->base.pc = 0x1000;
}

void toy_put(struct toy_asm *a, const u8 *bytes, unsigned n)
{
    ram_write(&a->t->cpu->base, a->t->ram, a->at, bytes, n);
    a->at += n;
}
