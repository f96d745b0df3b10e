/* decoder.c - read the rows of the instruction tables, and find the row of an instruction */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sources: SDM vol. 2, chapter 2 (instruction format) and appendix A (opcode map).
 *
 * Rows are compiled once, when the CPU is made: each becomes a pattern (prefix, map, opcode, modrm)
 * and up to four operand specifications. Rows of one opcode are kept in a list, the most specific
 * pattern first, so that "F3 90" comes before "90+r", and "66 0F 10" before "0F 10".
 *
 * Immediates: Ib, Iw and Id are zero-extended, Ibs and Iz sign-extended, Iv is as wide as the
 * operand. An operand "Rd/Mb" is Rd when the modrm names a register, else Mb. Names beside the
 * SDM's letters: AL CL AH AX DX eAX rAX EAX, the segment registers, XMM0, and 1.
 */
#include <stdlib.h>
#include <string.h>

#include "arch/x86/decode.h"
#include "emu/check.h"

enum { PREFIX_ANY, PREFIX_NP, PREFIX_66, PREFIX_F3, PREFIX_F2 };

enum opd_size { SZ_NONE, SZ_B, SZ_BS, SZ_W, SZ_D, SZ_Q, SZ_T, SZ_DQ, SZ_V, SZ_Z, SZ_Y, SZ_P, SZ_S, SZ_A };

/* letter: the SDM's, or one of these for operands written by name. */
enum { NAMED_REG = 'r', NAMED_SEG = 's', NAMED_XMM = 'x', NAMED_ONE = '1', NO_OPERAND = 0 };

struct opd_spec {
    char letter;
    u8 size; /* enum opd_size */
    u8 reg;  /* of a named one */
};

enum { MOD_ANY, MOD_MEM, MOD_REG };

struct pattern {
    const struct x86_row *row;
    u8 prefix, map, opcode, n_opcodes;
    bool modrm;
    u8 mod;         /* MOD_... */
    i8 ext;         /* modrm reg field, or -1 */
    u8 first, last; /* a second opcode byte, or 0 and 0 */
    u8 n_ops;
    struct opd_spec op[4][2]; /* for a register modrm, for a memory modrm */
};

struct node {
    u16 pattern, next; /* next: index + 1, 0 ends */
};

struct x86_decoder {
    struct pattern *patterns;
    struct node *nodes;
    u32 n_patterns, n_nodes;
    u16 head[4][256]; /* index + 1 */
};

/* ---- compiling rows ---- */

static int hex_byte(const char *s)
{
    static const char digits[] = "0123456789ABCDEF";
    const char *hi = s[0] ? strchr(digits, s[0]) : NULL;
    const char *lo = hi && s[1] ? strchr(digits, s[1]) : NULL;
    return lo ? (int)((hi - digits) << 4 | (lo - digits)) : -1;
}

static void compile_token(struct pattern *p, const char *tok, bool *have_map, bool *have_opcode)
{
    int byte = hex_byte(tok);
    size_t n = strlen(tok);

    if (!strcmp(tok, "NP")) {
        p->prefix = PREFIX_NP;
    } else if (tok[0] == '/') {
        CHECK(*have_opcode && n == 2 && (tok[1] == 'r' || (tok[1] >= '0' && tok[1] <= '7')));
        p->modrm = true;
        if (tok[1] != 'r')
            p->ext = (i8)(tok[1] - '0');
    } else if (!strcmp(tok, "+r")) {
        p->n_opcodes = 8;
    } else if (*have_opcode) {
        CHECK(byte >= 0xc0 && (n == 2 || !strcmp(tok + 2, "+i")));
        p->modrm = true;
        p->first = (u8)byte;
        p->last = (u8)(byte + (n == 2 ? 0 : 7));
    } else if (!*have_map && n == 2 && (byte == 0x66 || byte == 0xf3 || byte == 0xf2)) {
        if (byte != 0x66)
            p->prefix = byte == 0xf3 ? PREFIX_F3 : PREFIX_F2;
        else if (p->prefix == PREFIX_ANY)
            p->prefix = PREFIX_66;
    } else if (!*have_map && byte == 0x0f && n == 2) {
        *have_map = true;
        p->map = 1;
    } else if (p->map == 1 && n == 2 && (byte == 0x38 || byte == 0x3a)) {
        p->map = byte == 0x38 ? 2 : 3;
    } else {
        CHECK(byte >= 0 && (n == 2 || !strcmp(tok + 2, "+r")));
        p->opcode = (u8)byte;
        p->n_opcodes = n == 2 ? 1 : 8;
        *have_opcode = true;
    }
}

