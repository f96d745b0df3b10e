/* form.c - the decoder's rows, read so that instructions can be written from them */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "form.h"

#include <stdlib.h>
#include <string.h>

#include "emu/check.h"

static struct form forms[1200];
static unsigned n_forms, by_class[FORM_CLASSES][1200], n_by_class[FORM_CLASSES];

static bool named(const char *name, const char *const *names)
{
    for (; *names; names++)
        if (!strcmp(name, *names))
            return true;
    return false;
}

/* Their results differ between makers, they are about the machine and not the program, or they
 * would take the test's own process away. */
bool gen_host_runs(const struct x86_row *r)
{
    static const char *const names[] = {
        "RCPPS",   "RCPSS",    "RSQRTPS",   "RSQRTSS",  "FXSAVE",    "FXRSTOR",  "XSAVE",
        "XRSTOR",  "LDMXCSR",  "FLDENV",    "FNSTENV",  "FRSTOR",    "FNSAVE",   "FLDCW",
        "F2XM1",   "FYL2X",    "FYL2XP1",   "FPTAN",    "FPATAN",    "FSIN",     "FCOS",
        "FSINCOS", "CVTPS2PI", "CVTTPS2PI", "CVTPD2PI", "CVTTPD2PI", "CVTPI2PS", "POPF",
        "INT",     "INT1",     "INT3",      "UD0",      "UD1",       "FWAIT",    "PREFETCHW",
        "PAUSE",   "ENTER",    "INTO",      NULL};
    static const char *const system[] = {"LFENCE", "MFENCE", "SFENCE", NULL};
    const struct x86_row *s = x86_rows_system;

    if (named(r->mnemonic, names))
        return false;
    if ((r->flags & ROW_X87) && strstr(r->mnemonic, "COMI")) /* C1 */
        return false;
    if (!strcmp(r->mnemonic, "NOP") && r->operands[0]) /* newer instructions are among them */
        return false;
    while (s->encoding && s != r)
        s++;
    return !s->encoding || named(r->mnemonic, system);
}

/* BSWAP is undefined, so are large counts, and of memory AMD's MOVSXD reads 32 bits. */
bool gen_host_differs_in_16(const char *mnemonic)
{
    static const char *const names[] = {"BSWAP", "SHLD", "SHRD", "MOVSXD", NULL};
    return named(mnemonic, names);
}

static bool host_is_amd(void)
{
#ifdef __x86_64__
    return __builtin_cpu_is("amd");
#else
    return false;
#endif
}

u32 gen_undefined_flags(const char *m)
{
    enum { SZAP = FL_SF | FL_ZF | FL_AF | FL_PF };
    static const struct {
        const char *name;
        u32 flags, amd;
    } table[] = {
        {"AND", FL_AF, 0},
        {"OR", FL_AF, 0},
        {"XOR", FL_AF, 0},
        {"TEST", FL_AF, 0},
        {"MUL", SZAP, SZAP},
        {"IMUL", SZAP, SZAP},
        {"DIV", FL_ARITH, FL_ARITH},
        {"IDIV", FL_ARITH, FL_ARITH},
        {"SHL", FL_AF | FL_OF | FL_CF, FL_AF},
        {"SHR", FL_AF | FL_OF | FL_CF, FL_AF},
        {"SAR", FL_AF | FL_OF, FL_AF},
        {"ROL", FL_OF, FL_OF},
        {"ROR", FL_OF, FL_OF},
        {"RCL", FL_OF, FL_OF},
        {"RCR", FL_OF, FL_OF},
        {"SHLD", FL_ARITH, FL_AF | FL_OF},
        {"SHRD", FL_ARITH, FL_AF | FL_OF},
        {"BT", SZAP | FL_OF, 0},
        {"BTS", SZAP | FL_OF, 0},
        {"BTR", SZAP | FL_OF, 0},
        {"BTC", SZAP | FL_OF, 0},
        {"BSF", FL_ARITH & ~FL_ZF, FL_ARITH & ~FL_ZF},
        {"BSR", FL_ARITH & ~FL_ZF, FL_ARITH & ~FL_ZF},
        {"AAA", SZAP | FL_OF, SZAP | FL_OF},
        {"AAS", SZAP | FL_OF, SZAP | FL_OF},
        {"DAA", FL_OF, FL_OF},
        {"DAS", FL_OF, FL_OF},
        {"AAM", FL_OF | FL_AF | FL_CF, FL_OF | FL_AF | FL_CF},
        {"AAD", FL_OF | FL_AF | FL_CF, FL_OF | FL_AF | FL_CF},
    };
    bool amd = host_is_amd();

    for (unsigned i = 0; i < ARRAY_SIZE(table); i++)
        if (!strcmp(m, table[i].name))
            return amd ? table[i].amd : table[i].flags;
    return 0;
}

