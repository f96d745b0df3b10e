/* ours.c - run a case on a variant of our engine, and compare two variants */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "arch/x86/x86.h"
#include "emu/block.h"
#include "emu/check.h"
#include "emu/config.h"
#include "emu/jit.h"
#include "emu/machine.h"
#include "emu/tlb.h"
#include "fuzz.h"
#include "system.h"

#define CODE_BYTES (2 * MiB) /* little, so that it is full now and then */
#define SELECTOR_LDT(n) ((n) << 3 | 7)

static const u32 pa_code[] = {PA_CODE0, PA_CODE1}, *const pa_window = system_pa_window;
#define CODE_PAGES (FUZZ_CODE_SIZE >> PAGE_BITS)
#define WINDOW_PAGES (FUZZ_WINDOW_SIZE >> PAGE_BITS)

struct ours {
    struct variant v;
    struct machine_config config;
    struct machine *m;
    struct x86_cpu *x;
    struct ram *ram;
    struct buf pristine; /* the state before any case */
    struct rng rng;      /* for disturbances */
    unsigned favourite;  /* of them, in this case */
    struct buf at_cut, at_end;
    u8 *ram_at_cut, *ram_at_start;
    bool cut_reached;
    bool system; /* the case is of FUZZ_SYSTEM */
};

struct ours *ours_new(const struct variant *v)
{
    struct ours *o = xcalloc(1, sizeof(*o));
    struct engine_config ec = {
        .max_insns = v->block_insns, .code_bytes = CODE_BYTES, .accel = v->accel};

    o->v = *v;
    config_init(&o->config);
    o->config.icount_shift = 0;
    o->config.no_reboot = true;
    o->m = machine_new(&o->config);
    struct cpu *c = x86_cpu_new("max", true);
    CHECK(c);
    o->x = x86_of(c);
    machine_set_cpu(o->m, c);
    o->ram = machine_add_ram(o->m, "ram", FUZZ_RAM);
    bus_map_ram(o->m->mem, "ram", 0, FUZZ_RAM, o->ram, 0, false);
    system_attach(o->m);
    machine_start(o->m);
    engine_delete(o->m->engine);
    o->m->engine = engine_new(o->m, &ec);
    machine_save(o->m, &o->pristine);
    o->ram_at_cut = xmalloc(FUZZ_RAM);
    o->ram_at_start = xmalloc(FUZZ_RAM);
    return o;
}

void ours_delete(struct ours *o)
{
    machine_delete(o->m);
    config_fini(&o->config);
    buf_fini(&o->pristine);
    buf_fini(&o->at_cut);
    buf_fini(&o->at_end);
    free(o->ram_at_cut);
    free(o->ram_at_start);
    free(o);
}

void ours_print_stats(const struct ours *o)
{
    const struct engine *e = o->m->engine;
    if (e->jit)
        printf("  %s: %llu blocks compiled, %llu regions\n", o->v.name,
               (unsigned long long)jit_compiled(e->jit), (unsigned long long)jit_regions(e->jit));
}

/* ---- from a case's state to the machine's, and back ---- */

