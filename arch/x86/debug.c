/* debug.c - what a debugger sees of the processor: register views, and the monitor's texts */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <string.h>

#include "arch/x86/debug_regs.h"
#include "arch/x86/debugreg.h"
#include "arch/x86/paging.h"
#include "arch/x86/segment.h"
#include "arch/x86/sysreg.h"

/* ---- the description ---- */

static const char core_types[] =
    "<flags id=\"i386_eflags\" size=\"4\"><field name=\"\" start=\"22\" end=\"31\"/>"
    "<field name=\"CF\" start=\"0\" end=\"0\"/><field name=\"\" start=\"1\" end=\"1\"/>"
    "<field name=\"PF\" start=\"2\" end=\"2\"/><field name=\"AF\" start=\"4\" end=\"4\"/>"
    "<field name=\"ZF\" start=\"6\" end=\"6\"/><field name=\"SF\" start=\"7\" end=\"7\"/>"
    "<field name=\"TF\" start=\"8\" end=\"8\"/><field name=\"IF\" start=\"9\" end=\"9\"/>"
    "<field name=\"DF\" start=\"10\" end=\"10\"/><field name=\"OF\" start=\"11\" end=\"11\"/>"
    "<field name=\"NT\" start=\"14\" end=\"14\"/><field name=\"RF\" start=\"16\" end=\"16\"/>"
    "<field name=\"VM\" start=\"17\" end=\"17\"/><field name=\"AC\" start=\"18\" end=\"18\"/>"
    "<field name=\"VIF\" start=\"19\" end=\"19\"/><field name=\"VIP\" start=\"20\" end=\"20\"/>"
    "<field name=\"ID\" start=\"21\" end=\"21\"/></flags>";

static const char sse_types[] =
    "<vector id=\"v4f\" type=\"ieee_single\" count=\"4\"/>"
    "<vector id=\"v2d\" type=\"ieee_double\" count=\"2\"/>"
    "<vector id=\"v16i8\" type=\"int8\" count=\"16\"/><vector id=\"v8i16\" type=\"int16\" count=\"8\"/>"
    "<vector id=\"v4i32\" type=\"int32\" count=\"4\"/><vector id=\"v2i64\" type=\"int64\" count=\"2\"/>"
    "<union id=\"vec128\"><field name=\"v4_float\" type=\"v4f\"/><field name=\"v2_double\" type=\"v2d\"/>"
    "<field name=\"v16_int8\" type=\"v16i8\"/><field name=\"v8_int16\" type=\"v8i16\"/>"
    "<field name=\"v4_int32\" type=\"v4i32\"/><field name=\"v2_int64\" type=\"v2i64\"/>"
    "<field name=\"uint128\" type=\"uint128\"/></union>"
    "<flags id=\"i386_mxcsr\" size=\"4\"><field name=\"IE\" start=\"0\" end=\"0\"/>"
    "<field name=\"DE\" start=\"1\" end=\"1\"/><field name=\"ZE\" start=\"2\" end=\"2\"/>"
    "<field name=\"OE\" start=\"3\" end=\"3\"/><field name=\"UE\" start=\"4\" end=\"4\"/>"
    "<field name=\"PE\" start=\"5\" end=\"5\"/><field name=\"DAZ\" start=\"6\" end=\"6\"/>"
    "<field name=\"IM\" start=\"7\" end=\"7\"/><field name=\"DM\" start=\"8\" end=\"8\"/>"
    "<field name=\"ZM\" start=\"9\" end=\"9\"/><field name=\"OM\" start=\"10\" end=\"10\"/>"
    "<field name=\"UM\" start=\"11\" end=\"11\"/><field name=\"PM\" start=\"12\" end=\"12\"/>"
    "<field name=\"FZ\" start=\"15\" end=\"15\"/></flags>";

