/* common_sys.c - a bare machine for tests of the system architecture */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common_sys.h"

#include <stdlib.h>
#include <string.h>

#include "arch/x86/x86.h"
#include "emu/check.h"

enum { DPL3 = 3 << 13 };
#define CODE (ATTR_P | ATTR_S | ATTR_CODE | ATTR_R)
#define DATA (ATTR_P | ATTR_S | ATTR_W)
#define BIG (ATTR_G | ATTR_D)

struct sys *sys_new(const char *model)
{
    struct sys *s = xcalloc(1, sizeof(*s));
    config_init(&s->config);
    s->config.no_reboot = true;
    s->m = machine_new(&s->config);
    struct cpu *c = x86_cpu_new(model, true);
    CHECK(c);
    machine_set_cpu(s->m, c);
    s->ram = machine_add_ram(s->m, "ram", 4 * MiB);
    bus_map_ram(s->m->mem, "ram", 0, 4 * MiB, s->ram, 0, false);
    machine_start(s->m);
    s->x = x86_of(c);
    return s;
}

void sys_delete(struct sys *s)
{
    machine_delete(s->m);
    config_fini(&s->config);
    free(s);
}

void sys_put(struct sys *s, u64 pa, const void *data, size_t n)
{
    CHECK(bus_write_bytes(s->m->mem, pa, data, n, false));
}

void sys_put_int(struct sys *s, u64 pa, u64 v, unsigned size)
{
    sys_put(s, pa, &v, size);
}

u64 sys_get(struct sys *s, u64 pa, unsigned size)
{
    u64 v = 0;
    CHECK(bus_read_bytes(s->m->mem, pa, &v, size));
    return v;
}

/* ---- tables ---- */

void sys_desc(struct sys *s, u16 sel, u32 base, u32 limit, u32 attr)
{
    u64 at = AT_GDT + (sel & 0xfff8);
    sys_put_int(s, at, (limit & 0xffff) | (u64)(base & 0xffff) << 16, 4);
    sys_put_int(s, at + 4, (base >> 16 & 0xff) | attr | (limit & 0xf0000) | (base & 0xff000000), 4);
}

void sys_gate32(struct sys *s, u8 vector, u16 sel, u32 off, unsigned type, unsigned dpl)
{
    u64 at = AT_IDT + vector * 8;
    sys_put_int(s, at, (off & 0xffff) | (u64)sel << 16, 4);
    sys_put_int(s, at + 4, (off & 0xffff0000) | ATTR_P | dpl << 13 | type << 8, 4);
}

void sys_gate64(struct sys *s, u8 vector, u16 sel, u64 off, unsigned type, unsigned dpl, unsigned ist)
{
    u64 at = AT_IDT + vector * 16;
    sys_put_int(s, at, (off & 0xffff) | (u64)sel << 16, 4);
    sys_put_int(s, at + 4, (off & 0xffff0000) | ATTR_P | dpl << 13 | type << 8 | ist, 4);
    sys_put_int(s, at + 8, off >> 32, 8);
}

void sys_call_gate(struct sys *s, u16 at, u16 sel, u32 off, unsigned params, unsigned dpl)
{
    u64 pa = AT_GDT + (at & 0xfff8);
    sys_put_int(s, pa, (off & 0xffff) | (u64)sel << 16, 4);
    sys_put_int(s, pa + 4, (off & 0xffff0000) | ATTR_P | dpl << 13 | SYS_CALL << 8 | params, 4);
    sys_put_int(s, pa + 8, 0, 8);
}

static void common_tables(struct sys *s, bool long_mode)
{
    u32 l = long_mode ? ATTR_L | ATTR_G : BIG;
    static const u8 hlt = 0xf4;
    sys_desc(s, SEL_CODE0, 0, 0xfffff, CODE | l);
    sys_desc(s, SEL_DATA0, 0, 0xfffff, DATA | BIG);
    sys_desc(s, SEL_CODE3, 0, 0xfffff, CODE | DPL3 | l);
    sys_desc(s, SEL_DATA3, 0, 0xfffff, DATA | DPL3 | BIG);
    sys_desc(s, SEL_TSS, AT_TSS, 0x20ff, ATTR_P | 9 << 8);
    sys_desc(s, SEL_TSS2, AT_TSS2, 0x67, ATTR_P | 9 << 8);
    sys_desc(s, SEL_TSS16, AT_TSS2, 0x2b, ATTR_P | 1 << 8);
    sys_desc(s, SEL_LDT, AT_LDT, 0xff, ATTR_P | 2 << 8);
    sys_desc(s, SEL_CODE16, 0, 0xffff, CODE);
    sys_desc(s, SEL_CONFORMING, 0, 0xfffff, CODE | ATTR_C | l);
    sys_desc(s, SEL_ABSENT, 0, 0xfffff, (DATA | BIG) & ~(u32)ATTR_P);
    sys_desc(s, SEL_DOWN, 0, 0xf, DATA | ATTR_E | BIG); /* valid from 0x10000 */
    sys_desc(s, SEL_READONLY, 0, 0xfffff, ATTR_P | ATTR_S | BIG);
    sys_desc(s, SEL_EXECONLY, 0, 0xfffff, ATTR_P | ATTR_S | ATTR_CODE | l);
    sys_desc(s, SEL_CODE32_LONG, 0, 0xfffff, CODE | BIG);
    for (unsigned v = 0; v < 256; v++) {
        sys_put(s, AT_HANDLERS + v * 16, &hlt, 1);
        if (long_mode)
            sys_gate64(s, v, SEL_CODE0, AT_HANDLERS + v * 16, 14, 0, 0);
        else
            sys_gate32(s, v, SEL_CODE0, AT_HANDLERS + v * 16, 14, 0);
    }
    s->x->gdt_base = AT_GDT;
    s->x->gdt_limit = 0xff;
    s->x->idt_base = AT_IDT;
    s->x->idt_limit = 0xfff;
}

