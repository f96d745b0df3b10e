/* translate.c - make a block of IR from guest code: the loop, operands, and ways out of a block */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Single-stepping (TF), a set RF, the interrupt shadow and instruction breakpoints are parts of the
 * mode: then blocks have one instruction, and x86_emit_step_end() emits what must happen after it.
 * So ordinary blocks pay nothing for them.
 */
#include <string.h>

#include "arch/x86/decode.h"
#include "arch/x86/emit.h"
#include "arch/x86/features.h"
#include "arch/x86/translate_int.h"
#include "emu/block.h"
#include "emu/check.h"
#include "emu/ir_opt.h"
#include "emu/log.h"

#define DR6_BS (1u << 14)

/* An LD has no third operand: this word number there marks the load of a read-modify-write. */
#define RMW_MARK X86_RFLAGS

/* ---- operands ---- */

ir_val x86_temp_imm(struct x86_tr *t, u64 imm)
{
    ir_val v = ir_temp(t->b);
    ir_movi(t->b, v, imm);
    return v;
}

ir_val x86_read_gpr(struct x86_tr *t, unsigned reg, unsigned size)
{
    ir_val v = ir_temp(t->b);

    ir_1(t->b, IR_MOV, x86_ir_size(size), v, X86_GPR(reg));
    return v;
}

void x86_write_gpr(struct x86_tr *t, unsigned reg, unsigned size, ir_val v)
{
    if (size >= 4)
        ir_1(t->b, IR_MOV, x86_ir_size(size), X86_GPR(reg), v);
    else
        ir_insert(t->b, X86_GPR(reg), v, 0, size * 8);
}

static ir_val load(struct x86_tr *t, const struct x86_insn *in, unsigned size)
{
    struct x86_mem m = x86_mem_operand(t, in, size, false);
    ir_val v = ir_temp(t->b);

    CHECK(size == 1 || size == 2 || size == 4 || size == 8);
    ir_ld(t->b, x86_ir_size(size), v, m.addr, m.off);
    return v;
}

ir_val x86_read_raw(struct x86_tr *t, const struct x86_insn *in, unsigned n)
{
    const struct x86_operand *o = &in->op[n];

    return o->kind == OPD_REG ? X86_GPR(o->reg) : x86_read_operand(t, in, n);
}

ir_val x86_read_operand(struct x86_tr *t, const struct x86_insn *in, unsigned n)
{
    const struct x86_operand *o = &in->op[n];
    ir_val v;

    switch (o->kind) {
    case OPD_REG: return x86_read_gpr(t, o->reg, o->size);
    case OPD_MEM: return load(t, in, o->size);
    case OPD_IMM: case OPD_REL: case OPD_FAR: return x86_temp_imm(t, o->imm);
    case OPD_REG8H:
        v = ir_temp(t->b);
        ir_extract(t->b, v, X86_GPR(o->reg), 8, 8);
        return v;
    case OPD_SEG:
        v = ir_temp(t->b);
        ir_extract(t->b, v, (ir_val)(IR_WORD(struct x86_cpu, seg[0].selector) +
                                     o->reg * (sizeof(struct x86_segment) / 8)), 0, 16);
        return v;
    }
    CHECK(!"an operand that can be read");
    return IR_NONE;
}

ir_val x86_load_to_modify(struct x86_tr *t, struct x86_mem m, unsigned size)
{
    ir_val v = ir_temp(t->b);

    ir_ld(t->b, x86_ir_size(size), v, m.addr, m.off);
    t->b->ops[t->b->n_ops - 1].c = RMW_MARK;
    return v;
}

ir_val x86_read_for_write(struct x86_tr *t, const struct x86_insn *in, unsigned n, ir_val *addr)
{
    const struct x86_operand *o = &in->op[n];

    *addr = IR_NONE;
    if (o->kind != OPD_MEM)
        return x86_read_operand(t, in, n);
    *addr = x86_mem_addr(t, in, o->size, true);
    return x86_load_to_modify(t, (struct x86_mem){*addr, 0}, o->size);
}