/* ---- reading a row ---- */

static void read_encoding(struct form *f, const char *text)
{
    char copy[32], *save = NULL;
    snprintf(copy, sizeof(copy), "%s", text);
    for (char *t = strtok_r(copy, " ", &save); t; t = strtok_r(NULL, " ", &save)) {
        u8 byte = (u8)strtoul(t, NULL, 16);
        bool long_map = f->n_opcode == 2 && (f->opcode[1] == 0x38 || f->opcode[1] == 0x3a);
        bool complete = f->n_opcode && (f->n_opcode == 1 ? f->opcode[0] != 0x0f : !long_map);
        if (!strcmp(t, "NP"))
            continue;
        if (t[0] == '/') {
            f->modrm = true;
            f->digit = t[1] == 'r' ? -1 : (i8)(t[1] - '0');
        } else if (!f->n_opcode && (byte == 0x66 || byte == 0xf2 || byte == 0xf3)) {
            f->prefix = byte;
        } else if (complete) {
            f->fixed = true;
            f->second = byte;
            f->n_second = strstr(t, "+i") ? 8 : 1;
        } else {
            f->opcode[f->n_opcode++] = byte;
            f->n_plus = strstr(t, "+r") ? 8 : 0;
        }
    }
}

static u8 memory_bytes(const char *size)
{
    static const struct {
        const char *name;
        u8 bytes;
    } sizes[] = {
        {"b", 1},  {"w", 2},   {"d", 4},   {"ss", 4},  {"q", 8}, {"sd", 8},
        {"t", 10}, {"dq", 16}, {"ps", 16}, {"pd", 16}, {"y", 0}, {"v", 0},
        {"z", 0},  {"p", 10},  {"s", 10},  {"a", 8},   {"", 0},
    };
    for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++)
        if (!strcmp(size, sizes[i].name))
            return sizes[i].bytes;
    return 16;
}

/* Larger areas of memory: "M" without a size. */
static u8 area_bytes(const char *name)
{
    return strstr(name, "SAVE") || strstr(name, "RSTOR") ? 128 : strstr(name, "ENV") ? 28 : 8;
}

