/* gen_code.c - branches, loops, strings, stacks, code that changes itself */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "form.h"
#include "gen_int.h"

/* ---- control flow ---- */

static void dec_memory(struct gen *g, struct item *it, u32 at)
{
    switch (gen_mode(g)) {
    case FUZZ_16:
        PUT(it, 0xff, 0x0e);
        gen_put_int(it, at, 2);
        break;
    case FUZZ_32:
        PUT(it, 0xff, 0x0d);
        gen_put_int(it, FUZZ_WINDOW + at, 4);
        break;
    default:
        PUT(it, 0xff, 0x0c, 0x25);
        gen_put_int(it, FUZZ_WINDOW + at, 4);
    }
}

static void set_memory(struct gen *g, struct item *it, u32 at, u32 v)
{
    switch (gen_mode(g)) {
    case FUZZ_16:
        PUT(it, 0xc7, 0x06);
        gen_put_int(it, at, 2);
        gen_put_int(it, v, 2);
        break;
    case FUZZ_32:
        PUT(it, 0xc7, 0x05);
        gen_put_int(it, FUZZ_WINDOW + at, 4);
        gen_put_int(it, v, 4);
        break;
    default:
        PUT(it, 0xc7, 0x04, 0x25);
        gen_put_int(it, FUZZ_WINDOW + at, 4);
        gen_put_int(it, v, 4);
    }
}

static unsigned rel_size(const struct gen *g)
{
    return gen_mode(g) == FUZZ_16 ? 2 : 4;
}

static void put_jcc(struct gen *g, struct item *it, unsigned cc, unsigned to)
{
    PUT(it, 0x0f, (u8)(0x80 | cc));
    gen_put_fix(it, FIX_REL, rel_size(g), to, 0, 0);
}

/* MOV reg, counter; CMP reg, 0: the flags at the loop's end are those of a register. */
static void compare_counter(struct gen *g, struct item *it, u32 at, unsigned reg)
{
    u8 high = gen_mode(g) == FUZZ_64 && reg >= 8, r = (u8)((reg & 7) << 3);

    if (high)
        PUT(it, 0x44);
    if (gen_mode(g) == FUZZ_64)
        PUT(it, 0x8b, r | 4, 0x25);
    else
        PUT(it, 0x8b, r | (gen_mode(g) == FUZZ_16 ? 6 : 5));
    gen_put_int(it, gen_window_base(g) + at, gen_mode(g) == FUZZ_16 ? 2 : 4);
    if (high)
        PUT(it, 0x41);
    PUT(it, 0x83, (u8)(0xf8 | (reg & 7)), 0);
}

void gen_back(struct gen *g, u32 counter, unsigned to)
{
    struct item *it = gen_item(g, "loop back");
    dec_memory(g, it, counter);
    if (rng_one_in(&g->r, 2))
        compare_counter(g, it, counter, gen_free_reg(g));
    put_jcc(g, it, rng_one_in(&g->r, 3) ? 0xd : 0xf, to); /* JGE, JG */
}

static void forward(struct gen *g)
{
    struct fuzz_case *c = g->c;
    unsigned to = c->n + 1 + rng_below(&g->r, 8);
    struct item *it = gen_item(g, "jcc");

    switch (rng_below(&g->r, 8)) {
    case 0:
        PUT(it, 0xe9);
        gen_put_fix(it, FIX_REL, rel_size(g), to, 0, 0);
        break;
    case 1:
        PUT(it, 0xe3);
        gen_put_fix(it, FIX_REL, 1, c->n + rng_below(&g->r, 2), 0, 0);
        break; /* JCXZ */
    case 2:
        PUT(it, (u8)(0x70 | rng_below(&g->r, 16)));
        gen_put_fix(it, FIX_REL, 1, c->n + rng_below(&g->r, 2), 0, 0);
        break;
    case 3:
        PUT(it, rng_one_in(&g->r, 2) ? 0xeb : (u8)(0xe0 + rng_below(&g->r, 3))); /* JMP, LOOPcc */
        gen_put_fix(it, FIX_REL, 1, c->n + rng_below(&g->r, 2), 0, 0);
        break;
    default:
        put_jcc(g, it, rng_below(&g->r, 16), to);
    }
}

