/* test_host_x87.c - x87 instructions against the host's processor */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "common_rows.h"
#include "emu/check.h"

/* Environment images hold the place of the last instruction; transcendental functions have a test
 * of their own. */
static bool skip(const struct x86_row *r)
{
    static const char *const names[] = {"FLDENV", "FNSTENV", "FRSTOR", "FNSAVE", "F2XM1", "FYL2X", "FYL2XP1",
                                        "FPTAN", "FPATAN", "FSIN", "FCOS", "FSINCOS", NULL};
    return rows_named(r, names);
}

/* With an unmasked exception the SDM has comparisons leave their result alone; other makers' set
 * it. FLDCW would unmask. */
static bool skip_comparisons(const struct x86_row *r)
{
    return skip(r) || strstr(r->mnemonic, "COM") || !strcmp(r->mnemonic, "FTST");
}

static bool skip_unmasking(const struct x86_row *r)
{
    return skip(r) || !strcmp(r->mnemonic, "FLDCW");
}

static void init_any(struct host_gen *g, struct host_state *s)
{
    rows_random_fx(g, s);
    rows_random_x87(g, s);
}

static void init_masked(struct host_gen *g, struct host_state *s)
{
    rows_random_fx(g, s);
    rows_random_x87_masked(g, s);
}

static void run(bool code32, bool unmasked, unsigned count)
{
    struct row_templates *t = xcalloc(1, sizeof(*t));
    rows_add(t, x86_rows_x87, unmasked ? skip_comparisons : skip_unmasking);
    struct host_options o = {.code32 = code32,
                             .count = count,
                             .init = unmasked ? init_any : init_masked,
                             .faults = unmasked,
                             .max_length = 8};
    host_fuzz(t->t, t->n, &o);
    free(t);
}

Test(host_x87, masked) { run(false, false, 30000); }
Test(host_x87, unmasked) { run(false, true, 30000); }
Test(host_x87, masked_32) { run(true, false, 5000); }
Test(host_x87, unmasked_32) { run(true, true, 5000); }