static void write_reg(struct x86_tr *t, const struct x86_operand *o, ir_val v)
{
    if (o->kind == OPD_REG) {
        x86_write_gpr(t, o->reg, o->size, v);
    } else {
        CHECK(o->kind == OPD_REG8H);
        ir_insert(t->b, X86_GPR(o->reg), v, 8, 8);
    }
}

void x86_write_back(struct x86_tr *t, const struct x86_insn *in, unsigned n, ir_val addr, ir_val v)
{
    const struct x86_operand *o = &in->op[n];

    if (o->kind == OPD_MEM)
        ir_st(t->b, x86_ir_size(o->size), addr, 0, v);
    else
        write_reg(t, o, v);
}

void x86_write_operand(struct x86_tr *t, const struct x86_insn *in, unsigned n, ir_val v)
{
    const struct x86_operand *o = &in->op[n];

    if (o->kind == OPD_MEM) {
        struct x86_mem m = x86_mem_operand(t, in, o->size, true);
        ir_st(t->b, x86_ir_size(o->size), m.addr, m.off, v);
    } else {
        write_reg(t, o, v);
    }
}

/* ---- after the instruction ---- */

enum { STEP_TRAP = 1, STEP_TRAP_IF_TF = 2, STEP_SHADOW = 4, STEP_RF = 8 };

static u64 help_step_end(struct cpu *c, u64 what, u64 b, u64 d)
{
    struct x86_cpu *x = x86_of(c);

    (void)b, (void)d;
    if (what & STEP_SHADOW)
        x->shadow = false;
    if (what & STEP_RF)
        x->rflags &= ~(u64)FL_RF;
    if ((what & STEP_TRAP) || ((what & STEP_TRAP_IF_TF) && (x->rflags & FL_TF)))
        x->pending_db |= DR6_BS;
    x86_update_mode(x);
    x86_look(x);
    return 0;
}

static bool loads_ss(const struct x86_insn *in)
{
    return (!strcmp(in->row->mnemonic, "MOV") || !strcmp(in->row->mnemonic, "POP")) &&
           in->op[0].kind == OPD_SEG && in->op[0].reg == SEG_SS;
}

static bool is_int(const char *name)
{
    return !strcmp(name, "INT") || !strcmp(name, "INT3") || !strcmp(name, "INT1");
}

/* INT n enters its handler with TF clear: no trap. MOV and POP SS hold back the trap (SDM vol.
 * 3, 6.8.3). After SYSCALL and SYSRET the new TF decides. IRET loads RF itself; repeated string
 * instructions keep it until they are done, and clear it themselves. */
static unsigned step_end_work(const struct x86_tr *t, const struct x86_insn *in)
{
    const char *name = in->row ? in->row->mnemonic : "";
    unsigned work = (t->mode & MODE_SHADOW ? STEP_SHADOW : 0) | (t->mode & MODE_RF ? STEP_RF : 0);

    if (!strcmp(name, "SYSCALL") || !strcmp(name, "SYSRET"))
        work |= STEP_TRAP_IF_TF;
    else if ((t->mode & MODE_TF) && in->row && !is_int(name) && !loads_ss(in))
        work |= STEP_TRAP;
    if (!strncmp(name, "IRET", 4) || (in->row && in->row->emit == x86_op_string))
        work &= ~(unsigned)STEP_RF;
    return work;
}

void x86_emit_step_end(struct x86_tr *t, const struct x86_insn *in)
{
    unsigned work;

    if (t->step_ended)
        return;
    t->step_ended = true;
    work = step_end_work(t, in);
    if (work)
        x86_emit_call_imm(t, help_step_end, work);
}

void x86_emit_step_end_no_trap(struct x86_tr *t)
{
    unsigned work = step_end_work(t, t->in) & ~(unsigned)STEP_TRAP;

    if (work)
        x86_emit_call_imm(t, help_step_end, work);
}

