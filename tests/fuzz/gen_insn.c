/* gen_insn.c - one instruction, with operands that mean something */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "emu/check.h"
#include "form.h"
#include "gen_int.h"

struct item *gen_item(struct gen *g, const char *name)
{
    struct fuzz_case *c = g->c;
    CHECK(c->n < FUZZ_MAX_ITEMS);
    struct item *it = &c->item[c->n++];
    *it = (struct item){.name = name};
    return it;
}

void gen_put(struct item *it, const void *p, unsigned n)
{
    CHECK(it->len + n <= sizeof(it->bytes));
    memcpy(it->bytes + it->len, p, n);
    it->len = (u8)(it->len + n);
}

void gen_put_int(struct item *it, u64 v, unsigned n)
{
    gen_put(it, &v, n);
}

/* Bytes that a fix will fill in. */
void gen_put_fix(struct item *it, enum fix_kind kind, unsigned size, unsigned to, u32 add,
                 unsigned after)
{
    CHECK(it->n_fix < ARRAY_SIZE(it->fix));
    it->fix[it->n_fix++] =
        (struct fix){(u8)kind, it->len, (u8)size, (u8)(it->len + size + after), (u16)to, add};
    gen_put_int(it, 0, size);
}

/* ---- registers ---- */

static const u8 pointers64[] = {RBX, RBP, R12, R13, R14}, pointers32[] = {RBX, RBP, RSI};
static const u8 free64[] = {RAX, RCX, RDX, RSI, RDI, R8, R10, R11}, free32[] = {RAX, RCX, RDX};
static const u8 free_bytes[] = {0, 1, 2, 4, 5, 6}; /* AL CL DL AH CH DH */

unsigned gen_n_pointers(const struct gen *g)
{
    return gen_mode(g) == FUZZ_64 ? ARRAY_SIZE(pointers64) : ARRAY_SIZE(pointers32);
}

unsigned gen_pointer_reg(const struct gen *g, unsigned i)
{
    return gen_mode(g) == FUZZ_64 ? pointers64[i] : pointers32[i];
}

unsigned gen_pointer(struct gen *g)
{
    return gen_pointer_reg(g, rng_below(&g->r, gen_n_pointers(g)));
}

unsigned gen_index_reg(const struct gen *g)
{
    return gen_mode(g) == FUZZ_64 ? R9 : RDI;
}

unsigned gen_free_reg(struct gen *g)
{
    return gen_mode(g) == FUZZ_64 ? free64[rng_below(&g->r, ARRAY_SIZE(free64))]
                                  : free32[rng_below(&g->r, ARRAY_SIZE(free32))];
}

static unsigned any_reg(struct gen *g)
{
    return rng_below(&g->r, gen_mode(g) == FUZZ_64 ? 16 : 8);
}

static unsigned choose_gpr(struct gen *g, bool dest, bool byte, bool rex)
{
    if (byte && !rex && !(!dest && rng_one_in(&g->r, 8)))
        return free_bytes[rng_below(&g->r, ARRAY_SIZE(free_bytes))];
    if (byte && !rex)
        return rng_below(&g->r, 8);
    if (rng_one_in(&g->r, dest ? 400 : 8))
        return any_reg(g);
    return gen_free_reg(g);
}