static void set_segments(struct x86_cpu *x, enum fuzz_mode mode)
{
    enum { DATA = 0xf300, CODE = 0xfb00, BIG = 0x400000, LONG = 0x200000, PAGES = 0x800000 };
    struct x86_segment data = {.selector = 0x2b, .limit = 0xffffffff, .attr = PAGES | BIG | DATA};
    struct x86_segment *s = x->seg;

    if (mode == FUZZ_16)
        data = (struct x86_segment){SELECTOR_LDT(2), FUZZ_WINDOW, FUZZ_WINDOW_SIZE - 1, DATA};
    for (unsigned i = SEG_ES; i <= SEG_GS; i++)
        s[i] = data;
    if (mode == FUZZ_64) {
        for (unsigned i = SEG_ES; i <= SEG_GS; i++)
            if (i != SEG_SS)
                s[i] = (struct x86_segment){0};
        s[SEG_GS].base = FUZZ_WINDOW + FUZZ_GS;
        s[SEG_CS] = (struct x86_segment){
            .selector = 0x33, .limit = 0xffffffff, .attr = PAGES | LONG | CODE};
    } else if (mode == FUZZ_32) {
        s[SEG_GS].selector = SELECTOR_LDT(4);
        s[SEG_GS].base = FUZZ_WINDOW + FUZZ_GS;
        s[SEG_CS] =
            (struct x86_segment){.selector = 0x23, .limit = 0xffffffff, .attr = PAGES | BIG | CODE};
    } else {
        s[SEG_GS] = (struct x86_segment){SELECTOR_LDT(3), FUZZ_CODE, FUZZ_CODE_SIZE - 1, DATA};
        s[SEG_CS] = (struct x86_segment){SELECTOR_LDT(1), FUZZ_CODE, FUZZ_CODE_SIZE - 1, CODE};
    }
    if (mode != FUZZ_64)
        s[SEG_FS].selector =
            0; /* as in the host's user programs; it is not used in cases for the host */
    x->seg[SEG_TR].limit = 0x67; /* no ports are allowed */
    x->idt_limit = 0;
}

static void set_fx(struct x86_cpu *x, const u8 *fx)
{
    u16 sw;

    memcpy(&x->fpu_cw, fx, 2);
    memcpy(&sw, fx + 2, 2);
    x->fpu_top = sw >> 11 & 7;
    x->fpu_sw = sw & ~0x3800;
    x->fpu_tag_empty = (u8)~fx[4];
    memcpy(&x->mxcsr, fx + 24, 4);
    for (unsigned i = 0; i < 8; i++) {
        struct x86_st *st = &x->st[(x->fpu_top + i) & 7];
        memcpy(&st->mant, fx + 32 + 16 * i, 8);
        memcpy(&st->exp, fx + 40 + 16 * i, 2);
    }
    for (unsigned i = 0; i < 16; i++)
        memcpy(x->xmm[i].q, fx + 160 + 16 * i, 16);
}

static void get_fx(struct x86_cpu *x, u8 *fx)
{
    u16 sw = (u16)(x->fpu_sw | x->fpu_top << 11);

    memcpy(fx, &x->fpu_cw, 2);
    memcpy(fx + 2, &sw, 2);
    fx[4] = (u8)~x->fpu_tag_empty;
    memcpy(fx + 24, &x->mxcsr, 4);
    for (unsigned i = 0; i < 8; i++) {
        const struct x86_st *st = &x->st[(x->fpu_top + i) & 7];
        memcpy(fx + 32 + 16 * i, &st->mant, 8);
        memcpy(fx + 40 + 16 * i, &st->exp, 2);
    }
    for (unsigned i = 0; i < 16; i++)
        memcpy(fx + 160 + 16 * i, x->xmm[i].q, 16);
}

/* Only pages that are not right yet are written. */
static void set_ram(struct ours *o, const struct fuzz_case *c)
{
    const struct fuzz_state *s = &c->in;
    u8 *want = o->ram_at_start;

    memset(want, 0, FUZZ_RAM);
    system_make_ram(want, c);
    for (u32 i = 0; i < CODE_PAGES; i++)
        memcpy(want + pa_code[i], s->code + i * PAGE_SIZE, PAGE_SIZE);
    for (u32 i = 0; i < WINDOW_PAGES; i++)
        memcpy(want + pa_window[i], s->window + i * PAGE_SIZE, PAGE_SIZE);
    for (u32 at = 0; at < FUZZ_RAM; at += PAGE_SIZE)
        if (memcmp(want + at, o->ram->host + at, PAGE_SIZE))
            ram_write(&o->x->base, o->ram, at, want + at, PAGE_SIZE);
}