static void mov_label(struct gen *g, struct item *it, unsigned reg, unsigned to)
{
    if (gen_mode(g) == FUZZ_64) /* sign-extended */
        PUT(it, (u8)(0x48 | reg >> 3), 0xc7, (u8)(0xc0 | (reg & 7)));
    else
        PUT(it, (u8)(0xb8 | reg));
    gen_put_fix(it, FIX_ABS, gen_mode(g) == FUZZ_16 ? 2 : 4, to, 0, 0);
}

static void jump_reg(struct item *it, unsigned reg, bool call)
{
    if (reg & 8)
        PUT(it, 0x41);
    PUT(it, 0xff, (u8)((call ? 0xd0 : 0xe0) | (reg & 7)));
}

/* Through a register, to one of two places. */
static void indirect(struct gen *g)
{
    unsigned n = g->c->n, reg = gen_mode(g) == FUZZ_64 ? R10 : RAX,
             other = gen_mode(g) == FUZZ_64 ? R8 : RDX;
    struct item *it = gen_item(g, "indirect jump");

    mov_label(g, it, reg, n + 1 + rng_below(&g->r, 4));
    if (rng_one_in(&g->r, 2)) {
        mov_label(g, it, other, n + 1 + rng_below(&g->r, 6));
        if (gen_mode(g) == FUZZ_64)
            PUT(it, 0x4d, 0x0f, (u8)(0x40 | rng_below(&g->r, 16)), 0xd0); /* CMOVcc R10, R8 */
        else
            PUT(it, 0x0f, (u8)(0x40 | rng_below(&g->r, 16)), 0xc2); /* CMOVcc EAX, EDX */
    }
    jump_reg(it, reg, false);
}

/* PUSH label; RET */
static void push_ret(struct gen *g)
{
    struct item *it = gen_item(g, "push, ret");
    PUT(it, 0x68);
    gen_put_fix(it, FIX_ABS, rel_size(g), g->c->n + rng_below(&g->r, 4), 0, 0);
    PUT(it, 0xc3);
}

void gen_loop(struct gen *g, void (*body)(struct gen *))
{
    unsigned inner = 1 + rng_below(&g->r, 8), head;
    bool own = rng_one_in(&g->r, 2);

    if (own)
        set_memory(g, gen_item(g, "loop head"), GEN_COUNTER2,
                   1 + rng_below(&g->r, rng_one_in(&g->r, 4) ? 120 : 20));
    head = g->c->n;
    for (unsigned i = 0; i < inner; i++)
        body(g);
    gen_back(g, own ? GEN_COUNTER2 : GEN_COUNTER, head);
}

/* ---- strings ---- */

static void mov_imm(struct gen *g, struct item *it, unsigned reg, u64 v)
{
    PUT(it, (u8)(0xb8 | reg));
    gen_put_int(it, v, gen_mode(g) == FUZZ_16 ? 2 : 4);
}

