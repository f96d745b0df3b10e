/* gen.c - make a case: instructions with operands that mean something, branches, loops, strings */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Some registers are pointers into the window and one is a small index; instructions are not given
 * them as destinations, so most accesses hit the window, near each other. All loops count down a
 * word in memory, so most cases end.
 */
#include <string.h>

#include "emu/check.h"
#include "form.h"

#define COUNTER 0x20u  /* in the window: what all loops count down */
#define COUNTER2 0x24u /* set anew before a loop */

struct gen {
    struct fuzz_case *c;
    struct rng r;
    unsigned theme[FORM_CLASSES]; /* weights */
    bool faults;
};

static struct item *new_item(struct gen *g, const char *name)
{
    struct fuzz_case *c = g->c;
    CHECK(c->n < FUZZ_MAX_ITEMS);
    struct item *it = &c->item[c->n++];
    *it = (struct item){.name = name};
    return it;
}

static void put(struct item *it, const void *p, unsigned n)
{
    CHECK(it->len + n <= sizeof(it->bytes));
    memcpy(it->bytes + it->len, p, n);
    it->len = (u8)(it->len + n);
}

#define PUT(it, ...) put(it, (const u8[]){__VA_ARGS__}, sizeof((const u8[]){__VA_ARGS__}))

static void put_int(struct item *it, u64 v, unsigned n)
{
    put(it, &v, n);
}

/* Bytes that a fix will fill in. */
static void put_fix(struct item *it, enum fix_kind kind, unsigned size, unsigned to, u32 add,
                    unsigned after)
{
    CHECK(it->n_fix < ARRAY_SIZE(it->fix));
    it->fix[it->n_fix++] =
        (struct fix){(u8)kind, it->len, (u8)size, (u8)(it->len + size + after), (u16)to, add};
    put_int(it, 0, size);
}

static enum fuzz_mode mode_of(const struct gen *g)
{
    return g->c->mode;
}

static u32 window_base(const struct gen *g) /* as addresses count */
{
    return mode_of(g) == FUZZ_16 ? 0 : FUZZ_WINDOW;
}

/* ---- registers ---- */

static const u8 pointers64[] = {RBX, RBP, R12, R13, R14}, pointers32[] = {RBX, RBP, RSI};
static const u8 free64[] = {RAX, RCX, RDX, RSI, RDI, R8, R10, R11}, free32[] = {RAX, RCX, RDX};
static const u8 free_bytes[] = {0, 1, 2, 4, 5, 6}; /* AL CL DL AH CH DH */

static unsigned pointer(struct gen *g)
{
    return mode_of(g) == FUZZ_64 ? pointers64[rng_below(&g->r, ARRAY_SIZE(pointers64))]
                                 : pointers32[rng_below(&g->r, ARRAY_SIZE(pointers32))];
}

static unsigned index_reg(const struct gen *g)
{
    return mode_of(g) == FUZZ_64 ? R9 : RDI;
}

static unsigned free_reg(struct gen *g)
{
    return mode_of(g) == FUZZ_64 ? free64[rng_below(&g->r, ARRAY_SIZE(free64))]
                                 : free32[rng_below(&g->r, ARRAY_SIZE(free32))];
}

static unsigned any_reg(struct gen *g)
{
    return rng_below(&g->r, mode_of(g) == FUZZ_64 ? 16 : 8);
}

static unsigned choose_gpr(struct gen *g, bool dest, bool byte, bool rex)
{
    if (byte && !rex && !(!dest && rng_one_in(&g->r, 8)))
        return free_bytes[rng_below(&g->r, ARRAY_SIZE(free_bytes))];
    if (byte && !rex)
        return rng_below(&g->r, 8);
    if (rng_one_in(&g->r, dest ? 400 : 8))
        return any_reg(g);
    return free_reg(g);
}

static unsigned choose_operand(struct gen *g, unsigned regs, bool dest, bool byte, bool rex)
{
    switch (regs) {
    case REGS_GPR:
        return choose_gpr(g, dest, byte, rex);
    case REGS_XMM:
        return rng_below(&g->r, mode_of(g) == FUZZ_64 && rng_one_in(&g->r, 3) ? 16 : 8);
    case REGS_OTHER:
        return rng_below(&g->r, 6);
    default:
        return rng_below(&g->r, 8);
    }
}

/* ---- memory operands ---- */