static void set_state(struct ours *o, const struct fuzz_case *c)
{
    struct x86_cpu *x = o->x;
    const struct fuzz_state *s = &c->in;
    struct reader r = reader_of(o->pristine.data, o->pristine.len);

    set_ram(o, c);
    CHECK(machine_load(o->m, &r));
    o->system = c->mode == FUZZ_SYSTEM;
    x->cr0 = CR0_PG | CR0_PE | CR0_NE | CR0_ET | CR0_MP | CR0_WP;
    x->cr4 = CR4_PAE | CR4_OSFXSR | CR4_OSXMMEXCPT;
    x->efer = EFER_LME | EFER_LMA | EFER_NXE | EFER_SCE;
    x->cr3 = PA_PML4;
    set_segments(x, c->mode);
    memcpy(x->gpr, s->gpr, sizeof(x->gpr));
    set_fx(x, s->fx);
    if (c->mode == FUZZ_SYSTEM) {
        system_set_state(x, c);
        system_start_timer(o->m, c->seed + c->number);
    }
    x86_set_rflags(x, s->rflags | 0x202);
    x->base.pc = s->pc;
    x->exc_error = 0;
    x->exc_cr2 = 0;
    x86_update_mode(x);
    tlb_flush(&x->base);
}

static void get_state(struct ours *o, struct fuzz_state *out)
{
    struct x86_cpu *x = o->x;

    out->error = x->exc_has_error ? x->exc_error : 0;
    out->address = x->exc_cr2;
    memcpy(out->gpr, x->gpr, sizeof(out->gpr));
    out->rflags = x86_get_rflags(x);
    out->pc = x->base.pc;
    get_fx(x, out->fx);
    for (u32 i = 0; i < CODE_PAGES; i++)
        memcpy(out->code + i * PAGE_SIZE, o->ram->host + pa_code[i], PAGE_SIZE);
    for (u32 i = 0; i < WINDOW_PAGES; i++)
        memcpy(out->window + i * PAGE_SIZE, o->ram->host + pa_window[i], PAGE_SIZE);
    out->steps = o->m->clock.icount;
}

/* ---- running ---- */

/* With interrupts, and faults that have handlers. */
static u32 run_machine_to(struct ours *o, u64 n)
{
    while (o->m->clock.icount < n) {
        struct stop s = machine_run(o->m, n);
        if (s.kind != STOP_UNTIL && s.kind != STOP_BREAK && s.kind != STOP_WATCH)
            return s.kind == STOP_HALTED ? FUZZ_END_HALT : FUZZ_END_TRAP;
    }
    return FUZZ_END_LIMIT;
}

/* To icount n, or to the end: then what ended it, else FUZZ_END_LIMIT. */
static u32 run_to(struct ours *o, u64 n)
{
    struct cpu *c = &o->x->base;

    if (o->system)
        return run_machine_to(o, n);

    while (o->m->clock.icount < n) {
        c->attention = false;
        if (c->halted || o->m->request != REQUEST_NONE)
            return FUZZ_END_HALT;
        if (c->arch->interrupt_ready(c))
            return FUZZ_END_TRAP;
        if (engine_run(o->m->engine, c, n - o->m->clock.icount, true) == ENGINE_EXCEPTION)
            return o->x->exc_vector;
    }
    return FUZZ_END_LIMIT;
}

/* What must not be seen by the guest. */
static void disturb(struct ours *o, const struct fuzz_case *c)
{
    struct rng *r = &o->rng;
    u64 at = (c->mode == FUZZ_16 ? FUZZ_CODE : 0) + c->in.pc + rng_below(r, 600);

    switch (rng_one_in(r, 2) ? o->favourite : rng_below(r, 12)) {
    case 0:
        tlb_flush(&o->x->base);
        break;
    case 1:
        machine_digest(o->m);
        break;
    case 2:
        watch_add_break(o->m->watch, at);
        break;
    case 3:
        watch_add_break(o->m->watch, o->x->base.arch->linear_pc(&o->x->base));
        break;
    case 4:
        watch_clear(o->m->watch);
        break;
    case 5:
        tlb_flush_writes(&o->x->base);
        break;
    case 6: { /* a snapshot restored */
        struct buf b = {0};
        machine_save(o->m, &b);
        struct reader in = reader_of(b.data, b.len);
        CHECK(machine_load(o->m, &in));
        buf_fini(&b);
        break;
    }
    case 7:
        if (rng_one_in(r, 20))
            engine_flush(o->m->engine);
        break;
    case 8:
        watch_add(o->m->watch, FUZZ_WINDOW + rng_below(r, FUZZ_WRITABLE), 1 + rng_below(r, 8),
                  rng_one_in(r, 2) ? WATCH_WRITE : WATCH_ACCESS);
        break;
    }
}