static bool read_operand(struct form *f, const char *opd, bool first)
{
    const char *slash = strchr(opd, '/');
    bool dest = first;

    if (slash) {
        f->mem_bytes = memory_bytes(slash + 2);
        f->rm = opd[0] == 'U' ? REGS_XMM : REGS_GPR;
        f->rm_is_dest = dest;
        if (opd[1] == 'v')
            f->size = 'v';
        return true;
    }
    if (!strcmp(opd, "AL") || !strcmp(opd, "rAX") || !strcmp(opd, "eAX") || !strcmp(opd, "CL") ||
        !strcmp(opd, "1") || !strcmp(opd, "DX") || (opd[1] == 'S' && !opd[2])) {
        if (opd[0] == 'r' || opd[0] == 'e')
            f->size = 'v';
        return true;
    }
    char size = opd[1];
    switch (opd[0]) {
    case 'E':
        f->rm = REGS_GPR;
        f->rm_is_dest = dest;
        break;
    case 'R':
        f->rm = REGS_GPR;
        f->rm_is_dest = dest;
        f->reg_only = true;
        break;
    case 'M':
        f->mem_only = true;
        break;
    case 'Q':
        f->rm = REGS_MMX;
        break;
    case 'N':
        f->rm = REGS_MMX;
        f->reg_only = true;
        break;
    case 'W':
        f->rm = REGS_XMM;
        break;
    case 'U':
        f->rm = REGS_XMM;
        f->reg_only = true;
        break;
    case 'G':
        f->reg = REGS_GPR;
        f->reg_is_dest = dest;
        f->reg_is_byte = size == 'b';
        break;
    case 'Z':
        f->rm = REGS_GPR;
        f->rm_is_dest = dest;
        f->rm_is_byte = size == 'b';
        break;
    case 'V':
        f->reg = REGS_XMM;
        break;
    case 'P':
        f->reg = REGS_MMX;
        break;
    case 'S':
    case 'C':
    case 'D':
        f->reg = REGS_OTHER;
        break;
    case 'I':
        f->imm[f->imm[0] ? 1 : 0] = size == 'b' ? 'b' : size;
        if (size == 'v' || size == 'z')
            f->size = 'v';
        return true;
    default:
        return false;
    }
    f->modrm |= opd[0] != 'Z';
    if (strchr("EMQW", opd[0])) {
        f->mem_bytes = strcmp(opd, "M") ? memory_bytes(opd + 1) : area_bytes(f->row->mnemonic);
        f->rm_is_byte = opd[0] == 'E' && size == 'b';
    }
    if (size == 'v' || size == 'y')
        f->size = size;
    return true;
}

static bool read_operands(struct form *f, const char *text)
{
    char copy[32], *save = NULL;
    bool first = true;

    snprintf(copy, sizeof(copy), "%s", text ? text : "");
    for (char *t = strtok_r(copy, ",", &save); t; t = strtok_r(NULL, ",", &save), first = false)
        if (!read_operand(f, t, first))
            return false;
    return true;
}

/* Those that a case takes in a form of its own, or not at all. */
static bool left_out(const struct x86_row *r)
{
    static const char *const names[] = {"LOOP", "LOOPE", "LOOPNE", "JCXZ",  "CALL",
                                        "JMP",  "RET",   "Jcc",    "ENTER", "LEAVE",
                                        "POPF", "PUSHA", "POPA",   "UD2",   NULL};
    return (r->flags & ROW_REP) || strchr(r->operands ? r->operands : "", 'O') ||
           named(r->mnemonic, names);
}

static void add_row(const struct x86_row *r, enum form_class class)
{
    struct form *f = &forms[n_forms];

    if (left_out(r))
        return;
    CHECK(n_forms < ARRAY_SIZE(forms));
    *f = (struct form){.row = r, .class = (u8) class, .digit = -1};
    read_encoding(f, r->encoding);
    if (!read_operands(f, r->operands))
        return;
    bool both = !strcmp(r->mnemonic, "XCHG") || !strcmp(r->mnemonic, "XADD");
    f->reg_is_dest |= both;
    f->align = f->mem_bytes == 16 && (r->flags & ROW_SSE) && !(r->flags & ROW_NO_ALIGN);
    f->def64 = r->flags & (ROW_DEF64 | ROW_FORCE64);
    f->host = gen_host_runs(r);
    f->undefined = gen_undefined_flags(r->mnemonic);
    by_class[class][n_by_class[class]++] = n_forms++;
}

void gen_start(void)
{
    static const struct x86_row *const tables[] = {x86_rows_integer, x86_rows_mmx, x86_rows_sse,
                                                   x86_rows_x87, x86_rows_system};
    for (unsigned i = 0; i < ARRAY_SIZE(tables); i++)
        for (const struct x86_row *r = tables[i]; r->encoding; r++)
            add_row(r, (enum form_class)i);
}

const struct form *form_choose(struct rng *r, enum form_class class, enum fuzz_mode mode, bool host)
{
    for (;;) {
        const struct form *f = &forms[by_class[class][rng_below(r, n_by_class[class])]];
        if (f->row->flags & (mode == FUZZ_64 ? ROW_NO64 : ROW_ONLY64))
            continue;
        if (host && !f->host)
            continue;
        return f;
    }
}