/* Where an access should go: near `home` often. */
static u32 choose_place(struct gen *g, u32 home, unsigned bytes, bool align)
{
    struct rng *r = &g->r;
    u32 at;

    switch (rng_below(r, 20)) {
    case 0:
    case 1:
    case 2:
        at = PAGE_SIZE * (1 + rng_below(r, 2)) - rng_below(r, bytes + 2);
        break;
    case 3:
    case 4:
    case 5:
    case 6:
        at = rng_below(r, FUZZ_WRITABLE - bytes);
        break;
    case 7:
        at = rng_one_in(r, 6)
                 ? FUZZ_WRITABLE + rng_below(r, FUZZ_WINDOW_SIZE - FUZZ_WRITABLE - bytes)
                 : home;
        break;
    case 8:
        if (g->faults && rng_one_in(r, 4)) {
            at = rng_one_in(r, 2) ? FUZZ_WINDOW_SIZE - rng_below(r, bytes + 1)
                                  : 0u - rng_below(r, bytes + 1);
            break;
        }
        /* fall through */
    default:
        at = home + rng_below(r, 96) - 32;
        break;
    }
    if (align && !(g->faults && rng_one_in(r, 30)))
        at &= ~15u;
    else if (rng_below(r, 4))
        at &= ~(u32)(MIN(bytes, 8u) - 1);
    return at;
}

struct address {
    u8 mod, rm, sib, prefix;
    bool have_sib, rip, rex_b, rex_x;
    u32 disp;
    unsigned disp_size;
};

static u32 nominal(const struct gen *g, unsigned reg)
{
    return (u32)g->c->in.gpr[reg] - window_base(g);
}

static void choose_disp(struct gen *g, struct address *a, u32 disp, unsigned wide, bool must)
{
    a->disp = disp;
    if (!disp && !must && rng_below(&g->r, 4))
        a->mod = 0, a->disp_size = 0;
    else if ((i32)disp == (i8)disp && rng_below(&g->r, 8))
        a->mod = 1, a->disp_size = 1;
    else
        a->mod = 2, a->disp_size = wide;
}

/* SDM vol. 2, table 2-1. Addresses wrap at 64 KiB. */
static struct address address16(struct gen *g, unsigned bytes, bool align)
{
    static const u8 base[8] = {RBX, RBX, RBP, RBP, RSI, RDI, RBP, RBX};
    static const u8 index[8] = {RSI, RDI, RSI, RDI, 0xff, 0xff, 0xff, 0xff};
    struct address a = {.rm = (u8)rng_below(&g->r, 8)};
    u32 sum = nominal(g, base[a.rm]) + (index[a.rm] != 0xff ? nominal(g, index[a.rm]) : 0);
    u32 at = choose_place(g, index[a.rm] != 0xff || base[a.rm] == RDI ? 0x400 : sum, bytes, align);

    if (a.rm == 6 && rng_one_in(&g->r, 4)) {
        a.disp = at;
        a.disp_size = 2;
        return a;
    }
    choose_disp(g, &a, (u32)(i32)(i16)(at - sum), 2, a.rm == 6);
    return a;
}

static struct address address_absolute(struct gen *g, u32 at)
{
    struct address a = {.disp = window_base(g) + at, .disp_size = 4, .rm = 5};

    if (mode_of(g) == FUZZ_64 && rng_one_in(&g->r, 2)) {
        a.rm = 4;
        a.have_sib = true;
        a.sib = 0x25;
    } else {
        a.rip = mode_of(g) == FUZZ_64;
    }
    return a;
}

static struct address address32(struct gen *g, unsigned bytes, bool align)
{
    struct rng *r = &g->r;
    unsigned base = rng_one_in(r, 30) ? RSP : pointer(g), scale = rng_below(r, 4), index = 4;
    u32 sum = nominal(g, base), at;
    struct address a = {0};

    if (rng_one_in(r, 8))
        return address_absolute(g, choose_place(g, 0x400, bytes, align));
    at = choose_place(g, sum, bytes, align);
    if (rng_one_in(r, 4)) {
        index = index_reg(g);
        sum += (u32)g->c->in.gpr[index] << scale;
    }
    choose_disp(g, &a, at - sum, 4, (base & 7) == RBP);
    a.have_sib = index != 4 || (base & 7) == RSP;
    a.rm = a.have_sib ? 4 : base & 7;
    a.sib = (u8)(scale << 6 | (index & 7) << 3 | (base & 7));
    a.rex_b = base & 8;
    a.rex_x = index & 8;
    return a;
}

/* In 64-bit code addresses cut to 32 bits are the same; 16-bit code may use 32-bit addresses. */
static struct address choose_address(struct gen *g, unsigned bytes, bool align)
{
    bool p67 = mode_of(g) != FUZZ_32 && rng_one_in(&g->r, 16);
    struct address a =
        mode_of(g) == FUZZ_16 && !p67 ? address16(g, bytes, align) : address32(g, bytes, align);
    a.prefix = p67 ? 0x67 : 0;
    return a;
}

/* ---- an instruction from a form ---- */

static unsigned imm_bytes(char imm, unsigned size)
{
    return imm == 'b' ? 1 : imm == 'w' ? 2 : imm == 'z' ? MIN(size, 4u) : size;
}

