/* test_host_sse.c - MMX and SSE instructions against the host's processor */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "common_rows.h"
#include "emu/check.h"

/* Approximations differ between makers; images hold the place of the last x87 instruction. */
static bool skip(const struct x86_row *r)
{
    static const char *const names[] = {"RCPPS", "RCPSS", "RSQRTPS", "RSQRTSS", "FXSAVE", "FXRSTOR",
                                        "XSAVE", "XRSTOR", NULL};
    return rows_named(r, names);
}

/* These enter MMX state: whether also when they raise #XM differs between makers. */
static bool skip_mmx_with_xm(const struct x86_row *r)
{
    static const char *const names[] = {"CVTPS2PI", "CVTTPS2PI", "CVTPD2PI", "CVTTPD2PI",
                                        "CVTPI2PS", NULL};
    return skip(r) || rows_named(r, names);
}

static bool skip_unmasking(const struct x86_row *r)
{
    return skip(r) || !strcmp(r->mnemonic, "LDMXCSR");
}

static void init_masked(struct host_gen *g, struct host_state *s)
{
    rows_random_fx(g, s);
    rows_random_x87_masked(g, s);
    s->fx[24] |= 0x80;
    s->fx[25] |= 0x1f;
}

static void init_mmx(struct host_gen *g, struct host_state *s)
{
    rows_random_fx(g, s);
    rows_random_x87(g, s);
}

static void run(const struct x86_row *a, const struct x86_row *b, bool code32, bool faults,
                void (*init)(struct host_gen *, struct host_state *), unsigned count)
{
    struct row_templates *t = xcalloc(1, sizeof(*t));
    bool masked = init == init_masked;
    rows_add(t, a, masked ? skip_unmasking : skip_mmx_with_xm);
    if (b)
        rows_add(t, b, masked ? skip_unmasking : skip_mmx_with_xm);
    struct host_options o = {
        .code32 = code32, .count = count, .init = init, .faults = faults, .max_length = 8};
    host_fuzz(t->t, t->n, &o);
    free(t);
}

/* With faults no MMX: whether a faulting instruction enters MMX state differs, too. */
Test(host_sse, sse) { run(x86_rows_sse, NULL, false, false, rows_random_fx, 20000); }
Test(host_sse, sse_faults) { run(x86_rows_sse, NULL, false, true, rows_random_fx, 5000); }
Test(host_sse, sse_32) { run(x86_rows_sse, NULL, true, false, rows_random_fx, 5000); }
Test(host_sse, mmx) { run(x86_rows_mmx, NULL, false, false, init_mmx, 10000); }
Test(host_sse, mmx_32) { run(x86_rows_mmx, NULL, true, false, init_mmx, 3000); }
Test(host_sse, masked) { run(x86_rows_mmx, x86_rows_sse, false, false, init_masked, 10000); }
Test(host_sse, mixed) { run(x86_rows_mmx, x86_rows_sse, false, false, init_mmx, 5000); }