static unsigned choose_operand(struct gen *g, unsigned regs, bool dest, bool byte, bool rex)
{
    switch (regs) {
    case REGS_GPR:
        return choose_gpr(g, dest, byte, rex);
    case REGS_XMM:
        return rng_below(&g->r, gen_mode(g) == FUZZ_64 && rng_one_in(&g->r, 3) ? 16 : 8);
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
    return ((u32)g->c->in.gpr[reg] - gen_window_base(g)) & 0x7fffffff; /* in either half */
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
    struct address a = {.disp = gen_window_base(g) + at, .disp_size = 4, .rm = 5};

    if (g->c->high || (gen_mode(g) == FUZZ_64 && rng_one_in(&g->r, 2))) {
        a.rm = 4;
        a.have_sib = true;
        a.sib = 0x25;
    } else {
        a.rip = gen_mode(g) == FUZZ_64;
    }
    return a;
}

static struct address address32(struct gen *g, unsigned bytes, bool align)
{
    struct rng *r = &g->r;
    unsigned base = rng_one_in(r, 30) ? RSP : gen_pointer(g), scale = rng_below(r, 4), index = 4;
    u32 sum = nominal(g, base), at;
    struct address a = {0};

    if (rng_one_in(r, 8))
        return address_absolute(g, choose_place(g, 0x400, bytes, align));
    at = choose_place(g, sum, bytes, align);
    if (rng_one_in(r, 4)) {
        index = gen_index_reg(g);
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
    bool p67 = gen_mode(g) != FUZZ_32 && rng_one_in(&g->r, 16);
    struct address a =
        gen_mode(g) == FUZZ_16 && !p67 ? address16(g, bytes, align) : address32(g, bytes, align);
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
    unsigned size = gen_mode(g) == FUZZ_16 ? 2 : 4;

    *p66 = *rexw = false;
    if (f->size == 'v' && rng_one_in(&g->r, 4)) {
        *p66 = true;
        size = 6 - size;
    } else if (gen_mode(g) == FUZZ_64 && (f->size == 'v' || f->size == 'y') &&
               rng_one_in(&g->r, 2)) {
        *rexw = true;
        size = 8;
    }
    if (f->def64 && gen_mode(g) == FUZZ_64 && !*p66)
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

    if (k < 4 && (k < 3 || gen_mode(g) == FUZZ_32))
        PUT(it, prefixes[k]);
}

static void put_rex(struct gen *g, struct item *it, u8 rex, bool always)
{
    if (gen_mode(g) == FUZZ_64 && (rex || always))
        PUT(it, 0x40 | rex);
}

static void put_opcode(struct item *it, const struct form *f, unsigned plus)
{
    u8 op[3];
    memcpy(op, f->opcode, 3);
    op[f->n_opcode - 1] = (u8)(op[f->n_opcode - 1] + plus);
    gen_put(it, op, f->n_opcode);
}

static void put_imms(struct gen *g, struct item *it, const struct form *f, unsigned size)
{
    for (unsigned i = 0; i < 2 && f->imm[i]; i++)
        gen_put_int(it, rng_value(&g->r), imm_bytes(f->imm[i], size));
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
    if (gen_mode(g) != FUZZ_64)
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
        gen_put_fix(it, FIX_RIP, 4, 0, a.disp, imms_bytes(f, size));
    else
        gen_put_int(it, a.disp, a.disp_size);
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
    PUT(it, 0x83, (u8)(0xf8 | (gen_free_reg(g) & 3)), (u8)rng_u64(&g->r));
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
        u32 at = gen_window_base(g) + rng_below(&g->r, FUZZ_WRITABLE - 16);
        if (gen_mode(g) != FUZZ_64)
            PUT(it, 0x0f, 0xbf, 0xfd); /* MOVSX EDI, BP: the index register is made to point, too */
        else
            PUT(it, 0xbf), gen_put_int(it, at, 4);
    } else if (g->c->host && (!strcmp(m, "SHLD") || !strcmp(m, "SHRD"))) {
        PUT(it, 0x80, 0xe1, 15); /* AND CL, 15 */
    }
}

static bool unfit(const struct gen *g, const struct form *f, bool p66)
{
    const char *m = f->row->mnemonic;
    unsigned size16 = gen_mode(g) == FUZZ_16 ? !p66 : p66;

    if (!g->c->host)
        return false;
    if (size16 && gen_host_differs_in_16(m) && (f->imm[0] || m[0] != 'S'))
        return true;
    return gen_mode(g) != FUZZ_64 && !strncmp(m, "MASKMOV", 7);
}

void gen_insn(struct gen *g, enum form_class class)
{
    const struct form *f = form_choose(&g->r, class, gen_mode(g), g->c->host);
    bool p66, rexw, memory;
    unsigned size = choose_size(g, f, &p66, &rexw);

    if (unfit(g, f, p66))
        return;
    if (strstr(f->row->mnemonic, "DIV") && class == FORM_INTEGER && rng_below(&g->r, 3))
        return;
    struct item *it = gen_item(g, f->row->mnemonic);
    bool always =
        gen_mode(g) == FUZZ_64 && (f->reg_is_byte || f->rm_is_byte) && rng_one_in(&g->r, 3);
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
