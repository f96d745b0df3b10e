/* emit_string.c - MOVS, STOS, LODS, SCAS, CMPS, and their repeated forms */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Each iteration is a step. The helper makes as many at once as the budget and the pages touched
 * allow, through direct host pointers; what cannot be had directly (a device, a watched page, code,
 * an element across two pages) is one single iteration. Before each such stretch its first step is
 * paid for, and the registers are right. So whatever faults, or must be alone in its block, does so
 * with the state of exactly that iteration. Under TF, the shadow and breakpoints there is one
 * iteration a call.
 */
#include <string.h>

#include "arch/x86/emit.h"
#include "arch/x86/translate_int.h"
#include "emu/engine.h"

enum repeat { REPEAT_NONE, REPEAT_EQUAL, REPEAT_NOT_EQUAL };

struct string_op {
    u8 op, shift /* log2 of an element's bytes */, addrsize, seg, repeat;
    bool one, keep_rf;
    u8 size;
};

static u64 pack(const struct string_op *s)
{
    return s->op | (u64)s->shift << 8 | (u64)s->addrsize << 16 | (u64)s->seg << 24 |
           (u64)s->repeat << 32 | (u64)s->one << 40 | (u64)s->keep_rf << 41;
}

static inline struct string_op unpack(u64 v)
{
    return (struct string_op){(u8)v, (u8)(v >> 8), (u8)(v >> 16), (u8)(v >> 24), (u8)(v >> 32),
                              v >> 40 & 1, v >> 41 & 1, (u8)(1u << (v >> 8 & 3))};
}

/* One of the two operands: where its first element is, and how many follow without a page, segment
 * or address-size boundary. host is NULL when it must be accessed as the guest does, which is then
 * one element. */
struct side {
    u64 va;
    u64 max;
    u8 *host; /* of the first element */
};

static u64 address_mask(const struct string_op *s)
{
    return s->addrsize == 8 ? ~(u64)0 : s->addrsize == 4 ? 0xffffffff : 0xffff;
}

static bool flat(const struct x86_cpu *x, unsigned seg)
{
    u32 mode = x->base.mode;

    if (mode & MODE_CS64)
        return true;
    return (mode & MODE_FLAT_DATA) && (seg == SEG_DS || seg == SEG_ES || seg == SEG_SS);
}

static u64 linear(struct x86_cpu *x, unsigned seg, u64 off, unsigned size, bool write)
{
    u64 va;

    if (!flat(x, seg))
        va = x86_seg_addr(x, (enum x86_seg)seg, off, size, write);
    else
        va = off + (seg == SEG_FS || seg == SEG_GS ? x->seg_base[seg] : 0);
    if ((x->base.mode & MODE_AC) && (va & (size - 1)))
        x86_raise_error(x, EXC_AC, 0);
    return va;
}

/* Elements from off on, the first of which was checked, until the offset wraps
 * or the segment ends. */
static u64 until_segment_end(const struct x86_cpu *x, const struct string_op *s, unsigned seg,
                             u64 off, bool down)
{
    u64 mask = address_mask(s), n;

    if (flat(x, seg) && s->addrsize > 2 && seg != SEG_FS && seg != SEG_GS)
        return ~(u64)0; /* the offset wraps at a page boundary */
    n = (down ? off : mask - off) >> s->shift;
    if (!flat(x, seg) && !down) {
        const struct x86_segment *g = &x->seg[seg];
        bool expand_down = (g->attr & 0xc00) == 0x400;
        u64 limit = expand_down || off > g->limit ? off : g->limit;
        n = MIN(n, (limit - off) >> s->shift);
    } else if (!flat(x, seg) && (x->seg[seg].attr & 0xc00) == 0x400) {
        n = 0;
    }
    return MAX(n, (u64)1);
}

static struct side side_of(struct x86_cpu *x, const struct string_op *s, unsigned seg, unsigned reg,
                           bool write, u64 want, bool down)
{
    struct cpu *c = &x->base;
    u64 off = x->gpr[reg] & address_mask(s), in_page;
    enum mem_access access = write ? MEM_WRITE : MEM_READ;
    struct side e = {.va = linear(x, seg, off, s->size, write), .max = 1};
    u64 low;

    in_page = PAGE_OFFSET(e.va);
    if (in_page + s->size > PAGE_SIZE) {
        mem_probe(c, e.va, s->size, access, (enum mmu_mode)c->mmu); /* the first operand faults first */
        return e;
    }
    in_page = down ? (in_page >> s->shift) + 1 : (PAGE_SIZE - in_page) >> s->shift;
    e.max = MIN(MIN(want, in_page), until_segment_end(x, s, seg, off, down));
    low = down ? e.va - ((e.max - 1) << s->shift) : e.va;
    if (down)
        mem_probe(c, e.va, s->size, access,
                  (enum mmu_mode)c->mmu); /* the first element is what may fault */
    e.host = mem_direct(c, low, (unsigned)(e.max << s->shift), access, (enum mmu_mode)c->mmu);
    if (!e.host)
        e.max = 1;
    else
        e.host += e.va - low;
    return e;
}