static void compile_encoding(struct pattern *p, const char *text)
{
    char tok[8];
    bool have_map = false, have_opcode = false;

    p->ext = -1;
    p->n_opcodes = 1;
    while (*text) {
        size_t n = strcspn(text, " ");
        CHECK(n > 0 && n < sizeof(tok));
        memcpy(tok, text, n);
        tok[n] = 0;
        compile_token(p, tok, &have_map, &have_opcode);
        text += n;
        text += strspn(text, " ");
    }
    CHECK(have_opcode);
}

static const struct named {
    const char *name;
    struct opd_spec spec;
} named[] = {
    {"AL", {NAMED_REG, SZ_B, RAX}},  {"CL", {NAMED_REG, SZ_B, RCX}},  {"AH", {NAMED_REG, SZ_B, 4}},
    {"AX", {NAMED_REG, SZ_W, RAX}},  {"DX", {NAMED_REG, SZ_W, RDX}},  {"eAX", {NAMED_REG, SZ_Z, RAX}},
    {"rAX", {NAMED_REG, SZ_V, RAX}}, {"EAX", {NAMED_REG, SZ_D, RAX}}, {"RAX", {NAMED_REG, SZ_Q, RAX}},
    {"ES", {NAMED_SEG, SZ_W, SEG_ES}}, {"CS", {NAMED_SEG, SZ_W, SEG_CS}}, {"SS", {NAMED_SEG, SZ_W, SEG_SS}},
    {"DS", {NAMED_SEG, SZ_W, SEG_DS}}, {"FS", {NAMED_SEG, SZ_W, SEG_FS}}, {"GS", {NAMED_SEG, SZ_W, SEG_GS}},
    {"XMM0", {NAMED_XMM, SZ_DQ, 0}},   {"1", {NAMED_ONE, SZ_B, 0}},
};

static const struct size_name {
    const char *name;
    u8 size;
} size_names[] = {
    {"", SZ_NONE}, {"b", SZ_B}, {"bs", SZ_BS}, {"w", SZ_W}, {"d", SZ_D}, {"q", SZ_Q}, {"t", SZ_T}, {"dq", SZ_DQ},
    {"x", SZ_DQ}, {"ps", SZ_DQ}, {"pd", SZ_DQ}, {"ss", SZ_D}, {"sd", SZ_Q}, {"pi", SZ_Q}, {"si", SZ_D},
    {"v", SZ_V}, {"z", SZ_Z}, {"y", SZ_Y}, {"d/q", SZ_Y}, {"p", SZ_P}, {"s", SZ_S}, {"a", SZ_A},
};

static struct opd_spec compile_spec(const char *tok)
{
    for (u32 i = 0; i < ARRAY_SIZE(named); i++)
        if (!strcmp(tok, named[i].name))
            return named[i].spec;
    CHECK(strchr("ACDEGIJMNOPQRSUVWXYZ", tok[0]));
    for (u32 i = 0; i < ARRAY_SIZE(size_names); i++)
        if (!strcmp(tok + 1, size_names[i].name))
            return (struct opd_spec){tok[0], size_names[i].size, 0};
    CHECK(!"a known operand size");
    return (struct opd_spec){0};
}

