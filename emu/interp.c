/* interp.c - the portable interpreter: one handler per op, size and kind of operand */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Dispatch is a computed goto at the end of each handler to where the op itself says (an offset
 * from a base label, so that it fits into a hole of struct ir_op). tests/bench/dispatch.c measures
 * the forms, on the ops of ordinary code. On a Zen 5 (virtual), time an op, relative to a goto
 * through a table of handlers ("token"):
 *
 *                          token     direct   switch   call     tail calls
 *     64 ops in a loop     0.72 ns   1.09     1.44     2.41     0.95
 *     725 ops              0.84 ns   1.07     1.32     2.13     1.00
 *     1845 ops             2.53 ns   0.85     1.28     1.47     1.00
 *     6226 ops             6.25 ns   0.83     1.16     1.18     0.99
 *
 * So what counts in large code is how soon a mispredicted jump is resolved: the load through the
 * table is worth avoiding. And it is worth more to have fewer ops than to have cheaper ones.
 */
#include "emu/interp.h"

#include <string.h>

#include "emu/ir_opt.h"
#include "emu/tlb.h"
#include "emu/vec_mem.h"

/* Each handler must keep its own indirect jump: that is what predicts well. */
#pragma GCC optimize("no-gcse", "no-crossjumping")

/* ---- handler numbers: size varies fastest for LD, ST; then register or immediate ---- */

enum {
#define X(name, expr) H_##name, H_##name##_LAST = H_##name + 3,
    IR_OPS_1(X)
#undef X
#define X(name, expr) H_##name, H_##name##_LAST = H_##name + 7,
    IR_OPS_2(X) IR_OPS_BRANCH(X)
#undef X
    H_MOVI,
    H_LEA,                             /* by size; base and index, base, index */
    H_SELECT = H_LEA + 12,
    H_INSERT,
    H_EXTRACT,
    H_LD,                              /* by form and size */
    H_ST = H_LD + 20,
    H_CC = H_ST + 20,                  /* y from a word, or an immediate and the kind in aux */
    H_CALL = H_CC + 2,
    H_LEAF,
    H_JUMP,
    H_EXIT,
    H_EXIT_IND,
    H_EXIT_PC,
    H_VLD,                             /* by form and size (4, 8, 16 bytes) */
    H_VST = H_VLD + 15,
    H_VEC = H_VST + 15,                /* all three mean a call */
    H_VGET = H_VEC,
    H_VPUT = H_VEC,
    H_VOP,
    N_HANDLERS
};

static const u16 first_handler[IR_N_OPS] = {
#define X(name, expr) H_##name,
    IR_OPS_1(X) IR_OPS_2(X) IR_OPS_BRANCH(X)
#undef X
#define X(name) H_##name,
    IR_OPS_OTHER(X)
#undef X
};

static unsigned handler_of(const struct ir_op *op)
{
    u16 h = first_handler[op->op];
    if (op->op < IR_ADD)
        return h + op->size;
    if (op->op <= IR_BR_LES)
        return h + 2 * op->size + op->b_imm;
    if (op->op == IR_LEA)
        return h + 3 * op->size + (op->b_imm ? 1 : op->a == IR_NONE ? 2 : 0);
    if (op->op == IR_LD || op->op == IR_ST)
        return h + 4 * op->form + op->size;
    if (op->op == IR_VLD || op->op == IR_VST)
        return h + 3 * op->form + (op->size - IR_32);
    if (op->op == IR_CC)
        return h + op->b_imm;
    return h;
}

/* ---- the parts that handlers are made of ---- */

#define GO() goto *(&&MOVI + op->handler)
#define NEXT()                                                                                     \
    do {                                                                                           \
        op++;                                                                                      \
        GO();                                                                                      \
    } while (0)

/* U, I and BITS are what the expressions of ir_ops.h speak of. */
#define TYPES(n)                                                                                   \
    typedef u##n U;                                                                                \
    typedef i##n I;                                                                                \
    enum { BITS = n };                                                                             \
    (void)(I)0;                                                                                    \
    (void)BITS

#define ONE(name, n, expr)                                                                         \
    name##_##n : {                                                                                 \
        TYPES(n);                                                                                  \
        U a = (U)w[op->a];                                                                         \
        w[op->d] = (U)(expr);                                                                      \
        NEXT();                                                                                    \
    }

#define TWO(name, n, kind, second, expr)                                                           \
    name##_##n##kind : {                                                                           \
        TYPES(n);                                                                                  \
        U a = (U)w[op->a], b = (U)(second);                                                        \
        w[op->d] = (U)(expr);                                                                      \
        NEXT();                                                                                    \
    }

