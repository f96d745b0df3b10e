/* ir.c - build a block's ops, fetch the guest's bytes, check the result */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "emu/ir.h"

#include <string.h>

#include "emu/check.h"
#include "emu/machine.h"
#include "emu/tlb.h"
#include "emu/watch.h"

/* What one instruction may need at most; a block ends when there is less room. */
#define ROOM_OPS 256
#define ROOM_LABELS 32
#define ROOM_TEMPS 32
#define ROOM_EXITS 16
#define MAX_INSN_BYTES 15

#define UNBOUND UINT32_MAX
#define PAGE_BASE(a) ((a) & ~(PAGE_SIZE - 1))

void ir_reset(struct ir_block *b, struct cpu *c)
{
    b->n_ops = b->n_insns = b->n_labels = 0;
    b->next_temp = 1; /* tmp[0] is IR_NONE */
    b->n_exits = 0;
    b->cpu = c;
    b->fetch_start = b->fetch_va = 0;
    b->n_bytes = 0;
    b->crosses = false;
}

/* ---- fetching ---- */

static bool has_room(const struct ir_block *b)
{
    return b->n_ops + ROOM_OPS <= IR_MAX_OPS && b->n_labels + ROOM_LABELS <= IR_MAX_LABELS &&
           b->next_temp + ROOM_TEMPS <= IR_TEMPS && b->n_exits + ROOM_EXITS <= UINT8_MAX;
}

static bool may_continue(const struct ir_block *b, u64 va, unsigned max_insns)
{
    const struct watch *w = b->cpu->machine->watch;
    return b->n_insns < MIN(max_insns, (unsigned)IR_MAX_INSNS) && !b->crosses &&
           va == b->fetch_va && PAGE_BASE(va) == PAGE_BASE(b->fetch_start) && has_room(b) &&
           !(w && watch_break_at(w, va));
}

bool ir_begin_insn(struct ir_block *b, u64 pc, u64 va, unsigned max_insns)
{
    if (b->n_insns && !may_continue(b, va, max_insns))
        return false;
    b->insns[b->n_insns++] = (struct ir_insn){.pc = pc, .first_op = b->n_ops};
    b->fetch_start = b->fetch_va = va;
    b->n_bytes = 0;
    return true;
}

/* Raises the fault of fetching there. What is not memory is not touched: it reads as all ones. */
static u8 fetch_byte(struct ir_block *b, u64 va)
{
    struct code_page page;
    if (!tlb_code_page(b->cpu, PAGE_BASE(va), &page))
        return 0xff;
    return page.host[PAGE_OFFSET(va)];
}

u64 ir_fetch(struct ir_block *b, unsigned n, bool *ok)
{
    CHECK(n >= 1 && n <= 8 && b->n_insns);
    u64 value = 0;
    bool crosses = PAGE_BASE(b->fetch_va + n - 1) != PAGE_BASE(b->fetch_start);
    if (!*ok || b->n_bytes + n > MAX_INSN_BYTES || (crosses && b->n_insns > 1)) {
        *ok = false;
        return 0;
    }
    for (unsigned i = 0; i < n; i++) {
        u8 byte = fetch_byte(b, b->fetch_va);
        b->bytes[b->n_bytes++] = byte;
        b->fetch_va++;
        value |= (u64)byte << (8 * i);
    }
    b->crosses |= crosses;
    b->insns[b->n_insns - 1].len = b->n_bytes;
    return value;
}

void ir_drop_insn(struct ir_block *b)
{
    CHECK(b->n_insns);
    b->n_insns--;
    b->n_ops = b->insns[b->n_insns].first_op;
    b->fetch_va = b->fetch_start;
    b->n_bytes = 0;
}

/* ---- building ---- */