/* The second side may be shorter than the first. If either cannot be had directly, both are one
 * element. */
static u64 both(struct side *a, struct side *b)
{
    if (!a->host || !b->host) {
        a->host = b->host = NULL;
        return 1;
    }
    return MIN(a->max, b->max);
}

static u64 load_host(const u8 *p, unsigned size)
{
    u64 v = 0;
    memcpy(&v, p, size);
    return v;
}

/* To `distance` bytes further up, which are overwritten on the way: what is between is repeated. */
static void repeat_bytes(u8 *from, u64 distance, u64 bytes)
{
    u64 done = 0;

    while (done < bytes) { /* there are distance + done bytes of it now */
        u64 n = MIN(distance + done, bytes - done);
        memcpy(from + distance + done, from, n);
        done += n;
    }
}

static void copy(u8 *dst, const u8 *src, u64 n, unsigned size, bool down)
{
    i64 step = down ? -(i64)size : (i64)size;
    u8 *dst_low = down ? dst - (n - 1) * size : dst;
    const u8 *src_low = down ? src - (n - 1) * size : src;
    u64 bytes = n * size;
    bool apart = dst_low + bytes <= src_low || src_low + bytes <= dst_low;

    if (apart || (down ? dst_low >= src_low : dst_low <= src_low)) {
        memmove(dst_low, src_low, bytes);
        return;
    }
    if (!down && dst - src >= (i64)size) {
        repeat_bytes(dst - (dst - src), (u64)(dst - src), bytes); /* from src */
        return;
    }
    for (; n; n--, dst += step, src += step) { /* an element may read what an earlier one wrote */
        u64 v = load_host(src, size);
        memcpy(dst, &v, size);
    }
}

static void fill(u8 *dst, u64 v, u64 n, unsigned size, bool down)
{
    u8 *low = down ? dst - (n - 1) * size : dst;

    if (size == 1 || v == (v & 0xff) * 0x0101010101010101) {
        memset(low, (int)(v & 0xff), n * size);
        return;
    }
    memcpy(low, &v, size);
    repeat_bytes(low, size, (n - 1) * size);
}

static void put_masked(struct x86_cpu *x, unsigned reg, u64 v, const struct string_op *s)
{
    u64 mask = address_mask(s);
    x->gpr[reg] = s->addrsize == 2 ? (x->gpr[reg] & ~mask) | (v & mask) : v & mask;
}

static void advance(struct x86_cpu *x, unsigned reg, u64 n, const struct string_op *s, bool down)
{
    u64 delta = n << s->shift;
    put_masked(x, reg, down ? x->gpr[reg] - delta : x->gpr[reg] + delta, s);
}

static u64 movs(struct x86_cpu *x, const struct string_op *s, u64 want, bool down)
{
    struct cpu *c = &x->base;
    enum mmu_mode mmu = (enum mmu_mode)c->mmu;
    struct side src = side_of(x, s, s->seg, RSI, false, want, down);
    struct side dst = side_of(x, s, SEG_ES, RDI, true, want, down);
    u64 n = both(&src, &dst);

    if (src.host) {
        copy(dst.host, src.host, n, s->size, down);
    } else {
        mem_probe(c, dst.va, s->size, MEM_WRITE, mmu);
        mem_write(c, dst.va, mem_read(c, src.va, s->size, mmu), s->size, mmu);
    }
    advance(x, RSI, n, s, down);
    advance(x, RDI, n, s, down);
    return n;
}

static u64 stos(struct x86_cpu *x, const struct string_op *s, u64 want, bool down)
{
    struct side dst = side_of(x, s, SEG_ES, RDI, true, want, down);

    if (dst.host)
        fill(dst.host, x->gpr[RAX], dst.max, s->size, down);
    else
        x86_st(x, dst.va, x->gpr[RAX], s->size);
    advance(x, RDI, dst.max, s, down);
    return dst.max;
}