#define FLAG(name, bit) "<field name=\"" name "\" start=\"" #bit "\" end=\"" #bit "\"/>"
#define SYSTEM_TYPES(size)                                                                         \
    "<flags id=\"x86_cr0\" size=\"" size "\">" FLAG("PE", 0) FLAG("MP", 1) FLAG("EM", 2)           \
    FLAG("TS", 3) FLAG("ET", 4) FLAG("NE", 5) FLAG("WP", 16) FLAG("AM", 18) FLAG("NW", 29)         \
    FLAG("CD", 30) FLAG("PG", 31) "</flags>"                                                       \
    "<flags id=\"x86_cr4\" size=\"" size "\">" FLAG("VME", 0) FLAG("PVI", 1) FLAG("TSD", 2)        \
    FLAG("DE", 3) FLAG("PSE", 4) FLAG("PAE", 5) FLAG("MCE", 6) FLAG("PGE", 7) FLAG("PCE", 8)       \
    FLAG("OSFXSR", 9) FLAG("OSXMMEXCPT", 10) FLAG("UMIP", 11) FLAG("FSGSBASE", 16)                 \
    FLAG("PCIDE", 17) FLAG("OSXSAVE", 18) FLAG("SMEP", 20) FLAG("SMAP", 21) "</flags>"             \
    "<flags id=\"x86_efer\" size=\"" size "\">" FLAG("SCE", 0) FLAG("LME", 8) FLAG("LMA", 10)      \
    FLAG("NXE", 11) "</flags>"

struct place { /* behind a register of a view */
    u8 kind, index;
};

