/* ours.c - run a case on one of our engines */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "arch/arm/cpu.h"
#include "arch/arm/vfp.h"
#include "arch/arm/decode.h"
#include "emu/check.h"
#include "emu/config.h"
#include "emu/block.h"
#include "emu/jit.h"
#include "emu/machine.h"
#include "emu/tlb.h"
#include "fuzz_arm.h"

enum {
    RAM_BYTES = 8 * MiB,
    PA_L1 = 0x4000,
    PA_L2 = 0x8000,
    PA_WINDOW = 0x100000,
    PA_CASES = 0x200000
};
enum { SECTION_ALL = 0xc02, PAGE_ALL = 0x32, TABLE = 1 }; /* read and write for all, domain 0 */

struct ours {
    struct machine_config config;
    struct machine *m;
    struct arm_cpu *a;
    struct ram *ram;
    struct buf pristine;
    const struct arm_case *cases;
    u32 n;
};

static void put32(struct ours *o, u32 pa, u32 v)
{
    ram_write(&o->a->base, o->ram, pa, &v, 4);
}

/* The window in small pages, so that what is beside it faults; the cases in sections. */
static void make_tables(struct ours *o)
{
    put32(o, PA_L1 + (CASE_WINDOW_PAGE >> 20) * 4, PA_L2 | TABLE);
    for (u32 i = 0; i < CASE_WINDOW_BYTES >> 12; i++)
        put32(o, PA_L2 + ((CASE_WINDOW_PAGE >> 12 & 0xff) + i) * 4,
              (PA_WINDOW + (i << 12)) | PAGE_ALL);
    for (u32 i = 0; i < (RAM_BYTES - PA_CASES) >> 20; i++)
        put32(o, PA_L1 + ((CASE_BASE >> 20) + i) * 4, (PA_CASES + (i << 20)) | SECTION_ALL);
}

struct ours *ours_new(const char *accel, unsigned max_insns)
{
    struct ours *o = xcalloc(1, sizeof(*o));
    struct engine_config ec = {.max_insns = max_insns, .code_bytes = 8 * MiB, .accel = accel};

    config_init(&o->config);
    o->m = machine_new(&o->config);
    struct cpu *c = arm_cpu_new("cortex-a15");
    CHECK(c);
    o->a = arm_of(c);
    machine_set_cpu(o->m, c);
    o->ram = machine_add_ram(o->m, "ram", RAM_BYTES);
    bus_map_ram(o->m->mem, "ram", 0, RAM_BYTES, o->ram, 0, false);
    machine_start(o->m);
    engine_delete(o->m->engine);
    o->m->engine = engine_new(o->m, &ec);
    make_tables(o);
    machine_save(o->m, &o->pristine);
    return o;
}

void ours_delete(struct ours *o)
{
    machine_delete(o->m);
    config_fini(&o->config);
    buf_fini(&o->pristine);
    free(o);
}

void ours_load(struct ours *o, const struct arm_case *cases, u32 n)
{
    CHECK(n * sizeof(*cases) <= RAM_BYTES - PA_CASES);
    ram_write(&o->a->base, o->ram, PA_CASES, cases, n * sizeof(*cases));
    o->cases = cases;
    o->n = n;
}

static void set_state(struct ours *o, const struct case_state *s)
{
    struct arm_cpu *a = o->a;
    struct reader r = reader_of(o->pristine.data, o->pristine.len);

    CHECK(machine_load(o->m, &r));
    a->sctlr |= 1;
    a->ttbr0 = PA_L1;
    a->dacr = 1;
    a->cpacr = 0xf00000;
    a->fpexc = 1u << 30;
    for (unsigned i = 0; i < 15; i++)
        a->r[i] = s->r[i];
    memcpy(a->d, s->d, sizeof(a->d));
    arm_set_fpscr(a, s->fpscr);
    a->base.pc = s->r[15];
    arm_set_cpsr(a, s->cpsr);
    /* The banks are those of the mode before: r13 and r14 are this one's. */
    a->r[ARM_SP] = s->r[13];
    a->r[ARM_LR] = s->r[14];
    arm_set_root(a);
}

static u32 signal_of(const struct arm_cpu *a)
{
    if (a->exc == ARM_EXC_UNDEF)
        return SIGILL;
    return a->exc == ARM_EXC_DATA_ABORT && (a->exc_fsr & 0x40f) == 1 ? SIGBUS : SIGSEGV;
}

static void get_state(struct ours *o, struct case_result *out)
{
    struct arm_cpu *a = o->a;
    for (unsigned i = 0; i < 15; i++)
        out->out.r[i] = (u32)a->r[i];
    out->out.r[15] = (u32)a->base.pc;
    out->out.cpsr = arm_get_cpsr(a);
    out->out.fpscr = arm_get_fpscr(a);
    memcpy(out->out.d, a->d, sizeof(a->d));
    out->out.signal = signal_of(a);
    memcpy(out->window, o->ram->host + PA_WINDOW + CASE_WINDOW_BYTES / 2 - CASE_COMPARED / 2,
           CASE_COMPARED);
}

void ours_run(struct ours *o, u32 i, struct case_result *out, u64 *steps)
{
    static const u8 zeros[CASE_WINDOW_BYTES];
    u8 window[CASE_COMPARED];
    enum engine_leave why;

    ram_write(&o->a->base, o->ram, PA_WINDOW, zeros, CASE_WINDOW_BYTES);
    case_fill_window(o->cases[i].number, window + CASE_COMPARED / 2);
    ram_write(&o->a->base, o->ram, PA_WINDOW + CASE_WINDOW_BYTES / 2 - CASE_COMPARED / 2, window,
              CASE_COMPARED);
    set_state(o, &o->cases[i].in);
    u64 start = o->m->clock.icount;
    do {
        o->a->base.attention = false;
        why = engine_run(o->m->engine, &o->a->base, 1000, true);
    } while (why == ENGINE_ATTENTION);
    *steps = o->m->clock.icount - start;
    memset(out, 0, sizeof(*out));
    get_state(o, out);
    if (why != ENGINE_EXCEPTION)
        out->out.signal = 0;
}

u64 ours_compiled(const struct ours *o)
{
    return o->m->engine->jit ? jit_compiled(o->m->engine->jit) : 0;
}

bool ours_decode(const struct ours *o, struct arm_insn *in, bool thumb, unsigned bytes)
{
    const struct arm_decoder *d = o->a->decoder;
    return thumb ? bytes == 2 ? arm_decode_t16(d, in) : arm_decode_t32(d, in) : arm_decode_a32(d, in);
}