static void compile_operand(struct pattern *p, const char *tok)
{
    struct opd_spec *op = p->op[p->n_ops++];
    const char *slash = strchr(tok, '/');

    if (slash && slash[1] >= 'A' && slash[1] <= 'Z') {
        char left[8] = {0};
        memcpy(left, tok, MIN((size_t)(slash - tok), sizeof(left) - 1));
        struct opd_spec a = compile_spec(left), b = compile_spec(slash + 1);
        bool a_mem = a.letter == 'M';
        CHECK(a_mem != (b.letter == 'M'));
        op[0] = a_mem ? b : a;
        op[1] = a_mem ? a : b;
        p->modrm = true;
        return;
    }
    op[0] = op[1] = compile_spec(tok);
    if (strchr("CDEGMNPQRSUVW", op[0].letter))
        p->modrm = true;
    if (op[0].letter == 'M')
        p->mod = MOD_MEM;
    if (strchr("RUN", op[0].letter))
        p->mod = MOD_REG;
}

static void compile_operands(struct pattern *p, const char *text)
{
    char tok[16];

    while (*text) {
        size_t n = strcspn(text, ",");
        CHECK(n > 0 && n < sizeof(tok) && p->n_ops < 4);
        memcpy(tok, text, n);
        tok[n] = 0;
        compile_operand(p, tok);
        text += n;
        text += strspn(text, ", ");
    }
}

static unsigned specificity(const struct pattern *p)
{
    return (p->first ? 8 : 0) + (p->prefix != PREFIX_ANY ? 4 : 0) + (p->ext >= 0 ? 2 : 0) +
           (p->mod != MOD_ANY ? 1 : 0);
}

static void insert(struct x86_decoder *d, u16 pattern, u8 opcode)
{
    const struct pattern *p = &d->patterns[pattern];
    u16 *link = &d->head[p->map][opcode];

    while (*link && specificity(&d->patterns[d->nodes[*link - 1].pattern]) >= specificity(p))
        link = &d->nodes[*link - 1].next;
    d->nodes[d->n_nodes] = (struct node){pattern, *link};
    *link = (u16)++d->n_nodes;
}

struct x86_decoder *x86_decoder_new(const struct x86_row *const *tables, unsigned n)
{
    struct x86_decoder *d = xcalloc(1, sizeof(*d));
    u32 rows = 0;

    for (unsigned i = 0; i < n; i++)
        for (const struct x86_row *r = tables[i]; r->encoding; r++)
            rows++;
    CHECK(rows < 8000);
    d->patterns = xcalloc(rows + 1, sizeof(*d->patterns));
    d->nodes = xcalloc(rows * 8 + 1, sizeof(*d->nodes));
    for (unsigned i = 0; i < n; i++) {
        for (const struct x86_row *r = tables[i]; r->encoding; r++) {
            struct pattern *p = &d->patterns[d->n_patterns];
            p->row = r;
            compile_encoding(p, r->encoding);
            compile_operands(p, r->operands ? r->operands : "");
            for (unsigned k = 0; k < p->n_opcodes; k++)
                insert(d, (u16)d->n_patterns, (u8)(p->opcode + k));
            d->n_patterns++;
        }
    }
    return d;
}

void x86_decoder_delete(struct x86_decoder *d)
{
    if (!d)
        return;
    free(d->patterns);
    free(d->nodes);
    free(d);
}

/* ---- decoding ---- */

struct cursor {
    const struct x86_fetch *f;
    struct x86_insn *in;
    u32 mode;
    bool p67;
    enum x86_decoded status;
};

/* After the first failure yields zeros; the status is looked at after each stage. */
static u64 take(struct cursor *c, unsigned n)
{
    bool ok = true;
    u64 v;

    if (c->status != X86_DECODED)
        return 0;
    if (c->in->len + n > X86_MAX_LEN) {
        c->status = X86_DECODE_TOO_LONG;
        return 0;
    }
    v = c->f->next(c->f->opaque, n, &ok);
    if (!ok) {
        c->status = X86_DECODE_CUT;
        return 0;
    }
    c->in->len = (u8)(c->in->len + n);
    return v;
}

static u64 sign_extend(u64 v, unsigned bytes)
{
    unsigned shift = 64 - 8 * bytes;
    return (u64)((i64)(v << shift) >> shift);
}

static u64 take_signed(struct cursor *c, unsigned n)
{
    return sign_extend(take(c, n), n);
}

static void clear_rex(struct x86_insn *in)
{
    in->rex = in->rexw = false;
    in->rex_r = in->rex_x = in->rex_b = 0;
}