static u64 lods(struct x86_cpu *x, const struct string_op *s, u64 want, bool down)
{
    struct side src = side_of(x, s, s->seg, RSI, false, want, down);
    i64 last = (i64)((src.max - 1) * s->size);
    u64 v = src.host ? load_host(down ? src.host - last : src.host + last, s->size)
                     : x86_ld(x, src.va, s->size);

    if (s->size < 4)
        memcpy(&x->gpr[RAX], &v, s->size);
    else
        x->gpr[RAX] = v;
    advance(x, RSI, src.max, s, down);
    return src.max;
}

static u64 cut(u64 v, unsigned size)
{
    return size == 8 ? v : v & (((u64)1 << 8 * size) - 1);
}

/* Compares elements a[i] with b[i] (b's value `fixed` for SCAS) until the condition ends it.
 * Returns how many. */
static u64 compare(struct x86_cpu *x, const struct string_op *s, const u8 *a, const u8 *b,
                   u64 fixed, u64 n, bool down, bool *stop)
{
    i64 step = down ? -(i64)s->size : (i64)s->size;
    u64 va = 0, vb = fixed, i = 0;

    while (i < n && !*stop) {
        va = load_host(a, s->size);
        a += step;
        if (b) {
            vb = load_host(b, s->size);
            b += step;
        }
        i++;
        *stop = s->repeat == REPEAT_EQUAL ? va != vb : s->repeat == REPEAT_NOT_EQUAL && va == vb;
    }
    /* CMPS: first operand is at RSI; SCAS: it is the accumulator. */
    x->cc_x = b ? va : vb;
    x->cc_y = b ? vb : va;
    x->cc_op = CC_SUB | x86_ir_size(s->size);
    return i;
}

static u64 scas(struct x86_cpu *x, const struct string_op *s, u64 want, bool down, bool *stop)
{
    struct side e = side_of(x, s, SEG_ES, RDI, false, want, down);
    u64 v = e.host ? 0 : x86_ld(x, e.va, s->size);
    u64 n = compare(x, s, e.host ? e.host : (u8 *)&v, NULL, cut(x->gpr[RAX], s->size), e.max, down,
                    stop);

    advance(x, RDI, n, s, down);
    return n;
}

static u64 cmps(struct x86_cpu *x, const struct string_op *s, u64 want, bool down, bool *stop)
{
    struct side a = side_of(x, s, s->seg, RSI, false, want, down);
    struct side b = side_of(x, s, SEG_ES, RDI, false, want, down);
    u64 n = both(&a, &b), va, vb;

    if (a.host) {
        n = compare(x, s, a.host, b.host, 0, n, down, stop);
    } else {
        va = x86_ld(x, a.va, s->size);
        vb = x86_ld(x, b.va, s->size);
        n = compare(x, s, (u8 *)&va, (u8 *)&vb, 0, 1, down, stop);
    }
    advance(x, RSI, n, s, down);
    advance(x, RDI, n, s, down);
    return n;
}

static u64 iterate(struct x86_cpu *x, const struct string_op *s, u64 want, bool *stop)
{
    bool down = x->rflags & FL_DF;

    switch (s->op) {
    case STRING_MOVS: return movs(x, s, want, down);
    case STRING_STOS: return stos(x, s, want, down);
    case STRING_LODS: return lods(x, s, want, down);
    case STRING_SCAS: return scas(x, s, want, down, stop);
    default: return cmps(x, s, want, down, stop);
    }
}

static u64 help_once(struct cpu *c, u64 what, u64 b, u64 d)
{
    struct string_op s = unpack(what);
    bool stop = false;

    (void)b, (void)d;
    iterate(x86_of(c), &s, 1, &stop);
    return 0;
}

/* RF holds from iteration to iteration, so that an instruction breakpoint stops only the first. */
static void update_rf(struct x86_cpu *x, bool done)
{
    x->rflags = done ? x->rflags & ~(u64)FL_RF : x->rflags | FL_RF;
    x86_update_mode(x);
}

/* Has it ended? */
static u64 help_repeat(struct cpu *c, u64 what, u64 pc, u64 next_pc)
{
    struct x86_cpu *x = x86_of(c);
    struct string_op s = unpack(what);
    u64 count = x->gpr[RCX] & address_mask(&s);
    bool stop = false, paid = true;

    while (count && paid) {
        u64 n = iterate(x, &s, s.one ? 1 : MIN(count, engine_steps_left(c)), &stop);
        count -= n;
        put_masked(x, RCX, count, &s);
        engine_take_steps(c, n);
        if (stop)
            count = 0;
        paid = count && !s.one && !c->attention && engine_pay_step(c);
    }
    c->pc = count ? pc : next_pc;
    if (s.keep_rf)
        update_rf(x, !count);
    return !count;
}

