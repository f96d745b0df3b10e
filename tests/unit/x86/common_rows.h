/* common_rows.h - templates for host_fuzz() made from the decoder's own rows */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_X86_COMMON_ROWS_H
#define TESTS_X86_COMMON_ROWS_H

#include "arch/x86/translate.h"
#include "common_host.h"

struct row_templates {
    struct host_template t[1024];
    char text[1024][32];
    unsigned n;
};

/* Adds a template for each row but those `skip` says yes to. */
void rows_add(struct row_templates *out, const struct x86_row *rows, bool (*skip)(const struct x86_row *r));
bool rows_named(const struct x86_row *r, const char *const *names); /* in a NULL-ended list */

/* Numbers that make floating-point units work: mostly near each other in size, with all special
 * values. */
u64 rows_single(struct host_gen *g);
u64 rows_double(struct host_gen *g);
u64 rows_vector_half(struct host_gen *g); /* two singles, a double, or an integer */
void rows_random_fx(struct host_gen *g, struct host_state *s); /* XMM, MXCSR, window */
void rows_random_x87_masked(struct host_gen *g, struct host_state *s); /* all exceptions masked */
void rows_random_x87(struct host_gen *g, struct host_state *s); /* control, status, tags, registers */

#endif