static struct ir_op *emit(struct ir_block *b, enum ir_opcode op, enum ir_size s)
{
    CHECK(b->n_ops < IR_MAX_OPS && b->n_insns);
    struct ir_op *o = &b->ops[b->n_ops++];
    *o = (struct ir_op){.op = (u8)op,
                        .size = (u8)s,
                        .insn = b->n_insns - 1,
                        .d = IR_NONE,
                        .a = IR_NONE,
                        .b = IR_NONE,
                        .c = IR_NONE};
    return o;
}

ir_val ir_temp(struct ir_block *b)
{
    CHECK(b->next_temp < IR_TEMPS);
    return (ir_val)(IR_NONE + b->next_temp++);
}

void ir_1(struct ir_block *b, enum ir_opcode op, enum ir_size s, ir_val d, ir_val a)
{
    struct ir_op *o = emit(b, op, s);
    o->d = d;
    o->a = a;
}

void ir_2(struct ir_block *b, enum ir_opcode op, enum ir_size s, ir_val d, ir_val a, ir_val bb)
{
    struct ir_op *o = emit(b, op, s);
    o->d = d;
    o->a = a;
    o->b = bb;
}

void ir_2i(struct ir_block *b, enum ir_opcode op, enum ir_size s, ir_val d, ir_val a, u64 imm)
{
    struct ir_op *o = emit(b, op, s);
    o->d = d;
    o->a = a;
    o->b_imm = 1;
    o->imm = imm;
}

void ir_movi(struct ir_block *b, ir_val d, u64 imm)
{
    struct ir_op *o = emit(b, IR_MOVI, IR_64);
    o->d = d;
    o->imm = imm;
}

void ir_mov(struct ir_block *b, ir_val d, ir_val a)
{
    ir_1(b, IR_MOV, IR_64, d, a);
}

void ir_lea(struct ir_block *b, enum ir_size s, ir_val d, ir_val a, ir_val index, unsigned shift,
            u64 disp)
{
    CHECK(shift < 64);
    if (a == IR_NONE && index == IR_NONE) {
        ir_movi(b, d, s == IR_64 ? disp : disp & (((u64)1 << (8u << s)) - 1));
        return;
    }
    struct ir_op *o = emit(b, IR_LEA, s);
    o->d = d;
    o->a = a;
    o->b = index;
    o->aux = (u16)shift;
    o->imm = disp;
    o->b_imm = index == IR_NONE; /* there is no index */
}

void ir_select(struct ir_block *b, ir_val d, ir_val cond, ir_val a, ir_val bb)
{
    struct ir_op *o = emit(b, IR_SELECT, IR_64);
    o->d = d;
    o->a = a;
    o->b = bb;
    o->c = cond;
}

static u16 field(unsigned pos, unsigned len)
{
    CHECK(len >= 1 && pos + len <= 64);
    return (u16)(pos << 8 | len);
}

void ir_insert(struct ir_block *b, ir_val d, ir_val a, unsigned pos, unsigned len)
{
    struct ir_op *o = emit(b, IR_INSERT, IR_64);
    o->d = d;
    o->a = a;
    o->aux = field(pos, len);
}

void ir_extract(struct ir_block *b, ir_val d, ir_val a, unsigned pos, unsigned len)
{
    struct ir_op *o = emit(b, IR_EXTRACT, IR_64);
    o->d = d;
    o->a = a;
    o->aux = field(pos, len);
}

void ir_ld(struct ir_block *b, enum ir_size s, ir_val d, ir_val addr, u64 off)
{
    struct ir_op *o = emit(b, IR_LD, s);
    o->d = d;
    o->a = addr;
    o->imm = off;
}

void ir_st(struct ir_block *b, enum ir_size s, ir_val addr, u64 off, ir_val v)
{
    struct ir_op *o = emit(b, IR_ST, s);
    o->a = addr;
    o->imm = off;
    o->b = v;
}

void ir_cc(struct ir_block *b, ir_val d, ir_val a, ir_val bb, u64 kind)
{
    struct ir_op *o = emit(b, IR_CC, IR_64);
    o->d = d;
    o->a = a;
    o->b = bb;
    o->imm = kind;
}