/* ---- ways out ---- */

static u64 help_look(struct cpu *c, u64 a, u64 b, u64 d)
{
    (void)a, (void)b, (void)d;
    x86_look(x86_of(c));
    return 0;
}

static u64 help_raise(struct cpu *c, u64 vector, u64 b, u64 d)
{
    (void)b, (void)d;
    x86_raise(x86_of(c), (enum x86_vector)vector);
}

static u64 help_raise_error(struct cpu *c, u64 vector, u64 error, u64 d)
{
    (void)d;
    x86_raise_error(x86_of(c), (enum x86_vector)vector, (u32)error);
}

static u64 help_undefined(struct cpu *c, u64 low, u64 high, u64 n)
{
    char text[3 * 16 + 1] = "";

    for (unsigned i = 0; i < n && i < 16; i++) {
        u8 byte = (u8)((i < 8 ? low : high) >> (i & 7) * 8);
        static const char digits[] = "0123456789abcdef";
        text[3 * i] = ' ';
        text[3 * i + 1] = digits[byte >> 4];
        text[3 * i + 2] = digits[byte & 15];
        text[3 * i + 3] = 0;
    }
    cpu_sync_position(c);
    LOG(LOG_INFO, "undefined instruction at %#llx:%s", (unsigned long long)c->pc, text);
    x86_raise(x86_of(c), EXC_UD);
}

void x86_emit_call_imm(struct x86_tr *t, ir_helper fn, u64 imm)
{
    ir_call(t->b, IR_NONE, fn, x86_temp_imm(t, imm), IR_NONE, IR_NONE);
}

/* A block needs an exit, also behind a helper that never returns. */
static void after_raise(struct x86_tr *t)
{
    ir_exit(t->b, t->in->pc);
    t->ended = true;
}

void x86_emit_raise(struct x86_tr *t, enum x86_vector v)
{
    x86_emit_call_imm(t, help_raise, v);
    after_raise(t);
}

void x86_emit_raise_error(struct x86_tr *t, enum x86_vector v, u32 error)
{
    ir_call(t->b, IR_NONE, help_raise_error, x86_temp_imm(t, v), x86_temp_imm(t, error), IR_NONE);
    after_raise(t);
}

void x86_emit_undefined(struct x86_tr *t, const struct x86_insn *in)
{
    u64 low, high;

    memcpy(&low, t->b->bytes, 8);
    memcpy(&high, t->b->bytes + 8, 8);
    ir_call(t->b, IR_NONE, help_undefined, x86_temp_imm(t, low), x86_temp_imm(t, high),
            x86_temp_imm(t, in->len));
    after_raise(t);
}

static u64 help_check_target(struct cpu *c, u64 pc, u64 b, u64 d)
{
    struct x86_cpu *x = x86_of(c);

    (void)b, (void)d;
    if ((x->base.mode & MODE_CS64) || pc > x->seg[SEG_CS].limit)
        x86_raise_error(x, EXC_GP, 0);
    return 0;
}

void x86_emit_check_target(struct x86_tr *t, ir_val target)
{
    if (t->mode & MODE_CS64) {
        unsigned canonical = ir_label(t->b);
        ir_val r = ir_temp(t->b);
        ir_2i(t->b, IR_ADD, IR_64, r, target, (u64)1 << 47);
        ir_bri(t->b, IR_BR_LTU, IR_64, r, (u64)1 << 48, canonical);
        ir_call(t->b, IR_NONE, help_check_target, target, IR_NONE, IR_NONE);
        ir_bind(t->b, canonical);
    } else if (!(t->mode & MODE_FLAT_CS)) {
        unsigned inside = ir_label(t->b);
        ir_br(t->b, IR_BR_LEU, IR_32, target, IR_WORD(struct x86_cpu, seg[SEG_CS].limit), inside);
        ir_call(t->b, IR_NONE, help_check_target, target, IR_NONE, IR_NONE);
        ir_bind(t->b, inside);
    }
}