static bool prefix(struct cursor *c, u8 byte)
{
    struct x86_insn *in = c->in;
    bool code64 = c->mode & MODE_CS64;

    if (code64 && (byte & 0xf0) == 0x40) {
        in->rex = true;
        in->rexw = byte & 8;
        in->rex_r = byte & 4 ? 8 : 0;
        in->rex_x = byte & 2 ? 8 : 0;
        in->rex_b = byte & 1 ? 8 : 0;
        return true;
    }
    switch (byte) {
    case 0x26: case 0x2e: case 0x36: case 0x3e:
        if (!code64) /* no effect in 64-bit code (SDM vol. 1, 3.4.2.1) */
            in->seg = (byte >> 3) & 3;
        break;
    case 0x64: case 0x65: in->seg = byte == 0x64 ? SEG_FS : SEG_GS; break;
    case 0x66: in->p66 = true; break;
    case 0x67: c->p67 = true; break;
    case 0xf0: in->lock = true; break;
    case 0xf2: in->repne = true; in->rep = false; break;
    case 0xf3: in->rep = true; in->repne = false; break;
    default: return false;
    }
    clear_rex(in); /* REX counts only directly before the opcode */
    return true;
}

static unsigned opcode_map(struct cursor *c, u8 *byte)
{
    do
        *byte = (u8)take(c, 1);
    while (c->status == X86_DECODED && prefix(c, *byte));
    if (*byte != 0x0f)
        return 0;
    *byte = (u8)take(c, 1);
    if (*byte != 0x38 && *byte != 0x3a)
        return 1;
    unsigned map = *byte == 0x38 ? 2 : 3;
    *byte = (u8)take(c, 1);
    return map;
}

static bool pattern_in_mode(const struct pattern *p, u32 mode)
{
    return !(p->row->flags & (mode & MODE_CS64 ? ROW_NO64 : ROW_ONLY64));
}

static bool pattern_matches(const struct pattern *p, const struct x86_insn *in)
{
    unsigned have = in->rep ? PREFIX_F3 : in->repne ? PREFIX_F2 : in->p66 ? PREFIX_66 : PREFIX_NP;

    if (p->prefix != PREFIX_ANY && p->prefix != have)
        return false;
    if (!p->modrm)
        return true;
    if (p->first && (in->modrm < p->first || in->modrm > p->last))
        return false;
    if (p->ext >= 0 && in->reg != p->ext)
        return false;
    return p->mod == MOD_ANY || (p->mod == MOD_REG) == (in->mod == 3);
}

static const struct pattern *find(const struct x86_decoder *d, struct cursor *c, unsigned map, u8 opcode)
{
    struct x86_insn *in = c->in;

    for (u16 k = d->head[map][opcode]; k; k = d->nodes[k - 1].next) {
        const struct pattern *p = &d->patterns[d->nodes[k - 1].pattern];
        if (!pattern_in_mode(p, c->mode))
            continue;
        if (p->modrm && !in->has_modrm) {
            in->has_modrm = true;
            in->modrm = (u8)take(c, 1);
            in->mod = in->modrm >> 6;
            in->reg = in->modrm >> 3 & 7;
            in->rm = in->modrm & 7;
        }
        if (pattern_matches(p, in))
            return p;
    }
    return NULL;
}

static void sizes(struct cursor *c, u32 flags)
{
    struct x86_insn *in = c->in;

    if (c->mode & MODE_CS64) {
        in->addrsize = c->p67 ? 4 : 8;
        in->stacksize = 8;
        if ((flags & ROW_FORCE64) || in->rexw)
            in->opsize = 8;
        else if (in->p66)
            in->opsize = 2;
        else
            in->opsize = flags & ROW_DEF64 ? 8 : 4;
    } else {
        bool code32 = c->mode & MODE_CS32;
        in->addrsize = code32 != c->p67 ? 4 : 2;
        in->stacksize = c->mode & MODE_SS32 ? 4 : 2;
        in->opsize = code32 != in->p66 ? 4 : 2;
    }
}