static void repeated(struct x86_tr *t, const struct x86_insn *in, const struct string_op *s)
{
    ir_val ended = ir_temp(t->b);
    unsigned done = ir_label(t->b);

    ir_call(t->b, ended, help_repeat, x86_temp_imm(t, pack(s)), x86_temp_imm(t, in->pc),
            x86_temp_imm(t, in->next_pc));
    x86_emit_step_end(t, in);
    ir_bri(t->b, IR_BR_NE, IR_64, ended, 0, done);
    ir_exit_pc(t->b);
    ir_bind(t->b, done);
    x86_emit_exit(t, in, in->next_pc);
}

/* ---- without REP ---- */

static struct x86_mem element(struct x86_tr *t, const struct string_op *s, unsigned seg,
                              unsigned reg, bool write)
{
    ir_val off = X86_GPR(reg);

    if (s->addrsize == 4) {
        off = ir_temp(t->b);
        ir_1(t->b, IR_MOV, IR_32, off, X86_GPR(reg));
    }
    return x86_seg_mem(t, seg, (struct x86_mem){off, 0}, s->size, write);
}

static ir_val load_element(struct x86_tr *t, const struct string_op *s, unsigned seg, unsigned reg)
{
    struct x86_mem m = element(t, s, seg, reg, false);
    ir_val v = ir_temp(t->b);

    ir_ld(t->b, (enum ir_size)s->shift, v, m.addr, m.off);
    return v;
}

static void store_element(struct x86_tr *t, const struct string_op *s, ir_val v)
{
    struct x86_mem m = element(t, s, SEG_ES, RDI, true);
    ir_st(t->b, (enum ir_size)s->shift, m.addr, m.off, v);
}

/* By the element's size, or back by it if DF is set: twice that less. */
static void step_on(struct x86_tr *t, const struct string_op *s, bool si, bool di)
{
    enum ir_size a = x86_ir_size(s->addrsize);
    ir_val less = ir_temp(t->b);

    ir_2i(t->b, IR_AND, IR_32, less, X86_RFLAGS, FL_DF);
    ir_2i(t->b, IR_SHR, IR_32, less, less, 9 - s->shift); /* from DF's place */
    ir_2i(t->b, IR_SUB, IR_64, less, less, s->size);
    if (si)
        ir_2(t->b, IR_SUB, a, X86_GPR(RSI), X86_GPR(RSI), less);
    if (di)
        ir_2(t->b, IR_SUB, a, X86_GPR(RDI), X86_GPR(RDI), less);
}

/* Loads, and what may fault of the store, come before anything is changed. */
static void once(struct x86_tr *t, const struct string_op *s)
{
    ir_val v;

    switch (s->op) {
    case STRING_MOVS:
        store_element(t, s, load_element(t, s, s->seg, RSI));
        step_on(t, s, true, true);
        return;
    case STRING_STOS:
        store_element(t, s, X86_GPR(RAX));
        step_on(t, s, false, true);
        return;
    case STRING_LODS:
        x86_write_gpr(t, RAX, s->size, load_element(t, s, s->seg, RSI));
        step_on(t, s, true, false);
        return;
    case STRING_SCAS:
        x86_set_cc(t, CC_SUB, s->size, X86_GPR(RAX), load_element(t, s, SEG_ES, RDI));
        step_on(t, s, false, true);
        return;
    default:
        v = load_element(t, s, s->seg, RSI);
        x86_set_cc(t, CC_SUB, s->size, v, load_element(t, s, SEG_ES, RDI));
        step_on(t, s, true, true);
    }
}

X86_EMIT(string)
{
    struct string_op s = {
        .op = (u8)in->row->arg,
        .shift = (u8)x86_ir_size(in->op[0].size),
        .size = in->op[0].size,
        .addrsize = in->addrsize,
        .seg = in->seg,
        .repeat = in->rep ? REPEAT_EQUAL : in->repne ? REPEAT_NOT_EQUAL : REPEAT_NONE,
        .one = t->mode & (MODE_TF | MODE_SHADOW | MODE_CODE_BP | MODE_RF),
        .keep_rf = t->mode & (MODE_CODE_BP | MODE_RF),
    };

    if (s.repeat != REPEAT_NONE) {
        repeated(t, in, &s);
        return;
    }
    if (s.addrsize > 2) {
        once(t, &s);
        return;
    }
    x86_emit_call_imm(t, help_once, pack(&s));
    if (s.op == STRING_SCAS || s.op == STRING_CMPS)
        t->cc_op = (int)(CC_SUB | x86_ir_size(s.size));
}