/* 66 selects between 16 and 32 bits. */
static unsigned choose_size(struct gen *g, const struct form *f, bool *p66, bool *rexw)
{
    unsigned size = mode_of(g) == FUZZ_16 ? 2 : 4;

    *p66 = *rexw = false;
    if (f->size == 'v' && rng_one_in(&g->r, 4)) {
        *p66 = true;
        size = 6 - size;
    } else if (mode_of(g) == FUZZ_64 && (f->size == 'v' || f->size == 'y') &&
               rng_one_in(&g->r, 2)) {
        *rexw = true;
        size = 8;
    }
    if (f->def64 && mode_of(g) == FUZZ_64 && !*p66)
        size = 8;
    return f->size == 'y' && size == 2 ? 4 : size;
}

/* Prefixes without a meaning here, for our engines only. */
static void junk_prefixes(struct gen *g, struct item *it)
{
    static const u8 prefixes[] = {0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf0, 0xf2, 0xf3};
    if (!g->c->host && rng_one_in(&g->r, 40))
        PUT(it, prefixes[rng_below(&g->r, ARRAY_SIZE(prefixes))]);
}

static void segment_prefix(struct gen *g, struct item *it)
{
    static const u8 prefixes[] = {0x26, 0x36, 0x3e, 0x65};
    unsigned k = rng_below(&g->r, 100);

    if (k < 4 && (k < 3 || mode_of(g) == FUZZ_32))
        PUT(it, prefixes[k]);
}

static void put_rex(struct gen *g, struct item *it, u8 rex, bool always)
{
    if (mode_of(g) == FUZZ_64 && (rex || always))
        PUT(it, 0x40 | rex);
}

static void put_opcode(struct item *it, const struct form *f, unsigned plus)
{
    u8 op[3];
    memcpy(op, f->opcode, 3);
    op[f->n_opcode - 1] = (u8)(op[f->n_opcode - 1] + plus);
    put(it, op, f->n_opcode);
}

static void put_imms(struct gen *g, struct item *it, const struct form *f, unsigned size)
{
    for (unsigned i = 0; i < 2 && f->imm[i]; i++)
        put_int(it, rng_value(&g->r), imm_bytes(f->imm[i], size));
}

static unsigned imms_bytes(const struct form *f, unsigned size)
{
    return (f->imm[0] ? imm_bytes(f->imm[0], size) : 0) +
           (f->imm[1] ? imm_bytes(f->imm[1], size) : 0);
}

static void put_memory(struct gen *g, struct item *it, const struct form *f, unsigned size, u8 rex,
                       bool always)
{
    unsigned bytes = f->mem_bytes ? f->mem_bytes : size;
    struct address a = choose_address(g, bytes, f->align);
    unsigned reg = f->digit >= 0 ? (unsigned)f->digit
                                 : choose_operand(g, f->reg, f->reg_is_dest, f->reg_is_byte,
                                                  rex || always || a.rex_b || a.rex_x);
    if (mode_of(g) != FUZZ_64)
        reg &= 7;
    if (a.prefix)
        PUT(it, a.prefix);
    segment_prefix(g, it);
    if ((f->row->flags & ROW_LOCK) && rng_one_in(&g->r, 10))
        PUT(it, 0xf0);
    if (f->prefix)
        PUT(it, f->prefix);
    put_rex(g, it, (u8)(rex | (reg & 8 ? 4 : 0) | (a.rex_x ? 2 : 0) | (a.rex_b ? 1 : 0)), always);
    put_opcode(it, f, f->n_plus ? rng_below(&g->r, f->n_plus) : 0);
    PUT(it, (u8)(a.mod << 6 | (reg & 7) << 3 | a.rm));
    if (a.have_sib)
        PUT(it, a.sib);
    if (a.rip)
        put_fix(it, FIX_RIP, 4, 0, a.disp, imms_bytes(f, size));
    else
        put_int(it, a.disp, a.disp_size);
}

static void put_registers(struct gen *g, struct item *it, const struct form *f, u8 rex, bool always)
{
    bool any_rex = rex || always;
    unsigned reg = f->digit >= 0
                       ? (unsigned)f->digit
                       : choose_operand(g, f->reg, f->reg_is_dest, f->reg_is_byte, any_rex);
    unsigned rm = choose_operand(g, f->rm, f->rm_is_dest, f->rm_is_byte, any_rex || (reg & 8));
    bool plus_r = f->n_plus && !f->modrm;

    if (f->prefix)
        PUT(it, f->prefix);
    if (f->reg == REGS_MMX)
        reg &= 7;
    if (f->fixed)
        reg = rm = 0;
    put_rex(g, it, (u8)(rex | (reg & 8 ? 4 : 0) | (rm & 8 ? 1 : 0)), always);
    put_opcode(it, f, plus_r ? rm & 7 : f->n_plus ? rng_below(&g->r, f->n_plus) : 0);
    if (f->fixed)
        PUT(it, (u8)(f->second + rng_below(&g->r, f->n_second)));
    else if (f->modrm)
        PUT(it, (u8)(0xc0 | (reg & 7) << 3 | (rm & 7)));
}