static u32 run_disturbed(struct ours *o, const struct fuzz_case *c, u64 n)
{
    struct rng *r = &o->rng;
    u32 end = FUZZ_END_LIMIT;
    unsigned most = 1u << rng_below(r, 10);
    o->favourite = c->mode == FUZZ_SYSTEM && rng_one_in(r, 2) ? 0 : rng_below(r, 12);

    while (end == FUZZ_END_LIMIT && o->m->clock.icount < n) {
        u64 to = o->m->clock.icount + 1 + rng_below(r, most);
        end = run_to(o, MIN(n, to));
        disturb(o, c);
    }
    return end;
}

static u32 run_part(struct ours *o, const struct fuzz_case *c, u64 n)
{
    return o->v.disturbed ? run_disturbed(o, c, n) : run_to(o, n);
}

void ours_run(struct ours *o, const struct fuzz_case *c, u64 cut, struct fuzz_state *out)
{
    u32 end = FUZZ_END_LIMIT;

    o->rng.s = c->seed ^ c->number * 77;
    set_state(o, c);
    o->cut_reached = false;
    if (cut) {
        end = run_part(o, c, cut);
        o->cut_reached = end == FUZZ_END_LIMIT;
        o->at_cut.len = 0;
        machine_save(o->m, &o->at_cut);
        memcpy(o->ram_at_cut, o->ram->host, FUZZ_RAM);
    }
    if (end == FUZZ_END_LIMIT)
        end = run_part(o, c, FUZZ_LIMIT);
    watch_clear(o->m->watch);
    o->at_end.len = 0;
    machine_save(o->m, &o->at_end);
    get_state(o, out);
    out->vector = end;
}

/* ---- comparing ---- */

static bool rams_differ(const u8 *a, const u8 *b, FILE *out)
{
    unsigned shown = 0;

    if (!memcmp(a, b, FUZZ_RAM))
        return false;
    for (unsigned i = 0; out && i < FUZZ_RAM && shown < 16; i++)
        if (a[i] != b[i] && ++shown)
            fprintf(out, "    physical %#x: %02x, %02x\n", i, a[i], b[i]);
    return true;
}

static bool saved_differ(struct ours *a, const struct buf *x, const struct buf *y, FILE *out)
{
    struct buf text = {0};

    if (x->len == y->len && !memcmp(x->data, y->data, x->len))
        return false;
    if (out) {
        machine_diff(a->m, x, y, &text, 30);
        fprintf(out, "%s", buf_cstr(&text));
    }
    buf_fini(&text);
    return true;
}

bool ours_differ(struct ours *a, struct ours *b, FILE *out)
{
    bool d = false;

    if (a->cut_reached && b->cut_reached) {
        d = saved_differ(a, &a->at_cut, &b->at_cut, out) |
            rams_differ(a->ram_at_cut, b->ram_at_cut, out);
        if (d && out)
            fprintf(out, "  (at the cut, icount %llu)\n", (unsigned long long)a->m->clock.icount);
    }
    return d || saved_differ(a, &a->at_end, &b->at_end, out) |
                    rams_differ(a->ram->host, b->ram->host, out);
}

/* ---- looking at what is executed ---- */

struct source {
    struct ours *o;
    u64 pc;
    u32 mode;
};

static u64 fetch(void *opaque, unsigned n, bool *ok)
{
    struct source *s = opaque;
    u64 v = 0, base = s->mode & MODE_CS64 ? 0 : s->o->x->seg[SEG_CS].base;

    if (mem_debug_read(&s->o->x->base, base + s->pc, &v, n) != n)
        *ok = false;
    s->pc += n;
    return v;
}