static void string(struct gen *g)
{
    static const u8 ops[] = {0xa4, 0xa6, 0xaa, 0xac, 0xae};
    struct rng *r = &g->r;
    struct item *it = gen_item(g, "string");
    unsigned op = ops[rng_below(r, 5)], size = rng_below(r, gen_mode(g) == FUZZ_64 ? 4 : 3);
    unsigned count = rng_one_in(r, 8) ? rng_below(r, 800) : rng_below(r, 40);
    u32 from = 0x200 + rng_below(r, 0x2400), to;

    if (g->faults && rng_one_in(r, 12))
        from = rng_one_in(r, 2) ? FUZZ_WINDOW_SIZE - rng_below(r, 200) : rng_below(r, 100);
    to = rng_one_in(r, 2) ? from + rng_below(r, 80) - 40 : 0x200 + rng_below(r, 0x2400);
    if (rng_one_in(r, 3)) {
        from &= ~7u;
        to &= ~7u;
    }
    PUT(it, rng_one_in(r, 3) ? 0xfd : 0xfc);
    mov_imm(g, it, RSI, gen_window_base(g) + from);
    mov_imm(g, it, RDI, gen_window_base(g) + to);
    mov_imm(g, it, RCX, count);
    if (rng_one_in(r, 3))
        PUT(it, 0xb0, (u8)rng_below(r, 3)); /* MOV AL */
    if (rng_one_in(r, 10) && gen_mode(g) == FUZZ_64)
        PUT(it, 0x67);
    if (rng_below(r, 4))
        PUT(it, rng_one_in(r, 2) ? 0xf3 : 0xf2);
    if (size == 1)
        PUT(it, 0x66);
    if (size == 3)
        PUT(it, 0x48);
    PUT(it, (u8)(op | (size != 0)), 0xfc);
    if (gen_mode(g) != FUZZ_64) { /* RSI is a pointer, RDI the index */
        mov_imm(g, it, RSI, g->c->in.gpr[RSI]);
        mov_imm(g, it, RDI, g->c->in.gpr[RDI]);
    }
}

/* ---- this and that ---- */

/* Writes to bytes of an instruction that is executed later, or was. */
static void self_modify(struct gen *g)
{
    struct rng *r = &g->r;
    unsigned near = g->c->n > 6 ? g->c->n - 6 : 0, target = near + rng_below(r, 12);
    struct item *it;

    if (rng_one_in(r, 2)) { /* MOV EAX, imm; target: its immediate */
        target = g->c->n + (rng_one_in(r, 3) ? 0 : 1);
        it = gen_item(g, "to be modified");
        PUT(it, (u8)(rng_one_in(r, 2) ? 0x05 : 0xb8)); /* ADD or MOV */
        gen_put_int(it, rng_u64(r), rel_size(g));
        it->alters = true;
        target = g->c->n - 1;
    }
    it = gen_item(g, "self-modifying");
    switch (gen_mode(g)) { /* MOV byte [label + 1], imm8 */
    case FUZZ_16:
        PUT(it, 0x65, 0xc6, 0x06);
        gen_put_fix(it, FIX_ABS, 2, target, 1, 1);
        break;
    case FUZZ_32:
        PUT(it, 0xc6, 0x05);
        gen_put_fix(it, FIX_ABS, 4, target, 1, 1);
        break;
    default:
        PUT(it, 0xc6, 0x04, 0x25);
        gen_put_fix(it, FIX_ABS, 4, target, 1, 1);
    }
    /* Only an immediate may be replaced in a case for the host. */
    if (g->c->host && strcmp(g->c->item[MIN(target, g->c->n - 1)].name, "to be modified"))
        g->c->n--;
    else
        PUT(it, (u8)rng_u64(r));
}

static void stack_frame(struct gen *g)
{
    struct rng *r = &g->r;
    struct item *it = gen_item(g, "stack");

    switch (rng_below(r, 5)) {
    case 0:
        PUT(it, 0xc8, (u8)rng_below(r, 64), 0, (u8)(g->c->host ? 0 : rng_below(r, 4)), 0xc9);
        break; /* ENTER, LEAVE */
    case 1:
        if (gen_mode(g) != FUZZ_64)
            PUT(it, 0x60, 0x61); /* PUSHA, POPA */
        else
            PUT(it, 0x55, 0x41, 0x54, 0x53, 0x5b, 0x41, 0x5c,
                0x5d); /* PUSH RBP, R12, RBX and back */
        break;
    case 2: /* PUSH flags; POPF */
        PUT(it, 0x68);
        gen_put_int(it, rng_u64(r) & (FL_ARITH | FL_DF), rel_size(g));
        PUT(it, 0x9d, 0xfc);
        break;
    case 3:
        PUT(it, 0x9c, 0x58);
        break; /* PUSHF; POP rAX */
    default:
        PUT(it, 0x50, 0x51, 0x52, 0x58, 0x5a, 0x59);
        break;
    }
}