/* CMP of a free register with a number: defines all flags. */
static void define_flags(struct gen *g, struct item *it)
{
    PUT(it, 0x83, (u8)(0xf8 | (free_reg(g) & 3)), (u8)rng_u64(&g->r));
}

/* What must go before, lest it fault nearly always. */
static void prepare(struct gen *g, struct item *it, const struct form *f)
{
    const char *m = f->row->mnemonic;

    if (strstr(m, "DIV") && f->class == FORM_INTEGER) {
        switch (rng_below(&g->r, 6)) {
        case 0:
            PUT(it, 0x31, 0xd2);
            break; /* XOR EDX, EDX */
        case 1:
            PUT(it, 0x99);
            break; /* CWD */
        case 2:
            PUT(it, 0x66, 0x98);
            break; /* CBW */
        case 3:
            if (!g->faults)
                PUT(it, 0x31, 0xd2);
            break;
        default:
            PUT(it, 0x31, 0xd2, 0x0c, 1);
            break; /* ... and OR AL, 1 */
        }
    } else if (!strncmp(m, "MASKMOV", 7)) { /* stores at rDI */
        u32 at = window_base(g) + rng_below(&g->r, FUZZ_WRITABLE - 16);
        if (mode_of(g) != FUZZ_64)
            PUT(it, 0x0f, 0xbf, 0xfd); /* MOVSX EDI, BP: the index register is made to point, too */
        else
            PUT(it, 0xbf), put_int(it, at, 4);
    } else if (g->c->host && (!strcmp(m, "SHLD") || !strcmp(m, "SHRD"))) {
        PUT(it, 0x80, 0xe1, 15); /* AND CL, 15 */
    }
}

static bool unfit(const struct gen *g, const struct form *f, bool p66)
{
    const char *m = f->row->mnemonic;
    unsigned size16 = mode_of(g) == FUZZ_16 ? !p66 : p66;

    if (!g->c->host)
        return false;
    if (size16 && (!strcmp(m, "BSWAP") || (!strncmp(m, "SH", 2) && f->imm[0] && m[3] == 'D')))
        return true;
    return mode_of(g) != FUZZ_64 && !strncmp(m, "MASKMOV", 7);
}

static void gen_form(struct gen *g, enum form_class class)
{
    const struct form *f = form_choose(&g->r, class, mode_of(g), g->c->host);
    bool p66, rexw, memory;
    unsigned size = choose_size(g, f, &p66, &rexw);

    if (unfit(g, f, p66))
        return;
    if (strstr(f->row->mnemonic, "DIV") && class == FORM_INTEGER && rng_below(&g->r, 3))
        return;
    struct item *it = new_item(g, f->row->mnemonic);
    bool always =
        mode_of(g) == FUZZ_64 && (f->reg_is_byte || f->rm_is_byte) && rng_one_in(&g->r, 3);
    prepare(g, it, f);
    junk_prefixes(g, it);
    if (p66)
        PUT(it, 0x66);
    memory = f->modrm && !f->reg_only && (f->mem_only || rng_one_in(&g->r, 2));
    if (memory)
        put_memory(g, it, f, size, rexw ? 8 : 0, always);
    else
        put_registers(g, it, f, rexw ? 8 : 0, always);
    put_imms(g, it, f, size);
    if (g->c->host && f->undefined)
        define_flags(g, it);
}

/* ---- control flow ---- */

static void dec_memory(struct gen *g, struct item *it, u32 at)
{
    switch (mode_of(g)) {
    case FUZZ_16:
        PUT(it, 0xff, 0x0e);
        put_int(it, at, 2);
        break;
    case FUZZ_32:
        PUT(it, 0xff, 0x0d);
        put_int(it, FUZZ_WINDOW + at, 4);
        break;
    default:
        PUT(it, 0xff, 0x0c, 0x25);
        put_int(it, FUZZ_WINDOW + at, 4);
    }
}

static void set_memory(struct gen *g, struct item *it, u32 at, u32 v)
{
    switch (mode_of(g)) {
    case FUZZ_16:
        PUT(it, 0xc7, 0x06);
        put_int(it, at, 2);
        put_int(it, v, 2);
        break;
    case FUZZ_32:
        PUT(it, 0xc7, 0x05);
        put_int(it, FUZZ_WINDOW + at, 4);
        put_int(it, v, 4);
        break;
    default:
        PUT(it, 0xc7, 0x04, 0x25);
        put_int(it, FUZZ_WINDOW + at, 4);
        put_int(it, v, 4);
    }
}