static enum x86_decoded decode(struct ours *o, u64 pc, struct x86_insn *in)
{
    struct source s = {o, pc, o->x->base.mode};
    struct x86_fetch f = {fetch, &s};
    return x86_decode(o->x->decoder, s.mode, pc, &f, in);
}

static bool reads_flags(const char *name)
{
    static const char *const names[] = {"Jcc", "SETcc", "CMOVcc", "ADC",   "SBB",    "RCL",
                                        "RCR", "PUSHF", "LAHF",   "LOOPE", "LOOPNE", "SALC",
                                        "CMC", "INTO",  "DAA",    "DAS",   "AAA",    "AAS"};
    for (unsigned i = 0; i < ARRAY_SIZE(names); i++)
        if (!strcmp(name, names[i]))
            return true;
    return !strncmp(name, "FCMOV", 5);
}

static bool defines_flags(const char *name)
{
    static const char *const names[] = {"ADD", "SUB",  "CMP",     "NEG", "ADC",
                                        "SBB", "XADD", "CMPXCHG", "POPF"};
    for (unsigned i = 0; i < ARRAY_SIZE(names); i++)
        if (!strcmp(name, names[i]))
            return true;
    return false;
}

/* REP where it means nothing: on some processors it does (LOOPNE). */
static bool stray_rep(const struct x86_insn *in)
{
    const char *e = in->row->encoding;
    return (in->rep || in->repne) && !(in->row->flags & ROW_REP) && strncmp(e, "F3", 2) &&
           strncmp(e, "F2", 2);
}

static bool host_runs(const struct x86_insn *in, u32 undefined)
{
    const char *name = in->row->mnemonic;

    if (!gen_host_runs(in->row) || in->lock || stray_rep(in) || in->seg == SEG_FS)
        return false;
    if (!strcmp(name, "PUSHA")) /* some of it may have been written when it faults */
        return false;
    if (in->p66 && (in->row->flags & ROW_FORCE64)) /* AMD's near branches are of 16 bits then */
        return false;
    if (undefined && reads_flags(name))
        return false;
    return in->opsize != 2 || !gen_host_differs_in_16(name);
}

bool ours_trace(struct ours *o, const struct fuzz_case *c, u64 steps, u32 *undefined)
{
    *undefined = 0;
    set_state(o, c);
    for (u64 i = 0; i <= steps; i++) {
        struct x86_insn in;
        enum x86_decoded how = decode(o, o->x->base.pc, &in);
        if (how == X86_DECODED) {
            const char *name = in.row->mnemonic;
            if (!host_runs(&in, *undefined))
                return false;
            if (i < steps) /* the last one is not finished */
                *undefined = defines_flags(name) ? 0 : *undefined | gen_undefined_flags(name);
        } else if (how == X86_DECODE_INVALID) {
            return false; /* it may be one of the host's newer instructions */
        }
        if (i == steps || run_to(o, i + 1) != FUZZ_END_LIMIT)
            break;
    }
    return true;
}

void ours_disassemble(struct ours *o, const struct fuzz_case *c, FILE *out)
{
    struct x86_insn in;

    set_state(o, c);
    for (unsigned i = 0; i < c->n; i++) {
        if (c->item[i].gone)
            continue;
        u64 base = fuzz_code_base(c);
        for (u64 at = c->at[i]; at < c->at[i + 1]; at += in.len) {
            enum x86_decoded how = decode(o, base + at, &in);
            fprintf(out, "    %08llx ", (unsigned long long)(base + at));
            for (unsigned k = 0; k < MAX(in.len, (u8)1); k++)
                fprintf(out, " %02x", c->in.code[(at + k) % FUZZ_CODE_SIZE]);
            fprintf(out, "  %s %s\n", how == X86_DECODED ? in.row->mnemonic : "?",
                    how == X86_DECODED ? in.row->operands : "");
            if (!in.len)
                break;
        }
    }
}