void x86_emit_exit(struct x86_tr *t, const struct x86_insn *in, u64 pc)
{
    x86_emit_step_end(t, in);
    ir_exit(t->b, pc);
    t->ended = true;
}

void x86_emit_exit_ind(struct x86_tr *t, const struct x86_insn *in, ir_val pc)
{
    x86_emit_step_end(t, in);
    ir_exit_ind(t->b, pc);
    t->ended = true;
}

void x86_emit_call_end(struct x86_tr *t, ir_helper fn, ir_val a, ir_val b, ir_val c)
{
    ir_call(t->b, IR_NONE, fn, a, b, c);
    x86_emit_step_end(t, t->in);
    ir_exit_pc(t->b);
    t->ended = true;
}

void x86_emit_end(struct x86_tr *t, const struct x86_insn *in, bool look)
{
    if (look)
        ir_call(t->b, IR_NONE, help_look, IR_NONE, IR_NONE, IR_NONE);
    x86_emit_exit(t, in, in->next_pc);
}

struct code_bytes {
    const u8 *byte;
    size_t n;
};

static u64 next_byte(void *opaque, unsigned n, bool *ok)
{
    struct code_bytes *code = opaque;
    u64 v = 0;

    *ok = n <= code->n;
    if (!*ok)
        return 0;
    memcpy(&v, code->byte, n);
    code->byte += n;
    code->n -= n;
    return v;
}

/* The instruction of the block that is being executed, which is 64-bit code. */
static bool decode_current(struct cpu *c, struct x86_insn *in)
{
    const struct block *b = c->block;
    u64 pc = b->insns[c->at->insn].pc, off = pc - b->pc;
    struct code_bytes code = {b->bytes + off, b->len - off};
    struct x86_fetch f = {next_byte, &code};

    return x86_decode(x86_of(c)->decoder, c->mode, pc, &f, in) == X86_DECODED;
}

/* The stack's own accesses are by RSP or RBP itself, an operand's by whatever its address was
 * computed in. */
bool x86_at_stack_access(struct cpu *c)
{
    const struct ir_op *at = c->at;
    struct x86_insn in;

    if (!c->block || !(c->mode & MODE_CS64))
        return false;
    if ((at->op == IR_LD || at->op == IR_ST) && at->form != IR_FORM_INDEX &&
        (at->a == X86_GPR(RSP) || at->a == X86_GPR(RBP)))
        return true;
    return decode_current(c, &in) && in.seg == SEG_SS;
}

bool x86_at_rmw_load(const struct cpu *c)
{
    return c->block && c->at->op == IR_LD && c->at->c == RMW_MARK;
}

/* ---- the block ---- */

static u64 fetch(void *opaque, unsigned n, bool *ok)
{
    return ir_fetch(opaque, n, ok);
}

static u64 linear(const struct x86_cpu *x, u32 mode, u64 pc)
{
    return mode & MODE_CS64 ? pc : (u32)(pc + x->seg[SEG_CS].base);
}

/* What the row's flags and its feature say about the mode; false if an exception was emitted. */
static bool available(struct x86_tr *t, const struct x86_insn *in)
{
    u32 f = in->row->flags, mode = t->mode;
    bool undefined = (in->row->feature && !x86_has(t->x, in->row->feature)) ||
                     ((f & (ROW_SSE | ROW_MMX)) && (mode & MODE_EM)) ||
                     ((f & ROW_SSE) && !(mode & MODE_OSFXSR)) ||
                     ((f & ROW_PE) && (!(mode & MODE_PE) || (mode & MODE_VM)));

    if (undefined)
        x86_emit_undefined(t, in);
    else if ((f & ROW_CPL0) && ((mode & MODE_CPL) || (mode & MODE_VM)))
        x86_emit_raise_error(t, EXC_GP, 0);
    else if (((f & (ROW_SSE | ROW_MMX | ROW_X87)) && (mode & MODE_TS)) ||
             ((f & ROW_X87) && (mode & MODE_EM)))
        x86_emit_raise(t, EXC_NM);
    else
        return true;
    return false;
}