/* SDM vol. 2, table 2-1. */
static void address16(struct cursor *c)
{
    static const u8 bases[8] = {RBX, RBX, RBP, RBP, RSI, RDI, RBP, RBX};
    static const u8 indexes[8] = {RSI, RDI, RSI, RDI, 0xff, 0xff, 0xff, 0xff};
    struct x86_insn *in = c->in;

    in->base = bases[in->rm];
    in->index = indexes[in->rm];
    if (in->mod == 0 && in->rm == 6) {
        in->base = 0xff;
        in->disp = take(c, 2);
    } else if (in->mod == 1) {
        in->disp = take_signed(c, 1);
    } else if (in->mod == 2) {
        in->disp = take_signed(c, 2);
    }
}

/* SDM vol. 2, tables 2-2 and 2-3. */
static void address32(struct cursor *c)
{
    struct x86_insn *in = c->in;
    bool no_base = false;

    in->base = in->rm | in->rex_b;
    if (in->rm == 4) {
        u8 sib = (u8)take(c, 1);
        in->scale = sib >> 6;
        in->index = (sib >> 3 & 7) | in->rex_x;
        if (in->index == RSP)
            in->index = 0xff;
        in->base = (sib & 7) | in->rex_b;
        no_base = (sib & 7) == 5 && in->mod == 0;
        if (no_base)
            in->base = 0xff;
    } else if (in->rm == 5 && in->mod == 0) {
        no_base = true;
        in->base = c->mode & MODE_CS64 ? 0xfe : 0xff;
    }
    if (in->mod == 1)
        in->disp = take_signed(c, 1);
    else if (in->mod == 2 || no_base)
        in->disp = take_signed(c, 4);
}

static unsigned spec_size(const struct opd_spec *s, const struct x86_insn *in, bool code64)
{
    switch ((enum opd_size)s->size) {
    case SZ_NONE: return 0;
    case SZ_B: case SZ_BS: return 1;
    case SZ_W: return 2;
    case SZ_D: return 4;
    case SZ_Q: return 8;
    case SZ_T: return 10;
    case SZ_DQ: return 16;
    case SZ_V: return in->opsize;
    case SZ_Z: return MIN(in->opsize, 4);
    case SZ_Y: return in->opsize == 8 ? 8 : 4;
    case SZ_P: return 2 + in->opsize;
    case SZ_S: return code64 ? 10 : 6;
    case SZ_A: return 2 * in->opsize;
    }
    return 0;
}

static void gpr_operand(struct x86_operand *o, const struct x86_insn *in, unsigned reg)
{
    bool high = o->size == 1 && !in->rex && reg >= 4;
    o->kind = high ? OPD_REG8H : OPD_REG;
    o->reg = (u8)(high ? reg - 4 : reg);
}

static void rm_operand(struct x86_operand *o, const struct x86_insn *in, char letter)
{
    if (in->mod != 3) {
        o->kind = OPD_MEM;
    } else if (letter == 'Q' || letter == 'N') {
        o->kind = OPD_MM;
        o->reg = in->rm;
    } else if (letter == 'W' || letter == 'U') {
        o->kind = OPD_XMM;
        o->reg = in->rm | in->rex_b;
    } else {
        gpr_operand(o, in, in->rm | in->rex_b);
    }
}

static void immediate_operand(struct cursor *c, struct x86_operand *o, const struct opd_spec *s)
{
    o->kind = OPD_IMM;
    o->imm = s->size == SZ_BS || s->size == SZ_Z ? take_signed(c, o->size) : take(c, o->size);
}

static void reg_operand(struct x86_operand *o, const struct x86_insn *in, char letter)
{
    switch (letter) {
    case 'G': gpr_operand(o, in, in->reg | in->rex_r); return;
    case 'C': o->kind = OPD_CR; o->reg = in->reg | in->rex_r; break;
    case 'D': o->kind = OPD_DR; o->reg = in->reg | in->rex_r; break;
    case 'S': o->kind = OPD_SEG; o->reg = in->reg; break;
    case 'V': o->kind = OPD_XMM; o->reg = in->reg | in->rex_r; break;
    case 'P': o->kind = OPD_MM; o->reg = in->reg; break;
    }
    if (letter == 'C' || letter == 'D')
        o->size = 0;
}