static unsigned rel_size(const struct gen *g)
{
    return mode_of(g) == FUZZ_16 ? 2 : 4;
}

static void put_jcc(struct gen *g, struct item *it, unsigned cc, unsigned to)
{
    PUT(it, 0x0f, (u8)(0x80 | cc));
    put_fix(it, FIX_REL, rel_size(g), to, 0, 0);
}

static void back(struct gen *g, u32 counter, unsigned to)
{
    struct item *it = new_item(g, "loop back");
    dec_memory(g, it, counter);
    put_jcc(g, it, rng_one_in(&g->r, 3) ? 0xd : 0xf, to); /* JGE, JG */
}

static void forward(struct gen *g)
{
    struct fuzz_case *c = g->c;
    unsigned to = c->n + 1 + rng_below(&g->r, 8);
    struct item *it = new_item(g, "jcc");

    switch (rng_below(&g->r, 6)) {
    case 0:
        PUT(it, 0xe9);
        put_fix(it, FIX_REL, rel_size(g), to, 0, 0);
        break;
    case 1:
        PUT(it, 0xe3);
        put_fix(it, FIX_REL, 1, c->n + rng_below(&g->r, 2), 0, 0);
        break; /* JCXZ */
    case 2:
        PUT(it, (u8)(0x70 | rng_below(&g->r, 16)));
        put_fix(it, FIX_REL, 1, c->n + rng_below(&g->r, 2), 0, 0);
        break;
    default:
        put_jcc(g, it, rng_below(&g->r, 16), to);
    }
}

static void mov_label(struct gen *g, struct item *it, unsigned reg, unsigned to)
{
    if (reg & 8)
        PUT(it, 0x41);
    PUT(it, (u8)(0xb8 | (reg & 7)));
    put_fix(it, FIX_ABS, mode_of(g) == FUZZ_16 ? 2 : 4, to, 0, 0);
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
    unsigned n = g->c->n, reg = mode_of(g) == FUZZ_64 ? R10 : RAX,
             other = mode_of(g) == FUZZ_64 ? R8 : RDX;
    struct item *it = new_item(g, "indirect jump");

    mov_label(g, it, reg, n + 1 + rng_below(&g->r, 4));
    if (rng_one_in(&g->r, 2)) {
        mov_label(g, it, other, n + 1 + rng_below(&g->r, 6));
        if (mode_of(g) == FUZZ_64)
            PUT(it, 0x4d, 0x0f, (u8)(0x40 | rng_below(&g->r, 16)), 0xd0); /* CMOVcc R10, R8 */
        else
            PUT(it, 0x0f, (u8)(0x40 | rng_below(&g->r, 16)), 0xc2); /* CMOVcc EAX, EDX */
    }
    jump_reg(it, reg, false);
}

/* PUSH label; RET */
static void push_ret(struct gen *g)
{
    struct item *it = new_item(g, "push, ret");
    PUT(it, 0x68);
    put_fix(it, FIX_ABS, rel_size(g), g->c->n + rng_below(&g->r, 4), 0, 0);
    PUT(it, 0xc3);
}

static void loop(struct gen *g, void (*body)(struct gen *))
{
    unsigned inner = 1 + rng_below(&g->r, 8), head;
    bool own = rng_one_in(&g->r, 2);

    if (own)
        set_memory(g, new_item(g, "loop head"), COUNTER2,
                   1 + rng_below(&g->r, rng_one_in(&g->r, 4) ? 120 : 20));
    head = g->c->n;
    for (unsigned i = 0; i < inner; i++)
        body(g);
    back(g, own ? COUNTER2 : COUNTER, head);
}

/* ---- strings ---- */

static void mov_imm(struct gen *g, struct item *it, unsigned reg, u64 v)
{
    PUT(it, (u8)(0xb8 | reg));
    put_int(it, v, mode_of(g) == FUZZ_16 ? 2 : 4);
}

