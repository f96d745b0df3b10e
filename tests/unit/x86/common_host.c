/* common_host.c - run random code on the host's processor and on our engine, and compare */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common_host.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "arch/x86/cpu.h"
#include "arch/x86/x86.h"
#include "emu/check.h"
#include "emu/config.h"
#include "emu/machine.h"
#include "emu/tlb.h"
#include "tests/unit/x86/common_native.h"

#define MAX_CODE 3800
#define MAX_PARTS 64
#define PAGE 4096u

/* ---- the generator ---- */

struct host_gen {
    u64 seed;
    bool code32, faults;
    u8 code[MAX_CODE + 256];
    unsigned len;
    unsigned part_start[MAX_PARTS + 1];
    const struct host_template *part[MAX_PARTS];
    unsigned n_parts;
};

u64 host_rand(struct host_gen *g) /* splitmix64 */
{
    u64 z = g->seed += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

unsigned host_below(struct host_gen *g, unsigned n)
{
    return (unsigned)(host_rand(g) % n);
}

bool host_is32(const struct host_gen *g)
{
    return g->code32;
}

u64 host_value(struct host_gen *g)
{
    static const u64 edges[] = {0, 1, 2, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000,
                                0xffffffff, 0x7fffffffffffffff, 0x8000000000000000, ~(u64)0};
    switch (host_below(g, 4)) {
    case 0: return edges[host_below(g, ARRAY_SIZE(edges))];
    case 1: return host_rand(g) & 0xff;
    case 2: return host_rand(g) >> host_below(g, 64);
    default: return host_rand(g);
    }
}

void host_emit(struct host_gen *g, const void *bytes, unsigned n)
{
    CHECK(g->len + n <= sizeof(g->code));
    memcpy(g->code + g->len, bytes, n);
    g->len += n;
}

void host_emit_int(struct host_gen *g, u64 v, unsigned bytes)
{
    host_emit(g, &v, bytes);
}

unsigned host_gpr(struct host_gen *g)
{
    unsigned r;
    do
        r = host_below(g, g->code32 ? 8 : 16);
    while (r == RSP);
    return r;
}

void host_mov_imm(struct host_gen *g, unsigned reg, u64 v)
{
    if (!g->code32) {
        HOST_EMIT(g, (u8)(0x48 | reg >> 3), (u8)(0xb8 | (reg & 7)));
        host_emit_int(g, v, 8);
    } else {
        HOST_EMIT(g, (u8)(0xb8 | reg));
        host_emit_int(g, v, 4);
    }
}

/* Mostly inside; with faults allowed sometimes over an edge or beside the window. */
u32 host_place(struct host_gen *g, unsigned size, bool aligned)
{
    u32 room = HOST_WINDOW_SIZE - size - 0x40, off;

    if (g->faults && host_below(g, 40) == 0) {
        off = host_below(g, 2) ? HOST_WINDOW_SIZE - host_below(g, size + 1)
                               : (u32) - (i32)host_below(g, size + 1);
        return HOST_WINDOW + (aligned ? off & ~15u : off);
    }
    off = 0x20 + host_below(g, room);
    if (host_below(g, 4) == 0)
        off = PAGE - host_below(g, 2 * size + 1); /* near or over the page boundary */
    return HOST_WINDOW + (aligned || host_below(g, 2) ? off & ~15u : off);
}

/* What a template's instruction turns out to be. */
struct form {
    const struct host_template *t;
    u8 prefixes[4], opcode[4], fixed;
    unsigned n_prefixes, n_opcode;
    char field;      /* 'r', '0' to '7', or 0 */
    bool plus_r, have_fixed;
    char imm[3][4];
    unsigned n_imm;
    /* chosen */
    bool mem;
    unsigned size;
    bool rex_w, rex;
};

static void parse_token(struct form *f, const char *tok)
{
    size_t n = strlen(tok);
    unsigned long byte = strtoul(tok, NULL, 16);

    if (tok[0] == '/')
        f->field = tok[1];
    else if (tok[0] == 'i')
        memcpy(f->imm[f->n_imm++], tok, n + 1);
    else if (!f->n_opcode && (byte == 0x66 || byte == 0xf2 || byte == 0xf3))
        f->prefixes[f->n_prefixes++] = (u8)byte;
    else if (f->n_opcode && f->opcode[f->n_opcode - 1] != 0x0f &&
             !(f->n_opcode == 2 && (f->opcode[1] == 0x38 || f->opcode[1] == 0x3a))) {
        f->fixed = (u8)byte;
        f->have_fixed = true;
    } else {
        f->opcode[f->n_opcode++] = (u8)byte;
        f->plus_r = n > 2;
    }
}

static struct form parse(const struct host_template *t)
{
    struct form f = {.t = t};
    const char *p = t->encoding;
    char tok[8];

    while (*p) {
        size_t n = strcspn(p, " ");
        CHECK(n && n < sizeof(tok));
        memcpy(tok, p, n);
        tok[n] = 0;
        parse_token(&f, tok);
        p += n;
        p += strspn(p, " ");
    }
    return f;
}

static void choose_size(struct host_gen *g, struct form *f)
{
    u32 flags = f->t->flags;
    unsigned k = host_below(g, 4);

    f->size = flags & HT_B ? 1 : 4;
    if (flags & HT_V) {
        f->size = k == 0 ? 2 : k == 1 && !g->code32 ? 8 : 4;
        if (!g->code32 && (flags & HT_D64) && f->size == 4)
            f->size = 8;
    } else if ((flags & HT_Y) && !g->code32 && host_below(g, 2)) {
        f->size = 8;
    }
    if ((flags & HT_V) && f->size == 2)
        f->prefixes[f->n_prefixes++] = 0x66;
    f->rex_w = f->size == 8 && !(flags & HT_D64);
}

struct address {
    bool rip;
    u8 mod, rm, sib;
    bool have_sib;
    unsigned base, index; /* 16: none */
    u32 disp;
    unsigned disp_size;
};

/* Chooses a form of address for `target`, and emits the loads of the registers it uses. */
static struct address choose_address(struct host_gen *g, u32 target)
{
    struct address a = {.base = 16, .index = 16};
    unsigned kind = host_below(g, 6), scale = host_below(g, 4);
    u64 index_value = host_below(g, 3) ? host_below(g, 256) : (u64)-(i64)host_below(g, 256);

    if (kind == 0) { /* [disp32], or in 64-bit code RIP-relative */
        a.rm = 5;
        a.disp_size = 4;
        a.disp = target;
        a.rip = !g->code32;
        return a;
    }
    a.disp_size = (unsigned[]){0, 1, 4}[host_below(g, 3)];
    a.disp = a.disp_size == 1   ? (u32)(i32)(i8)host_rand(g)
             : a.disp_size == 4 ? (u32)host_rand(g) >> 4
                                : 0;
    a.base = host_gpr(g);
    if (kind >= 4) {
        do
            a.index = host_gpr(g);
        while (a.index == a.base);
        host_mov_imm(g, a.index, index_value);
    } else {
        index_value = 0;
        scale = 0;
    }
    if ((a.base & 7) == RBP && a.disp_size == 0) {
        a.disp_size = 1;
        a.disp = (u32)(i32)(i8)host_rand(g);
    }
    u64 base = (u64)target - (u64)(i64)(i32)a.disp - (index_value << scale);
    host_mov_imm(g, a.base, base);
    a.mod = a.disp_size == 0 ? 0 : a.disp_size == 1 ? 1 : 2;
    a.have_sib = a.index < 16 || (a.base & 7) == RSP;
    a.rm = a.have_sib ? 4 : a.base & 7;
    a.sib = (u8)(scale << 6 | (a.index < 16 ? a.index & 7 : 4) << 3 | (a.base & 7));
    return a;
}

static unsigned choose_reg(struct host_gen *g, const struct form *f, bool xmm, bool mmx)
{
    unsigned r;

    if (mmx)
        return host_below(g, 8);
    if (xmm)
        return host_below(g, g->code32 ? 8 : 16);
    if (f->size == 1 && !f->rex)
        return host_below(g, 8); /* 4 to 7: AH to BH */
    do
        r = host_gpr(g);
    while (f->size == 1 && g->code32 && r > 7);
    return r;
}

static unsigned imm_size(const struct form *f, const char *imm)
{
    switch (imm[1]) {
    case 'b': return 1;
    case 'w': return 2;
    case 'd': return 4;
    case 'z': return MIN(f->size, 4u);
    default: return f->size;
    }
}

static void emit_imms(struct host_gen *g, const struct form *f)
{
    for (unsigned i = 0; i < f->n_imm; i++)
        host_emit_int(g, host_value(g), imm_size(f, f->imm[i]));
}

static unsigned imms_length(const struct form *f)
{
    unsigned n = 0;

    for (unsigned i = 0; i < f->n_imm; i++)
        n += imm_size(f, f->imm[i]);
    return n;
}

static void emit_prefixes(struct host_gen *g, const struct form *f, unsigned r, unsigned x, unsigned b)
{
    u8 rex = (u8)(0x40 | (f->rex_w ? 8 : 0) | (r & 8 ? 4 : 0) | (x & 8 ? 2 : 0) | (b & 8 ? 1 : 0));

    host_emit(g, f->prefixes, f->n_prefixes);
    if (!g->code32 && (rex != 0x40 || f->rex))
        HOST_EMIT(g, rex);
}

static void emit_mem_form(struct host_gen *g, struct form *f, unsigned reg)
{
    unsigned bytes = f->t->mem ? f->t->mem : f->size;
    struct address a = choose_address(g, host_place(g, bytes, f->t->flags & HT_ALIGN));

    if ((f->t->flags & HT_LOCK) && host_below(g, 2))
        HOST_EMIT(g, 0xf0);
    emit_prefixes(g, f, reg, a.index & 15 ? a.index : 0, a.base & 15 ? a.base : 0);
    host_emit(g, f->opcode, f->n_opcode);
    HOST_EMIT(g, (u8)(a.mod << 6 | (reg & 7) << 3 | a.rm));
    if (a.have_sib)
        HOST_EMIT(g, a.sib);
    if (a.rip)
        a.disp -= HOST_CODE + g->len + 4 + imms_length(f);
    host_emit_int(g, a.disp, a.disp_size);
    emit_imms(g, f);
}

void host_emit_template(struct host_gen *g, const struct host_template *t)
{
    struct form f = parse(t);
    u32 flags = t->flags;
    unsigned reg, rm;

    choose_size(g, &f);
    f.rex = !g->code32 && (f.rex_w || host_below(g, 8) == 0);
    f.mem = f.field && !f.have_fixed && (flags & HT_MEM || (!(flags & HT_REG) && host_below(g, 2)));
    reg = f.field == 'r' ? choose_reg(g, &f, flags & HT_XR, flags & HT_MMR)
                         : (unsigned)(f.field - '0') & 7;
    if (f.size == 1 && reg >= 8)
        f.rex = true;
    if (f.mem) {
        if (f.size == 1 && !f.rex && f.field == 'r' && reg >= 4 && !g->code32)
            reg &= 3; /* an address may need REX, which would turn AH into SPL */
        emit_mem_form(g, &f, reg);
        return;
    }
    rm = f.have_fixed || (flags & HT_FIXED) ? 0 : choose_reg(g, &f, flags & HT_XM, flags & HT_MMM);
    if (f.plus_r) {
        if (f.size == 1 && f.rex && rm == RSP)
            rm = RBP;
        f.opcode[f.n_opcode - 1] |= rm & 7;
    }
    emit_prefixes(g, &f, f.field == 'r' ? reg : 0, 0, rm);
    host_emit(g, f.opcode, f.n_opcode);
    if (f.have_fixed)
        HOST_EMIT(g, f.fixed);
    else if (f.field)
        HOST_EMIT(g, (u8)(0xc0 | (reg & 7) << 3 | (rm & 7)));
    emit_imms(g, &f);
}

/* PUSHF; AND [rSP], ~undefined; POPF */
static void clear_flags(struct host_gen *g, u32 undefined)
{
    HOST_EMIT(g, 0x9c, 0x81, 0x24, 0x24);
    host_emit_int(g, ~undefined, 4);
    HOST_EMIT(g, 0x9d);
}

static const struct host_template *choose(struct host_gen *g, const struct host_template *t, unsigned n)
{
    for (;;) {
        const struct host_template *k = &t[host_below(g, n)];
        if (k->flags & (g->code32 ? HT_ONLY64 : HT_NO64))
            continue;
        if (k->weight > 1 || host_below(g, 2))
            return k;
    }
}

static void generate(struct host_gen *g, const struct host_template *t, unsigned n, unsigned max_length)
{
    unsigned length = 1 + host_below(g, max_length);

    g->len = g->n_parts = 0;
    while (g->n_parts < length && g->len < MAX_CODE - 400) {
        const struct host_template *k = choose(g, t, n);
        g->part[g->n_parts] = k;
        g->part_start[g->n_parts++] = g->len;
        if (k->gen)
            k->gen(g);
        if (k->encoding)
            host_emit_template(g, k);
        if (k->undefined)
            clear_flags(g, k->undefined);
    }
    g->part_start[g->n_parts] = g->len;
}

/* ---- the host's side ---- */

static void on_signal(int sig, siginfo_t *info, void *context)
{
    (void)info;
    if (!native_signal(context, 0)) /* a bug of our own: die of it */
        signal(sig, SIG_DFL);
}

/* NULL, or why this host cannot do it. */
static const char *start_native(bool code32)
{
    static const int signals[] = {SIGTRAP, SIGILL, SIGSEGV, SIGBUS, SIGFPE};
    static u8 stack[65536];
    stack_t alt = {.ss_sp = stack, .ss_size = sizeof(stack)};
    struct sigaction sa = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE;

    if (native_cannot())
        return native_cannot();
    if (mmap((void *)(uintptr_t)HOST_CODE, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC, flags, -1, 0) == MAP_FAILED)
        return "no executable memory at the address the tests use";
    if (mmap((void *)(uintptr_t)HOST_WINDOW, HOST_WINDOW_SIZE, PROT_READ | PROT_WRITE, flags, -1, 0) == MAP_FAILED)
        return "no memory at the address the tests use";
    sigaltstack(&alt, NULL);
    for (unsigned i = 0; i < ARRAY_SIZE(signals); i++)
        sigaction(signals[i], &sa, NULL);
#ifdef __x86_64__
    if (code32) /* 64-bit code leaves these empty; the kernel keeps what is loaded */
        __asm__ volatile("mov %0, %%ds; mov %0, %%es" : : "r"(NATIVE_SS));
#endif
    return NULL;
}

static void run_native(const u8 *code, unsigned len, bool code32, const struct host_state *in,
                       struct host_state *out)
{
    u8 *at = (u8 *)(uintptr_t)HOST_CODE;

    memset(at, 0x0b, PAGE);
    memcpy(at, code, len);
    at[len] = 0x0f; /* UD2 */
    at[len + 1] = 0x0b;
    memcpy((void *)(uintptr_t)HOST_WINDOW, in->window, HOST_WINDOW_SIZE);
    *out = *in;
    out->pc = HOST_CODE;
    native_run(&(struct native_state){out->gpr, &out->rflags, &out->pc, out->fx, &out->vector,
                                      &out->error, &out->address},
               code32 ? NATIVE_CS32 : NATIVE_CS64, NATIVE_SS);
    memcpy(out->window, (void *)(uintptr_t)HOST_WINDOW, HOST_WINDOW_SIZE);
}

/* ---- our side ---- */

enum { PA_PML4 = 0x1000, PA_PDPT = 0x2000, PA_PD = 0x3000, PA_PT_CODE = 0x4000, PA_PT_WINDOW = 0x5000,
       PA_CODE = 0x6000, PA_WINDOW = 0x8000, RAM_SIZE = 0x10000 };

struct ours {
    struct machine_config config;
    struct machine *m;
    struct x86_cpu *x;
    struct ram *ram;
};

static void put64(struct ours *o, u64 pa, u64 v)
{
    ram_write(NULL, o->ram, pa, &v, 8);
}

static void map_memory(struct ours *o)
{
    enum { PRESENT_USER_WRITE_AD = 0x67 };
    u64 f = PRESENT_USER_WRITE_AD;

    put64(o, PA_PML4, PA_PDPT | f);
    put64(o, PA_PDPT, PA_PD | f);
    put64(o, PA_PD + 8 * (HOST_CODE >> 21 & 511), PA_PT_CODE | f);
    put64(o, PA_PD + 8 * (HOST_WINDOW >> 21 & 511), PA_PT_WINDOW | f);
    put64(o, PA_PT_CODE + 8 * (HOST_CODE >> 12 & 511), PA_CODE | f);
    for (u32 i = 0; i < HOST_WINDOW_SIZE / PAGE; i++)
        put64(o, PA_PT_WINDOW + 8 * ((HOST_WINDOW >> 12 & 511) + i), (PA_WINDOW + i * PAGE) | f);
}

static struct ours *ours_new(const char *cpu, unsigned block_insns)
{
    struct ours *o = xcalloc(1, sizeof(*o));

    config_init(&o->config);
    o->config.block_insns = block_insns;
    o->m = machine_new(&o->config);
    struct cpu *c = x86_cpu_new(cpu, true);
    CHECK(c);
    o->x = x86_of(c);
    machine_set_cpu(o->m, c);
    o->ram = machine_add_ram(o->m, "ram", RAM_SIZE);
    bus_map_ram(o->m->mem, "ram", 0, RAM_SIZE, o->ram, 0, false);
    machine_start(o->m);
    map_memory(o);
    return o;
}

static void ours_delete(struct ours *o)
{
    machine_delete(o->m);
    config_fini(&o->config);
    free(o);
}

static void set_segments(struct x86_cpu *x, bool code32)
{
    for (unsigned i = SEG_ES; i <= SEG_GS; i++)
        x->seg[i] = (struct x86_segment){.selector = 0x2b, .limit = 0xffffffff, .attr = 0xc0f300};
    x->seg[SEG_CS].selector = code32 ? 0x23 : 0x33;
    x->seg[SEG_CS].attr = code32 ? 0xc0fb00 : 0xa0fb00;
    x->idt_limit = 0;
    x->seg[SEG_TR].limit = 0x67; /* no ports are allowed */
}

static void set_fx(struct x86_cpu *x, const u8 *fx)
{
    u16 sw, tag = 0;

    memcpy(&x->fpu_cw, fx, 2);
    memcpy(&sw, fx + 2, 2);
    x->fpu_top = sw >> 11 & 7;
    x->fpu_sw = sw & ~0x3800;
    x->fpu_tag_empty = (u8)~fx[4];
    (void)tag;
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

static void set_state(struct ours *o, const struct host_state *s, bool code32)
{
    struct x86_cpu *x = o->x;

    x->cr0 = CR0_PG | CR0_PE | CR0_NE | CR0_ET | CR0_MP | CR0_WP;
    x->cr4 = CR4_PAE | CR4_OSFXSR | CR4_OSXMMEXCPT;
    x->efer = EFER_LME | EFER_LMA | EFER_NXE | EFER_SCE;
    x->cr3 = PA_PML4;
    set_segments(x, code32);
    memcpy(x->gpr, s->gpr, sizeof(x->gpr));
    set_fx(x, s->fx);
    x->shadow = false;
    x->pending_db = 0;
    x86_set_rflags(x, s->rflags | 0x202);
    x->base.pc = HOST_CODE;
    x86_update_mode(x);
    tlb_flush(&x->base);
}

static void ours_run(struct ours *o, const u8 *code, unsigned len, bool code32,
                     const struct host_state *in, struct host_state *out)
{
    static const u8 ud2[2] = {0x0f, 0x0b};
    struct x86_cpu *x = o->x;
    u8 filler[PAGE];

    memset(filler, 0x0b, sizeof(filler));
    memcpy(filler, code, len);
    memcpy(filler + len, ud2, 2);
    ram_write(&x->base, o->ram, PA_CODE, filler, PAGE);
    ram_write(&x->base, o->ram, PA_WINDOW, in->window, HOST_WINDOW_SIZE);
    set_state(o, in, code32);
    *out = *in;
    enum engine_leave why = ENGINE_ATTENTION;
    for (unsigned i = 0; i < 10000 && why == ENGINE_ATTENTION; i++) {
        x->base.attention = false;
        why = engine_run(o->m->engine, &x->base, 100000, true);
    }
    out->vector = why == ENGINE_EXCEPTION ? x->exc_vector : 0xff;
    out->error = x->exc_has_error ? x->exc_error : 0;
    out->address = x->exc_cr2;
    memcpy(out->gpr, x->gpr, sizeof(out->gpr));
    out->rflags = x86_get_rflags(x);
    out->pc = x->base.pc;
    get_fx(x, out->fx);
    memcpy(out->window, o->ram->host + PA_WINDOW, HOST_WINDOW_SIZE);
}

/* ---- comparing ---- */

static bool differ(FILE *out, const char *what, u64 host, u64 ours)
{
    if (host == ours)
        return false;
    if (out)
        fprintf(out, "    %-8s host %016llx  ours %016llx  xor %llx\n", what,
                (unsigned long long)host, (unsigned long long)ours,
                (unsigned long long)(host ^ ours));
    return true;
}

static bool differ_gprs(FILE *out, const struct host_state *a, const struct host_state *b, bool code32)
{
    static const char *const names[] = {"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
                                        "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"};
    bool d = false;

    for (unsigned i = 0; i < (code32 ? 8 : 16); i++)
        d |= code32 ? differ(out, names[i], (u32)a->gpr[i], (u32)b->gpr[i])
                    : differ(out, names[i], a->gpr[i], b->gpr[i]);
    return d;
}

static u64 fx_word(const struct host_state *s, unsigned at, unsigned n)
{
    u64 v = 0;
    memcpy(&v, s->fx + at, n);
    return v;
}

static bool differ_fx(FILE *out, const struct host_state *a, const struct host_state *b, bool code32)
{
    char name[16];
    bool d = differ(out, "fcw", fx_word(a, 0, 2), fx_word(b, 0, 2));

    d |= differ(out, "fsw", fx_word(a, 2, 2), fx_word(b, 2, 2));
    d |= differ(out, "ftw", fx_word(a, 4, 1), fx_word(b, 4, 1));
    d |= differ(out, "mxcsr", fx_word(a, 24, 4), fx_word(b, 24, 4));
    for (unsigned i = 0; i < 8; i++) {
        snprintf(name, sizeof(name), "st%u", i);
        d |= differ(out, name, fx_word(a, 32 + 16 * i, 8), fx_word(b, 32 + 16 * i, 8));
        snprintf(name, sizeof(name), "st%u.exp", i);
        d |= differ(out, name, fx_word(a, 40 + 16 * i, 2), fx_word(b, 40 + 16 * i, 2));
    }
    for (unsigned i = 0; i < (code32 ? 16u : 32u); i++) {
        snprintf(name, sizeof(name), "xmm%u.%s", i / 2, i & 1 ? "hi" : "lo");
        d |= differ(out, name, fx_word(a, 160 + 8 * i, 8), fx_word(b, 160 + 8 * i, 8));
    }
    return d;
}

static bool differ_window(FILE *out, const struct host_state *a, const struct host_state *b)
{
    unsigned shown = 0;

    if (!memcmp(a->window, b->window, HOST_WINDOW_SIZE))
        return false;
    for (unsigned i = 0; out && i < HOST_WINDOW_SIZE && shown < 16; i++)
        if (a->window[i] != b->window[i] && ++shown)
            fprintf(out, "    [%x] host %02x  ours %02x\n", HOST_WINDOW + i, a->window[i],
                    b->window[i]);
    return true;
}

static bool states_differ(FILE *out, const struct host_state *a, const struct host_state *b, bool code32)
{
    const u64 flags = HOST_CF | HOST_PF | HOST_AF | HOST_ZF | HOST_SF | HOST_DF | HOST_OF;
    bool d = differ(out, "vector", a->vector, b->vector);

    if (a->vector == EXC_PF) {
        d |= differ(out, "address", a->address, b->address);
        d |= differ(out, "error", a->error, b->error);
    }
    d |= differ(out, "pc", a->pc, b->pc);
    d |= differ(out, "flags", a->rflags & flags, b->rflags & flags);
    d |= differ_gprs(out, a, b, code32);
    d |= differ_fx(out, a, b, code32);
    d |= differ_window(out, a, b);
    return d;
}

/* ---- the test ---- */

struct run {
    const struct host_options *o;
    struct ours *whole, *single; /* blocks as long as may be, and of one instruction */
    struct host_state in, host, a, b;
};

static void random_state(struct host_gen *g, struct host_state *s, const struct host_options *o)
{
    static const u16 fcw = 0x37f;
    static const u32 mxcsr = 0x1f80;

    memset(s, 0, sizeof(*s));
    for (unsigned i = 0; i < 16; i++)
        s->gpr[i] = g->code32 ? (u32)host_value(g) : host_value(g);
    s->gpr[RSP] = HOST_STACK;
    s->rflags = host_rand(g) & (HOST_CF | HOST_PF | HOST_AF | HOST_ZF | HOST_SF | HOST_OF);
    memcpy(s->fx, &fcw, 2);
    memcpy(s->fx + 24, &mxcsr, 4);
    for (unsigned i = 160; i < 416; i += 8) {
        u64 v = host_rand(g);
        memcpy(s->fx + i, &v, 8);
    }
    for (unsigned i = 0; i < HOST_WINDOW_SIZE; i += 8) {
        u64 v = host_value(g);
        memcpy(s->window + i, &v, 8);
    }
    if (o->init)
        o->init(g, s);
}

static bool one_run(struct run *r, struct host_gen *g, unsigned len, FILE *out)
{
    bool code32 = r->o->code32, bad;

    run_native(g->code, len, code32, &r->in, &r->host);
    ours_run(r->whole, g->code, len, code32, &r->in, &r->a);
    ours_run(r->single, g->code, len, code32, &r->in, &r->b);
    if (r->o->forgive) {
        r->o->forgive(&r->host, &r->a);
        r->o->forgive(&r->host, &r->b);
    }
    bad = states_differ(out, &r->host, &r->a, code32);
    if (out && !bad)
        fprintf(out, "  with blocks of one instruction:\n");
    return bad || states_differ(out, &r->host, &r->b, code32);
}

/* The shortest prefix of the sequence that differs names the guilty instruction. */
static void report(struct run *r, struct host_gen *g, u64 seed, unsigned number)
{
    unsigned k = 0;

    while (k < g->n_parts && !one_run(r, g, g->part_start[k + 1], NULL))
        k++;
    k = MIN(k, g->n_parts - 1);
    fprintf(stderr, "HOST_FUZZ_SEED=%llu, case %u, instruction %u (%s):", (unsigned long long)seed,
            number, k, g->part[k]->name);
    for (unsigned i = g->part_start[k]; i < g->part_start[k + 1]; i++)
        fprintf(stderr, " %02x", g->code[i]);
    fprintf(stderr, "\n  before it:");
    for (unsigned i = 0; i < k; i++)
        fprintf(stderr, " %s", g->part[i]->name);
    fprintf(stderr, "\n");
    one_run(r, g, g->part_start[k], NULL);
    fprintf(stderr, "  registers before:");
    for (unsigned i = 0; i < 16; i++)
        fprintf(stderr, " %llx", (unsigned long long)r->host.gpr[i]);
    fprintf(stderr, " flags %llx\n", (unsigned long long)r->host.rflags);
    one_run(r, g, g->part_start[k + 1], stderr);
}

static u64 from_environment(const char *name, u64 otherwise)
{
    const char *v = getenv(name);
    return v && *v ? strtoull(v, NULL, 0) : otherwise;
}

void host_fuzz(const struct host_template *t, unsigned n, const struct host_options *o)
{
    const char *why = start_native(o->code32);
    u64 seed = from_environment("HOST_FUZZ_SEED", 1),
        count = from_environment("HOST_FUZZ_COUNT", o->count);
    u64 allowed = from_environment("HOST_FUZZ_FAILURES", 1), failures = 0;

    if (why)
        cr_skip_test("no comparison with the host: %s", why);
    struct run *r = xcalloc(1, sizeof(*r));
    struct host_gen *g = xcalloc(1, sizeof(*g));
    r->o = o;
    r->whole = ours_new(o->cpu ? o->cpu : "max", 0);
    r->single = ours_new(o->cpu ? o->cpu : "max", 1);
    g->code32 = o->code32;
    g->faults = o->faults;
    for (u64 i = 0; i < count && failures < allowed; i++) {
        g->seed = (seed << 32) + i;
        random_state(g, &r->in, o);
        generate(g, t, n, o->max_length ? o->max_length : 12);
        if (one_run(r, g, g->len, NULL)) {
            report(r, g, seed, (unsigned)i);
            failures++;
        }
    }
    cr_expect(failures == 0, "ours differs from the host's processor");
    ours_delete(r->whole);
    ours_delete(r->single);
    free(r);
    free(g);
}
