/* emit_io.c - ports, the interrupt flag, HLT */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "arch/x86/debugreg.h"
#include "arch/x86/emit_system.h"
#include "emu/bus.h"

/* ---- IN, OUT ---- */

static u64 port_mask(unsigned size)
{
    return size == 4 ? 0xffffffff : ((u64)1 << size * 8) - 1;
}

static void claim_port(struct x86_cpu *x, u16 port, unsigned size)
{
    x86_check_io(x, port, size);
    cpu_alone(&x->base);
    x86_watched_port(x, port, size);
}

static u64 help_in(struct cpu *c, u64 port, u64 size, u64 unused)
{
    (void)unused;
    claim_port(x86_of(c), (u16)port, (unsigned)size);
    return bus_read(c->machine->io, (u16)port, (unsigned)size) & port_mask((unsigned)size);
}

static u64 help_out(struct cpu *c, u64 port, u64 v, u64 size)
{
    claim_port(x86_of(c), (u16)port, (unsigned)size);
    bus_write(c->machine->io, (u16)port, v & port_mask((unsigned)size), (unsigned)size);
    return 0;
}

void x86_op_in(struct x86_tr *t, const struct x86_insn *in)
{
    unsigned size = in->op[0].size;
    ir_val port = x86_read_operand(t, in, 1), v = ir_temp(t->b);
    ir_call(t->b, v, help_in, port, x86_temp_imm(t, size), IR_NONE);
    x86_write_gpr(t, RAX, size, v);
    x86_emit_end(t, in, true);
}

void x86_op_out(struct x86_tr *t, const struct x86_insn *in)
{
    ir_val port = x86_read_operand(t, in, 0), v = x86_read_operand(t, in, 1);
    ir_call(t->b, IR_NONE, help_out, port, v, x86_temp_imm(t, in->op[1].size));
    x86_emit_end(t, in, true);
}

/* ---- INS, OUTS: one iteration at a time, because each is an access to a device ---- */

struct string_io {
    unsigned size, addrsize;
    bool rep;
    enum x86_seg seg;
};

static u64 pack(const struct x86_insn *in, unsigned size)
{
    return size | (u64)in->addrsize << 8 | (u64)(in->rep || in->repne) << 16 | (u64)in->seg << 24;
}

static struct string_io unpack(u64 v)
{
    return (struct string_io){v & 0xff, v >> 8 & 0xff, v >> 16 & 1, (enum x86_seg)(v >> 24)};
}

static u64 address_mask(unsigned addrsize)
{
    return addrsize == 8 ? UINT64_MAX : addrsize == 4 ? 0xffffffff : 0xffff;
}

static void set_address_reg(struct x86_cpu *x, unsigned reg, unsigned addrsize, u64 v)
{
    u64 mask = address_mask(addrsize);
    x->gpr[reg] = addrsize == 2 ? (x->gpr[reg] & ~mask) | (v & mask) : v & mask;
}

/* True if there is nothing (more) to do. */
static bool string_done(struct x86_cpu *x, const struct string_io *s, u64 next_pc)
{
    if (!s->rep || (x->gpr[RCX] & address_mask(s->addrsize)))
        return false;
    x->base.pc = next_pc;
    return true;
}

static void string_advance(struct x86_cpu *x, const struct string_io *s, unsigned reg, u64 pc,
                           u64 next_pc)
{
    u64 step = x->rflags & FL_DF ? -(u64)s->size : s->size;
    set_address_reg(x, reg, s->addrsize, x->gpr[reg] + step);
    if (s->rep)
        set_address_reg(x, RCX, s->addrsize, x->gpr[RCX] - 1);
    x->base.pc = s->rep && (x->gpr[RCX] & address_mask(s->addrsize)) ? pc : next_pc;
}

static u64 help_ins(struct cpu *c, u64 how, u64 pc, u64 next_pc)
{
    struct x86_cpu *x = x86_of(c);
    struct string_io s = unpack(how);
    u16 port = (u16)x->gpr[RDX];
    if (string_done(x, &s, next_pc))
        return 0;
    x86_check_io(x, port, s.size);
    u64 va = x86_seg_addr(x, SEG_ES, x->gpr[RDI] & address_mask(s.addrsize), s.size, true);
    mem_probe(c, va, s.size, MEM_WRITE, c->mmu);
    claim_port(x, port, s.size);
    x86_st(x, va, bus_read(c->machine->io, port, s.size), s.size);
    string_advance(x, &s, RDI, pc, next_pc);
    return 0;
}