#define ROW_REG(name, bits, type, group, readonly, kind, index) {name, bits, type, group, readonly},
#define ROW_PLACE(name, bits, type, group, readonly, kind, index) {kind, index},
#define FEATURE(var, title, types, LIST)                                                           \
    static const struct debug_reg var##_regs[] = {LIST(ROW_REG)};                                  \
    static const struct place var##_places[] = {LIST(ROW_PLACE)};                                  \
    static const struct debug_feature var = {title, types, var##_regs, ARRAY_SIZE(var##_regs)}

FEATURE(core64, "org.gnu.gdb.i386.core", core_types, DEBUG_CORE64);
FEATURE(core32, "org.gnu.gdb.i386.core", core_types, DEBUG_CORE32);
FEATURE(sse64, "org.gnu.gdb.i386.sse", sse_types, DEBUG_SSE64);
FEATURE(sse32, "org.gnu.gdb.i386.sse", sse_types, DEBUG_SSE32);
FEATURE(linux64, "org.gnu.gdb.i386.linux", NULL, DEBUG_LINUX64);
FEATURE(linux32, "org.gnu.gdb.i386.linux", NULL, DEBUG_LINUX32);
FEATURE(segments, "org.gnu.gdb.i386.segments", NULL, DEBUG_SEGMENTS);
FEATURE(system64, "org.hindsight.x86.system", SYSTEM_TYPES("8"), DEBUG_SYSTEM64);
FEATURE(system32, "org.hindsight.x86.system", SYSTEM_TYPES("4"), DEBUG_SYSTEM32);

static const struct debug_feature *const features64[] = {&core64, &sse64, &linux64, &segments, &system64};
static const struct place *const places64[] = {core64_places, sse64_places, linux64_places,
                                               segments_places, system64_places};
static const struct debug_feature *const features32[] = {&core32, &sse32, &linux32, &system32};
static const struct place *const places32[] = {core32_places, sse32_places, linux32_places, system32_places};

static const u16 expedited64[] = {16, 7, 6}; /* rip, rsp, rbp */
static const u16 expedited32[] = {8, 4, 5};  /* eip, esp, ebp */

static const struct debug_view view64 = {"i386:x86-64", NULL, features64, ARRAY_SIZE(features64),
                                         expedited64, ARRAY_SIZE(expedited64), 16, false};
static const struct debug_view view32 = {"i386", NULL, features32, ARRAY_SIZE(features32), expedited32,
                                         ARRAY_SIZE(expedited32), 8, false};
/* gdb has no Linux for i8086, and would warn. */
static const struct debug_view view16 = {"i8086", "none", features32, ARRAY_SIZE(features32), expedited32,
                                         ARRAY_SIZE(expedited32), 8, false};
static const struct debug_view *const views[] = {&view64, &view32, &view16, NULL};

static const struct debug_view *view(struct cpu *c)
{
    if (c->mode & MODE_LMA)
        return &view64;
    return c->mode & MODE_PE ? &view32 : &view16;
}

static const struct debug_reg *find(const struct debug_view *v, u32 regno, struct place *p)
{
    const struct place *const *places = v == &view64 ? places64 : places32;
    for (u32 i = 0; i < v->n_features; i++) {
        if (regno < v->features[i]->n_regs) {
            *p = places[i][regno];
            return &v->features[i]->regs[regno];
        }
        regno -= v->features[i]->n_regs;
    }
    return NULL;
}

/* ---- x87 ---- */

static u32 get_fpu(const struct x86_cpu *x, unsigned n)
{
    switch (n) {
    case FPU_FCTRL: return x->fpu_cw;
    case FPU_FSTAT: return x86_fpu_get_sw(x);
    case FPU_FTAG: return x86_fpu_get_tag(x);
    case FPU_FISEG: return x->fpu_cs;
    case FPU_FIOFF: return x->fpu_ip;
    case FPU_FOSEG: return x->fpu_ds;
    case FPU_FOOFF: return x->fpu_dp;
    }
    return x->fpu_opcode;
}

static void set_fpu(struct x86_cpu *x, unsigned n, u32 v)
{
    switch (n) {
    case FPU_FCTRL: x->fpu_cw = (u16)v; break;
    case FPU_FSTAT:
        x->fpu_sw = v & 0xffff & ~0x3800;
        x->fpu_top = v >> 11 & 7;
        break;
    case FPU_FTAG: x86_fpu_set_tag(x, v); break;
    case FPU_FISEG: x->fpu_cs = (u16)v; break;
    case FPU_FIOFF: x->fpu_ip = v; break;
    case FPU_FOSEG: x->fpu_ds = (u16)v; break;
    case FPU_FOOFF: x->fpu_dp = v; break;
    default: x->fpu_opcode = v & 0x7ff;
    }
}

/* ---- reading and writing ---- */

static u64 get(struct x86_cpu *x, struct place p)
{
    switch ((enum x86_debug_kind)p.kind) {
    case DBG_GPR: return x->gpr[p.index];
    case DBG_PC: return x->base.pc;
    case DBG_FLAGS: return x86_get_rflags(x);
    case DBG_SEG: return x->seg[p.index].selector;
    case DBG_SEG_BASE: return x->seg[p.index].base;
    case DBG_FPU: return get_fpu(x, p.index);
    case DBG_MXCSR: return x->mxcsr;
    case DBG_ORIG_AX: return UINT64_MAX;
    case DBG_CR:
        return p.index == 0 ? x->cr0 : p.index == 2 ? x->cr2 : p.index == 3 ? x->cr3 :
               p.index == 4 ? x->cr4 : x86_cr8(x);
    case DBG_DR: return x->dr[p.index];
    case DBG_EFER: return x->efer;
    case DBG_GDTR: return x->gdt_base;
    case DBG_IDTR: return x->idt_base;
    case DBG_KERNEL_GS: return x->kernel_gs_base;
    case DBG_ICOUNT: return x->base.machine->clock.icount;
    case DBG_ST: case DBG_XMM: break;
    }
    return 0;
}

static unsigned read(struct cpu *c, const struct debug_view *v, u32 regno, u8 out[16])
{
    struct x86_cpu *x = x86_of(c);
    struct place p;
    const struct debug_reg *r = find(v, regno, &p);
    if (!r)
        return 0;
    if (p.kind == DBG_ST) {
        const struct x86_st *st = &x->st[(x->fpu_top + p.index) & 7];
        memcpy(out, &st->mant, 8);
        memcpy(out + 8, &st->exp, 2);
    } else if (p.kind == DBG_XMM) {
        memcpy(out, x->xmm[p.index].q, 16);
    } else {
        u64 value = get(x, p);
        memcpy(out, &value, r->bits / 8);
    }
    return r->bits / 8;
}

/* A selector written by a debugger loads its descriptor, without the checks of privilege; CS and SS
 * only where they mean an address and nothing else. */
static bool set_seg(struct x86_cpu *x, enum x86_seg s, u16 sel)
{
    u64 d;
    if (x->seg[s].selector == sel)
        return true;
    if (x86_real(x)) {
        x86_load_seg(x, s, sel);
        return true;
    }
    if (s == SEG_CS || s == SEG_SS)
        return false;
    if (x86_sel_null(sel)) {
        x86_seg_set_null(x, s, sel);
        return true;
    }
    u64 base = sel & 4 ? x->seg[SEG_LDTR].base : x->gdt_base;
    u32 limit = sel & 4 ? x->seg[SEG_LDTR].limit : x->gdt_limit;
    if ((sel | 7u) > limit || mem_debug_read(&x->base, base + (sel & 0xfff8), &d, 8) != 8)
        return false;
    struct x86_desc desc = {.lo = d, .hi = d >> 32};
    if ((desc.hi & (ATTR_S | ATTR_P)) != (ATTR_S | ATTR_P))
        return false;
    x86_seg_set(x, s, sel, &desc);
    return true;
}

static void set_cr(struct x86_cpu *x, unsigned n, u64 v)
{
    if (n == 0)
        x->cr0 = v | CR0_ET;
    else if (n == 2)
        x->cr2 = v;
    else if (n == 3)
        x->cr3 = v;
    else
        x->cr4 = v;
    if (n == 3 && (x->cr0 & CR0_PG) && (x->cr4 & CR4_PAE) && !(x->efer & EFER_LMA))
        x86_load_pdptes(x, v, false);
    tlb_flush(&x->base);
}

static bool set(struct x86_cpu *x, struct place p, u64 v)
{
    switch ((enum x86_debug_kind)p.kind) {
    case DBG_GPR: x->gpr[p.index] = v; break;
    case DBG_PC: x->base.pc = v; break;
    case DBG_FLAGS: x86_set_rflags(x, (v & 0x3f7fd5) | FL_FIXED); break;
    case DBG_SEG: return set_seg(x, (enum x86_seg)p.index, v);
    case DBG_SEG_BASE: x->seg[p.index].base = v; break;
    case DBG_FPU: set_fpu(x, p.index, v); break;
    case DBG_MXCSR:
        if (v >> 16)
            return false;
        x->mxcsr = v;
        break;
    case DBG_ORIG_AX: break; /* there is no such register; gdb writes it around `call` */
    case DBG_CR: set_cr(x, p.index, v); break;
    case DBG_DR:
        x->dr[p.index] = p.index == 6   ? (v & 0xe00f) | DR6_FIXED
                         : p.index == 7 ? (v & 0xffff27ff) | DR7_FIXED
                                        : v;
        tlb_flush_watched(&x->base);
        break;
    case DBG_EFER:
        x->efer = (v & (EFER_SCE | EFER_LME | EFER_NXE)) | (x->efer & EFER_LMA);
        tlb_flush(&x->base);
        break;
    case DBG_GDTR: x->gdt_base = v; break;
    case DBG_IDTR: x->idt_base = v; break;
    case DBG_KERNEL_GS: x->kernel_gs_base = v; break;
    case DBG_ICOUNT: case DBG_ST: case DBG_XMM: return false;
    }
    return true;
}

static unsigned write(struct cpu *c, const struct debug_view *v, u32 regno, const u8 *in)
{
    struct x86_cpu *x = x86_of(c);
    struct place p;
    const struct debug_reg *r = find(v, regno, &p);
    if (!r || r->readonly)
        return 0;
    if (p.kind == DBG_ST) {
        struct x86_st *st = &x->st[(x->fpu_top + p.index) & 7];
        memcpy(&st->mant, in, 8);
        memcpy(&st->exp, in + 8, 2);
    } else if (p.kind == DBG_XMM) {
        memcpy(x->xmm[p.index].q, in, 16);
    } else {
        u64 value = 0;
        memcpy(&value, in, r->bits / 8);
        if (!set(x, p, value))
            return 0;
    }
    x86_update_mode(x);
    c->attention = true;
    return r->bits / 8;
}

/* ---- monitor texts ---- */

static void print_segment(const struct x86_cpu *x, enum x86_seg s, struct buf *out)
{
    static const char *const names[] = {"ES", "CS", "SS", "DS", "FS", "GS", "LDT", "TR"};
    static const char *const systems[] = {"?", "TSS16", "LDT", "TSS16-busy", "call16", "task", "int16", "trap16",
                                          "?", "TSS", "?", "TSS-busy", "call", "?", "int", "trap"};
    const struct x86_segment *g = &x->seg[s];
    buf_printf(out, "%-3s=%04x %016" PRIx64 " %08x %08x", names[s], g->selector, g->base, g->limit,
               g->attr);
    if (!(g->attr & ATTR_P)) {
        buf_printf(out, "\n");
        return;
    }
    buf_printf(out, " DPL=%u ", ATTR_GET_DPL(g->attr));
    if (!(g->attr & ATTR_S))
        buf_printf(out, "%s\n", systems[ATTR_GET_TYPE(g->attr)]);
    else if (g->attr & ATTR_CODE)
        buf_printf(out, "CS%s [%c%c%c]\n",
                   g->attr & ATTR_L   ? "64"
                   : g->attr & ATTR_D ? "32"
                                      : "16",
                   g->attr & ATTR_C ? 'C' : '-', g->attr & ATTR_R ? 'R' : '-',
                   g->attr & ATTR_A ? 'A' : '-');
    else
        buf_printf(out, "DS%s [%c%c%c]\n", g->attr & ATTR_D ? "" : "16",
                   g->attr & ATTR_E ? 'E' : '-', g->attr & ATTR_W ? 'W' : '-',
                   g->attr & ATTR_A ? 'A' : '-');
}

static void print_gprs(const struct x86_cpu *x, struct buf *out)
{
    static const char *const names64[] = {"RAX", "RBX", "RCX", "RDX", "RSI", "RDI", "RBP", "RSP", "R8 ", "R9 ",
                                          "R10", "R11", "R12", "R13", "R14", "R15"};
    static const u8 order[] = {RAX, RBX, RCX, RDX, RSI, RDI, RBP, RSP, R8, R9, R10, R11, R12, R13, R14, R15};
    bool wide = x->base.mode & MODE_LMA;
    for (unsigned i = 0; i < (wide ? 16u : 8u); i++) {
        if (wide)
            buf_printf(out, "%s=%016" PRIx64, names64[i], x->gpr[order[i]]);
        else
            buf_printf(out, "E%s=%08x", names64[i] + 1, (u32)x->gpr[order[i]]);
        buf_printf(out, (i & 3) == 3 ? "\n" : " ");
    }
}

static void print_flags(const struct x86_cpu *x, struct buf *out)
{
    static const struct { u32 bit; char c; } letters[] = {
        {FL_DF, 'D'}, {FL_OF, 'O'}, {FL_SF, 'S'}, {FL_ZF, 'Z'}, {FL_AF, 'A'}, {FL_PF, 'P'}, {FL_CF, 'C'}};
    u64 flags = x86_get_rflags(x);
    buf_printf(out, "%s=%0*" PRIx64 " %s=%08x [", x->base.mode & MODE_LMA ? "RIP" : "EIP",
               x->base.mode & MODE_LMA ? 16 : 8, x->base.pc,
               x->base.mode & MODE_LMA ? "RFL" : "EFL", (u32)flags);
    for (unsigned i = 0; i < ARRAY_SIZE(letters); i++)
        buf_printf(out, "%c", flags & letters[i].bit ? letters[i].c : '-');
    buf_printf(out, "] CPL=%u HLT=%u shadow=%u NMI-blocked=%u\n", x86_cpl(x), x->base.halted,
               x->shadow, x->nmi_blocked);
}

static void info_registers(struct cpu *c, struct buf *out)
{
    static const enum x86_seg order[] = {SEG_ES, SEG_CS, SEG_SS, SEG_DS, SEG_FS, SEG_GS, SEG_LDTR, SEG_TR};
    struct x86_cpu *x = x86_of(c);
    print_gprs(x, out);
    print_flags(x, out);
    for (unsigned i = 0; i < ARRAY_SIZE(order); i++)
        print_segment(x, order[i], out);
    buf_printf(out, "GDT=     %016" PRIx64 " %08x\n", x->gdt_base, x->gdt_limit);
    buf_printf(out, "IDT=     %016" PRIx64 " %08x\n", x->idt_base, x->idt_limit);
    buf_printf(out, "CR0=%08x CR2=%016" PRIx64 " CR3=%016" PRIx64 " CR4=%08x CR8=%x\n", (u32)x->cr0,
               x->cr2, x->cr3, (u32)x->cr4, (u32)x86_cr8(x));
    buf_printf(out, "DR0=%016" PRIx64 " DR1=%016" PRIx64 " DR2=%016" PRIx64 " DR3=%016" PRIx64 "\n",
               x->dr[0], x->dr[1], x->dr[2], x->dr[3]);
    buf_printf(out, "DR6=%08x DR7=%08x EFER=%016" PRIx64 "\n", (u32)x->dr[6], (u32)x->dr[7],
               x->efer);
    buf_printf(out, "FCW=%04x FSW=%04x FTW=%04x MXCSR=%08x\n", (u32)x->fpu_cw, x86_fpu_get_sw(x),
               x86_fpu_get_tag(x), x->mxcsr);
    for (unsigned i = 0; i < (c->mode & MODE_LMA ? 16u : 8u); i++)
        buf_printf(out, "XMM%02u=%016" PRIx64 "%016" PRIx64 "%s", i, x->xmm[i].q[1], x->xmm[i].q[0],
                   i & 1 ? "\n" : " ");
}

#define MAX_LINES 4096 /* of info mem and info tlb: a guest's tables may map anything */

struct listing {
    struct buf *out;
    unsigned lines;
    u64 start, end;    /* of the range being gathered, when start != end */
    bool user, write;
    int width;
};

static void print_range(struct listing *l)
{
    if (l->start == l->end)
        return;
    buf_printf(l->out, "%0*" PRIx64 "-%0*" PRIx64 " %0*" PRIx64 " %cr%c\n", l->width, l->start,
               l->width, l->end, l->width, l->end - l->start, l->user ? 'u' : '-',
               l->write ? 'w' : '-');
    l->lines++;
}

static bool gather(void *opaque, const struct x86_page *p)
{
    struct listing *l = opaque;
    if (l->end != p->va || l->start == l->end || l->user != p->user || l->write != p->write) {
        print_range(l);
        l->start = p->va;
        l->user = p->user;
        l->write = p->write;
    }
    l->end = p->va + p->size;
    return l->lines < MAX_LINES;
}

static bool print_mapping(void *opaque, const struct x86_page *p)
{
    struct listing *l = opaque;
    buf_printf(l->out, "%0*" PRIx64 ": %016" PRIx64 " %c%c%c%c%c%c%c%c%c\n", l->width, p->va, p->pa,
               p->nx ? 'X' : '-', p->entry & 0x100 ? 'G' : '-', p->size > PAGE_SIZE ? 'P' : '-',
               p->entry & 0x40 ? 'D' : '-', p->entry & 0x20 ? 'A' : '-',
               p->entry & 0x10 ? 'C' : '-', p->entry & 8 ? 'T' : '-', p->user ? 'U' : '-',
               p->write ? 'W' : '-');
    return ++l->lines < MAX_LINES;
}

static void list_pages(struct cpu *c, struct buf *out, bool (*fn)(void *, const struct x86_page *))
{
    struct listing l = {.out = out, .width = c->mode & MODE_LMA ? 16 : 8};
    if (!(x86_of(c)->cr0 & CR0_PG)) {
        buf_printf(out, "paging is off\n");
        return;
    }
    x86_each_page(x86_of(c), fn, &l);
    if (l.lines < MAX_LINES)
        print_range(&l);
    else
        buf_printf(out, "... and more\n");
}

static void info_mem(struct cpu *c, struct buf *out)
{
    list_pages(c, out, gather);
}

static void info_tlb(struct cpu *c, struct buf *out)
{
    list_pages(c, out, print_mapping);
}

static i64 handler_depth(struct cpu *c)
{
    return (i64)x86_of(c)->handler_depth;
}

const struct arch_debug x86_debug = {
    .view = view,
    .read = read,
    .write = write,
    .info_registers = info_registers,
    .info_mem = info_mem,
    .info_tlb = info_tlb,
    .handler_depth = handler_depth,
    .views = views,
};
