/* test_debug.c - the debugger's views of the registers */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <string.h>

#include "common_sys.h"

static u32 find(const struct debug_view *v, const char *name)
{
    u32 n = 0;
    for (u32 i = 0; i < v->n_features; i++)
        for (u32 k = 0; k < v->features[i]->n_regs; k++, n++)
            if (!strcmp(v->features[i]->regs[k].name, name))
                return n;
    cr_assert_fail("no register %s", name);
    return 0;
}

static u64 get(struct sys *s, const char *name)
{
    const struct debug_view *v = x86_debug.view(&s->x->base);
    u8 raw[16] = {0};
    u64 value;
    cr_assert(x86_debug.read(&s->x->base, v, find(v, name), raw) > 0, "%s", name);
    memcpy(&value, raw, 8);
    return value;
}

static bool set(struct sys *s, const char *name, u64 value)
{
    const struct debug_view *v = x86_debug.view(&s->x->base);
    u8 raw[16] = {0};
    memcpy(raw, &value, 8);
    return x86_debug.write(&s->x->base, v, find(v, name), raw) > 0;
}

Test(debug, view_follows_the_mode)
{
    struct sys *s = sys_new("max");
    cr_assert_str_eq(x86_debug.view(&s->x->base)->architecture, "i8086");
    cr_assert_eq(get(s, "eip"), 0xfff0);
    sys_protected(s);
    cr_assert_str_eq(x86_debug.view(&s->x->base)->architecture, "i386");
    sys_long(s);
    cr_assert_str_eq(x86_debug.view(&s->x->base)->architecture, "i386:x86-64");
    sys_delete(s);
}

/* gdb numbers these by position: org.gnu.gdb.i386.core. */
Test(debug, core_order)
{
    struct sys *s = sys_new("max");
    sys_long(s);
    const struct debug_view *v = x86_debug.view(&s->x->base);
    cr_assert_eq(find(v, "rip"), 16);
    cr_assert_eq(find(v, "eflags"), 17);
    cr_assert_eq(find(v, "st0"), 24);
    cr_assert_eq(find(v, "fop"), 39);
    cr_assert_eq(find(v, "xmm0"), 40);
    cr_assert_eq(find(v, "mxcsr"), 56);
    cr_assert_eq(v->pc_reg, 16);
    u8 raw[16];
    cr_assert_eq(x86_debug.read(&s->x->base, v, 10000, raw), 0);
    sys_protected(s);
    s->x->efer = 0;
    s->x->cr0 &= ~(u64)CR0_PG;
    x86_update_mode(s->x);
    v = x86_debug.view(&s->x->base);
    cr_assert_eq(find(v, "eip"), 8);
    cr_assert_eq(find(v, "st0"), 16);
    cr_assert_eq(find(v, "xmm0"), 32);
    cr_assert_eq(find(v, "mxcsr"), 40);
    sys_delete(s);
}

Test(debug, values)
{
    struct sys *s = sys_new("max");
    sys_long(s);
    s->x->gpr[R9] = 0x1122334455667788;
    s->x->seg[SEG_FS].base = 0x7f0000001000;
    s->x->cc_op = CC_SUB | 2; /* lazy flags: 1 - 2 */
    s->x->cc_x = 1;
    s->x->cc_y = 2;
    cr_assert_eq(get(s, "r9"), 0x1122334455667788);
    cr_assert_eq(get(s, "fs_base"), 0x7f0000001000);
    cr_assert_eq(get(s, "eflags") & (FL_CF | FL_SF | FL_ZF), FL_CF | FL_SF);
    cr_assert_eq(get(s, "cr0"), s->x->cr0);
    cr_assert_eq(get(s, "gdtr"), AT_GDT);
    cr_assert_eq(get(s, "tr"), SEL_TSS);
    cr_assert_eq(get(s, "icount"), s->m->clock.icount);
    cr_assert_eq((i64)get(s, "orig_rax"), -1);
    sys_delete(s);
}

Test(debug, writes)
{
    struct sys *s = sys_new("max");
    sys_long(s);
    cr_assert(set(s, "rax", 0xfeed));
    cr_assert_eq(s->x->gpr[RAX], 0xfeed);
    cr_assert(set(s, "eflags", FL_ZF | FL_CF));
    cr_assert_eq(x86_get_rflags(s->x), FL_FIXED | FL_ZF | FL_CF);
    cr_assert(set(s, "gs_base", 0x5000));
    cr_assert_eq(s->x->seg_base[SEG_GS], 0x5000);
    cr_assert(set(s, "ds", SEL_DATA3));
    cr_assert_eq(s->x->seg[SEG_DS].attr & ATTR_DPL, ATTR_DPL);
    cr_assert(set(s, "cs", SEL_CODE0), "the same value again");
    cr_assert(!set(s, "cs", SEL_CODE3));
    cr_assert(!set(s, "ds", SEL_BEYOND));
    cr_assert(!set(s, "icount", 5));
    cr_assert(!set(s, "mxcsr", 0x10000));
    cr_assert(set(s, "orig_rax", 0), "gdb writes it around a call");
    sys_delete(s);
}

Test(debug, monitor_texts)
{
    struct sys *s = sys_new("max");
    struct buf out = {0};
    x86_debug.info_mem(&s->x->base, &out);
    cr_assert_str_eq(buf_cstr(&out), "paging is off\n");
    sys_long(s);
    buf_clear(&out);
    x86_debug.info_mem(&s->x->base, &out);
    cr_assert_str_eq(buf_cstr(&out), "0000000000000000-0000000040000000 0000000040000000 urw\n");
    buf_clear(&out);
    sys_put_int(s, AT_TABLES + 0x2000 + 8, 0, 8);
    x86_debug.info_tlb(&s->x->base, &out);
    cr_assert_eq(strncmp(buf_cstr(&out), "0000000000000000: 0000000000000000 --P----UW\n"
                                         "0000000000400000: 0000000000400000 --P----UW\n", 90), 0);
    buf_clear(&out);
    x86_debug.info_registers(&s->x->base, &out);
    cr_assert(strstr(buf_cstr(&out), "CS =0008"));
    cr_assert(strstr(buf_cstr(&out), "CS64 [-R"));
    cr_assert(strstr(buf_cstr(&out), "CPL=0"));
    buf_fini(&out);
    sys_delete(s);
}

/* Flags are folded and rebuilt; a bad file cannot break the CPU. */
Test(debug, sync_and_load)
{
    struct sys *s = sys_new("max");
    struct x86_cpu *x = s->x;
    sys_long(s);
    x->cc_op = CC_ADD | 0;
    x->cc_x = 0xff;
    x->cc_y = 1;
    u64 flags = x86_get_rflags(x);
    cr_assert_eq(flags & FL_ARITH, FL_CF | FL_ZF | FL_AF | FL_PF);
    x->base.arch->sync(&x->base);
    cr_assert_eq(x->rflags, flags);
    struct buf b = {0};
    state_save(&x86_cpu_state, x, &b);
    memset(b.data, 0xff, b.len);
    struct reader r = reader_of(b.data, b.len);
    state_load(&x86_cpu_state, x, &r);
    x->base.arch->after_load(&x->base);
    cr_assert_lt(x->fpu_top, 8);
    u8 shadow;
    memcpy(&shadow, &x->shadow, 1);
    cr_assert_eq(shadow, 1);
    x->base.arch->linear_pc(&x->base);
    x->base.arch->interrupt_ready(&x->base);
    buf_fini(&b);
    sys_delete(s);
}