/* MXCSR or FCW from the stack, masked. */
static void load_control(struct gen *g)
{
    struct rng *r = &g->r;
    struct item *it = gen_item(g, "control");
    bool sse = rng_one_in(r, 2);
    u32 v = sse ? 0x1f80 | (u32)(rng_u64(r) & 0xe07f)
                : 0x7f | rng_below(r, 4) << 10 | (rng_one_in(r, 3) ? 2 : 3) << 8;

    PUT(it, 0x68);
    gen_put_int(it, v, rel_size(g));
    if (gen_mode(g) == FUZZ_16) {  /* through BX, which is loaded again */
        PUT(it, 0x89, 0xe3, 0x36); /* MOV BX, SP; SS: */
        if (sse)
            PUT(it, 0x0f, 0xae, 0x17);
        else
            PUT(it, 0xd9, 0x2f);
        PUT(it, 0x58, 0xbb);
        gen_put_int(it, g->c->in.gpr[RBX], 2);
        return;
    }
    if (sse)
        PUT(it, 0x0f, 0xae, 0x14, 0x24, 0x58); /* LDMXCSR [rSP]; POP rAX */
    else
        PUT(it, 0xd9, 0x2c, 0x24, 0x58); /* FLDCW [rSP]; POP rAX */
}

/* MOV between the accumulator and an address in the instruction. */
static void move_absolute(struct gen *g)
{
    struct item *it = gen_item(g, "MOV moffs");
    static const u8 bytes[] = {2, 4, 8};

    if (rng_one_in(&g->r, 4))
        PUT(it, gen_mode(g) == FUZZ_64 ? 0x48 : 0x66);
    PUT(it, (u8)(0xa0 + rng_below(&g->r, 4)));
    gen_put_int(it, gen_window_base(g) + 0x100 + rng_below(&g->r, FUZZ_WRITABLE - 0x110),
                bytes[gen_mode(g)]);
}

/* Pointers that walk on. */
static void move_pointer(struct gen *g)
{
    struct item *it = gen_item(g, "move pointer");
    unsigned p = gen_pointer(g);
    if (gen_mode(g) == FUZZ_64)
        PUT(it, (u8)(0x48 | p >> 3));
    PUT(it, 0x83, (u8)(0xc0 | (p & 7)),
        (u8)(rng_one_in(&g->r, 4) ? -8 : (u8[]){1, 4, 8, 16}[rng_below(&g->r, 4)]));
}

void gen_one(struct gen *g)
{
    unsigned sum = 0, k;

    for (unsigned i = 0; i < FORM_CLASSES; i++)
        sum += g->theme[i];
    k = rng_below(&g->r, sum);
    for (unsigned i = 0; i < FORM_CLASSES; i++) {
        if (k < g->theme[i]) {
            gen_insn(g, (enum form_class)i);
            return;
        }
        k -= g->theme[i];
    }
}

static void call_sub(struct gen *g)
{
    struct item *it = gen_item(g, "call");
    u16 to = (u16)(0x8000 + rng_below(&g->r, 3)); /* the number of a subroutine, for now */

    if (rng_one_in(&g->r, 3)) {
        mov_label(g, it, RAX, to);
        jump_reg(it, RAX, true);
    } else {
        PUT(it, 0xe8);
        gen_put_fix(it, FIX_REL, rel_size(g), to, 0, 0);
    }
}

void gen_any(struct gen *g)
{
    unsigned k = rng_below(&g->r, 100);

    if (k < 6)
        forward(g);
    else if (k < 8)
        indirect(g);
    else if (k < 9)
        push_ret(g);
    else if (k < 11)
        call_sub(g);
    else if (k < 13)
        string(g);
    else if (k < 14)
        self_modify(g);
    else if (k < 16)
        stack_frame(g);
    else if (k < 17)
        load_control(g);
    else if (k < 18)
        move_pointer(g);
    else if (k < 19)
        move_absolute(g);
    else
        gen_one(g);
}