void ir_call(struct ir_block *b, ir_val d, ir_helper fn, ir_val a, ir_val bb, ir_val cc)
{
    struct ir_op *o = emit(b, IR_CALL, IR_64);
    o->d = d;
    o->a = a;
    o->b = bb;
    o->c = cc;
    o->imm = (uintptr_t)fn;
}

void ir_leaf(struct ir_block *b, ir_val d, ir_helper fn, ir_val a, ir_val bb)
{
    struct ir_op *o = emit(b, IR_LEAF, IR_64);
    o->d = d;
    o->a = a;
    o->b = bb;
    o->imm = (uintptr_t)fn;
}

unsigned ir_label(struct ir_block *b)
{
    CHECK(b->n_labels < IR_MAX_LABELS);
    b->labels[b->n_labels] = UNBOUND;
    return b->n_labels++;
}

void ir_bind(struct ir_block *b, unsigned label)
{
    CHECK(label < b->n_labels && b->labels[label] == UNBOUND);
    b->labels[label] = b->n_ops;
}

static bool is_branch(unsigned op)
{
    return op >= IR_BR_EQ && op <= IR_BR_LES;
}

void ir_br(struct ir_block *b, enum ir_opcode op, enum ir_size s, ir_val a, ir_val bb, unsigned label)
{
    CHECK(is_branch(op));
    struct ir_op *o = emit(b, op, s);
    o->a = a;
    o->b = bb;
    o->aux = (u16)label;
}

void ir_bri(struct ir_block *b, enum ir_opcode op, enum ir_size s, ir_val a, u64 imm, unsigned label)
{
    CHECK(is_branch(op));
    struct ir_op *o = emit(b, op, s);
    o->a = a;
    o->b_imm = 1;
    o->imm = imm;
    o->aux = (u16)label;
}

void ir_jump(struct ir_block *b, unsigned label)
{
    emit(b, IR_JUMP, IR_64)->aux = (u16)label;
}

/* ---- vectors ---- */

ir_val ir_vec_temp(struct ir_block *b)
{
    ir_val low = ir_temp(b);
    ir_temp(b);
    return low;
}

void ir_vld(struct ir_block *b, enum ir_size s, ir_val d, ir_val addr, u64 off, bool aligned)
{
    struct ir_op *o = emit(b, IR_VLD, s);
    o->d = d;
    o->a = addr;
    o->imm = off;
    o->b_imm = aligned ? VEC_ALIGNED : 0;
}

void ir_vst(struct ir_block *b, enum ir_size s, ir_val addr, u64 off, ir_val v, bool aligned)
{
    struct ir_op *o = emit(b, IR_VST, s);
    o->a = addr;
    o->b = v;
    o->imm = off;
    o->b_imm = aligned ? VEC_ALIGNED : 0;
}

void ir_vld_part(struct ir_block *b, enum ir_size s, ir_val d, ir_val addr, u64 off, bool high,
                 unsigned align_log2)
{
    ir_vld(b, s, d, addr, off, false);
    b->ops[b->n_ops - 1].b_imm = (u8)(VEC_PART | (high ? VEC_HIGH : 0) | align_log2 << VEC_ALIGN_SHIFT);
}

void ir_vst_part(struct ir_block *b, enum ir_size s, ir_val addr, u64 off, ir_val v, bool high,
                 unsigned align_log2)
{
    ir_vst(b, s, addr, off, v, false);
    b->ops[b->n_ops - 1].b_imm = (u8)(VEC_PART | (high ? VEC_HIGH : 0) | align_log2 << VEC_ALIGN_SHIFT);
}

static struct ir_op *emit_vec(struct ir_block *b, enum ir_opcode op, const struct vec_fn *f,
                              enum ir_size s, ir_val a, u8 imm)
{
    struct ir_op *o = emit(b, op, s);
    o->a = a;
    o->imm = (uintptr_t)f->fn;
    o->aux = f->host;
    o->form = imm;
    return o;
}