#define BRANCH(name, n, kind, second, expr)                                                        \
    name##_##n##kind : {                                                                           \
        TYPES(n);                                                                                  \
        U a = (U)w[op->a], b = (U)(second);                                                        \
        if (expr)                                                                                  \
            op += op->aux;                                                                         \
        else                                                                                       \
            op++;                                                                                  \
        GO();                                                                                      \
    }

#define LEA(n, kind, address)                                                                      \
    LEA_##n##kind : {                                                                              \
        w[op->d] = (u##n)((address) + op->imm);                                                    \
        NEXT();                                                                                    \
    }

/* The end of an access in another page than its start can never be what the start's slot holds: the
 * two page numbers differ by one. So one compare is enough. */
#define TLB_HIT(entry, tag, va, n) ((entry)->tag == (((va) + (n) / 8 - 1) & ~(PAGE_SIZE - 1)))

#define LOAD(n, form, address)                                                                     \
    LD_##n##form : {                                                                               \
        u64 va = (address);                                                                        \
        const struct tlb_entry *t = &tlb[(va >> PAGE_BITS) & (TLB_SIZE - 1)];                      \
        if (LIKELY(TLB_HIT(t, read, va, n))) {                                                     \
            u##n v;                                                                                \
            memcpy(&v, t->addend + va, sizeof(v));                                                 \
            w[op->d] = v;                                                                          \
            NEXT();                                                                                \
        }                                                                                          \
        c->at = op;                                                                                \
        w[op->d] = mem_read_slow(c, va, n / 8, c->mmu);                                            \
        NEXT();                                                                                    \
    }

#define STORE(n, form, address)                                                                    \
    ST_##n##form : {                                                                               \
        u64 va = (address);                                                                        \
        const struct tlb_entry *t = &tlb[(va >> PAGE_BITS) & (TLB_SIZE - 1)];                      \
        if (LIKELY(TLB_HIT(t, write, va, n))) {                                                    \
            u##n v = (u##n)w[op->b];                                                               \
            memcpy(t->addend + va, &v, sizeof(v));                                                 \
            NEXT();                                                                                \
        }                                                                                          \
        c->at = op;                                                                                \
        mem_write_slow(c, va, w[op->b], n / 8, c->mmu);                                            \
        NEXT();                                                                                    \
    }

static void put_loaded(u64 *w, const struct ir_op *op, const u64 *v)
{
    if (op->b_imm & VEC_PART) {
        memcpy((u8 *)&w[op->d] + (op->b_imm & VEC_HIGH ? 4 : 0), v, (size_t)1 << op->size);
    } else {
        w[op->d] = v[0];
        w[op->d + 1] = v[1];
    }
}

static const u8 *to_store(const u64 *w, const struct ir_op *op)
{
    return (const u8 *)&w[op->b] + (op->b_imm & VEC_HIGH ? 4 : 0);
}

#define MISALIGNED(va) ((va) & (ir_vec_alignment(op) - 1))

#define VLOAD(n, form, address)                                                                    \
    VLD_##n##form : {                                                                              \
        u64 va = (address), v[2] = {0};                                                            \
        const struct tlb_entry *t = &tlb[(va >> PAGE_BITS) & (TLB_SIZE - 1)];                      \
        if (LIKELY(TLB_HIT(t, read, va, n) && !MISALIGNED(va))) {                               \
            memcpy(v, t->addend + va, (n) / 8);                                                    \
        } else {                                                                                   \
            c->at = op;                                                                            \
            vec_read_slow(c, va, vec_mem_what(op));                                                \
            memcpy(v, c->vec, sizeof(v));                                                          \
        }                                                                                          \
        put_loaded(w, op, v);                                                                      \
        NEXT();                                                                                    \
    }

#define VSTORE(n, form, address)                                                                   \
    VST_##n##form : {                                                                              \
        u64 va = (address);                                                                        \
        const struct tlb_entry *t = &tlb[(va >> PAGE_BITS) & (TLB_SIZE - 1)];                      \
        if (LIKELY(TLB_HIT(t, write, va, n) && !MISALIGNED(va))) {                              \
            memcpy(t->addend + va, to_store(w, op), (n) / 8);                                      \
            NEXT();                                                                                \
        }                                                                                          \
        c->at = op;                                                                                \
        memcpy(c->vec, to_store(w, op), (n) / 8);                                                  \
        vec_write_slow(c, va, vec_mem_what(op));                                                   \
        NEXT();                                                                                    \
    }

