/* cpu.c - the processor: its state, reset, what derives from state, and its place in the machine */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SDM vol. 3, 9.1 (reset). */
#include "arch/x86/cpu.h"

#include <stdlib.h>
#include <string.h>

#include "arch/x86/cpuid.h"
#include "arch/x86/debugreg.h"
#include "arch/x86/segment.h"
#include "arch/x86/translate.h"
#include "arch/x86/x86.h"
#include "emu/check.h"

/* ---- state ---- */

#define ROWS(LIST, T) LIST(STATE_ROW_F, STATE_ROW_A, STATE_ROW_S, T)
static const struct state_field seg_fields[] = {ROWS(X86_SEG_STATE, struct x86_segment)};
const struct state_desc x86_seg_state = {"segment", seg_fields, ARRAY_SIZE(seg_fields)};
static const struct state_field xmm_fields[] = {ROWS(X86_XMM_STATE, struct x86_xmm)};
const struct state_desc x86_xmm_state = {"xmm", xmm_fields, ARRAY_SIZE(xmm_fields)};
static const struct state_field st_fields[] = {ROWS(X86_ST_STATE, struct x86_st)};
const struct state_desc x86_st_state = {"st", st_fields, ARRAY_SIZE(st_fields)};
static const struct state_field cpu_fields[] = {ROWS(X86_CPU_STATE, struct x86_cpu)};
const struct state_desc x86_cpu_state = {"x86", cpu_fields, ARRAY_SIZE(cpu_fields)};

static void sync_flags(struct cpu *c)
{
    struct x86_cpu *x = x86_of(c);
    x->rflags = x86_get_rflags(x);
    x->cc_op = CC_FLAGS;
    x->cc_x = x->rflags & FL_ARITH;
    x->cc_y = 0;
}

/* A bool that was read from a file may hold any byte. */
static void normalize(bool *b)
{
    u8 v;
    memcpy(&v, b, 1);
    *b = v != 0;
}

static void after_load(struct cpu *c)
{
    struct x86_cpu *x = x86_of(c);
    bool *bools[] = {&c->halted, &x->shadow, &x->nmi_blocked, &x->shutdown};
    for (unsigned i = 0; i < ARRAY_SIZE(bools); i++)
        normalize(bools[i]);
    x->fpu_top &= 7;
    x->fpu_tag_empty &= 0xff;
    u64 *halves[] = {&x->fpu_cw, &x->fpu_sw, &x->fpu_opcode, &x->fpu_cs, &x->fpu_ds};
    for (unsigned i = 0; i < ARRAY_SIZE(halves); i++)
        *halves[i] &= 0xffff;
    for (unsigned i = 0; i < 8; i++)
        x->st[i].exp &= 0xffff;
    x->mxcsr &= X86_MXCSR_MASK;
    for (unsigned i = 0; i < N_SEGS; i++)
        x->seg[i].attr &= ATTR_KEPT;
    x->rflags |= FL_FIXED;
    x->cc_op = CC_FLAGS;
    x->cc_x = x->rflags & FL_ARITH;
    x->cc_y = 0;
    x86_update_mode(x);
    c->attention = true;
}

/* ---- what derives from state ---- */

static bool is_flat_from_base(const struct x86_segment *s)
{
    const u32 mask = ATTR_P | ATTR_S | ATTR_CODE | ATTR_E | ATTR_W;
    return s->limit == 0xffffffff && (s->attr & mask) == (ATTR_P | ATTR_S | ATTR_W);
}

static bool is_flat(const struct x86_segment *s)
{
    return s->base == 0 && is_flat_from_base(s);
}

/* Where quick checks end: 0 for what needs the descriptor, or is not allowed. */
static void update_segment_ends(struct x86_cpu *x, unsigned i, bool real)
{
    u32 attr = x->seg[i].attr;
    bool code = attr & ATTR_CODE, quick = (attr & ATTR_P) && (code || !(attr & ATTR_E));
    u64 end = quick ? (u64)x->seg[i].limit + 1 : 0;
    bool read = real || !code || (attr & ATTR_R), write = real || (!code && (attr & ATTR_W));
    x->seg_end[0][i] = read ? end : 0;
    x->seg_end[1][i] = write ? end : 0;
}

static void update_segments(struct x86_cpu *x)
{
    bool real = !(x->cr0 & CR0_PE) || (x->rflags & FL_VM);
    for (unsigned i = 0; i < N_SEGS; i++)
        x->seg_base[i] = x->seg[i].base;
    if (x->base.mode & MODE_CS64)
        return;
    for (unsigned i = SEG_ES; i <= SEG_GS; i++)
        update_segment_ends(x, i, real);
}