static void operand(struct cursor *c, struct x86_operand *o, const struct opd_spec *s)
{
    struct x86_insn *in = c->in;

    o->size = (u8)spec_size(s, in, c->mode & MODE_CS64);
    switch (s->letter) {
    case 'E': case 'M': case 'N': case 'Q': case 'R': case 'U': case 'W':
        rm_operand(o, in, s->letter);
        break;
    case 'C': case 'D': case 'G': case 'P': case 'S': case 'V':
        reg_operand(o, in, s->letter);
        break;
    case 'Z':
        gpr_operand(o, in, (in->opcode & 7) | in->rex_b);
        break;
    case 'I':
        immediate_operand(c, o, s);
        break;
    case 'J':
        o->kind = OPD_REL;
        o->imm = take_signed(c, o->size); /* the target is known when the length is */
        break;
    case 'A':
        o->kind = OPD_FAR;
        o->imm = take(c, in->opsize);
        o->imm2 = (u16)take(c, 2);
        break;
    case 'O':
        o->kind = OPD_MEM;
        in->base = in->index = 0xff;
        in->disp = take(c, in->addrsize);
        break;
    case 'X': o->kind = OPD_MEM; in->base = RSI; break;
    case 'Y': o->kind = OPD_MEM; break;
    case NAMED_REG: gpr_operand(o, in, s->reg); break;
    case NAMED_SEG: o->kind = OPD_SEG; o->reg = s->reg; break;
    case NAMED_XMM: o->kind = OPD_XMM; o->reg = s->reg; break;
    case NAMED_ONE: o->kind = OPD_IMM; o->imm = 1; break;
    default: CHECK(!"a known operand letter");
    }
    if (s->letter == NAMED_REG && s->size == SZ_B && s->reg == 4) {
        o->kind = OPD_REG8H;
        o->reg = 0;
    }
}

static u64 wrap(u64 pc, unsigned size)
{
    return size == 8 ? pc : size == 4 ? (u32)pc : (u16)pc;
}

/* What depends on the length: the next pc, branch targets, RIP-relative addresses. */
static void finish(struct cursor *c)
{
    struct x86_insn *in = c->in;

    in->next_pc = wrap(in->pc + in->len, c->mode & MODE_CS64 ? 8 : 4);
    for (unsigned i = 0; i < in->n_ops; i++)
        if (in->op[i].kind == OPD_REL)
            in->op[i].imm = wrap(in->next_pc + in->op[i].imm, in->opsize);
    if (in->base == 0xfe)
        in->disp = wrap(in->next_pc + in->disp, in->addrsize);
    if (in->seg == 0xff) {
        bool stack = in->base == RSP || in->base == RBP; /* not R12, R13 */
        in->seg = stack ? SEG_SS : SEG_DS;
    }
}

static bool lock_allowed(const struct x86_insn *in)
{
    return (in->row->flags & ROW_LOCK) && in->has_modrm && in->mod != 3;
}

enum x86_decoded x86_decode(const struct x86_decoder *d, u32 mode, u64 pc, const struct x86_fetch *f,
                            struct x86_insn *in)
{
    struct cursor c = {.f = f, .in = in, .mode = mode};
    u8 opcode;

    memset(in, 0, sizeof(*in));
    in->pc = pc;
    in->seg = in->base = in->index = 0xff;
    unsigned map = opcode_map(&c, &opcode);
    if (c.status != X86_DECODED)
        return c.status;
    in->opcode = opcode;
    const struct pattern *p = find(d, &c, map, opcode);
    sizes(&c, p ? p->row->flags : 0);
    if (c.status == X86_DECODED && p) {
        in->row = p->row;
        if (in->has_modrm && in->mod != 3)
            in->addrsize == 2 ? address16(&c) : address32(&c);
        in->n_ops = p->n_ops;
        for (unsigned i = 0; i < p->n_ops; i++)
            operand(&c, &in->op[i], &p->op[i][in->has_modrm && in->mod != 3]);
    }
    finish(&c);
    if (c.status != X86_DECODED)
        return c.status;
    return p && (!in->lock || lock_allowed(in)) ? X86_DECODED : X86_DECODE_INVALID;
}