#define VEC_SIZES(M, ...) M(32, __VA_ARGS__) M(64, __VA_ARGS__) M(128, __VA_ARGS__)
#define SIZES(M, ...) M(8, __VA_ARGS__) M(16, __VA_ARGS__) M(32, __VA_ARGS__) M(64, __VA_ARGS__)

static u64 insert_field(u64 into, u64 value, unsigned pos, unsigned len)
{
    u64 mask = len == 64 ? UINT64_MAX : ((u64)1 << len) - 1;
    return (into & ~(mask << pos)) | (value & mask) << pos;
}

static u64 extract_field(u64 from, unsigned pos, unsigned len)
{
    return from >> pos & (len == 64 ? UINT64_MAX : ((u64)1 << len) - 1);
}

/* The block that an indirect exit goes to, or NULL. */
static inline struct block *look_up(struct engine *e, const struct cpu *c, u64 lpc)
{
    const struct jump_entry *j = jump_slot(e, lpc);
    if (LIKELY(j->lpc == lpc && e->synced == c->tlb->changes && j->block->mode == c->mode &&
               j->block->pc == c->pc))
        return j->block;
    return NULL;
}

/* Without an engine it only says where its handlers are, relative to that of MOVI. */
static const i32 *execute(struct engine *e, struct cpu *c, struct block *b)
{
#define AT(label) &&label - &&MOVI,
    static const i32 handlers[N_HANDLERS] = {
#define ROW1(n, name) AT(name##_##n)
#define X(name, expr) SIZES(ROW1, name)
        IR_OPS_1(X)
#undef X
#define ROW2(n, name) AT(name##_##n##R) AT(name##_##n##I)
#define X(name, expr) SIZES(ROW2, name)
        IR_OPS_2(X) IR_OPS_BRANCH(X)
#undef X
#define ROW_LEA(n, name) AT(name##_##n##BI) AT(name##_##n##B) AT(name##_##n##X)
#define ROW_MEM(n, name, form) AT(name##_##n##form)
#define FORMS(name)                                                                                \
    SIZES(ROW_MEM, name, B) SIZES(ROW_MEM, name, BI) SIZES(ROW_MEM, name, B32)                     \
    SIZES(ROW_MEM, name, BI32) SIZES(ROW_MEM, name, ABS)
#define VEC_FORMS(name)                                                                            \
    VEC_SIZES(ROW_MEM, name, B) VEC_SIZES(ROW_MEM, name, BI) VEC_SIZES(ROW_MEM, name, B32)         \
    VEC_SIZES(ROW_MEM, name, BI32) VEC_SIZES(ROW_MEM, name, ABS)
        AT(MOVI)
        SIZES(ROW_LEA, LEA)
        AT(SELECT) AT(INSERT) AT(EXTRACT)
        FORMS(LD) FORMS(ST)
        AT(CC) AT(CC_I) AT(CALL) AT(LEAF) AT(JUMP) AT(EXIT) AT(EXIT_IND) AT(EXIT_PC)
        VEC_FORMS(VLD) VEC_FORMS(VST)
        AT(VEC) AT(VOP)
    };
    u64 *const w = (u64 *)c;
    const struct tlb_entry *tlb;
    const struct ir_op *op;
    struct block_link *link;

    if (!e)
        return handlers;
enter:
    c->budget -= b->n_insns;
    c->block = b;
    tlb = c->tlb->entry[c->mmu];
    op = b->ops;
    GO();

#define ROW(n, name, expr) ONE(name, n, expr)
#define X(name, expr) SIZES(ROW, name, expr)
    IR_OPS_1(X)
#undef X
#undef ROW

#define ROW(n, name, expr) TWO(name, n, R, w[op->b], expr) TWO(name, n, I, op->imm, expr)
#define X(name, expr) SIZES(ROW, name, expr)
    IR_OPS_2(X)
#undef X
#undef ROW

#define ROW(n, name, expr) BRANCH(name, n, R, w[op->b], expr) BRANCH(name, n, I, op->imm, expr)
#define X(name, expr) SIZES(ROW, name, expr)
    IR_OPS_BRANCH(X)
#undef X
#undef ROW

MOVI:
    w[op->d] = op->imm;
    NEXT();

#define ROW(n, ...) LEA(n, BI, w[op->a] + (w[op->b] << op->aux)) LEA(n, B, w[op->a])               \
                    LEA(n, X, w[op->b] << op->aux)
    SIZES(ROW, )
#undef ROW

SELECT:
    w[op->d] = w[op->c] ? w[op->a] : w[op->b];
    NEXT();
INSERT:
    w[op->d] = insert_field(w[op->d], w[op->a], op->aux >> 8, op->aux & 0xff);
    NEXT();
EXTRACT:
    w[op->d] = extract_field(w[op->a], op->aux >> 8, op->aux & 0xff);
    NEXT();

#define ROW(n, ...)                                                                                \
    LOAD(n, B, w[op->a] + op->imm)                                                                 \
    LOAD(n, BI, w[op->a] + (w[op->b] << op->aux) + op->imm)                                        \
    LOAD(n, B32, (u32)(w[op->a] + op->imm))                                                        \
    LOAD(n, BI32, (u32)(w[op->a] + (w[op->b] << op->aux) + op->imm))                               \
    LOAD(n, ABS, op->imm)                                                                          \
    STORE(n, B, w[op->a] + op->imm)                                                                \
    STORE(n, BI, w[op->a] + (w[op->c] << op->aux) + op->imm)                                       \
    STORE(n, B32, (u32)(w[op->a] + op->imm))                                                       \
    STORE(n, BI32, (u32)(w[op->a] + (w[op->c] << op->aux) + op->imm))                              \
    STORE(n, ABS, op->imm)
    SIZES(ROW, )
#undef ROW

#define ROW(n, ...)                                                                                \
    VLOAD(n, B, w[op->a] + op->imm)                                                                \
    VLOAD(n, BI, w[op->a] + (w[op->b] << op->aux) + op->imm)                                       \
    VLOAD(n, B32, (u32)(w[op->a] + op->imm))                                                       \
    VLOAD(n, BI32, (u32)(w[op->a] + (w[op->b] << op->aux) + op->imm))                              \
    VLOAD(n, ABS, op->imm)                                                                         \
    VSTORE(n, B, w[op->a] + op->imm)                                                               \
    VSTORE(n, BI, w[op->a] + (w[op->c] << op->aux) + op->imm)                                      \
    VSTORE(n, B32, (u32)(w[op->a] + op->imm))                                                      \
    VSTORE(n, BI32, (u32)(w[op->a] + (w[op->c] << op->aux) + op->imm))                             \
    VSTORE(n, ABS, op->imm)
    VEC_SIZES(ROW, )
#undef ROW

VEC:
    w[op->d] = ((ir_helper)(uintptr_t)op->imm)(c, ir_vec_args(op), w[op->c], 0);
    NEXT();

VOP:
    ((ir_helper)(uintptr_t)op->imm)(c, ir_vop_args(op), 0, 0);
    NEXT();

CC: {
    u64 x = w[op->a], y = w[op->b];
    w[op->d] = x;
    w[op->d + 1] = y;
    w[op->d + 2] = op->imm;
    NEXT();
}
CC_I:
    w[op->d] = w[op->a];
    w[op->d + 1] = op->imm;
    w[op->d + 2] = op->aux;
    NEXT();
CALL:
    c->at = op;
    w[op->d] = ((ir_helper)(uintptr_t)op->imm)(c, w[op->a], w[op->b], w[op->c]);
    tlb = c->tlb->entry[c->mmu]; /* the helper may have changed how accesses are made */
    NEXT();
LEAF:
    w[op->d] = ((ir_helper)(uintptr_t)op->imm)(c, w[op->a], w[op->b], 0);
    NEXT();
JUMP:
    op += op->aux;
    GO();

EXIT:
    link = (struct block_link *)(uintptr_t)op->imm;
    c->pc = link->pc;
    if (LIKELY(link->changes == c->tlb->changes)) {
        b = link->to;
        if (LIKELY(b->mode == c->mode))
            goto follow;
    }
    e->miss = link;
    goto leave;

EXIT_IND:
    c->pc = w[op->a];
    if (UNLIKELY(b->lpc != b->pc)) /* there is a code segment base */
        goto leave;
    b = look_up(e, c, c->pc);
    if (b)
        goto follow;
    goto leave;

EXIT_PC:
    b = look_up(e, c, c->arch->linear_pc(c));
    if (b)
        goto follow;
    goto leave;

follow:
    if (LIKELY(!c->attention && c->budget >= b->n_insns && !e->jit))
        goto enter;
leave:
    c->block = NULL;
    return NULL;
}

void interp_run(struct engine *e, struct cpu *c, struct block *b)
{
    execute(e, c, b);
}

void interp_prepare(struct ir_op *op)
{
    op->handler = execute(NULL, NULL, NULL)[handler_of(op)];
}