static u32 segment_bits(const struct x86_cpu *x)
{
    const struct x86_segment *cs = &x->seg[SEG_CS], *ss = &x->seg[SEG_SS];
    u32 m = 0;
    if (is_flat(&x->seg[SEG_DS]) && is_flat(&x->seg[SEG_ES]) && is_flat(ss))
        m |= MODE_FLAT_DATA;
    if (cs->base == 0 && cs->limit == 0xffffffff)
        m |= MODE_FLAT_CS;
    if ((x->efer & EFER_LMA) && (cs->attr & ATTR_L))
        return m | MODE_CS64;
    if (is_flat_from_base(&x->seg[SEG_FS]))
        m |= MODE_FLAT_FS;
    if (is_flat_from_base(&x->seg[SEG_GS]))
        m |= MODE_FLAT_GS;
    if (cs->limit >= 0xffff)
        m |= MODE_CODE_64K;
    return m | (cs->attr & ATTR_D ? MODE_CS32 : 0) | (ss->attr & ATTR_D ? MODE_SS32 : 0);
}

static u32 control_bits(const struct x86_cpu *x)
{
    return (x->cr0 & CR0_EM ? MODE_EM : 0) | (x->cr0 & CR0_TS ? MODE_TS : 0) |
           (x->cr0 & CR0_MP ? MODE_MP : 0) | (x->cr4 & CR4_OSFXSR ? MODE_OSFXSR : 0) |
           (x->cr4 & CR4_OSXSAVE ? MODE_OSXSAVE : 0) | (x->cr4 & CR4_UMIP ? MODE_UMIP : 0) |
           (x->efer & EFER_LMA ? MODE_LMA : 0);
}

/* The privilege level is SS.DPL (as in the VMCS): CS.RPL means nothing between MOV CR0 and the far
 * jump. */
static unsigned privilege(const struct x86_cpu *x)
{
    if (!(x->cr0 & CR0_PE))
        return 0;
    return x->rflags & FL_VM ? 3 : ATTR_GET_DPL(x->seg[SEG_SS].attr);
}

void x86_update_mode(struct x86_cpu *x)
{
    unsigned cpl = privilege(x);
    u32 m = segment_bits(x) | control_bits(x) | cpl << MODE_CPL_SHIFT;
    if (x->cr0 & CR0_PE) {
        m |= MODE_PE;
        if (x->rflags & FL_VM)
            m |= MODE_VM;
    }
    if (cpl <= (x->rflags & FL_IOPL) >> 12)
        m |= MODE_IOPL_OK;
    if (x->rflags & FL_TF)
        m |= MODE_TF;
    if (x->rflags & FL_RF)
        m |= MODE_RF;
    if (x->shadow)
        m |= MODE_SHADOW;
    if (cpl == 3 && (x->cr0 & CR0_AM) && (x->rflags & FL_AC))
        m |= MODE_AC;
    if (UNLIKELY((x->mxcsr & X86_MXCSR_MASKS) != X86_MXCSR_MASKS))
        m |= MODE_UNMASKED;
    if (UNLIKELY(x->dr[7] & 0xff) && x86_code_breaks_enabled(x))
        m |= MODE_CODE_BP;
    x->base.mode = m;
    x->base.mmu = x86_mmu_of(x, cpl);
    update_segments(x);
}

static u64 linear_pc(struct cpu *c)
{
    const struct x86_cpu *x = x86_of(c);
    if (c->mode & MODE_CS64)
        return c->pc;
    return (u32)(x->seg[SEG_CS].base + c->pc);
}

/* ---- reset ---- */

static void reset_segments(struct x86_cpu *x)
{
    for (unsigned i = 0; i < N_SEGS; i++)
        x->seg[i] = (struct x86_segment){.limit = 0xffff, .attr = ATTR_REAL};
    x->seg[SEG_CS].selector = 0xf000;
    x->seg[SEG_CS].base = 0xffff0000;
    x->seg[SEG_CS].attr = ATTR_REAL | ATTR_CODE;
    x->seg[SEG_LDTR].attr = ATTR_P | SYS_LDT << 8;
    x->seg[SEG_TR].attr = ATTR_P | SYS_TSS_BUSY << 8;
    x->gdt_base = x->idt_base = 0;
    x->gdt_limit = x->idt_limit = 0xffff;
}

static void reset_fpu(struct x86_cpu *x)
{
    memset(x->st, 0, sizeof(x->st));
    memset(x->xmm, 0, sizeof(x->xmm));
    x->fpu_cw = 0x40;
    x->fpu_sw = x->fpu_opcode = x->fpu_cs = x->fpu_ds = 0;
    x->fpu_top = x->fpu_tag_empty = 0;
    x->fpu_ip = x->fpu_dp = 0;
    x->mxcsr = 0x1f80;
}