static u64 help_outs(struct cpu *c, u64 how, u64 pc, u64 next_pc)
{
    struct x86_cpu *x = x86_of(c);
    struct string_io s = unpack(how);
    u16 port = (u16)x->gpr[RDX];
    if (string_done(x, &s, next_pc))
        return 0;
    x86_check_io(x, port, s.size);
    u64 va = x86_seg_addr(x, s.seg, x->gpr[RSI] & address_mask(s.addrsize), s.size, false);
    u64 v = x86_ld(x, va, s.size);
    claim_port(x, port, s.size);
    bus_write(c->machine->io, port, v, s.size);
    string_advance(x, &s, RSI, pc, next_pc);
    return 0;
}

static void string_io(struct x86_tr *t, const struct x86_insn *in, ir_helper fn)
{
    unsigned size = in->opcode & 1 ? MIN(in->opsize, 4) : 1;
    x86_emit_call_end(t, fn, x86_temp_imm(t, pack(in, size)), x86_temp_imm(t, in->pc),
                      x86_temp_imm(t, in->next_pc));
}

void x86_op_ins(struct x86_tr *t, const struct x86_insn *in)
{
    string_io(t, in, help_ins);
}

void x86_op_outs(struct x86_tr *t, const struct x86_insn *in)
{
    string_io(t, in, help_outs);
}

/* ---- CLI, STI, HLT ---- */

/* Where IOPL forbids it: virtual interrupts (SDM vol. 3, 20.3.3.4 and 20.4), or #GP. */
static void check_virtual_if(struct x86_cpu *x)
{
    bool vme = (x->base.mode & MODE_VM) && (x->cr4 & CR4_VME);
    bool pvi = !(x->base.mode & MODE_VM) && x86_cpl(x) == 3 && (x->cr4 & CR4_PVI);
    if (!vme && !pvi)
        x86_raise_error(x, EXC_GP, 0);
}

static u64 help_cli_virtual(struct cpu *c, u64 a, u64 b, u64 d)
{
    struct x86_cpu *x = x86_of(c);
    (void)a, (void)b, (void)d;
    check_virtual_if(x);
    x->rflags &= ~(u64)FL_VIF;
    return 0;
}

static u64 help_sti(struct cpu *c, u64 a, u64 b, u64 d)
{
    struct x86_cpu *x = x86_of(c);
    (void)a, (void)b, (void)d;
    if (!(c->mode & MODE_IOPL_OK)) {
        check_virtual_if(x);
        if (x->rflags & FL_VIP)
            x86_raise_error(x, EXC_GP, 0);
        x->rflags |= FL_VIF;
    } else if (!(x->rflags & FL_IF)) {
        x->rflags |= FL_IF;
        x->shadow = true;
        x86_update_mode(x);
    }
    return 0;
}

static u64 help_hlt(struct cpu *c, u64 a, u64 b, u64 d)
{
    (void)a, (void)b, (void)d;
    c->halted = true;
    return 0;
}

void x86_op_cli(struct x86_tr *t, const struct x86_insn *in)
{
    (void)in;
    if (t->mode & MODE_IOPL_OK)
        ir_2i(t->b, IR_AND, IR_64, X86_RFLAGS, X86_RFLAGS, ~(u64)FL_IF);
    else
        ir_call(t->b, IR_NONE, help_cli_virtual, IR_NONE, IR_NONE, IR_NONE);
}

void x86_op_sti(struct x86_tr *t, const struct x86_insn *in)
{
    ir_call(t->b, IR_NONE, help_sti, IR_NONE, IR_NONE, IR_NONE);
    x86_emit_end(t, in, true);
}

void x86_op_hlt(struct x86_tr *t, const struct x86_insn *in)
{
    ir_call(t->b, IR_NONE, help_hlt, IR_NONE, IR_NONE, IR_NONE);
    x86_emit_end(t, in, true);
}