void ir_vec(struct ir_block *b, const struct vec_fn *f, ir_val a, ir_val bb, u8 imm)
{
    emit_vec(b, IR_VEC, f, IR_64, a, imm)->b = bb;
}

void ir_vget(struct ir_block *b, const struct vec_fn *f, enum ir_size s, ir_val d, ir_val a,
             ir_val bb, u8 imm)
{
    struct ir_op *o = emit_vec(b, IR_VGET, f, s, a, imm);
    o->b = bb;
    o->d = d;
}

void ir_vput(struct ir_block *b, const struct vec_fn *f, enum ir_size s, ir_val a, ir_val c, u8 imm)
{
    emit_vec(b, IR_VPUT, f, s, a, imm)->c = c;
}

void ir_vop(struct ir_block *b, const struct vec_fn *f, enum ir_size s, ir_val d, ir_val a, ir_val bb, u8 imm, u8 how)
{
    struct ir_op *o = emit_vec(b, IR_VOP, f, s, a, imm);
    o->b = bb;
    o->d = d;
    o->b_imm = how;
}

/* ---- exits ---- */

void ir_exit(struct ir_block *b, u64 pc)
{
    struct ir_op *o = emit(b, IR_EXIT, IR_64);
    CHECK(b->n_exits < UINT8_MAX);
    o->imm = pc;
    o->aux = b->n_exits++;
}

void ir_exit_ind(struct ir_block *b, ir_val pc)
{
    emit(b, IR_EXIT_IND, IR_64)->a = pc;
}

void ir_exit_pc(struct ir_block *b)
{
    emit(b, IR_EXIT_PC, IR_64);
}

/* ---- checking ---- */

static bool ends_block(unsigned op)
{
    return op == IR_EXIT || op == IR_EXIT_IND || op == IR_EXIT_PC || op == IR_JUMP;
}

static const char *verify_op(const struct ir_block *b, u32 i, u16 n_words)
{
    const struct ir_op *o = &b->ops[i];
    bool wide = o->op == IR_VLD || o->op == IR_VST || o->op == IR_VOP;
    if (o->op >= IR_N_OPS || o->size > (wide ? IR_128 : IR_64))
        return "no such op";
    if (o->d >= n_words || o->a >= n_words || o->b >= n_words || o->c >= n_words)
        return "operand out of range";
    if (o->op == IR_CC && o->d + 2 >= n_words)
        return "flags operand out of range";
    if (o->op >= IR_VLD && o->op <= IR_VOP &&
        (o->d + 1 >= n_words || o->a + 1 >= n_words || o->b + 1 >= n_words))
        return "vector operand out of range";
    if (wide && o->size < IR_32)
        return "no such vector size";
    if (o->insn >= b->n_insns || (i && o->insn < b->ops[i - 1].insn && !ends_block(b->ops[i - 1].op)))
        return "op of no instruction";
    if (o->op == IR_EXIT && o->aux >= b->n_exits)
        return "exit without number";
    if (!is_branch(o->op) && o->op != IR_JUMP)
        return NULL;
    if (o->aux >= b->n_labels || b->labels[o->aux] == UNBOUND)
        return "branch to an unbound label";
    if (b->labels[o->aux] <= i)
        return "branch backwards";
    return b->labels[o->aux] < b->n_ops ? NULL : "branch past the end";
}

const char *ir_verify(const struct ir_block *b, u16 n_words)
{
    if (!b->n_insns || !b->n_ops)
        return "empty block";
    if (!ends_block(b->ops[b->n_ops - 1].op))
        return "no exit at the end";
    for (u32 i = 0; i < b->n_ops; i++) {
        const char *wrong = verify_op(b, i, n_words);
        if (wrong)
            return wrong;
    }
    return NULL;
}