static void reset_msrs(struct x86_cpu *x)
{
    x->efer = x->star = x->lstar = x->cstar = x->fmask = x->kernel_gs_base = 0;
    x->sysenter_cs = x->sysenter_esp = x->sysenter_eip = 0;
    x->tsc_aux = x->mcg_status = x->feature_control = x->spec_ctrl = 0;
    x->misc_enable = 1;
    x->xcr0 = 1;
    x->pat = 0x0007040600070406;
    /* As firmware leaves them: all memory write-back. A kernel started directly finds nothing to
     * repair. */
    x->mtrr_def_type = 0xc06;
    memset(x->mtrr_phys, 0, sizeof(x->mtrr_phys));
    memset(x->mtrr_fix, 0x06, sizeof(x->mtrr_fix));
    x->tsc_offset = -machine_now_ns(x->base.machine);
}

static void reset(struct cpu *c)
{
    struct x86_cpu *x = x86_of(c);
    memset(x->gpr, 0, sizeof(x->gpr));
    memset(x->dr, 0, sizeof(x->dr));
    memset(x->pdpte, 0, sizeof(x->pdpte));
    x->gpr[RDX] = x86_signature(x->model);
    x->cr0 = CR0_CD | CR0_NW | CR0_ET;
    x->cr2 = x->cr3 = x->cr4 = 0;
    x->dr[6] = DR6_FIXED;
    x->dr[7] = DR7_FIXED;
    reset_segments(x);
    reset_fpu(x);
    reset_msrs(x);
    x->shadow = x->nmi_blocked = x->shutdown = false;
    x->pending_db = x->handler_depth = 0;
    c->halted = false;
    c->lines = 0;
    c->pc = 0xfff0;
    x86_set_rflags(x, FL_FIXED);
    tlb_flush(c);
}

/* ---- the processor as an object ---- */

static void fini(struct cpu *c)
{
    struct x86_cpu *x = x86_of(c);
    x86_decoder_delete((struct x86_decoder *)x->decoder);
    free((void *)x->model);
    free(x);
}

static unsigned code_bits(u32 mode)
{
    return mode & MODE_CS64 ? 64 : mode & MODE_CS32 ? 32 : 16;
}

static const u16 hot_words[] = {X86_GPR(RAX), X86_GPR(RCX), X86_GPR(RDX), X86_GPR(RBX), X86_GPR(RSP),
                                X86_GPR(RSI), X86_GPR(RDI), X86_GPR(RBP), X86_GPR(R8), X86_GPR(R9),
                                X86_GPR(R10), X86_GPR(R11), X86_GPR(R12), X86_GPR(R13), X86_GPR(R14),
                                X86_GPR(R15), 0};

/* The JIT has no room for the last two. */
static const u16 hot_vecs[] = {X86_XMM(0), X86_XMM(1), X86_XMM(2), X86_XMM(3), X86_XMM(4), X86_XMM(5), X86_XMM(6),
                               X86_XMM(7), X86_XMM(8), X86_XMM(9), X86_XMM(10), X86_XMM(11), X86_XMM(12),
                               X86_XMM(13), X86_XMM(14), X86_XMM(15), 0};

static NORETURN void raise_misaligned(struct cpu *c, u64 va, bool write)
{
    (void)va, (void)write;
    x86_raise_error(x86_of(c), EXC_GP, 0);
}

#define CALLBACKS                                                                                  \
    .state = &x86_cpu_state, .reset = reset, .fini = fini, .translate = x86_translate,             \
    .linear_pc = linear_pc, .walk = x86_walk, .raise_walk_fault = x86_raise_walk_fault,            \
    .table_present = 1, .linear_modes = MODE_CS64 | MODE_FLAT_CS,                                  \
    .page_watched = x86_page_watched, .watched_access = x86_watched_access,                        \
    .interrupt_ready = x86_interrupt_ready, .interrupt_take = x86_interrupt_take,                  \
    .exception_take = x86_exception_take, .sync = sync_flags, .after_load = after_load,            \
    .debug = &x86_debug, .code_bits = code_bits, .hot_words = hot_words, .hot_vecs = hot_vecs,                             \
    .mxcsr = offsetof(struct x86_cpu, mxcsr), .raise_misaligned = raise_misaligned

static const struct arch arch_x86_64 = {.name = "x86_64", CALLBACKS};
static const struct arch arch_i386 = {.name = "i386", CALLBACKS};

struct cpu *x86_cpu_new(const char *model, bool system64)
{
    static const struct x86_row *const tables[] = {x86_rows_integer, x86_rows_system, x86_rows_x87,
                                                   x86_rows_mmx, x86_rows_sse};
    struct x86_model *m = x86_model_parse(model, system64);
    if (!m)
        return NULL;
    struct x86_cpu *x = xcalloc(1, sizeof(*x));
    x->base.arch = system64 ? &arch_x86_64 : &arch_i386;
    x->model = m;
    x->system64 = system64;
    x->decoder = x86_decoder_new(tables, ARRAY_SIZE(tables));
    return &x->base;
}
