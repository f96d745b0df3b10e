/* debugreg.c - the guest's own breakpoints: DR0 to DR7 */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SDM vol. 3, 17.2 and 17.3. */
#include "arch/x86/debugreg.h"

enum { BREAK_EXEC, BREAK_WRITE, BREAK_IO, BREAK_ACCESS }; /* DR7.R/Wn */

static bool enabled(const struct x86_cpu *x, unsigned n)
{
    return x->dr[7] >> (2 * n) & 3;
}

static unsigned kind_of(const struct x86_cpu *x, unsigned n)
{
    return x->dr[7] >> (16 + 4 * n) & 3;
}

static u64 length_of(const struct x86_cpu *x, unsigned n)
{
    static const u8 bytes[] = {1, 2, 8, 4};
    return bytes[x->dr[7] >> (18 + 4 * n) & 3];
}

static u64 linear(const struct x86_cpu *x, u64 va)
{
    return x->efer & EFER_LMA ? va : (u32)va;
}

/* Breakpoint addresses are aligned to their length. */
static bool overlaps(const struct x86_cpu *x, unsigned n, u64 va, unsigned size)
{
    u64 len = length_of(x, n), start = linear(x, x->dr[n]) & ~(len - 1);
    return linear(x, va) - start < len || start - linear(x, va) < size;
}

static NORETURN void raise_db(struct x86_cpu *x, u64 dr6_bits)
{
    x->exc_dr6 = dr6_bits;
    x->exc_vector = EXC_DB;
    x->exc_has_error = false;
    x->exc_error = 0;
    cpu_raise(&x->base);
}

bool x86_code_breaks_enabled(const struct x86_cpu *x)
{
    for (unsigned n = 0; n < 4; n++)
        if (enabled(x, n) && kind_of(x, n) == BREAK_EXEC)
            return true;
    return false;
}

void x86_enter_db(struct x86_cpu *x, u64 dr6_bits)
{
    x->dr[6] |= dr6_bits;
    x->dr[7] &= ~(u64)DR7_GD;
}

/* ---- instruction breakpoints ---- */

u64 x86_help_code_break(struct cpu *c, u64 linear_pc, u64 unused1, u64 unused2)
{
    struct x86_cpu *x = x86_of(c);
    u64 hits = 0;
    (void)unused1, (void)unused2;
    if (x->rflags & FL_RF)
        return 0;
    for (unsigned n = 0; n < 4; n++)
        if (enabled(x, n) && kind_of(x, n) == BREAK_EXEC && linear(x, x->dr[n]) == linear_pc)
            hits |= (u64)1 << n;
    if (hits)
        raise_db(x, hits);
    return 0;
}

/* ---- data breakpoints ---- */

static bool watches_data(const struct x86_cpu *x, unsigned n)
{
    return enabled(x, n) && (kind_of(x, n) & 1);
}

bool x86_page_watched(struct cpu *c, u64 va)
{
    const struct x86_cpu *x = x86_of(c);
    if (LIKELY(!(x->dr[7] & 0xff)))
        return false;
    for (unsigned n = 0; n < 4; n++)
        if (watches_data(x, n) && overlaps(x, n, va & ~(PAGE_SIZE - 1), PAGE_SIZE))
            return true;
    return false;
}

void x86_watched_access(struct cpu *c, u64 va, unsigned size, bool write)
{
    struct x86_cpu *x = x86_of(c);
    u64 hits = 0;
    for (unsigned n = 0; n < 4; n++)
        if (watches_data(x, n) && (write || kind_of(x, n) == BREAK_ACCESS) &&
            overlaps(x, n, va, size))
            hits |= (u64)1 << n;
    if (!hits)
        return;
    cpu_alone(c);
    x->pending_db |= hits;
    c->attention = true;
}

void x86_watched_port(struct x86_cpu *x, u16 port, unsigned size)
{
    if (LIKELY(!(x->dr[7] & 0xff)) || !(x->cr4 & CR4_DE))
        return;
    for (unsigned n = 0; n < 4; n++)
        if (enabled(x, n) && kind_of(x, n) == BREAK_IO && overlaps(x, n, port, size)) {
            x->pending_db |= (u64)1 << n;
            x->base.attention = true;
        }
}

/* ---- MOV DR ---- */

static unsigned resolve(struct x86_cpu *x, unsigned n)
{
    if (n > 7)
        x86_raise(x, EXC_UD);
    if (n == 4 || n == 5) {
        if (x->cr4 & CR4_DE)
            x86_raise(x, EXC_UD);
        n += 2;
    }
    if (x->dr[7] & DR7_GD)
        raise_db(x, DR6_BD);
    return n;
}

u64 x86_read_dr(struct x86_cpu *x, unsigned n)
{
    return x->dr[resolve(x, n)];
}

void x86_write_dr(struct x86_cpu *x, unsigned n, u64 v)
{
    n = resolve(x, n);
    if (n >= 6 && v >> 32)
        x86_raise_error(x, EXC_GP, 0);
    if (n == 6)
        v = (v & (0xf | DR6_BD | DR6_BS | DR6_BT)) | DR6_FIXED;
    else if (n == 7)
        v = (v & ~(u64)0xd800) | DR7_FIXED;
    x->dr[n] = v;
    if (n != 6)
        tlb_flush_watched(&x->base);
    x86_update_mode(x);
}