static void load(struct sys *s, enum x86_seg seg, u16 sel)
{
    u64 d = sys_get(s, AT_GDT + (sel & 0xfff8), 8);
    struct x86_desc desc = {.lo = (u32)d, .hi = (u32)(d >> 32) | ATTR_A};
    if (seg == SEG_TR)
        desc.hi |= ATTR_TSS_BUSY;
    x86_seg_set(s->x, seg, sel, &desc);
}

static void load_all(struct sys *s, u16 code, u16 data)
{
    load(s, SEG_CS, code);
    load(s, SEG_SS, data);
    load(s, SEG_DS, data);
    load(s, SEG_ES, data);
    load(s, SEG_FS, data);
    load(s, SEG_GS, data);
    x86_update_mode(s->x);
}

static void start(struct sys *s)
{
    load(s, SEG_TR, SEL_TSS);
    sys_put_int(s, AT_GDT + SEL_TSS + 4, sys_get(s, AT_GDT + SEL_TSS + 4, 4) | ATTR_TSS_BUSY, 4);
    x86_seg_set_null(s->x, SEG_LDTR, 0);
    load_all(s, SEL_CODE0, SEL_DATA0);
    s->x->gpr[RSP] = AT_STACK0;
    s->x->base.pc = AT_CODE;
    tlb_flush(&s->x->base);
}

void sys_protected(struct sys *s)
{
    common_tables(s, false);
    sys_put_int(s, AT_TSS + 4, AT_TSS_STACK, 4);
    sys_put_int(s, AT_TSS + 8, SEL_DATA0, 4);
    sys_put_int(s, AT_TSS + 102, 104, 2); /* I/O permission map */
    memset(s->ram->host + AT_TSS + 104, 0, 0x2000);
    sys_put_int(s, AT_TSS + 104 + 0x2000, 0xff, 1);
    s->x->cr0 = CR0_PE | CR0_ET | CR0_NE;
    start(s);
}

void sys_long(struct sys *s)
{
    common_tables(s, true);
    sys_put_int(s, AT_TSS + 4, AT_TSS_STACK, 8);
    sys_put_int(s, AT_TSS + 102, 0xffff, 2);
    sys_put_int(s, AT_TABLES, (AT_TABLES + 0x1000) | 7, 8);
    sys_put_int(s, AT_TABLES + 0x1000, (AT_TABLES + 0x2000) | 7, 8);
    for (u64 i = 0; i < 512; i++)
        sys_put_int(s, AT_TABLES + 0x2000 + i * 8, i << 21 | 0x87, 8);
    s->x->cr3 = AT_TABLES;
    s->x->cr4 = CR4_PAE | CR4_OSFXSR;
    s->x->efer = EFER_LME | EFER_LMA | EFER_NXE | EFER_SCE;
    s->x->cr0 = CR0_PE | CR0_PG | CR0_ET | CR0_NE | CR0_WP;
    start(s);
}

void sys_user(struct sys *s)
{
    load_all(s, SEL_CODE3, SEL_DATA3);
    s->x->gpr[RSP] = AT_STACK3;
}

/* ---- running ---- */

void sys_program(struct sys *s, const u8 *code, size_t n)
{
    sys_put(s, AT_CODE, code, n);
    s->x->base.pc = AT_CODE;
    engine_flush(s->m->engine);
}

struct stop sys_run(struct sys *s)
{
    s->x->base.halted = false;
    return machine_run(s->m, s->m->clock.icount + 1000000);
}

void sys_steps(struct sys *s, u64 n)
{
    machine_run(s->m, s->m->clock.icount + n);
}

int sys_vector(const struct sys *s)
{
    u64 at = s->x->base.pc - 1 - AT_HANDLERS; /* behind the HLT */
    return s->x->base.halted && at < 0x1000 && !(at & 15) ? (int)(at / 16) : -1;
}

u64 sys_stack(struct sys *s, unsigned n)
{
    unsigned size = s->x->base.mode & MODE_CS64 ? 8 : s->x->base.mode & MODE_SS32 ? 4 : 2;
    u64 sp = size == 2 ? s->x->gpr[RSP] & 0xffff : s->x->gpr[RSP];
    return sys_get(s, s->x->seg_base[SEG_SS] * (size != 8) + sp + n * size, size);
}