static void string(struct gen *g)
{
    static const u8 ops[] = {0xa4, 0xa6, 0xaa, 0xac, 0xae};
    struct rng *r = &g->r;
    struct item *it = new_item(g, "string");
    unsigned op = ops[rng_below(r, 5)], size = rng_below(r, mode_of(g) == FUZZ_64 ? 4 : 3);
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
    mov_imm(g, it, RSI, window_base(g) + from);
    mov_imm(g, it, RDI, window_base(g) + to);
    mov_imm(g, it, RCX, count);
    if (rng_one_in(r, 3))
        PUT(it, 0xb0, (u8)rng_below(r, 3)); /* MOV AL */
    if (rng_one_in(r, 10) && mode_of(g) == FUZZ_64)
        PUT(it, 0x67);
    if (rng_below(r, 4))
        PUT(it, rng_one_in(r, 2) ? 0xf3 : 0xf2);
    if (size == 1)
        PUT(it, 0x66);
    if (size == 3)
        PUT(it, 0x48);
    PUT(it, (u8)(op | (size != 0)), 0xfc);
    if (mode_of(g) != FUZZ_64) { /* RSI is a pointer, RDI the index */
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
        it = new_item(g, "to be modified");
        PUT(it, (u8)(rng_one_in(r, 2) ? 0x05 : 0xb8)); /* ADD or MOV */
        put_int(it, rng_u64(r), rel_size(g));
        target = g->c->n - 1;
    }
    it = new_item(g, "self-modifying");
    switch (mode_of(g)) { /* MOV byte [label + 1], imm8 */
    case FUZZ_16:
        PUT(it, 0x65, 0xc6, 0x06);
        put_fix(it, FIX_ABS, 2, target, 1, 1);
        break;
    case FUZZ_32:
        PUT(it, 0xc6, 0x05);
        put_fix(it, FIX_ABS, 4, target, 1, 1);
        break;
    default:
        PUT(it, 0xc6, 0x04, 0x25);
        put_fix(it, FIX_ABS, 4, target, 1, 1);
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
    struct item *it = new_item(g, "stack");

    switch (rng_below(r, 5)) {
    case 0:
        PUT(it, 0xc8, (u8)rng_below(r, 64), 0, (u8)(g->c->host ? 0 : rng_below(r, 4)), 0xc9);
        break; /* ENTER, LEAVE */
    case 1:
        if (mode_of(g) != FUZZ_64)
            PUT(it, 0x60, 0x61); /* PUSHA, POPA */
        else
            PUT(it, 0x55, 0x41, 0x54, 0x53, 0x5b, 0x41, 0x5c,
                0x5d); /* PUSH RBP, R12, RBX and back */
        break;
    case 2: /* PUSH flags; POPF */
        PUT(it, 0x68);
        put_int(it, rng_u64(r) & (FL_ARITH | FL_DF), rel_size(g));
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
    struct item *it = new_item(g, "control");
    bool sse = rng_one_in(r, 2);
    u32 v = sse ? 0x1f80 | (u32)(rng_u64(r) & 0xe07f)
                : 0x7f | rng_below(r, 4) << 10 | (rng_one_in(r, 3) ? 2 : 3) << 8;

    PUT(it, 0x68);
    put_int(it, v, rel_size(g));
    if (mode_of(g) == FUZZ_16) {   /* through BX, which is loaded again */
        PUT(it, 0x89, 0xe3, 0x36); /* MOV BX, SP; SS: */
        if (sse)
            PUT(it, 0x0f, 0xae, 0x17);
        else
            PUT(it, 0xd9, 0x2f);
        PUT(it, 0x58, 0xbb);
        put_int(it, g->c->in.gpr[RBX], 2);
        return;
    }
    if (sse)
        PUT(it, 0x0f, 0xae, 0x14, 0x24, 0x58); /* LDMXCSR [rSP]; POP rAX */
    else
        PUT(it, 0xd9, 0x2c, 0x24, 0x58); /* FLDCW [rSP]; POP rAX */
}

/* Pointers that walk on. */
static void move_pointer(struct gen *g)
{
    struct item *it = new_item(g, "move pointer");
    unsigned p = pointer(g);
    if (mode_of(g) == FUZZ_64)
        PUT(it, (u8)(0x48 | p >> 3));
    PUT(it, 0x83, (u8)(0xc0 | (p & 7)),
        (u8)(rng_one_in(&g->r, 4) ? -8 : (u8[]){1, 4, 8, 16}[rng_below(&g->r, 4)]));
}

static void one(struct gen *g)
{
    unsigned sum = 0, k;

    for (unsigned i = 0; i < FORM_CLASSES; i++)
        sum += g->theme[i];
    k = rng_below(&g->r, sum);
    for (unsigned i = 0; i < FORM_CLASSES; i++) {
        if (k < g->theme[i]) {
            gen_form(g, (enum form_class)i);
            return;
        }
        k -= g->theme[i];
    }
}

static void call_sub(struct gen *g)
{
    struct item *it = new_item(g, "call");
    u16 to = (u16)(0x8000 + rng_below(&g->r, 3)); /* the number of a subroutine, for now */

    if (rng_one_in(&g->r, 3)) {
        mov_label(g, it, RAX, to);
        jump_reg(it, RAX, true);
    } else {
        PUT(it, 0xe8);
        put_fix(it, FIX_REL, rel_size(g), to, 0, 0);
    }
}

static void any(struct gen *g)
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
    else
        one(g);
}

/* ---- the whole ---- */

static void random_fx(struct gen *g, u8 *fx)
{
    static const u8 precision[] = {0, 2, 3, 3, 3};
    struct rng *r = &g->r;
    bool mask = g->c->host || rng_below(r, 4);
    u16 cw = (u16)(0x7f | rng_below(r, 4) << 10 | precision[rng_below(r, 5)] << 8),
        sw = rng_u64(r) & 0x7f00;
    u32 mxcsr = 0x1f80 | rng_below(r, 4) << 13 | (rng_one_in(r, 4) ? 1u << 6 : 0) |
                (rng_one_in(r, 4) ? 1u << 15 : 0);

    if (!mask)
        cw &= (u16) ~(1u << rng_below(r, 6));
    if (rng_one_in(r, mask ? 12 : 4))
        mxcsr &= ~(1u << (7 + rng_below(r, 6)));
    memcpy(fx, &cw, 2);
    memcpy(fx + 2, &sw, 2);
    fx[4] = (u8)(rng_below(r, 3) ? 0xff : rng_u64(r));
    memcpy(fx + 24, &mxcsr, 4);
    for (unsigned i = 0; i < 8; i++) {
        u64 mant = rng_fraction(r, 63), exp = rng_exponent(r, 32767);
        if (rng_below(r, 16) ? exp != 0 : rng_below(r, 2))
            mant |= (u64)1 << 63;
        exp |= rng_below(r, 2) << 15;
        memcpy(fx + 32 + 16 * i, &mant, 8);
        memcpy(fx + 40 + 16 * i, &exp, 2);
    }
    for (unsigned i = 160; i < (g->c->mode == FUZZ_64 ? 416 : 288); i += 8) {
        u64 v = rng_half(r);
        memcpy(fx + i, &v, 8);
    }
}

static void random_window(struct gen *g, u8 *w)
{
    struct rng fixed = {1}, *r = &g->r;
    u64 few[16];

    for (unsigned i = 0; i < 16; i++)
        few[i] = rng_half(r);
    for (unsigned i = 0; i < FUZZ_WRITABLE; i += 8) {
        u64 v = few[(i >> 3) & 15] + (i >> 7) * UINT64_C(0x100000001);
        memcpy(w + i, &v, 8);
    }
    for (unsigned i = FUZZ_WRITABLE; i < FUZZ_WINDOW_SIZE; i += 8) { /* the same in all cases */
        u64 v = rng_u64(&fixed);
        memcpy(w + i, &v, 8);
    }
    u32 count = rng_one_in(r, 5) ? 300 : 1 + rng_below(r, 40);
    memcpy(w + COUNTER, &count, 4);
    memcpy(w + COUNTER2, &count, 4);
}

static void random_state(struct gen *g)
{
    struct fuzz_state *s = &g->c->in;
    struct rng *r = &g->r;
    bool code64 = mode_of(g) == FUZZ_64;

    memset(s->fx, 0, sizeof(s->fx));
    for (unsigned i = 0; i < 16; i++)
        s->gpr[i] = code64 ? rng_value(r) : i < 8 ? (u32)rng_value(r) : 0;
    for (unsigned i = 0; i < (code64 ? ARRAY_SIZE(pointers64) : ARRAY_SIZE(pointers32)); i++) {
        u32 at = 0x100 + rng_below(r, FUZZ_WRITABLE - 0x200);
        s->gpr[code64 ? pointers64[i] : pointers32[i]] =
            window_base(g) + (rng_below(r, 4) ? at & ~15u : at);
    }
    s->gpr[index_reg(g)] = rng_below(r, 64);
    s->gpr[RSP] = window_base(g) + FUZZ_STACK + (rng_one_in(r, 6) ? rng_below(r, 8) : 0);
    s->rflags = rng_u64(r) & FL_ARITH;
    if (rng_one_in(r, 3)) { /* lengths for PCMPESTRx */
        s->gpr[RAX] = rng_below(r, 20);
        s->gpr[RDX] = rng_below(r, 20);
    }
    random_fx(g, s->fx);
    random_window(g, s->window);
    s->pc = (mode_of(g) == FUZZ_16 ? 0 : FUZZ_CODE) +
            (rng_one_in(r, 3) ? PAGE_SIZE - rng_below(r, 600) : rng_below(r, 1500));
}

static void choose_theme(struct gen *g)
{
    static const u8 themes[][FORM_CLASSES] = {
        {10, 0, 0, 0, 0}, {10, 0, 3, 0, 0}, {5, 0, 10, 0, 0},
        {5, 0, 0, 10, 0}, {5, 10, 3, 1, 0}, {10, 3, 5, 3, 0},
    };
    const u8 *t = themes[rng_below(&g->r, ARRAY_SIZE(themes))];

    for (unsigned i = 0; i < FORM_CLASSES; i++)
        g->theme[i] = t[i] * 20;
    if (!g->c->host)
        g->theme[FORM_SYSTEM] = 3;
}

static void subroutines(struct gen *g, unsigned *first)
{
    for (unsigned k = 0; k < 3; k++) {
        first[k] = g->c->n;
        for (unsigned i = 1 + rng_below(&g->r, 5); i; i--)
            one(g);
        struct item *it = new_item(g, "ret");
        if (rng_one_in(&g->r, 6))
            PUT(it, 0xc2, 8, 0);
        else
            PUT(it, 0xc3);
        it->keep = true;
    }
}

static void resolve(struct fuzz_case *c, const unsigned *sub, unsigned end)
{
    for (unsigned i = 0; i < c->n; i++)
        for (unsigned k = 0; k < c->item[i].n_fix; k++) {
            struct fix *f = &c->item[i].fix[k];
            if (f->to >= 0x8000)
                f->to = (u16)sub[f->to - 0x8000];
            else if (i < end && f->to > end)
                f->to = (u16)end;
            else if (f->to > c->n)
                f->to = (u16)c->n;
        }
}

static void gen_raw(struct gen *g)
{
    for (unsigned n = 4 + rng_below(&g->r, 20); n; n--) {
        struct item *it = new_item(g, "raw");
        put_int(it, rng_u64(&g->r), 1 + rng_below(&g->r, 6));
        if (rng_one_in(&g->r, 3))
            one(g);
    }
}

static unsigned bytes(const struct gen *g)
{
    unsigned n = 0;
    for (unsigned i = 0; i < g->c->n; i++)
        n += g->c->item[i].len;
    return n;
}

static void gen_structured(struct gen *g)
{
    unsigned length = 10 + rng_below(&g->r, rng_one_in(&g->r, 3) ? 180 : 60), sub[3];

    while (g->c->n < length && bytes(g) < 3000)
        if (rng_one_in(&g->r, 14))
            loop(g, any);
        else
            any(g);
    if (rng_one_in(&g->r, 2)) /* the whole once more, and again */
        back(g, COUNTER, rng_below(&g->r, g->c->n));
    struct item *end = new_item(g, "end");
    PUT(end, 0x0f, 0x0b);
    end->keep = true;
    unsigned at = g->c->n - 1;
    subroutines(g, sub);
    resolve(g->c, sub, at);
}

void gen_case(struct fuzz_case *c, u64 seed, u64 number, enum fuzz_mode mode)
{
    struct gen g = {.c = c, .r = {seed * UINT64_C(0x9e3779b97f4a7c15) + number * 3 + mode}};

    rng_u64(&g.r);
    c->seed = seed;
    c->number = number;
    c->mode = mode;
    c->n = 0;
    c->host = rng_below(&g.r, 4) != 0;
    c->raw = rng_one_in(&g.r, 16);
    g.faults = rng_one_in(&g.r, 3);
    choose_theme(&g);
    random_state(&g);
    if (c->raw) {
        gen_raw(&g);
        PUT(new_item(&g, "end"), 0x0f, 0x0b);
    } else {
        gen_structured(&g);
    }
    gen_lay_out(c);
}

static void apply_fix(struct fuzz_case *c, unsigned at, const struct fix *f)
{
    u32 base = c->mode == FUZZ_16 ? 0 : FUZZ_CODE;
    u32 target = c->at[MIN(f->to, c->n)], v;

    switch (f->kind) {
    case FIX_REL:
        v = target - (at + f->end);
        break;
    case FIX_ABS:
        v = base + target + f->add;
        break;
    default:
        v = f->add - (FUZZ_CODE + at + f->end);
    }
    if (f->size == 1 && (i32)v != (i8)v)
        v = 0; /* too far: to the next one */
    memcpy(c->in.code + at + f->at, &v, f->size);
}

void gen_lay_out(struct fuzz_case *c)
{
    unsigned at = c->in.pc & (FUZZ_CODE_SIZE - 1);

    memset(c->in.code, 0xf4, FUZZ_CODE_SIZE); /* HLT */
    for (unsigned i = 0; i < c->n; i++) {
        c->at[i] = (u16)at;
        at += c->item[i].gone ? 0 : c->item[i].len;
    }
    c->at[c->n] = (u16)at;
    CHECK(at < FUZZ_CODE_SIZE);
    for (unsigned i = 0; i < c->n; i++) {
        const struct item *it = &c->item[i];
        if (it->gone)
            continue;
        memcpy(c->in.code + c->at[i], it->bytes, it->len);
        for (unsigned k = 0; k < it->n_fix; k++)
            apply_fix(c, c->at[i], &it->fix[k]);
    }
}