static u64 help_code_limit(struct cpu *c, u64 a, u64 b, u64 d)
{
    (void)a, (void)b, (void)d;
    x86_raise_error(x86_of(c), EXC_GP, 0);
}

/* The last byte must lie within CS (SDM vol. 3, 5.3). */
static void check_code_limit(struct x86_tr *t, const struct x86_insn *in)
{
    ir_val limit = IR_WORD(struct x86_cpu, seg[SEG_CS].limit); /* its low half */
    unsigned ok;

    _Static_assert(offsetof(struct x86_segment, limit) % 8 == 0, "the limit is a word's low half");
    if ((t->mode & (MODE_CS64 | MODE_FLAT_CS)) ||
        ((t->mode & MODE_CODE_64K) && in->pc + in->len <= 64 * KiB))
        return;
    ok = ir_label(t->b);
    ir_br(t->b, IR_BR_LEU, IR_32, x86_temp_imm(t, in->pc + in->len - 1), limit, ok);
    ir_call(t->b, IR_NONE, help_code_limit, IR_NONE, IR_NONE, IR_NONE);
    ir_bind(t->b, ok);
}

/* May it change the x87 unit in ways that only its helper knows? */
static bool changes_x87(const struct x86_insn *in)
{
    return in->row->flags & ROW_X87 || in->row->feature == X86_FEATURE_XSAVE;
}

static void emit_insn(struct x86_tr *t, const struct x86_insn *in)
{
    bool mmx = in->row->flags & ROW_MMX;

    check_code_limit(t, in);
    if (!available(t, in))
        return;
    t->x87.kept = false;
    if (mmx)
        x86_emit_mmx_begin(t);
    in->row->emit(t, in);
    if (mmx && !t->ended)
        x86_emit_mmx_end(t, in);
    else if (!t->x87.kept && changes_x87(in))
        t->x87 = (struct x86_x87_known){0};
    if (!t->ended && (in->row->flags & ROW_END))
        x86_emit_end(t, in, true);
    else if (!t->ended && (t->mode & MODE_ONE_INSN))
        x86_emit_end(t, in, false);
}

static void emit_decoded(struct x86_tr *t, const struct x86_insn *in, enum x86_decoded how)
{
    t->in = in;
    t->step_ended = false;
    if (t->mode & MODE_CODE_BP)
        ir_call(t->b, IR_NONE, x86_help_code_break, x86_temp_imm(t, linear(t->x, t->mode, in->pc)),
                IR_NONE, IR_NONE);
    switch (how) {
    case X86_DECODED: emit_insn(t, in); break;
    case X86_DECODE_TOO_LONG: x86_emit_raise_error(t, EXC_GP, 0); break;
    default: x86_emit_undefined(t, in); break;
    }
}

void x86_translate(struct cpu *c, struct ir_block *b, unsigned max_insns)
{
    struct x86_cpu *x = x86_of(c);
    struct x86_tr t = {.x = x, .b = b, .mode = c->mode, .cc_op = -1,
                       .cc_guess = (int)x->cc_op};
    struct x86_fetch f = {fetch, b};
    struct x86_insn in;
    u64 pc = c->pc;

    if (t.mode & MODE_ONE_INSN)
        max_insns = 1;
    for (;;) {
        b->next_temp = 1; /* no value is kept from instruction to instruction */
        if (!ir_begin_insn(b, pc, linear(x, t.mode, pc), max_insns))
            break;
        enum x86_decoded how = x86_decode(x->decoder, t.mode, pc, &f, &in);
        if (how == X86_DECODE_CUT) {
            ir_drop_insn(b);
            break;
        }
        emit_decoded(&t, &in, how);
        if (t.ended)
            return;
        pc = in.next_pc;
    }
    ir_exit(b, pc);
}
